/* Cuts the domain of each input of a table at the cells' values into pieces. */
#include "rules/check_int.h"

#include <stdlib.h>

/* ---- the values that cells and constraints name ------------------------------------------- */

static void add_point(struct check *c, struct axis *x, feel v)
{
    if (v.kind == FEEL_NULL)
        x->has_null = true;
    if (v.kind == FEEL_RANGE) {
        if (v.range->low.kind == x->kind)
            vec_push(c->a, &x->points, v.range->low);
        if (v.range->high.kind == x->kind)
            vec_push(c->a, &x->points, v.range->high);
        x->has_null |= v.range->form >= RANGE_EQUAL && v.range->low.kind == FEEL_NULL;
    }
    for (u32 i = 0; v.kind == FEEL_LIST && i < v.count; i++)
        if (v.items[i].kind != FEEL_LIST)
            add_point(c, x, v.items[i]);
    if (v.kind == x->kind && v.kind != FEEL_NULL)
        vec_push(c->a, &x->points, v);
}

static bool is_not(const struct node *n)
{
    return n->kind == N_CALL_BUILTIN && n->count == 1 && strcmp(n->builtin->name, "not") == 0;
}

/* A condition that is constant between the constants that it compares the input with? */
static bool steps(const struct node *n)
{
    if (n->kind == N_CONST || n->kind == N_DASH)
        return n->value.kind != FEEL_FUNCTION && n->value.kind != FEEL_CONTEXT;
    if (n->kind == N_TESTS || n->kind == N_NOT || n->kind == N_TEST || n->kind == N_AND ||
        n->kind == N_OR || is_not(n)) {
        for (u32 i = 0; i < n->count; i++)
            if (!steps(n->kids[i]))
                return false;
        return true;
    }
    if (n->kind >= N_EQ && n->kind <= N_GE && n->kids[1]->kind == N_INPUT)
        return n->kids[0]->kind == N_CONST;
    if ((n->kind < N_EQ || n->kind > N_GE) && n->kind != N_BETWEEN && n->kind != N_IN)
        return false;
    for (u32 i = 1; i < n->count; i++)
        if (n->kids[i]->kind != N_CONST)
            return false;
    return n->kids[0]->kind == N_INPUT;
}

bool cell_steps(const struct cell *cell)
{
    return cell->kind != CELL_TREE || steps(cell->tree);
}

static void tree_points(struct check *c, struct axis *x, const struct node *n)
{
    if (n->kind == N_CONST)
        add_point(c, x, n->value);
    for (u32 i = 0; i < n->count; i++)
        tree_points(c, x, n->kids[i]);
}

static void cell_points(struct check *c, struct axis *x, const struct cell *cell)
{
    for (u32 i = 0; i < cell->count; i++)
        add_point(c, x, cell->values[i]);
    if (cell->kind == CELL_TREE)
        tree_points(c, x, cell->tree);
}

/* ---- a value of an interval --------------------------------------------------------------- */

static i128 line_of(feel v)
{
    switch (v.kind) {
    case FEEL_DATE:
    case FEEL_MONTHS:
        return v.days;
    case FEEL_SECONDS:
        return (i128)v.seconds * SECOND_NANOS + v.count;
    default:
        return (i128)v.moment->days * DAY_NANOS + v.moment->nanos;
    }
}

static feel at_line(struct check *c, u8 kind, i128 n)
{
    i128 unit = kind == FEEL_SECONDS ? SECOND_NANOS : DAY_NANOS;
    i128 whole = n / unit - (n % unit < 0), rest = n - whole * unit;

    if (kind == FEEL_DATE || kind == FEEL_MONTHS)
        return kind == FEEL_DATE ? feel_date_of((i64)n) : feel_months((i64)n);
    if (kind == FEEL_SECONDS)
        return feel_seconds((i64)whole, (u32)rest);
    struct feel_moment *m = NEW(c->a, struct feel_moment);
    m->days = (i64)whole;
    m->nanos = (i64)rest;
    return (feel){.kind = kind, .moment = m};
}

/* One step beyond a point: a day, a month, a second, a day. */
static i128 step_of(u8 kind)
{
    if (kind == FEEL_DATE || kind == FEEL_MONTHS)
        return 1;
    return kind == FEEL_DATETIME ? DAY_NANOS : SECOND_NANOS;
}

