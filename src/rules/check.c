/* Goes through a model: faults of loading, circles, what isn't used, each table, types. */
#include "rules/check_int.h"

struct rules_finding *check_add(struct check *c, const char *kind, str place, str what)
{
    static _Thread_local struct rules_finding spill;

    if (c->found.count >= CHECK_MOST_FOUND) {
        c->more++;
        return &spill;
    }
    vec_push(c->a, &c->found, ((struct rules_finding){.kind = kind, .place = place, .what = what}));
    return &c->found.at[c->found.count - 1];
}

/* `second` UINT32_MAX: only one row. */
void check_rows(struct check *c, struct rules_finding *f, u32 first, u32 second)
{
    (void)c;
    f->rows[0] = first + 1;
    f->rows[1] = second + 1;
}

const struct node *node_plain(const struct node *n)
{
    while (n != NULL && n->kind == N_CONVERT)
        n = n->kids[0];
    return n;
}

/* ---- walking trees ------------------------------------------------------------------------ */

static bool table_walk(const struct table *t, node_visit visit, void *with, int depth)
{
    for (size_t i = 0; i < t->input_count; i++)
        if (!node_walk(t->inputs[i].value, visit, with, depth) ||
            !node_walk(t->inputs[i].allowed, visit, with, depth))
            return false;
    for (size_t i = 0; i < t->output_count; i++)
        if (!node_walk(t->outputs[i].fallback, visit, with, depth))
            return false;
    for (size_t row = 0; row < t->row_count; row++) {
        for (size_t i = 0; i < t->input_count; i++)
            if (!node_walk(t->rows[row].cells[i].tree, visit, with, depth))
                return false;
        for (size_t i = 0; i < t->output_count; i++)
            if (!node_walk(t->rows[row].outputs[i], visit, with, depth))
                return false;
    }
    return true;
}

/* Trees are bounded by FEEL_DEEPEST_TREE, boxes in boxes by RULES_DEEPEST_XML. */
bool node_walk(const struct node *n, node_visit visit, void *with, int depth)
{
    if (n == NULL || depth > 4 * FEEL_DEEPEST_TREE)
        return true;
    if (!visit(with, n))
        return false;
    if (n->kind == N_TABLE && !table_walk(n->table, visit, with, depth + 1))
        return false;
    for (u32 i = 0; n->kind != N_FUNCTION && i < n->count; i++)
        if (n->kids != NULL && !node_walk(n->kids[i], visit, with, depth + 1))
            return false;
    return true;
}

struct use {
    const struct element *e;
    bool *used; /* by slot */
    int level;
};

static bool use_visit(void *with, const struct node *n)
{
    struct use *u = with;
    struct use inner = {u->e, u->used, u->level + 1};

    if (n->kind == N_SLOT && (int)n->up == u->level && n->slot < u->e->slots)
        u->used[n->slot] = true;
    if (n->kind == N_FUNCTION)
        (void)node_walk(n->code->body, use_visit, &inner, u->level);
    return true;
}

/* ---- requirements ------------------------------------------------------------------------- */

static const struct node *logic_of(const struct element *e)
{
    return e->kind == ELEMENT_BKM ? e->code.body : e->logic;
}

static fallible requirements_unused(struct check *c, const struct element *e)
{
    bool *used = NEW_N(c->a, e->slots + 1, bool);
    struct use u = {e, used, 0};
    const struct node *logic = logic_of(e);

    if (logic == NULL || e->external)
        return OK;
    (void)node_walk(logic, use_visit, &u, 0);
    for (size_t i = 0; i < e->bindings.count; i++) {
        const struct binding *b = &e->bindings.at[i];

        if (b->element == NULL || b->element->kind > ELEMENT_DECISION || used[b->slot])
            continue;
        str what =
            str_format(c->a, "required, but its logic never uses «%.*s»", STR(b->element->name));
        (void)check_add(c, "unused-input", e->place, what);
    }
    return OK;
}

static bool list_has(const element_list *l, const struct element *e)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->at[i] == e)
            return true;
    return false;
}

static void inputs_unused(struct check *c)
{
    const struct rules_model *m = c->model;

    for (size_t i = 0; i < m->elements.count; i++) {
        const struct element *e = m->elements.at[i];
        bool used = e->kind != ELEMENT_INPUT || e->file != m->files.at[0];

        for (size_t k = 0; k < m->elements.count && !used; k++)
            used = list_has(&m->elements.at[k]->requires, e) ||
                   list_has(&m->elements.at[k]->input_data, e);
        if (!used)
            (void)check_add(c, "unused-input", e->place, S("nothing requires this input"));
    }
}

