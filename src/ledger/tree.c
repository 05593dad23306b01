#include "ledger/ledger_int.h"

/*
 * Stored are the complete tiles of 256 hashes; what isn't complete is computed from the entries.
 * The SM3 tree over the same entries is never asked for proofs, so a tile keeps its root only.
 */

struct tree {
    struct arena *arena;
    struct db *db;
    i64 epoch, start_no;
    const struct merkle_hash *hash;
};

void tree_hash_leaf(const struct merkle_hash *h, const u8 entry[ENTRY_SIZE], digest *out)
{
    merkle_leaf(h, (str){(const char *)entry, ENTRY_SIZE}, out);
}

/* Root of 2^level ≤ 256 leaves, from the entries. */
static fallible from_entries(struct tree *t, int level, u64 index, digest *out)
{
    i64 from = t->start_no + (i64)(index << level), width = (i64)1 << level;
    struct sql_entries_from_rows rows;
    struct frontier f = {0};

    TRY(sql_entries_from(t->arena, t->db, from, from + width, &rows));
    REQUIRE((i64)rows.count == width, ERR_CORRUPT, "entries are missing from %lld on",
            (long long)from);
    for (size_t i = 0; i < rows.count; i++) {
        digest leaf;

        merkle_leaf(t->hash, rows.at[i].entry, &leaf);
        frontier_add(t->hash, &f, leaf);
    }
    frontier_root(t->hash, &f, out);
    return OK;
}

/*
 * A node at level 8L + h lies in the tile (L, index >> (8 - h)) if that is complete. Level 8L
 * itself (h = 0) is also the root of the whole tile (L - 1, index).
 */
static fallible tree_node(void *ctx, int level, u64 index, digest *out)
{
    struct tree *t = ctx;
    int height = level % TILE_HEIGHT, row = level / TILE_HEIGHT;
    struct sql_tile_get tile;
    bool found;
    digest left, right;

    if (row == 0)
        return from_entries(t, level, index, out);
    if (t->hash == &merkle_sha256) {
        int above = TILE_HEIGHT - height;
        TRY(sql_tile_get(t->arena, t->db, t->epoch, row, (i64)(index >> above), &tile, &found));
        if (found)
            return tile_node(t->hash, tile.hashes, height, index & ((1u << above) - 1), out);
    }
    if (height == 0) {
        TRY(sql_tile_get(t->arena, t->db, t->epoch, row - 1, (i64)index, &tile, &found));
        REQUIRE(found, ERR_CORRUPT, "tile %d/%llu is missing", row - 1, (unsigned long long)index);
        if (t->hash == &merkle_sm3) {
            memcpy(out->at, tile.sm3.ptr, sizeof out->at);
            return OK;
        }
        return tile_node(t->hash, tile.hashes, TILE_HEIGHT, 0, out);
    }
    TRY(tree_node(t, level - 1, 2 * index, &left));
    TRY(tree_node(t, level - 1, 2 * index + 1, &right));
    merkle_node(t->hash, left, right, out);
    return OK;
}

static struct tree tree_of(struct arena *a, struct node *n, const struct merkle_hash *h)
{
    return (struct tree){a, n->db, n->epoch, n->start_no, h};
}

fallible tree_load(struct node *n)
{
    scoped_arena a = arena_open();
    u64 size = (u64)(n->edge.next_no - n->start_no);
    struct tree t = tree_of(a, n, &merkle_sha256);
    struct merkle_source source = {tree_node, &t};

    TRY(merkle_frontier(&source, size, &n->edge.sha256));
    t.hash = &merkle_sm3;
    return merkle_frontier(&source, size, &n->edge.sm3);
}

fallible tree_roots(struct arena *a, struct node *n, i64 epoch, i64 start_no, i64 size,
                    digest *sha256, digest *sm3_root)
{
    struct tree t = {a, n->db, epoch, start_no, &merkle_sha256};
    struct merkle_source source = {tree_node, &t};

    TRY(merkle_root(t.hash, &source, (u64)size, sha256));
    t.hash = &merkle_sm3;
    return merkle_root(t.hash, &source, (u64)size, sm3_root);
}

