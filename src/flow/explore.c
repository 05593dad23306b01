/*
 * explore -- visits every marking of a net, breadth first, so that each finding has a shortest way.
 */
#include "flow/explore_int.h"

/* Marks all states from which an end, a dead stop or a spoilt state can be reached. */
static bool *can_stop(struct space *s, const bool *stopped)
{
    bool *good = NEW_N(s->a, s->states.count, bool);
    indices todo = {0};

    for (u32 i = 0; i < s->states.count; i++)
        if (stopped[i] || spoilt(s, pile_at(&s->states, i))) {
            good[i] = true;
            vec_push(s->a, &todo, i);
        }
    while (todo.count) {
        u32 i = todo.at[--todo.count];
        u32 next = ((struct origin *)pile_at(&s->origins, i))->first_move;
        while (next != UINT32_MAX) {
            const struct move *mv = pile_at(&s->moves, next);
            next = mv->next;
            if (!good[mv->from]) {
                good[mv->from] = true;
                vec_push(s->a, &todo, mv->from);
            }
        }
    }
    return good;
}

/* ---- set-up ------------------------------------------------------------------------------------
 */

/* The edges that lead to edge `target` without passing `node`. */
static u64 *reach_to(struct space *s, u32 node, u32 target)
{
    u64 *r = NEW_N(s->a, s->words, u64);
    indices todo = {0};

    vec_push(s->a, &todo, target);
    set(r, s->bit_of[target]);
    while (todo.count) {
        u32 from = s->net->edges.at[todo.at[--todo.count]].from;
        if (from == node || from == UINT32_MAX)
            continue;
        const indices *in = &s->net->nodes.at[from].in;
        for (size_t i = 0; i < in->count; i++)
            if (!has(r, s->bit_of[in->at[i]])) {
                set(r, s->bit_of[in->at[i]]);
                vec_push(s->a, &todo, in->at[i]);
            }
    }
    return r;
}

static void prepare_joins(struct space *s)
{
    s->reach = NEW_N(s->a, s->net->nodes.count, u64 **);
    for (size_t i = 0; i < s->nodes.count; i++) {
        u32 n = s->nodes.at[i];
        struct net_node *node = &s->net->nodes.at[n];
        if (node->in.count <= 1 && node->join == GATE_SOME)
            node->join = GATE_ONE;
        if (node->join != GATE_SOME)
            continue;
        s->reach[n] = NEW_N(s->a, node->in.count, u64 *);
        for (size_t j = 0; j < node->in.count; j++)
            s->reach[n][j] = reach_to(s, n, node->in.at[j]);
    }
}

static bool number_edges(struct space *s)
{
    size_t count = 0, inclusive = 0;

    s->bit_of = NEW_N(s->a, s->net->edges.count, u32);
    s->edge_of = NEW_N(s->a, s->net->edges.count + 1, u32);
    for (u32 i = 0; i < s->net->edges.count; i++)
        if (!s->net->edges.at[i].gone) {
            s->edge_of[count] = i;
            s->bit_of[i] = (u32)count++;
        }
    for (u32 i = 0; i < s->net->nodes.count; i++)
        if (!s->net->nodes.at[i].gone) {
            vec_push(s->a, &s->nodes, i);
            if (s->net->nodes.at[i].join == GATE_SOME)
                inclusive += s->net->nodes.at[i].in.count;
        }
    s->bits = count;
    s->words = count / WORD + 1;
    s->most_states = MOST_STATE_BYTES / (s->words * sizeof(u64) + sizeof(struct origin));
    if (s->most_states > MOST_STATES)
        s->most_states = MOST_STATES;
    return count < MOST_BITS && inclusive < MOST_BITS;
}

static void note_reached(struct space *s)
{
    steps all = {0};

    for (u32 i = 0; i < s->bits; i++)
        if (has(s->ever, i)) {
            rope_walk(s->a, s->net->edges.at[s->edge_of[i]].chain, ROPE_NEW, &all);
            rope_walk(s->a, s->net->edges.at[s->edge_of[i]].also, ROPE_NEW, &all);
        }
    for (size_t i = 0; i < s->nodes.count; i++)
        if (s->fired[s->nodes.at[i]]) {
            rope_walk(s->a, s->net->nodes.at[s->nodes.at[i]].chain, ROPE_NEW, &all);
            rope_walk(s->a, s->net->nodes.at[s->nodes.at[i]].also, ROPE_NEW, &all);
        }
    for (size_t i = 0; i < all.count; i++)
        s->out->reached[all.at[i]->index] = true;
}

static void name_region(struct space *s)
{
    for (size_t i = 0; i < s->nodes.count; i++)
        rope_walk(s->x->a, s->net->nodes.at[s->nodes.at[i]].chain, ROPE_ALL, &s->out->region);
}

static void run(struct space *s)
{
    u64 first[MOST_WORDS] = {0};

    set(first, s->bit_of[0]);
    set(s->ever, s->bit_of[0]);
    (void)space_intern(s, first);
    bool *stopped = NEW_N(s->a, s->most_states + 2, bool);
    for (u32 i = 0; i < s->states.count && !s->full; i++) {
        moves_from(s, i);
        stopped[i] = !s->moved;
        if (stopped[i] && !s->full)
            find_stuck(s, i);
    }
    note_reached(s);
    if (s->full)
        return;
    const bool *good = can_stop(s, stopped);
    for (u32 i = 0; i < s->states.count; i++)
        if (!good[i]) {
            find_endless(s, i);
            break;
        }
}

void net_explore(const struct analysis *x, struct net *net, struct explored *out)
{
    scoped_arena a = arena_open();
    struct space s = {.x = x, .a = a, .net = net, .out = out};

    out->reached = NEW_N(x->a, x->m->nodes.count + 1, bool);
    s.full = !number_edges(&s);
    s.states = (struct pile){.a = a, .size = s.words * sizeof(u64)};
    s.origins = (struct pile){.a = a, .size = sizeof(struct origin)};
    s.moves = (struct pile){.a = a, .size = sizeof(struct move)};
    s.fired = NEW_N(a, net->nodes.count, bool);
    s.looked = NEW_N(a, net->nodes.count, u32);
    if (!s.full) {
        for (u32 i = 0; i < s.bits; i++) {
            const struct net_edge *e = &net->edges.at[s.edge_of[i]];
            if (e->aborts)
                set(s.at_once, i);
        }
        prepare_joins(&s);
        run(&s);
    }
    out->complete = !s.full;
    if (s.full)
        name_region(&s);
}
