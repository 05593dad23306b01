/*
 * instance -- an instance's folder DIR: what lies where, and who may write.
 *
 *     DIR/instance.json   what this instance is; no secret
 *     DIR/yangguan.db     the ledger and its projections, or PostgreSQL by `database`
 *     DIR/blobs/          files that events name
 *     DIR/keys/           key files and keys.db: never in a backup of data
 *     DIR/state.db        cursors, sessions, drafts
 *     DIR/lock            held by the one process that writes
 *
 * Invariants  a folder has one writer at a time; a reader sees one moment and disturbs nobody.
 * Lifetime    an instance's texts live in the arena; instance_close ends the rest.
 * Threads     as a node.
 */
#pragma once
#include "ledger/ledger.h"
#include "web/web.h"

/* Every room's event kinds: the one list of them (kinds.c). */
extern const struct event_kind *const *all_kinds;
extern size_t all_kinds_count;

const char *zone_name(enum zone zone);
fallible zone_parse(str text, enum zone *out);

struct instance_config {
    str site;     /* stable name: the division's code and the zone, unless the operator names it */
    str division; /* 12 digits */
    str origin;   /* of the log's heads */
    str database; /* postgresql://… without a password; empty for DIR/yangguan.db */
    enum zone zone; /* 0: combined */
    i64 number; /* node number: of each 64 the first is an instance's, the others its restores' */
    bool set_clock; /* civil time is set, not read */
    instant made;
};

struct instance_options {
    bool read_only;                        /* a view of one moment; needs no lock */
    bool restored;                         /* the data come from a backup */
    bool manual_checkpoint;                /* db_checkpoint is called from another thread */
    struct node_clock clock;               /* both NULL: system time */
    const struct event_kind *const *kinds; /* NULL: all_kinds */
    size_t kind_count;
    const char *keys; /* another folder than DIR/keys; NULL for that */
};

struct instance {
    struct arena *arena;
    const char *dir, *keys_dir, *blobs_dir;
    struct instance_config config;
    struct node_options options; /* with which the node was opened */
    struct node *node;
    struct db *state; /* NULL where read-only */
    int lock;
};

/* A path in DIR. */
const char *instance_path(struct arena *a, const char *dir, const char *name);

/* ERR_NOT_FOUND if DIR is no instance, ERR_CORRUPT if instance.json isn't whole. */
fallible instance_config_read(struct arena *a, const char *dir, struct instance_config *out);
fallible instance_config_write(struct arena *a, const char *dir, const struct instance_config *c);

/* Open what `instance_create` made. ERR_BUSY while another process writes. */
fallible instance_open(struct arena *a, const char *dir, const struct instance_options *o,
                       struct instance **out);

/*
 * Make an instance in DIR, which is made if absent: its keys, its stores, its first event and head,
 * two node numbers in reserve. Empty fields of the configuration are filled in. ERR_CONFLICT if
 * there is one.
 */
fallible instance_create(struct arena *a, const char *dir, const struct instance_config *c,
                         const struct instance_options *o, struct instance **out);
void instance_close(struct instance *i);
void instance_closep(struct instance **i);
#define scoped_instance __attribute__((cleanup(instance_closep))) struct instance *

/* Take a folder's lock; -1 in *fd and ERR_BUSY if another process holds it. */
fallible instance_lock(const char *dir, int *fd);

/* `ok: …`, or a line for each flaw, on standard output. */
void verdict_print(struct arena *a, const struct verdict *v);
