/* The first accounts of an instance, and the people of a demo. */
#include "registry/registry_int.h"

struct body_run {
    struct body_new in;
    i64 id;
};
struct post_run {
    struct post_new in;
    i64 id;
};

static fallible body_run(struct tx *tx, void *input)
{
    struct body_run *r = input;

    return registry_body_add(tx, &r->in, &r->id);
}

static fallible post_run(struct tx *tx, void *input)
{
    struct post_run *r = input;

    return registry_post_add(tx, &r->in, &r->id);
}

/* A person with a credential and perhaps a post, at once. */
struct person_run {
    struct person_new in;
    struct account *account;
    i64 post;
    str encoded, secret;
};

static fallible person_run(struct tx *tx, void *input)
{
    struct person_run *r = input;
    struct account *acc = r->account;
    bool staff = str_eq(r->in.kind, S("staff"));

    TRY(registry_person_add(tx, &r->in, &acc->person));
    TRY(registry_credential_add(tx, &(struct credential_new){.person = acc->person,
                                                             .login = staff ? acc->login : S(""),
                                                             .encoded = r->encoded,
                                                             .totp = r->secret,
                                                             .must_change = acc->must_change}));
    return r->post ? registry_post_give(tx, acc->person, r->post) : OK;
}

static fallible add_person(struct arena *a, const struct door *d, struct person_run *r)
{
    struct account *acc = r->account;

    acc->name = r->in.name;
    acc->kind = r->in.kind;
    acc->password = password_draw(a);
    TRY(password_hash(a, acc->password, &r->encoded));
    if (str_eq(r->in.kind, S("staff")))
        TRY(totp_draw(a, &acc->totp, &r->secret));
    return door_run(d, "person_add", person_run, r);
}

static fallible add_body(const struct door *d, const struct body_new *b, i64 *id)
{
    struct body_run r = {.in = *b};

    TRY(door_run(d, "body_add", body_run, &r));
    *id = r.id;
    return OK;
}

static fallible add_post(const struct door *d, const struct post_new *p, i64 *id)
{
    struct post_run r = {.in = *p};

    TRY(door_run(d, "post_add", post_run, &r));
    *id = r.id;
    return OK;
}

/* ---- staff of a body ---------------------------------------------------------------------- */

struct post_plan {
    const char *body; /* what the body's name ends with; NULL for every one */
    const char *name, *duties;
};

static const struct post_plan usual[] = {
    {NULL, "受理岗", "CASE_WINDOW CASE_ACCEPT CASE_SEE REGISTRY_SEE"},
    {NULL, "审查岗", "CASE_EXAMINE CASE_SEE REGISTRY_SEE"},
    {NULL, "审核岗", "CASE_REVIEW CASE_SEE REGISTRY_SEE"},
    {NULL, "决定岗", "CASE_DECIDE CASE_SEE REGISTRY_SEE MATTER_REVIEW"},
    {NULL, "制证岗", "CASE_CERTIFY CASE_SEE"},
    {NULL, "送达岗", "CASE_DELIVER CASE_SEE"},
};

static const struct post_plan special[] = {
    {"政务服务中心", "大厅窗口岗", "CASE_WINDOW CASE_ACCEPT CASE_SEE WINDOW_CALL"},
    {"政务服务中心", "事项编制岗", "MATTER_EDIT PROCEDURE_EDIT CALENDAR_EDIT REGISTRY_SEE"},
    {"政务服务中心", "事项发布岗", "MATTER_REVIEW MATTER_PUBLISH PROCEDURE_ENACT REGISTRY_SEE"},
    {"监督岗", "监察岗", "SUPERVISE_SEE SUPERVISE_HANDLE CASE_SEE REGISTRY_SEE"},
    {"监督岗", "监察规则岗", "SUPERVISE_SEE SUPERVISE_RULE REGISTRY_SEE"},
    {"人民政府办公室", "公开编制岗", "DISCLOSURE_EDIT REQUEST_HANDLE REPLY_HANDLE"},
    {"人民政府办公室", "公开审查岗", "DISCLOSURE_REVIEW DISCLOSURE_PUBLISH"},
    {"公共资源交易中心", "交易受理岗", "TRADE_PUBLISH TRADE_CONDUCT"},
    {"公共资源交易中心", "交易监督岗", "TRADE_SUPERVISE"},
};

