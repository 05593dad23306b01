#include "ledger/note.h"
#include "tests/test.h"

/* The example of the Go project's note package: another's key, signature and program. */
#define NEUMANN                                                                                    \
    "If you think cryptography is the answer to your problem,\n"                                   \
    "then you don't know what your problem is.\n"
#define NEUMANN_LINE                                                                               \
    "\xE2\x80\x94 PeterNeumann "                                                                   \
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=" \
    "\n"

TEST(a_note_and_key_of_another_program_verify)
{
    scoped_arena a = arena_open();
    struct note_key key;
    struct note note;
    u32 by = 0;
    str text = S("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");

    assert_ok(note_key_parse(a, text, &key));
    assert_str(note_key_text(a, &key), text);
    assert_ok(note_parse(a, S(NEUMANN "\n" NEUMANN_LINE), &note));
    assert_str(note.text, S(NEUMANN));
    assert_ok(note_verify(&note, &key, 1, &by));
    assert_int_equal(by, 1);

    note.text = S("another text\n");
    assert_err(note_verify(&note, &key, 1, &by), ERR_CRYPTO);
    assert_ok(note_key_make(S("PeterNewman"), NOTE_ED25519, key.public, &key));
    assert_err(note_verify(&note, &key, 1, &by), ERR_CRYPTO);
}

TEST(a_verifier_key_has_one_spelling)
{
    static const char *const bad[] = {
        "",
        "name",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW+",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10Q=",
    };
    scoped_arena a = arena_open();
    struct note_key key;

    for (size_t i = 0; i < COUNT(bad); i++)
        if (note_key_parse(a, str_of(bad[i]), &key) == OK)
            fail_msg("accepted %s", bad[i]);
}

#define SIGNED "\xE2\x80\x94 a.example AAAAAAE=\n"

static const struct {
    const char *note;
    const char *text; /* NULL: refused */
    size_t signatures;
} notes[] = {
    {"text\n\n" SIGNED, "text\n", 1},
    {"\n\n" SIGNED, "\n", 1},
    {"one\n\ntwo\n\n" SIGNED SIGNED, "one\n\ntwo\n", 2},
    {"阳关\n\n\xE2\x80\x94 阳关/甘肃 AAAAAAE=\n", "阳关\n", 1},
    {"", NULL, 0},
    {"text\n", NULL, 0},
    {"text\n\n", NULL, 0},
    {"text\n" SIGNED, NULL, 0},
    {"\n" SIGNED, NULL, 0},
    {"text\n\n\xE2\x80\x94 a.example AAAAAAE=", NULL, 0},
    {"text\n\n" SIGNED "x\n", NULL, 0},
    {"text\n\n" SIGNED "\n", NULL, 0},
    {"text\r\n\n" SIGNED, NULL, 0},
    {"te\txt\n\n" SIGNED, NULL, 0},
    {"te\xFFxt\n\n" SIGNED, NULL, 0},
    {"text\n\n- a.example AAAAAAE=\n", NULL, 0},
    {"text\n\n\xE2\x80\x94  AAAAAAE=\n", NULL, 0},
    {"text\n\n\xE2\x80\x94 a+b AAAAAAE=\n", NULL, 0},
    {"text\n\n\xE2\x80\x94 a\xE3\x80\x80"
     "b AAAAAAE=\n",
     NULL, 0},
    {"text\n\n\xE2\x80\x94 a.example AAAAAA==\n", NULL, 0},
    {"text\n\n\xE2\x80\x94 a.example AAAAAAF=\n", NULL, 0},
    {"text\n\n\xE2\x80\x94 a.example AAAAAAE\n", NULL, 0},
    {"text\n\n\xE2\x80\x94 a.example AAAAAAE= \n", NULL, 0},
    {"text\n\n\xE2\x80\x94 a.example  AAAAAAE=\n", NULL, 0},
    {"text\n\n\xE2\x80\x94 a.example\n", NULL, 0},
};

TEST(a_note_is_text_an_empty_line_and_whole_signature_lines)
{
    scoped_arena a = arena_open();

    for (size_t i = 0; i < COUNT(notes); i++) {
        struct note n;
        err e = note_parse(a, str_of(notes[i].note), &n);

        if ((e == OK) != (notes[i].text != NULL))
            fail_msg("row %zu", i);
        if (e != OK)
            continue;
        assert_str(n.text, str_of(notes[i].text));
        assert_int_equal(n.count, notes[i].signatures);
    }
}

