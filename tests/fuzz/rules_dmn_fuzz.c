/* XML of any kind as a model; what loads is evaluated, every decision of it. */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    scoped_arena a = arena_open();
    const struct rules_model *m;
    struct rules_report report;
    const str *names;
    feel input, v;

    if (size > FUZZ_LONGEST || rules_load_text(a, fuzz_text(a, data, size), &m) != OK)
        return 0;
    fuzz_must(feel_context(a, NULL, 0, &input) == OK);
    for (size_t i = 0, count = rules_decisions(m, &names); i < count && i < 20; i++) {
        struct feel_notes notes = {0};
        struct buf ground = buf_in(a);
        struct feel_options options = {
            .now = FUZZ_NOW, .steps = FUZZ_STEPS / 4, .notes = &notes, .explain = &ground};

        if (rules_decide(a, m, names[i], input, &options, &v) == OK)
            fuzz_written(a, v);
    }
    if (rules_check(a, m, &report) == OK)
        fuzz_must(report.count == 0 || report.findings[0].kind != NULL);
    return 0;
}
