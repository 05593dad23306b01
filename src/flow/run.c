/*
 * run -- one step of a procedure: BPMN 2.0.2, chapter 13, for what `runnable` admits.
 */
#include "flow/flow_int.h"

enum { MOST_ARRIVALS = 100000 };

struct step {
    struct arena *a;
    struct flow_state *s;
    flow_effects *effects;
    const struct flow_asker *asker;
    flow_edges todo; /* flows that just got a token */
    size_t at;
    bool terminated;
};

static void tell(struct step *x, enum flow_effect_kind kind, i64 no, const struct flow_node *n)
{
    vec_push(x->a, x->effects, ((struct flow_effect){kind, no, n}));
}

/* ---- counters
 * ------------------------------------------------------------------------------------- */

#define COUNTER(list, wanted, out)                                                                 \
    do {                                                                                           \
        (out) = NULL;                                                                              \
        for (size_t i_ = 0; i_ < (list)->count; i_++)                                              \
            if ((list)->at[i_].edge == (wanted))                                                   \
                (out) = &(list)->at[i_].count;                                                     \
    } while (0)

static i64 *held(struct step *x, const struct flow_edge *e)
{
    i64 *count;

    COUNTER(&x->s->held, e, count);
    if (count != NULL)
        return count;
    vec_push(x->a, &x->s->held, ((struct flow_count){e, 0}));
    return &x->s->held.at[x->s->held.count - 1].count;
}

static i64 *taken(struct step *x, const struct flow_edge *e)
{
    i64 *count;

    COUNTER(&x->s->taken, e, count);
    if (count != NULL)
        return count;
    vec_push(x->a, &x->s->taken, ((struct flow_count){e, 0}));
    return &x->s->taken.at[x->s->taken.count - 1].count;
}

/* ---- the clock
 * ------------------------------------------------------------------------------------- */

/* Without a node that starts it, it runs from the beginning. LAW: 行政许可法 42. */
static bool starts_by_node(const struct flow_process *p)
{
    for (size_t i = 0; i < p->top->nodes.count; i++)
        if (p->top->nodes.at[i]->clock == FLOW_STARTS)
            return true;
    return false;
}

static void clock_start(struct step *x, const struct flow_node *n)
{
    if (!x->s->started && x->s->process->limit.set)
        tell(x, FLOW_CLOCK_STARTED, 0, n);
    x->s->started = true;
}

static void clock_stop(struct step *x, const struct flow_node *n)
{
    if (x->s->started && !x->s->stopped && x->s->process->limit.set)
        tell(x, FLOW_CLOCK_STOPPED, 0, n);
    x->s->stopped = true;
}

/* Two pauses at once are one: the clock goes on when the last is over. LAW: 行政许可法 45. */
static void clock_pause(struct step *x, const struct flow_node *n, int by)
{
    bool running = x->s->started && !x->s->stopped && x->s->process->limit.set;

    if (n->clock != FLOW_PAUSES)
        return;
    if (running && by > 0 && x->s->pauses == 0)
        tell(x, FLOW_CLOCK_PAUSED, 0, n);
    if (running && by < 0 && x->s->pauses == 1)
        tell(x, FLOW_CLOCK_RESUMED, 0, n);
    x->s->pauses += by;
}

static void clock_after(struct step *x, const struct flow_node *n)
{
    if (n->clock == FLOW_STARTS)
        clock_start(x, n);
    if (n->clock == FLOW_STOPS)
        clock_stop(x, n);
}

/* ---- going out
 * ---------------------------------------------------------------------------------------- */

static fallible ask(struct step *x, const struct flow_edge *e, bool *yes)
{
    *yes = false;
    return x->asker->ask(x->asker->context, e, yes);
}

static fallible follow(struct step *x, struct flow_edge *e)
{
    REQUIRE(x->todo.count < MOST_ARRIVALS, ERR_LIMIT, "a circle of gateways at %.*s", STR(e->id));
    if (e->rounds >= 0) {
        i64 *count = taken(x, e);
        REQUIRE(*count < e->rounds, ERR_STATE, "loop %.*s was run %lld times", STR(e->id),
                (long long)*count);
        ++*count;
    }
    vec_push(x->a, &x->todo, e);
    return OK;
}

static fallible choose_one(struct step *x, const struct flow_node *n)
{
    for (size_t i = 0; i < n->out.count; i++) {
        bool yes;
        if (n->out.at[i]->otherwise)
            continue;
        TRY(ask(x, n->out.at[i], &yes));
        if (yes)
            return follow(x, n->out.at[i]);
    }
    REQUIRE(n->otherwise != NULL, ERR_STATE, "no way out of %.*s is open", STR(n->id));
    return follow(x, n->otherwise);
}

