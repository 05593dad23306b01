/* web_int -- what the files of this room share; nobody else includes it. */
#pragma once
#include "web/web.h"

#include <microhttpd.h>
#include <pthread.h>

/* Ceilings of what comes from outside. */
enum {
    HEAD_BYTES = 32 << 10, /* request line and header, with MHD's own bookkeeping */
    HEADERS_MOST = 100,
    URI_MOST = 8 << 10,
    FIELDS_MOST = 500,
    FIELD_NAME_MOST = 128,
    FIELD_VALUE_MOST = 64 << 10,
    FIELDS_BYTES = 1 << 20, /* of all values of a multipart form, files aside */
    FILE_NAME_MOST = 255,
    FILES_MOST = 20,
    BODY_DEFAULT = 64 << 10,
    CHUNK_BYTES = 64 << 10,
    DRAIN_MOST = 16 << 20, /* of a refused body, read so that the answer arrives */
    SEGMENTS_MOST = 16,
    CACHED_PAGE_MOST = 256 << 10,
    CACHE_SLOTS = 512,
};

/* ---- catalogue and assets (generated tables) --------------------------------------------------
 */

struct translation {
    const char *key, *text;
};
struct lang {
    const char *tag;
    const struct translation *rows;
    size_t count;
};
extern const struct lang web_catalogues[];
extern const size_t web_catalogue_count;

struct asset {
    const char *path, *type;
    const u8 *plain;
    size_t plain_len;
    const u8 *gzip;
    size_t gzip_len; /* 0: no smaller */
};
extern const struct asset web_assets[];
extern const size_t web_asset_count;

/* ---- a request --------------------------------------------------------------------------------
 */

struct pair {
    str name, value;
};
typedef VEC(struct pair) pairs;

struct watch; /* one connection's deadline */

enum stage {
    STAGE_HEAD,    /* the head is on its way */
    STAGE_BODY,    /* the poll thread gathers the body */
    STAGE_REFUSED, /* the reply is known; the rest of the body is read and dropped */
    STAGE_WORK,    /* suspended; a worker has it */
    STAGE_DONE,    /* the reply waits for the poll thread */
    STAGE_SENT,
};

enum body_kind { BODY_NONE, BODY_FORM, BODY_JSON, BODY_PARTS, BODY_FILE };

struct body {
    enum body_kind kind;
    u64 limit, received;
    struct buf gathered; /* BODY_FORM, BODY_JSON */
    char *chunk;         /* BODY_PARTS, BODY_FILE: what the next job takes */
    size_t chunk_len;
    struct MHD_PostProcessor *parts;
    struct buf value; /* the field of a part that is coming in */
    size_t values_bytes, file_count;
    struct upload upload;
    const struct sink *sink; /* the route's; NULL: no files */
    void *sink_state;
    bool sink_open;
    err failed; /* inside the post processor, which can't pass one on; of the same thread's ring */
    str part;   /* key of the part that is coming in */
    bool part_is_file, part_begun, part_empty;
};

struct request {
    struct web *web;
    struct arena *arena;
    struct MHD_Connection *connection;
    struct watch *watch;
    enum stage stage;
    bool ended;   /* the body is complete */
    bool counted; /* in web->running */
    struct request *next;
    i64 began_us, handed_us, worked_us;
    char id[17];

    const char *uri_at; /* where MHD keeps the request line: to see a U+0000 in it */
    str uri, path, query;
    enum method method;
    bool head;
    const struct route *route;
    pairs parts;
    pairs fields;       /* what a form sent comes before what its address says */
    pairs query_fields; /* while the body comes in */
    struct body body;

    const struct lang *lang;
    str cookies, size, contrast, theme;
    bool personal; /* the page holds what is only for this browser: never cached */
    const struct json *json;
    bool wants_json;

    bool gated; /* session, forgery and permission were checked */
    bool has_session;
    struct session session;
    str visitor; /* the random name of a browser without session: key of its forgery tokens */
    bool visitor_new;
    str nonce;
    faults faults;
    void *form;
    struct outcome outcome;
    struct node *reader; /* borrowed until the reply is made */
    struct reply reply;
    bool close;     /* the connection ends after this reply */
    str cache_name; /* empty: not cacheable */
    u64 cache_version;
};

void reader_end(struct request *q);

/* ---- the server -------------------------------------------------------------------------------
 */

struct pool;
struct rate_table;
struct cache;
struct router;
struct watches;

