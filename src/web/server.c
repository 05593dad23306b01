#include "web/web_int.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Life of a request, in the order of this file from `on_head` down: MHD's poll thread calls
 * on_address when the request line is there, then on_request again and again: for the head, for
 * each run of body bytes, at the end, and once more when a worker has finished. */

static i64 seconds_from_now(unsigned seconds)
{
    return monotonic_us() + (i64)seconds * 1000 * 1000;
}

/* A client gets its time by what it has sent, counted from the head and not from its last byte;
 * what our own workers took meanwhile isn't held against it. */
static i64 body_deadline(const struct request *q)
{
    u64 seconds = q->web->config.body_seconds + q->body.received / 4096;

    return q->began_us + q->worked_us + (i64)seconds * 1000 * 1000;
}

static void hand_over(struct request *q, bool admitted)
{
    q->stage = STAGE_WORK;
    q->handed_us = monotonic_us();
    watch_until(q->watch, INT64_MAX);
    MHD_suspend_connection(q->connection);
    if (pool_put(q->web->pool, q, admitted))
        return;
    fail_reply(q, err_raise(ERR_BUSY, __FILE__, __LINE__, "the queue is full"));
    q->stage = STAGE_DONE;
    MHD_resume_connection(q->connection);
}

static bool has_body(const struct request *q)
{
    str length = head_value(q->connection, "Content-Length");

    return head_value(q->connection, "Transfer-Encoding").len ||
           (length.len && !str_eq(length, S("0")));
}

/* The answer is known before the body came. Reading the rest first lets the client see it: a socket
 * closed on unread bytes resets the connection. Who asked by Expect gets it at once, and so does a
 * head whose own word on where its body ends can't be trusted. */
static enum MHD_Result refuse(struct request *q, const struct error *e, bool framed)
{
    bool body = has_body(q);

    watch_reading(q->watch, framed);
    fail_reply(q, e);
    q->close = body;
    if (!framed || (body && head_value(q->connection, "Expect").len))
        return reply_send(q);
    q->stage = STAGE_REFUSED;
    return MHD_YES;
}

static fallible rate_check(struct request *q)
{
    const struct web_config *c = &q->web->config;
    u64 client = client_key(q);
    unsigned wait = 0;
    bool taken = rate_take(q->web->rates, client, c->rate, c->burst, &wait);

    if (taken && q->method != METHOD_GET) {
        str session = session_cookie(q);
        u64 key = (session.len ? str_hash(session) : client) ^ 0x5bd1e995u;
        taken = rate_take(q->web->rates, key, c->unsafe_rate, c->unsafe_burst, &wait);
    }
    if (!taken)
        reply_header(&q->reply, "Retry-After", str_format(q->arena, "%u", wait));
    REQUIRE(taken, ERR_RATE, "too many requests");
    return OK;
}

static fallible route(struct request *q)
{
    str allow = S("");
    err e = router_find(q->web->router, q, &allow);

    if (allow.len)
        reply_header(&q->reply, "Allow", allow);
    TRY(e);
    return fields_decode(q, q->query);
}

/* What lies in memory: assets and pages that haven't changed. */
static enum MHD_Result answer_from_memory(struct request *q, bool *done)
{
    unsigned status = 0;
    struct MHD_Response *found = asset_find(q->web, q, &status);
    enum MHD_Result sent = MHD_YES;

    *done = found != NULL;
    if (found != NULL)
        return MHD_queue_response(q->connection, status, found);
    if (q->cache_name.len == 0)
        return MHD_YES;
    found = cache_find(q->web->cache, q, head_value(q->connection, "If-None-Match"), &status);
    *done = found != NULL;
    if (found != NULL)
        sent = MHD_queue_response(q->connection, status, found);
    cache_release(q->web->cache);
    return sent;
}

/* One page for all who aren't signed in, told apart by what changes its text. */
static void name_in_cache(struct request *q)
{
    const struct view *v = q->route ? q->route->view : NULL;
    bool guarded = head_value(q->connection, "Authorization").len != 0;

    if (v == NULL || v->version == NULL || guarded || session_cookie(q).len)
        return;
    q->cache_version = atomic_load(v->version);
    q->cache_name = str_format(q->arena, "%s %c %.*s %.*s %.*s %.*s", lang_tag(q->lang),
                               q->wants_json ? 'j' : 'h', STR(q->size), STR(q->contrast),
                               STR(q->theme), STR(q->uri));
}

static fallible look_at_head(struct request *q)
{
    if (q->method == METHOD_GET && str_starts(q->path, S("/assets/")))
        return OK;
    TRY(route(q));
    TRY(door_body(q));
    name_in_cache(q);
    return OK;
}

/* May it take a worker's time? */
static fallible admit(struct request *q)
{
    TRY(rate_check(q));
    REQUIRE(!pool_full(q->web->pool), ERR_BUSY, "the queue is full");
    return OK;
}

