/* The run of a case's procedure: one step of flow, its effects as events. */
#include "approval/approval_int.h"

/* ---- conditions --------------------------------------------------------------------------- */

static str variable_of(str condition)
{
    ptrdiff_t at = str_find(condition, S("="));

    return at < 0 ? S("") : str_trim(str_sub(condition, 0, (size_t)at));
}

static str literal_of(str condition)
{
    ptrdiff_t at = str_find(condition, S("="));
    str value = at < 0 ? S("") : str_trim(str_sub(condition, (size_t)at + 1, condition.len));

    if (value.len >= 2 && value.ptr[0] == '"')
        return str_sub(value, 1, value.len - 1);
    return value;
}

fallible condition_holds(const struct answers *answers, str condition, bool *yes)
{
    str name = variable_of(condition), value = literal_of(condition);

    if (str_eq(name, S("acceptance")))
        *yes = str_eq(answers->acceptance, value);
    else if (str_eq(name, S("decision")))
        *yes = str_eq(answers->decision, value);
    else if (str_eq(name, S("special")))
        *yes = answers->special == str_eq(value, S("true"));
    else
        FAIL(ERR_UNSUPPORTED, "condition «%.*s»", STR(condition));
    return OK;
}

static err ask(void *context, const struct flow_edge *edge, bool *yes)
{
    return condition_holds(context, edge->condition, yes);
}

/* ---- what a task asks for ----------------------------------------------------------------- */

static const struct flow_node *choice_behind(const struct flow_node *task)
{
    if (task == NULL || task->out.count != 1)
        return NULL;
    const struct flow_node *next = task->out.at[0]->to;
    return next->kind == FLOW_EXCLUSIVE ? next : NULL;
}

str asked_after(const struct flow_node *task)
{
    const struct flow_node *choice = choice_behind(task);

    for (size_t i = 0; choice != NULL && i < choice->out.count; i++)
        if (choice->out.at[i]->condition.len > 0)
            return variable_of(choice->out.at[i]->condition);
    return S("");
}

bool choice_names(const struct flow_node *task, str value)
{
    const struct flow_node *choice = choice_behind(task);

    for (size_t i = 0; choice != NULL && i < choice->out.count; i++)
        if (str_eq(literal_of(choice->out.at[i]->condition), value))
            return true;
    return false;
}

const struct flow_node *node_of(const struct flow_model *m, str id)
{
    return map_get(&m->node_by_id, id);
}

/* ---- a case under work -------------------------------------------------------------------- */

static fallible load_model(struct work *w)
{
    struct arena *a = w->tx->arena;
    str xml;

    TRY(procedure_load(a, w->tx->db, w->c.procedure_id, w->c.procedure_version, &xml));
    TRY(flow_read(a, xml, &w->model));
    w->process = w->model->processes.at[0];
    w->state = (struct flow_state){.process = w->process, .next_no = 1};
    return OK;
}