/* All flows without a condition, and of the others those that hold, or else the default. */
static fallible fork_out(struct step *x, const struct flow_node *n)
{
    size_t before = x->todo.count;
    bool any = false;

    for (size_t i = 0; i < n->out.count; i++) {
        struct flow_edge *e = n->out.at[i];
        bool yes = true;
        if (e->otherwise)
            continue;
        if (e->conditional && n->out.count > 1)
            TRY(ask(x, e, &yes));
        any |= yes && e->conditional;
        if (yes)
            TRY(follow(x, e));
    }
    if (!any && n->otherwise != NULL)
        return follow(x, n->otherwise);
    REQUIRE(x->todo.count > before || n->out.count == 0, ERR_STATE, "no way out of %.*s is open",
            STR(n->id));
    return OK;
}

static fallible leave(struct step *x, const struct flow_node *n)
{
    clock_after(x, n);
    if (n->kind == FLOW_EXCLUSIVE && n->out.count > 1)
        return choose_one(x, n);
    if (n->kind != FLOW_PARALLEL)
        return fork_out(x, n);
    for (size_t i = 0; i < n->out.count; i++)
        TRY(follow(x, n->out.at[i]));
    return OK;
}

/* ---- coming in
 * ------------------------------------------------------------------------------------------ */

static void wait_at(struct step *x, const struct flow_node *n)
{
    struct flow_token t = {.no = x->s->next_no++, .at = n};

    t.timers = NEW_N(x->a, n->boundary.count, const struct flow_node *);
    clock_pause(x, n, 1);
    tell(x, n->kind == FLOW_USER ? FLOW_TASK_OPENED : FLOW_TIMER_SET, t.no, n);
    for (size_t i = 0; i < n->boundary.count; i++) {
        t.timers[t.timer_count++] = n->boundary.at[i];
        tell(x, FLOW_TIMER_SET, t.no, n->boundary.at[i]);
    }
    vec_push(x->a, &x->s->tokens, t);
}

/* The token leaves its node: done, or closed before. Its timers go with it. */
static void take_away(struct step *x, size_t i, bool done)
{
    struct flow_token t = x->s->tokens.at[i];

    if (t.at->kind == FLOW_USER)
        tell(x, done ? FLOW_TASK_DONE : FLOW_TASK_CLOSED, t.no, t.at);
    else if (!done)
        tell(x, FLOW_TIMER_CLEARED, t.no, t.at);
    for (size_t j = 0; j < t.timer_count; j++)
        tell(x, FLOW_TIMER_CLEARED, t.no, t.timers[j]);
    clock_pause(x, t.at, -1);
    x->s->tokens.count--;
    memmove(&x->s->tokens.at[i], &x->s->tokens.at[i + 1], (x->s->tokens.count - i) * sizeof t);
}

static void end_at(struct step *x, const struct flow_node *n)
{
    clock_after(x, n);
    if (n->outcome.len)
        x->s->outcome = n->outcome;
    if (n->trigger != FLOW_TERMINATE)
        return;
    while (x->s->tokens.count)
        take_away(x, x->s->tokens.count - 1, false);
    x->s->held.count = 0;
    x->terminated = true;
}

static fallible join(struct step *x, const struct flow_node *n, const struct flow_edge *by)
{
    if (by != NULL)
        ++*held(x, by);
    for (size_t i = 0; i < n->in.count; i++)
        if (*held(x, n->in.at[i]) == 0)
            return OK;
    for (size_t i = 0; i < n->in.count; i++)
        --*held(x, n->in.at[i]);
    return leave(x, n);
}

static fallible enter(struct step *x, const struct flow_node *n, const struct flow_edge *by)
{
    switch (n->kind) {
    case FLOW_USER:
    case FLOW_CATCH:
        wait_at(x, n);
        return OK;
    case FLOW_END:
        end_at(x, n);
        return OK;
    case FLOW_PARALLEL:
        return join(x, n, by);
    case FLOW_START:
    case FLOW_THROW:
    case FLOW_EXCLUSIVE:
    case FLOW_BOUNDARY:
        return leave(x, n);
    case FLOW_TASK:
    case FLOW_MANUAL:
    case FLOW_SERVICE:
    case FLOW_SCRIPT:
    case FLOW_RULE:
    case FLOW_SEND:
    case FLOW_RECEIVE:
    case FLOW_CALL:
    case FLOW_SUB:
    case FLOW_TRANSACTION:
    case FLOW_AD_HOC:
    case FLOW_INCLUSIVE:
    case FLOW_COMPLEX:
    case FLOW_EVENT_BASED:
    case FLOW_KINDS:
        break;
    }
    FAIL(ERR_UNSUPPORTED, "%s %.*s can't be run", flow_kind_name(n->kind), STR(n->id));
}

/* ---- inputs
 * -----------------------------------------------------------------------------------------------
 */

