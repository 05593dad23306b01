/*
 * A whole log in its public formats, for a checker of another hand (tests/note_check.py), and that
 * hand's notes and proofs (tests/notes.json) for us to judge.
 */
#include "ledger/note.h"
#include "tests/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* ---- a log for a checker of another hand (tests/note_check.py) ------------------------------ */

enum { LOG_SIZE = 600, LOG_LEVELS = 10 };

static const u64 heads[] = {0, 1, 2, 3, 100, 255, 256, 257, 511, 512, 600};

static struct {
    const char *folder;
    digest nodes[LOG_LEVELS][LOG_SIZE];
    struct frontier sha, sm3;
    struct note_signer signers[2], witness;
    struct note_key keys[2];
} made;

static str entry_of(struct arena *a, u64 no)
{
    return str_format(a, "办件 %llu 号", (unsigned long long)no);
}

static fallible made_node(void *ctx, int level, u64 index, digest *out)
{
    const u64 *size = ctx;

    REQUIRE(level < LOG_LEVELS && (index + 1) << level <= *size, ERR_RANGE, "no such node");
    *out = made.nodes[level][index];
    return OK;
}

static void log_grow(struct arena *a, u64 size)
{
    while (made.sha.size < size) {
        str entry = entry_of(a, made.sha.size);
        digest leaf, fresh[MERKLE_LEVELS];

        merkle_leaf(&merkle_sm3, entry, &leaf);
        frontier_add(&merkle_sm3, &made.sm3, leaf);
        merkle_leaf(&merkle_sha256, entry, &leaf);
        int levels = frontier_add_nodes(&merkle_sha256, &made.sha, leaf, fresh);
        for (int level = 0; level < levels; level++)
            made.nodes[level][(made.sha.size - 1) >> level] = fresh[level];
    }
}

/* Writes folder/name, making the folders in the name. */
static void put(struct arena *a, str name, str bytes)
{
    char *path = str_z(a, str_format(a, "%s/%.*s", made.folder, STR(name)));

    for (char *at = path + strlen(made.folder) + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = 0;
        assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
        *at = '/';
    }
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
    assert_int_equal(fclose(f), 0);
}

static void keys_make(struct arena *a)
{
    static const enum key_kind kinds[] = {KEY_ED25519, KEY_SM2};
    struct buf lines = buf_in(a);

    for (size_t i = 0; i < 2; i++) {
        struct key *key;
        assert_ok(key_create(a, kinds[i], &key));
        made.signers[i] = (struct note_signer){S("yangguan.example/阳关"), key};
        assert_ok(note_key_make(made.signers[i].name, i ? NOTE_SM2 : NOTE_ED25519,
                                key_public(a, key), &made.keys[i]));
        buf_format(&lines, "%.*s\n", STR(note_key_text(a, &made.keys[i])));
    }
    struct key *key;
    struct note_key witness;
    assert_ok(key_create(a, KEY_ED25519, &key));
    made.witness = (struct note_signer){S("witness.example/w1"), key};
    assert_ok(note_key_make(made.witness.name, NOTE_WITNESS, key_public(a, key), &witness));
    buf_format(&lines, "%.*s\n", STR(note_key_text(a, &witness)));
    put(a, S("keys"), buf_text(&lines));
}

static void tiles_put(struct arena *a, const struct merkle_source *source, u64 before, u64 size)
{
    struct tile t = {0};
    str bytes;

    while (tile_next(before, size, &t)) {
        assert_ok(tile_bytes(a, source, t, &bytes));
        put(a, tile_path(a, t), bytes);
        if (t.level > 0)
            continue;
        struct buf bundle = buf_in(a);
        for (int i = 0; i < t.width; i++)
            tile_entry_add(&bundle, entry_of(a, t.index * TILE_WIDTH + (u64)i));
        t.level = TILE_ENTRIES;
        put(a, tile_path(a, t), buf_text(&bundle));
        t.level = 0;
    }
}

/* The signed head of the log as it stands. */
static str head_put(struct arena *a)
{
    struct checkpoint c = {.origin = made.signers[0].name, .size = made.sha.size};
    digest root;
    str text, note;

    frontier_root(&merkle_sha256, &made.sha, &c.root);
    frontier_root(&merkle_sm3, &made.sm3, &root);
    c.extensions = checkpoint_sm3_line(a, root);
    assert_ok(checkpoint_text(a, &c, &text));
    assert_ok(note_sign(a, text, made.signers, 2, &note));
    assert_ok(note_cosign(a, note, &made.witness, 1700000000 + (i64)c.size, &note));
    put(a, str_format(a, "checkpoint.%llu", (unsigned long long)c.size), note);
    return note;
}