static bool on_line(u8 kind, i128 n)
{
    if (kind == FEEL_TIME)
        return n >= 0 && n < DAY_NANOS;
    if (kind == FEEL_DATE)
        return n > INT64_MIN / 4 && n < INT64_MAX / 4 && days_valid((i64)n);
    if (kind == FEEL_DATETIME)
        return days_valid((i64)(n / DAY_NANOS));
    return n > -((i128)INT64_MAX * DAY_NANOS) && n < (i128)INT64_MAX * DAY_NANOS;
}

static bool line_between(struct check *c, u8 kind, const feel *low, const feel *high, feel *out)
{
    i128 from, to, at;

    if (low == NULL && high == NULL) {
        *out = at_line(c, kind,
                       kind == FEEL_DATE       ? 20454
                       : kind == FEEL_DATETIME ? (i128)20454 * DAY_NANOS
                       : kind == FEEL_TIME     ? 9 * DAY_NANOS / 24
                                               : 0);
        return true;
    }
    from = low != NULL ? line_of(*low) : line_of(*high) - 2 * step_of(kind);
    to = high != NULL ? line_of(*high) : line_of(*low) + 2 * step_of(kind);
    at = from + step_of(kind) < to ? from + step_of(kind) : from + (to - from) / 2;
    if (low == NULL && kind == FEEL_TIME && !on_line(kind, at))
        at = 0;
    if (high == NULL && kind == FEEL_TIME && !on_line(kind, at))
        at = DAY_NANOS - SECOND_NANOS;
    *out = at_line(c, kind, at);
    return on_line(kind, at) && (low == NULL || at > from) && (high == NULL || at < to);
}

static bool number_between(const feel *low, const feel *high, feel *out)
{
    feel one = feel_int(1);

    if (low == NULL && high == NULL) {
        *out = feel_int(0);
        return true;
    }
    *out = low == NULL ? number_sub(number_round(*high, 0, ROUND_CEILING), one)
                       : number_add(number_round(*low, 0, ROUND_FLOOR), one);
    if (low != NULL && high != NULL && number_cmp(*out, *high) >= 0)
        *out = number_div(number_add(*low, *high), feel_int(2));
    return out->kind == FEEL_NUMBER && (low == NULL || number_cmp(*out, *low) > 0) &&
           (high == NULL || number_cmp(*out, *high) < 0);
}

/* Text behind `low`: with a letter more, at the least with U+0001. */
static bool string_between(struct check *c, const feel *low, const feel *high, feel *out)
{
    static const char *const usual[] = {"其他", "other", "a", "A", "0", ""};
    static const char *const more[] = {"1", " ", "\x01"};

    for (size_t i = 0; i < COUNT(usual) + COUNT(more); i++) {
        str text = i < COUNT(usual) ? str_of(usual[i])
                                    : str_format(c->a, "%.*s%s", STR(low ? feel_text(*low) : S("")),
                                                 more[i - COUNT(usual)]);

        if ((low == NULL || str_cmp(text, feel_text(*low)) > 0) &&
            (high == NULL || str_cmp(text, feel_text(*high)) < 0)) {
            *out = feel_string(text);
            return true;
        }
    }
    return false;
}

fallible axis_between(struct check *c, u8 kind, const feel *low, const feel *high, feel *out,
                      bool *some)
{
    if (kind == FEEL_NUMBER)
        *some = number_between(low, high, out);
    else if (kind == FEEL_STRING)
        *some = string_between(c, low, high, out);
    else
        *some = line_between(c, kind, low, high, out);
    return run_spend(&c->run, 1);
}

/* ---- pieces ------------------------------------------------------------------------------- */

fallible check_holds(struct check *c, const struct node *tests, const struct cell *cell, feel value,
                     bool *out)
{
    arena_mark mark = arena_here(c->a);
    enum truth t = FALSE;

    c->run.steps = FEEL_STEPS;
    c->run.memory_from = arena_used(c->a);
    if (cell != NULL)
        TRY(cell_holds(&c->run, cell, value, out));
    else
        TRY(test_input(&c->run, tests, value, &t));
    if (cell == NULL)
        *out = t == TRUE;
    /* What else runs may be remembered, so its memory stays until the sampler gives it back. */
    if (cell != NULL ? cell_steps(cell) : steps(tests)) {
        arena_back(c->a, mark);
        c->run.zones = (struct map){0};
    }
    return OK;
}

static int by_order(const void *x, const void *y)
{
    int order = 0;

    (void)value_order(*(const feel *)x, *(const feel *)y, &order);
    return order;
}

static bool zoned(feel v)
{
    return (v.kind == FEEL_TIME || v.kind == FEEL_DATETIME) &&
           (v.moment->zoned != ZONE_NONE || v.moment->nanos % SECOND_NANOS != 0);
}

