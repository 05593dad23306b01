/*
 * Decision tables (DMN 1.5, chapter 8 and 10.3.2.10): compiled row by row, matched against inputs,
 * results by hit policy. Cells that are constants are compared without running a tree.
 */
#include "rules/dmn_int.h"

/* ---- compiling ---------------------------------------------------------------------------- */

enum { FEW_INPUTS = 16 };

/* Texts split at the commas of unary tests: values that stand alone are the enumeration. */
static void enumeration(struct loader *l, const struct node *tests, feel *out)
{
    VEC(feel) values = {0};

    *out = feel_null();
    for (u32 i = 0; tests != NULL && tests->kind == N_TESTS && i < tests->count; i++)
        if (tests->kids[i]->kids[0]->kind == N_CONST)
            vec_push(l->a, &values, tests->kids[i]->kids[0]->value);
    if (values.count > 0 && feel_list(values.at, values.count, out) != OK)
        *out = feel_null();
}

static bool plain_constant(const struct node *test)
{
    const struct node *n = test->kids[0];

    return test->kind == N_TEST && n->kind == N_CONST && n->value.kind != FEEL_LIST &&
           n->value.kind != FEEL_FUNCTION;
}

bool cell_simple(const struct cell *c)
{
    return c->kind != CELL_TREE;
}

static struct cell cell_of(struct loader *l, const struct node *tests, str text)
{
    struct cell c = {.kind = CELL_TREE, .tree = tests, .text = text};
    feel *values;

    if (tests->kind == N_DASH)
        c.kind = CELL_ANY;
    if (tests->kind != N_TESTS && tests->kind != N_NOT)
        return c;
    for (u32 i = 0; i < tests->count; i++)
        if (!plain_constant(tests->kids[i]))
            return c;
    values = NEW_N(l->a, tests->count, feel);
    for (u32 i = 0; i < tests->count; i++)
        values[i] = tests->kids[i]->kids[0]->value;
    c.kind = tests->kind == N_TESTS ? CELL_VALUES : CELL_NOT_VALUES;
    c.values = values;
    c.count = tests->count;
    return c;
}

static size_t count_of(const xmlNode *n, const char *name)
{
    size_t count = 0;

    for (const xmlNode *e = xml_first(n); e != NULL; e = xml_next(e))
        count += xml_is(e, name);
    return count;
}

static str text_in(struct loader *l, const xmlNode *n, const char *name)
{
    const xmlNode *child = xml_child(n, name);

    return child ? str_trim(xml_text(l->a, xml_child(child, "text"))) : S("");
}

static fallible input_compile(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                              struct table_input *in)
{
    const xmlNode *expression = xml_child(n, "inputExpression");
    const struct node *tree;

    in->label = xml_attribute(l->a, n, "label");
    in->text = text_in(l, n, "inputExpression");
    if (in->text.len == 0)
        in->text = in->label;
    TRY(boxed_text(l, in->text.len ? in->text : S("null"), scope, place, &tree));
    in->type =
        expression ? type_of_ref(l, xml_attribute(l->a, expression, "typeRef"), place) : NULL;
    in->value = boxed_convert(l, tree, in->type, place);
    in->allowed_text = text_in(l, n, "inputValues");
    if (in->allowed_text.len == 0)
        return OK;
    return boxed_tests(l, in->allowed_text, scope, place, &in->allowed);
}

/* Priorities come from the output values, or from what the type allows. */
static fallible output_compile(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                               struct table_output *out)
{
    const struct node *allowed = NULL;
    str fallback = text_in(l, n, "defaultOutputEntry");

    out->name = xml_name(l->a, xml_attribute(l->a, n, "name"));
    pool_add(&l->file->pool, out->name);
    out->type = type_of_ref(l, xml_attribute(l->a, n, "typeRef"), place);
    out->allowed_text = text_in(l, n, "outputValues");
    if (out->allowed_text.len)
        TRY(boxed_tests(l, out->allowed_text, scope, place, &allowed));
    for (const struct type *t = out->type; allowed == NULL && t != NULL;
         t = t->kind == TYPE_ALIAS ? t->element : NULL)
        allowed = t->allowed;
    enumeration(l, allowed, &out->order);
    if (fallback.len)
        return boxed_text(l, fallback, scope, place, &out->fallback);
    return OK;
}