fallible work_open(struct tx *tx, i64 id, struct work *out)
{
    bool found;

    *out = (struct work){.tx = tx};
    TRY(sql_case_get(tx->arena, tx->db, id, &out->c, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no case %lld", (long long)id);
    TRY(sql_case_tasks(tx->arena, tx->db, id, &out->tasks));
    TRY(load_model(out));
    if (out->c.state.len > 0)
        TRY(flow_state_read(tx->arena, out->model, out->process, out->c.state, &out->state));
    out->answers.decision = out->c.result;
    return OK;
}

fallible work_by_number(struct tx *tx, str number, struct work *out)
{
    struct sql_case_by_number row;
    bool found;

    TRY(sql_case_by_number(tx->arena, tx->db, number, &row, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no case of that number");
    return work_open(tx, row.id, out);
}

const struct sql_case_tasks *work_task(const struct work *w, i64 no)
{
    for (size_t i = 0; i < w->tasks.count; i++)
        if (w->tasks.at[i].no == no)
            return &w->tasks.at[i];
    return NULL;
}

str task_name(const struct work *w, i64 no)
{
    const struct sql_case_tasks *t = work_task(w, no);

    return t != NULL ? t->name : S("");
}

/* ---- effects ------------------------------------------------------------------------------ */

static void put_text(struct buf *b, const char *key, str text)
{
    buf_format(b, "\"%s\":", key);
    json_quote(b, text);
}

/* One open task, members in the order of RFC 8785. */
static void put_task(struct buf *b, const struct flow_token *t)
{
    const struct flow_node *n = t->at;

    buf_z(b, "{");
    if (n->limit.set)
        buf_format(b, "\"amount\":%lld,", (long long)n->limit.amount);
    put_text(b, "article", n->limit.article);
    buf_z(b, ",");
    put_text(b, "name", n->name);
    buf_format(b, ",\"no\":%lld,", (long long)t->no);
    put_text(b, "node", n->id);
    buf_z(b, ",");
    put_text(b, "post", n->post.len > 0 ? n->post : n->lane);
    buf_z(b, ",");
    put_text(b, "unit", n->limit.set ? str_of(flow_unit_name(n->limit.unit)) : S(""));
    buf_z(b, "}");
}

static str tasks_json(struct arena *a, const struct flow_state *s)
{
    struct buf b = buf_in(a);
    bool any = false;

    buf_byte(&b, '[');
    for (size_t i = 0; i < s->tokens.count; i++) {
        if (s->tokens.at[i].at->kind != FLOW_USER)
            continue;
        if (any)
            buf_byte(&b, ',');
        put_task(&b, &s->tokens.at[i]);
        any = true;
    }
    buf_byte(&b, ']');
    return buf_text(&b);
}

/* Clocks start by acceptance (行政许可法 42); here they stand still, go on and end. */
static fallible carry_out(struct work *w, const struct flow_effect *e)
{
    switch (e->kind) {
    case FLOW_CLOCK_PAUSED:
        return pause_limits(w);
    case FLOW_CLOCK_RESUMED:
        return resume_limits(w, instant_date(w->tx->at));
    case FLOW_CLOCK_STOPPED:
        TRY(stop_clocks(w->tx, w->c.id, S("legal")));
        return stop_clocks(w->tx, w->c.id, S("promise"));
    case FLOW_ENDED:
        TRY(stop_clocks(w->tx, w->c.id, S("")));
        return emit_case_closed(
            w->tx, &(struct case_closed){.case_id = w->c.id, .outcome = w->state.outcome});
    case FLOW_TASK_OPENED:
    case FLOW_TASK_DONE:
    case FLOW_TASK_CLOSED:
    case FLOW_TIMER_SET:
    case FLOW_TIMER_CLEARED:
    case FLOW_CLOCK_STARTED:
        break;
    }
    return OK;
}

static fallible step(struct work *w, const struct flow_input *input)
{
    struct flow_asker asker = {ask, &w->answers};
    struct flow_state next;
    flow_effects effects = {0};
    struct tx *tx = w->tx;

    TRY(flow_step(tx->arena, &w->state, input, &asker, &next, &effects));
    w->state = next;
    TRY(emit_case_moved(tx, &(struct case_moved){.case_id = w->c.id,
                                                 .state = flow_state_text(tx->arena, &next),
                                                 .tasks = tasks_json(tx->arena, &next)}));
    for (size_t i = 0; i < effects.count; i++)
        TRY(carry_out(w, &effects.at[i]));
    return sql_case_tasks(tx->arena, tx->db, w->c.id, &w->tasks);
}

fallible work_begin(struct work *w)
{
    return step(w, &(struct flow_input){.kind = FLOW_BEGIN});
}

fallible work_complete(struct work *w, i64 task)
{
    return step(w, &(struct flow_input){.kind = FLOW_COMPLETE, .no = task});
}
