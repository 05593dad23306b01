#include "web/web_int.h"

/* Full-width digits, letters and spaces count as their narrow forms: people type them, and a box
 * that won't take them is a complaint (UI.md). Lines of text are kept as they came. */
static str narrow(struct arena *a, str wide)
{
    struct buf b = buf_in(a);
    char bytes[4];

    for (size_t at = 0; at < wide.len;) {
        u32 point = utf8_next(wide, &at);
        if (point >= 0xFF01 && point <= 0xFF5E)
            point -= 0xFEE0;
        else if (point == 0x3000)
            point = ' ';
        buf_add(&b, bytes, utf8_put(point, bytes));
    }
    return str_trim(buf_text(&b));
}

static bool has_control(str s, bool lines)
{
    for (size_t i = 0; i < s.len; i++) {
        u8 c = (u8)s.ptr[i];
        if ((c < 0x20 && !(lines && (c == '\n' || c == '\r' || c == '\t'))) || c == 0x7F)
            return true;
    }
    return false;
}

static str with_number(struct request *q, const char *text, i64 number)
{
    struct buf b = buf_in(q->arena);
    const struct argument n[] = {{"n", piece_i64(&b, number)}};

    return message_text(q->arena, message(q->lang, text), n, 1);
}

static str said(const struct request *q, const char *text)
{
    return str_of(message(q->lang, text));
}

static void *place_of(void *form, const struct input_field *f)
{
    return (char *)form + f->at;
}

/* Each reader returns what is wrong, or an empty text. */

static str read_text(struct request *q, const struct input_field *f, str value, void *place)
{
    bool lines = f->kind == IN_LINES;
    str text = lines ? value : str_trim(value);
    i64 count = (i64)utf8_count(text);

    if (has_control(text, lines))
        return said(q, T("里面有看不见的控制字符，请删去"));
    if (f->most && count > f->most)
        return with_number(q, T("最多 {n} 个字"), f->most);
    if (count < f->least)
        return with_number(q, T("至少 {n} 个字"), f->least);
    *(str *)place = text;
    return S("");
}

static str read_integer(struct request *q, const struct input_field *f, str value, void *place)
{
    i64 number;

    if (str_i64(narrow(q->arena, value), &number) != OK)
        return said(q, T("只填数字，比如 12"));
    if (number < f->least)
        return with_number(q, T("不能小于 {n}"), f->least);
    if (f->most && number > f->most)
        return with_number(q, T("不能大于 {n}"), f->most);
    *(i64 *)place = number;
    return S("");
}

static str read_day(struct request *q, str value, void *place)
{
    return date_parse(narrow(q->arena, value), (date *)place) == OK
               ? S("")
               : said(q, T("写成年-月-日，比如 2026-11-23"));
}

static str read_instant(struct request *q, str value, void *place)
{
    return instant_parse(narrow(q->arena, value), (instant *)place) == OK
               ? S("")
               : said(q, T("写成时间，比如 2026-11-23T01:05:00Z"));
}

/* Yuan with at most two decimals; commas between thousands are let pass. */
static bool money_of(struct arena *a, str text, i64 *cents)
{
    struct buf digits = buf_in(a);
    size_t decimals = 0;
    bool point = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == ',' && !point)
            continue;
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        decimals += point;
        buf_byte(&digits, (u8)c);
    }
    if (digits.len == 0 || decimals > 2 || (point && decimals == 0))
        return false;
    for (; decimals < 2; decimals++)
        buf_byte(&digits, '0');
    return str_i64(buf_text(&digits), cents) == OK;
}

static str read_money(struct request *q, const struct input_field *f, str value, void *place)
{
    i64 cents;

    if (!money_of(q->arena, narrow(q->arena, value), &cents))
        return said(q, T("填金额，最多两位小数，比如 4612.80"));
    if (cents < f->least)
        return said(q, T("金额不能是负数"));
    if (f->most && cents > f->most)
        return with_number(q, T("不能大于 {n} 元"), f->most / 100);
    ((money *)place)->cents = cents;
    return S("");
}

static str read_choice(struct request *q, const struct input_field *f, str value, void *place)
{
    str rest = str_of(f->choices), one;

    while (rest.len && str_split(&rest, '|', &one))
        if (str_eq(one, value)) {
            *(str *)place = one;
            return S("");
        }
    return said(q, T("请从列出的里面选一项"));
}

static str read_one(struct request *q, const struct input_field *f, str value, void *place)
{
    switch (f->kind) {
    case IN_TEXT:
    case IN_LINES:
        return read_text(q, f, value, place);
    case IN_INTEGER:
        return read_integer(q, f, value, place);
    case IN_DAY:
        return read_day(q, value, place);
    case IN_INSTANT:
        return read_instant(q, value, place);
    case IN_MONEY:
        return read_money(q, f, value, place);
    case IN_CHOICE:
        return read_choice(q, f, value, place);
    case IN_FLAG:
        *(bool *)place =
            str_eq(value, S("true")) || str_eq(value, S("on")) || str_eq(value, S("1"));
        break;
    }
    return S("");
}

/* A field may come from the path, the form or the query, in this order. */
static str value_of(const struct request *q, const char *name)
{
    str part = request_part(q, str_of(name));

    return part.len ? part : request_field(q, str_of(name));
}

/* All that is wrong is said at once (许可法 32(4) asks the same of officials). */
fallible input_read(struct request *q, const struct input *input, void **out)
{
    void *form = arena_take(q->arena, 1, input->size);
    size_t before = q->faults.count;

    for (size_t i = 0; i < input->count; i++) {
        const struct input_field *f = &input->fields[i];
        str value = value_of(q, f->name), wrong = S("");

        if (str_trim(value).len == 0)
            wrong = f->required ? said(q, T("这一项要填")) : S("");
        else
            wrong = read_one(q, f, value, place_of(form, f));
        if (wrong.len)
            request_fault(q, str_of(f->name), str_of(message(q->lang, f->label)), wrong);
    }
    *out = form;
    REQUIRE(q->faults.count == before, ERR_INPUT, "%zu fields of %s are wrong",
            q->faults.count - before, input->name);
    return OK;
}
