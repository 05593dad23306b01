/*
 * crypto -- digests, SM4, signing keys behind handles, passwords and randomness.
 *
 * The mathematics is that of libgcrypt (SM3, SHA-256, SM4), OpenSSL (SM2) and libsodium (Ed25519,
 * argon2id, random bytes); this room gives them one spelling and one way to fail.
 *
 * Invariants  nothing here tells why a seal or a signature is bad: ERR_CRYPTO, and no more.
 *             Secrets are compared in constant time.
 * Lifetime    results live in the arena passed in, or by value in *out.
 * Threads     every function may be called from any thread; a stream belongs to one thread.
 */
#pragma once
#include "base/base.h"

/* ---- digests ------------------------------------------------------------------------------ */

typedef struct {
    u8 at[32];
} digest;

bool digest_eq(digest a, digest b); /* in constant time */

/* SM3: GB/T 32905-2016. SHA-256: FIPS 180-4. `parts` are hashed as if joined. */
void sm3(str bytes, digest *out);
void sm3_parts(const str *parts, size_t count, digest *out);
void sha256(str bytes, digest *out);
void sha256_parts(const str *parts, size_t count, digest *out);

/* HMAC (RFC 2104) with SM3. A truncated tag is the first bytes of this one. */
void hmac_sm3(str key, str message, digest *out);

/*
 * SM3 of what comes in pieces: `scoped_sm3 s = sm3_open();`, sm3_add any number of times,
 * sm3_end once. A stream that is left without an end is released by its scope.
 */
struct sm3_stream {
    void *state;
};

struct sm3_stream sm3_open(void);
void sm3_add(struct sm3_stream *s, str bytes);
void sm3_end(struct sm3_stream *s, digest *out);
void sm3_closep(struct sm3_stream *s);
#define scoped_sm3 __attribute__((cleanup(sm3_closep))) struct sm3_stream

/* ---- randomness and secrets --------------------------------------------------------------- */

/* Unpredictable bytes from the kernel's source. */
void random_fill(void *out, size_t len);

/*
 * Makes random_fill of this thread a function of the seed from here on; NULL ends that. For tests
 * only: SM2's signatures and argon2's salts take their randomness from their libraries and stay
 * unpredictable.
 */
void random_seed_for_tests(const u8 seed[32]);

/* Overwrites memory that held a secret, in a way that the compiler doesn't leave out. */
void secret_wipe(void *bytes, size_t len);

/* ---- SM4 ---------------------------------------------------------------------------------- */

typedef struct {
    u8 at[16];
} sm4_key;

enum { SM4_IV = 12, SM4_TAG = 16, SM4_OVERHEAD = SM4_IV + SM4_TAG };

/*
 * Seal `plain` under a key, bound to `aad`: random 12-byte iv ‖ ciphertext ‖ 16-byte tag, hence
 * SM4_OVERHEAD bytes longer. At most 2^32 seals under one key (NIST SP 800-38D 8.3). ERR_LIMIT
 * above 1 GiB.
 */
fallible sm4_gcm_seal(struct arena *a, const sm4_key *key, str aad, str plain, str *sealed);

/* The plain text of a seal; ERR_CRYPTO if it was forged, cut or made with other `aad` or key. */
fallible sm4_gcm_open(struct arena *a, const sm4_key *key, str aad, str sealed, str *plain);

/*
 * A key kept under another: sm4_gcm with an `aad` that names what is wrapped, so that one wrapped
 * key can't stand in for another.
 */
fallible key_wrap(struct arena *a, const sm4_key *under, str label, str secret, str *wrapped);
fallible key_unwrap(struct arena *a, const sm4_key *under, str label, str wrapped, str *secret);

/* ---- signing keys ------------------------------------------------------------------------- */

/*
 * A key is used by its handle and its secret need not be in this process: a hardware module can
 * stand behind the same calls.
 */
struct key;

enum key_kind { KEY_ED25519, KEY_SM2 };

fallible key_create(struct arena *a, enum key_kind kind, struct key **out);

