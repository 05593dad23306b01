#include "ledger/merkle.h"

const struct merkle_hash merkle_sha256 = {"sha256", sha256_parts};
const struct merkle_hash merkle_sm3 = {"sm3", sm3_parts};

static str bytes_of(const digest *d)
{
    return (str){(const char *)d->at, sizeof d->at};
}

void merkle_empty(const struct merkle_hash *h, digest *root)
{
    h->parts(NULL, 0, root);
}

void merkle_leaf(const struct merkle_hash *h, str entry, digest *out)
{
    str parts[] = {S("\0"), entry};

    h->parts(parts, COUNT(parts), out);
}

void merkle_node(const struct merkle_hash *h, digest left, digest right, digest *out)
{
    str parts[] = {S("\1"), bytes_of(&left), bytes_of(&right)};

    h->parts(parts, COUNT(parts), out);
}

static bool is_odd(u64 n)
{
    return (n & 1) != 0;
}

/* ---- growing ------------------------------------------------------------------------------ */

int frontier_add_nodes(const struct merkle_hash *h, struct frontier *f, digest leaf,
                       digest made[MERKLE_LEVELS])
{
    int level = 0;

    assert(f->size < (u64)INT64_MAX);
    made[0] = leaf;
    for (; is_odd(f->size >> level); level++)
        merkle_node(h, f->at[level], made[level], &made[level + 1]);
    f->at[level] = made[level];
    f->size++;
    return level + 1;
}

void frontier_add(const struct merkle_hash *h, struct frontier *f, digest leaf)
{
    digest made[MERKLE_LEVELS];

    (void)frontier_add_nodes(h, f, leaf, made);
}

void frontier_root(const struct merkle_hash *h, const struct frontier *f, digest *root)
{
    if (f->size == 0) {
        merkle_empty(h, root);
        return;
    }
    int level = __builtin_ctzll(f->size);
    digest r = f->at[level];

    for (level++; level < MERKLE_LEVELS && f->size >> level; level++)
        if (is_odd(f->size >> level))
            merkle_node(h, f->at[level], r, &r);
    *root = r;
}

/* ---- proving ------------------------------------------------------------------------------ */

/* The root over the leaves start … end; start is a multiple of a power of two >= end - start. */
static fallible range_root(const struct merkle_hash *h, const struct merkle_source *from, u64 start,
                           u64 end, digest *root)
{
    u64 len = end - start, at = end;
    int level = __builtin_ctzll(len);
    digest r, peak;

    at -= (u64)1 << level;
    TRY(from->node(from->ctx, level, at >> level, &r));
    for (level++; level < MERKLE_LEVELS && len >> level; level++) {
        if (!is_odd(len >> level))
            continue;
        at -= (u64)1 << level;
        TRY(from->node(from->ctx, level, at >> level, &peak));
        merkle_node(h, peak, r, &r);
    }
    *root = r;
    return OK;
}

fallible merkle_root(const struct merkle_hash *h, const struct merkle_source *from, u64 size,
                     digest *root)
{
    if (size > 0)
        return range_root(h, from, 0, size, root);
    merkle_empty(h, root);
    return OK;
}

fallible merkle_frontier(const struct merkle_source *from, u64 size, struct frontier *f)
{
    struct frontier made = {.size = size};

    for (int level = 0; level < MERKLE_LEVELS; level++)
        if (is_odd(size >> level))
            TRY(from->node(from->ctx, level, (size >> level) - 1, &made.at[level]));
    *f = made;
    return OK;
}

/*
 * Adds the siblings on the way from (level, index) up to the root of `size` leaves. A sibling that
 * isn't complete is the right edge below it; where there is none, the node rises alone.
 */
static fallible siblings(const struct merkle_hash *h, const struct merkle_source *from,
                         struct tile start, u64 size, struct merkle_proof *proof)
{
    u64 index = start.index;

    for (int level = start.level; level < MERKLE_LEVELS && (size - 1) >> level; level++) {
        u64 sibling = index ^ 1, complete = size >> level, last = (size - 1) >> level;

        if (sibling < complete) {
            TRY(from->node(from->ctx, level, sibling, &proof->at[proof->count++]));
        } else if (sibling == last) {
            TRY(range_root(h, from, sibling << level, size, &proof->at[proof->count++]));
        }
        index >>= 1;
    }
    return OK;
}

fallible merkle_inclusion(const struct merkle_hash *h, const struct merkle_source *from, u64 index,
                          u64 size, struct merkle_proof *out)
{
    struct merkle_proof proof = {0};

    REQUIRE(index < size, ERR_RANGE, "leaf %llu of a tree of %llu", (unsigned long long)index,
            (unsigned long long)size);
    TRY(siblings(h, from, (struct tile){.index = index}, size, &proof));
    *out = proof;
    return OK;
}

