#include "web/web_int.h"

/* Pages that are the same for all who aren't signed in, as finished responses. A slot holds one; a
 * page is current while its view's version is the one that it was made at. */
struct slot {
    struct arena *arena;
    str name, etag;
    u64 version;
    struct MHD_Response *page, *unchanged;
};

struct cache {
    pthread_rwlock_t lock;
    struct slot slots[CACHE_SLOTS];
};

struct cache *cache_open(struct arena *a)
{
    struct cache *c = NEW(a, struct cache);

    pthread_rwlock_init(&c->lock, NULL);
    return c;
}

static void slot_clear(struct slot *s)
{
    if (s->page != NULL)
        MHD_destroy_response(s->page);
    if (s->unchanged != NULL)
        MHD_destroy_response(s->unchanged);
    arena_close(s->arena);
    *s = (struct slot){0};
}

void cache_close(struct cache *c)
{
    for (size_t i = 0; i < CACHE_SLOTS; i++)
        slot_clear(&c->slots[i]);
    pthread_rwlock_destroy(&c->lock);
}

str etag_of(struct arena *a, str body)
{
    digest hash;

    sha256(body, &hash);
    return str_format(a, "\"%.*s\"", 32, hex_of(a, hash.at, 16).ptr);
}

/* RFC 9110 13.1.2: the weak comparison. */
bool etag_matches(str if_none_match, str etag)
{
    str rest = if_none_match, one;

    while (rest.len && str_split(&rest, ',', &one)) {
        one = str_trim(one);
        if (str_starts(one, S("W/")))
            one = str_sub(one, 2, one.len);
        if (str_eq(one, etag) || str_eq(one, S("*")))
            return true;
    }
    return false;
}

struct MHD_Response *cache_find(struct cache *c, const struct request *q, str if_none_match,
                                unsigned *status)
{
    pthread_rwlock_rdlock(&c->lock);
    const struct slot *s = &c->slots[str_hash(q->cache_name) % CACHE_SLOTS];

    if (s->page == NULL || s->version != q->cache_version || !str_eq(s->name, q->cache_name))
        return NULL;
    *status = etag_matches(if_none_match, s->etag) ? 304 : 200;
    return *status == 304 ? s->unchanged : s->page;
}

void cache_release(struct cache *c)
{
    pthread_rwlock_unlock(&c->lock);
}

static bool cacheable(const struct request *q)
{
    const struct reply *r = &q->reply;

    return q->cache_name.len && !q->personal && !q->has_session && r->file < 0 &&
           (r->status == 0 || r->status == 200) && r->headers.count == 0 &&
           r->body.len <= CACHED_PAGE_MOST;
}

static void add_validators(struct MHD_Response *out, str etag)
{
    (void)MHD_add_response_header(out, "ETag", etag.ptr);
    (void)MHD_add_response_header(out, "Vary", "Cookie, Accept, Accept-Language");
}

static void slot_fill(struct slot *s, const struct request *q, str etag)
{
    s->arena = arena_open();
    s->name = str_copy(s->arena, q->cache_name);
    s->etag = str_copy(s->arena, etag);
    s->version = q->cache_version;
    s->page = MHD_create_response_from_buffer(q->reply.body.len, q->reply.body.ptr,
                                              MHD_RESPMEM_MUST_COPY);
    s->unchanged = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (s->page == NULL || s->unchanged == NULL) {
        slot_clear(s);
        return;
    }
    reply_copy_headers(q, s->page);
    reply_copy_headers(q, s->unchanged);
    add_validators(s->page, s->etag);
    add_validators(s->unchanged, s->etag);
}

/* Also gives this reply the validators, so that the first answer and the later ones are alike. */
void cache_store(struct cache *c, struct request *q)
{
    if (!cacheable(q))
        return;
    str etag = etag_of(q->arena, buf_text(&q->reply.body));

    reply_header(&q->reply, "Cache-Control", S("no-cache"));
    pthread_rwlock_wrlock(&c->lock);
    struct slot *s = &c->slots[str_hash(q->cache_name) % CACHE_SLOTS];
    slot_clear(s);
    slot_fill(s, q, etag);
    pthread_rwlock_unlock(&c->lock);

    reply_header(&q->reply, "ETag", etag);
    reply_header(&q->reply, "Vary", S("Cookie, Accept, Accept-Language"));
    if (etag_matches(head_value(q->connection, "If-None-Match"), etag)) {
        q->reply.status = 304;
        q->reply.body.len = 0;
    }
}
