/*
 * ledger -- the append-only public record of official acts.
 *
 * An act is an event; its commitment is an entry of 33 bytes; the entries are the leaves of a
 * Merkle tree whose signed heads anyone may check. docs/LEDGER-FORMAT.md fixes the bytes.
 *
 * Invariants  entries are numbered from 0 without gaps and never change; an event and what its
 *             apply wrote are committed together; a person's value is in the vault and nowhere
 * else. Lifetime    results live in the arena passed in; a node lives from node_open to node_close.
 * Threads     a node belongs to the writer's thread; readers open connections of their own.
 */
#pragma once
#include "base/base.h"
#include "crypto/crypto.h"
#include "ledger/merkle.h"
#include "store/store.h"

/* ---- events ------------------------------------------------------------------------------- */

/* Who may see a field (public, internal), and whether it is a person's, kept in the vault. */
enum field_class { FIELD_P, FIELD_I, FIELD_PS, FIELD_IS };

bool class_is_person(enum field_class c);
bool class_is_internal(enum field_class c);

enum { ENTRY_SIZE = 33, SALT_SIZE = 16, FIELDS_MOST = 96, STREAMS_MOST = 8 };

struct field_decl {
    const char *name;
    enum field_class class;
};

/* A value on its way into an event: canonical JSON; `.json.ptr` NULL for an absent one. */
struct value {
    str json;
    i64 person; /* whose it is, for a field of class PS or IS */
};

struct value value_absent(void);
struct value value_i64(struct arena *a, i64 n); /* |n| ≤ 2^53 */
struct value value_id(struct arena *a, i64 id);
struct value value_text(struct arena *a, str text);
struct value value_flag(bool flag);
struct value value_of_person(struct value v, i64 person);

struct field {
    str name;
    enum field_class class;
    i64 person; /* of a person's field */
    bool open;  /* value and salt are known here */
    str json;   /* canonical; "null" for an absent value */
    u8 salt[SALT_SIZE];
    digest commitment;
};

struct stream_ref {
    str kind;
    i64 id;
    i64 version; /* 0 before it is numbered */
};

struct event {
    i64 no, epoch; /* in this ledger; epoch 0 before it is appended */
    i64 id;
    str kind;
    int version;
    struct field *fields; /* the envelope's first */
    size_t count;
    struct stream_ref streams[STREAMS_MOST];
    size_t stream_count;
    str site;
    i64 recorded;
    u8 entry[ENTRY_SIZE];
};

/*
 * One kind of event in one version. `apply` is the only writer of its projections: it can't refuse,
 * reads and writes only rows of the event's streams, and sees no person's value. Only the newest
 * version has one; an older version has `upcast`, which turns the event into the next version.
 */
struct event_kind {
    const char *name;
    int version;
    bool local; /* never sent to a neighbour */
    const struct field_decl *fields;
    size_t count;
    const char *const *blobs; /* fields that name blobs, up to a NULL; verify reads these */
    void (*apply)(struct db *db, struct arena *a, const struct event *e);
    void (*upcast)(struct arena *a, struct event *e);
};

/* The value of a field: NULL if the event has none or it is closed or absent. */
const struct field *event_field(const struct event *e, const char *name);
i64 event_i64(const struct event *e, const char *name);                   /* number or id; else 0 */
str event_text(struct arena *a, const struct event *e, const char *name); /* empty if absent */

/* The same, where absence is told apart: a text without pointer, 1970-01-01, false. */
str event_maybe_text(struct arena *a, const struct event *e, const char *name);
date event_date(struct arena *a, const struct event *e, const char *name);
bool event_flag(const struct event *e, const char *name);
str event_json(const struct event *e, const char *name);

/* For upcasts: the same field under another name; one more field, absent in old events. */
void event_rename(struct event *e, const char *from, const char *to);
void event_extend(struct arena *a, struct event *e, const char *name, enum field_class class);

/* hᵢ of an open field; the entry of all; what is stored; and back. */
void field_commit(struct field *f);
void event_commit(struct event *e);
str event_body(struct arena *a, const struct event *e);
str event_salts(struct arena *a, const struct event *e);

/*
 * Read a stored event: open fields get their commitments computed. ERR_CORRUPT if the body isn't
 * what event_body writes; whether the entry agrees is the caller's question (event_entry_holds).
 */
fallible event_read(struct arena *a, str body, str salts, struct event *out);

/* ---- a node ------------------------------------------------------------------------------- */

struct node;

struct node_clock {
    instant (*system)(void *ctx); /* sessions, heads, `recorded` */
    instant (*civil)(void *ctx);  /* `at` */
    void *ctx;
};

