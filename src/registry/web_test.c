/* The room over HTTP: signing in and out, sessions, the post acted in. */
#include "tests/test.h"

#include "registry/registry_int.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

struct site_world {
    struct arena *arena;
    struct node_options options;
    struct node *node, *reader;
    struct registry *registry;
    struct web *web;
    struct accounts accounts;
    pthread_mutex_t lock;
    u16 port;
    char cookies[512];
};

static instant now(void *ctx)
{
    (void)ctx;
    return system_now();
}

static fallible borrow(void *state, struct node **out)
{
    struct site_world *w = state;

    pthread_mutex_lock(&w->lock);
    TRY(node_read_begin(w->reader));
    *out = w->reader;
    return OK;
}

static void give_back(void *state, struct node *reader)
{
    struct site_world *w = state;

    node_read_end(reader);
    pthread_mutex_unlock(&w->lock);
}

static fallible submit(void *state, struct request *q, const struct submission *s,
                       struct outcome *out)
{
    struct site_world *w = state;
    struct command c = {
        .run = s->action->run, .input = s->form, .name = s->action->name, .allowed = true};
    struct command *one[] = {&c};

    (void)out;
    TRY(registry_authority(q, &c.by));
    TRY(node_batch(w->node, one, 1));
    return c.job.refused ? err_again(&c.job.why) : OK;
}

static fallible secret_run(struct request *q, struct reply *r)
{
    (void)q;
    buf_z(&r->body, "the cases");
    return OK;
}

static const struct view view_cases = {
    .name = "cases", .duty = "CASE_ACCEPT", .scope = "DIVISION", .run = secret_run};
static const struct route own_routes[] = {{.method = METHOD_GET, "/cases", VIEW(cases)}};

static void site_open(struct site_world *w)
{
    static const char csv[] = "code,name,level,parent\n620000000000,甘肃省,province,\n";
    struct arena *a = arena_open();
    const char *folder = test_folder();
    struct division_report r;
    static struct session_store sessions;
    static struct site site;

    *w = (struct site_world){.arena = a};
    pthread_mutex_init(&w->lock, NULL);
    w->options = (struct node_options){.main = str_format(a, "%s/main.db", folder).ptr,
                                       .keys = str_format(a, "%s/keys.db", folder).ptr,
                                       .disk = disk_open(a, str_format(a, "%s/keys", folder).ptr),
                                       .kinds = registry_kinds,
                                       .kind_count = registry_kind_count,
                                       .site = S("test"),
                                       .origin = S("test.example/log"),
                                       .clock = {now, now, NULL},
                                       .number = 7};
    assert_ok(node_create(&w->options, &w->node));
    assert_ok(
        registry_open(&(struct registry_options){.disk = w->options.disk,
                                                 .state = str_format(a, "%s/state.db", folder).ptr},
                      &w->registry));
    struct door d = door_of(w->node);
    assert_ok(registry_import_divisions(
        &d, &(struct division_list){str_of(csv), S("test"), S(""), date_ymd(2020, 1, 1)}, &r));
    assert_ok(registry_init_admins(a, &d, r.within, &w->accounts));
    assert_ok(registry_demo(a, &d, r.within, (str[]){S("甘肃省教育局")}, 1, &w->accounts));
    assert_ok(node_open_reader(&w->options, &w->reader));

    static struct routes rooms[2];
    rooms[0] = (struct routes){registry_routes, registry_route_count};
    rooms[1] = (struct routes){own_routes, COUNT(own_routes)};
    sessions = registry_sessions(w->registry);
    site = (struct site){.name = S("Test"), .domain = S("test.example")};
    struct web_config config = {.address = "127.0.0.1",
                                .rooms = rooms,
                                .room_count = 2,
                                .site = &site,
                                .sessions = &sessions,
                                .unsafe_rate = 1000,
                                .unsafe_burst = 1000,
                                .ops = {.state = w,
                                        .borrow = borrow,
                                        .give_back = give_back,
                                        .permit = registry_permit,
                                        .submit = submit}};
    assert_ok(web_open(&config, &w->web));
    w->port = web_port(w->web);
}

