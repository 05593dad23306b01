/*
 * verify_int -- what the checks of a ledger share: events and values in verify.c, tiles and heads
 * in verify_tree.c.
 */
#pragma once
#include "ledger/ledger_int.h"

enum { FLAWS_MOST = 1000, PAGE = 512 };

struct signed_head {
    i64 epoch, size;
    digest sha256, sm3;
    bool seen;
};

/* A tile that isn't what its entries make; whether the entries or it was altered, heads tell. */
struct suspect {
    i64 first, at; /* number of its first leaf; of the first leaf that differs, or -1 */
};

struct missing_value {
    str field;
    i64 person;
};

struct check {
    struct arena *arena; /* of the verdict */
    struct node *n;
    struct verdict *out;
    struct sql_epochs_rows epochs;
    struct sql_tiles_all_rows tiles;
    bool *tile_seen;
    VEC(struct signed_head) heads;
    i64 last_epoch;                       /* of this ledger */
    i64 next_no;                          /* the number that comes */
    i64 epoch, start_no;                  /* whose tree grows: */
    struct frontier sha256, sm3;          /* so far */
    digest rows[TILE_LEVELS][TILE_WIDTH]; /* the tile that grows, of each level */
    bool doubt, sm3_lost;                 /* a leaf of this epoch is a guess; its SM3 is unknown */
    VEC(struct suspect) suspects;
    VEC(struct missing_value) missing;
    VEC(i64) renamed; /* ids of events whose column says another */
    struct map blobs; /* already read: name to what is wrong, or to "" */
};

void flaw(struct check *c, i64 no, const char *where, str what);

/* The epoch whose tree holds this number, and where it began. */
void epoch_of(const struct check *c, i64 no, i64 *epoch, i64 *start_no);

/* verify_tree.c */
fallible tree_check_begin(struct check *c);
void tree_check_enter(struct check *c, i64 epoch, i64 start_no);

/* The leaf's hash as a stored tile of the epoch has it. */
bool tree_check_stored(struct check *c, i64 no, digest *leaf);

/* Adds a leaf and checks the tiles and heads that end with it; `sm3` NULL if it is unknown. */
void tree_check_add(struct check *c, digest sha, const digest *sm3);
void tree_check_end(struct check *c);
