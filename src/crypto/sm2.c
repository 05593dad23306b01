#include "crypto/crypto_int.h"

/* The library has a type of the name of an error of ours. */
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#undef ERR_STATE

enum { ID_MOST = 8191, SIGNATURE_MOST = 80, TEXT_MOST = 1 << 20 };

static void pkey_free(EVP_PKEY **p)
{
    EVP_PKEY_free(*p);
}
static void context_free(EVP_PKEY_CTX **p)
{
    EVP_PKEY_CTX_free(*p);
}
static void group_free(EC_GROUP **p)
{
    EC_GROUP_free(*p);
}
static void point_free(EC_POINT **p)
{
    EC_POINT_clear_free(*p);
}
static void number_free(BIGNUM **p)
{
    BN_clear_free(*p);
}
static void builder_free(OSSL_PARAM_BLD **p)
{
    OSSL_PARAM_BLD_free(*p);
}
static void params_free(OSSL_PARAM **p)
{
    OSSL_PARAM_free(*p);
}
#define scoped_with(release) __attribute__((cleanup(release)))

/* A refusal must not stay in the library's queue, where a TLS connection would find it. */
static bool worked(int code)
{
    if (code == 1)
        return true;
    ERR_clear_error();
    return false;
}

/* a, b, xG, yG of GB/T 32918.5-2017 2: what Z is made of. */
static const char curve[] = "\xFF\xFF\xFF\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
                            "\xFF\xFF\xFF\xFF\x00\x00\x00\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFC"
                            "\x28\xE9\xFA\x9E\x9D\x9F\x5E\x34\x4D\x5A\x9E\x4B\xCF\x65\x09\xA7"
                            "\xF3\x97\x89\xF5\x15\xAB\x8F\x92\xDD\xBC\xBD\x41\x4D\x94\x0E\x93"
                            "\x32\xC4\xAE\x2C\x1F\x19\x81\x19\x5F\x99\x04\x46\x6A\x39\xC9\x94"
                            "\x8F\xE3\x0B\xBF\xF2\x66\x0B\xE1\x71\x5A\x45\x89\x33\x4C\x74\xC7"
                            "\xBC\x37\x36\xA2\xF4\xF6\x77\x9C\x59\xBD\xCE\xE3\x6B\x69\x21\x53"
                            "\xD0\xA9\x87\x7C\xC6\x2A\x47\x40\x02\xDF\x32\xE5\x21\x39\xF0\xA0";

fallible sm2_identity(str public, str id, digest *za)
{
    REQUIRE(public.len == SM2_PUBLIC && public.ptr[0] == 4, ERR_INPUT,
            "an SM2 public key of %zu bytes", public.len);
    REQUIRE(id.len <= ID_MOST, ERR_INPUT, "a signer's id of %zu bytes", id.len);
    char bits[2] = {(char)(id.len * 8 >> 8), (char)(id.len * 8 & 255)};
    str parts[] = {{bits, 2}, id, {curve, sizeof curve - 1}, str_sub(public, 1, public.len)};

    sm3_parts(parts, COUNT(parts), za);
    return OK;
}

static fallible message_digest(str public, str id, str message, digest *e)
{
    digest za;

    TRY(sm2_identity(public, id, &za));
    str parts[] = {{(char *)za.at, sizeof za.at}, message};
    sm3_parts(parts, COUNT(parts), e);
    return OK;
}

/* A key of the library from its bytes; `secret` may be NULL. The library checks the point. */
static EVP_PKEY *pkey_of(const u8 *secret, const u8 *public)
{
    scoped_with(number_free) BIGNUM *d = secret ? BN_bin2bn(secret, SM2_SECRET, NULL) : NULL;
    scoped_with(builder_free) OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    scoped_with(context_free) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    EVP_PKEY *made = NULL;

    if (public[0] != POINT_CONVERSION_UNCOMPRESSED)
        return NULL;
    bool put = OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0) &&
               OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, public, SM2_PUBLIC) &&
               (d == NULL || OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, d));
    assert(put);
    scoped_with(params_free) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
    int selection = secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    bool taken =
        worked(EVP_PKEY_fromdata_init(c)) && worked(EVP_PKEY_fromdata(c, &made, selection, params));
    return taken ? made : NULL;
}

fallible sm2_public_of(const u8 secret[SM2_SECRET], u8 public[SM2_PUBLIC])
{
    scoped_with(group_free) EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    scoped_with(number_free) BIGNUM *d = BN_bin2bn(secret, SM2_SECRET, NULL);
    scoped_with(number_free) BIGNUM *last = BN_dup(EC_GROUP_get0_order(group));
    scoped_with(point_free) EC_POINT *p = EC_POINT_new(group);

    assert(d != NULL && last != NULL && p != NULL && BN_sub_word(last, 1));
    REQUIRE(!BN_is_zero(d) && BN_cmp(d, last) < 0, ERR_CORRUPT, "an SM2 secret out of range");
    BN_set_flags(d, BN_FLG_CONSTTIME);
    int computed = EC_POINT_mul(group, p, d, NULL, NULL, NULL);
    size_t len =
        EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, public, SM2_PUBLIC, NULL);
    assert(computed == 1 && len == SM2_PUBLIC);
    return OK;
}