static fallible begin(struct step *x)
{
    const struct flow_scope *top = x->s->process->top;
    bool explicit = false;

    REQUIRE(!x->s->begun, ERR_STATE, "%.*s has begun", STR(x->s->process->id));
    x->s->begun = true;
    if (!starts_by_node(x->s->process))
        clock_start(x, NULL);
    for (size_t i = 0; i < top->nodes.count && !explicit; i++)
        if (top->nodes.at[i]->kind == FLOW_START) {
            explicit = true; /* of several that have no trigger, the first */
            TRY(enter(x, top->nodes.at[i], NULL));
        }
    for (size_t i = 0; i < top->nodes.count && !explicit; i++) {
        const struct flow_node *n = top->nodes.at[i];
        if (n->in.count == 0 && n->kind != FLOW_BOUNDARY)
            TRY(enter(x, n, NULL));
    }
    return OK;
}

static fallible find_token(const struct step *x, i64 no, size_t *out)
{
    for (size_t i = 0; i < x->s->tokens.count; i++)
        if (x->s->tokens.at[i].no == no) {
            *out = i;
            return OK;
        }
    FAIL(ERR_STATE, "token %lld isn't there", (long long)no);
}

static fallible complete(struct step *x, i64 no)
{
    size_t i = 0;

    TRY(find_token(x, no, &i));
    const struct flow_node *n = x->s->tokens.at[i].at;
    REQUIRE(n->kind == FLOW_USER, ERR_STATE, "%.*s is no task", STR(n->id));
    take_away(x, i, true);
    return leave(x, n);
}

static fallible border(struct step *x, size_t i, size_t timer)
{
    struct flow_token *t = &x->s->tokens.at[i];
    const struct flow_node *event = t->timers[timer];

    t->timer_count--;
    memmove(&t->timers[timer], &t->timers[timer + 1], (t->timer_count - timer) * sizeof *t->timers);
    if (event->interrupting)
        take_away(x, i, false);
    return leave(x, event);
}

static fallible due(struct step *x, i64 no, str timer)
{
    size_t i = 0;

    TRY(find_token(x, no, &i));
    const struct flow_token *t = &x->s->tokens.at[i];
    const struct flow_node *n = t->at;
    if (n->kind == FLOW_CATCH && str_eq(n->id, timer)) {
        take_away(x, i, true);
        return leave(x, n);
    }
    for (size_t j = 0; j < t->timer_count; j++)
        if (str_eq(t->timers[j]->id, timer))
            return border(x, i, j);
    FAIL(ERR_STATE, "token %lld has no timer %.*s", (long long)no, STR(timer));
}

/* ---- the step
 * ------------------------------------------------------------------------------------------------
 */

static void copy_state(struct arena *a, const struct flow_state *from, struct flow_state *to)
{
    *to = *from;
    to->tokens.at = NULL;
    to->tokens.count = to->tokens.cap = 0;
    to->held.at = to->taken.at = NULL;
    to->held.count = to->held.cap = to->taken.count = to->taken.cap = 0;
    for (size_t i = 0; i < from->tokens.count; i++) {
        struct flow_token t = from->tokens.at[i];
        t.timers = NEW_N(a, t.timer_count, const struct flow_node *);
        for (size_t j = 0; j < t.timer_count; j++)
            t.timers[j] = from->tokens.at[i].timers[j];
        vec_push(a, &to->tokens, t);
    }
    for (size_t i = 0; i < from->held.count; i++)
        vec_push(a, &to->held, from->held.at[i]);
    for (size_t i = 0; i < from->taken.count; i++)
        vec_push(a, &to->taken, from->taken.at[i]);
}

static fallible take_input(struct step *x, const struct flow_input *input)
{
    switch (input->kind) {
    case FLOW_BEGIN:
        return begin(x);
    case FLOW_COMPLETE:
        return complete(x, input->no);
    case FLOW_DUE:
        return due(x, input->no, input->timer);
    }
    FAIL(ERR_INPUT, "no such input");
}

static bool idle(const struct flow_state *s)
{
    for (size_t i = 0; i < s->held.count; i++)
        if (s->held.at[i].count != 0)
            return false;
    return s->tokens.count == 0;
}

fallible flow_step(struct arena *a, const struct flow_state *from, const struct flow_input *input,
                   const struct flow_asker *asker, struct flow_state *to, flow_effects *effects)
{
    struct flow_state next;
    flow_effects told = {0};
    struct step x = {.a = a, .s = &next, .effects = &told, .asker = asker};

    REQUIRE(!from->ended, ERR_STATE, "%.*s has ended", STR(from->process->id));
    REQUIRE(from->begun || input->kind == FLOW_BEGIN, ERR_STATE, "%.*s has not begun",
            STR(from->process->id));
    copy_state(a, from, &next);
    TRY(take_input(&x, input));
    while (x.at < x.todo.count && !x.terminated) {
        const struct flow_edge *e = x.todo.at[x.at++];
        TRY(enter(&x, e->to, e));
    }
    if (x.terminated || idle(&next)) {
        next.ended = true;
        clock_stop(&x, NULL);
        tell(&x, FLOW_ENDED, 0, NULL);
    }
    *to = next;
    *effects = told;
    return OK;
}
