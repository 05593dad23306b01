/* The command `rules check`: what static analysis found, as text or as JSON. */
#include "rules/check_cli.h"

#include <stdio.h>

static void json_finding(struct buf *b, const struct rules_finding *f)
{
    buf_z(b, "{\"kind\":");
    json_quote(b, str_of(f->kind));
    buf_z(b, ",\"place\":");
    json_quote(b, f->place);
    buf_z(b, ",\"what\":");
    json_quote(b, f->what);
    buf_z(b, ",\"rows\":[");
    for (size_t i = 0; i < COUNT(f->rows) && f->rows[i]; i++)
        buf_format(b, "%s%u", i ? "," : "", f->rows[i]);
    buf_format(b, "],\"example\":%.*s}", STR(f->example.len ? f->example : S("null")));
}

static void json_report(struct buf *b, const char *path, const struct rules_report *r)
{
    buf_z(b, "{\"file\":");
    json_quote(b, str_of(path));
    buf_z(b, ",\"findings\":[");
    for (size_t i = 0; i < r->count; i++) {
        buf_z(b, i ? "," : "");
        json_finding(b, &r->findings[i]);
    }
    buf_format(b, "],\"more\":%zu,\"tables\":[", r->more);
    for (size_t i = 0; i < r->table_count; i++) {
        buf_z(b, i ? ",{\"place\":" : "{\"place\":");
        json_quote(b, r->tables[i].place);
        buf_format(b, ",\"complete\":%s,\"why\":", r->tables[i].why ? "false" : "true");
        json_quote(b, str_of(r->tables[i].why ? r->tables[i].why : ""));
        buf_byte(b, '}');
    }
    buf_z(b, "]}\n");
}

static void text_report(struct buf *b, const char *path, const struct rules_report *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct rules_finding *f = &r->findings[i];

        buf_format(b, "%s: %.*s: ", f->kind, STR(f->place));
        if (f->rows[1])
            buf_format(b, "rows %u and %u: ", f->rows[0], f->rows[1]);
        buf_str(b, f->what);
        if (f->example.len)
            buf_format(b, "; for example %.*s", STR(f->example));
        buf_byte(b, '\n');
    }
    if (r->more)
        buf_format(b, "and %zu more\n", r->more);
    for (size_t i = 0; i < r->table_count; i++)
        buf_format(b, "%.*s: %s%s\n", STR(r->tables[i].place),
                   r->tables[i].why ? "sampled, not proved: " : "judged completely",
                   r->tables[i].why ? r->tables[i].why : "");
    buf_format(b, "%s: %zu found\n", path, r->count + r->more);
}

fallible rules_check_run(struct arena *a, const char *path, bool as_json, bool *clean)
{
    struct buf b = buf_in(a);
    struct rules_report report;
    const struct rules_model *m;

    TRY(rules_load(a, path, &m));
    TRY(rules_check(a, m, &report));
    if (as_json)
        json_report(&b, path, &report);
    else
        text_report(&b, path, &report);
    (void)fwrite(b.ptr, 1, b.len, stdout);
    *clean = report.count == 0;
    return OK;
}
