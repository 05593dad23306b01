/* Figures of the rules room, one thread: lines «figure NAME VALUE UNIT», medians of five rounds. */
#include "rules/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 5 };

typedef err (*work)(struct arena *a, void *state);

static void must(err e)
{
    if (e == OK)
        return;
    (void)fprintf(stderr, "bench: %s\n", e->message);
    exit(1);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Processor time of this thread, so that neighbours on the machine don't count. */
static i64 cpu_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (i64)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Microseconds of one call, the median of ROUNDS rounds of at least `us` microseconds. */
static double measure(work f, void *state, i64 us)
{
    double rounds[ROUNDS];
    scoped_arena a = arena_open();

    for (int i = 0; i < ROUNDS; i++) {
        i64 start = cpu_us(), now = start, count = 0;

        while (now - start < us) {
            for (int k = 0; k < 16; k++, count++) {
                arena_mark mark = arena_here(a);

                must(f(a, state));
                arena_back(a, mark);
            }
            now = cpu_us();
        }
        rounds[i] = (double)(now - start) / (double)count;
    }
    qsort(rounds, ROUNDS, sizeof *rounds, by_value);
    return rounds[ROUNDS / 2];
}

/* ---- the card rule ------------------------------------------------------------------------ */

struct decide {
    const struct rules_model *m;
    str name;
    feel inputs[8];
    size_t count, at;
};

static err decide(struct arena *a, void *state)
{
    struct decide *d = state;
    feel v;

    return rules_decide(a, d->m, d->name, d->inputs[d->at++ % d->count], NULL, &v);
}

static feel card_input(struct arena *a, const char *stage, i64 used)
{
    struct feel_entry *e = NEW_N(a, 6, struct feel_entry);
    feel v;

    e[0] = (struct feel_entry){S("环节"), feel_string(str_of(stage))};
    e[1] = (struct feel_entry){S("已用工作日"), feel_int(used)};
    e[2] = (struct feel_entry){S("承诺工作日"), feel_int(10)};
    e[3] = (struct feel_entry){S("法定工作日"), feel_int(20)};
    e[4] = (struct feel_entry){S("已延期"), feel_bool(used == 7)};
    e[5] = (struct feel_entry){S("延期已批准"), feel_bool(true)};
    must(feel_context(a, e, 6, &v));
    return v;
}

static void card(struct arena *a)
{
    struct decide d = {.name = S("亮牌"), .count = 8};

    must(rules_load(a, "models/rules/card.dmn", &d.m));
    d.inputs[0] = card_input(a, "受理", 3);
    d.inputs[1] = card_input(a, "受理", 5);
    d.inputs[2] = card_input(a, "受理", 6);
    d.inputs[3] = card_input(a, "办理", 7);
    d.inputs[4] = card_input(a, "办理", 9);
    d.inputs[5] = card_input(a, "办理", 12);
    d.inputs[6] = card_input(a, "办理", 25);
    d.inputs[7] = card_input(a, "送达", 12);
    double us = measure(decide, &d, 200000);
    (void)printf("figure rules_card_decision %.0f evaluations/s\n", 1e6 / us);
}

/* ---- expressions -------------------------------------------------------------------------- */

struct expression {
    str text;
    const struct feel_expression *e;
};

static const str names[] = {{"a", 1}, {"b", 1}, {"c", 1}, {"s", 1}, {"l", 1}, {"d", 1}};

static void values(struct arena *a, feel out[6])
{
    feel *items = NEW_N(a, 5, feel);

    for (int i = 0; i < 5; i++)
        items[i] = feel_int(i + 1);
    out[0] = feel_int(7);
    out[1] = feel_int(3);
    must(feel_number(S("2.5"), &out[2]));
    out[3] = feel_string(S("受理"));
    must(feel_list(items, 5, &out[4]));
    out[5] = feel_day(date_ymd(2026, 3, 2));
}

static err evaluate(struct arena *a, void *state)
{
    const struct expression *x = state;
    feel in[6], v;

    values(a, in);
    return feel_evaluate(a, x->e, in, NULL, NULL, &v);
}

static void six_conditions(struct arena *a)
{
    struct expression x = {
        .text = S("a > 5 and b < 10 and c = 2.5 and s = \"受理\" and a + b >= 10 and a != b")};

    must(feel_compile(a, x.text, names, COUNT(names), &x.e));
    double us = measure(evaluate, &x, 200000);
    (void)printf("figure rules_feel_six_conditions_compiled %.0f evaluations/s\n", 1e6 / us);
}

/* ---- tables of many rows ------------------------------------------------------------------- */

static str big_table(struct arena *a, int rows)
{
    struct buf b = buf_in(a);

    buf_z(&b, "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" "
              "namespace=\"urn:t\" name=\"t\">"
              "<inputData name=\"x\" id=\"x\"><variable name=\"x\" typeRef=\"number\"/></inputData>"
              "<inputData name=\"y\" id=\"y\"><variable name=\"y\" typeRef=\"string\"/></inputData>"
              "<decision name=\"d\" id=\"d\"><variable name=\"d\"/>"
              "<informationRequirement><requiredInput href=\"#x\"/></informationRequirement>"
              "<informationRequirement><requiredInput href=\"#y\"/></informationRequirement>"
              "<decisionTable hitPolicy=\"UNIQUE\"><input><inputExpression><text>x</text>"
              "</inputExpression></input><input><inputExpression><text>y</text></inputExpression>"
              "</input><output name=\"o\"/>");
    for (int i = 0; i < rows; i++)
        buf_format(&b,
                   "<rule><inputEntry><text>[%d..%d)</text></inputEntry>"
                   "<inputEntry><text>\"k\", \"j\"</text></inputEntry>"
                   "<outputEntry><text>%d</text></outputEntry></rule>",
                   i * 10, i * 10 + 10, i);
    buf_z(&b, "</decisionTable></decision></definitions>");
    return buf_text(&b);
}

static err load_table(struct arena *a, void *state)
{
    const struct rules_model *m;

    return rules_load_text(a, *(str *)state, &m);
}

static feel table_input(struct arena *a, i64 x)
{
    struct feel_entry *e = NEW_N(a, 2, struct feel_entry);
    feel v;

    e[0] = (struct feel_entry){S("x"), feel_int(x)};
    e[1] = (struct feel_entry){S("y"), feel_string(S("k"))};
    must(feel_context(a, e, 2, &v));
    return v;
}

static void tables(struct arena *a)
{
    static const int sizes[] = {10, 100, 1000, 10000};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        str text = big_table(a, sizes[i]);
        struct decide d = {.name = S("d"), .count = 8};

        must(rules_load_text(a, text, &d.m));
        for (i64 k = 0; k < 8; k++)
            d.inputs[k] = table_input(a, (k * 7919 + 13) % (sizes[i] * 10));
        (void)printf("figure rules_table_%d_rows %.3f us\n", sizes[i], measure(decide, &d, 100000));
        if (sizes[i] == 1000)
            (void)printf("figure rules_table_1000_rows_load %.2f ms\n",
                         measure(load_table, &text, 200000) / 1000);
    }
}

