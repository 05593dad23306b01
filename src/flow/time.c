/*
 * time -- the longest way through a procedure by the limits that its steps declare: a sum over
 * what comes after each other, the maximum over what is chosen or runs side by side. That is the
 * longest walk from the start while the clock runs. LAW: 行政许可法 42, 45.
 *
 * A walk's state is the node, whether the clock runs, and how often each bounded loop was taken.
 */
#include "flow/flow_int.h"

enum { MOST_LOOPS = 8, MOST_WALK_STATES = 40000, MOST_CALL_DEPTH = 16, ROUNDS_BETWEEN = 8 };

/* Weights are bounded, so no sum of a bounded walk comes near this. */
#define UNBOUNDED (INT64_MAX / 4)

struct walk {
    struct arena *a;
    const struct flow_model *m;
    const struct flow_scope *scope;
    enum flow_unit unit;
    const struct flow_edge *loops[MOST_LOOPS];
    size_t loop_count;
    size_t combinations; /* of how often each loop was taken */
    size_t *local;       /* node index to its place in the scope */
    i64 *value;          /* by state: the longest way from here */
    u32 *next;
    bool *live;  /* by state: it can come to that */
    i64 *weight; /* by place in the scope */
    int depth;
    bool strict;                     /* the whole has a limit */
    bool explicit;                   /* the scope has a start of its own */
    const struct flow_node *culprit; /* why it has no bound */
    bool clock_first;                /* the clock runs from the beginning */
};

static size_t state_of(const struct walk *w, const struct flow_node *n, bool running, size_t taken)
{
    return (w->local[n->index] * 2 + running) * w->combinations + taken;
}

static i64 scope_length(struct arena *a, const struct walk *outer, const struct flow_scope *scope,
                        const struct flow_node **culprit, steps *path);

static i64 times(const struct flow_node *n, i64 once)
{
    if (n->repeat == FLOW_ONCE || n->repeat == FLOW_EACH_PARALLEL || once == 0)
        return once;
    return n->rounds < 0 || once >= UNBOUNDED ? UNBOUNDED : once * n->rounds;
}

/* How long the node may take: what it declares, else what is in it. */
static i64 length_of(struct walk *w, const struct flow_node *n)
{
    const struct flow_scope *inside = n->inside ? n->inside : n->called ? n->called->top : NULL;
    const struct flow_node *culprit = n;
    i64 once = 0;

    if (n->limit.set) {
        if (n->limit.unit != w->unit && n->limit.amount != 0)
            return UNBOUNDED;
        once = n->limit.amount;
    } else if (n->kind == FLOW_USER && w->strict)
        once = UNBOUNDED; /* under a limit of the whole, a step of a person needs one */
    else if (inside != NULL && w->depth < MOST_CALL_DEPTH)
        once = scope_length(w->a, w, inside, &culprit, NULL);
    i64 all = times(n, once);
    if (all >= UNBOUNDED && w->culprit == NULL)
        w->culprit = culprit;
    return all;
}

static bool find_loops(struct walk *w)
{
    w->combinations = 1;
    for (size_t i = 0; i < w->scope->edges.count; i++) {
        const struct flow_edge *e = w->scope->edges.at[i];
        if (e->rounds < 0)
            continue;
        if (w->loop_count == MOST_LOOPS)
            return false;
        w->loops[w->loop_count++] = e;
        w->combinations *= (size_t)e->rounds + 1;
        if (w->combinations > MOST_WALK_STATES)
            return false;
    }
    return w->combinations * w->scope->nodes.count * 2 <= MOST_WALK_STATES;
}

/* Counts one more turn of a bounded loop in `taken`; false when it was the last. */
static bool take_loop(const struct walk *w, const struct flow_edge *e, size_t *taken)
{
    size_t place = 1;

    for (size_t i = 0; i < w->loop_count; i++) {
        size_t base = (size_t)w->loops[i]->rounds + 1;
        if (w->loops[i] == e) {
            if (*taken / place % base == base - 1)
                return false;
            *taken += place;
        }
        place *= base;
    }
    return true;
}

static bool counts(const struct flow_node *n, bool running)
{
    return running && n->clock != FLOW_PAUSES;
}

static bool runs_after(const struct flow_node *n, bool running)
{
    if (n->clock == FLOW_STARTS)
        return true;
    return n->clock == FLOW_STOPS ? false : running;
}