/* Reads a proof as its receiver does: pinned keys, head, then the entry's place under it. */
static fallible proof_holds(struct arena *a, str text, str entry)
{
    struct tlog_proof proof;
    struct note note;
    struct checkpoint head;
    digest leaf;
    u32 by;

    TRY(tlog_proof_parse(a, text, &proof));
    TRY(note_parse(a, proof.checkpoint, &note));
    TRY(note_verify(&note, made.keys, 2, &by));
    TRY(checkpoint_parse(a, note.text, &head));
    merkle_leaf(&merkle_sha256, entry, &leaf);
    struct inclusion claim = {proof.index, head.size, leaf, head.root};
    return merkle_check_inclusion(&merkle_sha256, &claim, proof.path.at, proof.path.count);
}

static void proofs_put(struct arena *a, const struct merkle_source *source, u64 size, str note)
{
    for (u64 index = 0; index < size; index += 1 + size / 5) {
        struct tlog_proof proof = {
            .has_extra = index % 2 == 1, .extra = S("附注"), .index = index, .checkpoint = note};

        assert_ok(merkle_inclusion(&merkle_sha256, source, index, size, &proof.path));
        str text = tlog_proof_text(a, &proof);
        assert_ok(proof_holds(a, text, entry_of(a, index)));
        assert_err(proof_holds(a, text, entry_of(a, index + 1)), ERR_CRYPTO);
        put(a,
            str_format(a, "proof.%llu.%llu", (unsigned long long)size, (unsigned long long)index),
            text);
    }
}

static void growth_put(struct arena *a, const struct merkle_source *source, u64 before, u64 size)
{
    struct merkle_proof proof;
    struct buf lines = buf_in(a);

    if (before == 0)
        return;
    assert_ok(merkle_consistency(&merkle_sha256, source, before, size, &proof));
    for (size_t i = 0; i < proof.count; i++)
        buf_format(&lines, "%.*s\n", STR(base64_of(a, proof.at[i].at, sizeof proof.at[i].at)));
    put(a, str_format(a, "growth.%llu.%llu", (unsigned long long)before, (unsigned long long)size),
        buf_text(&lines));
}

TEST(a_log_of_600_entries_proves_itself_head_by_head)
{
    scoped_arena a = arena_open();
    const char *folder = getenv("YANGGUAN_LOG_FOLDER");
    u64 size = 0, before = 0;
    struct merkle_source source = {made_node, &size};

    made.folder = folder ? folder : test_folder();
    keys_make(a);
    for (size_t i = 0; i < COUNT(heads); i++, before = size) {
        size = heads[i];
        log_grow(a, size);
        tiles_put(a, &source, before, size);
        str note = head_put(a);
        proofs_put(a, &source, size, note);
        for (size_t older = 0; older <= i; older++)
            growth_put(a, &source, heads[older], size);
    }
}

/* ---- notes of another hand: tests/notes.json, written by tests/note_check.py --write ----------
 */

/* As a client that knows `keys` reads a proof; `entry` empty: a bare checkpoint. */
static fallible row_holds(struct arena *a, const struct json *row)
{
    str text = json_str(row, S("text"));

    for (size_t i = 0; i < 2; i++)
        TRY(note_key_parse(a, json_str(row, i ? S("sm2") : S("ed25519")), &made.keys[i]));
    if (json_get(row, S("entry")) != NULL)
        return proof_holds(a, text, json_str(row, S("entry")));
    struct note note;
    struct checkpoint head;
    u32 by;
    TRY(note_parse(a, text, &note));
    TRY(note_verify(&note, made.keys, 2, &by));
    return checkpoint_parse(a, note.text, &head);
}

TEST(notes_of_another_hand_hold_or_are_refused_as_it_says)
{
    scoped_arena a = arena_open();
    struct json *rows;
    str text;

    assert_ok(file_read(a, SOURCE_ROOT "/tests/notes.json", 1 << 20, &text));
    assert_ok(json_read(a, text, &rows));
    assert_true(rows->count >= 30);
    for (const struct json *row = rows->child; row != NULL; row = row->next) {
        err e = row_holds(a, row);

        if ((e == OK) != json_get(row, S("holds"))->truth)
            fail_msg("%.*s: %s", STR(json_str(row, S("name"))), e ? e->message : "accepted");
    }
}
