/* The only writers of this room's tables. */
#include "approval/approval_int.h"

static str or_empty(str s)
{
    return s.ptr ? s : S("");
}

static instant at_of(const struct event *event)
{
    return (instant){event_i64(event, "at")};
}

/* A line of the timeline; how long the step waited is told by the task that it ends. */
struct line {
    const char *what;
    str task, post, note;
};

static void put_line(struct db *db, struct arena *a, const struct event *event, i64 case_id,
                     const struct line *l)
{
    struct sql_case_tasks_rows tasks = {0};
    struct sql_case_tasks t = {.amount = -1, .unit = S("")};

    if (sql_case_tasks(a, db, case_id, &tasks) == OK)
        for (size_t i = 0; i < tasks.count; i++)
            if (l->task.len > 0 && str_eq(tasks.at[i].name, l->task))
                t = tasks.at[i];
    sql_case_line_put(db, case_id, event->id, at_of(event), str_of(l->what), or_empty(l->task),
                      or_empty(l->post), t.opened, t.amount, t.unit, or_empty(l->note));
}

/* ---- the application ---------------------------------------------------------------------- */

void apply_application_submitted(struct db *db, struct arena *a, const struct event *event,
                                 const struct application_submitted *e)
{
    i64 serial = 0;

    sql_application_put(db, e->application, or_empty(e->number), e->matter, e->matter_version,
                        e->handler, or_empty(e->division_path), e->applicant, event->id,
                        hex_of(a, event->entry + 1, ENTRY_SIZE - 1), at_of(event),
                        e->materials.ptr ? e->materials : S("[]"), or_empty(e->secret));
    if (e->number.ptr && e->number.len == 20 && str_i64(str_sub(e->number, 14, 20), &serial) == OK)
        sql_application_counted(db, str_sub(e->number, 0, 14), serial);
}

void apply_application_corrected(struct db *db, struct arena *a, const struct event *event,
                                 const struct application_corrected *e)
{
    (void)a;
    (void)event;
    sql_application_correct(db, e->application, e->materials.ptr ? e->materials : S("[]"));
}

/* ---- the case ----------------------------------------------------------------------------- */

void apply_case_opened(struct db *db, struct arena *a, const struct event *event,
                       const struct case_opened *e)
{
    sql_case_put(db, e->case_id, e->application, or_empty(e->number), e->matter, e->matter_version,
                 or_empty(e->matter_name), e->procedure, e->procedure_version, e->handler,
                 or_empty(e->body_name), or_empty(e->division_path), e->applicant, e->received);
    put_line(db, a, event, e->case_id, &(struct line){.what = "case_opened"});
}

void apply_case_clock(struct db *db, struct arena *a, const struct event *event,
                      const struct case_clock *e)
{
    (void)a;
    (void)event;
    sql_case_clock_put(db, e->clock, e->case_id, or_empty(e->role), or_empty(e->article));
}

static i64 number_of(const struct json *j, str key, i64 otherwise)
{
    i64 n;

    return json_i64(j, key, &n) == OK ? n : otherwise;
}

static bool listed(const struct json *list, i64 no)
{
    for (const struct json *j = list->child; j != NULL; j = j->next)
        if (number_of(j, S("no"), -1) == no)
            return true;
    return false;
}

void apply_case_moved(struct db *db, struct arena *a, const struct event *event,
                      const struct case_moved *e)
{
    struct sql_case_tasks_rows old;
    struct json *list;

    sql_case_set_state(db, e->case_id, or_empty(e->state));
    if (!e->tasks.ptr || json_read(a, e->tasks, &list) != OK ||
        sql_case_tasks(a, db, e->case_id, &old) != OK)
        return;
    for (size_t i = 0; i < old.count; i++)
        if (!listed(list, old.at[i].no))
            sql_case_task_drop(db, e->case_id, old.at[i].no);
    for (const struct json *j = list->child; j != NULL; j = j->next)
        sql_case_task_put(db, e->case_id, number_of(j, S("no"), 0), json_str(j, S("node")),
                          json_str(j, S("name")), json_str(j, S("post")), at_of(event),
                          number_of(j, S("amount"), -1), json_str(j, S("unit")),
                          json_str(j, S("article")));
}

void apply_case_accepted(struct db *db, struct arena *a, const struct event *event,
                         const struct case_accepted *e)
{
    sql_case_set_accepted(db, e->case_id, e->day, e->deemed);
    put_line(
        db, a, event, e->case_id,
        &(struct line){e->deemed ? "case_deemed" : "case_accepted", e->task, e->post_name, S("")});
}

void apply_correction_asked(struct db *db, struct arena *a, const struct event *event,
                            const struct correction_asked *e)
{
    sql_case_set_asked(db, e->case_id, instant_date(at_of(event)), or_empty(e->missing));
    put_line(db, a, event, e->case_id,
             &(struct line){"correction_asked", e->task, e->post_name, S("")});
}

void apply_correction_received(struct db *db, struct arena *a, const struct event *event,
                               const struct correction_received *e)
{
    sql_case_set_received(db, e->case_id, e->day);
    put_line(db, a, event, e->case_id,
             &(struct line){.what = "correction_received", .task = e->task});
}

void apply_case_not_accepted(struct db *db, struct arena *a, const struct event *event,
                             const struct case_not_accepted *e)
{
    sql_case_set_result(db, e->case_id, S("not-accepted"), S(""), or_empty(e->reason));
    put_line(db, a, event, e->case_id,
             &(struct line){"case_not_accepted", e->task, e->post_name, S("")});
}

void apply_step_done(struct db *db, struct arena *a, const struct event *event,
                     const struct step_done *e)
{
    put_line(db, a, event, e->case_id, &(struct line){"step_done", e->task, e->post_name, S("")});
}

void apply_case_decided(struct db *db, struct arena *a, const struct event *event,
                        const struct case_decided *e)
{
    sql_case_set_result(db, e->case_id, S("decided"), or_empty(e->result), or_empty(e->reason));
    put_line(db, a, event, e->case_id,
             &(struct line){"case_decided", e->task, e->post_name, e->result});
}

void apply_case_delivered(struct db *db, struct arena *a, const struct event *event,
                          const struct case_delivered *e)
{
    put_line(db, a, event, e->case_id,
             &(struct line){"case_delivered", e->task, e->post_name, e->how});
}

void apply_case_paused(struct db *db, struct arena *a, const struct event *event,
                       const struct case_paused *e)
{
    sql_case_set_paused(db, e->case_id, or_empty(e->ground));
    put_line(db, a, event, e->case_id, &(struct line){.what = "case_paused", .note = e->ground});
}

void apply_case_resumed(struct db *db, struct arena *a, const struct event *event,
                        const struct case_resumed *e)
{
    sql_case_set_paused(db, e->case_id, S(""));
    put_line(db, a, event, e->case_id, &(struct line){.what = "case_resumed"});
}

void apply_case_extended(struct db *db, struct arena *a, const struct event *event,
                         const struct case_extended *e)
{
    sql_case_set_extended(db, e->case_id, e->days);
    put_line(db, a, event, e->case_id,
             &(struct line){.what = "case_extended", .post = e->post_name, .note = e->reason});
}

void apply_case_closed(struct db *db, struct arena *a, const struct event *event,
                       const struct case_closed *e)
{
    sql_case_set_closed(db, e->case_id, or_empty(e->outcome), at_of(event));
    put_line(db, a, event, e->case_id, &(struct line){.what = "case_closed", .note = e->outcome});
}