TEST(a_note_of_too_many_signatures_is_refused_and_one_of_sixteen_is_not)
{
    scoped_arena a = arena_open();
    struct buf b = buf_in(a);
    struct note n;

    buf_z(&b, "text\n\n");
    for (int i = 1; i <= NOTE_SIGNATURES_MOST + 1; i++) {
        buf_z(&b, SIGNED);
        err e = note_parse(a, buf_text(&b), &n);
        assert_int_equal(e == OK, i <= NOTE_SIGNATURES_MOST);
    }
    assert_true(NOTE_SIGNATURES_MOST >= 16);
}

TEST(a_note_signed_by_both_kinds_holds_for_each_and_breaks_with_either)
{
    scoped_arena a = arena_open();
    struct key *ed, *sm;
    struct note_key known[2], stranger;
    struct note note;
    str bytes;
    u32 by = 0;

    assert_ok(key_create(a, KEY_ED25519, &ed));
    assert_ok(key_create(a, KEY_SM2, &sm));
    struct note_signer signers[] = {{S("yangguan.example/ledger"), ed},
                                    {S("yangguan.example/ledger"), sm}};
    assert_ok(note_sign(a, S("text\n"), signers, 2, &bytes));
    assert_ok(note_parse(a, bytes, &note));
    for (size_t i = 0; i < 2; i++)
        assert_ok(note_key_make(signers[i].name, i ? NOTE_SM2 : NOTE_ED25519,
                                key_public(a, signers[i].key), &known[i]));

    assert_ok(note_verify(&note, known, 2, &by));
    assert_int_equal(by, 3);
    assert_ok(note_verify(&note, known + 1, 1, &by));
    assert_int_equal(by, 1);
    assert_ok(key_create(a, KEY_SM2, &sm));
    assert_ok(note_key_make(signers[1].name, NOTE_SM2, key_public(a, sm), &stranger));
    assert_err(note_verify(&note, &stranger, 1, &by), ERR_CRYPTO);
    for (size_t i = 0; i < 2; i++) {
        str good = note.signatures[i].bytes;
        char *bad = str_z(a, good);

        bad[good.len - 1] = (char)(bad[good.len - 1] ^ 1);
        note.signatures[i].bytes = (str){bad, good.len};
        assert_err(note_verify(&note, known, 2, &by), ERR_CRYPTO);
        note.signatures[i].bytes = good;
    }
    assert_err(note_sign(a, S("no end"), signers, 2, &bytes), ERR_TEXT);
    assert_err(note_sign(a, S("a\tb\n"), signers, 2, &bytes), ERR_TEXT);
    signers[0].name = S("with space");
    assert_err(note_sign(a, S("text\n"), signers, 2, &bytes), ERR_INPUT);
}

TEST(a_sm2_verifier_key_comes_back_as_it_went)
{
    scoped_arena a = arena_open();
    struct note_key key, again;
    struct key *sm;

    assert_ok(key_create(a, KEY_SM2, &sm));
    assert_ok(note_key_make(S("阳关/甘肃"), NOTE_SM2, key_public(a, sm), &key));
    assert_ok(note_key_parse(a, note_key_text(a, &key), &again));
    assert_str(again.name, key.name);
    assert_str(again.public, key.public);
    assert_int_equal(again.id, key.id);
    assert_int_equal(again.type, NOTE_SM2);
}

/* The example of the specification; its key isn't given, but its form is. */
#define BEHIND_THE_SOFA                                                                            \
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"      \
    "\xE2\x80\x94 example.com/behind-the-sofa "                                                    \
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=" \
    "\n"                                                                                           \
    "\xE2\x80\x94 witness.example.com/w1 "                                                         \
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIU" \
    "BkBIfZ+qnA==\n"

TEST(a_witness_signs_a_head_with_the_time_and_nothing_else)
{
    scoped_arena a = arena_open();
    struct key *key;
    struct note_key witness, plain;
    struct note note;
    str text;
    i64 seconds = 0;
    u32 by;

    assert_ok(key_create(a, KEY_ED25519, &key));
    struct note_signer signer = {S("witness.example/甘肃"), key};
    assert_ok(note_key_make(signer.name, NOTE_WITNESS, key_public(a, key), &witness));
    assert_ok(note_key_make(signer.name, NOTE_ED25519, key_public(a, key), &plain));
    assert_ok(note_cosign(a, S(BEHIND_THE_SOFA), &signer, 1679315147, &text));
    assert_ok(note_cosign(a, text, &signer, 1679315100, &text));
    assert_true(str_starts(text, S(BEHIND_THE_SOFA)));
    assert_ok(note_parse(a, text, &note));
    assert_int_equal(note.count, 4);
    assert_ok(note_cosigned_at(&note, &witness, &seconds));
    assert_int_equal(seconds, 1679315147);
    assert_err(note_verify(&note, &plain, 1, &by), ERR_CRYPTO);

    char *bytes = str_z(a, note.signatures[2].bytes);
    bytes[7] = (char)(bytes[7] ^ 1);
    note.signatures[2].bytes.ptr = bytes;
    assert_err(note_cosigned_at(&note, &witness, &seconds), ERR_CRYPTO);
    note.count = 2;
    assert_err(note_cosigned_at(&note, &witness, &seconds), ERR_CRYPTO);
    assert_err(note_cosign(a, S(NEUMANN "\n" NEUMANN_LINE), &signer, 1, &text), ERR_SYNTAX);
}

