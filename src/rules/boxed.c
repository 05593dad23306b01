/* Boxed expressions of DMN to trees (DMN 1.5, chapter 7 and 10.3.2.13). */
#include "rules/dmn_int.h"

static const char *const expressions[] = {"literalExpression",
                                          "context",
                                          "decisionTable",
                                          "functionDefinition",
                                          "invocation",
                                          "list",
                                          "relation",
                                          "conditional",
                                          "filter",
                                          "for",
                                          "some",
                                          "every"};

static bool is_expression(const xmlNode *n)
{
    for (size_t i = 0; i < COUNT(expressions); i++)
        if (xml_is(n, expressions[i]))
            return true;
    return false;
}

xmlNode *boxed_child(const xmlNode *n)
{
    xmlNode *child = xml_first(n);

    while (child != NULL && !is_expression(child))
        child = xml_next(child);
    return child;
}

struct node *boxed_node(struct loader *l, u8 kind, size_t kids)
{
    struct node *n = NEW(l->a, struct node);

    n->kind = kind;
    n->count = (u32)kids;
    n->depth = 1;
    if (kids)
        n->kids = (const struct node **)arena_take(l->a, kids, sizeof *n->kids);
    return n;
}

static const struct node *fault_node(struct loader *l, str place, err e)
{
    struct node *n = boxed_node(l, N_FAULT, 0);
    const char *what = str_z(l->a, str_of(e->message));

    n->name = place;
    n->value = feel_string(str_of(what));
    model_fault(l, place, what);
    return n;
}

const struct node *boxed_convert(struct loader *l, const struct node *n, const struct type *t,
                                 str place)
{
    struct node *c = boxed_node(l, N_CONVERT, 1);

    c->kids[0] = n;
    c->type = t;
    c->name = place;
    return c;
}

/* What can't be read is a fault of the model; only ceilings stop the load. */
static fallible text_compile(struct loader *l, str text, struct scope *scope, str place,
                             err (*how)(const struct source *, struct scope *,
                                        const struct node **),
                             const struct node **out)
{
    struct source src = {.arena = l->a,
                         .external = &l->external,
                         .text = text,
                         .place = place,
                         .pool = &l->file->pool,
                         .types = &l->file->types};
    err e = how(&src, scope, out);

    if (e != OK)
        *out = fault_node(l, place, e);
    return OK;
}

fallible boxed_text(struct loader *l, str text, struct scope *scope, str place,
                    const struct node **out)
{
    return text_compile(l, text, scope, place, parse_expression, out);
}

fallible boxed_tests(struct loader *l, str text, struct scope *scope, str place,
                     const struct node **out)
{
    return text_compile(l, text, scope, place, parse_tests, out);
}

static const struct type *type_of(struct loader *l, const xmlNode *n, str place)
{
    return type_of_ref(l, xml_attribute(l->a, n, "typeRef"), place);
}

/* FEEL is the language if none is named. */
static bool other_language(struct loader *l, const xmlNode *n)
{
    str language = xml_attribute(l->a, n, "expressionLanguage");

    return language.len > 0 && str_find(language, S("FEEL")) < 0 &&
           str_find(language, S("feel")) < 0;
}

static fallible literal(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                        const struct node **out)
{
    const struct node *tree;
    str text = xml_text(l->a, xml_child(n, "text"));

    if (other_language(l, n)) {
        model_fault(l, place, "an expression language other than FEEL");
        text = S("null");
    }
    if (str_trim(text).len == 0)
        text = S("null");
    TRY(boxed_text(l, text, scope, place, &tree));
    *out = boxed_convert(l, tree, type_of(l, n, place), place);
    return OK;
}

/* The expression in a child named so, or null where there is none. */
static fallible child_compile(struct loader *l, const xmlNode *n, const char *name,
                              struct scope *scope, str place, const struct node **out)
{
    const xmlNode *part = name ? xml_child(n, name) : n;

    return boxed_compile(l, part ? boxed_child(part) : NULL, scope, place, out);
}

static str variable_of(struct loader *l, const xmlNode *n)
{
    const xmlNode *variable = xml_child(n, "variable");

    return variable ? xml_name(l->a, xml_attribute(l->a, variable, "name")) : S("");
}

