/* Judges one decision table: its form against the hit policy, then what its rows do together. */
#include "rules/check_int.h"

static void row_add(struct check *c, const struct table *t, const char *kind, u32 row, str what,
                    str example)
{
    str place = str_format(c->a, "%.*s, row %u", STR(t->place), row + 1);
    struct rules_finding *f = check_add(c, kind, place, what);

    check_rows(c, f, row, UINT32_MAX);
    f->example = example;
}

/* ---- the hit policy ----------------------------------------------------------------------- */

static void hit_add(struct check *c, const struct table *t, str what)
{
    (void)check_add(c, "hit-policy", t->place, what);
}

static void aggregation_check(struct check *c, const struct table *t)
{
    if (t->aggregation == COLLECT_LIST)
        return;
    if (t->hit != HIT_COLLECT)
        hit_add(c, t, S("an aggregation needs the hit policy COLLECT"));
    if (t->output_count > 1)
        hit_add(c, t, S("an aggregation needs a single output"));
    if (t->hit != HIT_COLLECT || t->output_count > 1 || t->aggregation == COLLECT_COUNT)
        return;
    for (u32 i = 0; i < t->row_count; i++) {
        const struct node *n = node_plain(t->rows[i].outputs[0]);
        u8 kind = n->kind == N_CONST ? n->value.kind : FEEL_NUMBER;
        bool ordered = t->aggregation != COLLECT_SUM && kind != FEEL_BOOL && kind < FEEL_LIST;

        if (kind != FEEL_NUMBER && kind != FEEL_NULL && !ordered && kind != FEEL_MONTHS &&
            kind != FEEL_SECONDS)
            row_add(c, t, "hit-policy", i, S("the result can't be aggregated"), S(""));
    }
}

/* LAW of DMN 1.5, 8.2.10: PRIORITY and OUTPUT ORDER rank by the list of output values. */
static void priority_check(struct check *c, const struct table *t)
{
    bool any = false;

    if (t->hit != HIT_PRIORITY && t->hit != HIT_OUTPUT_ORDER)
        return;
    for (size_t i = 0; i < t->output_count; i++)
        any |= t->outputs[i].order.kind == FEEL_LIST;
    if (!any)
        hit_add(c, t, S("the hit policy ranks by output values, but none are listed"));
}

/* ---- rows --------------------------------------------------------------------------------- */

static bool default_given(const struct table *t)
{
    for (size_t i = 0; i < t->output_count; i++)
        if (t->outputs[i].fallback != NULL)
            return true;
    return false;
}

static bool one_result(const struct table *t)
{
    return t->hit <= HIT_ANY;
}

/* Rows that hold nowhere, whatever the other columns say. */
static void dead_rows(struct verdict *v)
{
    const struct space *s = v->s;

    for (u32 row = 0; row < s->t->row_count; row++)
        for (size_t col = 0; col < s->t->input_count && !(v->rows[row] & ROW_TOLD); col++) {
            const struct axis *x = &s->axes[s->axis_of[col]];
            bool some =
                !cell_steps(&s->t->rows[row].cells[col]) || x->kind == FEEL_NULL || !x->exact;

            for (size_t p = 0; p < x->count && !some; p++)
                some = row_in(x->holds + p * s->words, row);
            if (some)
                continue;
            row_add(v->c, s->t, "unreachable", row,
                    str_format(v->c->a, "no value makes column %zu hold", col + 1), S(""));
            v->rows[row] |= ROW_TOLD;
        }
}

static bool cells_equal(const struct table *t, u32 x, u32 y)
{
    for (size_t col = 0; col < t->input_count; col++)
        if (!str_eq(t->rows[x].cells[col].text, t->rows[y].cells[col].text))
            return false;
    return true;
}

/* Does row y hold wherever x does, cell by cell? */
static bool covers(const struct space *s, u32 y, u32 x)
{
    for (size_t col = 0; col < s->t->input_count; col++) {
        const struct cell *big = &s->t->rows[y].cells[col], *small = &s->t->rows[x].cells[col];
        const struct axis *a = &s->axes[s->axis_of[col]];

        if (big->kind == CELL_ANY || str_eq(big->text, small->text))
            continue;
        if (!cell_steps(big) || !cell_steps(small) || a->kind == FEEL_NULL || !a->exact)
            return false;
        for (size_t p = 0; p < a->count; p++)
            if (row_in(a->holds + p * s->words, x) && !row_in(a->holds + p * s->words, y))
                return false;
    }
    return true;
}

