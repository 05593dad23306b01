/*
 * Runs trees. What the standard calls an error gives null and a note; `err` is for ceilings only.
 * Each evaluation of a node costs a step and, while it runs, one of FEEL_DEEPEST_RUN levels.
 */
#include "rules/rules_int.h"

void run_open(struct run *r, struct arena *a, const struct feel_options *options)
{
    *r = (struct run){.arena = a, .memory_from = arena_used(a)};
    if (options != NULL)
        r->options = *options;
    r->steps = r->options.steps > 0 ? r->options.steps : FEEL_STEPS;
}

void run_note(struct run *r, const struct node *n, const char *what)
{
    struct feel_notes *notes = r->options.notes;

    if (notes == NULL)
        return;
    n = n != NULL ? n : r->at;
    if (notes->count < FEEL_NOTES)
        notes->kept[notes->count] = (struct feel_note){
            .place = r->place, .column = n != NULL ? (int)n->at : 0, .what = what};
    notes->count++;
}

fallible run_spend(struct run *r, i64 steps)
{
    r->steps -= steps;
    REQUIRE(r->steps > 0, ERR_LIMIT, "%.*s%sevaluation takes too many steps", STR(r->place),
            r->place.len ? ": " : "");
    REQUIRE(arena_used(r->arena) - r->memory_from < FEEL_MEMORY, ERR_LIMIT,
            "%.*s%sevaluation takes too much memory", STR(r->place), r->place.len ? ": " : "");
    return OK;
}

const struct zone *run_zone(struct run *r, str name)
{
    if (r->zones.arena == NULL)
        r->zones = map_in(r->arena);
    const struct zone *z = map_get(&r->zones, name);
    if (z != NULL)
        return z;
    struct zone *opened = (struct zone *)(uintptr_t)zone_open(r->arena, name);
    if (opened != NULL)
        map_set(&r->zones, name, opened);
    return opened;
}

fallible frame_open(struct run *r, size_t slots, const struct frame *outer, struct frame **out)
{
    TRY(run_spend(r, 1));
    struct frame *f = NEW(r->arena, struct frame);
    f->outer = outer;
    f->count = slots;
    f->slots = NEW_N(r->arena, slots + 1, feel);
    *out = f;
    return OK;
}

static const feel *slot_at(const struct run *r, u32 up, u32 slot)
{
    const struct frame *f = r->frame;

    while (up-- > 0)
        f = f->outer;
    return &f->slots[slot];
}

fallible run_nothing(struct run *r, const struct node *n, const char *what, feel *out)
{
    run_note(r, n, what);
    *out = feel_null();
    return OK;
}

/* ---- logic -------------------------------------------------------------------------------- */

enum truth truth_of(feel v)
{
    return v.kind == FEEL_BOOL ? (v.truth ? TRUE : FALSE) : UNKNOWN;
}

/* The left side decides alone where it can. */
static fallible eval_and_or(struct run *r, const struct node *n, feel *out)
{
    enum truth decides = n->kind == N_AND ? FALSE : TRUE;
    feel a, b;

    TRY(eval(r, n->kids[0], &a));
    enum truth left = truth_of(a);
    if (left == decides) {
        *out = feel_truth(decides);
        return OK;
    }
    TRY(eval(r, n->kids[1], &b));
    enum truth right = truth_of(b);
    *out = feel_truth(right == decides                      ? decides
                      : left == UNKNOWN || right == UNKNOWN ? UNKNOWN
                                                            : right);
    return OK;
}

static fallible eval_equal(struct run *r, const struct node *n, feel *out)
{
    feel a, b;

    TRY(eval(r, n->kids[0], &a));
    TRY(eval(r, n->kids[1], &b));
    if (a.kind >= FEEL_LIST)
        TRY(run_spend(r, value_weight(a)));
    enum truth t = value_equal(a, b);
    if (t == UNKNOWN)
        return run_nothing(r, n, "values of different types can't be equal or unequal", out);
    *out = feel_bool((t == TRUE) == (n->kind == N_EQ));
    return OK;
}

