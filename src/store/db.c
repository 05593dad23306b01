#include "store/store.h"

#include <stdio.h>

struct cell cell_i64(i64 n)
{
    return (struct cell){.type = CELL_I64, .n = n};
}

struct cell cell_text(str text)
{
    return (struct cell){.type = text.ptr ? CELL_TEXT : CELL_NULL, .text = text};
}

struct cell cell_bytes(str bytes)
{
    return (struct cell){.type = bytes.ptr ? CELL_BYTES : CELL_NULL, .text = bytes};
}

struct cell cell_maybe(struct maybe_i64 n)
{
    return (struct cell){.type = n.is ? CELL_I64 : CELL_NULL, .n = n.v};
}

struct maybe_i64 cell_to_maybe(struct cell c)
{
    return (struct maybe_i64){c.type == CELL_I64, c.n};
}

struct maybe_i64 just(i64 n)
{
    return (struct maybe_i64){true, n};
}

fallible db_open(const char *where, const struct db_options *options, struct db **out)
{
    if (strncmp(where, "postgresql://", 13) == 0)
        return postgres_open(where, options, out);
    return sqlite_open(where, options, out);
}

void db_close(struct db *db)
{
    if (db != NULL)
        db->ops->close(db);
}

void db_closep(struct db **db)
{
    db_close(*db);
}

fallible db_create(struct db *db, enum store_kind store)
{
    for (size_t i = 0; i < schema_ddl_count; i++) {
        const struct ddl *d = &schema_ddl[i];

        if (d->store == store)
            TRY(db->ops->simple(db, db->ops->postgres ? d->postgres : d->sqlite));
    }
    return OK;
}

static void stick(struct db *db, err e)
{
    if (e == OK || db->is_stuck)
        return;
    db->stuck = *e;
    db->is_stuck = true;
    db->stuck_at = db->fault_at;
}

/* On SQLite a fault is one of now; PostgreSQL tells when it was sent. */
static fallible flushed(struct db *db)
{
    db->fault_at = db->savepoints;
    return db->ops->flush(db);
}

fallible db_check(struct db *db)
{
    if (!db->is_stuck)
        stick(db, flushed(db));
    return db->is_stuck ? err_again(&db->stuck) : OK;
}

/* Text comes through a door that refuses U+0000; one that got past it must not end a value early.
 */
static fallible sound(const struct query *q, const struct cell *params)
{
    for (int i = 0; i < q->params; i++)
        if (params[i].type == CELL_TEXT && params[i].text.len > 0)
            REQUIRE(memchr(params[i].text.ptr, 0, params[i].text.len) == NULL, ERR_TEXT,
                    "%s: U+0000 in parameter %d", q->name, i + 1);
    return OK;
}

fallible db_rows(struct arena *a, struct db *db, const struct query *q, const struct cell *params,
                 struct cell **cells, size_t *count)
{
    if (db->is_stuck)
        return err_again(&db->stuck);
    db->fault_at = db->savepoints;
    err e = sound(q, params);
    if (e == OK)
        e = db->ops->rows(a, db, q, params, cells, count);
    if (db->in_transaction)
        stick(db, e);
    return e;
}

void db_write(struct db *db, const struct query *q, const struct cell *params)
{
    if (db->is_stuck)
        return;
    db->fault_at = db->savepoints;
    err e = sound(q, params);
    stick(db, e != OK ? e : db->ops->write(db, q, params));
}

fallible db_begin(struct db *db)
{
    assert(!db->in_transaction);
    TRY(db->ops->simple(db, db->ops->postgres ? "begin" : "begin immediate"));
    db->in_transaction = true;
    db->level = 0;
    return OK;
}

fallible db_begin_read(struct db *db)
{
    assert(!db->in_transaction);
    TRY(db->ops->simple(db, db->ops->postgres ? "begin isolation level repeatable read read only"
                                              : "begin"));
    db->in_transaction = true;
    db->level = 0;
    return OK;
}

fallible db_commit(struct db *db)
{
    assert(db->in_transaction);
    TRY(db_check(db));
    TRY(db->ops->simple(db, "commit"));
    db->in_transaction = false;
    return OK;
}

void db_rollback(struct db *db)
{
    db->is_stuck = false;
    if (!db->in_transaction)
        return;
    db->in_transaction = false;
    db->level = 0;
    err e = db->ops->simple(db, "rollback");
    /* SQLite rolls back by itself after some errors; then there is nothing left to undo. */
    if (e != OK)
        log_line(LOG_WARN, "store.rollback", "why=\"%s\"", e->message);
}

enum { MOST = DB_MOST_SAVEPOINTS };
static const char *const savepoints[MOST + 1] = {NULL, "savepoint s1", "savepoint s2"};
static const char *const releases[MOST + 1] = {NULL, "release savepoint s1",
                                               "release savepoint s2"};
static const char *const undos[MOST + 1] = {NULL, "rollback to savepoint s1",
                                            "rollback to savepoint s2"};

fallible db_savepoint(struct db *db, int level)
{
    assert(level == db->level + 1 && level <= MOST);
    if (db->is_stuck)
        return err_again(&db->stuck);
    TRY(db->ops->simple(db, savepoints[level]));
    db->level = level;
    db->opened[level] = ++db->savepoints;
    return OK;
}

fallible db_release(struct db *db, int level)
{
    assert(level >= 1 && level == db->level);
    TRY(db->ops->simple(db, releases[level]));
    db->level = level - 1;
    return OK;
}

/* An error from before the savepoint isn't this undo's: the savepoint may never have been made. */
fallible db_undo(struct db *db, int level)
{
    assert(level >= 1 && level <= db->level);
    err e = db_check(db);
    if (e != OK && db->stuck_at < db->opened[level])
        return e;
    db->is_stuck = false;
    db->level = level;
    return db->ops->simple(db, undos[level]);
}

void db_dump_cell(struct buf *out, const struct cell *c, bool last_of_row)
{
    switch (c->type) {
    case CELL_NULL:
        buf_z(out, "~");
        break;
    case CELL_I64:
        buf_format(out, "%lld", (long long)c->n);
        break;
    case CELL_TEXT:
        json_quote(out, c->text);
        break;
    case CELL_BYTES:
        buf_str(out, hex_of(out->arena, c->text.ptr, c->text.len));
        break;
    }
    buf_byte(out, last_of_row ? '\n' : '|');
}

fallible db_dump(struct arena *a, struct db *db, const char *table, str *out)
{
    TRY(db_check(db));
    return db->ops->dump(a, db, table, out);
}

fallible db_copy(struct db *db, const char *path)
{
    assert(!db->in_transaction);
    REQUIRE(db->ops->copy != NULL, ERR_UNSUPPORTED, "PostgreSQL is copied by its own means");
    return db->ops->copy(db, path);
}

void db_clear(struct db *db, const char *table)
{
    char sql[128];
    int len = snprintf(sql, sizeof sql, "delete from %s", table);

    assert(db->in_transaction && len > 0 && (size_t)len < sizeof sql);
    if (db->is_stuck)
        return;
    db->fault_at = db->savepoints;
    stick(db, db->ops->simple(db, sql));
}

fallible db_checkpoint(struct db *db)
{
    return db->ops->checkpoint(db);
}
