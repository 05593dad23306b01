#include "calendar/cli_int.h"

#include <stdio.h>

static fallible explain_text(const struct call *call, str text, struct limit_explanation **out)
{
    struct limit_asked *asked = NEW(call->a, struct limit_asked);
    struct json *json;

    TRY(json_read(call->a, text, &json));
    TRY(calendar_clock_read(call->a, json, asked));
    return calendar_explain(call->a, call->c, &asked->clock, call->gap,
                            asked->as_of_given ? &asked->as_of : NULL, out);
}

static void print_sentences(const struct call *call, const struct limit_explanation *e)
{
    if (e->limit.running)
        (void)printf("%.*s\n", STR(calendar_due_text(call->a, &e->limit)));
    for (size_t i = 0; i < e->sentence_count; i++)
        (void)printf("%zu. %.*s%.*s\n", i + 1, STR(e->sentences[i].head),
                     STR(e->sentences[i].rest));
}

static void print_json(const struct call *call, const struct limit_explanation *e)
{
    struct buf b = buf_in(call->a);

    calendar_explain_json(&b, e);
    buf_byte(&b, '\n');
    (void)fwrite(b.ptr, 1, b.len, stdout);
}

/* A line each; a faulty one gives {"error": …} in its place. */
static bool explain_line(const struct call *call, str line)
{
    struct limit_explanation *e;
    err fault = explain_text(call, line, &e);

    if (fault == OK) {
        print_json(call, e);
        return true;
    }
    str why = str_of(fault->message);
    while (!utf8_valid(why)) /* a long message may end within a character */
        why.len--;
    struct buf b = buf_in(call->a);
    json_quote(&b, why);
    (void)printf("{\"error\":%.*s}\n", STR(buf_text(&b)));
    return false;
}

fallible calendar_explain_cli(const struct call *call, bool *clean)
{
    struct limit_explanation *e;
    str text, line;

    TRY(calendar_input(call->a, call->count ? call->args[0] : NULL, &text));
    if (!call->lines) {
        TRY(explain_text(call, text, &e));
        if (call->json)
            print_json(call, e);
        else
            print_sentences(call, e);
        return OK;
    }
    while (str_split(&text, '\n', &line)) {
        arena_mark mark = arena_here(call->a);

        if (str_trim(line).len > 0)
            *clean &= explain_line(call, line);
        arena_back(call->a, mark);
    }
    return OK;
}
