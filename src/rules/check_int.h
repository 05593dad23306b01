/*
 * check_int -- static analysis of a loaded model: check.c goes through it, check_type.c judges
 * types and names, check_table.c one table, check_axis.c cuts an input's domain into pieces,
 * check_sweep.c goes through all combinations of pieces, check_sample.c tries some where that
 * isn't possible.
 *
 * A piece is a value, or an interval between two neighbouring values of the cells, in which no cell
 * changes its mind: one value of it stands for all. A table whose cells and inputs are all of that
 * sort is judged completely.
 */
#pragma once
#include "rules/dmn_int.h"

enum {
    CHECK_MOST_GAPS = 10,          /* told of one table */
    CHECK_MOST_PAIRS = 50,         /* overlapping pairs told of one table */
    CHECK_MOST_FOUND = 1000,       /* of a model */
    CHECK_WORK = 40 * 1000 * 1000, /* words of row sets that a sweep may touch */
    CHECK_CELLS = 8 * 1000 * 1000, /* cells × pieces of one axis */
    CHECK_SAMPLES = 2000,
    CHECK_DEEPEST_PATH = 16,
};

struct check {
    struct arena *a;
    const struct rules_model *model;
    const struct element *element; /* whose logic is judged */
    struct run run;
    VEC(struct rules_finding) found;
    VEC(struct rules_judged) tables;
    size_t more;
};

/* One input of a table; columns that ask for the same value share an axis. */
struct axis {
    const struct node *value; /* without the column's conversion */
    const struct type *type;  /* NULL: not known */
    u8 kind;                  /* of the values; FEEL_NULL: not known */
    bool plain;               /* a name, or a member of one */
    bool exact;               /* the pieces are the whole domain and each is uniform */
    bool has_null;            /* a cell asks for null, so null belongs to the domain */
    VEC(feel) points;
    VEC(const struct node *) constraints;
    feel *pieces;
    size_t count;
    u64 *holds; /* count × words: the rows whose cells on this axis hold */
    str path[CHECK_DEEPEST_PATH];
    size_t path_count;
};

struct space {
    const struct table *t;
    struct axis *axes;
    size_t count;
    u32 *axis_of;    /* column -> axis */
    size_t words;    /* of a set of rows */
    u64 *any;        /* (count + 1) × words: rows that hold for whatever comes on axes k… */
    const char *why; /* NULL: the pieces prove; else why they don't */
};

/* What the combinations tell about each row. */
struct verdict {
    struct check *c;
    const struct space *s;
    size_t gaps, pair_count;
    u32 (*pairs)[2];
    u8 *rows; /* ROW_… */
    str *examples;
    feel *chosen; /* a value an axis */
    str (*example)(struct verdict *v);
};

enum { ROW_HOLDS = 1, ROW_WINS = 2, ROW_NEEDED = 4, ROW_TOLD = 8 };

/* check.c */
struct rules_finding *check_add(struct check *c, const char *kind, str place, str what);
void check_rows(struct check *c, struct rules_finding *f, u32 first, u32 second);
const struct node *node_plain(const struct node *n); /* without conversions */

typedef bool (*node_visit)(void *with, const struct node *n);
/* Visits n and what is below, tables' cells included but not functions' bodies; false from a visit
 * ends the walk. */
bool node_walk(const struct node *n, node_visit visit, void *with, int depth);

/* check_type.c */
fallible check_types(struct check *c, const struct element *e);
fallible check_table_types(struct check *c, const struct table *t, const struct space *s);

/* check_axis.c */
bool slot_named(const struct check *c, u32 slot, str *name, const struct type **type);
u8 kind_of_declared(const struct type *t); /* FEEL_NULL: several, or not a simple one */
fallible axes_build(struct check *c, const struct table *t, struct space *out);
bool cell_steps(const struct cell *cell);
fallible check_holds(struct check *c, const struct node *tests, const struct cell *cell, feel value,
                     bool *out);
str check_example(struct check *c, const struct space *s, const feel *chosen);
fallible axis_between(struct check *c, u8 kind, const feel *low, const feel *high, feel *out,
                      bool *some);

/* check_sweep.c */
fallible sweep(struct verdict *v, bool *complete);
void leaf(struct verdict *v, const u64 *rows);
bool outputs_same(const struct table *t, u32 x, u32 y);
bool row_in(const u64 *rows, u32 row);

/* check_sample.c */
void check_memo(struct check *c); /* nothing decided yet */
fallible sample(struct verdict *v, bool *tried);

/* check_table.c */
fallible check_table(struct check *c, const struct table *t, bool direct);
