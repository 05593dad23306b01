/* FEEL text of any kind: an expression and unary tests over a few known names. */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static const char *const inputs = "{\"a\":3,\"b\":\"文字 text\",\"xs\":[1,2,3,null],\"c\":{\"k\":1,"
                                  "\"办理 时限\":\"2026-03-02\"},\"办理时限\":20,\"a b\":true}";

static void expression(struct arena *a, str text, const str *names, const feel *values, size_t n)
{
    struct feel_notes notes = {0};
    struct feel_options options = {.now = FUZZ_NOW, .steps = FUZZ_STEPS, .notes = &notes};
    const struct feel_expression *e;
    feel v;

    if (feel_compile(a, text, names, n, &e) == OK &&
        feel_evaluate(a, e, values, NULL, &options, &v) == OK)
        fuzz_written(a, v);
    for (size_t i = 0; i < n; i++)
        if (feel_compile_tests(a, text, names, n, &e) == OK &&
            feel_evaluate(a, e, values, &values[i], &options, &v) == OK)
            fuzz_must(v.kind == FEEL_BOOL || v.kind == FEEL_NULL);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    scoped_arena a = arena_open();
    struct json *json;
    feel context;
    str names[8];
    feel values[8];

    if (size > FUZZ_LONGEST)
        return 0;
    fuzz_must(json_read(a, str_of(inputs), &json) == OK);
    fuzz_must(feel_of_json(a, json, &context) == OK);
    for (size_t i = 0; i < context.context->count; i++) {
        names[i] = context.context->entries[i].key;
        values[i] = context.context->entries[i].value;
    }
    expression(a, fuzz_text(a, data, size), names, values, context.context->count);
    return 0;
}