struct node_options {
    const char *main, *keys; /* where the stores are */
    struct db_options main_options, keys_options;
    struct disk *disk; /* key files */
    const char *blobs; /* their folder; NULL for none */
    const struct event_kind *const
        *kinds; /* the rooms' kinds; the ledger's own come by themselves */
    size_t kind_count;
    str site;   /* stable name of this site, e.g. its division's code and zone */
    str origin; /* of the checkpoints; epoch n > 1 appends /n */
    struct node_clock clock;
    i64 number;     /* node_create: the first node number (1 … 2^19-1) */
    bool set_clock; /* civil time is not the real one: said in the first event */
    bool restored;  /* node_open: the data come from a backup */
    bool read_only; /* node_open: a view of one moment, for verify and proofs, also while serving */
};

/* A new, empty node: stores, keys, first event, first head. ERR_CONFLICT if there is one. */
fallible node_create(const struct node_options *o, struct node **out);

/*
 * Open an existing node; finishes what a crash interrupted. A restored ledger starts a new epoch
 * (LEDGER.md «Restore»), and one that ends before the newest head beside the keys *is* restored,
 * whether anybody says so or not; what was rolled back without a word within a head's second can't
 * be told from a start. ERR_STATE if no node number is in reserve, ERR_CONFLICT if it holds entries
 * that a later epoch has named as gap.
 */
fallible node_open(const struct node_options *o, struct node **out);
void node_close(struct node *n);

/*
 * A node that only reads, on connections of its own, beside the one that writes: node_db,
 * node_event, node_visit, vault_open and the proofs work on it. Between node_read_begin and
 * node_read_end it sees one moment. It belongs to one thread at a time.
 */
fallible node_open_reader(const struct node_options *o, struct node **out);
fallible node_read_begin(struct node *n);
void node_read_end(struct node *n);

struct db *node_db(struct node *n);
i64 node_size(const struct node *n); /* entries, all epochs */
i64 node_epoch(const struct node *n);
str node_site(const struct node *n);
bool node_was_restored(const struct node *n); /* by this node_open */

/* Numbers that the node above gave this node, for its restores. */
fallible node_reserve(struct node *n, i64 number);

/* The same for a node with nobody above it: so many are in reserve, the next ones of its own. */
fallible node_reserve_ahead(struct node *n, size_t count);

/* ---- commands ----------------------------------------------------------------------------- */

/* In whose name a command runs. Ids are 0 where there is none. */
struct authority {
    i64 actor;   /* person */
    i64 post;    /* the post acted in */
    i64 body;    /* and its body */
    i64 behalf;  /* on whose behalf */
    i64 mandate; /* by which mandate or delegation */
    str channel; /* web, window, api, ferry, timer, import */
};

struct tx {
    struct node *node;
    struct db *db;
    struct arena *arena; /* ends with the batch */
    struct authority by;
    instant at; /* civil */
    str request, models;
    str cause;    /* an event's or timer's, unique with the stream; empty for none */
    bool allowed; /* the permission check ran: emit asserts it */
    str once_key; /* of the command, until its first event takes it */
    digest once_content;
    i64 first_event;
};

/*
 * A command of the writer's queue. `run` reads, checks and emits. Same actor, name, key and content
 * again: `again`, with the first event of the first time; other content: ERR_KEY_REUSED.
 */
struct command {
    struct job job; /* refused, why */
    fallible (*run)(struct tx *tx, void *input);
    void *input;
    const char *name;
    struct authority by;
    str key; /* idempotency key; empty for none */
    digest content;
    str cause, request, models;
    bool allowed;
    bool again;      /* out */
    i64 first_event; /* out: id; 0 if nothing was emitted */
};

/* Run commands as one batch; each ends refused or durable. Fails only where the process must end.
 */
fallible node_batch(struct node *n, struct command **commands, size_t count);

/* A new id, unique over all nodes and restores once an event with a later id is committed. */
i64 tx_id(struct tx *tx);

/*
 * Append an event on these streams, whose home must be this site (ERR_STATE), and apply it.
 * ERR_CONFLICT if the cause was used on this stream before.
 */
fallible emit(struct tx *tx, const struct event_kind *kind, const struct stream_ref *streams,
              size_t stream_count, const struct value *values);

/* ---- reading ------------------------------------------------------------------------------ */

fallible node_event(struct arena *a, struct node *n, i64 id, struct event *out, bool *found);

typedef fallible (*event_visit)(void *ctx, struct arena *a, struct event *e);
/* All events from a number on, in order; the arena is emptied between them. */
fallible node_visit(struct node *n, i64 from, event_visit visit, void *ctx);

/* Apply an event with this node's kinds to any store: replay. ERR_UNSUPPORTED for an unknown kind.
 */
fallible node_apply(struct node *n, struct db *db, struct arena *a, const struct event *e);

