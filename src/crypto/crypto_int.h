/* crypto's own: start of the libraries, and SM2's part behind the key handles. */
#pragma once
#include "crypto/crypto.h"

/* GB/T 35276: the id of a signer who has agreed on no other. */
#define SM2_DEFAULT_ID "1234567812345678"

enum { SM2_SECRET = 32, SM2_PUBLIC = 65 };

/* Starts libgcrypt and libsodium once; cheap afterwards. */
void crypto_ready(void);

fallible sm2_public_of(const u8 secret[SM2_SECRET], u8 public[SM2_PUBLIC]);
fallible sm2_sign(struct arena *a, const u8 secret[SM2_SECRET], const u8 public[SM2_PUBLIC],
                  str message, str *signature);
