/* FEEL's functions on strings (DMN 1.5, 10.3.4.3). Positions count code points. */
#include "rules/builtin_int.h"

fallible fn_string(struct run *r, const feel *args, size_t count, feel *out)
{
    str text;

    (void)count;
    if (args[0].kind == FEEL_NULL || args[0].kind == FEEL_STRING) {
        *out = args[0];
        return OK;
    }
    TRY(feel_write(r->arena, args[0], &text));
    *out = feel_string(text);
    return run_spend(r, 1);
}

fallible fn_string_length(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    *out = feel_int((i64)utf8_count(feel_text(args[0])));
    return run_spend(r, args[0].count / 64);
}

/* The byte where code point number `points` begins. */
static size_t byte_at(str s, i64 points)
{
    size_t at = 0;

    while (points-- > 0 && at < s.len)
        (void)utf8_next(s, &at);
    return at;
}

fallible fn_substring(struct run *r, const feel *args, size_t count, feel *out)
{
    str s = feel_text(args[0]);
    i64 start, length = INT32_MAX, points = (i64)utf8_count(s);

    if (!feel_to_i64(number_round(args[1], 0, ROUND_DOWN), &start) || start == 0)
        return no(r, "no such position in the string", out);
    if (count > 2 && (!feel_to_i64(number_round(args[2], 0, ROUND_DOWN), &length) || length < 0))
        return no(r, "no such length", out);
    if (start < -points)
        return no(r, "no such position in the string", out);
    i64 from = start > 0 ? start - 1 : points + start;
    size_t begin = byte_at(s, from);
    str rest = str_sub(s, begin, s.len);
    *out = feel_string(str_sub(rest, 0, byte_at(rest, length)));
    return run_spend(r, s.len / 64 > 0 ? (i64)(s.len / 64) : 1);
}

static fallible cased(struct run *r, feel s, bool upper, feel *out)
{
    str text;

    TRY(regex_case(r, feel_text(s), upper, &text));
    *out = feel_string(text);
    return OK;
}

fallible fn_upper_case(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    return cased(r, args[0], true, out);
}

fallible fn_lower_case(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    return cased(r, args[0], false, out);
}

fallible fn_contains(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    *out = feel_bool(str_find(feel_text(args[0]), feel_text(args[1])) >= 0);
    return run_spend(r, args[0].count / 64);
}

fallible fn_starts_with(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)r;
    (void)count;
    *out = feel_bool(str_starts(feel_text(args[0]), feel_text(args[1])));
    return OK;
}

fallible fn_ends_with(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)r;
    (void)count;
    *out = feel_bool(str_ends(feel_text(args[0]), feel_text(args[1])));
    return OK;
}

fallible fn_substring_before(struct run *r, const feel *args, size_t count, feel *out)
{
    str s = feel_text(args[0]);
    ptrdiff_t at = str_find(s, feel_text(args[1]));

    (void)count;
    *out = feel_string(str_sub(s, 0, at < 0 ? 0 : (size_t)at));
    return run_spend(r, args[0].count / 64);
}

fallible fn_substring_after(struct run *r, const feel *args, size_t count, feel *out)
{
    str s = feel_text(args[0]), match = feel_text(args[1]);
    ptrdiff_t at = str_find(s, match);

    (void)count;
    *out = feel_string(at < 0 ? S("") : str_sub(s, (size_t)at + match.len, s.len));
    return run_spend(r, args[0].count / 64);
}

fallible fn_string_join(struct run *r, const feel *args, size_t count, feel *out)
{
    struct buf b = buf_in(r->arena);
    feel list = args[0];
    str between = count > 1 ? feel_text(args[1]) : S("");
    bool first = true;

    for (u32 i = 0; i < list.count; i++) {
        if (list.items[i].kind == FEEL_NULL)
            continue;
        if (list.items[i].kind != FEEL_STRING)
            return no(r, "not a list of strings", out);
        if (!first)
            buf_str(&b, between);
        first = false;
        buf_str(&b, feel_text(list.items[i]));
        TRY(run_spend(r, 1));
        REQUIRE(b.len <= FEEL_LONGEST_STRING, ERR_LIMIT, "a string has over %d bytes",
                FEEL_LONGEST_STRING);
    }
    return run_text(r, &b, out);
}

/* ---- regular expressions ------------------------------------------------------------------ */

static fallible not_a_pattern(struct run *r, feel *out)
{
    return no(r, "the regular expression or its flags aren't well-formed", out);
}

fallible fn_matches(struct run *r, const feel *args, size_t count, feel *out)
{
    bool valid, found = false;
    str flags = count > 2 ? feel_text(args[2]) : S("");

    TRY(regex_matches(r, feel_text(args[0]), feel_text(args[1]), flags, &valid, &found));
    if (!valid)
        return not_a_pattern(r, out);
    *out = feel_bool(found);
    return OK;
}

fallible fn_replace(struct run *r, const feel *args, size_t count, feel *out)
{
    bool valid;
    str text = {0}, parts[4] = {feel_text(args[0]), feel_text(args[1]), feel_text(args[2]),
                                count > 3 ? feel_text(args[3]) : S("")};

    TRY(regex_replace(r, parts, &valid, &text));
    if (!valid)
        return not_a_pattern(r, out);
    *out = feel_string(text);
    return OK;
}

fallible fn_split(struct run *r, const feel *args, size_t count, feel *out)
{
    bool valid;

    (void)count;
    TRY(regex_split(r, feel_text(args[0]), feel_text(args[1]), &valid, out));
    return valid ? OK : not_a_pattern(r, out);
}
