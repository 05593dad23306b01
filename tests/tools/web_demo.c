/* A small server for tests/web_check.py and bench/web: every kind of route once, no storage.
 *
 * web_demo [PORT] [--workers N] [--queue N] [--fast] [--quick] [--proxy]
 * prints its port on a line and serves until SIGTERM. */
#include "tests/tools/web_demo.h"
#include "demo_pages.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static _Atomic u64 version = 1;

static fallible home_run(struct request *q, struct reply *r)
{
    struct demo_home v = {.page = page_of(q, S("Demo")), .title = S("Demo")};

    v.fee.cents = 461280;
    for (int i = 0; i < 3; i++) {
        struct demo_step step = {S("Step"), S("/hello/one"), date_ymd(2026, 11, 23 + i)};
        vec_push(request_arena(q), &v.steps, step);
    }
    page_demo_home(&r->body, request_lang(q), &v);
    return OK;
}

static void json_demo_home(struct buf *b, const struct demo_home *v)
{
    json_open(b, '{');
    json_pair(b, "title", v->title);
    json_pair(b, "text", v->text);
    json_close(b, '}');
}

static fallible hello_run(struct request *q, struct reply *r)
{
    struct demo_home v = {.page = page_of(q, S("Hello")), .title = request_part(q, S("name"))};

    v.text = request_field(q, S("text"));
    SHOW(q, r, demo_home, &v);
    return OK;
}

static fallible bump_run(struct request *q, struct reply *r)
{
    (void)q;
    atomic_fetch_add(&version, 1);
    buf_z(&r->body, "bumped");
    r->type = "text/plain; charset=utf-8";
    return OK;
}

static fallible slow_run(struct request *q, struct reply *r)
{
    i64 ms = 0;

    TRY(str_i64(request_field(q, S("ms")), &ms));
    (void)nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
    buf_z(&r->body, "slept");
    r->type = "text/plain; charset=utf-8";
    return OK;
}

static fallible fail_run(struct request *q, struct reply *r)
{
    i64 code = 0;

    (void)r;
    TRY(str_i64(request_part(q, S("code")), &code));
    REQUIRE(code >= 0 && code < ERR_CODES, ERR_RANGE, "no such error");
    FAIL((enum err_code)code, "secret operator's words");
}

static fallible secret_run(struct request *q, struct reply *r)
{
    (void)q;
    buf_z(&r->body, "the secret");
    return OK;
}

static fallible script_run(struct request *q, struct reply *r)
{
    buf_format(&r->body, "<script nonce=\"%.*s\"></script>", STR(request_nonce(q)));
    return OK;
}

static fallible file_run(struct request *q, struct reply *r)
{
    FILE *f = tmpfile();

    (void)q;
    REQUIRE(f != NULL, ERR_IO, "no temporary file");
    for (int i = 0; i < 100000; i++)
        (void)fputs("0123456789", f);
    (void)fflush(f);
    r->file = dup(fileno(f));
    r->file_size = 1000000;
    r->type = "application/octet-stream";
    (void)fclose(f);
    return OK;
}

static fallible desk_run(struct request *q, struct reply *r)
{
    struct demo_desk v = {.desk = {.page = page_of(q, S("Desk")), .post = S("<post>")}};
    struct desk_group group = {.title = S("Mine")};

    vec_push(request_arena(q), &group.links,
             ((struct desk_link){S("Open"), S("/desk"), S("list"), 1284907, true}));
    vec_push(request_arena(q), &v.desk.groups, group);
    v.desk.today = date_ymd(2026, 11, 23);
    page_demo_desk(&r->body, request_lang(q), &v);
    return OK;
}

static fallible escape_run(struct request *q, struct reply *r)
{
    page_demo_places(&r->body, request_lang(q), request_field(q, S("text")));
    return OK;
}

static fallible escape_answer(struct request *q, const void *form, struct reply *r)
{
    (void)form;
    return escape_run(q, r);
}

