/*
 * check_static -- what is seen without running: conditions, posts, callees, what the engine lacks.
 */
#include "flow/flow_int.h"

static const bool runs[FLOW_KINDS] = {
#define NODE(kind, xml, class, runs) runs,
#include "flow/kinds.def"
#undef NODE
};

/* Which events the engine can run: a case is begun by its application, not by a trigger. */
static bool event_runs(const struct flow_node *n)
{
    if (n->kind == FLOW_CATCH || n->kind == FLOW_BOUNDARY)
        return n->trigger == FLOW_TIMER;
    if (n->kind == FLOW_END)
        return n->trigger == FLOW_NONE || n->trigger == FLOW_TERMINATE;
    return n->trigger == FLOW_NONE;
}

static const char *missing_type(const struct flow_node *n)
{
    if (!runs[n->kind])
        return flow_kind_name(n->kind);
    if (flow_class_of(n->kind) == FLOW_EVENT && !event_runs(n))
        return n->trigger == FLOW_NONE ? flow_kind_name(n->kind) : flow_trigger_name(n->trigger);
    if (n->repeat != FLOW_ONCE)
        return n->repeat == FLOW_LOOP ? "standardLoopCharacteristics"
                                      : "multiInstanceLoopCharacteristics";
    return NULL;
}

static void fault_on_flow(struct arena *a, const struct flow_edge *e, flow_faults *faults)
{
    struct flow_fault f = {.kind = FAULT_CONDITION, .element = e->id, .name = e->name};
    str *path;

    if (faults->count >= FLOW_MOST_FAULTS)
        return;
    path_to(a, e->from, &path, &f.path_count);
    f.path = NEW_N(a, f.path_count + 1, str);
    memcpy(f.path, path, f.path_count * sizeof *path);
    f.path[f.path_count++] = e->id;
    fault_add(a, faults, f);
}

static void fault_on_node(struct arena *a, const struct flow_node *n, enum flow_fault_kind kind,
                          flow_faults *faults)
{
    struct flow_fault f = {.kind = kind, .element = n->id, .name = n->name};

    if (faults->count >= FLOW_MOST_FAULTS)
        return;
    path_to(a, n, &f.path, &f.path_count);
    fault_add(a, faults, f);
}

/* An exclusive or inclusive split needs a condition on each way but the default. */
static void check_conditions(struct arena *a, const struct flow_node *n, flow_faults *faults)
{
    if ((n->kind != FLOW_EXCLUSIVE && n->kind != FLOW_INCLUSIVE) || n->out.count < 2)
        return;
    for (size_t i = 0; i < n->out.count; i++)
        if (!n->out.at[i]->otherwise && n->out.at[i]->condition.len == 0)
            fault_on_flow(a, n->out.at[i], faults);
}

static void check_node(struct arena *a, const struct flow_node *n, struct flow_result *result)
{
    const char *type = missing_type(n);

    if (type != NULL)
        vec_push(a, &result->missing, ((struct flow_missing){n->id, type}));
    if (n->quantities)
        vec_push(a, &result->region, n->id); /* more than one token a turn: not analysed */
    check_conditions(a, n, &result->faults);
    if (n->kind == FLOW_USER && n->post.len == 0)
        fault_on_node(a, n, FAULT_POST, &result->faults);
    if (n->kind == FLOW_CALL && n->called == NULL && !n->calls_task)
        fault_on_node(a, n, FAULT_REFERENCE, &result->faults);
}

void check_static(struct arena *a, const struct flow_process *p, const struct flow_model *m,
                  struct flow_result *result)
{
    for (size_t i = 0; i < p->notes.count; i++)
        fault_add(a, &result->faults, p->notes.at[i]);
    for (size_t i = 0; i < m->nodes.count; i++)
        if (m->nodes.at[i]->scope->process == p)
            check_node(a, m->nodes.at[i], result);
}

/* ---- ways through the drawing ------------------------------------------------------------------
 */

/* What follows a node: along flows, over its border events, to where its link jumps. */
static void next_of(struct arena *a, const struct flow_node *n, steps *out)
{
    for (size_t i = 0; i < n->out.count; i++)
        vec_push(a, out, n->out.at[i]->to);
    for (size_t i = 0; i < n->boundary.count; i++)
        vec_push(a, out, n->boundary.at[i]);
    if (n->jump != NULL)
        vec_push(a, out, n->jump);
}

static bool begins_here(const struct flow_node *n, bool explicit)
{
    if (!flow_in_normal(n))
        return false;
    return explicit ? flow_begins(n) : n->in.count == 0 && n->kind != FLOW_BOUNDARY;
}

static bool has_start(const struct flow_scope *scope)
{
    for (size_t i = 0; i < scope->nodes.count; i++)
        if (flow_begins(scope->nodes.at[i]))
            return true;
    return false;
}

/* Breadth first; the node each was reached from, by index + 1; itself for the beginnings. */
static u32 *search(struct arena *a, const struct flow_model *m, steps *todo)
{
    u32 *from = NEW_N(a, m->nodes.count + 1, u32);

    for (size_t i = 0; i < todo->count; i++)
        from[todo->at[i]->index] = (u32)todo->at[i]->index + 1;
    for (size_t at = 0; at < todo->count; at++) {
        steps next = {0};
        next_of(a, todo->at[at], &next);
        for (size_t i = 0; i < next.count; i++)
            if (from[next.at[i]->index] == 0) {
                from[next.at[i]->index] = (u32)todo->at[at]->index + 1;
                vec_push(a, todo, next.at[i]);
            }
    }
    return from;
}

static size_t most_index(const struct flow_scope *scope)
{
    size_t most = 0;

    for (size_t i = 0; i < scope->nodes.count; i++)
        if (scope->nodes.at[i]->index > most)
            most = scope->nodes.at[i]->index;
    return most;
}

/* The way inside the node's own scope, backwards; the node alone if nothing leads there. */
static void way_back(struct arena *a, const struct flow_node *n, steps *back)
{
    const struct flow_scope *scope = n->scope;
    size_t most = most_index(scope);
    const struct flow_node **by_index = NEW_N(a, most + 1, const struct flow_node *);
    struct flow_model within = {.nodes = {.count = most + 1}};
    bool explicit = has_start(scope);
    steps todo = {0};

    for (size_t i = 0; i < scope->nodes.count; i++) {
        by_index[scope->nodes.at[i]->index] = scope->nodes.at[i];
        if (begins_here(scope->nodes.at[i], explicit))
            vec_push(a, &todo, scope->nodes.at[i]);
    }
    const u32 *from = search(a, &within, &todo);
    vec_push(a, back, n);
    for (size_t i = n->index; from[i] != 0 && from[i] != i + 1;) {
        i = from[i] - 1;
        vec_push(a, back, by_index[i]);
    }
}

void path_to(struct arena *a, const struct flow_node *n, str **path, size_t *count)
{
    scoped_arena scratch = arena_open();
    steps back = {0};

    for (; n != NULL; n = n->scope->owner)
        way_back(scratch, n, &back);
    *count = back.count < FLOW_MOST_PATH ? back.count : FLOW_MOST_PATH;
    *path = NEW_N(a, *count, str);
    for (size_t i = 0; i < *count; i++)
        (*path)[i] = back.at[*count - 1 - i]->id;
}

bool flow_leads(struct arena *a, const struct flow_model *m, const struct flow_node *from,
                const struct flow_node *to)
{
    steps todo = {0};

    next_of(a, from, &todo);
    return search(a, m, &todo)[to->index] != 0;
}
