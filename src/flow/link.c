/*
 * link -- turns the ids of a file that was read into pointers; what leads nowhere is a fault.
 */
#include "flow/flow_int.h"

static const struct {
    const char *name, *sentence;
} faults[FAULT_KINDS] = {
#define FAULT(kind, name, sentence) {name, sentence},
#include "flow/faults.def"
#undef FAULT
};

const char *flow_fault_name(enum flow_fault_kind kind)
{
    assert(kind < FAULT_KINDS);
    return faults[kind].name;
}

const char *flow_fault_sentence(enum flow_fault_kind kind)
{
    assert(kind < FAULT_KINDS);
    return faults[kind].sentence;
}

void fault_add(struct arena *a, flow_faults *list, struct flow_fault fault)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i].kind == fault.kind && str_eq(list->at[i].element, fault.element))
            return;
    if (list->count < FLOW_MOST_FAULTS)
        vec_push(a, list, fault);
}

void fault_at(struct arena *a, flow_faults *list, enum flow_fault_kind kind, str id, str name)
{
    str *path = NEW_N(a, 1, str);

    path[0] = id;
    fault_add(a, list,
              (struct flow_fault){
                  .kind = kind, .element = id, .name = name, .path = path, .path_count = 1});
}

/* References are QNames: with or without the prefix of the file's own namespace. */
static void *by_id(const struct map *m, str id)
{
    ptrdiff_t colon = str_find(id, S(":"));
    void *found = map_get(m, id);

    if (found == NULL && colon >= 0)
        found = map_get(m, str_sub(id, (size_t)colon + 1, id.len));
    return found;
}

static void node_fault(struct reader *r, const struct flow_node *n, enum flow_fault_kind kind)
{
    fault_at(r->a, &n->scope->process->faults, kind, n->id, n->name);
}

static void link_edge(struct reader *r, struct flow_edge *e)
{
    flow_faults *list = &e->scope->process->faults;
    struct flow_node *from = by_id(&r->m->node_by_id, e->source_id);
    struct flow_node *to = by_id(&r->m->node_by_id, e->target_id);

    if (from == NULL || to == NULL) {
        fault_at(r->a, list, FAULT_REFERENCE, e->id, e->name);
        return;
    }
    /* A flow may be written down in another scope than its ends', but can't cross a border. */
    if (from->scope != to->scope) {
        fault_at(r->a, list, FAULT_MALFORMED, e->id, e->name);
        return;
    }
    e->from = from;
    e->to = to;
    vec_push(r->a, &from->out, e);
    vec_push(r->a, &to->in, e);
}

/* Each scope's edges are those between its nodes, wherever the file had them. */
static void settle_edges(struct reader *r)
{
    struct flow_model *m = r->m;
    struct map ids = map_in(r->a);

    for (size_t i = 0; i < m->scopes.count; i++)
        m->scopes.at[i]->edges.count = 0;
    for (size_t i = 0; i < m->edges.count; i++) {
        struct flow_edge *e = m->edges.at[i];

        if (map_get(&ids, e->id) != NULL || map_get(&m->node_by_id, e->id) != NULL)
            fault_at(r->a, &e->scope->process->faults, FAULT_MALFORMED, e->id, e->name);
        map_set(&ids, e->id, e);
        link_edge(r, e);
        if (e->from == NULL)
            continue;
        e->scope = e->from->scope;
        vec_push(r->a, &e->scope->edges, e);
    }
}

static void link_default(struct reader *r, struct flow_node *n)
{
    if (n->otherwise_id.len == 0)
        return;
    for (size_t i = 0; i < n->out.count; i++)
        if (str_eq(n->out.at[i]->id, n->otherwise_id)) {
            n->otherwise = n->out.at[i];
            n->otherwise->otherwise = true;
        }
    if (n->otherwise == NULL)
        node_fault(r, n, FAULT_REFERENCE);
}

static void link_host(struct reader *r, struct flow_node *n)
{
    struct flow_node *host = by_id(&r->m->node_by_id, n->host_id);

    if (n->kind != FLOW_BOUNDARY)
        return;
    if (host == NULL) {
        node_fault(r, n, FAULT_REFERENCE);
        return;
    }
    if (flow_class_of(host->kind) != FLOW_ACTIVITY || host->scope != n->scope) {
        node_fault(r, n, FAULT_MALFORMED);
        return;
    }
    n->host = host;
    vec_push(r->a, &host->boundary, n);
}

static struct flow_process *process_by_id(struct flow_model *m, str id)
{
    ptrdiff_t colon = str_find(id, S(":"));

    for (size_t i = 0; i < m->processes.count; i++)
        if (str_eq(m->processes.at[i]->id, id))
            return m->processes.at[i];
    return colon < 0 ? NULL : process_by_id(m, str_sub(id, (size_t)colon + 1, id.len));
}

static void link_call(struct reader *r, struct flow_node *n)
{
    const xmlNode *task = by_id(&r->roots, n->called_id);

    if (n->kind != FLOW_CALL)
        return;
    n->called = process_by_id(r->m, n->called_id);
    n->calls_task = task != NULL && str_starts(str_of((const char *)task->name), S("global"));
}

static void link_jump(struct reader *r, struct flow_node *n)
{
    if (n->kind != FLOW_THROW || n->trigger != FLOW_LINK)
        return;
    for (size_t i = 0; i < n->scope->nodes.count; i++) {
        struct flow_node *c = n->scope->nodes.at[i];
        if (c->kind == FLOW_CATCH && c->trigger == FLOW_LINK &&
            str_eq(c->trigger_ref, n->trigger_ref))
            n->jump = c;
    }
    if (n->jump == NULL)
        node_fault(r, n, FAULT_REFERENCE);
}

static void link_trigger(struct reader *r, struct flow_node *n)
{
    if (n->trigger_ref.len == 0 || n->trigger == FLOW_LINK || n->trigger == FLOW_MULTIPLE)
        return;
    if (by_id(&r->roots, n->trigger_ref) == NULL &&
        by_id(&r->m->node_by_id, n->trigger_ref) == NULL)
        fault_at(r->a, &n->scope->process->notes, FAULT_REFERENCE, n->id, n->name);
}

/* What the standard forbids outright: no run could give it a meaning. */
static void check_ends(struct reader *r, struct flow_node *n)
{
    bool no_in = n->kind == FLOW_START || n->kind == FLOW_BOUNDARY ||
                 (n->inside != NULL && n->inside->by_event);
    bool no_out = n->kind == FLOW_END || (n->inside != NULL && n->inside->by_event);

    if ((no_in && n->in.count) || (no_out && n->out.count))
        node_fault(r, n, FAULT_MALFORMED);
}

void link_model(struct reader *r)
{
    struct flow_model *m = r->m;

    settle_edges(r);
    for (size_t i = 0; i < m->nodes.count; i++) {
        struct flow_node *n = m->nodes.at[i];
        const char *lane = map_get(&r->lane_of, n->id);

        n->lane = lane ? str_of(lane) : S("");
        if (n->post.len == 0)
            n->post = n->lane;
        link_default(r, n);
        link_host(r, n);
        link_call(r, n);
        link_jump(r, n);
        link_trigger(r, n);
        check_ends(r, n);
    }
    for (size_t i = 0; i < m->drawn.count; i++)
        if (map_get(&m->drawn_by_element, m->drawn.at[i].element) == NULL)
            map_set(&m->drawn_by_element, m->drawn.at[i].element, &m->drawn.at[i]);
}
