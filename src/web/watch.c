#include "web/web_int.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

/* MHD's time-out counts from the last byte, so one byte now and then keeps a connection for ever.
 * Here each connection has a deadline for what it does now; a thread cuts those that are past. */
struct watch {
    struct watch *next, *before;
    int socket;
    bool left; /* seen at the last look */
    _Atomic bool reading;
    _Atomic i64 deadline_us;
};

struct watches {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    struct watch *used, *free;
    struct pollfd *sockets;
    bool closing;
};

/* A client that went away in the middle of its request: MHD misses an end of stream that comes with
 * the last bytes (edge-triggered epoll), so we look. Twice, since the bytes before may be on their
 * way; only while we wait for the client, since one may close its side and still read our answer.
 */
static bool has_left(struct watch *one, const struct pollfd *seen)
{
    bool before = one->left;
    int waiting = 0;

    one->left = atomic_load(&one->reading) && (seen->revents & (POLLRDHUP | POLLHUP | POLLERR)) &&
                ioctl(one->socket, FIONREAD, &waiting) == 0 && waiting == 0;
    return before && one->left;
}

static void cut(struct watches *w, i64 now)
{
    nfds_t count = 0;

    for (struct watch *one = w->used; one != NULL; one = one->next)
        w->sockets[count++] = (struct pollfd){.fd = one->socket, .events = POLLRDHUP};
    (void)poll(w->sockets, count, 0);
    count = 0;
    for (struct watch *one = w->used; one != NULL; one = one->next)
        if (has_left(one, &w->sockets[count++]) || atomic_load(&one->deadline_us) < now)
            (void)shutdown(one->socket, SHUT_RDWR);
}

static void *look(void *state)
{
    struct watches *w = state;

    pthread_mutex_lock(&w->lock);
    while (!w->closing) {
        struct timespec until;
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 250 * 1000 * 1000;
        if (until.tv_nsec >= 1000 * 1000 * 1000) {
            until.tv_nsec -= 1000 * 1000 * 1000;
            until.tv_sec++;
        }
        (void)pthread_cond_timedwait(&w->wake, &w->lock, &until);
        cut(w, monotonic_us());
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

struct watches *watches_open(struct arena *a, unsigned most)
{
    struct watches *w = NEW(a, struct watches);
    struct watch *all = NEW_N(a, most, struct watch);

    w->sockets = NEW_N(a, most, struct pollfd);
    for (unsigned i = 0; i < most; i++) {
        all[i].next = w->free;
        w->free = &all[i];
    }
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    int made = pthread_create(&w->thread, NULL, look, w);
    assert(made == 0);
    return w;
}

void watches_close(struct watches *w)
{
    pthread_mutex_lock(&w->lock);
    w->closing = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
}

struct watch *watch_begin(struct watches *w, int socket, i64 deadline_us)
{
    pthread_mutex_lock(&w->lock);
    struct watch *one = w->free;

    if (one != NULL) {
        w->free = one->next;
        one->socket = socket;
        one->before = NULL;
        one->left = false;
        atomic_store(&one->reading, true);
        one->next = w->used;
        if (w->used)
            w->used->before = one;
        w->used = one;
        atomic_store(&one->deadline_us, deadline_us);
    }
    pthread_mutex_unlock(&w->lock);
    return one;
}

void watch_end(struct watches *w, struct watch *one)
{
    pthread_mutex_lock(&w->lock);
    *(one->before ? &one->before->next : &w->used) = one->next;
    if (one->next)
        one->next->before = one->before;
    one->next = w->free;
    w->free = one;
    pthread_mutex_unlock(&w->lock);
}

void watch_until(struct watch *one, i64 deadline_us)
{
    if (one != NULL)
        atomic_store(&one->deadline_us, deadline_us);
}

void watch_reading(struct watch *one, bool reading)
{
    if (one != NULL)
        atomic_store(&one->reading, reading);
}

void watches_cut(struct watches *w)
{
    pthread_mutex_lock(&w->lock);
    cut(w, INT64_MAX);
    pthread_mutex_unlock(&w->lock);
}
