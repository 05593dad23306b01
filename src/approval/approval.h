/*
 * approval -- administrative approval: from an application to a decision that anyone can check.
 *
 * A citizen's application is a stream of its own; the body's case is another, opened by the same
 * command where one node plays both zones. The case follows the matter's BPMN procedure: each user
 * task waits for a post; the acts of the law (acceptance, notice to correct, decision, delivery)
 * are events besides. Three clocks: five working days for the answer, the law's limit, the promise.
 *
 * Invariants  a case is never without an open task until it is closed; who wasn't answered in five
 *             working days is accepted from the day of receipt (行政许可法 32(1)(4)); a refusal and
 *             a decision carry a reason (行政许可法 38); no person's value is in a projection.
 * Lifetime    results live in the arena passed in.
 * Threads     commands inside the writer; reading from any thread with its own connection.
 */
#pragma once
#include "approval_events.h"
#include "base/base.h"
#include "catalogue/catalogue.h"
#include "ledger/ledger.h"
#include "web/web.h"

enum { REASON_MOST = 2000, NOTE_MOST = 2000, SECRET_LEAST = 12, SECRET_MOST = 64 };

/* ---- who acts ------------------------------------------------------------------------------ */

struct acting {
    i64 body;
    str name, body_name, duties, division_path;
};
struct applicant {
    str name, identity, phone;
};
struct approval_who {
    /* The post that this person holds now; ERR_FORBIDDEN otherwise. */
    fallible (*acting)(struct arena *a, struct db *db, i64 person, i64 post, struct acting *out);
    /* From the vault; empty texts where nothing is registered. */
    fallible (*person)(struct arena *a, struct node *n, i64 person, struct applicant *out);
};
/* Once, before anything runs. */
void approval_use(const struct approval_who *who, const struct calendar *calendar);

/* ---- commands: in the writer -------------------------------------------------------------- */

/* LAW: 行政许可法 29. The applicant is tx->by.actor. */
struct application_new {
    i64 matter;
    struct applicant applicant; /* read before the writer */
    str address, note;
    str materials;            /* names of those at hand, line by line */
    str secret;               /* the receipt's word, chosen beforehand */
    i64 application, case_id; /* out */
};
fallible application_submit(struct tx *tx, struct application_new *in);

/* What was missing, by the applicant. */
struct application_correction {
    str number, note, materials;
};
fallible application_correct(struct tx *tx, const struct application_correction *in);

/*
 * One task done by a post. What more it is follows from the procedure: where the next choice asks
 * for `acceptance` it answers the application, where it asks for `decision` it decides.
 */
struct case_work {
    str number;
    i64 task;       /* number of the open task */
    str acceptance; /* accepted, correct, rejected */
    str decision;   /* granted, refused */
    bool special;   /* hearing, inspection, experts … come first */
    str ground;     /* its ground, a word of calendar/kinds.def */
    str reason;     /* of a refusal, decision; what is missing; else the opinion */
};
/* ERR_STATE: no such task now; ERR_FORBIDDEN: not this post's; ERR_INPUT: a reason is missing. */
fallible case_work(struct tx *tx, const struct case_work *in);

/* LAW: 行政许可法 42: once, at most ten working days, by the head of the body. */
struct case_extension {
    str number;
    i64 days;
    str reason;
};
fallible case_extend(struct tx *tx, const struct case_extension *in);

/* ---- time --------------------------------------------------------------------------------- */

/* Fire what is due and accept by silence whom nobody answered. Call again while *done > 0. */
fallible approval_tick(struct node *n, instant now, size_t *done);

extern const struct routes approval_citizen_routes, approval_desk_routes;