/* Looks one step further; true when that told something new. */
static bool better(struct walk *w, size_t state, const struct flow_node *n, bool running,
                   const struct flow_node *to, size_t taken)
{
    size_t next = state_of(w, to, runs_after(n, running), taken);
    i64 own = counts(n, running) ? w->weight[w->local[n->index]] : 0;
    i64 sum = own + w->value[next];
    bool first = !w->live[next];

    w->live[next] = true;
    if (sum <= w->value[state])
        return first;
    w->value[state] = sum > UNBOUNDED ? UNBOUNDED : sum;
    w->next[state] = (u32)next + 1;
    return true;
}

static bool improve_state(struct walk *w, const struct flow_node *n, bool running, size_t taken)
{
    size_t state = state_of(w, n, running, taken);
    bool changed = false;

    if (!w->live[state] || w->value[state] >= UNBOUNDED)
        return false;
    for (size_t i = 0; i < n->out.count; i++) {
        size_t after = taken;
        if (take_loop(w, n->out.at[i], &after))
            changed |= better(w, state, n, running, n->out.at[i]->to, after);
    }
    for (size_t i = 0; i < n->boundary.count; i++)
        if (flow_in_normal(n->boundary.at[i]))
            changed |= better(w, state, n, running, n->boundary.at[i], taken);
    if (n->jump != NULL)
        changed |= better(w, state, n, running, n->jump, taken);
    return changed;
}

static bool improve(struct walk *w)
{
    bool changed = false;

    for (size_t i = w->scope->nodes.count; i-- > 0;)
        for (size_t taken = 0; taken < w->combinations; taken++)
            for (int running = 0; running < 2; running++)
                changed |= improve_state(w, w->scope->nodes.at[i], running, taken);
    return changed;
}

static const struct flow_node *node_of(const struct walk *w, size_t state)
{
    return w->scope->nodes.at[state / w->combinations / 2];
}

/* A circle of best next steps: a loop that makes the way longer each time and that nothing bounds.
 */
static const struct flow_node *looping(const struct walk *w)
{
    scoped_arena scratch = arena_open();
    size_t count = w->scope->nodes.count * 2 * w->combinations;
    u32 *seen = NEW_N(scratch, count + 1, u32); /* from where it was first come to, + 1 */

    for (u32 i = 0; i < count; i++) {
        size_t state = i;
        while (seen[state] == 0) {
            seen[state] = i + 1;
            if (w->next[state] == 0)
                break;
            state = w->next[state] - 1;
        }
        if (w->next[state] != 0 && seen[state] == i + 1)
            return node_of(w, state);
    }
    return NULL;
}

static bool starts_clock(const struct flow_scope *scope)
{
    for (size_t i = 0; i < scope->nodes.count; i++)
        if (scope->nodes.at[i]->clock == FLOW_STARTS)
            return true;
    return false;
}

static bool any_begins(const struct flow_scope *scope)
{
    for (size_t i = 0; i < scope->nodes.count; i++)
        if (flow_begins(scope->nodes.at[i]))
            return true;
    return false;
}

static bool begins(const struct walk *w, const struct flow_node *n)
{
    if (!flow_in_normal(n))
        return false;
    return w->explicit ? flow_begins(n) : n->in.count == 0 && n->kind != FLOW_BOUNDARY;
}

static void weigh(struct walk *w)
{
    size_t n = w->scope->nodes.count;

    w->local = NEW_N(w->a, w->m->nodes.count + 1, size_t);
    w->weight = NEW_N(w->a, n + 1, i64);
    for (size_t i = 0; i < n; i++)
        w->local[w->scope->nodes.at[i]->index] = i;
    for (size_t i = 0; i < n; i++)
        w->weight[i] = length_of(w, w->scope->nodes.at[i]);
    w->culprit = NULL;
    w->value = NEW_N(w->a, n * 2 * w->combinations + 1, i64);
    w->next = NEW_N(w->a, n * 2 * w->combinations + 1, u32);
    w->live = NEW_N(w->a, n * 2 * w->combinations + 1, bool);
    for (size_t i = 0; i < n; i++)
        if (begins(w, w->scope->nodes.at[i]))
            w->live[state_of(w, w->scope->nodes.at[i], w->clock_first, 0)] = true;
    for (size_t i = 0; i < n; i++)
        for (size_t taken = 0; taken < w->combinations; taken++)
            if (counts(w->scope->nodes.at[i], true))
                w->value[state_of(w, w->scope->nodes.at[i], true, taken)] = w->weight[i];
}

static i64 longest_start(struct walk *w, size_t *state)
{
    i64 most = -1;

    for (size_t i = 0; i < w->scope->nodes.count; i++) {
        const struct flow_node *n = w->scope->nodes.at[i];
        size_t s = state_of(w, n, w->clock_first, 0);
        if (begins(w, n) && w->value[s] > most) {
            most = w->value[s];
            *state = s;
        }
    }
    return most < 0 ? 0 : most;
}

