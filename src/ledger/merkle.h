/*
 * merkle -- the tree of RFC 6962 and RFC 9162 2.1: hashing, growing, proving, checking; and its
 * tiles by C2SP tlog-tiles. Pure mathematics: where hashes are stored is the caller's affair.
 *
 * A complete subtree is named by (level, index): it covers the leaves from index·2^level up to
 * (index + 1)·2^level. Leaves themselves are level 0.
 *
 * Invariants  a tree over n leaves has exactly one root, whichever way it is computed.
 * Threads     all functions are pure; a frontier belongs to one thread at a time.
 */
#pragma once
#include "crypto/crypto.h"

enum { MERKLE_LEVELS = 64, MERKLE_PROOF_MOST = 66 };

/* The hash of a tree. The prefixes 0x00 (leaf) and 0x01 (node) are the same for all. */
struct merkle_hash {
    const char *name;
    void (*parts)(const str *parts, size_t count, digest *out);
};

extern const struct merkle_hash merkle_sha256, merkle_sm3;

void merkle_empty(const struct merkle_hash *h, digest *root); /* of the tree without leaves */
void merkle_leaf(const struct merkle_hash *h, str entry, digest *out);
void merkle_node(const struct merkle_hash *h, digest left, digest right, digest *out);

/* ---- growing ------------------------------------------------------------------------------ */

/* The right edge of a growing tree: `at[level]` counts where bit `level` of `size` is set. */
struct frontier {
    u64 size;
    digest at[MERKLE_LEVELS];
};

void frontier_add(const struct merkle_hash *h, struct frontier *f, digest leaf);

/*
 * The same, and tells which complete subtrees came into being: made[level] is the hash of
 * (level, (size - 1) >> level) for each level below the count returned, made[0] the leaf. These
 * are what a store of nodes keeps.
 */
int frontier_add_nodes(const struct merkle_hash *h, struct frontier *f, digest leaf,
                       digest made[MERKLE_LEVELS]);
void frontier_root(const struct merkle_hash *h, const struct frontier *f, digest *root);

/* ---- proving ------------------------------------------------------------------------------ */

/* Where the hashes of complete subtrees come from. */
struct merkle_source {
    fallible (*node)(void *ctx, int level, u64 index, digest *out);
    void *ctx;
};

struct merkle_proof {
    size_t count;
    digest at[MERKLE_PROOF_MOST];
};

/* The root of the first `size` leaves. */
fallible merkle_root(const struct merkle_hash *h, const struct merkle_source *from, u64 size,
                     digest *root);

/* The frontier at `size`, as after adding that many leaves. */
fallible merkle_frontier(const struct merkle_source *from, u64 size, struct frontier *f);

/* PATH(index, D[size]) of RFC 9162 2.1.3.1. ERR_RANGE unless index < size. */
fallible merkle_inclusion(const struct merkle_hash *h, const struct merkle_source *from, u64 index,
                          u64 size, struct merkle_proof *out);

/* PROOF(size1, D[size2]) of RFC 9162 2.1.4.1; empty for equal sizes. ERR_RANGE unless
 * 0 < size1 <= size2. */
fallible merkle_consistency(const struct merkle_hash *h, const struct merkle_source *from,
                            u64 size1, u64 size2, struct merkle_proof *out);

/* ---- checking ----------------------------------------------------------------------------- */

/* That the leaf of this hash stands at `index` of the tree of `size` leaves with this root. */
struct inclusion {
    u64 index, size;
    digest leaf, root;
};

/* That the tree of size2 leaves begins with the very leaves of the one of size1. */
struct consistency {
    u64 size1, size2;
    digest root1, root2;
};

/* RFC 9162 2.1.3.2. ERR_CRYPTO if the proof doesn't show it. */
fallible merkle_check_inclusion(const struct merkle_hash *h, const struct inclusion *claim,
                                const digest *proof, size_t count);

/* RFC 9162 2.1.4.2. ERR_CRYPTO; also for size1 == 0 < size2, of which nothing can be shown. */
fallible merkle_check_consistency(const struct merkle_hash *h, const struct consistency *claim,
                                  const digest *proof, size_t count);

/* ---- tiles (c2sp.org/tlog-tiles) ---------------------------------------------------------- */

enum { TILE_HEIGHT = 8, TILE_WIDTH = 256, TILE_LEVELS = 8, TILE_ENTRIES = -1 };

/*
 * One tile: `width` (1 to 256) hashes, the i-th the subtree (8·level, 256·index + i). Level
 * TILE_ENTRIES is the bundle of the entries themselves.
 */
struct tile {
    int level;
    u64 index;
    int width;
};

/* How wide the tile is in a tree of `size` leaves; 0 if the tree has none there. */
int tile_width(u64 size, int level, u64 index);

/*
 * Steps through the tiles that a tree of `size` leaves has and one of `before` leaves hasn't, level
 * by level: start with a zeroed tile, false at the end. Entry bundles are those of level 0.
 */
bool tile_next(u64 before, u64 size, struct tile *t);

/* "tile/1/x001/x234/067.p/8", "tile/entries/000". */
str tile_path(struct arena *a, struct tile t);

/* The other way; ERR_SYNTAX for every spelling that tile_path doesn't write. */
fallible tile_parse(str path, struct tile *out);

/* The tile's bytes: width × 32. */
fallible tile_bytes(struct arena *a, const struct merkle_source *from, struct tile t, str *out);

/*
 * The subtree of `height` levels (0 to 8) over the tile's hashes from at·2^height on, from the
 * tile's bytes. ERR_RANGE if the tile is too narrow, ERR_CORRUPT if it isn't whole hashes.
 */
fallible tile_node(const struct merkle_hash *h, str bytes, int height, u64 at, digest *out);

/* One entry of a bundle: its length in two bytes, big-endian, then itself; at most 65535 bytes. */
void tile_entry_add(struct buf *bundle, str entry);