static void points_sort(struct axis *x)
{
    size_t kept = 0;

    for (size_t i = 0; i < x->points.count; i++)
        x->exact &= !zoned(x->points.at[i]);
    if (x->points.count == 0 || x->kind == FEEL_BOOL)
        return;
    qsort(x->points.at, x->points.count, sizeof *x->points.at, by_order);
    for (size_t i = 0; i < x->points.count; i++)
        if (kept == 0 || by_order(&x->points.at[kept - 1], &x->points.at[i]) != 0)
            x->points.at[kept++] = x->points.at[i];
    x->points.count = kept;
}

/* Only what all constraints allow belongs to the domain. */
static fallible piece_add(struct check *c, struct axis *x, feel v)
{
    bool allowed = true;

    for (size_t i = 0; i < x->constraints.count && allowed; i++)
        if (steps(x->constraints.at[i]))
            TRY(check_holds(c, x->constraints.at[i], NULL, v, &allowed));
        else
            x->exact = false;
    if (allowed)
        x->pieces[x->count++] = v;
    return OK;
}

static fallible pieces_between(struct check *c, struct axis *x)
{
    size_t n = x->points.count;

    for (size_t i = 0; i <= n; i++) {
        const feel *low = i > 0 ? &x->points.at[i - 1] : NULL;
        const feel *high = i < n ? &x->points.at[i] : NULL;
        bool some;
        feel v;

        TRY(axis_between(c, x->kind, low, high, &v, &some));
        if (some)
            TRY(piece_add(c, x, v));
        if (high != NULL)
            TRY(piece_add(c, x, *high));
    }
    return OK;
}

static bool ordered(u8 kind)
{
    return kind >= FEEL_NUMBER && kind <= FEEL_SECONDS;
}

static fallible pieces_build(struct check *c, struct axis *x)
{
    points_sort(x);
    x->pieces = NEW_N(c->a, 2 * x->points.count + 4, feel);
    if (x->kind == FEEL_BOOL) {
        TRY(piece_add(c, x, feel_bool(true)));
        TRY(piece_add(c, x, feel_bool(false)));
    } else if (ordered(x->kind)) {
        TRY(pieces_between(c, x));
    }
    if (x->has_null || x->count == 0)
        x->pieces[x->count++] = feel_null();
    return OK;
}

/* ---- axes --------------------------------------------------------------------------------- */

u8 kind_of_declared(const struct type *t)
{
    static const u8 kinds[] = {
        [TYPE_BOOL] = FEEL_BOOL,     [TYPE_NUMBER] = FEEL_NUMBER,  [TYPE_STRING] = FEEL_STRING,
        [TYPE_DATE] = FEEL_DATE,     [TYPE_TIME] = FEEL_TIME,      [TYPE_DATETIME] = FEEL_DATETIME,
        [TYPE_MONTHS] = FEEL_MONTHS, [TYPE_SECONDS] = FEEL_SECONDS};

    t = t != NULL ? type_real(t) : NULL;
    return t == NULL || t->kind >= COUNT(kinds) ? FEEL_NULL : kinds[t->kind];
}

static const struct type *member_type(const struct type *t, str name)
{
    t = t != NULL ? type_real(t) : NULL;
    for (size_t i = 0; t != NULL && t->kind == TYPE_CONTEXT && i < t->member_count; i++)
        if (str_eq(t->members[i].name, name))
            return t->members[i].type;
    return NULL;
}

/* The name behind a slot of the element's frame, and its type. */
bool slot_named(const struct check *c, u32 slot, str *name, const struct type **type)
{
    const struct element *e = c->element;

    for (size_t i = 0; i < e->bindings.count; i++)
        if (e->bindings.at[i].slot == slot && e->bindings.at[i].element != NULL) {
            *name = e->bindings.at[i].element->name;
            *type = e->bindings.at[i].element->type;
            return true;
        }
    for (size_t i = 0; e->kind == ELEMENT_BKM && i < e->code.count; i++)
        if (e->first_parameter + i == slot) {
            *name = e->code.parameters[i].name;
            *type = e->code.parameters[i].type;
            return true;
        }
    return false;
}

