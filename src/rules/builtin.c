/* The table of FEEL's functions: finding one, fitting arguments to its parameters. */
#include "rules/builtin_int.h"

enum { MOST_PARAMETERS = 8 };

const struct builtin builtins[] = {
#define BUILTIN(word, words, letters, function) {word, words, letters, function},
#include "rules/builtin.def"
#undef BUILTIN
};
const size_t builtin_count = COUNT(builtins);

fallible no(struct run *r, const char *why, feel *out)
{
    run_note(r, NULL, why);
    *out = feel_null();
    return OK;
}

static bool same_name(const struct builtin *a, const struct builtin *b)
{
    return strcmp(a->name, b->name) == 0;
}

const struct builtin *builtin_find(str name, size_t *overloads)
{
    const struct builtin *found = NULL;

    *overloads = 0;
    for (size_t i = 0; i < builtin_count; i++)
        if (str_eq(name, str_of(builtins[i].name))) {
            found = found ? found : &builtins[i];
            ++*overloads;
        }
    return found;
}

/* ---- parameters --------------------------------------------------------------------------- */

struct parameter {
    char type;
    bool optional, nullable, many;
};

static size_t parameters_of(const struct builtin *b, struct parameter out[MOST_PARAMETERS])
{
    size_t count = 0;

    for (const char *t = b->types; *t; t++) {
        struct parameter p = {0};

        for (; *t == '?' || *t == '~'; t++) {
            p.optional |= *t == '?';
            p.nullable |= *t == '~';
        }
        p.type = *t;
        p.many = t[1] == '*';
        t += p.many;
        assert(count < MOST_PARAMETERS);
        out[count++] = p;
    }
    return count;
}

int builtin_arity(const struct builtin *b)
{
    struct parameter p[MOST_PARAMETERS];

    return (int)parameters_of(b, p);
}

static bool kind_fits(char type, u8 kind)
{
    switch (type) {
    case 'n':
        return kind == FEEL_NUMBER;
    case 's':
        return kind == FEEL_STRING;
    case 'b':
        return kind == FEEL_BOOL;
    case 'l':
        return kind == FEEL_LIST;
    case 'c':
        return kind == FEEL_CONTEXT;
    case 'k':
        return kind == FEEL_DATE || kind == FEEL_DATETIME;
    case 't':
        return kind == FEEL_TIME;
    case 'u':
        return kind == FEEL_SECONDS;
    case 'm':
        return kind == FEEL_MONTHS;
    case 'r':
        return kind == FEEL_RANGE;
    case 'f':
        return kind == FEEL_FUNCTION;
    case 'p':
        return kind != FEEL_RANGE && kind != FEEL_LIST;
    default:
        return true;
    }
}

/* One argument with the implicit conversions; false if it doesn't fit. */
static bool fit(struct run *r, struct parameter p, feel v, feel *out)
{
    *out = v;
    if (p.type == 'a' || p.type == 'v')
        return true;
    if (v.kind == FEEL_NULL)
        return p.nullable;
    if (kind_fits(p.type, v.kind))
        return true;
    if (p.type == 'l') {
        feel *one = NEW(r->arena, feel);

        *one = v;
        return feel_list(one, 1, out) == OK;
    }
    if (v.kind != FEEL_LIST || v.count != 1 || !kind_fits(p.type, v.items[0].kind))
        return false;
    *out = v.items[0];
    return v.items[0].kind != FEEL_NULL;
}

static bool fit_all(struct run *r, const struct parameter *p, size_t parameters, const feel *args,
                    size_t count, feel *fitted)
{
    bool many = parameters > 0 && p[parameters - 1].many;

    if (count > parameters && !many)
        return false;
    for (size_t i = count; i < parameters; i++)
        if (!p[i].optional)
            return false;
    for (size_t i = 0; i < count; i++)
        if (!fit(r, p[i < parameters ? i : parameters - 1], args[i], &fitted[i]))
            return false;
    return true;
}