static void site_close(struct site_world *w)
{
    web_close(w->web);
    registry_close(w->registry);
    node_close(w->reader);
    node_close(w->node);
    pthread_mutex_destroy(&w->lock);
    arena_close(w->arena);
}

/* ---- a small browser ------------------------------------------------------------------------ */

static str talk(struct site_world *w, str request)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(w->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct buf b = buf_in(w->arena);
    char piece[4096];
    ssize_t got;
    int s = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(s >= 0 && connect(s, (struct sockaddr *)&to, sizeof to) == 0);
    assert_int_equal(send(s, request.ptr, request.len, MSG_NOSIGNAL), request.len);
    while ((got = recv(s, piece, sizeof piece, 0)) > 0)
        buf_add(&b, piece, (size_t)got);
    (void)close(s);
    return buf_text(&b);
}

static str between(str text, const char *before, const char *after)
{
    ptrdiff_t at = str_find(text, str_of(before));

    if (at < 0)
        return S("");
    str rest = str_sub(text, (size_t)at + strlen(before), text.len);
    ptrdiff_t end = str_find(rest, str_of(after));
    return end < 0 ? S("") : str_sub(rest, 0, (size_t)end);
}

static void keep_cookie(struct site_world *w, str answer, const char *name)
{
    str value = between(answer, str_format(w->arena, "Set-Cookie: %s=", name).ptr, ";");

    if (value.len)
        (void)snprintf(w->cookies + strlen(w->cookies), sizeof w->cookies - strlen(w->cookies),
                       "%s%s=%.*s", w->cookies[0] ? "; " : "", name, STR(value));
}

static str get(struct site_world *w, const char *path)
{
    str answer = talk(w, str_format(w->arena,
                                    "GET %s HTTP/1.1\r\nHost: test.example\r\nAccept: text/html\r\n"
                                    "Cookie: %s\r\nConnection: close\r\n\r\n",
                                    path, w->cookies));

    keep_cookie(w, answer, "visitor");
    return answer;
}

static str post(struct site_world *w, const char *path, str form)
{
    return talk(w, str_format(w->arena,
                              "POST %s HTTP/1.1\r\nHost: test.example\r\nAccept: text/html\r\n"
                              "Cookie: %s\r\nConnection: close\r\n"
                              "Content-Type: application/x-www-form-urlencoded\r\n"
                              "Content-Length: %zu\r\n\r\n%.*s",
                              path, w->cookies, form.len, STR(form)));
}

static int status_of(str answer)
{
    i64 n = 0;

    (void)(str_i64(str_sub(answer, 9, 12), &n) == OK);
    return (int)n;
}

static str token(struct site_world *w, const char *path)
{
    return between(get(w, path), "name=\"_csrf\" value=\"", "\"");
}

static str sign_in_as(struct site_world *w, const struct account *acc)
{
    str code = S("");

    w->cookies[0] = '\0';
    if (acc->totp.len)
        assert_ok(totp_code(w->arena, acc->totp, system_now().ms, &code));
    str csrf = token(w, "/sign-in");
    assert_true(csrf.len > 0);
    str answer = post(w, "/sign-in",
                      str_format(w->arena, "_csrf=%.*s&login=%.*s&password=%.*s&code=%.*s",
                                 STR(csrf), STR(acc->login), STR(acc->password), STR(code)));
    w->cookies[0] = '\0';
    keep_cookie(w, answer, "yangguan");
    return answer;
}

