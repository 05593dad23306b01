/*
 * web -- HTTP, routes, pages: the way in for people and programs.
 *
 * A request is met by a poll thread, which never blocks: it checks the head, answers what lies in
 * memory, gathers the body. All else is done by a worker as plain blocking code, top to bottom:
 * session, forgery, permission, input, run. The other rooms give tables of routes and functions.
 *
 * Invariants  no handler runs before the permission check; text that reaches a handler is valid
 *             UTF-8 without U+0000; a body above its route's limit never reaches memory.
 * Lifetime    what a request returns lives until it is answered (its arena); a `struct web` from
 *             web_open to web_close.
 * Threads     a request and its reply belong to the worker that runs them.
 */
#pragma once
#include "base/base.h"
#include "crypto/crypto.h"
#include <stdatomic.h>

/* ---- language: messages ---------------------------------------------------------------------- */

/* Marks a message of C code for the catalogue; it stays the key. */
#define T(literal) ("" literal)

struct lang;

/* The language of that tag ("zh-CN", "en"); Chinese for any other. Pure. */
const struct lang *lang_of(str tag);
/* By a browser's Accept-Language, in its order and quality. */
const struct lang *lang_accepted(str header);
const char *lang_tag(const struct lang *lang);
/* The translation of a message, or the message itself where there is none. */
const char *message(const struct lang *lang, const char *key);

/* ---- pages: values into HTML ----------------------------------------------------------------- */

/* Finished HTML; passes unescaped. Made by page functions and by html_unescaped only. */
typedef struct {
    str text;
} html;

/* `out_text(b, v)`, `out_attr`, `out_url` (a whole address or its start) and `out_url_part` take
 * each type that is safe there; another doesn't compile. Generated pages call them. */
#define out_text(b, v)                                                                             \
    _Generic((v), str                                                                              \
             : out_text_str, html                                                                  \
             : out_text_html, int                                                                  \
             : out_i64, i64                                                                        \
             : out_i64, size_t                                                                     \
             : out_u64, date                                                                       \
             : out_date, instant                                                                   \
             : out_instant, money                                                                  \
             : out_money)((b), (v))
#define out_attr(b, v)                                                                             \
    _Generic((v), str                                                                              \
             : out_attr_str, int                                                                   \
             : out_i64, i64                                                                        \
             : out_i64, size_t                                                                     \
             : out_u64, date                                                                       \
             : out_date, instant                                                                   \
             : out_instant, money                                                                  \
             : out_money)((b), (v))
#define out_url(b, v) _Generic((v), str : out_url_str)((b), (v))
#define out_url_part(b, v)                                                                         \
    _Generic((v), str                                                                              \
             : out_part_str, int                                                                   \
             : out_i64, i64                                                                        \
             : out_i64, size_t                                                                     \
             : out_u64, date                                                                       \
             : out_date)((b), (v))
#define is_true(v)                                                                                 \
    _Generic((v), bool                                                                             \
             : truth_bool, int                                                                     \
             : truth_i64, i64                                                                      \
             : truth_i64, size_t                                                                   \
             : truth_u64, str                                                                      \
             : truth_str, html                                                                     \
             : truth_html)((v))
#define page_ref(type, v)                                                                          \
    _Generic((v), type : &(v), type * : (v), const type * : (v)) /* one struct, by its address */

void out_text_str(struct buf *b, str s);
void out_text_html(struct buf *b, html h);
void out_attr_str(struct buf *b, str s);
/* An address that leads nowhere harmful: of this site, http(s), mailto or tel; else "#". */
void out_url_str(struct buf *b, str s);
void out_part_str(struct buf *b, str s); /* percent-encoded, "/" too */
void out_i64(struct buf *b, i64 n);
void out_u64(struct buf *b, u64 n);
void out_date(struct buf *b, date d);       /* 2026-11-23 */
void out_instant(struct buf *b, instant t); /* 2026-11-23T01:05:00.000Z */
void out_money(struct buf *b, money m);     /* 4612.80 */
bool truth_bool(bool v);
bool truth_i64(i64 v);
bool truth_u64(u64 v);
bool truth_str(str v);
bool truth_html(html v);

