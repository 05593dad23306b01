#include "flow/flow.h"
#include "tests/test.h"

#include <stdio.h>

#define HEAD                                                                                       \
    "<b:definitions xmlns:b='http://www.omg.org/spec/BPMN/20100524/MODEL' "                        \
    "xmlns:yg='https://yangguan.gov/bpmn/1' xmlns:c='http://camunda.org/schema/1.0/bpmn'>"
#define TAIL "</b:definitions>"
#define LINE(inside)                                                                               \
    HEAD "<b:process id='p'><b:startEvent id='s'/>" inside "<b:endEvent id='e'/>"                  \
         "<b:sequenceFlow id='f' sourceRef='s' targetRef='a'/>"                                    \
         "<b:sequenceFlow id='g' sourceRef='a' targetRef='e'/></b:process>" TAIL

static struct flow_model *read_model(struct arena *a, const char *xml)
{
    struct flow_model *m = NULL;

    assert_ok(flow_read(a, str_of(xml), &m));
    return m;
}

static const struct flow_node *node(const struct flow_model *m, const char *id)
{
    const struct flow_node *n = map_get(&m->node_by_id, str_of(id));

    assert_non_null(n);
    return n;
}

static const struct flow_result *check_one(struct arena *a, const struct flow_model *m)
{
    struct flow_report report;

    flow_check(a, m, &report);
    assert_true(report.count > 0);
    return &report.results[0];
}

/* ---- reading
 * ------------------------------------------------------------------------------------- */

static const struct {
    const char *task;
    const char *post;
} posts[] = {
    {"<b:userTask id='a' yg:post='综合窗口' c:candidateGroups='clerks'/>", "综合窗口"},
    {"<b:userTask id='a' c:candidateGroups='clerks'/>", "clerks"},
    {"<b:userTask id='a' c:assignee='li'/>", "li"},
    {"<b:userTask id='a'><b:extensionElements><z:assignmentDefinition xmlns:z='urn:z' "
     "candidateGroups='leads'/></b:extensionElements></b:userTask>",
     "leads"},
    {"<b:userTask id='a'><b:potentialOwner><b:resourceAssignmentExpression><b:formalExpression>"
     "group(x)</b:formalExpression></b:resourceAssignmentExpression></b:potentialOwner>"
     "</b:userTask>",
     "group(x)"},
    {"<b:userTask id='a' c:assignee='li'><b:performer name='经办人'/></b:userTask>", "经办人"},
    {"<b:userTask id='a'><b:performer name='经办人'/></b:userTask>", "经办人"},
    {"<b:laneSet><b:lane name='审查股'><b:flowNodeRef>a</b:flowNodeRef></b:lane></b:laneSet>"
     "<b:userTask id='a'/>",
     "审查股"},
    {"<b:userTask id='a'/>", ""},
};

TEST(a_post_is_ours_else_the_modellers_role_else_the_lane)
{
    for (size_t i = 0; i < COUNT(posts); i++) {
        scoped_arena a = arena_open();
        char xml[2000];

        (void)snprintf(xml, sizeof xml, "%s%s%s", HEAD "<b:process id='p'>", posts[i].task,
                       "</b:process>" TAIL);
        assert_str(node(read_model(a, xml), "a")->post, str_of(posts[i].post));
    }
}

static const char *const refused[] = {
    "",
    "流程",
    "<definitions/>",
    "<html xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'/>",
    "<!DOCTYPE d [<!ENTITY a 'b'>]>" LINE("<b:task id='a' name='&a;'/>"),
    "<!DOCTYPE d SYSTEM 'file:///etc/passwd'>" LINE("<b:task id='a'/>"),
    HEAD "<b:process id='p'>" TAIL,
};

TEST(what_is_no_bpmn_or_has_a_doctype_is_refused)
{
    scoped_arena a = arena_open();
    struct flow_model *m = NULL;

    for (size_t i = 0; i < COUNT(refused); i++)
        assert_err(flow_read(a, str_of(refused[i]), &m), ERR_SYNTAX);
    assert_null(m);
}

