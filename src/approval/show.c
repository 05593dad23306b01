/* A case as people see it: where it is, who has it, how long it may take and why. */
#include "approval/show.h"

static str say(const struct lang *lang, const char *key)
{
    return str_of(message(lang, key));
}

str fresh_word(struct arena *a)
{
    u8 bytes[12];

    random_fill(bytes, sizeof bytes);
    return hex_of(a, bytes, sizeof bytes);
}

str stage_text(const struct lang *lang, str stage, str result)
{
    if (str_eq(stage, S("received")))
        return say(lang, T("已收到，等待答复是否受理"));
    if (str_eq(stage, S("correcting")))
        return say(lang, T("等待申请人补正"));
    if (str_eq(stage, S("accepted")))
        return say(lang, T("已受理，正在办理"));
    if (str_eq(stage, S("not-accepted")))
        return say(lang, T("不予受理"));
    if (str_eq(stage, S("decided")))
        return str_eq(result, S("granted")) ? say(lang, T("准予，等待送达"))
                                            : say(lang, T("不予许可，等待送达"));
    if (result.len == 0)
        return say(lang, T("已办结：不予受理"));
    return str_eq(result, S("granted")) ? say(lang, T("已办结：准予"))
                                        : say(lang, T("已办结：不予许可"));
}

/* ---- the timeline ------------------------------------------------------------------------- */

