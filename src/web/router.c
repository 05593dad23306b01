#include "web/web_int.h"

#include <stdlib.h>

/* A pattern cut into segments. Literals come before {names} at the first place where two patterns
 * differ, so the first that fits is the most particular. */
struct pattern {
    const struct route *route;
    str segments[SEGMENTS_MOST];
    size_t count;
};

struct router {
    struct pattern *patterns; /* by number of segments, then by particularity */
    size_t count;
    size_t first[SEGMENTS_MOST + 2]; /* of each number of segments */
};

static bool is_name(str segment)
{
    return segment.len && segment.ptr[0] == '{';
}

static fallible cut(str path, struct pattern *out)
{
    str rest = str_sub(path, 1, path.len), segment;

    REQUIRE(path.len && path.ptr[0] == '/', ERR_INPUT, "no path: %.*s", STR(path));
    while (str_split(&rest, '/', &segment)) {
        REQUIRE(out->count < SEGMENTS_MOST, ERR_INPUT, "too many segments");
        out->segments[out->count++] = segment;
    }
    return OK;
}

static int by_particularity(const void *left, const void *right)
{
    const struct pattern *a = left, *b = right;

    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (size_t i = 0; i < a->count; i++) {
        bool named = is_name(a->segments[i]), other = is_name(b->segments[i]);
        int order =
            named || other ? (int)named - (int)other : str_cmp(a->segments[i], b->segments[i]);
        if (order)
            return order;
    }
    return (a->route->method > b->route->method) - (a->route->method < b->route->method);
}

static fallible add_all(struct arena *a, const struct web_config *config, struct router *r)
{
    for (size_t room = 0; room < config->room_count; room++)
        r->count += config->rooms[room].count;
    r->patterns = NEW_N(a, r->count ? r->count : 1, struct pattern);

    size_t at = 0;
    for (size_t room = 0; room < config->room_count; room++)
        for (size_t i = 0; i < config->rooms[room].count; i++, at++) {
            const struct route *route = &config->rooms[room].at[i];
            REQUIRE((route->view != NULL) != (route->action != NULL), ERR_INPUT,
                    "%s: neither VIEW nor DO", route->path);
            REQUIRE((route->view != NULL) == (route->method == METHOD_GET), ERR_INPUT,
                    "%s: only GET shows a view", route->path);
            r->patterns[at].route = route;
            TRY(cut(str_of(route->path), &r->patterns[at]));
        }
    return OK;
}

fallible router_open(struct arena *a, const struct web_config *config, struct router **out)
{
    struct router *r = NEW(a, struct router);

    TRY(add_all(a, config, r));
    qsort(r->patterns, r->count, sizeof *r->patterns, by_particularity);
    for (size_t i = 1; i < r->count; i++)
        REQUIRE(by_particularity(&r->patterns[i - 1], &r->patterns[i]) != 0, ERR_INPUT,
                "two routes alike: %s", r->patterns[i].route->path);
    for (size_t n = 0, i = 0; n < COUNT(r->first); n++) {
        while (i < r->count && r->patterns[i].count < n)
            i++;
        r->first[n] = i;
    }
    *out = r;
    return OK;
}

/* The path's segments, decoded; "." and ".." are refused rather than resolved. */
static fallible path_cut(struct request *q, str *segments, size_t *count)
{
    str rest = str_sub(q->path, 1, q->path.len), raw;

    *count = 0;
    while (str_split(&rest, '/', &raw)) {
        REQUIRE(*count < SEGMENTS_MOST, ERR_NOT_FOUND, "more segments than any route has");
        str *one = &segments[(*count)++];
        TRY(percent_decode(q->arena, raw, false, one));
        REQUIRE(!str_eq(*one, S(".")) && !str_eq(*one, S("..")), ERR_INPUT, "a dot segment");
    }
    return OK;
}

static bool fits(const struct pattern *p, const str *segments)
{
    for (size_t i = 0; i < p->count; i++)
        if (is_name(p->segments[i]) ? segments[i].len == 0 : !str_eq(p->segments[i], segments[i]))
            return false;
    return true;
}

static bool in_zone(const struct route *route, enum zone here)
{
    enum zone zone = route->view ? route->view->zone : route->action->zone;

    return zone == 0 || here == 0 || ((unsigned)zone & (unsigned)here) != 0;
}

static void found(struct request *q, const struct pattern *p, const str *segments)
{
    q->route = p->route;
    for (size_t i = 0; i < p->count; i++)
        if (is_name(p->segments[i])) {
            str name = str_sub(p->segments[i], 1, p->segments[i].len - 1);
            vec_push(q->arena, &q->parts, ((struct pair){name, segments[i]}));
        }
}

static const char *method_name(enum method method)
{
    static const char *const names[] = {"", "GET, HEAD", "POST", "PUT", "PATCH", "DELETE"};

    return names[method];
}

fallible router_find(const struct router *r, struct request *q, str *allow)
{
    str segments[SEGMENTS_MOST];
    size_t count;
    struct buf methods = buf_in(q->arena);

    TRY(path_cut(q, segments, &count));
    for (size_t i = r->first[count]; i < r->first[count + 1]; i++) {
        const struct pattern *p = &r->patterns[i];
        if (!in_zone(p->route, q->web->config.zone) || !fits(p, segments))
            continue;
        if (p->route->method == q->method) {
            found(q, p, segments);
            return OK;
        }
        buf_z(&methods, methods.len ? ", " : "");
        buf_z(&methods, method_name(p->route->method));
    }
    REQUIRE(methods.len, ERR_NOT_FOUND, "no route");
    *allow = buf_text(&methods);
    FAIL(ERR_METHOD, "the path takes %.*s", STR(*allow));
}