TEST(elements_inside_of_extensions_are_no_part_of_the_process)
{
    scoped_arena a = arena_open();
    struct flow_model *m = read_model(
        a, LINE("<b:task id='a'><b:extensionElements><b:task id='x'/><b:sequenceFlow id='y' "
                "sourceRef='a' targetRef='nowhere'/></b:extensionElements></b:task>"));

    assert_int_equal(m->nodes.count, 3);
    assert_int_equal(check_one(a, m)->verdict, FLOW_SOUND);
}

TEST(a_flow_belongs_to_the_scope_of_its_ends_wherever_it_is_written)
{
    scoped_arena a = arena_open();
    struct flow_model *m =
        read_model(a, LINE("<b:subProcess id='a'><b:task id='x'/><b:task id='y'/></b:subProcess>"
                           "<b:sequenceFlow id='xy' sourceRef='x' targetRef='y'/>"));

    assert_int_equal(node(m, "a")->inside->edges.count, 1);
    assert_int_equal(check_one(a, m)->verdict, FLOW_SOUND);
}

TEST(references_may_carry_the_files_own_prefix)
{
    scoped_arena a = arena_open();
    struct flow_model *m =
        read_model(a, HEAD "<b:process id='p'><b:callActivity id='a' calledElement='t:q'/>"
                           "</b:process><b:process id='q'><b:task id='x'/></b:process>" TAIL);

    assert_non_null(node(m, "a")->called);
    assert_str(node(m, "a")->called->id, S("q"));
}

/* ---- limits
 * ---------------------------------------------------------------------------------------- */

static const struct {
    const char *attributes;
    i64 amount; /* -1: malformed */
    enum flow_unit unit;
} limits[] = {
    {"yg:limit='5'", 5, FLOW_WORKING_DAY},
    {"yg:limit='0' yg:unit='working-day' yg:article='行政许可法 34(2)'", 0, FLOW_WORKING_DAY},
    {"yg:limit='3' yg:unit='month'", 3, FLOW_MONTH},
    {"yg:limit='-1'", -1, FLOW_HOUR},
    {"yg:limit='5' yg:unit='fortnight'", -1, FLOW_HOUR},
    {"yg:limit='99999999999999999999'", -1, FLOW_HOUR},
    {"yg:limit='5.5'", -1, FLOW_HOUR},
    {"yg:unit='month'", -1, FLOW_HOUR},
    {"yg:clock='sometimes'", -1, FLOW_HOUR},
};

TEST(a_limit_is_a_whole_number_of_a_known_unit)
{
    for (size_t i = 0; i < COUNT(limits); i++) {
        scoped_arena a = arena_open();
        char xml[2000];

        (void)snprintf(xml, sizeof xml,
                       HEAD "<b:process id='p'><b:userTask id='a' %s/></b:process>" TAIL,
                       limits[i].attributes);
        struct flow_model *m = read_model(a, xml);
        bool bad = m->processes.at[0]->faults.count > 0;
        if (bad != (limits[i].amount < 0))
            fail_msg("row %zu", i);
        if (!bad && (node(m, "a")->limit.amount != limits[i].amount ||
                     node(m, "a")->limit.unit != limits[i].unit))
            fail_msg("row %zu: %lld", i, (long long)node(m, "a")->limit.amount);
    }
}

/* LAW: 行政许可法 42 */
TEST(the_clock_runs_from_acceptance_to_decision)
{
    scoped_arena a = arena_open();
    struct flow_model *m =
        read_model(a, HEAD "<b:process id='p' yg:limit='20'><b:userTask id='a' yg:limit='5'/>"
                           "<b:userTask id='b' yg:limit='1' yg:clock='start'/>"
                           "<b:userTask id='c' yg:limit='20' yg:clock='stop'/>"
                           "<b:userTask id='d' yg:limit='10'/>"
                           "<b:sequenceFlow id='f' sourceRef='a' targetRef='b'/>"
                           "<b:sequenceFlow id='g' sourceRef='b' targetRef='c'/>"
                           "<b:sequenceFlow id='h' sourceRef='c' targetRef='d'/></b:process>" TAIL);
    const struct flow_result *r = check_one(a, m);

    assert_true(r->time.known && r->time.bounded);
    assert_int_equal(r->time.max, 20);
    assert_int_equal(r->verdict, FLOW_SOUND);
}

