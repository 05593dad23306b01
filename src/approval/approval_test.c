#include "tests/test.h"

#include "approval/approval_test.h"

instant now;

static instant clock_now(void *ctx)
{
    (void)ctx;
    return now;
}

static void go_to(int y, int m, int d, int hour)
{
    now = (instant){date_start(date_ymd(y, m, d)).ms + hour * 3600000LL};
}

static fallible fake_acting(struct arena *a, struct db *db, i64 person, i64 post,
                            struct acting *out)
{
    static const struct {
        i64 post, body;
        const char *name, *duties, *path;
    } posts[] = {
        {WINDOW, OTHER, "综合窗口 3 号", "CASE_WINDOW CASE_ACCEPT CASE_DELIVER", "62/06/21"},
        {EXAMINER, WATER, "水资源股", "CASE_EXAMINE", "62/06/21"},
        {HEAD, WATER, "分管负责人", "CASE_DECIDE", "62/06/21"},
        {STRANGER, OTHER, "别局负责人", "CASE_DECIDE CASE_EXAMINE", "62/06/21"},
        {NEIGHBOUR_WINDOW, OTHER, "综合窗口", "CASE_ACCEPT", "62/06/22"},
    };

    (void)a;
    (void)db;
    (void)person;
    for (size_t i = 0; i < COUNT(posts); i++)
        if (posts[i].post == post) {
            *out = (struct acting){posts[i].body, str_of(posts[i].name), S("局"),
                                   str_of(posts[i].duties), str_of(posts[i].path)};
            return OK;
        }
    FAIL(ERR_FORBIDDEN, "no post %lld", (long long)post);
}

static fallible fake_person(struct arena *a, struct node *n, i64 person, struct applicant *out)
{
    (void)a;
    (void)n;
    (void)person;
    *out = (struct applicant){S("马小川"), S("62062119900101001X"), S("13900000000")};
    return OK;
}

static const struct approval_who fakes = {fake_acting, fake_person};

static err run_as(struct world *w, const struct command *c)
{
    struct command mine = *c, *one = &mine;

    mine.allowed = true;
    mine.by.channel = S("web");
    assert_ok(node_batch(w->n, &one, 1));
    return mine.job.refused ? err_again(&mine.job.why) : OK;
}

static fallible publish(struct tx *tx, void *in)
{
    static struct material needed[2];
    struct world *w = in;
    struct procedure_new p = {
        S("usual"), S("一般程序"), procedure_shipped(S("usual")), date_ymd(2026, 1, 1), 0, 0};
    struct matter m = {.code = S("GS007"),
                       .name = S("取水许可"),
                       .type = S("行政许可"),
                       .level = S("county"),
                       .body = WATER,
                       .body_name = S("民勤县水务局"),
                       .division_path = S("62/06/21"),
                       .basis = S("《水法》第四十八条"),
                       .conditions = S("符合水资源规划"),
                       .fee = S("不收费"),
                       .supervision = S("12345"),
                       .legal = {true, 45, LIMIT_WORKING, S("working-day"), S("条例 19")},
                       .promised = {true, 20, LIMIT_WORKING, S("working-day"), S("承诺")}};

    needed[0].name = S("取水许可申请书");
    needed[1].name = S("水资源论证报告");
    m.materials.at = needed;
    m.materials.count = m.materials.cap = 2;
    TRY(procedure_enact(tx, &p));
    m.procedure = p.id;
    m.procedure_version = p.version;
    TRY(matter_draft(tx, &m));
    w->matter = m.id;
    return matter_publish(tx, &(struct matter_publication){m.id, m.version, date_ymd(2026, 1, 1)});
}

