/* DMN: models written here, their decisions, and what hostile files get. */
#include "rules/rules.h"
#include "tests/test.h"

#include <stdlib.h>

#define HEAD                                                                                       \
    "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" namespace=\"urn:t\" "     \
    "name=\"t\">"
#define INPUT(name, type)                                                                          \
    "<inputData id=\"i_" name "\" name=\"" name "\"><variable name=\"" name "\" typeRef=\"" type   \
    "\"/></inputData>"
#define NEEDS(name)                                                                                \
    "<informationRequirement><requiredInput href=\"#i_" name "\"/></informationRequirement>"
#define CELL(text) "<inputEntry><text>" text "</text></inputEntry>"
#define OUT(text) "<outputEntry><text>" text "</text></outputEntry>"
#define COLUMN(text) "<input><inputExpression><text>" text "</text></inputExpression></input>"

static feel input_of(struct arena *a, const struct rules_model *m, const char *json)
{
    struct json *j;
    feel v;

    assert_ok(json_read(a, str_of(json), &j));
    assert_ok(rules_input(a, m, j, &v));
    return v;
}

static void check_decision(const char *model, const char *name, const char *json,
                           const char *expected)
{
    scoped_arena a = arena_open();
    const struct rules_model *m;
    struct buf b = buf_in(a);
    feel v;

    assert_ok(rules_load_text(a, str_of(model), &m));
    assert_ok(rules_decide(a, m, str_of(name), input_of(a, m, json), NULL, &v));
    assert_ok(feel_json(&b, v));
    str got = buf_text(&b);
    if (!str_eq(got, str_of(expected)))
        fail_msg("%s: got %.*s, expected %s", json, STR(got), expected);
}

static str policy_model(struct arena *a, const char *policy)
{
    return str_format(
        a,
        HEAD INPUT(
            "x",
            "number") "<decision id=\"d\" name=\"d\"><variable name=\"d\""
                      "/>" NEEDS("x") "<decisionTable %s>" COLUMN(
                          "x") "<output name=\"o\"><outputValues><text>\"c\", \"b\", \"a\"</text>"
                               "</outputValues></output>"
                               "<rule>" CELL("&lt; 10")
                                   OUT("\"a\"") "</rule>"
                                                "<rule>" CELL("[5..20]") OUT(
                                                    "\"b\"") "</rule>"
                                                             "<rule>" CELL("[8..9], 30") OUT(
                                                                 "\"c\"") "</rule>"
                                                                          "</decisionTable></"
                                                                          "decision></definitions>",
        policy);
}

