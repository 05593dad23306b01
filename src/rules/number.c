/*
 * Decimals: an i64 with a scale where that is exact, else decimal128 with 34 digits, rounded half
 * even (DMN 1.5, 10.3.2.3.1). Results go back to the small form whenever they fit.
 */
#define DECIMAL_CALL_BY_REFERENCE 0
#define DECIMAL_GLOBAL_ROUNDING 0
#define DECIMAL_GLOBAL_EXCEPTION_FLAGS 0
#include <bid_conf.h>
#include <bid_functions.h>

#include "rules/rules_int.h"

enum {
    SMALL_SCALE = 18,
    BIAS = 6176,
    DIGITS = 34,
    KEPT_DIGITS = 40,     /* of a literal; what follows only decides rounding */
    PLAIN_ZEROS = 40,     /* text shows at most so many zeros before using an exponent */
    LARGEST_SCALE = 6176, /* DMN 1.5, table 78 */
    LEAST_SCALE = -6111,
    DIVIDED_PLACES = 4,         /* of a quotient that is tried without decimal128 */
    LARGEST_POWER = 100 * 1000, /* whole exponents that are multiplied out */
};

enum { BID_EVEN, BID_DOWN, BID_UP, BID_ZERO, BID_AWAY };

static const i64 tens[] = {1LL,
                           10LL,
                           100LL,
                           1000LL,
                           10000LL,
                           100000LL,
                           1000000LL,
                           10000000LL,
                           100000000LL,
                           1000000000LL,
                           10000000000LL,
                           100000000000LL,
                           1000000000000LL,
                           10000000000000LL,
                           100000000000000LL,
                           1000000000000000LL,
                           10000000000000000LL,
                           100000000000000000LL,
                           1000000000000000000LL};

/* Sign, coefficient and exponent of a finite number. */
struct parts {
    bool negative;
    u128 digits;
    int exponent;
};

feel number_of(i64 small, u16 scale)
{
    return (feel){.kind = FEEL_NUMBER, .scale = scale, .small = small};
}

static BID_UINT128 pack(struct parts p)
{
    BID_UINT128 x;
    u64 high = (u64)(p.digits >> 64) | (u64)(p.exponent + BIAS) << 49;

    x.w[0] = (u64)p.digits;
    x.w[1] = high | (p.negative ? 1ULL << 63 : 0);
    return x;
}

static bool unpack(BID_UINT128 x, struct parts *p)
{
    u64 high = x.w[1];

    if ((high & 0x6000000000000000ULL) == 0x6000000000000000ULL)
        return false; /* infinite, not a number, or not canonical */
    p->negative = high >> 63;
    p->exponent = (int)(high >> 49 & 0x3FFF) - BIAS;
    p->digits = (u128)(high & 0x1FFFFFFFFFFFFULL) << 64 | x.w[0];
    return true;
}

static struct parts parts_of(feel n)
{
    struct parts p = {0};

    if (n.is_wide) {
        (void)unpack((BID_UINT128){{n.wide.low, n.wide.high}}, &p);
        return p;
    }
    p.negative = n.small < 0;
    p.digits = p.negative ? (u64)0 - (u64)n.small : (u64)n.small;
    p.exponent = -(int)n.scale;
    return p;
}

static BID_UINT128 wide(feel n)
{
    if (n.is_wide)
        return (BID_UINT128){{n.wide.low, n.wide.high}};
    return pack(parts_of(n));
}

/* The shortest form of a result; null if it isn't finite. */
static feel narrow(BID_UINT128 x)
{
    struct parts p;

    if (!unpack(x, &p))
        return feel_null();
    if (p.digits == 0)
        return number_of(0, 0);
    while (p.exponent < 0 && p.digits % 10 == 0) {
        p.digits /= 10;
        p.exponent++;
    }
    while (p.exponent > 0 && p.digits < (u128)tens[17]) {
        p.digits *= 10;
        p.exponent--;
    }
    if (p.exponent <= 0 && p.exponent >= -SMALL_SCALE && p.digits < (u128)tens[18]) {
        i64 small = (i64)p.digits;
        return number_of(p.negative ? -small : small, (u16)-p.exponent);
    }
    x = pack(p);
    return (feel){.kind = FEEL_NUMBER, .is_wide = 1, .wide = {x.w[0], x.w[1]}};
}

