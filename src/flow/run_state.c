/*
 * run_state -- a run's state as canonical JSON (RFC 8785) and back.
 */
#include "flow/flow_int.h"

static struct json *new_json(struct arena *a, enum json_kind kind)
{
    struct json *j = NEW(a, struct json);

    j->kind = kind;
    return j;
}

static void append(struct json *parent, struct json *child)
{
    struct json **end = &parent->child;

    while (*end != NULL)
        end = &(*end)->next;
    *end = child;
    parent->count++;
}

static void put(struct json *object, str key, struct json *value)
{
    value->key = key;
    append(object, value);
}

static struct json *number(struct arena *a, i64 v)
{
    struct json *j = new_json(a, J_INT);

    j->integer = v;
    return j;
}

static struct json *text(struct arena *a, str v)
{
    struct json *j = new_json(a, J_STRING);

    j->text = v;
    return j;
}

static struct json *truth(struct arena *a, bool v)
{
    struct json *j = new_json(a, J_BOOL);

    j->truth = v;
    return j;
}

static struct json *counts_json(struct arena *a, const struct flow_count *at, size_t count)
{
    struct json *object = new_json(a, J_OBJECT);

    for (size_t i = 0; i < count; i++)
        if (at[i].count != 0)
            put(object, at[i].edge->id, number(a, at[i].count));
    return object;
}

static struct json *tokens_json(struct arena *a, const struct flow_state *s)
{
    struct json *list = new_json(a, J_ARRAY);

    for (size_t i = 0; i < s->tokens.count; i++) {
        const struct flow_token *t = &s->tokens.at[i];
        struct json *one = new_json(a, J_OBJECT), *timers = new_json(a, J_ARRAY);
        for (size_t j = 0; j < t->timer_count; j++)
            append(timers, text(a, t->timers[j]->id));
        put(one, S("no"), number(a, t->no));
        put(one, S("at"), text(a, t->at->id));
        put(one, S("timers"), timers);
        append(list, one);
    }
    return list;
}

str flow_state_text(struct arena *a, const struct flow_state *s)
{
    struct json *j = new_json(a, J_OBJECT);
    struct buf out = buf_in(a);

    put(j, S("begun"), truth(a, s->begun));
    put(j, S("ended"), truth(a, s->ended));
    put(j, S("held"), counts_json(a, s->held.at, s->held.count));
    put(j, S("next"), number(a, s->next_no));
    put(j, S("outcome"), text(a, s->outcome));
    put(j, S("pauses"), number(a, s->pauses));
    put(j, S("process"), text(a, s->process->id));
    put(j, S("started"), truth(a, s->started));
    put(j, S("stopped"), truth(a, s->stopped));
    put(j, S("taken"), counts_json(a, s->taken.at, s->taken.count));
    put(j, S("tokens"), tokens_json(a, s));
    json_canonical(&out, j);
    return buf_text(&out);
}

/* ---- reading
 * --------------------------------------------------------------------------------------- */

static bool is_true(const struct json *j, str key)
{
    const struct json *v = json_get(j, key);

    return v != NULL && v->kind == J_BOOL && v->truth;
}

static fallible node_of(const struct flow_model *m, const struct flow_process *p,
                        const struct json *j, const struct flow_node **out)
{
    const struct flow_node *n =
        j != NULL && j->kind == J_STRING ? map_get(&m->node_by_id, j->text) : NULL;

    REQUIRE(n != NULL && n->scope->process == p, ERR_CORRUPT, "a token in no node of %.*s",
            STR(p->id));
    *out = n;
    return OK;
}

static fallible read_token(struct arena *a, const struct flow_model *m, struct flow_state *s,
                           const struct json *j)
{
    const struct json *timers = json_get(j, S("timers"));
    struct flow_token t = {0};

    TRY(json_i64(j, S("no"), &t.no));
    TRY(node_of(m, s->process, json_get(j, S("at")), &t.at));
    REQUIRE(timers != NULL && timers->kind == J_ARRAY, ERR_CORRUPT, "a token without timers");
    t.timers = NEW_N(a, timers->count, const struct flow_node *);
    for (const struct json *c = timers->child; c != NULL; c = c->next)
        TRY(node_of(m, s->process, c, &t.timers[t.timer_count++]));
    vec_push(a, &s->tokens, t);
    return OK;
}

static const struct flow_edge *edge_of(const struct flow_process *p, str id)
{
    for (size_t i = 0; i < p->top->edges.count; i++)
        if (str_eq(p->top->edges.at[i]->id, id))
            return p->top->edges.at[i];
    return NULL;
}

static fallible read_counts(struct arena *a, struct flow_state *s, const struct json *object,
                            bool held)
{
    REQUIRE(object != NULL && object->kind == J_OBJECT, ERR_CORRUPT, "counts are missing");
    for (const struct json *c = object->child; c != NULL; c = c->next) {
        struct flow_count count = {edge_of(s->process, c->key), c->integer};
        REQUIRE(count.edge != NULL && c->kind == J_INT && c->integer > 0, ERR_CORRUPT,
                "no flow %.*s", STR(c->key));
        if (held)
            vec_push(a, &s->held, count);
        else
            vec_push(a, &s->taken, count);
    }
    return OK;
}

fallible flow_state_read(struct arena *a, const struct flow_model *m, const struct flow_process *p,
                         str json, struct flow_state *out)
{
    struct flow_state s = {.process = p};
    struct json *j;

    TRY(json_read(a, json, &j));
    REQUIRE(j->kind == J_OBJECT && str_eq(json_str(j, S("process")), p->id), ERR_CORRUPT,
            "not a state of %.*s", STR(p->id));
    const struct json *tokens = json_get(j, S("tokens"));
    REQUIRE(tokens != NULL && tokens->kind == J_ARRAY, ERR_CORRUPT, "tokens are missing");
    for (const struct json *c = tokens->child; c != NULL; c = c->next)
        TRY(read_token(a, m, &s, c));
    TRY(read_counts(a, &s, json_get(j, S("held")), true));
    TRY(read_counts(a, &s, json_get(j, S("taken")), false));
    TRY(json_i64(j, S("next"), &s.next_no));
    TRY(json_i64(j, S("pauses"), &s.pauses));
    s.begun = is_true(j, S("begun"));
    s.ended = is_true(j, S("ended"));
    s.started = is_true(j, S("started"));
    s.stopped = is_true(j, S("stopped"));
    s.outcome = json_str(j, S("outcome"));
    *out = s;
    return OK;
}
