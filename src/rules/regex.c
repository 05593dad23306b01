/*
 * Regular expressions of XPath (DMN 1.5 takes fn:matches, fn:replace and fn:tokenize of XQuery and
 * XPath Functions) on PCRE2: anchors and dots as XPath has them; bounded by match, depth and heap
 * limits. pattern.c rewrites what PCRE2 writes otherwise.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "rules/builtin_int.h"

enum {
    FEW_MATCHES = 10 * 1000,   /* a match first gets so much work, */
    MATCH_LIMIT = 1000 * 1000, /* then so much, at a price in steps */
    MATCH_PRICE = 20 * 1000,
    DEPTH_LIMIT = 2000,
    HEAP_KIB = 16 << 10,
};

struct regex {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *limits;
    int groups;
};

static void regex_close(struct regex *x)
{
    pcre2_code_free(x->code);
    pcre2_match_data_free(x->data);
    pcre2_match_context_free(x->limits);
}

#define scoped_regex __attribute__((cleanup(regex_close))) struct regex

static bool options_of(str flags, u32 *options, bool *spaced, bool *literal)
{
    for (size_t i = 0; i < flags.len; i++) {
        char c = flags.ptr[i];

        if (c == 'i')
            *options |= PCRE2_CASELESS;
        else if (c == 's')
            *options |= PCRE2_DOTALL;
        else if (c == 'm')
            *options |= PCRE2_MULTILINE;
        else if (c == 'x')
            *spaced = true;
        else if (c == 'q')
            *literal = true;
        else
            return false;
    }
    return true;
}

static bool regex_open(struct run *r, str pattern, str flags, struct regex *x)
{
    u32 options =
        PCRE2_UTF | PCRE2_UCP | PCRE2_DOLLAR_ENDONLY | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C;
    bool spaced = false, literal = false;
    int error;
    size_t where;

    if (pattern.len > FEEL_LONGEST_PATTERN || !options_of(flags, &options, &spaced, &literal))
        return false;
    if (literal)
        options = (options & ~(u32)(PCRE2_DOLLAR_ENDONLY | PCRE2_MULTILINE | PCRE2_DOTALL |
                                    PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C)) |
                  PCRE2_LITERAL;
    if (spaced && !literal)
        pattern = pattern_unspaced(r->arena, pattern);
    if (!literal && !pattern_rewrite(r->arena, pattern, &pattern, &x->groups))
        return false;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    (void)pcre2_set_newline(context,
                            (options & PCRE2_MULTILINE) ? PCRE2_NEWLINE_LF : PCRE2_NEWLINE_ANYCRLF);
    x->code = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, options, &error, &where, context);
    pcre2_compile_context_free(context);
    if (x->code == NULL)
        return false;
    x->data = pcre2_match_data_create_from_pattern(x->code, NULL);
    x->limits = pcre2_match_context_create(NULL);
    (void)pcre2_set_depth_limit(x->limits, DEPTH_LIMIT);
    (void)pcre2_set_heap_limit(x->limits, HEAP_KIB);
    return true;
}

static int match(const struct regex *x, str input, size_t from, u32 limit)
{
    (void)pcre2_set_match_limit(x->limits, limit);
    return pcre2_match(x->code, (PCRE2_SPTR)input.ptr, input.len, from, PCRE2_NO_UTF_CHECK, x->data,
                       x->limits);
}

/* *found: at or after `from`; its ends are in the match data. */
static fallible regex_next(struct run *r, const struct regex *x, str input, size_t from,
                           bool *found)
{
    int count = match(x, input, from, FEW_MATCHES);

    if (count == PCRE2_ERROR_MATCHLIMIT) {
        TRY(run_spend(r, MATCH_PRICE));
        count = match(x, input, from, MATCH_LIMIT);
    }
    REQUIRE(count >= 0 || count == PCRE2_ERROR_NOMATCH, ERR_LIMIT,
            "the regular expression takes too much work (%d)", count);
    *found = count >= 0;
    size_t end = *found ? pcre2_get_ovector_pointer(x->data)[1] : input.len;
    return run_spend(r, 20 + (i64)(end > from ? end - from : 0) / 16);
}

fallible regex_matches(struct run *r, str input, str pattern, str flags, bool *valid, bool *out)
{
    scoped_regex x = {0};

    *valid = regex_open(r, pattern, flags, &x);
    if (!*valid)
        return OK;
    return regex_next(r, &x, input, 0, out);
}

/* $N is a group, as many digits as there are groups; \$ and \\ are themselves. */
static bool write_replacement(const struct regex *x, struct buf *b, str input, str with)
{
    const size_t *ends = pcre2_get_ovector_pointer(x->data);

    for (size_t i = 0; i < with.len; i++) {
        char c = with.ptr[i];
        char next = i + 1 < with.len ? with.ptr[i + 1] : 0;

        if (c == '\\') {
            if (next != '\\' && next != '$')
                return false;
            buf_byte(b, (u8)next);
            i++;
        } else if (c == '$') {
            if (next < '0' || next > '9')
                return false;
            int n = next - '0';
            for (i++; i + 1 < with.len && with.ptr[i + 1] >= '0' && with.ptr[i + 1] <= '9' &&
                      n * 10 + with.ptr[i + 1] - '0' <= x->groups;
                 i++)
                n = n * 10 + with.ptr[i + 1] - '0';
            if (n <= x->groups && ends[2 * n] != PCRE2_UNSET)
                buf_str(b, str_sub(input, ends[2 * n], ends[2 * n + 1]));
        } else {
            buf_byte(b, (u8)c);
        }
    }
    return true;
}

