#include "yangguan/host.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

enum {
    BATCH_MOST = 256,
    QUEUE_MOST = 2048,
    READERS = 16,
    READERS_MOST = 64,
    TICK_MS = 200,
    HEAD_MS = 1000,
    CHECKPOINT_MS = 2000
};

struct waiting {
    struct command *command;
    struct error failed; /* where the node had to be opened anew */
    bool is_failed;
    sem_t done;
    struct waiting *next;
};

struct host {
    struct arena *arena;
    struct host_config config;
    struct node_options options;
    struct web *web;

    struct node *node; /* the writer's thread only */
    pthread_t writer, checkpointer;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t work, reader_free;
    struct waiting *first, **last;
    size_t queued;
    bool stopping;
    struct host_figures figures;
    struct node *readers[READERS_MOST];
    size_t reader_count, readers_free;
};

/* ---- the writer --------------------------------------------------------------------------- */

static size_t take_batch(struct host *h, struct waiting **batch)
{
    size_t count = 0;

    while (h->first != NULL && count < BATCH_MOST) {
        batch[count++] = h->first;
        h->first = h->first->next;
    }
    if (h->first == NULL)
        h->last = &h->first;
    h->queued -= count;
    return count;
}

/* After a commit that failed nobody knows what is there: close, open and look. */
static void open_anew(struct host *h)
{
    node_close(h->node);
    h->node = NULL;
    for (int tries = 0; h->node == NULL; tries++) {
        err e = node_open(&h->options, &h->node);

        if (e == OK)
            break;
        log_line(LOG_ERROR, "host.reopen", "tries=%d why=\"%s\"", tries, e->message);
        if (tries == 5)
            abort(); /* the supervisor starts us again, on a store that may be whole by then */
        (void)nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    }
}

static void run_batch(struct host *h, struct waiting **batch, size_t count)
{
    struct command *commands[BATCH_MOST];
    size_t refused = 0;

    for (size_t i = 0; i < count; i++)
        commands[i] = batch[i]->command;
    err e = node_batch(h->node, commands, count);
    struct error why = {0};
    if (e != OK) {
        why = *e;
        why.code = ERR_BUSY; /* asked again with the same key, it is done once */
        log_line(LOG_ERROR, "writer.failed", "jobs=%zu why=\"%s\"", count, e->message);
        open_anew(h);
    }
    for (size_t i = 0; i < count; i++)
        refused += commands[i]->job.refused;

    (void)pthread_mutex_lock(&h->lock);
    h->figures.batches++;
    h->figures.commands += (i64)count;
    h->figures.refused += (i64)refused;
    h->figures.reopened += e != OK;
    h->figures.entries = node_size(h->node);
    (void)pthread_mutex_unlock(&h->lock);
    for (size_t i = 0; i < count; i++) {
        batch[i]->is_failed = e != OK;
        batch[i]->failed = why;
        (void)sem_post(&batch[i]->done);
    }
}

static void tick(struct host *h)
{
    size_t done = h->config.tick != NULL;

    while (done > 0) {
        err e = h->config.tick(h->node, h->options.clock.civil(h->options.clock.ctx), &done);

        if (e == OK)
            continue;
        log_line(LOG_ERROR, "tick.failed", "why=\"%s\"", e->message);
        open_anew(h);
        return;
    }
}

static void sign(struct host *h)
{
    scoped_arena a = arena_open();
    struct head head = {0};
    err e = node_sign_head(a, h->node, &head);

    if (e != OK) {
        log_line(LOG_ERROR, "head.failed", "why=\"%s\"", e->message);
        open_anew(h);
        return;
    }
    (void)pthread_mutex_lock(&h->lock);
    h->figures.head_size = head.size;
    (void)pthread_mutex_unlock(&h->lock);
}

static struct timespec in_ms(i64 ms)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    t.tv_sec += (time_t)(ms / 1000) + t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

