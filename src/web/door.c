#include "web/web_int.h"

/* What the poll thread decides from the head alone. Where two readers of one message could disagree
 * (length against chunks, doubled headers, odd bytes) it is refused, so that no front end and this
 * server ever see two different requests. */

struct head_check {
    const char *wrong;
    unsigned count, lengths, hosts, encodings, types;
};

static bool is_token(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool all_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_token(text[i]))
            return false;
    return len > 0;
}

static bool has_control(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (((u8)text[i] < 0x20 && text[i] != '\t') || (u8)text[i] == 0x7F)
            return true;
    return false;
}

static bool named(const char *key, size_t len, const char *name)
{
    return len == strlen(name) && strncasecmp(key, name, len) == 0;
}

static enum MHD_Result check_header(void *state, enum MHD_ValueKind kind, const char *key,
                                    size_t key_len, const char *value, size_t value_len)
{
    struct head_check *c = state;

    (void)kind;
    c->lengths += named(key, key_len, "Content-Length");
    c->hosts += named(key, key_len, "Host");
    c->encodings += named(key, key_len, "Transfer-Encoding");
    c->types += named(key, key_len, "Content-Type");
    if (++c->count > HEADERS_MOST)
        c->wrong = "too many headers";
    else if (!all_token(key, key_len))
        c->wrong = "a header's name";
    else if (value && has_control(value, value_len))
        c->wrong = "a header's value";
    return c->wrong ? MHD_NO : MHD_YES;
}

static fallible check_headers(struct request *q)
{
    struct head_check c = {0};

    (void)MHD_get_connection_values_n(q->connection, MHD_HEADER_KIND, check_header, &c);
    REQUIRE(c.wrong == NULL, ERR_INPUT, "%s", c.wrong);
    REQUIRE(c.lengths <= 1 && c.hosts <= 1 && c.encodings <= 1 && c.types <= 1, ERR_INPUT,
            "a header twice that may stand once");
    REQUIRE(!c.encodings || !c.lengths, ERR_INPUT, "Content-Length beside Transfer-Encoding");

    str encoding = head_value(q->connection, "Transfer-Encoding");
    REQUIRE(!c.encodings || (encoding.len == 7 && strncasecmp(encoding.ptr, "chunked", 7) == 0),
            ERR_INPUT, "a Transfer-Encoding other than chunked");
    return OK;
}

static fallible method_of(struct request *q, const char *text)
{
    static const struct {
        const char *name;
        enum method method;
    } methods[] = {{"GET", METHOD_GET}, {"HEAD", METHOD_GET},    {"POST", METHOD_POST},
                   {"PUT", METHOD_PUT}, {"PATCH", METHOD_PATCH}, {"DELETE", METHOD_DELETE}};

    for (size_t i = 0; i < COUNT(methods); i++)
        if (strcmp(text, methods[i].name) == 0) {
            q->method = methods[i].method;
            q->head = i == 1;
            return OK;
        }
    FAIL(ERR_METHOD, "an unknown method");
}

static str choice(const struct request *q, str cookie, const char *const *choices)
{
    str value = request_cookie(q, cookie);

    for (; *choices; choices++)
        if (str_eq(value, str_of(*choices)))
            return value;
    return S("");
}

static const char *const sizes[] = {"large", NULL};
static const char *const contrasts[] = {"more", NULL};
static const char *const themes[] = {"dark", "light", NULL};
static const char *const langs[] = {"zh-CN", "en", NULL};

static bool accepts_json(const struct request *q)
{
    str accept = head_value(q->connection, "Accept");

    return str_starts(q->path, S("/api/")) ||
           (str_find(accept, S("application/json")) >= 0 && str_find(accept, S("text/html")) < 0);
}

