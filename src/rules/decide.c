/*
 * Running a model: requirements first, each decision once, then its logic in a frame of its own. A
 * knowledge model sees its parameters and what it knows; a service runs with a memory of its own.
 */
#include "rules/dmn_int.h"

enum { UNTOUCHED, RUNNING, DONE };

static fallible element_value(struct run *r, const struct element *e, feel *out);

static fallible nothing(struct run *r, str place, const char *what, feel *out)
{
    str outer = r->place;

    r->place = place;
    run_note(r, NULL, what);
    r->place = outer;
    *out = feel_null();
    return OK;
}

static fallible converted(struct run *r, const struct element *e, const struct type *t, feel v,
                          feel *out)
{
    const char *why = "";

    TRY(type_convert(r, t, v, out, &why));
    return why[0] ? nothing(r, e->place, why, out) : OK;
}

/* ---- frames ------------------------------------------------------------------------------- */

static fallible member_value(struct run *r, const struct element *e, feel *out)
{
    if (e->kind == ELEMENT_BKM || e->kind == ELEMENT_SERVICE) {
        *out = e->function;
        return OK;
    }
    return element_value(r, e, out);
}

static fallible bound(struct run *r, const struct binding *b, feel *out)
{
    struct feel_entry *entries;

    if (b->element != NULL)
        return member_value(r, b->element, out);
    entries = NEW_N(r->arena, b->member_count + 1, struct feel_entry);
    for (size_t i = 0; i < b->member_count; i++) {
        entries[i].key = b->members[i]->name;
        TRY(member_value(r, b->members[i], &entries[i].value));
    }
    return feel_context(r->arena, entries, b->member_count, out);
}

static fallible frame_of(struct run *r, const struct element *e, struct frame **out)
{
    TRY(frame_open(r, e->slots, NULL, out));
    for (size_t i = 0; i < e->bindings.count; i++)
        TRY(bound(r, &e->bindings.at[i], &(*out)->slots[e->bindings.at[i].slot]));
    return OK;
}

/* ---- decisions ---------------------------------------------------------------------------- */

/* An imported model's input may also be given below the import's name. */
static const feel *given_for(const struct run *r, const struct element *e)
{
    const struct model_file *first = r->model->files.at[0];
    const feel *given = feel_get(r->memo->input, e->name);

    for (size_t i = 0; given == NULL && i < first->imports.count; i++)
        if (first->imports.at[i].file == e->file) {
            const feel *below = feel_get(r->memo->input, first->imports.at[i].alias);

            given = below != NULL ? feel_get(*below, e->name) : NULL;
        }
    return given;
}

static fallible input_value(struct run *r, const struct element *e, feel *out)
{
    const feel *given = given_for(r, e);

    if (given == NULL)
        return nothing(r, e->place, "the input isn't given", out);
    return converted(r, e, e->type, *given, out);
}

static fallible decision_value(struct run *r, const struct element *e, feel *out)
{
    struct frame *frame, *outer = r->frame;
    str place = r->place;
    feel v;

    TRY(frame_of(r, e, &frame));
    r->frame = frame;
    r->place = e->place;
    if (r->options.explain != NULL)
        explain_begin(r, e);
    TRY(eval(r, e->logic, &v));
    r->frame = outer;
    r->place = place;
    TRY(converted(r, e, e->type, v, out));
    return r->options.explain != NULL ? explain_end(r, e, *out) : OK;
}

static fallible element_value(struct run *r, const struct element *e, feel *out)
{
    u8 *state = &r->memo->states[e->index];
    feel *kept = &r->memo->values[e->index];

    if (*state == RUNNING)
        return nothing(r, e->place, "the requirements run in a circle", out);
    if (*state == UNTOUCHED) {
        feel v = feel_null();

        *state = RUNNING;
        REQUIRE(++r->depth < FEEL_DEEPEST_RUN, ERR_LIMIT, "requirements are nested too deep");
        if (e->kind == ELEMENT_INPUT)
            TRY(input_value(r, e, &v));
        else
            TRY(decision_value(r, e, &v));
        r->depth--;
        *kept = v;
        *state = DONE;
    }
    *out = *kept;
    return OK;
}

