#include "flow/flow_int.h"

static const char *const spaces[] = {
    "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "http://schema.omg.org/spec/BPMN/2.0", /* the beta's, still written by old modellers */
};

static const struct {
    const char *xml;
    enum flow_class class;
} kinds[FLOW_KINDS] = {
#define NODE(kind, xml, class, runs) {xml, class},
#include "flow/kinds.def"
#undef NODE
};

const char *flow_kind_name(enum flow_kind kind)
{
    assert(kind < FLOW_KINDS);
    return kinds[kind].xml;
}

enum flow_class flow_class_of(enum flow_kind kind)
{
    assert(kind < FLOW_KINDS);
    return kinds[kind].class;
}

static bool kind_of(const xmlNode *e, enum flow_kind *out)
{
    for (size_t i = 0; i < FLOW_KINDS; i++)
        if (bpmn_xml_is(e, kinds[i].xml)) {
            *out = (enum flow_kind)i;
            return true;
        }
    return false;
}

struct flow_scope *scope_new(struct reader *r, struct flow_process *p, struct flow_node *owner)
{
    struct flow_scope *scope = NEW(r->a, struct flow_scope);

    scope->index = r->m->scopes.count;
    scope->process = p;
    scope->owner = owner;
    vec_push(r->a, &r->m->scopes, scope);
    return scope;
}

/* An element that is referred to needs an id; one without is named by its line. */
static str id_of(struct reader *r, const xmlNode *e)
{
    str id = bpmn_xml_attribute(r->a, e, "id");

    return id.len ? id : str_format(r->a, "%s@%u", (const char *)e->name, e->line);
}

static fallible add_edge(struct reader *r, const xmlNode *e, struct flow_scope *scope)
{
    struct flow_edge *edge = NEW(r->a, struct flow_edge);
    str rounds = bpmn_xml_ours(r->a, e, "rounds");

    REQUIRE(r->m->edges.count < FLOW_MOST_EDGES, ERR_LIMIT, "more than %d flows", FLOW_MOST_EDGES);
    edge->id = id_of(r, e);
    edge->name = bpmn_xml_attribute(r->a, e, "name");
    edge->source_id = bpmn_xml_attribute(r->a, e, "sourceRef");
    edge->target_id = bpmn_xml_attribute(r->a, e, "targetRef");
    edge->scope = scope;
    edge->line = e->line;
    edge->rounds = -1;
    if (rounds.len && (str_i64(rounds, &edge->rounds) != OK || edge->rounds < 0 ||
                       edge->rounds > FLOW_MOST_LIMIT))
        fault_at(r->a, &scope->process->faults, FAULT_MALFORMED, edge->id, S("yg:rounds"));

    for (const xmlNode *c = bpmn_xml_first(e); c != NULL; c = bpmn_xml_next(c))
        if (bpmn_xml_is(c, "conditionExpression")) {
            edge->conditional = true;
            edge->condition = bpmn_xml_text(r->a, c);
            edge->language = bpmn_xml_attribute(r->a, c, "language");
        }
    edge->index = r->m->edges.count;
    vec_push(r->a, &r->m->edges, edge);
    vec_push(r->a, &scope->edges, edge);
    return OK;
}

static fallible add_inside(struct reader *r, const xmlNode *e, struct flow_node *n, int depth)
{
    if (n->kind != FLOW_SUB && n->kind != FLOW_TRANSACTION && n->kind != FLOW_AD_HOC)
        return OK;
    n->inside = scope_new(r, n->scope->process, n);
    n->inside->by_event = bpmn_xml_true(e, "triggeredByEvent", false);
    n->inside->ad_hoc = n->kind == FLOW_AD_HOC;
    return read_scope(r, e, n->inside, depth + 1);
}

static fallible add_node(struct reader *r, const xmlNode *e, enum flow_kind kind,
                         struct flow_scope *scope, int depth)
{
    struct flow_node *n = NEW(r->a, struct flow_node);

    REQUIRE(r->m->nodes.count < FLOW_MOST_NODES, ERR_LIMIT, "more than %d nodes", FLOW_MOST_NODES);
    n->id = id_of(r, e);
    n->name = bpmn_xml_attribute(r->a, e, "name");
    n->line = e->line;
    n->scope = scope;
    n->index = r->m->nodes.count;
    vec_push(r->a, &r->m->nodes, n);
    vec_push(r->a, &scope->nodes, n);
    if (map_get(&r->m->node_by_id, n->id) != NULL)
        fault_at(r->a, &scope->process->faults, FAULT_MALFORMED, n->id, n->name);
    map_set(&r->m->node_by_id, n->id, n);
    TRY(read_node(r, e, kind, n));
    return add_inside(r, e, n, depth);
}

static void add_note(struct reader *r, const xmlNode *e)
{
    struct flow_extra x = {.kind = FLOW_NOTE, .id = id_of(r, e)};

    for (const xmlNode *c = bpmn_xml_first(e); c != NULL; c = bpmn_xml_next(c))
        if (bpmn_xml_is(c, "text"))
            x.name = bpmn_xml_text(r->a, c);
    vec_push(r->a, &r->m->extras, x);
}

