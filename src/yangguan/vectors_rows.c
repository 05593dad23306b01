#include "yangguan/vectors_int.h"

/* ---- fields ------------------------------------------------------------------------------- */

static fallible field_text(const struct json *row, str key, str *out)
{
    const struct json *value = json_get(row, key);

    REQUIRE(value != NULL && value->kind == J_STRING, ERR_SYNTAX, "\"%.*s\" isn't text", STR(key));
    *out = value->text;
    return OK;
}

static fallible unhex(struct run *r, str hex, str *out)
{
    u8 *bytes = arena_take(r->arena, hex.len / 2 + 1, 1);

    TRY(hex_to(hex, bytes, hex.len / 2));
    *out = (str){(char *)bytes, hex.len / 2};
    return OK;
}

static fallible field_hex(struct run *r, const struct json *row, str key, str *out)
{
    str hex;

    TRY(field_text(row, key, &hex));
    return unhex(r, hex, out);
}

/* The same; empty where the row has no such field. */
static fallible field_hex_or_none(struct run *r, const struct json *row, str key, str *out)
{
    *out = S("");
    return json_get(row, key) == NULL ? OK : field_hex(r, row, key, out);
}

static fallible field_key(struct run *r, const struct json *row, sm4_key *out)
{
    str bytes;

    TRY(field_hex(r, row, S("key"), &bytes));
    REQUIRE(bytes.len == sizeof out->at, ERR_INPUT, "an SM4 key of %zu bytes", bytes.len);
    memcpy(out->at, bytes.ptr, sizeof out->at);
    return OK;
}

/* Integers of over 18 digits come as text (see long_integers_quoted). */
static fallible field_u64(const struct json *row, str key, u64 *out)
{
    const struct json *value = json_get(row, key);

    if (value != NULL && value->kind == J_STRING)
        return str_u64(value->text, out);
    REQUIRE(value != NULL && value->kind == J_INT && value->integer >= 0, ERR_SYNTAX,
            "\"%.*s\" isn't a natural number", STR(key));
    *out = (u64)value->integer;
    return OK;
}

enum wanted { WANT_VALID, WANT_INVALID, WANT_EITHER };

static fallible field_result(const struct json *row, enum wanted *out)
{
    static const char *const words[] = {"valid", "invalid", "acceptable"};
    str word = S("valid");

    if (json_get(row, S("result")) != NULL)
        TRY(field_text(row, S("result"), &word));
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq(word, str_of(words[i]))) {
            *out = (enum wanted)i;
            return OK;
        }
    FAIL(ERR_SYNTAX, "\"result\" is \"%.*s\"", STR(word));
}

/* Compares what happened with what the row wants. */
static fallible judged(enum wanted wanted, err happened)
{
    if (wanted == WANT_VALID)
        return happened;
    REQUIRE(wanted == WANT_EITHER || happened != OK, ERR_CRYPTO, "what is invalid was accepted");
    return OK;
}

static fallible same(const char *what, str got, str want)
{
    REQUIRE(str_eq(got, want), ERR_CRYPTO, "another %s", what);
    return OK;
}

static str digest_bytes(const digest *d)
{
    return (str){(const char *)d->at, sizeof d->at};
}

/* ---- SM3 ---------------------------------------------------------------------------------- */

static fallible sm3_row(struct run *r, const struct json *row)
{
    str msg, want;
    digest got, streamed;

    TRY(field_hex(r, row, S("msg"), &msg));
    TRY(field_hex(r, row, S("digest"), &want));
    sm3(msg, &got);
    TRY(same("digest", digest_bytes(&got), want));

    scoped_sm3 stream = sm3_open();
    sm3_add(&stream, str_sub(msg, 0, msg.len / 3));
    sm3_add(&stream, str_sub(msg, msg.len / 3, msg.len));
    sm3_end(&stream, &streamed);
    return same("digest of the stream", digest_bytes(&streamed), want);
}

static fallible hmac_row(struct run *r, const struct json *row)
{
    str key, msg, tag;
    enum wanted wanted;
    digest got;

    TRY(field_hex(r, row, S("key"), &key));
    TRY(field_hex(r, row, S("msg"), &msg));
    TRY(field_hex(r, row, S("tag"), &tag));
    TRY(field_result(row, &wanted));
    u64 bits = tag.len * 8;
    if (json_get(row, S("tagSize")) != NULL)
        TRY(field_u64(row, S("tagSize"), &bits));

    hmac_sm3(key, msg, &got);
    bool fits = bits == tag.len * 8 && tag.len > 0 && tag.len <= sizeof got.at;
    return judged(wanted, same("tag", fits ? str_sub(digest_bytes(&got), 0, tag.len) : S(""), tag));
}

