/* The body's side: one task after the other, each by its post. */
#include "approval/approval_int.h"

static fallible done(struct work *w, const struct sql_case_tasks *t, const struct acting *by,
                     str opinion)
{
    return emit_step_done(w->tx,
                          &(struct step_done){.case_id = w->c.id,
                                              .node = t->node,
                                              .task = t->name,
                                              .post_name = by->name,
                                              .opinion = opinion.len > 0 ? opinion : (str){0}});
}

/* ---- the answer: LAW: 行政许可法 32 ---------------------------------------------------------- */

static fallible accept(struct work *w, const struct sql_case_tasks *t, const struct acting *by)
{
    date today = instant_date(w->tx->at);
    bool corrected = w->c.asked.days != 0;
    struct limit_receipt receipt = {.received = w->c.first_received,
                                    .given = true,
                                    .accepted = true,
                                    .accepted_on = today,
                                    .noticed = corrected,
                                    .noticed_on = w->c.asked};

    TRY(emit_case_accepted(
        w->tx, &(struct case_accepted){
                   .case_id = w->c.id, .day = today, .task = t->name, .post_name = by->name}));
    return start_limits(w, &receipt);
}

static fallible ask_to_correct(struct work *w, const struct sql_case_tasks *t,
                               const struct acting *by, str missing)
{
    /* LAW: 行政许可法 32(1)(4): one notice names everything. */
    REQUIRE(w->c.asked.days == 0, ERR_STATE, "the applicant was asked to correct already");
    REQUIRE(missing.len > 0, ERR_INPUT, "a notice must name all that is missing");
    return emit_correction_asked(
        w->tx, &(struct correction_asked){
                   .case_id = w->c.id, .missing = missing, .task = t->name, .post_name = by->name});
}

static fallible do_not_accept(struct work *w, const struct sql_case_tasks *t,
                              const struct acting *by, str reason)
{
    REQUIRE(reason.len > 0, ERR_INPUT, "not to accept needs a reason");
    return emit_case_not_accepted(
        w->tx, &(struct case_not_accepted){
                   .case_id = w->c.id, .reason = reason, .task = t->name, .post_name = by->name});
}

/* What follows an answer and waits for the same post is the answer's own paper: done with it. */
static fallible follow_up(struct work *w, str post, str but)
{
    if (w->tasks.count != 1 || !str_eq(w->tasks.at[0].post, post) ||
        str_eq(w->tasks.at[0].node, but))
        return OK;
    const struct flow_node *n = node_of(w->model, w->tasks.at[0].node);
    if (n == NULL || asked_after(n).len > 0)
        return OK;
    return work_complete(w, w->tasks.at[0].no);
}

static fallible answer(struct work *w, const struct sql_case_tasks *t, const struct acting *by,
                       const struct case_work *in)
{
    const struct flow_node *n = node_of(w->model, t->node);
    str post = t->post, node = t->node;

    REQUIRE(str_eq(w->c.stage, S("received")), ERR_STATE, "case %lld was answered",
            (long long)w->c.id);
    TRY(stop_clocks(w->tx, w->c.id, S("answer")));
    if (str_eq(in->acceptance, S("accepted")))
        TRY(accept(w, t, by));
    else if (str_eq(in->acceptance, S("correct")) && choice_names(n, S("correct")))
        TRY(ask_to_correct(w, t, by, in->reason));
    else if (str_eq(in->acceptance, S("rejected")))
        TRY(do_not_accept(w, t, by, in->reason));
    else
        FAIL(ERR_INPUT, "no answer «%.*s»", STR(in->acceptance));
    w->answers.acceptance = in->acceptance;
    TRY(work_complete(w, t->no));
    return follow_up(w, post, node);
}

/* ---- the decision: LAW: 行政许可法 38 -------------------------------------------------------- */

static fallible decide(struct work *w, const struct sql_case_tasks *t, const struct acting *by,
                       const struct case_work *in)
{
    bool granted = str_eq(in->decision, S("granted"));

    REQUIRE(granted || str_eq(in->decision, S("refused")), ERR_INPUT, "no decision «%.*s»",
            STR(in->decision));
    REQUIRE(str_eq(w->c.stage, S("accepted")), ERR_STATE, "case %lld isn't accepted",
            (long long)w->c.id);
    REQUIRE(in->reason.len > 0, ERR_INPUT, "a decision needs its reason");
    TRY(emit_case_decided(w->tx, &(struct case_decided){.case_id = w->c.id,
                                                        .result = in->decision,
                                                        .reason = in->reason,
                                                        .task = t->name,
                                                        .post_name = by->name}));
    w->answers.decision = in->decision;
    return work_complete(w, t->no);
}

/* ---- any other task ----------------------------------------------------------------------- */

static fallible deliver(struct work *w, const struct sql_case_tasks *t, const struct acting *by,
                        str how)
{
    TRY(emit_case_delivered(w->tx,
                            &(struct case_delivered){.case_id = w->c.id,
                                                     .how = how.len > 0 ? how : S("网上送达"),
                                                     .task = t->name,
                                                     .post_name = by->name}));
    return work_complete(w, t->no);
}

static fallible check_lengths(const struct case_work *in)
{
    REQUIRE(in->reason.len <= REASON_MOST * 4, ERR_TOO_LARGE, "a reason of %zu bytes",
            in->reason.len);
    REQUIRE(in->ground.len <= 32, ERR_INPUT, "a ground of %zu bytes", in->ground.len);
    return OK;
}

fallible case_work(struct tx *tx, const struct case_work *in)
{
    struct work w;
    struct acting by;

    TRY(check_lengths(in));
    TRY(work_by_number(tx, in->number, &w));
    TRY(acting_now(tx, &by));
    const struct sql_case_tasks *t = work_task(&w, in->task);
    REQUIRE(t != NULL, ERR_STATE, "task %lld of case %lld isn't open", (long long)in->task,
            (long long)w.c.id);
    REQUIRE(post_may(&by, t->post, w.c.body, w.c.division_path), ERR_FORBIDDEN,
            "task for another post");

    str asked = asked_after(node_of(w.model, t->node));
    if (str_eq(asked, S("acceptance")) || (str_eq(w.c.stage, S("received")) && in->acceptance.len))
        return answer(&w, t, &by, in);
    if (str_eq(asked, S("decision")))
        return decide(&w, t, &by, in);
    if (str_eq(w.c.stage, S("decided")))
        return deliver(&w, t, &by, in->reason);
    w.answers.special = in->special;
    w.ground = in->ground;
    TRY(done(&w, t, &by, in->reason));
    return work_complete(&w, t->no);
}
