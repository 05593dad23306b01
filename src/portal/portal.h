/*
 * portal -- the public site's own pages: home with its three columns, checking of receipts, site
 * map.
 *
 * It knows no domain: rooms hand it lists of cards for its columns, and the program tells where the
 * entrances are. What isn't there is left out of the page.
 *
 * Invariants  a page shows nothing that isn't read from the ledger of this moment; a receipt is
 *             checked by computing, never by looking up that it exists; no person's value is shown.
 * Threads     views run on any worker; portal_use is called once, before the server opens.
 */
#pragma once
#include "base/base.h"
#include "ledger/ledger.h"
#include "web/web.h"

/* One line of a column. */
struct card {
    str title;
    str state; /* or source; may be empty */
    date due;  /* or day; zero: none */
    str link;  /* may be empty */
};

/*
 * What a room shows in a column ("open" 政务公开, "service" 政务服务, "watch" 电子监察). `load`
 * gives at most `most` cards in the arena, public ones only. `empty` says why there is none and
 * what to do.
 */
struct card_list {
    const char *column;
    const char *more, *more_title; /* all of them; NULL: no link. The title is a message */
    const char *empty;             /* message */
    fallible (*load)(struct arena *a, struct node *n, size_t most, struct card **out,
                     size_t *count);
};

/* Addresses of other rooms' pages; NULL: not built, and not shown. */
struct portal_site {
    const struct card_list *const *lists;
    size_t count;
    const char *apply;    /* 网上申报 */
    const char *progress; /* takes the case number as `no` */
    const char *search;   /* takes the words as `q` */
};

/* What the pages are made of; kept by address. */
void portal_use(const struct portal_site *site);

/* GET /, /verify, /verify/{event}, /sitemap; POST /verify. */
extern const struct routes portal_routes;

/* ---- checking -------------------------------------------------------------------------------- */

enum proof_state { PROOF_NONE, PROOF_TRUE, PROOF_EARLY, PROOF_FALSE, PROOF_FOREIGN, PROOF_ABSENT };

/* What was computed about one entry of the ledger. */
struct proof_seen {
    enum proof_state state;
    str event; /* its id, where it is known */
    i64 no;    /* of the entry, from 1 as people count */
    instant recorded, signed_at;
    bool has_recorded, has_signed;
    i64 size; /* entries that the signed head covers */
    i64 steps;
    str origin;
    str leaf, root, sm3; /* hex */
    str proof;           /* the whole proof, to be kept */
};

/* An event of this ledger by id: its fingerprint computed anew, its place proven under a head whose
 * signature holds. A verdict is no error. */
fallible proof_of_event(struct arena *a, struct node *n, i64 id, struct proof_seen *out);

/* A receipt (c2sp.org/tlog-proof@v1) that somebody brings, against this ledger. */
fallible proof_of_text(struct arena *a, struct node *n, str text, struct proof_seen *out);
