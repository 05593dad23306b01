/* Signing in and out, choosing the post to act in, changing the password. */
#include "registry/registry_int.h"
#include "registry/views.h"
#include "registry_pages.h"

enum { SESSION_MS = 12 * 3600 * 1000, SECRET_MOST = 256, SECRET_LEAST = 10 };

/* ---- shells ------------------------------------------------------------------------------- */

struct desk registry_desk(struct request *q, str title)
{
    struct desk d = {.page = page_of(q, title), .today = instant_date(request_now(q))};
    const struct session *s = request_session(q);
    struct acting_post p;
    struct node *n;

    if (s != NULL && s->post && request_node(q, &n) == OK &&
        registry_acting(request_arena(q), node_db(n), s->person, s->post, &p) == OK)
        d.post = str_format(request_arena(q), "%.*s %.*s", STR(p.body_name), STR(p.name));
    return d;
}

static str say(const struct request *q, const char *text)
{
    return str_of(message(request_lang(q), text));
}

/* ---- in ----------------------------------------------------------------------------------- */

struct sign_in_form {
    str login, password, code, next;
    struct signed_in who;
};

INPUT(sign_in_form, IN_FIELD_TEXT(sign_in_form, login, true, LOGIN_MOST, "登录名"),
      IN_FIELD_TEXT(sign_in_form, password, true, SECRET_MOST, "密码"),
      IN_FIELD_TEXT(sign_in_form, code, false, 6, "动态口令"),
      IN_FIELD_TEXT(sign_in_form, next, false, 500, "返回的页面"));

static fallible sign_in_show(struct request *q, struct reply *r)
{
    struct registry *here = registry_here();
    struct sign_in_view v = {.page = page_of(q, say(q, T("登录"))),
                             .forgery = request_forgery(q),
                             .login = request_field(q, S("login")),
                             .next = request_field(q, S("next")),
                             .faults = {*request_faults(q)},
                             .demo = here->demo};
    struct node *n;

    if (v.demo && v.login.len && v.login.len <= LOGIN_MOST) {
        TRY(request_node(q, &n));
        TRY(totp_now(request_arena(q), node_db(n), v.login, &v.code));
    }
    page_sign_in(&r->body, request_lang(q), &v);
    return OK;
}

static fallible sign_in_prepare(struct request *q, void *form)
{
    struct sign_in_form *f = form;
    struct node *n;

    TRY(request_node(q, &n));
    err e = registry_sign_in(request_arena(q), node_db(n),
                             &(struct sign_in){f->login, f->password, f->code}, &f->who);
    if (e != OK && e->code == ERR_SIGN_IN)
        request_fault(q, S("login"), S(""),
                      say(q, T("登录名、密码或动态口令不对；错满 5 次要等 15 分钟再试")));
    return e;
}

/* A person with one post acts in it; with several they choose; an initial password gives none. */
static fallible first_post(struct request *q, struct node *n, const struct signed_in *who,
                           i64 *post, bool *staff)
{
    struct sql_posts_held_rows held;
    struct sql_person_get row;
    bool found;

    TRY(sql_person_get(request_arena(q), node_db(n), who->person, &row, &found));
    *staff = found && str_eq(row.kind, S("staff"));
    TRY(sql_posts_held(request_arena(q), node_db(n), who->person, &held));
    *post = !who->must_change && held.count == 1 ? held.at[0].id : 0;
    return OK;
}

static void put_name(struct session *s, str name)
{
    size_t len = name.len < sizeof s->name ? name.len : sizeof s->name - 1;

    while (len < name.len && len > 0 && ((u8)name.ptr[len] & 0xC0) == 0x80)
        len--;
    if (len)
        memcpy(s->name, name.ptr, len);
}

static fallible begin_session(struct request *q, i64 person, i64 post)
{
    struct session s = {.person = person, .post = post, .until_ms = system_now().ms + SESSION_MS};
    struct node *n;
    str name;

    TRY(request_node(q, &n));
    TRY(registry_person_name(request_arena(q), n, person, &name));
    put_name(&s, name);
    return request_sign_in(q, &s);
}

static fallible sign_in_answer(struct request *q, const void *form, struct reply *r)
{
    const struct sign_in_form *f = form;
    struct node *n;
    bool staff;
    i64 post;

    TRY(request_node(q, &n));
    TRY(first_post(q, n, &f->who, &post, &staff));
    TRY(begin_session(q, f->who.person, post));
    if (f->who.must_change)
        return reply_go(q, r, S("/me/password"));
    if (staff && post == 0)
        return reply_go(q, r, S("/desk/posts"));
    if (f->next.len && reply_go(q, r, f->next) == OK)
        return OK;
    return reply_go(q, r, staff ? S("/desk") : S("/me/cases"));
}

static fallible sign_out_answer(struct request *q, const void *form, struct reply *r)
{
    (void)form;
    TRY(request_sign_out(q));
    return reply_go(q, r, S("/"));
}

/* ---- the post acted in -------------------------------------------------------------------- */

struct post_form {
    i64 post;
};

INPUT(post_form, IN_FIELD_INTEGER(post_form, post, true, 1, INT64_MAX, "岗位"));

static str titles_of(struct request *q, str duties)
{
    struct buf b = buf_in(request_arena(q));
    str piece;

    while (str_split(&duties, ' ', &piece)) {
        const char *title = duty_title(piece);

        buf_z(&b, b.len ? " · " : "");
        buf_z(&b, title ? message(request_lang(q), title) : "");
    }
    return buf_text(&b);
}

