/*
 * From FEEL text to trees (DMN 1.5, 10.3.1.2). Operators by precedence climbing; brackets, calls
 * and keywords recurse, at most FEEL_DEEPEST_TEXT deep.
 */
#include "rules/parse_int.h"

/* ---- paths, filters, calls ---------------------------------------------------------------- */

static fallible parse_path(struct parser *p, const struct node *of, const struct node **out)
{
    struct node *n = node_new(p, N_PATH, p->at, 1);

    p->at++;
    n->kids[0] = of;
    TRY(parse_member(p, &n->name));
    return node_done(p, n, out);
}

static fallible parse_filter(struct parser *p, const struct node *of, const struct node **out)
{
    struct node *n = node_new(p, N_FILTER, p->at, 2);
    bool range_end = p->range_end;

    p->range_end = false;
    TRY(take_byte(p, '['));
    scope_open(p);
    p->scope->kind = SCOPE_FILTER;
    n->slot = p->scope->item = unit_slot(p->scope->unit);
    n->kids[0] = of;
    TRY(parse_any(p, &n->kids[1]));
    scope_close(p);
    p->range_end = range_end;
    TRY(take_byte(p, ']'));
    return node_done(p, n, out);
}

/* Named arguments of a function with one form take their places now. */
static bool place_arguments(struct parser *p, struct node *n)
{
    size_t overloads = 0;
    const struct builtin *b = n->builtin;
    str rest = str_of(b->names), name;
    const struct node *kids[8] = {0};
    u32 used = 0, last = 0;

    if (n->names == NULL)
        return true;
    (void)builtin_find(str_of(b->name), &overloads);
    if (overloads != 1)
        return false;
    for (u32 i = 0; str_split(&rest, ',', &name) && i < COUNT(kids); i++)
        for (u32 k = 0; k < n->count; k++)
            if (str_eq(n->names[k], name)) {
                kids[i] = n->kids[k];
                last = i + 1;
                used++;
            }
    if (used != n->count || last != n->count)
        return false;
    for (u32 i = 0; i < n->count; i++)
        if (kids[i] == NULL)
            return false; /* a name was given twice */
    memcpy(n->kids, kids, sizeof *kids * n->count);
    n->names = NULL;
    (void)p;
    return true;
}

static fallible call_node(struct parser *p, size_t at, const struct node *f, node_list *kids,
                          const str *names, const struct node **out)
{
    struct node *n;
    bool builtin = f->kind == N_CONST && f->value.kind == FEEL_FUNCTION;

    if (builtin) {
        TRY(node_with(p, N_CALL_BUILTIN, at, kids, &n));
        n->builtin = f->value.function->builtin;
        n->names = names;
        (void)place_arguments(p, n);
        return node_done(p, n, out);
    }
    node_list all = {0};
    vec_push(p->a, &all, f);
    for (size_t i = 0; i < kids->count; i++)
        vec_push(p->a, &all, kids->at[i]);
    TRY(node_with(p, N_CALL, at, &all, &n));
    n->names = names;
    return node_done(p, n, out);
}

/* now() and today() must not be computed at compile time; they have no constant arguments. */
static fallible parse_call(struct parser *p, const struct node *f, const struct node **out)
{
    size_t at = p->at;
    node_list kids = {0};
    VEC(str) names = {0};
    bool range_end = p->range_end;

    p->range_end = false;
    TRY(take_byte(p, '('));
    bool named = peek(p) != ')' && name_and_colon(p);
    while (peek(p) != ')') {
        const struct node *arg;
        str name;

        if (kids.count)
            TRY(take_byte(p, ','));
        if (named) {
            TRY(read_name(p, ":", &name));
            TRY(take_byte(p, ':'));
            vec_push(p->a, &names, name);
        }
        TRY(parse_test_or_value(p, &arg));
        vec_push(p->a, &kids, arg);
    }
    p->range_end = range_end;
    TRY(take_byte(p, ')'));
    return call_node(p, at, f, &kids, named ? names.at : NULL, out);
}

/* In «[1..10[» the last bracket is no filter: nothing that begins a value follows. */
static bool filter_follows(struct parser *p)
{
    static const char *const words[] = {"and",    "or",        "in",      "then",    "else",
                                        "return", "satisfies", "between", "instance"};

    if (!p->range_end)
        return true;
    struct parser look = *p;
    look.at++;
    if (skip(&look) != OK || look.at >= look.text.len)
        return false;
    for (size_t i = 0; i < COUNT(words); i++)
        if (at_keyword(&look, words[i]))
            return false;
    return strchr(")],}=!<>*/+.", look.text.ptr[look.at]) == NULL;
}

