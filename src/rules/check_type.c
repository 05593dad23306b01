/*
 * Types as far as they are plain: constants, declared names and what operators make of them. A
 * part whose kind isn't known is never blamed.
 */
#include "rules/check_int.h"

enum { ANY_KIND = 0xff };

struct typing {
    struct check *c;
    str place;
    u8 input; /* kind of `?` */
    u32 level;
    int depth;
    const struct axis *axis; /* whose allowed values the tests must keep; NULL: none */
    bool told;
};

static u8 judge(struct typing *y, const struct node *n);

static void blame(struct typing *y, const struct node *n, const char *what)
{
    str text = n->at ? str_format(y->c->a, "column %u: %s", n->at, what) : str_of(what);

    if (!y->told)
        (void)check_add(y->c, "type", y->place, text);
    y->told = true;
}

static bool known(u8 kind)
{
    return kind != ANY_KIND && kind != FEEL_NULL;
}

/* A list of one may stand for its item, and a function or context has its own rules. */
static bool scalar(u8 kind)
{
    return kind >= FEEL_BOOL && kind <= FEEL_SECONDS;
}

static bool clash(u8 a, u8 b)
{
    return scalar(a) && scalar(b) && a != b;
}

static bool is_duration(u8 kind)
{
    return kind == FEEL_MONTHS || kind == FEEL_SECONDS;
}

static bool is_moment(u8 kind)
{
    return kind == FEEL_DATE || kind == FEEL_DATETIME || kind == FEEL_TIME;
}

/* DMN 1.5, tables 57 to 59: what + and - take. */
static u8 sum(struct typing *y, const struct node *n, u8 a, u8 b)
{
    bool minus = n->kind == N_SUB;

    if (!scalar(a) || !scalar(b))
        return ANY_KIND;
    if (a == b && (a == FEEL_NUMBER || is_duration(a)))
        return a;
    if (a == FEEL_STRING && b == FEEL_STRING && !minus)
        return a;
    if (minus && is_moment(a) && is_moment(b) && (a == FEEL_TIME) == (b == FEEL_TIME))
        return FEEL_SECONDS;
    if (is_moment(a) && is_duration(b) && !(a == FEEL_TIME && b == FEEL_MONTHS))
        return ANY_KIND;
    if (!minus && is_duration(a) && is_moment(b))
        return ANY_KIND;
    blame(y, n, minus ? "these types can't be subtracted" : "these types can't be added");
    return ANY_KIND;
}

static u8 product(struct typing *y, const struct node *n, u8 a, u8 b)
{
    if (!scalar(a) || !scalar(b))
        return ANY_KIND;
    if (a == FEEL_NUMBER && b == FEEL_NUMBER)
        return a;
    if (n->kind != N_POW && is_duration(a) && (b == FEEL_NUMBER || (n->kind == N_DIV && b == a)))
        return b == FEEL_NUMBER ? a : FEEL_NUMBER;
    if (n->kind == N_MUL && a == FEEL_NUMBER && is_duration(b))
        return b;
    blame(y, n, "these types can't be multiplied, divided or raised");
    return ANY_KIND;
}

static u8 arithmetic(struct typing *y, const struct node *n)
{
    u8 a = judge(y, n->kids[0]), b = judge(y, n->kids[1]);

    return n->kind == N_ADD || n->kind == N_SUB ? sum(y, n, a, b) : product(y, n, a, b);
}

static u8 comparison(struct typing *y, const struct node *n)
{
    u8 a = judge(y, n->kids[0]), b = judge(y, n->kids[1]);

    if (clash(a, b))
        blame(y, n, "values of these types can't be compared");
    return FEEL_BOOL;
}

static u8 logic(struct typing *y, const struct node *n)
{
    for (u32 i = 0; i < n->count; i++) {
        u8 kind = judge(y, n->kids[i]);

        if (scalar(kind) && kind != FEEL_BOOL)
            blame(y, n, "«and» and «or» need true or false");
    }
    return FEEL_BOOL;
}

static u8 choice(struct typing *y, const struct node *n)
{
    u8 condition = judge(y, n->kids[0]), a = judge(y, n->kids[1]), b = judge(y, n->kids[2]);

    if (scalar(condition) && condition != FEEL_BOOL)
        blame(y, n, "the condition is neither true nor false");
    return a == b ? a : ANY_KIND;
}

/* ---- functions ---------------------------------------------------------------------------- */

