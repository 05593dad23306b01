/* FEEL's functions on numbers and booleans (DMN 1.5, 10.3.4.2 and 10.3.4.5). */
#include "rules/builtin_int.h"

static fallible result(struct run *r, feel n, feel *out)
{
    if (n.kind != FEEL_NUMBER)
        return no(r, "the result is out of range", out);
    *out = n;
    return OK;
}

fallible fn_not(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)r;
    (void)count;
    *out = feel_bool(!args[0].truth);
    return OK;
}

fallible fn_abs(struct run *r, const feel *args, size_t count, feel *out)
{
    feel v = args[0];
    bool negative = v.kind == FEEL_NUMBER ? number_sign(v) < 0 : v.seconds < 0;
    struct node minus = {.kind = N_NEGATE};

    (void)count;
    *out = v;
    return negative ? eval_arithmetic(r, &minus, v, v, out) : OK;
}

static fallible rounded(struct run *r, const feel *args, size_t count, enum round_how how,
                        feel *out)
{
    i64 scale = 0;

    if (count > 1 && !feel_to_i64(number_round(args[1], 0, ROUND_DOWN), &scale))
        return no(r, "the scale is out of range", out);
    return result(r, number_round(args[0], scale, how), out);
}

fallible fn_decimal(struct run *r, const feel *args, size_t count, feel *out)
{
    return rounded(r, args, count, ROUND_HALF_EVEN, out);
}

fallible fn_floor(struct run *r, const feel *args, size_t count, feel *out)
{
    return rounded(r, args, count, ROUND_FLOOR, out);
}

fallible fn_ceiling(struct run *r, const feel *args, size_t count, feel *out)
{
    return rounded(r, args, count, ROUND_CEILING, out);
}

fallible fn_round_up(struct run *r, const feel *args, size_t count, feel *out)
{
    return rounded(r, args, count, ROUND_UP, out);
}

fallible fn_round_down(struct run *r, const feel *args, size_t count, feel *out)
{
    return rounded(r, args, count, ROUND_DOWN, out);
}

fallible fn_round_half_up(struct run *r, const feel *args, size_t count, feel *out)
{
    return rounded(r, args, count, ROUND_HALF_UP, out);
}

fallible fn_round_half_down(struct run *r, const feel *args, size_t count, feel *out)
{
    return rounded(r, args, count, ROUND_HALF_DOWN, out);
}

fallible fn_modulo(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    return result(r, number_mod(args[0], args[1]), out);
}

fallible fn_sqrt(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    return result(r, number_sqrt(args[0]), out);
}

fallible fn_log(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    return result(r, number_log(args[0]), out);
}

fallible fn_exp(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    return result(r, number_exp(args[0]), out);
}

static fallible divides(struct run *r, feel n, bool even, feel *out)
{
    feel rest = number_mod(n, feel_int(2));
    i64 whole;

    (void)r;
    *out = feel_bool(feel_to_i64(rest, &whole) && whole == (even ? 0 : 1));
    return OK;
}

fallible fn_even(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    return divides(r, args[0], true, out);
}

fallible fn_odd(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    return divides(r, args[0], false, out);
}

/* ---- number(from, grouping separator, decimal separator) ----------------------------------- */

static bool separator(feel v, const char *allowed, char *out)
{
    *out = 0;
    if (v.kind == FEEL_NULL)
        return true;
    if (v.count != 1 || strchr(allowed, v.text[0]) == NULL)
        return false;
    *out = v.text[0];
    return true;
}

fallible fn_number(struct run *r, const feel *args, size_t count, feel *out)
{
    char group = 0, point = 0;
    struct buf b = buf_in(r->arena);
    str from = feel_text(args[0]);

    if (count > 1 && (!separator(args[1], " ,.", &group) || !separator(args[2], ",.", &point)))
        return no(r, "no such separator", out);
    if (group && group == point)
        return no(r, "the separators are the same", out);
    for (size_t i = 0; i < from.len; i++) {
        char c = from.ptr[i];

        if (c == group && group)
            continue;
        if (point && point != '.' && c == '.')
            return no(r, "the text isn't a number", out);
        buf_byte(&b, (u8)(c == point && point ? '.' : c));
    }
    if (feel_number(buf_text(&b), out) != OK)
        return no(r, "the text isn't a number", out);
    return OK;
}
