/*
 * Where pieces prove nothing, the table is tried with inputs drawn at random (always the same
 * ones): of the declared types, near the constants that the table names.
 */
#include "rules/check_int.h"

struct draw {
    struct check *c;
    u64 state;
    VEC(feel) constants;
};

static u64 next(struct draw *d)
{
    d->state ^= d->state << 13;
    d->state ^= d->state >> 7;
    d->state ^= d->state << 17;
    return d->state;
}

static void keep(struct draw *d, feel v)
{
    if (v.kind == FEEL_RANGE) {
        keep(d, v.range->low);
        keep(d, v.range->high);
    }
    if (v.kind == FEEL_LIST && v.count < 100)
        for (u32 i = 0; i < v.count; i++)
            if (v.items[i].kind < FEEL_LIST)
                vec_push(d->c->a, &d->constants, v.items[i]);
    if (v.kind > FEEL_NULL && v.kind < FEEL_LIST)
        vec_push(d->c->a, &d->constants, v);
}

static bool keep_node(void *with, const struct node *n)
{
    struct draw *d = with;

    if (n->kind == N_CONST)
        keep(d, n->value);
    if (n->kind == N_FUNCTION)
        (void)node_walk(n->code->body, keep_node, d, 0);
    return d->constants.count < 10000;
}

static bool constant_of(struct draw *d, u8 kind, feel *out)
{
    size_t n = d->constants.count, from = n ? next(d) % n : 0;

    for (size_t i = 0; i < n; i++)
        if (d->constants.at[(from + i) % n].kind == kind) {
            *out = d->constants.at[(from + i) % n];
            return true;
        }
    return false;
}

static fallible near(struct draw *d, u8 kind, feel *out)
{
    feel low, high;
    bool has = constant_of(d, kind, &low), some = true;

    if (kind == FEEL_BOOL) {
        *out = feel_bool(next(d) % 2);
        return OK;
    }
    if (has && next(d) % 2) {
        *out = low;
        return OK;
    }
    if (kind == FEEL_NUMBER && constant_of(d, kind, &high) && next(d) % 2) {
        *out = next(d) % 2 ? number_add(low, high) : number_mul(low, high);
        return OK;
    }
    if (kind == FEEL_NUMBER && next(d) % 2) {
        *out = feel_int((i64)(next(d) % 200));
        return OK;
    }
    bool above = next(d) % 2;
    TRY(axis_between(d->c, kind, has && above ? &low : NULL, has && !above ? &low : NULL, out,
                     &some));
    if (!some)
        *out = has ? low : feel_null();
    return OK;
}

static fallible of_type(struct draw *d, const struct type *t, int depth, feel *out);

static fallible of_context(struct draw *d, const struct type *t, int depth, feel *out)
{
    struct feel_entry *entries = NEW_N(d->c->a, t->member_count + 1, struct feel_entry);

    for (size_t i = 0; i < t->member_count; i++) {
        entries[i].key = t->members[i].name;
        TRY(of_type(d, t->members[i].type, depth + 1, &entries[i].value));
    }
    return feel_context(d->c->a, entries, t->member_count, out);
}

static fallible of_list(struct draw *d, const struct type *t, int depth, feel *out)
{
    size_t count = next(d) % 4;
    feel *items = NEW_N(d->c->a, count + 1, feel);

    for (size_t i = 0; i < count; i++)
        TRY(of_type(d, t->element, depth + 1, &items[i]));
    return feel_list(items, count, out);
}

static fallible of_type(struct draw *d, const struct type *t, int depth, feel *out)
{
    const struct type *real = t != NULL ? type_real(t) : NULL;

    *out = feel_null();
    if (depth > 4)
        return OK;
    if (real == NULL || real->kind == TYPE_ANY)
        return d->constants.count ? near(d, d->constants.at[next(d) % d->constants.count].kind, out)
                                  : near(d, FEEL_NUMBER, out);
    if (real->kind == TYPE_CONTEXT)
        return of_context(d, real, depth, out);
    if (real->kind == TYPE_LIST && !real->any_form)
        return of_list(d, real, depth, out);
    if (kind_of_declared(t) == FEEL_NULL)
        return OK;
    return near(d, kind_of_declared(t), out);
}

/* A value that the type's constraints allow; null after some tries. */
static fallible drawn(struct draw *d, const struct type *t, feel *out)
{
    for (int i = 0; i < 8; i++) {
        const char *why = "";
        feel v;

        TRY(of_type(d, t, 0, &v));
        TRY(type_convert(&d->c->run, t, v, out, &why));
        if (out->kind != FEEL_NULL)
            return OK;
    }
    return OK;
}

/* ---- one try ------------------------------------------------------------------------------ */

