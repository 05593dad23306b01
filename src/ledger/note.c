#include "ledger/note.h"

enum { ED25519_PUBLIC = 32, SM2_PUBLIC = 65, TIME = 8 };

#define DASH "\xE2\x80\x94 "

/* The bytes before a public key that tell how it signs. */
static const str type_marks[] = {
    [NOTE_ED25519] = {"\x01", 1},
    [NOTE_SM2] = {"\xff" NOTE_SM2_TYPE, sizeof NOTE_SM2_TYPE},
    [NOTE_WITNESS] = {"\x04", 1},
};

/* White_Space of Unicode. */
static bool is_space(u32 point)
{
    return (point >= 9 && point <= 13) || point == 0x20 || point == 0x85 || point == 0xA0 ||
           point == 0x1680 || (point >= 0x2000 && point <= 0x200A) || point == 0x2028 ||
           point == 0x2029 || point == 0x202F || point == 0x205F || point == 0x3000;
}

static bool is_key_name(str name)
{
    size_t at = 0;

    if (name.len == 0 || !utf8_valid(name))
        return false;
    for (u32 point; (point = utf8_next(name, &at)) != 0;)
        if (is_space(point) || point == '+' || point < 0x20)
            return false;
    return true;
}

/* Valid UTF-8 without control characters but newlines. */
static bool is_note_text(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((u8)text.ptr[i] < 0x20 && text.ptr[i] != '\n')
            return false;
    return utf8_valid(text);
}

/* Base64 in its one spelling: with padding, and no bit beyond the last byte. */
static fallible base64_exact(struct arena *a, str text, str *out)
{
    TRY(base64_to(a, text, out));
    REQUIRE(str_eq(base64_of(a, out->ptr, out->len), text), ERR_SYNTAX,
            "base64 with bits to spare");
    return OK;
}

static fallible digest_exact(struct arena *a, str text, digest *out)
{
    str bytes;

    TRY(base64_exact(a, text, &bytes));
    REQUIRE(bytes.len == sizeof out->at, ERR_SYNTAX, "a hash of %zu bytes", bytes.len);
    memcpy(out->at, bytes.ptr, sizeof out->at);
    return OK;
}

/* A decimal number without needless zeros. */
static fallible number_exact(str text, u64 *out)
{
    REQUIRE(str_u64(text, out) == OK && (text.len == 1 || text.ptr[0] != '0'), ERR_SYNTAX,
            "not a number in its shortest form");
    return OK;
}

/* Takes a line off the text; ERR_SYNTAX unless a newline ends it. */
static fallible line_next(str *text, str *line)
{
    ptrdiff_t end = str_find(*text, S("\n"));

    REQUIRE(end >= 0, ERR_SYNTAX, "the last line has no end");
    *line = str_sub(*text, 0, (size_t)end);
    *text = str_sub(*text, (size_t)end + 1, text->len);
    return OK;
}

/* ---- keys --------------------------------------------------------------------------------- */

fallible note_key_make(str name, enum note_type type, str public, struct note_key *out)
{
    digest d;

    REQUIRE(is_key_name(name), ERR_INPUT, "a key's name has spaces or pluses");
    REQUIRE(public.len == (type == NOTE_SM2 ? SM2_PUBLIC : ED25519_PUBLIC), ERR_INPUT,
            "a public key of %zu bytes", public.len);
    str parts[] = {name, S("\n"), type_marks[type], public};
    sha256_parts(parts, COUNT(parts), &d);
    u32 id = (u32)d.at[0] << 24 | (u32)d.at[1] << 16 | (u32)d.at[2] << 8 | d.at[3];
    *out = (struct note_key){name, type, public, id};
    return OK;
}

str note_key_text(struct arena *a, const struct note_key *key)
{
    struct buf b = buf_in(a);

    buf_str(&b, type_marks[key->type]);
    buf_str(&b, key->public);
    return str_format(a, "%.*s+%08x+%.*s", STR(key->name), key->id,
                      STR(base64_of(a, b.ptr, b.len)));
}

