#include "ledger/ledger.h"

bool class_is_person(enum field_class c)
{
    return c == FIELD_PS || c == FIELD_IS;
}

bool class_is_internal(enum field_class c)
{
    return c == FIELD_I || c == FIELD_IS;
}

static const char *const class_names[] = {"P", "I", "PS", "IS"};

struct value value_absent(void)
{
    return (struct value){0};
}

struct value value_i64(struct arena *a, i64 n)
{
    assert(n <= 1LL << 53 && n >= -(1LL << 53));
    return (struct value){.json = str_format(a, "%lld", (long long)n)};
}

struct value value_id(struct arena *a, i64 id)
{
    return (struct value){.json = str_format(a, "\"%lld\"", (long long)id)};
}

struct value value_text(struct arena *a, str text)
{
    struct buf b = buf_in(a);

    json_quote(&b, text);
    return (struct value){.json = buf_text(&b)};
}

struct value value_flag(bool flag)
{
    return (struct value){.json = flag ? S("true") : S("false")};
}

struct value value_of_person(struct value v, i64 person)
{
    v.person = person;
    return v;
}

/* ---- reading fields ----------------------------------------------------------------------- */

const struct field *event_field(const struct event *e, const char *name)
{
    str wanted = str_of(name);

    for (size_t i = 0; i < e->count; i++)
        if (str_eq(e->fields[i].name, wanted))
            return e->fields[i].open && !str_eq(e->fields[i].json, S("null")) ? &e->fields[i]
                                                                              : NULL;
    return NULL;
}

i64 event_i64(const struct event *e, const char *name)
{
    const struct field *f = event_field(e, name);
    i64 n = 0;

    if (f == NULL)
        return 0;
    str digits = f->json;
    if (digits.len >= 2 && digits.ptr[0] == '"')
        digits = str_sub(digits, 1, digits.len - 1);
    return str_i64(digits, &n) == OK ? n : 0;
}

str event_text(struct arena *a, const struct event *e, const char *name)
{
    const struct field *f = event_field(e, name);
    struct json *value;

    if (f == NULL || json_read(a, f->json, &value) != OK)
        return S("");
    return value->text.ptr ? value->text : S("");
}

str event_maybe_text(struct arena *a, const struct event *e, const char *name)
{
    return event_field(e, name) ? event_text(a, e, name) : (str){0};
}

date event_date(struct arena *a, const struct event *e, const char *name)
{
    date d = {0}, none = {0};
    err bad = date_parse(event_text(a, e, name), &d);

    return bad == OK ? d : none;
}

bool event_flag(const struct event *e, const char *name)
{
    const struct field *f = event_field(e, name);

    return f != NULL && str_eq(f->json, S("true"));
}

str event_json(const struct event *e, const char *name)
{
    const struct field *f = event_field(e, name);

    return f ? f->json : (str){0};
}

void event_rename(struct event *e, const char *from, const char *to)
{
    for (size_t i = 0; i < e->count; i++)
        if (str_eq(e->fields[i].name, str_of(from)))
            e->fields[i].name = str_of(to);
}

void event_extend(struct arena *a, struct event *e, const char *name, enum field_class class)
{
    struct field *more = NEW_N(a, e->count + 1, struct field);

    memcpy(more, e->fields, e->count * sizeof *more);
    more[e->count] =
        (struct field){.name = str_of(name), .class = class, .open = true, .json = S("null")};
    e->fields = more;
    e->count++;
}

/* ---- commitments -------------------------------------------------------------------------- */

void field_commit(struct field *f)
{
    u8 len = (u8)f->name.len;
    str parts[] = {{(char *)f->salt, SALT_SIZE}, {(char *)&len, 1}, f->name, f->json};

    assert(f->name.len <= 255);
    sm3_parts(parts, COUNT(parts), &f->commitment);
}

/* entry = 0x01 ‖ SM3(u8 len ‖ kind ‖ u16 version ‖ h₁ … hₙ), numbers big-endian. */
void event_commit(struct event *e)
{
    u8 len = (u8)e->kind.len;
    u8 version[2] = {(u8)(e->version >> 8), (u8)e->version};
    str parts[3 + FIELDS_MOST] = {{(char *)&len, 1}, e->kind, {(char *)version, 2}};
    digest d;

    assert(e->kind.len <= 255 && e->count <= FIELDS_MOST);
    for (size_t i = 0; i < e->count; i++)
        parts[3 + i] = (str){(char *)e->fields[i].commitment.at, sizeof(digest)};
    sm3_parts(parts, 3 + e->count, &d);
    e->entry[0] = 1;
    memcpy(e->entry + 1, d.at, sizeof d.at);
}

/* ---- the stored form ---------------------------------------------------------------------- */

/* A person's value never stands in a body; that there is none does. */
static bool is_closed(const struct field *f)
{
    return !f->open || (class_is_person(f->class) && !str_eq(f->json, S("null")));
}

/* Open fields: [name,class,value]; closed and persons': [name,class,null,commitment(,person)]. */
static void body_field(struct buf *out, const struct field *f)
{
    bool closed = is_closed(f);

    buf_byte(out, '[');
    json_quote(out, f->name);
    buf_format(out, ",\"%s\",", class_names[f->class]);
    if (closed)
        buf_format(out, "null,\"%.*s\"", STR(hex_of(out->arena, f->commitment.at, sizeof(digest))));
    else
        buf_str(out, f->json);
    if (closed && class_is_person(f->class))
        buf_format(out, ",\"%lld\"", (long long)f->person);
    buf_byte(out, ']');
}