TEST(over_http_a_post_opens_its_pages_until_it_is_taken)
{
    struct site_world w;

    site_open(&w);
    assert_int_equal(status_of(get(&w, "/cases")), 401);
    const struct account *admin = &w.accounts.at[0], *clerk = &w.accounts.at[3],
                         *examiner = &w.accounts.at[4], *citizen = &w.accounts.at[9];

    str answer = sign_in_as(&w, clerk);
    assert_int_equal(status_of(answer), 303);
    assert_true(str_find(answer, S("Location: /desk\r")) > 0);
    assert_int_equal(status_of(get(&w, "/cases")), 200);
    char clerks[512];
    (void)snprintf(clerks, sizeof clerks, "%s", w.cookies);

    answer = sign_in_as(&w, admin); /* its initial password opens one page only */
    assert_true(str_find(answer, S("Location: /me/password\r")) > 0);
    assert_int_equal(status_of(get(&w, "/cases")), 403);
    assert_int_equal(status_of(sign_in_as(&w, examiner)), 303);
    assert_int_equal(status_of(get(&w, "/cases")), 403);
    answer = sign_in_as(&w, citizen);
    assert_true(str_find(answer, S("Location: /me/cases\r")) > 0);
    assert_int_equal(status_of(get(&w, "/cases")), 403);

    struct sql_posts_held_rows held;
    assert_ok(sql_posts_held(w.arena, node_db(w.node), clerk->person, &held));
    pthread_mutex_lock(&w.lock);
    assert_ok(db_begin(node_db(w.node)));
    sql_post_holder_drop(node_db(w.node), clerk->person, held.at[0].id);
    assert_ok(db_commit(node_db(w.node)));
    pthread_mutex_unlock(&w.lock);
    (void)snprintf(w.cookies, sizeof w.cookies, "%s", clerks);
    assert_int_equal(status_of(get(&w, "/cases")), 403);
    site_close(&w);
}

TEST(over_http_what_is_forged_wrong_or_foreign_signs_nobody_in)
{
    struct site_world w;

    site_open(&w);
    const struct account *clerk = &w.accounts.at[3], *other = &w.accounts.at[4];
    assert_int_equal(status_of(post(&w, "/sign-in", S("_csrf=00&login=a&password=b"))), 403);

    str csrf = token(&w, "/sign-in");
    str unknown =
        post(&w, "/sign-in", str_format(w.arena, "_csrf=%.*s&login=nobody&password=b", STR(csrf)));
    str wrong =
        post(&w, "/sign-in",
             str_format(w.arena, "_csrf=%.*s&login=%.*s&password=b", STR(csrf), STR(clerk->login)));
    assert_int_equal(status_of(unknown), 401);
    assert_int_equal(status_of(wrong), 401);
    assert_str(between(unknown, "role=\"alert\"", "</section>"),
               between(wrong, "role=\"alert\"", "</section>"));
    assert_int_equal(str_find(unknown, S("Set-Cookie: yangguan=")), -1);
    assert_true(
        status_of(post(&w, "/sign-in",
                       str_format(w.arena, "_csrf=%.*s&login=%%00&password=b", STR(csrf)))) == 400);

    /* A session that somebody fixed before isn't the one that signing in gives. */
    str fixed = S("yangguan=0000000000000000000000000000000000000000000000000000000000000000");
    str answer = sign_in_as(&w, clerk);
    assert_int_equal(status_of(answer), 303);
    assert_false(str_eq(str_of(w.cookies), fixed));

    /* Another's post can't be chosen; signing out ends the session in the store. */
    struct sql_posts_held_rows held;
    assert_ok(sql_posts_held(w.arena, node_db(w.node), other->person, &held));
    csrf = token(&w, "/desk/posts");
    assert_int_equal(status_of(post(&w, "/desk/posts",
                                    str_format(w.arena, "_csrf=%.*s&post=%lld", STR(csrf),
                                               (long long)held.at[0].id))),
                     403);
    assert_int_equal(status_of(post(&w, "/sign-out", str_format(w.arena, "_csrf=%.*s", STR(csrf)))),
                     303);
    assert_int_equal(status_of(get(&w, "/cases")), 401);
    site_close(&w);
}
