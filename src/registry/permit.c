/* The gate: duties of the post acted in, and the part of the country that it serves. */
#include "registry/registry_int.h"

static const struct {
    str name;
    const char *title;
} duties[] = {
#define DUTY(name, title) {{#name, sizeof #name - 1}, T(title)},
#include "registry/duties.def"
#undef DUTY
};

/* Open to everybody, to all who are signed in, and to those who act for themselves. */
static const struct {
    const char *name, *title;
} open_duties[] = {
    {"ANYBODY", T("任何人")}, {"SIGNED_IN", T("已登录")}, {"APPLICANT", T("办事人")}};
static const char *const scopes[] = {"NONE", "SELF", "BODY", "DIVISION"};

/* ---- duties ------------------------------------------------------------------------------- */

bool duty_in(str all, str duty)
{
    str piece;

    while (str_split(&all, ' ', &piece))
        if (str_eq(piece, duty))
            return true;
    return false;
}

const char *duty_title(str duty)
{
    for (size_t i = 0; i < COUNT(duties); i++)
        if (str_eq(duties[i].name, duty))
            return duties[i].title;
    for (size_t i = 0; i < COUNT(open_duties); i++)
        if (str_eq(str_of(open_duties[i].name), duty))
            return open_duties[i].title;
    return NULL;
}

static bool is_open(const char *duty)
{
    for (size_t i = 0; i < COUNT(open_duties); i++)
        if (strcmp(open_duties[i].name, duty) == 0)
            return true;
    return false;
}

fallible duties_check(str all)
{
    str piece;

    REQUIRE(all.len > 0 && all.len <= DUTIES_MOST, ERR_INPUT, "no duties, or too many");
    while (str_split(&all, ' ', &piece)) {
        bool known = false;

        for (size_t i = 0; i < COUNT(duties); i++)
            known |= str_eq(duties[i].name, piece);
        REQUIRE(known, ERR_INPUT, "no duty «%.*s»", STR(str_sub(piece, 0, 40)));
    }
    return OK;
}

/* ---- the post acted in -------------------------------------------------------------------- */

fallible registry_acting(struct arena *a, struct db *db, i64 person, i64 post,
                         struct acting_post *out)
{
    struct sql_post_acting row;
    bool found = false;

    if (person && post)
        TRY(sql_post_acting(a, db, person, post, &row, &found));
    REQUIRE(found, ERR_FORBIDDEN, "person %lld doesn't act in post %lld", (long long)person,
            (long long)post);
    *out = (struct acting_post){.id = post,
                                .body = row.body,
                                .division = row.division,
                                .name = row.name,
                                .body_name = row.body_name,
                                .duties = row.duties,
                                .division_path = row.division_path};
    return OK;
}

static fallible acting_of(struct request *q, struct acting_post *out)
{
    const struct session *s = request_session(q);
    struct node *n;

    REQUIRE(s != NULL, ERR_SIGN_IN, "nobody is signed in");
    REQUIRE(s->post != 0, ERR_FORBIDDEN, "person %lld acts in no post", (long long)s->person);
    TRY(request_node(q, &n));
    return registry_acting(request_arena(q), node_db(n), s->person, s->post, out);
}

/* ---- scope -------------------------------------------------------------------------------- */

struct scope scope_everywhere(void)
{
    return (struct scope){.from = S(""), .to = S("~")};
}

struct scope scope_of_path(struct arena *a, str division_path)
{
    return (struct scope){.from = division_path, .to = str_format(a, "%.*s~", STR(division_path))};
}

/* Nothing lies between these: a query of a page that is one's own must ask by person. */
static struct scope scope_nowhere(i64 person)
{
    return (struct scope){.from = S("~"), .to = S(""), .person = person};
}

static struct scope scope_of_post(struct arena *a, const char *kind, const struct acting_post *p)
{
    struct scope s = scope_of_path(a, p->division_path);

    if (strcmp(kind, "BODY") == 0) {
        s.to = s.from;
        s.body = p->body;
    }
    return s;
}

fallible registry_scope(struct request *q, const char *kind, struct scope *out)
{
    const struct session *s = request_session(q);
    struct acting_post p;

    if (strcmp(kind, "NONE") == 0) {
        *out = scope_everywhere();
        return OK;
    }
    REQUIRE(s != NULL, ERR_SIGN_IN, "nobody is signed in");
    if (strcmp(kind, "SELF") == 0) {
        *out = scope_nowhere(s->person);
        return OK;
    }
    TRY(acting_of(q, &p));
    *out = scope_of_post(request_arena(q), kind, &p);
    return OK;
}