/* The 256 hashes of a tile that has just become complete. */
static fallible tile_hashes(struct tree *t, int row, u64 index, struct buf *out)
{
    digest d;

    if (row > 0) {
        for (u64 i = 0; i < TILE_WIDTH; i++) {
            TRY(tree_node(t, row * TILE_HEIGHT, index * TILE_WIDTH + i, &d));
            buf_add(out, d.at, sizeof d.at);
        }
        return OK;
    }
    i64 from = t->start_no + (i64)(index * TILE_WIDTH);
    struct sql_entries_from_rows rows;
    TRY(sql_entries_from(t->arena, t->db, from, from + TILE_WIDTH, &rows));
    REQUIRE(rows.count == TILE_WIDTH, ERR_CORRUPT, "entries are missing from %lld on",
            (long long)from);
    for (size_t i = 0; i < rows.count; i++) {
        merkle_leaf(t->hash, rows.at[i].entry, &d);
        buf_add(out, d.at, sizeof d.at);
    }
    return OK;
}

static fallible put_tile(struct node *n, int row, const digest *sm3_root)
{
    scoped_arena a = arena_open();
    struct tree t = tree_of(a, n, &merkle_sha256);
    u64 index = (n->ahead.sha256.size >> (TILE_HEIGHT * (row + 1))) - 1;
    struct buf hashes = buf_in(a);

    TRY(tile_hashes(&t, row, index, &hashes));
    sql_tile_put(n->db, n->epoch, row, (i64)index, buf_text(&hashes),
                 (str){(const char *)sm3_root->at, sizeof sm3_root->at});
    return OK;
}

fallible tree_add(struct node *n, const u8 entry[ENTRY_SIZE])
{
    digest leaf, made[MERKLE_LEVELS];

    tree_hash_leaf(&merkle_sha256, entry, &leaf);
    frontier_add(&merkle_sha256, &n->ahead.sha256, leaf);
    tree_hash_leaf(&merkle_sm3, entry, &leaf);
    int levels = frontier_add_nodes(&merkle_sm3, &n->ahead.sm3, leaf, made);

    for (int row = 0; (row + 1) * TILE_HEIGHT < levels; row++)
        TRY(put_tile(n, row, &made[(row + 1) * TILE_HEIGHT]));
    return OK;
}

/* ---- proofs ------------------------------------------------------------------------------- */

fallible node_epoch_start(struct arena *a, struct node *n, i64 epoch, i64 *start_no)
{
    struct sql_epochs_rows epochs;

    TRY(sql_epochs(a, n->keys, &epochs));
    for (size_t i = 0; i < epochs.count; i++)
        if (epochs.at[i].epoch == epoch) {
            *start_no = epochs.at[i].start_no;
            return OK;
        }
    FAIL(ERR_RANGE, "no epoch %lld", (long long)epoch);
}

static fallible entries_here(struct arena *a, struct node *n, i64 epoch, i64 start_no, i64 *count)
{
    struct sql_epoch_spans_rows spans;

    *count = 0;
    TRY(sql_epoch_spans(a, n->db, &spans));
    for (size_t i = 0; i < spans.count; i++)
        if (spans.at[i].epoch == epoch)
            *count = spans.at[i].last - start_no + 1;
    return OK;
}

static fallible tree_at(struct arena *a, struct node *n, i64 epoch, i64 size, struct tree *out)
{
    i64 start_no, here;

    TRY(node_epoch_start(a, n, epoch, &start_no));
    TRY(entries_here(a, n, epoch, start_no, &here));
    REQUIRE(size >= 0 && size <= here, ERR_RANGE, "epoch %lld has %lld entries here",
            (long long)epoch, (long long)here);
    *out = (struct tree){a, n->db, epoch, start_no, &merkle_sha256};
    return OK;
}

fallible node_inclusion(struct arena *a, struct node *n, i64 epoch, i64 index, i64 size,
                        struct merkle_proof *out)
{
    struct tree t;

    TRY(tree_at(a, n, epoch, size, &t));
    struct merkle_source source = {tree_node, &t};
    return merkle_inclusion(t.hash, &source, (u64)index, (u64)size, out);
}

