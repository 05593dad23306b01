/*
 * moves -- what can happen in a marking: BPMN 2.0.2, 13.3, for joins and splits.
 */
#include "flow/explore_int.h"

static void put(struct space *s, u64 *m, u32 edge)
{
    u32 bit = s->bit_of[edge];

    set(s->ever, bit);
    if (s->net->edges.at[edge].idle)
        return;
    if (has(m, bit)) {
        find_doubled(s);
        set(m, (u32)s->bits);
    }
    set(m, bit);
}

static void put_subset(struct space *s, const u64 *m, const indices *outs, u32 subset)
{
    u64 next[MOST_WORDS];

    memcpy(next, m, s->words * sizeof *m);
    for (size_t i = 0; i < outs->count; i++)
        if (subset >> i & 1)
            put(s, next, outs->at[i]);
    space_arrive(s, next);
}

static void end_all(struct space *s, const u64 *m)
{
    u64 next[MOST_WORDS] = {0};

    if (spoilt(s, m))
        set(next, (u32)s->bits);
    space_arrive(s, next);
}

static void produce(struct space *s, const u64 *m)
{
    const struct net_node *n = &s->net->nodes.at[s->node];
    u64 next[MOST_WORDS];

    if (s->node == NET_TERMINATE || s->node == NET_ABORT) {
        end_all(s, m);
        return;
    }
    if (s->node == NET_END) {
        space_arrive(s, m);
        return;
    }
    switch (n->split) {
    case GATE_ONE:
        for (size_t i = 0; i < n->out.count; i++) {
            if (s->net->edges.at[n->out.at[i]].never)
                continue;
            memcpy(next, m, s->words * sizeof *m);
            put(s, next, n->out.at[i]);
            space_arrive(s, next);
        }
        break;
    case GATE_ALL:
        memcpy(next, m, s->words * sizeof *m);
        for (size_t i = 0; i < n->out.count; i++)
            put(s, next, n->out.at[i]);
        space_arrive(s, next);
        break;
    case GATE_SOME:
        if (n->out.count > MOST_CHOICES) {
            s->full = true;
            break;
        }
        for (u32 subset = 1; subset < 1U << n->out.count; subset++)
            put_subset(s, m, &n->out, subset);
        break;
    }
}

/*
 * BPMN 2.0.2, table 13.3: an inclusive join waits as long as a token can still reach an empty way
 * in without passing the join, unless it could as well reach a way in that has a token.
 */
static bool some_ready(const struct space *s, const u64 *m)
{
    const indices *in = &s->net->nodes.at[s->node].in;
    u64 waits[MOST_WORDS] = {0}, excuses[MOST_WORDS] = {0};
    bool any = false;

    for (size_t i = 0; i < in->count; i++) {
        bool here = has(m, s->bit_of[in->at[i]]);
        u64 *to = here ? excuses : waits;
        any |= here;
        for (size_t w = 0; w < s->words; w++)
            to[w] |= s->reach[s->node][i][w];
    }
    for (size_t w = 0; any && w < s->words; w++)
        if (m[w] & waits[w] & ~excuses[w])
            return false;
    return any;
}

static void take_all(struct space *s, const u64 *m)
{
    const indices *in = &s->net->nodes.at[s->node].in;
    u64 next[MOST_WORDS];

    memcpy(next, m, s->words * sizeof *m);
    for (size_t i = 0; i < in->count; i++)
        unset(next, s->bit_of[in->at[i]]);
    s->taken = in->count == 1 ? in->at[0] : UINT32_MAX;
    produce(s, next);
}

static bool all_ready(const struct space *s, const u64 *m)
{
    const indices *in = &s->net->nodes.at[s->node].in;

    for (size_t i = 0; i < in->count; i++)
        if (!has(m, s->bit_of[in->at[i]]))
            return false;
    return in->count > 0;
}

static void take_each(struct space *s, const u64 *m)
{
    const indices *in = &s->net->nodes.at[s->node].in;
    u64 next[MOST_WORDS];

    for (size_t i = 0; i < in->count; i++) {
        if (!has(m, s->bit_of[in->at[i]]))
            continue;
        memcpy(next, m, s->words * sizeof *m);
        unset(next, s->bit_of[in->at[i]]);
        s->taken = in->at[i];
        produce(s, next);
    }
}

bool stuck_node(const struct space *s, u32 i)
{
    const indices *out = &s->net->nodes.at[i].out;

    for (size_t j = 0; j < out->count; j++)
        if (!s->net->edges.at[out->at[j]].never)
            return false;
    return i >= NET_FIXED;
}

void moves_from(struct space *s, u32 state)
{
    u64 m[MOST_WORDS];

    memcpy(m, pile_at(&s->states, state), s->words * sizeof *m);
    s->state = state;
    s->moved = false;
    for (size_t i = 0; i < s->nodes.count && !s->full; i++) {
        s->node = s->nodes.at[i];
        if (stuck_node(s, s->node))
            continue;
        switch (s->net->nodes.at[s->node].join) {
        case GATE_ONE:
            take_each(s, m);
            break;
        case GATE_ALL:
            if (all_ready(s, m))
                take_all(s, m);
            break;
        case GATE_SOME:
            if (some_ready(s, m))
                take_all(s, m);
            break;
        }
    }
}
