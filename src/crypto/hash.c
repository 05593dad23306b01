#include "crypto/crypto_int.h"

#include <gcrypt.h>
#include <sodium.h>

/* Up to so many parts are hashed without a handle, on the stack. */
enum { FEW_PARTS = 15 };

bool digest_eq(digest a, digest b)
{
    return sodium_memcmp(a.at, b.at, sizeof a.at) == 0;
}

/* The library's record of a piece of input has no const. */
static gcry_buffer_t piece(str s)
{
    return (gcry_buffer_t){.len = s.len, .data = (void *)(uintptr_t)(s.ptr ? s.ptr : "")};
}

static void hash_many(int algorithm, const str *parts, size_t count, digest *out)
{
    gcry_md_hd_t h;
    gcry_error_t code = gcry_md_open(&h, algorithm, 0);

    assert(code == 0);
    for (size_t i = 0; i < count; i++)
        gcry_md_write(h, parts[i].ptr, parts[i].len);
    memcpy(out->at, gcry_md_read(h, algorithm), sizeof out->at);
    gcry_md_close(h);
}

static void hash(int algorithm, const str *parts, size_t count, digest *out)
{
    gcry_buffer_t pieces[FEW_PARTS];

    crypto_ready();
    if (count > FEW_PARTS) {
        hash_many(algorithm, parts, count, out);
        return;
    }
    for (size_t i = 0; i < count; i++)
        pieces[i] = piece(parts[i]);
    gcry_error_t code = gcry_md_hash_buffers(algorithm, 0, out->at, pieces, (int)count);
    assert(code == 0);
}

void sm3(str bytes, digest *out)
{
    hash(GCRY_MD_SM3, &bytes, 1, out);
}

void sm3_parts(const str *parts, size_t count, digest *out)
{
    hash(GCRY_MD_SM3, parts, count, out);
}

void sha256(str bytes, digest *out)
{
    hash(GCRY_MD_SHA256, &bytes, 1, out);
}

void sha256_parts(const str *parts, size_t count, digest *out)
{
    hash(GCRY_MD_SHA256, parts, count, out);
}

void hmac_sm3(str key, str message, digest *out)
{
    gcry_buffer_t pieces[2] = {piece(key), piece(message)};

    crypto_ready();
    gcry_error_t code = gcry_md_hash_buffers(GCRY_MD_SM3, GCRY_MD_FLAG_HMAC, out->at, pieces, 2);
    assert(code == 0);
}

struct sm3_stream sm3_open(void)
{
    gcry_md_hd_t h;

    crypto_ready();
    gcry_error_t code = gcry_md_open(&h, GCRY_MD_SM3, 0);
    assert(code == 0);
    return (struct sm3_stream){h};
}

void sm3_add(struct sm3_stream *s, str bytes)
{
    gcry_md_write(s->state, bytes.ptr, bytes.len);
}

void sm3_end(struct sm3_stream *s, digest *out)
{
    memcpy(out->at, gcry_md_read(s->state, GCRY_MD_SM3), sizeof out->at);
    sm3_closep(s);
}

void sm3_closep(struct sm3_stream *s)
{
    gcry_md_close(s->state);
    s->state = NULL;
}
