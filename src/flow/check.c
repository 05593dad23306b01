/*
 * check -- the verdict on each process of a model.
 *
 * A sub-process is analysed by itself: what happens in it touches its surroundings only by how it
 * can be left. Scopes are numbered from the outside in, so going backwards each is known before
 * the one that holds it. A process that is called is known after some rounds.
 */
#include "flow/flow_int.h"

enum { MOST_ROUNDS = 16 };

/* ---- one scope ----------------------------------------------------------------------------------
 */

static bool is_kind(const struct flow_scope *scope, enum flow_kind kind)
{
    for (size_t i = 0; i < scope->nodes.count; i++)
        if (scope->nodes.at[i]->kind == kind)
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

/* Is there a node without a way in (or out) where a token could begin (or end)? */
static bool open_end(const struct flow_scope *scope, bool at_start)
{
    for (size_t i = 0; i < scope->nodes.count; i++) {
        const struct flow_node *n = scope->nodes.at[i];
        bool link = n->trigger == FLOW_LINK && n->kind == (at_start ? FLOW_CATCH : FLOW_THROW);
        if (!flow_in_normal(n) || link || (at_start && n->kind == FLOW_BOUNDARY))
            continue;
        if ((at_start ? n->in.count : n->out.count) == 0)
            return true;
    }
    return false;
}

static bool idle(const struct flow_scope *scope)
{
    for (size_t i = 0; i < scope->nodes.count; i++)
        if (flow_in_normal(scope->nodes.at[i]))
            return false;
    return true;
}

/*
 * BPMN 2.0.2, 10.5.2 and 10.5.3: with an end event there must be a start event and the other way
 * round; with neither, a process begins where nothing leads in and ends where nothing leads out.
 */
static bool no_start(const struct flow_scope *scope)
{
    if (any_begins(scope))
        return false;
    return scope->by_event || is_kind(scope, FLOW_END) || !open_end(scope, true);
}

static bool no_end(const struct flow_scope *scope)
{
    if (is_kind(scope, FLOW_END))
        return false;
    return is_kind(scope, FLOW_START) || !open_end(scope, false);
}

static void fault_on_scope(struct arena *a, const struct flow_scope *scope,
                           enum flow_fault_kind kind, struct flow_result *result)
{
    struct flow_fault f = {.kind = kind};

    if (scope->owner == NULL) {
        fault_at(a, &result->faults, kind, scope->process->id, scope->process->name);
        return;
    }
    f.element = scope->owner->id;
    f.name = scope->owner->name;
    path_to(a, scope->owner, &f.path, &f.path_count);
    fault_add(a, &result->faults, f);
}

static struct flow_fault fault_of(struct arena *a, const struct flow_scope *scope,
                                  const struct finding *found)
{
    struct flow_fault f = {.kind = found->kind, .element = found->at->id, .name = found->at->name};
    str *outer = NULL;
    size_t count = 0;

    if (scope->owner != NULL)
        path_to(a, scope->owner, &outer, &count);
    f.path = NEW_N(a, count + found->path.count, str);
    for (size_t i = 0; i < count; i++)
        f.path[f.path_count++] = outer[i];
    for (size_t i = 0; i < found->path.count; i++)
        if (i == 0 || found->path.at[i] != found->path.at[i - 1])
            f.path[f.path_count++] = found->path.at[i]->id;
    return f;
}

/* A fault behind another is its consequence; only the first of each way is told. */
static bool follows(struct arena *a, const struct flow_model *m, const steps *causes,
                    const struct flow_node *n)
{
    for (size_t i = 0; i < causes->count; i++)
        if (causes->at[i] == n || flow_leads(a, m, causes->at[i], n))
            return true;
    return false;
}

static void report_findings(struct analysis *x, const struct flow_scope *scope,
                            const struct explored *e, steps *causes, struct flow_result *result)
{
    for (size_t i = 0; i < e->findings.count; i++) {
        scoped_arena scratch = arena_open();
        const struct finding *found = &e->findings.at[i];
        if (follows(scratch, x->m, causes, found->at))
            continue;
        vec_push(x->a, causes, found->at);
        fault_add(x->a, &result->faults, fault_of(x->a, scope, found));
    }
}

/* Which nodes can be reached along the drawing, whatever the gateways do? */
static bool *drawn_reach(struct arena *a, const struct analysis *x, const struct flow_scope *scope)
{
    bool *reach = NEW_N(a, x->m->nodes.count + 1, bool), changed = true;
    bool explicit = any_begins(scope);

    for (size_t i = 0; i < scope->nodes.count; i++) {
        const struct flow_node *n = scope->nodes.at[i];
        if (explicit ? flow_begins(n) : n->in.count == 0 && n->kind != FLOW_BOUNDARY)
            reach[n->index] = true;
    }
    while (changed) {
        changed = false;
        for (size_t i = 0; i < scope->nodes.count; i++) {
            const struct flow_node *n = scope->nodes.at[i];
            bool now = n->kind == FLOW_BOUNDARY && n->host != NULL && reach[n->host->index];
            for (size_t j = 0; j < n->in.count && !now; j++)
                now = reach[n->in.at[j]->from->index];
            for (size_t j = 0; j < scope->nodes.count && n->kind == FLOW_CATCH && !now; j++)
                now = scope->nodes.at[j]->jump == n && reach[scope->nodes.at[j]->index];
            if (now && !reach[n->index])
                reach[n->index] = changed = true;
        }
    }
    return reach;
}

static void report_dead(struct analysis *x, const struct flow_scope *scope,
                        const struct explored *e, const steps *causes, struct flow_result *result)
{
    scoped_arena scratch = arena_open();
    const bool *drawn = drawn_reach(scratch, x, scope);

    for (size_t i = 0; i < scope->nodes.count; i++) {
        const struct flow_node *n = scope->nodes.at[i];
        struct flow_fault f = {.kind = FAULT_DEAD, .element = n->id, .name = n->name};
        if (!flow_in_normal(n) || e->reached[n->index] || result->faults.count >= FLOW_MOST_FAULTS)
            continue;
        if (drawn[n->index] && (!e->complete || causes->count != 0))
            continue; /* behind another fault, or not known */
        path_to(x->a, n, &f.path, &f.path_count);
        fault_add(x->a, &result->faults, f);
    }
}

/* An interrupting event sub-process is another way to leave; so is what it throws. */
static void exits_by_event(const struct analysis *x, const struct flow_scope *scope,
                           struct exits *exits)
{
    for (size_t i = 0; i < scope->nodes.count; i++) {
        const struct flow_scope *inside = scope->nodes.at[i]->inside;
        if (inside == NULL || !inside->by_event)
            continue;
        exits->completes |= x->of_scope[inside->index].completes;
        exits->aborts |= x->of_scope[inside->index].aborts;
    }
}

static void explore_scope(struct analysis *x, const struct flow_scope *scope,
                          struct flow_result *result, struct exits *exits)
{
    scoped_arena a = arena_open();
    struct explored e = {0};
    struct net *net = net_build(x, a, scope);
    steps causes = {0};

    net_reduce(net);
    net_explore(x, net, &e);
    *exits = e.exits;
    bool guess = result == NULL && e.stuck_call; /* of settle_calls, not the last word */
    if ((e.findings.count && !guess) || !e.complete)
        exits->completes = true; /* told here, not once more outside */
    exits_by_event(x, scope, exits);
    if (result == NULL)
        return;
    report_findings(x, scope, &e, &causes, result);
    report_dead(x, scope, &e, &causes, result);
    for (size_t i = 0; i < e.region.count && !e.complete; i++)
        vec_push(x->a, &result->region, e.region.at[i]->id);
}

/* `result` NULL: only how the scope can be left. */
void check_scope(struct analysis *x, const struct flow_scope *scope, struct flow_result *result)
{
    struct exits exits = {.completes = true};
    bool start = false, end = false;

    if (!scope->ad_hoc && !idle(scope)) {
        start = no_start(scope);
        end = no_end(scope);
    }
    if (result != NULL && start)
        fault_on_scope(x->a, scope, FAULT_NO_START, result);
    if (result != NULL && end)
        fault_on_scope(x->a, scope, FAULT_NO_END, result);
    if (!scope->ad_hoc && !idle(scope) && !start)
        explore_scope(x, scope, result, &exits);
    x->of_scope[scope->index] = exits;
}

/* ---- the model
 * ------------------------------------------------------------------------------------ */

static void settle_calls(struct analysis *x)
{
    bool changed = true;

    for (size_t i = 0; i < x->m->nodes.count; i++) {
        const struct flow_node *n = x->m->nodes.at[i];
        if (n->called != NULL)
            x->of_scope[n->called->top->index] = (struct exits){0};
    }
    for (int round = 0; changed && round < MOST_ROUNDS; round++) {
        changed = false;
        for (size_t i = x->m->scopes.count; i-- > 0;) {
            struct exits before = x->of_scope[i];
            if (x->m->scopes.at[i]->process->faults.count == 0)
                check_scope(x, x->m->scopes.at[i], NULL);
            else
                x->of_scope[i].completes = true;
            changed |= before.completes != x->of_scope[i].completes ||
                       before.aborts != x->of_scope[i].aborts;
        }
    }
}

static bool any_calls(const struct flow_model *m)
{
    for (size_t i = 0; i < m->nodes.count; i++)
        if (m->nodes.at[i]->called != NULL)
            return true;
    return false;
}

/* What makes a verdict unsound: docs/FLOW.md, «The verdict». */
static bool weighs(const struct flow_result *r, enum flow_fault_kind kind)
{
    switch (kind) {
    case FAULT_NO_START:
    case FAULT_NO_END:
    case FAULT_DEADLOCK:
    case FAULT_UNSYNCHRONISED:
    case FAULT_DEAD:
    case FAULT_ENDLESS:
    case FAULT_OVER_LIMIT:
        return true;
    case FAULT_CONDITION:
        return r->process->executable;
    case FAULT_MALFORMED:
    case FAULT_REFERENCE:
    case FAULT_POST:
    case FAULT_KINDS:
        return false;
    }
    return false;
}

static void settle_verdict(struct flow_result *r)
{
    r->verdict = r->region.count ? FLOW_NOT_PROVED : FLOW_SOUND;
    for (size_t i = 0; i < r->faults.count; i++)
        if (weighs(r, r->faults.at[i].kind))
            r->verdict = FLOW_UNSOUND;
    if (r->process->faults.count)
        r->verdict = FLOW_MALFORMED;
    r->runnable =
        r->missing.count == 0 && r->process->top->nodes.count > 0 && r->process->faults.count == 0;
    for (size_t i = 0; i < r->faults.count; i++)
        if (r->faults.at[i].kind == FAULT_CONDITION || r->faults.at[i].kind == FAULT_POST ||
            r->faults.at[i].kind == FAULT_REFERENCE)
            r->runnable = false;
}

static void check_process(struct analysis *x, const struct flow_process *p, struct flow_result *r)
{
    r->process = p;
    for (size_t i = 0; i < p->faults.count; i++)
        fault_add(x->a, &r->faults, p->faults.at[i]);
    if (p->faults.count == 0) {
        for (size_t i = x->m->scopes.count; i-- > 0;)
            if (x->m->scopes.at[i]->process == p)
                check_scope(x, x->m->scopes.at[i], r);
        check_time(x->a, x->m, p, r);
    }
    check_static(x->a, p, x->m, r);
    settle_verdict(r);
}

/* A call runs its callee: what is wrong there is wrong here, one call further on. */
static bool inherit(struct arena *a, const struct flow_node *call, struct flow_result *r,
                    const struct flow_result *callee)
{
    size_t before = r->faults.count, count = 0;
    str *path = NULL;

    if (callee->verdict == FLOW_SOUND || callee == r)
        return false;
    path_to(a, call, &path, &count);
    for (size_t i = 0; i < callee->faults.count; i++) {
        struct flow_fault f = callee->faults.at[i];
        str *longer = NEW_N(a, count + f.path_count, str);
        if (!weighs(callee, f.kind) && f.kind != FAULT_MALFORMED && f.kind != FAULT_REFERENCE)
            continue;
        memcpy(longer, path, count * sizeof *path);
        memcpy(longer + count, f.path, f.path_count * sizeof *path);
        f.path = longer;
        f.path_count += count;
        fault_add(a, &r->faults, f);
    }
    if (r->verdict == FLOW_SOUND || callee->verdict != FLOW_NOT_PROVED)
        if (r->verdict != FLOW_MALFORMED)
            r->verdict = callee->verdict == FLOW_NOT_PROVED ? FLOW_NOT_PROVED : FLOW_UNSOUND;
    return r->faults.count > before;
}

static void inherit_all(struct arena *a, const struct flow_model *m, struct flow_report *report)
{
    bool changed = true;

    for (int round = 0; changed && round < MOST_ROUNDS; round++) {
        changed = false;
        for (size_t i = 0; i < m->nodes.count; i++) {
            const struct flow_node *n = m->nodes.at[i];
            struct flow_result *r = NULL, *callee = NULL;
            for (size_t j = 0; j < report->count; j++) {
                if (report->results[j].process == n->scope->process)
                    r = &report->results[j];
                if (report->results[j].process == n->called)
                    callee = &report->results[j];
            }
            if (r != NULL && callee != NULL)
                changed |= inherit(a, n, r, callee);
        }
    }
}

void flow_check(struct arena *a, const struct flow_model *m, struct flow_report *out)
{
    struct analysis x = {.a = a, .m = m, .of_scope = NEW_N(a, m->scopes.count + 1, struct exits)};
    bool calls = any_calls(m);

    if (calls)
        settle_calls(&x);
    out->results = NEW_N(a, m->processes.count + 1, struct flow_result);
    out->count = m->processes.count;
    for (size_t i = 0; i < m->processes.count; i++)
        check_process(&x, m->processes.at[i], &out->results[i]);
    if (calls)
        inherit_all(a, m, out);
}
