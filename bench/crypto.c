/*
 * What the cryptography costs, against the bare library call in the same run. `--quick` measures
 * less. Each value is the median of interleaved rounds.
 */
#include "ledger/note.h"

#include <gcrypt.h>
/* The library has a type of the name of an error of ours. */
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/ec.h>
#include <openssl/evp.h>
#undef ERR_STATE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 7, SIGNED_LEN = 200 };

static struct {
    struct arena *arena;
    char text[4096];
    sm4_key key;
    str sealed, publics[2], signatures[2];
    struct key *keys[2];
    EVP_PKEY_CTX *sm2;
    EVP_MD_CTX *context;
    EVP_MD *sm3_md, *sha256_md;
    gcry_cipher_hd_t gcm;
    struct frontier frontier;
    digest leaf;
    struct merkle_proof proof;
    struct inclusion claim;
} w;

static void must(err e)
{
    if (e == OK)
        return;
    (void)fprintf(stderr, "%s: %s\n", err_name(e->code), e->message);
    exit(1);
}

static str text_of(size_t len)
{
    return (str){w.text, len};
}

static void sm3_run(size_t len)
{
    sm3(text_of(len), &w.leaf);
}

static void sm3_peer(size_t len)
{
    (void)EVP_DigestInit_ex2(w.context, w.sm3_md, NULL);
    (void)EVP_DigestUpdate(w.context, w.text, len);
    (void)EVP_DigestFinal_ex(w.context, w.leaf.at, NULL);
}

static void sha256_run(size_t len)
{
    sha256(text_of(len), &w.leaf);
}

static void sha256_peer(size_t len)
{
    (void)EVP_DigestInit_ex2(w.context, w.sha256_md, NULL);
    (void)EVP_DigestUpdate(w.context, w.text, len);
    (void)EVP_DigestFinal_ex(w.context, w.leaf.at, NULL);
}

static void hmac_run(size_t len)
{
    hmac_sm3((str){(char *)w.key.at, 16}, text_of(len), &w.leaf);
}

static void random_run(size_t len)
{
    random_fill(w.leaf.at, len);
}

static void seal_run(size_t len)
{
    str sealed;

    must(sm4_gcm_seal(w.arena, &w.key, S("event 7 name"), text_of(len), &sealed));
}

static void open_run(size_t len)
{
    str plain;

    (void)len;
    must(sm4_gcm_open(w.arena, &w.key, S("event 7 name"), w.sealed, &plain));
}

/* The library alone: key, fixed iv, data, text, tag, into a fixed buffer. */
static void seal_peer(size_t len)
{
    static char out[4096];

    (void)gcry_cipher_setkey(w.gcm, w.key.at, 16);
    (void)gcry_cipher_setiv(w.gcm, w.text, 12);
    (void)gcry_cipher_authenticate(w.gcm, "event 7 name", 12);
    (void)gcry_cipher_encrypt(w.gcm, out, len, w.text, len);
    (void)gcry_cipher_gettag(w.gcm, w.leaf.at, 16);
}

static void sign(enum key_kind kind, size_t len)
{
    str signature;

    must(key_sign(w.arena, w.keys[kind], text_of(len), &signature));
}

static void verify(enum key_kind kind, size_t len)
{
    must(key_verify(kind, w.publics[kind], text_of(len), w.signatures[kind]));
}

static void ed25519_sign(size_t len)
{
    sign(KEY_ED25519, len);
}

static void ed25519_verify(size_t len)
{
    verify(KEY_ED25519, len);
}

static void sm2_sign_run(size_t len)
{
    sign(KEY_SM2, len);
}

static void sm2_verify_run(size_t len)
{
    verify(KEY_SM2, len);
}

/* The library alone: a key that stays loaded, a digest that is made. */
static void sm2_sign_peer(size_t len)
{
    u8 der[80];
    size_t got = sizeof der;

    (void)len;
    (void)EVP_PKEY_sign(w.sm2, der, &got, w.leaf.at, sizeof w.leaf.at);
}

static void leaf_add(size_t len)
{
    merkle_leaf(&merkle_sha256, text_of(len), &w.leaf);
    frontier_add(&merkle_sha256, &w.frontier, w.leaf);
}

static void leaf_add_both(size_t len)
{
    static struct frontier sm3_frontier;

    leaf_add(len);
    merkle_leaf(&merkle_sm3, text_of(len), &w.leaf);
    frontier_add(&merkle_sm3, &sm3_frontier, w.leaf);
}

/* A proof of a tree of 2^20: it fails at the last step, after the same work as one that holds. */
static void inclusion_run(size_t len)
{
    struct inclusion claim = {.index = 777777, .size = 1 << 20};

    (void)len;
    if (merkle_check_inclusion(&merkle_sha256, &claim, w.proof.at, 20) == OK)
        abort();
}