fallible merkle_consistency(const struct merkle_hash *h, const struct merkle_source *from,
                            u64 size1, u64 size2, struct merkle_proof *out)
{
    struct merkle_proof proof = {0};

    REQUIRE(size1 > 0 && size1 <= size2, ERR_RANGE, "from %llu to %llu leaves",
            (unsigned long long)size1, (unsigned long long)size2);
    int level = __builtin_ctzll(size1);
    struct tile edge = {.level = level, .index = (size1 - 1) >> level};

    if (size1 < size2) {
        if (edge.index > 0) /* else it is the old root itself, which the checker has */
            TRY(from->node(from->ctx, edge.level, edge.index, &proof.at[proof.count++]));
        TRY(siblings(h, from, edge, size2, &proof));
    }
    *out = proof;
    return OK;
}

/* ---- checking ----------------------------------------------------------------------------- */

/* Where a checker stands: `at` the node's and `last` the last node's index on this level. */
struct way {
    u64 at, last;
};

/* A sibling on the left: also for the last node, whose way up begins where it has one. */
static bool from_left(struct way *w)
{
    if (!is_odd(w->at) && w->at != w->last)
        return false;
    while (!is_odd(w->at) && w->at != 0) {
        w->at >>= 1;
        w->last >>= 1;
    }
    return true;
}

static void up(struct way *w)
{
    w->at >>= 1;
    w->last >>= 1;
}

fallible merkle_check_inclusion(const struct merkle_hash *h, const struct inclusion *claim,
                                const digest *proof, size_t count)
{
    digest r = claim->leaf;

    REQUIRE(claim->index < claim->size, ERR_CRYPTO, "leaf %llu isn't in a tree of %llu",
            (unsigned long long)claim->index, (unsigned long long)claim->size);
    struct way w = {claim->index, claim->size - 1};

    for (size_t i = 0; i < count; i++, up(&w)) {
        REQUIRE(w.last > 0, ERR_CRYPTO, "the inclusion proof is too long");
        if (from_left(&w))
            merkle_node(h, proof[i], r, &r);
        else
            merkle_node(h, r, proof[i], &r);
    }
    REQUIRE(w.last == 0, ERR_CRYPTO, "the inclusion proof is too short");
    REQUIRE(digest_eq(r, claim->root), ERR_CRYPTO, "the inclusion proof leads to another root");
    return OK;
}

/* size1 < size2. `old` and `new` grow together from the right edge of the old tree. */
static fallible grown(const struct merkle_hash *h, const struct consistency *claim,
                      const digest *proof, size_t count)
{
    u64 size1 = claim->size1;
    bool whole = (size1 & (size1 - 1)) == 0; /* the old tree is a node of the new one */
    struct way w = {size1 - 1, claim->size2 - 1};

    REQUIRE(whole || count > 0, ERR_CRYPTO, "the consistency proof is too short");
    digest old = whole ? claim->root1 : proof[0], new = old;
    while (is_odd(w.at))
        up(&w);
    for (size_t i = whole ? 0 : 1; i < count; i++, up(&w)) {
        REQUIRE(w.last > 0, ERR_CRYPTO, "the consistency proof is too long");
        if (from_left(&w)) {
            merkle_node(h, proof[i], old, &old);
            merkle_node(h, proof[i], new, &new);
        } else {
            merkle_node(h, new, proof[i], &new);
        }
    }
    REQUIRE(w.last == 0, ERR_CRYPTO, "the consistency proof is too short");
    REQUIRE(digest_eq(old, claim->root1) && digest_eq(new, claim->root2), ERR_CRYPTO,
            "the consistency proof leads to other roots");
    return OK;
}

fallible merkle_check_consistency(const struct merkle_hash *h, const struct consistency *claim,
                                  const digest *proof, size_t count)
{
    REQUIRE(claim->size1 <= claim->size2 && (claim->size1 > 0 || claim->size2 == 0), ERR_CRYPTO,
            "no consistency from %llu to %llu leaves", (unsigned long long)claim->size1,
            (unsigned long long)claim->size2);
    if (claim->size1 < claim->size2)
        return grown(h, claim, proof, count);
    REQUIRE(count == 0 && digest_eq(claim->root1, claim->root2), ERR_CRYPTO,
            "two roots of one size");
    return OK;
}

/* ---- tiles -------------------------------------------------------------------------------- */

/* How many hashes all tiles of a level hold. */
static u64 level_hashes(u64 size, int level)
{
    int shift = TILE_HEIGHT * (level > 0 ? level : 0);

    return shift < 64 ? size >> shift : 0;
}

int tile_width(u64 size, int level, u64 index)
{
    u64 hashes = level_hashes(size, level), full = hashes / TILE_WIDTH;

    if (index > full)
        return 0;
    return index < full ? TILE_WIDTH : (int)(hashes % TILE_WIDTH);
}

bool tile_next(u64 before, u64 size, struct tile *t)
{
    bool fresh = t->width == 0;

    for (int level = t->level; level < TILE_LEVELS; level++) {
        u64 first = level_hashes(before, level) / TILE_WIDTH;
        u64 index = fresh || level > t->level ? first : t->index + 1;
        int width = tile_width(size, level, index);

        if (width > 0 && width > tile_width(before, level, index)) {
            *t = (struct tile){level, index, width};
            return true;
        }
    }
    return false;
}

