/*
 * ledger_int -- what the files of this room share.
 */
#pragma once
#include "ledger/ledger.h"
#include "ledger/note.h"
#include "ledger_sql.h"

enum { COUNTER_BITS = 44, NODE_NUMBER_MOST = (1 << 19) - 1, HEAD_NOTE_MOST = 2048 };

/* The end of the ledger in memory. A batch works on a copy, so that undoing is forgetting. */
struct edge {
    i64 next_no;
    i64 counter;                 /* last used of this node number */
    i64 last_recorded;           /* of this site */
    struct frontier sha256, sm3; /* of this epoch's tree */
};

struct node {
    struct arena *arena;
    struct node_options o;
    struct db *db, *keys;
    i64 number; /* node number: the upper bits of ids */
    i64 epoch, start_no;
    str origin;
    bool restored;
    struct edge edge;  /* committed */
    struct edge ahead; /* of the batch that runs */
    struct edge kept;  /* of its last finished job */
    bool keys_open;    /* the batch has written to the key store */
    i64 known_size; /* read-only: of the newest head beside the keys, before the view was taken */
    struct arena *batch_arena;
    i64 wrap_epoch; /* of persons' keys */
    sm4_key wrap_key;
    struct key *ed25519, *sm2;
    struct head head; /* newest signed; its note is in the bytes below */
    char note[HEAD_NOTE_MOST];
};

/* event.c */
extern const struct field_decl envelope_decl[];
enum { ENVELOPE = 14 };

/* append.c */
fallible append_event(struct node *n, struct arena *a, struct event *e);
const struct event_kind *kind_find(const struct node *n, str name, int version);
fallible node_commands(struct node *n, struct command **commands, size_t count);

/* vault.c */
fallible vault_load(struct node *n);
fallible vault_make_key(struct node *n);
fallible vault_seal(struct arena *a, struct node *n, i64 event, struct field *f, bool *kept);
fallible vault_field(struct arena *a, struct node *n, i64 event, struct field *f, bool *found);
/* The row of `person` into the field, if it opens and is what was committed. ERR_CORRUPT. */
fallible vault_row(struct arena *a, struct node *n, i64 event, i64 person, str sealed,
                   struct field *f);
fallible vault_erased(struct arena *a, struct node *n, i64 person, bool *erased);
fallible vault_forget(struct node *n, i64 person, str reason); /* list and key, durable */

/* tree.c */
fallible tree_load(struct node *n);
fallible tree_add(struct node *n, const u8 entry[ENTRY_SIZE]);
fallible tree_roots(struct arena *a, struct node *n, i64 epoch, i64 start_no, i64 size,
                    digest *sha256, digest *sm3_root);
fallible head_remember(struct node *n, str note);
void tree_hash_leaf(const struct merkle_hash *h, const u8 entry[ENTRY_SIZE], digest *out);

/* epoch.c */
extern const struct event_kind epoch_started_1, person_erased_1;
/* link.c */
extern const struct event_kind ferry_received_1;