/* A message's argument: text that is still to be escaped, or HTML. */
struct piece {
    str text;
    bool finished;
};
struct argument {
    const char *name;
    struct piece value;
};
enum place { PLACE_TEXT, PLACE_ATTR };
#define piece_of(b, v)                                                                             \
    _Generic((v), str                                                                              \
             : piece_str, html                                                                     \
             : piece_html, int                                                                     \
             : piece_i64, i64                                                                      \
             : piece_i64, size_t                                                                   \
             : piece_u64, date                                                                     \
             : piece_date, money                                                                   \
             : piece_money)((b), (v))
struct piece piece_str(struct buf *b, str v);
struct piece piece_html(struct buf *b, html v);
struct piece piece_i64(struct buf *b, i64 v);
struct piece piece_u64(struct buf *b, u64 v);
struct piece piece_date(struct buf *b, date v);
struct piece piece_money(struct buf *b, money v);
/* A translated text with its {placeholders} filled; finished HTML in an attribute is asserted away.
 */
void out_message(struct buf *b, enum place place, const char *text, const struct argument *args,
                 size_t count);
/* The same without escaping, for logs, letters and JSON. */
str message_text(struct arena *a, const char *text, const struct argument *args, size_t count);

/* HTML that somebody else made safe; every use can be found by this name. */
html html_unescaped(str finished);

/* Formats of templates: `{{ c.due | day }}`. */
#define format_day(b, lang, v)                                                                     \
    _Generic((v), date : format_day_date, instant : format_day_instant)((b), (lang), (v))
#define format_weekday(b, lang, v)                                                                 \
    _Generic((v), date : format_weekday_date, instant : format_weekday_instant)((b), (lang), (v))
#define format_minute(b, lang, v) _Generic((v), instant : format_minute_instant)((b), (lang), (v))
#define format_time(b, lang, v) _Generic((v), instant : format_time_instant)((b), (lang), (v))
#define format_money(b, lang, v) _Generic((v), money : format_money_money)((b), (lang), (v))
#define format_count(b, lang, v)                                                                   \
    _Generic((v), int                                                                              \
             : format_count_i64, i64                                                               \
             : format_count_i64, size_t                                                            \
             : format_count_u64)((b), (lang), (v))
#define format_bytes(b, lang, v)                                                                   \
    _Generic((v), i64 : format_bytes_i64, size_t : format_bytes_u64)((b), (lang), (v))
#define format_lines(b, lang, v) _Generic((v), str : format_lines_str)((b), (lang), (v))
str format_day_date(struct buf *b, const struct lang *lang, date d); /* 2026年11月23日 */
str format_day_instant(struct buf *b, const struct lang *lang, instant t);
str format_weekday_date(struct buf *b, const struct lang *lang, date d); /* … 星期一 */
str format_weekday_instant(struct buf *b, const struct lang *lang, instant t);
str format_minute_instant(struct buf *b, const struct lang *lang, instant t); /* … 9:05 */
str format_time_instant(struct buf *b, const struct lang *lang, instant t);   /* 9:05 */
str format_money_money(struct buf *b, const struct lang *lang, money m);      /* 4,612.80 */
str format_count_i64(struct buf *b, const struct lang *lang, i64 n);          /* 1,284,907 */
str format_count_u64(struct buf *b, const struct lang *lang, size_t n);
str format_bytes_i64(struct buf *b, const struct lang *lang, i64 n); /* 84.6 MB */
str format_bytes_u64(struct buf *b, const struct lang *lang, size_t n);
html format_lines_str(struct buf *b, const struct lang *lang, str s); /* line ends kept */

/* ---- JSON: values out ------------------------------------------------------------------------ */