static const char *const extra_bodies[] = {"县政务服务中心", "县纪委监委驻政务大厅监督岗",
                                           "县公共资源交易中心", "县人民政府办公室"};

static const struct post_plan system_posts[] = {
    {NULL, "系统管理员", "SYSTEM_ADMIN"},
    {NULL, "安全管理员", "SECURITY_ADMIN"},
    {NULL, "审计管理员", "AUDIT_ADMIN"},
};
static const char *const system_logins[] = {"system", "security", "audit"};

struct staffing {
    struct arena *arena;
    const struct door *door;
    i64 body;
    str body_name;
    bool must_change;
    struct accounts *out;
};

static fallible staff_post(const struct staffing *s, const struct post_plan *plan, str login,
                           str name)
{
    struct account acc = {.login = login,
                          .body = s->body_name,
                          .post = str_of(plan->name),
                          .must_change = s->must_change};
    struct person_run r = {.in = {.kind = S("staff"), .body = s->body, .name = name},
                           .account = &acc};

    TRY(add_post(s->door, &(struct post_new){s->body, str_of(plan->name), str_of(plan->duties)},
                 &r.post));
    TRY(add_person(s->arena, s->door, &r));
    vec_push(s->arena, s->out, acc);
    return OK;
}

fallible registry_init_admins(struct arena *a, const struct door *d, i64 division,
                              struct accounts *out)
{
    struct staffing s = {a, d, 0, S("平台运行管理"), true, out};

    TRY(add_body(d, &(struct body_new){division, s.body_name, S("platform")}, &s.body));
    for (size_t i = 0; i < COUNT(system_posts); i++)
        TRY(staff_post(&s, &system_posts[i], str_of(system_logins[i]),
                       str_of(system_posts[i].name)));
    return OK;
}

fallible registry_init(struct arena *a, const struct door *d, const struct division_list *list,
                       struct accounts *out)
{
    struct division_report r;

    TRY(registry_import_divisions(d, list, &r));
    return registry_init_admins(a, d, r.within, out);
}

/* ---- names -------------------------------------------------------------------------------- */

/* Always the same people: surname and given name by their number. */
static str person_name(struct arena *a, size_t no)
{
    static const char *const surnames[] = {"王", "李", "张", "刘", "陈", "杨", "赵", "马", "魏",
                                           "何", "石", "甘", "彭", "柴", "许", "姜", "潘", "汤"};
    static const char *const given[] = {"建国", "秀兰", "志强", "玉梅", "文军", "丽娟", "海龙",
                                        "晓燕", "永祥", "春花", "国栋", "雪琴", "立平", "慧敏",
                                        "得福", "彩霞", "多仁", "生荣", "振华"};

    return str_format(a, "%s%s", surnames[no % COUNT(surnames)],
                      given[(no / COUNT(surnames) + no * 7) % COUNT(given)]);
}

str registry_body_name(struct arena *a, str place, str column)
{
    ptrdiff_t open = str_find(column, S("(")), wide = str_find(column, S("（"));
    str name = column;

    if (open > 0)
        name = str_sub(name, 0, (size_t)open);
    if (wide > 0 && (size_t)wide < name.len)
        name = str_sub(name, 0, (size_t)wide);
    if (str_starts(name, S("县")))
        name = str_sub(name, sizeof "县" - 1, name.len);
    return str_format(a, "%.*s%.*s", STR(place), STR(name));
}

static fallible column_of(const str *fields, size_t count, const char *name, size_t *at)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(fields[i], str_of(name))) {
            *at = i;
            return OK;
        }
    FAIL(ERR_INPUT, "the list has no column %s", name);
}