/* ---- SM4 ---------------------------------------------------------------------------------- */

/* Seals and opens; both must do as the row says. */
static fallible box_both_ways(struct run *r, const struct sm4_box *box, str plain, str cipher,
                              str tag)
{
    u8 *out = arena_take(r->arena, plain.len + cipher.len + 1, 1);
    u8 *made = arena_take(r->arena, tag.len + 1, 1);

    TRY(sm4_box_seal(box, plain, out, made, tag.len));
    TRY(same("ciphertext", (str){(char *)out, plain.len}, cipher));
    TRY(same("tag", (str){(char *)made, tag.len}, tag));
    TRY(sm4_box_open(box, cipher, tag, out));
    return same("plaintext", (str){(char *)out, cipher.len}, plain);
}

static fallible aead_row(struct run *r, const struct json *row)
{
    sm4_key key;
    struct sm4_box box = {.mode = r->aead, .key = &key};
    str plain, cipher, tag;
    enum wanted wanted;

    TRY(field_key(r, row, &key));
    TRY(field_hex(r, row, S("iv"), &box.iv));
    TRY(field_hex_or_none(r, row, S("aad"), &box.aad));
    TRY(field_hex(r, row, S("msg"), &plain));
    TRY(field_hex(r, row, S("ct"), &cipher));
    TRY(field_hex(r, row, S("tag"), &tag));
    TRY(field_result(row, &wanted));
    if (wanted != WANT_INVALID)
        return judged(wanted, box_both_ways(r, &box, plain, cipher, tag));
    u8 *out = arena_take(r->arena, cipher.len + 1, 1);
    return judged(wanted, sm4_box_open(&box, cipher, tag, out));
}

static fallible bare_both_ways(struct run *r, enum sm4_mode mode, const sm4_key *key,
                               const struct json *row)
{
    str iv, plain, cipher;

    TRY(field_hex_or_none(r, row, S("iv"), &iv));
    TRY(field_hex(r, row, S("pt"), &plain));
    TRY(field_hex(r, row, S("ct"), &cipher));
    u8 *out = arena_take(r->arena, plain.len + cipher.len + 1, 1);
    TRY(sm4_encrypt(mode, key, iv, plain, out));
    TRY(same("ciphertext", (str){(char *)out, plain.len}, cipher));
    TRY(sm4_decrypt(mode, key, iv, cipher, out));
    return same("plaintext", (str){(char *)out, cipher.len}, plain);
}

static fallible sm4_boxed(struct run *r, enum sm4_aead mode, const struct json *row)
{
    sm4_key key;
    struct sm4_box box = {.mode = mode, .key = &key};
    str plain, cipher, tag;

    TRY(field_key(r, row, &key));
    TRY(field_hex(r, row, S("iv"), &box.iv));
    TRY(field_hex_or_none(r, row, S("aad"), &box.aad));
    TRY(field_hex(r, row, S("pt"), &plain));
    TRY(field_hex(r, row, S("ct"), &cipher));
    TRY(field_hex(r, row, S("tag"), &tag));
    return box_both_ways(r, &box, plain, cipher, tag);
}

static fallible sm4_row(struct run *r, const struct json *row)
{
    static const struct {
        const char *name;
        enum sm4_mode mode;
    } bare[] = {
        {"ecb", SM4_ECB}, {"cbc", SM4_CBC}, {"ctr", SM4_CTR}, {"cfb", SM4_CFB}, {"ofb", SM4_OFB}};
    enum wanted wanted;
    sm4_key key;
    str mode;

    TRY(field_text(row, S("mode"), &mode));
    REQUIRE(!str_eq(mode, S("xts")), ERR_UNSUPPORTED, "SM4-XTS");
    TRY(field_result(row, &wanted));
    if (str_eq(mode, S("ccm")) || str_eq(mode, S("gcm")))
        return judged(wanted, sm4_boxed(r, str_eq(mode, S("ccm")) ? SM4_CCM : SM4_GCM, row));
    TRY(field_key(r, row, &key));
    for (size_t i = 0; i < COUNT(bare); i++)
        if (str_eq(mode, str_of(bare[i].name)))
            return judged(wanted, bare_both_ways(r, bare[i].mode, &key, row));
    FAIL(ERR_SYNTAX, "an unknown mode");
}

/* ---- SM2 ---------------------------------------------------------------------------------- */

static fallible sm2_verify_row(struct run *r, const struct json *row, str public)
{
    str id, msg, want, signature;
    digest za;

    TRY(field_hex_or_none(r, row, S("id"), &id));
    TRY(field_hex(r, row, S("msg"), &msg));
    TRY(field_hex(r, row, S("sig_der"), &signature));
    TRY(field_hex_or_none(r, row, S("za"), &want));
    if (want.len > 0) {
        TRY(sm2_identity(public, id, &za));
        TRY(same("Z", digest_bytes(&za), want));
    }
    return sm2_verify(public, id, msg, signature);
}