static const struct flow_node *heavy(const struct walk *w, size_t state)
{
    for (;;) {
        const struct flow_node *n = node_of(w, state);
        if (w->weight[w->local[n->index]] >= UNBOUNDED || w->next[state] == 0)
            return n;
        state = w->next[state] - 1;
    }
}

static i64 scope_length(struct arena *a, const struct walk *outer, const struct flow_scope *scope,
                        const struct flow_node **culprit, steps *path)
{
    struct walk w = {.a = a, .m = outer->m, .scope = scope, .unit = outer->unit};
    size_t state = 0, rounds = 0;

    w.depth = outer->depth + 1;
    w.strict = outer->strict;
    w.explicit = any_begins(scope);
    w.clock_first = !starts_clock(scope);
    if (scope->nodes.count == 0)
        return 0;
    if (!find_loops(&w)) {
        *culprit = scope->nodes.at[0];
        return UNBOUNDED;
    }
    weigh(&w);
    while (improve(&w))
        if (++rounds % ROUNDS_BETWEEN == 0 && (w.culprit = looping(&w)) != NULL) {
            *culprit = w.culprit;
            return UNBOUNDED;
        }
    i64 length = longest_start(&w, &state);
    if (length >= UNBOUNDED)
        *culprit = heavy(&w, state);
    for (size_t s = state; path != NULL && length < UNBOUNDED; s = w.next[s] - 1) {
        vec_push(a, path, node_of(&w, s));
        if (w.next[s] == 0)
            break;
    }
    return length;
}

/* ---- the process
 * ----------------------------------------------------------------------------------- */

/* The unit of the whole: the process's, else that of the first step with a limit. */
static bool unit_of(const struct flow_model *m, const struct flow_process *p, enum flow_unit *unit)
{
    *unit = p->limit.unit;
    if (p->limit.set)
        return true;
    for (size_t i = 0; i < m->nodes.count; i++)
        if (m->nodes.at[i]->scope->process == p && m->nodes.at[i]->limit.set) {
            *unit = m->nodes.at[i]->limit.unit;
            return true;
        }
    return false;
}

/* The first step of the way at which the limit is passed. */
static void fault_over(struct arena *a, const struct flow_process *p, const steps *path,
                       struct flow_result *result)
{
    struct walk w = {.a = a, .unit = p->limit.unit, .depth = MOST_CALL_DEPTH};
    struct flow_fault f = {.kind = FAULT_OVER_LIMIT, .element = p->id, .name = p->name};
    bool running = !starts_clock(p->top);
    i64 sum = 0;

    f.path = NEW_N(a, path->count + 1, str);
    for (size_t i = 0; i < path->count && sum <= p->limit.amount; i++) {
        const struct flow_node *n = path->at[i];
        sum += counts(n, running) ? length_of(&w, n) : 0;
        running = runs_after(n, running);
        f.path[f.path_count++] = n->id;
        if (sum > p->limit.amount || i + 1 == path->count) {
            f.element = n->id;
            f.name = n->name;
        }
    }
    fault_add(a, &result->faults, f);
}

static void fault_unknown(struct arena *a, const struct flow_node *n, struct flow_result *result)
{
    struct flow_fault f = {.kind = FAULT_OVER_LIMIT, .element = n->id, .name = n->name};

    path_to(a, n, &f.path, &f.path_count);
    fault_add(a, &result->faults, f);
}

static void tell(struct arena *a, const struct flow_process *p, const steps *path, i64 length,
                 struct flow_result *result)
{
    struct flow_time *t = &result->time;

    t->known = true;
    t->max = length;
    t->bounded = p->limit.set;
    t->bound = p->limit.amount;
    t->path = NEW_N(a, path->count + 1, str);
    for (size_t i = 0; i < path->count; i++)
        t->path[t->path_count++] = path->at[i]->id;
    if (t->bounded && length > t->bound)
        fault_over(a, p, path, result);
}

void check_time(struct arena *a, const struct flow_model *m, const struct flow_process *p,
                struct flow_result *result)
{
    scoped_arena scratch = arena_open();
    const struct flow_node *culprit = NULL;
    struct walk outer = {.a = scratch, .m = m, .strict = p->limit.set};
    steps path = {0};

    if (!unit_of(m, p, &outer.unit))
        return;
    result->time.unit = outer.unit;
    i64 length = scope_length(scratch, &outer, p->top, &culprit, &path);
    if (length < UNBOUNDED)
        tell(a, p, &path, length, result);
    else if (p->limit.set)
        fault_unknown(a, culprit, result);
}
