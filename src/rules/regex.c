/*
 * Regular expressions of XPath (DMN 1.5 takes fn:matches, fn:replace and fn:tokenize of XQuery and
 * XPath Functions), rewritten for PCRE2: \i, \c, blocks «\p{IsGreek}», subtraction «[a-z-[aeiou]]»,
 * the flags s m i x; anchors and dots as XPath has them. Bounded by match, depth and heap limits.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "rules/builtin_int.h"

enum {
    MATCH_LIMIT = 1000 * 1000,
    DEPTH_LIMIT = 2000,
    HEAP_KIB = 16 << 10,
    DEEPEST_CLASS = 16,
    MOST_GROUPS = 200,
};

struct writer {
    struct buf *out;
    str in;
    size_t at;
    bool spaced; /* flag x */
    int depth;   /* of classes */
    int groups;  /* opened so far */
    int closed;  /* of them closed: \N may name those only */
    int open[64];
    int open_count;
};

/* Unicode blocks that patterns name; one may be added where it is missed. */
static const struct {
    const char *name;
    u32 first, last;
} blocks[] = {{"BasicLatin", 0, 0x7F},
              {"Latin-1Supplement", 0x80, 0xFF},
              {"LatinExtended-A", 0x100, 0x17F},
              {"LatinExtended-B", 0x180, 0x24F},
              {"IPAExtensions", 0x250, 0x2AF},
              {"SpacingModifierLetters", 0x2B0, 0x2FF},
              {"CombiningDiacriticalMarks", 0x300, 0x36F},
              {"Greek", 0x370, 0x3FF},
              {"GreekandCoptic", 0x370, 0x3FF},
              {"Cyrillic", 0x400, 0x4FF},
              {"Armenian", 0x530, 0x58F},
              {"Hebrew", 0x590, 0x5FF},
              {"Arabic", 0x600, 0x6FF},
              {"Devanagari", 0x900, 0x97F},
              {"Thai", 0xE00, 0xE7F},
              {"Tibetan", 0xF00, 0xFFF},
              {"HangulJamo", 0x1100, 0x11FF},
              {"Mongolian", 0x1800, 0x18AF},
              {"GreekExtended", 0x1F00, 0x1FFF},
              {"GeneralPunctuation", 0x2000, 0x206F},
              {"CurrencySymbols", 0x20A0, 0x20CF},
              {"LetterlikeSymbols", 0x2100, 0x214F},
              {"NumberForms", 0x2150, 0x218F},
              {"Arrows", 0x2190, 0x21FF},
              {"MathematicalOperators", 0x2200, 0x22FF},
              {"BoxDrawing", 0x2500, 0x257F},
              {"CJKRadicalsSupplement", 0x2E80, 0x2EFF},
              {"CJKSymbolsandPunctuation", 0x3000, 0x303F},
              {"Hiragana", 0x3040, 0x309F},
              {"Katakana", 0x30A0, 0x30FF},
              {"Bopomofo", 0x3100, 0x312F},
              {"CJKUnifiedIdeographsExtensionA", 0x3400, 0x4DBF},
              {"CJKUnifiedIdeographs", 0x4E00, 0x9FFF},
              {"HangulSyllables", 0xAC00, 0xD7A3},
              {"PrivateUse", 0xE000, 0xF8FF},
              {"CJKCompatibilityIdeographs", 0xF900, 0xFAFF},
              {"HalfwidthandFullwidthForms", 0xFF00, 0xFFEF}};

static int look(const struct writer *w, size_t ahead)
{
    return w->at + ahead < w->in.len ? (u8)w->in.ptr[w->at + ahead] : -1;
}

/* ---- escapes ------------------------------------------------------------------------------ */

/* \p{…}: blocks become ranges of code points, the rest is PCRE2's. */
static bool write_category(struct writer *w, bool in_class)
{
    bool negated = look(w, 1) == 'P';
    str rest = str_sub(w->in, w->at + 2, w->in.len);
    ptrdiff_t end = str_find(rest, S("}"));

    if (rest.len == 0 || rest.ptr[0] != '{' || end < 0)
        return false;
    str name = str_sub(rest, 1, (size_t)end);
    w->at += 2 + (size_t)end + 1;
    if (!str_starts(name, S("Is"))) {
        if (name.len == 0 || name.len > 2)
            return false;
        buf_format(w->out, "\\%c{%.*s}", negated ? 'P' : 'p', STR(name));
        return true;
    }
    name = str_sub(name, 2, name.len);
    for (size_t i = 0; i < COUNT(blocks); i++)
        if (str_eq(name, str_of(blocks[i].name))) {
            if (negated && in_class)
                return false;
            buf_format(w->out,
                       in_class  ? "\\x{%x}-\\x{%x}"
                       : negated ? "[^\\x{%x}-\\x{%x}]"
                                 : "[\\x{%x}-\\x{%x}]",
                       blocks[i].first, blocks[i].last);
            return true;
        }
    return false;
}