fallible note_key_parse(struct arena *a, str text, struct note_key *out)
{
    str rest = text, name, hex, coded;
    struct note_key key;

    REQUIRE(str_split(&rest, '+', &name) && str_split(&rest, '+', &hex) && rest.ptr != NULL,
            ERR_SYNTAX, "a verifier key is name+id+key");
    TRY(base64_exact(a, rest, &coded));
    size_t type = 0;
    while (type < COUNT(type_marks) && !str_starts(coded, type_marks[type]))
        type++;
    REQUIRE(type < COUNT(type_marks), ERR_UNSUPPORTED, "a key of a type that isn't known here");
    str public = str_sub(coded, type_marks[type].len, coded.len);
    TRY(note_key_make(name, (enum note_type)type, public, &key));
    REQUIRE(str_eq(hex, str_format(a, "%08x", key.id)), ERR_SYNTAX,
            "a verifier key's id isn't that of its name and key");
    *out = key;
    return OK;
}

/* ---- notes -------------------------------------------------------------------------------- */

static void big_endian(struct buf *b, u64 value, int bytes)
{
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        buf_byte(b, (u8)(value >> shift & 255));
}

static void signature_line(struct buf *b, const struct note_key *key, str signature)
{
    struct buf coded = buf_in(b->arena);

    big_endian(&coded, key->id, 4);
    buf_str(&coded, signature);
    buf_format(b, DASH "%.*s %.*s\n", STR(key->name),
               STR(base64_of(b->arena, coded.ptr, coded.len)));
}

fallible note_sign(struct arena *a, str text, const struct note_signer *signers, size_t count,
                   str *note)
{
    struct buf b = buf_in(a);

    REQUIRE(is_note_text(text) && str_ends(text, S("\n")) && text.len <= NOTE_MOST / 2, ERR_TEXT,
            "a text of %zu bytes that no note can hold", text.len);
    assert(count > 0 && count <= NOTE_SIGNATURES_MOST);
    buf_str(&b, text);
    buf_byte(&b, '\n');
    for (size_t i = 0; i < count; i++) {
        enum note_type type = key_kind_of(signers[i].key) == KEY_SM2 ? NOTE_SM2 : NOTE_ED25519;
        struct note_key key;
        str signature;

        TRY(note_key_make(signers[i].name, type, key_public(a, signers[i].key), &key));
        TRY(key_sign(a, signers[i].key, text, &signature));
        signature_line(&b, &key, signature);
    }
    *note = buf_text(&b);
    return OK;
}

/* "— name base64" */
static fallible signature_parse(struct arena *a, str line, struct note_signature *out)
{
    str bytes, name;

    REQUIRE(str_starts(line, S(DASH)), ERR_SYNTAX, "a signature line without its dash");
    str rest = str_sub(line, sizeof DASH - 1, line.len);
    REQUIRE(str_split(&rest, ' ', &name) && rest.ptr != NULL && is_key_name(name), ERR_SYNTAX,
            "a signature line without a name");
    TRY(base64_exact(a, rest, &bytes));
    REQUIRE(bytes.len > 4, ERR_SYNTAX, "a signature of %zu bytes", bytes.len);
    const u8 *id = (const u8 *)bytes.ptr;
    *out =
        (struct note_signature){name, (u32)id[0] << 24 | (u32)id[1] << 16 | (u32)id[2] << 8 | id[3],
                                str_sub(bytes, 4, bytes.len)};
    return OK;
}

/* Where the signatures begin: after the last empty line. 0 if there is none. */
static size_t signatures_start(str note)
{
    for (size_t i = note.len; i >= 2; i--)
        if (note.ptr[i - 1] == '\n' && note.ptr[i - 2] == '\n')
            return i;
    return 0;
}

fallible note_parse(struct arena *a, str bytes, struct note *out)
{
    VEC(struct note_signature) found = {0};

    REQUIRE(bytes.len <= NOTE_MOST, ERR_LIMIT, "a note of %zu bytes", bytes.len);
    REQUIRE(is_note_text(bytes), ERR_SYNTAX, "a note has control characters or isn't UTF-8");
    size_t start = signatures_start(bytes);
    REQUIRE(start > 0, ERR_SYNTAX, "a note without an empty line before its signatures");

    str lines = str_sub(bytes, start, bytes.len), line;
    REQUIRE(lines.len > 0, ERR_SYNTAX, "a note without signatures");
    while (lines.len > 0) {
        struct note_signature s;

        REQUIRE(found.count < NOTE_SIGNATURES_MOST, ERR_LIMIT, "over %d signatures",
                NOTE_SIGNATURES_MOST);
        TRY(line_next(&lines, &line));
        TRY(signature_parse(a, line, &s));
        vec_push(a, &found, s);
    }
    *out = (struct note){str_sub(bytes, 0, start - 1), found.at, found.count};
    return OK;
}

