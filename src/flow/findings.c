/*
 * findings -- names what is wrong in a marking, and the way there in the elements of the drawing.
 */
#include "flow/explore_int.h"

/* ---- paths ----------------------------------------------------------------------------------- */

static void walk(struct space *s, struct rope *rope, steps *path)
{
    rope_walk(s->x->a, rope, ROPE_PATH, path);
}

/* What `node` took to get from one marking to the next. */
static void walk_taken(struct space *s, u32 node, const u64 *before, const u64 *after, steps *path)
{
    const indices *in = &s->net->nodes.at[node].in;

    for (size_t i = 0; i < in->count; i++) {
        u32 bit = s->bit_of[in->at[i]];
        if (has(before, bit) && !has(after, bit))
            walk(s, s->net->edges.at[in->at[i]].chain, path);
    }
    walk(s, s->net->nodes.at[node].chain, path);
}

/* Up to `at` where the node under way fired before: what its token did then is no part of it. */
static void walk_step(struct space *s, const struct origin *o, u32 state,
                      const struct flow_node *at, steps *path)
{
    size_t from = path->count;

    walk_taken(s, o->node, pile_at(&s->states, o->parent), pile_at(&s->states, state), path);
    for (size_t i = from; at != NULL && o->node == s->node && i < path->count; i++)
        if (path->at[i] == at)
            path->count = i + 1;
}

static steps path_of(struct space *s, u32 state, const struct flow_node *at)
{
    indices back = {0};
    steps path = {0};

    for (u32 i = state; i != 0; i = ((struct origin *)pile_at(&s->origins, i))->parent)
        vec_push(s->a, &back, i);
    for (size_t i = back.count; i-- > 0;)
        walk_step(s, pile_at(&s->origins, back.at[i]), back.at[i], at, &path);
    return path;
}

static void walk_waiting(struct space *s, u32 node, const u64 *m, steps *path)
{
    const indices *in = &s->net->nodes.at[node].in;

    for (size_t i = 0; i < in->count; i++)
        if (has(m, s->bit_of[in->at[i]]))
            walk(s, s->net->edges.at[in->at[i]].chain, path);
}

static bool known(const struct space *s, enum flow_fault_kind kind, const struct flow_node *at)
{
    for (size_t i = 0; i < s->out->findings.count; i++)
        if (s->out->findings.at[i].at == at && s->out->findings.at[i].kind == kind)
            return true;
    return false;
}

static void find(struct space *s, enum flow_fault_kind kind, const struct flow_node *at, steps path)
{
    if (at == NULL || known(s, kind, at))
        return;
    if (path.count == 0 || path.at[path.count - 1] != at)
        vec_push(s->x->a, &path, at);
    if (path.count > FLOW_MOST_PATH) {
        path.at += path.count - FLOW_MOST_PATH;
        path.count = FLOW_MOST_PATH;
    }
    vec_push(s->x->a, &s->out->findings, ((struct finding){.kind = kind, .at = at, .path = path}));
}

/* ---- two tokens on an edge --------------------------------------------------------------------
 */

/* The edge by which the same node's token came the time before. */
static u32 taken_before(struct space *s)
{
    const indices *in = &s->net->nodes.at[s->node].in;

    for (u32 i = s->state; i != 0;) {
        const struct origin *o = pile_at(&s->origins, i);
        const u64 *before = pile_at(&s->states, o->parent), *after = pile_at(&s->states, i);
        for (size_t j = 0; o->node == s->node && j < in->count; j++)
            if (has(before, s->bit_of[in->at[j]]) && !has(after, s->bit_of[in->at[j]]))
                return in->at[j];
        i = o->parent;
    }
    return UINT32_MAX;
}

/* Where the ways of both tokens meet: a merge that was reduced into one of the edges, or here. */
static const struct flow_node *meeting(struct space *s)
{
    u32 before = taken_before(s);
    steps one = {0}, two = {0};

    if (s->taken != UINT32_MAX && before != UINT32_MAX && before != s->taken) {
        rope_walk(s->a, s->net->edges.at[before].chain, ROPE_ALL, &one);
        rope_walk(s->a, s->net->edges.at[s->taken].chain, ROPE_ALL, &two);
    }
    for (size_t i = 0; i < two.count; i++)
        for (size_t j = 0; j < one.count; j++)
            if (two.at[i] == one.at[j])
                return two.at[i];
    return rope_first(s->net->nodes.at[s->node].chain);
}

