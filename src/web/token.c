/* Randomness, hashes and comparisons in constant time; the only file of this room that knows them.
 */
#include "web/web_int.h"

#include <sodium.h>

__attribute__((constructor)) static void token_init(void)
{
    int ready = sodium_init();

    assert(ready >= 0);
}

void token_random(void *out, size_t len)
{
    randombytes_buf(out, len);
}

str token_text(struct arena *a)
{
    u8 bytes[32];
    char *text = arena_take(a, SESSION_TOKEN + 1, 1);

    token_random(bytes, sizeof bytes);
    sodium_bin2base64(text, SESSION_TOKEN + 1, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return (str){text, SESSION_TOKEN};
}

void token_hash(u8 out[32], str text)
{
    int done = crypto_generichash(out, 32, (const u8 *)text.ptr, text.len, NULL, 0);

    assert(done == 0);
}

void token_hmac(u8 out[32], const u8 key[32], str text)
{
    int done = crypto_auth_hmacsha256(out, (const u8 *)text.ptr, text.len, key);

    assert(done == 0);
}

bool token_equal(str a, str b)
{
    return a.len == b.len && a.len && sodium_memcmp(a.ptr, b.ptr, a.len) == 0;
}
