/*
 * From FEEL text to trees (DMN 1.5, 10.3.1.2). Operators by precedence climbing; brackets, calls
 * and keywords recurse, at most FEEL_DEEPEST_TEXT deep; trees are at most FEEL_DEEPEST_TREE deep.
 */
#include "rules/parse_int.h"

enum {
    MOST_KIDS = 1 << 16,
    LEVEL_OR = 1,
    LEVEL_AND,
    LEVEL_COMPARE,
    LEVEL_ADD,
    LEVEL_MUL,
    LEVEL_POW
};

typedef VEC(const struct node *) node_list;

static fallible parse_level(struct parser *p, int least, const struct node **out);

static fallible parse_any(struct parser *p, const struct node **out)
{
    return parse_level(p, LEVEL_OR, out);
}

struct node *node_new(struct parser *p, u8 kind, size_t at, size_t kids)
{
    struct node *n = NEW(p->a, struct node);

    n->kind = kind;
    n->at = column_of(p, at);
    n->count = (u32)kids;
    n->depth = 1;
    if (kids)
        n->kids = (const struct node **)arena_take(p->a, kids, sizeof *n->kids);
    return n;
}

/* Parts that are constants are computed once, here. */
static bool foldable(const struct node *n)
{
    static const u8 kinds[] = {N_NEGATE, N_ADD,   N_SUB,  N_MUL,         N_DIV,
                               N_POW,    N_RANGE, N_LIST, N_UNARY_RANGE, N_CALL_BUILTIN};

    if (memchr(kinds, n->kind, sizeof kinds) == NULL || n->count == 0)
        return false;
    if ((n->kind == N_LIST || n->kind == N_RANGE) && n->op >= 4)
        return false;
    for (u32 i = 0; i < n->count; i++)
        if (n->kids[i]->kind != N_CONST || n->kids[i]->value.kind == FEEL_FUNCTION)
            return false;
    return true;
}

static void fold(struct parser *p, struct node *n)
{
    struct feel_notes notes = {0};
    struct feel_options options = {.steps = 1000, .notes = &notes};
    struct run r;
    feel v;

    if (!foldable(n))
        return;
    run_open(&r, p->a, &options);
    if (eval(&r, n, &v) != OK || notes.count > 0 || v.kind == FEEL_NULL)
        return;
    n->kind = N_CONST;
    n->value = v;
}

fallible node_done(struct parser *p, struct node *n, const struct node **out)
{
    u16 depth = 0;

    for (u32 i = 0; i < n->count; i++)
        if (n->kids[i]->depth > depth)
            depth = n->kids[i]->depth;
    REQUIRE(depth < FEEL_DEEPEST_TREE, ERR_LIMIT, "%.*s%scolumn %u: nested deeper than %d",
            STR(p->src->place), p->src->place.len ? ", " : "", n->at, FEEL_DEEPEST_TREE);
    n->depth = (u16)(depth + 1);
    fold(p, n);
    *out = n;
    return OK;
}

static fallible node_with(struct parser *p, u8 kind, size_t at, const node_list *kids,
                          struct node **out)
{
    REQUIRE(kids->count <= MOST_KIDS, ERR_LIMIT, "column %u: over %d parts", column_of(p, at),
            MOST_KIDS);
    struct node *n = node_new(p, kind, at, kids->count);
    for (size_t i = 0; i < kids->count; i++)
        n->kids[i] = kids->at[i];
    *out = n;
    return OK;
}

static fallible node_two(struct parser *p, u8 kind, size_t at, const struct node *a,
                         const struct node *b, const struct node **out)
{
    struct node *n = node_new(p, kind, at, 2);

    n->kids[0] = a;
    n->kids[1] = b;
    return node_done(p, n, out);
}

static fallible constant(struct parser *p, size_t at, feel value, const struct node **out)
{
    struct node *n = node_new(p, N_CONST, at, 0);

    n->value = value;
    *out = n;
    return OK;
}

/* ---- scopes ------------------------------------------------------------------------------- */

struct scope *scope_in(struct arena *a, struct scope *outer, struct unit *unit)
{
    struct scope *s = NEW(a, struct scope);

    s->outer = outer;
    s->unit = unit;
    return s;
}

u32 unit_slot(struct unit *u)
{
    u32 slot = u->next++;

    if (u->next > u->slots)
        u->slots = u->next;
    return slot;
}

u32 scope_add(struct arena *a, struct scope *s, str name)
{
    struct scope_name n = {.name = name, .slot = unit_slot(s->unit)};

    vec_push(a, &s->names, n);
    return n.slot;
}

static void scope_open(struct parser *p)
{
    p->scope = scope_in(p->a, p->scope, p->scope->unit);
}