static void *write_loop(void *arg)
{
    struct host *h = arg;
    struct waiting *batch[BATCH_MOST];
    i64 signed_us = 0, ticked_us = 0;

    for (bool stop = false; !stop;) {
        (void)pthread_mutex_lock(&h->lock);
        struct timespec until = in_ms(TICK_MS);
        while (h->first == NULL && !h->stopping)
            if (pthread_cond_timedwait(&h->work, &h->lock, &until) == ETIMEDOUT)
                break;
        size_t count = take_batch(h, batch);
        stop = h->stopping && count == 0;
        (void)pthread_mutex_unlock(&h->lock);

        if (count)
            run_batch(h, batch, count);
        i64 now = monotonic_us();
        if (now - ticked_us >= TICK_MS * 1000) {
            tick(h);
            ticked_us = now;
        }
        if (stop || now - signed_us >= HEAD_MS * 1000) {
            sign(h);
            signed_us = now;
        }
    }
    return NULL;
}

/* Moves the journal into the file beside the writer, so that no commit waits for it. */
static void *checkpoint_loop(void *arg)
{
    struct host *h = arg;
    struct db *db = NULL;
    err e = db_open(h->options.main, &h->options.main_options, &db);

    if (e != OK)
        log_line(LOG_ERROR, "checkpoint.failed", "why=\"%s\"", e->message);
    (void)pthread_mutex_lock(&h->lock);
    while (!h->stopping && db != NULL) {
        struct timespec until = in_ms(CHECKPOINT_MS);

        (void)pthread_cond_timedwait(&h->reader_free, &h->lock, &until);
        (void)pthread_mutex_unlock(&h->lock);
        e = db_checkpoint(db);
        if (e != OK)
            log_line(LOG_WARN, "checkpoint.failed", "why=\"%s\"", e->message);
        (void)pthread_mutex_lock(&h->lock);
    }
    (void)pthread_mutex_unlock(&h->lock);
    db_close(db);
    return NULL;
}

fallible host_run(struct host *h, struct command *c)
{
    struct waiting w = {.command = c};

    (void)sem_init(&w.done, 0, 0);
    (void)pthread_mutex_lock(&h->lock);
    bool full = h->queued >= QUEUE_MOST || h->stopping;
    if (!full) {
        *h->last = &w;
        h->last = &w.next;
        h->queued++;
        (void)pthread_cond_signal(&h->work);
    }
    (void)pthread_mutex_unlock(&h->lock);
    if (!full)
        while (sem_wait(&w.done) != 0)
            ;
    (void)sem_destroy(&w.done);
    REQUIRE(!full, ERR_BUSY, "the writer's queue is full");
    if (w.is_failed)
        return err_again(&w.failed);
    return c->job.refused ? err_again(&c->job.why) : OK;
}

/* ---- what web calls ----------------------------------------------------------------------- */

static fallible borrow(void *state, struct node **out)
{
    struct host *h = state;

    (void)pthread_mutex_lock(&h->lock);
    while (h->readers_free == 0)
        (void)pthread_cond_wait(&h->reader_free, &h->lock);
    struct node *n = h->readers[--h->readers_free];
    (void)pthread_mutex_unlock(&h->lock);

    err e = node_read_begin(n);
    if (e == OK) {
        *out = n;
        return OK;
    }
    (void)pthread_mutex_lock(&h->lock);
    h->readers[h->readers_free++] = n;
    (void)pthread_cond_signal(&h->reader_free);
    (void)pthread_mutex_unlock(&h->lock);
    return e;
}

static void give_back(void *state, struct node *n)
{
    struct host *h = state;

    node_read_end(n);
    (void)pthread_mutex_lock(&h->lock);
    h->readers[h->readers_free++] = n;
    (void)pthread_cond_signal(&h->reader_free);
    (void)pthread_mutex_unlock(&h->lock);
}