void open_world(struct world *w, struct arena *a)
{
    static const struct event_kind *kinds[64];
    const struct calendar *calendar;
    const char *folder = test_folder();
    size_t count = 0;

    for (size_t i = 0; i < agenda_kind_count; i++)
        kinds[count++] = agenda_kinds[i];
    for (size_t i = 0; i < catalogue_kind_count; i++)
        kinds[count++] = catalogue_kinds[i];
    for (size_t i = 0; i < approval_kind_count; i++)
        kinds[count++] = approval_kinds[i];
    assert_true(count <= COUNT(kinds));
    assert_ok(calendar_shipped(a, &calendar));
    approval_use(&fakes, calendar);
    go_to(2026, 9, 28, 16);
    *w = (struct world){.a = a, .told = buf_in(a)};
    struct node_options o = {
        .main = str_format(a, "%s/main.db", folder).ptr,
        .keys = str_format(a, "%s/keys.db", folder).ptr,
        .disk = disk_open(a, str_format(a, "%s/keys", folder).ptr),
        .kinds = kinds,
        .kind_count = count,
        .site = S("620621000000"),
        .origin = S("test.yangguan/approval"),
        .clock = {clock_now, clock_now, NULL},
        .number = 7,
    };
    assert_ok(node_create(&o, &w->n));
    assert_ok(run_as(w, &(struct command){.run = publish, .input = w, .name = "publish"}));
    w->seen = node_size(w->n);
}

static fallible tell(void *ctx, struct arena *a, struct event *e)
{
    struct world *w = ctx;

    (void)a;
    if (w->told.len > 0)
        buf_byte(&w->told, ' ');
    buf_str(&w->told, e->kind);
    return OK;
}

/* The kinds of the events since the last look. */
static void assert_told(struct world *w, str expected)
{
    w->told = buf_in(w->a);
    assert_ok(node_visit(w->n, w->seen, tell, w));
    w->seen = node_size(w->n);
    assert_str(buf_text(&w->told), expected);
}

static fallible run_submit(struct tx *tx, void *in)
{
    return application_submit(tx, in);
}

static fallible run_correct(struct tx *tx, void *in)
{
    return application_correct(tx, in);
}

static fallible run_work(struct tx *tx, void *in)
{
    return case_work(tx, in);
}

static fallible run_extend(struct tx *tx, void *in)
{
    return case_extend(tx, in);
}

static struct application_new application_of(const struct world *w)
{
    return (struct application_new){.matter = w->matter,
                                    .applicant = {S("马小川"), S("62062119900101001X"), S("")},
                                    .address = S("民勤县收成镇"),
                                    .materials = S("取水许可申请书\n水资源论证报告"),
                                    .secret = S("0123456789abcdef")};
}

static str apply_for(struct world *w)
{
    struct application_new in = application_of(w);
    struct sql_application_get row;
    bool found;

    assert_ok(run_as(
        w,
        &(struct command){.run = run_submit, .input = &in, .name = "apply", .by.actor = CITIZEN}));
    assert_ok(sql_application_get(w->a, node_db(w->n), in.application, &row, &found));
    assert_true(found);
    return row.number;
}

static struct sql_case_get case_of(struct world *w, str number)
{
    struct sql_case_by_number row;
    struct sql_case_get c;
    bool found;

    assert_ok(sql_case_by_number(w->a, node_db(w->n), number, &row, &found));
    assert_true(found);
    assert_ok(sql_case_get(w->a, node_db(w->n), row.id, &c, &found));
    return c;
}

static struct sql_case_tasks_rows tasks_of(struct world *w, str number)
{
    struct sql_case_tasks_rows rows;

    assert_ok(sql_case_tasks(w->a, node_db(w->n), case_of(w, number).id, &rows));
    return rows;
}

static err work(struct world *w, i64 post, struct case_work in)
{
    struct sql_case_tasks_rows rows = tasks_of(w, in.number);

    if (in.task == 0 && rows.count > 0)
        in.task = rows.at[0].no;
    return run_as(w, &(struct command){.run = run_work,
                                       .input = &in,
                                       .name = "case_work",
                                       .by = {.actor = 30 + post, .post = post}});
}

static void assert_task(struct world *w, str number, str name)
{
    struct sql_case_tasks_rows rows = tasks_of(w, number);

    assert_int_equal(rows.count, name.len > 0 ? 1 : 0);
    if (rows.count > 0)
        assert_str(rows.at[0].name, name);
}