static fallible memo_open(struct run *r, feel input, struct memo **out)
{
    struct memo *m = NEW(r->arena, struct memo);
    size_t count = r->model->elements.count;

    TRY(run_spend(r, (i64)(count / 16 + 1)));
    m->input = input;
    m->values = NEW_N(r->arena, count + 1, feel);
    m->states = NEW_N(r->arena, count + 1, u8);
    *out = m;
    return OK;
}

/* ---- functions ---------------------------------------------------------------------------- */

static fallible bkm_call(struct run *r, const struct element *e, const feel *args, feel *out)
{
    struct frame *frame, *outer = r->frame;
    str place = r->place;
    const char *why = "";
    feel v;

    if (e->code.body == NULL)
        return nothing(r, e->place, "the knowledge model has no logic that can run here", out);
    TRY(frame_of(r, e, &frame));
    for (size_t i = 0; i < e->code.count; i++) {
        TRY(type_convert(r, e->code.parameters[i].type, args[i],
                         &frame->slots[e->first_parameter + i], &why));
        if (why[0])
            return nothing(r, e->place, "an argument isn't of the parameter's type", out);
    }
    r->frame = frame;
    r->place = e->place;
    TRY(eval(r, e->code.body, &v));
    r->frame = outer;
    r->place = place;
    return converted(r, e, e->code.result, v, out);
}

static fallible service_result(struct run *r, const struct element *e, feel *out)
{
    struct feel_entry *entries = NEW_N(r->arena, e->outputs.count + 1, struct feel_entry);

    if (e->outputs.count == 1)
        return element_value(r, e->outputs.at[0], out);
    for (size_t i = 0; i < e->outputs.count; i++) {
        entries[i].key = e->outputs.at[i]->name;
        TRY(element_value(r, e->outputs.at[i], &entries[i].value));
    }
    return feel_context(r->arena, entries, e->outputs.count, out);
}

static fallible service_call(struct run *r, const struct element *e, const feel *args, feel *out)
{
    struct memo *outer = r->memo, *memo;
    const element_list *lists[] = {&e->input_data, &e->input_decisions};
    const char *why = "";
    size_t at = 0;
    feel v;

    TRY(memo_open(r, feel_null(), &memo));
    for (size_t k = 0; k < COUNT(lists); k++)
        for (size_t i = 0; i < lists[k]->count; i++, at++) {
            u32 index = lists[k]->at[i]->index;

            TRY(type_convert(r, e->parameters[at].type, args[at], &memo->values[index], &why));
            if (why[0])
                return nothing(r, e->place, "an argument isn't of the parameter's type", out);
            memo->states[index] = DONE;
        }
    r->memo = memo;
    TRY(service_result(r, e, &v));
    r->memo = outer;
    const struct type *t = e->type ? type_real(e->type) : NULL;
    if (t != NULL && t->kind == TYPE_FUNCTION)
        t = t->any_form ? NULL : t->element;
    else
        t = e->type;
    return converted(r, e, t, v, out);
}

const struct member *element_parameters(const struct element *e, size_t *count)
{
    *count = e->kind == ELEMENT_BKM ? e->code.count : e->parameter_count;
    return e->kind == ELEMENT_BKM ? e->code.parameters : e->parameters;
}

const struct function_code *element_code(const struct element *e)
{
    return e->kind == ELEMENT_BKM ? &e->code : NULL;
}

fallible element_call(struct run *r, const struct node *at, const struct element *e,
                      const feel *args, size_t count, feel *out)
{
    size_t wanted;

    (void)at;
    (void)element_parameters(e, &wanted);
    if (wanted != count)
        return nothing(r, e->place, "wrong number of arguments", out);
    return e->kind == ELEMENT_BKM ? bkm_call(r, e, args, out) : service_call(r, e, args, out);
}

/* ---- doors -------------------------------------------------------------------------------- */

/* By name in the model itself first, then in what it imports. */
static const struct element *element_named(const struct rules_model *m, str name)
{
    static const u8 order[] = {ELEMENT_DECISION, ELEMENT_SERVICE, ELEMENT_BKM};

    for (size_t f = 0; f < m->files.count; f++)
        for (size_t k = 0; k < COUNT(order); k++)
            for (size_t i = 0; i < m->files.at[f]->elements.count; i++) {
                const struct element *e = m->files.at[f]->elements.at[i];

                if (e->kind == order[k] && str_eq(e->name, name))
                    return e;
            }
    return NULL;
}

