#include "ledger/merkle.h"
#include "tests/test.h"

enum { MOST = 300 };

static struct {
    digest leaf[MOST];
    const struct merkle_hash *hash;
} forest;

static void plant(const struct merkle_hash *h)
{
    forest.hash = h;
    for (size_t i = 0; i < MOST; i++) {
        u8 entry[2] = {(u8)(i >> 8), (u8)i};
        merkle_leaf(h, (str){(char *)entry, 2}, &forest.leaf[i]);
    }
}

/* MTH of RFC 9162 2.1.1, word for word: the oracle of what is computed otherwise. */
static void root_by_definition(const digest *leaf, size_t n, digest *root)
{
    digest left, right;
    size_t k = 1;

    if (n == 1) {
        *root = leaf[0];
        return;
    }
    while (k * 2 < n)
        k *= 2;
    root_by_definition(leaf, k, &left);
    root_by_definition(leaf + k, n - k, &right);
    merkle_node(forest.hash, left, right, root);
}

static fallible node(void *ctx, int level, u64 index, digest *out)
{
    const u64 *size = ctx;
    u64 width = (u64)1 << level;

    REQUIRE((index + 1) * width <= *size, ERR_RANGE, "an incomplete subtree was asked for");
    root_by_definition(forest.leaf + index * width, width, out);
    return OK;
}

/* RFC 6962 2.1.1: PATH by its definition. */
static void path_by_definition(size_t m, const digest *leaf, size_t n, struct merkle_proof *p)
{
    size_t k = 1;

    if (n == 1)
        return;
    while (k * 2 < n)
        k *= 2;
    if (m < k) {
        path_by_definition(m, leaf, k, p);
        root_by_definition(leaf + k, n - k, &p->at[p->count++]);
    } else {
        path_by_definition(m - k, leaf + k, n - k, p);
        root_by_definition(leaf, k, &p->at[p->count++]);
    }
}

/* RFC 6962 2.1.2: SUBPROOF by its definition. */
static void subproof_by_definition(size_t m, const digest *leaf, size_t n, bool known,
                                   struct merkle_proof *p)
{
    size_t k = 1;

    if (m == n) {
        if (!known)
            root_by_definition(leaf, n, &p->at[p->count++]);
        return;
    }
    while (k * 2 < n)
        k *= 2;
    if (m <= k) {
        subproof_by_definition(m, leaf, k, known, p);
        root_by_definition(leaf + k, n - k, &p->at[p->count++]);
    } else {
        subproof_by_definition(m - k, leaf + k, n - k, false, p);
        root_by_definition(leaf, k, &p->at[p->count++]);
    }
}

static void assert_same_proof(const struct merkle_proof *got, const struct merkle_proof *want)
{
    assert_int_equal(got->count, want->count);
    for (size_t i = 0; i < want->count; i++)
        assert_true(digest_eq(got->at[i], want->at[i]));
}

TEST(the_root_is_the_definitions_by_frontier_and_by_stored_nodes_in_both_hashes)
{
    static const struct merkle_hash *const hashes[] = {&merkle_sha256, &merkle_sm3};

    for (size_t i = 0; i < COUNT(hashes); i++) {
        struct frontier f = {0};
        u64 size = 0;
        struct merkle_source source = {node, &size};

        plant(hashes[i]);
        while (size < MOST) {
            digest want, by_frontier, by_nodes, made[MERKLE_LEVELS];
            int levels = frontier_add_nodes(hashes[i], &f, forest.leaf[size++], made);
            struct frontier again;

            root_by_definition(forest.leaf, size, &want);
            frontier_root(hashes[i], &f, &by_frontier);
            assert_ok(merkle_root(hashes[i], &source, size, &by_nodes));
            assert_true(digest_eq(want, by_frontier) && digest_eq(want, by_nodes));
            assert_ok(merkle_frontier(&source, size, &again));
            frontier_root(hashes[i], &again, &by_frontier);
            assert_true(digest_eq(want, by_frontier));
            for (int level = 0; level < levels; level++) {
                assert_ok(node(&size, level, (size - 1) >> level, &want));
                assert_true(digest_eq(want, made[level]));
            }
        }
    }
}

TEST(the_empty_tree_has_the_hash_of_nothing_as_root)
{
    struct frontier f = {0};
    digest root, want;
    u64 size = 0;

    frontier_root(&merkle_sha256, &f, &root);
    sha256(S(""), &want);
    assert_true(digest_eq(root, want));
    assert_ok(merkle_root(&merkle_sha256, &(struct merkle_source){node, &size}, 0, &root));
    assert_true(digest_eq(root, want));
}