TEST(hit_policies_choose_among_the_rows_that_hold)
{
    static const struct {
        const char *policy, *json, *expected;
    } rows[] = {
        {"hitPolicy=\"UNIQUE\"", "{\"x\": 1}", "\"a\""},
        {"hitPolicy=\"UNIQUE\"", "{\"x\": 6}", "null"},
        {"", "{\"x\": 99}", "null"},
        {"hitPolicy=\"FIRST\"", "{\"x\": 8}", "\"a\""},
        {"hitPolicy=\"PRIORITY\"", "{\"x\": 8}", "\"c\""},
        {"hitPolicy=\"ANY\"", "{\"x\": 8}", "null"},
        {"hitPolicy=\"ANY\"", "{\"x\": 30}", "\"c\""},
        {"hitPolicy=\"RULE ORDER\"", "{\"x\": 8}", "[\"a\",\"b\",\"c\"]"},
        {"hitPolicy=\"OUTPUT ORDER\"", "{\"x\": 8}", "[\"c\",\"b\",\"a\"]"},
        {"hitPolicy=\"COLLECT\"", "{\"x\": 99}", "[]"},
        {"hitPolicy=\"COLLECT\" aggregation=\"COUNT\"", "{\"x\": 8}", "3"},
        {"hitPolicy=\"COLLECT\" aggregation=\"COUNT\"", "{\"x\": 99}", "0"},
        {"hitPolicy=\"COLLECT\" aggregation=\"MIN\"", "{\"x\": 8}", "\"a\""},
        {"hitPolicy=\"COLLECT\" aggregation=\"MAX\"", "{\"x\": 8}", "\"c\""},
        {"hitPolicy=\"FIRST\"", "{\"x\": null}", "null"},
        {"hitPolicy=\"FIRST\"", "{}", "null"},
        {"hitPolicy=\"FIRST\"", "{\"x\": \"6.5\"}", "\"a\""},
        {"hitPolicy=\"FIRST\"", "{\"x\": \"six\"}", "null"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        scoped_arena a = arena_open();
        str model = policy_model(a, rows[i].policy);

        check_decision(str_z(a, model), "d", rows[i].json, rows[i].expected);
    }
}

TEST(older_versions_differ_by_namespace_and_type_prefix)
{
    static const char *const spaces[] = {"http://www.omg.org/spec/DMN/20151101/dmn.xsd",
                                         "http://www.omg.org/spec/DMN/20180521/MODEL/",
                                         "https://www.omg.org/spec/DMN/20191111/MODEL/",
                                         "https://www.omg.org/spec/DMN/20211108/MODEL/",
                                         "https://www.omg.org/spec/DMN/20230324/MODEL/"};

    for (size_t i = 0; i < COUNT(spaces); i++) {
        scoped_arena a = arena_open();
        str model = str_format(
            a,
            "<dmn:definitions xmlns:dmn=\"%s\" xmlns:feel=\"urn:feel\" namespace=\"urn:t\" "
            "name=\"t\"><dmn:inputData id=\"x\" name=\"x\"><dmn:variable name=\"x\" "
            "typeRef=\"%snumber\"/></dmn:inputData><dmn:decision id=\"d\" name=\"d\"><dmn:variable "
            "name=\"d\" typeRef=\"%snumber\"/><dmn:informationRequirement><dmn:requiredInput "
            "href=\"#x\"/></dmn:informationRequirement><dmn:literalExpression><dmn:text>x * 2"
            "</dmn:text></dmn:literalExpression></dmn:decision></dmn:definitions>",
            spaces[i], i == 0 ? "feel:" : "", i == 0 ? "feel:" : "");

        check_decision(str_z(a, model), "d", "{\"x\": 21}", "42");
        check_decision(str_z(a, model), "d", "{\"x\": true}", "null");
    }
}

TEST(hostile_files_are_refused_with_a_place)
{
    static const struct {
        const char *text;
        enum err_code code;
    } rows[] = {
        {"", ERR_SYNTAX},
        {"<definitions", ERR_SYNTAX},
        {"<html/>", ERR_SYNTAX},
        {"<definitions xmlns=\"urn:other\"/>", ERR_SYNTAX},
        {"<!DOCTYPE d [<!ENTITY a \"aaaa\">]>" HEAD "</definitions>", ERR_SYNTAX},
        {"<!DOCTYPE d SYSTEM \"file:///etc/passwd\">" HEAD "</definitions>", ERR_SYNTAX},
        {HEAD "<decision name=\"\xC3\x28\"/></definitions>", ERR_TEXT},
        {HEAD "<decision>&unknown;</decision></definitions>", ERR_SYNTAX},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        scoped_arena a = arena_open();
        const struct rules_model *m;
        err e = rules_load_text(a, str_of(rows[i].text), &m);

        if (e == OK || e->code != rows[i].code)
            fail_msg("%s: %s", rows[i].text, e ? e->message : "loads");
    }
}

TEST(a_fault_names_the_cell_and_the_column_and_spares_the_rest)
{
    static const char model[] = HEAD
        INPUT("x", "number") "<decision id=\"d\" name=\"费用\"><variable name=\"费用\"/>" NEEDS(
            "x") "<decisionTable hitPolicy=\"FIRST\">" COLUMN("x") "<output name=\"o\"/>"
                                                                   "<rule>" CELL("&lt; 10") OUT(
                                                                       "1") "</rule>"
                                                                            "<rule>" CELL("[10..")
                                                                                OUT("2") "</rule>"
                                                                                         "</"
                                                                                         "decisionT"
                                                                                         "able></"
                                                                                         "decision>"
                                                                                         "</"
                                                                                         "definitio"
                                                                                         "ns>";
    scoped_arena a = arena_open();
    const struct rules_model *m;

    assert_ok(rules_load_text(a, str_of(model), &m));
    const struct feel_notes *faults = rules_faults(m);
    assert_int_equal(faults->count, 1);
    assert_str(faults->kept[0].place, S("decision «费用», row 2, column 1"));
    assert_non_null(strstr(faults->kept[0].what, "column 6"));
    check_decision(model, "费用", "{\"x\": 5}", "1");
    check_decision(model, "费用", "{\"x\": 15}", "null");
}

TEST(requirements_that_run_in_a_circle_are_a_fault_and_end)
{
    static const char model[] = HEAD
        "<decision id=\"a\" name=\"a\"><informationRequirement><requiredDecision href=\"#b\"/>"
        "</informationRequirement><literalExpression><text>b</text></literalExpression></decision>"
        "<decision id=\"b\" name=\"b\"><informationRequirement><requiredDecision href=\"#a\"/>"
        "</informationRequirement><literalExpression><text>a</text></literalExpression></decision>"
        "</definitions>";
    scoped_arena a = arena_open();
    const struct rules_model *m;

    assert_ok(rules_load_text(a, str_of(model), &m));
    assert_int_equal(rules_faults(m)->count, 1);
    check_decision(model, "a", "{}", "null");
}

TEST(an_item_definition_of_itself_ends)
{
    check_decision(HEAD "<itemDefinition name=\"t\"><typeRef>t</typeRef></itemDefinition>"
                        "<itemDefinition name=\"p\"><typeRef>q</typeRef></itemDefinition>"
                        "<itemDefinition name=\"q\"><typeRef>p</typeRef></itemDefinition>"
                        "<decision name=\"d\"><variable name=\"d\" typeRef=\"t\"/>"
                        "<literalExpression typeRef=\"p\"><text>1 instance of q</text>"
                        "</literalExpression></decision></definitions>",
                   "d", "{}", "true");
}

TEST(constraints_apply_to_each_item_of_a_collection)
{
    static const char model[] = HEAD
        "<itemDefinition name=\"grades\" isCollection=\"true\"><typeRef>string</typeRef>"
        "<allowedValues><text>\"优\", \"良\"</text></allowedValues></itemDefinition>" INPUT(
            "x",
            "grades") "<decision name=\"d\"><variable name=\"d\"/>" NEEDS("x") "<literalExpression>"
                                                                               "<text>count(x)</"
                                                                               "text></"
                                                                               "literalExpression><"
                                                                               "/decision></"
                                                                               "definitions>";

    check_decision(model, "d", "{\"x\": [\"优\", \"良\", \"优\"]}", "3");
    check_decision(model, "d", "{\"x\": [\"优\", \"差\"]}", "null");
    check_decision(model, "d", "{\"x\": \"优\"}", "1");
}

/* ---- the index agrees with a search of all rows -------------------------------------------- */

enum { ROWS = 300 };

struct bounds {
    int low, high;
    bool low_open, high_open;
};

static void big_row(struct buf *b, struct bounds *r, u32 *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    r->low = (int)(*seed >> 8) % 100;
    r->high = r->low + (int)(*seed >> 20) % 7;
    r->low_open = *seed >> 30 & 1;
    r->high_open = *seed >> 31 & 1;
    buf_format(b, "<rule><inputEntry><text>%c%d..%d%c</text></inputEntry>", r->low_open ? '(' : '[',
               r->low, r->high, r->high_open ? ')' : ']');
}

static bool inside(const struct bounds *r, int twice)
{
    int low = 2 * r->low, high = 2 * r->high;

    return (twice > low || (twice == low && !r->low_open)) &&
           (twice < high || (twice == high && !r->high_open));
}

TEST(a_table_of_many_rows_finds_those_that_a_search_finds)
{
    static struct bounds bounds[ROWS];
    scoped_arena a = arena_open();
    struct buf b = buf_in(a);
    const struct rules_model *m;
    u32 seed = 7;

    buf_z(&b,
          HEAD INPUT("x", "number") "<decision name=\"d\"><variable name=\"d\"/>" NEEDS(
              "x") "<decisionTable hitPolicy=\"RULE ORDER\">" COLUMN("x") "<output name=\"o\"/>");
    for (int i = 0; i < ROWS; i++) {
        big_row(&b, &bounds[i], &seed);
        buf_format(&b, "<outputEntry><text>%d</text></outputEntry></rule>", i);
    }
    buf_z(&b, "</decisionTable></decision></definitions>");
    assert_ok(rules_load_text(a, buf_text(&b), &m));

    for (int twice = -3; twice < 2 * 110; twice++) {
        struct feel_entry e = {S("x"), feel_null()};
        feel input, v;
        u32 at = 0;

        assert_ok(feel_number(
            str_format(a, "%s%d.%d", twice < 0 ? "-" : "", abs(twice) / 2, twice % 2 ? 5 : 0),
            &e.value));
        assert_ok(feel_context(a, &e, 1, &input));
        assert_ok(rules_decide(a, m, S("d"), input, NULL, &v));
        for (int i = 0; i < ROWS; i++)
            if (inside(&bounds[i], twice)) {
                i64 row = -1;

                assert_true(at < v.count && feel_to_i64(v.items[at], &row));
                assert_int_equal(row, i);
                at++;
            }
        assert_int_equal(at, v.count);
    }
}

TEST(a_model_of_ten_megabytes_loads_or_is_refused_in_bounds)
{
    scoped_arena a = arena_open();
    struct buf b = buf_in(a);
    const struct rules_model *m;

    buf_z(&b, HEAD "<decision name=\"d\"><literalExpression><text>1");
    for (int i = 0; i < 10 << 20; i++)
        buf_byte(&b, ' ');
    buf_z(&b, "</text></literalExpression></decision></definitions>");
    err e = rules_load_text(a, buf_text(&b), &m);
    if (e == OK)
        assert_int_equal(rules_faults(m)->count, 1);
    else
        assert_true(e->code == ERR_SYNTAX || e->code == ERR_LIMIT);
}