static void scope_close(struct parser *p)
{
    p->scope = p->scope->outer;
}

/* ---- lists, ranges, brackets -------------------------------------------------------------- */

static u8 operator_form(struct parser *p)
{
    static const struct {
        const char *text;
        u8 form;
    } forms[] = {{"<=", RANGE_MOST}, {"<", RANGE_LESS},     {">=", RANGE_LEAST},
                 {">", RANGE_MORE},  {"!=", RANGE_UNEQUAL}, {"=", RANGE_EQUAL}};

    for (size_t i = 0; i < COUNT(forms); i++)
        if (at_text(p, forms[i].text)) {
            p->at += strlen(forms[i].text);
            return forms[i].form;
        }
    return 0;
}

/* «< 5» as a range with one end. */
static fallible parse_unary(struct parser *p, u8 form, size_t at, const struct node **out)
{
    struct node *n = node_new(p, N_UNARY_RANGE, at, 1);

    n->op = form;
    TRY(skip(p));
    TRY(parse_level(p, LEVEL_ADD, &n->kids[0]));
    return node_done(p, n, out);
}

static fallible parse_test_or_value(struct parser *p, const struct node **out)
{
    size_t at = p->at;
    u8 form = operator_form(p);

    if (form)
        return parse_unary(p, form, at, out);
    return parse_any(p, out);
}

/* After «low ..»: the other end and the closing bracket. */
static fallible parse_range_end(struct parser *p, size_t at, bool low_open, const struct node *low,
                                const struct node **out)
{
    struct node *n = node_new(p, N_RANGE, at, 2);
    bool outer = p->range_end;

    n->kids[0] = low;
    p->at += 2;
    TRY(skip(p));
    p->range_end = true;
    TRY(parse_level(p, LEVEL_ADD, &n->kids[1]));
    p->range_end = outer;
    int c = peek(p);
    if (c != ']' && c != ')' && c != '[')
        return fail_at(p, p->at, "a range ends in ], ) or [");
    p->at++;
    n->op = (u8)((low_open ? 1 : 0) | (c != ']' ? 2 : 0));
    TRY(skip(p));
    return node_done(p, n, out);
}

static fallible parse_tests_in_brackets(struct parser *p, size_t at, const struct node *first,
                                        const struct node **out)
{
    node_list tests = {0};
    struct node *n;

    vec_push(p->a, &tests, first);
    while (peek(p) == ',') {
        const struct node *test;

        TRY(take_byte(p, ','));
        TRY(parse_test_or_value(p, &test));
        vec_push(p->a, &tests, test);
    }
    TRY(take_byte(p, ')'));
    TRY(node_with(p, N_LIST, at, &tests, &n));
    n->op = 4;
    return node_done(p, n, out);
}

/* «(» begins a value in brackets, a range, or (after `in`) several tests. */
static fallible parse_round(struct parser *p, const struct node **out)
{
    size_t at = p->at;
    bool want_tests = p->want_tests, range_end = p->range_end;
    const struct node *inner;

    p->want_tests = p->range_end = false;
    TRY(take_byte(p, '('));
    TRY(parse_test_or_value(p, &inner));
    p->range_end = range_end;
    if (at_text(p, ".."))
        return parse_range_end(p, at, true, inner, out);
    if (want_tests && peek(p) == ',')
        return parse_tests_in_brackets(p, at, inner, out);
    *out = inner;
    return take_byte(p, ')');
}

static fallible parse_square(struct parser *p, const struct node **out)
{
    size_t at = p->at;
    node_list items = {0};
    struct node *n;
    bool range_end = p->range_end;

    p->range_end = false;
    TRY(take_byte(p, '['));
    while (peek(p) != ']') {
        const struct node *item;

        if (items.count)
            TRY(take_byte(p, ','));
        TRY(parse_test_or_value(p, &item));
        if (items.count == 0 && at_text(p, "..")) {
            p->range_end = range_end;
            return parse_range_end(p, at, false, item, out);
        }
        vec_push(p->a, &items, item);
    }
    p->range_end = range_end;
    TRY(take_byte(p, ']'));
    TRY(node_with(p, N_LIST, at, &items, &n));
    return node_done(p, n, out);
}

static fallible parse_open_range(struct parser *p, const struct node **out)
{
    size_t at = p->at;
    const struct node *low;

    TRY(take_byte(p, ']'));
    TRY(parse_level(p, LEVEL_ADD, &low));
    if (!at_text(p, ".."))
        return fail_at(p, p->at, "expected ..");
    return parse_range_end(p, at, true, low, out);
}

/* ---- contexts ----------------------------------------------------------------------------- */