/* A name or the member of one: path and type. */
static bool path_read(const struct check *c, const struct node *n, struct axis *x)
{
    str members[CHECK_DEEPEST_PATH];
    size_t count = 0;

    for (; n->kind == N_PATH && count + 1 < CHECK_DEEPEST_PATH; n = node_plain(n->kids[0]))
        members[count++] = n->name;
    if (n->kind != N_SLOT || n->up != 0 || !slot_named(c, n->slot, &x->path[0], &x->type))
        return false;
    x->path_count = 1;
    while (count > 0) {
        str name = members[--count];

        x->path[x->path_count++] = name;
        x->type = member_type(x->type, name);
    }
    return true;
}

static void type_constraints(struct check *c, struct axis *x, const struct type *t)
{
    for (; t != NULL; t = t->kind == TYPE_ALIAS ? t->element : NULL) {
        if (t->allowed != NULL)
            vec_push(c->a, &x->constraints, t->allowed);
        if (t->whole != NULL)
            vec_push(c->a, &x->constraints, t->whole);
    }
}

/* The one kind of constants in the column's cells, if there is no type. */
static bool kind_seen(void *with, const struct node *n)
{
    u8 *kind = with, seen = n->kind == N_CONST ? n->value.kind : FEEL_NULL;

    if (seen == FEEL_RANGE)
        seen = n->value.range->low.kind != FEEL_NULL ? n->value.range->low.kind
                                                     : n->value.range->high.kind;
    if (seen == FEEL_NULL || *kind == seen)
        return true;
    *kind = *kind == FEEL_NULL ? seen : FEEL_FUNCTION;
    return true;
}

static u8 kind_by_cells(const struct table *t, size_t column)
{
    u8 kind = FEEL_NULL;

    for (size_t i = 0; i < t->row_count; i++)
        if (t->rows[i].cells[column].tree != NULL)
            (void)node_walk(t->rows[i].cells[column].tree, kind_seen, &kind, 0);
    return ordered(kind) || kind == FEEL_BOOL ? kind : FEEL_NULL;
}

static bool paths_equal(const struct axis *x, const struct axis *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!str_eq(x->path[i], y->path[i]))
            return false;
    return true;
}

static void axis_open(struct check *c, const struct table *t, size_t column, struct axis *x)
{
    const struct table_input *in = &t->inputs[column];

    *x = (struct axis){.value = node_plain(in->value), .exact = true};
    x->plain = path_read(c, x->value, x);
    type_constraints(c, x, x->type);
    if (kind_of_declared(x->type) == FEEL_NULL && in->type != NULL)
        x->type = in->type;
    type_constraints(c, x, in->type);
    if (in->allowed != NULL)
        vec_push(c->a, &x->constraints, in->allowed);
    x->kind = kind_of_declared(x->type);
    if (x->kind == FEEL_NULL)
        x->kind = kind_by_cells(t, column);
}

static bool same_axis(const struct axis *x, const struct axis *y)
{
    return x->plain && y->plain && x->kind == y->kind && x->path_count == y->path_count &&
           paths_equal(x, y, x->path_count);
}

static void axis_merge(struct check *c, struct axis *to, const struct axis *from)
{
    for (size_t i = 0; i < from->constraints.count; i++)
        vec_push(c->a, &to->constraints, from->constraints.at[i]);
}

static fallible axis_fill(struct check *c, struct space *s, struct axis *x)
{
    const struct table *t = s->t;
    u32 me = (u32)(x - s->axes);

    for (size_t i = 0; i < x->constraints.count; i++)
        tree_points(c, x, x->constraints.at[i]);
    x->has_null = false;
    for (size_t col = 0; col < t->input_count; col++)
        for (size_t i = 0; s->axis_of[col] == me && i < t->row_count; i++)
            cell_points(c, x, &t->rows[i].cells[col]);
    return pieces_build(c, x);
}

/* Which rows hold on each piece; cells that aren't uniform count as holding nowhere. */
static fallible axis_rows(struct check *c, struct space *s, struct axis *x)
{
    const struct table *t = s->t;
    u32 me = (u32)(x - s->axes);

    x->holds = NEW_N(c->a, x->count * s->words, u64);
    for (size_t i = 0; i < t->row_count; i++)
        for (size_t p = 0; p < x->count; p++) {
            bool all = true;

            for (size_t col = 0; col < t->input_count && all; col++) {
                const struct cell *cell = &t->rows[i].cells[col];

                if (s->axis_of[col] != me || cell->kind == CELL_ANY)
                    continue;
                all = cell_steps(cell);
                if (all)
                    TRY(check_holds(c, NULL, cell, x->pieces[p], &all));
            }
            if (all)
                x->holds[p * s->words + i / 64] |= 1ULL << (i % 64);
        }
    return OK;
}

