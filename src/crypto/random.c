#include "crypto/crypto_int.h"

#include <gcrypt.h>
#include <pthread.h>
#include <sodium.h>

static void start(void)
{
    assert(gcry_check_version("1.10.0") != NULL);
    (void)gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    (void)gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    int ready = sodium_init();
    assert(ready >= 0);
}

void crypto_ready(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, start);
}

/* The stream of a test's seed: the seed is the key, the number of the draw the nonce. */
static _Thread_local struct {
    bool on;
    u8 seed[crypto_stream_xchacha20_KEYBYTES];
    u64 draw;
} fixed;

void random_fill(void *out, size_t len)
{
    crypto_ready();
    if (!fixed.on) {
        randombytes_buf(out, len);
        return;
    }
    u8 nonce[crypto_stream_xchacha20_NONCEBYTES] = {0};

    memcpy(nonce, &fixed.draw, sizeof fixed.draw);
    fixed.draw++;
    (void)crypto_stream_xchacha20(out, len, nonce, fixed.seed);
}

void random_seed_for_tests(const u8 seed[32])
{
    _Static_assert(sizeof fixed.seed == 32, "a seed has 32 bytes");
    fixed.on = seed != NULL;
    fixed.draw = 0;
    if (fixed.on)
        memcpy(fixed.seed, seed, sizeof fixed.seed);
}

void secret_wipe(void *bytes, size_t len)
{
    sodium_memzero(bytes, len);
}