static void assert_due(struct world *w, str number, str role, date day)
{
    struct sql_case_clocks_rows rows;

    assert_ok(sql_case_clocks(w->a, node_db(w->n), case_of(w, number).id, &rows));
    for (size_t i = rows.count; i-- > 0;)
        if (str_eq(rows.at[i].role, role)) {
            assert_str(date_text(w->a, rows.at[i].due), date_text(w->a, day));
            return;
        }
    fail_msg("no clock %.*s", STR(role));
}

void close_world(struct world *w)
{
    struct verdict v;

    assert_ok(node_verify(w->a, w->n, true, &v));
    for (size_t i = 0; i < v.flaws.count; i++)
        print_message("%s %.*s\n", v.flaws.at[i].where, STR(v.flaws.at[i].what));
    assert_int_equal(v.flaws.count, 0);
    node_close(w->n);
}

/* LAW: 行政许可法 29, 行政许可法 32, 行政许可法 38, 行政许可法 42, 行政许可法 44 */
TEST(a_citizen_applies_and_four_posts_bring_the_case_to_its_end)
{
    scoped_arena a = arena_open();
    struct world w;

    open_world(&w, a);
    str no = apply_for(&w);
    assert_str(no, S("62062120260928000001"));
    assert_told(&w, S("application_submitted case_opened clock_started case_clock case_moved"));
    assert_task(&w, no, S("接收审核"));
    assert_due(&w, no, S("answer"), date_ymd(2026, 10, 10));

    go_to(2026, 9, 29, 9);
    assert_ok(work(&w, WINDOW, (struct case_work){.number = no, .acceptance = S("accepted")}));
    assert_told(&w, S("clock_stopped case_accepted clock_started case_clock clock_started "
                      "case_clock case_moved case_moved"));
    assert_task(&w, no, S("审查"));
    assert_due(&w, no, S("promise"), date_ymd(2026, 11, 2));
    assert_due(&w, no, S("legal"), date_ymd(2026, 12, 7));

    go_to(2026, 10, 12, 10);
    assert_ok(work(&w, EXAMINER, (struct case_work){.number = no, .reason = S("符合条件")}));
    assert_told(&w, S("step_done case_moved"));
    assert_ok(work(&w, HEAD,
                   (struct case_work){
                       .number = no, .decision = S("granted"), .reason = S("符合水法第四十八条")}));
    assert_told(&w, S("case_decided case_moved clock_stopped clock_stopped"));
    assert_str(case_of(&w, no).result, S("granted"));
    assert_ok(work(&w, WINDOW, (struct case_work){.number = no}));
    assert_told(&w, S("case_delivered case_moved case_closed"));
    assert_task(&w, no, S(""));
    assert_str(case_of(&w, no).outcome, S("granted"));

    struct sql_case_lines_rows lines;
    assert_ok(sql_case_lines(a, node_db(w.n), case_of(&w, no).id, &lines));
    assert_int_equal(lines.count, 6);
    assert_str(lines.at[1].post, S("综合窗口 3 号"));
    assert_int_equal(lines.at[1].amount, 5);
    close_world(&w);
}