static fallible posts_show(struct request *q, struct reply *r)
{
    const struct session *s = request_session(q);
    struct posts_view v = {.desk = registry_desk(q, say(q, T("选择岗位"))),
                           .forgery = request_forgery(q)};
    struct sql_posts_held_rows held;
    struct node *n;

    TRY(request_node(q, &n));
    TRY(sql_posts_held(request_arena(q), node_db(n), s->person, &held));
    for (size_t i = 0; i < held.count; i++) {
        struct post_choice c = {held.at[i].id, held.at[i].name, held.at[i].body_name,
                                titles_of(q, held.at[i].duties), held.at[i].id == s->post};

        vec_push(request_arena(q), &v.posts, c);
    }
    page_post_choices(&r->body, request_lang(q), &v);
    return OK;
}

static fallible choose_answer(struct request *q, const void *form, struct reply *r)
{
    const struct post_form *f = form;
    i64 person = request_session(q)->person;
    struct sql_credential_get c;
    struct acting_post p;
    struct node *n;
    bool found;

    TRY(request_node(q, &n));
    TRY(registry_acting(request_arena(q), node_db(n), person, f->post, &p));
    TRY(sql_credential_get(request_arena(q), node_db(n), person, &c, &found));
    REQUIRE(found && !c.must_change, ERR_FORBIDDEN, "an initial password gives no post");
    TRY(begin_session(q, person, f->post));
    return reply_go(q, r, S("/desk"));
}

/* ---- the password ------------------------------------------------------------------------- */

struct password_form {
    str old, fresh, again;
    str encoded;
};

INPUT(password_form, IN_FIELD_TEXT(password_form, old, true, SECRET_MOST, "现在的密码"),
      IN_FIELD_TEXT(password_form, fresh, true, SECRET_MOST, "新密码"),
      IN_FIELD_TEXT(password_form, again, true, SECRET_MOST, "再填一次新密码"));

static fallible own_credential(struct request *q, struct sql_credential_get *out)
{
    struct node *n;
    bool found;

    TRY(request_node(q, &n));
    TRY(sql_credential_get(request_arena(q), node_db(n), request_session(q)->person, out, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no credential");
    return OK;
}

static fallible password_show(struct request *q, struct reply *r)
{
    struct password_view v = {.page = page_of(q, say(q, T("改密码"))),
                              .forgery = request_forgery(q),
                              .faults = {*request_faults(q)}};
    struct sql_credential_get c;

    TRY(own_credential(q, &c));
    v.must_change = c.must_change;
    page_password(&r->body, request_lang(q), &v);
    return OK;
}

static fallible password_prepare(struct request *q, void *form)
{
    struct password_form *f = form;
    struct sql_credential_get c;
    bool right = false;

    TRY(own_credential(q, &c));
    TRY(bounded_check(registry_here(), c.password, f->old, &right));
    if (!right)
        request_fault(q, S("old"), say(q, T("现在的密码")), say(q, T("不对")));
    if (utf8_count(f->fresh) < SECRET_LEAST || str_eq(f->fresh, f->old))
        request_fault(q, S("fresh"), say(q, T("新密码")),
                      say(q, T("至少 10 个字，不能同现在的一样")));
    if (!str_eq(f->fresh, f->again))
        request_fault(q, S("again"), say(q, T("再填一次新密码")), say(q, T("两次不一样")));
    REQUIRE(request_faults(q)->count == 0, ERR_INPUT, "the password wasn't changed");
    return bounded_hash(request_arena(q), registry_here(), f->fresh, &f->encoded);
}

static fallible password_run(struct tx *tx, void *form)
{
    const struct password_form *f = form;

    return registry_password_set(tx, tx->by.actor, f->encoded, false);
}

/* Every other session of this person ends: who stole one is out. */
static fallible password_answer(struct request *q, const void *form, struct reply *r)
{
    i64 person = request_session(q)->person;

    (void)form;
    TRY(registry_end_sessions(person));
    TRY(begin_session(q, person, 0));
    return reply_go(q, r, S("/desk/posts"));
}

/* ---- the table ---------------------------------------------------------------------------- */

static const struct view view_sign_in = {
    .name = "sign_in", .duty = "ANYBODY", .scope = "NONE", .run = sign_in_show};
static const struct action action_sign_in = {.name = "sign_in",
                                             .duty = "ANYBODY",
                                             .scope = "NONE",
                                             .input = &input_sign_in_form,
                                             .prepare = sign_in_prepare,
                                             .answer = sign_in_answer,
                                             .again = sign_in_show};
static const struct action action_sign_out = {
    .name = "sign_out", .duty = "ANYBODY", .scope = "NONE", .answer = sign_out_answer};
static const struct view view_posts = {
    .name = "posts", .duty = "SIGNED_IN", .scope = "SELF", .run = posts_show};
static const struct action action_post_choose = {.name = "post_choose",
                                                 .duty = "SIGNED_IN",
                                                 .scope = "SELF",
                                                 .input = &input_post_form,
                                                 .answer = choose_answer};
static const struct view view_password = {
    .name = "password", .duty = "SIGNED_IN", .scope = "SELF", .run = password_show};
static const struct action action_password = {.name = "password_change",
                                              .duty = "SIGNED_IN",
                                              .scope = "SELF",
                                              .input = &input_password_form,
                                              .prepare = password_prepare,
                                              .run = password_run,
                                              .answer = password_answer,
                                              .again = password_show};

const struct route registry_routes[] = {
    // clang-format off
    ROUTE(GET, "/sign-in", VIEW(sign_in))
    ROUTE(POST, "/sign-in", DO(sign_in))
    ROUTE(POST, "/sign-out", DO(sign_out))
    ROUTE(GET, "/desk/posts", VIEW(posts))
    ROUTE(POST, "/desk/posts", DO(post_choose))
    ROUTE(GET, "/me/password", VIEW(password))
    ROUTE(POST, "/me/password", DO(password))
    // clang-format on
};
const size_t registry_route_count = COUNT(registry_routes);