static void any_rows(struct check *c, struct space *s)
{
    s->any = NEW_N(c->a, (s->count + 1) * s->words, u64);
    for (size_t w = 0; w < s->words; w++)
        s->any[s->count * s->words + w] = ~0ULL;
    for (size_t k = s->count; k-- > 0;)
        for (size_t w = 0; w < s->words; w++) {
            u64 all = s->any[(k + 1) * s->words + w];

            for (size_t p = 0; p < s->axes[k].count; p++)
                all &= s->axes[k].holds[p * s->words + w];
            s->any[k * s->words + w] = all;
        }
}

static bool axis_matters(const struct space *s, size_t axis)
{
    for (size_t col = 0; col < s->t->input_count; col++)
        for (size_t i = 0; s->axis_of[col] == axis && i < s->t->row_count; i++)
            if (s->t->rows[i].cells[col].kind != CELL_ANY)
                return true;
    return false;
}

/* Why the pieces prove nothing, or NULL. */
static const char *why_not(const struct space *s)
{
    for (size_t col = 0; col < s->t->input_count; col++)
        for (size_t i = 0; i < s->t->row_count; i++)
            if (!cell_steps(&s->t->rows[i].cells[col]))
                return "a cell is neither a constant, a range nor a condition on them";
    for (size_t k = 0; k < s->count; k++) {
        const struct axis *x = &s->axes[k];

        if (!axis_matters(s, k))
            continue;
        if (!x->plain)
            return "an input is computed";
        if (x->kind == FEEL_NULL || !x->exact)
            return "an input's values can't be listed";
        for (size_t i = 0; i < k; i++)
            if (s->axes[i].plain &&
                paths_equal(x, &s->axes[i],
                            x->path_count < s->axes[i].path_count ? x->path_count
                                                                  : s->axes[i].path_count))
                return "an input is part of another";
    }
    return NULL;
}

fallible axes_build(struct check *c, const struct table *t, struct space *s)
{
    *s = (struct space){.t = t, .words = t->row_count / 64 + 1};
    s->axes = NEW_N(c->a, t->input_count + 1, struct axis);
    s->axis_of = NEW_N(c->a, t->input_count + 1, u32);
    for (size_t col = 0; col < t->input_count; col++) {
        struct axis *x = &s->axes[s->count];
        size_t known = 0;

        axis_open(c, t, col, x);
        while (known < s->count && !same_axis(&s->axes[known], x))
            known++;
        if (known < s->count)
            axis_merge(c, &s->axes[known], x);
        s->axis_of[col] = (u32)known;
        s->count += known == s->count;
    }
    for (size_t k = 0; k < s->count; k++) {
        TRY(axis_fill(c, s, &s->axes[k]));
        if (s->axes[k].count * t->row_count > CHECK_CELLS)
            s->why = "the table is too large";
    }
    for (size_t k = 0; k < s->count && s->why == NULL; k++)
        TRY(axis_rows(c, s, &s->axes[k]));
    if (s->why != NULL)
        return OK;
    any_rows(c, s);
    s->why = why_not(s);
    return OK;
}

/* ---- examples ----------------------------------------------------------------------------- */

static bool path_starts(const struct axis *x, const struct axis *y, size_t depth)
{
    return y->path_count > depth && paths_equal(x, y, depth);
}

static void example_level(struct check *c, const struct space *s, const feel *chosen, size_t from,
                          size_t depth, struct buf *out)
{
    bool first = true;

    buf_byte(out, '{');
    for (size_t k = from; k < s->count; k++) {
        const struct axis *x = &s->axes[k];
        bool told = !x->plain || !path_starts(&s->axes[from], x, depth);

        for (size_t i = from; i < k && !told; i++)
            told = s->axes[i].plain && path_starts(x, &s->axes[i], depth) &&
                   str_eq(s->axes[i].path[depth], x->path[depth]);
        if (told)
            continue;
        if (!first)
            buf_byte(out, ',');
        first = false;
        json_quote(out, x->path[depth]);
        buf_byte(out, ':');
        if (x->path_count > depth + 1)
            example_level(c, s, chosen, k, depth + 1, out);
        else if (feel_json(out, chosen[k]) != OK)
            buf_z(out, "null");
    }
    buf_byte(out, '}');
}

/* The input as JSON: members of one name together. */
str check_example(struct check *c, const struct space *s, const feel *chosen)
{
    struct buf b = buf_in(c->a);

    example_level(c, s, chosen, 0, 0, &b);
    return buf_text(&b);
}
