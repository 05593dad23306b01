/* The public side: applying, the receipt, tracking. */
#include "approval/show.h"
#include "approval_pages.h"

static i64 person_of(struct request *q)
{
    const struct session *s = request_session(q);

    return s != NULL ? s->person : 0;
}

/* ---- applying ----------------------------------------------------------------------------- */

struct apply_form {
    str matter, address, note, secret, phone;
    struct application_new in;
};

INPUT(apply_form, IN_FIELD_TEXT(apply_form, matter, true, 20, "事项"),
      IN_FIELD_TEXT(apply_form, address, true, 200, "联系地址"),
      IN_FIELD_TEXT(apply_form, phone, false, 30, "联系电话"),
      IN_FIELD_LINES(apply_form, note, false, 2000, "申请内容"),
      IN_FIELD_TEXT(apply_form, secret, false, 64, "查询码"));

static fallible fill_apply(struct request *q, str matter, struct apply_page *v)
{
    struct arena *a = request_arena(q);
    struct node *n;
    i64 id;

    REQUIRE(str_i64(matter, &id) == OK, ERR_NOT_FOUND, "no matter to apply for");
    TRY(request_node(q, &n));
    TRY(matter_load(a, node_db(n), id, &v->m));
    TRY(who()->person(a, n, person_of(q), &v->who));
    v->page = page_of(q, v->m.name);
    v->promised = limit_text(a, request_lang(q), v->m.promised.unit, v->m.promised.amount);
    v->forgery = request_forgery(q);
    v->secret = request_field(q, S("secret"));
    if (v->secret.len == 0)
        v->secret = fresh_word(a);
    v->key = request_idempotency_key(q);
    if (v->key.len == 0)
        v->key = fresh_word(a);
    v->address = request_field(q, S("address"));
    v->note = request_field(q, S("note"));
    const faults *wrong = request_faults(q);
    for (size_t i = 0; i < wrong->count; i++)
        vec_push(a, &v->faults, ((struct case_fault){wrong->at[i].field, wrong->at[i].text}));
    return OK;
}

static fallible apply_show(struct request *q, struct reply *r)
{
    struct apply_page v = {0};
    str matter = request_field(q, S("matter"));

    if (matter.len == 0)
        return reply_go(q, r, S("/matters"));
    TRY(fill_apply(q, matter, &v));
    page_apply_form(&r->body, request_lang(q), &v);
    return OK;
}

static str lines_of(struct request *q, str field)
{
    struct buf b = buf_in(request_arena(q));

    for (size_t i = 0; i < request_count(q, field) && i < MATERIALS_MOST; i++) {
        buf_str(&b, request_field_at(q, field, i));
        buf_byte(&b, '\n');
    }
    return buf_text(&b);
}

static fallible apply_prepare(struct request *q, void *form)
{
    struct apply_form *f = form;
    struct node *n;

    TRY(request_node(q, &n));
    REQUIRE(str_i64(f->matter, &f->in.matter) == OK, ERR_NOT_FOUND, "no matter to apply for");
    TRY(who()->person(request_arena(q), n, person_of(q), &f->in.applicant));
    if (f->phone.len > 0)
        f->in.applicant.phone = f->phone;
    if (f->secret.len == 0)
        f->secret = fresh_word(request_arena(q));
    f->in.address = f->address;
    f->in.note = f->note;
    f->in.secret = f->secret;
    f->in.materials = lines_of(q, S("ready"));
    return OK;
}

static fallible apply_run(struct tx *tx, void *form)
{
    struct apply_form *f = form;

    return application_submit(tx, &f->in);
}

/* ---- the receipt -------------------------------------------------------------------------- */

static void json_receipt(struct buf *b, const struct receipt_page *v)
{
    json_open(b, '{');
    json_pair(b, "number", v->number);
    json_pair(b, "word", v->secret);
    json_pair(b, "matter", v->matter_name);
    json_pair(b, "body", v->body_name);
    json_pair(b, "submitted", v->submitted);
    json_pair(b, "answer_due", v->answer_due);
    json_pair(b, "event", v->event);
    json_pair(b, "commitment", v->commitment);
    json_close(b, '}');
}

static fallible fill_receipt(struct request *q, i64 event, struct receipt_page *v)
{
    struct arena *a = request_arena(q);
    struct sql_application_by_event found_row;
    struct sql_application_get row;
    struct sql_case_by_number c;
    struct sql_case_clocks_rows clocks;
    struct matter m;
    struct node *n;
    bool found;

    TRY(request_node(q, &n));
    TRY(sql_application_by_event(a, node_db(n), event, &found_row, &found));
    REQUIRE(found && found_row.applicant == person_of(q), ERR_NOT_FOUND, "no such receipt");
    TRY(sql_application_get(a, node_db(n), found_row.id, &row, &found));
    TRY(matter_load_version(a, node_db(n), row.matter, row.matter_version, &m));
    v->page = page_of(q, str_of(message(request_lang(q), T("申请回执"))));
    v->number = row.number;
    v->matter_name = m.name;
    v->body_name = m.body_name;
    v->submitted = row.submitted;
    v->event = str_format(a, "%lld", (long long)row.event);
    v->commitment = row.commitment;
    v->promised = limit_text(a, request_lang(q), m.promised.unit, m.promised.amount);
    TRY(sql_case_by_number(a, node_db(n), row.number, &c, &found));
    if (!found)
        return OK;
    TRY(sql_case_clocks(a, node_db(n), c.id, &clocks));
    if (clocks.count > 0)
        v->answer_due = clocks.at[0].due;
    return OK;
}

