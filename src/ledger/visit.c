#include "ledger/ledger_int.h"

enum { PAGE = 512 };

static fallible read_row(struct arena *a, const struct sql_events_from *row, struct event *e)
{
    TRY(event_read(a, row->body, row->salts, e));
    e->no = row->no;
    e->epoch = row->epoch;
    return OK;
}

fallible node_visit(struct node *n, i64 from, event_visit visit, void *ctx)
{
    scoped_arena a = arena_open();
    arena_mark empty = arena_here(a);
    struct sql_events_from_rows rows;

    do {
        arena_back(a, empty);
        TRY(sql_events_from(a, n->db, from, PAGE, &rows));
        for (size_t i = 0; i < rows.count; i++) {
            struct event e;

            TRY(read_row(a, &rows.at[i], &e));
            TRY(visit(ctx, a, &e));
            from = e.no + 1;
        }
    } while (rows.count == PAGE);
    return OK;
}

fallible node_event(struct arena *a, struct node *n, i64 id, struct event *out, bool *found)
{
    struct sql_event_by_id row;

    TRY(sql_event_by_id(a, n->db, id, &row, found));
    if (!*found)
        return OK;
    TRY(event_read(a, row.body, row.salts, out));
    out->no = row.no;
    out->epoch = row.epoch;
    return OK;
}