/* «min(1, 2, 3)» is «min([1, 2, 3])». */
static fallible call_with_list(struct run *r, const struct builtin *b, const feel *args,
                               size_t count, feel *out)
{
    feel list;

    if (count == 0 || (count == 1 && args[0].kind == FEEL_NULL))
        return no(r, "there is no list", out);
    if (count == 1 && args[0].kind == FEEL_LIST) {
        list = args[0];
    } else {
        feel *items = NEW_N(r->arena, count, feel);

        memcpy(items, args, count * sizeof *items);
        TRY(feel_list(items, count, &list));
    }
    TRY(b->run(r, &list, 1, out));
    r->at = NULL;
    return OK;
}

fallible builtin_call(struct run *r, const struct node *at, const struct builtin *b,
                      const feel *args, size_t count, feel *out)
{
    struct parameter p[MOST_PARAMETERS];
    feel few[MOST_PARAMETERS + 1], *fitted = few;

    r->at = at;
    if (b->types[0] == 'v')
        return call_with_list(r, b, args, count, out);
    if (count > COUNT(few))
        fitted = NEW_N(r->arena, count, feel);
    for (const struct builtin *form = b; form < builtins + builtin_count && same_name(form, b);
         form++) {
        size_t parameters = parameters_of(form, p);

        if (!fit_all(r, p, parameters, args, count, fitted))
            continue;
        for (size_t i = count; i < parameters; i++)
            fitted[i] = feel_null();
        TRY(form->run(r, fitted, count, out));
        r->at = NULL;
        return OK;
    }
    r->at = NULL;
    run_note(r, at, "the arguments don't fit the function");
    *out = feel_null();
    return OK;
}

/* Where a parameter of that name stands; -1 if the form has none. */
static int place_of(const struct builtin *form, str name)
{
    str rest = str_of(form->names), piece;

    for (int i = 0; form->names[0] && str_split(&rest, ',', &piece); i++)
        if (str_eq(piece, name))
            return i;
    return -1;
}

/* False if the form has no such names, or lacks one that it needs. */
static bool place_named(const struct builtin *form, const str *names, const feel *args,
                        size_t count, feel *placed, size_t *used)
{
    struct parameter p[MOST_PARAMETERS];
    size_t parameters = parameters_of(form, p);
    bool given[MOST_PARAMETERS] = {0};

    *used = 0;
    for (size_t i = 0; i < parameters; i++)
        placed[i] = feel_null();
    for (size_t i = 0; i < count; i++) {
        int place = place_of(form, names[i]);

        if (place < 0 || given[place])
            return false;
        given[place] = true;
        placed[place] = args[i];
        if ((size_t)place + 1 > *used)
            *used = (size_t)place + 1;
    }
    for (size_t i = 0; i < parameters; i++)
        if (!given[i] && !p[i].optional && !p[i].nullable)
            return false;
    *used = parameters;
    return true;
}

fallible builtin_named(struct run *r, const struct node *at, const struct builtin *b,
                       const str *names, const feel *args, size_t count, feel *out)
{
    struct parameter p[MOST_PARAMETERS];
    feel placed[MOST_PARAMETERS], fitted[MOST_PARAMETERS];
    size_t used;

    r->at = at;
    for (const struct builtin *form = b; form < builtins + builtin_count && same_name(form, b);
         form++) {
        if (count > MOST_PARAMETERS || !place_named(form, names, args, count, placed, &used))
            continue;
        if (form->types[0] == 'v')
            return call_with_list(r, form, placed, used, out);
        if (!fit_all(r, p, parameters_of(form, p), placed, used, fitted))
            continue;
        TRY(form->run(r, fitted, used, out));
        r->at = NULL;
        return OK;
    }
    r->at = NULL;
    run_note(r, at, "the arguments don't fit the function");
    *out = feel_null();
    return OK;
}

fallible run_text(struct run *r, struct buf *b, feel *out)
{
    REQUIRE(b->len <= FEEL_LONGEST_STRING, ERR_LIMIT, "a string has over %d bytes",
            FEEL_LONGEST_STRING);
    TRY(run_spend(r, (i64)(b->len / 64)));
    *out = feel_string(buf_text(b));
    return OK;
}

fallible run_list(struct run *r, const feel *items, size_t count, feel *out)
{
    TRY(run_spend(r, (i64)count));
    return feel_list(items, count, out);
}
