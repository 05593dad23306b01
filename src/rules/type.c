/* Whether a value has a type, and the implicit conversions (DMN 1.5, 10.3.2.9). */
#include "rules/rules_int.h"

enum { MOST_ALIASES = 64 };

const struct type *type_real(const struct type *t)
{
    for (int i = 0; t != NULL && t->kind == TYPE_ALIAS && i < MOST_ALIASES; i++)
        t = t->element;
    return t == NULL || t->kind == TYPE_ALIAS ? type_plain(TYPE_ANY) : t;
}

static u8 kind_of_type(u8 type)
{
    static const u8 kinds[] = {[TYPE_BOOL] = FEEL_BOOL,     [TYPE_NUMBER] = FEEL_NUMBER,
                               [TYPE_STRING] = FEEL_STRING, [TYPE_DATE] = FEEL_DATE,
                               [TYPE_TIME] = FEEL_TIME,     [TYPE_DATETIME] = FEEL_DATETIME,
                               [TYPE_MONTHS] = FEEL_MONTHS, [TYPE_SECONDS] = FEEL_SECONDS,
                               [TYPE_LIST] = FEEL_LIST,     [TYPE_CONTEXT] = FEEL_CONTEXT,
                               [TYPE_RANGE] = FEEL_RANGE,   [TYPE_FUNCTION] = FEEL_FUNCTION};

    return type < COUNT(kinds) ? kinds[type] : FEEL_NULL;
}

static const struct member *member_find(const struct type *t, str name)
{
    for (size_t i = 0; i < t->member_count; i++)
        if (str_eq(t->members[i].name, name))
            return &t->members[i];
    return NULL;
}

/* ---- one type and another ----------------------------------------------------------------- */

static bool covers(const struct type *wide, const struct type *narrow, int depth);

static bool covers_members(const struct type *wide, const struct type *narrow, int depth)
{
    for (size_t i = 0; i < wide->member_count; i++) {
        const struct member *m = member_find(narrow, wide->members[i].name);

        if (m == NULL || !covers(wide->members[i].type, m->type, depth))
            return false;
    }
    return true;
}

/* Parameters the other way round: who takes more can stand for who takes less. */
static bool covers_function(const struct type *wide, const struct type *narrow, int depth)
{
    if (wide->member_count != narrow->member_count)
        return false;
    for (size_t i = 0; i < wide->member_count; i++)
        if (!covers(narrow->members[i].type, wide->members[i].type, depth))
            return false;
    return covers(wide->element, narrow->element, depth);
}

static bool covers(const struct type *wide, const struct type *narrow, int depth)
{
    wide = type_real(wide);
    narrow = type_real(narrow);
    if (wide->kind == TYPE_ANY || narrow->kind == TYPE_NULL)
        return true;
    if (wide->kind != narrow->kind || depth > FEEL_DEEPEST_VALUE)
        return false;
    if (wide->any_form || wide == narrow)
        return true;
    switch (wide->kind) {
    case TYPE_LIST:
    case TYPE_RANGE:
        return covers(wide->element, narrow->any_form ? type_plain(TYPE_ANY) : narrow->element,
                      depth + 1);
    case TYPE_CONTEXT:
        return covers_members(wide, narrow, depth + 1);
    case TYPE_FUNCTION:
        return !narrow->any_form && covers_function(wide, narrow, depth + 1);
    default:
        return true;
    }
}

bool type_covers(const struct type *wide, const struct type *narrow)
{
    return covers(wide, narrow, 0);
}

/* ---- a value and a type ------------------------------------------------------------------- */

/* What a body gives, where it can be seen without running it. */
static const struct type *guess(const struct node *body)
{
    if (body->kind == N_CONST && body->value.kind != FEEL_NULL)
        for (u8 t = TYPE_BOOL; t <= TYPE_FUNCTION; t++)
            if (kind_of_type(t) == body->value.kind)
                return type_plain(t);
    if (body->kind == N_ADD && guess(body->kids[0])->kind == TYPE_STRING)
        return type_plain(TYPE_STRING);
    if (body->kind >= N_EQ && body->kind <= N_IN)
        return type_plain(TYPE_BOOL);
    return type_plain(TYPE_ANY);
}

static const struct type *function_result(const struct feel_function *f)
{
    const struct function_code *code = f->element != NULL ? element_code(f->element) : f->code;

    if (code == NULL)
        return type_plain(TYPE_ANY);
    if (code->result != NULL)
        return code->result;
    return code->body != NULL ? guess(code->body) : type_plain(TYPE_ANY);
}

static bool function_has(const struct type *t, const struct feel_function *f)
{
    struct type of = {.kind = TYPE_FUNCTION};

    if (t->any_form)
        return true;
    if (f->builtin != NULL)
        return builtin_arity(f->builtin) == (int)t->member_count &&
               type_real(t->element)->kind == TYPE_ANY;
    if (f->element != NULL) {
        of.members = element_parameters(f->element, &of.member_count);
    } else {
        of.members = f->code->parameters;
        of.member_count = f->code->count;
    }
    of.element = function_result(f);
    return covers_function(t, &of, 0);
}

static bool range_type_has(const struct type *t, const struct feel_range *r)
{
    return t->any_form || (type_has(t->element, r->low) && type_has(t->element, r->high));
}

static bool context_has(const struct type *t, const struct feel_context *c)
{
    for (size_t i = 0; i < t->member_count; i++) {
        const struct feel_entry *e = context_find(c, t->members[i].name);

        if (e == NULL || !type_has(t->members[i].type, e->value))
            return false;
    }
    return true;
}

static bool list_has(const struct type *t, feel v)
{
    for (u32 i = 0; !t->any_form && i < v.count; i++)
        if (!type_has(t->element, v.items[i]))
            return false;
    return true;
}