static fallible parse_key(struct parser *p, str *key)
{
    if (peek(p) == '"')
        TRY(read_string(p, key));
    else
        TRY(read_name(p, ":", key));
    pool_add(p->pool, *key);
    return take_byte(p, ':');
}

static fallible parse_curly(struct parser *p, const struct node **out)
{
    size_t at = p->at;
    node_list values = {0};
    VEC(str) keys = {0};
    struct node *n;
    bool range_end = p->range_end;

    p->range_end = false;
    TRY(take_byte(p, '{'));
    scope_open(p);
    u32 first = p->scope->unit->next;
    while (peek(p) != '}') {
        const struct node *value;
        str key;

        if (values.count)
            TRY(take_byte(p, ','));
        TRY(parse_key(p, &key));
        u32 slot = unit_slot(p->scope->unit);
        struct scope_name entry = {.name = key, .slot = slot};
        bool function = at_keyword(p, "function"); /* it may call itself */
        if (function)
            vec_push(p->a, &p->scope->names, entry);
        TRY(parse_any(p, &value));
        struct node *named = node_new(p, N_BIND, at, 1);
        named->slot = slot;
        named->kids[0] = value;
        TRY(node_done(p, named, &value));
        vec_push(p->a, &values, value);
        vec_push(p->a, &keys, key);
        if (!function)
            vec_push(p->a, &p->scope->names, entry);
    }
    scope_close(p);
    p->range_end = range_end;
    TRY(take_byte(p, '}'));
    TRY(node_with(p, N_CONTEXT, at, &values, &n));
    n->names = keys.at;
    n->slot = first;
    return node_done(p, n, out);
}

/* ---- keywords ----------------------------------------------------------------------------- */

static fallible parse_if(struct parser *p, const struct node **out)
{
    struct node *n = node_new(p, N_IF, p->at, 3);

    TRY(take_keyword(p, "if"));
    TRY(parse_any(p, &n->kids[0]));
    TRY(take_keyword(p, "then"));
    TRY(parse_any(p, &n->kids[1]));
    TRY(take_keyword(p, "else"));
    TRY(parse_any(p, &n->kids[2]));
    return node_done(p, n, out);
}

/* «x in list», for `for` also «x in 1..n»; the name can be used from the next one on. */
static fallible parse_iterator(struct parser *p, node_list *kids)
{
    const struct node *domain, *high;
    size_t at = p->at;
    str name;

    TRY(read_name(p, "i", &name));
    TRY(take_keyword(p, "in"));
    TRY(parse_any(p, &domain));
    if (at_text(p, "..")) {
        p->at += 2;
        TRY(skip(p));
        TRY(parse_level(p, LEVEL_ADD, &high));
        struct node *range = node_new(p, N_RANGE, at, 2);
        range->op = 4;
        range->kids[0] = domain;
        range->kids[1] = high;
        TRY(node_done(p, range, &domain));
    }
    struct node *bound = node_new(p, N_BIND, at, 1);
    bound->kids[0] = domain;
    bound->slot = scope_add(p->a, p->scope, name);
    TRY(node_done(p, bound, &domain));
    vec_push(p->a, kids, domain);
    return OK;
}

static fallible parse_loop(struct parser *p, u8 kind, const struct node **out)
{
    static const char *const words[] = {"for", "some", "every"};
    size_t at = p->at;
    node_list kids = {0};
    struct node *n;
    const struct node *body;
    u32 partial = 0;

    TRY(take_keyword(p, words[kind - N_FOR]));
    scope_open(p);
    for (;;) {
        TRY(parse_iterator(p, &kids));
        if (peek(p) != ',')
            break;
        TRY(take_byte(p, ','));
    }
    if (kind == N_FOR)
        partial = scope_add(p->a, p->scope, S("partial"));
    TRY(take_keyword(p, kind == N_FOR ? "return" : "satisfies"));
    TRY(parse_any(p, &body));
    scope_close(p);
    vec_push(p->a, &kids, body);
    TRY(node_with(p, kind, at, &kids, &n));
    n->extra = partial;
    return node_done(p, n, out);
}

typedef VEC(struct member) member_list;

static fallible parse_parameters(struct parser *p, member_list *parameters)
{
    TRY(take_byte(p, '('));
    while (peek(p) != ')') {
        struct member m = {.type = type_plain(TYPE_ANY)};

        if (parameters->count)
            TRY(take_byte(p, ','));
        TRY(read_name(p, ":,)", &m.name));
        if (peek(p) == ':') {
            TRY(take_byte(p, ':'));
            TRY(parse_type_at(p, &m.type));
        }
        vec_push(p->a, parameters, m);
    }
    return take_byte(p, ')');
}

