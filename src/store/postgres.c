/*
 * PostgreSQL by libpq, always in pipeline mode: writes, savepoints and begin are sent and not
 * waited for; whoever needs an answer (rows, flush, commit) sends a sync and collects all that is
 * under way. After an error the server skips everything up to that sync, so the first failure is
 * the one that counts. Sockets don't block, and while we wait to send we also read: else both sides
 * could fill their buffers and wait for each other.
 */
#include "store/postgres_int.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

enum { STATEMENTS = 1024, MOST_SENT = 4096, CHUNK = 16 << 10 };

struct statement {
    const void *key; /* the query, or a control statement's text, by address */
    bool prepared;
};

/* What is under way, in the order in which the server answers. */
struct sent {
    const char *what;
    struct statement *prepares; /* where it prepares one */
    i64 at;                     /* after how many savepoints */
};

struct pg_db {
    struct db db;
    struct arena *arena;
    const char *url, *schema;
    bool read_only, lost;
    PGconn *conn;
    size_t unsent, sent_count;
    struct sent sent[MOST_SENT];
    struct statement statements[STATEMENTS]; /* open addressing by the key */
};

static struct pg_db *of(struct db *db)
{
    return (struct pg_db *)db;
}

static void clear(PGresult **r)
{
    PQclear(*r);
}
#define scoped_result __attribute__((cleanup(clear))) PGresult *

/* ---- failures ----------------------------------------------------------------------------- */

/* libpq's texts end in a line feed. */
static str first_line(const char *text)
{
    str rest = str_of(text), line;

    return str_split(&rest, '\n', &line) ? line : S("no reason given");
}

static fallible broken(struct pg_db *s, const char *what)
{
    s->lost = PQstatus(s->conn) != CONNECTION_OK;
    FAIL(s->lost ? ERR_IO : ERR_DATABASE, "postgres in %s: %.*s", what,
         STR(first_line(PQerrorMessage(s->conn))));
}

/* Of the message only its first part: the detail quotes values. */
static fallible fault(const struct pg_db *s, const char *what, const PGresult *r)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *why = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

    FAIL(pg_code(state), "postgres %s in %s: %.*s", state ? state : "lost", what,
         STR(first_line(why ? why : PQerrorMessage(s->conn))));
}

