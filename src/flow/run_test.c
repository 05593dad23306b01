#include "flow/flow.h"
#include "tests/test.h"

#include <stdio.h>

/* A caller whose answers are drawn from a seed: the same seed, the same run. */
struct dice {
    u64 seed;
};

static u64 draw(struct dice *d, u64 below)
{
    d->seed = d->seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (d->seed >> 33) % below;
}

static err ask_dice(void *context, const struct flow_edge *edge, bool *yes)
{
    (void)edge;
    *yes = draw(context, 2) == 1;
    return OK;
}

static err ask_nobody(void *context, const struct flow_edge *edge, bool *yes)
{
    (void)context;
    (void)edge;
    *yes = false;
    return OK;
}

static struct flow_model *model_of(struct arena *a, const char *process)
{
    struct flow_model *m = NULL;
    str xml = str_format(a,
                         "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' "
                         "xmlns:yg='https://yangguan.gov/bpmn/1'>%s</definitions>",
                         process);

    assert_ok(flow_read(a, xml, &m));
    return m;
}

static struct flow_model *shipped(struct arena *a, const char *name)
{
    char path[4096];
    str xml;
    struct flow_model *m = NULL;

    (void)snprintf(path, sizeof path, "%s/models/procedures/%s.bpmn", SOURCE_ROOT, name);
    assert_ok(file_read(a, path, FLOW_MOST_BYTES, &xml));
    assert_ok(flow_read(a, xml, &m));
    return m;
}

static size_t count(const flow_effects *effects, enum flow_effect_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < effects->count; i++)
        n += effects->at[i].kind == kind;
    return n;
}

static const char parallel[] =
    "<process id='p' yg:limit='10'><startEvent id='s'/><parallelGateway id='f'/>"
    "<userTask id='a'/><userTask id='b' yg:clock='pause'/><parallelGateway id='j'/>"
    "<userTask id='c'/><boundaryEvent id='t' attachedToRef='a'><timerEventDefinition/>"
    "</boundaryEvent><boundaryEvent id='u' attachedToRef='b' cancelActivity='false'>"
    "<timerEventDefinition/></boundaryEvent><endEvent id='e'/><endEvent id='x'>"
    "<terminateEventDefinition/></endEvent><userTask id='r'/><endEvent id='y'/>"
    "<sequenceFlow id='1' sourceRef='s' targetRef='f'/>"
    "<sequenceFlow id='2' sourceRef='f' targetRef='a'/>"
    "<sequenceFlow id='3' sourceRef='f' targetRef='b'/>"
    "<sequenceFlow id='4' sourceRef='a' targetRef='j'/>"
    "<sequenceFlow id='5' sourceRef='b' targetRef='j'/>"
    "<sequenceFlow id='6' sourceRef='j' targetRef='c'/>"
    "<intermediateCatchEvent id='w'><timerEventDefinition><timeDuration>P1D</timeDuration>"
    "</timerEventDefinition></intermediateCatchEvent>"
    "<sequenceFlow id='7' sourceRef='c' targetRef='w'/>"
    "<sequenceFlow id='11' sourceRef='w' targetRef='e'/>"
    "<sequenceFlow id='8' sourceRef='t' targetRef='x'/>"
    "<sequenceFlow id='9' sourceRef='u' targetRef='r'/>"
    "<sequenceFlow id='10' sourceRef='r' targetRef='y'/></process>";

/* One walk to its end; the inputs are drawn too. Returns the texts of all states, joined. */
static str walk(struct arena *a, const struct flow_model *m, u64 seed)
{
    const struct flow_process *p = m->processes.at[0];
    struct dice answers = {seed}, hand = {seed + 1};
    struct flow_asker asker = {ask_dice, &answers};
    struct flow_state s = {.process = p};
    struct flow_input input = {.kind = FLOW_BEGIN};
    struct buf log = buf_in(a);
    size_t opened = 0, closed = 0, set = 0, cleared = 0, steps = 0;

    while (!s.ended) {
        flow_effects effects = {0};
        struct flow_state next, again;
        i64 waiting = (i64)s.tokens.count;

        assert_ok(flow_step(a, &s, &input, &asker, &next, &effects));
        assert_int_equal(s.tokens.count, waiting); /* the old state is as it was */
        opened += count(&effects, FLOW_TASK_OPENED);
        closed += count(&effects, FLOW_TASK_DONE) + count(&effects, FLOW_TASK_CLOSED);
        set += count(&effects, FLOW_TIMER_SET);
        cleared += count(&effects, FLOW_TIMER_CLEARED) + (input.kind == FLOW_DUE);
        assert_int_equal(count(&effects, FLOW_ENDED), next.ended);
        assert_true(next.ended || next.tokens.count > 0); /* no token is lost */

        str text = flow_state_text(a, &next);
        assert_ok(flow_state_read(a, m, p, text, &again));
        assert_str(flow_state_text(a, &again), text);
        buf_str(&log, text);
        s = again;
        if (s.ended || ++steps > 2000)
            break;
        const struct flow_token *t = &s.tokens.at[draw(&hand, s.tokens.count)];
        bool timer = t->timer_count > 0 && draw(&hand, 3) == 0;
        input = (struct flow_input){.kind = timer ? FLOW_DUE : FLOW_COMPLETE, .no = t->no};
        if (t->at->kind == FLOW_CATCH)
            input = (struct flow_input){FLOW_DUE, t->no, t->at->id};
        else if (timer)
            input.timer = t->timers[draw(&hand, t->timer_count)]->id;
    }
    assert_true(s.ended && s.tokens.count == 0 && s.pauses == 0);
    assert_int_equal(opened, closed);
    assert_int_equal(set, cleared);
    return buf_text(&log);
}

