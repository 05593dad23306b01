#include "store/store.h"

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
}

fallible db_check(struct db *db)
{
    if (!db->is_stuck)
        stick(db, db->ops->flush(db));
    return db->is_stuck ? err_again(&db->stuck) : OK;
}

fallible db_rows(struct arena *a, struct db *db, const struct query *q, const struct cell *params,
                 struct cell **cells, size_t *count)
{
    TRY(db_check(db));
    return db->ops->rows(a, db, q, params, cells, count);
}

void db_write(struct db *db, const struct query *q, const struct cell *params)
{
    if (!db->is_stuck)
        stick(db, db->ops->write(db, q, params));
}

fallible db_begin(struct db *db)
{
    assert(!db->in_transaction);
    TRY(db->ops->simple(db, db->ops->postgres ? "begin" : "begin immediate"));
    db->in_transaction = true;
    return OK;
}

fallible db_begin_read(struct db *db)
{
    assert(!db->in_transaction);
    TRY(db->ops->simple(db, db->ops->postgres ? "begin isolation level repeatable read read only"
                                              : "begin"));
    db->in_transaction = true;
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
    err e = db->ops->simple(db, "rollback");
    /* SQLite rolls back by itself after some errors; then there is nothing left to undo. */
    if (e != OK)
        log_line(LOG_WARN, "store.rollback", "why=\"%s\"", e->message);
}

static const char *const savepoints[] = {NULL, "savepoint s1", "savepoint s2"};
static const char *const releases[] = {NULL, "release savepoint s1", "release savepoint s2"};
static const char *const undos[] = {NULL, "rollback to savepoint s1", "rollback to savepoint s2"};

fallible db_savepoint(struct db *db, int level)
{
    assert(level >= 1 && level < (int)COUNT(savepoints));
    return db->ops->simple(db, savepoints[level]);
}

fallible db_release(struct db *db, int level)
{
    assert(level >= 1 && level < (int)COUNT(releases));
    return db->ops->simple(db, releases[level]);
}

fallible db_undo(struct db *db, int level)
{
    assert(level >= 1 && level < (int)COUNT(undos));
    db->is_stuck = false;
    return db->ops->simple(db, undos[level]);
}

fallible db_dump(struct arena *a, struct db *db, const char *table, str *out)
{
    TRY(db_check(db));
    return db->ops->dump(a, db, table, out);
}

fallible db_checkpoint(struct db *db)
{
    return db->ops->checkpoint(db);
}
