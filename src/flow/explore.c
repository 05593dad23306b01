/*
 * explore -- visits every marking of a net, breadth first, so that each finding has a shortest way.
 *
 * A marking is a set of edges with a token; its last bit says that an edge once held two. Beyond
 * that point only what is reached is still believed, since one of the tokens was dropped.
 */
#include "flow/flow_int.h"

enum {
    WORD = 64,
    MOST_WORDS = 65, /* 4,096 edges after reduction, and the spoilt bit */
    MOST_BITS = (MOST_WORDS - 1) * WORD,
    MOST_MOVES = 8000000,
    MOST_STATE_BYTES = 96 << 20,
    MOST_CHOICES = 12,
    MOST_PATH = 2000,
    MOST_LOOKS = 50,
    PILE_STEP = 4096
};

/* A growing array that never moves. */
struct pile {
    struct arena *a;
    VEC(u8 *) blocks;
    size_t size, count;
};

static void *pile_at(const struct pile *p, size_t i)
{
    return p->blocks.at[i / PILE_STEP] + (i % PILE_STEP) * p->size;
}

static void *pile_add(struct pile *p)
{
    if (p->count % PILE_STEP == 0)
        vec_push(p->a, &p->blocks, arena_take(p->a, PILE_STEP, p->size));
    return pile_at(p, p->count++);
}

struct origin {
    u32 parent, node, first_move; /* first_move: list of moves that lead here */
};
struct move {
    u32 from, next;
};

struct space {
    const struct analysis *x;
    struct arena *a;
    struct net *net;
    struct explored *out;
    size_t bits, words, most_states;
    u32 *bit_of, *edge_of; /* net edge to bit and back */
    indices nodes;         /* that are left */
    u64 ***reach;          /* of inclusive joins: per node, per way in, the edges that lead there */
    struct pile states, origins, moves;
    u32 *slots;
    size_t slot_count;
    u64 ever[MOST_WORDS];    /* edges that had a token */
    u64 at_once[MOST_WORDS]; /* edges by which an activity aborts its scope */
    bool *fired;             /* by net node */
    u32 *looked;             /* by net node: how often two tokens were traced back */
    bool full;
    /* the move under way */
    u32 state, node, taken; /* taken: the edge a merge took its token from */
    bool moved;
    bool probing; /* only tell where a move leads */
    u32 probe_node, probe_to;
};

static bool has(const u64 *m, u32 bit)
{
    return m[bit / WORD] >> (bit % WORD) & 1;
}

static void set(u64 *m, u32 bit)
{
    m[bit / WORD] |= 1ULL << (bit % WORD);
}

static void unset(u64 *m, u32 bit)
{
    m[bit / WORD] &= ~(1ULL << (bit % WORD));
}

static bool spoilt(const struct space *s, const u64 *m)
{
    return has(m, (u32)s->bits);
}

static bool empty(const struct space *s, const u64 *m)
{
    for (size_t i = 0; i < s->words; i++) {
        u64 mark = i == s->bits / WORD ? 1ULL << (s->bits % WORD) : 0;
        if (m[i] & ~mark)
            return false;
    }
    return true;
}

static u64 hash(const struct space *s, const u64 *m)
{
    u64 h = 0x9E3779B97F4A7C15ULL;

    for (size_t i = 0; i < s->words; i++) {
        h = (h ^ m[i]) * 0xFF51AFD7ED558CCDULL;
        h ^= h >> 32;
    }
    return h;
}

static void grow_slots(struct space *s)
{
    size_t count = s->slot_count ? s->slot_count * 2 : 1024;

    s->slots = NEW_N(s->a, count, u32);
    s->slot_count = count;
    for (size_t i = 0; i < s->states.count; i++) {
        size_t at = hash(s, pile_at(&s->states, i)) & (count - 1);
        while (s->slots[at] != 0)
            at = (at + 1) & (count - 1);
        s->slots[at] = (u32)i + 1;
    }
}

