#include "base/base.h"

#include <stdio.h>
#include <sys/random.h>

str str_of(const char *z)
{
    return (str){z, strlen(z)};
}

str str_copy(struct arena *a, str s)
{
    char *p = arena_take(a, s.len + 1, 1);

    if (s.len)
        memcpy(p, s.ptr, s.len);
    return (str){p, s.len};
}

char *str_z(struct arena *a, str s)
{
    char *p = arena_take(a, s.len + 1, 1);

    if (s.len)
        memcpy(p, s.ptr, s.len);
    return p;
}

str str_format(struct arena *a, const char *format, ...)
{
    struct buf b = buf_in(a);
    va_list args, again;

    assert(format != NULL);
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0);

    b.ptr = arena_take(a, (size_t)len + 1, 1);
    (void)vsnprintf(b.ptr, (size_t)len + 1, format, again);
    va_end(again);
    return (str){b.ptr, (size_t)len};
}

bool str_eq(str a, str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int str_cmp(str a, str b)
{
    size_t least = a.len < b.len ? a.len : b.len;
    int order = least ? memcmp(a.ptr, b.ptr, least) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(str s, str prefix)
{
    return s.len >= prefix.len && str_eq((str){s.ptr, prefix.len}, prefix);
}

bool str_ends(str s, str suffix)
{
    return s.len >= suffix.len && str_eq((str){s.ptr + (s.len - suffix.len), suffix.len}, suffix);
}

str str_sub(str s, size_t from, size_t to)
{
    if (to > s.len)
        to = s.len;
    if (from > to)
        from = to;
    return (str){s.ptr ? s.ptr + from : s.ptr, to - from};
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

str str_trim(str s)
{
    while (s.len && is_space(s.ptr[0]))
        s = str_sub(s, 1, s.len);
    while (s.len && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

ptrdiff_t str_find(str s, str needle)
{
    if (needle.len == 0)
        return 0;
    if (needle.len > s.len)
        return -1;
    const char *at = memmem(s.ptr, s.len, needle.ptr, needle.len);
    return at ? at - s.ptr : -1;
}

bool str_split(str *rest, char at, str *piece)
{
    if (rest->ptr == NULL)
        return false;
    const char *cut = rest->len ? memchr(rest->ptr, at, rest->len) : NULL;

    if (cut == NULL) {
        *piece = *rest;
        *rest = (str){NULL, 0};
        return true;
    }
    size_t len = (size_t)(cut - rest->ptr);
    *piece = (str){rest->ptr, len};
    *rest = (str){cut + 1, rest->len - len - 1};
    return true;
}

static u64 hash_seed;

__attribute__((constructor)) static void hash_seed_draw(void)
{
    if (getrandom(&hash_seed, sizeof hash_seed, GRND_NONBLOCK) != sizeof hash_seed)
        hash_seed = (u64)monotonic_us();
}

__extension__ typedef unsigned __int128 u128;

static u64 mix(u64 a, u64 b)
{
    u128 product = (u128)a * b;

    return (u64)product ^ (u64)(product >> 64);
}

/* The multiply-and-fold family; the seed keeps strangers from preparing collisions. */
u64 str_hash(str s)
{
    u64 h = hash_seed ^ 0x9E3779B97F4A7C15u;
    size_t at = 0;

    for (; at + 8 <= s.len; at += 8) {
        u64 word;
        memcpy(&word, s.ptr + at, 8);
        h = mix(h ^ word, 0xD6E8FEB86659FD93u ^ hash_seed);
    }
    u64 tail = 0;
    if (at < s.len)
        memcpy(&tail, s.ptr + at, s.len - at);
    h = mix(h ^ tail, 0xA0761D6478BD642Fu ^ hash_seed);
    return mix(h ^ (u64)s.len, 0xE7037ED1A0B428DBu);
}

fallible str_u64(str s, u64 *out)
{
    u64 value = 0;

    REQUIRE(s.len > 0 && s.len <= 20, ERR_INPUT, "not a number: %zu characters", s.len);
    for (size_t i = 0; i < s.len; i++) {
        REQUIRE(s.ptr[i] >= '0' && s.ptr[i] <= '9', ERR_INPUT, "not a number");
        REQUIRE(!__builtin_mul_overflow(value, 10u, &value) &&
                    !__builtin_add_overflow(value, (u64)(s.ptr[i] - '0'), &value),
                ERR_RANGE, "number too large");
    }
    *out = value;
    return OK;
}

fallible str_i64(str s, i64 *out)
{
    bool negative = s.len && s.ptr[0] == '-';
    u64 size;

    TRY(str_u64(negative ? str_sub(s, 1, s.len) : s, &size));
    REQUIRE(size <= (u64)INT64_MAX, ERR_RANGE, "number too large");
    *out = negative ? -(i64)size : (i64)size;
    return OK;
}

struct buf buf_in(struct arena *a)
{
    return (struct buf){.arena = a};
}

static void buf_room(struct buf *b, size_t more)
{
    if (more <= b->cap - b->len)
        return;
    size_t cap = b->cap ? b->cap * 2 : 64;

    while (cap - b->len < more) {
        assert(cap < SIZE_MAX / 4);
        cap *= 2;
    }
    char *p = arena_take(b->arena, cap, 1);
    if (b->len)
        memcpy(p, b->ptr, b->len);
    b->ptr = p;
    b->cap = cap;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    buf_room(b, len);
    memcpy(b->ptr + b->len, bytes, len);
    b->len += len;
}

void buf_str(struct buf *b, str s)
{
    buf_add(b, s.ptr, s.len);
}

void buf_z(struct buf *b, const char *z)
{
    buf_add(b, z, strlen(z));
}

void buf_byte(struct buf *b, u8 byte)
{
    buf_add(b, &byte, 1);
}

void buf_format(struct buf *b, const char *format, ...)
{
    va_list args, again;

    assert(format != NULL);
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0);

    buf_room(b, (size_t)len + 1);
    (void)vsnprintf(b->ptr + b->len, (size_t)len + 1, format, again);
    va_end(again);
    b->len += (size_t)len;
}

str buf_text(const struct buf *b)
{
    return (str){b->ptr ? b->ptr : "", b->len};
}
