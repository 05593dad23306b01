/* Time's own acts: what falls due, and acceptance by silence. */
#include "approval/approval_int.h"

enum { AT_ONCE = 64 };

/* LAW: 行政许可法 32(1)(4): not told within five working days, it is accepted from the receipt. */
static fallible deem(struct tx *tx, void *input)
{
    const struct sql_cases_unanswered *row = input;
    struct work w;

    TRY(work_open(tx, row->id, &w));
    REQUIRE(str_eq(w.c.stage, S("received")) && w.tasks.count == 1, ERR_STATE,
            "case %lld was answered", (long long)row->id);
    struct limit_receipt receipt = {.received = w.c.received, .given = true};
    struct sql_case_tasks t = w.tasks.at[0];
    TRY(stop_clocks(tx, w.c.id, S("answer")));
    TRY(emit_case_accepted(
        tx, &(struct case_accepted){
                .case_id = w.c.id, .day = w.c.received, .deemed = true, .task = t.name}));
    TRY(start_limits(&w, &receipt));
    w.answers.acceptance = S("accepted");
    TRY(work_complete(&w, t.no));
    if (w.tasks.count != 1 || !str_eq(w.tasks.at[0].post, t.post))
        return OK;
    return work_complete(&w, w.tasks.at[0].no); /* the paper of acceptance */
}

static fallible deem_all(struct node *n, size_t *deemed)
{
    scoped_arena a = arena_open();
    struct sql_cases_unanswered_rows rows;

    *deemed = 0;
    TRY(sql_cases_unanswered(a, node_db(n), AT_ONCE, &rows));
    struct command *all = NEW_N(a, rows.count + 1, struct command);
    struct command **commands = NEW_N(a, rows.count + 1, struct command *);
    for (size_t i = 0; i < rows.count; i++) {
        all[i] = (struct command){.run = deem,
                                  .input = &rows.at[i],
                                  .name = "case_deemed_accepted",
                                  .by = {.channel = S("timer")},
                                  .allowed = true};
        commands[i] = &all[i];
    }
    TRY(node_batch(n, commands, rows.count));
    for (size_t i = 0; i < rows.count; i++) {
        *deemed += !all[i].job.refused;
        if (all[i].job.refused)
            log_line(LOG_ERROR, "approval.deem", "case=%lld why=%s", (long long)rows.at[i].id,
                     err_name(all[i].job.why.code));
    }
    return OK;
}

fallible approval_tick(struct node *n, instant now, size_t *done)
{
    size_t deemed;

    TRY(agenda_fire(n, now, AT_ONCE, done));
    TRY(deem_all(n, &deemed));
    *done += deemed;
    return OK;
}
