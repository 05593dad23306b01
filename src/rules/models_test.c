/* The models that ship, by models/rules/tests.json, and the examples of docs/RULES.md. */
#include "rules/rules.h"
#include "tests/test.h"

#include <pthread.h>

static void same_json(struct arena *a, feel got, const struct json *expected, str what)
{
    struct buf b = buf_in(a), want = buf_in(a);
    feel e;

    assert_ok(feel_of_json(a, expected, &e));
    assert_ok(feel_json(&b, got));
    assert_ok(feel_json(&want, e));
    if (!str_eq(buf_text(&b), buf_text(&want)))
        fail_msg("%.*s: got %.*s, expected %.*s", STR(what), STR(buf_text(&b)),
                 STR(buf_text(&want)));
}

/* LAW: 国办函〔2020〕109号 3 4 5 */
TEST(the_models_that_ship_decide_as_their_rows_say)
{
    scoped_arena a = arena_open();
    struct json *rows;
    str text;

    assert_ok(file_read(a, SOURCE_ROOT "/models/rules/tests.json", 1 << 20, &text));
    assert_ok(json_read(a, text, &rows));
    for (const struct json *row = rows->child; row != NULL; row = row->next) {
        const struct rules_model *m;
        str path =
            str_format(a, "%s/models/rules/%.*s", SOURCE_ROOT, STR(json_str(row, S("model"))));
        feel input, v;

        assert_ok(rules_load(a, str_z(a, path), &m));
        assert_int_equal(rules_faults(m)->count, 0);
        assert_ok(rules_input(a, m, json_get(row, S("input")), &input));
        assert_ok(rules_decide(a, m, json_str(row, S("decision")), input, NULL, &v));
        same_json(a, v, json_get(row, S("expected")), json_str(row, S("decision")));
    }
    assert_true(rows->count > 20);
}

/* A line «EXPRESSION ⇒ JSON» of a block that begins with ```feel. */
static void check_example(str line, size_t *count)
{
    scoped_arena a = arena_open();
    ptrdiff_t at = str_find(line, S(" ⇒ "));
    const struct feel_expression *e;
    struct json *expected;
    feel v;

    if (at < 0)
        return;
    str text = str_sub(line, 0, (size_t)at);
    str value = str_trim(str_sub(line, (size_t)at + S(" ⇒ ").len, line.len));
    assert_ok(feel_compile(a, text, NULL, 0, &e));
    assert_ok(feel_evaluate(a, e, NULL, NULL, NULL, &v));
    assert_ok(json_read(a, value, &expected));
    same_json(a, v, expected, text);
    ++*count;
}

TEST(the_examples_of_the_manual_hold)
{
    scoped_arena a = arena_open();
    str text, line;
    bool inside = false;
    size_t count = 0;

    assert_ok(file_read(a, SOURCE_ROOT "/docs/RULES.md", 1 << 20, &text));
    while (str_split(&text, '\n', &line)) {
        if (str_starts(line, S("```")))
            inside = str_eq(line, S("```feel"));
        else if (inside)
            check_example(line, &count);
    }
    assert_true(count > 30);
}

enum { THREADS = 4, TURNS = 300 };

struct worker {
    const struct rules_model *m;
    i64 month; /* of the requests that this thread asks about */
    int wrong;
};

/* Asks for the month's fee again and again; others do the same with other numbers. */
static void *work(void *state)
{
    struct worker *w = state;

    for (int i = 0; i < TURNS; i++) {
        scoped_arena a = arena_open();
        struct feel_entry e = {S("本月第几件"), feel_int(w->month)};
        feel input, v = feel_null();
        i64 got = -1;

        if (feel_context(a, &e, 1, &input) != OK ||
            rules_decide(a, w->m, S("本月按件合计"), input, NULL, &v) != OK)
            w->wrong++;
        w->wrong += !feel_to_i64(v, &got) || got != (w->month - 10) * 100;
    }
    return NULL;
}

TEST(a_model_may_be_shared_by_threads)
{
    scoped_arena a = arena_open();
    const struct rules_model *m;
    struct worker workers[THREADS];
    pthread_t threads[THREADS];

    assert_ok(rules_load(a, SOURCE_ROOT "/models/rules/fee.dmn", &m));
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.m = m, .month = 12 + i};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(workers[i].wrong, 0);
    }
}