TEST(a_witness_key_has_a_spelling_of_its_own)
{
    scoped_arena a = arena_open();
    struct note_key key, again;
    struct key *ed;

    assert_ok(key_create(a, KEY_ED25519, &ed));
    assert_ok(note_key_make(S("w"), NOTE_WITNESS, key_public(a, ed), &key));
    assert_ok(note_key_parse(a, note_key_text(a, &key), &again));
    assert_int_equal(again.type, NOTE_WITNESS);
    assert_int_equal(again.id, key.id);
    assert_ok(note_key_make(S("w"), NOTE_ED25519, key_public(a, ed), &again));
    assert_int_not_equal(again.id, key.id);
}

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

static const char *const checkpoints[] = {
    "example.com/behind-the-sofa\n20852163\n" ROOT "\n",
    "阳关 with + space\n0\n" ROOT "\n",
    "o\n18446744073709551615\n" ROOT "\nsm3 " ROOT "\nanother\n",
};

TEST(a_checkpoint_written_again_is_the_same)
{
    scoped_arena a = arena_open();

    for (size_t i = 0; i < COUNT(checkpoints); i++) {
        struct checkpoint c;
        str text;
        assert_ok(checkpoint_parse(a, str_of(checkpoints[i]), &c));
        assert_ok(checkpoint_text(a, &c, &text));
        assert_str(text, str_of(checkpoints[i]));
    }
}

TEST(every_other_spelling_of_a_checkpoint_is_refused)
{
    static const char *const bad[] = {
        "",
        "o\n1\n",
        "o\n1\n" ROOT,
        "\n1\n" ROOT "\n",
        "o\n\n" ROOT "\n",
        "o\n01\n" ROOT "\n",
        "o\n-1\n" ROOT "\n",
        "o\n1 \n" ROOT "\n",
        "o\n18446744073709551616\n" ROOT "\n",
        "o\n1\nAAAA\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
        "o\n1\n" ROOT "\n\n",
        "o\n1\n" ROOT "\n\nx\n",
        "o\n1\n" ROOT "\nx",
        "o\n1\n" ROOT "\nx\n\n",
        "o\r\n1\n" ROOT "\n",
    };
    scoped_arena a = arena_open();
    struct checkpoint c;

    for (size_t i = 0; i < COUNT(bad); i++)
        if (checkpoint_parse(a, str_of(bad[i]), &c) == OK)
            fail_msg("row %zu", i);
    c = (struct checkpoint){.origin = S("two\nlines")};
    str text;
    assert_err(checkpoint_text(a, &c, &text), ERR_TEXT);
    c = (struct checkpoint){.origin = S("o"), .extensions = S("x\n\n")};
    assert_err(checkpoint_text(a, &c, &text), ERR_TEXT);
    c.extensions = S("no end");
    assert_err(checkpoint_text(a, &c, &text), ERR_TEXT);
}

TEST(the_sm3_root_is_an_extension_line)
{
    scoped_arena a = arena_open();
    struct checkpoint c = {.origin = S("o")};
    digest root, got;

    sm3(S("abc"), &root);
    c.extensions = str_format(a, "other\n%.*s", STR(checkpoint_sm3_line(a, root)));
    assert_ok(checkpoint_sm3(a, &c, &got));
    assert_true(digest_eq(root, got));
    c.extensions = S("other\n");
    assert_err(checkpoint_sm3(a, &c, &got), ERR_NOT_FOUND);
    c.extensions = S("sm3 AAAA\n");
    assert_err(checkpoint_sm3(a, &c, &got), ERR_SYNTAX);
}

#define CHECKPOINT "o\n1\n" ROOT "\n\n" SIGNED

static const char *const proofs[] = {
    "c2sp.org/tlog-proof@v1\nindex 0\n\n" CHECKPOINT,
    "c2sp.org/tlog-proof@v1\nextra \nindex 0\n\n" CHECKPOINT,
    "c2sp.org/tlog-proof@v1\nextra YWJj\nindex 18446744073709551615\n" ROOT "\n" ROOT
    "\n\n" CHECKPOINT,
};

