#include "crypto/crypto_int.h"

#include <sodium.h>

/* The one place: RFC 9106 4's second recommendation, with what a county's server can spare. */
enum { PASSES = 2, MEMORY = 64 << 20 };

fallible password_hash(struct arena *a, str password, str *encoded)
{
    char text[crypto_pwhash_STRBYTES];

    REQUIRE(password.len <= PASSWORD_MOST, ERR_LIMIT, "a password of %zu bytes", password.len);
    crypto_ready();
    REQUIRE(crypto_pwhash_str(text, password.len ? password.ptr : "", password.len, PASSES,
                              MEMORY) == 0,
            ERR_BUSY, "no memory to hash a password");
    *encoded = str_copy(a, str_of(text));
    return OK;
}

fallible password_check(str encoded, str password, bool *right)
{
    char text[crypto_pwhash_STRBYTES] = {0};

    REQUIRE(encoded.len < sizeof text, ERR_CORRUPT, "a password's record of %zu bytes",
            encoded.len);
    memcpy(text, encoded.ptr ? encoded.ptr : "", encoded.len);
    crypto_ready();
    REQUIRE(crypto_pwhash_str_needs_rehash(text, PASSES, MEMORY) >= 0, ERR_CORRUPT,
            "not a password's record");
    *right = password.len <= PASSWORD_MOST &&
             crypto_pwhash_str_verify(text, password.len ? password.ptr : "", password.len) == 0;
    return OK;
}