static fallible row_compile(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                            struct table *t, struct table_row *row)
{
    struct cell *cells = NEW_N(l->a, t->input_count + 1, struct cell);
    str *texts = NEW_N(l->a, t->output_count + 1, str);
    str *places = NEW_N(l->a, t->output_count + 1, str);
    size_t in = 0, out = 0;

    row->id = xml_attribute(l->a, n, "id");
    row->outputs =
        (const struct node **)arena_take(l->a, t->output_count + 1, sizeof *row->outputs);
    for (const xmlNode *e = xml_first(n); e != NULL; e = xml_next(e)) {
        str text = str_trim(xml_text(l->a, xml_child(e, "text")));

        if (xml_is(e, "inputEntry") && in < t->input_count) {
            const struct node *tests;
            str cell = str_format(l->a, "%.*s, column %zu", STR(place), in + 1);

            TRY(boxed_tests(l, text, scope, cell, &tests));
            cells[in] = cell_of(l, tests, text);
            cells[in++].place = cell;
        }
        if (xml_is(e, "outputEntry") && out < t->output_count) {
            str cell = str_format(l->a, "%.*s, output %zu", STR(place), out + 1);

            TRY(boxed_text(l, text.len ? text : S("null"), scope, cell, &row->outputs[out]));
            places[out] = cell;
            texts[out++] = text;
        }
    }
    while (in < t->input_count)
        cells[in++] = (struct cell){.kind = CELL_ANY};
    while (out < t->output_count)
        row->outputs[out++] = boxed_node(l, N_CONST, 0);
    row->cells = cells;
    row->output_texts = texts;
    row->output_places = places;
    return OK;
}

static u8 word_of(str word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(word, str_of(words[i])))
            return (u8)i;
    return 0;
}

static fallible table_read(struct loader *l, const xmlNode *n, struct scope *scope, struct table *t)
{
    struct table_input *inputs = NEW_N(l->a, t->input_count + 1, struct table_input);
    struct table_output *outputs = NEW_N(l->a, t->output_count + 1, struct table_output);
    struct table_row *rows = NEW_N(l->a, t->row_count + 1, struct table_row);
    size_t in = 0, out = 0, row = 0;

    t->inputs = inputs;
    t->outputs = outputs;
    t->rows = rows;
    for (const xmlNode *e = xml_first(n); e != NULL; e = xml_next(e)) {
        if (xml_is(e, "input")) {
            str place = str_format(l->a, "%.*s, column %zu", STR(t->place), in + 1);
            TRY(input_compile(l, e, scope, place, &inputs[in++]));
        }
        if (xml_is(e, "output")) {
            str place = str_format(l->a, "%.*s, output %zu", STR(t->place), out + 1);
            TRY(output_compile(l, e, scope, place, &outputs[out++]));
        }
        if (xml_is(e, "rule")) {
            str place = str_format(l->a, "%.*s, row %zu", STR(t->place), row + 1);
            TRY(row_compile(l, e, scope, place, t, &rows[row++]));
        }
    }
    return OK;
}

fallible table_compile(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                       const struct node **out)
{
    static const char *const hits[] = {"UNIQUE",  "FIRST",      "PRIORITY",    "ANY",
                                       "COLLECT", "RULE ORDER", "OUTPUT ORDER"};
    static const char *const aggregations[] = {"", "SUM", "COUNT", "MIN", "MAX"};
    struct table *t = NEW(l->a, struct table);
    struct node *c = boxed_node(l, N_TABLE, 0);

    t->place = place;
    t->hit = word_of(xml_attribute(l->a, n, "hitPolicy"), hits, COUNT(hits));
    t->aggregation =
        word_of(xml_attribute(l->a, n, "aggregation"), aggregations, COUNT(aggregations));
    t->input_count = count_of(n, "input");
    t->output_count = count_of(n, "output");
    t->row_count = count_of(n, "rule");
    REQUIRE(t->input_count <= RULES_MOST_COLUMNS && t->output_count <= RULES_MOST_COLUMNS &&
                t->row_count <= RULES_MOST_ROWS,
            ERR_LIMIT, "%.*s: the table is too large", STR(place));
    TRY(table_read(l, n, scope, t));
    t->index = index_build(l->a, t);
    c->table = t;
    *out = c;
    return OK;
}

/* ---- matching ----------------------------------------------------------------------------- */

static bool value_holds(feel input, feel value)
{
    if (value.kind == FEEL_STRING && input.kind == FEEL_STRING)
        return input.count == value.count && memcmp(input.text, value.text, value.count) == 0;
    if (value.kind == FEEL_RANGE)
        return range_has(value.range, input) == TRUE;
    return value_equal(input, value) == TRUE;
}

