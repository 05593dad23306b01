#include "ledger/verify_int.h"

/* ---- signed heads ------------------------------------------------------------------------- */

static const struct sql_epochs *epoch_named(const struct check *c, str origin)
{
    for (size_t i = 0; i < c->epochs.count; i++)
        if (str_eq(c->epochs.at[i].origin, origin))
            return &c->epochs.at[i];
    return NULL;
}

static const struct sql_epochs *epoch_numbered(const struct check *c, i64 epoch)
{
    for (size_t i = 0; i < c->epochs.count; i++)
        if (c->epochs.at[i].epoch == epoch)
            return &c->epochs.at[i];
    return NULL;
}

/* What the note says, if both keys of this node signed it and the time beside it. */
static fallible head_read(struct check *c, struct arena *a, str text, struct signed_head *out,
                          i64 *seconds)
{
    struct note note;
    struct checkpoint point;
    struct note_key keys[2], witness;
    u32 by;

    TRY(note_parse(a, text, &note));
    TRY(checkpoint_parse(a, note.text, &point));
    const struct sql_epochs *epoch = epoch_named(c, point.origin);
    REQUIRE(epoch != NULL, ERR_CORRUPT, "of another log");
    str ed25519 = key_public(a, c->n->ed25519);
    TRY(note_key_make(point.origin, NOTE_ED25519, ed25519, &keys[0]));
    TRY(note_key_make(point.origin, NOTE_SM2, key_public(a, c->n->sm2), &keys[1]));
    TRY(note_key_make(point.origin, NOTE_WITNESS, ed25519, &witness));
    TRY(note_verify(&note, keys, COUNT(keys), &by));
    REQUIRE(by == 3, ERR_CRYPTO, "not signed by both keys");
    TRY(note_cosigned_at(&note, &witness, seconds));
    *out =
        (struct signed_head){.epoch = epoch->epoch, .size = (i64)point.size, .sha256 = point.root};
    return checkpoint_sm3(a, &point, &out->sm3);
}

static bool columns_agree(const struct sql_heads_all *row, const struct signed_head *h, i64 seconds)
{
    return row->epoch == h->epoch && row->size == h->size && row->at == seconds * 1000 &&
           str_eq(row->sha256, (str){(const char *)h->sha256.at, 32}) &&
           str_eq(row->sm3, (str){(const char *)h->sm3.at, 32});
}

static i64 head_place(const struct check *c, i64 epoch, i64 size)
{
    const struct sql_epochs *row = epoch_numbered(c, epoch);

    return (row ? row->start_no : 0) + size - 1;
}

/* A note whose signatures hold says where it belongs; else its columns must do. */
static void head_begin(struct check *c, const struct sql_heads_all *row)
{
    scoped_arena a = arena_open();
    struct signed_head h;
    i64 seconds;
    err bad = head_read(c, a, row->note, &h, &seconds);

    if (bad != OK) {
        flaw(c, head_place(c, row->epoch, row->size), "head", str_of(bad->message));
        return;
    }
    if (!columns_agree(row, &h, seconds))
        flaw(c, head_place(c, h.epoch, h.size), "head", S("its note and its columns disagree"));
    vec_push(c->arena, &c->heads, h);
}

fallible tree_check_begin(struct check *c)
{
    scoped_arena a = arena_open();
    struct sql_heads_all_rows rows;

    TRY(sql_heads_all(a, c->n->db, &rows));
    for (size_t i = 0; i < rows.count; i++)
        head_begin(c, &rows.at[i]);
    TRY(sql_tiles_all(c->arena, c->n->db, &c->tiles));
    c->tile_seen = NEW_N(c->arena, c->tiles.count + 1, bool);
    return OK;
}

/* ---- tiles -------------------------------------------------------------------------------- */

static int tile_order(const struct sql_tiles_all *t, i64 epoch, int level, i64 idx)
{
    if (t->epoch != epoch)
        return t->epoch < epoch ? -1 : 1;
    if (t->level != level)
        return t->level < level ? -1 : 1;
    return t->idx < idx ? -1 : t->idx > idx;
}