/* «<=» is «<» or «=» of the standard, which count fractions of a second differently. */
static bool compares(u8 kind, int order, feel a, feel b)
{
    if (kind == N_LT)
        return order < 0;
    if (kind == N_GT)
        return order > 0;
    if (order == 0 || value_equal(a, b) == TRUE)
        return true;
    return kind == N_LE ? order < 0 : order > 0;
}

static fallible eval_compare(struct run *r, const struct node *n, feel *out)
{
    feel a, b;
    int order;

    TRY(eval(r, n->kids[0], &a));
    TRY(eval(r, n->kids[1], &b));
    if (!value_order(a, b, &order))
        return run_nothing(r, n, "values that have no order", out);
    *out = feel_bool(compares(n->kind, order, a, b));
    return OK;
}

static fallible eval_between(struct run *r, const struct node *n, feel *out)
{
    feel x, low, high;
    int above, below;

    TRY(eval(r, n->kids[0], &x));
    TRY(eval(r, n->kids[1], &low));
    TRY(eval(r, n->kids[2], &high));
    if (!value_order(x, low, &above) || !value_order(x, high, &below))
        return run_nothing(r, n, "values that have no order", out);
    *out = feel_bool(compares(N_GE, above, x, low) && compares(N_LE, below, x, high));
    return OK;
}

static fallible eval_in(struct run *r, const struct node *n, feel *out)
{
    enum truth found = FALSE;
    feel x, tests;

    TRY(eval(r, n->kids[0], &x));
    for (u32 i = 1; i < n->count && found != TRUE; i++) {
        TRY(eval(r, n->kids[i], &tests));
        if (tests.kind >= FEEL_LIST)
            TRY(run_spend(r, value_weight(tests) + value_weight(x)));
        enum truth t = value_in(x, tests);
        if (t != FALSE && (t == TRUE || n->count == 2))
            found = t;
    }
    if (found == UNKNOWN)
        return run_nothing(r, n, "the value can't be compared with the test", out);
    *out = feel_truth(found);
    return OK;
}

static fallible eval_if(struct run *r, const struct node *n, feel *out)
{
    feel condition;

    TRY(eval(r, n->kids[0], &condition));
    if (condition.kind != FEEL_BOOL)
        run_note(r, n, "the condition is neither true nor false");
    bool odd = condition.kind != FEEL_BOOL && condition.kind != FEEL_NULL;
    if (odd && n->op == 1) {
        *out = feel_null();
        return OK;
    }
    bool truth = condition.kind == FEEL_BOOL && condition.truth;
    return eval(r, n->kids[truth ? 1 : 2], out);
}

static fallible eval_instance(struct run *r, const struct node *n, feel *out)
{
    feel v;

    TRY(eval(r, n->kids[0], &v));
    TRY(run_spend(r, value_weight(v)));
    bool null_type = type_real(n->type)->kind == TYPE_NULL;
    *out = feel_bool(v.kind == FEEL_NULL ? null_type : type_has(n->type, v));
    return OK;
}

/* ---- ranges, lists, contexts -------------------------------------------------------------- */

static fallible range_value(struct run *r, struct feel_range range, feel *out)
{
    struct feel_range *kept = NEW(r->arena, struct feel_range);

    *kept = range;
    *out = (feel){.kind = FEEL_RANGE, .range = kept};
    return OK;
}

static fallible eval_range(struct run *r, const struct node *n, feel *out)
{
    struct feel_range range = {.low_open = n->op & 1, .high_open = (n->op & 2) != 0};
    int order;

    TRY(eval(r, n->kids[0], &range.low));
    TRY(eval(r, n->kids[1], &range.high));
    if (!value_order(range.low, range.high, &order))
        return run_nothing(r, n, "the ends of the range have no order", out);
    return range_value(r, range, out);
}

