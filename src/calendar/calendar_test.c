#include "calendar/calendar.h"

#include <stdio.h>

#include "tests/test.h"

static date day(const char *text)
{
    date d;

    assert_ok(date_parse(str_of(text), &d));
    return d;
}

static const struct calendar *shipped(struct arena *a)
{
    const struct calendar *c;

    assert_ok(calendar_shipped(a, &c));
    return c;
}

static void assert_due(const struct calendar *c, struct limit_clock clock, const char *due)
{
    scoped_arena a = arena_open();
    struct limit l;

    assert_ok(calendar_limit(c, &clock, GAP_REFUSE, &l));
    assert_true(l.running && !l.provisional);
    assert_str(date_text(a, l.due), str_of(due));
}

/* LAW: 行政许可法 82. Counted by hand in the yearly notices. */
static const struct {
    const char *start;
    int days;
    const char *due;
} permits[] = {
    {"2025-09-26", 5, "2025-10-10"},  {"2025-09-26", 20, "2025-10-30"},
    {"2026-02-10", 20, "2026-03-16"}, {"2026-02-13", 1, "2026-02-14"},
    {"2024-09-13", 3, "2024-09-19"},  {"2026-05-08", 20, "2026-06-04"},
    {"2020-01-20", 10, "2020-02-11"}, {"2026-05-06", 0, "2026-05-06"},
    {"2026-05-02", 0, "2026-05-06"},
};

TEST(working_days_leave_out_holidays_and_count_make_up_days)
{
    scoped_arena a = arena_open();
    const struct calendar *c = shipped(a);

    for (size_t i = 0; i < COUNT(permits); i++) {
        print_message("%s + %d\n", permits[i].start, permits[i].days);
        assert_due(c, (struct limit_clock){.start = day(permits[i].start), .days = permits[i].days},
                   permits[i].due);
    }
}

/* The days of the laws' own periods; the number of working days a year as the notices give it. */
TEST(each_published_year_has_the_working_days_of_its_notice)
{
    static const int worked[] = {250, 250, 249, 250, 249, 250, 250,
                                 249, 250, 249, 249, 251, 248, 248};
    scoped_arena a = arena_open();
    const struct calendar *c = shipped(a);

    for (int year = 2013; year <= 2026; year++) {
        print_message("%d\n", year);
        assert_true(calendar_published(c, year));
        assert_int_equal(calendar_between(c, date_ymd(year - 1, 12, 31), date_ymd(year, 12, 31)),
                         worked[year - 2013]);
    }
    assert_false(calendar_published(c, 2012) || calendar_published(c, 2027));
    assert_false(calendar_published(c, 1) || calendar_published(c, 9999));
}

TEST(a_calendar_with_a_fault_is_refused_with_its_line)
{
    static const struct {
        const char *csv, *says;
    } rows[] = {
        {"", "line 1"},
        {"date,kind,name\n", "line 1"},
        {"date,name,kind\n2027-01-01,元旦,holiday\n\n2027-01-01,元旦,holiday\n",
         "line 4: 2027-01-01 stands already in line 2"},
        {"date,name,kind\n2027-01-01,元旦,off\n", "line 2: kind «off»"},
        {"date,name,kind\n2027-02-29,元旦,holiday\n", "line 2: «2027-02-29»"},
        {"date,name,kind\n2027-01-04,元旦,makeup\n", "line 2: make-up day 2027-01-04"},
        {"date,name,kind\n2127-01-01,元旦,holiday\n", "line 2: 2127-01-01 is outside"},
        {"date,name,kind\n2027-01-01,,holiday\n", "line 2: no name"},
        {"date,name,kind\n2027-01-01,元旦\n", "line 2: 2 fields"},
        {"date,name,kind\n2027-01-01,元旦,holiday\n", "line 2: the calendar of 2027 is incomplete"},
    };
    scoped_arena a = arena_open();

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct calendar *c;
        err e = calendar_open(a, str_of(rows[i].csv), S("test"), &c);

        print_message("row %zu\n", i);
        assert_err(e, ERR_INPUT);
        if (e != OK && strstr(e->message, rows[i].says) == NULL)
            fail_msg("«%s» doesn't say «%s»", e->message, rows[i].says);
    }
}

TEST(new_year_s_days_off_in_december_publish_nothing)
{
    scoped_arena a = arena_open();
    const struct calendar *c;

    assert_ok(calendar_open(
        a, S("date,name,kind\n2018-12-29,元旦,makeup\n2018-12-31,元旦,holiday\n"), S("test"), &c));
    assert_false(calendar_published(c, 2018));
    assert_int_equal(calendar_day(c, date_ymd(2018, 12, 29)), DAY_MAKEUP);
    assert_int_equal(calendar_day(c, date_ymd(2018, 12, 31)), DAY_HOLIDAY);
}

TEST(what_the_file_says_of_a_day_comes_before_what_the_law_fixes)
{
    scoped_arena a = arena_open();
    const struct calendar *c;

    assert_ok(calendar_open(a, S("date,name,kind\n2027-10-02,国庆节,makeup\n"), S("test"), &c));
    assert_int_equal(calendar_day(c, date_ymd(2027, 10, 1)), DAY_HOLIDAY);
    assert_int_equal(calendar_day(c, date_ymd(2027, 10, 2)), DAY_MAKEUP);
}

/* LAW: 全国年节及纪念日放假办法 2 */
TEST(an_unpublished_year_has_weekends_and_the_holidays_fixed_by_law)
{
    static const struct {
        const char *day, *name;
    } rows[] = {
        {"2027-01-01", "元旦"}, {"2027-02-05", "春节"},   {"2027-02-08", "春节"},
        {"2027-04-05", "清明"}, {"2027-05-02", "劳动节"}, {"2027-06-09", "端午"},
        {"2027-09-15", "中秋"}, {"2027-10-03", "国庆节"}, {"2030-02-02", "春节"},
        {"2030-02-05", "春节"}, {"2012-05-01", "劳动节"}, {"2027-02-09", ""},
        {"2027-05-03", ""},     {"2012-05-02", ""},       {"2060-10-01", "国庆节"},
    };
    scoped_arena a = arena_open();
    const struct calendar *c = shipped(a);

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_str(calendar_day_name(c, day(rows[i].day)), str_of(rows[i].name));
}

TEST(a_period_in_a_year_without_calendar_is_refused_or_provisional)
{
    scoped_arena a = arena_open();
    const struct calendar *c = shipped(a);
    struct limit_clock clock = {.start = day("2026-12-20"), .days = 20};
    struct limit l;
    err e = calendar_limit(c, &clock, GAP_REFUSE, &l);

    assert_err(e, ERR_NO_CALENDAR);
    assert_true(e != OK && strstr(e->message, "2027") != NULL);
    assert_ok(calendar_limit(c, &clock, GAP_PROVISIONAL, &l));
    assert_true(l.provisional);
    assert_str(date_text(a, l.due), S("2027-01-18"));
    clock.days = 100000;
    assert_err(calendar_limit(c, &clock, GAP_PROVISIONAL, &l), ERR_RANGE);
    clock.days = -1;
    assert_err(calendar_limit(c, &clock, GAP_PROVISIONAL, &l), ERR_INPUT);
}
