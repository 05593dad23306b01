/* The commands `feel` (one expression) and `rules` (models). */
#include "rules/check_cli.h"
#include "rules/rules.h"
#include "rules/tck.h"

#include <stdio.h>

int feel_cli(int argc, char **argv);
int rules_cli(int argc, char **argv);

static int usage(void)
{
    (void)fputs("usage: yangguan feel 'EXPRESSION' [--input FILE.json]\n"
                "       yangguan feel --batch <LINES\n\n"
                "Prints the value as JSON; what is null by an error is explained on standard "
                "error.\nThe members of the JSON object are the names that the expression may "
                "use.\n--batch reads an expression a line, each as a JSON string, and writes "
                "{\"type\", \"value\"} or\n{\"error\"} a line.\n",
                stderr);
    return 2;
}

static int complain(err e)
{
    (void)fprintf(stderr, "yangguan: %s\n", e->message);
    return 1;
}

static void tell_notes(const struct feel_notes *notes)
{
    for (size_t i = 0; i < notes->count && i < FEEL_NOTES; i++) {
        const struct feel_note *n = &notes->kept[i];

        (void)fprintf(stderr, "note: %.*s%s", STR(n->place), n->place.len ? ": " : "");
        if (n->column)
            (void)fprintf(stderr, "column %d: ", n->column);
        (void)fprintf(stderr, "%s\n", n->what);
    }
}

static fallible read_input(struct arena *a, const char *path, feel *out)
{
    struct json *json;
    str text;

    *out = feel_null();
    if (path == NULL)
        return feel_context(a, NULL, 0, out);
    TRY(file_read(a, path, RULES_LARGEST_INPUT, &text));
    TRY(json_read(a, text, &json));
    REQUIRE(json->kind == J_OBJECT, ERR_INPUT, "%s: the input must be a JSON object", path);
    return feel_of_json(a, json, out);
}

static fallible run_expression(struct arena *a, str text, feel input, struct feel_notes *notes,
                               feel *out)
{
    const struct feel_context *c = input.context;
    str *names = NEW_N(a, c->count + 1, str);
    feel *values = NEW_N(a, c->count + 1, feel);
    struct feel_options options = {.now = system_now(), .notes = notes};
    const struct feel_expression *e;

    for (size_t i = 0; i < c->count; i++) {
        names[i] = c->entries[i].key;
        values[i] = c->entries[i].value;
    }
    TRY(feel_compile(a, text, names, c->count, &e));
    return feel_evaluate(a, e, values, NULL, &options, out);
}

static fallible print_value(struct arena *a, feel v)
{
    struct buf b = buf_in(a);

    TRY(feel_json(&b, v));
    (void)printf("%.*s\n", STR(buf_text(&b)));
    return OK;
}

int feel_cli(int argc, char **argv)
{
    scoped_arena a = arena_open();
    struct feel_notes notes = {0};
    bool with_input = argc == 4 && strcmp(argv[2], "--input") == 0;
    feel input, value;

    if (argc < 2 || strcmp(argv[1], "--help") == 0 || (argc != 2 && !with_input))
        return usage();
    if (argc == 2 && strcmp(argv[1], "--batch") == 0) {
        err failed = feel_batch_run(a);

        return failed == OK ? 0 : complain(failed);
    }
    err e = read_input(a, with_input ? argv[3] : NULL, &input);
    if (e == OK)
        e = run_expression(a, str_of(argv[1]), input, &notes, &value);
    if (e == OK)
        e = print_value(a, value);
    tell_notes(&notes);
    return e == OK ? 0 : complain(e);
}

/* ---- rules -------------------------------------------------------------------------------- */

static int rules_usage(void)
{
    (void)fputs(
        "usage: yangguan rules test DIR [--results FILE]\n"
        "       yangguan rules eval MODEL.dmn --input FILE.json [--decision NAME] [--explain]\n"
        "       yangguan rules check MODEL.dmn [--json]\n\n"
        "test  runs the cases of the DMN Technology Compatibility Kit below DIR and writes\n"
        "      the kit's result file (default tck_results.csv; - for none)\n"
        "eval  prints a decision's value as JSON, by default of all decisions; with --explain\n"
        "      also its ground: the rows that matched, each cell and why it held or not\n"
        "check looks for gaps, overlaps, rows that can't be reached or change nothing, wrong\n"
        "      types, unused inputs and circles; exit status 1 if it found something\n",
        stderr);
    return 2;
}