static fallible eval_unary_range(struct run *r, const struct node *n, feel *out)
{
    struct feel_range range = {.form = n->op, .low_open = true, .high_open = true};
    feel end;
    int order;

    TRY(eval(r, n->kids[0], &end));
    bool less = n->op == RANGE_LESS || n->op == RANGE_MOST;
    bool more = n->op == RANGE_MORE || n->op == RANGE_LEAST;
    if ((less || more) && !value_order(end, end, &order))
        return run_nothing(r, n, "the end of the range has no order", out);
    if (!less)
        range.low = end;
    if (!more)
        range.high = end;
    range.low_open = n->op != RANGE_LEAST && n->op != RANGE_EQUAL;
    range.high_open = n->op != RANGE_MOST && n->op != RANGE_EQUAL;
    return range_value(r, range, out);
}

static fallible eval_list(struct run *r, const struct node *n, feel *out)
{
    TRY(run_spend(r, n->count + 1));
    feel *items = NEW_N(r->arena, n->count + 1, feel);
    for (u32 i = 0; i < n->count; i++)
        TRY(eval(r, n->kids[i], &items[i]));
    return feel_list(items, n->count, out);
}

/* A function defined by an entry may call itself by the entry's name. */
static void know_itself(feel v, u32 slot)
{
    if (v.kind == FEEL_FUNCTION && v.function->captured != NULL &&
        slot < v.function->captured->count)
        v.function->captured->slots[slot] = v;
}

static bool repeated(const struct feel_entry *entries, size_t count, str key)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(entries[i].key, key))
            return true;
    return false;
}

static fallible eval_context(struct run *r, const struct node *n, feel *out)
{
    bool result = n->op == 1; /* boxed: the last entry is the result */
    u32 named = result ? n->count - 1 : n->count;

    TRY(run_spend(r, n->count + 1));
    struct feel_entry *entries = NEW_N(r->arena, n->count + 1, struct feel_entry);
    for (u32 i = 0; i < named; i++) {
        const struct node *bind = n->kids[i];
        feel v;

        TRY(eval(r, bind->kids[0], &v));
        know_itself(v, bind->slot);
        r->frame->slots[bind->slot] = v;
        if (repeated(entries, i, n->names[i]))
            return run_nothing(r, n, "the context has two entries of one name", out);
        entries[i] = (struct feel_entry){n->names[i], v};
    }
    if (result)
        return eval(r, n->kids[named], out);
    return feel_context(r->arena, entries, n->count, out);
}

static fallible eval_dynamic(struct run *r, const struct node *n, feel *out)
{
    const feel *found = feel_get(*slot_at(r, n->up, n->slot), n->name);

    if (found == NULL)
        return eval(r, n->kids[0], out);
    *out = *found;
    return OK;
}

/* ---- functions ---------------------------------------------------------------------------- */

static fallible eval_function(struct run *r, const struct node *n, feel *out)
{
    struct feel_function *f = NEW(r->arena, struct feel_function);

    f->code = n->code;
    if (r->frame != NULL) {
        TRY(frame_open(r, r->frame->count, r->frame->outer, &f->captured));
        memcpy(f->captured->slots, r->frame->slots, r->frame->count * sizeof(feel));
    }
    *out = (feel){.kind = FEEL_FUNCTION, .function = f};
    return OK;
}

enum { MOST_ARGUMENTS = 64 };

static fallible eval_arguments(struct run *r, const struct node *n, u32 from, feel **args,
                               feel few[8])
{
    u32 count = n->count - from;

    *args = few;
    if (count > 8)
        *args = NEW_N(r->arena, count, feel);
    for (u32 i = 0; i < count; i++)
        TRY(eval(r, n->kids[from + i], &(*args)[i]));
    return OK;
}

static fallible eval_call(struct run *r, const struct node *n, feel *out)
{
    feel few[8], *args, f;

    TRY(eval(r, n->kids[0], &f));
    TRY(eval_arguments(r, n, 1, &args, few));
    if (f.kind != FEEL_FUNCTION)
        return run_nothing(r, n, "what is called isn't a function", out);
    if (n->names != NULL)
        return call_named(r, n, f, n->names, args, n->count - 1, out);
    return call_value(r, n, f, args, n->count - 1, out);
}

