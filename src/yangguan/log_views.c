#include "yangguan/site.h"

/*
 * /log: the public log in the layout of C2SP tlog-tiles, and /health.
 *
 * The newest epoch's tree lies under /log; every older one under /log/epoch/N.
 */

static fallible checkpoint(struct request *q, struct reply *r)
{
    struct node *n;
    struct head head;
    bool found;

    TRY(request_node(q, &n));
    TRY(node_newest_head(request_arena(q), n, &head, &found));
    REQUIRE(found, ERR_NOT_FOUND, "nothing is signed yet");
    r->type = "text/plain; charset=utf-8";
    reply_header(r, "Cache-Control", S("no-cache"));
    buf_str(&r->body, head.note);
    return OK;
}

static fallible send_tile(struct request *q, struct reply *r, i64 epoch, str path)
{
    struct node *n;
    struct tile tile;
    str bytes;

    TRY(request_node(q, &n));
    err bad = tile_parse(path, &tile);
    REQUIRE(bad == OK, ERR_NOT_FOUND, "no tile is named so");
    TRY(node_tile(request_arena(q), n, epoch ? epoch : node_epoch(n), tile, &bytes));
    r->type = "application/octet-stream";
    reply_header(r, "Cache-Control",
                 tile.width == TILE_WIDTH ? S("public, max-age=31536000, immutable")
                                          : S("public, max-age=60"));
    buf_str(&r->body, bytes);
    return OK;
}

static fallible newest_tile(struct request *q, struct reply *r)
{
    str path = request_path(q);

    return send_tile(q, r, 0, str_sub(path, sizeof "/log/" - 1, path.len));
}

static fallible older_tile(struct request *q, struct reply *r)
{
    str path = request_path(q), number = request_part(q, S("epoch"));
    i64 epoch;
    err bad = str_i64(number, &epoch);

    REQUIRE(bad == OK && epoch > 0, ERR_NOT_FOUND, "no such epoch");
    return send_tile(q, r, epoch, str_sub(path, sizeof "/log/epoch//" - 1 + number.len, path.len));
}

static fallible health(struct request *q, struct reply *r)
{
    struct node *n;
    struct head head = {0};
    bool found;

    TRY(request_node(q, &n));
    TRY(node_newest_head(request_arena(q), n, &head, &found));
    r->type = "application/json";
    json_open(&r->body, '{');
    json_pair(&r->body, "status", S("ok"));
    json_pair(&r->body, "epoch", head.epoch);
    json_pair(&r->body, "head", head.size);
    json_pair(&r->body, "civil", request_now(q));
    json_close(&r->body, '}');
    return OK;
}

#define PUBLIC_VIEW(name_)                                                                         \
    static const struct view view_##name_ = {                                                      \
        .name = #name_, .duty = "ANYBODY", .scope = "NONE", .run = name_}
PUBLIC_VIEW(checkpoint);
PUBLIC_VIEW(newest_tile);
PUBLIC_VIEW(older_tile);
PUBLIC_VIEW(health);

/* A tile's path has up to five parts behind /tile: level, three of the index, the width. */
#define TILES(before, does)                                                                        \
    ROUTE(GET, before "/tile/{l}/{a}", does)                                                       \
    ROUTE(GET, before "/tile/{l}/{a}/{b}", does)                                                   \
    ROUTE(GET, before "/tile/{l}/{a}/{b}/{c}", does)                                               \
    ROUTE(GET, before "/tile/{l}/{a}/{b}/{c}/{d}", does)

static const struct route routes[] = {
    ROUTE(GET, "/health", VIEW(health)) ROUTE(GET, "/log/checkpoint", VIEW(checkpoint))
        TILES("/log", VIEW(newest_tile)) TILES("/log/epoch/{epoch}", VIEW(older_tile))};
const struct routes log_routes = {routes, COUNT(routes)};