static fallible sm2_verify_digest_row(struct run *r, const struct json *row, str public)
{
    str bytes, signature;
    digest e;

    TRY(field_hex(r, row, S("digest"), &bytes));
    TRY(field_hex(r, row, S("sig_der"), &signature));
    REQUIRE(bytes.len == sizeof e.at, ERR_INPUT, "a digest of %zu bytes", bytes.len);
    memcpy(e.at, bytes.ptr, sizeof e.at);
    return sm2_verify_digest(public, &e, signature);
}

static fallible sm2_decrypt_row(struct run *r, const struct json *row)
{
    str secret, cipher, want, got;

    TRY(field_hex(r, row, S("d"), &secret));
    TRY(field_hex(r, row, S("ct_der"), &cipher));
    TRY(field_hex_or_none(r, row, S("pt"), &want));
    TRY(sm2_decrypt(r->arena, secret, cipher, &got));
    return same("plaintext", got, want);
}

static fallible sm2_row(struct run *r, const struct json *row)
{
    enum wanted wanted;
    str op, public;

    TRY(field_text(row, S("op"), &op));
    TRY(field_hex_or_none(r, row, S("pub"), &public));
    TRY(field_result(row, &wanted));
    if (str_eq(op, S("verify")))
        return judged(wanted, sm2_verify_row(r, row, public));
    if (str_eq(op, S("verify-digest")))
        return judged(wanted, sm2_verify_digest_row(r, row, public));
    REQUIRE(str_eq(op, S("decrypt")), ERR_SYNTAX, "an unknown operation");
    return judged(wanted, sm2_decrypt_row(r, row));
}

/* ---- Merkle trees ------------------------------------------------------------------------- */

/* 64 hex digits, else base64: 64 characters of base64 would be 48 bytes, which no hash has. */
static fallible hash_bytes(struct run *r, const struct json *value, str *out)
{
    REQUIRE(value != NULL && value->kind == J_STRING, ERR_SYNTAX, "a hash isn't text");
    if (value->text.len == 2 * sizeof(digest) && unhex(r, value->text, out) == OK)
        return OK;
    return base64_to(r->arena, value->text, out);
}

static fallible hash_of(struct run *r, const struct json *value, digest *out)
{
    str bytes;

    TRY(hash_bytes(r, value, &bytes));
    REQUIRE(bytes.len == sizeof out->at, ERR_CRYPTO, "a hash of %zu bytes", bytes.len);
    memcpy(out->at, bytes.ptr, sizeof out->at);
    return OK;
}

static fallible proof_of(struct run *r, const struct json *row, digest **proof, size_t *count)
{
    const struct json *list = json_get(row, S("proof"));

    REQUIRE(list->kind == J_NULL || list->kind == J_ARRAY, ERR_SYNTAX, "\"proof\" isn't a list");
    *count = list->count;
    *proof = NEW_N(r->arena, list->count + 1, digest);
    size_t i = 0;
    for (const struct json *item = list->child; item != NULL; item = item->next)
        TRY(hash_of(r, item, &(*proof)[i++]));
    return OK;
}

static fallible inclusion_holds(struct run *r, const struct json *row)
{
    const struct json *leaf = json_get(row, S("leaf"));
    struct inclusion claim;
    digest *proof;
    size_t count;

    TRY(field_u64(row, S("leafIdx"), &claim.index));
    TRY(field_u64(row, S("treeSize"), &claim.size));
    TRY(hash_of(r, json_get(row, S("root")), &claim.root));
    if (leaf != NULL && leaf->kind == J_STRING)
        merkle_leaf(&merkle_sha256, leaf->text, &claim.leaf);
    else
        TRY(hash_of(r, json_get(row, S("leafHash")), &claim.leaf));
    TRY(proof_of(r, row, &proof, &count));
    return merkle_check_inclusion(&merkle_sha256, &claim, proof, count);
}

static fallible consistency_holds(struct run *r, const struct json *row)
{
    struct consistency claim;
    digest *proof;
    size_t count;
    str root1, root2;

    TRY(field_u64(row, S("size1"), &claim.size1));
    TRY(field_u64(row, S("size2"), &claim.size2));
    TRY(proof_of(r, row, &proof, &count));
    TRY(hash_bytes(r, json_get(row, S("root1")), &root1));
    TRY(hash_bytes(r, json_get(row, S("root2")), &root2));
    if (claim.size1 == claim.size2 && count == 0) /* nothing is hashed: roots of any length do */
        return same("root", root1, root2);
    TRY(hash_of(r, json_get(row, S("root1")), &claim.root1));
    TRY(hash_of(r, json_get(row, S("root2")), &claim.root2));
    return merkle_check_consistency(&merkle_sha256, &claim, proof, count);
}