/* What stands between the matches, and for each match what `each` adds. */
static fallible regex_walk(struct run *r, const struct regex *x, str input,
                           err (*each)(struct run *, const struct regex *, str, size_t from,
                                       void *),
                           void *state, bool *valid)
{
    const size_t *ends = pcre2_get_ovector_pointer(x->data);
    bool found;

    /* fn:replace and fn:tokenize refuse a pattern that matches the empty string. */
    TRY(regex_next(r, x, S(""), 0, &found));
    *valid = !found;
    for (size_t from = 0, at = 0; *valid;) {
        TRY(regex_next(r, x, input, at, &found));
        if (!found)
            return each(r, NULL, input, from, state);
        if (ends[1] == ends[0]) {
            if (ends[0] >= input.len)
                return each(r, NULL, input, from, state);
            at = ends[0];
            (void)utf8_next(input, &at);
            continue;
        }
        TRY(each(r, x, input, from, state));
        from = at = ends[1];
    }
    return OK;
}

struct replacing {
    struct buf out;
    str with;
    bool valid;
};

static fallible replace_each(struct run *r, const struct regex *x, str input, size_t from,
                             void *state)
{
    struct replacing *s = state;
    size_t to = x != NULL ? pcre2_get_ovector_pointer(x->data)[0] : input.len;

    buf_str(&s->out, str_sub(input, from, to));
    if (x != NULL)
        s->valid &= write_replacement(x, &s->out, input, s->with);
    REQUIRE(s->out.len <= FEEL_LONGEST_STRING, ERR_LIMIT, "a string has over %d bytes",
            FEEL_LONGEST_STRING);
    return run_spend(r, 1);
}

static str escaped(struct arena *a, str with)
{
    struct buf b = buf_in(a);

    for (size_t i = 0; i < with.len; i++) {
        if (with.ptr[i] == '$' || with.ptr[i] == '\\')
            buf_byte(&b, '\\');
        buf_byte(&b, (u8)with.ptr[i]);
    }
    return buf_text(&b);
}

/* parts: input, pattern, replacement, flags. */
fallible regex_replace(struct run *r, const str parts[4], bool *valid, str *out)
{
    scoped_regex x = {0};
    struct replacing s = {.out = buf_in(r->arena), .with = parts[2], .valid = true};

    *valid = regex_open(r, parts[1], parts[3], &x);
    if (!*valid)
        return OK;
    if (str_find(parts[3], S("q")) >= 0)
        s.with = escaped(r->arena, parts[2]);
    TRY(regex_walk(r, &x, parts[0], replace_each, &s, valid));
    *valid = *valid && s.valid;
    *out = buf_text(&s.out);
    return OK;
}

struct splitting {
    VEC(feel) pieces;
};

static fallible split_each(struct run *r, const struct regex *x, str input, size_t from,
                           void *state)
{
    struct splitting *s = state;
    size_t to = x != NULL ? pcre2_get_ovector_pointer(x->data)[0] : input.len;

    vec_push(r->arena, &s->pieces, feel_string(str_sub(input, from, to)));
    return run_spend(r, 1);
}

fallible regex_split(struct run *r, str input, str pattern, bool *valid, feel *out)
{
    scoped_regex x = {0};
    struct splitting s = {0};

    *valid = regex_open(r, pattern, S(""), &x);
    if (!*valid)
        return OK;
    TRY(regex_walk(r, &x, input, split_each, &s, valid));
    return run_list(r, s.pieces.at, s.pieces.count, out);
}

/* ---- case --------------------------------------------------------------------------------- */

static bool ascii(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((u8)s.ptr[i] >= 0x80)
            return false;
    return true;
}

static str ascii_case(struct arena *a, str s, bool upper)
{
    char *text = NEW_N(a, s.len + 1, char);

    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

        text[i] = letter ? (char)(upper ? c & ~0x20 : c | 0x20) : c;
    }
    return (str){text, s.len};
}

/* Unicode's simple case mapping comes with PCRE2's substitution, free of locales. */
fallible regex_case(struct run *r, str s, bool upper, str *out)
{
    const char *with = upper ? "\\U$0" : "\\L$0";
    size_t len = s.len * 3 + 1;
    int error;
    size_t where;

    TRY(run_spend(r, (i64)(s.len / 16)));
    if (ascii(s)) {
        *out = ascii_case(r->arena, s, upper);
        return OK;
    }
    scoped_regex x = {0};
    x.code = pcre2_compile((PCRE2_SPTR) "(?s).+", 6, PCRE2_UTF | PCRE2_UCP, &error, &where, NULL);
    REQUIRE(x.code != NULL, ERR_UNSUPPORTED, "no case mapping: %d", error);
    char *text = NEW_N(r->arena, len, char);
    int done = pcre2_substitute(x.code, (PCRE2_SPTR)s.ptr, s.len, 0, PCRE2_SUBSTITUTE_EXTENDED,
                                NULL, NULL, (PCRE2_SPTR)with, 4, (PCRE2_UCHAR *)text, &len);
    REQUIRE(done >= 0, ERR_LIMIT, "no case mapping: %d", done);
    *out = (str){text, len};
    return OK;
}