/* A streaming writer: commas are its business. Ids, money and instants are strings. */
void json_open(struct buf *b, char bracket);
void json_close(struct buf *b, char bracket);
void json_key(struct buf *b, const char *key);
#define json_put(b, v)                                                                             \
    _Generic((v), str                                                                              \
             : json_put_str, bool                                                                  \
             : json_put_bool, int                                                                  \
             : json_put_i64, i64                                                                   \
             : json_put_i64, size_t                                                                \
             : json_put_u64, date                                                                  \
             : json_put_date, instant                                                              \
             : json_put_instant, money                                                             \
             : json_put_money)((b), (v))
#define json_pair(b, key, v) (json_key((b), (key)), json_put((b), (v)))
void json_put_str(struct buf *b, str v);
void json_put_bool(struct buf *b, bool v);
void json_put_i64(struct buf *b, i64 v);
void json_put_u64(struct buf *b, u64 v);
void json_put_date(struct buf *b, date v);
void json_put_instant(struct buf *b, instant v);
void json_put_money(struct buf *b, money v);

/* ---- sessions -------------------------------------------------------------------------------- */

enum { SESSION_TOKEN = 64 }; /* hex digits: 256 bits */

struct session {
    digest key;  /* SHA-256 of the token; the token itself is only in the cookie */
    i64 person;  /* 0: nobody signed in */
    i64 post;    /* the post acted in, 0 for a citizen */
    i64 made_ms; /* system time */
    i64 seen_ms;
    i64 until_ms; /* absolute end */
    char name[64];
};

/* Where sessions are kept. `load` answers ERR_NOT_FOUND for one that is absent or over. Workers
 * call them, several at once. */
struct session_store {
    void *state;
    fallible (*load)(void *state, digest key, struct session *out);
    fallible (*save)(void *state, const struct session *session);
    fallible (*drop)(void *state, digest key);
};

/* A store in memory of at most `most` sessions (the one unseen longest goes); its memory is a's. */
struct session_store session_memory(struct arena *a, size_t most);

struct node; /* the ledger's */

/* ---- requests and replies -------------------------------------------------------------------- */

struct request;

str request_path(const struct request *q);            /* as sent, begins with "/" */
str request_id(const struct request *q);              /* told to the user and logged */
str request_part(const struct request *q, str name);  /* {name} of the route; empty if absent */
str request_field(const struct request *q, str name); /* query or form; the first, or empty */
bool request_has(const struct request *q, str name);
size_t request_count(const struct request *q, str name);
str request_field_at(const struct request *q, str name, size_t at);
str request_header(const struct request *q, str name); /* empty if absent or not UTF-8 */
str request_cookie(const struct request *q, str name);
str request_client(const struct request *q); /* the address of who asks, as text */
const struct json *request_json(const struct request *q);
bool request_wants_json(const struct request *q);
str request_idempotency_key(const struct request *q); /* header or field _key; empty if none */
struct arena *request_arena(struct request *q);
const struct lang *request_lang(const struct request *q);
const struct session *request_session(const struct request *q); /* NULL: none */
const void *request_form(const struct request *q);              /* the input's struct */
void *request_room(const struct request *q); /* what the configuration gave as `state` */
/* The ledger as of one moment: the same reader for the whole request, a newer one after its command
 * was committed. ERR_UNSUPPORTED where none is plugged in. */
fallible request_node(struct request *q, struct node **out);
instant request_now(const struct request *q); /* civil time */
/* The forgery token for a form on the page that answers this request. */
str request_forgery(struct request *q);

/* Lets the page carry scripts of this site: <script nonce="…" src="…">. */
str request_nonce(struct request *q);

/* What is wrong with one field; shown beside it and in the summary. */
struct fault {
    str field;
    str label;
    str text;
};
typedef VEC(struct fault) faults;
void request_fault(struct request *q, str field, str label, str text);
const faults *request_faults(const struct request *q);

/* Signs somebody in: a new token (never the visitor's old one), the cookie, the stored session. */
fallible request_sign_in(struct request *q, const struct session *who);
fallible request_sign_out(struct request *q);

struct header {
    const char *name;
    str value;
};