static fallible fill_frame(struct draw *d, const struct element *e, feel *slots)
{
    for (size_t i = 0; i < e->bindings.count; i++) {
        const struct element *to = e->bindings.at[i].element;

        if (to != NULL && to->kind <= ELEMENT_DECISION)
            TRY(drawn(d, to->type, &slots[e->bindings.at[i].slot]));
        else if (to != NULL)
            slots[e->bindings.at[i].slot] = to->function;
    }
    for (size_t i = 0; e->kind == ELEMENT_BKM && i < e->code.count; i++)
        TRY(drawn(d, e->code.parameters[i].type, &slots[e->first_parameter + i]));
    return OK;
}

static str frame_example(struct verdict *v)
{
    const struct element *e = v->c->element;
    struct buf b = buf_in(v->c->a);
    bool first = true;

    buf_byte(&b, '{');
    for (size_t i = 0; i < e->bindings.count + (e->kind == ELEMENT_BKM ? e->code.count : 0); i++) {
        bool parameter = i >= e->bindings.count;
        const struct element *to = parameter ? NULL : e->bindings.at[i].element;
        size_t at = i - e->bindings.count;

        if (!parameter && (to == NULL || to->kind > ELEMENT_DECISION))
            continue;
        buf_z(&b, first ? "" : ",");
        first = false;
        json_quote(&b, parameter ? e->code.parameters[at].name : to->name);
        buf_byte(&b, ':');
        u32 slot = parameter ? e->first_parameter + (u32)at : e->bindings.at[i].slot;
        if (feel_json(&b, v->c->run.frame->slots[slot]) != OK)
            buf_z(&b, "null");
    }
    buf_byte(&b, '}');
    return buf_text(&b);
}

void check_memo(struct check *c)
{
    size_t count = c->model->elements.count;

    c->run.memo = NEW(c->a, struct memo);
    c->run.memo->input = feel_null();
    c->run.memo->values = NEW_N(c->a, count + 1, feel);
    c->run.memo->states = NEW_N(c->a, count + 1, u8);
}

/* The inputs of the table for this frame; false if one isn't among its allowed values or null. */
static fallible inputs_of(struct check *c, const struct table *t, feel *inputs, bool *valid)
{
    *valid = true;
    for (size_t i = 0; i < t->input_count && *valid; i++) {
        TRY(eval(&c->run, t->inputs[i].value, &inputs[i]));
        *valid = inputs[i].kind != FEEL_NULL;
        if (*valid && t->inputs[i].allowed != NULL)
            TRY(check_holds(c, t->inputs[i].allowed, NULL, inputs[i], valid));
    }
    return OK;
}

static fallible try_once(struct draw *d, struct verdict *v, feel *inputs, u64 *rows)
{
    const struct table *t = v->s->t;
    bool holds;

    d->c->run.steps = FEEL_STEPS;
    check_memo(d->c);
    TRY(fill_frame(d, d->c->element, d->c->run.frame->slots));
    TRY(inputs_of(d->c, t, inputs, &holds));
    if (!holds)
        return OK;
    memset(rows, 0, v->s->words * sizeof *rows);
    for (size_t i = 0; i < t->row_count; i++) {
        holds = true;
        for (size_t k = 0; k < t->input_count && holds; k++)
            TRY(check_holds(d->c, NULL, &t->rows[i].cells[k], inputs[k], &holds));
        if (holds)
            rows[i / 64] |= 1ULL << (i % 64);
    }
    leaf(v, rows);
    return OK;
}

/* A try that passes a ceiling tells nothing; the others go on. */
fallible sample(struct verdict *v, bool *tried)
{
    const struct table *t = v->s->t;
    struct check *c = v->c;
    struct draw d = {.c = c, .state = 0x9E3779B97F4A7C15ULL};
    struct node whole = {.kind = N_TABLE, .table = t};
    size_t cells = t->row_count * (t->input_count + 1) + 1;
    size_t tries = CHECK_SAMPLES < CHECK_CELLS / cells ? CHECK_SAMPLES : CHECK_CELLS / cells;
    feel *inputs = NEW_N(c->a, t->input_count + 1, feel);
    u64 *rows = NEW_N(c->a, v->s->words, u64);

    *tried = tries > 0;
    (void)node_walk(&whole, keep_node, &d, 0);
    v->example = frame_example;
    c->run.steps = FEEL_STEPS;
    c->run.memory_from = arena_used(c->a);
    TRY(frame_open(&c->run, c->element->slots, NULL, &c->run.frame));
    struct run fresh = c->run;
    for (size_t i = 0; i < tries; i++) {
        /* Findings live on in the arena: only a try that found none gives its memory back. */
        arena_mark mark = arena_here(c->a);
        size_t before = c->found.count + v->pair_count;

        c->run = fresh;
        c->run.memory_from = arena_used(c->a);
        if (try_once(&d, v, inputs, rows) == OK && before != c->found.count + v->pair_count)
            continue;
        arena_back(c->a, mark);
    }
    c->run = fresh;
    return OK;
}