/* What a witness signs (tlog-cosignature): two lines before the text. */
static str cosigned_text(struct arena *a, str text, i64 seconds)
{
    return str_format(a, "cosignature/v1\ntime %lld\n%.*s", (long long)seconds, STR(text));
}

/* The time in a witness's signature, and the rest. */
static fallible cosignature_split(str bytes, i64 *seconds, str *signature)
{
    u64 time = 0;

    REQUIRE(bytes.len > TIME, ERR_CRYPTO, "a witness's signature of %zu bytes", bytes.len);
    for (size_t i = 0; i < TIME; i++)
        time = time << 8 | (u8)bytes.ptr[i];
    REQUIRE(time <= (u64)INT64_MAX, ERR_CRYPTO, "a witness's time is out of range");
    *seconds = (i64)time;
    *signature = str_sub(bytes, TIME, bytes.len);
    return OK;
}

static fallible cosignature_verify(const struct note_key *key, str text, str bytes)
{
    scoped_arena a = arena_open();
    str signature;
    i64 seconds;

    TRY(cosignature_split(bytes, &seconds, &signature));
    return key_verify(KEY_ED25519, key->public, cosigned_text(a, text, seconds), signature);
}

static fallible signature_verify(const struct note_key *key, str text, str bytes)
{
    if (key->type == NOTE_WITNESS)
        return cosignature_verify(key, text, bytes);
    return key_verify(key->type == NOTE_SM2 ? KEY_SM2 : KEY_ED25519, key->public, text, bytes);
}

static bool is_by(const struct note_signature *s, const struct note_key *key)
{
    return s->id == key->id && str_eq(s->name, key->name);
}

fallible note_verify(const struct note *note, const struct note_key *known, size_t count, u32 *by)
{
    u32 signers = 0;

    assert(count <= 32);
    for (size_t i = 0; i < note->count; i++)
        for (size_t k = 0; k < count; k++) {
            if (!is_by(&note->signatures[i], &known[k]))
                continue;
            TRY(signature_verify(&known[k], note->text, note->signatures[i].bytes));
            signers |= 1u << k;
        }
    REQUIRE(signers != 0, ERR_CRYPTO, "no known key signed the note");
    *by = signers;
    return OK;
}

/* ---- witnesses ---------------------------------------------------------------------------- */

fallible note_cosign(struct arena *a, str note, const struct note_signer *witness, i64 seconds,
                     str *cosigned)
{
    struct buf b = buf_in(a), bytes = buf_in(a);
    struct checkpoint head;
    struct note parsed;
    struct note_key key;
    str signature;

    assert(key_kind_of(witness->key) == KEY_ED25519 && seconds >= 0);
    TRY(note_parse(a, note, &parsed));
    TRY(checkpoint_parse(a, parsed.text, &head));
    TRY(note_key_make(witness->name, NOTE_WITNESS, key_public(a, witness->key), &key));
    TRY(key_sign(a, witness->key, cosigned_text(a, parsed.text, seconds), &signature));

    big_endian(&bytes, (u64)seconds, TIME);
    buf_str(&bytes, signature);
    buf_str(&b, note);
    signature_line(&b, &key, buf_text(&bytes));
    *cosigned = buf_text(&b);
    return OK;
}

fallible note_cosigned_at(const struct note *note, const struct note_key *witness, i64 *seconds)
{
    i64 latest = -1, at;
    u32 by;
    str rest;

    assert(witness->type == NOTE_WITNESS);
    TRY(note_verify(note, witness, 1, &by));
    for (size_t i = 0; i < note->count; i++) {
        if (!is_by(&note->signatures[i], witness))
            continue;
        TRY(cosignature_split(note->signatures[i].bytes, &at, &rest));
        latest = at > latest ? at : latest;
    }
    *seconds = latest;
    return OK;
}

/* ---- checkpoints -------------------------------------------------------------------------- */

/* Each line ends and none is empty. */
static bool are_lines(str text)
{
    return text.len == 0 || (is_note_text(text) && str_ends(text, S("\n")) && text.ptr[0] != '\n' &&
                             str_find(text, S("\n\n")) < 0);
}

