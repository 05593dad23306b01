/* A clock's public events from JSON. */
#include "calendar/calendar_int.h"

/* Is each member one of these? A misspelt one would be overlooked. */
static fallible known(const struct json *object, const char *where, const char *const *names,
                      size_t count)
{
    REQUIRE(object != NULL && object->kind == J_OBJECT, ERR_INPUT, "%s is no object", where);
    for (const struct json *m = object->child; m != NULL; m = m->next) {
        bool found = false;

        for (size_t i = 0; i < count; i++)
            found |= str_eq(m->key, str_of(names[i]));
        REQUIRE(found, ERR_INPUT, "%s: unknown member \"%.*s\"", where, STR(m->key));
    }
    return OK;
}

static fallible day_of(const struct json *value, const char *what, date *out)
{
    REQUIRE(value != NULL && value->kind == J_STRING && date_parse(value->text, out) == OK,
            ERR_INPUT, "%s is no day YYYY-MM-DD", what);
    return OK;
}

static bool is_absent(const struct json *value)
{
    return value == NULL || value->kind == J_NULL;
}

static fallible maybe_day(const struct json *object, str key, bool *given, date *out)
{
    const struct json *value = json_get(object, key);

    *given = !is_absent(value);
    return *given ? day_of(value, key.ptr, out) : OK;
}

static fallible array(const struct json *object, str key, size_t most, const struct json **first,
                      size_t *count)
{
    const struct json *value = json_get(object, key);

    *first = NULL;
    *count = 0;
    if (is_absent(value))
        return OK;
    REQUIRE(value->kind == J_ARRAY, ERR_INPUT, "%s is no array", key.ptr);
    REQUIRE(value->count <= most, ERR_LIMIT, "over %zu %s", most, key.ptr);
    *first = value->child;
    *count = value->count;
    return OK;
}

static fallible read_pauses(struct arena *a, const struct json *from, struct limit_clock *k)
{
    static const char *const names[] = {"ground", "from", "to"};
    const struct json *item;

    TRY(array(from, S("pauses"), MOST_PAUSES, &item, &k->pause_count));
    struct limit_pause *p = NEW_N(a, k->pause_count, struct limit_pause);
    k->pauses = p;
    for (; item != NULL; item = item->next, p++) {
        TRY(known(item, "pauses", names, COUNT(names)));
        TRY(pause_ground_of(json_str(item, S("ground")), &p->ground));
        TRY(day_of(json_get(item, S("from")), "pauses: from", &p->from));
        TRY(maybe_day(item, S("to"), &p->open, &p->to));
        p->open = !p->open;
    }
    return OK;
}

static fallible read_restarts(struct arena *a, const struct json *from, struct limit_clock *k)
{
    const struct json *item;

    TRY(array(from, S("restarts"), MOST_RESTARTS, &item, &k->restart_count));
    date *d = NEW_N(a, k->restart_count, date);
    k->restarts = d;
    for (; item != NULL; item = item->next, d++)
        TRY(day_of(item, "restarts", d));
    return OK;
}

static fallible read_extensions(struct arena *a, const struct json *from, struct limit_clock *k)
{
    static const char *const names[] = {"on", "n", "by", "article"};
    const struct json *item;

    TRY(array(from, S("extensions"), MOST_EXTENSIONS, &item, &k->extension_count));
    struct limit_extension *x = NEW_N(a, k->extension_count, struct limit_extension);
    k->extensions = x;
    for (; item != NULL; item = item->next, x++) {
        TRY(known(item, "extensions", names, COUNT(names)));
        TRY(day_of(json_get(item, S("on")), "extensions: on", &x->on));
        TRY(json_i64(item, S("n"), &x->days));
        x->by = json_str(item, S("by"));
        x->article = json_str(item, S("article"));
    }
    return OK;
}

static fallible read_receipt(const struct json *from, struct limit_clock *k)
{
    static const char *const names[] = {"received", "noticed", "accepted"};
    const struct json *r = json_get(from, S("receipt"));

    if (is_absent(r))
        return day_of(json_get(from, S("start")), "start", &k->start);
    REQUIRE(json_get(from, S("start")) == NULL, ERR_INPUT, "start and receipt exclude each other");
    TRY(known(r, "receipt", names, COUNT(names)));
    k->receipt.given = true;
    TRY(day_of(json_get(r, S("received")), "receipt: received", &k->receipt.received));
    TRY(maybe_day(r, S("noticed"), &k->receipt.noticed, &k->receipt.noticed_on));
    return maybe_day(r, S("accepted"), &k->receipt.accepted, &k->receipt.accepted_on);
}

fallible calendar_clock_read(struct arena *a, const struct json *from, struct limit_asked *out)
{
    static const char *const names[] = {"kind",   "law",      "start",      "receipt", "n",
                                        "pauses", "restarts", "extensions", "as_of"};
    struct limit_asked asked = {0};
    struct limit_clock *k = &asked.clock;

    TRY(known(from, "a clock", names, COUNT(names)));
    TRY(limit_kind_of(json_str(from, S("kind")), &k->kind));
    k->law = k->kind == LIMIT_WORKING ? LAW_PERMIT : LAW_OTHER;
    if (json_get(from, S("law")) != NULL)
        TRY(limit_law_of(json_str(from, S("law")), &k->law));
    TRY(json_i64(from, S("n"), &k->days));
    TRY(read_receipt(from, k));
    TRY(read_pauses(a, from, k));
    TRY(read_restarts(a, from, k));
    TRY(read_extensions(a, from, k));
    TRY(maybe_day(from, S("as_of"), &asked.as_of_given, &asked.as_of));
    *out = asked;
    return OK;
}