/* ---- persons ------------------------------------------------------------------------------ */

/* The value of a person's field, if it is still there. Its commitment is checked: ERR_CORRUPT. */
fallible vault_open(struct arena *a, struct node *n, const struct event *e, const char *field,
                    str *json, bool *found);

/*
 * Erase a person: remembered beside the keys, then the key and the rows are gone, here at once and
 * at the neighbours when the event reaches them.
 */
fallible node_erase(struct node *n, i64 person, str reason);

/* How many values of a person the vault holds, and of how many events. */
fallible node_person_values(struct arena *a, struct node *n, i64 person, i64 *values, i64 *events);

/* Wrap all persons' keys under a new key and destroy the old one: at least every 30 days. */
fallible node_rotate(struct node *n);

/* ---- heads -------------------------------------------------------------------------------- */

struct head {
    i64 epoch, size;
    digest sha256, sm3;
    str note; /* signed checkpoint */
};

/* Sign what is committed now, unless the newest head covers it. At most once a second, or when
 * asked. */
fallible node_sign_head(struct arena *a, struct node *n, struct head *out);

/* The newest signed head of the newest epoch that has one. */
fallible node_newest_head(struct arena *a, struct node *n, struct head *out, bool *found);

/* A tile or bundle of entries of an epoch's tree, as C2SP tlog-tiles serves it. ERR_NOT_FOUND. */
fallible node_tile(struct arena *a, struct node *n, i64 epoch, struct tile t, str *bytes);

/*
 * Proofs in the tree of one epoch, by SHA-256: that leaf `index` stands under `size` leaves, and
 * that the tree of `size1` leaves is the beginning of that of `size2`. ERR_RANGE beyond what is
 * here.
 */
fallible node_inclusion(struct arena *a, struct node *n, i64 epoch, i64 index, i64 size,
                        struct merkle_proof *out);
fallible node_consistency(struct arena *a, struct node *n, i64 epoch, i64 size1, i64 size2,
                          struct merkle_proof *out);

/*
 * The proof that a signed head holds the event, whose place is (no, epoch). ERR_STATE if no head
 * covers it yet.
 */
struct tlog_proof;
fallible node_proof(struct arena *a, struct node *n, const struct event *e, struct tlog_proof *out);

/* The newest signed head; its note is empty if there is none. */
const struct head *node_head(const struct node *n);

/* The roots of an epoch's first `size` leaves, and the number of its first entry. */
fallible node_roots(struct arena *a, struct node *n, i64 epoch, i64 size, digest *sha256,
                    digest *sm3);
fallible node_epoch_start(struct arena *a, struct node *n, i64 epoch, i64 *start_no);

/* ---- checks ------------------------------------------------------------------------------- */

/*
 * `no` is the event's number; of a tile the number of its first leaf, of a head its size - 1 (both
 * counted from where their epoch began), of a blob the event that names it; -1 for a vault row of
 * nobody's event and for a projection.
 */
struct flaw {
    i64 no;
    const char *where; /* event, vault, tile, head, blob, projection */
    str what;
};

struct verdict {
    i64 events;
    digest head; /* SM3 root of the newest epoch */
    VEC(struct flaw) flaws;
};

/*
 * Check every event, vault row, tile, head and named blob; with `deep` the projections by a replay.
 * Each fault is told once, at the place where it was made: what only follows from it isn't told.
 */
fallible node_verify(struct arena *a, struct node *n, bool deep, struct verdict *out);

/* Replay the ledger into a scratch store and name the tables and keys that differ. */
fallible node_rebuild(struct arena *a, struct node *n, struct verdict *out);

/* Replay the ledger into the projections themselves, in one transaction. */
fallible node_replace(struct node *n);

/* ---- neighbours --------------------------------------------------------------------------- */

struct link {
    str site;          /* the neighbour */
    bool internal;     /* it may see class I and IS */
    sm4_key key;       /* ferry key of this period */
    str neighbour_key; /* its public Ed25519 key, pinned */
};

/*
 * Packages that the neighbour hasn't acknowledged, then a new one if there is anything to send.
 * A number keeps its run; the content is made anew from the ledger and today's vault.
 */
fallible link_pack(struct arena *a, struct node *n, const struct link *l, str **packages,
                   size_t *count);

enum taken { TAKEN, TAKEN_BEFORE, TAKEN_NOT };
/*
 * Take a package: its events are appended or parked, and it is acknowledged by an event of ours.
 * TAKEN_NOT, with nothing changed, for one that is damaged, forged, of another epoch or too early.
 */
fallible link_take(struct node *n, const struct link *l, str package, enum taken *how);

/* Try what is parked: after an upgrade. */
fallible link_retry(struct node *n);
str node_public_key(struct arena *a, const struct node *n); /* Ed25519 */
