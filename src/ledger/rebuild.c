#include "ledger/ledger_int.h"

#include <stdlib.h>

/* Replays the ledger and compares: what pages read must follow from it and from nothing else. */

enum { DIFFERENCES_MOST = 100 };

struct replay {
    struct node *n;
    struct db *target;
};

static fallible replay_one(void *ctx, struct arena *a, struct event *e)
{
    struct replay *r = ctx;

    return node_apply(r->n, r->target, a, e);
}

static bool is_projection(const struct ddl *d)
{
    return d->store == STORE_MAIN && d->class == TABLE_PROJECTION && d->table;
}

/* ---- comparing ---------------------------------------------------------------------------- */

struct dump_rows {
    str *at;
    size_t count;
};

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

static fallible dump_rows(struct arena *a, struct db *db, const char *table, struct dump_rows *out)
{
    VEC(str) rows = {0};
    str text, row;

    TRY(db_dump(a, db, table, &text));
    while (str_split(&text, '\n', &row))
        if (row.len)
            vec_push(a, &rows, row);
    if (rows.count)
        qsort(rows.at, rows.count, sizeof *rows.at, by_text);
    *out = (struct dump_rows){rows.at, rows.count};
    return OK;
}

/* Two rows of one key are one difference. */
static void tell(struct arena *a, struct verdict *out, const char *table, str row)
{
    str key;

    (void)str_split(&row, '|', &key);
    str place = str_format(a, "%s %.*s: ", table, STR(key));
    if (out->flaws.count && str_starts(out->flaws.at[out->flaws.count - 1].what, place))
        return;
    struct flaw f = {-1, "projection", str_format(a, "%.*sthe ledger says otherwise", STR(place))};
    vec_push(a, &out->flaws, f);
}

static void compare_rows(struct arena *a, const char *table, const struct dump_rows *live,
                         const struct dump_rows *made, struct verdict *out)
{
    size_t i = 0, j = 0;

    for (int told = 0; (i < live->count || j < made->count) && told < DIFFERENCES_MOST;) {
        int order = i == live->count   ? 1
                    : j == made->count ? -1
                                       : str_cmp(live->at[i], made->at[j]);

        if (order != 0)
            tell(a, out, table, order < 0 ? live->at[i] : made->at[j]);
        told += order != 0;
        i += order <= 0;
        j += order >= 0;
    }
}

static fallible compare(struct arena *a, struct node *n, struct db *scratch, struct verdict *out)
{
    for (size_t i = 0; i < schema_ddl_count; i++) {
        const struct ddl *d = &schema_ddl[i];
        scoped_arena texts = arena_open();
        struct dump_rows live, made;

        if (!is_projection(d))
            continue;
        TRY(dump_rows(texts, n->db, d->name, &live));
        TRY(dump_rows(texts, scratch, d->name, &made));
        compare_rows(a, d->name, &live, &made, out);
    }
    return OK;
}

fallible node_rebuild(struct arena *a, struct node *n, struct verdict *out)
{
    scoped_db scratch = NULL;

    TRY(sqlite_open(":memory:", NULL, &scratch));
    TRY(db_create(scratch, STORE_MAIN));
    struct replay r = {n, scratch};
    TRY(db_begin(scratch));
    TRY(node_visit(n, 0, replay_one, &r));
    TRY(db_commit(scratch));
    return compare(a, n, scratch, out);
}

/* ---- replacing ---------------------------------------------------------------------------- */

static fallible replay_here(struct node *n)
{
    struct replay r = {n, n->db};

    for (size_t i = 0; i < schema_ddl_count; i++)
        if (is_projection(&schema_ddl[i]))
            db_clear(n->db, schema_ddl[i].name);
    TRY(node_visit(n, 0, replay_one, &r));
    return db_commit(n->db);
}

fallible node_replace(struct node *n)
{
    TRY(db_begin(n->db));
    err e = replay_here(n);
    if (e != OK)
        db_rollback(n->db);
    return e;
}
