/* Drafting and publishing: what a matter must have before anyone is told of it. */
#include "catalogue/catalogue.h"
#include "catalogue_sql.h"
#include "flow/flow.h"

fallible procedure_check(str model)
{
    scoped_arena a = arena_open();
    struct flow_model *m;
    struct flow_report report;

    REQUIRE(model.len <= MODEL_MOST, ERR_TOO_LARGE, "a procedure of %zu bytes", model.len);
    TRY(flow_read(a, model, &m));
    flow_check(a, m, &report);
    REQUIRE(report.count == 1, ERR_INPUT, "%zu processes in one file", report.count);
    const struct flow_result *r = &report.results[0];
    REQUIRE(r->verdict == FLOW_SOUND && r->runnable, ERR_INPUT, "procedure %.*s is %s%s",
            STR(r->process->id), flow_verdict_name(r->verdict),
            r->runnable ? "" : ", not runnable");
    return OK;
}

fallible procedure_enact(struct tx *tx, struct procedure_new *in)
{
    struct sql_procedure_newest old;
    bool found;

    REQUIRE(in->code.len > 0 && in->name.len > 0 && in->model.len > 0, ERR_INPUT,
            "a procedure needs code, name and model");
    TRY(sql_procedure_newest(tx->arena, tx->db, in->code, &old, &found));
    in->id = found ? old.id : tx_id(tx);
    in->version = found ? old.version + 1 : 1;
    return emit_procedure_enacted(tx, &(struct procedure_enacted){.procedure = in->id,
                                                                  .version = in->version,
                                                                  .code = in->code,
                                                                  .name = in->name,
                                                                  .effective = in->effective,
                                                                  .model = in->model});
}

static fallible materials_json(struct arena *a, const struct matter *m, str *out)
{
    struct buf b = buf_in(a);

    REQUIRE(m->materials.count <= MATERIALS_MOST, ERR_LIMIT, "%zu materials", m->materials.count);
    buf_byte(&b, '[');
    for (size_t i = 0; i < m->materials.count; i++) {
        buf_z(&b, i ? ",{\"name\":" : "{\"name\":");
        json_quote(&b, m->materials.at[i].name);
        buf_byte(&b, '}');
    }
    buf_byte(&b, ']');
    *out = buf_text(&b);
    return OK;
}

static fallible next_version(struct tx *tx, struct matter *m)
{
    struct sql_matter_by_code row;
    bool found;

    TRY(sql_matter_by_code(tx->arena, tx->db, m->code, m->division_path, &row, &found));
    m->id = found ? row.id : tx_id(tx);
    m->version = found ? row.drafted + 1 : 1;
    return OK;
}

fallible matter_draft(struct tx *tx, struct matter *m)
{
    struct sql_procedure_model procedure;
    bool found;
    str materials;

    REQUIRE(m->code.len > 0 && m->name.len > 0 && m->body != 0, ERR_INPUT,
            "a matter needs code, name and body");
    TRY(sql_procedure_model(tx->arena, tx->db, m->procedure, m->procedure_version, &procedure,
                            &found));
    REQUIRE(found, ERR_INPUT, "no procedure %lld", (long long)m->procedure);
    TRY(materials_json(tx->arena, m, &materials));
    TRY(next_version(tx, m));

    struct matter_drafted e = {
        .matter = m->id,
        .version = m->version,
        .code = m->code,
        .name = m->name,
        .type = m->type,
        .level = m->level,
        .handler = m->body,
        .body_name = m->body_name,
        .division_path = m->division_path,
        .content = m->content,
        .basis = m->basis,
        .conditions = m->conditions,
        .materials = materials,
        .applicants = m->applicants,
        .legal = {m->legal.set, m->legal.amount},
        .legal_unit = m->legal.unit,
        .legal_article = m->legal.article,
        .promised = m->promised.amount,
        .promised_unit = m->promised.unit,
        .promised_article = m->promised.article,
        .fee = m->fee,
        .supervision = m->supervision,
        .procedure = m->procedure,
        .procedure_version = m->procedure_version,
        .demo = m->demo,
    };
    return emit_matter_drafted(tx, &e);
}

/* The fewest calendar days that the limit can take: a promise above the law's is one for sure. */
static i64 fewest_days(const struct matter_limit *l)
{
    if (l->kind == LIMIT_WORKING)
        return l->amount > 0 ? l->amount + (l->amount - 1) / 5 * 2 : 0;
    return l->kind == LIMIT_MONTH ? l->amount * 28 : l->amount;
}

static i64 most_days(const struct matter_limit *l)
{
    return l->kind == LIMIT_MONTH ? l->amount * 31 : l->amount;
}

bool promise_exceeds(const struct matter_limit *promised, const struct matter_limit *legal)
{
    if (!legal->set)
        return false;
    if (promised->kind == legal->kind)
        return promised->amount > legal->amount;
    if (legal->kind == LIMIT_WORKING) /* natural days or months against working days */
        return promised->kind == LIMIT_MONTH || promised->amount > legal->amount;
    return fewest_days(promised) > most_days(legal);
}

/* LAW: 行政许可法 30: what must be shown to the public before anyone has to apply. */
static fallible require_elements(const struct matter *m)
{
    const struct {
        const char *what;
        str text;
    } rows[] = {{"name", m->name},
                {"basis", m->basis},
                {"conditions", m->conditions},
                {"fee", m->fee},
                {"supervision", m->supervision},
                {"body", m->body_name}};

    for (size_t i = 0; i < COUNT(rows); i++)
        REQUIRE(rows[i].text.len > 0, ERR_INPUT, "matter %lld has no %s", (long long)m->id,
                rows[i].what);
    REQUIRE(m->materials.count > 0, ERR_INPUT, "matter %lld names no materials", (long long)m->id);
    REQUIRE(m->promised.amount >= 0, ERR_INPUT, "a promise of %lld", (long long)m->promised.amount);
    return OK;
}

fallible matter_publish(struct tx *tx, const struct matter_publication *in)
{
    struct matter m;

    TRY(matter_load_version(tx->arena, tx->db, in->matter, in->version, &m));
    REQUIRE(m.published.ms == 0, ERR_STATE, "version %lld is published", (long long)in->version);
    TRY(require_elements(&m));
    REQUIRE(!promise_exceeds(&m.promised, &m.legal), ERR_INPUT,
            "the promise of matter %lld exceeds the law's limit", (long long)m.id);
    return emit_matter_published(tx, &(struct matter_published){.matter = in->matter,
                                                                .version = in->version,
                                                                .effective = in->effective});
}
