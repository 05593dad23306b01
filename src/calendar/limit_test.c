#include "calendar/calendar.h"

#include <stdio.h>

#include "tests/test.h"

/* A clock as JSON, and what it must come to. */
struct row {
    const char *clock;
    const char *due; /* NULL: held */
};

static const struct calendar *shipped(struct arena *a)
{
    const struct calendar *c;

    assert_ok(calendar_shipped(a, &c));
    return c;
}

static err explain(struct arena *a, const char *clock, enum calendar_gap gap,
                   struct limit_explanation **out)
{
    struct limit_asked *asked = NEW(a, struct limit_asked);
    struct json *json;

    TRY(json_read(a, str_of(clock), &json));
    TRY(calendar_clock_read(a, json, asked));
    return calendar_explain(a, shipped(a), &asked->clock, gap,
                            asked->as_of_given ? &asked->as_of : NULL, out);
}

static void assert_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        scoped_arena a = arena_open();
        struct limit_explanation *e;

        print_message("%s\n", rows[i].clock);
        assert_ok(explain(a, rows[i].clock, GAP_REFUSE, &e));
        assert_true(e->limit.running == (rows[i].due != NULL));
        if (rows[i].due != NULL)
            assert_str(date_text(a, e->limit.due), str_of(rows[i].due));
    }
}

static void assert_refused(const char *clock, enum err_code code, const char *says)
{
    scoped_arena a = arena_open();
    struct limit_explanation *e;
    err why = explain(a, clock, GAP_REFUSE, &e);

    print_message("%s\n", clock);
    assert_err(why, code);
    if (why != OK && strstr(why->message, says) == NULL)
        fail_msg("«%s» doesn't say «%s»", why->message, says);
}

/* LAW: 民法典 201, 民法典 202, 民法典 203 */
TEST(natural_days_and_months_end_on_a_working_day)
{
    static const struct row rows[] = {
        {"{\"kind\":\"natural\",\"start\":\"2026-04-29\",\"n\":2}", "2026-05-06"},
        {"{\"kind\":\"natural\",\"start\":\"2026-02-10\",\"n\":4}", "2026-02-14"},
        {"{\"kind\":\"natural\",\"start\":\"2026-05-01\",\"n\":0}", "2026-05-06"},
        {"{\"kind\":\"month\",\"start\":\"2024-01-31\",\"n\":1}", "2024-02-29"},
        {"{\"kind\":\"month\",\"start\":\"2023-01-31\",\"n\":1}", "2023-02-28"},
        {"{\"kind\":\"month\",\"start\":\"2025-10-31\",\"n\":4}", "2026-02-28"},
        {"{\"kind\":\"month\",\"start\":\"2024-12-15\",\"n\":12}", "2025-12-15"},
        {"{\"kind\":\"month\",\"start\":\"2014-09-04\",\"n\":1}", "2014-10-08"},
    };

    assert_rows(rows, COUNT(rows));
}

