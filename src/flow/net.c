/*
 * net -- turns a scope of BPMN into joins and splits, as the standard's execution semantics say
 * (BPMN 2.0.2, chapter 13): activities and events merge what comes in and fork what goes out,
 * border events are alternatives to (interrupting) or extras of (not interrupting) the way out.
 */
#include "flow/flow_int.h"

struct rope *rope_of(struct arena *a, const struct flow_node *n)
{
    struct rope *rope = NEW(a, struct rope);

    rope->one = n;
    return rope;
}

struct rope *rope_join(struct arena *a, struct rope *left, struct rope *right)
{
    if (left == NULL || right == NULL)
        return left ? left : right;
    struct rope *rope = NEW(a, struct rope);
    rope->left = left;
    rope->right = right;
    return rope;
}

const struct flow_node *rope_first(const struct rope *rope)
{
    while (rope != NULL && rope->one == NULL)
        rope = rope->left;
    return rope ? rope->one : NULL;
}

void rope_walk(struct arena *a, struct rope *rope, enum rope_part part, steps *out)
{
    VEC(struct rope *) stack = {0};

    if (rope != NULL)
        vec_push(a, &stack, rope);
    while (stack.count) {
        struct rope *r = stack.at[--stack.count];
        if (part == ROPE_NEW && r->seen)
            continue;
        r->seen = r->seen || part == ROPE_NEW;
        if (r->one == NULL) {
            vec_push(a, &stack, r->right);
            vec_push(a, &stack, r->left);
        } else if (!(part == ROPE_JOINS && !r->joins) && !(part == ROPE_PATH && r->again))
            vec_push(a, out, r->one);
    }
}

u32 net_node_add(struct net *net, enum gate join, enum gate split, const struct flow_node *of)
{
    struct net_node n = {.join = join, .split = split};

    if (of != NULL)
        n.chain = rope_of(net->a, of);
    vec_push(net->a, &net->nodes, n);
    return (u32)net->nodes.count - 1;
}

/* A further part of a node that has one already. */
static u32 part_add(struct net *net, enum gate join, enum gate split, const struct flow_node *of)
{
    u32 i = net_node_add(net, join, split, of);

    net->nodes.at[i].chain->again = true;
    return i;
}

u32 net_edge_add(struct net *net, u32 from, u32 to)
{
    u32 e = (u32)net->edges.count;

    vec_push(net->a, &net->edges, ((struct net_edge){.from = from, .to = to}));
    if (from != UINT32_MAX)
        vec_push(net->a, &net->nodes.at[from].out, e);
    vec_push(net->a, &net->nodes.at[to].in, e);
    return e;
}

bool flow_in_normal(const struct flow_node *n)
{
    if (n->for_compensation || (n->inside != NULL && n->inside->by_event))
        return false;
    return n->kind != FLOW_BOUNDARY || (n->host != NULL && n->trigger != FLOW_COMPENSATE);
}

bool flow_begins(const struct flow_node *n)
{
    return n->kind == FLOW_START || (n->instantiates && n->in.count == 0);
}

struct builder {
    const struct analysis *x;
    struct net *net;
    u32 *entry; /* by node index of the model; 0: none */
};

static u32 sink_of(const struct flow_node *end)
{
    switch (end->trigger) {
    case FLOW_TERMINATE:
        return NET_TERMINATE;
    case FLOW_ERROR:
    case FLOW_CANCEL:
        return NET_ABORT;
    case FLOW_NONE:
    case FLOW_MESSAGE:
    case FLOW_TIMER:
    case FLOW_SIGNAL:
    case FLOW_ESCALATION:
    case FLOW_COMPENSATE:
    case FLOW_CONDITION:
    case FLOW_LINK:
    case FLOW_MULTIPLE:
        return NET_END;
    }
    return NET_END;
}

/* Each flow into an end event ends there by itself: nothing merges. */
static void lead(struct builder *b, u32 from, const struct flow_node *to)
{
    u32 target = b->entry[to->index];

    if (to->kind == FLOW_END) {
        target = net_node_add(b->net, GATE_ONE, GATE_ALL, to);
        net_edge_add(b->net, target, sink_of(to));
    }
    /* What lies outside of the normal flow, a compensation handler, takes the token away. */
    net_edge_add(b->net, from, target ? target : NET_END);
}

