/* FEEL: expressions and what they give as JSON. Expectations follow the standard's text. */
#include "rules/rules.h"
#include "tests/test.h"

struct row {
    const char *text, *expected;
};

static void check_row(const struct row *row)
{
    scoped_arena a = arena_open();
    const struct feel_expression *e;
    struct buf b = buf_in(a);
    feel v = feel_null();

    err fault = feel_compile(a, str_of(row->text), NULL, 0, &e);
    if (fault == OK)
        fault = feel_evaluate(a, e, NULL, NULL, NULL, &v);
    if (fault != OK)
        fail_msg("%s: %s", row->text, fault->message);
    assert_ok(feel_json(&b, v));
    str got = buf_text(&b);
    if (!str_eq(got, str_of(row->expected)))
        fail_msg("%s: got %.*s, expected %s", row->text, STR(got), row->expected);
}

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_row(&rows[i]);
}

TEST(numbers_are_decimals_of_34_digits)
{
    static const struct row rows[] = {
        {"0.1 + 0.2", "0.3"},
        {"1 / 3", "0.3333333333333333333333333333333333"},
        {"9999999999999999999999999999999999 + 1", "10000000000000000000000000000000000"},
        {"2 ** 64", "18446744073709551616"},
        {"2 ** 0.5 - sqrt(2)", "0"},
        {"9223372036854775807 + 1", "9223372036854775808"},
        {"-9223372036854775807 * 3", "-27670116110564327421"},
        {"1 / 0", "null"},
        {"10 ** 7000", "null"},
        {"1.50 = 1.5", "true"},
        {"decimal(2.5, 0) + decimal(3.5, 0)", "6"},
        {"modulo(-12, 5)", "3"},
        {"1e-7", "0.0000001"},
        {"1.5e100", "1.5e100"},
    };
    check_rows(rows, COUNT(rows));
}

TEST(names_may_hold_spaces_symbols_and_chinese)
{
    static const struct row rows[] = {
        {"{办理时限: 5, 余: 办理时限 - 1}.余", "4"},
        {"{受理 日期: date(\"2026-03-02\"), 到期: 受理 日期 + duration(\"P5D\")}.到期",
         "\"2026-03-07\""},
        {"{a-b: 5, a: 1, b: 2, x: a-b, y: a - b}.x", "5"},
        {"{a b: 1, a: 10, x: a b + a}.x", "11"},
        {"{first name: \"x\"}.first name", "\"x\""},
        {"[{full name: \"a\", n: 1}, {full name: \"b\", n: 2}][full name = \"b\"].n", "[2]"},
    };
    check_rows(rows, COUNT(rows));
}

TEST(logic_has_three_values)
{
    static const struct row rows[] = {
        {"null and false", "false"},    {"null and true", "null"},      {"null or true", "true"},
        {"null or false", "null"},      {"1 = \"1\"", "null"},          {"not(null)", "null"},
        {"1 < \"a\"", "null"},          {"5 between 1 and 10", "true"}, {"null = null", "true"},
        {"if null then 1 else 2", "2"},
    };
    check_rows(rows, COUNT(rows));
}

TEST(functions_close_over_their_context)
{
    static const struct row rows[] = {
        {"{f: function(n) if n <= 1 then 1 else n * f(n - 1), r: f(25)}.r",
         "15511210043330985984000000"},
        {"for f in (for i in 1..3 return function() i) return f()", "[1,2,3]"},
        {"{make: function(x) function(y) x + y, r: make(1)(2)}.r", "3"},
        {"sort([3, 1, 2], function(a, b) a > b)", "[3,2,1]"},
        {"(function(a: number, b) a + b)(b: 1, a: 2)", "3"},
        {"(function(a: number) a)(\"x\")", "null"},
    };
    check_rows(rows, COUNT(rows));
}

TEST(ranges_filters_and_loops)
{
    static const struct row rows[] = {
        {"[1, 2, 3, 4][item > 2]", "[3,4]"},
        {"[1, 2, 3][-1]", "3"},
        {"[1, 2, 3][4]", "null"},
        {"[{a: 1}, {a: 2}].a", "[1,2]"},
        {"5 in [1..5[", "false"},
        {"5 in (>= 5)", "true"},
        {"[1..5[ = [1..5)", "true"},
        {"for i in 3..1 return i", "[3,2,1]"},
        {"for i in 0..4 return if i = 0 then 1 else i * partial[-1]", "[1,1,2,6,24]"},
        {"some x in [1, 2], y in [2, 3] satisfies x = y", "true"},
        {"every x in [] satisfies false", "true"},
        {"overlaps([1..5], (5..8])", "false"},
    };
    check_rows(rows, COUNT(rows));
}

TEST(dates_and_durations)
{
    static const struct row rows[] = {
        {"@\"2024-01-31\" + @\"P1M\"", "\"2024-02-29\""},
        {"@\"2026-03-02\" - @\"2026-02-28\"", "\"P2D\""},
        {"@\"2026-02-28\" + @\"PT36H\"", "\"2026-03-01\""},
        {"@\"23:30:00\" + @\"PT1H\"", "\"00:30:00\""},
        {"@\"2021-03-28T01:30:00@Europe/Paris\" + @\"PT1H\"",
         "\"2021-03-28T03:30:00@Europe/Paris\""},
        {"@\"2021-10-31T02:30:00@Europe/Paris\" = @\"2021-10-31T02:30:00+02:00\"", "true"},
        {"@\"2050-07-01T12:00:00@Europe/Paris\".time offset", "\"PT2H\""},
        {"@\"P1Y\" + @\"P1D\"", "null"},
        {"@\"P1Y\" / 5", "\"P2M\""},
        {"@\"PT1H\" * 2.5", "\"PT2H30M\""},
        {"date(\"2026-02-29\")", "null"},
        {"date(\"-999999999-01-01\").year", "-999999999"},
        {"years and months duration(@\"2026-03-31\", @\"2026-02-28\")", "\"-P1M\""},
        {"week of year(@\"2005-01-01\")", "53"},
        {"time(\"13:20:00@Nowhere/../etc\")", "null"},
    };
    check_rows(rows, COUNT(rows));
}