/* The state's number; a new one is added with where it came from. */
static u32 intern(struct space *s, const u64 *m)
{
    if ((s->states.count + 1) * 2 > s->slot_count)
        grow_slots(s);
    size_t at = hash(s, m) & (s->slot_count - 1);
    for (; s->slots[at] != 0; at = (at + 1) & (s->slot_count - 1))
        if (memcmp(pile_at(&s->states, s->slots[at] - 1), m, s->words * sizeof *m) == 0)
            return s->slots[at] - 1;

    u32 no = (u32)s->states.count;
    memcpy(pile_add(&s->states), m, s->words * sizeof *m);
    struct origin *o = pile_add(&s->origins);
    *o = (struct origin){s->state, s->node, UINT32_MAX};
    s->slots[at] = no + 1;
    return no;
}

/* An error that leaves an activity ends everything at once; so says the mask. */
static bool aborted(const struct space *s, const u64 *m)
{
    for (size_t i = 0; i < s->words; i++)
        if (m[i] & s->at_once[i])
            return true;
    return false;
}

static void arrive(struct space *s, const u64 *m)
{
    u64 nothing[MOST_WORDS] = {0};

    s->moved = true;
    s->fired[s->node] = true;
    if (aborted(s, m)) {
        if (spoilt(s, m))
            set(nothing, (u32)s->bits);
        s->out->exits.aborts = true;
        m = nothing;
    } else if (empty(s, m))
        *(s->node == NET_ABORT ? &s->out->exits.aborts : &s->out->exits.completes) = true;
    u32 no = intern(s, m);
    if (s->probing) {
        s->probe_node = s->node;
        s->probe_to = no;
        return;
    }
    u32 move = (u32)s->moves.count;
    struct origin *o = pile_at(&s->origins, no);
    struct move *mv = pile_add(&s->moves);
    *mv = (struct move){s->state, o->first_move};
    o->first_move = move;
    if (s->states.count > s->most_states || s->moves.count > MOST_MOVES)
        s->full = true;
}

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

static const struct flow_node *first_of(struct space *s, struct rope *rope)
{
    steps all = {0};

    rope_walk(s->a, rope, ROPE_ALL, &all);
    return all.count ? all.at[0] : NULL;
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
    if (path.count > MOST_PATH) {
        path.at += path.count - MOST_PATH;
        path.count = MOST_PATH;
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
    return first_of(s, s->net->nodes.at[s->node].chain);
}

static void find_doubled(struct space *s)
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

/* ---- moves ------------------------------------------------------------------------------------
 */

static void put_subset(struct space *s, const u64 *m, const indices *outs, u32 subset)
{
    u64 next[MOST_WORDS];

    memcpy(next, m, s->words * sizeof *m);
    for (size_t i = 0; i < outs->count; i++)
        if (subset >> i & 1)
            put(s, next, outs->at[i]);
    arrive(s, next);
}

static void end_all(struct space *s, const u64 *m)
{
    u64 next[MOST_WORDS] = {0};

    if (spoilt(s, m))
        set(next, (u32)s->bits);
    arrive(s, next);
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
        arrive(s, m);
        return;
    }
    switch (n->split) {
    case GATE_ONE:
        for (size_t i = 0; i < n->out.count; i++) {
            if (s->net->edges.at[n->out.at[i]].never)
                continue;
            memcpy(next, m, s->words * sizeof *m);
            put(s, next, n->out.at[i]);
            arrive(s, next);
        }
        break;
    case GATE_ALL:
        memcpy(next, m, s->words * sizeof *m);
        for (size_t i = 0; i < n->out.count; i++)
            put(s, next, n->out.at[i]);
        arrive(s, next);
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

static bool stuck_node(const struct space *s, u32 i)
{
    const indices *out = &s->net->nodes.at[i].out;

    for (size_t j = 0; j < out->count; j++)
        if (!s->net->edges.at[out->at[j]].never)
            return false;
    return i >= NET_FIXED;
}

static void moves_from(struct space *s, u32 state)
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
    return first_of(s, s->net->nodes.at[node].chain);
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
static void find_stuck(struct space *s, u32 state)
{
    const u64 *m = pile_at(&s->states, state);

    if (empty(s, m) || spoilt(s, m))
        return;
    for (size_t i = 0; i < s->nodes.count; i++)
        find_waiting(s, state, s->nodes.at[i], m);
}

/* ---- what can't get out -----------------------------------------------------------------------
 */

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

/* From a state without a way out any way leads round and round: follow one until it repeats. */
static void find_endless(struct space *s, u32 state)
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
    find(s, FAULT_ENDLESS, first_of(s, s->net->nodes.at[node].chain), path);
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
    (void)intern(s, first);
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
