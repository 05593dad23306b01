/*
 * store -- durable rows and files: one interface, two engines, one writer.
 *
 * A node keeps three stores: main (record and projections), keys (person keys, epochs, erasures;
 * never in a backup of data) and state (cursors, sessions, drafts). Statements stand in the rooms'
 * queries.sql; tools/sql.py turns each into a typed function over db_rows and db_write.
 *
 * Invariants  an answered command is durable; a failed commit or sync ends the process.
 * Lifetime    rows and their texts live in the arena passed in.
 * Threads     a db belongs to one thread at a time; a disk may be used by all.
 */
#pragma once
#include "base/base.h"

/* ---- cells, queries, schema --------------------------------------------------------------- */

enum cell_type { CELL_NULL, CELL_I64, CELL_TEXT, CELL_BYTES };

struct cell {
    enum cell_type type;
    i64 n;
    str text; /* .ptr is NULL for NULL */
};

struct maybe_i64 {
    bool is;
    i64 v;
};

struct cell cell_i64(i64 n);
struct cell cell_text(str text); /* NULL if text.ptr is NULL */
struct cell cell_bytes(str bytes);
struct cell cell_maybe(struct maybe_i64 n);
struct maybe_i64 cell_to_maybe(struct cell c);
struct maybe_i64 just(i64 n);

struct query {
    const char *name;
    const char *sqlite, *postgres; /* the same statement in each dialect */
    const char *types;             /* of the columns: i, t, b */
    const char *param_types;       /* the same of the parameters, upper case where NULL may be */
    int params, columns;
};

/* Every query of every room; made by tools/sql.py. */
extern const struct query *const all_queries[];
extern const size_t all_queries_count;

enum store_kind { STORE_MAIN, STORE_KEYS, STORE_STATE };
enum table_class { TABLE_RECORD, TABLE_PROJECTION, TABLE_STATE };

/* One statement of the schema; made by tools/sql.py from the rooms' schema files. */
struct ddl {
    enum store_kind store;
    enum table_class class;
    bool table; /* else an index */
    const char *room, *name;
    const char *sqlite, *postgres;
};
extern const struct ddl schema_ddl[];
extern const size_t schema_ddl_count;

/* ---- a connection ------------------------------------------------------------------------- */

struct db;

struct db_options {
    const char *vfs; /* SQLite: the file system to use; NULL for the system's */
    bool exclusive;  /* SQLite: no shared memory; one connection only */
    bool read_only;
    bool wipe_deleted;      /* SQLite: overwrite what is deleted */
    bool manual_checkpoint; /* SQLite: db_checkpoint decides, from another connection's thread */
    const char *schema;     /* PostgreSQL: schema name; NULL for public */
};

/*
 * Open `where`: a path (SQLite, made if absent) or a postgresql:// address. Applies no schema.
 * ERR_DATABASE; ERR_FULL and ERR_IO as everywhere here.
 */
fallible db_open(const char *where, const struct db_options *options, struct db **out);
void db_close(struct db *db);
void db_closep(struct db **db);
#define scoped_db __attribute__((cleanup(db_closep))) struct db *

/* Create those tables of this store that are missing. Call outside a transaction. */
fallible db_create(struct db *db, enum store_kind store);

/* All rows of a query: `count` × columns cells. */
fallible db_rows(struct arena *a, struct db *db, const struct query *q, const struct cell *params,
                 struct cell **cells, size_t *count);

/*
 * Write. An error sticks to the connection and shows at the next db_check, db_rows or db_commit: so
 * that an apply needn't look, and PostgreSQL can take writes in a pipeline. A db_rows that fails
 * inside a transaction sticks too, for PostgreSQL takes nothing more before db_undo.
 */
void db_write(struct db *db, const struct query *q, const struct cell *params);
fallible db_check(struct db *db);

/* One write transaction at a time; savepoints nest by level (1, 2, …). */
fallible db_begin(struct db *db);
fallible db_commit(struct db *db);
void db_rollback(struct db *db); /* clears a sticking error */
fallible db_savepoint(struct db *db, int level);
fallible db_release(struct db *db, int level);
/* Back to the savepoint; clears an error that sticks since then and returns one from before. */
fallible db_undo(struct db *db, int level);

/* A consistent view over several reads. */
fallible db_begin_read(struct db *db);

/* Every row of a table as text, in the order of its columns, NULL first: for comparing stores. */
fallible db_dump(struct arena *a, struct db *db, const char *table, str *out);

/*
 * SQLite: a consistent copy into a new file, without what was deleted, while others write. Not
 * inside a transaction. ERR_UNSUPPORTED on PostgreSQL, which has its own means.
 */
fallible db_copy(struct db *db, const char *path);

/* Empty a table, inside a transaction: for replaying into it. */
void db_clear(struct db *db, const char *table);

/* SQLite: move the journal into the file; elsewhere nothing. May run beside writing. */
fallible db_checkpoint(struct db *db);

