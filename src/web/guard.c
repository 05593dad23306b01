#include "web/web_int.h"

enum { MASK = 32, TOKEN_TEXT = 4 * MASK };

/* What the browser holds that strangers don't: its session's token, else its visitor name. */
static str holder(struct request *q)
{
    if (q->has_session)
        return session_cookie(q);
    if (q->visitor.len == 0)
        q->visitor = request_cookie(q, S("visitor"));
    return q->visitor;
}

static digest mac_of(struct request *q, str who)
{
    struct buf text = buf_in(q->arena);
    digest mac;

    buf_z(&text, "forgery ");
    buf_str(&text, who);
    hmac_sm3((str){(const char *)q->web->secret, sizeof q->web->secret}, buf_text(&text), &mac);
    return mac;
}

/* A fresh mask for each page, so that a compressing front end gives nothing away (BREACH). */
str request_forgery(struct request *q)
{
    u8 bytes[2 * MASK];

    q->personal = true;
    if (holder(q).len == 0) {
        q->visitor = token_text(q->arena);
        reply_header(&q->reply, "Set-Cookie",
                     str_format(q->arena, "visitor=%.*s; Path=/; HttpOnly; SameSite=Lax%s",
                                STR(q->visitor), q->web->config.behind_proxy ? "; Secure" : ""));
    }
    digest mac = mac_of(q, holder(q));
    random_fill(bytes, MASK);
    for (size_t i = 0; i < MASK; i++)
        bytes[MASK + i] = (u8)(bytes[i] ^ mac.at[i]);
    return hex_of(q->arena, bytes, sizeof bytes);
}

str request_nonce(struct request *q)
{
    if (q->nonce.len == 0)
        q->nonce = token_text(q->arena);
    q->personal = true;
    q->reply.scripts = true;
    return q->nonce;
}

/* The second line: what browsers say of where a request comes from. */
fallible guard_origin(const struct request *q)
{
    str site = head_value(q->connection, "Sec-Fetch-Site");
    str origin = head_value(q->connection, "Origin");
    str host = head_value(q->connection, "Host");

    REQUIRE(site.len == 0 || str_eq(site, S("same-origin")) || str_eq(site, S("none")), ERR_FORGED,
            "Sec-Fetch-Site says it comes from elsewhere");
    ptrdiff_t at = str_find(origin, S("://"));
    REQUIRE(origin.len == 0 ||
                (at > 0 && str_eq(str_sub(origin, (size_t)at + 3, origin.len), host)),
            ERR_FORGED, "Origin is another site");
    return OK;
}

fallible guard_forgery(struct request *q)
{
    u8 bytes[2 * MASK];
    digest given;
    str token = head_value(q->connection, "X-CSRF-Token");

    if (q->route->action->forgery_unchecked)
        return OK;
    TRY(guard_origin(q));
    if (token.len == 0)
        token = request_field(q, S("_csrf"));
    REQUIRE(holder(q).len, ERR_FORGED, "neither a session nor a visitor's cookie");
    REQUIRE(token.len == TOKEN_TEXT && hex_to(token, bytes, sizeof bytes) == OK, ERR_FORGED,
            "no forgery token");
    for (size_t i = 0; i < MASK; i++)
        given.at[i] = (u8)(bytes[MASK + i] ^ bytes[i]);
    REQUIRE(digest_eq(given, mac_of(q, holder(q))), ERR_FORGED, "the forgery token is another's");
    return OK;
}

#define POLICY                                                                                     \
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "                \
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

void guard_headers(const struct request *q, const struct reply *r, struct MHD_Response *out)
{
    static const char *const fixed[][2] = {
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"X-Frame-Options", "DENY"},
        {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
    };
    bool cached = false;

    for (size_t i = 0; i < COUNT(fixed); i++)
        (void)MHD_add_response_header(out, fixed[i][0], fixed[i][1]);
    str scripts = r->scripts ? str_format(q->arena, "; script-src 'nonce-%.*s'; connect-src 'self'",
                                          STR(q->nonce))
                             : S("");
    (void)MHD_add_response_header(
        out, "Content-Security-Policy",
        str_format(q->arena, POLICY "%.*s%s", STR(scripts), r->file >= 0 ? "; sandbox" : "").ptr);
    if (q->web->config.behind_proxy)
        (void)MHD_add_response_header(out, "Strict-Transport-Security", "max-age=31536000");
    for (size_t i = 0; i < r->headers.count; i++)
        cached = cached || strcmp(r->headers.at[i].name, "Cache-Control") == 0;
    if (!cached)
        (void)MHD_add_response_header(out, "Cache-Control", "no-store");
}