fallible registry_tx_scope(struct tx *tx, const char *kind, struct scope *out)
{
    struct acting_post p;

    if (strcmp(kind, "NONE") == 0) {
        *out = scope_everywhere();
        return OK;
    }
    REQUIRE(tx->by.actor != 0, ERR_SIGN_IN, "nobody acts");
    if (strcmp(kind, "SELF") == 0) {
        *out = scope_nowhere(tx->by.actor);
        return OK;
    }
    TRY(registry_acting(tx->arena, tx->db, tx->by.actor, tx->by.post, &p));
    *out = scope_of_post(tx->arena, kind, &p);
    return OK;
}

/* ---- the gate ----------------------------------------------------------------------------- */

static bool scope_known(const char *scope)
{
    for (size_t i = 0; i < COUNT(scopes); i++)
        if (strcmp(scopes[i], scope) == 0)
            return true;
    return false;
}

fallible registry_permit(void *state, struct request *q, const char *duty, const char *scope)
{
    const struct session *s = request_session(q);
    struct acting_post p;

    (void)state;
    assert(scope_known(scope));
    if (strcmp(duty, "ANYBODY") == 0)
        return OK;
    REQUIRE(s != NULL, ERR_SIGN_IN, "nobody is signed in");
    if (strcmp(duty, "SIGNED_IN") == 0)
        return OK;
    if (strcmp(duty, "APPLICANT") == 0) {
        REQUIRE(s->post == 0, ERR_FORBIDDEN, "post %lld applies for nothing", (long long)s->post);
        return OK;
    }
    TRY(acting_of(q, &p));
    REQUIRE(duty_in(p.duties, str_of(duty)), ERR_FORBIDDEN, "post %lld hasn't duty %s",
            (long long)p.id, duty);
    return OK;
}

fallible registry_tx_permit(struct tx *tx, const char *duty)
{
    struct acting_post p;

    if (strcmp(duty, "ANYBODY") == 0)
        return OK;
    REQUIRE(tx->by.actor != 0, ERR_SIGN_IN, "nobody acts");
    if (is_open(duty)) {
        REQUIRE(strcmp(duty, "APPLICANT") != 0 || tx->by.post == 0, ERR_FORBIDDEN,
                "a post applies for nothing");
        return OK;
    }
    TRY(registry_acting(tx->arena, tx->db, tx->by.actor, tx->by.post, &p));
    REQUIRE(duty_in(p.duties, str_of(duty)), ERR_FORBIDDEN, "post %lld hasn't duty %s",
            (long long)p.id, duty);
    return OK;
}

fallible registry_authority(struct request *q, struct authority *out)
{
    const struct session *s = request_session(q);
    struct acting_post p = {0};

    if (s != NULL && s->post != 0)
        TRY(acting_of(q, &p));
    *out = (struct authority){.actor = s ? s->person : 0,
                              .post = p.id,
                              .body = p.body,
                              .channel =
                                  str_starts(request_path(q), S("/api/")) ? S("api") : S("web")};
    return OK;
}

/* ---- the tables, printed ------------------------------------------------------------------ */

struct gate_line {
    const char *kind, *name, *duty, *scope;
};

static struct gate_line line_of(const struct route *r)
{
    if (r->view != NULL)
        return (struct gate_line){"view", r->view->name, r->view->duty, r->view->scope};
    return (struct gate_line){"command", r->action->name, r->action->duty, r->action->scope};
}

/* A command with two routes has one line. */
static bool seen_before(const struct routes *rooms, size_t room, size_t at)
{
    const struct route *r = &rooms[room].at[at];

    for (size_t i = 0; i <= room; i++)
        for (size_t k = 0; k < (i == room ? at : rooms[i].count); k++)
            if (rooms[i].at[k].view == r->view && rooms[i].at[k].action == r->action)
                return true;
    return false;
}

void registry_commands(struct buf *out, const struct routes *rooms, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < rooms[i].count; k++) {
            struct gate_line l = line_of(&rooms[i].at[k]);
            const char *title = duty_title(str_of(l.duty));

            if (!seen_before(rooms, i, k))
                buf_format(out, "%-8s %-28s %-20s %-9s %s\n", l.kind, l.name, l.duty, l.scope,
                           title ? title : "?");
        }
}

fallible registry_check_routes(const struct routes *rooms, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < rooms[i].count; k++) {
            struct gate_line l = line_of(&rooms[i].at[k]);

            REQUIRE(duty_title(str_of(l.duty)) != NULL, ERR_INPUT, "%s %s: no duty %s", l.kind,
                    l.name, l.duty);
            REQUIRE(scope_known(l.scope), ERR_INPUT, "%s %s: no scope %s", l.kind, l.name, l.scope);
        }
    return OK;
}
