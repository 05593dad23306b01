/*
 * reduce -- shrinks a net by rules that keep it sound or unsound: sequence, choice, parallel
 * block, loop, and gates of one kind in a row. A well-structured procedure shrinks to one edge.
 */
#include "flow/flow_int.h"

static struct net_node *node(struct net *net, u32 i)
{
    return &net->nodes.at[i];
}

static struct net_edge *edge(struct net *net, u32 i)
{
    return &net->edges.at[i];
}

static void add(struct net *net, struct rope **to, struct rope *more)
{
    *to = rope_join(net->a, *to, more);
}

static void drop(indices *list, u32 value)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i] == value) {
            memmove(&list->at[i], &list->at[i + 1], (list->count - i - 1) * sizeof(u32));
            list->count--;
            return;
        }
}

static void swap_in(indices *list, u32 old, u32 new)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i] == old)
            list->at[i] = new;
}

static void edge_drop(struct net *net, u32 e)
{
    edge(net, e)->gone = true;
    drop(&node(net, edge(net, e)->from)->out, e);
    drop(&node(net, edge(net, e)->to)->in, e);
}

/* p ─e─▶ n ─f─▶ q  becomes  p ─e─▶ q. */
static bool sequence(struct net *net, u32 i)
{
    struct net_node *n = node(net, i);

    if (i < NET_FIXED || n->in.count != 1 || n->out.count != 1)
        return false;
    u32 e = n->in.at[0], f = n->out.at[0];
    if (e == f || edge(net, f)->never)
        return false;
    add(net, &edge(net, e)->chain, n->chain);
    add(net, &edge(net, e)->chain, edge(net, f)->chain);
    add(net, &edge(net, e)->also, n->also);
    add(net, &edge(net, e)->also, edge(net, f)->also);
    u32 q = edge(net, f)->to;
    swap_in(&node(net, q)->in, f, e);
    edge(net, e)->to = q;
    edge(net, f)->gone = true;
    n->gone = true;
    return true;
}

static bool may_merge(const struct net *net, u32 from, u32 to)
{
    const struct net_node *s = &net->nodes.at[from], *t = &net->nodes.at[to];

    if (to > NET_START && to < NET_FIXED)
        return true;
    /* An inclusive join never waits for an edge whose twin from the same source has a token. */
    return s->split == t->join || (t->join == GATE_SOME && to != from);
}

/* Two edges from s to t whose split and join agree are as good as one: choice, parallel block. */
static bool twins(struct net *net, u32 i)
{
    struct net_node *s = node(net, i);

    for (size_t j = 0; j < s->out.count; j++)
        for (size_t k = j + 1; k < s->out.count; k++) {
            u32 e = s->out.at[j], f = s->out.at[k];
            if (edge(net, e)->to != edge(net, f)->to || !may_merge(net, i, edge(net, e)->to))
                continue;
            add(net, &edge(net, e)->also, edge(net, f)->chain);
            add(net, &edge(net, e)->also, edge(net, f)->also);
            edge(net, e)->idle = edge(net, e)->idle && edge(net, f)->idle;
            edge_drop(net, f);
            return true;
        }
    return false;
}

/* A way from a choice back to itself changes nothing, as long as there is another way. */
static bool loop(struct net *net, u32 i)
{
    struct net_node *n = node(net, i);

    if (i < NET_FIXED || n->join != GATE_ONE || n->split != GATE_ONE || n->out.count < 2)
        return false;
    for (size_t j = 0; j < n->out.count; j++) {
        u32 e = n->out.at[j];
        if (edge(net, e)->to != i)
            continue;
        add(net, &n->also, edge(net, e)->chain);
        add(net, &n->also, edge(net, e)->also);
        edge_drop(net, e);
        return true;
    }
    return false;
}

/* The join's place in what is passed, so that one can tell which of two joins waits. */
static struct rope *join_mark(struct net *net, const struct net_node *m)
{
    const struct flow_node *first = rope_first(m->chain);

    if (m->join == GATE_ONE || first == NULL)
        return NULL;
    struct rope *mark = rope_of(net->a, first);
    mark->joins = true;
    return mark;
}

static void move_in(struct net *net, u32 e, u32 to)
{
    edge(net, e)->to = to;
    vec_push(net->a, &node(net, to)->in, e);
}

/* A join whose only way out is the only way into the next, or a join of the same kind. */
static bool joins(struct net *net, u32 i)
{
    struct net_node *m = node(net, i);

    if (i < NET_FIXED || m->out.count != 1 || m->in.count < 2)
        return false;
    u32 f = m->out.at[0], to = edge(net, f)->to;
    struct net_node *t = node(net, to);
    bool alone = t->in.count == 1;
    if (to < NET_FIXED || to == i || (!alone && (t->join != m->join || m->join == GATE_SOME)))
        return false;

    struct rope *mark = join_mark(net, m);
    drop(&t->in, f);
    edge(net, f)->gone = true;
    m->gone = true;
    for (size_t j = 0; j < m->in.count; j++) {
        struct net_edge *e = edge(net, m->in.at[j]);
        if (!alone) {
            add(net, &e->chain, mark);
            add(net, &e->chain, m->chain);
            add(net, &e->chain, edge(net, f)->chain);
            add(net, &e->also, edge(net, f)->also);
        }
        move_in(net, m->in.at[j], to);
    }
    add(net, &t->also, m->also);
    add(net, &t->also, edge(net, f)->also);
    if (alone) {
        struct rope *chain = m->chain;
        add(net, &chain, edge(net, f)->chain);
        add(net, &chain, t->chain);
        t->chain = chain;
        t->join = m->join;
    }
    return true;
}

/* A split right after a split of the same kind. */
static bool splits(struct net *net, u32 i)
{
    struct net_node *t = node(net, i);

    if (i < NET_FIXED || t->in.count != 1 || t->out.count < 2)
        return false;
    u32 f = t->in.at[0], from = edge(net, f)->from;
    if (from == UINT32_MAX || from == i || node(net, from)->out.count < 2 ||
        node(net, from)->split != t->split)
        return false;

    drop(&node(net, from)->out, f);
    edge(net, f)->gone = true;
    t->gone = true;
    for (size_t j = 0; j < t->out.count; j++) {
        struct net_edge *e = edge(net, t->out.at[j]);
        struct rope *chain = NULL;
        add(net, &chain, edge(net, f)->chain);
        add(net, &chain, t->chain);
        add(net, &chain, e->chain);
        e->chain = chain;
        add(net, &e->also, t->also);
        add(net, &e->also, edge(net, f)->also);
        e->from = from;
        vec_push(net->a, &node(net, from)->out, t->out.at[j]);
    }
    return true;
}

void net_reduce(struct net *net)
{
    bool (*const rules[])(struct net *, u32) = {sequence, twins, loop, joins, splits};

    for (bool changed = true; changed;) {
        changed = false;
        for (u32 i = 0; i < net->nodes.count; i++)
            for (size_t r = 0; r < COUNT(rules); r++)
                while (!net->nodes.at[i].gone && rules[r](net, i))
                    changed = true;
    }
}
