#include "base/base.h"

#include <jansson.h>

enum { DEEPEST = 256 };

static fallible take(struct arena *a, json_t *from, int depth, struct json *to);

static fallible take_object(struct arena *a, json_t *from, int depth, struct json *to)
{
    struct json **last = &to->child;
    const char *key;
    json_t *value;

    json_object_foreach(from, key, value)
    {
        struct json *member = NEW(a, struct json);

        member->key = str_copy(a, str_of(key));
        TRY(take(a, value, depth + 1, member));
        *last = member;
        last = &member->next;
        to->count++;
    }
    return OK;
}

static fallible take_array(struct arena *a, json_t *from, int depth, struct json *to)
{
    struct json **last = &to->child;
    size_t i;
    json_t *value;

    json_array_foreach(from, i, value)
    {
        struct json *item = NEW(a, struct json);

        TRY(take(a, value, depth + 1, item));
        *last = item;
        last = &item->next;
        to->count++;
    }
    return OK;
}

/* Copies the library's tree into the arena. */
static fallible take(struct arena *a, json_t *from, int depth, struct json *to)
{
    REQUIRE(depth < DEEPEST, ERR_SYNTAX, "JSON is nested deeper than %d", DEEPEST);
    switch (json_typeof(from)) {
    case JSON_TRUE:
    case JSON_FALSE:
        to->kind = J_BOOL;
        to->truth = json_is_true(from);
        break;
    case JSON_INTEGER:
        to->kind = J_INT;
        to->integer = json_integer_value(from);
        break;
    case JSON_REAL:
        to->kind = J_REAL;
        to->real = json_real_value(from);
        break;
    case JSON_STRING:
        to->kind = J_STRING;
        to->text = str_copy(a, (str){json_string_value(from), json_string_length(from)});
        break;
    case JSON_NULL:
        to->kind = J_NULL;
        break;
    case JSON_ARRAY:
        to->kind = J_ARRAY;
        return take_array(a, from, depth, to);
    case JSON_OBJECT:
        to->kind = J_OBJECT;
        return take_object(a, from, depth, to);
    }
    return OK;
}

static void tree_free(json_t **tree)
{
    json_decref(*tree);
}

fallible json_read(struct arena *a, str text, struct json **out)
{
    json_error_t why = {0};
    __attribute__((cleanup(tree_free))) json_t *tree = json_loadb(
        text.ptr ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);

    /* jansson goes on to quote the input, which may be personal and mustn't reach the log. */
    ptrdiff_t quote = str_find(str_of(why.text), S(" near "));
    str said = str_sub(str_of(why.text), 0, quote < 0 ? sizeof why.text : (size_t)quote);

    REQUIRE(tree != NULL, ERR_SYNTAX, "JSON line %d column %d: %.*s", why.line, why.column,
            STR(said));
    struct json *root = NEW(a, struct json);
    TRY(take(a, tree, 0, root));
    *out = root;
    return OK;
}

const struct json *json_get(const struct json *object, str key)
{
    if (object == NULL || object->kind != J_OBJECT)
        return NULL;
    for (const struct json *m = object->child; m != NULL; m = m->next)
        if (str_eq(m->key, key))
            return m;
    return NULL;
}

str json_str(const struct json *object, str key)
{
    const struct json *value = json_get(object, key);

    return value != NULL && value->kind == J_STRING ? value->text : S("");
}

fallible json_i64(const struct json *object, str key, i64 *out)
{
    const struct json *value = json_get(object, key);

    REQUIRE(value != NULL && value->kind == J_INT, ERR_INPUT, "\"%.*s\" isn't an integer",
            STR(key));
    *out = value->integer;
    return OK;
}

/* The character after a backslash, 0 for none, 'u' for the long form. */
static char escape_of(u8 c)
{
    switch (c) {
    case '"':
        return '"';
    case '\\':
        return '\\';
    case '\b':
        return 'b';
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\f':
        return 'f';
    case '\r':
        return 'r';
    default:
        return c < 0x20 ? 'u' : 0;
    }
}

void json_quote(struct buf *out, str text)
{
    size_t from = 0;

    buf_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char escape = escape_of((u8)text.ptr[i]);

        if (escape == 0)
            continue;
        buf_add(out, text.ptr + from, i - from);
        if (escape == 'u')
            buf_format(out, "\\u%04x", (unsigned)text.ptr[i]);
        else
            buf_format(out, "\\%c", escape);
        from = i + 1;
    }
    buf_add(out, text.ptr + from, text.len - from);
    buf_byte(out, '"');
}

/* Order of UTF-16 code units: as code points, but U+E000…U+FFFF come after the astral ones. */
static int utf16_cmp(str a, str b)
{
    size_t at_a = 0, at_b = 0;

    for (;;) {
        u32 p = utf8_next(a, &at_a), q = utf8_next(b, &at_b);

        if (p == q && p == 0)
            return 0;
        if (p == q)
            continue;
        bool late_p = p >= 0xE000 && p < 0x10000, late_q = q >= 0xE000 && q < 0x10000;
        if (late_p != late_q && (late_p ? q >= 0x10000 : p >= 0x10000))
            return late_p ? 1 : -1;
        return p < q ? -1 : 1;
    }
}

/* Members in canonical order; insertion, since objects are short. */
static const struct json **sorted(struct arena *a, const struct json *object)
{
    const struct json **members =
        (const struct json **)arena_take(a, object->count + 1, sizeof *members);
    size_t n = 0;

    for (const struct json *m = object->child; m != NULL; m = m->next) {
        size_t at = n++;

        for (; at > 0 && utf16_cmp(members[at - 1]->key, m->key) > 0; at--)
            members[at] = members[at - 1];
        members[at] = m;
    }
    return members;
}

static void canonical_object(struct buf *out, const struct json *object)
{
    const struct json **members = sorted(out->arena, object);

    buf_byte(out, '{');
    for (size_t i = 0; i < object->count; i++) {
        if (i)
            buf_byte(out, ',');
        json_quote(out, members[i]->key);
        buf_byte(out, ':');
        json_canonical(out, members[i]);
    }
    buf_byte(out, '}');
}

static void canonical_array(struct buf *out, const struct json *array)
{
    buf_byte(out, '[');
    for (const struct json *item = array->child; item != NULL; item = item->next) {
        if (item != array->child)
            buf_byte(out, ',');
        json_canonical(out, item);
    }
    buf_byte(out, ']');
}

void json_canonical(struct buf *out, const struct json *value)
{
    switch (value->kind) {
    case J_NULL:
        buf_z(out, "null");
        break;
    case J_BOOL:
        buf_z(out, value->truth ? "true" : "false");
        break;
    case J_INT:
        assert(value->integer <= 1LL << 53 && value->integer >= -(1LL << 53));
        buf_format(out, "%lld", (long long)value->integer);
        break;
    case J_REAL:
        assert(value->kind != J_REAL); /* real numbers have no canonical form here */
        break;
    case J_STRING:
        json_quote(out, value->text);
        break;
    case J_ARRAY:
        canonical_array(out, value);
        break;
    case J_OBJECT:
        canonical_object(out, value);
        break;
    }
}

bool json_has_canonical(const struct json *value)
{
    const i64 most = 1LL << 53;

    if (value->kind == J_REAL)
        return false;
    if (value->kind == J_INT)
        return value->integer <= most && value->integer >= -most;
    for (const struct json *item = value->child; item != NULL; item = item->next)
        if (!json_has_canonical(item))
            return false;
    return true;
}