static instant civil_now(void *state)
{
    const struct host *h = state;

    return h->options.clock.civil(h->options.clock.ctx);
}

static fallible whose_name(struct host *h, struct request *q, struct authority *by)
{
    const struct session *s = request_session(q);

    *by = (struct authority){.channel = request_wants_json(q) ? S("api") : S("web")};
    if (s != NULL) {
        by->actor = s->person;
        by->post = s->post;
    }
    return h->config.authority ? h->config.authority(q, by) : OK;
}

static fallible submit(void *state, struct request *q, const struct submission *s,
                       struct outcome *out)
{
    struct host *h = state;
    struct command c = {.run = s->action->run,
                        .input = s->form,
                        .name = s->action->name,
                        .key = s->key,
                        .content = s->content,
                        .request = request_id(q),
                        .allowed = true}; /* web passes the gate before it submits */

    TRY(whose_name(h, q, &c.by));
    TRY(host_run(h, &c));
    *out = (struct outcome){.again = c.again, .first_event = c.first_event};
    return OK;
}

/* ---- beginning and end -------------------------------------------------------------------- */

static fallible open_readers(struct host *h)
{
    size_t count = h->config.readers ? h->config.readers : READERS;

    for (; h->reader_count < count && h->reader_count < READERS_MOST; h->reader_count++)
        TRY(node_open_reader(&h->options, &h->readers[h->reader_count]));
    h->readers_free = h->reader_count;
    return OK;
}

static fallible start(struct host *h)
{
    h->figures.entries = node_size(h->node);
    TRY(open_readers(h));
    REQUIRE(pthread_create(&h->writer, NULL, write_loop, h) == 0, ERR_IO, "no thread");
    REQUIRE(pthread_create(&h->checkpointer, NULL, checkpoint_loop, h) == 0, ERR_IO, "no thread");
    h->config.web.ops.state = h;
    h->config.web.ops.borrow = borrow;
    h->config.web.ops.give_back = give_back;
    h->config.web.ops.now = civil_now;
    h->config.web.ops.submit = submit;
    h->config.web.state = h;
    return web_open(&h->config.web, &h->web);
}

fallible host_open(const struct host_config *config, struct host **out)
{
    struct arena *a = arena_open();
    struct host *h = NEW(a, struct host);

    h->arena = a;
    h->config = *config;
    h->options = config->instance->options;
    h->node = config->instance->node;
    config->instance->node = NULL;
    h->last = &h->first;
    (void)pthread_mutex_init(&h->lock, NULL);
    (void)pthread_cond_init(&h->work, NULL);
    (void)pthread_cond_init(&h->reader_free, NULL);
    err e = start(h);
    if (e != OK) {
        host_close(h);
        return e;
    }
    *out = h;
    return OK;
}

u16 host_port(const struct host *h)
{
    return web_port(h->web);
}

struct host_figures host_figures(struct host *h)
{
    (void)pthread_mutex_lock(&h->lock);
    struct host_figures f = h->figures;
    (void)pthread_mutex_unlock(&h->lock);
    return f;
}

void host_close(struct host *h)
{
    if (h->web != NULL)
        web_close(h->web); /* answers what has begun: the writer still runs */
    (void)pthread_mutex_lock(&h->lock);
    h->stopping = true;
    (void)pthread_cond_broadcast(&h->work);
    (void)pthread_cond_broadcast(&h->reader_free);
    (void)pthread_mutex_unlock(&h->lock);
    if (h->writer)
        (void)pthread_join(h->writer, NULL);
    if (h->checkpointer)
        (void)pthread_join(h->checkpointer, NULL);
    for (size_t i = 0; i < h->reader_count; i++)
        node_close(h->readers[i]);
    if (h->node != NULL)
        node_close(h->node);
    (void)pthread_mutex_destroy(&h->lock);
    (void)pthread_cond_destroy(&h->work);
    (void)pthread_cond_destroy(&h->reader_free);
    arena_close(h->arena);
}
