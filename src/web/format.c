#include "web/web_int.h"

static struct argument number(struct buf *b, const char *name, int n)
{
    return (struct argument){name, piece_i64(b, n)};
}

str format_day_date(struct buf *b, const struct lang *lang, date d)
{
    int year, month, day;

    date_parts(d, &year, &month, &day);
    const struct argument parts[] = {number(b, "y", year), number(b, "m", month),
                                     number(b, "d", day)};
    return message_text(b->arena, message(lang, T("{y}年{m}月{d}日")), parts, COUNT(parts));
}

str format_day_instant(struct buf *b, const struct lang *lang, instant t)
{
    return format_day_date(b, lang, instant_date(t));
}

str format_weekday_date(struct buf *b, const struct lang *lang, date d)
{
    static const char *const names[] = {T("星期一"), T("星期二"), T("星期三"), T("星期四"),
                                        T("星期五"), T("星期六"), T("星期日")};
    const struct argument parts[] = {
        {"day", {format_day_date(b, lang, d), false}},
        {"weekday", {str_of(message(lang, names[date_weekday(d) - 1])), false}}};

    return message_text(b->arena, message(lang, T("{day} {weekday}")), parts, COUNT(parts));
}

str format_weekday_instant(struct buf *b, const struct lang *lang, instant t)
{
    return format_weekday_date(b, lang, instant_date(t));
}

str format_time_instant(struct buf *b, const struct lang *lang, instant t)
{
    i64 minutes = (t.ms - date_start(instant_date(t)).ms) / 60000;

    (void)lang;
    return str_format(b->arena, "%d:%02d", (int)(minutes / 60), (int)(minutes % 60));
}

str format_minute_instant(struct buf *b, const struct lang *lang, instant t)
{
    const struct argument parts[] = {{"day", {format_day_instant(b, lang, t), false}},
                                     {"time", {format_time_instant(b, lang, t), false}}};

    return message_text(b->arena, message(lang, T("{day} {time}")), parts, COUNT(parts));
}

/* Digits in groups of three, and what follows them. */
static str grouped(struct arena *a, bool negative, u64 n, const char *rest)
{
    str digits = str_format(a, "%llu", (unsigned long long)n);
    struct buf b = buf_in(a);

    if (negative)
        buf_byte(&b, '-');
    for (size_t i = 0; i < digits.len; i++) {
        if (i && (digits.len - i) % 3 == 0)
            buf_byte(&b, ',');
        buf_byte(&b, (u8)digits.ptr[i]);
    }
    buf_z(&b, rest);
    return buf_text(&b);
}

static u64 size_of(i64 n)
{
    return n < 0 ? 0 - (u64)n : (u64)n;
}

str format_money_money(struct buf *b, const struct lang *lang, money m)
{
    u64 cents = size_of(m.cents);
    char rest[] = {'.', (char)('0' + cents / 10 % 10), (char)('0' + cents % 10), '\0'};

    (void)lang;
    return grouped(b->arena, m.cents < 0, cents / 100, rest);
}

str format_count_i64(struct buf *b, const struct lang *lang, i64 n)
{
    (void)lang;
    return grouped(b->arena, n < 0, size_of(n), "");
}

str format_count_u64(struct buf *b, const struct lang *lang, size_t n)
{
    (void)lang;
    return grouped(b->arena, false, n, "");
}

str format_bytes_u64(struct buf *b, const struct lang *lang, size_t n)
{
    static const char *const units[] = {"KB", "MB", "GB", "TB", "PB", "EB"};
    size_t unit = 0;
    u64 tenths = n / 1024 * 10 + n % 1024 * 10 / 1024;

    (void)lang;
    if (n < 1024)
        return str_format(b->arena, "%zu B", n);
    for (; tenths >= 10240 && unit + 1 < COUNT(units); unit++)
        tenths /= 1024;
    return tenths >= 1000
               ? str_format(b->arena, "%llu %s", (unsigned long long)(tenths / 10), units[unit])
               : str_format(b->arena, "%llu.%llu %s", (unsigned long long)(tenths / 10),
                            (unsigned long long)(tenths % 10), units[unit]);
}

str format_bytes_i64(struct buf *b, const struct lang *lang, i64 n)
{
    return format_bytes_u64(b, lang, n < 0 ? 0 : (size_t)n);
}

html format_lines_str(struct buf *b, const struct lang *lang, str s)
{
    struct buf made = buf_in(b->arena);
    str rest = s, line;
    bool first = true;

    (void)lang;
    while (str_split(&rest, '\n', &line)) {
        if (!first)
            buf_z(&made, "<br>");
        first = false;
        out_text_str(&made, line.len && line.ptr[line.len - 1] == '\r'
                                ? str_sub(line, 0, line.len - 1)
                                : line);
    }
    return html_unescaped(buf_text(&made));
}