/* They come sorted. */
static ptrdiff_t tile_find(const struct check *c, int level, i64 idx)
{
    size_t low = 0, high = c->tiles.count;

    while (low < high) {
        size_t mid = (low + high) / 2;
        int order = tile_order(&c->tiles.at[mid], c->epoch, level, idx);

        if (order == 0)
            return (ptrdiff_t)mid;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return -1;
}

bool tree_check_stored(struct check *c, i64 no, digest *leaf)
{
    i64 index = no - c->start_no;
    ptrdiff_t at = tile_find(c, 0, index / TILE_WIDTH);

    if (at < 0 || c->tiles.at[at].hashes.len != sizeof c->rows[0])
        return false;
    memcpy(leaf->at, c->tiles.at[at].hashes.ptr + index % TILE_WIDTH * 32, sizeof leaf->at);
    return true;
}

static i64 first_leaf(const struct check *c, int level, i64 idx)
{
    return c->start_no + (idx << (TILE_HEIGHT * (level + 1)));
}

/* The tile may lie under another name. */
static void tile_missing(struct check *c, int level, i64 idx)
{
    str hashes = {(const char *)c->rows[level], sizeof c->rows[level]};
    const char *what = "missing";

    for (size_t i = 0; i < c->tiles.count; i++)
        if (!c->tile_seen[i] && str_eq(c->tiles.at[i].hashes, hashes)) {
            c->tile_seen[i] = true;
            what = "stands in another place";
        }
    flaw(c, first_leaf(c, level, idx), "tile", str_of(what));
}

/* Of the lowest level: which leaf differs first. */
static i64 first_difference(const struct check *c, const struct sql_tiles_all *t)
{
    for (i64 i = 0; t->level == 0 && t->hashes.len == sizeof c->rows[0] && i < TILE_WIDTH; i++)
        if (memcmp(t->hashes.ptr + 32 * i, c->rows[0][i].at, 32) != 0)
            return first_leaf(c, 0, t->idx) + i;
    return -1;
}

static void tile_check(struct check *c, int level, i64 idx, const digest *sm3_root)
{
    ptrdiff_t at = tile_find(c, level, idx);

    if (at < 0) {
        tile_missing(c, level, idx);
        return;
    }
    const struct sql_tiles_all *t = &c->tiles.at[at];
    bool sha = str_eq(t->hashes, (str){(const char *)c->rows[level], sizeof c->rows[level]});
    bool sm3 = c->sm3_lost || str_eq(t->sm3, (str){(const char *)sm3_root->at, 32});

    c->tile_seen[at] = true;
    if ((sha && sm3) || c->doubt)
        return;
    struct suspect s = {first_leaf(c, level, idx), sha ? -1 : first_difference(c, t)};
    vec_push(c->arena, &c->suspects, s);
}

/* ---- who was altered ---------------------------------------------------------------------- */

/* A signed head that the entries lead to clears them: the tiles were altered. */
static void blame_tiles(struct check *c)
{
    for (size_t i = 0; i < c->suspects.count; i++)
        flaw(c, c->suspects.at[i].first, "tile", S("other hashes than those of its entries"));
    c->suspects.count = 0;
}

/* A head that they don't lead to speaks for the tile that remembers other leaves. */
static bool blame_entries(struct check *c)
{
    bool any = false;

    for (size_t i = 0; i < c->suspects.count; i++)
        if (c->suspects.at[i].at >= 0) {
            flaw(c, c->suspects.at[i].at, "event", S("not the entry that was signed"));
            any = true;
        }
    if (any)
        c->suspects.count = 0;
    return any;
}

static bool head_holds(const struct check *c, const struct signed_head *h)
{
    digest sha, sm;

    frontier_root(&merkle_sha256, &c->sha256, &sha);
    frontier_root(&merkle_sm3, &c->sm3, &sm);
    return digest_eq(h->sha256, sha) && (c->sm3_lost || digest_eq(h->sm3, sm));
}

static void head_check(struct check *c, const struct signed_head *h)
{
    bool holds = head_holds(c, h);

    if (holds)
        blame_tiles(c);
    if (holds || c->doubt)
        return;
    if (!blame_entries(c))
        flaw(c, c->start_no + h->size - 1, "head",
             S("the entries below it aren't those it signed"));
    c->doubt = true;
}

static void heads_check(struct check *c)
{
    for (size_t i = 0; i < c->heads.count; i++) {
        struct signed_head *h = &c->heads.at[i];

        if (h->seen || h->epoch != c->epoch || h->size != (i64)c->sha256.size)
            continue;
        h->seen = true;
        head_check(c, h);
    }
}

/* ---- growing ------------------------------------------------------------------------------ */

void tree_check_enter(struct check *c, i64 epoch, i64 start_no)
{
    blame_tiles(c);
    c->epoch = epoch;
    c->start_no = start_no;
    c->doubt = c->sm3_lost = false;
    memset(&c->sha256, 0, sizeof c->sha256);
    memset(&c->sm3, 0, sizeof c->sm3);
}

void tree_check_add(struct check *c, digest sha, const digest *sm3)
{
    static const digest unknown;
    digest made[MERKLE_LEVELS];
    int levels = frontier_add_nodes(&merkle_sha256, &c->sha256, sha, made);
    u64 last = c->sha256.size - 1;

    c->sm3_lost |= sm3 == NULL;
    for (int row = 0; row * TILE_HEIGHT < levels && row < TILE_LEVELS; row++)
        c->rows[row][(last >> (row * TILE_HEIGHT)) % TILE_WIDTH] = made[row * TILE_HEIGHT];
    levels = frontier_add_nodes(&merkle_sm3, &c->sm3, sm3 ? *sm3 : unknown, made);
    for (int row = 0; (row + 1) * TILE_HEIGHT < levels; row++)
        tile_check(c, row, (i64)(last >> (TILE_HEIGHT * (row + 1))),
                   &made[(row + 1) * TILE_HEIGHT]);
    heads_check(c);
}

/* What no entry led to: heads and tiles of entries that aren't here. */
void tree_check_end(struct check *c)
{
    blame_tiles(c);
    for (size_t i = 0; i < c->heads.count; i++)
        if (!c->heads.at[i].seen)
            flaw(c, head_place(c, c->heads.at[i].epoch, c->heads.at[i].size), "head",
                 S("of entries that aren't here"));
    for (size_t i = 0; i < c->tiles.count; i++)
        if (!c->tile_seen[i])
            flaw(c, first_leaf(c, (int)c->tiles.at[i].level, c->tiles.at[i].idx), "tile",
                 S("of entries that aren't here"));
}