fallible checkpoint_text(struct arena *a, const struct checkpoint *c, str *text)
{
    REQUIRE(c->origin.len > 0 && is_note_text(c->origin) && str_find(c->origin, S("\n")) < 0,
            ERR_TEXT, "an origin is one line of text");
    REQUIRE(are_lines(c->extensions), ERR_TEXT, "extension lines are whole and not empty");
    *text = str_format(a, "%.*s\n%llu\n%.*s\n%.*s", STR(c->origin), (unsigned long long)c->size,
                       STR(base64_of(a, c->root.at, sizeof c->root.at)), STR(c->extensions));
    return OK;
}

fallible checkpoint_parse(struct arena *a, str text, struct checkpoint *out)
{
    struct checkpoint c;
    str size, root;

    REQUIRE(is_note_text(text), ERR_SYNTAX, "a checkpoint has control characters");
    TRY(line_next(&text, &c.origin));
    REQUIRE(c.origin.len > 0, ERR_SYNTAX, "a checkpoint without origin");
    TRY(line_next(&text, &size));
    TRY(number_exact(size, &c.size));
    TRY(line_next(&text, &root));
    TRY(digest_exact(a, root, &c.root));
    REQUIRE(are_lines(text), ERR_SYNTAX, "extension lines are whole and not empty");
    c.extensions = text;
    *out = c;
    return OK;
}

str checkpoint_sm3_line(struct arena *a, digest root)
{
    return str_format(a, "sm3 %.*s\n", STR(base64_of(a, root.at, sizeof root.at)));
}

fallible checkpoint_sm3(struct arena *a, const struct checkpoint *c, digest *root)
{
    str rest = c->extensions, line;

    while (rest.len > 0) {
        TRY(line_next(&rest, &line));
        if (str_starts(line, S("sm3 ")))
            return digest_exact(a, str_sub(line, 4, line.len), root);
    }
    FAIL(ERR_NOT_FOUND, "a checkpoint without an SM3 root");
}

/* ---- proofs ------------------------------------------------------------------------------- */

#define PROOF_HEAD "c2sp.org/tlog-proof@v1"

str tlog_proof_text(struct arena *a, const struct tlog_proof *proof)
{
    struct buf b = buf_in(a);

    buf_z(&b, PROOF_HEAD "\n");
    if (proof->has_extra)
        buf_format(&b, "extra %.*s\n", STR(base64_of(a, proof->extra.ptr, proof->extra.len)));
    buf_format(&b, "index %llu\n", (unsigned long long)proof->index);
    for (size_t i = 0; i < proof->path.count; i++)
        buf_format(&b, "%.*s\n",
                   STR(base64_of(a, proof->path.at[i].at, sizeof proof->path.at[i].at)));
    buf_byte(&b, '\n');
    buf_str(&b, proof->checkpoint);
    return buf_text(&b);
}

static fallible extra_parse(struct arena *a, str *text, str *line, struct tlog_proof *out)
{
    out->has_extra = str_starts(*line, S("extra "));
    if (!out->has_extra)
        return OK;
    TRY(base64_exact(a, str_sub(*line, 6, line->len), &out->extra));
    return line_next(text, line);
}

fallible tlog_proof_parse(struct arena *a, str text, struct tlog_proof *out)
{
    struct tlog_proof p = {0};
    str line;

    REQUIRE(text.len <= NOTE_MOST, ERR_LIMIT, "a proof of %zu bytes", text.len);
    TRY(line_next(&text, &line));
    REQUIRE(str_eq(line, S(PROOF_HEAD)), ERR_SYNTAX, "not a proof of version 1");
    TRY(line_next(&text, &line));
    TRY(extra_parse(a, &text, &line, &p));
    REQUIRE(str_starts(line, S("index ")), ERR_SYNTAX, "a proof without index");
    TRY(number_exact(str_sub(line, 6, line.len), &p.index));

    for (;;) {
        TRY(line_next(&text, &line));
        if (line.len == 0)
            break;
        REQUIRE(p.path.count < MERKLE_LEVELS, ERR_LIMIT, "over %d hashes", MERKLE_LEVELS);
        TRY(digest_exact(a, line, &p.path.at[p.path.count]));
        p.path.count++;
    }
    REQUIRE(text.len > 0, ERR_SYNTAX, "a proof without checkpoint");
    p.checkpoint = text;
    *out = p;
    return OK;
}