static fallible call_by_input(struct run *r, const struct element *e, feel input, feel *out)
{
    size_t count;
    const struct member *parameters = element_parameters(e, &count);
    feel *args = NEW_N(r->arena, count + 1, feel);

    for (size_t i = 0; i < count; i++) {
        const feel *given = feel_get(input, parameters[i].name);

        args[i] = given != NULL ? *given : feel_null();
    }
    return element_call(r, NULL, e, args, count, out);
}

fallible rules_decide(struct arena *a, const struct rules_model *m, str name, feel input,
                      const struct feel_options *options, feel *out)
{
    const struct element *e = element_named(m, name);
    struct run r;

    REQUIRE(e != NULL, ERR_NOT_FOUND, "the model has no decision «%.*s»", STR(name));
    run_open(&r, a, options);
    r.model = m;
    r.input = feel_null();
    TRY(memo_open(&r, input, &r.memo));
    if (e->kind == ELEMENT_DECISION)
        return element_value(&r, e, out);
    return call_by_input(&r, e, input, out);
}

/* ---- JSON as input ------------------------------------------------------------------------ */

static fallible shape(struct run *r, const struct type *t, feel v, feel *out);

static fallible shape_list(struct run *r, const struct type *t, feel v, feel *out)
{
    feel *items = NEW_N(r->arena, v.count + 1, feel);

    for (u32 i = 0; i < v.count; i++)
        TRY(shape(r, t->kind == TYPE_LIST ? t->element : t, v.items[i], &items[i]));
    return feel_list(items, v.count, out);
}

static fallible shape_context(struct run *r, const struct type *t, feel v, feel *out)
{
    const struct feel_context *c = v.context;
    struct feel_entry *entries = NEW_N(r->arena, c->count + 1, struct feel_entry);

    for (size_t i = 0; i < c->count; i++) {
        entries[i] = c->entries[i];
        for (size_t k = 0; k < t->member_count; k++)
            if (str_eq(t->members[k].name, entries[i].key))
                TRY(shape(r, t->members[k].type, c->entries[i].value, &entries[i].value));
    }
    return feel_context(r->arena, entries, c->count, out);
}

/* Text to what the type wants; what can't be is left for the type check to refuse. */
static fallible shape_text(struct run *r, const struct type *t, feel v, feel *out)
{
    feel read;

    *out = v;
    if (t->kind == TYPE_NUMBER && feel_number(feel_text(v), &read) == OK)
        *out = read;
    if (t->kind < TYPE_DATE || t->kind > TYPE_SECONDS || !temporal_read(r, feel_text(v), &read))
        return OK;
    *out = read;
    return OK;
}

static fallible shape(struct run *r, const struct type *t, feel v, feel *out)
{
    t = type_real(t);
    *out = v;
    if (v.kind == FEEL_LIST && !t->any_form)
        return shape_list(r, t, v, out);
    if (v.kind == FEEL_CONTEXT && t->kind == TYPE_CONTEXT)
        return shape_context(r, t, v, out);
    if (v.kind == FEEL_STRING)
        return shape_text(r, t, v, out);
    return OK;
}

static const struct type *type_of_name(const struct rules_model *m, str name)
{
    for (size_t i = 0; i < m->elements.count; i++)
        if (m->elements.at[i]->kind <= ELEMENT_DECISION && str_eq(m->elements.at[i]->name, name))
            return m->elements.at[i]->type;
    return NULL;
}

fallible rules_input(struct arena *a, const struct rules_model *m, const struct json *json,
                     feel *out)
{
    struct run r;
    feel plain;

    REQUIRE(json->kind == J_OBJECT, ERR_INPUT, "the input must be a JSON object");
    TRY(feel_of_json(a, json, &plain));
    run_open(&r, a, NULL);
    const struct feel_context *c = plain.context;
    struct feel_entry *entries = NEW_N(a, c->count + 1, struct feel_entry);
    for (size_t i = 0; i < c->count; i++) {
        const struct type *t = type_of_name(m, c->entries[i].key);

        entries[i] = c->entries[i];
        if (t != NULL)
            TRY(shape(&r, t, c->entries[i].value, &entries[i].value));
    }
    return feel_context(a, entries, c->count, out);
}