/* Both at the larger scale; false if one doesn't fit. */
static bool align(feel *a, feel *b)
{
    feel *less = a->scale < b->scale ? a : b;
    u16 scale = less == a ? b->scale : a->scale;

    if (a->is_wide || b->is_wide)
        return false;
    if (__builtin_mul_overflow(less->small, tens[scale - less->scale], &less->small))
        return false;
    less->scale = scale;
    return true;
}

feel number_add(feel a, feel b)
{
    feel x = a, y = b;
    i64 sum;
    unsigned flags = 0;

    if (align(&x, &y) && !__builtin_add_overflow(x.small, y.small, &sum))
        return number_of(sum, x.scale);
    return narrow(bid128_add(wide(a), wide(b), BID_EVEN, &flags));
}

feel number_neg(feel a)
{
    unsigned flags = 0;

    if (!a.is_wide && a.small != INT64_MIN)
        return number_of(-a.small, a.scale);
    return narrow(bid128_sub(wide(number_of(0, 0)), wide(a), BID_EVEN, &flags));
}

feel number_sub(feel a, feel b)
{
    feel x = a, y = b;
    i64 difference;
    unsigned flags = 0;

    if (align(&x, &y) && !__builtin_sub_overflow(x.small, y.small, &difference))
        return number_of(difference, x.scale);
    return narrow(bid128_sub(wide(a), wide(b), BID_EVEN, &flags));
}

feel number_mul(feel a, feel b)
{
    i64 product;
    unsigned flags = 0;

    if (!a.is_wide && !b.is_wide && a.scale + b.scale <= SMALL_SCALE &&
        !__builtin_mul_overflow(a.small, b.small, &product))
        return number_of(product, (u16)(a.scale + b.scale));
    return narrow(bid128_mul(wide(a), wide(b), BID_EVEN, &flags));
}

/* Quotients with few digits, exactly. */
static bool divide_small(feel a, feel b, feel *out)
{
    i64 n = a.small;

    for (int scale = (int)a.scale - b.scale; scale <= DIVIDED_PLACES; scale++) {
        if (scale >= 0 && b.small != -1 && n % b.small == 0) {
            *out = number_of(n / b.small, (u16)scale);
            return true;
        }
        if (__builtin_mul_overflow(n, 10, &n))
            return false;
    }
    return false;
}

feel number_div(feel a, feel b)
{
    unsigned flags = 0;
    feel quotient;

    if (number_sign(b) == 0)
        return feel_null();
    if (!a.is_wide && !b.is_wide && divide_small(a, b, &quotient))
        return quotient;
    return narrow(bid128_div(wide(a), wide(b), BID_EVEN, &flags));
}

/* The sign of the result is the divisor's (DMN 1.5, table 77: modulo). */
feel number_mod(feel a, feel b)
{
    unsigned flags = 0;

    if (number_sign(b) == 0)
        return feel_null();
    feel rest = narrow(bid128_fmod(wide(a), wide(b), &flags));
    if (value_is(rest, FEEL_NUMBER) && number_sign(rest) * number_sign(b) < 0)
        return number_add(rest, b);
    return rest;
}

int number_sign(feel a)
{
    struct parts p = parts_of(a);

    return p.digits == 0 ? 0 : p.negative ? -1 : 1;
}

int number_cmp_slow(feel a, feel b)
{
    feel x = a, y = b;
    unsigned flags = 0;

    if (align(&x, &y))
        return (x.small > y.small) - (x.small < y.small);
    BID_UINT128 p = wide(a), q = wide(b);
    return bid128_quiet_greater(p, q, &flags) - bid128_quiet_less(p, q, &flags);
}

u64 number_hash(feel a)
{
    struct parts p = parts_of(a);

    if (p.digits == 0)
        return 0;
    while (p.digits % 10 == 0) {
        p.digits /= 10;
        p.exponent++;
    }
    u64 h = ((u64)p.digits ^ (u64)(p.digits >> 64)) * 0x9E3779B97F4A7C15ULL;
    return (h ^ (h >> 29)) + (u64)(i64)p.exponent * 31 + p.negative;
}

/* Powers of whole exponents by squaring, so that small ones are exact. */
static feel power_whole(feel base, i64 n)
{
    feel result = number_of(1, 0);

    for (u64 left = n < 0 ? (u64)-n : (u64)n; left != 0; left >>= 1) {
        if (left & 1)
            result = number_mul(result, base);
        if (left > 1)
            base = number_mul(base, base);
        if (result.kind == FEEL_NULL || base.kind == FEEL_NULL)
            return feel_null();
    }
    return n < 0 ? number_div(number_of(1, 0), result) : result;
}