/* MHD closes the connection after an answer that is queued here, so all but one wait for on_end. */
static enum MHD_Result on_head(struct request *q, const char *method, const char *version)
{
    q->counted = true;
    atomic_fetch_add(&q->web->running, 1);
    q->began_us = monotonic_us();
    watch_until(q->watch, body_deadline(q));
    q->stage = STAGE_BODY;

    err e = door_head(q, method, version);
    if (e != OK)
        return refuse(q, e, false);
    e = look_at_head(q);
    if (e == OK && q->body.kind != BODY_NONE)
        e = admit(q);
    return e == OK ? MHD_YES : refuse(q, e, true);
}

/* Takes what fits; a full chunk goes to a worker and the rest comes again after it. */
static enum MHD_Result on_bytes(struct request *q, const char *bytes, size_t *size)
{
    struct body *b = &q->body;
    size_t room = b->chunk ? CHUNK_BYTES - b->chunk_len : *size;
    size_t take = *size < room ? *size : room;

    if (q->stage == STAGE_REFUSED) {
        b->received += *size;
        *size = 0;
        watch_until(q->watch, body_deadline(q));
        return b->received > DRAIN_MOST + b->limit ? MHD_NO : MHD_YES;
    }
    err e = body_gather(q, bytes, take);
    *size -= take;
    if (e != OK) {
        *size = 0;
        fail_reply(q, e);
        q->close = true;
        q->stage = STAGE_REFUSED;
        return MHD_YES;
    }
    watch_until(q->watch, body_deadline(q));
    if (b->chunk && b->chunk_len == CHUNK_BYTES)
        hand_over(q, b->received > CHUNK_BYTES);
    return MHD_YES;
}

/* A request without body is admitted only here: what lies in memory costs less than the count. */
static enum MHD_Result on_end(struct request *q)
{
    bool had_body = q->body.kind != BODY_NONE, done;

    q->ended = true;
    watch_reading(q->watch, false);
    if (q->stage == STAGE_REFUSED)
        return reply_send(q);
    enum MHD_Result sent = answer_from_memory(q, &done);
    if (done) {
        q->stage = STAGE_SENT;
        return sent;
    }

    err e = had_body ? OK : admit(q);
    if (e == OK && q->route == NULL)
        e = err_raise(ERR_NOT_FOUND, __FILE__, __LINE__, "no such asset");
    if (e != OK)
        fail_reply(q, e);
    if (e != OK || door_preference(q, &q->reply))
        return reply_send(q);
    hand_over(q, had_body && q->body.chunk && q->body.received >= CHUNK_BYTES);
    return MHD_YES;
}

static enum MHD_Result on_request(void *state, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *bytes,
                                  size_t *size, void **request)
{
    struct request *q = *request;

    (void)state;
    (void)url;
    assert(q != NULL && q->connection == connection);
    switch (q->stage) {
    case STAGE_HEAD:
        return on_head(q, method, version);
    case STAGE_BODY:
    case STAGE_REFUSED:
        return *size ? on_bytes(q, bytes, size) : on_end(q);
    case STAGE_DONE:
        return reply_send(q);
    case STAGE_WORK: /* it is suspended */
    case STAGE_SENT:
        break;
    }
    return MHD_NO;
}

/* ---- beginning and end of requests and connections ---------------------------------------------
 */

static struct watch *watch_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static void *on_address(void *state, const char *uri, struct MHD_Connection *connection)
{
    struct web *w = state;
    struct arena *a = arena_open();
    struct request *q = NEW(a, struct request);
    u64 number = atomic_fetch_add(&w->request_count, 1);

    q->web = w;
    q->arena = a;
    q->connection = connection;
    q->watch = watch_of(connection);
    q->began_us = monotonic_us();
    q->uri_at = uri;
    q->uri = str_copy(a, str_of(uri));
    q->lang = lang_of(S(""));
    memcpy(q->id, hex_of(a, &(u64){w->request_prefix + number * 0x9E3779B97F4A7C15u}, 8).ptr, 16);
    reply_reset(q);
    return q;
}

static void on_completed(void *state, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode why)
{
    struct web *w = state;
    struct request *q = *request;

    (void)connection;
    (void)why;
    if (q == NULL)
        return;
    watch_until(q->watch, seconds_from_now(w->config.head_seconds));
    watch_reading(q->watch, true);
    body_drop(q);
    if (q->reply.file >= 0)
        (void)close(q->reply.file);
    if (q->counted)
        atomic_fetch_sub(&w->running, 1);
    arena_close(q->arena);
    *request = NULL;
}

static void on_connection(void *state, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct web *w = state;
    const union MHD_ConnectionInfo *info;

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*context != NULL)
            watch_end(w->watches, *context);
        *context = NULL;
        return;
    }
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *context =
        info ? watch_begin(w->watches, info->connect_fd, seconds_from_now(w->config.head_seconds))
             : NULL;
}

