/*
 * Evaluation: a well-formed model is built around the input's lines, so that every try gets past
 * the XML. Line 1: hit policy and aggregation by letters; line 2: the input as JSON; line 3: an
 * expression over the table's result; line 4: a function of x; the rest: rows, cells split by «|».
 */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { MOST_ROWS = 12, COLUMNS = 3 };

static void escaped(struct buf *b, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '<')
            buf_z(b, "&lt;");
        else if (c == '&')
            buf_z(b, "&amp;");
        else
            buf_byte(b, (u8)c);
    }
}

static void entry(struct buf *b, const char *kind, str text)
{
    buf_format(b, "<%s><text>", kind);
    escaped(b, text);
    buf_format(b, "</text></%s>", kind);
}

static str line(str *rest)
{
    str piece = S("");

    (void)str_split(rest, '\n', &piece);
    return piece;
}

static void table(struct buf *b, str head, str *rest)
{
    static const char *const hits[] = {"UNIQUE",  "FIRST",      "PRIORITY",    "ANY",
                                       "COLLECT", "RULE ORDER", "OUTPUT ORDER"};
    static const char *const sums[] = {"", "SUM", "COUNT", "MIN", "MAX"};
    static const char *const names[] = {"a", "b", "办理 时限"};
    u8 hit = head.len > 0 ? (u8)head.ptr[0] : 0, sum = head.len > 1 ? (u8)head.ptr[1] : 0;
    str row;

    buf_format(b, "<decisionTable hitPolicy=\"%s\" aggregation=\"%s\">", hits[hit % COUNT(hits)],
               sums[sum % COUNT(sums)]);
    for (size_t i = 0; i < COLUMNS; i++)
        buf_format(b, "<input><inputExpression><text>%s</text></inputExpression></input>",
                   names[i]);
    buf_z(b, "<output name=\"o\"/>");
    for (int n = 0; n < MOST_ROWS && rest->len > 0; n++) {
        row = line(rest);
        buf_z(b, "<rule>");
        for (int i = 0; i < COLUMNS; i++) {
            str cell = S("-");

            (void)str_split(&row, '|', &cell);
            entry(b, "inputEntry", cell);
        }
        entry(b, "outputEntry", row);
        buf_z(b, "</rule>");
    }
    buf_z(b, "</decisionTable>");
}

static void model(struct buf *b, str head, str *rest)
{
    str use = line(rest), body = line(rest);

    buf_z(b, "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" name=\"m\" "
             "namespace=\"urn:m\"><inputData id=\"a\" name=\"a\"><variable name=\"a\" "
             "typeRef=\"number\"/></inputData><inputData id=\"b\" name=\"b\"/><inputData id=\"t\" "
             "name=\"办理 时限\"/><businessKnowledgeModel id=\"f\" name=\"f\"><encapsulatedLogic>"
             "<formalParameter name=\"x\"/><literalExpression><text>");
    escaped(b, body);
    buf_z(b, "</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>"
             "<decision id=\"d\" name=\"d\"><variable name=\"d\"/>");
    static const char needs[] =
        "<informationRequirement><requiredInput href=\"#a\"/></informationRequirement>"
        "<informationRequirement><requiredInput href=\"#b\"/></informationRequirement>"
        "<informationRequirement><requiredInput href=\"#t\"/></informationRequirement>";
    buf_z(b, needs);
    table(b, head, rest);
    buf_z(b, "</decision><decision id=\"e\" name=\"e\"><variable name=\"e\"/>"
             "<informationRequirement><requiredDecision href=\"#d\"/></informationRequirement>"
             "<knowledgeRequirement><requiredKnowledge href=\"#f\"/></knowledgeRequirement>");
    buf_z(b, needs);
    entry(b, "literalExpression", use);
    buf_z(b, "</decision></definitions>");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    scoped_arena a = arena_open();
    str rest = fuzz_text(a, data, size), head = line(&rest), input_text = line(&rest);
    struct buf text = buf_in(a), ground = buf_in(a);
    struct feel_notes notes = {0};
    struct feel_options options = {
        .now = FUZZ_NOW, .steps = FUZZ_STEPS, .notes = &notes, .explain = &ground};
    const struct rules_model *m;
    struct rules_report report;
    struct json *json;
    feel input, v;

    if (size > FUZZ_LONGEST || json_read(a, input_text, &json) != OK || json->kind != J_OBJECT)
        return 0;
    model(&text, head, &rest);
    if (rules_load_text(a, buf_text(&text), &m) != OK || rules_input(a, m, json, &input) != OK)
        return 0;
    if (rules_decide(a, m, S("d"), input, &options, &v) == OK)
        fuzz_written(a, v);
    if (rules_decide(a, m, S("e"), input, &options, &v) == OK)
        fuzz_written(a, v);
    fuzz_must(utf8_valid(buf_text(&ground)));
    /* Sampling is slow: one try in sixteen. */
    if (size % 16 == 0 && rules_check(a, m, &report) == OK)
        fuzz_must(report.table_count <= 1);
    return 0;
}
