/* Types: FEEL's own, those written in expressions, and whether a value has one (10.3.2.9). */
#include "rules/parse_int.h"

static const struct type plains[] = {
    [TYPE_ANY] = {.kind = TYPE_ANY},
    [TYPE_BOOL] = {.kind = TYPE_BOOL},
    [TYPE_NUMBER] = {.kind = TYPE_NUMBER},
    [TYPE_STRING] = {.kind = TYPE_STRING},
    [TYPE_DATE] = {.kind = TYPE_DATE},
    [TYPE_TIME] = {.kind = TYPE_TIME},
    [TYPE_DATETIME] = {.kind = TYPE_DATETIME},
    [TYPE_MONTHS] = {.kind = TYPE_MONTHS},
    [TYPE_SECONDS] = {.kind = TYPE_SECONDS},
    [TYPE_LIST] = {.kind = TYPE_LIST, .any_form = true},
    [TYPE_CONTEXT] = {.kind = TYPE_CONTEXT, .any_form = true},
    [TYPE_RANGE] = {.kind = TYPE_RANGE, .any_form = true},
    [TYPE_FUNCTION] = {.kind = TYPE_FUNCTION, .any_form = true},
    [TYPE_NULL] = {.kind = TYPE_NULL},
    [TYPE_ALIAS] = {.kind = TYPE_UNKNOWN},
    [TYPE_UNKNOWN] = {.kind = TYPE_UNKNOWN},
};

/* The second names are those of DMN 1.1 and 1.2. */
static const struct {
    const char *name;
    u8 kind;
} names[] = {{"Any", TYPE_ANY},
             {"boolean", TYPE_BOOL},
             {"number", TYPE_NUMBER},
             {"string", TYPE_STRING},
             {"date and time", TYPE_DATETIME},
             {"dateTime", TYPE_DATETIME},
             {"date", TYPE_DATE},
             {"time", TYPE_TIME},
             {"years and months duration", TYPE_MONTHS},
             {"yearMonthDuration", TYPE_MONTHS},
             {"days and time duration", TYPE_SECONDS},
             {"day and time duration", TYPE_SECONDS},
             {"dayTimeDuration", TYPE_SECONDS},
             {"list", TYPE_LIST},
             {"context", TYPE_CONTEXT},
             {"range", TYPE_RANGE},
             {"function", TYPE_FUNCTION},
             {"Null", TYPE_NULL}};

const struct type *type_plain(enum type_kind kind)
{
    return &plains[kind];
}

const struct type *type_builtin(str name)
{
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq(name, str_of(names[i].name)))
            return &plains[names[i].kind];
    return NULL;
}

/* ---- reading ------------------------------------------------------------------------------ */

static size_t match_type(const struct parser *p, str name)
{
    size_t at = p->at;

    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == ' ') {
            size_t end = space_end(p->text, at);

            if (end == at)
                return 0;
            at = end;
        } else if (at < p->text.len && p->text.ptr[at] == name.ptr[i]) {
            at++;
        } else {
            return 0;
        }
    }
    return word_end(p->text, at) == at ? at : 0;
}

/* The longest name of a type here: FEEL's own or an item definition. */
static const struct type *longest(const struct parser *p, size_t *best)
{
    const struct type *found = NULL;
    const struct types *types = p->src->types;

    *best = 0;
    for (size_t i = 0; i < COUNT(names); i++) {
        size_t end = match_type(p, str_of(names[i].name));

        if (end > *best) {
            *best = end;
            found = &plains[names[i].kind];
        }
    }
    for (size_t i = 0; types != NULL && i < types->by_name.count; i++) {
        size_t end = match_type(p, types->by_name.entries[i].key);

        if (end > *best) {
            *best = end;
            found = types->by_name.entries[i].value;
        }
    }
    return found;
}

static fallible parse_members(struct parser *p, struct type *t)
{
    VEC(struct member) members = {0};

    while (peek(p) != '>') {
        struct member m = {0};

        if (members.count)
            TRY(take_byte(p, ','));
        if (t->kind == TYPE_CONTEXT) {
            TRY(read_name(p, ":", &m.name));
            TRY(take_byte(p, ':'));
        }
        TRY(parse_type_at(p, &m.type));
        vec_push(p->a, &members, m);
    }
    t->members = members.at;
    t->member_count = members.count;
    return OK;
}

static fallible parse_generic(struct parser *p, u8 kind, const struct type **out)
{
    struct type *t = NEW(p->a, struct type);

    t->kind = kind;
    TRY(take_byte(p, '<'));
    if (kind == TYPE_LIST || kind == TYPE_RANGE)
        TRY(parse_type_at(p, &t->element));
    else
        TRY(parse_members(p, t));
    TRY(take_byte(p, '>'));
    if (kind == TYPE_FUNCTION) {
        if (!at_text(p, "->"))
            return fail_at(p, p->at, "expected ->");
        p->at += 2;
        TRY(skip(p));
        TRY(parse_type_at(p, &t->element));
    }
    *out = t;
    return OK;
}

fallible parse_type_at(struct parser *p, const struct type **out)
{
    size_t end;

    TRY(skip(p));
    REQUIRE(p->depth < FEEL_DEEPEST_TEXT, ERR_LIMIT, "column %u: types nested deeper than %d",
            column_of(p, p->at), FEEL_DEEPEST_TEXT);
    const struct type *t = longest(p, &end);
    if (t == NULL)
        return fail_at(p, p->at, "no such type");
    p->at = end;
    TRY(skip(p));
    if (t->any_form && t->kind >= TYPE_LIST && t->kind <= TYPE_FUNCTION && peek(p) == '<') {
        p->depth++;
        TRY(parse_generic(p, t->kind, &t));
        p->depth--;
    }
    *out = t;
    return OK;
}

fallible parse_type(const struct source *src, const struct type **out)
{
    struct pool none = {.arena = src->arena};
    struct parser p = {
        .src = src, .a = src->arena, .text = src->text, .mark_column = 1, .pool = &none};

    TRY(skip(&p));
    TRY(parse_type_at(&p, out));
    return p.at < p.text.len ? fail_at(&p, p.at, "unexpected text") : OK;
}