static size_t keep_encoded(void *state, struct MHD_Connection *connection, char *text)
{
    (void)state;
    (void)connection;
    return strlen(text);
}

__attribute__((format(printf, 2, 0))) static void quiet(void *state, const char *format,
                                                        va_list args)
{
    (void)state;
    (void)format;
    (void)args;
}

/* ---- the daemon --------------------------------------------------------------------------------
 */

static void defaults(struct web_config *c)
{
#define DEFAULT(field, value) c->field = c->field ? c->field : (value)
    DEFAULT(pollers, 2);
    DEFAULT(workers, 8);
    DEFAULT(queue, 256);
    DEFAULT(connections, 2048);
    DEFAULT(per_client, 64);
    DEFAULT(head_seconds, 20);
    DEFAULT(body_seconds, 20);
    DEFAULT(stop_seconds, 30);
    DEFAULT(idle_seconds, 1800);
    DEFAULT(rate, 50);
    DEFAULT(burst, 300);
    DEFAULT(unsafe_rate, 5);
    DEFAULT(unsafe_burst, 40);
#undef DEFAULT
}

static fallible daemon_start(struct web *w)
{
    const struct web_config *c = &w->config;
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(c->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(c->port)};
    bool is_v6 = inet_pton(AF_INET6, c->address, &v6.sin6_addr) == 1;
    unsigned flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG;

    REQUIRE(is_v6 || inet_pton(AF_INET, c->address, &v4.sin_addr) == 1, ERR_INPUT, "no address: %s",
            c->address);
    w->daemon = MHD_start_daemon(
        flags | (is_v6 ? MHD_USE_IPv6 : 0u), c->port, NULL, NULL, on_request, w,
        MHD_OPTION_EXTERNAL_LOGGER, quiet, NULL, MHD_OPTION_SOCK_ADDR,
        is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4, MHD_OPTION_URI_LOG_CALLBACK,
        on_address, w, MHD_OPTION_NOTIFY_COMPLETED, on_completed, w, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, w, MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded, NULL,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES, MHD_OPTION_CONNECTION_LIMIT,
        c->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, c->behind_proxy ? 0 : c->per_client,
        MHD_OPTION_CONNECTION_TIMEOUT, 300u, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u,
        MHD_OPTION_THREAD_POOL_SIZE, c->pollers > 1 ? c->pollers : 0, MHD_OPTION_END);
    REQUIRE(w->daemon != NULL, ERR_IO, "can't serve at %s:%u", c->address, c->port);
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(w->daemon, MHD_DAEMON_INFO_BIND_PORT);
    w->port = info ? info->port : c->port;
    return OK;
}

static void secret_of(struct web *w)
{
    static const u8 none[32];

    memcpy(w->secret, w->config.secret, sizeof w->secret);
    if (memcmp(w->secret, none, sizeof none) == 0)
        random_fill(w->secret, sizeof w->secret);
    random_fill(&w->request_prefix, sizeof w->request_prefix);
}

static void parts_close(struct web *w)
{
    watches_close(w->watches);
    cache_close(w->cache);
    assets_close(w);
    rate_close(w->rates);
    arena_close(w->arena);
}

fallible web_open(const struct web_config *config, struct web **out)
{
    struct arena *a = arena_open();
    struct web *w = NEW(a, struct web);

    w->arena = a;
    w->config = *config;
    defaults(&w->config);
    secret_of(w);
    err e = router_open(a, &w->config, &w->router);
    if (e != OK) {
        arena_close(a);
        return e;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a client that leaves is no reason to end */
    assets_open(w);
    w->rates = rate_open(a);
    w->cache = cache_open(a);
    w->watches = watches_open(a, w->config.connections + 64);
    w->pool = pool_open(a, w->config.workers, w->config.queue, serve);

    e = daemon_start(w);
    if (e != OK) {
        pool_close(w->pool);
        parts_close(w);
        return e;
    }
    *out = w;
    return OK;
}

u16 web_port(const struct web *w)
{
    return w->port;
}

static void pause_ms(long ms)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = ms * 1000 * 1000}, NULL);
}

/* Nobody new; who is being answered gets the answer and «Connection: close»; then who still holds
 * on is cut. A worker's request is always waited for: MHD can't stop with one suspended. */
void web_close(struct web *w)
{
    atomic_store(&w->stopping, true);
    MHD_socket listener = MHD_quiesce_daemon(w->daemon);
    i64 end = seconds_from_now(w->config.stop_seconds);

    if (listener != MHD_INVALID_SOCKET)
        (void)close(listener);
    while (atomic_load(&w->running) && monotonic_us() < end)
        pause_ms(10);
    watches_cut(w->watches);
    pool_close(w->pool);
    MHD_stop_daemon(w->daemon);
    parts_close(w);
}
