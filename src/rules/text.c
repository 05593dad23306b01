/* Values as text: FEEL's string(), JSON out, JSON in. */
#include "rules/rules_int.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- string() ----------------------------------------------------------------------------- */

static void write_value(struct buf *out, feel v);

static void write_quoted(struct buf *out, str s)
{
    buf_byte(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"' || s.ptr[i] == '\\')
            buf_byte(out, '\\');
        buf_byte(out, (u8)s.ptr[i]);
    }
    buf_byte(out, '"');
}

static void write_list(struct buf *out, feel v)
{
    buf_byte(out, '[');
    for (u32 i = 0; i < v.count && out->len <= FEEL_LONGEST_STRING; i++) {
        if (i)
            buf_z(out, ", ");
        write_value(out, v.items[i]);
    }
    buf_byte(out, ']');
}

static void write_context(struct buf *out, const struct feel_context *c)
{
    buf_byte(out, '{');
    for (size_t i = 0; i < c->count && out->len <= FEEL_LONGEST_STRING; i++) {
        str name;

        if (i)
            buf_z(out, ", ");
        if (name_read(out->arena, c->entries[i].key, &name) && str_eq(name, c->entries[i].key))
            buf_str(out, name);
        else
            write_quoted(out, c->entries[i].key);
        buf_z(out, ": ");
        write_value(out, c->entries[i].value);
    }
    buf_byte(out, '}');
}

static void write_range(struct buf *out, const struct feel_range *r)
{
    static const char *const forms[] = {"", "<", "<=", ">", ">=", "=", "!="};

    if (r->form != RANGE_BETWEEN) {
        buf_z(out, forms[r->form]);
        write_value(out, r->low.kind == FEEL_NULL ? r->high : r->low);
        return;
    }
    buf_byte(out, r->low_open ? '(' : '[');
    write_value(out, r->low);
    buf_z(out, "..");
    write_value(out, r->high);
    buf_byte(out, r->high_open ? ')' : ']');
}

/* Recursion is bounded by FEEL_DEEPEST_VALUE. */
static void write_value(struct buf *out, feel v)
{
    switch (v.kind) {
    case FEEL_NULL:
        buf_z(out, "null");
        break;
    case FEEL_BOOL:
        buf_z(out, v.truth ? "true" : "false");
        break;
    case FEEL_NUMBER:
        number_text(out, v);
        break;
    case FEEL_STRING:
        write_quoted(out, feel_text(v));
        break;
    case FEEL_LIST:
        write_list(out, v);
        break;
    case FEEL_CONTEXT:
        write_context(out, v.context);
        break;
    case FEEL_RANGE:
        write_range(out, v.range);
        break;
    case FEEL_FUNCTION:
        buf_z(out, "function");
        break;
    default:
        temporal_write(out, v);
        break;
    }
}

fallible feel_write(struct arena *a, feel v, str *out)
{
    struct buf b = buf_in(a);

    if (v.kind == FEEL_STRING) {
        *out = feel_text(v);
        return OK;
    }
    write_value(&b, v);
    REQUIRE(b.len <= FEEL_LONGEST_STRING, ERR_LIMIT, "a string has over %d bytes",
            FEEL_LONGEST_STRING);
    *out = buf_text(&b);
    return OK;
}

/* ---- JSON --------------------------------------------------------------------------------- */

static fallible json_list(struct buf *out, feel v)
{
    buf_byte(out, '[');
    for (u32 i = 0; i < v.count; i++) {
        if (i)
            buf_byte(out, ',');
        TRY(feel_json(out, v.items[i]));
    }
    buf_byte(out, ']');
    return OK;
}

static fallible json_context(struct buf *out, const struct feel_context *c)
{
    buf_byte(out, '{');
    for (size_t i = 0; i < c->count; i++) {
        if (i)
            buf_byte(out, ',');
        json_quote(out, c->entries[i].key);
        buf_byte(out, ':');
        TRY(feel_json(out, c->entries[i].value));
    }
    buf_byte(out, '}');
    return OK;
}

fallible feel_json(struct buf *out, feel v)
{
    str text;

    REQUIRE(out->len <= 4 * (size_t)FEEL_LONGEST_STRING, ERR_LIMIT, "the JSON is too large");
    switch (v.kind) {
    case FEEL_NULL:
    case FEEL_BOOL:
    case FEEL_NUMBER:
        TRY(feel_write(out->arena, v, &text));
        buf_str(out, text);
        return OK;
    case FEEL_LIST:
        return json_list(out, v);
    case FEEL_CONTEXT:
        return json_context(out, v.context);
    default:
        TRY(feel_write(out->arena, v, &text));
        json_quote(out, text);
        return OK;
    }
}

/* The shortest decimal that reads back as the same double. */
static fallible number_of_real(double real, feel *out)
{
    char text[40];

    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*e", digits - 1, real);
        if (strtod(text, NULL) == real)
            break;
    }
    return feel_number(str_of(text), out);
}

static fallible list_of_json(struct arena *a, const struct json *value, feel *out)
{
    feel *items = NEW_N(a, value->count + 1, feel);
    size_t i = 0;

    for (const struct json *item = value->child; item != NULL; item = item->next)
        TRY(feel_of_json(a, item, &items[i++]));
    return feel_list(items, i, out);
}

static fallible context_of_json(struct arena *a, const struct json *value, feel *out)
{
    struct feel_entry *entries = NEW_N(a, value->count + 1, struct feel_entry);
    size_t i = 0;

    for (const struct json *m = value->child; m != NULL; m = m->next) {
        entries[i].key = m->key;
        TRY(feel_of_json(a, m, &entries[i++].value));
    }
    return feel_context(a, entries, i, out);
}

fallible feel_of_json(struct arena *a, const struct json *value, feel *out)
{
    switch ((int)value->kind) {
    case J_BOOL:
        *out = feel_bool(value->truth);
        return OK;
    case J_INT:
        *out = feel_int(value->integer);
        return OK;
    case J_REAL:
        return number_of_real(value->real, out);
    case J_STRING:
        REQUIRE(value->text.len <= FEEL_LONGEST_STRING, ERR_LIMIT, "a string has over %d bytes",
                FEEL_LONGEST_STRING);
        *out = feel_string(value->text);
        return OK;
    case J_ARRAY:
        return list_of_json(a, value, out);
    case J_OBJECT:
        return context_of_json(a, value, out);
    default:
        *out = feel_null();
        return OK;
    }
}
