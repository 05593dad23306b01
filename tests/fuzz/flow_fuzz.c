/*
 * flow_fuzz -- reads, checks and draws whatever it is given. Built by tests/fuzz/run.sh.
 */
#include "flow/flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped_arena a = arena_open();
    struct flow_model *m;
    struct flow_report report;
    struct buf out = buf_in(a);

    if (flow_read(a, (str){(const char *)data, size}, &m) != OK)
        return 0;
    flow_check(a, m, &report);
    flow_report_json(&out, S("fuzz"), &report);
    flow_report_text(&out, &report);
    flow_draw(&out, m, &(struct flow_marks){0});
    assert(utf8_valid(buf_text(&out)));
    return 0;
}
