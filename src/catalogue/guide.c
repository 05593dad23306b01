/* The pages of the catalogue: what there is, and the guide to one matter. */
#include "catalogue/catalogue_int.h"
#include "catalogue_pages.h"
#include "catalogue_sql.h"
#include "flow/flow.h"

enum { PAGE = 50 };

/* ---- words -------------------------------------------------------------------------------- */

str limit_text(struct arena *a, const struct lang *lang, str unit, i64 amount)
{
    struct buf b = buf_in(a);
    struct argument n = {"n", piece_i64(&b, amount)};
    const char *key = T("{n} 个工作日");

    if (amount == 0)
        return str_of(message(lang, T("当场")));
    if (str_eq(unit, S("natural-day")))
        key = T("{n} 日");
    if (str_eq(unit, S("month")))
        key = T("{n} 个月");
    if (str_eq(unit, S("hour")))
        key = T("{n} 小时");
    return message_text(a, message(lang, key), &n, 1);
}

static str limit_or_none(struct arena *a, const struct lang *lang, const struct matter_limit *l)
{
    return l->set ? limit_text(a, lang, l->unit, l->amount)
                  : str_of(message(lang, T("法律没有规定期限")));
}

str level_text(const struct lang *lang, str level)
{
    if (str_eq(level, S("county")))
        return str_of(message(lang, T("县级")));
    if (str_eq(level, S("township")))
        return str_of(message(lang, T("乡镇级")));
    if (str_eq(level, S("village")))
        return str_of(message(lang, T("村（社区）级")));
    if (str_eq(level, S("city")))
        return str_of(message(lang, T("市级")));
    return str_eq(level, S("province")) ? str_of(message(lang, T("省级"))) : level;
}

static texts split(struct arena *a, str text, char at)
{
    texts out = {0};
    str piece;

    while (str_split(&text, at, &piece))
        if (piece.len > 0)
            vec_push(a, &out, piece);
    return out;
}

/* ---- the guide ---------------------------------------------------------------------------- */

static void add_step(struct arena *a, const struct lang *lang, const struct flow_node *n,
                     guide_steps *out)
{
    struct guide_step s = {.name = n->name, .post = n->post.len > 0 ? n->post : n->lane};

    if (n->kind != FLOW_USER)
        return;
    s.pauses = n->clock == FLOW_PAUSES;
    s.article = n->limit.article;
    if (n->limit.set)
        s.limit = limit_text(a, lang, str_of(flow_unit_name(n->limit.unit)), n->limit.amount);
    vec_push(a, out, s);
}

void guide_fill(struct arena *a, const struct lang *lang, const struct flow_model *model,
                struct guide *g)
{
    struct buf svg = buf_in(a);

    flow_draw(&svg, model, &(struct flow_marks){0});
    g->diagram = html_unescaped(buf_text(&svg));
    for (size_t i = 0; i < model->nodes.count; i++)
        add_step(a, lang, model->nodes.at[i], &g->steps);
    g->legal = limit_or_none(a, lang, &g->m.legal);
    g->promised = limit_or_none(a, lang, &g->m.promised);
    g->level = level_text(lang, g->m.level);
    g->conditions = split(a, g->m.conditions, ';');
    g->applicants = split(a, g->m.applicants, ',');
    g->supervision = split(a, g->m.supervision, ';');
}

static void put_limit(struct buf *b, const char *key, const struct matter_limit *l)
{
    json_key(b, key);
    json_open(b, '{');
    json_pair(b, "amount", l->amount);
    json_pair(b, "unit", l->unit);
    json_pair(b, "article", l->article);
    json_close(b, '}');
}

static void put_texts(struct buf *b, const char *key, const texts *all)
{
    json_key(b, key);
    json_open(b, '[');
    for (size_t i = 0; i < all->count; i++)
        json_put(b, all->at[i]);
    json_close(b, ']');
}

static void put_steps(struct buf *b, const guide_steps *steps)
{
    json_key(b, "steps");
    json_open(b, '[');
    for (size_t i = 0; i < steps->count; i++) {
        const struct guide_step *s = &steps->at[i];

        json_open(b, '{');
        json_pair(b, "name", s->name);
        json_pair(b, "post", s->post);
        json_pair(b, "limit", s->limit);
        json_pair(b, "article", s->article);
        json_pair(b, "clock_stands", s->pauses);
        json_close(b, '}');
    }
    json_close(b, ']');
}

