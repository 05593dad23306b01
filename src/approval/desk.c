/* The staff's side: what waits for a post, and one case with what may be done. */
#include "approval/show.h"
#include "approval_pages.h"

enum { DESK_MOST = 300 };

fallible acting_of(struct request *q, struct db *db, struct acting *out)
{
    const struct session *s = request_session(q);

    REQUIRE(s != NULL && s->post != 0, ERR_FORBIDDEN, "nobody acts in a post");
    return who()->acting(request_arena(q), db, s->person, s->post, out);
}

static str say(struct request *q, const char *key)
{
    return str_of(message(request_lang(q), key));
}

struct desk desk_of(struct request *q, const struct acting *by, str title)
{
    struct desk d = {.page = page_of(q, title)};
    struct desk_group mine = {.title = say(q, T("我的"))};
    date today = instant_date(request_now(q));

    d.post = str_format(request_arena(q), "%.*s %.*s", STR(by->body_name), STR(by->name));
    d.today = today;
    d.today_note = calendar_works(calendar_now(), today) ? say(q, T("今天是工作日"))
                                                         : say(q, T("今天不是工作日"));
    vec_push(request_arena(q), &mine.links,
             ((struct desk_link){say(q, T("待办")), S("/desk"), S("list"), 0, true}));
    vec_push(request_arena(q), &d.groups, mine);
    return d;
}

/* ---- what waits --------------------------------------------------------------------------- */

enum { TODAY, SOON, LATER, GROUPS };

static int group_of(const struct sql_tasks_open *t, date today)
{
    if (!t->due.is)
        return LATER;
    date due = {(i32)t->due.v};

    if (due.days <= today.days)
        return TODAY;
    return calendar_between(calendar_now(), today, due) <= 3 ? SOON : LATER;
}

static str due_text(struct request *q, const struct sql_tasks_open *t, date today)
{
    struct arena *a = request_arena(q);
    struct buf b = buf_in(a);

    if (!t->due.is)
        return say(q, T("不计时"));
    struct argument day = {"day",
                           {format_day_date(&b, request_lang(q), (date){(i32)t->due.v}), false}};
    if (t->due.v < today.days)
        return message_text(a, message(request_lang(q), T("{day}已到期")), &day, 1);
    return message_text(a, message(request_lang(q), T("{day}到期")), &day, 1);
}

static fallible desk_run(struct request *q, struct reply *r)
{
    static const char *const titles[GROUPS] = {T("今天到期"), T("3 个工作日内"), T("其他")};
    static const char *const classes[GROUPS] = {"t0", "t1", "t2"};
    struct arena *a = request_arena(q);
    struct desk_page v = {0};
    struct todo_group groups[GROUPS] = {0};
    struct sql_tasks_open_rows rows;
    struct acting by;
    struct node *n;
    date today = instant_date(request_now(q));

    TRY(request_node(q, &n));
    TRY(acting_of(q, node_db(n), &by));
    str to = str_format(a, "%.*s\x7f", STR(by.division_path));
    TRY(sql_tasks_open(a, node_db(n), by.division_path, to, DESK_MOST, &rows));
    for (size_t i = 0; i < rows.count; i++) {
        const struct sql_tasks_open *t = &rows.at[i];
        struct todo item = {.number = t->number,
                            .title = str_format(a, "%.*s，%.*s", STR(t->matter_name), STR(t->name)),
                            .body_name = t->body_name,
                            .post = t->post};

        if (!post_may(&by, t->post, t->body, t->division_path))
            continue;
        item.due = due_text(q, t, today);
        item.url = str_format(a, "/desk/cases/%.*s", STR(t->number));
        vec_push(a, &groups[group_of(t, today)].items, item);
        v.count++;
    }
    for (int i = 0; i < GROUPS; i++) {
        groups[i].title = say(q, titles[i]);
        groups[i].class = str_of(classes[i]);
        vec_push(a, &v.groups, groups[i]);
    }
    v.desk = desk_of(q, &by, say(q, T("待办")));
    page_todo(&r->body, request_lang(q), &v);
    return OK;
}

/* ---- one case ----------------------------------------------------------------------------- */

