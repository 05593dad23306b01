/* Expressions alone: compiling against a list of names, evaluating. */
#include "rules/rules_int.h"

struct feel_expression {
    const struct node *tree;
    size_t names;
    size_t slots;
};

typedef err (*parse)(const struct source *, struct scope *, const struct node **);

static fallible compile(struct arena *a, str text, const str *names, size_t count,
                        struct feel_expression *e, parse how)
{
    struct unit unit = {0};
    struct pool pool = {.arena = a};
    struct scope *scope = scope_in(a, NULL, &unit);
    struct source src = {.arena = a, .text = text, .pool = &pool};

    for (size_t i = 0; i < count; i++)
        (void)scope_add(a, scope, names[i]);
    TRY(how(&src, scope, &e->tree));
    e->names = count;
    e->slots = unit.slots;
    return OK;
}

fallible feel_compile(struct arena *a, str text, const str *names, size_t count,
                      const struct feel_expression **out)
{
    struct feel_expression *e = NEW(a, struct feel_expression);

    TRY(compile(a, text, names, count, e, parse_expression));
    *out = e;
    return OK;
}

fallible feel_compile_tests(struct arena *a, str text, const str *names, size_t count,
                            const struct feel_expression **out)
{
    struct feel_expression *e = NEW(a, struct feel_expression);

    TRY(compile(a, text, names, count, e, parse_tests));
    *out = e;
    return OK;
}

fallible feel_evaluate(struct arena *a, const struct feel_expression *e, const feel *values,
                       const feel *input, const struct feel_options *options, feel *out)
{
    struct run r;

    run_open(&r, a, options);
    TRY(frame_open(&r, e->slots, NULL, &r.frame));
    if (e->names)
        memcpy(r.frame->slots, values, e->names * sizeof *values);
    r.input = input != NULL ? *input : feel_null();
    return eval(&r, e->tree, out);
}