/* Without a proof over combinations, a row hidden by a single earlier one can still be told. */
static void hidden_rows(struct verdict *v)
{
    const struct table *t = v->s->t;

    for (u32 x = 1; t->hit == HIT_FIRST && x < t->row_count && t->row_count < 2000; x++)
        for (u32 y = 0; y < x && !(v->rows[x] & ROW_TOLD); y++)
            if (covers(v->s, y, x)) {
                row_add(v->c, t, "unreachable", x,
                        str_format(v->c->a, "row %u comes first wherever this row holds", y + 1),
                        S(""));
                v->rows[x] |= ROW_TOLD;
            }
}

static void twin_rows(struct verdict *v)
{
    const struct table *t = v->s->t;

    for (u32 x = 1; !one_result(t) && x < t->row_count && t->row_count < 2000; x++)
        for (u32 y = 0; y < x && !(v->rows[x] & ROW_TOLD); y++)
            if (cells_equal(t, x, y) && outputs_same(t, x, y)) {
                row_add(v->c, t, "redundant", x, str_format(v->c->a, "the same as row %u", y + 1),
                        v->examples[x]);
                v->rows[x] |= ROW_TOLD;
            }
}

static void row_verdict(struct verdict *v, u32 row)
{
    const struct table *t = v->s->t;
    u8 is = v->rows[row];

    if (is & (ROW_TOLD | ROW_NEEDED))
        return;
    if (!(is & ROW_HOLDS))
        row_add(v->c, t, "unreachable", row, S("no input makes all its cells hold"), S(""));
    else if (!(is & ROW_WINS))
        row_add(v->c, t, "unreachable", row, S("another row always comes before it"),
                v->examples[row]);
    else
        row_add(v->c, t, "redundant", row, S("without it every result would be the same"),
                v->examples[row]);
}

static str space_example(struct verdict *v)
{
    return check_example(v->c, v->s, v->chosen);
}

/* Gaps and overlaps found before a sweep was given up are true; what wasn't found is open. */
static fallible combinations(struct verdict *v, bool direct, const char **why)
{
    const struct table *t = v->s->t;
    bool complete = false, tried = false;

    *why = v->s->why;
    if (*why == NULL) {
        TRY(sweep(v, &complete));
        if (!complete)
            *why = "the combinations are too many";
    } else if (direct) {
        TRY(sample(v, &tried));
    }
    if (!complete && !tried && *why != NULL && v->s->why != NULL)
        *why = str_z(v->c->a, str_format(v->c->a, "%s; only rows were compared", *why));
    for (u32 i = 0; complete && i < t->row_count; i++)
        row_verdict(v, i);
    return OK;
}

static bool columns_unused(struct check *c, const struct table *t)
{
    bool found = false;

    for (size_t col = 0; col < t->input_count && t->row_count > 0; col++) {
        bool used = false;

        for (size_t i = 0; i < t->row_count && !used; i++)
            used = t->rows[i].cells[col].kind != CELL_ANY;
        if (used)
            continue;
        str place = str_format(c->a, "%.*s, column %zu", STR(t->place), col + 1);
        (void)check_add(c, "unused-input", place, S("no row asks for this input"));
        found = true;
    }
    return found;
}

fallible check_table(struct check *c, const struct table *t, bool direct)
{
    struct space s;
    struct verdict v = {.c = c, .s = &s, .example = space_example};
    struct rules_judged judged = {.place = t->place};

    aggregation_check(c, t);
    priority_check(c, t);
    (void)columns_unused(c, t);
    TRY(axes_build(c, t, &s));
    TRY(check_table_types(c, t, &s));
    v.pairs = arena_take(c->a, CHECK_MOST_PAIRS + 1, sizeof *v.pairs);
    v.rows = NEW_N(c->a, t->row_count + 1, u8);
    v.examples = NEW_N(c->a, t->row_count + 1, str);
    v.chosen = NEW_N(c->a, s.count + 1, feel);
    /* A gap isn't blamed where a default or an empty list answers it. */
    v.gaps = one_result(t) && !default_given(t) ? 0 : CHECK_MOST_GAPS;
    if (s.any != NULL)
        dead_rows(&v);
    TRY(combinations(&v, direct, &judged.why));
    if (judged.why != NULL && s.any != NULL)
        hidden_rows(&v);
    twin_rows(&v);
    vec_push(c->a, &c->tables, judged);
    return OK;
}