TEST(who_may_not_or_comes_too_late_is_refused_and_nothing_changes)
{
    scoped_arena a = arena_open();
    struct world w;

    open_world(&w, a);
    str no = apply_for(&w);
    w.seen = node_size(w.n);
    struct case_work yes = {.number = no, .acceptance = S("accepted")};
    assert_err(work(&w, EXAMINER, yes), ERR_FORBIDDEN);
    assert_err(work(&w, NEIGHBOUR_WINDOW, yes), ERR_FORBIDDEN);
    assert_err(work(&w, 4711, yes), ERR_FORBIDDEN);
    assert_err(work(&w, 0, yes), ERR_FORBIDDEN);
    assert_err(work(&w, WINDOW, (struct case_work){.number = no, .acceptance = S("rejected")}),
               ERR_INPUT);
    assert_err(work(&w, WINDOW, (struct case_work){.number = no, .acceptance = S("correct")}),
               ERR_INPUT);
    assert_err(work(&w, WINDOW, (struct case_work){.number = no, .acceptance = S("perhaps")}),
               ERR_INPUT);
    yes.task = 99;
    assert_err(work(&w, WINDOW, yes), ERR_STATE);
    yes.number = S("62062120260928999999");
    assert_told(&w, S(""));

    yes = (struct case_work){.number = no, .acceptance = S("accepted")};
    i64 first = tasks_of(&w, no).at[0].no;
    assert_ok(work(&w, WINDOW, yes));
    yes.task = first;
    assert_err(work(&w, WINDOW, yes), ERR_STATE); /* clicked twice */
    assert_err(work(&w, STRANGER, (struct case_work){.number = no}), ERR_FORBIDDEN);
    assert_ok(work(&w, EXAMINER, (struct case_work){.number = no}));
    assert_err(work(&w, HEAD, (struct case_work){.number = no, .decision = S("refused")}),
               ERR_INPUT);
    assert_err(work(&w, HEAD, (struct case_work){.number = no, .reason = S("x")}), ERR_INPUT);
    assert_ok(work(
        &w, HEAD,
        (struct case_work){.number = no, .decision = S("refused"), .reason = S("不符合规划")}));
    assert_task(&w, no, S("书面说明理由"));
    assert_ok(work(&w, WINDOW, (struct case_work){.number = no}));
    assert_str(case_of(&w, no).outcome, S("refused"));
    close_world(&w);
}

TEST(a_doubled_submission_is_one_and_a_key_with_other_content_is_refused)
{
    scoped_arena a = arena_open();
    struct world w;

    open_world(&w, a);
    struct application_new in = application_of(&w);
    struct command c = {.run = run_submit,
                        .input = &in,
                        .name = "apply",
                        .by.actor = CITIZEN,
                        .key = S("k1"),
                        .content = {{1}}};
    assert_ok(run_as(&w, &c));
    w.seen = node_size(w.n);
    assert_ok(run_as(&w, &c));
    assert_told(&w, S(""));
    c.content.at[0] = 2;
    assert_err(run_as(&w, &c), ERR_KEY_REUSED);
    c.by.actor = OTHER_CITIZEN;
    assert_ok(run_as(&w, &c));
    c.by.actor = 0;
    c.key = S("");
    assert_err(run_as(&w, &c), ERR_SIGN_IN);
    in.secret = S("short");
    c.by.actor = CITIZEN;
    assert_err(run_as(&w, &c), ERR_INPUT);
    in = application_of(&w);
    in.matter = 1;
    assert_err(run_as(&w, &c), ERR_NOT_FOUND);
    close_world(&w);
}

/* LAW: 行政许可法 32(1)(4) */
TEST(what_is_missing_is_told_once_and_the_case_goes_on_when_it_came)
{
    scoped_arena a = arena_open();
    struct world w;

    open_world(&w, a);
    str no = apply_for(&w);
    w.seen = node_size(w.n);
    assert_ok(work(
        &w, WINDOW,
        (struct case_work){.number = no, .acceptance = S("correct"), .reason = S("缺论证报告")}));
    assert_told(&w, S("clock_stopped correction_asked case_moved"));
    assert_str(case_of(&w, no).stage, S("correcting"));
    assert_task(&w, no, S("一次告知补正"));

    struct application_correction fix = {.number = no, .materials = S("水资源论证报告")};
    struct command c = {.run = run_correct, .input = &fix, .name = "correct"};
    c.by.actor = OTHER_CITIZEN;
    assert_err(run_as(&w, &c), ERR_NOT_FOUND);
    c.by.actor = CITIZEN;
    go_to(2026, 10, 12, 10);
    assert_ok(run_as(&w, &c));
    assert_told(&w, S("application_corrected correction_received clock_started case_clock "
                      "case_moved"));
    assert_err(run_as(&w, &c), ERR_STATE);
    assert_task(&w, no, S("接收审核"));
    assert_due(&w, no, S("answer"), date_ymd(2026, 10, 19));
    assert_err(
        work(&w, WINDOW,
             (struct case_work){.number = no, .acceptance = S("correct"), .reason = S("还缺")}),
        ERR_STATE);
    assert_ok(work(
        &w, WINDOW,
        (struct case_work){.number = no, .acceptance = S("rejected"), .reason = S("不需要许可")}));
    assert_str(case_of(&w, no).outcome, S("not accepted"));
    assert_task(&w, no, S(""));
    close_world(&w);
}