/* LAW: 行政许可法 45 */
TEST(a_paused_step_takes_no_time_of_the_limit)
{
    scoped_arena a = arena_open();
    struct flow_model *m =
        read_model(a, HEAD "<b:process id='p' yg:limit='20'><b:userTask id='a' yg:limit='10'/>"
                           "<b:userTask id='b' yg:limit='30' yg:clock='pause'/>"
                           "<b:userTask id='c' yg:limit='10'/>"
                           "<b:sequenceFlow id='f' sourceRef='a' targetRef='b'/>"
                           "<b:sequenceFlow id='g' sourceRef='b' targetRef='c'/></b:process>" TAIL);

    assert_int_equal(check_one(a, m)->time.max, 20);
}

/* ---- the procedures that ship
 * ------------------------------------------------------------------------ */

static const struct {
    const char *name;
    i64 bound; /* LAW: 行政许可法 34, 42 */
} shipped[] = {{"instant", 0}, {"usual", 20}, {"joint", 45}};

TEST(the_procedures_that_ship_are_sound_runnable_and_in_time)
{
    for (size_t i = 0; i < COUNT(shipped); i++) {
        scoped_arena a = arena_open();
        char path[4096];
        str xml;

        (void)snprintf(path, sizeof path, "%s/models/procedures/%s.bpmn", SOURCE_ROOT,
                       shipped[i].name);
        assert_ok(file_read(a, path, FLOW_MOST_BYTES, &xml));
        struct flow_model *m = NULL;
        assert_ok(flow_read(a, xml, &m));
        const struct flow_result *r = check_one(a, m);
        if (r->verdict != FLOW_SOUND || !r->runnable || r->faults.count || !r->time.known ||
            r->time.bound != shipped[i].bound || r->time.max > shipped[i].bound)
            fail_msg("%s", shipped[i].name);
    }
}

/* ---- drawing
 * --------------------------------------------------------------------------------------------- */

static str draw(struct arena *a, const char *xml, const struct flow_marks *marks)
{
    struct buf b = buf_in(a);

    flow_draw(&b, read_model(a, xml), marks);
    return buf_text(&b);
}

TEST(a_drawing_escapes_every_text_and_brings_no_style)
{
    scoped_arena a = arena_open();
    str svg =
        draw(a, LINE("<b:userTask id='a' name='&lt;script&gt;&amp;&quot;x' yg:post='a&lt;b'/>"),
             &(struct flow_marks){0});

    assert_true(str_find(svg, S("<script")) < 0 && str_find(svg, S("&lt;script&gt;&amp;")) > 0);
    assert_true(str_find(svg, S("a&lt;b")) > 0);
    assert_true(str_find(svg, S("style")) < 0 && str_find(svg, S("fill=")) < 0);
}

/* LAW: 政府信息公开条例 20 */
TEST(a_drawing_marks_where_the_case_is_and_what_is_done)
{
    scoped_arena a = arena_open();
    str now = S("a"), done = S("s");
    str svg = draw(a, LINE("<b:userTask id='a' name='审查' yg:limit='10' yg:post='审查岗'/>"),
                   &(struct flow_marks){&now, 1, &done, 1});

    assert_true(str_find(svg, S("<g class=\"d-g now\" data-id=\"a\" aria-current=\"step\">")) > 0);
    assert_true(str_find(svg, S("<g class=\"d-g done\" data-id=\"s\">")) > 0);
    assert_true(str_find(svg, S("审查（审查岗，10 个工作日）正在办理")) > 0);
    assert_true(str_find(svg, S("role=\"img\"")) > 0);
}