fallible node_consistency(struct arena *a, struct node *n, i64 epoch, i64 size1, i64 size2,
                          struct merkle_proof *out)
{
    struct tree t;

    TRY(tree_at(a, n, epoch, size2, &t));
    struct merkle_source source = {tree_node, &t};
    return merkle_consistency(t.hash, &source, (u64)size1, (u64)size2, out);
}

fallible node_roots(struct arena *a, struct node *n, i64 epoch, i64 size, digest *sha256,
                    digest *sm3)
{
    struct tree t;

    TRY(tree_at(a, n, epoch, size, &t));
    return tree_roots(a, n, epoch, t.start_no, size, sha256, sm3);
}

fallible node_proof(struct arena *a, struct node *n, const struct event *e, struct tlog_proof *out)
{
    struct sql_head_over head;
    i64 start_no, here;
    bool found;

    TRY(node_epoch_start(a, n, e->epoch, &start_no));
    TRY(entries_here(a, n, e->epoch, start_no, &here));
    i64 index = e->no - start_no;
    TRY(sql_head_over(a, n->db, e->epoch, index, here, &head, &found));
    REQUIRE(found, ERR_STATE, "no signed head covers event %lld yet", (long long)e->id);
    *out = (struct tlog_proof){.index = (u64)index, .checkpoint = head.note};
    return node_inclusion(a, n, e->epoch, index, head.size, &out->path);
}

/* ---- heads -------------------------------------------------------------------------------- */

const struct head *node_head(const struct node *n)
{
    return &n->head;
}

/*
 * A checkpoint with the SM3 root as its only extension, signed with both keys, and a cosignature of
 * the log's own for the time at which it signed.
 */
static fallible head_note(struct arena *a, struct node *n, struct head *h, i64 seconds)
{
    struct checkpoint c = {.origin = n->origin,
                           .size = (u64)h->size,
                           .root = h->sha256,
                           .extensions = checkpoint_sm3_line(a, h->sm3)};
    struct note_signer signers[] = {{n->origin, n->ed25519}, {n->origin, n->sm2}};
    str text, note;

    TRY(checkpoint_text(a, &c, &text));
    TRY(note_sign(a, text, signers, COUNT(signers), &note));
    return note_cosign(a, note, &signers[0], seconds, &h->note);
}

fallible head_remember(struct node *n, str note)
{
    REQUIRE(note.len <= sizeof n->note, ERR_CORRUPT, "a head's note of %zu bytes", note.len);
    memcpy(n->note, note.ptr, note.len);
    n->head.note = (str){n->note, note.len};
    return OK;
}

static fallible keep_head(struct node *n, const struct head *h, i64 seconds)
{
    str sha = {(const char *)h->sha256.at, 32}, sm3_root = {(const char *)h->sm3.at, 32};

    TRY(db_begin(n->db));
    sql_head_put(n->db, h->epoch, h->size, seconds * 1000, sha, sm3_root, h->note);
    err e = db_commit(n->db);
    if (e != OK) {
        db_rollback(n->db);
        return e;
    }
    TRY(db_begin(n->keys));
    sql_epoch_head(n->keys, h->epoch, h->size, h->note);
    e = db_commit(n->keys);
    if (e != OK)
        db_rollback(n->keys);
    return e;
}

fallible node_sign_head(struct arena *a, struct node *n, struct head *out)
{
    struct head h = {.epoch = n->epoch, .size = (i64)n->edge.sha256.size};

    if (n->head.epoch == h.epoch && n->head.size == h.size) {
        *out = n->head;
        out->note = str_copy(a, n->head.note);
        return OK;
    }
    frontier_root(&merkle_sha256, &n->edge.sha256, &h.sha256);
    frontier_root(&merkle_sm3, &n->edge.sm3, &h.sm3);
    i64 seconds = n->o.clock.system(n->o.clock.ctx).ms / 1000;
    TRY(head_note(a, n, &h, seconds));
    TRY(keep_head(n, &h, seconds));
    n->head = h;
    *out = h;
    return head_remember(n, h.note);
}
