/* Characters, words and literals of FEEL text (DMN 1.5, 10.3.1.2, rules 26 to 36). */
#include "rules/parse_int.h"

static const char *const keywords[] = {
    "and", "or",  "in",   "between", "instance", "then", "else",  "return", "satisfies",
    "if",  "for", "some", "every",   "function", "true", "false", "null",   "external"};

bool is_space_point(u32 c)
{
    return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           c == 0x180E || (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

struct points {
    u32 first, last;
};

/* Rule 28, name start char, beyond ASCII. */
static const struct points starts[] = {
    {0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x2FF},    {0x370, 0x37D},   {0x37F, 0x167F},
    {0x1681, 0x180D}, {0x180F, 0x1FFF}, {0x200C, 0x200D}, {0x2070, 0x218F}, {0x2C00, 0x2FEF},
    {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFEFE}, {0xFF00, 0xFFFD}, {0x10000, 0xEFFFF}};

static bool is_part(u32 c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || c == '_' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    if (c == 0xB7 || (c >= 0x300 && c <= 0x36F) || c == 0x203F || c == 0x2040)
        return true;
    for (size_t i = 0; i < COUNT(starts); i++)
        if (c >= starts[i].first && c <= starts[i].last)
            return true;
    return false;
}

size_t word_end(str text, size_t at)
{
    while (at < text.len) {
        size_t next = at;

        if (!is_part(utf8_next(text, &next)))
            break;
        at = next;
    }
    return at;
}

size_t symbol_len(str text, size_t at)
{
    if (at >= text.len)
        return 0;
    if (strchr("./-'+*", text.ptr[at]) != NULL)
        return 1;
    return at + 3 <= text.len && memcmp(text.ptr + at, "\xE2\x80\x99", 3) == 0 ? 3 : 0;
}

size_t space_end(str text, size_t at)
{
    while (at < text.len) {
        size_t next = at;

        if (!is_space_point(utf8_next(text, &next)))
            break;
        at = next;
    }
    return at;
}

u32 column_of(struct parser *p, size_t at)
{
    if (at < p->mark) {
        p->mark = 0;
        p->mark_column = 1;
    }
    p->mark_column += (u32)utf8_count(str_sub(p->text, p->mark, at));
    p->mark = at;
    return p->mark_column;
}

fallible fail_at(struct parser *p, size_t at, const char *what)
{
    str near = str_sub(p->text, at, p->text.len);

    if (near.len > 24)
        near.len = 24;
    while (near.len && near.len < p->text.len - at && ((u8)near.ptr[near.len] & 0xC0) == 0x80)
        near.len--;
    FAIL(ERR_SYNTAX, "%.*s%scolumn %u: %s%s%.*s", STR(p->src->place), p->src->place.len ? ", " : "",
         column_of(p, at), what, near.len ? ": " : " at the end", STR(near));
}

int peek(const struct parser *p)
{
    return p->at < p->text.len ? (u8)p->text.ptr[p->at] : -1;
}

bool at_text(const struct parser *p, const char *text)
{
    return str_starts(str_sub(p->text, p->at, p->text.len), str_of(text));
}

static fallible skip_comment(struct parser *p)
{
    size_t from = p->at;
    bool block = at_text(p, "/*");
    str rest = str_sub(p->text, p->at + 2, p->text.len);
    ptrdiff_t end = str_find(rest, block ? S("*/") : S("\n"));

    if (block && end < 0)
        return fail_at(p, from, "a comment has no end");
    p->at = end < 0 ? p->text.len : p->at + 2 + (size_t)end + (block ? 2 : 1);
    return OK;
}

fallible skip(struct parser *p)
{
    for (;;) {
        p->at = space_end(p->text, p->at);
        if (!at_text(p, "/*") && !at_text(p, "//"))
            return OK;
        TRY(skip_comment(p));
    }
}

bool at_keyword(const struct parser *p, const char *word)
{
    return at_text(p, word) && word_end(p->text, p->at) == p->at + strlen(word);
}

fallible take_keyword(struct parser *p, const char *word)
{
    char what[48] = "expected ";

    TRY(skip(p));
    if (!at_keyword(p, word)) {
        memcpy(what + 9, word, strlen(word) + 1);
        return fail_at(p, p->at, what);
    }
    p->at += strlen(word);
    return skip(p);
}

fallible take_byte(struct parser *p, char c)
{
    char what[] = "expected ?";

    TRY(skip(p));
    if (peek(p) != (u8)c) {
        what[9] = c;
        return fail_at(p, p->at, what);
    }
    p->at++;
    return skip(p);
}

bool is_keyword(str word)
{
    for (size_t i = 0; i < COUNT(keywords); i++)
        if (str_eq(word, str_of(keywords[i])))
            return true;
    return false;
}

/* ---- strings ------------------------------------------------------------------------------ */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(struct parser *p, size_t digits, u32 *out)
{
    u32 point = 0;

    for (size_t i = 0; i < digits; i++) {
        int v = p->at + i < p->text.len ? hex_value(p->text.ptr[p->at + i]) : -1;

        if (v < 0)
            return false;
        point = point << 4 | (u32)v;
    }
    p->at += digits;
    *out = point;
    return true;
}

/* \uXXXX, twice for a surrogate pair, and \UXXXXXX. */
static fallible read_point(struct parser *p, struct buf *b, size_t digits)
{
    u32 point = 0, low = 0;
    size_t from = p->at;
    char bytes[4];

    if (!read_hex(p, digits, &point))
        return fail_at(p, from, "an escape needs hexadecimal digits");
    if (point >= 0xD800 && point <= 0xDBFF && at_text(p, "\\u")) {
        p->at += 2;
        if (!read_hex(p, 4, &low) || low < 0xDC00 || low > 0xDFFF)
            return fail_at(p, from, "half a surrogate pair");
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    }
    if (point == 0 || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
        return fail_at(p, from, "no such character");
    buf_add(b, bytes, utf8_put(point, bytes));
    return OK;
}

static fallible read_escape(struct parser *p, struct buf *b)
{
    static const char from[] = "nrt\"\\'", to[] = "\n\r\t\"\\'";
    char c = p->at + 1 < p->text.len ? p->text.ptr[p->at + 1] : ' ';
    const char *known = strchr(from, c);

    if (c == 'u' || c == 'U') {
        p->at += 2;
        return read_point(p, b, c == 'u' ? 4 : 6);
    }
    if (known != NULL && c != 0) {
        buf_byte(b, (u8)to[known - from]);
        p->at += 2;
        return OK;
    }
    /* Others stand for themselves, so that a pattern can be written "\d". */
    buf_byte(b, '\\');
    p->at++;
    return OK;
}

fallible read_string(struct parser *p, str *out)
{
    size_t from = p->at++;
    struct buf b = buf_in(p->a);
    size_t run = p->at;

    for (;; p->at++) {
        if (p->at >= p->text.len)
            return fail_at(p, from, "a string has no end");
        char c = p->text.ptr[p->at];
        if (c == '"')
            break;
        if (c != '\\')
            continue;
        buf_add(&b, p->text.ptr + run, p->at - run);
        TRY(read_escape(p, &b));
        run = p->at--;
    }
    str last = str_sub(p->text, run, p->at);
    p->at++;
    if (b.len == 0) {
        *out = last;
        return skip(p);
    }
    buf_str(&b, last);
    *out = buf_text(&b);
    return skip(p);
}

/* ---- names -------------------------------------------------------------------------------- */

/* Where a name that starts at `at` ends at the latest; *out (if asked) is its normal form. */
static size_t name_end(str t, size_t at, bool stop_at_in, struct buf *out)
{
    size_t end = at;
    bool gap = false;

    for (;;) {
        size_t from = space_end(t, at), word = word_end(t, from), symbol = symbol_len(t, from);
        str piece = str_sub(t, from, word > from ? word : from + symbol);

        if (piece.len == 0 || (stop_at_in && end > 0 && str_eq(piece, S("in"))))
            return end;
        if (str_starts(str_sub(t, from, t.len), S("..")))
            return end;
        gap = from > at && end > 0;
        if (out != NULL) {
            if (gap && out->len)
                buf_byte(out, ' ');
            buf_str(out, piece);
        }
        end = at = from + piece.len;
    }
}

fallible read_name(struct parser *p, const char *ends, str *out)
{
    struct buf b = buf_in(p->a);
    size_t from = p->at;

    if (word_end(p->text, p->at) == p->at)
        return fail_at(p, p->at, "expected a name");
    p->at = name_end(p->text, p->at, strchr(ends, 'i') != NULL, &b);
    TRY(skip(p));
    *out = buf_text(&b);
    if (p->at < p->text.len && strchr(ends, p->text.ptr[p->at]) != NULL && peek(p) != 'i')
        return OK;
    if (strchr(ends, 'i') != NULL && at_keyword(p, "in"))
        return OK;
    return fail_at(p, from, "expected a name");
}

bool name_and_colon(const struct parser *p)
{
    if (word_end(p->text, p->at) == p->at)
        return false;
    size_t end = space_end(p->text, name_end(p->text, p->at, false, NULL));
    return end < p->text.len && p->text.ptr[end] == ':';
}

bool name_read(struct arena *a, str text, str *out)
{
    struct buf b = buf_in(a);

    text = str_trim(text);
    if (word_end(text, 0) == 0 || name_end(text, 0, false, &b) != text.len)
        return false;
    *out = buf_text(&b);
    return true;
}
