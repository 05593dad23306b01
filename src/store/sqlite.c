#include "store/store.h"

#include <sqlite3.h>
#include <stdio.h>

enum { STATEMENTS = 512 };

struct statement {
    const struct query *query;
    sqlite3_stmt *compiled;
};

struct sqlite_db {
    struct db db;
    struct arena *arena;
    sqlite3 *handle;
    struct statement statements[STATEMENTS]; /* open addressing by the query's address */
};

static struct sqlite_db *of(struct db *db)
{
    return (struct sqlite_db *)db;
}

static enum err_code code_of(int rc)
{
    switch (rc & 0xFF) {
    case SQLITE_FULL:
        return ERR_FULL;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return ERR_IO;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_CONSTRAINT:
        return ERR_CONFLICT;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_CORRUPT;
    default:
        return ERR_DATABASE;
    }
}

static fallible fault(struct sqlite_db *s, const char *what)
{
    int rc = sqlite3_extended_errcode(s->handle);

    FAIL(code_of(rc), "sqlite %d in %s: %s", rc, what, sqlite3_errmsg(s->handle));
}

static fallible simple(struct db *db, const char *sql)
{
    struct sqlite_db *s = of(db);

    if (sqlite3_exec(s->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return fault(s, sql);
    return OK;
}

/* The compiled form of a query, made at its first use on this connection. */
static fallible compiled(struct sqlite_db *s, const struct query *q, sqlite3_stmt **out)
{
    size_t at = ((uintptr_t)q >> 4) % STATEMENTS;

    while (s->statements[at].query != NULL && s->statements[at].query != q)
        at = (at + 1) % STATEMENTS;
    struct statement *slot = &s->statements[at];
    if (slot->query == NULL) {
        if (sqlite3_prepare_v3(s->handle, q->sqlite, -1, SQLITE_PREPARE_PERSISTENT, &slot->compiled,
                               NULL) != SQLITE_OK)
            return fault(s, q->name);
        slot->query = q;
    }
    *out = slot->compiled;
    return OK;
}

static void bind(sqlite3_stmt *statement, const struct query *q, const struct cell *params)
{
    for (int i = 0; i < q->params; i++) {
        const struct cell *c = &params[i];
        int rc = SQLITE_OK;

        switch (c->type) {
        case CELL_NULL:
            rc = sqlite3_bind_null(statement, i + 1);
            break;
        case CELL_I64:
            rc = sqlite3_bind_int64(statement, i + 1, c->n);
            break;
        case CELL_TEXT:
            rc = sqlite3_bind_text64(statement, i + 1, c->text.ptr, c->text.len, SQLITE_STATIC,
                                     SQLITE_UTF8);
            break;
        case CELL_BYTES:
            rc = sqlite3_bind_blob64(statement, i + 1, c->text.ptr, c->text.len, SQLITE_STATIC);
            break;
        }
        assert(rc == SQLITE_OK);
    }
}

static struct cell column(struct arena *a, sqlite3_stmt *statement, int i)
{
    str text;

    switch (sqlite3_column_type(statement, i)) {
    case SQLITE_NULL:
        return (struct cell){0};
    case SQLITE_INTEGER:
        return cell_i64(sqlite3_column_int64(statement, i));
    case SQLITE_TEXT:
        text.ptr = (const char *)sqlite3_column_text(statement, i);
        text.len = (size_t)sqlite3_column_bytes(statement, i);
        return cell_text(str_copy(a, text));
    default:
        text.ptr = sqlite3_column_blob(statement, i);
        text.len = (size_t)sqlite3_column_bytes(statement, i);
        return cell_bytes(str_copy(a, text));
    }
}

typedef VEC(struct cell) cell_vec;

static int step_all(struct arena *a, sqlite3_stmt *statement, int columns, cell_vec *out)
{
    int rc;

    while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
        for (int i = 0; i < columns; i++)
            vec_push(a, out, column(a, statement, i));
    return rc;
}

static fallible rows(struct arena *a, struct db *db, const struct query *q,
                     const struct cell *params, struct cell **cells, size_t *count)
{
    struct sqlite_db *s = of(db);
    sqlite3_stmt *statement = NULL;
    cell_vec found = {0};

    TRY(compiled(s, q, &statement));
    bind(statement, q, params);
    err e = step_all(a, statement, q->columns, &found) == SQLITE_DONE ? OK : fault(s, q->name);
    (void)sqlite3_reset(statement);
    *cells = found.at;
    *count = q->columns ? found.count / (size_t)q->columns : 0;
    return e;
}

static fallible write_one(struct db *db, const struct query *q, const struct cell *params)
{
    struct cell *none;
    size_t count;

    return rows(of(db)->arena, db, q, params, &none, &count);
}

static fallible flush(struct db *db)
{
    (void)db;
    return OK;
}

static fallible dump_rows(struct arena *a, struct sqlite_db *s, const char *sql, struct buf *out)
{
    sqlite3_stmt *statement;
    int rc, columns;

    if (sqlite3_prepare_v2(s->handle, sql, -1, &statement, NULL) != SQLITE_OK)
        return fault(s, sql);
    columns = sqlite3_column_count(statement);
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
        for (int i = 0; i < columns; i++) {
            struct cell c = column(a, statement, i);
            db_dump_cell(out, &c, i + 1 == columns);
        }
    err e = rc == SQLITE_DONE ? OK : fault(s, sql);
    (void)sqlite3_finalize(statement);
    return e;
}

static fallible dump(struct arena *a, struct db *db, const char *table, str *out)
{
    struct sqlite_db *s = of(db);
    struct buf sql = buf_in(a), text = buf_in(a);
    sqlite3_stmt *statement;

    buf_format(&sql, "select * from %s", table);
    if (sqlite3_prepare_v2(s->handle, str_z(a, buf_text(&sql)), -1, &statement, NULL) != SQLITE_OK)
        return fault(s, table);
    int columns = sqlite3_column_count(statement);
    (void)sqlite3_finalize(statement);
    for (int i = 1; i <= columns; i++)
        buf_format(&sql, "%s %d", i == 1 ? " order by" : ",", i);
    TRY(dump_rows(a, s, str_z(a, buf_text(&sql)), &text));
    *out = buf_text(&text);
    return OK;
}

static fallible checkpoint(struct db *db)
{
    struct sqlite_db *s = of(db);
    int rc = sqlite3_wal_checkpoint_v2(s->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

    if (rc != SQLITE_OK && (rc & 0xFF) != SQLITE_BUSY)
        return fault(s, "checkpoint");
    return OK;
}

static fallible copy(struct db *db, const char *path)
{
    char *sql = sqlite3_mprintf("vacuum into %Q", path);

    REQUIRE(sql != NULL, ERR_DATABASE, "no memory");
    err e = simple(db, sql);
    sqlite3_free(sql);
    return e;
}

static void close_db(struct db *db)
{
    struct sqlite_db *s = of(db);

    for (size_t i = 0; i < STATEMENTS; i++)
        (void)sqlite3_finalize(s->statements[i].compiled);
    (void)sqlite3_close_v2(s->handle);
    arena_close(s->arena);
}

static const struct db_ops sqlite_ops = {
    .close = close_db,
    .rows = rows,
    .write = write_one,
    .simple = simple,
    .flush = flush,
    .dump = dump,
    .checkpoint = checkpoint,
    .copy = copy,
};

static fallible prepare_connection(struct sqlite_db *s, const struct db_options *o)
{
    struct db *db = &s->db;

    (void)sqlite3_extended_result_codes(s->handle, 1);
    (void)sqlite3_busy_timeout(s->handle, 5000);
    (void)sqlite3_db_config(s->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(s->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    if (o->exclusive)
        TRY(simple(db, "pragma locking_mode = exclusive"));
    /* The switch to WAL unlinks a rollback journal. Were that not synced, a power cut later could
     * bring the journal back, and with it the empty file of before. */
    TRY(simple(db, "pragma synchronous = extra"));
    if (!o->read_only)
        TRY(simple(db, "pragma journal_mode = wal"));
    TRY(simple(db, "pragma synchronous = full"));
    TRY(simple(db, "pragma cache_size = -65536"));
    TRY(simple(db, "pragma trusted_schema = off"));
    if (o->wipe_deleted)
        TRY(simple(db, "pragma secure_delete = on"));
    if (o->manual_checkpoint)
        TRY(simple(db, "pragma wal_autocheckpoint = 0"));
    /* The journal stays when it is closed. Its unlinking isn't synced: a power cut later could
     * bring back a commit that failed, after others have built on its failure. */
    (void)sqlite3_file_control(s->handle, NULL, SQLITE_FCNTL_PERSIST_WAL, &(int){1});
    /* A process that was killed between writing and syncing leaves commits that are seen but not
     * yet durable: sync them before anything is answered by them. */
    return o->read_only ? OK : checkpoint(db);
}

fallible sqlite_open(const char *path, const struct db_options *options, struct db **out)
{
    static const struct db_options defaults;
    const struct db_options *o = options ? options : &defaults;
    struct arena *a = arena_open();
    struct sqlite_db *s = NEW(a, struct sqlite_db);
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                (o->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);

    s->db.ops = &sqlite_ops;
    s->arena = a;
    int rc = sqlite3_open_v2(path, &s->handle, flags, o->vfs);
    err e = rc == SQLITE_OK ? prepare_connection(s, o)
                            : err_raise(code_of(rc), __FILE__, __LINE__, "%s: %s", path,
                                        s->handle ? sqlite3_errmsg(s->handle) : "no memory");
    if (e != OK) {
        close_db(&s->db);
        return e;
    }
    *out = &s->db;
    return OK;
}
