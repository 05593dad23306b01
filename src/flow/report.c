/*
 * report -- what `flow check` says, as JSON and as text.
 */
#include "flow/flow.h"

const char *flow_verdict_name(enum flow_verdict verdict)
{
    static const char *const names[] = {
        [FLOW_SOUND] = "sound",
        [FLOW_UNSOUND] = "unsound",
        [FLOW_NOT_PROVED] = "not proved",
        [FLOW_MALFORMED] = "malformed",
    };

    assert(verdict < COUNT(names));
    return names[verdict];
}

static void quote(struct buf *out, const char *key, str text)
{
    buf_format(out, "\"%s\": ", key);
    json_quote(out, text);
}

static void ids(struct buf *out, const char *key, const str *at, size_t count)
{
    buf_format(out, "\"%s\": [", key);
    for (size_t i = 0; i < count; i++) {
        buf_z(out, i ? ", " : "");
        json_quote(out, at[i]);
    }
    buf_z(out, "]");
}

static void missing_json(struct buf *out, const struct flow_result *r)
{
    buf_z(out, "\"missing\": [");
    for (size_t i = 0; i < r->missing.count; i++) {
        buf_z(out, i ? ", {" : "{");
        quote(out, "element", r->missing.at[i].element);
        buf_z(out, ", ");
        quote(out, "type", str_of(r->missing.at[i].type));
        buf_z(out, "}");
    }
    buf_z(out, "]");
}

static void faults_json(struct buf *out, const flow_faults *faults)
{
    buf_z(out, "\"faults\": [");
    for (size_t i = 0; i < faults->count; i++) {
        const struct flow_fault *f = &faults->at[i];
        buf_z(out, i ? ",\n    {" : "\n    {");
        quote(out, "kind", str_of(flow_fault_name(f->kind)));
        buf_z(out, ", ");
        quote(out, "element", f->element);
        buf_z(out, ", ");
        quote(out, "name", f->name);
        buf_z(out, ", ");
        ids(out, "path", f->path, f->path_count);
        buf_z(out, "}");
    }
    buf_z(out, "]");
}

static void time_json(struct buf *out, const struct flow_time *t)
{
    buf_z(out, "\"time\": ");
    if (!t->known) {
        buf_z(out, "null");
        return;
    }
    buf_z(out, "{");
    quote(out, "unit", str_of(flow_unit_name(t->unit)));
    buf_format(out, ", \"max\": %lld, \"bound\": ", (long long)t->max);
    if (t->bounded)
        buf_format(out, "%lld, ", (long long)t->bound);
    else
        buf_z(out, "null, ");
    ids(out, "path", t->path, t->path_count);
    buf_z(out, "}");
}

static void result_json(struct buf *out, const struct flow_result *r)
{
    buf_z(out, "\n  {");
    quote(out, "id", r->process->id);
    buf_z(out, ", ");
    quote(out, "verdict", str_of(flow_verdict_name(r->verdict)));
    buf_format(out, ", \"runnable\": %s,\n   ", r->runnable ? "true" : "false");
    missing_json(out, r);
    buf_z(out, ",\n   ");
    faults_json(out, &r->faults);
    buf_z(out, ",\n   ");
    time_json(out, &r->time);
    if (r->verdict == FLOW_NOT_PROVED) {
        buf_z(out, ",\n   ");
        ids(out, "region", r->region.at, r->region.count);
    }
    buf_z(out, "}");
}

void flow_report_json(struct buf *out, str file, const struct flow_report *report)
{
    buf_z(out, "{");
    quote(out, "file", file);
    buf_z(out, ", \"processes\": [");
    for (size_t i = 0; i < report->count; i++) {
        buf_z(out, i ? "," : "");
        result_json(out, &report->results[i]);
    }
    buf_z(out, "]}\n");
}

/* ---- for people
 * ------------------------------------------------------------------------------------- */

static const char *verdict_sentence(enum flow_verdict v)
{
    static const char *const sentences[] = {
        [FLOW_SOUND] = "可靠",
        [FLOW_UNSOUND] = "有问题",
        [FLOW_NOT_PROVED] = "太复杂，证明不了",
        [FLOW_MALFORMED] = "文件有错，没有检查",
    };

    return sentences[v];
}

static void fault_text(struct buf *out, const struct flow_fault *f)
{
    str name = f->name.len ? f->name : f->element;

    buf_format(out, "  %s「%.*s」%s\n", flow_fault_name(f->kind), STR(name),
               flow_fault_sentence(f->kind));
    buf_z(out, "    ");
    for (size_t i = 0; i < f->path_count; i++)
        buf_format(out, "%s%.*s", i ? " → " : "", STR(f->path[i]));
    buf_z(out, "\n");
}

static void result_text(struct buf *out, const struct flow_result *r)
{
    str name = r->process->name.len ? r->process->name : r->process->id;

    buf_format(out, "%.*s：%s", STR(name), verdict_sentence(r->verdict));
    if (r->time.known)
        buf_format(out, "，最长 %lld %s", (long long)r->time.max, flow_unit_name(r->time.unit));
    if (r->time.known && r->time.bounded)
        buf_format(out, "（时限 %lld）", (long long)r->time.bound);
    buf_z(out, r->runnable ? "，可以运行\n" : "，不能运行\n");
    for (size_t i = 0; i < r->faults.count; i++)
        fault_text(out, &r->faults.at[i]);
    for (size_t i = 0; i < r->missing.count; i++)
        buf_format(out, "  引擎还不支持：%s（%.*s）\n", r->missing.at[i].type,
                   STR(r->missing.at[i].element));
    if (r->verdict == FLOW_NOT_PROVED && r->region.count)
        buf_format(out, "  没有证明的部分从 %.*s 开始，共 %zu 个元素\n", STR(r->region.at[0]),
                   r->region.count);
}

void flow_report_text(struct buf *out, const struct flow_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        result_text(out, &report->results[i]);
    if (report->count == 0)
        buf_z(out, "文件里没有流程\n");
}