static void read_taste(struct request *q)
{
    q->cookies = head_value(q->connection, "Cookie");
    if (!utf8_valid(q->cookies))
        q->cookies = S("");
    q->size = choice(q, S("size"), sizes);
    q->contrast = choice(q, S("contrast"), contrasts);
    q->theme = choice(q, S("theme"), themes);
    str lang = choice(q, S("lang"), langs);
    q->lang =
        lang.len ? lang_of(lang) : lang_accepted(head_value(q->connection, "Accept-Language"));
    q->wants_json = accepts_json(q);
}

/* MHD ends the request line's address at a U+0000; the version stands where the address ends. */
fallible door_head(struct request *q, const char *method, const char *version)
{
    ptrdiff_t cut = str_find(q->uri, S("?"));

    q->path = cut < 0 ? q->uri : str_sub(q->uri, 0, (size_t)cut);
    q->query = cut < 0 ? S("") : str_sub(q->uri, (size_t)cut + 1, q->uri.len);
    read_taste(q);
    REQUIRE(version == q->uri_at + q->uri.len + 1, ERR_INPUT, "a malformed request line");
    REQUIRE(q->uri.len <= URI_MOST, ERR_LIMIT, "an address of %zu bytes", q->uri.len);
    REQUIRE(q->uri.len && q->uri.ptr[0] == '/' && str_find(q->uri, S("#")) < 0 &&
                !has_control(q->uri.ptr, q->uri.len),
            ERR_INPUT, "a malformed address");
    TRY(method_of(q, method));
    return check_headers(q);
}

fallible door_body(struct request *q)
{
    str length = head_value(q->connection, "Content-Length");
    bool chunked = head_value(q->connection, "Transfer-Encoding").len != 0;
    u64 size = 0;

    if (length.len)
        TRY(str_u64(length, &size));
    if (size == 0 && !chunked) {
        q->body.kind = BODY_NONE;
        return OK;
    }
    REQUIRE(q->route->action != NULL, ERR_INPUT, "a body where none belongs");
    TRY(body_open(q));
    REQUIRE(size <= q->body.limit, ERR_TOO_LARGE, "a body of %llu bytes", (unsigned long long)size);
    return OK;
}

static bool among(const char *const *choices, str value)
{
    for (; *choices; choices++)
        if (str_eq(value, str_of(*choices)))
            return true;
    return value.len == 0;
}

/* The query without the preferences, so that the link that sets one leads back to the same page. */
static str query_without(struct request *q)
{
    struct buf kept = buf_in(q->arena);
    str rest = q->query, one;

    while (rest.len && str_split(&rest, '&', &one)) {
        if (str_starts(one, S("size=")) || str_starts(one, S("contrast=")) ||
            str_starts(one, S("theme=")) || str_starts(one, S("lang=")))
            continue;
        buf_byte(&kept, kept.len ? '&' : '?');
        buf_str(&kept, one);
    }
    return buf_text(&kept);
}

/* Elder mode, contrast, theme and language are plain page_links that set a cookie (UI.md), so they
 * work without script and on every page. */
bool door_preference(struct request *q, struct reply *r)
{
    static const struct {
        str name;
        const char *const *choices;
    } kinds[] = {{{"size", 4}, sizes},
                 {{"contrast", 8}, contrasts},
                 {{"theme", 5}, themes},
                 {{"lang", 4}, langs}};
    bool found = false;

    for (size_t i = 0; i < COUNT(kinds) && q->method == METHOD_GET; i++) {
        str value = request_field(q, kinds[i].name);
        if (!request_has(q, kinds[i].name) || !among(kinds[i].choices, value))
            continue;
        found = true;
        reply_header(r, "Set-Cookie",
                     str_format(q->arena, "%.*s=%.*s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax%s",
                                STR(kinds[i].name), STR(value), value.len ? 31536000 : 0,
                                q->web->config.behind_proxy ? "; Secure" : ""));
    }
    if (found) {
        r->status = 303;
        reply_header(r, "Location",
                     str_format(q->arena, "%.*s%.*s", STR(q->path), STR(query_without(q))));
    }
    return found;
}