static fallible read_flow_element(struct reader *r, const xmlNode *e, struct flow_scope *scope,
                                  int depth)
{
    enum flow_kind kind;

    if (bpmn_xml_is(e, "sequenceFlow"))
        return add_edge(r, e, scope);
    if (kind_of(e, &kind))
        return add_node(r, e, kind, scope, depth);
    if (bpmn_xml_is(e, "laneSet"))
        read_lanes(r, e, S(""), 0);
    else if (bpmn_xml_is(e, "textAnnotation"))
        add_note(r, e);
    else if (bpmn_xml_is(e, "association"))
        vec_push(r->a, &r->m->extras,
                 ((struct flow_extra){.kind = FLOW_ASSOCIATION, .id = id_of(r, e)}));
    return OK;
}

fallible read_scope(struct reader *r, const xmlNode *e, struct flow_scope *scope, int depth)
{
    REQUIRE(depth <= FLOW_MOST_DEPTH, ERR_LIMIT, "sub-processes nested deeper than %d",
            FLOW_MOST_DEPTH);
    for (const xmlNode *c = bpmn_xml_first(e); c != NULL; c = bpmn_xml_next(c))
        if (bpmn_xml_same_space(c, r->root))
            TRY(read_flow_element(r, c, scope, depth));
    return OK;
}

static fallible read_process(struct reader *r, const xmlNode *e)
{
    struct flow_process *p = NEW(r->a, struct flow_process);

    p->id = id_of(r, e);
    p->name = bpmn_xml_attribute(r->a, e, "name");
    p->executable = bpmn_xml_true(e, "isExecutable", false);
    vec_push(r->a, &r->m->processes, p);
    p->top = scope_new(r, p, NULL);
    read_process_ours(r, e, p);
    return read_scope(r, e, p->top, 0);
}

static void read_collaboration(struct reader *r, const xmlNode *e)
{
    for (const xmlNode *c = bpmn_xml_first(e); c != NULL; c = bpmn_xml_next(c)) {
        struct flow_extra x = {.id = id_of(r, c), .name = bpmn_xml_attribute(r->a, c, "name")};

        if (!bpmn_xml_same_space(c, r->root))
            continue;
        if (bpmn_xml_is(c, "participant")) {
            x.kind = FLOW_POOL;
            x.process_id = bpmn_xml_attribute(r->a, c, "processRef");
            vec_push(r->a, &r->m->extras, x);
        } else if (bpmn_xml_is(c, "messageFlow")) {
            x.kind = FLOW_MESSAGE_FLOW;
            vec_push(r->a, &r->m->extras, x);
        } else if (bpmn_xml_is(c, "textAnnotation"))
            add_note(r, c);
    }
}

static fallible read_definitions(struct reader *r)
{
    for (const xmlNode *c = bpmn_xml_first(r->root); c != NULL; c = bpmn_xml_next(c)) {
        str id = bpmn_xml_attribute(r->a, c, "id");
        if (bpmn_xml_same_space(c, r->root) && id.len)
            map_set(&r->roots, id, (void *)(uintptr_t)c);
    }
    for (const xmlNode *c = bpmn_xml_first(r->root); c != NULL; c = bpmn_xml_next(c)) {
        if (bpmn_xml_is(c, "BPMNDiagram"))
            read_diagram(r, c);
        if (!bpmn_xml_same_space(c, r->root))
            continue;
        if (bpmn_xml_is(c, "process"))
            TRY(read_process(r, c));
        else if (bpmn_xml_is(c, "collaboration"))
            read_collaboration(r, c);
    }
    return OK;
}

static bool is_bpmn(const xmlNode *root)
{
    if (root == NULL || root->ns == NULL || !bpmn_xml_is(root, "definitions"))
        return false;
    for (size_t i = 0; i < COUNT(spaces); i++)
        if (strcmp((const char *)root->ns->href, spaces[i]) == 0)
            return true;
    return false;
}

fallible flow_read(struct arena *a, str xml, struct flow_model **out)
{
    scoped_xml doc = NULL;
    struct reader r = {.a = a, .m = NEW(a, struct flow_model)};

    TRY(bpmn_xml_open(xml, &doc));
    r.root = xmlDocGetRootElement(doc);
    REQUIRE(is_bpmn(r.root), ERR_SYNTAX, "not a BPMN 2.0 file: no <definitions> of that standard");
    r.roots = map_in(a);
    r.lane_of = map_in(a);
    r.m->id = bpmn_xml_attribute(a, r.root, "id");
    r.m->name = bpmn_xml_attribute(a, r.root, "name");
    r.m->node_by_id = map_in(a);
    r.m->drawn_by_element = map_in(a);

    TRY(read_definitions(&r));
    link_model(&r);
    *out = r.m;
    return OK;
}
