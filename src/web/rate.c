#include "web/web_int.h"

/* Token buckets in a table of fixed size: sets of four, the fullest bucket of a set gives way. So a
 * flood of new keys costs nobody memory, and who was just stopped stays stopped. */
enum { SETS = 4096, WAYS = 4, LOCKS = 64, SCALE = 1000 };

struct bucket {
    u64 key;
    i64 seen_us;
    i64 tokens; /* thousandths */
};

struct rate_table {
    pthread_mutex_t locks[LOCKS];
    struct bucket sets[SETS][WAYS];
};

struct rate_table *rate_open(struct arena *a)
{
    struct rate_table *t = NEW(a, struct rate_table);

    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_init(&t->locks[i], NULL);
    return t;
}

void rate_close(struct rate_table *t)
{
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_destroy(&t->locks[i]);
}

/* What is in the bucket now. */
static i64 tokens_now(const struct bucket *b, i64 now, unsigned per_second, i64 top)
{
    i64 elapsed = now - b->seen_us;
    i64 filled;

    if (b->key == 0 || elapsed > (i64)3600 * 1000 * 1000)
        return top;
    filled = b->tokens + elapsed * per_second / (1000 * 1000 / SCALE);
    return filled > top ? top : filled;
}

static struct bucket *bucket_of(struct bucket *set, u64 key, i64 now, unsigned per_second, i64 top)
{
    struct bucket *fullest = &set[0];

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (tokens_now(&set[i], now, per_second, top) > tokens_now(fullest, now, per_second, top))
            fullest = &set[i];
    }
    *fullest = (struct bucket){.key = key, .seen_us = now, .tokens = top};
    return fullest;
}

bool rate_take(struct rate_table *t, u64 key, unsigned per_second, unsigned burst,
               unsigned *wait_seconds)
{
    u64 name = key ? key : 1;
    size_t set = (size_t)(name % SETS);
    i64 now = monotonic_us(), top = (i64)burst * SCALE;

    pthread_mutex_lock(&t->locks[set % LOCKS]);
    struct bucket *b = bucket_of(t->sets[set], name, now, per_second, top);
    i64 tokens = tokens_now(b, now, per_second, top);
    bool taken = tokens >= SCALE;

    b->tokens = taken ? tokens - SCALE : tokens;
    b->seen_us = now;
    pthread_mutex_unlock(&t->locks[set % LOCKS]);
    *wait_seconds = taken ? 0 : (unsigned)((SCALE - tokens) / ((i64)per_second * SCALE) + 1);
    return taken;
}