struct web {
    struct web_config config;
    struct arena *arena;
    struct MHD_Daemon *daemon;
    struct router *router;
    struct pool *pool;
    struct rate_table *rates;
    struct cache *cache;
    struct watches *watches;
    struct map assets;
    _Atomic bool stopping;
    _Atomic unsigned running; /* requests whose head is complete and whose answer isn't sent */
    _Atomic u64 request_count;
    u64 request_prefix;
    u8 secret[32];
    u16 port;
};

/* pool.c -- workers over a bounded queue. */
struct pool *pool_open(struct arena *a, unsigned workers, unsigned most,
                       void (*run)(struct request *q));
void pool_close(struct pool *p);
bool pool_full(struct pool *p);
/* A request's first job is refused when the queue is full; one that was admitted always gets in. */
bool pool_put(struct pool *p, struct request *q, bool admitted);

/* watch.c -- deadlines that a trickle of bytes doesn't move. */
struct watches *watches_open(struct arena *a, unsigned most);
void watches_close(struct watches *w);
struct watch *watch_begin(struct watches *w, int socket, i64 deadline_us);
void watch_end(struct watches *w, struct watch *one);
void watch_until(struct watch *one, i64 deadline_us);
void watch_reading(struct watch *one, bool reading); /* do we wait for the client's bytes? */
void watches_cut(struct watches *w);                 /* every connection, now */

/* door.c -- what the poll thread decides from the head. */
fallible door_head(struct request *q, const char *method, const char *version);
fallible door_body(struct request *q);
/* The value of a preference in the query (size, contrast, theme, lang), to be kept in a cookie. */
bool door_preference(struct request *q, struct reply *r);

/* router.c */
fallible router_open(struct arena *a, const struct web_config *config, struct router **out);
/* Finds the route. ERR_NOT_FOUND, or ERR_METHOD with *allow set. */
fallible router_find(const struct router *r, struct request *q, str *allow);

/* decode.c */
fallible percent_decode(struct arena *a, str raw, bool plus_is_space, str *out);
fallible fields_decode(struct request *q, str raw); /* name=value&… into q->fields */
fallible field_add(struct request *q, str name, str value);

/* body.c */
fallible body_open(struct request *q);
fallible body_gather(struct request *q, const char *bytes, size_t len);
fallible body_feed(struct request *q); /* on a worker: the chunk into parts and sinks */
fallible body_end(struct request *q);  /* on a worker: the body is complete */
void body_drop(struct request *q);     /* gives back what the request still holds */

/* serve.c -- the worker's side. */
void serve(struct request *q);
fallible gate(struct request *q);

/* guard.c */
fallible guard_forgery(struct request *q);
fallible guard_origin(const struct request *q);
void guard_headers(const struct request *q, const struct reply *r, struct MHD_Response *out);

/* rate.c */
struct rate_table *rate_open(struct arena *a);
/* Takes one token of that key's bucket; false: it is empty, *wait_seconds until the next. */
bool rate_take(struct rate_table *t, u64 key, unsigned per_second, unsigned burst,
               unsigned *wait_seconds);
void rate_close(struct rate_table *t);

/* session.c */
fallible session_of(struct request *q);
str session_cookie(const struct request *q); /* its token, whether it lives or not; or empty */

/* token.c */
str token_text(struct arena *a); /* 256 random bits as SESSION_TOKEN digits */

/* input.c */
fallible input_read(struct request *q, const struct input *input, void **form);

/* cache.c */
struct cache *cache_open(struct arena *a);
void cache_close(struct cache *c);
/* The response, or the «not modified» one; NULL: not here. Held until cache_release. */
struct MHD_Response *cache_find(struct cache *c, const struct request *q, str if_none_match,
                                unsigned *status);
void cache_release(struct cache *c);
void cache_store(struct cache *c, struct request *q);
str etag_of(struct arena *a, str body);
bool etag_matches(str if_none_match, str etag);

/* asset.c */
void assets_open(struct web *w);
void assets_close(struct web *w);
struct MHD_Response *asset_find(struct web *w, const struct request *q, unsigned *status);

/* reply.c */
void reply_reset(struct request *q);
void reply_copy_headers(const struct request *q, struct MHD_Response *out);
enum MHD_Result reply_send(struct request *q);

/* fail.c */
void fail_reply(struct request *q, const struct error *e);
void page_error_view(struct request *q, const struct error *e);

/* request.c */
str head_value(struct MHD_Connection *c, const char *name);
u64 client_key(const struct request *q); /* hash of the client's address */