feel number_pow(feel a, feel b)
{
    i64 n;
    unsigned flags = 0;

    if (feel_to_i64(b, &n) && n >= -LARGEST_POWER && n <= LARGEST_POWER)
        return power_whole(a, n);
    return narrow(bid128_pow(wide(a), wide(b), BID_EVEN, &flags));
}

feel number_sqrt(feel a)
{
    unsigned flags = 0;

    return narrow(bid128_sqrt(wide(a), BID_EVEN, &flags));
}

feel number_exp(feel a)
{
    unsigned flags = 0;

    return narrow(bid128_exp(wide(a), BID_EVEN, &flags));
}

feel number_log(feel a)
{
    unsigned flags = 0;

    return narrow(bid128_log(wide(a), BID_EVEN, &flags));
}

static BID_UINT128 quantize(feel n, i64 scale, unsigned mode)
{
    unsigned flags = 0;
    BID_UINT128 like = pack((struct parts){.digits = 1, .exponent = (int)-scale});

    return bid128_quantize(wide(n), like, mode, &flags);
}

static feel round_half_down(feel n, i64 scale)
{
    feel cut = narrow(quantize(n, scale, BID_ZERO));
    feel rest = number_sub(n, cut);
    unsigned flags = 0;
    feel half = narrow(bid128_mul(pack((struct parts){.digits = 5, .exponent = (int)-scale}),
                                  wide(number_of(1, 1)), BID_EVEN, &flags));

    if (number_sign(rest) < 0)
        rest = number_neg(rest);
    if (number_cmp(rest, half) <= 0)
        return cut;
    return narrow(quantize(n, scale, number_sign(n) < 0 ? BID_DOWN : BID_UP));
}

feel number_round(feel n, i64 scale, enum round_how how)
{
    static const u8 modes[] = {BID_EVEN, BID_DOWN, BID_UP, BID_ZERO, BID_AWAY, BID_AWAY, BID_AWAY};

    if (scale < LEAST_SCALE || scale > LARGEST_SCALE)
        return feel_null();
    if (-scale <= parts_of(n).exponent)
        return n;
    if (how == ROUND_HALF_DOWN)
        return round_half_down(n, scale);
    if (how == ROUND_UP)
        return narrow(quantize(n, scale, number_sign(n) < 0 ? BID_DOWN : BID_UP));
    return narrow(quantize(n, scale, modes[how]));
}

bool feel_to_i64(feel n, i64 *out)
{
    struct parts p = parts_of(n);

    if (n.kind != FEEL_NUMBER)
        return false;
    for (; p.exponent < 0; p.exponent++) {
        if (p.digits % 10 != 0)
            return false;
        if (p.digits == 0)
            break;
        p.digits /= 10;
    }
    for (; p.exponent > 0 && p.digits != 0 && p.digits <= (u128)INT64_MAX; p.exponent--)
        p.digits *= 10;
    if (p.digits > (u128)INT64_MAX)
        return false;
    *out = p.negative ? -(i64)p.digits : (i64)p.digits;
    return true;
}

/* ---- text --------------------------------------------------------------------------------- */

/* What scanning a literal gathers: at most KEPT_DIGITS digits, the last made odd if more follow. */
struct scan {
    char digits[KEPT_DIGITS + 1];
    size_t count;
    i64 exponent;
    bool any, sticky;
};

static size_t scan_digits(str t, size_t at, bool after_point, struct scan *s)
{
    for (; at < t.len && t.ptr[at] >= '0' && t.ptr[at] <= '9'; at++) {
        s->any = true;
        if (s->count == 0 && t.ptr[at] == '0') {
            s->exponent -= after_point;
        } else if (s->count < KEPT_DIGITS) {
            s->digits[s->count++] = t.ptr[at];
            s->exponent -= after_point;
        } else {
            s->sticky |= t.ptr[at] != '0';
            s->exponent += !after_point;
        }
    }
    return at;
}

static bool is_digit(str t, size_t at)
{
    return at < t.len && t.ptr[at] >= '0' && t.ptr[at] <= '9';
}