fallible registry_demo_bodies(struct arena *a, str matters_csv, str place, str **bodies,
                              size_t *count)
{
    struct csv c = {.rest = matters_csv};
    struct map seen = map_in(a);
    str *fields;
    size_t width, at = 0;
    bool more;

    TRY(csv_next(a, &c, &fields, &width, &more));
    REQUIRE(more, ERR_INPUT, "the list of matters is empty");
    TRY(column_of(fields, width, "body", &at));
    for (size_t i = 0; i < COUNT(extra_bodies); i++)
        map_set(&seen, registry_body_name(a, place, str_of(extra_bodies[i])), &seen);
    for (;;) {
        TRY(csv_next(a, &c, &fields, &width, &more));
        if (!more)
            break;
        REQUIRE(at < width, ERR_INPUT, "line %d: no body", c.line);
        map_set(&seen, registry_body_name(a, place, fields[at]), &seen);
    }
    *bodies = NEW_N(a, seen.count + 1, str);
    *count = seen.count;
    for (size_t i = 0; i < seen.count; i++)
        (*bodies)[i] = seen.entries[i].key;
    return OK;
}

/* ---- the demo ----------------------------------------------------------------------------- */

static fallible staff_body(struct staffing *s, i64 division, str name, size_t no)
{
    bool any = false;
    size_t seat = 1;

    s->body_name = name;
    TRY(add_body(s->door, &(struct body_new){division, name, S("department")}, &s->body));
    for (size_t i = 0; i < COUNT(special); i++) {
        if (!str_ends(name, str_of(special[i].body)))
            continue;
        any = true;
        TRY(staff_post(s, &special[i], str_format(s->arena, "d%02zu-%zu", no, seat++),
                       person_name(s->arena, s->out->count)));
    }
    for (size_t i = 0; i < COUNT(usual) && !any; i++)
        TRY(staff_post(s, &usual[i], str_format(s->arena, "d%02zu-%zu", no, seat++),
                       person_name(s->arena, s->out->count)));
    return OK;
}

static fallible applicant(const struct staffing *s, const char *kind, str name, str number)
{
    struct account acc = {.login = number};
    struct person_run r = {
        .in = {.kind = str_of(kind), .name = name, .number = number, .phone = S("13900000000")},
        .account = &acc};

    TRY(add_person(s->arena, s->door, &r));
    vec_push(s->arena, s->out, acc);
    return OK;
}

/* Numbers of a place and of days that are real, with a sequence that no office gives: 000. */
static fallible applicants(const struct staffing *s, str code)
{
    struct arena *a = s->arena;

    for (int i = 0; i < 10; i++)
        TRY(applicant(s, "citizen", person_name(a, 1000 + (size_t)i * 3),
                      identity_make(a, str_format(a, "%.*s%d%02d%02d000", STR(str_sub(code, 0, 6)),
                                                  1958 + i * 5, 1 + i, 10 + i))));
    return applicant(s, "enterprise", S("民勤县沙井子面馆有限公司"),
                     credit_make(a, str_format(a, "91%.*s", STR(str_sub(code, 0, 6))), 90000001));
}

fallible registry_demo(struct arena *a, const struct door *d, i64 division, const str *bodies,
                       size_t count, struct accounts *out)
{
    struct staffing s = {.arena = a, .door = d, .out = out};
    struct sql_division_code_of row;
    bool found;

    TRY(sql_division_code_of(a, d->db, division, instant_date(system_now()), &row, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no division %lld", (long long)division);
    for (size_t i = 0; i < count; i++)
        TRY(staff_body(&s, division, bodies[i], i + 1));
    return applicants(&s, row.code);
}

void registry_accounts_json(struct buf *out, const struct accounts *all)
{
    json_open(out, '{');
    json_key(out, "accounts");
    json_open(out, '[');
    for (size_t i = 0; i < all->count; i++) {
        const struct account *acc = &all->at[i];

        json_open(out, '{');
        json_pair(out, "kind", acc->kind);
        json_pair(out, "login", acc->login);
        json_pair(out, "password", acc->password);
        json_pair(out, "totp", acc->totp.ptr ? acc->totp : S(""));
        json_pair(out, "name", acc->name);
        json_pair(out, "body", acc->body.ptr ? acc->body : S(""));
        json_pair(out, "post", acc->post.ptr ? acc->post : S(""));
        json_close(out, '}');
    }
    json_close(out, ']');
    json_close(out, '}');
}