struct reply {
    int status; /* 200 unless set */
    const char *type;
    struct buf body;
    VEC(struct header) headers;
    int file; /* an open descriptor to send instead of the body, or -1; closed by the server */
    u64 file_size;
    bool scripts; /* the page carries scripts of this site with the request's nonce */
};

void reply_header(struct reply *r, const char *name, str value); /* CR and LF are asserted away */
/* See other: the address to go on at, of this site only. */
fallible reply_go(struct request *q, struct reply *r, str path);
/* The page or the JSON of one view struct: SHOW(q, r, case_show, &view) calls page_case_show or
 * json_case_show by what the client accepts. */
#define SHOW(q, r, name, view)                                                                     \
    (request_wants_json(q)                                                                         \
         ? (json_##name(&(r)->body, (view)), (void)((r)->type = "application/json"))               \
         : page_##name(&(r)->body, request_lang(q), (view)))

/* ---- input ----------------------------------------------------------------------------------- */

enum input_kind { IN_TEXT, IN_LINES, IN_INTEGER, IN_DAY, IN_INSTANT, IN_MONEY, IN_FLAG, IN_CHOICE };

/* One field of a form or query, and where it goes in the form's struct. */
struct input_field {
    const char *name;
    enum input_kind kind;
    size_t at;
    bool required;
    i64 least, most;     /* of a text: code points; of a number: its value (money in cents) */
    const char *label;   /* message */
    const char *choices; /* of IN_CHOICE: "a|b|c" */
};

struct input {
    const char *name;
    size_t size; /* of the struct */
    const struct input_field *fields;
    size_t count;
};

#define INPUT_AT(type, member, wanted)                                                             \
    (offsetof(struct type, member) +                                                               \
     0 * sizeof(char[_Generic(((struct type *)0)->member, wanted : 1, default                      \
                              : -1)]))
#define IN_FIELD_TEXT(type, member, needed, top, text)                                             \
    {                                                                                              \
        .name = #member, .kind = IN_TEXT, .at = INPUT_AT(type, member, str), .required = (needed), \
        .most = (top), .label = T(text)                                                            \
    }
#define IN_FIELD_LINES(type, member, needed, top, text)                                            \
    {                                                                                              \
        .name = #member, .kind = IN_LINES, .at = INPUT_AT(type, member, str),                      \
        .required = (needed), .most = (top), .label = T(text)                                      \
    }
#define IN_FIELD_INTEGER(type, member, needed, low, top, text)                                     \
    {                                                                                              \
        .name = #member, .kind = IN_INTEGER, .at = INPUT_AT(type, member, i64),                    \
        .required = (needed), .least = (low), .most = (top), .label = T(text)                      \
    }
#define IN_FIELD_DAY(type, member, needed, text)                                                   \
    {                                                                                              \
        .name = #member, .kind = IN_DAY, .at = INPUT_AT(type, member, date), .required = (needed), \
        .label = T(text)                                                                           \
    }
#define IN_FIELD_INSTANT(type, member, needed, text)                                               \
    {                                                                                              \
        .name = #member, .kind = IN_INSTANT, .at = INPUT_AT(type, member, instant),                \
        .required = (needed), .label = T(text)                                                     \
    }
#define IN_FIELD_MONEY(type, member, needed, top, text)                                            \
    {                                                                                              \
        .name = #member, .kind = IN_MONEY, .at = INPUT_AT(type, member, money),                    \
        .required = (needed), .most = (top), .label = T(text)                                      \
    }
#define IN_FIELD_FLAG(type, member, text)                                                          \
    {                                                                                              \
        .name = #member, .kind = IN_FLAG, .at = INPUT_AT(type, member, bool), .label = T(text)     \
    }
#define IN_FIELD_CHOICE(type, member, needed, list, text)                                          \
    {                                                                                              \
        .name = #member, .kind = IN_CHOICE, .at = INPUT_AT(type, member, str),                     \
        .required = (needed), .choices = (list), .label = T(text)                                  \
    }
/* const struct input input_NAME for struct NAME: INPUT(accept_form, IN_FIELD_TEXT(…), …); */
#define INPUT(type, ...)                                                                           \
    static const struct input_field input_fields_##type[] = {__VA_ARGS__};                         \
    const struct input input_##type = {#type, sizeof(struct type), input_fields_##type,            \
                                       COUNT(input_fields_##type)}

/* ---- uploads --------------------------------------------------------------------------------- */

/* One file on its way in: a part of a multipart form, or a whole PUT or PATCH body (field ""). */
struct upload {
    str field;
    str name;   /* as the client calls it, at most 255 bytes; never a path of ours */
    str type;   /* as the client calls it; decide by content */
    i64 offset; /* of a resumed body: header Upload-Offset, else 0 */
    i64 total;  /* Content-Length of a whole body, -1 unknown */
};

/* Where its bytes go, chunk by chunk, on workers. Exactly one of finish and abandon ends each begin
 * that succeeded. */
struct sink {
    fallible (*begin)(struct request *q, const struct upload *upload, void **state);
    fallible (*write)(void *state, const void *bytes, size_t len);
    fallible (*finish)(void *state);
    void (*abandon)(void *state);
};

/* ---- what a route does ----------------------------------------------------------------------- */

enum zone { ZONE_PUBLIC = 1, ZONE_INTERNAL = 2, ZONE_COMBINED = 3 };

/* Who may see it is a column here, so that no page can forget it. */
struct view {
    const char *name;
    const char *duty;          /* "ANYBODY", or what the permission check knows */
    const char *scope;         /* "NONE", or how the check confines it to a part of the country */
    const struct input *input; /* of the query; NULL: fields are read by name */
    fallible (*run)(struct request *q, struct reply *r);
    /* The same for all who aren't signed in as long as this number stays: cached. NULL: never. */
    const _Atomic u64 *version;
    enum zone zone; /* 0: all */
};

struct tx; /* the ledger's; web only passes it on */

struct action {
    const char *name;
    const char *duty;
    const char *scope;
    const struct input *input;
    /* Long work on the worker before the writer: parsing, hashing, rendering. May be NULL. */
    fallible (*prepare)(struct request *q, void *form);
    /* Runs in the writer: reads, checks, emits; may leave what `answer` shows in the form. NULL
     * where there is no event. */
    fallible (*run)(struct tx *tx, void *form);
    /* After the commit: what the user sees. */
    fallible (*answer)(struct request *q, const void *form, struct reply *r);
    /* Shows the form again with request_faults; the status is set. NULL: the error page. */
    fallible (*again)(struct request *q, struct reply *r);
    size_t body_limit;       /* bytes; 0: 64 KB */
    const struct sink *sink; /* files go there; NULL: none accepted */
    enum zone zone;
    bool forgery_unchecked; /* for machines that sign their requests; never with cookies */
};

enum method { METHOD_GET = 1, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE };

struct route {
    enum method method;
    const char *path; /* "/cases/{no}/accept" */
    const struct view *view;
    const struct action *action;
};

/* Lines of a routes.def: ROUTE(GET, "/cases/{no}", VIEW(case_show)). */
#define ROUTE(method_, path_, does_) {.method = METHOD_##method_, .path = (path_), does_},
#define VIEW(name) .view = &view_##name
#define DO(name) .action = &action_##name

struct routes {
    const struct route *at;
    size_t count;
};

/* One unsafe request on its way to the writer. */
struct submission {
    const struct action *action;
    void *form;
    str key;        /* idempotency key, or empty */
    digest content; /* of method, path and fields: the same key with another is 422 */
};

struct outcome {
    bool again;      /* this key was answered before: `run` did nothing now */
    i64 first_event; /* id; 0 if nothing was emitted */
};
const struct outcome *request_outcome(const struct request *q);

/* What is plugged in. Workers call them, several at once. */
struct web_ops {
    void *state;
    /* Lends a reader of the ledger with a snapshot; each is given back once. May be NULL. */
    fallible (*borrow)(void *state, struct node **out);
    void (*give_back)(void *state, struct node *reader);
    instant (*now)(void *state); /* civil time; NULL: the system's */
    /* May who asks do this here? ERR_SIGN_IN, ERR_FORBIDDEN. Sets up the request's scope. NULL:
     * everything but duty "ANYBODY" is refused. */
    fallible (*permit)(void *state, struct request *q, const char *duty, const char *scope);
    /* Waits until the writer has committed or refused. */
    fallible (*submit)(void *state, struct request *q, const struct submission *s,
                       struct outcome *out);
};

/* ---- the site's shell ------------------------------------------------------------------------ */

struct page_link {
    str title;
    str url;
    bool current;
};
typedef VEC(struct page_link) page_links;
struct page_places {
    page_links list;
};

/* What every page of the public shell shows: page_top and page_bottom take it. */
struct page {
    str title;
    str site, domain, site_code; /* 国办发〔2017〕47号: SiteName, SiteDomain, SiteIDCode */
    str column, column_type;
    str above, place; /* the place switcher: "甘肃省 › 武威市 › ", "民勤县" */
    struct page_places up, beside, below;
    page_links nav, crumbs;
    str person;  /* who is signed in, or empty */
    str forgery; /* of the sign-out form */
    str size, contrast, theme, lang, other_lang, other_name;
    str body_class;
    bool flush;             /* its parts take the whole width and wrap themselves */
    str host, contact, ids; /* foot: 主办单位, 联系方式, 备案 */
    str clock;              /* says that the clock is set, on every page; empty otherwise */
};

/* The staff desk's shell: page_desk_top and page_desk_bottom. */
struct desk_link {
    str title, url;
    str icon; /* of the desk's sprite: bell chart doc hand list ok pen search */
    i64 count;
    bool current;
};
struct desk_group {
    str title;
    VEC(struct desk_link) links;
};
struct desk {
    struct page page;
    str post; /* the post acted in */
    date today;
    str today_note;
    VEC(struct desk_group) groups;
};

/* Fills `p` from the site's configuration and the request. */
struct page page_of(struct request *q, str title);

struct site {
    str name, domain, site_code, above, place, host, contact, ids, clock;
    struct page_places up, beside, below;
    page_links nav;
};

/* ---- the server ------------------------------------------------------------------------------ */

struct web_config {
    const char *address; /* "127.0.0.1" */
    u16 port;            /* 0: any free one */
    enum zone zone;      /* 0: combined */
    const struct routes *rooms;
    size_t room_count;
    const struct site *site;
    struct web_ops ops;
    const struct session_store *sessions;
    u8 secret[32]; /* of forgery tokens; all zero: drawn anew */
    void *state;   /* request_room */

    /* Ceilings; 0 takes the default. */
    unsigned pollers, workers;          /* 2, 8 */
    unsigned queue;                     /* 256 requests wait for a worker */
    unsigned connections, per_client;   /* 2048, 64; behind a proxy the latter doesn't hold */
    unsigned head_seconds;              /* 20: from idle to a whole head */
    unsigned body_seconds;              /* 20 and a second for each 4 KB */
    unsigned stop_seconds;              /* 30 */
    unsigned idle_seconds;              /* 1800: a session unused for so long is over */
    unsigned rate, burst;               /* requests a second and client: 50, 300 */
    unsigned unsafe_rate, unsafe_burst; /* of a session or client: 5, 40 */
    bool
        behind_proxy; /* TLS is done in front: Secure cookies, the client's address by its header */
};

struct web;

/* Serves from now on. ERR_INPUT: two routes alike; ERR_IO: the address is taken. */
fallible web_open(const struct web_config *config, struct web **out);
u16 web_port(const struct web *w);
/* Takes no more connections, answers what has begun (at most stop_seconds), ends its threads. */
void web_close(struct web *w);

/* The OpenAPI 3.1 description of the routes below /api and of all that answer JSON. */
void web_openapi(struct buf *out, const struct web_config *config);
/* A line a route: method, path, name, duty, scope, zone. */
void web_routes(struct buf *out, const struct web_config *config);

#include "web_pages.h"
