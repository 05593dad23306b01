/*
 * cli -- `yangguan flow check` and `yangguan flow draw`.
 */
#include "flow/flow.h"

#include <stdio.h>

static const char usage[] =
    "usage: yangguan flow check FILE.bpmn [--json]\n"
    "       yangguan flow draw FILE.bpmn [--at ELEMENT] [--done ELEMENT,ELEMENT…]\n"
    "\n"
    "check analyses every process of the file: sound, in time, and able to run? Exit status 0 if\n"
    "every process is sound, 1 if not, 2 if the call was wrong.\n"
    "draw writes the diagram as SVG, the case's position and what is done marked.\n"
    "\n"
    "example: yangguan flow check models/procedures/usual.bpmn --json\n";

static int bad_call(const char *why)
{
    (void)fprintf(stderr, "yangguan flow: %s\n\n%s", why, usage);
    return 2;
}

static void print(const struct buf *b)
{
    (void)fwrite(b->ptr, 1, b->len, stdout);
}

/* A file that can't be read as BPMN has no process to name: one result tells of the file. */
static int say_malformed(struct arena *a, const char *path, bool json, err e)
{
    struct flow_process nameless = {0};
    struct flow_result result = {.process = &nameless, .verdict = FLOW_MALFORMED};
    struct flow_report report = {.results = &result, .count = 1};
    struct flow_fault fault = {.kind = FAULT_MALFORMED, .name = str_format(a, "%s", e->message)};
    struct buf out = buf_in(a);

    (void)fprintf(stderr, "yangguan flow: %s: %s\n", path, e->message);
    if (!utf8_valid(fault.name))
        fault.name = S("not well-formed XML");
    vec_push(a, &result.faults, fault);
    if (json)
        flow_report_json(&out, str_of(path), &report);
    else
        flow_report_text(&out, &report);
    print(&out);
    return 1;
}

static fallible load(struct arena *a, const char *path, struct flow_model **model)
{
    str xml;

    TRY(file_read(a, path, FLOW_MOST_BYTES, &xml));
    return flow_read(a, xml, model);
}

static bool unreadable(err e)
{
    return e != OK && (e->code == ERR_NOT_FOUND || e->code == ERR_IO);
}

static int say_unreadable(const char *path, err e)
{
    (void)fprintf(stderr, "yangguan flow: %s: %s\n", path, e->message);
    return 2;
}

static int check(int argc, char **argv)
{
    scoped_arena a = arena_open();
    const char *path = NULL;
    bool json = false;
    struct flow_model *model;
    struct flow_report report;
    struct buf out = buf_in(a);

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            json = true;
        else if (argv[i][0] == '-' || path != NULL)
            return bad_call("check takes one file");
        else
            path = argv[i];
    }
    if (path == NULL)
        return bad_call("which file?");
    err e = load(a, path, &model);
    if (unreadable(e))
        return say_unreadable(path, e);
    if (e != OK)
        return say_malformed(a, path, json, e);

    flow_check(a, model, &report);
    if (json)
        flow_report_json(&out, str_of(path), &report);
    else
        flow_report_text(&out, &report);
    print(&out);
    for (size_t i = 0; i < report.count; i++)
        if (report.results[i].verdict != FLOW_SOUND)
            return 1;
    return 0;
}

static void split_ids(struct arena *a, const char *text, const str **ids, size_t *count)
{
    VEC(str) all = {0};
    str rest = str_of(text), piece;

    while (str_split(&rest, ',', &piece))
        if (piece.len)
            vec_push(a, &all, piece);
    *ids = all.at;
    *count = all.count;
}

static int draw(int argc, char **argv)
{
    scoped_arena a = arena_open();
    const char *path = NULL;
    struct flow_marks marks = {0};
    struct flow_model *model;
    struct buf out = buf_in(a);

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--at") == 0 && i + 1 < argc)
            split_ids(a, argv[++i], &marks.now, &marks.now_count);
        else if (strcmp(argv[i], "--done") == 0 && i + 1 < argc)
            split_ids(a, argv[++i], &marks.done, &marks.done_count);
        else if (argv[i][0] == '-' || path != NULL)
            return bad_call("draw takes one file, --at and --done");
        else
            path = argv[i];
    }
    if (path == NULL)
        return bad_call("which file?");
    err e = load(a, path, &model);
    if (e != OK)
        return say_unreadable(path, e) - !unreadable(e);
    flow_draw(&out, model, &marks);
    print(&out);
    return 0;
}

int flow_cli(int argc, char **argv)
{
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if (argc >= 3 && strcmp(argv[2], "--help") == 0) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if (argc >= 2 && strcmp(argv[1], "check") == 0)
        return check(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "draw") == 0)
        return draw(argc - 1, argv + 1);
    return bad_call("check or draw?");
}