static fallible entry(struct loader *l, const xmlNode *n, struct scope *scope, str place, str *name,
                      const struct node **out)
{
    const struct node *value;
    const xmlNode *variable = xml_child(n, "variable"), *child = boxed_child(n);
    struct scope_name slot = {.slot = unit_slot(scope->unit)};
    bool function = child != NULL && xml_is(child, "functionDefinition");

    slot.name = *name = variable_of(l, n);
    if (function)
        vec_push(l->a, &scope->names, slot);
    place = str_format(l->a, "%.*s, entry «%.*s»", STR(place), STR(*name));
    TRY(boxed_compile(l, child, scope, place, &value));
    if (variable != NULL)
        value = boxed_convert(l, value, type_of(l, variable, place), place);
    if (!function)
        vec_push(l->a, &scope->names, slot);
    pool_add(&l->file->pool, *name);
    struct node *bind = boxed_node(l, N_BIND, 1);
    bind->kids[0] = value;
    bind->slot = slot.slot;
    *out = bind;
    return OK;
}

static fallible context(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                        const struct node **out)
{
    VEC(const struct node *) kids = {0};
    VEC(str) names = {0};
    bool result = false;

    scope = scope_in(l->a, scope, scope->unit);
    for (const xmlNode *e = xml_first(n); e != NULL; e = xml_next(e)) {
        const struct node *kid;
        str name = S("");

        if (!xml_is(e, "contextEntry") || result)
            continue;
        result = xml_child(e, "variable") == NULL;
        if (result)
            TRY(child_compile(l, e, NULL, scope, place, &kid));
        else
            TRY(entry(l, e, scope, place, &name, &kid));
        vec_push(l->a, &kids, kid);
        vec_push(l->a, &names, name);
    }
    struct node *c = boxed_node(l, N_CONTEXT, kids.count);
    for (size_t i = 0; i < kids.count; i++)
        c->kids[i] = kids.at[i];
    c->names = names.at;
    c->op = result;
    *out = c;
    return OK;
}

static fallible list(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                     const struct node **out)
{
    VEC(const struct node *) kids = {0};

    for (const xmlNode *e = xml_first(n); e != NULL; e = xml_next(e)) {
        const struct node *kid;

        if (!is_expression(e))
            continue;
        TRY(boxed_compile(l, e, scope, place, &kid));
        vec_push(l->a, &kids, kid);
    }
    struct node *c = boxed_node(l, N_LIST, kids.count);
    for (size_t i = 0; i < kids.count; i++)
        c->kids[i] = kids.at[i];
    *out = c;
    return OK;
}

static fallible relation_row(struct loader *l, const xmlNode *row, struct scope *scope, str place,
                             const struct node **kids, size_t columns)
{
    const xmlNode *cell = boxed_child(row);

    for (size_t i = 0; i < columns; i++) {
        TRY(boxed_compile(l, cell, scope, place, &kids[i]));
        do
            cell = cell != NULL ? xml_next(cell) : NULL;
        while (cell != NULL && !is_expression(cell));
    }
    return OK;
}

static fallible relation(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                         const struct node **out)
{
    VEC(str) names = {0};
    size_t rows = 0, at = 0;

    for (const xmlNode *e = xml_first(n); e != NULL; e = xml_next(e)) {
        rows += xml_is(e, "row");
        if (!xml_is(e, "column"))
            continue;
        str name = xml_name(l->a, xml_attribute(l->a, e, "name"));
        pool_add(&l->file->pool, name);
        vec_push(l->a, &names, name);
    }
    struct node *c = boxed_node(l, N_RELATION, rows * names.count);
    for (const xmlNode *e = names.count ? xml_first(n) : NULL; e != NULL; e = xml_next(e)) {
        if (!xml_is(e, "row"))
            continue;
        TRY(relation_row(l, e, scope, place, c->kids + at, names.count));
        at += names.count;
    }
    c->names = names.at;
    c->slot = (u32)names.count;
    *out = c;
    return OK;
}

/* ---- functions ---------------------------------------------------------------------------- */

/* Parameters and body; the scope is the function's own, with its unit. */
fallible boxed_function(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                        struct function_code *code)
{
    VEC(struct member) parameters = {0};
    str kind = xml_attribute(l->a, n, "kind");

    for (const xmlNode *e = xml_first(n); e != NULL; e = xml_next(e)) {
        if (!xml_is(e, "formalParameter"))
            continue;
        struct member m = {.name = xml_name(l->a, xml_attribute(l->a, e, "name")),
                           .type = type_of(l, e, place)};
        if (m.type == NULL)
            m.type = type_plain(TYPE_ANY);
        vec_push(l->a, &parameters, m);
        (void)scope_add(l->a, scope, m.name);
    }
    code->parameters = parameters.at;
    code->count = parameters.count;
    if (kind.len > 0 && !str_eq(kind, S("FEEL"))) {
        l->external = true;
        model_fault(l, place, "functions in Java and PMML aren't supported");
        return OK;
    }
    TRY(child_compile(l, n, NULL, scope, place, &code->body));
    code->slots = scope->unit->slots;
    return OK;
}