static bool letter_takes(char letter, u8 kind)
{
    if (!scalar(kind))
        return true;
    switch (letter) {
    case 'n':
        return kind == FEEL_NUMBER;
    case 's':
        return kind == FEEL_STRING;
    case 'b':
        return kind == FEEL_BOOL;
    case 'k':
        return kind == FEEL_DATE || kind == FEEL_DATETIME;
    case 't':
        return kind == FEEL_TIME;
    case 'u':
        return kind == FEEL_SECONDS;
    case 'm':
        return kind == FEEL_MONTHS;
    case 'c':
    case 'f':
    case 'r':
        return false;
    default:
        return true;
    }
}

static bool overload_takes(const struct builtin *b, const u8 *kinds, u32 count)
{
    u32 i = 0;

    for (const char *t = b->types; *t; t++) {
        if (*t == '?' || *t == '~')
            continue;
        if (*t == 'v' || t[1] == '*')
            return true;
        if (i < count && !letter_takes(*t, kinds[i]))
            return false;
        i++;
    }
    return i == count || count < i;
}

static u8 called(struct typing *y, const struct node *n)
{
    u8 kinds[8] = {0};
    size_t overloads = 0;
    bool fits = n->names != NULL || n->count > COUNT(kinds);
    const struct builtin *b = builtin_find(str_of(n->builtin->name), &overloads);

    for (u32 i = 0; i < n->count; i++) {
        u8 kind = judge(y, n->kids[i]);

        if (i < COUNT(kinds))
            kinds[i] = kind;
    }
    for (size_t i = 0; i < overloads && !fits; i++)
        fits = overload_takes(&b[i], kinds, n->count);
    if (!fits)
        blame(y, n, "the function doesn't take arguments of these types");
    return ANY_KIND;
}

/* ---- tests and conversions ---------------------------------------------------------------- */

static u8 end_kind(feel v)
{
    if (v.kind != FEEL_RANGE)
        return v.kind;
    return v.range->low.kind != FEEL_NULL ? v.range->low.kind : v.range->high.kind;
}

/* Must a test on a constant always fail? */
static void constant_test(struct typing *y, const struct node *n, feel v)
{
    bool allowed = true;

    if (v.kind == FEEL_LIST) {
        for (u32 i = 0; i < v.count; i++)
            if (v.items[i].kind < FEEL_LIST)
                constant_test(y, n, v.items[i]);
        return;
    }
    if (clash(end_kind(v), y->input)) {
        blame(y, n, "the test isn't of the input's type");
        return;
    }
    if (y->axis == NULL || v.kind == FEEL_RANGE || v.kind == FEEL_NULL)
        return;
    for (size_t i = 0; i < y->axis->constraints.count && allowed; i++)
        if (check_holds(y->c, y->axis->constraints.at[i], NULL, v, &allowed) != OK)
            return;
    if (!allowed)
        blame(y, n, "the value isn't one of the input's allowed values");
}

static u8 tests(struct typing *y, const struct node *n)
{
    for (u32 i = 0; i < n->count; i++) {
        const struct node *test = n->kids[i]->kids[0];
        u8 kind = test->kind == N_CONST ? ANY_KIND : judge(y, test);

        if (test->kind == N_CONST)
            constant_test(y, test, test->value);
        else if (!n->kids[i]->extra && kind != FEEL_BOOL && clash(kind, y->input))
            blame(y, test, "the test isn't of the input's type");
    }
    return FEEL_BOOL;
}

static bool converts(u8 from, u8 to)
{
    return !clash(from, to) || (from == FEEL_DATE && to == FEEL_DATETIME);
}

/* A constant by the type's own rules, else by kind. */
static void conforms(struct typing *y, const struct node *n, u8 kind, const struct type *t)
{
    const char *why = "";
    feel v;

    if (t == NULL)
        return;
    n = node_plain(n);
    if (n->kind == N_CONST && type_convert(&y->c->run, t, n->value, &v, &why) == OK && why[0])
        blame(y, n, why);
    else if (n->kind != N_CONST && !converts(kind, kind_of_declared(t)))
        blame(y, n, "the value isn't of the declared type");
}

static u8 conversion(struct typing *y, const struct node *n)
{
    u8 kind = judge(y, n->kids[0]);

    conforms(y, n->kids[0], kind, n->type);
    u8 declared = n->type != NULL ? kind_of_declared(n->type) : FEEL_NULL;
    return known(declared) ? declared : n->type != NULL ? ANY_KIND : kind;
}

/* ---- all nodes ---------------------------------------------------------------------------- */

static u8 named(struct typing *y, const struct node *n)
{
    const struct type *t = NULL;
    str name;

    if (n->up != y->level || !slot_named(y->c, n->slot, &name, &t))
        return ANY_KIND;
    u8 kind = kind_of_declared(t);
    return known(kind) ? kind : ANY_KIND;
}