static fallible parse_postfix(struct parser *p, const struct node **out)
{
    const struct node *n;

    TRY(parse_primary(p, &n));
    for (;;) {
        int c = peek(p);

        if (c == '.' && !at_text(p, ".."))
            TRY(parse_path(p, n, &n));
        else if (c == '[' && filter_follows(p))
            TRY(parse_filter(p, n, &n));
        else if (c == '(')
            TRY(parse_call(p, n, &n));
        else
            break;
    }
    *out = n;
    return OK;
}

static fallible parse_instance(struct parser *p, const struct node *of, const struct node **out)
{
    struct node *n = node_new(p, N_INSTANCE, p->at, 1);

    n->kids[0] = of;
    TRY(take_keyword(p, "instance"));
    TRY(take_keyword(p, "of"));
    TRY(parse_type_at(p, &n->type));
    return node_done(p, n, out);
}

static fallible parse_operand(struct parser *p, const struct node **out)
{
    VEC(size_t) signs = {0};

    while (peek(p) == '-') {
        vec_push(p->a, &signs, p->at);
        p->at++;
        TRY(skip(p));
    }
    TRY(parse_postfix(p, out));
    if (at_keyword(p, "instance"))
        TRY(parse_instance(p, *out, out));
    while (signs.count > 0) {
        struct node *n = node_new(p, N_NEGATE, signs.at[--signs.count], 1);

        n->kids[0] = *out;
        TRY(node_done(p, n, out));
    }
    return OK;
}

/* ---- operators ---------------------------------------------------------------------------- */

struct operator
{
    const char *text;
    u8 kind, level;
    bool word;
};

static const struct operator operators[] = {{"or", N_OR, LEVEL_OR, true},
                                            {"and", N_AND, LEVEL_AND, true},
                                            {"between", N_BETWEEN, LEVEL_COMPARE, true},
                                            {"in", N_IN, LEVEL_COMPARE, true},
                                            {"!=", N_NE, LEVEL_COMPARE, false},
                                            {"<=", N_LE, LEVEL_COMPARE, false},
                                            {">=", N_GE, LEVEL_COMPARE, false},
                                            {"=", N_EQ, LEVEL_COMPARE, false},
                                            {"<", N_LT, LEVEL_COMPARE, false},
                                            {">", N_GT, LEVEL_COMPARE, false},
                                            {"+", N_ADD, LEVEL_ADD, false},
                                            {"-", N_SUB, LEVEL_ADD, false},
                                            {"**", N_POW, LEVEL_POW, false},
                                            {"*", N_MUL, LEVEL_MUL, false},
                                            {"/", N_DIV, LEVEL_MUL, false}};

static const struct operator* operator_here(const struct parser *p)
{
    int c = peek(p);

    if (c < 0 || c == ')' || c == ',' || c == ']')
        return NULL;
    for (size_t i = 0; i < COUNT(operators); i++)
        if (c == (u8)operators[i].text[0] &&
            (operators[i].word ? at_keyword(p, operators[i].text) : at_text(p, operators[i].text)))
            return &operators[i];
    return NULL;
}

static fallible parse_between(struct parser *p, const struct node *x, size_t at,
                              const struct node **out)
{
    struct node *n = node_new(p, N_BETWEEN, at, 3);

    n->kids[0] = x;
    TRY(parse_level(p, LEVEL_ADD, &n->kids[1]));
    TRY(take_keyword(p, "and"));
    TRY(parse_level(p, LEVEL_ADD, &n->kids[2]));
    return node_done(p, n, out);
}

static fallible parse_in(struct parser *p, const struct node *x, size_t at, const struct node **out)
{
    node_list kids = {0};
    const struct node *tests;
    struct node *n;
    size_t from = p->at;
    u8 form = operator_form(p);

    p->want_tests = true;
    if (form)
        TRY(parse_unary(p, form, from, &tests));
    else
        TRY(parse_level(p, LEVEL_ADD, &tests));
    p->want_tests = false;
    vec_push(p->a, &kids, x);
    if (tests->kind == N_LIST && tests->op == 4)
        for (u32 i = 0; i < tests->count; i++)
            vec_push(p->a, &kids, tests->kids[i]);
    else
        vec_push(p->a, &kids, tests);
    TRY(node_with(p, N_IN, at, &kids, &n));
    return node_done(p, n, out);
}

