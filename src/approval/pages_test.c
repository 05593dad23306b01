/* The same story over HTTP: what each page says, and to whom. */
#include "tests/test.h"

#include "approval/approval_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MOST = 1 << 20 };

struct server {
    struct world w;
    struct web *web;
    struct session_store sessions;
};

/* A session's token is 64 times one letter; each letter is somebody. */
static const struct {
    char letter;
    i64 person, post;
} people[] = {{'a', CITIZEN, 0},
              {'b', OTHER_CITIZEN, 0},
              {'c', 31, WINDOW},
              {'d', 32, EXAMINER},
              {'e', 33, HEAD}};

static fallible load_session(void *state, digest key, struct session *out)
{
    char token[SESSION_TOKEN];
    digest d;

    (void)state;
    for (size_t i = 0; i < COUNT(people); i++) {
        memset(token, people[i].letter, sizeof token);
        sha256((str){token, sizeof token}, &d);
        if (digest_eq(d, key)) {
            i64 at = system_now().ms;
            *out = (struct session){.key = key,
                                    .person = people[i].person,
                                    .post = people[i].post,
                                    .made_ms = at,
                                    .seen_ms = at,
                                    .until_ms = at + 3600000};
            return OK;
        }
    }
    FAIL(ERR_NOT_FOUND, "no session");
}

static fallible save_session(void *state, const struct session *s)
{
    (void)state;
    (void)s;
    return OK;
}

static fallible drop_session(void *state, digest key)
{
    (void)state;
    (void)key;
    return OK;
}

static fallible borrow(void *state, struct node **out)
{
    *out = ((struct server *)state)->w.n;
    return OK;
}

static void give_back(void *state, struct node *n)
{
    (void)state;
    (void)n;
}

static instant civil(void *state)
{
    (void)state;
    return now;
}

static fallible permit(void *state, struct request *q, const char *duty, const char *scope)
{
    const struct session *s = request_session(q);

    (void)state;
    (void)scope;
    if (strcmp(duty, "ANYBODY") == 0)
        return OK;
    REQUIRE(s != NULL, ERR_SIGN_IN, "nobody");
    REQUIRE((strcmp(duty, "APPLICANT") == 0) == (s->post == 0), ERR_FORBIDDEN, "not for this one");
    return OK;
}

static fallible submit(void *state, struct request *q, const struct submission *s,
                       struct outcome *out)
{
    const struct session *who_asks = request_session(q);
    struct command c = {.run = s->action->run,
                        .input = s->form,
                        .name = s->action->name,
                        .by = {.actor = who_asks ? who_asks->person : 0,
                               .post = who_asks ? who_asks->post : 0,
                               .channel = S("web")},
                        .key = s->key,
                        .content = s->content,
                        .allowed = true};
    struct command *one = &c;

    TRY(node_batch(((struct server *)state)->w.n, &one, 1));
    if (c.job.refused)
        return err_again(&c.job.why);
    *out = (struct outcome){c.again, c.first_event};
    return OK;
}

static void serve(struct server *s, struct arena *a)
{
    static const struct site site = {.name = {"民勤县政务服务平台", 27}};
    struct routes *rooms = NEW_N(a, 3, struct routes);

    open_world(&s->w, a);
    s->sessions = (struct session_store){s, load_session, save_session, drop_session};
    rooms[0] = catalogue_routes;
    rooms[1] = approval_citizen_routes;
    rooms[2] = approval_desk_routes;
    struct web_config c = {.address = "127.0.0.1",
                           .rooms = rooms,
                           .room_count = 3,
                           .site = &site,
                           .sessions = &s->sessions,
                           .ops = {s, borrow, give_back, civil, permit, submit},
                           .pollers = 1,
                           .workers = 1,
                           .unsafe_burst = 100};
    assert_ok(web_open(&c, &s->web));
}

static str talk(struct server *s, str sent)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(web_port(s->web))};
    struct buf got = buf_in(s->w.a);
    char chunk[4096];
    ssize_t n;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(write(fd, sent.ptr, sent.len), (ssize_t)sent.len);
    while ((n = read(fd, chunk, sizeof chunk)) > 0 && got.len < ANSWER_MOST)
        buf_add(&got, chunk, (size_t)n);
    (void)close(fd);
    return buf_text(&got);
}

static str get(struct server *s, char who_asks, const char *path)
{
    char token[SESSION_TOKEN + 1] = {0};

    memset(token, who_asks, SESSION_TOKEN);
    return talk(s, str_format(s->w.a,
                              "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                              "Cookie: yangguan=%s\r\n\r\n",
                              path, who_asks ? token : ""));
}

/* The value of the form's hidden field of that name. */
static str hidden(str page, const char *name)
{
    char mark[64];

    (void)snprintf(mark, sizeof mark, "name=\"%s\" value=\"", name);
    ptrdiff_t at = str_find(page, str_of(mark));
    assert_true(at >= 0);
    str rest = str_sub(page, (size_t)at + strlen(mark), page.len), value;
    assert_true(str_split(&rest, '"', &value));
    return value;
}