struct demo_input {
    str name, note, kind;
    i64 count;
    date day;
    money fee;
    bool agreed;
};

INPUT(demo_input, IN_FIELD_TEXT(demo_input, name, true, 20, "名称"),
      IN_FIELD_LINES(demo_input, note, false, 2000, "说明"),
      IN_FIELD_INTEGER(demo_input, count, false, 1, 99, "数量"),
      IN_FIELD_DAY(demo_input, day, false, "日期"),
      IN_FIELD_MONEY(demo_input, fee, false, 100000000, "金额"),
      IN_FIELD_CHOICE(demo_input, kind, false, "red|blue", "种类"),
      IN_FIELD_FLAG(demo_input, agreed, "同意"));

static fallible form_show(struct request *q, struct reply *r)
{
    struct demo_form v = {.page = page_of(q, S("Form")), .faults = *request_faults(q)};

    v.forgery = request_forgery(q);
    v.name = request_field(q, S("name"));
    page_demo_form(&r->body, request_lang(q), &v);
    return OK;
}

static fallible form_run(struct tx *tx, void *form)
{
    (void)tx;
    (void)form;
    return OK;
}

static fallible form_answer(struct request *q, const void *form, struct reply *r)
{
    const struct demo_input *f = form;

    if (!request_wants_json(q))
        return reply_go(q, r, S("/hello/saved"));
    r->type = "application/json";
    json_open(&r->body, '{');
    json_pair(&r->body, "name", f->name);
    json_pair(&r->body, "count", f->count);
    json_pair(&r->body, "fee", f->fee);
    json_close(&r->body, '}');
    return OK;
}

static fallible echo_answer(struct request *q, const void *form, struct reply *r)
{
    (void)form;
    r->type = "text/plain; charset=utf-8";
    out_u64(&r->body, request_count(q, S("a")));
    for (size_t i = 0; i < request_count(q, S("a")); i++) {
        buf_byte(&r->body, '\n');
        buf_str(&r->body, request_field_at(q, S("a"), i));
    }
    return OK;
}

/* Counts and sums what comes, so that the check can compare with what it sent. */
struct tally {
    struct request *q;
    u64 bytes, sum;
    int files;
};
static _Atomic int abandoned;

static fallible tally_begin(struct request *q, const struct upload *u, void **state)
{
    struct tally *t = NEW(request_arena(q), struct tally);

    (void)u;
    t->q = q;
    *state = t;
    return OK;
}

static fallible tally_write(void *state, const void *bytes, size_t len)
{
    struct tally *t = state;
    const u8 *p = bytes;

    t->bytes += len;
    for (size_t i = 0; i < len; i++)
        t->sum = t->sum * 31 + p[i];
    return OK;
}

static fallible tally_finish(void *state)
{
    struct tally *t = state;

    request_fault(t->q, S("file"), S(""),
                  str_format(request_arena(t->q), "%llu %016llx", (unsigned long long)t->bytes,
                             (unsigned long long)t->sum));
    return OK;
}

static void tally_abandon(void *state)
{
    (void)state;
    atomic_fetch_add(&abandoned, 1);
}

static const struct sink tally = {tally_begin, tally_write, tally_finish, tally_abandon};

static fallible upload_answer(struct request *q, const void *form, struct reply *r)
{
    const faults *files = request_faults(q);

    (void)form;
    r->type = "text/plain; charset=utf-8";
    for (size_t i = 0; i < files->count; i++) {
        buf_str(&r->body, files->at[i].text);
        buf_byte(&r->body, '\n');
    }
    buf_str(&r->body, request_field(q, S("after")));
    return OK;
}

static fallible abandoned_run(struct request *q, struct reply *r)
{
    (void)q;
    out_i64(&r->body, atomic_load(&abandoned));
    return OK;
}