fallible cell_holds(struct run *r, const struct cell *c, feel input, bool *out)
{
    enum truth t;

    *out = c->kind == CELL_ANY;
    if (c->kind == CELL_VALUES || c->kind == CELL_NOT_VALUES) {
        for (u32 i = 0; i < c->count && !*out; i++)
            *out = value_holds(input, c->values[i]);
        *out ^= c->kind == CELL_NOT_VALUES;
    }
    if (c->kind != CELL_TREE)
        return OK;
    str outer = r->place;
    r->place = c->place;
    TRY(test_input(r, c->tree, input, &t));
    r->place = outer;
    *out = t == TRUE;
    return OK;
}

static fallible row_holds(struct run *r, const struct table *t, u32 row, const feel *inputs,
                          bool *out)
{
    const struct cell *cells = t->rows[row].cells;

    *out = true;
    for (size_t i = 0; i < t->input_count && *out; i++)
        TRY(cell_holds(r, &cells[i], inputs[i], out));
    return OK;
}

typedef VEC(u32) row_list;

static fallible rows_matching(struct run *r, const struct table *t, const feel *inputs,
                              row_list *matched)
{
    const u32 *candidates = NULL;
    size_t count = t->row_count;
    bool one = t->hit == HIT_FIRST, holds;

    if (t->index != NULL)
        index_rows(t->index, inputs, &candidates, &count);
    TRY(run_spend(r, (i64)count));
    for (size_t i = 0; i < count; i++) {
        u32 row = candidates != NULL ? candidates[i] : (u32)i;

        TRY(row_holds(r, t, row, inputs, &holds));
        if (!holds)
            continue;
        vec_push(r->arena, matched, row);
        if (one)
            break;
    }
    return OK;
}

static fallible inputs_of(struct run *r, const struct table *t, feel *inputs, bool *valid)
{
    enum truth truth;

    *valid = true;
    for (size_t i = 0; i < t->input_count; i++) {
        TRY(eval(r, t->inputs[i].value, &inputs[i]));
        if (t->inputs[i].allowed == NULL || inputs[i].kind == FEEL_NULL)
            continue;
        TRY(test_input(r, t->inputs[i].allowed, inputs[i], &truth));
        *valid &= truth == TRUE;
    }
    return OK;
}

/* ---- results ------------------------------------------------------------------------------ */

static fallible output_value(struct run *r, const struct table *t, size_t i,
                             const struct node *tree, feel *out)
{
    const char *why = "";

    TRY(eval(r, tree, out));
    if (t->outputs[i].type == NULL)
        return OK;
    TRY(type_convert(r, t->outputs[i].type, *out, out, &why));
    if (why[0])
        run_note(r, tree, why);
    return OK;
}

/* One value, or a context of the named outputs. */
static fallible outputs_value(struct run *r, const struct table *t, const struct node *const *trees,
                              const str *places, feel *out)
{
    struct feel_entry *entries;

    if (places != NULL && t->output_count > 0)
        r->place = places[0];
    if (t->output_count == 1 && trees[0] != NULL)
        return output_value(r, t, 0, trees[0], out);
    entries = NEW_N(r->arena, t->output_count + 1, struct feel_entry);
    for (size_t i = 0; i < t->output_count; i++) {
        entries[i] = (struct feel_entry){t->outputs[i].name, feel_null()};
        if (places != NULL)
            r->place = places[i];
        if (trees[i] != NULL)
            TRY(output_value(r, t, i, trees[i], &entries[i].value));
    }
    return feel_context(r->arena, entries, t->output_count, out);
}

static fallible row_value(struct run *r, const struct table *t, u32 row, feel *out)
{
    str outer = r->place;

    TRY(outputs_value(r, t, t->rows[row].outputs, t->rows[row].output_places, out));
    r->place = outer;
    return OK;
}

static fallible fallback(struct run *r, const struct table *t, feel *out)
{
    const struct node **trees =
        (const struct node **)arena_take(r->arena, t->output_count + 1, sizeof *trees);
    bool any = false;

    for (size_t i = 0; i < t->output_count; i++) {
        trees[i] = t->outputs[i].fallback;
        any |= trees[i] != NULL;
    }
    if (any)
        return outputs_value(r, t, trees, NULL, out);
    *out = feel_null();
    if (t->hit == HIT_COLLECT && t->aggregation == COLLECT_COUNT)
        *out = feel_int(0);
    if ((t->hit == HIT_COLLECT && t->aggregation == COLLECT_LIST) || t->hit == HIT_RULE_ORDER ||
        t->hit == HIT_OUTPUT_ORDER)
        return feel_list(NULL, 0, out);
    return OK;
}