/* \i and \c: characters that begin, or may be in, an XML name. */
static bool write_name_class(struct writer *w, int c, bool in_class)
{
    bool upper = c == 'I' || c == 'C';
    const char *set = (c | 0x20) == 'i' ? "\\p{L}_:" : "\\p{L}\\p{M}\\p{Nd}._:\\x{b7}-";

    if (in_class && upper)
        return false;
    buf_format(w->out, in_class ? "%s%s" : upper ? "[^%s%s]" : "[%s%s]", set, "");
    w->at += 2;
    return true;
}

/* \w: all but punctuation, separators and others, as XML Schema has it. */
static bool write_word_class(struct writer *w, int c, bool in_class)
{
    const char *set = c == 'w' ? "\\p{L}\\p{M}\\p{N}\\p{S}" : "\\p{P}\\p{Z}\\p{C}";

    buf_format(w->out, in_class ? "%s" : "[%s]", set);
    w->at += 2;
    return true;
}

/* «{2}», «{2,}», «{2,3}»; anything else in braces isn't XPath's. */
static bool write_quantifier(struct writer *w)
{
    size_t at = w->at + 1, digits = 0;

    for (; at < w->in.len && w->in.ptr[at] != '}'; at++) {
        bool digit = w->in.ptr[at] >= '0' && w->in.ptr[at] <= '9';

        if (!digit && (w->in.ptr[at] != ',' || digits == 0))
            return false;
        digits++;
    }
    if (at >= w->in.len || digits == 0)
        return false;
    buf_add(w->out, w->in.ptr + w->at, at + 1 - w->at);
    w->at = at + 1;
    return look(w, 0) != '+';
}

static bool write_reference(struct writer *w)
{
    int n = look(w, 1) - '0';

    w->at += 2;
    /* Two digits only if there are so many groups. */
    while (look(w, 0) >= '0' && look(w, 0) <= '9' && n * 10 + look(w, 0) - '0' <= w->groups) {
        n = n * 10 + look(w, 0) - '0';
        w->at++;
    }
    if (n < 1 || n > w->closed)
        return false;
    buf_format(w->out, "(?:\\g{%d})", n);
    return true;
}

static bool write_escape(struct writer *w, bool in_class)
{
    int c = look(w, 1);

    if (c < 0)
        return false;
    if (c == 'p' || c == 'P')
        return write_category(w, in_class);
    if (strchr("iIcC", c) != NULL)
        return write_name_class(w, c, in_class);
    if (c >= '0' && c <= '9')
        return !in_class && c != '0' && write_reference(w);
    if (strchr("nrtsSdDwW", c) != NULL || strchr("\\|.?*+(){}$-[]^", c) != NULL) {
        if (c == 'w' || c == 'W')
            return write_word_class(w, c, in_class);
        if (c == 's' || c == 'S')
            buf_z(w->out, c == 's' ? (in_class ? " \\t\\n\\r" : "[ \\t\\n\\r]") : "[^ \\t\\n\\r]");
        else
            buf_format(w->out, "\\%c", c);
        w->at += 2;
        return !(c == 'S' && in_class);
    }
    return false;
}

/* ---- classes ------------------------------------------------------------------------------ */

static bool write_class(struct writer *w);

/* One character of a class; also the ends of its ranges. */
static bool write_class_item(struct writer *w)
{
    int c = look(w, 0);

    if (c == '\\')
        return write_escape(w, true);
    if (c == '[')
        return false;
    size_t from = w->at;
    (void)utf8_next(w->in, &w->at);
    if (c == '-' || c == '^')
        buf_byte(w->out, '\\');
    /* A bare hyphen between two characters makes a range. */
    if (c == '-' && from > 0 && w->in.ptr[from - 1] != '[' && look(w, 0) != ']' &&
        w->in.ptr[from - 1] != '^')
        w->out->len--;
    buf_add(w->out, w->in.ptr + from, w->at - from);
    return true;
}

