#include "store/store.h"

static void refuse(struct job *job, err why)
{
    job->refused = true;
    job->why = *why;
}

static bool of_the_engine(err e)
{
    return e->code == ERR_FULL || e->code == ERR_IO || e->code == ERR_BUSY ||
           e->code == ERR_DATABASE || e->code == ERR_CORRUPT;
}

/*
 * One job in a savepoint. Its refusal is its own; an error of the engine is the batch's. In haste
 * nobody asks whether its writes went well: if one didn't, that shows at a later answer, and
 * db_undo hands an error that arose before the savepoint on to the batch.
 */
static fallible run_one(struct writer_target *t, struct job *job, bool haste)
{
    TRY(db_savepoint(t->db, 1));
    err e = job->run(t->ctx, job);
    if (e == OK && !haste)
        e = db_check(t->db);
    if (e == OK) {
        t->hooks->keep(t->ctx);
        return db_release(t->db, 1);
    }
    if (of_the_engine(e))
        return e;
    refuse(job, e);
    t->hooks->undo(t->ctx);
    TRY(db_undo(t->db, 1));
    return db_release(t->db, 1);
}

static fallible run_all(struct writer_target *t, struct job **jobs, size_t count, bool haste)
{
    for (size_t i = 0; i < count; i++)
        jobs[i]->refused = false;
    TRY(db_begin(t->db));
    TRY(t->hooks->begin(t->ctx));
    for (size_t i = 0; i < count; i++)
        TRY(run_one(t, jobs[i], haste));
    return db_check(t->db);
}

static void forget(struct writer_target *t)
{
    db_rollback(t->db);
    t->hooks->rolled_back(t->ctx);
}

/*
 * After a commit that failed nobody knows what will be found: even on a full disk the journal may
 * hold it whole. The process must end, or at least open its stores anew, and look.
 */
static fallible commit(struct writer_target *t)
{
    TRY(t->hooks->before(t->ctx));
    TRY(db_commit(t->db));
    t->hooks->committed(t->ctx);
    return OK;
}

/* In haste where answers are slow; a write that failed can't then be told to its job: once more. */
static fallible run_batch(struct writer_target *t, struct job **jobs, size_t count)
{
    bool haste = t->db->ops->postgres;
    err e = run_all(t, jobs, count, haste);

    if (e == OK || !haste || !t->db->is_stuck || of_the_engine(e))
        return e;
    log_line(LOG_INFO, "writer.again", "jobs=%zu why=\"%s\"", count, e->message);
    forget(t);
    return run_all(t, jobs, count, false);
}

fallible writer_batch(struct writer_target *t, struct job **jobs, size_t count)
{
    err e = run_batch(t, jobs, count);

    if (e == OK)
        return commit(t);
    struct error why = *e;
    forget(t);
    if (count == 1) {
        refuse(jobs[0], &why);
        return OK;
    }
    log_line(LOG_WARN, "writer.alone", "jobs=%zu why=\"%s\"", count, why.message);
    for (size_t i = 0; i < count; i++)
        TRY(writer_batch(t, &jobs[i], 1));
    return OK;
}
