/* views -- the structs that this room's pages show; the generated pages include it. */
#pragma once
#include "registry/registry.h"

/* What is wrong, above a form. */
struct fault_list {
    faults list;
};

struct sign_in_view {
    struct page page;
    str forgery, login, next;
    str code; /* of a demo */
    struct fault_list faults;
    bool demo;
};

struct post_choice {
    i64 id;
    str name, body, duties;
    bool current;
};
struct posts_view {
    struct desk desk;
    VEC(struct post_choice) posts;
    str forgery;
};

struct password_view {
    struct page page;
    str forgery;
    struct fault_list faults;
    bool must_change;
};
