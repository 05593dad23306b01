#include "web/web_int.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

fallible percent_decode(struct arena *a, str raw, bool plus_is_space, str *out)
{
    char *text = arena_take(a, raw.len + 1, 1);
    size_t len = 0;

    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c == '%') {
            int high = i + 2 < raw.len ? hex_value(raw.ptr[i + 1]) : -1;
            int low = i + 2 < raw.len ? hex_value(raw.ptr[i + 2]) : -1;
            REQUIRE(high >= 0 && low >= 0, ERR_INPUT, "a %% without two hex digits");
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        text[len++] = c;
    }
    *out = (str){text, len};
    REQUIRE(utf8_valid(*out), ERR_TEXT, "not UTF-8, or U+0000, after percent-decoding");
    return OK;
}

fallible field_add(struct request *q, str name, str value)
{
    REQUIRE(q->fields.count < FIELDS_MOST, ERR_LIMIT, "more than %d fields", FIELDS_MOST);
    REQUIRE(name.len <= FIELD_NAME_MOST, ERR_LIMIT, "a field's name of %zu bytes", name.len);
    REQUIRE(value.len <= FIELD_VALUE_MOST, ERR_TOO_LARGE, "a field of %zu bytes", value.len);
    REQUIRE(utf8_valid(name) && utf8_valid(value), ERR_TEXT, "a field isn't UTF-8 or has U+0000");
    vec_push(q->arena, &q->fields, ((struct pair){name, value}));
    return OK;
}

fallible fields_decode(struct request *q, str raw)
{
    str rest = raw, one;

    while (rest.len && str_split(&rest, '&', &one)) {
        str name, value = S("");
        if (one.len == 0)
            continue;
        ptrdiff_t cut = str_find(one, S("="));
        size_t end = cut < 0 ? one.len : (size_t)cut;
        TRY(percent_decode(q->arena, str_sub(one, 0, end), true, &name));
        TRY(percent_decode(q->arena, str_sub(one, end + 1, one.len), true, &value));
        TRY(field_add(q, name, value));
    }
    return OK;
}