static bool worked(const PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* ---- the pipeline ------------------------------------------------------------------------- */

static fallible push(struct pg_db *s)
{
    int more;

    while ((more = PQflush(s->conn)) == 1) {
        struct pollfd p = {.fd = PQsocket(s->conn), .events = POLLIN | POLLOUT};

        if (poll(&p, 1, -1) < 0 && errno != EINTR)
            return broken(s, "poll");
        if ((p.revents & ~POLLOUT) != 0 && !PQconsumeInput(s->conn))
            return broken(s, "read");
    }
    s->unsent = 0;
    return more < 0 ? broken(s, "send") : OK;
}

/* The result of the next statement under way; libpq ends each with NULL. */
static PGresult *next_result(struct pg_db *s)
{
    PGresult *r = PQgetResult(s->conn);

    for (PGresult *end; r != NULL && (end = PQgetResult(s->conn)) != NULL;)
        PQclear(end);
    return r;
}

static void take_in(struct pg_db *s, size_t count, err *first, PGresult **last)
{
    for (size_t i = 0; i < count; i++) {
        const struct sent *sent = &s->sent[i];
        scoped_result r = PQstatus(s->conn) == CONNECTION_OK ? next_result(s) : NULL;

        if (worked(r)) {
            if (last != NULL && i + 1 == count) {
                *last = r;
                r = NULL;
            }
            continue;
        }
        if (sent->prepares != NULL)
            sent->prepares->prepared = false;
        if (*first == OK) {
            *first = r ? fault(s, sent->what, r) : broken(s, sent->what);
            s->db.fault_at = sent->at;
        }
    }
}

/* Waits for all that is under way; the first failure, and the last statement's result. */
static fallible collect(struct pg_db *s, PGresult **last)
{
    size_t count = s->sent_count;
    err first = OK;

    s->sent_count = 0;
    if (count == 0)
        return OK;
    if (!PQpipelineSync(s->conn))
        return broken(s, "sync");
    TRY(push(s));
    take_in(s, count, &first, last);
    scoped_result sync = PQstatus(s->conn) == CONNECTION_OK ? PQgetResult(s->conn) : NULL;
    if (PQresultStatus(sync) != PGRES_PIPELINE_SYNC) {
        s->lost = true;
        if (first == OK)
            first = err_raise(ERR_IO, __FILE__, __LINE__, "postgres: the connection broke");
    }
    return first;
}

static fallible make_room(struct pg_db *s)
{
    REQUIRE(!s->lost, ERR_IO, "postgres: the connection is lost");
    return s->sent_count + 2 > MOST_SENT ? collect(s, NULL) : OK;
}

static fallible note_sent(struct pg_db *s, int sent, const char *what, struct statement *prepares)
{
    if (!sent)
        return broken(s, what);
    s->sent[s->sent_count++] = (struct sent){what, prepares, s->db.savepoints};
    return s->unsent > CHUNK ? push(s) : OK;
}

static struct statement *statement_of(struct pg_db *s, const void *key)
{
    size_t at = ((uintptr_t)key >> 4) % STATEMENTS;

    for (size_t tried = 0; s->statements[at].key != NULL && s->statements[at].key != key; tried++) {
        assert(tried < STATEMENTS);
        at = (at + 1) % STATEMENTS;
    }
    s->statements[at].key = key;
    return &s->statements[at];
}

static void statement_name(const struct pg_db *s, const struct statement *st, char out[24])
{
    (void)snprintf(out, 24, "s%zu", (size_t)(st - s->statements));
}

/* Prepares at first use on this connection; the statement lasts as long as the connection. */
static fallible prepare(struct pg_db *s, const struct query *q, struct statement *st)
{
    Oid types[MOST_PARAMS];
    char name[24];

    if (st->prepared)
        return OK;
    statement_name(s, st, name);
    pg_types(q, types);
    st->prepared = true;
    return note_sent(s, PQsendPrepare(s->conn, name, q->postgres, q->params, types), q->name, st);
}

static fallible send_query(struct pg_db *s, const void *key, const struct query *q,
                           const struct cell *cells)
{
    struct statement *st = statement_of(s, key);
    struct pg_params p;
    char name[24];

    TRY(pg_bind(&p, q, cells));
    TRY(make_room(s));
    TRY(prepare(s, q, st));
    statement_name(s, st, name);
    for (int i = 0; i < q->params; i++)
        s->unsent += (size_t)p.lengths[i];
    s->unsent += 64;
    int sent = PQsendQueryPrepared(s->conn, name, q->params, p.values, p.lengths, p.formats, 1);
    return note_sent(s, sent, q->name, NULL);
}

/* A statement used once. */
static fallible send_text(struct pg_db *s, const char *sql, const char *what)
{
    TRY(make_room(s));
    return note_sent(s, PQsendQueryParams(s->conn, sql, 0, NULL, NULL, NULL, NULL, 1), what, NULL);
}

/* ---- the connection ----------------------------------------------------------------------- */

static void silent(void *ctx, const PGresult *r)
{
    (void)ctx;
    (void)r;
}

/* Runs before the pipeline begins. */
static fallible setup(struct pg_db *s, const char *sql, const char *value, bool *any)
{
    scoped_result r = PQexecParams(s->conn, sql, value != NULL, NULL, &value, NULL, NULL, 0);

    if (!worked(r))
        return fault(s, "setup", r);
    if (any != NULL)
        *any = PQntuples(r) > 0;
    return OK;
}

/* An administrator's own limit stands. */
static const char set_limits[] =
    "select set_config(name, value, false) from (values ('statement_timeout', '60s'),"
    " ('lock_timeout', '5s'), ('idle_in_transaction_session_timeout', $1)) as s (name, value)"
    " where current_setting(name) = '0'";

/* Two processes may make the schema at once; then one of them finds it made. */
static fallible make_schema(struct pg_db *s, const char *quoted, const char *name)
{
    bool there = false;
    char sql[256];

    TRY(setup(s, "select 1 from pg_namespace where nspname = $1", name, &there));
    if (there || s->read_only)
        return OK;
    (void)snprintf(sql, sizeof sql, "create schema if not exists %s", quoted);
    err e = setup(s, sql, NULL, NULL);
    if (e != OK && e->code == ERR_CONFLICT)
        e = setup(s, sql, NULL, NULL);
    return e;
}

static fallible use_schema(struct pg_db *s, const char *name)
{
    REQUIRE(strlen(name) < 64, ERR_INPUT, "a schema name of %zu bytes", strlen(name));
    char *quoted = PQescapeIdentifier(s->conn, name, strlen(name));

    if (quoted == NULL)
        return broken(s, "schema name");
    err e = make_schema(s, quoted, name);
    if (e == OK)
        e = setup(s, "select set_config('search_path', $1, false)", quoted, NULL);
    PQfreemem(quoted);
    return e;
}

static fallible connect_now(struct pg_db *s)
{
    /* What stands before the address can be set in it; what stands behind can't. */
    static const char *const keys[] = {
        "connect_timeout",  "keepalives_idle",  "keepalives_interval",
        "keepalives_count", "tcp_user_timeout", "fallback_application_name",
        "dbname",           "client_encoding",  NULL};
    const char *const values[] = {"10", "10", "5", "3", "20000", "yangguan", s->url, "UTF8", NULL};

    PQfinish(s->conn);
    s->sent_count = s->unsent = 0;
    memset(s->statements, 0, sizeof s->statements);
    s->conn = PQconnectdbParams(keys, values, 1);
    if (PQstatus(s->conn) != CONNECTION_OK)
        return broken(s, "connect");
    (void)PQsetNoticeReceiver(s->conn, silent, NULL);
    TRY(setup(s, set_limits, s->read_only ? "10min" : "10s", NULL));
    if (s->read_only)
        TRY(setup(s, "set default_transaction_read_only = on", NULL, NULL));
    TRY(use_schema(s, s->schema));
    s->lost = PQsetnonblocking(s->conn, 1) != 0 || !PQenterPipelineMode(s->conn);
    REQUIRE(!s->lost, ERR_IO, "postgres: no pipeline");
    return OK;
}

/*
 * A lost connection is made anew where no transaction hangs on it: the server has undone what was
 * open, and who lost it was told so.
 */
static fallible connected(struct pg_db *s)
{
    if (!s->lost || s->db.in_transaction)
        return OK;
    s->lost = true;
    TRY(connect_now(s));
    log_line(LOG_INFO, "store.reconnected", "engine=postgres");
    return OK;
}

/* ---- what db.c asks for ------------------------------------------------------------------- */

/* Two processes may create at once, which «if not exists» alone doesn't bear. */
static fallible define(struct pg_db *s, const char *sql)
{
    TRY(connected(s));
    TRY(send_text(s, "select pg_advisory_xact_lock(7963671)", "schema"));
    TRY(send_text(s, sql, sql));
    return collect(s, NULL);
}

static fallible send_control(struct pg_db *s, const char *sql)
{
    struct query q = {.name = sql, .postgres = sql};

    return send_query(s, sql, &q, NULL);
}

/* A commit of a failed transaction answers, without an error, that it rolled back. */
static fallible commit(struct pg_db *s)
{
    scoped_result r = NULL;

    TRY(send_control(s, "commit"));
    TRY(collect(s, &r));
    REQUIRE(strcmp(PQcmdStatus(r), "COMMIT") == 0, ERR_DATABASE, "postgres undid the commit");
    return OK;
}

static fallible rollback(struct pg_db *s)
{
    err e = collect(s, NULL);

    if (s->lost)
        return OK;
    if (e != OK)
        log_line(LOG_DEBUG, "store.rollback", "why=\"%s\"", e->message);
    TRY(send_control(s, "rollback"));
    return collect(s, NULL);
}

static bool is(const char *sql, const char *verb)
{
    return strncmp(sql, verb, strlen(verb)) == 0;
}

static fallible simple(struct db *db, const char *sql)
{
    struct pg_db *s = of(db);

    if (strcmp(sql, "commit") == 0)
        return commit(s);
    if (strcmp(sql, "rollback") == 0)
        return rollback(s);
    bool begins = is(sql, "begin");
    if (begins)
        TRY(connected(s));
    /* These are not waited for; an error shows at the next answer. */
    if (begins || is(sql, "savepoint ") || is(sql, "release ") || is(sql, "rollback to "))
        return send_control(s, sql);
    return define(s, sql);
}

static fallible cells_of(struct arena *a, const PGresult *r, const char *types, struct cell *out)
{
    int columns = PQnfields(r);

    for (int i = 0; i < PQntuples(r); i++)
        for (int j = 0; j < columns; j++)
            TRY(pg_cell(a, r, i, j, types ? types[j] : 0,
                        &out[(size_t)i * (size_t)columns + (size_t)j]));
    return OK;
}

static fallible rows(struct arena *a, struct db *db, const struct query *q,
                     const struct cell *params, struct cell **cells, size_t *count)
{
    struct pg_db *s = of(db);
    scoped_result r = NULL;

    TRY(connected(s));
    TRY(send_query(s, q, q, params));
    TRY(collect(s, &r));
    REQUIRE(q->columns == 0 || PQnfields(r) == q->columns, ERR_DATABASE, "%s: %d columns", q->name,
            PQnfields(r));
    struct cell *found = NEW_N(a, PQntuples(r) * q->columns + 1, struct cell);
    if (q->columns)
        TRY(cells_of(a, r, q->types, found));
    *cells = found;
    *count = (size_t)PQntuples(r);
    return OK;
}

static fallible write_one(struct db *db, const struct query *q, const struct cell *params)
{
    struct pg_db *s = of(db);

    TRY(connected(s));
    TRY(send_query(s, q, q, params));
    return db->in_transaction ? OK : collect(s, NULL);
}

static fallible flush(struct db *db)
{
    return collect(of(db), NULL);
}

static fallible ask(struct pg_db *s, const char *sql, PGresult **out)
{
    TRY(connected(s));
    TRY(send_text(s, sql, "dump"));
    return collect(s, out);
}

static fallible dump(struct arena *a, struct db *db, const char *table, str *out)
{
    struct pg_db *s = of(db);
    scoped_result none = NULL;
    scoped_result r = NULL;
    struct buf sql = buf_in(a), text = buf_in(a);

    TRY(ask(s, str_format(a, "select * from %s limit 0", table).ptr, &none));
    int columns = PQnfields(none);
    buf_format(&sql, "select * from %s order by 1 nulls first", table);
    for (int i = 2; i <= columns; i++)
        buf_format(&sql, ", %d nulls first", i);
    TRY(ask(s, str_z(a, buf_text(&sql)), &r));
    size_t count = (size_t)PQntuples(r) * (size_t)columns;
    struct cell *cells = NEW_N(a, count, struct cell);
    TRY(cells_of(a, r, NULL, cells));
    for (size_t i = 0; i < count; i++)
        db_dump_cell(&text, &cells[i], (i + 1) % (size_t)columns == 0);
    *out = buf_text(&text);
    return OK;
}

static fallible checkpoint(struct db *db)
{
    (void)db; /* the server does this by itself */
    return OK;
}

static void close_db(struct db *db)
{
    struct pg_db *s = of(db);

    PQfinish(s->conn);
    arena_close(s->arena);
}

static const struct db_ops postgres_ops = {
    .close = close_db,
    .rows = rows,
    .write = write_one,
    .simple = simple,
    .flush = flush,
    .dump = dump,
    .checkpoint = checkpoint,
    .postgres = true,
};

fallible postgres_open(const char *url, const struct db_options *options, struct db **out)
{
    static const struct db_options defaults;
    const struct db_options *o = options ? options : &defaults;
    struct arena *a = arena_open();
    struct pg_db *s = NEW(a, struct pg_db);

    s->db.ops = &postgres_ops;
    s->arena = a;
    s->url = str_z(a, str_of(url));
    s->schema = str_z(a, str_of(o->schema ? o->schema : "public"));
    s->read_only = o->read_only;
    err e = connect_now(s);
    if (e != OK) {
        close_db(&s->db);
        return e;
    }
    *out = &s->db;
    return OK;
}