TEST(regular_expressions_are_those_of_xpath)
{
    static const struct row rows[] = {
        {"matches(\"b\", \"[a-z-[aeiou]]\")", "true"},
        {"matches(\"甘肃省\", \"\\p{IsCJKUnifiedIdeographs}+\")", "true"},
        {"matches(\"a\", \"(?=a)\")", "null"},
        {"replace(\"2026-03-02\", \"(\\d+)-(\\d+)-(\\d+)\", \"$1年$2月$3日\")",
         "\"2026年03月02日\""},
        {"split(\"a,b,,c\", \",\")", "[\"a\",\"b\",\"\",\"c\"]"},
        {"replace(\"abc\", \"x*\", \"-\")", "null"},
    };
    check_rows(rows, COUNT(rows));
}

TEST(syntax_errors_name_the_column)
{
    static const struct row rows[] = {
        {"1 +", "column 4"},
        {"\"abc", "column 1"},
        {"[1, 2", "column 6"},
        {"{a: 1,, b: 2}", "column 7"},
        {"甲 = (1", "column 7"},
        {"1 2", "column 3"},
        {"/* never ends", "column 1"},
        {"@\"never\"", "column 1"},
        {"x instance of nothing", "column 15"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        scoped_arena a = arena_open();
        const struct feel_expression *e;
        err fault = feel_compile(a, str_of(rows[i].text), NULL, 0, &e);

        if (fault == OK || strstr(fault->message, rows[i].expected) == NULL)
            fail_msg("%s: %s", rows[i].text, fault ? fault->message : "compiles");
    }
}

static err evaluate(struct arena *a, str text, feel *out)
{
    const struct feel_expression *e;

    TRY(feel_compile(a, text, NULL, 0, &e));
    return feel_evaluate(a, e, NULL, NULL, NULL, out);
}

TEST(endless_and_huge_expressions_end_in_an_error)
{
    static const char *const texts[] = {
        "{f: function(n) f(n + 1), r: f(1)}.r",
        "count(for i in 1..1000, j in 1..1000, k in 1..1000 return 1)",
        "for i in 1..1000000000000 return i",
        "{s: function(n) if n = 0 then \"0123456789\" else s(n - 1) + s(n - 1), r: s(40)}.r",
        "for i in 1..1000 return [partial[-1]]",
        "{l: for i in 1..60 return [partial[-1], partial[-1]], r: l[-1] = l[-1]}.r",
        "{l: for i in 1..60 return [partial[-1], partial[-1]], r: flatten(l)}.r",
        "{l: for i in 1..60 return {a: partial[-1], b: partial[-1]}, r: string(l)}.r",
        "{l: for i in 1..1000000 return i, r: for i in 1..1000 return l = reverse(reverse(l))}.r",
        "matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"((a+)+)+$\")",
    };

    for (size_t i = 0; i < COUNT(texts); i++) {
        scoped_arena a = arena_open();
        feel v;
        err fault = evaluate(a, str_of(texts[i]), &v);

        if (fault == OK || fault->code != ERR_LIMIT)
            fail_msg("%s: %s", texts[i], fault ? fault->message : "ends well");
    }
}

static str repeat(struct arena *a, str piece, size_t times, str end)
{
    struct buf b = buf_in(a);

    for (size_t i = 0; i < times; i++)
        buf_str(&b, piece);
    buf_str(&b, end);
    return buf_text(&b);
}

TEST(deep_nesting_is_refused)
{
    scoped_arena a = arena_open();
    feel v;

    assert_err(evaluate(a, repeat(a, S("("), 100000, S("1")), &v), ERR_LIMIT);
    assert_err(evaluate(a, repeat(a, S("["), 100000, S("1")), &v), ERR_LIMIT);
    assert_err(evaluate(a, repeat(a, S("1+"), 100000, S("1")), &v), ERR_LIMIT);
    assert_err(evaluate(a, repeat(a, S("if "), 100000, S("1")), &v), ERR_LIMIT);
    assert_err(evaluate(a, repeat(a, S("-"), 100000, S("1")), &v), ERR_LIMIT);
    assert_err(evaluate(a, repeat(a, S("f("), 100000, S("1")), &v), ERR_LIMIT);
}

TEST(a_number_of_a_million_digits_is_rounded_or_refused)
{
    scoped_arena a = arena_open();
    feel v;
    str out;

    assert_err(evaluate(a, repeat(a, S("9"), 1000000, S("")), &v), ERR_SYNTAX);
    str small = str_format(a, "0.%.*s", STR(repeat(a, S("3"), 1000000, S(""))));
    assert_ok(evaluate(a, small, &v));
    assert_ok(feel_write(a, v, &out));
    assert_str(out, S("0.3333333333333333333333333333333333"));
}

TEST(invalid_utf8_is_refused)
{
    scoped_arena a = arena_open();
    feel v;

    assert_err(evaluate(a, S("\"\xC3\x28\""), &v), ERR_TEXT);
}