static fallible sign_in_answer(struct request *q, const void *form, struct reply *r)
{
    struct session who = {.person = 7, .until_ms = system_now().ms + 3600 * 1000, .name = "Wang"};

    (void)form;
    TRY(request_sign_in(q, &who));
    return reply_go(q, r, S("/secret"));
}

static fallible sign_out_answer(struct request *q, const void *form, struct reply *r)
{
    (void)form;
    TRY(request_sign_out(q));
    return reply_go(q, r, S("/"));
}

static fallible permit(void *state, struct request *q, const char *duty, const char *scope)
{
    (void)state;
    (void)scope;
    if (strcmp(duty, "ANYBODY") == 0)
        return OK;
    REQUIRE(request_session(q) != NULL, ERR_SIGN_IN, "nobody is signed in");
    REQUIRE(strcmp(duty, "SIGNED_IN") == 0, ERR_FORBIDDEN, "nobody has duty %s", duty);
    return OK;
}

/* Remembers one key, as the writer does for each. */
static fallible submit(void *state, struct request *q, const struct submission *s,
                       struct outcome *out)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static char key[129];
    static digest content;
    bool other = false;

    (void)state;
    (void)q;
    pthread_mutex_lock(&lock);
    if (s->key.len && str_eq(s->key, str_of(key))) {
        out->again = true;
        other = !digest_eq(content, s->content);
    } else if (s->key.len) {
        (void)snprintf(key, sizeof key, "%.*s", STR(s->key));
        content = s->content;
    }
    pthread_mutex_unlock(&lock);
    REQUIRE(!other, ERR_KEY_REUSED, "the key came with other content");
    return out->again ? OK : s->action->run(NULL, s->form);
}

#define DEMO_VIEW(name_, ...)                                                                      \
    static const struct view view_##name_ = {                                                      \
        .name = #name_, .duty = "ANYBODY", .scope = "NONE", __VA_ARGS__}
#define DEMO_DO(name_, ...)                                                                        \
    static const struct action action_##name_ = {                                                  \
        .name = #name_, .duty = "ANYBODY", .scope = "NONE", __VA_ARGS__}

DEMO_VIEW(home, .run = home_run, .version = &version);
DEMO_VIEW(hello, .run = hello_run);
DEMO_VIEW(hello_world, .run = secret_run);
DEMO_VIEW(bump, .run = bump_run);
DEMO_VIEW(slow, .run = slow_run);
DEMO_VIEW(fail, .run = fail_run);
DEMO_VIEW(script, .run = script_run);
DEMO_VIEW(file, .run = file_run);
DEMO_VIEW(escape, .run = escape_run);
DEMO_VIEW(form, .run = form_show);
DEMO_VIEW(abandoned, .run = abandoned_run);
DEMO_VIEW(internal, .run = secret_run, .zone = ZONE_INTERNAL);
static const struct view view_secret = {
    .name = "secret", .duty = "SIGNED_IN", .scope = "OWN", .run = secret_run};
static const struct view view_desk = {
    .name = "desk", .duty = "SIGNED_IN", .scope = "OWN", .run = desk_run};
static const struct view view_forbidden = {
    .name = "forbidden", .duty = "NOBODY", .scope = "OWN", .run = secret_run};
DEMO_DO(form, .input = &input_demo_input, .run = form_run, .answer = form_answer,
        .again = form_show);
DEMO_DO(echo, .answer = echo_answer, .forgery_unchecked = true);
DEMO_DO(escape, .answer = escape_answer, .forgery_unchecked = true, .body_limit = 1u << 20);
DEMO_DO(upload, .answer = upload_answer, .sink = &tally, .body_limit = 300u << 20,
        .forgery_unchecked = true);
DEMO_DO(guarded_upload, .answer = upload_answer, .sink = &tally, .body_limit = 1u << 20);
DEMO_DO(sign_in, .answer = sign_in_answer);
DEMO_DO(sign_out, .answer = sign_out_answer);