static void json_guide(struct buf *b, const struct guide *g)
{
    const struct matter *m = &g->m;

    json_open(b, '{');
    json_key(b, "id");
    json_put(b, str_format(b->arena, "%lld", (long long)m->id));
    json_pair(b, "version", m->version);
    json_pair(b, "code", m->code);
    json_pair(b, "name", m->name);
    json_pair(b, "type", m->type);
    json_pair(b, "level", m->level);
    json_pair(b, "body", m->body_name);
    json_pair(b, "content", m->content);
    json_pair(b, "basis", m->basis);
    put_texts(b, "conditions", &g->conditions);
    put_texts(b, "applicants", &g->applicants);
    json_key(b, "materials");
    json_open(b, '[');
    for (size_t i = 0; i < m->materials.count; i++)
        json_put(b, m->materials.at[i].name);
    json_close(b, ']');
    if (m->legal.set)
        put_limit(b, "statutory_limit", &m->legal);
    put_limit(b, "promised_limit", &m->promised);
    json_pair(b, "fee", m->fee);
    put_texts(b, "supervision", &g->supervision);
    put_steps(b, &g->steps);
    json_pair(b, "effective", m->effective);
    json_pair(b, "published", m->published);
    json_pair(b, "demo_values", m->demo);
    json_close(b, '}');
}

static fallible guide_run(struct request *q, struct reply *r)
{
    struct arena *a = request_arena(q);
    struct guide g = {0};
    struct node *n;
    struct flow_model *model;
    i64 id;
    str xml;

    TRY(request_node(q, &n));
    REQUIRE(str_i64(request_part(q, S("id")), &id) == OK, ERR_NOT_FOUND, "no number of a matter");
    TRY(matter_load(a, node_db(n), id, &g.m));
    TRY(procedure_load(a, node_db(n), g.m.procedure, g.m.procedure_version, &xml));
    TRY(flow_read(a, xml, &model));
    g.page = page_of(q, g.m.name);
    guide_fill(a, request_lang(q), model, &g);
    SHOW(q, r, guide, &g);
    return OK;
}

static const struct view view_guide = {
    .name = "guide", .duty = "ANYBODY", .scope = "NONE", .run = guide_run};

/* ---- the list ----------------------------------------------------------------------------- */

static const char *const levels[] = {"county", "township", "village"};

static fallible list_found(struct request *q, struct db *db, struct matters_page *v)
{
    struct arena *a = request_arena(q);
    struct sql_matters_find_rows rows;

    TRY(sql_matters_find(a, db, v->words, v->level, v->body, request_field(q, S("after")), PAGE + 1,
                         &rows));
    for (size_t i = 0; i < rows.count && i < PAGE; i++) {
        const struct sql_matters_find *m = &rows.at[i];
        str promised = limit_text(a, request_lang(q), m->promised_unit, m->promised);

        vec_push(a, &v->found,
                 ((struct found_matter){m->id, m->code, m->name, m->type,
                                        level_text(request_lang(q), m->level), m->body_name,
                                        promised, m->fee, m->demo}));
    }
    if (rows.count > PAGE)
        v->next = rows.at[PAGE - 1].code;
    return OK;
}

static fallible list_choices(struct request *q, struct db *db, struct matters_page *v)
{
    struct arena *a = request_arena(q);
    struct sql_matter_bodies_rows rows;

    TRY(sql_matter_bodies(a, db, &rows));
    for (size_t i = 0; i < rows.count; i++)
        vec_push(a, &v->bodies,
                 ((struct body_link){rows.at[i].body, rows.at[i].matters, rows.at[i].body_name,
                                     rows.at[i].body == v->body}));
    for (size_t i = 0; i < COUNT(levels); i++)
        vec_push(
            a, &v->levels,
            ((struct level_link){str_of(levels[i]), level_text(request_lang(q), str_of(levels[i])),
                                 str_eq(v->level, str_of(levels[i]))}));
    return OK;
}

static void json_matters(struct buf *b, const struct matters_page *v)
{
    json_open(b, '{');
    json_key(b, "matters");
    json_open(b, '[');
    for (size_t i = 0; i < v->found.count; i++) {
        const struct found_matter *m = &v->found.at[i];

        json_open(b, '{');
        json_pair(b, "id", str_format(b->arena, "%lld", (long long)m->id));
        json_pair(b, "code", m->code);
        json_pair(b, "name", m->name);
        json_pair(b, "type", m->type);
        json_pair(b, "body", m->body_name);
        json_pair(b, "promised", m->promised);
        json_pair(b, "fee", m->fee);
        json_close(b, '}');
    }
    json_close(b, ']');
    json_pair(b, "next", v->next);
    json_close(b, '}');
}

static fallible matters_run(struct request *q, struct reply *r)
{
    struct matters_page v = {.words = request_field(q, S("q"))};
    struct node *n;

    v.page = page_of(q, str_of(message(request_lang(q), T("办事事项"))));
    v.level = request_field(q, S("level"));
    if (request_field(q, S("body")).len > 0)
        TRY(str_i64(request_field(q, S("body")), &v.body));
    REQUIRE(v.words.len <= 200, ERR_INPUT, "a search of %zu bytes", v.words.len);
    TRY(request_node(q, &n));
    TRY(list_found(q, node_db(n), &v));
    TRY(list_choices(q, node_db(n), &v));
    SHOW(q, r, matters, &v);
    return OK;
}

static const struct view view_matters = {
    .name = "matters", .duty = "ANYBODY", .scope = "NONE", .run = matters_run};

static const struct route lines[] = {
#include "catalogue/routes.def"
};
const struct routes catalogue_routes = {lines, COUNT(lines)};
