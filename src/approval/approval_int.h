#pragma once
#include "approval/approval.h"
#include "approval_sql.h"
#include "flow/flow.h"

/* What the choices of a procedure ask for. */
struct answers {
    str acceptance, decision;
    bool special;
};

/* A case under work in one command. */
struct work {
    struct tx *tx;
    struct sql_case_get c;
    struct sql_case_tasks_rows tasks;
    struct flow_model *model;
    const struct flow_process *process;
    struct flow_state state;
    struct answers answers;
    str ground; /* of a pause that begins */
};

const struct approval_who *who(void);
const struct calendar *calendar_now(void);

fallible work_open(struct tx *tx, i64 id, struct work *out);
fallible work_by_number(struct tx *tx, str number, struct work *out);
/* Begin the run, or complete a task: carries out the effects as events. */
fallible work_begin(struct work *w);
fallible work_complete(struct work *w, i64 task);
const struct sql_case_tasks *work_task(const struct work *w, i64 no);

/* The variable that the choice behind a step asks for: "acceptance", "decision", "special" or "".
 */
str asked_after(const struct flow_node *task);
/* Does a choice name this value of the variable? */
bool choice_names(const struct flow_node *task, str value);
/* Reads `name = "text"` and `name = true`. ERR_UNSUPPORTED for anything else. */
fallible condition_holds(const struct answers *answers, str condition, bool *yes);
const struct flow_node *node_of(const struct flow_model *m, str id);

/* clocks.c */
enum { ANSWER_DAYS = 5, EXTENSION_MOST = 10 };
fallible start_answer_clock(struct tx *tx, i64 case_id, date received);
fallible start_limits(struct work *w, const struct limit_receipt *receipt);
fallible stop_clocks(struct tx *tx, i64 case_id, str role); /* role empty: all */
fallible pause_limits(struct work *w);
fallible resume_limits(struct work *w, date last);
bool ground_of(str word, enum pause_ground *out);

/* Is this task for whom acts? */
bool post_may(const struct acting *who, str task_post, i64 body, str division_path);
fallible acting_now(struct tx *tx, struct acting *out);

/* Is this the word that was on the receipt? In constant time. */
bool receipt_word_fits(str number, str word, str hash);

str task_name(const struct work *w, i64 no);