static fallible apply_answer(struct request *q, const void *form, struct reply *r)
{
    const struct apply_form *f = form;
    struct receipt_page v = {.secret = f->secret};

    TRY(fill_receipt(q, request_outcome(q)->first_event, &v));
    SHOW(q, r, receipt, &v);
    return OK;
}

/* ---- one's own cases, and tracking -------------------------------------------------------- */

static fallible mine_run(struct request *q, struct reply *r)
{
    struct arena *a = request_arena(q);
    struct mine_page v = {0};
    struct sql_applications_of_rows rows;
    struct node *n;

    v.page = page_of(q, str_of(message(request_lang(q), T("我的办件"))));
    TRY(request_node(q, &n));
    TRY(sql_applications_of(a, node_db(n), person_of(q), 100, &rows));
    for (size_t i = 0; i < rows.count; i++)
        vec_push(
            a, &v.cases,
            ((struct my_case){rows.at[i].number, rows.at[i].matter_name,
                              stage_text(request_lang(q), rows.at[i].stage, rows.at[i].outcome),
                              rows.at[i].submitted}));
    page_mine(&r->body, request_lang(q), &v);
    return OK;
}

static fallible show_case(struct request *q, struct reply *r, const struct case_asked *asked)
{
    struct case_view v = {0};

    TRY(case_fill(q, asked, &v));
    v.page = page_of(q, v.matter_name);
    if (request_wants_json(q)) {
        json_case(&r->body, &v);
        r->type = "application/json";
        return OK;
    }
    page_case_public(&r->body, request_lang(q), &v);
    return OK;
}

/* Anyone with the number sees steps and posts; the applicant also notices and reasons. */
static fallible case_run(struct request *q, struct reply *r)
{
    struct sql_case_by_number row;
    struct sql_application_by_number application;
    struct arena *a = request_arena(q);
    struct node *n;
    bool found, known;
    str number = request_part(q, S("number"));

    TRY(request_node(q, &n));
    TRY(sql_case_by_number(a, node_db(n), number, &row, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no case of that number");
    TRY(sql_application_by_number(a, node_db(n), number, &application, &known));
    bool own = known && person_of(q) != 0 && application.applicant == person_of(q);
    return show_case(q, r, &(struct case_asked){.id = row.id, .full = own});
}

struct track_form {
    str number, word;
};
INPUT(track_form, IN_FIELD_TEXT(track_form, number, true, 32, "办件编号"),
      IN_FIELD_TEXT(track_form, word, true, 64, "查询码"));

static fallible track_show(struct request *q, struct reply *r)
{
    struct track_page v = {.number = request_field(q, S("number"))};

    v.page = page_of(q, str_of(message(request_lang(q), T("查办理进度"))));
    v.forgery = request_forgery(q);
    page_track(&r->body, request_lang(q), &v);
    return OK;
}

/* A wrong number and a wrong word are told alike. */
static fallible track_answer(struct request *q, const void *form, struct reply *r)
{
    const struct track_form *f = form;
    struct arena *a = request_arena(q);
    struct sql_application_by_number application;
    struct sql_case_by_number row;
    struct node *n;
    bool found, opened;

    TRY(request_node(q, &n));
    TRY(sql_application_by_number(a, node_db(n), f->number, &application, &found));
    TRY(sql_case_by_number(a, node_db(n), f->number, &row, &opened));
    REQUIRE(found && opened && receipt_word_fits(f->number, f->word, application.secret),
            ERR_NOT_FOUND, "number or word don't fit");
    return show_case(q, r, &(struct case_asked){.id = row.id, .full = true});
}

/* ---- what was missing --------------------------------------------------------------------- */

struct correct_form {
    str note;
    struct application_correction in;
};
INPUT(correct_form, IN_FIELD_LINES(correct_form, note, false, 2000, "补正说明"));

static fallible correct_prepare(struct request *q, void *form)
{
    struct correct_form *f = form;

    f->in = (struct application_correction){request_part(q, S("number")), f->note,
                                            lines_of(q, S("ready"))};
    return OK;
}

static fallible correct_run(struct tx *tx, void *form)
{
    struct correct_form *f = form;

    return application_correct(tx, &f->in);
}

static fallible correct_answer(struct request *q, const void *form, struct reply *r)
{
    const struct correct_form *f = form;

    return reply_go(q, r, str_format(request_arena(q), "/cases/%.*s", STR(f->in.number)));
}

static const struct view view_apply = {
    .name = "apply_form", .duty = "APPLICANT", .scope = "NONE", .run = apply_show};
static const struct view view_mine = {
    .name = "my_cases", .duty = "APPLICANT", .scope = "SELF", .run = mine_run};
static const struct view view_case = {
    .name = "case_public", .duty = "ANYBODY", .scope = "NONE", .run = case_run};
static const struct view view_track = {
    .name = "track", .duty = "ANYBODY", .scope = "NONE", .run = track_show};
static const struct action action_apply = {.name = "application_submit",
                                           .duty = "APPLICANT",
                                           .scope = "SELF",
                                           .input = &input_apply_form,
                                           .prepare = apply_prepare,
                                           .run = apply_run,
                                           .answer = apply_answer,
                                           .again = apply_show};
static const struct action action_track = {.name = "case_track",
                                           .duty = "ANYBODY",
                                           .scope = "NONE",
                                           .input = &input_track_form,
                                           .answer = track_answer,
                                           .again = track_show};
static const struct action action_correct = {.name = "application_correct",
                                             .duty = "APPLICANT",
                                             .scope = "SELF",
                                             .input = &input_correct_form,
                                             .prepare = correct_prepare,
                                             .run = correct_run,
                                             .answer = correct_answer};

static const struct route lines[] = {
#include "approval/citizen.def"
};
const struct routes approval_citizen_routes = {lines, COUNT(lines)};
