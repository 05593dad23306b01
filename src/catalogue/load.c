#include "catalogue/catalogue.h"
#include "catalogue_sql.h"

static enum limit_kind kind_of(str unit)
{
    if (str_eq(unit, S("natural-day")))
        return LIMIT_NATURAL;
    return str_eq(unit, S("month")) ? LIMIT_MONTH : LIMIT_WORKING;
}

static struct matter_limit limit_of(bool set, i64 amount, str unit, str article)
{
    return (struct matter_limit){set, amount, kind_of(unit), unit, article};
}

static fallible read_materials(struct arena *a, str json, struct matter *m)
{
    struct json *list;

    TRY(json_read(a, json, &list));
    REQUIRE(list->kind == J_ARRAY && list->count <= MATERIALS_MOST, ERR_CORRUPT,
            "materials of matter %lld", (long long)m->id);
    for (const struct json *j = list->child; j != NULL; j = j->next)
        vec_push(a, &m->materials, (struct material){json_str(j, S("name"))});
    return OK;
}

static fallible load_version(struct arena *a, struct db *db, struct matter *m)
{
    struct sql_matter_version_get v;
    bool found;

    TRY(sql_matter_version_get(a, db, m->id, m->version, &v, &found));
    REQUIRE(found, ERR_NOT_FOUND, "matter %lld has no version %lld", (long long)m->id,
            (long long)m->version);
    m->name = v.name;
    m->content = v.content;
    m->basis = v.basis;
    m->conditions = v.conditions;
    m->applicants = v.applicants;
    m->fee = v.fee;
    m->supervision = v.supervision;
    m->legal = limit_of(v.legal.is, v.legal.v, v.legal_unit, v.legal_article);
    m->promised = limit_of(true, v.promised, v.promised_unit, v.promised_article);
    m->procedure = v.procedure_id;
    m->procedure_version = v.procedure_version;
    m->demo = v.demo;
    m->published = v.published;
    m->effective = v.effective;
    return read_materials(a, v.materials, m);
}

static fallible load(struct arena *a, struct db *db, struct matter *m)
{
    struct sql_matter_get row;
    bool found;

    TRY(sql_matter_get(a, db, m->id, &row, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no matter %lld", (long long)m->id);
    m->code = row.code;
    m->type = row.type;
    m->level = row.level;
    m->body = row.body;
    m->body_name = row.body_name;
    m->division_path = row.division_path;
    m->version = m->version ? m->version : row.version;
    REQUIRE(m->version > 0, ERR_NOT_FOUND, "matter %lld isn't published", (long long)m->id);
    return load_version(a, db, m);
}

fallible matter_load(struct arena *a, struct db *db, i64 id, struct matter *out)
{
    struct matter m = {.id = id};

    TRY(load(a, db, &m));
    *out = m;
    return OK;
}

fallible matter_load_version(struct arena *a, struct db *db, i64 id, i64 version,
                             struct matter *out)
{
    struct matter m = {.id = id, .version = version};

    TRY(load(a, db, &m));
    *out = m;
    return OK;
}

fallible procedure_load(struct arena *a, struct db *db, i64 id, i64 version, str *model)
{
    struct sql_procedure_model row;
    bool found;

    TRY(sql_procedure_model(a, db, id, version, &row, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no procedure %lld in version %lld", (long long)id,
            (long long)version);
    *model = row.model;
    return OK;
}
