#include "web/web_int.h"

/* Three finished responses for each asset: plain, gzip, not modified. The address has the hash. */
struct ready {
    str etag;
    struct MHD_Response *plain, *small, *unchanged;
};

static struct MHD_Response *response_of(const struct asset *a, bool small, str etag)
{
    const u8 *bytes = small ? a->gzip : a->plain;
    size_t len = small ? a->gzip_len : a->plain_len;
    struct MHD_Response *out = MHD_create_response_from_buffer(
        len, (void *)(uintptr_t)bytes, MHD_RESPMEM_PERSISTENT); /* it only reads */

    assert(out != NULL);
    (void)MHD_add_response_header(out, "Content-Type", a->type);
    if (small)
        (void)MHD_add_response_header(out, "Content-Encoding", "gzip");
    (void)MHD_add_response_header(out, "Cache-Control", "public, max-age=31536000, immutable");
    (void)MHD_add_response_header(out, "ETag", etag.ptr);
    (void)MHD_add_response_header(out, "Vary", "Accept-Encoding");
    (void)MHD_add_response_header(out, "X-Content-Type-Options", "nosniff");
    (void)MHD_add_response_header(out, "Cross-Origin-Resource-Policy", "same-origin");
    (void)MHD_add_response_header(out, "Content-Security-Policy", "default-src 'none'");
    return out;
}

void assets_open(struct web *w)
{
    w->assets = map_in(w->arena);
    for (size_t i = 0; i < web_asset_count; i++) {
        const struct asset *a = &web_assets[i];
        struct ready *r = NEW(w->arena, struct ready);
        static const struct asset nothing = {.type = "text/plain"};

        r->etag = etag_of(w->arena, (str){(const char *)a->plain, a->plain_len});
        r->plain = response_of(a, false, r->etag);
        r->small = a->gzip_len ? response_of(a, true, r->etag) : NULL;
        r->unchanged = response_of(&nothing, false, r->etag);
        map_set(&w->assets, str_of(a->path), r);
    }
}

void assets_close(struct web *w)
{
    for (size_t i = 0; i < w->assets.count; i++) {
        struct ready *r = w->assets.entries[i].value;
        MHD_destroy_response(r->plain);
        if (r->small != NULL)
            MHD_destroy_response(r->small);
        MHD_destroy_response(r->unchanged);
    }
}

static bool takes_gzip(const struct request *q)
{
    str rest = head_value(q->connection, "Accept-Encoding"), one;

    while (rest.len && str_split(&rest, ',', &one)) {
        str weight = one, name;
        if (!str_split(&weight, ';', &name) || !str_eq(str_trim(name), S("gzip")))
            continue;
        weight = str_trim(weight);
        return !str_eq(weight, S("q=0")) && !str_starts(weight, S("q=0.0"));
    }
    return false;
}

struct MHD_Response *asset_find(struct web *w, const struct request *q, unsigned *status)
{
    const struct ready *r = q->route == NULL ? map_get(&w->assets, q->path) : NULL;

    if (r == NULL)
        return NULL;
    *status = etag_matches(head_value(q->connection, "If-None-Match"), r->etag) ? 304 : 200;
    if (*status == 304)
        return r->unchanged;
    return r->small != NULL && takes_gzip(q) ? r->small : r->plain;
}
