/* `feel --batch`: an expression a line, each as a JSON string; a line of JSON for each. */
#include "rules/check_cli.h"

#include <stdio.h>

enum { LONGEST_LINE = FEEL_LONGEST_TEXT + 4096 };

static const char *kind_name(feel v)
{
    static const char *const names[] = {"null",
                                        "boolean",
                                        "number",
                                        "string",
                                        "date",
                                        "time",
                                        "date and time",
                                        "years and months duration",
                                        "days and time duration",
                                        "list",
                                        "context",
                                        "range",
                                        "function"};

    return v.kind < COUNT(names) ? names[v.kind] : "null";
}

static fallible value_of(struct arena *a, str text, struct buf *out)
{
    struct feel_options options = {.now = system_now()};
    const struct feel_expression *e;
    feel v;

    TRY(feel_compile(a, text, NULL, 0, &e));
    TRY(feel_evaluate(a, e, NULL, NULL, &options, &v));
    buf_format(out, "{\"type\":\"%s\",\"value\":", kind_name(v));
    TRY(feel_json(out, v));
    buf_z(out, "}\n");
    return OK;
}

static fallible answer(struct arena *a, str line, struct buf *out)
{
    struct json *json;
    err e = json_read(a, line, &json);

    if (e == OK && json->kind != J_STRING)
        FAIL(ERR_INPUT, "each line must be a JSON string");
    TRY(e);
    e = value_of(a, json->text, out);
    if (e == OK)
        return OK;
    out->len = 0;
    buf_z(out, "{\"error\":");
    json_quote(out, str_of(e->message));
    buf_z(out, "}\n");
    return OK;
}

fallible feel_batch_run(struct arena *a)
{
    char *line = arena_take(a, LONGEST_LINE, 1);
    arena_mark mark = arena_here(a);

    while (fgets(line, LONGEST_LINE, stdin) != NULL) {
        struct buf out = buf_in(a);
        str text = str_trim(str_of(line));

        if (text.len == 0)
            continue;
        REQUIRE(line[strlen(line) - 1] == '\n' || feof(stdin), ERR_LIMIT, "a line is too long");
        TRY(answer(a, text, &out));
        (void)fwrite(out.ptr, 1, out.len, stdout);
        arena_back(a, mark);
    }
    return OK;
}