static void tick(struct world *w)
{
    size_t done;

    do
        assert_ok(approval_tick(w->n, now, &done));
    while (done > 0);
}

/* LAW: 行政许可法 32(1)(4) */
TEST(an_application_nobody_answered_is_accepted_from_the_day_of_receipt)
{
    scoped_arena a = arena_open();
    struct world w;

    open_world(&w, a);
    str no = apply_for(&w);
    go_to(2026, 10, 10, 23); /* the fifth working day, a Saturday that was made one */
    tick(&w);
    assert_str(case_of(&w, no).stage, S("received"));
    go_to(2026, 10, 11, 0);
    w.seen = node_size(w.n);
    tick(&w);
    assert_told(&w, S("clock_due clock_stopped case_accepted clock_started case_clock "
                      "clock_started case_clock case_moved case_moved"));
    assert_true(case_of(&w, no).deemed);
    assert_int_equal(case_of(&w, no).accepted.days, date_ymd(2026, 9, 28).days);
    assert_due(&w, no, S("promise"), date_ymd(2026, 10, 30));
    assert_task(&w, no, S("审查"));
    tick(&w);
    assert_told(&w, S(""));
    close_world(&w);
}

/* LAW: 行政许可法 45, 行政许可法 42 */
TEST(an_expert_review_stops_both_limits_and_one_extension_is_possible)
{
    scoped_arena a = arena_open();
    struct world w;

    open_world(&w, a);
    str no = apply_for(&w);
    go_to(2026, 9, 29, 9);
    assert_ok(work(&w, WINDOW, (struct case_work){.number = no, .acceptance = S("accepted")}));
    go_to(2026, 10, 12, 9);
    struct case_work special = {.number = no, .special = true};
    assert_err(work(&w, EXAMINER, special), ERR_INPUT);
    special.ground = S("holiday");
    assert_err(work(&w, EXAMINER, special), ERR_INPUT);
    special.ground = S("experts");
    w.seen = node_size(w.n);
    assert_ok(work(&w, EXAMINER, special));
    assert_told(&w, S("step_done case_moved clock_paused clock_paused case_paused"));
    assert_str(case_of(&w, no).paused, S("experts"));

    struct case_extension x = {.number = no, .days = 10, .reason = S("情况复杂")};
    struct command c = {.run = run_extend, .input = &x, .name = "case_extend"};
    c.by = (struct authority){.actor = 33, .post = EXAMINER};
    assert_err(run_as(&w, &c), ERR_FORBIDDEN);
    go_to(2026, 10, 20, 9);
    assert_ok(work(&w, EXAMINER, (struct case_work){.number = no}));
    assert_str(case_of(&w, no).paused, S(""));
    assert_due(&w, no, S("promise"), date_ymd(2026, 11, 11));
    c.by.post = HEAD;
    x.days = 11;
    assert_err(run_as(&w, &c), ERR_INPUT);
    x.days = 10;
    assert_ok(run_as(&w, &c));
    assert_due(&w, no, S("promise"), date_ymd(2026, 11, 25));
    assert_err(run_as(&w, &c), ERR_STATE);
    close_world(&w);
}

TEST(no_value_of_a_person_is_in_any_table_of_cases)
{
    static const char *const tables[] = {"application", "approval_case", "case_task",
                                         "case_line",   "case_clock",    "event"};
    scoped_arena a = arena_open();
    struct world w;

    open_world(&w, a);
    (void)apply_for(&w);
    for (size_t i = 0; i < COUNT(tables); i++) {
        str dump;

        assert_ok(db_dump(a, node_db(w.n), tables[i], &dump));
        assert_true(dump.len > 0 || i == 3);
        assert_int_equal(str_find(dump, S("马小川")), -1);
        assert_int_equal(str_find(dump, S("62062119900101001X")), -1);
        assert_int_equal(str_find(dump, S("收成镇")), -1);
    }
    close_world(&w);
}