static fallible case_desk_run(struct request *q, struct reply *r)
{
    struct arena *a = request_arena(q);
    struct case_asked asked = {.full = true, .staff = true};
    struct sql_case_by_number row;
    struct sql_case_get c;
    struct case_view v = {0};
    struct node *n;
    bool found;

    TRY(request_node(q, &n));
    TRY(acting_of(q, node_db(n), &asked.by));
    TRY(sql_case_by_number(a, node_db(n), request_part(q, S("number")), &row, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no case of that number");
    TRY(sql_case_get(a, node_db(n), row.id, &c, &found));
    REQUIRE(found && str_starts(c.division_path, asked.by.division_path), ERR_NOT_FOUND,
            "a case of another division");
    asked.id = row.id;
    TRY(case_fill(q, &asked, &v));
    v.desk = desk_of(q, &asked.by, v.matter_name);
    if (request_wants_json(q)) {
        json_case(&r->body, &v);
        r->type = "application/json";
        return OK;
    }
    page_case_desk(&r->body, request_lang(q), &v);
    return OK;
}

struct work_form {
    i64 task;
    str acceptance, decision, ground, reason;
    bool special;
    struct case_work in;
};
INPUT(work_form, IN_FIELD_INTEGER(work_form, task, true, 0, 1000000, "任务"),
      IN_FIELD_CHOICE(work_form, acceptance, false, "accepted|correct|rejected", "怎么答复"),
      IN_FIELD_CHOICE(work_form, decision, false, "granted|refused", "决定"),
      IN_FIELD_TEXT(work_form, ground, false, 32, "中止计时的事由"),
      IN_FIELD_FLAG(work_form, special, "先做专门程序"),
      IN_FIELD_LINES(work_form, reason, false, REASON_MOST, "意见和理由"));

static fallible work_prepare(struct request *q, void *form)
{
    struct work_form *f = form;

    f->in = (struct case_work){.number = request_part(q, S("number")),
                               .task = f->task,
                               .acceptance = f->acceptance,
                               .decision = f->decision,
                               .special = f->special || f->ground.len > 0,
                               .ground = f->ground,
                               .reason = str_trim(f->reason)};
    return OK;
}

static fallible work_run(struct tx *tx, void *form)
{
    struct work_form *f = form;

    return case_work(tx, &f->in);
}

static fallible work_answer(struct request *q, const void *form, struct reply *r)
{
    (void)form;
    return reply_go(
        q, r, str_format(request_arena(q), "/desk/cases/%.*s", STR(request_part(q, S("number")))));
}

struct extend_form {
    i64 days;
    str reason;
    struct case_extension in;
};
INPUT(extend_form, IN_FIELD_INTEGER(extend_form, days, true, 1, EXTENSION_MOST, "延长几个工作日"),
      IN_FIELD_LINES(extend_form, reason, true, REASON_MOST, "延长的理由"));

static fallible extend_prepare(struct request *q, void *form)
{
    struct extend_form *f = form;

    f->in = (struct case_extension){request_part(q, S("number")), f->days, str_trim(f->reason)};
    return OK;
}

static fallible extend_run(struct tx *tx, void *form)
{
    struct extend_form *f = form;

    return case_extend(tx, &f->in);
}

static const struct view view_desk = {
    .name = "desk", .duty = "CASE_SEE", .scope = "DIVISION", .run = desk_run};
static const struct view view_case_desk = {
    .name = "case_desk", .duty = "CASE_SEE", .scope = "DIVISION", .run = case_desk_run};
static const struct action action_work = {.name = "case_work",
                                          .duty = "CASE_SEE",
                                          .scope = "DIVISION",
                                          .input = &input_work_form,
                                          .prepare = work_prepare,
                                          .run = work_run,
                                          .answer = work_answer};
static const struct action action_extend = {.name = "case_extend",
                                            .duty = "CASE_DECIDE",
                                            .scope = "DIVISION",
                                            .input = &input_extend_form,
                                            .prepare = extend_prepare,
                                            .run = extend_run,
                                            .answer = work_answer};

static const struct route lines[] = {
#include "approval/desk.def"
};
const struct routes approval_desk_routes = {lines, COUNT(lines)};