static fallible eval_builtin(struct run *r, const struct node *n, feel *out)
{
    feel few[8], *args;

    TRY(eval_arguments(r, n, 0, &args, few));
    if (n->names != NULL)
        return builtin_named(r, n, n->builtin, n->names, args, n->count, out);
    return builtin_call(r, n, n->builtin, args, n->count, out);
}

static fallible eval_unknown(struct run *r, const struct node *n, feel *out)
{
    return run_nothing(r, n, "a name that nobody defined", out);
}

/* ---- unary tests -------------------------------------------------------------------------- */

/* One test: a condition with `?`, else a value, range or list that the input is compared with. */
static fallible eval_test(struct run *r, const struct node *n, feel *out)
{
    const struct node *e = n->kids[0];
    feel v;

    TRY(eval(r, e, &v));
    if (v.kind == FEEL_BOOL && (n->extra || (e->kind != N_CONST && r->input.kind != FEEL_BOOL))) {
        *out = v;
        return OK;
    }
    if (v.kind >= FEEL_LIST)
        TRY(run_spend(r, value_weight(v) + value_weight(r->input)));
    *out = feel_truth(value_in(r->input, v));
    return OK;
}

static fallible eval_tests(struct run *r, const struct node *n, feel *out)
{
    bool any = false;

    for (u32 i = 0; i < n->count && !any; i++) {
        const struct node *test = n->kids[i]->kids[0];
        feel v;

        /* Constants, the usual case, need no evaluation. */
        if (test->kind == N_CONST) {
            any = value_in(r->input, test->value) == TRUE;
            continue;
        }
        TRY(eval(r, n->kids[i], &v));
        any = truth_of(v) == TRUE;
    }
    *out = feel_bool(any == (n->kind == N_TESTS));
    return OK;
}

fallible test_input(struct run *r, const struct node *tests, feel input, enum truth *out)
{
    feel outer = r->input, v;

    r->input = input;
    TRY(eval(r, tests, &v));
    r->input = outer;
    *out = truth_of(v);
    return OK;
}

/* ---- boxed -------------------------------------------------------------------------------- */

static fallible eval_convert(struct run *r, const struct node *n, feel *out)
{
    str outer = r->place;
    const char *why = "";
    feel v;

    r->place = n->name.len ? n->name : outer;
    TRY(eval(r, n->kids[0], &v));
    if (n->type != NULL) {
        TRY(type_convert(r, n->type, v, &v, &why));
        if (why[0])
            run_note(r, n, why);
    }
    r->place = outer;
    *out = v;
    return OK;
}

/* A relation is a list of contexts, a row each; kids go row by row. */
static fallible eval_relation(struct run *r, const struct node *n, feel *out)
{
    u32 columns = n->slot, rows = columns ? n->count / columns : 0;
    feel *items = NEW_N(r->arena, rows + 1, feel);

    TRY(run_spend(r, n->count + 1));
    for (u32 i = 0; i < rows; i++) {
        struct feel_entry *entries = NEW_N(r->arena, columns, struct feel_entry);

        for (u32 k = 0; k < columns; k++) {
            entries[k].key = n->names[k];
            TRY(eval(r, n->kids[i * columns + k], &entries[k].value));
        }
        TRY(feel_context(r->arena, entries, columns, &items[i]));
    }
    return feel_list(items, rows, out);
}

static fallible eval_element(struct run *r, const struct node *n, feel *out)
{
    struct feel_function *f = NEW(r->arena, struct feel_function);

    f->element = n->element;
    *out = (feel){.kind = FEEL_FUNCTION, .function = f};
    return OK;
}

static fallible eval_fault(struct run *r, const struct node *n, feel *out)
{
    str outer = r->place;

    r->place = n->name;
    run_note(r, NULL, feel_text(n->value).ptr);
    r->place = outer;
    *out = feel_null();
    return OK;
}

