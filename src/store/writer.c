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

/* One job in a savepoint. Its refusal is its own; an error of the engine is the batch's. */
static fallible run_one(struct writer_target *t, struct job *job)
{
    TRY(db_savepoint(t->db, 1));
    err e = job->run(t->ctx, job);
    if (e == OK)
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

static fallible run_all(struct writer_target *t, struct job **jobs, size_t count)
{
    TRY(db_begin(t->db));
    TRY(t->hooks->begin(t->ctx));
    for (size_t i = 0; i < count; i++)
        TRY(run_one(t, jobs[i]));
    TRY(t->hooks->before(t->ctx));
    return db_check(t->db);
}

static void forget(struct writer_target *t)
{
    db_rollback(t->db);
    t->hooks->rolled_back(t->ctx);
}

/*
 * Only a full disk is known to leave a commit undone; after any other failure the journal may or
 * may not hold it, and the process must end and recover.
 */
static fallible commit(struct writer_target *t, bool *full)
{
    err e = db_commit(t->db);

    *full = e != OK && e->code == ERR_FULL;
    if (e == OK)
        t->hooks->committed(t->ctx);
    return *full ? OK : e;
}

fallible writer_batch(struct writer_target *t, struct job **jobs, size_t count)
{
    bool full = false;

    for (size_t i = 0; i < count; i++)
        jobs[i]->refused = false;
    err e = run_all(t, jobs, count);
    if (e == OK) {
        TRY(commit(t, &full));
        if (!full)
            return OK;
        e = err_raise(ERR_FULL, __FILE__, __LINE__, "no room to commit");
    }
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