static const struct route routes[] = {
    // clang-format off
    ROUTE(GET, "/", VIEW(home))
    ROUTE(GET, "/hello/{name}", VIEW(hello))
    ROUTE(GET, "/hello/world", VIEW(hello_world))
    ROUTE(GET, "/api/hello/{name}", VIEW(hello))
    ROUTE(GET, "/bump", VIEW(bump))
    ROUTE(GET, "/slow", VIEW(slow))
    ROUTE(GET, "/fail/{code}", VIEW(fail))
    ROUTE(GET, "/script", VIEW(script))
    ROUTE(GET, "/file", VIEW(file))
    ROUTE(GET, "/escape", VIEW(escape))
    ROUTE(GET, "/form", VIEW(form))
    ROUTE(GET, "/abandoned", VIEW(abandoned))
    ROUTE(GET, "/internal", VIEW(internal))
    ROUTE(GET, "/secret", VIEW(secret))
    ROUTE(GET, "/desk", VIEW(desk))
    ROUTE(GET, "/forbidden", VIEW(forbidden))
    ROUTE(POST, "/form", DO(form))
    ROUTE(POST, "/api/form", DO(form))
    ROUTE(POST, "/echo", DO(echo))
    ROUTE(POST, "/escape", DO(escape))
    ROUTE(POST, "/upload", DO(upload))
    ROUTE(PUT, "/upload", DO(upload))
    ROUTE(POST, "/guarded-upload", DO(guarded_upload))
    ROUTE(POST, "/sign-in", DO(sign_in))
    ROUTE(POST, "/sign-out", DO(sign_out))
    // clang-format on
};

static void options(int argc, char **argv, struct web_config *c)
{
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--workers") == 0 && more)
            c->workers = (unsigned)atoi(argv[++i]);
        else if (strcmp(argv[i], "--queue") == 0 && more)
            c->queue = (unsigned)atoi(argv[++i]);
        else if (strcmp(argv[i], "--pollers") == 0 && more)
            c->pollers = (unsigned)atoi(argv[++i]);
        else if (strcmp(argv[i], "--per-client") == 0 && more)
            c->per_client = (unsigned)atoi(argv[++i]);
        else if (strcmp(argv[i], "--fast") == 0)
            c->rate = c->burst = c->unsafe_rate = c->unsafe_burst = 1000000;
        else if (strcmp(argv[i], "--quick") == 0)
            c->head_seconds = c->body_seconds = 1;
        else if (strcmp(argv[i], "--proxy") == 0)
            c->behind_proxy = true;
        else if (strcmp(argv[i], "--quiet") == 0)
            log_set_level(LOG_ERROR);
        else
            c->port = (u16)atoi(argv[i]);
    }
}

static const struct routes rooms[] = {{routes, COUNT(routes)}};

int main(int argc, char **argv)
{
    scoped_arena a = arena_open();
    struct session_store store = session_memory(a, 100);
    struct site site = {.name = S("Demo"), .domain = S("demo.example")};
    struct web_config config = {.address = "127.0.0.1",
                                .zone = ZONE_PUBLIC,
                                .rooms = rooms,
                                .room_count = 1,
                                .site = &site,
                                .sessions = &store,
                                .ops = {.permit = permit, .submit = submit},
                                .stop_seconds = 5};
    struct web *w;
    sigset_t stop;
    int got;

    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTERM);
    (void)sigaddset(&stop, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &stop, NULL);
    options(argc, argv, &config);
    if (argc > 1 && strcmp(argv[1], "--openapi") == 0) {
        struct buf b = buf_in(a);
        web_openapi(&b, &config);
        (void)fwrite(b.ptr, 1, b.len, stdout);
        return 0;
    }
    err e = web_open(&config, &w);
    if (e != OK) {
        (void)fprintf(stderr, "%s\n", e->message);
        return 2;
    }
    (void)printf("%u\n", web_port(w));
    (void)fflush(stdout);
    (void)sigwait(&stop, &got);
    web_close(w);
    return 0;
}
