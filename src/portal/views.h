/* views -- the structs that this room's pages show; the generated pages include it. */
#pragma once
#include "portal/portal.h"

struct card_view {
    str title, state, link;
    date due;
    bool has_due;
};
struct column_part {
    VEC(struct card_view) cards;
    str empty, more, more_title;
};
struct column_view {
    str title;
    VEC(struct column_part) parts;
};

struct home_view {
    struct page page;
    struct column_view open, service, watch;
    bool has_open, has_service, has_watch;
    str apply, progress, search;
    i64 entries, signed_entries;
};

struct verify_view {
    struct page page;
    struct proof_seen seen;
    bool asked, is_true, early, is_false, foreign, absent, unread;
    str forgery;
    i64 entries;
    struct proof_seen now; /* the newest head */
};

struct map_part {
    str title;
    page_links links;
};
struct map_view {
    struct page page;
    VEC(struct map_part) parts;
};
