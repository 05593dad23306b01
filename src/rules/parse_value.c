/* Values in FEEL text: brackets, ranges, contexts, keywords, literals. */
#include "rules/parse_int.h"

fallible parse_any(struct parser *p, const struct node **out)
{
    return parse_level(p, LEVEL_OR, out);
}

/* ---- lists, ranges, brackets -------------------------------------------------------------- */

u8 operator_form(struct parser *p)
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
fallible parse_unary(struct parser *p, u8 form, size_t at, const struct node **out)
{
    struct node *n = node_new(p, N_UNARY_RANGE, at, 1);

    n->op = form;
    TRY(skip(p));
    TRY(parse_level(p, LEVEL_ADD, &n->kids[0]));
    return node_done(p, n, out);
}

fallible parse_test_or_value(struct parser *p, const struct node **out)
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
    return node_constant(p, at, v, out);
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
            return node_constant(p, at, constants[i].value, out);
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
        return node_constant(p, at, feel_string(text), out);
    }
    feel n;
    size_t used = number_scan(str_sub(p->text, p->at, p->text.len), &n);
    if (n.kind != FEEL_NUMBER)
        return fail_at(p, at, "number too large");
    p->at += used;
    if (word_end(p->text, p->at) != p->at)
        return fail_at(p, p->at, "a letter right after a number");
    TRY(skip(p));
    return node_constant(p, at, n, out);
}

fallible parse_primary(struct parser *p, const struct node **out)
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
