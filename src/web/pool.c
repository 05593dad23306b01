#include "web/web_int.h"

enum { WORKERS_MOST = 256 };

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct request *first, *last;
    unsigned waiting, most, workers;
    bool closing;
    void (*run)(struct request *q);
    pthread_t threads[WORKERS_MOST];
};

/* The next request, or NULL once the pool closes and nothing waits. */
static struct request *take(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    while (p->first == NULL && !p->closing)
        pthread_cond_wait(&p->wake, &p->lock);
    struct request *q = p->first;

    if (q != NULL) {
        p->first = q->next;
        p->waiting--;
        if (p->first == NULL)
            p->last = NULL;
    }
    pthread_mutex_unlock(&p->lock);
    return q;
}

static void *work(void *state)
{
    struct pool *p = state;

    for (struct request *q = take(p); q != NULL; q = take(p))
        p->run(q);
    return NULL;
}

struct pool *pool_open(struct arena *a, unsigned workers, unsigned most,
                       void (*run)(struct request *q))
{
    struct pool *p = NEW(a, struct pool);

    p->workers = workers > WORKERS_MOST ? WORKERS_MOST : workers;
    p->most = most;
    p->run = run;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    for (unsigned i = 0; i < p->workers; i++) {
        int made = pthread_create(&p->threads[i], NULL, work, p);
        assert(made == 0);
    }
    return p;
}

void pool_close(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->workers; i++)
        (void)pthread_join(p->threads[i], NULL);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
}

bool pool_full(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    bool full = p->waiting >= p->most;

    pthread_mutex_unlock(&p->lock);
    return full;
}

bool pool_put(struct pool *p, struct request *q, bool admitted)
{
    pthread_mutex_lock(&p->lock);
    bool taken = !p->closing && (admitted || p->waiting < p->most);

    if (taken) {
        q->next = NULL;
        *(p->last ? &p->last->next : &p->first) = q;
        p->last = q;
        p->waiting++;
        pthread_cond_signal(&p->wake);
    }
    pthread_mutex_unlock(&p->lock);
    return taken;
}