static fallible parse_function(struct parser *p, const struct node **out)
{
    struct node *n = node_new(p, N_FUNCTION, p->at, 1);
    struct function_code *code = NEW(p->a, struct function_code);
    struct unit *unit = NEW(p->a, struct unit);
    struct scope *outer = p->scope;
    member_list parameters = {0};

    TRY(take_keyword(p, "function"));
    TRY(parse_parameters(p, &parameters));
    unit->outer = outer->unit;
    p->scope = scope_in(p->a, outer, unit);
    for (size_t i = 0; i < parameters.count; i++)
        (void)scope_add(p->a, p->scope, parameters.at[i].name);
    bool external = at_keyword(p, "external");
    if (external) {
        TRY(take_keyword(p, "external"));
        if (p->src->external != NULL)
            *p->src->external = true;
    }
    TRY(parse_any(p, &n->kids[0]));
    p->scope = outer;
    code->parameters = parameters.at;
    code->count = parameters.count;
    code->body = external ? NULL : n->kids[0];
    code->slots = unit->slots;
    n->code = code;
    return node_done(p, n, out);
}

static fallible parse_at_literal(struct parser *p, const struct node **out)
{
    size_t at = p->at++;
    struct feel_options none = {0};
    struct run r;
    str text;
    feel v;

    TRY(skip(p));
    if (peek(p) != '"')
        return fail_at(p, p->at, "expected a string after @");
    TRY(read_string(p, &text));
    run_open(&r, p->a, &none);
    if (!temporal_read(&r, text, &v))
        return fail_at(p, at, "no date, time or duration");
    return constant(p, at, v, out);
}

static bool keyword_here(const struct parser *p, const char *word)
{
    return at_keyword(p, word) && !named_longer(p, strlen(word));
}

static fallible parse_word(struct parser *p, const struct node **out)
{
    static const struct {
        const char *word;
        feel value;
    } constants[] = {{"true", {.kind = FEEL_BOOL, .truth = true}},
                     {"false", {.kind = FEEL_BOOL}},
                     {"null", {.kind = FEEL_NULL}}};

    for (size_t i = 0; i < COUNT(constants); i++)
        if (keyword_here(p, constants[i].word)) {
            size_t at = p->at;

            p->at += strlen(constants[i].word);
            TRY(skip(p));
            return constant(p, at, constants[i].value, out);
        }
    if (keyword_here(p, "if"))
        return parse_if(p, out);
    if (keyword_here(p, "for"))
        return parse_loop(p, N_FOR, out);
    if (keyword_here(p, "some"))
        return parse_loop(p, N_SOME, out);
    if (keyword_here(p, "every"))
        return parse_loop(p, N_EVERY, out);
    if (keyword_here(p, "function"))
        return parse_function(p, out);
    return parse_name(p, out);
}

static fallible parse_input_mark(struct parser *p, const struct node **out)
{
    struct node *n = node_new(p, N_INPUT, p->at, 0);

    if (!p->has_input)
        return fail_at(p, p->at, "? is for unary tests only");
    p->used_input = true;
    p->at++;
    *out = n;
    return skip(p);
}

static fallible parse_literal(struct parser *p, const struct node **out)
{
    size_t at = p->at;
    str text;

    if (peek(p) == '"') {
        TRY(read_string(p, &text));
        return constant(p, at, feel_string(text), out);
    }
    feel n;
    size_t used = number_scan(str_sub(p->text, p->at, p->text.len), &n);
    if (n.kind != FEEL_NUMBER)
        return fail_at(p, at, "number too large");
    p->at += used;
    if (word_end(p->text, p->at) != p->at)
        return fail_at(p, p->at, "a letter right after a number");
    TRY(skip(p));
    return constant(p, at, n, out);
}

static fallible parse_primary(struct parser *p, const struct node **out)
{
    int c = peek(p);
    bool digit_next =
        p->at + 1 < p->text.len && p->text.ptr[p->at + 1] >= '0' && p->text.ptr[p->at + 1] <= '9';

    if (c == '(')
        return parse_round(p, out);
    p->want_tests = false;
    if (c == '"' || (c >= '0' && c <= '9') || (c == '.' && digit_next))
        return parse_literal(p, out);
    if (c == '[')
        return parse_square(p, out);
    if (c == ']')
        return parse_open_range(p, out);
    if (c == '{')
        return parse_curly(p, out);
    if (c == '@')
        return parse_at_literal(p, out);
    if (c == '?')
        return parse_input_mark(p, out);
    if (word_end(p->text, p->at) == p->at)
        return fail_at(p, p->at, "expected a value");
    return parse_word(p, out);
}

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

static fallible parse_level(struct parser *p, int least, const struct node **out)
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
