#include "web/web_int.h"

void reply_reset(struct request *q)
{
    q->reply = (struct reply){.type = "text/html; charset=utf-8", .file = -1};
    q->reply.body = buf_in(q->arena);
}

/* A reply's list grows in the arena of its body. */
void reply_header(struct reply *r, const char *name, str value)
{
    for (size_t i = 0; i < value.len; i++)
        assert(value.ptr[i] != '\r' && value.ptr[i] != '\n' && value.ptr[i] != '\0');
    vec_push(r->body.arena, &r->headers, ((struct header){name, value}));
}

/* Only a path of this site: what comes in a «back to» field must not lead elsewhere. */
static bool is_local(str path)
{
    for (size_t i = 0; i < path.len; i++)
        if ((u8)path.ptr[i] <= 0x20 || (u8)path.ptr[i] >= 0x7F || path.ptr[i] == '\\')
            return false;
    return path.len && path.ptr[0] == '/' && !(path.len > 1 && path.ptr[1] == '/');
}

fallible reply_go(struct request *q, struct reply *r, str path)
{
    (void)q;
    REQUIRE(is_local(path), ERR_INPUT, "no address of this site");
    r->status = 303;
    reply_header(r, "Location", path);
    return OK;
}

void reply_copy_headers(const struct request *q, struct MHD_Response *out)
{
    const struct reply *r = &q->reply;

    (void)MHD_add_response_header(out, "Content-Type", r->type);
    for (size_t i = 0; i < r->headers.count; i++)
        (void)MHD_add_response_header(out, r->headers.at[i].name,
                                      str_z(q->arena, r->headers.at[i].value));
    guard_headers(q, r, out);
}

static struct MHD_Response *response_of(struct request *q)
{
    struct reply *r = &q->reply;

    if (r->file >= 0) {
        return MHD_create_response_from_fd64(r->file_size, r->file);
    }
    return MHD_create_response_from_buffer(r->body.len, r->body.len ? r->body.ptr : NULL,
                                           MHD_RESPMEM_PERSISTENT);
}

static u64 reply_size(const struct reply *r)
{
    return r->file >= 0 ? r->file_size : r->body.len;
}

enum MHD_Result reply_send(struct request *q)
{
    struct reply *r = &q->reply;
    u64 size = reply_size(r);
    struct MHD_Response *out = response_of(q);

    if (out == NULL)
        return MHD_NO;
    q->stage = STAGE_SENT;
    reply_copy_headers(q, out);
    r->file = -1; /* the response closes it */
    (void)MHD_add_response_header(out, "X-Request-Id", q->id);
    if (q->close || atomic_load(&q->web->stopping))
        (void)MHD_add_response_header(out, "Connection", "close");
    watch_until(q->watch, monotonic_us() + ((i64)q->web->config.body_seconds + (i64)(size / 4096)) *
                                               1000 * 1000);

    enum MHD_Result sent =
        MHD_queue_response(q->connection, (unsigned)(r->status ? r->status : 200), out);
    MHD_destroy_response(out);
    return sent;
}