static void lead_all(struct builder *b, u32 from, const struct flow_node *n)
{
    for (size_t i = 0; i < n->out.count; i++)
        lead(b, from, n->out.at[i]->to);
}

static void idle_edge(struct builder *b, u32 from)
{
    u32 e = net_edge_add(b->net, from, NET_END);

    b->net->edges.at[e].idle = true;
}

/* One or more of `n`'s conditional flows; none of them: the default, or nothing if `idle`. */
static void choose_some(struct builder *b, u32 from, const struct flow_node *n, bool all, bool idle)
{
    u32 some = part_add(b->net, GATE_ONE, GATE_SOME, n);
    size_t count = 0;

    b->net->nodes.at[from].split = GATE_ONE;
    net_edge_add(b->net, from, some);
    for (size_t i = 0; i < n->out.count; i++)
        if (!n->out.at[i]->otherwise && (all || n->out.at[i]->conditional)) {
            lead(b, some, n->out.at[i]->to);
            count++;
        }
    if (count <= 1)
        b->net->nodes.at[some].split = GATE_ALL;
    if (n->otherwise != NULL)
        lead(b, from, n->otherwise->to);
    else if (idle)
        idle_edge(b, from);
}

/* Flows without a condition are all taken; those with one by choice. */
static void fork_out(struct builder *b, u32 from, const struct flow_node *n)
{
    size_t plain = 0, conditional = 0;

    for (size_t i = 0; i < n->out.count; i++) {
        conditional += n->out.at[i]->conditional && !n->out.at[i]->otherwise;
        plain += !n->out.at[i]->conditional && !n->out.at[i]->otherwise;
    }
    if (conditional == 0 || n->out.count == 1) {
        lead_all(b, from, n);
        return;
    }
    if (plain == 0) {
        choose_some(b, from, n, false, false);
        return;
    }
    for (size_t i = 0; i < n->out.count; i++)
        if (!n->out.at[i]->conditional && !n->out.at[i]->otherwise)
            lead(b, from, n->out.at[i]->to);
    u32 choice = part_add(b->net, GATE_ONE, GATE_ONE, n);
    net_edge_add(b->net, from, choice);
    choose_some(b, choice, n, false, true);
}

static void ways_out(struct builder *b, u32 from, const struct flow_node *n)
{
    if (n->jump != NULL) {
        net_edge_add(b->net, from, b->entry[n->jump->index]);
        return;
    }
    if (n->out.count == 0) {
        net_edge_add(b->net, from, NET_END);
        return;
    }
    if (n->kind == FLOW_INCLUSIVE || n->kind == FLOW_COMPLEX) {
        if (n->out.count > 1)
            choose_some(b, from, n, true, false);
        else
            lead_all(b, from, n);
        return;
    }
    if (flow_class_of(n->kind) == FLOW_GATEWAY)
        lead_all(b, from, n);
    else
        fork_out(b, from, n);
}

static struct exits exits_of(const struct builder *b, const struct flow_node *n)
{
    if (n->inside != NULL)
        return b->x->of_scope[n->inside->index];
    if (n->called != NULL)
        return b->x->of_scope[n->called->top->index];
    return (struct exits){.completes = true};
}

/* An activity ends normally, or by an interrupting border event, or by an error nobody catches. */
static void ways_to_end(struct builder *b, u32 from, const struct flow_node *n)
{
    struct exits exits = exits_of(b, n);
    bool caught = false;

    for (size_t i = 0; i < n->boundary.count; i++) {
        const struct flow_node *event = n->boundary.at[i];
        if (event->interrupting && b->entry[event->index] != 0) {
            net_edge_add(b->net, from, b->entry[event->index]);
            caught = true;
        }
    }
    if (exits.completes && !caught) {
        ways_out(b, from, n);
        return;
    }
    b->net->nodes.at[from].split = GATE_ONE;
    u32 done = part_add(b->net, GATE_ONE, GATE_ALL, n);
    net_edge_add(b->net, from, done);
    ways_out(b, done, n);
    if (exits.completes)
        return;
    /* Its flows stay drawn, so that joins wait for them, but no token ever comes out. */
    u32 nowhere = net_node_add(b->net, GATE_ONE, GATE_ALL, NULL);
    net_edge_add(b->net, nowhere, done);
    b->net->nodes.at[done].join = GATE_ALL;
    b->net->edges.at[b->net->nodes.at[done].in.at[0]].never = true;
    if (exits.aborts && !caught) {
        u32 error = net_edge_add(b->net, from, NET_ABORT);
        b->net->edges.at[error].aborts = true;
    }
}