TEST(every_walk_through_a_sound_procedure_ends_with_no_token_left_and_replays_the_same)
{
    static const char *const names[] = {"instant", "usual", "joint", NULL};

    for (size_t i = 0; i < COUNT(names); i++)
        for (u64 seed = 1; seed <= 300; seed++) {
            scoped_arena a = arena_open();
            struct flow_model *m = names[i] ? shipped(a, names[i]) : model_of(a, parallel);
            assert_str(walk(a, m, seed), walk(a, m, seed));
        }
}

/* Begins, then completes the tasks named, in order; the effects of the last step. */
static err play(struct arena *a, const struct flow_model *m, const char *const *tasks,
                struct flow_state *s, flow_effects *effects)
{
    struct flow_asker asker = {ask_nobody, NULL};
    struct flow_input input = {.kind = FLOW_BEGIN};
    struct flow_state next;

    *s = (struct flow_state){.process = m->processes.at[0]};
    TRY(flow_step(a, s, &input, &asker, &next, effects));
    *s = next;
    for (; *tasks != NULL; tasks++) {
        input = (struct flow_input){.kind = FLOW_COMPLETE, .no = -1};
        for (size_t i = 0; i < s->tokens.count; i++)
            if (str_eq(s->tokens.at[i].at->id, str_of(*tasks)))
                input.no = s->tokens.at[i].no;
        TRY(flow_step(a, s, &input, &asker, &next, effects));
        *s = next;
    }
    return OK;
}

TEST(a_parallel_join_waits_for_all_branches)
{
    scoped_arena a = arena_open();
    struct flow_model *m = model_of(a, parallel);
    struct flow_state s;
    flow_effects effects = {0};

    assert_ok(play(a, m, (const char *[]){"a", NULL}, &s, &effects));
    assert_int_equal(s.tokens.count, 1);
    assert_ok(play(a, m, (const char *[]){"a", "b", NULL}, &s, &effects));
    assert_str(s.tokens.at[0].at->id, S("c"));
    assert_int_equal(count(&effects, FLOW_CLOCK_RESUMED), 1);
    assert_ok(play(a, m, (const char *[]){"b", "a", "c", NULL}, &s, &effects));
    assert_str(s.tokens.at[0].at->id, S("w"));
    assert_int_equal(count(&effects, FLOW_TIMER_SET), 1);
}

/* LAW: 行政许可法 42, 45 */
TEST(the_clock_starts_with_acceptance_and_stops_with_the_decision)
{
    scoped_arena a = arena_open();
    struct flow_model *m = shipped(a, "usual");
    struct flow_state s;
    flow_effects effects = {0};

    assert_ok(play(a, m, (const char *[]){"examine", NULL}, &s, &effects));
    assert_int_equal(count(&effects, FLOW_CLOCK_STARTED), 0);
    assert_ok(play(a, m, (const char *[]){"examine", "accept", NULL}, &s, &effects));
    assert_int_equal(count(&effects, FLOW_CLOCK_STARTED), 1);
    assert_ok(
        play(a, m, (const char *[]){"examine", "accept", "review", "decide", NULL}, &s, &effects));
    assert_int_equal(count(&effects, FLOW_CLOCK_STOPPED), 1);
    assert_str(s.tokens.at[0].at->id, S("explain")); /* the default: not granted */
    assert_ok(play(a, m, (const char *[]){"examine", "accept", "review", "decide", "explain", NULL},
                   &s, &effects));
    assert_str(s.outcome, S("refused"));
    assert_int_equal(count(&effects, FLOW_CLOCK_STOPPED), 0); /* once is enough */
}

TEST(an_input_that_does_not_fit_is_refused_and_changes_nothing)
{
    scoped_arena a = arena_open();
    struct flow_model *m = model_of(a, parallel);
    struct flow_asker asker = {ask_nobody, NULL};
    struct flow_state s, next = {0};
    flow_effects effects = {0};

    assert_ok(play(a, m, (const char *[]){NULL}, &s, &effects));
    str before = flow_state_text(a, &s);
    const struct flow_input bad[] = {
        {.kind = FLOW_BEGIN},
        {.kind = FLOW_COMPLETE, .no = 99},
        {.kind = FLOW_DUE, .no = s.tokens.at[0].no, .timer = S("nowhere")},
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_err(flow_step(a, &s, &bad[i], &asker, &next, &effects), ERR_STATE);
    assert_str(flow_state_text(a, &s), before);
    assert_null(next.process);

    assert_err(flow_state_read(a, m, m->processes.at[0], S("{\"process\":\"q\"}"), &next),
               ERR_CORRUPT);
}

TEST(a_loop_is_run_no_oftener_than_it_declares)
{
    scoped_arena a = arena_open();
    struct flow_model *m =
        model_of(a, "<process id='p'><userTask id='a'/><exclusiveGateway id='g' default='2'/>"
                    "<endEvent id='e'/><startEvent id='s'/><sequenceFlow id='0' sourceRef='s' "
                    "targetRef='a'/><sequenceFlow id='1' sourceRef='a' targetRef='g'/>"
                    "<sequenceFlow id='2' sourceRef='g' targetRef='a' yg:rounds='2'/>"
                    "<sequenceFlow id='3' sourceRef='g' targetRef='e'><conditionExpression>x"
                    "</conditionExpression></sequenceFlow></process>");
    struct flow_state s;
    flow_effects effects = {0};

    assert_ok(play(a, m, (const char *[]){"a", "a", NULL}, &s, &effects));
    assert_err(play(a, m, (const char *[]){"a", "a", "a", NULL}, &s, &effects), ERR_STATE);
}