static enum wanted wanted_of(const struct json *row)
{
    const struct json *value = json_get(row, S("wantErr"));

    return value != NULL && value->kind == J_BOOL && value->truth ? WANT_INVALID : WANT_VALID;
}

static fallible inclusion_row(struct run *r, const struct json *row)
{
    return judged(wanted_of(row), inclusion_holds(r, row));
}

static fallible consistency_row(struct run *r, const struct json *row)
{
    return judged(wanted_of(row), consistency_holds(r, row));
}

static fallible subtree_row(struct run *r, const struct json *row)
{
    (void)r;
    (void)row;
    FAIL(ERR_UNSUPPORTED, "subtree proofs");
}

/* A hash of RFC 6962: of nothing, of a leaf, of a node of any two values. */
fallible vector_hashing(struct run *r, const struct json *row)
{
    str want, leaf, left, right;
    digest got;

    TRY(field_hex(r, row, S("want"), &want));
    if (json_get(row, S("leaf")) != NULL) {
        TRY(field_hex(r, row, S("leaf"), &leaf));
        merkle_leaf(&merkle_sha256, leaf, &got);
    } else if (json_get(row, S("left")) != NULL) {
        TRY(field_hex(r, row, S("left"), &left));
        TRY(field_hex(r, row, S("right"), &right));
        merkle_sha256.parts((str[]){S("\1"), left, right}, 3, &got);
    } else {
        TRY(field_hex(r, row, S("input"), &leaf));
        sha256(leaf, &got);
    }
    return same("hash", digest_bytes(&got), want);
}

fallible vector_root(struct run *r, const struct json *row, const struct json *leaves)
{
    struct frontier f = {0};
    digest got, want, leaf;
    str entry;
    u64 size;

    TRY(field_u64(row, S("size"), &size));
    TRY(hash_of(r, json_get(row, S("root")), &want));
    const struct json *next = leaves->child;
    for (; f.size < size; next = next->next) {
        REQUIRE(next != NULL && next->kind == J_STRING, ERR_SYNTAX, "too few leaves");
        TRY(unhex(r, next->text, &entry));
        merkle_leaf(&merkle_sha256, entry, &leaf);
        frontier_add(&merkle_sha256, &f, leaf);
    }
    frontier_root(&merkle_sha256, &f, &got);
    return same("root", digest_bytes(&got), digest_bytes(&want));
}

/* ---- layouts ----------------------------------------------------------------------------- */

/* ---- files -------------------------------------------------------------------------------- */

static const struct layout {
    const char *keys[6];
    fallible (*run)(struct run *r, const struct json *row);
} layouts[] = {
    {{"op", "result"}, sm2_row},
    {{"start", "end", "proof"}, subtree_row},
    {{"leafIdx", "treeSize", "root", "proof"}, inclusion_row},
    {{"size1", "size2", "root1", "root2", "proof"}, consistency_row},
    {{"mode", "key", "pt", "ct"}, sm4_row},
    {{"key", "iv", "msg", "ct", "tag"}, aead_row},
    {{"key", "msg", "tag"}, hmac_row},
    {{"msg", "digest"}, sm3_row},
};

static const struct layout *layout_of(const struct json *row)
{
    for (size_t i = 0; i < COUNT(layouts); i++) {
        bool fits = true;

        for (size_t k = 0; k < COUNT(layouts[i].keys) && layouts[i].keys[k] != NULL; k++)
            fits = fits && json_get(row, str_of(layouts[i].keys[k])) != NULL;
        if (fits)
            return &layouts[i];
    }
    return NULL;
}

bool vector_known(const struct json *row)
{
    return layout_of(row) != NULL;
}

fallible vector_run(struct run *r, const struct json *row)
{
    const struct layout *layout = layout_of(row);

    REQUIRE(layout != NULL, ERR_SYNTAX, "unknown layout");
    return layout->run(r, row);
}

/* GCM's and CCM's rows look alike: the file is of the mode in which more of its rows hold. */
enum sm4_aead vectors_aead(struct run *r, const struct json *rows)
{
    int held[2] = {0, 0};

    for (const struct json *row = rows->child; row != NULL; row = row->next) {
        const struct layout *layout = layout_of(row);

        for (int mode = SM4_GCM; layout && layout->run == aead_row && mode <= SM4_CCM; mode++) {
            r->aead = (enum sm4_aead)mode;
            held[mode] += aead_row(r, row) == OK;
        }
    }
    return held[SM4_CCM] > held[SM4_GCM] ? SM4_CCM : SM4_GCM;
}