/* «[a-z-[aeiou]]» is «(?:(?![aeiou])[a-z])». */
static bool write_class(struct writer *w)
{
    struct buf *outer = w->out, body = buf_in(w->out->arena), less = buf_in(w->out->arena);
    bool ok = true, empty = true;

    if (++w->depth > DEEPEST_CLASS)
        return false;
    w->out = &body;
    buf_byte(&body, '[');
    w->at++;
    if (look(w, 0) == '^') {
        buf_byte(&body, '^');
        w->at++;
    }
    while (ok && look(w, 0) != ']') {
        if (look(w, 0) < 0)
            return false;
        if (look(w, 0) == '-' && look(w, 1) == '[') {
            w->at++;
            w->out = &less;
            ok = write_class(w) && look(w, 0) == ']';
            w->out = &body;
            continue;
        }
        ok = write_class_item(w);
        empty = false;
    }
    w->at++;
    buf_byte(&body, ']');
    w->out = outer;
    if (less.len)
        buf_format(outer, "(?:(?!%.*s)%.*s)", STR(buf_text(&less)), STR(buf_text(&body)));
    else
        buf_str(outer, buf_text(&body));
    w->depth--;
    return ok && !empty;
}

/* ---- the pattern -------------------------------------------------------------------------- */

static bool write_open(struct writer *w)
{
    bool captures = look(w, 1) != '?';

    if (!captures && look(w, 2) != ':')
        return false;
    if (w->open_count >= (int)COUNT(w->open) || w->groups >= MOST_GROUPS)
        return false;
    w->open[w->open_count++] = captures;
    w->groups += captures;
    buf_z(w->out, captures ? "(" : "(?:");
    w->at += captures ? 1 : 3;
    return true;
}

static bool write_close(struct writer *w)
{
    if (w->open_count == 0)
        return false;
    /* Groups close in another order than they open; the count is what XPath's rule needs. */
    w->closed += w->open[--w->open_count];
    buf_byte(w->out, ')');
    w->at++;
    return true;
}

static bool write_piece(struct writer *w)
{
    int c = look(w, 0);

    if (c == '\\')
        return write_escape(w, false);
    if (c == '[')
        return write_class(w);
    if (c == '(')
        return write_open(w);
    if (c == ')')
        return write_close(w);
    if (c == '{')
        return write_quantifier(w);
    if (c == ']' || c == '}')
        return false;
    if (c == '#' || c == '~' || c == ' ')
        buf_byte(w->out, '\\');
    if (strchr("*+?", c) != NULL && look(w, 1) == '+')
        return false; /* possessive quantifiers are PCRE2's, not XPath's */
    size_t from = w->at;
    (void)utf8_next(w->in, &w->at);
    buf_add(w->out, w->in.ptr + from, w->at - from);
    return true;
}

/* Flag x: white space outside of classes isn't there, not even inside \p{…}. */
static str unspaced(struct arena *a, str pattern)
{
    struct buf b = buf_in(a);
    int depth = 0;

    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.ptr[i];
        bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';

        if (space && depth == 0)
            continue;
        buf_byte(&b, (u8)c);
        if (c == '\\' && depth == 0)
            while (i + 1 < pattern.len && strchr(" \t\n\r", pattern.ptr[i + 1]) != NULL)
                i++;
        if (c == '\\' && i + 1 < pattern.len)
            buf_byte(&b, (u8)pattern.ptr[++i]);
        else
            depth += c == '[' ? 1 : c == ']' && depth > 0 ? -1 : 0;
    }
    return buf_text(&b);
}

static bool rewrite(struct arena *a, str pattern, str *out, int *groups)
{
    struct buf b = buf_in(a);
    struct writer w = {.out = &b, .in = pattern};

    while (w.at < w.in.len)
        if (!write_piece(&w))
            return false;
    *out = buf_text(&b);
    *groups = w.groups;
    return w.open_count == 0;
}

/* ---- PCRE2 -------------------------------------------------------------------------------- */

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
        pattern = unspaced(r->arena, pattern);
    if (!literal && !rewrite(r->arena, pattern, &pattern, &x->groups))
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
    (void)pcre2_set_match_limit(x->limits, MATCH_LIMIT);
    (void)pcre2_set_depth_limit(x->limits, DEPTH_LIMIT);
    (void)pcre2_set_heap_limit(x->limits, HEAP_KIB);
    return true;
}

/* *found: from *from on; its ends are in the match data. */
static fallible regex_next(struct run *r, const struct regex *x, str input, size_t from,
                           bool *found)
{
    TRY(run_spend(r, 20 + (i64)(input.len - from) / 16));
    int count = pcre2_match(x->code, (PCRE2_SPTR)input.ptr, input.len, from, PCRE2_NO_UTF_CHECK,
                            x->data, x->limits);
    REQUIRE(count >= 0 || count == PCRE2_ERROR_NOMATCH, ERR_LIMIT,
            "the regular expression takes too much work (%d)", count);
    *found = count >= 0;
    return OK;
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