static size_t scan_exponent(str t, size_t at, struct scan *s)
{
    if (at >= t.len || (t.ptr[at] | 0x20) != 'e')
        return at;
    size_t from = at + 1;
    bool negative = from < t.len && t.ptr[from] == '-';

    if (from < t.len && (t.ptr[from] == '-' || t.ptr[from] == '+'))
        from++;
    if (!is_digit(t, from))
        return at;
    i64 value = 0;
    for (at = from; is_digit(t, at); at++)
        value = value < 100000 ? value * 10 + (t.ptr[at] - '0') : value;
    s->exponent += negative ? -value : value;
    return at;
}

static feel scan_value(struct scan *s)
{
    u128 digits = 0;
    unsigned flags = 0;

    if (s->sticky && (s->digits[s->count - 1] == '0' || s->digits[s->count - 1] == '5'))
        s->digits[s->count - 1]++;
    if (s->count <= 18 && s->exponent <= 0 && s->exponent >= -SMALL_SCALE) {
        for (size_t i = 0; i < s->count; i++)
            digits = digits * 10 + (unsigned)(s->digits[i] - '0');
        return number_of((i64)digits, digits == 0 ? 0 : (u16)-s->exponent);
    }
    /* Far beyond either end the library must not see the exponent. */
    if (s->count == 0 || s->exponent < -20000)
        return number_of(0, 0);
    if (s->exponent > 20000)
        return feel_null();
    char text[KEPT_DIGITS + 16];
    size_t len = s->count;
    memcpy(text, s->digits, len);
    text[len++] = 'E';
    i64 e = s->exponent;
    text[len++] = e < 0 ? '-' : '+';
    e = e < 0 ? -e : e;
    for (i64 ten = 10000; ten > 0; ten /= 10)
        text[len++] = (char)('0' + e / ten % 10);
    text[len] = 0;
    return narrow(bid128_from_string(text, BID_EVEN, &flags));
}

size_t number_scan(str t, feel *out)
{
    struct scan s = {0};
    size_t at = scan_digits(t, 0, false, &s);

    if (at < t.len && t.ptr[at] == '.' && is_digit(t, at + 1))
        at = scan_digits(t, at + 1, true, &s);
    if (!s.any)
        return 0;
    at = scan_exponent(t, at, &s);
    *out = scan_value(&s);
    return at;
}

fallible feel_number(str text, feel *out)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    str t = negative ? str_sub(text, 1, text.len) : text;
    feel n = feel_null();
    size_t used = number_scan(t, &n);

    REQUIRE(used > 0 && used == t.len, ERR_SYNTAX, "not a number: %.*s",
            (int)(text.len < 40 ? text.len : 40), text.ptr);
    REQUIRE(n.kind == FEEL_NUMBER, ERR_RANGE, "number too large");
    *out = negative ? number_neg(n) : n;
    return OK;
}

static void zeros(struct buf *out, int count)
{
    for (int i = 0; i < count; i++)
        buf_byte(out, '0');
}

/* Digits with a point before the last `places` of them. */
static void text_plain(struct buf *out, const char *digits, size_t count, int exponent)
{
    if (exponent >= 0) {
        buf_add(out, digits, count);
        zeros(out, exponent);
        return;
    }
    int places = -exponent;

    if ((int)count <= places) {
        buf_z(out, "0.");
        zeros(out, places - (int)count);
        buf_add(out, digits, count);
        return;
    }
    buf_add(out, digits, count - (size_t)places);
    buf_byte(out, '.');
    buf_add(out, digits + (count - (size_t)places), (size_t)places);
}

void number_text(struct buf *out, feel n)
{
    struct parts p = parts_of(n);
    char digits[DIGITS + 8];
    size_t at = sizeof digits;

    while (p.digits != 0 && p.digits % 10 == 0) {
        p.digits /= 10;
        p.exponent++;
    }
    if (p.digits == 0) {
        buf_byte(out, '0');
        return;
    }
    for (; p.digits != 0; p.digits /= 10)
        digits[--at] = (char)('0' + (int)(p.digits % 10));
    size_t count = sizeof digits - at;
    if (p.negative)
        buf_byte(out, '-');
    if (p.exponent <= PLAIN_ZEROS && p.exponent + (int)count >= -PLAIN_ZEROS) {
        text_plain(out, digits + at, count, p.exponent);
        return;
    }
    int e = p.exponent + (int)count - 1;
    text_plain(out, digits + at, count, 1 - (int)count);
    buf_format(out, "e%d", e);
}
