/* The registry's own life, and sessions that outlive a restart. */
#include "registry/registry_int.h"

static struct registry *here;

struct registry *registry_here(void)
{
    assert(here != NULL);
    return here;
}

static fallible open_into(struct registry *r, const struct registry_options *o)
{
    TRY(lookup_open_keys(r));
    TRY(db_open(o->state, &(struct db_options){0}, &r->state));
    TRY(db_create(r->state, STORE_STATE));
    return password_hash(r->arena, S("nobody has this password"), &r->nobody);
}

fallible registry_open(const struct registry_options *o, struct registry **out)
{
    struct arena *a = arena_open();
    struct registry *r = NEW(a, struct registry);

    r->arena = a;
    r->disk = o->disk;
    r->demo = o->demo;
    pthread_mutex_init(&r->state_lock, NULL);
    pthread_mutex_init(&r->hash_lock, NULL);
    pthread_cond_init(&r->hash_free, NULL);
    err e = open_into(r, o);
    if (e != OK) {
        registry_close(r);
        return e;
    }
    here = *out = r;
    return OK;
}

void registry_close(struct registry *r)
{
    if (r == NULL)
        return;
    if (here == r)
        here = NULL;
    if (r->state != NULL)
        db_close(r->state);
    secret_wipe(&r->lookup_key, sizeof r->lookup_key);
    secret_wipe(&r->credential_key, sizeof r->credential_key);
    pthread_cond_destroy(&r->hash_free);
    pthread_mutex_destroy(&r->hash_lock);
    pthread_mutex_destroy(&r->state_lock);
    arena_close(r->arena);
}

/* ---- sessions ----------------------------------------------------------------------------- */

static fallible fill(struct arena *a, const struct sql_session_get *row, digest key,
                     struct session *out)
{
    str name;

    *out = (struct session){.key = key,
                            .person = row->person,
                            .post = row->post,
                            .made_ms = row->made,
                            .seen_ms = row->seen,
                            .until_ms = row->ends};
    TRY(secret_open(a, "session", row->person, row->name, &name));
    if (name.len < sizeof out->name && name.len)
        memcpy(out->name, name.ptr, name.len);
    return OK;
}

static fallible load(void *state, digest key, struct session *out)
{
    struct registry *r = state;
    scoped_arena a = arena_open();
    struct sql_session_get row;
    bool found;

    pthread_mutex_lock(&r->state_lock);
    err e = sql_session_get(a, r->state, digest_bytes(&key), &row, &found);
    pthread_mutex_unlock(&r->state_lock);
    TRY(e);
    REQUIRE(found, ERR_NOT_FOUND, "no such session");
    return fill(a, &row, key, out);
}

static fallible save(void *state, const struct session *s)
{
    struct registry *r = state;
    scoped_arena a = arena_open();
    str name;

    TRY(secret_seal(a, "session", s->person, str_of(s->name), &name));
    pthread_mutex_lock(&r->state_lock);
    sql_session_sweep(r->state, system_now().ms);
    sql_session_put(r->state, digest_bytes(&s->key), s->person, s->post, s->made_ms, s->seen_ms,
                    s->until_ms, name);
    err e = db_check(r->state);
    if (e != OK)
        db_rollback(r->state);
    pthread_mutex_unlock(&r->state_lock);
    return e;
}

static fallible drop(void *state, digest key)
{
    struct registry *r = state;

    pthread_mutex_lock(&r->state_lock);
    sql_session_drop(r->state, digest_bytes(&key));
    err e = db_check(r->state);
    if (e != OK)
        db_rollback(r->state);
    pthread_mutex_unlock(&r->state_lock);
    return e;
}

fallible registry_end_sessions(i64 person)
{
    struct registry *r = registry_here();

    pthread_mutex_lock(&r->state_lock);
    sql_session_drop_person(r->state, person);
    err e = db_check(r->state);
    if (e != OK)
        db_rollback(r->state);
    pthread_mutex_unlock(&r->state_lock);
    return e;
}

struct session_store registry_sessions(struct registry *r)
{
    return (struct session_store){r, load, save, drop};
}