/* LAW: 行政许可法 45 */
TEST(only_the_grounds_of_the_law_stop_a_clock_and_the_rest_goes_on_after)
{
    static const struct row rows[] = {
        {"{\"kind\":\"working\",\"start\":\"2026-09-29\",\"n\":20,\"pauses\":[{\"ground\":"
         "\"专家评审\",\"from\":\"2026-10-19\",\"to\":\"2026-11-10\"}]}",
         "2026-11-25"},
        /* begins before the start; covers the day that would be due; two overlap; lies on days off
         */
        {"{\"kind\":\"working\",\"start\":\"2026-05-06\",\"n\":5,\"pauses\":[{\"ground\":"
         "\"hearing\",\"from\":\"2026-01-01\",\"to\":\"2026-05-08\"}]}",
         "2026-05-14"},
        {"{\"kind\":\"working\",\"start\":\"2026-06-01\",\"n\":5,\"pauses\":[{\"ground\":"
         "\"test\",\"from\":\"2026-06-08\",\"to\":\"2026-06-09\"}]}",
         "2026-06-10"},
        {"{\"kind\":\"working\",\"start\":\"2026-06-01\",\"n\":5,\"pauses\":[{\"ground\":"
         "\"test\",\"from\":\"2026-06-03\",\"to\":\"2026-06-09\"},{\"ground\":\"appraisal\","
         "\"from\":\"2026-06-05\",\"to\":\"2026-06-10\"}]}",
         "2026-06-16"},
        {"{\"kind\":\"working\",\"start\":\"2026-06-01\",\"n\":5,\"pauses\":[{\"ground\":"
         "\"test\",\"from\":\"2026-06-06\",\"to\":\"2026-06-07\"}]}",
         "2026-06-08"},
        /* still open: held, unless it begins after the due day */
        {"{\"kind\":\"working\",\"start\":\"2026-06-01\",\"n\":5,\"pauses\":[{\"ground\":"
         "\"test\",\"from\":\"2026-06-03\"}]}",
         NULL},
        {"{\"kind\":\"working\",\"start\":\"2026-06-01\",\"n\":5,\"pauses\":[{\"ground\":"
         "\"test\",\"from\":\"2026-06-09\"}]}",
         "2026-06-08"},
    };
    static const char *const grounds[] = {"听证", "招标", "拍卖", "检验",
                                          "检测", "检疫", "鉴定", "专家评审"};

    assert_rows(rows, COUNT(rows));
    for (size_t i = 0; i < COUNT(grounds); i++) {
        scoped_arena a = arena_open();
        str clock =
            str_format(a,
                       "{\"kind\":\"working\",\"start\":\"2026-06-01\",\"n\":1,\"pauses\":["
                       "{\"ground\":\"%s\",\"from\":\"2026-06-02\",\"to\":\"2026-06-02\"}]}",
                       grounds[i]);

        assert_rows(&(struct row){str_z(a, clock), "2026-06-03"}, 1);
    }
    assert_refused("{\"kind\":\"working\",\"start\":\"2026-06-01\",\"n\":1,\"pauses\":[{\"ground\":"
                   "\"现场勘察\",\"from\":\"2026-06-02\",\"to\":\"2026-06-02\"}]}",
                   ERR_INPUT, "行政许可法 45");
    assert_refused("{\"kind\":\"working\",\"start\":\"2026-06-01\",\"n\":1,\"pauses\":[{\"ground\":"
                   "\"third-party\",\"from\":\"2026-06-02\",\"to\":\"2026-06-02\"}]}",
                   ERR_INPUT, "no ground of this law");
}

/* LAW: 政府信息公开条例 30, 政府信息公开条例 33 */
TEST(a_corrected_request_restarts_the_answer_and_consulting_others_pauses_it)
{
    static const struct row rows[] = {
        {"{\"kind\":\"working\",\"law\":\"disclosure\",\"start\":\"2026-05-06\",\"n\":20}",
         "2026-06-02"},
        {"{\"kind\":\"working\",\"law\":\"disclosure\",\"start\":\"2026-05-06\",\"n\":20,"
         "\"restarts\":[\"2026-05-08\"]}",
         "2026-06-04"},
        {"{\"kind\":\"working\",\"law\":\"disclosure\",\"start\":\"2026-05-06\",\"n\":20,"
         "\"restarts\":[\"2026-05-08\",\"2026-05-18\"]}",
         "2026-06-15"},
        {"{\"kind\":\"working\",\"law\":\"disclosure\",\"start\":\"2026-05-06\",\"n\":20,"
         "\"pauses\":[{\"ground\":\"third-party\",\"from\":\"2026-05-11\",\"to\":\"2026-05-15\"}]}",
         "2026-06-09"},
        {"{\"kind\":\"working\",\"law\":\"disclosure\",\"start\":\"2026-05-06\",\"n\":20,"
         "\"extensions\":[{\"on\":\"2026-06-02\",\"n\":20,\"by\":\"机构负责人\",\"article\":"
         "\"政府信息公开条例 33\"}]}",
         "2026-07-01"},
        /* what was extended before the restart isn't any more */
        {"{\"kind\":\"working\",\"law\":\"disclosure\",\"start\":\"2026-05-06\",\"n\":20,"
         "\"restarts\":[\"2026-05-08\"],\"extensions\":[{\"on\":\"2026-05-07\",\"n\":20,\"by\":"
         "\"机构负责人\",\"article\":\"政府信息公开条例 33\"}]}",
         "2026-06-04"},
    };

    assert_rows(rows, COUNT(rows));
    assert_refused(
        "{\"kind\":\"working\",\"start\":\"2026-05-06\",\"n\":20,\"restarts\":[\"2026-05-"
        "08\"]}",
        ERR_INPUT, "政府信息公开条例 30");
    assert_refused("{\"kind\":\"working\",\"law\":\"disclosure\",\"start\":\"2026-05-06\",\"n\":20,"
                   "\"restarts\":[\"2026-05-05\"]}",
                   ERR_INPUT, "restart 1");
}

#define PERMIT_20 "{\"kind\":\"working\",\"start\":\"2026-05-06\",\"n\":20,\"extensions\":["
#define BY_HEAD "\"by\":\"本行政机关负责人\",\"article\":\"行政许可法 42(1)\"}"