str tile_path(struct arena *a, struct tile t)
{
    struct buf b = buf_in(a);
    u64 unit = 1;

    if (t.level == TILE_ENTRIES)
        buf_z(&b, "tile/entries");
    else
        buf_format(&b, "tile/%d", t.level);
    while (t.index / unit >= 1000)
        unit *= 1000;
    for (; unit > 1; unit /= 1000)
        buf_format(&b, "/x%03u", (unsigned)(t.index / unit % 1000));
    buf_format(&b, "/%03u", (unsigned)(t.index % 1000));
    if (t.width < TILE_WIDTH)
        buf_format(&b, ".p/%d", t.width);
    return buf_text(&b);
}

/* The three digits of a path element. */
static fallible digits(str piece, u64 *index)
{
    u64 value;

    REQUIRE(piece.len == 3, ERR_SYNTAX, "a path element of %zu characters", piece.len);
    REQUIRE(str_u64(piece, &value) == OK, ERR_SYNTAX, "a path element that isn't a number");
    REQUIRE(!__builtin_mul_overflow(*index, 1000u, index) &&
                !__builtin_add_overflow(*index, value, index),
            ERR_SYNTAX, "a tile's index is too large");
    return OK;
}

/* Cuts ".p/W" off the end. */
static fallible take_width(str *path, int *width)
{
    ptrdiff_t at = str_find(*path, S(".p/"));
    u64 value;

    *width = TILE_WIDTH;
    if (at < 0)
        return OK;
    str number = str_sub(*path, (size_t)at + 3, path->len);
    REQUIRE(str_u64(number, &value) == OK && value > 0 && value < TILE_WIDTH &&
                number.ptr[0] != '0',
            ERR_SYNTAX, "a tile's width isn't 1 to 255");
    *width = (int)value;
    path->len = (size_t)at;
    return OK;
}

static fallible tile_level(str piece, int *level)
{
    u64 value;

    *level = TILE_ENTRIES;
    if (str_eq(piece, S("entries")))
        return OK;
    REQUIRE(str_u64(piece, &value) == OK && value < 64 && (piece.len == 1 || piece.ptr[0] != '0'),
            ERR_SYNTAX, "a tile's level isn't 0 to 63");
    *level = (int)value;
    return OK;
}

fallible tile_parse(str path, struct tile *out)
{
    struct tile t = {0};
    str piece;

    TRY(take_width(&path, &t.width));
    REQUIRE(str_split(&path, '/', &piece) && str_eq(piece, S("tile")) &&
                str_split(&path, '/', &piece),
            ERR_SYNTAX, "not a tile's path");
    TRY(tile_level(piece, &t.level));

    bool first = true, more = str_split(&path, '/', &piece);
    REQUIRE(more, ERR_SYNTAX, "a tile's path without index");
    for (; path.ptr != NULL; first = false) {
        REQUIRE(piece.len == 4 && piece.ptr[0] == 'x' && !(first && str_eq(piece, S("x000"))),
                ERR_SYNTAX, "a tile's path element isn't x and three digits");
        TRY(digits(str_sub(piece, 1, 4), &t.index));
        (void)str_split(&path, '/', &piece);
    }
    TRY(digits(piece, &t.index));
    *out = t;
    return OK;
}

fallible tile_bytes(struct arena *a, const struct merkle_source *from, struct tile t, str *out)
{
    digest *hashes = NEW_N(a, t.width, digest);

    assert(t.level >= 0 && t.level < TILE_LEVELS && t.width > 0 && t.width <= TILE_WIDTH);
    for (int i = 0; i < t.width; i++)
        TRY(from->node(from->ctx, TILE_HEIGHT * t.level, t.index * TILE_WIDTH + (u64)i,
                       &hashes[i]));
    *out = (str){(const char *)hashes, (size_t)t.width * sizeof *hashes};
    return OK;
}

fallible tile_node(const struct merkle_hash *h, str bytes, int height, u64 at, digest *out)
{
    digest row[TILE_WIDTH];

    assert(height >= 0 && height <= TILE_HEIGHT);
    REQUIRE(bytes.len % sizeof *row == 0 && bytes.len <= sizeof row, ERR_CORRUPT,
            "a tile of %zu bytes", bytes.len);
    size_t count = (size_t)1 << height;
    REQUIRE(at < (u64)TILE_WIDTH >> height && (at + 1) * count * sizeof *row <= bytes.len,
            ERR_RANGE, "subtree %llu of height %d of a tile of %zu bytes", (unsigned long long)at,
            height, bytes.len);

    memcpy(row, bytes.ptr + at * count * sizeof *row, count * sizeof *row);
    for (; count > 1; count /= 2)
        for (size_t i = 0; i < count / 2; i++)
            merkle_node(h, row[2 * i], row[2 * i + 1], &row[i]);
    *out = row[0];
    return OK;
}

void tile_entry_add(struct buf *bundle, str entry)
{
    assert(entry.len <= UINT16_MAX);
    buf_byte(bundle, (u8)(entry.len >> 8));
    buf_byte(bundle, (u8)(entry.len & 255));
    buf_str(bundle, entry);
}
