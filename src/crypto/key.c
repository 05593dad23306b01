#include "crypto/crypto_int.h"

#include <sodium.h>

enum {
    ED_SEED = crypto_sign_SEEDBYTES,
    ED_PUBLIC = crypto_sign_PUBLICKEYBYTES,
    SECRET = 32,
    DRAWS_MOST = 8
};

struct key {
    enum key_kind kind;
    u8 secret[SECRET]; /* Ed25519: the seed; SM2: the scalar */
    u8 public[SM2_PUBLIC];
    size_t public_len;
};

static fallible public_from_secret(struct key *k)
{
    u8 whole[crypto_sign_SECRETKEYBYTES];

    if (k->kind == KEY_SM2) {
        k->public_len = SM2_PUBLIC;
        return sm2_public_of(k->secret, k->public);
    }
    k->public_len = ED_PUBLIC;
    (void)crypto_sign_seed_keypair(k->public, whole, k->secret);
    secret_wipe(whole, sizeof whole);
    return OK;
}

fallible key_create(struct arena *a, enum key_kind kind, struct key **out)
{
    struct key *k = NEW(a, struct key);

    k->kind = kind;
    err e;
    int draws = 0;
    do { /* one draw in 2^32 is no SM2 secret */
        random_fill(k->secret, sizeof k->secret);
        e = public_from_secret(k);
    } while (e != OK && ++draws < DRAWS_MOST);
    TRY(e);
    *out = k;
    return OK;
}

/* Secret bytes: '1' Ed25519 or '2' SM2, the 32 bytes, the public key as a check. */
static const char kind_letters[] = {[KEY_ED25519] = '1', [KEY_SM2] = '2'};

fallible key_load(struct arena *a, str secret_bytes, struct key **out)
{
    struct key *k = NEW(a, struct key);

    REQUIRE(secret_bytes.len > 1 + SECRET, ERR_CORRUPT, "a key of %zu bytes", secret_bytes.len);
    k->kind = secret_bytes.ptr[0] == kind_letters[KEY_SM2] ? KEY_SM2 : KEY_ED25519;
    REQUIRE(secret_bytes.ptr[0] == kind_letters[k->kind], ERR_CORRUPT, "a key of unknown kind");

    memcpy(k->secret, secret_bytes.ptr + 1, SECRET);
    TRY(public_from_secret(k));
    str public = str_sub(secret_bytes, 1 + SECRET, secret_bytes.len);
    REQUIRE(str_eq(public, (str){(char *)k->public, k->public_len}), ERR_CORRUPT,
            "a key's secret and public half don't belong together");
    *out = k;
    return OK;
}

str key_secret(struct arena *a, const struct key *key)
{
    char *bytes = arena_take(a, 1 + SECRET + key->public_len, 1);

    bytes[0] = kind_letters[key->kind];
    memcpy(bytes + 1, key->secret, SECRET);
    memcpy(bytes + 1 + SECRET, key->public, key->public_len);
    return (str){bytes, 1 + SECRET + key->public_len};
}

str key_public(struct arena *a, const struct key *key)
{
    return str_copy(a, (str){(const char *)key->public, key->public_len});
}

enum key_kind key_kind_of(const struct key *key)
{
    return key->kind;
}

void key_close(struct key *key)
{
    secret_wipe(key->secret, sizeof key->secret);
    key->public_len = 0;
}

fallible key_sign(struct arena *a, const struct key *key, str message, str *signature)
{
    u8 whole[crypto_sign_SECRETKEYBYTES];

    assert(key->public_len > 0);
    if (key->kind == KEY_SM2)
        return sm2_sign(a, key->secret, key->public, message, signature);

    u8 *bytes = arena_take(a, crypto_sign_BYTES, 1);
    memcpy(whole, key->secret, ED_SEED);
    memcpy(whole + ED_SEED, key->public, ED_PUBLIC);
    (void)crypto_sign_detached(bytes, NULL, (const u8 *)message.ptr, message.len, whole);
    secret_wipe(whole, sizeof whole);
    *signature = (str){(char *)bytes, crypto_sign_BYTES};
    return OK;
}

static fallible ed25519_verify(str public, str message, str signature)
{
    REQUIRE(public.len == ED_PUBLIC && signature.len == crypto_sign_BYTES, ERR_CRYPTO,
            "a public key of %zu and a signature of %zu bytes", public.len, signature.len);
    crypto_ready();
    REQUIRE(crypto_sign_verify_detached((const u8 *)signature.ptr, (const u8 *)message.ptr,
                                        message.len, (const u8 *)public.ptr) == 0,
            ERR_CRYPTO, "an Ed25519 signature doesn't hold");
    return OK;
}

fallible key_verify(enum key_kind kind, str public, str message, str signature)
{
    if (kind == KEY_ED25519)
        return ed25519_verify(public, message, signature);
    return sm2_verify(public, S(SM2_DEFAULT_ID), message, signature);
}
