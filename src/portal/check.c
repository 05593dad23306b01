#include "ledger/note.h"
#include "portal/portal.h"

/* The checkpoint of a proof, if this node's own key signed it; and when. */
struct signed_head {
    struct checkpoint checkpoint;
    i64 seconds;
    bool timed;
};

static fallible head_read(struct arena *a, struct node *n, str text, struct signed_head *out)
{
    struct note note;
    struct note_key key, witness;
    u32 by;

    TRY(note_parse(a, text, &note));
    TRY(checkpoint_parse(a, note.text, &out->checkpoint));
    TRY(note_key_make(out->checkpoint.origin, NOTE_ED25519, node_public_key(a, n), &key));
    TRY(note_verify(&note, &key, 1, &by));
    TRY(note_key_make(out->checkpoint.origin, NOTE_WITNESS, node_public_key(a, n), &witness));
    out->timed = note_cosigned_at(&note, &witness, &out->seconds) == OK;
    return OK;
}

static void head_tell(struct arena *a, const struct signed_head *head, struct proof_seen *out)
{
    digest sm3;

    out->origin = head->checkpoint.origin;
    out->size = (i64)head->checkpoint.size;
    out->root = hex_of(a, head->checkpoint.root.at, sizeof head->checkpoint.root.at);
    if (checkpoint_sm3(a, &head->checkpoint, &sm3) == OK)
        out->sm3 = hex_of(a, sm3.at, sizeof sm3.at);
    out->has_signed = head->timed;
    out->signed_at.ms = head->seconds * 1000;
}

/* Whether the entry stands where the proof says, under the head's root. */
static bool stands(struct arena *a, str entry, const struct tlog_proof *proof,
                   const struct signed_head *head, struct proof_seen *out)
{
    struct inclusion claim = {
        .index = proof->index, .size = head->checkpoint.size, .root = head->checkpoint.root};

    merkle_leaf(&merkle_sha256, entry, &claim.leaf);
    out->leaf = hex_of(a, claim.leaf.at, sizeof claim.leaf.at);
    out->steps = (i64)proof->path.count;
    return merkle_check_inclusion(&merkle_sha256, &claim, proof->path.at, proof->path.count) == OK;
}

fallible proof_of_event(struct arena *a, struct node *n, i64 id, struct proof_seen *out)
{
    struct proof_seen seen = {.state = PROOF_ABSENT};
    struct tlog_proof proof;
    struct signed_head head = {0};
    struct event e;
    bool found;

    *out = seen;
    TRY(node_event(a, n, id, &e, &found));
    if (!found)
        return OK;
    seen.event = str_format(a, "%lld", (long long)id);
    seen.no = e.no + 1;
    seen.recorded.ms = e.recorded;
    seen.has_recorded = true;
    u8 stored[ENTRY_SIZE];
    memcpy(stored, e.entry, sizeof stored);
    event_commit(&e);
    err early = node_proof(a, n, &e, &proof);
    seen.state = PROOF_EARLY;
    *out = seen;
    if (early != OK && early->code == ERR_STATE)
        return OK;
    TRY(early);
    err bad = head_read(a, n, proof.checkpoint, &head);
    head_tell(a, &head, &seen);
    bool holds = stands(a, (str){(const char *)e.entry, sizeof e.entry}, &proof, &head, &seen);
    seen.proof = tlog_proof_text(a, &proof);
    seen.state = bad == OK && holds && memcmp(stored, e.entry, sizeof stored) == 0 ? PROOF_TRUE
                                                                                   : PROOF_FALSE;
    *out = seen;
    return OK;
}

/* The entry at `index` of an epoch, out of its bundle. ERR_RANGE if it isn't there. */
static fallible entry_at(struct arena *a, struct node *n, i64 epoch, u64 index, str *out)
{
    i64 start;
    str bytes;

    TRY(node_epoch_start(a, n, epoch, &start));
    u64 size = (u64)(node_size(n) - start);
    REQUIRE(index < size, ERR_RANGE, "entry %llu isn't here", (unsigned long long)index);
    struct tile tile = {TILE_ENTRIES, index / TILE_WIDTH, tile_width(size, 0, index / TILE_WIDTH)};
    TRY(node_tile(a, n, epoch, tile, &bytes));
    for (u64 i = 0; i <= index % TILE_WIDTH; i++) {
        REQUIRE(bytes.len >= 2, ERR_CORRUPT, "a bundle ends early");
        size_t len = (size_t)(u8)bytes.ptr[0] << 8 | (u8)bytes.ptr[1];
        REQUIRE(bytes.len >= 2 + len, ERR_CORRUPT, "a bundle ends early");
        *out = str_sub(bytes, 2, 2 + len);
        bytes = str_sub(bytes, 2 + len, bytes.len);
    }
    return OK;
}

/* Does this ledger's tree have that very root? */
static bool root_is_ours(struct arena *a, struct node *n, i64 epoch, const struct checkpoint *c)
{
    digest sha256, sm3;

    return c->size > 0 && c->size <= (u64)node_size(n) &&
           node_roots(a, n, epoch, (i64)c->size, &sha256, &sm3) == OK &&
           memcmp(sha256.at, c->root.at, sizeof sha256.at) == 0;
}

/* Is the head one of this ledger's newest epoch? */
static fallible head_is_ours(struct arena *a, struct node *n, const struct checkpoint *c,
                             bool *ours)
{
    struct head newest;
    struct note note;
    struct checkpoint mine;
    bool found;

    *ours = false;
    TRY(node_newest_head(a, n, &newest, &found));
    if (!found)
        return OK;
    TRY(note_parse(a, newest.note, &note));
    TRY(checkpoint_parse(a, note.text, &mine));
    *ours = str_eq(mine.origin, c->origin);
    return OK;
}

fallible proof_of_text(struct arena *a, struct node *n, str text, struct proof_seen *out)
{
    struct proof_seen seen = {.state = PROOF_FOREIGN};
    struct tlog_proof proof;
    struct signed_head head = {0};
    str entry;
    bool ours;

    TRY(tlog_proof_parse(a, text, &proof));
    err bad = head_read(a, n, proof.checkpoint, &head);
    TRY(head_is_ours(a, n, &head.checkpoint, &ours));
    head_tell(a, &head, &seen);
    seen.no = (i64)proof.index + 1;
    *out = seen;
    if (!ours)
        return OK;
    out->state = PROOF_FALSE;
    if (bad != OK || proof.index >= head.checkpoint.size ||
        !root_is_ours(a, n, node_epoch(n), &head.checkpoint))
        return OK;
    TRY(entry_at(a, n, node_epoch(n), proof.index, &entry));
    if (stands(a, entry, &proof, &head, &seen))
        seen.state = PROOF_TRUE;
    else
        seen.state = PROOF_FALSE;
    seen.proof = text;
    *out = seen;
    return OK;
}