/* LAW: 行政许可法 42: ten days more, once, before the twenty are over */
TEST(a_limit_is_extended_once_and_in_time)
{
    static const struct row rows[] = {
        {PERMIT_20 "]}", "2026-06-02"},
        {PERMIT_20 "{\"on\":\"2026-06-02\",\"n\":10," BY_HEAD "]}", "2026-06-16"},
        {"{\"kind\":\"working\",\"start\":\"2026-05-06\",\"n\":45,\"extensions\":[{\"on\":"
         "\"2026-06-02\",\"n\":15,\"by\":\"本级人民政府负责人\",\"article\":\"行政许可法 "
         "42(2)\"}]}",
         "2026-07-29"},
    };

    assert_rows(rows, COUNT(rows));
    assert_refused(PERMIT_20 "{\"on\":\"2026-06-03\",\"n\":10," BY_HEAD "]}", ERR_INPUT, "run out");
    assert_refused(PERMIT_20 "{\"on\":\"2026-06-02\",\"n\":11," BY_HEAD "]}", ERR_INPUT, "10 days");
    assert_refused(PERMIT_20 "{\"on\":\"2026-06-01\",\"n\":5," BY_HEAD
                             ",{\"on\":\"2026-06-02\",\"n\":5," BY_HEAD "]}",
                   ERR_INPUT, "twice");
    assert_refused(PERMIT_20 "{\"on\":\"2026-06-01\",\"n\":5,\"article\":\"行政许可法 42(1)\"}]}",
                   ERR_INPUT, "who gave it");
}

#define RECEIPT "{\"kind\":\"working\",\"n\":20,\"receipt\":{\"received\":\"2026-05-06\""

/* LAW: 行政许可法 32(4) */
TEST(deemed_acceptance_counts_from_the_day_of_receipt)
{
    static const struct {
        const char *clock, *start;
        bool deemed;
    } rows[] = {
        {RECEIPT "}}", "2026-05-06", true},
        {RECEIPT ",\"noticed\":\"2026-05-12\",\"accepted\":\"2026-05-20\"}}", "2026-05-20", false},
        {RECEIPT ",\"noticed\":\"2026-05-13\",\"accepted\":\"2026-05-20\"}}", "2026-05-06", true},
        {RECEIPT ",\"accepted\":\"2026-05-12\"}}", "2026-05-12", false},
        {RECEIPT ",\"accepted\":\"2026-05-13\"}}", "2026-05-06", true},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        scoped_arena a = arena_open();
        struct limit_explanation *e;

        print_message("%s\n", rows[i].clock);
        assert_ok(explain(a, rows[i].clock, GAP_REFUSE, &e));
        assert_true(e->limit.deemed == rows[i].deemed);
        assert_str(date_text(a, e->limit.start), str_of(rows[i].start));
    }
    assert_refused(RECEIPT ",\"noticed\":\"2026-05-12\"}}", ERR_STATE, "not accepted yet");
    assert_refused(RECEIPT ",\"noticed\":\"2026-05-05\"}}", ERR_INPUT, "before the receipt");
}

TEST(an_acceptance_by_silence_is_provisional_where_its_five_days_are)
{
    scoped_arena a = arena_open();
    struct limit_explanation *e;
    const char *clock = "{\"kind\":\"working\",\"n\":1,\"receipt\":{\"received\":\"2026-12-29\"}}";

    assert_ok(explain(a, clock, GAP_PROVISIONAL, &e));
    assert_str(date_text(a, e->limit.due), S("2026-12-30"));
    assert_true(e->limit.provisional);
    assert_refused(clock, ERR_NO_CALENDAR, "2027");
}