static fallible function(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                         const struct node **out)
{
    struct function_code *code = NEW(l->a, struct function_code);
    struct unit *unit = NEW(l->a, struct unit);
    struct node *f = boxed_node(l, N_FUNCTION, 0);

    unit->outer = scope->unit;
    TRY(boxed_function(l, n, scope_in(l->a, scope, unit), place, code));
    f->code = code;
    *out = f;
    return OK;
}

static fallible invocation(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                           const struct node **out)
{
    VEC(const struct node *) kids = {0};
    VEC(str) names = {0};
    const struct node *kid;

    TRY(child_compile(l, n, NULL, scope, place, &kid));
    while (kid->kind == N_CONVERT)
        kid = kid->kids[0];
    vec_push(l->a, &kids, kid);
    for (const xmlNode *e = xml_first(n); e != NULL; e = xml_next(e)) {
        const xmlNode *parameter = xml_child(e, "parameter");

        if (!xml_is(e, "binding") || parameter == NULL)
            continue;
        TRY(child_compile(l, e, NULL, scope, place, &kid));
        vec_push(l->a, &kids, kid);
        vec_push(l->a, &names, xml_name(l->a, xml_attribute(l->a, parameter, "name")));
    }
    struct node *c = boxed_node(l, N_CALL, kids.count);
    for (size_t i = 0; i < kids.count; i++)
        c->kids[i] = kids.at[i];
    c->names = names.count ? names.at : NULL;
    *out = c;
    return OK;
}

/* ---- choices and loops -------------------------------------------------------------------- */

static fallible conditional(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                            const struct node **out)
{
    struct node *c = boxed_node(l, N_IF, 3);

    c->op = 1;
    TRY(child_compile(l, n, "if", scope, place, &c->kids[0]));
    TRY(child_compile(l, n, "then", scope, place, &c->kids[1]));
    *out = c;
    return child_compile(l, n, "else", scope, place, &c->kids[2]);
}

static fallible filter(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                       const struct node **out)
{
    struct node *c = boxed_node(l, N_FILTER, 2);
    struct scope *inner = scope_in(l->a, scope, scope->unit);

    TRY(child_compile(l, n, "in", scope, place, &c->kids[0]));
    inner->kind = SCOPE_FILTER;
    c->op = 1;
    c->slot = inner->item = unit_slot(scope->unit);
    *out = c;
    return child_compile(l, n, "match", inner, place, &c->kids[1]);
}

static fallible loop(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                     const struct node **out)
{
    u8 kind = xml_is(n, "for") ? N_FOR : xml_is(n, "some") ? N_SOME : N_EVERY;
    struct node *c = boxed_node(l, kind, 2), *bind = boxed_node(l, N_BIND, 1);
    struct scope *inner = scope_in(l->a, scope, scope->unit);
    str name = xml_name(l->a, xml_attribute(l->a, n, "iteratorVariable"));

    TRY(child_compile(l, n, "in", scope, place, &bind->kids[0]));
    /* The domain may be a bare range «1..10», which only an iteration knows. */
    while (bind->kids[0]->kind == N_CONVERT && bind->kids[0]->type == NULL)
        bind->kids[0] = bind->kids[0]->kids[0];
    bind->slot = scope_add(l->a, inner, name);
    c->kids[0] = bind;
    if (kind == N_FOR)
        c->extra = scope_add(l->a, inner, S("partial"));
    *out = c;
    return child_compile(l, n, kind == N_FOR ? "return" : "satisfies", inner, place, &c->kids[1]);
}

fallible boxed_compile(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                       const struct node **out)
{
    static const struct {
        const char *name;
        err (*compile)(struct loader *, const xmlNode *, struct scope *, str, const struct node **);
    } kinds[] = {{"literalExpression", literal},
                 {"context", context},
                 {"decisionTable", table_compile},
                 {"functionDefinition", function},
                 {"invocation", invocation},
                 {"list", list},
                 {"relation", relation},
                 {"conditional", conditional},
                 {"filter", filter},
                 {"for", loop},
                 {"some", loop},
                 {"every", loop}};

    if (n == NULL) {
        *out = boxed_node(l, N_CONST, 0);
        return OK;
    }
    REQUIRE(++l->depth < RULES_DEEPEST_XML, ERR_LIMIT, "%.*s: nested deeper than %d", STR(place),
            RULES_DEEPEST_XML);
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (xml_is(n, kinds[i].name))
            TRY(kinds[i].compile(l, n, scope, place, out));
    l->depth--;
    const struct type *t = xml_is(n, "literalExpression") || xml_is(n, "decisionTable") ||
                                   xml_is(n, "functionDefinition")
                               ? NULL
                               : type_of(l, n, place);
    if (t != NULL)
        *out = boxed_convert(l, *out, t, place);
    return OK;
}