fallible parse_level(struct parser *p, int least, const struct node **out)
{
    const struct operator* o;
    const struct node *n, *right;

    REQUIRE(p->depth < FEEL_DEEPEST_TEXT, ERR_LIMIT, "%.*s%scolumn %u: nested deeper than %d",
            STR(p->src->place), p->src->place.len ? ", " : "", column_of(p, p->at),
            FEEL_DEEPEST_TEXT);
    p->depth++;
    TRY(parse_operand(p, &n));
    while ((o = operator_here(p)) != NULL && o->level >= least) {
        size_t at = p->at;

        p->at += strlen(o->text);
        TRY(skip(p));
        if (o->kind == N_BETWEEN) {
            TRY(parse_between(p, n, at, &n));
        } else if (o->kind == N_IN) {
            TRY(parse_in(p, n, at, &n));
        } else {
            TRY(parse_level(p, o->level + 1, &right));
            TRY(node_two(p, o->kind, at, n, right, &n));
        }
    }
    p->depth--;
    *out = n;
    return OK;
}

/* ---- doors -------------------------------------------------------------------------------- */

static fallible parser_open(const struct source *src, struct scope *scope, struct parser *p)
{
    struct pool *pool = src->pool;

    REQUIRE(src->text.len <= FEEL_LONGEST_TEXT, ERR_LIMIT, "%.*s: text has over %d bytes",
            STR(src->place), FEEL_LONGEST_TEXT);
    REQUIRE(utf8_valid(src->text), ERR_TEXT, "%.*s: text isn't valid UTF-8", STR(src->place));
    if (pool == NULL) {
        pool = NEW(src->arena, struct pool);
        pool->arena = src->arena;
    }
    *p = (struct parser){.src = src,
                         .a = src->arena,
                         .text = src->text,
                         .mark_column = 1,
                         .scope = scope,
                         .pool = pool};
    return skip(p);
}

static fallible parse_end(struct parser *p)
{
    return p->at < p->text.len ? fail_at(p, p->at, "unexpected text") : OK;
}

fallible parse_expression(const struct source *src, struct scope *scope, const struct node **out)
{
    struct parser p;

    TRY(parser_open(src, scope, &p));
    TRY(parse_test_or_value(&p, out));
    return parse_end(&p);
}

static fallible parse_test(struct parser *p, const struct node **out)
{
    size_t at = p->at;
    struct node *n = node_new(p, N_TEST, at, 1);

    p->used_input = false;
    TRY(parse_test_or_value(p, &n->kids[0]));
    n->extra = p->used_input;
    return node_done(p, n, out);
}

static fallible parse_test_list(struct parser *p, u8 kind, const struct node **out)
{
    node_list tests = {0};
    size_t at = p->at;
    struct node *n;

    for (;;) {
        const struct node *test;

        TRY(parse_test(p, &test));
        vec_push(p->a, &tests, test);
        if (peek(p) != ',')
            break;
        TRY(take_byte(p, ','));
    }
    TRY(node_with(p, kind, at, &tests, &n));
    return node_done(p, n, out);
}

/* not( … ) over the whole text is the negation of tests, also of several. */
static bool negated(const struct parser *p)
{
    size_t end = p->text.len;
    int depth = 0;
    bool text = false;

    if (!at_keyword(p, "not") || named_longer(p, 3))
        return false;
    size_t at = space_end(p->text, p->at + 3);
    if (at >= end || p->text.ptr[at] != '(')
        return false;
    for (; at < end; at++) {
        char c = p->text.ptr[at];

        if (c == '"' && p->text.ptr[at - 1] != '\\')
            text = !text;
        if (!text && (c == '(' || c == ')'))
            depth += c == '(' ? 1 : -1;
        if (depth == 0)
            break;
    }
    return at < end && space_end(p->text, at + 1) == end;
}

fallible parse_tests(const struct source *src, struct scope *scope, const struct node **out)
{
    struct parser p;

    TRY(parser_open(src, scope, &p));
    p.has_input = true;
    if (p.at == p.text.len || (peek(&p) == '-' && space_end(p.text, p.at + 1) == p.text.len)) {
        *out = node_new(&p, N_DASH, p.at, 0);
        return OK;
    }
    if (!negated(&p)) {
        TRY(parse_test_list(&p, N_TESTS, out));
        return parse_end(&p);
    }
    p.at += 3;
    TRY(take_byte(&p, '('));
    TRY(parse_test_list(&p, N_NOT, out));
    TRY(take_byte(&p, ')'));
    return parse_end(&p);
}
