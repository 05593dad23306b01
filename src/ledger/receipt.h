/*
 * receipt -- what the holder of an event takes home: the event with what he may see of it, and once
 * a head covers it the proof and the head. docs/LEDGER-FORMAT.md «Receipts».
 *
 * Invariants  what is parsed is accepted in one spelling only; a check trusts the keys that it was
 *             given and nothing in the receipt.
 * Lifetime    parsed values lie in the arena.
 * Threads     making needs a node; all else is pure.
 */
#pragma once
#include "ledger/ledger.h"
#include "ledger/note.h"

enum { RECEIPT_MOST = 1 << 20 };

/* Whose values are opened, and whether internal fields are. */
struct receipt_holder {
    i64 person; /* 0 for nobody */
    bool internal;
};

/* By two paths, where the event's epoch has no head that this ledger still holds: */
struct receipt_kept {
    bool is;
    i64 epoch, size; /* the entry under the kept root of that epoch */
    u64 index;
    struct merkle_proof path;
    struct event first; /* a later epoch's first event, which names that root */
};

struct receipt {
    struct event event;
    str log;       /* origin of the event's epoch */
    i64 number;    /* in the ledger */
    bool complete; /* a head covers it: */
    struct receipt_kept kept;
    struct tlog_proof proof; /* of the event, or of kept.first */
};

/* Incomplete where no head covers the event yet. `e` comes from this node, with no and epoch. */
fallible receipt_make(struct arena *a, struct node *n, const struct event *e,
                      const struct receipt_holder *holder, struct receipt *out);
str receipt_text(struct arena *a, const struct receipt *r);

/* ERR_SYNTAX, ERR_CORRUPT; says nothing about signatures. */
fallible receipt_parse(struct arena *a, str text, struct receipt *out);

struct receipt_claim {
    str log; /* whose head it is */
    i64 size;
    instant at; /* when the log signed that head, by its own word */
};

/*
 * That a head holds the event, signed by every pinned key of its log: one whose name is the log's
 * or the log's without «/epoch». ERR_STATE for an incomplete receipt, ERR_NOT_FOUND where no key of
 * that log is pinned (the message names the signer), ERR_CRYPTO where a proof or signature doesn't
 * hold.
 */
fallible receipt_check(struct arena *a, const struct receipt *r, const struct note_key *pinned,
                       size_t count, struct receipt_claim *out);

/* The keys of this node's log, as others pin them: a line each. */
str receipt_keys(struct arena *a, const struct node *n);

/* The text of the receipt's QR code: where to ask, which event, and its commitment. */
str receipt_qr(struct arena *a, str address, const struct event *e);