/* A border event that doesn't interrupt may happen once beside the activity, or not. */
static u32 extras(struct builder *b, u32 from, const struct flow_node *n)
{
    bool any = false;

    for (size_t i = 0; i < n->boundary.count; i++) {
        const struct flow_node *event = n->boundary.at[i];
        if (event->interrupting || b->entry[event->index] == 0)
            continue;
        u32 perhaps = part_add(b->net, GATE_ONE, GATE_ONE, n);
        net_edge_add(b->net, from, perhaps);
        net_edge_add(b->net, perhaps, b->entry[event->index]);
        idle_edge(b, perhaps);
        any = true;
    }
    if (!any)
        return from;
    u32 inside = part_add(b->net, GATE_ONE, GATE_ALL, n);
    net_edge_add(b->net, from, inside);
    return inside;
}

static void gates_of(const struct flow_node *n, enum gate *join, enum gate *split)
{
    *join = GATE_ONE;
    *split = GATE_ALL;
    if (n->kind == FLOW_PARALLEL)
        *join = GATE_ALL;
    if (n->kind == FLOW_INCLUSIVE || n->kind == FLOW_COMPLEX)
        *join = GATE_SOME;
    if (n->kind == FLOW_EXCLUSIVE || (n->kind == FLOW_EVENT_BASED && !n->all_of))
        *split = GATE_ONE;
}

static void add_start(struct builder *b, const struct flow_scope *scope)
{
    bool explicit = false;

    for (size_t i = 0; i < scope->nodes.count; i++) {
        const struct flow_node *n = scope->nodes.at[i];
        if (flow_begins(n)) {
            net_edge_add(b->net, NET_START, b->entry[n->index]);
            explicit = true;
        }
    }
    if (explicit)
        return;
    /* BPMN 2.0.2, 13.2: without a start event all that have no incoming flow begin at once. */
    b->net->nodes.at[NET_START].split = GATE_ALL;
    for (size_t i = 0; i < scope->nodes.count; i++) {
        const struct flow_node *n = scope->nodes.at[i];
        bool landing = n->kind == FLOW_CATCH && n->trigger == FLOW_LINK;
        if (n->in.count == 0 && n->kind != FLOW_BOUNDARY && !landing && b->entry[n->index] != 0)
            net_edge_add(b->net, NET_START, b->entry[n->index]);
    }
}

struct net *net_build(const struct analysis *x, struct arena *a, const struct flow_scope *scope)
{
    struct net *net = NEW(a, struct net);
    struct builder b = {.x = x, .net = net, .entry = NEW_N(a, x->m->nodes.count + 1, u32)};

    net->a = a;
    for (int i = 0; i < NET_FIXED; i++)
        (void)net_node_add(net, GATE_ONE, GATE_ONE, NULL);
    net_edge_add(net, UINT32_MAX, NET_START);
    for (size_t i = 0; i < scope->nodes.count; i++) {
        const struct flow_node *n = scope->nodes.at[i];
        enum gate join, split;
        if (!flow_in_normal(n) || n->kind == FLOW_END)
            continue;
        gates_of(n, &join, &split);
        b.entry[n->index] = net_node_add(net, join, split, n);
    }
    add_start(&b, scope);
    for (size_t i = 0; i < scope->nodes.count; i++) {
        const struct flow_node *n = scope->nodes.at[i];
        if (b.entry[n->index] == 0)
            continue;
        if (flow_class_of(n->kind) == FLOW_ACTIVITY)
            ways_to_end(&b, extras(&b, b.entry[n->index], n), n);
        else
            ways_out(&b, b.entry[n->index], n);
    }
    return net;
}