static str post(struct server *s, char who_asks, const char *path, str body)
{
    char token[SESSION_TOKEN + 1] = {0};

    memset(token, who_asks, SESSION_TOKEN);
    return talk(s, str_format(s->w.a,
                              "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                              "Cookie: yangguan=%s\r\n"
                              "Content-Type: application/x-www-form-urlencoded\r\n"
                              "Content-Length: %zu\r\n\r\n%.*s",
                              path, token, body.len, STR(body)));
}

static void assert_says(str page, const char *text)
{
    if (str_find(page, str_of(text)) < 0)
        fail_msg("«%s» isn't in: %.*s", text, (int)(page.len > 600 ? 600 : page.len), page.ptr);
}

static void assert_silent(str page, const char *text)
{
    if (str_find(page, str_of(text)) >= 0)
        fail_msg("«%s» is on the page", text);
}

static str apply_over_http(struct server *s, const char *path)
{
    str form = get(s, 'a', path);

    assert_says(form, "HTTP/1.1 200");
    assert_says(form, "马小川");
    str body = str_format(s->w.a,
                          "_csrf=%.*s&_key=%.*s&secret=%.*s&matter=%.*s&address=abc&"
                          "ready=%%E5%%8F%%96%%E6%%B0%%B4%%E8%%AE%%B8%%E5%%8F%%AF%%E7%%94%%B3"
                          "%%E8%%AF%%B7%%E4%%B9%%A6",
                          STR(hidden(form, "_csrf")), STR(hidden(form, "_key")),
                          STR(hidden(form, "secret")), STR(hidden(form, "matter")));
    str receipt = post(s, 'a', "/apply", body), twice = post(s, 'a', "/apply", body);
    assert_says(receipt, "HTTP/1.1 200");
    assert_says(receipt, "62062120260928000001");
    assert_says(twice, "62062120260928000001"); /* a doubled click */
    return hidden(form, "secret");
}

TEST(the_pages_tell_everyone_what_they_may_know_and_no_more)
{
    scoped_arena a = arena_open();
    struct server s = {0};

    serve(&s, a);
    assert_says(get(&s, 0, "/matters?q=%E5%8F%96%E6%B0%B4"), "取水许可");
    const char *guide = str_format(a, "/matters/%lld", (long long)s.w.matter).ptr;
    assert_says(get(&s, 0, guide), "<svg");
    assert_says(get(&s, 0, str_format(a, "/api%s", guide).ptr), "\"name\":\"取水许可\"");
    const char *path = str_format(a, "/apply?matter=%lld", (long long)s.w.matter).ptr;
    assert_silent(get(&s, 0, path), "HTTP/1.1 200");
    str word = apply_over_http(&s, path);

    str open = get(&s, 0, "/cases/62062120260928000001"), own;
    assert_says(open, "接收审核");
    assert_says(open, "这个日期是怎么算出来的");
    assert_silent(open, "马小川");
    assert_silent(get(&s, 'b', "/cases/62062120260928000001"), "马小川");
    assert_says(get(&s, 'a', "/me/cases"), "62062120260928000001");
    assert_says(get(&s, 0, "/cases/62062120260928000009"), "HTTP/1.1 404");

    str track = get(&s, 'b', "/track");
    const char *wrong = str_format(a, "_csrf=%.*s&number=62062120260928000001&word=000000000000",
                                   STR(hidden(track, "_csrf")))
                            .ptr;
    assert_says(post(&s, 'b', "/track", str_of(wrong)), "HTTP/1.1 404");
    own = post(&s, 'b', "/track",
               str_format(a, "_csrf=%.*s&number=62062120260928000001&word=%.*s",
                          STR(hidden(track, "_csrf")), STR(word)));
    assert_says(own, "HTTP/1.1 200");

    assert_silent(get(&s, 'a', "/desk"), "HTTP/1.1 200");
    assert_says(get(&s, 'c', "/desk"), "取水许可，接收审核");
    assert_silent(get(&s, 'd', "/desk"), "取水许可，接收审核");
    str desk = get(&s, 'c', "/desk/cases/62062120260928000001");
    assert_says(desk, "马小川");
    str body = str_format(a, "_csrf=%.*s&task=%.*s&acceptance=accepted", STR(hidden(desk, "_csrf")),
                          STR(hidden(desk, "task")));
    assert_says(post(&s, 'c', "/desk/cases/62062120260928000001/work", body), "HTTP/1.1 303");
    assert_says(get(&s, 'd', "/desk"), "取水许可，审查");
    assert_says(get(&s, 0, "/cases/62062120260928000001"), "综合窗口 3 号");
    web_close(s.web);
    close_world(&s.w);
}