static fallible rows_values(struct run *r, const struct table *t, const row_list *rows, feel **out)
{
    feel *values = NEW_N(r->arena, rows->count + 1, feel);

    for (size_t i = 0; i < rows->count; i++)
        TRY(row_value(r, t, rows->at[i], &values[i]));
    *out = values;
    return OK;
}

/* Where a value stands among its output's values; after all of them if it isn't one. */
static size_t priority_of(const struct table_output *o, feel v)
{
    for (u32 i = 0; o->order.kind == FEEL_LIST && i < o->order.count; i++)
        if (value_in(v, o->order.items[i]) == TRUE)
            return i;
    return SIZE_MAX;
}

static bool outranks(const struct table *t, feel a, feel b)
{
    for (size_t i = 0; i < t->output_count; i++) {
        const feel *x = t->output_count == 1 ? &a : &a.context->entries[i].value;
        const feel *y = t->output_count == 1 ? &b : &b.context->entries[i].value;
        size_t p = priority_of(&t->outputs[i], *x), q = priority_of(&t->outputs[i], *y);

        if (p != q)
            return p < q;
    }
    return false;
}

/* By priority; rows of equal rank keep their order. */
static void rank(const struct table *t, feel *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        feel v = values[i];
        size_t at = i;

        for (; at > 0 && outranks(t, v, values[at - 1]); at--)
            values[at] = values[at - 1];
        values[at] = v;
    }
}

static fallible collected(struct run *r, const struct table *t, const feel *values, size_t count,
                          feel *out)
{
    static const char *const names[] = {"", "sum", "count", "min", "max"};
    size_t overloads;
    feel list;

    TRY(feel_list(values, count, &list));
    *out = list;
    if (t->aggregation == COLLECT_LIST)
        return OK;
    const struct builtin *b = builtin_find(str_of(names[t->aggregation]), &overloads);
    return b->run(r, &list, 1, out);
}

static fallible several(struct run *r, const struct table *t, const feel *values, size_t count,
                        feel *out)
{
    *out = values[0];
    if (t->hit == HIT_UNIQUE && count > 1) {
        run_note(r, NULL, "more than one row of a table with hit policy UNIQUE holds");
        *out = feel_null();
    }
    for (size_t i = 1; t->hit == HIT_ANY && i < count; i++) {
        TRY(run_spend(r, value_weight(values[i])));
        if (value_equal(values[0], values[i]) != TRUE) {
            run_note(r, NULL, "rows of a table with hit policy ANY give different results");
            *out = feel_null();
        }
    }
    return OK;
}

static fallible result(struct run *r, const struct table *t, const row_list *rows, feel *out)
{
    feel *values;

    if (rows->count == 1 && t->hit <= HIT_ANY)
        return row_value(r, t, rows->at[0], out);
    TRY(rows_values(r, t, rows, &values));
    if (t->hit == HIT_PRIORITY || t->hit == HIT_OUTPUT_ORDER)
        rank(t, values, rows->count);
    if (t->hit == HIT_RULE_ORDER || t->hit == HIT_OUTPUT_ORDER)
        return feel_list(values, rows->count, out);
    if (t->hit == HIT_COLLECT)
        return collected(r, t, values, rows->count, out);
    return several(r, t, values, rows->count, out);
}

static fallible matched_value(struct run *r, const struct table *t, const feel *inputs, feel *out)
{
    row_list rows = {0};

    TRY(rows_matching(r, t, inputs, &rows));
    return rows.count == 0 ? fallback(r, t, out) : result(r, t, &rows, out);
}

fallible table_eval(struct run *r, const struct node *n, feel *out)
{
    const struct table *t = n->table;
    feel few[FEW_INPUTS], *inputs = few, outer = r->input;
    bool valid;

    if (t->input_count > FEW_INPUTS)
        inputs = NEW_N(r->arena, t->input_count, feel);
    TRY(inputs_of(r, t, inputs, &valid));
    if (!valid) {
        run_note(r, NULL, "an input of the table isn't one of its allowed values");
        *out = feel_null();
        return OK;
    }
    if (r->options.explain != NULL)
        TRY(explain_table(r, t, inputs));
    TRY(matched_value(r, t, inputs, out));
    r->input = outer;
    return OK;
}