/* ---- a graph of thirty decisions ----------------------------------------------------------- */

static void graph(struct arena *a)
{
    struct buf b = buf_in(a);
    struct decide d = {.name = S("d29"), .count = 1};
    struct feel_entry *e = NEW(a, struct feel_entry);

    buf_z(&b, "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" "
              "namespace=\"urn:g\" name=\"g\"><inputData name=\"x\" id=\"x\">"
              "<variable name=\"x\" typeRef=\"number\"/></inputData>");
    for (int i = 0; i < 30; i++) {
        buf_format(&b,
                   "<decision name=\"d%d\" id=\"d%d\"><variable name=\"d%d\" "
                   "typeRef=\"number\"/><informationRequirement><requiredInput href=\"#x\"/>"
                   "</informationRequirement>",
                   i, i, i);
        for (int k = i - 2; k < i; k++)
            if (k >= 0)
                buf_format(&b,
                           "<informationRequirement><requiredDecision href=\"#d%d\"/>"
                           "</informationRequirement>",
                           k);
        buf_format(&b, "<literalExpression><text>if x > %d then x + %d", i * 3, i);
        if (i > 1)
            buf_format(&b, " + d%d - d%d", i - 1, i - 2);
        buf_z(&b, " else 0</text></literalExpression></decision>");
    }
    buf_z(&b, "</definitions>");
    must(rules_load_text(a, buf_text(&b), &d.m));
    e->key = S("x");
    e->value = feel_int(1000);
    must(feel_context(a, e, 1, &d.inputs[0]));
    (void)printf("figure rules_graph_30_decisions %.2f us\n", measure(decide, &d, 200000));
}

/* ---- expressions from a file, parsed at each call ------------------------------------------ */

static err parse_and_evaluate(struct arena *a, void *state)
{
    const struct expression *x = state;
    const struct feel_expression *e;
    feel in[6], v;

    values(a, in);
    TRY(feel_compile(a, x->text, names, COUNT(names), &e));
    return feel_evaluate(a, e, in, NULL, NULL, &v);
}

/* `bench-rules FILE`: a line «EXPRESSION<tab>MICROSECONDS» each, parsing included. */
static void from_file(struct arena *a, const char *path)
{
    str text, line;

    must(file_read(a, path, 1 << 20, &text));
    while (str_split(&text, '\n', &line)) {
        struct expression x = {.text = line};

        if (line.len)
            (void)printf("%.*s\t%.4f\n", STR(line), measure(parse_and_evaluate, &x, 20000));
    }
}

int main(int argc, char **argv)
{
    scoped_arena a = arena_open();

    if (argc > 1) {
        from_file(a, argv[1]);
        return 0;
    }
    card(a);
    six_conditions(a);
    graph(a);
    tables(a);
    return 0;
}