void find_doubled(struct space *s)
{
    const u64 *m = pile_at(&s->states, s->state);

    if (spoilt(s, m) || s->probing || s->looked[s->node] >= MOST_LOOKS)
        return;
    s->looked[s->node]++;
    if (known(s, FAULT_UNSYNCHRONISED, meeting(s)))
        return;
    const struct flow_node *at = meeting(s);
    bool around = s->taken != UINT32_MAX && s->net->edges.at[s->taken].from == s->node;
    steps path = path_of(s, s->state, around ? NULL : at), last = {0};
    if (s->taken != UINT32_MAX)
        rope_walk(s->a, s->net->edges.at[s->taken].chain, ROPE_PATH, &last);
    for (size_t i = 0; i < last.count && last.at[i] != at; i++)
        vec_push(s->x->a, &path, last.at[i]);
    vec_push(s->x->a, &path, at); /* what comes after the meeting is no part of it */
    find(s, FAULT_UNSYNCHRONISED, at, path);
}

/* ---- what is stuck ----------------------------------------------------------------------------
 */

/* Do all ways into `node` that pass through `join` hold a token? Then it isn't what waits. */
static bool served(struct space *s, u32 node, const u64 *m, const struct flow_node *join)
{
    const indices *in = &s->net->nodes.at[node].in;

    for (size_t i = 0; i < in->count; i++) {
        steps chain = {0};
        rope_walk(s->a, s->net->edges.at[in->at[i]].chain, ROPE_JOINS, &chain);
        rope_walk(s->a, s->net->edges.at[in->at[i]].also, ROPE_JOINS, &chain);
        for (size_t j = 0; j < chain.count; j++)
            if (chain.at[j] == join && !has(m, s->bit_of[in->at[i]]))
                return false;
    }
    return true;
}

/* The join that waits: one that was reduced into a way in, or the node itself. */
static const struct flow_node *waiting_join(struct space *s, u32 node, const u64 *m, u32 edge)
{
    steps chain = {0};

    rope_walk(s->a, s->net->edges.at[edge].chain, ROPE_JOINS, &chain);
    for (size_t i = 0; i < chain.count; i++)
        if (!served(s, node, m, chain.at[i]))
            return chain.at[i];
    return rope_first(s->net->nodes.at[node].chain);
}

static void find_waiting(struct space *s, u32 state, u32 node, const u64 *m)
{
    const indices *in = &s->net->nodes.at[node].in;

    for (size_t i = 0; i < in->count; i++) {
        if (!has(m, s->bit_of[in->at[i]]))
            continue;
        const struct flow_node *at = waiting_join(s, node, m, in->at[i]);
        enum flow_fault_kind kind = stuck_node(s, node) ? FAULT_ENDLESS : FAULT_DEADLOCK;
        s->out->stuck_call |= kind == FAULT_ENDLESS;
        if (known(s, kind, at))
            continue;
        steps path = path_of(s, state, NULL);
        walk_waiting(s, node, m, &path);
        for (size_t j = 0; j < path.count; j++)
            if (path.at[j] == at)
                path.count = j; /* what was reduced behind it is not passed */
        find(s, kind, at, path);
    }
}

/* Tokens are left and nothing can move: every join that holds one is named. */
void find_stuck(struct space *s, u32 state)
{
    const u64 *m = pile_at(&s->states, state);

    if (empty(s, m) || spoilt(s, m))
        return;
    for (size_t i = 0; i < s->nodes.count; i++)
        find_waiting(s, state, s->nodes.at[i], m);
}

/* ---- what can't get out -----------------------------------------------------------------------
 */

/* From a state without a way out any way leads round and round: follow one until it repeats. */
void find_endless(struct space *s, u32 state)
{
    bool *seen = NEW_N(s->a, s->states.count, bool);

    s->probing = true;
    while (!seen[state]) {
        seen[state] = true;
        moves_from(s, state);
        state = s->probe_to;
    }
    moves_from(s, state);
    u32 node = s->probe_node;
    s->probing = false;
    steps path = path_of(s, state, NULL);
    walk_waiting(s, node, pile_at(&s->states, state), &path);
    find(s, FAULT_ENDLESS, rope_first(s->net->nodes.at[node].chain), path);
}