fallible sm2_sign(struct arena *a, const u8 secret[SM2_SECRET], const u8 public[SM2_PUBLIC],
                  str message, str *signature)
{
    u8 *der = arena_take(a, SIGNATURE_MOST, 1);
    size_t len = SIGNATURE_MOST;
    digest e;

    TRY(message_digest((str){(const char *)public, SM2_PUBLIC}, S(SM2_DEFAULT_ID), message, &e));
    scoped_with(pkey_free) EVP_PKEY *key = pkey_of(secret, public);
    REQUIRE(key != NULL, ERR_CRYPTO, "the library refuses an SM2 key");
    scoped_with(context_free) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    REQUIRE(c != NULL && worked(EVP_PKEY_sign_init(c)) &&
                worked(EVP_PKEY_sign(c, der, &len, e.at, sizeof e.at)),
            ERR_CRYPTO, "the library can't sign with SM2");
    *signature = (str){(char *)der, len};
    return OK;
}

fallible sm2_verify_digest(str public, const digest *e, str signature)
{
    REQUIRE(public.len == SM2_PUBLIC && signature.len && signature.len <= SIGNATURE_MOST,
            ERR_CRYPTO, "a public key of %zu and a signature of %zu bytes", public.len,
            signature.len);
    scoped_with(pkey_free) EVP_PKEY *key = pkey_of(NULL, (const u8 *)public.ptr);
    REQUIRE(key != NULL, ERR_CRYPTO, "not an SM2 public key");
    scoped_with(context_free) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

    REQUIRE(c != NULL && worked(EVP_PKEY_verify_init(c)), ERR_CRYPTO,
            "the library can't verify SM2");
    REQUIRE(
        worked(EVP_PKEY_verify(c, (const u8 *)signature.ptr, signature.len, e->at, sizeof e->at)),
        ERR_CRYPTO, "an SM2 signature doesn't hold");
    return OK;
}

fallible sm2_verify(str public, str id, str message, str signature)
{
    digest e;

    REQUIRE(public.len == SM2_PUBLIC && public.ptr[0] == 4, ERR_CRYPTO, "not an SM2 public key");
    TRY(message_digest(public, id, message, &e));
    return sm2_verify_digest(public, &e, signature);
}

fallible sm2_encrypt(struct arena *a, str public, str plain, str *cipher)
{
    REQUIRE(public.len == SM2_PUBLIC, ERR_CRYPTO, "an SM2 public key of %zu bytes", public.len);
    REQUIRE(plain.len > 0 && plain.len <= TEXT_MOST, ERR_LIMIT, "%zu bytes for SM2", plain.len);
    scoped_with(pkey_free) EVP_PKEY *key = pkey_of(NULL, (const u8 *)public.ptr);
    REQUIRE(key != NULL, ERR_CRYPTO, "not an SM2 public key");
    scoped_with(context_free) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    size_t len = 0;

    REQUIRE(c != NULL && worked(EVP_PKEY_encrypt_init(c)) &&
                worked(EVP_PKEY_encrypt(c, NULL, &len, (const u8 *)plain.ptr, plain.len)),
            ERR_CRYPTO, "the library can't encrypt with SM2");
    u8 *der = arena_take(a, len, 1);
    REQUIRE(worked(EVP_PKEY_encrypt(c, der, &len, (const u8 *)plain.ptr, plain.len)), ERR_CRYPTO,
            "the library can't encrypt with SM2");
    *cipher = (str){(char *)der, len};
    return OK;
}

fallible sm2_decrypt(struct arena *a, str secret, str cipher, str *plain)
{
    u8 public[SM2_PUBLIC];

    REQUIRE(secret.len == SM2_SECRET, ERR_CRYPTO, "an SM2 secret of %zu bytes", secret.len);
    REQUIRE(cipher.len > 0 && cipher.len <= TEXT_MOST, ERR_LIMIT, "%zu bytes of SM2", cipher.len);
    TRY(sm2_public_of((const u8 *)secret.ptr, public));
    scoped_with(pkey_free) EVP_PKEY *key = pkey_of((const u8 *)secret.ptr, public);
    REQUIRE(key != NULL, ERR_CRYPTO, "the library refuses an SM2 key");
    scoped_with(context_free) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    size_t len = cipher.len;

    u8 *bytes = arena_take(a, cipher.len, 1);
    REQUIRE(c != NULL && worked(EVP_PKEY_decrypt_init(c)) &&
                worked(EVP_PKEY_decrypt(c, bytes, &len, (const u8 *)cipher.ptr, cipher.len)),
            ERR_CRYPTO, "an SM2 text doesn't open");
    *plain = (str){(char *)bytes, len};
    return OK;
}
