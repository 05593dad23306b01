#include "web/web_int.h"

/* Text, attributes: the characters that mean something in HTML. One table, one pass; runs of
 * plain bytes go out in one piece. */
static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\r': /* a parser turns a raw one into a line feed */
        return "&#13;";
    default:
        return NULL;
    }
}

static void escape(struct buf *b, str s)
{
    size_t plain = 0;

    for (size_t i = 0; i < s.len; i++) {
        const char *entity = entity_of(s.ptr[i]);
        if (entity == NULL)
            continue;
        buf_add(b, s.ptr + plain, i - plain);
        buf_z(b, entity);
        plain = i + 1;
    }
    if (s.len)
        buf_add(b, s.ptr + plain, s.len - plain);
}

void out_text_str(struct buf *b, str s)
{
    escape(b, s);
}

void out_text_html(struct buf *b, html h)
{
    buf_str(b, h.text);
}

void out_attr_str(struct buf *b, str s)
{
    escape(b, s);
}

static bool is_control_or_space(char c)
{
    return (u8)c <= 0x20 || (u8)c == 0x7F;
}

/* Browsers drop tabs and line ends inside addresses and read "\" as "/"; so none may be there. */
static bool address_allowed(str s)
{
    static const str schemes[] = {{"https://", 8}, {"http://", 7}, {"mailto:", 7}, {"tel:", 4}};

    for (size_t i = 0; i < s.len; i++)
        if (is_control_or_space(s.ptr[i]) || s.ptr[i] == '\\')
            return false;
    if (s.len && (s.ptr[0] == '#' || s.ptr[0] == '?'))
        return true;
    if (s.len && s.ptr[0] == '/')
        return s.len == 1 || s.ptr[1] != '/';
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (str_starts(s, schemes[i]))
            return true;
    return false;
}

void out_url_str(struct buf *b, str s)
{
    escape(b, address_allowed(s) ? s : S("#"));
}

static bool unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void out_part_str(struct buf *b, str s)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < s.len; i++) {
        u8 byte = (u8)s.ptr[i];
        if (unreserved(s.ptr[i])) {
            buf_byte(b, byte);
            continue;
        }
        char code[3] = {'%', hex[byte >> 4], hex[byte & 15]};
        buf_add(b, code, sizeof code);
    }
}

void out_u64(struct buf *b, u64 n)
{
    char digits[20];
    size_t at = sizeof digits;

    do
        digits[--at] = (char)('0' + n % 10);
    while ((n /= 10) != 0);
    buf_add(b, digits + at, sizeof digits - at);
}

static u64 size_of(i64 n)
{
    return n < 0 ? 0 - (u64)n : (u64)n;
}

void out_i64(struct buf *b, i64 n)
{
    if (n < 0)
        buf_byte(b, '-');
    out_u64(b, size_of(n));
}

void out_date(struct buf *b, date d)
{
    buf_str(b, date_text(b->arena, d));
}

void out_instant(struct buf *b, instant t)
{
    buf_str(b, instant_text(b->arena, t));
}

void out_money(struct buf *b, money m)
{
    u64 cents = size_of(m.cents);

    buf_format(b, "%s%llu.%02llu", m.cents < 0 ? "-" : "", (unsigned long long)(cents / 100),
               (unsigned long long)(cents % 100));
}

bool truth_bool(bool v)
{
    return v;
}

bool truth_i64(i64 v)
{
    return v != 0;
}

bool truth_u64(u64 v)
{
    return v != 0;
}

bool truth_str(str v)
{
    return v.len != 0;
}

bool truth_html(html v)
{
    return v.text.len != 0;
}

html html_unescaped(str finished)
{
    return (html){finished};
}

struct piece piece_str(struct buf *b, str v)
{
    (void)b;
    return (struct piece){v, false};
}

struct piece piece_html(struct buf *b, html v)
{
    (void)b;
    return (struct piece){v.text, true};
}

struct piece piece_i64(struct buf *b, i64 v)
{
    return (struct piece){str_format(b->arena, "%lld", (long long)v), false};
}

struct piece piece_u64(struct buf *b, u64 v)
{
    return (struct piece){str_format(b->arena, "%llu", (unsigned long long)v), false};
}

struct piece piece_date(struct buf *b, date v)
{
    return (struct piece){date_text(b->arena, v), false};
}

struct piece piece_money(struct buf *b, money v)
{
    struct buf text = buf_in(b->arena);

    out_money(&text, v);
    return (struct piece){buf_text(&text), false};
}

/* The argument named by the hole that begins at `at`; *len is the hole's with its braces. */
static const struct argument *argument_at(str text, size_t at, const struct argument *args,
                                          size_t count, size_t *len)
{
    ptrdiff_t end = str_find(str_sub(text, at, text.len), S("}"));

    if (end < 0)
        return NULL;
    str name = str_sub(text, at + 1, at + (size_t)end);
    *len = (size_t)end + 1;
    for (size_t i = 0; i < count; i++)
        if (str_eq(name, str_of(args[i].name)))
            return &args[i];
    return NULL;
}

static void put_piece(struct buf *b, enum place place, struct piece p)
{
    if (place == PLACE_ATTR) {
        assert(!p.finished);
        out_attr_str(b, p.text);
    } else if (p.finished) {
        buf_str(b, p.text);
    } else {
        escape(b, p.text);
    }
}

void out_message(struct buf *b, enum place place, const char *message, const struct argument *args,
                 size_t count)
{
    str text = str_of(message);
    size_t plain = 0, len;

    for (size_t i = 0; count && i < text.len; i++) {
        const struct argument *found =
            text.ptr[i] == '{' ? argument_at(text, i, args, count, &len) : NULL;
        if (found == NULL)
            continue;
        escape(b, str_sub(text, plain, i));
        put_piece(b, place, found->value);
        plain = i + len;
        i = plain - 1;
    }
    escape(b, str_sub(text, plain, text.len));
}

str message_text(struct arena *a, const char *message, const struct argument *args, size_t count)
{
    struct buf b = buf_in(a);
    str text = str_of(message);
    size_t plain = 0, len;

    for (size_t i = 0; i < text.len; i++) {
        const struct argument *found =
            text.ptr[i] == '{' ? argument_at(text, i, args, count, &len) : NULL;
        if (found == NULL)
            continue;
        buf_str(&b, str_sub(text, plain, i));
        buf_str(&b, found->value.text);
        plain = i + len;
        i = plain - 1;
    }
    buf_str(&b, str_sub(text, plain, text.len));
    return buf_text(&b);
}
