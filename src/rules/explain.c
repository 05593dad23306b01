/*
 * The ground of each decision as JSON, so that a card can show it: the table's inputs, and for each
 * row each cell's text and whether it held.
 */
#include "rules/dmn_int.h"

static void comma(struct buf *b)
{
    if (b->len && b->ptr[b->len - 1] != '[' && b->ptr[b->len - 1] != '{')
        buf_byte(b, ',');
}

static void member(struct buf *b, const char *name)
{
    comma(b);
    json_quote(b, str_of(name));
    buf_byte(b, ':');
}

void explain_begin(struct run *r, const struct element *e)
{
    struct buf *b = r->options.explain;

    comma(b);
    buf_byte(b, '{');
    member(b, "decision");
    json_quote(b, e->name);
    member(b, "tables");
    buf_byte(b, '[');
}

fallible explain_end(struct run *r, const struct element *e, feel value)
{
    struct buf *b = r->options.explain;

    (void)e;
    buf_byte(b, ']');
    member(b, "value");
    TRY(feel_json(b, value));
    buf_byte(b, '}');
    return OK;
}

static fallible explain_inputs(struct buf *b, const struct table *t, const feel *inputs)
{
    member(b, "inputs");
    buf_byte(b, '[');
    for (size_t i = 0; i < t->input_count; i++) {
        comma(b);
        buf_byte(b, '{');
        member(b, "expression");
        json_quote(b, t->inputs[i].text);
        member(b, "value");
        TRY(feel_json(b, inputs[i]));
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
    return OK;
}

static fallible explain_row(struct run *r, const struct table *t, size_t row, const feel *inputs)
{
    struct buf *b = r->options.explain;
    bool all = true, holds;

    comma(b);
    buf_byte(b, '{');
    member(b, "row");
    buf_format(b, "%zu", row + 1);
    member(b, "cells");
    buf_byte(b, '[');
    for (size_t i = 0; i < t->input_count; i++) {
        const struct cell *c = &t->rows[row].cells[i];

        TRY(cell_holds(r, c, inputs[i], &holds));
        all &= holds;
        comma(b);
        buf_byte(b, '{');
        member(b, "test");
        json_quote(b, c->text.len ? c->text : S("-"));
        member(b, "holds");
        buf_z(b, holds ? "true" : "false");
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
    member(b, "holds");
    buf_z(b, all ? "true" : "false");
    buf_byte(b, '}');
    REQUIRE(b->len <= FEEL_LONGEST_STRING, ERR_LIMIT, "the explanation is too long");
    return OK;
}

fallible explain_table(struct run *r, const struct table *t, const feel *inputs)
{
    static const char *const hits[] = {"UNIQUE",  "FIRST",      "PRIORITY",    "ANY",
                                       "COLLECT", "RULE ORDER", "OUTPUT ORDER"};
    struct buf *b = r->options.explain;

    comma(b);
    buf_byte(b, '{');
    member(b, "table");
    json_quote(b, t->place);
    member(b, "hitPolicy");
    json_quote(b, str_of(hits[t->hit]));
    TRY(explain_inputs(b, t, inputs));
    member(b, "rows");
    buf_byte(b, '[');
    for (size_t i = 0; i < t->row_count; i++)
        TRY(explain_row(r, t, i, inputs));
    buf_z(b, "]}");
    return OK;
}