static u8 below(struct typing *y, const struct node *n)
{
    for (u32 i = 0; i < n->count; i++)
        (void)judge(y, n->kids[i]);
    return ANY_KIND;
}

static u8 function(struct typing *y, const struct node *n)
{
    y->level++;
    if (n->code->body != NULL)
        (void)judge(y, n->code->body);
    y->level--;
    return FEEL_FUNCTION;
}

static u8 judge_kind(struct typing *y, const struct node *n)
{
    if (n->kind >= N_ADD && n->kind <= N_POW)
        return arithmetic(y, n);
    if (n->kind >= N_EQ && n->kind <= N_GE)
        return comparison(y, n);
    if (n->kind == N_AND || n->kind == N_OR)
        return logic(y, n);
    if (n->kind == N_TESTS || n->kind == N_NOT)
        return tests(y, n);
    if (n->kind == N_SLOT)
        return named(y, n);
    if (n->kind == N_IF)
        return choice(y, n);
    if (n->kind == N_CALL_BUILTIN)
        return called(y, n);
    if (n->kind == N_CONVERT)
        return conversion(y, n);
    if (n->kind == N_FUNCTION)
        return function(y, n);
    if (n->kind == N_UNKNOWN)
        blame(y, n, "a name that nobody defined");
    /* Tables are judged row by row; a member's name may be known to the item only. */
    if (n->kind == N_TABLE || n->kind == N_DYNAMIC)
        return ANY_KIND;
    return below(y, n);
}

static u8 judge(struct typing *y, const struct node *n)
{
    if (n->kind == N_CONST)
        return n->value.kind;
    if (n->kind == N_INPUT)
        return y->input;
    if (y->depth > 4 * FEEL_DEEPEST_TREE)
        return ANY_KIND;
    y->depth++;
    u8 kind = judge_kind(y, n);
    y->depth--;
    return kind;
}

fallible check_types(struct check *c, const struct element *e)
{
    struct typing y = {.c = c, .place = e->place, .input = ANY_KIND};
    const struct node *n = e->kind == ELEMENT_BKM ? e->code.body : e->logic;

    TRY(frame_open(&c->run, e->slots, NULL, &c->run.frame));
    u8 kind = judge(&y, n);
    if (e->kind == ELEMENT_DECISION && node_plain(n)->kind != N_TABLE)
        conforms(&y, n, kind, e->type);
    return OK;
}

/* ---- tables ------------------------------------------------------------------------------- */

static bool in_order(feel order, feel v)
{
    for (u32 i = 0; i < order.count; i++)
        if (value_in(v, order.items[i]) == TRUE)
            return true;
    return false;
}

static void output_types(struct check *c, const struct table *t, size_t i, const struct node *n,
                         str place)
{
    struct typing y = {.c = c, .place = place, .input = ANY_KIND};
    const struct table_output *o = &t->outputs[i];
    const struct type *type = o->type;
    u8 kind = judge(&y, n);

    if (type == NULL && t->output_count == 1 && t->hit <= HIT_ANY &&
        c->element->kind == ELEMENT_DECISION && node_plain(c->element->logic)->kind == N_TABLE)
        type = c->element->type;
    conforms(&y, n, kind, type);
    n = node_plain(n);
    if (n->kind == N_CONST && known(n->value.kind) && o->order.kind == FEEL_LIST &&
        o->allowed_text.len && !in_order(o->order, n->value))
        blame(&y, n, "the value isn't one of the output values");
}

fallible check_table_types(struct check *c, const struct table *t, const struct space *s)
{
    for (size_t col = 0; col < t->input_count; col++) {
        const struct axis *x = &s->axes[s->axis_of[col]];
        u8 declared = x->type != NULL ? kind_of_declared(x->type) : FEEL_NULL;
        str place = str_format(c->a, "%.*s, column %zu", STR(t->place), col + 1);
        struct typing y = {.c = c, .place = place, .input = ANY_KIND};

        (void)judge(&y, t->inputs[col].value);
        for (size_t i = 0; i < t->row_count; i++) {
            const struct node *tree = t->rows[i].cells[col].tree;

            y = (struct typing){.c = c, .input = known(declared) ? declared : ANY_KIND, .axis = x};
            y.place = str_format(c->a, "%.*s, row %zu, column %zu", STR(t->place), i + 1, col + 1);
            if (tree != NULL)
                (void)judge(&y, tree);
        }
    }
    for (size_t row = 0; row < t->row_count; row++)
        for (size_t i = 0; i < t->output_count; i++) {
            str place =
                str_format(c->a, "%.*s, row %zu, output %zu", STR(t->place), row + 1, i + 1);

            output_types(c, t, i, t->rows[row].outputs[i], place);
        }
    return OK;
}
