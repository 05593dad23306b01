/* Calling functions: those written in FEEL, business knowledge models, built-in ones. */
#include "rules/rules_int.h"

fallible call_code(struct run *r, const struct node *at, const struct feel_function *f,
                   const feel *args, feel *out)
{
    const struct function_code *code = f->code;
    struct frame *outer = r->frame, *frame;
    const char *why = "";

    if (code->body == NULL)
        return run_nothing(r, at, "external functions aren't supported", out);
    TRY(frame_open(r, code->slots, f->captured, &frame));
    for (size_t i = 0; i < code->count; i++) {
        TRY(type_convert(r, code->parameters[i].type, args[i], &frame->slots[i], &why));
        if (why[0])
            return run_nothing(r, at, "an argument isn't of the parameter's type", out);
    }
    r->frame = frame;
    TRY(eval(r, code->body, out));
    r->frame = outer;
    if (code->result == NULL)
        return OK;
    TRY(type_convert(r, code->result, *out, out, &why));
    if (why[0])
        run_note(r, at, why);
    return OK;
}

fallible call_value(struct run *r, const struct node *at, feel f, const feel *args, size_t count,
                    feel *out)
{
    if (f.function->builtin != NULL)
        return builtin_call(r, at, f.function->builtin, args, count, out);
    if (f.function->element != NULL)
        return element_call(r, at, f.function->element, args, count, out);
    if (count != f.function->code->count)
        return run_nothing(r, at, "wrong number of arguments", out);
    return call_code(r, at, f.function, args, out);
}

/* Arguments in the parameters' order; false if the names don't fit. */
static bool order_arguments(const struct member *parameters, size_t count, const str *names,
                            const feel *args, feel *ordered)
{
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;

        while (k < count && !str_eq(names[k], parameters[i].name))
            k++;
        if (k == count)
            return false;
        ordered[i] = args[k];
    }
    return true;
}

fallible call_named(struct run *r, const struct node *at, feel f, const str *names,
                    const feel *args, size_t count, feel *out)
{
    const struct member *parameters;
    size_t wanted;

    if (f.function->builtin != NULL)
        return builtin_named(r, at, f.function->builtin, names, args, count, out);
    if (f.function->element != NULL) {
        parameters = element_parameters(f.function->element, &wanted);
    } else {
        parameters = f.function->code->parameters;
        wanted = f.function->code->count;
    }
    feel *ordered = NEW_N(r->arena, count + 1, feel);
    if (wanted != count || !order_arguments(parameters, count, names, args, ordered))
        return run_nothing(r, at, "the arguments' names aren't the parameters'", out);
    return call_value(r, at, f, ordered, count, out);
}