TEST(a_proof_written_again_is_the_same)
{
    scoped_arena a = arena_open();

    for (size_t i = 0; i < COUNT(proofs); i++) {
        struct tlog_proof p;
        assert_ok(tlog_proof_parse(a, str_of(proofs[i]), &p));
        assert_str(tlog_proof_text(a, &p), str_of(proofs[i]));
        assert_str(p.checkpoint, S(CHECKPOINT));
    }
}

TEST(every_other_spelling_of_a_proof_is_refused)
{
    static const char *const bad[] = {
        "",
        "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\n" CHECKPOINT,
        "c2sp.org/tlog-proof@v1\nindex 00\n\n" CHECKPOINT,
        "c2sp.org/tlog-proof@v1\nindex\n\n" CHECKPOINT,
        "c2sp.org/tlog-proof@v1\nindex 0\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n" CHECKPOINT,
        "c2sp.org/tlog-proof@v1\nindex 0\n" ROOT " \n\n" CHECKPOINT,
        "c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\n" CHECKPOINT,
        "c2sp.org/tlog-proof@v1\nextra YWJj\nextra YWJj\nindex 0\n\n" CHECKPOINT,
        "c2sp.org/tlog-proof@v1\nextra\nindex 0\n\n" CHECKPOINT,
    };
    scoped_arena a = arena_open();
    struct tlog_proof p;

    for (size_t i = 0; i < COUNT(bad); i++)
        if (tlog_proof_parse(a, str_of(bad[i]), &p) == OK)
            fail_msg("row %zu", i);

    struct buf b = buf_in(a);
    buf_z(&b, "c2sp.org/tlog-proof@v1\nindex 0\n");
    for (int i = 0; i <= MERKLE_LEVELS; i++)
        buf_z(&b, ROOT "\n");
    buf_z(&b, "\n" CHECKPOINT);
    assert_err(tlog_proof_parse(a, buf_text(&b), &p), ERR_LIMIT);
}

/* Alters one to three bytes to others of the texts' own alphabet. */
static str altered(struct arena *a, str text)
{
    static const char letters[] = "\n\n \xE2\x80\x94+=/.x019AQgwindextra";
    char *bytes = str_z(a, text);
    u8 dice[9];

    random_fill(dice, sizeof dice);
    for (size_t i = 0; i <= dice[0] % 3u; i++)
        bytes[(size_t)(dice[2 * i + 1] << 8 | dice[2 * i + 2]) % text.len] =
            letters[dice[i] % (sizeof letters - 1)];
    return (str){bytes, text.len};
}

static str note_again(struct arena *a, const struct note *n)
{
    struct buf b = buf_in(a);

    buf_format(&b, "%.*s\n", STR(n->text));
    for (size_t i = 0; i < n->count; i++) {
        struct buf coded = buf_in(a);

        for (int shift = 24; shift >= 0; shift -= 8)
            buf_byte(&coded, (u8)(n->signatures[i].id >> shift & 255));
        buf_str(&coded, n->signatures[i].bytes);
        buf_format(&b, "\xE2\x80\x94 %.*s %.*s\n", STR(n->signatures[i].name),
                   STR(base64_of(a, coded.ptr, coded.len)));
    }
    return buf_text(&b);
}

TEST(whatever_is_parsed_is_written_again_as_the_same_bytes)
{
    scoped_arena a = arena_open();
    arena_mark mark = arena_here(a);
    u8 seed[32] = {7};
    int notes_read = 0, proofs_read = 0, heads_read = 0;

    random_seed_for_tests(seed);
    for (int i = 0; i < 30000; i++, arena_back(a, mark)) {
        str text = altered(a, str_of(proofs[2])), again;
        struct tlog_proof proof;
        struct note note;
        struct checkpoint head;

        if (tlog_proof_parse(a, text, &proof) != OK)
            continue;
        proofs_read++;
        assert_str(tlog_proof_text(a, &proof), text);
        if (note_parse(a, proof.checkpoint, &note) != OK)
            continue;
        notes_read++;
        assert_str(note_again(a, &note), proof.checkpoint);
        if (checkpoint_parse(a, note.text, &head) != OK)
            continue;
        heads_read++;
        assert_ok(checkpoint_text(a, &head, &again));
        assert_str(again, note.text);
    }
    random_seed_for_tests(NULL);
    assert_true(heads_read > 1000 && notes_read > heads_read && proofs_read > notes_read);
}