static void password_run(size_t len)
{
    str encoded;

    must(password_hash(w.arena, text_of(len), &encoded));
}

static const struct {
    const char *name;
    void (*run)(size_t len);
    size_t len;
    int loops;
    const char *peer_name; /* of the ratio; NULL: none */
    void (*peer)(size_t len);
} cases[] = {
    {"crypto.sm3.64B", sm3_run, 64, 20000, "openssl_evp", sm3_peer},
    {"crypto.sm3.4096B", sm3_run, 4096, 1000, "openssl_evp", sm3_peer},
    {"crypto.sha256.64B", sha256_run, 64, 20000, "openssl_evp", sha256_peer},
    {"crypto.sha256.4096B", sha256_run, 4096, 1000, "openssl_evp", sha256_peer},
    {"crypto.hmac_sm3.64B", hmac_run, 64, 10000, NULL, NULL},
    {"crypto.random.12B", random_run, 12, 10000, NULL, NULL},
    {"crypto.sm4_gcm_seal.60B", seal_run, 60, 10000, "bare_libgcrypt", seal_peer},
    {"crypto.sm4_gcm_open.60B", open_run, 60, 10000, NULL, NULL},
    {"crypto.sm4_gcm_seal.4096B", seal_run, 4096, 1000, "bare_libgcrypt", seal_peer},
    {"crypto.ed25519_sign.200B", ed25519_sign, SIGNED_LEN, 300, NULL, NULL},
    {"crypto.ed25519_verify.200B", ed25519_verify, SIGNED_LEN, 200, NULL, NULL},
    {"crypto.sm2_sign.200B", sm2_sign_run, SIGNED_LEN, 50, "bare_openssl", sm2_sign_peer},
    {"crypto.sm2_verify.200B", sm2_verify_run, SIGNED_LEN, 50, NULL, NULL},
    {"ledger.leaf_added_sha256.33B", leaf_add, 33, 10000, NULL, NULL},
    {"ledger.leaf_added_both.33B", leaf_add_both, 33, 10000, NULL, NULL},
    {"ledger.inclusion_checked.1M_leaves", inclusion_run, 0, 2000, NULL, NULL},
    {"crypto.password_hash", password_run, 12, 1, NULL, NULL},
};

static double nanoseconds(void (*run)(size_t len), size_t len, int loops)
{
    arena_mark mark = arena_here(w.arena);
    struct timespec from, to;

    run(len);
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < loops; i++) {
        run(len);
        arena_back(w.arena, mark);
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    double passed = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
    return passed / loops;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, by_size);
    return values[ROUNDS / 2];
}

static void prepare(void)
{
    w.arena = arena_open();
    random_fill(w.text, sizeof w.text);
    random_fill(w.key.at, sizeof w.key.at);
    must(sm4_gcm_seal(w.arena, &w.key, S("event 7 name"), text_of(60), &w.sealed));
    for (int kind = KEY_ED25519; kind <= KEY_SM2; kind++) {
        must(key_create(w.arena, (enum key_kind)kind, &w.keys[kind]));
        w.publics[kind] = key_public(w.arena, w.keys[kind]);
        must(key_sign(w.arena, w.keys[kind], text_of(SIGNED_LEN), &w.signatures[kind]));
    }
    w.context = EVP_MD_CTX_new();
    w.sm3_md = EVP_MD_fetch(NULL, "SM3", NULL);
    w.sha256_md = EVP_MD_fetch(NULL, "SHA256", NULL);
    (void)gcry_cipher_open(&w.gcm, GCRY_CIPHER_SM4, GCRY_CIPHER_MODE_GCM, 0);
    w.sm2 = EVP_PKEY_CTX_new_from_pkey(NULL, EVP_EC_gen("SM2"), NULL);
    (void)EVP_PKEY_sign_init(w.sm2);
}

int main(int argc, char **argv)
{
    static double ours[COUNT(cases)][ROUNDS], theirs[COUNT(cases)][ROUNDS];
    bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;

    prepare();
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < COUNT(cases); i++) {
            int loops = quick ? (cases[i].loops + 3) / 4 : cases[i].loops;

            ours[i][round] = nanoseconds(cases[i].run, cases[i].len, loops);
            if (cases[i].peer != NULL)
                theirs[i][round] = nanoseconds(cases[i].peer, cases[i].len, loops);
        }
    for (size_t i = 0; i < COUNT(cases); i++) {
        double mine = median(ours[i]);

        (void)printf("figure %s %.0f ns\n", cases[i].name, mine);
        if (cases[i].peer != NULL)
            (void)printf("ratio %s/%s %.2f\n", cases[i].name, cases[i].peer_name,
                         median(theirs[i]) / mine);
    }
    return 0;
}