static str line_title(const struct lang *lang, str what)
{
    static const struct {
        const char *what, *title;
    } rows[] = {
        {"case_opened", T("收到申请")},
        {"case_accepted", T("受理")},
        {"case_deemed", T("视为受理")},
        {"correction_asked", T("一次告知补正")},
        {"correction_received", T("收到补正")},
        {"case_not_accepted", T("不予受理")},
        {"step_done", T("办结一步")},
        {"case_decided", T("作出决定")},
        {"case_delivered", T("送达")},
        {"case_paused", T("中止计时")},
        {"case_resumed", T("恢复计时")},
        {"case_extended", T("延长期限")},
        {"case_closed", T("办结")},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (str_eq(what, str_of(rows[i].what)))
            return say(lang, rows[i].title);
    return what;
}

static str used_text(struct arena *a, const struct lang *lang, const struct sql_case_lines *l,
                     bool *late)
{
    struct buf b = buf_in(a);

    if (l->since.ms == 0)
        return S("");
    i64 used = calendar_between(calendar_now(), instant_date(l->since), instant_date(l->at));
    struct argument args[] = {
        {"used", piece_i64(&b, used)},
        {"limit", piece_str(&b, limit_text(a, lang, l->unit, l->amount < 0 ? 0 : l->amount))}};
    if (l->amount < 0)
        return message_text(a, message(lang, T("用 {used} 个工作日")), args, 1);
    *late = str_eq(l->unit, S("working-day")) && used > l->amount;
    return message_text(a, message(lang, T("用 {used} 个工作日，限 {limit}")), args, 2);
}

static fallible fill_lines(struct request *q, struct db *db, i64 id, struct case_view *v)
{
    struct arena *a = request_arena(q);
    struct sql_case_lines_rows rows;

    TRY(sql_case_lines(a, db, id, &rows));
    for (size_t i = 0; i < rows.count; i++) {
        const struct sql_case_lines *r = &rows.at[i];
        struct line_view l = {.title = line_title(request_lang(q), r->what),
                              .task = r->task,
                              .post = r->post,
                              .at = r->at};

        l.used = used_text(a, request_lang(q), r, &l.late);
        l.pause = str_eq(r->what, S("case_paused"));
        vec_push(a, &v->lines, l);
    }
    return OK;
}

/* ---- the clocks --------------------------------------------------------------------------- */

static str role_text(const struct lang *lang, str role)
{
    if (str_eq(role, S("answer")))
        return say(lang, T("最晚什么时候答复是否受理"));
    return str_eq(role, S("legal")) ? say(lang, T("法律规定最晚什么时候办结"))
                                    : say(lang, T("承诺最晚什么时候办结"));
}

static str left_text(struct arena *a, const struct lang *lang, const struct limit_figures *f)
{
    struct buf b = buf_in(a);
    i64 left = f->left_working + (f->today ? 1 : 0);
    struct argument n = {"n", piece_i64(&b, f->late_working > 0 ? f->late_working : left)};

    if (f->late_working > 0)
        return message_text(a, message(lang, T("已经超过 {n} 个工作日")), &n, 1);
    if (f->today)
        return message_text(a, message(lang, T("还剩 {n} 个工作日，含今天")), &n, 1);
    return message_text(a, message(lang, T("还剩 {n} 个工作日")), &n, 1);
}

static str day_text(struct arena *a, const struct lang *lang, const struct limit_day *d)
{
    struct buf b = buf_in(a);
    struct argument n = {"n", piece_i64(&b, d->number)};

    if (d->why == WHY_COUNTED || d->why == WHY_MAKEUP)
        return message_text(a, message(lang, T("第 {n} 天")), &n, 1);
    if (d->name.len > 0)
        return d->name;
    if (d->why == WHY_WEEKEND)
        return say(lang, T("周末"));
    return d->why == WHY_PAUSED ? say(lang, T("停")) : S("");
}

static fallible explain(struct request *q, const struct sql_case_clocks *r, struct clock_view *k)
{
    struct arena *a = request_arena(q);
    struct limit_asked *asked = NEW(a, struct limit_asked);
    struct limit_explanation *e;
    struct json *json;
    date today = instant_date(request_now(q));

    TRY(json_read(a, r->definition, &json));
    TRY(calendar_clock_read(a, json, asked));
    TRY(calendar_explain(a, calendar_now(), &asked->clock, GAP_PROVISIONAL,
                         k->runs || k->stands ? &today : NULL, &e));
    for (size_t i = 0; i < e->sentence_count; i++)
        vec_push(a, &k->sentences,
                 ((struct clock_sentence){e->sentences[i].head, e->sentences[i].rest}));
    for (size_t i = 0; i < e->day_count; i++)
        vec_push(a, &k->days,
                 ((struct clock_day){e->days[i].day, day_text(a, request_lang(q), &e->days[i]),
                                     e->days[i].number > 0}));
    if (e->figures != NULL && k->runs)
        k->left = left_text(a, request_lang(q), e->figures);
    k->over = e->figures != NULL && e->figures->late_working > 0;
    return OK;
}

static fallible fill_clocks(struct request *q, struct db *db, i64 id, struct case_view *v)
{
    struct arena *a = request_arena(q);
    struct sql_case_clocks_rows rows;

    TRY(sql_case_clocks(a, db, id, &rows));
    for (size_t i = 0; i < rows.count; i++) {
        const struct sql_case_clocks *r = &rows.at[i];
        struct clock_view k = {.role = role_text(request_lang(q), r->role),
                               .article = r->article,
                               .due = r->due,
                               .runs = r->state == 1 || r->state == 3,
                               .stands = r->state == 2,
                               .over = r->state == 3,
                               .answer = str_eq(r->role, S("answer")),
                               .provisional = r->provisional};

        if (k.answer && r->state == 4)
            continue; /* answered: of no more interest */
        TRY(explain(q, r, &k));
        vec_push(a, &v->clocks, k);
    }
    return OK;
}

/* ---- the procedure and its tasks ---------------------------------------------------------- */

static void add_task(struct request *q, const struct case_asked *asked,
                     const struct sql_case_get *c, const struct flow_model *model,
                     const struct sql_case_tasks *t, struct case_view *v)
{
    struct arena *a = request_arena(q);
    const struct flow_node *n = node_of(model, t->node);
    struct task_view out = {.no = t->no, .name = t->name, .post = t->post, .article = t->article};
    str wants = n != NULL ? asked_after(n) : S("");

    if (t->amount >= 0)
        out.limit = limit_text(a, request_lang(q), t->unit, t->amount);
    out.mine = asked->staff && post_may(&asked->by, t->post, c->body, c->division_path);
    out.asks_acceptance = str_eq(wants, S("acceptance"));
    out.asks_decision = str_eq(wants, S("decision"));
    out.asks_special = str_eq(wants, S("special"));
    out.may_correct =
        out.asks_acceptance && c->asked.days == 0 && n != NULL && choice_names(n, S("correct"));
    out.delivers = str_eq(c->stage, S("decided"));
    vec_push(a, &v->tasks, out);
}

static void draw(struct request *q, const struct flow_model *model, struct case_view *v,
                 const struct sql_case_tasks_rows *tasks)
{
    struct arena *a = request_arena(q);
    struct buf svg = buf_in(a);
    VEC(str) now = {0}, done = {0};

    for (size_t i = 0; i < tasks->count; i++)
        vec_push(a, &now, tasks->at[i].node);
    for (size_t i = 0; i < model->nodes.count; i++) {
        bool was = model->nodes.at[i]->kind == FLOW_START;
        for (size_t j = 0; j < v->lines.count; j++)
            was |= v->lines.at[j].task.len > 0 &&
                   str_eq(v->lines.at[j].task, model->nodes.at[i]->name);
        for (size_t j = 0; j < tasks->count; j++)
            was &= !str_eq(tasks->at[j].node, model->nodes.at[i]->id);
        if (was)
            vec_push(a, &done, model->nodes.at[i]->id);
    }
    flow_draw(&svg, model, &(struct flow_marks){now.at, now.count, done.at, done.count});
    v->diagram = html_unescaped(buf_text(&svg));
}

static fallible fill_procedure(struct request *q, struct db *db, const struct case_asked *asked,
                               const struct sql_case_get *c, struct case_view *v)
{
    struct arena *a = request_arena(q);
    struct sql_case_tasks_rows tasks;
    struct flow_model *model;
    str xml;

    TRY(procedure_load(a, db, c->procedure_id, c->procedure_version, &xml));
    TRY(flow_read(a, xml, &model));
    TRY(sql_case_tasks(a, db, c->id, &tasks));
    for (size_t i = 0; i < tasks.count; i++)
        add_task(q, asked, c, model, &tasks.at[i], v);
    draw(q, model, v, &tasks);
    return OK;
}

/* ---- the application ---------------------------------------------------------------------- */

static fallible person_text(struct arena *a, struct node *n, const struct event *e,
                            const char *field, str *out)
{
    str json;
    bool found;
    struct json *value;

    TRY(vault_open(a, n, e, field, &json, &found));
    if (!found || json_read(a, json, &value) != OK)
        return OK;
    *out = value->text;
    return OK;
}

/* Whose it is: from the vault, for those who may see it. */
static fallible fill_person(struct arena *a, struct node *n, i64 event, struct case_view *v)
{
    struct event e;
    bool found;

    TRY(node_event(a, n, event, &e, &found));
    if (!found)
        return OK;
    TRY(person_text(a, n, &e, "name", &v->who.name));
    TRY(person_text(a, n, &e, "phone", &v->who.phone));
    TRY(person_text(a, n, &e, "address", &v->address));
    return person_text(a, n, &e, "note", &v->note);
}

/* The first and the last characters, stars between: «马**», «138****2716». */
static str masked(struct arena *a, str text, size_t first, size_t last, const char *stars)
{
    size_t at = 0, count = utf8_count(text), from = 0;

    if (count <= first + last)
        return text.len ? str_of(stars) : text;
    while (from < first && utf8_next(text, &at))
        from++;
    size_t head = at;
    while (from < count - last && utf8_next(text, &at))
        from++;
    str end = str_sub(text, at, text.len);
    return str_format(a, "%.*s%s%.*s", STR(str_sub(text, 0, head)), stars, STR(end));
}

/* Staff who have nothing to do in the case now see that there is an applicant, not who. */
static void mask_person(struct arena *a, struct case_view *v)
{
    for (size_t i = 0; i < v->tasks.count; i++)
        if (v->tasks.at[i].mine)
            return;
    v->who.name = masked(a, v->who.name, 1, 0, "**");
    v->who.phone = masked(a, v->who.phone, 3, 4, "****");
    v->address = masked(a, v->address, 3, 0, "**");
    v->note = masked(a, v->note, 0, 0, "**");
}

static fallible fill_application(struct request *q, struct node *n, const struct sql_case_get *c,
                                 struct case_view *v)
{
    struct arena *a = request_arena(q);
    struct sql_application_get row;
    struct json *list;
    bool found;

    TRY(sql_application_get(a, node_db(n), c->application, &row, &found));
    if (!found)
        return OK;
    v->submitted = row.submitted;
    if (!v->full)
        return OK;
    TRY(json_read(a, row.materials, &list));
    for (const struct json *j = list->child; j != NULL; j = j->next) {
        const struct json *ready = json_get(j, S("ready"));
        vec_push(a, &v->materials,
                 ((struct material_view){json_str(j, S("name")), ready && ready->truth}));
    }
    return fill_person(a, n, row.event, v);
}

static void add_grounds(struct arena *a, struct case_view *v)
{
    static const struct {
        const char *word, *label;
        enum limit_law law;
    } grounds[] = {
#define PAUSE_GROUND(name, word, label, law) {word, label, law},
#include "calendar/kinds.def"
#undef PAUSE_GROUND
    };

    for (size_t i = 0; i < COUNT(grounds); i++)
        if (grounds[i].law == LAW_PERMIT)
            vec_push(a, &v->grounds,
                     ((struct choice_view){str_of(grounds[i].word), str_of(grounds[i].label)}));
}

fallible case_fill(struct request *q, const struct case_asked *asked, struct case_view *v)
{
    struct arena *a = request_arena(q);
    struct sql_case_get c;
    struct node *n;
    bool found;

    TRY(request_node(q, &n));
    TRY(sql_case_get(a, node_db(n), asked->id, &c, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no case %lld", (long long)asked->id);
    v->number = c.number;
    v->matter = c.matter;
    v->matter_name = c.matter_name;
    v->body_name = c.body_name;
    v->stage = stage_text(request_lang(q), c.stage, c.result);
    v->full = asked->full;
    v->staff = asked->staff;
    v->done = c.closed.ms != 0;
    v->correcting = str_eq(c.stage, S("correcting"));
    v->may_extend = asked->staff && str_eq(c.stage, S("accepted")) && c.extended == 0 &&
                    post_may(&asked->by, S("负责人"), c.body, c.division_path);
    if (v->full) {
        v->missing = c.missing;
        v->reason = c.reason;
        v->forgery = request_forgery(q);
        v->key = fresh_word(a);
    }
    add_grounds(a, v);
    TRY(fill_application(q, n, &c, v));
    TRY(fill_clocks(q, node_db(n), c.id, v));
    TRY(fill_lines(q, node_db(n), c.id, v));
    TRY(fill_procedure(q, node_db(n), asked, &c, v));
    if (v->staff)
        mask_person(a, v);
    return OK;
}

void json_case(struct buf *b, const struct case_view *v)
{
    json_open(b, '{');
    json_pair(b, "number", v->number);
    json_pair(b, "matter", v->matter_name);
    json_pair(b, "body", v->body_name);
    json_pair(b, "stage", v->stage);
    json_pair(b, "submitted", v->submitted);
    json_pair(b, "closed", (bool)v->done);
    json_key(b, "clocks");
    json_open(b, '[');
    for (size_t i = 0; i < v->clocks.count; i++) {
        json_open(b, '{');
        json_pair(b, "what", v->clocks.at[i].role);
        json_pair(b, "due", v->clocks.at[i].due);
        json_pair(b, "article", v->clocks.at[i].article);
        json_pair(b, "over", v->clocks.at[i].over);
        json_close(b, '}');
    }
    json_close(b, ']');
    json_key(b, "timeline");
    json_open(b, '[');
    for (size_t i = 0; i < v->lines.count; i++) {
        json_open(b, '{');
        json_pair(b, "at", v->lines.at[i].at);
        json_pair(b, "what", v->lines.at[i].title);
        json_pair(b, "step", v->lines.at[i].task);
        json_pair(b, "post", v->lines.at[i].post);
        json_pair(b, "used", v->lines.at[i].used);
        json_close(b, '}');
    }
    json_close(b, ']');
    json_key(b, "waits_for");
    json_open(b, '[');
    for (size_t i = 0; i < v->tasks.count; i++) {
        json_open(b, '{');
        json_pair(b, "task", str_format(b->arena, "%lld", (long long)v->tasks.at[i].no));
        json_pair(b, "step", v->tasks.at[i].name);
        json_pair(b, "post", v->tasks.at[i].post);
        json_close(b, '}');
    }
    json_close(b, ']');
    json_close(b, '}');
}
