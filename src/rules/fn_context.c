/* FEEL's functions on contexts (DMN 1.5, 10.3.4.8) and is(). */
#include "rules/builtin_int.h"

fallible fn_is(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    TRY(run_spend(r, value_weight(args[0])));
    *out = feel_bool(value_same(args[0], args[1]));
    return OK;
}

fallible fn_same(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)r;
    (void)count;
    *out = args[0];
    return OK;
}

fallible fn_get_value(struct run *r, const feel *args, size_t count, feel *out)
{
    const feel *found = feel_get(args[0], feel_text(args[1]));

    (void)count;
    if (found == NULL)
        return no(r, "the context has no such entry", out);
    *out = *found;
    return OK;
}

fallible fn_get_value_keys(struct run *r, const feel *args, size_t count, feel *out)
{
    feel keys = args[1], at = args[0];

    (void)count;
    if (keys.count == 0)
        return no(r, "there is no key", out);
    for (u32 i = 0; i < keys.count; i++) {
        const feel *found =
            keys.items[i].kind == FEEL_STRING ? feel_get(at, feel_text(keys.items[i])) : NULL;

        if (found == NULL)
            return no(r, "the context has no such entry", out);
        at = *found;
    }
    *out = at;
    return OK;
}

static fallible pair(struct run *r, str key, feel value, feel *out)
{
    struct feel_entry *e = NEW_N(r->arena, 2, struct feel_entry);

    e[0] = (struct feel_entry){S("key"), feel_string(key)};
    e[1] = (struct feel_entry){S("value"), value};
    return feel_context(r->arena, e, 2, out);
}

fallible fn_get_entries(struct run *r, const feel *args, size_t count, feel *out)
{
    const struct feel_context *c = args[0].context;
    feel *items = NEW_N(r->arena, c->count + 1, feel);

    (void)count;
    for (size_t i = 0; i < c->count; i++)
        TRY(pair(r, c->entries[i].key, c->entries[i].value, &items[i]));
    return run_list(r, items, c->count, out);
}

/* Entries by key; a second one of a key replaces the first where it stands. */
struct builder {
    struct map places; /* key -> index + 1 */
    VEC(struct feel_entry) entries;
};

static void build(struct run *r, struct builder *b, str key, feel value)
{
    if (b->places.arena == NULL)
        b->places = map_in(r->arena);
    size_t place = (size_t)(uintptr_t)map_get(&b->places, key);

    if (place) {
        b->entries.at[place - 1].value = value;
        return;
    }
    vec_push(r->arena, &b->entries, ((struct feel_entry){key, value}));
    map_set(&b->places, key, (void *)(uintptr_t)b->entries.count);
}

static void build_all(struct run *r, struct builder *b, const struct feel_context *c)
{
    for (size_t i = 0; i < c->count; i++)
        build(r, b, c->entries[i].key, c->entries[i].value);
}

static fallible built(struct run *r, const struct builder *b, feel *out)
{
    TRY(run_spend(r, (i64)b->entries.count));
    return feel_context(r->arena, b->entries.at, b->entries.count, out);
}

fallible fn_context(struct run *r, const feel *args, size_t count, feel *out)
{
    struct builder b = {0};
    feel list = args[0];

    (void)count;
    for (u32 i = 0; i < list.count; i++) {
        const feel *key = feel_get(list.items[i], S("key"));
        const feel *value = feel_get(list.items[i], S("value"));

        if (key == NULL || value == NULL || key->kind != FEEL_STRING)
            return no(r, "an entry needs a key and a value", out);
        size_t before = b.entries.count;
        build(r, &b, feel_text(*key), *value);
        if (b.entries.count == before)
            return no(r, "two entries have the same key", out);
    }
    return built(r, &b, out);
}

fallible fn_context_merge(struct run *r, const feel *args, size_t count, feel *out)
{
    struct builder b = {0};
    feel list = args[0];

    (void)count;
    for (u32 i = 0; i < list.count; i++) {
        if (list.items[i].kind != FEEL_CONTEXT)
            return no(r, "not a list of contexts", out);
        build_all(r, &b, list.items[i].context);
    }
    return built(r, &b, out);
}

static fallible put(struct run *r, feel context, str key, feel value, feel *out)
{
    struct builder b = {0};

    build_all(r, &b, context.context);
    build(r, &b, key, value);
    return built(r, &b, out);
}

fallible fn_context_put(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    return put(r, args[0], feel_text(args[1]), args[2], out);
}

/* From the innermost context outwards. */
fallible fn_context_put_keys(struct run *r, const feel *args, size_t count, feel *out)
{
    feel keys = args[1], at[FEEL_DEEPEST_VALUE + 1], value = args[2];

    (void)count;
    if (keys.count == 0 || keys.count > FEEL_DEEPEST_VALUE)
        return no(r, "no keys, or too many", out);
    at[0] = args[0];
    for (u32 i = 0; i < keys.count; i++) {
        if (keys.items[i].kind != FEEL_STRING || at[i].kind != FEEL_CONTEXT)
            return no(r, "a key isn't a string, or leads to no context", out);
        const feel *found = feel_get(at[i], feel_text(keys.items[i]));
        at[i + 1] = found != NULL ? *found : feel_null();
    }
    for (u32 i = keys.count; i-- > 0;)
        TRY(put(r, at[i], feel_text(keys.items[i]), value, &value));
    *out = value;
    return OK;
}