static int rules_test(int argc, char **argv)
{
    scoped_arena a = arena_open();
    const char *results = "tck_results.csv";
    bool ok = false;

    if (argc == 4 && strcmp(argv[2], "--results") == 0)
        results = argv[3];
    else if (argc != 2)
        return rules_usage();
    err e = tck_run(a, argv[1], strcmp(results, "-") == 0 ? NULL : results, system_now(), &ok);
    if (e != OK)
        return complain(e);
    return ok ? 0 : 1;
}

struct eval_request {
    const char *model, *input, *decision;
    bool explain;
};

static bool eval_arguments(int argc, char **argv, struct eval_request *q)
{
    if (argc < 2)
        return false;
    q->model = argv[1];
    for (int i = 2; i < argc; i++) {
        bool more = i + 1 < argc;

        if (strcmp(argv[i], "--explain") == 0)
            q->explain = true;
        else if (more && strcmp(argv[i], "--input") == 0)
            q->input = argv[++i];
        else if (more && strcmp(argv[i], "--decision") == 0)
            q->decision = argv[++i];
        else
            return false;
    }
    return true;
}

static fallible eval_input(struct arena *a, const struct rules_model *m, const char *path,
                           feel *out)
{
    struct json *json;
    str text;

    if (path == NULL)
        return feel_context(a, NULL, 0, out);
    TRY(file_read(a, path, RULES_LARGEST_INPUT, &text));
    TRY(json_read(a, text, &json));
    return rules_input(a, m, json, out);
}

/* {"value": …, "ground": […]}; without --explain the value alone. */
static fallible eval_one(struct arena *a, const struct rules_model *m, str name, feel input,
                         bool explain, struct buf *out)
{
    struct buf ground = buf_in(a);
    struct feel_notes notes = {0};
    struct feel_options options = {
        .now = system_now(), .notes = &notes, .explain = explain ? &ground : NULL};
    feel value;

    TRY(rules_decide(a, m, name, input, &options, &value));
    if (explain)
        buf_z(out, "{\"value\":");
    TRY(feel_json(out, value));
    if (explain)
        buf_format(out, ",\"ground\":[%.*s]}", STR(buf_text(&ground)));
    tell_notes(&notes);
    return OK;
}

static fallible eval_all(struct arena *a, const struct rules_model *m, feel input, bool explain,
                         struct buf *out)
{
    const str *names;
    size_t count = rules_decisions(m, &names);

    buf_byte(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_byte(out, ',');
        json_quote(out, names[i]);
        buf_byte(out, ':');
        TRY(eval_one(a, m, names[i], input, explain, out));
    }
    buf_byte(out, '}');
    return OK;
}

static fallible eval_model(struct arena *a, const struct eval_request *q)
{
    const struct rules_model *m;
    struct buf out = buf_in(a);
    feel input;

    TRY(rules_load(a, q->model, &m));
    tell_notes(rules_faults(m));
    TRY(eval_input(a, m, q->input, &input));
    if (q->decision != NULL)
        TRY(eval_one(a, m, str_of(q->decision), input, q->explain, &out));
    else
        TRY(eval_all(a, m, input, q->explain, &out));
    (void)printf("%.*s\n", STR(buf_text(&out)));
    return OK;
}

static int rules_eval(int argc, char **argv)
{
    scoped_arena a = arena_open();
    struct eval_request q = {0};

    if (!eval_arguments(argc, argv, &q))
        return rules_usage();
    err e = eval_model(a, &q);
    return e == OK ? 0 : complain(e);
}

static int rules_check_cli(int argc, char **argv)
{
    scoped_arena a = arena_open();
    bool as_json = argc == 3 && strcmp(argv[2], "--json") == 0, clean = false;

    if (argc != 2 && !as_json)
        return rules_usage();
    err e = rules_check_run(a, argv[1], as_json, &clean);
    if (e != OK)
        (void)complain(e);
    return e != OK ? 2 : clean ? 0 : 1;
}

int rules_cli(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "test") == 0)
        return rules_test(argc - 1, argv + 1);
    if (argc >= 3 && strcmp(argv[1], "eval") == 0)
        return rules_eval(argc - 1, argv + 1);
    if (argc >= 3 && strcmp(argv[1], "check") == 0)
        return rules_check_cli(argc - 1, argv + 1);
    return rules_usage();
}