static fallible eval_two(struct run *r, const struct node *n, feel *out)
{
    feel a, b = feel_null();

    TRY(eval(r, n->kids[0], &a));
    if (n->count > 1)
        TRY(eval(r, n->kids[1], &b));
    return eval_arithmetic(r, n, a, b, out);
}

static fallible eval_member(struct run *r, const struct node *n, feel *out)
{
    feel of;

    TRY(eval(r, n->kids[0], &of));
    return eval_path(r, n, of, n->name, out);
}

static fallible eval_constant(struct run *r, const struct node *n, feel *out)
{
    (void)r;
    *out = n->value;
    return OK;
}

static fallible eval_slot(struct run *r, const struct node *n, feel *out)
{
    *out = *slot_at(r, n->up, n->slot);
    return OK;
}

static fallible eval_input(struct run *r, const struct node *n, feel *out)
{
    (void)n;
    *out = r->input;
    return OK;
}

static fallible eval_dash(struct run *r, const struct node *n, feel *out)
{
    (void)r;
    (void)n;
    *out = feel_bool(true);
    return OK;
}

static fallible eval_bind(struct run *r, const struct node *n, feel *out)
{
    return eval(r, n->kids[0], out);
}

typedef err (*node_run)(struct run *, const struct node *, feel *);

fallible eval(struct run *r, const struct node *n, feel *out)
{
    static const node_run by_kind[] = {
        [N_CONST] = eval_constant,
        [N_SLOT] = eval_slot,
        [N_BIND] = eval_bind,
        [N_DYNAMIC] = eval_dynamic,
        [N_UNKNOWN] = eval_unknown,
        [N_INPUT] = eval_input,
        [N_NEGATE] = eval_two,
        [N_ADD] = eval_two,
        [N_SUB] = eval_two,
        [N_MUL] = eval_two,
        [N_DIV] = eval_two,
        [N_POW] = eval_two,
        [N_EQ] = eval_equal,
        [N_NE] = eval_equal,
        [N_LT] = eval_compare,
        [N_LE] = eval_compare,
        [N_GT] = eval_compare,
        [N_GE] = eval_compare,
        [N_AND] = eval_and_or,
        [N_OR] = eval_and_or,
        [N_BETWEEN] = eval_between,
        [N_IN] = eval_in,
        [N_TESTS] = eval_tests,
        [N_NOT] = eval_tests,
        [N_TEST] = eval_test,
        [N_DASH] = eval_dash,
        [N_RANGE] = eval_range,
        [N_UNARY_RANGE] = eval_unary_range,
        [N_LIST] = eval_list,
        [N_CONTEXT] = eval_context,
        [N_FILTER] = eval_filter,
        [N_PATH] = eval_member,
        [N_CALL] = eval_call,
        [N_CALL_BUILTIN] = eval_builtin,
        [N_IF] = eval_if,
        [N_FOR] = eval_loop,
        [N_SOME] = eval_loop,
        [N_EVERY] = eval_loop,
        [N_INSTANCE] = eval_instance,
        [N_FUNCTION] = eval_function,
        [N_CONVERT] = eval_convert,
        [N_TABLE] = table_eval,
        [N_RELATION] = eval_relation,
        [N_ELEMENT] = eval_element,
        [N_FAULT] = eval_fault,
    };

    if (n->kind == N_CONST) {
        *out = n->value;
        return OK;
    }
    REQUIRE(--r->steps > 0, ERR_LIMIT, "%.*s%scolumn %u: evaluation takes too many steps",
            STR(r->place), r->place.len ? ", " : "", n->at);
    REQUIRE(++r->depth < FEEL_DEEPEST_RUN, ERR_LIMIT, "%.*s%scolumn %u: calls are nested too deep",
            STR(r->place), r->place.len ? ", " : "", n->at);
    TRY(by_kind[n->kind](r, n, out));
    r->depth--;
    return OK;
}