/* ---- circles ------------------------------------------------------------------------------ */

enum { WHITE, GREY, BLACK };

struct step {
    const struct element *e;
    size_t next;
};

static void circle_add(struct check *c, const struct step *stack, size_t depth,
                       const struct element *to)
{
    struct buf b = buf_in(c->a);
    size_t from = depth;

    while (from > 0 && stack[from - 1].e != to)
        from--;
    buf_z(&b, "the requirements run in a circle: ");
    for (size_t i = from - 1; i < depth; i++)
        buf_format(&b, "«%.*s» needs ", STR(stack[i].e->name));
    buf_format(&b, "«%.*s»", STR(to->name));
    (void)check_add(c, "cycle", to->place, buf_text(&b));
}

static void circles_from(struct check *c, const struct element *start, u8 *colours)
{
    struct step *stack = NEW_N(c->a, c->model->elements.count + 1, struct step);
    size_t depth = 1;

    stack[0].e = start;
    colours[start->index] = GREY;
    while (depth > 0) {
        struct step *top = &stack[depth - 1];

        if (top->next >= top->e->requires.count) {
            colours[top->e->index] = BLACK;
            depth--;
            continue;
        }
        const struct element *to = top->e->requires.at[top->next++];
        if (colours[to->index] == GREY)
            circle_add(c, stack, depth, to);
        if (colours[to->index] != WHITE)
            continue;
        colours[to->index] = GREY;
        stack[depth++] = (struct step){.e = to};
    }
}

static void circles(struct check *c)
{
    u8 *colours = NEW_N(c->a, c->model->elements.count + 1, u8);

    for (size_t i = 0; i < c->model->elements.count; i++)
        if (colours[i] == WHITE)
            circles_from(c, c->model->elements.at[i], colours);
}

static void faults(struct check *c)
{
    const struct feel_notes *notes = &c->model->faults;

    for (size_t i = 0; i < notes->count && i < FEEL_NOTES; i++)
        if (strcmp(notes->kept[i].what, "the requirements run in a circle") != 0)
            (void)check_add(c, "fault", notes->kept[i].place, str_of(notes->kept[i].what));
    if (notes->count > FEEL_NOTES)
        c->more += notes->count - FEEL_NOTES;
}

/* ---- elements ----------------------------------------------------------------------------- */

typedef VEC(const struct table *) table_list;

struct gather {
    struct check *c;
    table_list tables;
};

static bool gather_visit(void *with, const struct node *n)
{
    struct gather *g = with;

    if (n->kind == N_TABLE)
        vec_push(g->c->a, &g->tables, n->table);
    return n->kind != N_FUNCTION || node_walk(n->code->body, gather_visit, g, 0);
}

static fallible element_check(struct check *c, const struct element *e)
{
    struct gather g = {.c = c};
    const struct node *logic = logic_of(e), *plain = node_plain(logic);

    c->element = e;
    if (logic == NULL)
        return OK;
    TRY(requirements_unused(c, e));
    TRY(check_types(c, e));
    (void)node_walk(logic, gather_visit, &g, 0);
    for (size_t i = 0; i < g.tables.count; i++) {
        bool direct = plain->kind == N_TABLE && plain->table == g.tables.at[i];

        TRY(frame_open(&c->run, e->slots, NULL, &c->run.frame));
        TRY(check_table(c, g.tables.at[i], direct));
    }
    return OK;
}

fallible rules_check(struct arena *a, const struct rules_model *m, struct rules_report *out)
{
    struct check c = {.a = a, .model = m};

    faults(&c);
    circles(&c);
    inputs_unused(&c);
    for (size_t i = 0; i < m->elements.count; i++) {
        if (m->elements.at[i]->file != m->files.at[0])
            continue;
        run_open(&c.run, a, NULL);
        c.run.model = m;
        TRY(element_check(&c, m->elements.at[i]));
    }
    *out = (struct rules_report){.count = c.found.count,
                                 .more = c.more,
                                 .findings = c.found.at,
                                 .table_count = c.tables.count,
                                 .tables = c.tables.at};
    return OK;
}