TEST(every_inclusion_proof_is_the_definitions_and_holds_for_its_leaf_only)
{
    plant(&merkle_sha256);
    for (u64 size = 1; size <= 70; size++)
        for (u64 index = 0; index < size; index++) {
            struct merkle_source source = {node, &size};
            struct merkle_proof got, want = {0};
            struct inclusion claim = {index, size, forest.leaf[index], {{0}}};

            root_by_definition(forest.leaf, size, &claim.root);
            assert_ok(merkle_inclusion(&merkle_sha256, &source, index, size, &got));
            path_by_definition(index, forest.leaf, size, &want);
            assert_same_proof(&got, &want);
            assert_ok(merkle_check_inclusion(&merkle_sha256, &claim, got.at, got.count));
            for (u64 other = 0; other < size + 2; other++) {
                struct inclusion wrong = claim;
                wrong.index = other;
                if (other != index)
                    assert_err(merkle_check_inclusion(&merkle_sha256, &wrong, got.at, got.count),
                               ERR_CRYPTO);
            }
            if (got.count > 0)
                assert_err(merkle_check_inclusion(&merkle_sha256, &claim, got.at, got.count - 1),
                           ERR_CRYPTO);
            assert_err(merkle_check_inclusion(&merkle_sha256, &claim, got.at, got.count + 1),
                       ERR_CRYPTO);
        }
}

TEST(every_consistency_proof_is_the_definitions_and_holds_for_its_sizes_only)
{
    plant(&merkle_sha256);
    for (u64 size2 = 1; size2 <= 70; size2++)
        for (u64 size1 = 1; size1 <= size2; size1++) {
            struct merkle_source source = {node, &size2};
            struct merkle_proof got, want = {0};
            struct consistency claim = {.size1 = size1, .size2 = size2};

            root_by_definition(forest.leaf, size1, &claim.root1);
            root_by_definition(forest.leaf, size2, &claim.root2);
            assert_ok(merkle_consistency(&merkle_sha256, &source, size1, size2, &got));
            subproof_by_definition(size1, forest.leaf, size2, true, &want);
            assert_same_proof(&got, &want);
            assert_ok(merkle_check_consistency(&merkle_sha256, &claim, got.at, got.count));
            struct consistency swapped = {size1, size2, claim.root2, claim.root1};
            if (size1 < size2)
                assert_err(merkle_check_consistency(&merkle_sha256, &swapped, got.at, got.count),
                           ERR_CRYPTO);
            struct consistency later = {size1 + 1, size2, claim.root1, claim.root2};
            if (size1 < size2)
                assert_err(merkle_check_consistency(&merkle_sha256, &later, got.at, got.count),
                           ERR_CRYPTO);
            assert_err(merkle_check_consistency(&merkle_sha256, &claim, got.at, got.count + 1),
                       ERR_CRYPTO);
        }
}

TEST(a_proof_of_a_tree_near_the_end_of_64_bits_is_checked_without_overflow)
{
    digest many[MERKLE_PROOF_MOST] = {0};
    struct inclusion claim = {UINT64_MAX - 1, UINT64_MAX, {{0}}, {{0}}};
    struct consistency growth = {UINT64_MAX - 1, UINT64_MAX, {{0}}, {{0}}};

    for (size_t count = 0; count <= MERKLE_PROOF_MOST; count++) {
        assert_err(merkle_check_inclusion(&merkle_sha256, &claim, many, count), ERR_CRYPTO);
        assert_err(merkle_check_consistency(&merkle_sha256, &growth, many, count), ERR_CRYPTO);
    }
}

TEST(proofs_are_refused_for_leaves_and_sizes_that_are_not_there)
{
    u64 size = 5;
    struct merkle_source source = {node, &size};
    struct merkle_proof p;

    plant(&merkle_sha256);
    assert_err(merkle_inclusion(&merkle_sha256, &source, 5, 5, &p), ERR_RANGE);
    assert_err(merkle_inclusion(&merkle_sha256, &source, 0, 0, &p), ERR_RANGE);
    assert_err(merkle_consistency(&merkle_sha256, &source, 0, 5, &p), ERR_RANGE);
    assert_err(merkle_consistency(&merkle_sha256, &source, 5, 4, &p), ERR_RANGE);
}

static const struct {
    struct tile tile;
    const char *path;
} paths[] = {
    {{0, 0, 256}, "tile/0/000"},
    {{1, 1234067, 256}, "tile/1/x001/x234/067"},
    {{2, 1000, 7}, "tile/2/x001/000.p/7"},
    {{63, 999, 255}, "tile/63/999.p/255"},
    {{TILE_ENTRIES, 273, 112}, "tile/entries/273.p/112"},
    {{0, UINT64_MAX, 256}, "tile/0/x018/x446/x744/x073/x709/x551/615"},
};

TEST(a_tiles_path_is_that_of_tlog_tiles_both_ways)
{
    scoped_arena a = arena_open();

    for (size_t i = 0; i < COUNT(paths); i++) {
        struct tile t;
        assert_str(tile_path(a, paths[i].tile), str_of(paths[i].path));
        assert_ok(tile_parse(str_of(paths[i].path), &t));
        assert_true(t.level == paths[i].tile.level && t.index == paths[i].tile.index &&
                    t.width == paths[i].tile.width);
    }
}

