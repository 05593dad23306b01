#include "web/web_int.h"

enum { TOUCH_MS = 60 * 1000 };

static const char *cookie_name(const struct request *q)
{
    return q->web->config.behind_proxy ? "__Host-yangguan" : "yangguan";
}

str session_cookie(const struct request *q)
{
    return request_cookie(q, str_of(cookie_name(q)));
}

static void set_cookie(struct request *q, str token)
{
    reply_header(&q->reply, "Set-Cookie",
                 str_format(q->arena, "%s=%.*s; Path=/; HttpOnly; SameSite=Lax%s%s", cookie_name(q),
                            STR(token), token.len ? "" : "; Max-Age=0",
                            q->web->config.behind_proxy ? "; Secure" : ""));
}

/* The store fills its own record; whoever's cookie names none that lives is simply not signed in.
 */
fallible session_of(struct request *q)
{
    const struct session_store *store = q->web->config.sessions;
    str token = session_cookie(q);
    i64 now = system_now().ms;
    digest key;

    q->has_session = false;
    if (store == NULL || token.len != SESSION_TOKEN)
        return OK;
    sha256(token, &key);
    err e = store->load(store->state, key, &q->session);
    if (e != OK)
        return e->code == ERR_NOT_FOUND ? OK : e;
    if (now > q->session.until_ms ||
        now - q->session.seen_ms > (i64)q->web->config.idle_seconds * 1000)
        return store->drop(store->state, key);

    q->has_session = true;
    if (now - q->session.seen_ms < TOUCH_MS)
        return OK;
    q->session.seen_ms = now;
    return store->save(store->state, &q->session);
}

fallible request_sign_in(struct request *q, const struct session *who)
{
    const struct session_store *store = q->web->config.sessions;
    struct session made = *who;
    str token = token_text(q->arena);

    REQUIRE(store != NULL, ERR_UNSUPPORTED, "no session store is plugged in");
    if (q->has_session)
        TRY(store->drop(store->state, q->session.key));
    sha256(token, &made.key);
    made.made_ms = made.seen_ms = system_now().ms;
    TRY(store->save(store->state, &made));
    q->session = made;
    q->has_session = true;
    set_cookie(q, token);
    return OK;
}

fallible request_sign_out(struct request *q)
{
    const struct session_store *store = q->web->config.sessions;

    if (!q->has_session)
        return OK;
    q->has_session = false;
    set_cookie(q, S(""));
    return store->drop(store->state, q->session.key);
}

/* ---- a store in memory -------------------------------------------------------------------------
 */

struct memory {
    pthread_mutex_t lock;
    struct session *all;
    size_t most;
};

static struct session *find(struct memory *m, digest key)
{
    for (size_t i = 0; i < m->most; i++)
        if (m->all[i].until_ms && digest_eq(m->all[i].key, key))
            return &m->all[i];
    return NULL;
}

/* A free place has never been seen. */
static struct session *least_seen(struct memory *m)
{
    struct session *least = &m->all[0];

    for (size_t i = 1; i < m->most; i++)
        if (m->all[i].seen_ms < least->seen_ms)
            least = &m->all[i];
    return least;
}

static fallible memory_load(void *state, digest key, struct session *out)
{
    struct memory *m = state;

    pthread_mutex_lock(&m->lock);
    struct session *found = find(m, key);
    if (found != NULL)
        *out = *found;
    pthread_mutex_unlock(&m->lock);
    REQUIRE(found != NULL, ERR_NOT_FOUND, "no such session");
    return OK;
}

static fallible memory_save(void *state, const struct session *session)
{
    struct memory *m = state;

    pthread_mutex_lock(&m->lock);
    struct session *place = find(m, session->key);
    if (place == NULL)
        place = least_seen(m);
    *place = *session;
    pthread_mutex_unlock(&m->lock);
    return OK;
}

static fallible memory_drop(void *state, digest key)
{
    struct memory *m = state;

    pthread_mutex_lock(&m->lock);
    struct session *found = find(m, key);
    if (found != NULL)
        *found = (struct session){0};
    pthread_mutex_unlock(&m->lock);
    return OK;
}

struct session_store session_memory(struct arena *a, size_t most)
{
    struct memory *m = NEW(a, struct memory);

    pthread_mutex_init(&m->lock, NULL);
    m->all = NEW_N(a, most, struct session);
    m->most = most;
    return (struct session_store){m, memory_load, memory_save, memory_drop};
}