str event_body(struct arena *a, const struct event *e)
{
    struct buf out = buf_in(a);

    buf_z(&out, "{\"fields\":[");
    for (size_t i = 0; i < e->count; i++) {
        if (i)
            buf_byte(&out, ',');
        body_field(&out, &e->fields[i]);
    }
    buf_z(&out, "],\"kind\":");
    json_quote(&out, e->kind);
    buf_format(&out, ",\"version\":%d}", e->version);
    return buf_text(&out);
}

str event_salts(struct arena *a, const struct event *e)
{
    struct buf out = buf_in(a);

    for (size_t i = 0; i < e->count; i++)
        if (!is_closed(&e->fields[i]))
            buf_add(&out, e->fields[i].salt, SALT_SIZE);
    return buf_text(&out);
}

static fallible class_of(const struct json *item, enum field_class *out)
{
    REQUIRE(item != NULL && item->kind == J_STRING, ERR_CORRUPT, "a field without a class");
    for (size_t i = 0; i < COUNT(class_names); i++)
        if (str_eq(item->text, str_of(class_names[i]))) {
            *out = (enum field_class)i;
            return OK;
        }
    FAIL(ERR_CORRUPT, "no class %.*s", STR(item->text));
}

static fallible read_closed(const struct json *item, struct field *f)
{
    REQUIRE(item->kind == J_STRING, ERR_CORRUPT, "a closed field without a commitment");
    TRY(hex_to(item->text, f->commitment.at, sizeof(digest)));
    if (!class_is_person(f->class))
        return OK;
    REQUIRE(item->next != NULL && item->next->kind == J_STRING, ERR_CORRUPT, "whose value?");
    return str_i64(item->next->text, &f->person);
}

static fallible read_field(struct arena *a, const struct json *item, str *salts, struct field *f)
{
    REQUIRE(item->kind == J_ARRAY && item->count >= 3, ERR_CORRUPT, "no field");
    const struct json *name = item->child, *value = name->next->next;

    REQUIRE(name->kind == J_STRING && name->text.len <= 255, ERR_CORRUPT, "no name");
    f->name = name->text;
    TRY(class_of(name->next, &f->class));
    if (item->count > 3)
        return read_closed(value->next, f);

    struct buf json = buf_in(a);
    REQUIRE(json_has_canonical(value), ERR_CORRUPT, "a number that no body holds");
    json_canonical(&json, value);
    f->json = buf_text(&json);
    f->open = true;
    REQUIRE(salts->len >= SALT_SIZE, ERR_CORRUPT, "salts are missing");
    memcpy(f->salt, salts->ptr, SALT_SIZE);
    *salts = str_sub(*salts, SALT_SIZE, salts->len);
    field_commit(f);
    return OK;
}

static fallible read_streams(struct arena *a, struct event *e)
{
    const struct field *f = event_field(e, "streams");
    struct json *list;

    REQUIRE(f != NULL, ERR_CORRUPT, "an event without streams");
    TRY(json_read(a, f->json, &list));
    REQUIRE(list->kind == J_ARRAY && list->count <= STREAMS_MOST, ERR_CORRUPT, "too many streams");
    e->stream_count = 0;
    for (const struct json *s = list->child; s != NULL; s = s->next) {
        struct stream_ref *ref = &e->streams[e->stream_count++];

        REQUIRE(s->kind == J_ARRAY && s->count == 3 && s->child->kind == J_STRING &&
                    s->child->next->kind == J_STRING && s->child->next->next->kind == J_INT,
                ERR_CORRUPT, "no stream");
        ref->kind = s->child->text;
        TRY(str_i64(s->child->next->text, &ref->id));
        ref->version = s->child->next->next->integer;
    }
    return OK;
}

static fallible read_envelope(struct arena *a, struct event *e)
{
    const struct field *origin = event_field(e, "origin");
    struct json *json;

    e->id = event_i64(e, "id");
    e->recorded = event_i64(e, "recorded");
    REQUIRE(origin != NULL && e->id > 0, ERR_CORRUPT, "an event without origin or id");
    TRY(json_read(a, origin->json, &json));
    e->site = json_str(json, S("site"));
    REQUIRE(e->site.len > 0, ERR_CORRUPT, "an event without a site");
    return read_streams(a, e);
}

static fallible read_tree(struct arena *a, str body, str salts, struct event *e)
{
    struct json *json;
    i64 version;

    TRY(json_read(a, body, &json));
    const struct json *fields = json_get(json, S("fields"));
    REQUIRE(fields != NULL && fields->kind == J_ARRAY && fields->count <= FIELDS_MOST, ERR_CORRUPT,
            "an event without fields");
    TRY(json_i64(json, S("version"), &version));
    REQUIRE(version > 0 && version < 65536, ERR_CORRUPT, "version %lld", (long long)version);
    e->kind = json_str(json, S("kind"));
    e->version = (int)version;
    REQUIRE(e->kind.len > 0 && e->kind.len <= 255, ERR_CORRUPT, "an event without a kind");
    e->fields = NEW_N(a, fields->count + 1, struct field);
    for (const struct json *item = fields->child; item != NULL; item = item->next)
        TRY(read_field(a, item, &salts, &e->fields[e->count++]));
    REQUIRE(salts.len == 0, ERR_CORRUPT, "salts are left over");
    return OK;
}

fallible event_read(struct arena *a, str body, str salts, struct event *out)
{
    struct event e = {0};
    err why = read_tree(a, body, salts, &e);

    if (why == OK)
        why = read_envelope(a, &e);
    REQUIRE(why == OK, ERR_CORRUPT, "%s", why->message);
    REQUIRE(str_eq(event_body(a, &e), body), ERR_CORRUPT, "the body isn't in canonical form");
    event_commit(&e);
    *out = e;
    return OK;
}