TEST(every_other_spelling_of_a_tiles_path_is_refused)
{
    static const char *const bad[] = {
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/0",
        "tile/0/00a",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/x001/x002",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p/1/2",
        "tile/0/000.p",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/Entries/000",
        "tile/0/x1/000",
        "tile/0/ 01",
    };
    struct tile t;

    for (size_t i = 0; i < COUNT(bad); i++)
        if (tile_parse(str_of(bad[i]), &t) == OK)
            fail_msg("accepted %s", bad[i]);
}

TEST(a_tiles_path_that_is_parsed_is_written_again_as_it_came)
{
    static const char letters[] = "0019x/.pentrisl-";
    scoped_arena a = arena_open();
    arena_mark mark = arena_here(a);
    u8 seed[32] = {3}, dice[3];
    int parsed = 0;

    random_seed_for_tests(seed);
    for (int i = 0; i < 30000; i++, arena_back(a, mark)) {
        str path = str_copy(a, str_of(paths[i % (int)COUNT(paths)].path));
        char *bytes = str_z(a, path);
        struct tile t;

        random_fill(dice, sizeof dice);
        bytes[dice[0] % path.len] = letters[dice[1] % (sizeof letters - 1)];
        str text = {bytes, path.len - dice[2] % 2};
        if (tile_parse(text, &t) != OK)
            continue;
        parsed++;
        assert_str(tile_path(a, t), text);
    }
    random_seed_for_tests(NULL);
    assert_true(parsed > 1000);
}

TEST(a_tree_of_70000_has_the_tiles_that_the_specification_counts)
{
    struct tile t = {0};
    int full[3] = {0}, partial[3] = {0};

    while (tile_next(0, 70000, &t)) {
        assert_in_range(t.level, 0, 2);
        if (t.width == TILE_WIDTH)
            full[t.level]++;
        else
            partial[t.level] = t.width;
    }
    assert_true(full[0] == 273 && full[1] == 1 && full[2] == 0);
    assert_true(partial[0] == 112 && partial[1] == 17 && partial[2] == 1);
    assert_int_equal(tile_width(256, 0, 0), 256);
    assert_int_equal(tile_width(256, 0, 1), 0);
    assert_int_equal(tile_width(256, 1, 0), 1);
    assert_int_equal(tile_width(70000, 2, UINT64_MAX), 0);
    assert_int_equal(tile_width(UINT64_MAX, 7, 0), 255);
    assert_int_equal(tile_width(UINT64_MAX, 63, 0), 0);
}

/* The tiles of `size` that `before` lacks, counted by looking at each place. */
static int tiles_by_looking(u64 before, u64 size)
{
    int count = 0;

    for (int level = 0; level < TILE_LEVELS; level++)
        for (u64 index = 0; tile_width(size, level, index) > 0; index++)
            count += tile_width(size, level, index) != tile_width(before, level, index);
    return count;
}

TEST(the_tiles_of_growth_are_all_new_and_none_is_left_out)
{
    static const u64 sizes[] = {0, 1, 255, 256, 257, 511, 512, 65535, 65536, 65537, 70000, 131072};

    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t j = i; j < COUNT(sizes); j++) {
            struct tile t = {0};
            int count = 0;

            for (; tile_next(sizes[i], sizes[j], &t); count++) {
                assert_int_equal(t.width, tile_width(sizes[j], t.level, t.index));
                assert_int_not_equal(t.width, tile_width(sizes[i], t.level, t.index));
            }
            assert_int_equal(count, tiles_by_looking(sizes[i], sizes[j]));
        }
}

TEST(a_tile_holds_its_hashes_and_gives_the_nodes_above_them)
{
    scoped_arena a = arena_open();
    u64 size = MOST;
    struct merkle_source source = {node, &size};
    struct tile t = {0};
    digest got, want;
    str bytes;

    plant(&merkle_sha256);
    while (tile_next(0, size, &t)) {
        assert_ok(tile_bytes(a, &source, t, &bytes));
        assert_int_equal(bytes.len, t.width * 32);
        for (int height = 0; height <= TILE_HEIGHT; height++)
            for (u64 at = 0; at <= (u64)(TILE_WIDTH >> height); at++) {
                if ((at + 1) << height > (u64)t.width) {
                    assert_err(tile_node(&merkle_sha256, bytes, height, at, &got), ERR_RANGE);
                    continue;
                }
                u64 index = (t.index * TILE_WIDTH >> height) + at;
                assert_ok(tile_node(&merkle_sha256, bytes, height, at, &got));
                assert_ok(node(&size, t.level * TILE_HEIGHT + height, index, &want));
                assert_true(digest_eq(got, want));
            }
    }
    assert_err(tile_node(&merkle_sha256, S("short"), 0, 0, &got), ERR_CORRUPT);
}

TEST(an_entry_bundle_is_entries_after_their_lengths)
{
    scoped_arena a = arena_open();
    struct buf b = buf_in(a);

    tile_entry_add(&b, S("ab"));
    tile_entry_add(&b, S(""));
    tile_entry_add(&b, (str){arena_take(a, 300, 1), 300});
    assert_int_equal(b.len, 4 + 2 + 302);
    assert_memory_equal(b.ptr, "\0\2ab\0\0\1\54", 8);
}