TEST(a_clock_that_no_law_knows_is_refused)
{
    static const struct {
        const char *clock, *says;
    } rows[] = {
        {"{\"kind\":\"natural\",\"law\":\"permit\",\"start\":\"2026-05-06\",\"n\":20}",
         "working days"},
        {"{\"kind\":\"month\",\"start\":\"2026-05-06\",\"n\":2,\"pauses\":[{\"ground\":\"test\","
         "\"from\":\"2026-06-02\"}]}",
         "in months"},
        {"{\"kind\":\"working\",\"start\":\"2026-05-06\",\"n\":-1}", "negative"},
        {"{\"kind\":\"hours\",\"start\":\"2026-05-06\",\"n\":1}", "hours"},
        {"{\"kind\":\"working\",\"start\":\"2026-05-06\",\"n\":20,\"pause\":[]}", "\"pause\""},
        {"{\"kind\":\"working\",\"start\":\"2026-05-32\",\"n\":20}", "start"},
        {"{\"kind\":\"working\",\"n\":20}", "start"},
        {"{\"kind\":\"working\",\"start\":\"2026-05-06\",\"n\":\"20\"}", "\"n\""},
        {"[]", "a clock"},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_refused(rows[i].clock, ERR_INPUT, rows[i].says);
    assert_refused("{\"kind\":\"working\",\"start\":\"2026-05-06\",\"n\":4611686018427387904}",
                   ERR_RANGE, "no limit");
}

TEST(a_clock_tells_the_days_used_and_left)
{
    static const struct {
        const char *as_of;
        int used, left, left_working, late;
        bool today;
    } rows[] = {
        {"2026-09-28", 0, 20, 20, 0, false}, {"2026-09-29", 0, 20, 20, 0, false},
        {"2026-10-10", 4, 16, 16, 0, true},  {"2026-10-20", 9, 11, 11, 0, false},
        {"2026-11-23", 18, 2, 2, 0, true},   {"2026-11-25", 20, 0, 0, 0, true},
        {"2026-11-30", 20, 0, 0, 3, false},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        scoped_arena a = arena_open();
        struct limit_explanation *e;
        str clock =
            str_format(a,
                       "{\"kind\":\"working\",\"start\":\"2026-09-29\",\"n\":20,\"pauses\":["
                       "{\"ground\":\"experts\",\"from\":\"2026-10-19\",\"to\":\"2026-11-10\"}"
                       "],\"as_of\":\"%s\"}",
                       rows[i].as_of);

        print_message("%s\n", rows[i].as_of);
        assert_ok(explain(a, str_z(a, clock), GAP_REFUSE, &e));
        assert_str(date_text(a, e->limit.warn), S("2026-11-24"));
        assert_int_equal(e->figures->used, rows[i].used);
        assert_int_equal(e->figures->left, rows[i].left);
        assert_int_equal(e->figures->left_working, rows[i].left_working);
        assert_int_equal(e->figures->late_working, rows[i].late);
        assert_true(e->figures->today == rows[i].today);
    }
}

/* LAW: 全国年节及纪念日放假办法 2, 7; 国务院关于职工工作时间的规定 7 */
TEST(each_day_of_an_explanation_says_what_it_was_and_by_which_article)
{
    static const struct {
        const char *day;
        enum day_why why;
        int number;
        const char *name, *article;
    } rows[] = {
        {"2026-02-10", WHY_START, 0, "", "民法典 201"},
        {"2026-02-11", WHY_COUNTED, 1, "", "行政许可法 82"},
        {"2026-02-12", WHY_PAUSED, 0, "检疫", "行政许可法 45"},
        {"2026-02-13", WHY_COUNTED, 2, "", "行政许可法 82"},
        {"2026-02-14", WHY_MAKEUP, 3, "春节", "全国年节及纪念日放假办法 7"},
        {"2026-02-15", WHY_HOLIDAY, 0, "春节", "全国年节及纪念日放假办法 2"},
        {"2026-02-28", WHY_MAKEUP, 8, "春节", "全国年节及纪念日放假办法 7"},
        {"2026-03-01", WHY_WEEKEND, 0, "", "国务院关于职工工作时间的规定 7"},
        {"2026-03-02", WHY_COUNTED, 9, "", "行政许可法 82"},
    };
    scoped_arena a = arena_open();
    struct limit_explanation *e;

    assert_ok(explain(a,
                      "{\"kind\":\"working\",\"start\":\"2026-02-10\",\"n\":9,\"pauses\":[{"
                      "\"ground\":\"检疫\",\"from\":\"2026-02-12\",\"to\":\"2026-02-12\"}]}",
                      GAP_REFUSE, &e));
    assert_int_equal(e->day_count, 21);
    for (size_t i = 0; i < COUNT(rows); i++) {
        date d;

        print_message("%s\n", rows[i].day);
        assert_ok(date_parse(str_of(rows[i].day), &d));
        const struct limit_day *day = &e->days[d.days - e->limit.first.days];
        assert_int_equal(day->day.days, d.days);
        assert_int_equal(day->why, rows[i].why);
        assert_int_equal(day->number, rows[i].number);
        assert_str(day->name, str_of(rows[i].name));
        assert_str(day->article, str_of(rows[i].article));
    }
}

TEST(a_held_clock_tells_what_is_left_but_no_due_day)
{
    scoped_arena a = arena_open();
    struct limit_explanation *e;
    struct buf b = buf_in(a);

    assert_ok(explain(a,
                      "{\"kind\":\"working\",\"start\":\"2026-06-01\",\"n\":5,\"pauses\":[{"
                      "\"ground\":\"test\",\"from\":\"2026-06-03\"}],\"as_of\":\"2026-06-11\"}",
                      GAP_REFUSE, &e));
    assert_false(e->limit.running);
    assert_int_equal(e->figures->used, 1);
    assert_int_equal(e->figures->left, 4);
    assert_int_equal(e->days[e->day_count - 1].day.days, date_ymd(2026, 6, 11).days);
    calendar_explain_json(&b, e);
    assert_true(str_find(buf_text(&b), S("\"due\":null")) > 0);
}

static str told(struct arena *a, const struct limit_explanation *e)
{
    struct buf b = buf_in(a);

    for (size_t i = 0; i < e->sentence_count; i++) {
        buf_str(&b, e->sentences[i].head);
        buf_str(&b, e->sentences[i].rest);
    }
    return buf_text(&b);
}

TEST(a_due_date_is_told_in_at_most_four_sentences)
{
    static const struct {
        const char *clock, *says;
    } rows[] = {
        {"{\"kind\":\"working\",\"start\":\"2026-09-29\",\"n\":20,\"pauses\":[{\"ground\":"
         "\"experts\","
         "\"from\":\"2026-10-19\",\"to\":\"2026-11-10\"}]}",
         "从第二天算起。9月29日受理，9月30日是第 1 "
         "天。节假日不算，调休上班要算。10月1日至7日国庆节放假"
         "，10月10日星期六调休上班，算第 4 天。专家评审停表 17 个工作日。10月19日至11月10日。数满 "
         "20 "
         "天是11月25日，当天办结都算按时。"},
        {"{\"kind\":\"natural\",\"start\":\"2025-04-20\",\"n\":90}",
         "从第二天算起。4月20日起算，4月21日是第 1 "
         "天。每一天都算。这个期限按日历上的天数算，周末和节假"
         "日也算在内。数满 90 天是7月19日，那天放假，顺延到7月21日。"},
        {"{\"kind\":\"month\",\"start\":\"2024-01-31\",\"n\":1}",
         "从第二天算起。1月31日起算，2月1日是第 1 天。按月算。算到 1 "
         "个月后的同一天；那个月没有这一天，"
         "就算到月底。满 1 个月是2月29日，当天办结都算按时。"},
        {"{\"kind\":\"working\",\"n\":5,\"receipt\":{\"received\":\"2026-06-01\"}}",
         "按收到材料那天算受理。6月1日收到材料，五个工作日内没有告知补正，依法从那天起就是受理。周"
         "末不算"
         "。星期六、星期日不是工作日。数满 5 天是6月8日，当天办结都算按时。"},
        {"{\"kind\":\"working\",\"law\":\"disclosure\",\"start\":\"2015-06-15\",\"n\":6}",
         "从第二天算起。6月15日收到申请，6月16日是第 1 "
         "天。周末和节假日不算。6月20日至22日端午放假。数满 6 天是6月24日，当天办结都算按时。"},
        {"{\"kind\":\"working\",\"start\":\"2026-12-25\",\"n\":5}",
         "从第二天算起。12月25日受理，12月28日是第 1 "
         "天。周末和节假日不算。2027年1月1日元旦放假。数满 5 "
         "天是2027年1月4日，当天办结都算按时。2027年的放假安排还没有公布，这个日期是暂定的，公布后"
         "可能会"
         "变。"},
        {"{\"kind\":\"working\",\"start\":\"2026-06-01\",\"n\":5,\"pauses\":[{\"ground\":\"test\","
         "\"from\":\"2026-06-03\"}]}",
         "从第二天算起。6月1日受理，6月2日是第 1 天。周末不算。星期六、星期日不是工作日。检测停表 "
         "1 个工"
         "作日。6月3日起。现在停着表。恢复以后接着数，到时再算出最晚日期。"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        scoped_arena a = arena_open();
        struct limit_explanation *e;

        assert_ok(explain(a, rows[i].clock, GAP_PROVISIONAL, &e));
        assert_str(told(a, e), str_of(rows[i].says));
    }
}

TEST(an_explanation_s_json_is_canonical)
{
    scoped_arena a = arena_open();
    struct limit_explanation *e;
    struct json *json;
    struct buf text = buf_in(a), canonical = buf_in(a);

    assert_ok(explain(
        a, PERMIT_20 "{\"on\":\"2026-06-02\",\"n\":10," BY_HEAD "],\"as_of\":\"2026-05-20\"}",
        GAP_REFUSE, &e));
    calendar_explain_json(&text, e);
    assert_ok(json_read(a, buf_text(&text), &json));
    json_canonical(&canonical, json);
    assert_str(buf_text(&text), buf_text(&canonical));
}