/* What an engine implements. */
struct db_ops {
    void (*close)(struct db *db);
    fallible (*rows)(struct arena *a, struct db *db, const struct query *q,
                     const struct cell *params, struct cell **cells, size_t *count);
    fallible (*write)(struct db *db, const struct query *q, const struct cell *params);
    fallible (*simple)(struct db *db, const char *sql);
    fallible (*flush)(struct db *db); /* wait for pipelined writes */
    fallible (*dump)(struct arena *a, struct db *db, const char *table, str *out);
    fallible (*checkpoint)(struct db *db);
    fallible (*copy)(struct db *db, const char *path);
    bool postgres;
};

enum { DB_MOST_SAVEPOINTS = 2 };

struct db {
    const struct db_ops *ops;
    struct error stuck; /* the first statement that failed */
    bool is_stuck, in_transaction;
    int level;                          /* the innermost open savepoint; 0 for none */
    i64 savepoints;                     /* how many were ever opened: the time that orders these: */
    i64 opened[DB_MOST_SAVEPOINTS + 1]; /* when each open one was */
    i64 fault_at;                       /* when the statement was sent that the engine reports */
    i64 stuck_at;                       /* the same of the error that sticks */
};

/* For engines: one value of a dump and the sign behind it. */
void db_dump_cell(struct buf *out, const struct cell *c, bool last_of_row);

fallible sqlite_open(const char *path, const struct db_options *options, struct db **out);
fallible postgres_open(const char *url, const struct db_options *options, struct db **out);

/* ---- the lease of the one writer ---------------------------------------------------------- */

/*
 * Where several processes serve one PostgreSQL, the one that holds the lease writes. Each batch
 * checks its epoch inside its own transaction and thereby keeps the lease as it is until the
 * commit, so that a writer whose lease was taken can't commit. Time comes from the caller: system
 * time.
 */
struct lease_term {
    i64 now_ms, ttl_ms;
};

/*
 * Try to take the lease of store main, outside a transaction. *taken is false while another address
 * holds it. The same address may take it again: a process that was started anew.
 */
fallible lease_take(struct db *db, str address, const struct lease_term *term, i64 *epoch,
                    bool *taken);

/* Hold it for another term. ERR_LEASE where another has taken it since. */
fallible lease_renew(struct db *db, i64 epoch, const struct lease_term *term);

/* First in each batch's transaction. ERR_LEASE where another has taken it: this process must end.
 */
fallible lease_check(struct db *db, i64 epoch);

/* ---- small durable files ------------------------------------------------------------------ */

/*
 * A folder of small files (keys, marks). Names are flat and our own. A write is durable and atomic
 * when it returns: written beside, synced, renamed, the folder synced.
 */
struct disk {
    const struct disk_ops *ops;
    const char *folder;
};
struct disk_ops {
    fallible (*read)(struct arena *a, struct disk *d, const char *name, str *out);
    fallible (*write)(struct disk *d, const char *name, str bytes);
    fallible (*destroy)(struct disk *d, const char *name);
    fallible (*list)(struct arena *a, struct disk *d, str **names, size_t *count);
};

struct disk *disk_open(struct arena *a, const char *folder); /* makes the folder if absent */
fallible disk_read(struct arena *a, struct disk *d, const char *name, str *out);
fallible disk_write(struct disk *d, const char *name, str bytes);
fallible disk_destroy(struct disk *d, const char *name); /* overwrites, then unlinks */
fallible disk_list(struct arena *a, struct disk *d, str **names, size_t *count); /* sorted */

/* ---- the writer --------------------------------------------------------------------------- */

/*
 * Group commit: takes waiting jobs, runs each in a savepoint, commits the batch, then answers.
 * One job's refusal undoes that job alone. A full disk or an I/O error undoes the batch; each job
 * is then tried alone, and what still fails is answered with the error. A commit that fails ends
 * the process, on a full disk too, since nobody knows what the journal holds.
 *
 * On PostgreSQL a job isn't waited for before the next one begins. Where a write of an earlier one
 * then turns out to have failed, the batch is undone and run again with waiting. So a job may run
 * up to three times; only what its last run did counts.
 */
struct job {
    fallible (*run)(void *ctx, struct job *job);
    bool refused;
    struct error why; /* where refused */
    struct job *next; /* of the queue */
};

struct writer_hooks {
    fallible (*begin)(void *ctx);  /* of a batch, inside its transaction */
    void (*keep)(void *ctx);       /* a job is done: remember where to return to */
    void (*undo)(void *ctx);       /* back to the last keep: memory only */
    fallible (*before)(void *ctx); /* commit what must be durable first; fails as a commit does */
    void (*committed)(void *ctx);  /* memory may change now */
    void (*rolled_back)(void *ctx);
};

struct writer_target {
    struct db *db;
    const struct writer_hooks *hooks;
    void *ctx;
};

/* Runs the jobs as one batch. Each ends refused or durable. ERR_… only where the process must end.
 */
fallible writer_batch(struct writer_target *t, struct job **jobs, size_t count);

#include "store/blob.h"