bool type_has(const struct type *t, feel v)
{
    t = type_real(t);
    if (v.kind == FEEL_NULL || t->kind == TYPE_ANY)
        return true;
    if (kind_of_type(t->kind) != v.kind)
        return false;
    switch (t->kind) {
    case TYPE_LIST:
        return list_has(t, v);
    case TYPE_CONTEXT:
        return context_has(t, v.context);
    case TYPE_RANGE:
        return range_type_has(t, v.range);
    case TYPE_FUNCTION:
        return function_has(t, v.function);
    default:
        return true;
    }
}

/* ---- conversion --------------------------------------------------------------------------- */

static const char mismatch[] = "the value isn't of the declared type";
static const char not_allowed[] = "the value isn't one of the allowed values";

static fallible convert_list(struct run *r, const struct type *t, feel v, feel *out,
                             const char **why)
{
    feel *items;

    if (t->any_form) {
        *out = v;
        return OK;
    }
    items = NEW_N(r->arena, v.count + 1, feel);
    TRY(run_spend(r, v.count));
    for (u32 i = 0; i < v.count && !**why; i++)
        TRY(type_convert(r, t->element, v.items[i], &items[i], why));
    return feel_list(items, v.count, out);
}

static fallible convert_context(struct run *r, const struct type *t, feel v, feel *out,
                                const char **why)
{
    const struct feel_context *c = v.context;
    struct feel_entry *entries;

    *out = v;
    if (t->any_form)
        return OK;
    entries = NEW_N(r->arena, c->count + 1, struct feel_entry);
    TRY(run_spend(r, (i64)c->count));
    for (size_t i = 0; i < c->count && !**why; i++) {
        const struct member *m = member_find(t, c->entries[i].key);

        entries[i] = c->entries[i];
        if (m != NULL)
            TRY(type_convert(r, m->type, c->entries[i].value, &entries[i].value, why));
    }
    return feel_context(r->arena, entries, c->count, out);
}

static feel midnight(struct run *r, feel v)
{
    struct feel_moment *m = NEW(r->arena, struct feel_moment);

    m->days = v.days;
    m->zoned = ZONE_OFFSET;
    return (feel){.kind = FEEL_DATETIME, .moment = m};
}

/* To the type's kind, constraints aside. */
static fallible convert_kind(struct run *r, const struct type *t, feel v, feel *out,
                             const char **why)
{
    *out = v;
    if (t->kind == TYPE_ANY)
        return OK;
    TRY(run_spend(r, value_weight(v)));
    if (t->kind == TYPE_LIST) {
        feel *one = NEW(r->arena, feel);

        *one = v;
        if (v.kind != FEEL_LIST)
            TRY(feel_list(one, 1, &v));
        return convert_list(r, t, v, out, why);
    }
    if (v.kind == FEEL_LIST && v.count == 1)
        return type_convert(r, t, v.items[0], out, why);
    if (t->kind == TYPE_CONTEXT && v.kind == FEEL_CONTEXT)
        return convert_context(r, t, v, out, why);
    if (t->kind == TYPE_DATETIME && v.kind == FEEL_DATE)
        *out = midnight(r, v);
    else if (!type_has(t, v))
        *why = mismatch;
    return OK;
}

static fallible allowed(struct run *r, const struct node *tests, feel v, const char **why)
{
    enum truth t;
    struct feel_notes *notes = r->options.notes;

    if (tests == NULL || **why)
        return OK;
    r->options.notes = NULL;
    TRY(test_input(r, tests, v, &t));
    r->options.notes = notes;
    if (t != TRUE)
        *why = not_allowed;
    return OK;
}

static fallible convert(struct run *r, const struct type *t, feel v, feel *out, const char **why)
{
    const struct type *real = type_real(t);

    TRY(convert_kind(r, real, v, out, why));
    for (int i = 0; t != NULL && i < MOST_ALIASES; i++) {
        TRY(allowed(r, t->allowed, *out, why));
        TRY(allowed(r, t->whole, *out, why));
        t = t->kind == TYPE_ALIAS ? t->element : NULL;
    }
    return OK;
}

fallible type_convert(struct run *r, const struct type *t, feel v, feel *out, const char **why)
{
    feel result = v;

    *why = "";
    bool plain = t != NULL && t->kind >= TYPE_BOOL && t->kind <= TYPE_SECONDS &&
                 t->allowed == NULL && t->whole == NULL;
    if (t == NULL || v.kind == FEEL_NULL || (plain && kind_of_type(t->kind) == v.kind)) {
        *out = v;
        return OK;
    }
    REQUIRE(++r->depth < FEEL_DEEPEST_RUN, ERR_LIMIT, "types are nested too deep");
    TRY(convert(r, t, v, &result, why));
    r->depth--;
    *out = **why ? feel_null() : result;
    return OK;
}

/* ---- names -------------------------------------------------------------------------------- */

str type_name(struct arena *a, const struct type *t)
{
    static const char *const names[] = {"Any",
                                        "boolean",
                                        "number",
                                        "string",
                                        "date",
                                        "time",
                                        "date and time",
                                        "years and months duration",
                                        "days and time duration",
                                        "list",
                                        "context",
                                        "range",
                                        "function",
                                        "Null"};

    if (t == NULL)
        return S("Any");
    if (t->name.len)
        return t->name;
    t = type_real(t);
    if (t->name.len || t->kind >= COUNT(names))
        return t->name;
    if (t->kind == TYPE_LIST && !t->any_form)
        return str_format(a, "list<%.*s>", STR(type_name(a, t->element)));
    return str_of(names[t->kind]);
}