/* From the bytes of key_secret; ERR_CORRUPT if they are no whole key. */
fallible key_load(struct arena *a, str secret_bytes, struct key **out);

/* What key_load takes. The caller keeps it from everyone and wipes it after use. */
str key_secret(struct arena *a, const struct key *key);

/* Ed25519: 32 bytes. SM2: 65 bytes, 0x04 ‖ x ‖ y. */
str key_public(struct arena *a, const struct key *key);
enum key_kind key_kind_of(const struct key *key);

/* Ends the use of a key: its secret is wiped from the arena. */
void key_close(struct key *key);

/*
 * Ed25519: 64 bytes (RFC 8032). SM2 with SM3 (GB/T 32918.2) and the id 1234567812345678 of
 * GB/T 35276: SEQUENCE { r, s } in DER, at most 72 bytes.
 */
fallible key_sign(struct arena *a, const struct key *key, str message, str *signature);

/* OK if it holds, else ERR_CRYPTO: for a bad public key as for a bad signature. */
fallible key_verify(enum key_kind kind, str public, str message, str signature);

/* ---- passwords ---------------------------------------------------------------------------- */

enum { PASSWORD_MOST = 1024 };

/*
 * argon2id with the parameters of password.c (about 60 ms and 64 MiB: run it off the writer and
 * behind a bounded queue). ERR_LIMIT above PASSWORD_MOST bytes, ERR_BUSY without memory.
 */
fallible password_hash(struct arena *a, str password, str *encoded);

/* Whether the password is the encoded one. ERR_CORRUPT if `encoded` isn't a password's record. */
fallible password_check(str encoded, str password, bool *right);

/* ---- the bare algorithms, for test vectors and foreign formats ---------------------------- */

enum sm4_mode { SM4_ECB, SM4_CBC, SM4_CTR, SM4_CFB, SM4_OFB };

/*
 * One pass of SM4 (GB/T 32907-2016, modes of GB/T 17964-2021, CFB with 128 bits) without padding;
 * `out` takes text.len bytes. ERR_INPUT if ECB or CBC isn't given whole blocks, or the iv hasn't 16
 * bytes (ECB: none).
 */
fallible sm4_encrypt(enum sm4_mode mode, const sm4_key *key, str iv, str text, u8 *out);
fallible sm4_decrypt(enum sm4_mode mode, const sm4_key *key, str iv, str text, u8 *out);

enum sm4_aead { SM4_GCM, SM4_CCM };

/* What an authenticated pass works on. GCM: any iv of 1 byte and more; CCM: 7 to 13 (RFC 8998). */
struct sm4_box {
    enum sm4_aead mode;
    const sm4_key *key;
    str iv, aad;
};

/* `out` takes text.len bytes, `tag` tag_len (GCM 4, 8, 12 to 16; CCM even, 4 to 16): ERR_INPUT. */
fallible sm4_box_seal(const struct sm4_box *box, str plain, u8 *out, u8 *tag, size_t tag_len);

/* ERR_CRYPTO if the tag doesn't fit; `out` is then all zero. */
fallible sm4_box_open(const struct sm4_box *box, str cipher, str tag, u8 *out);

/* Z of a signer (GB/T 32918.2 5.5): `public` 65 bytes, `id` at most 8191, else ERR_INPUT. */
fallible sm2_identity(str public, str id, digest *za);

/* A signature in DER over e = SM3(Z ‖ message), or over a message signed by another id. */
fallible sm2_verify_digest(str public, const digest *e, str signature);
fallible sm2_verify(str public, str id, str message, str signature);

/*
 * SM2 encryption (GB/T 32918.4, C1‖C3‖C2 as the DER of GB/T 35276). `secret` is the 32-byte scalar.
 * ERR_CRYPTO if the text was forged.
 */
fallible sm2_encrypt(struct arena *a, str public, str plain, str *cipher);
fallible sm2_decrypt(struct arena *a, str secret, str cipher, str *plain);
