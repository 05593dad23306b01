/* The only writers of the catalogue's tables. */
#include "catalogue/catalogue.h"
#include "catalogue_sql.h"

static str text_or_empty(str s)
{
    return s.ptr ? s : S("");
}

void apply_procedure_enacted(struct db *db, struct arena *a, const struct event *event,
                             const struct procedure_enacted *e)
{
    (void)a;
    (void)event;
    sql_procedure_put(db, e->procedure, e->version, text_or_empty(e->code), text_or_empty(e->name),
                      e->effective, text_or_empty(e->model));
}

void apply_matter_drafted(struct db *db, struct arena *a, const struct event *event,
                          const struct matter_drafted *e)
{
    (void)a;
    (void)event;
    sql_matter_put(db, e->matter, text_or_empty(e->code), text_or_empty(e->name),
                   text_or_empty(e->type), text_or_empty(e->level), e->handler,
                   text_or_empty(e->body_name), text_or_empty(e->division_path), e->version);
    sql_matter_version_put(
        db, e->matter, e->version, text_or_empty(e->name), text_or_empty(e->content),
        text_or_empty(e->basis), text_or_empty(e->conditions),
        e->materials.ptr ? e->materials : S("[]"), text_or_empty(e->applicants), e->legal,
        text_or_empty(e->legal_unit), text_or_empty(e->legal_article), e->promised,
        text_or_empty(e->promised_unit), text_or_empty(e->promised_article), text_or_empty(e->fee),
        text_or_empty(e->supervision), e->procedure, e->procedure_version, e->demo);
}

void apply_matter_published(struct db *db, struct arena *a, const struct event *event,
                            const struct matter_published *e)
{
    sql_matter_version_publish(db, e->matter, e->version, (instant){event_i64(event, "at")},
                               e->effective);
    sql_matter_publish(db, e->matter, e->version);
    (void)a;
}
