/* The only writers of this room's projections. */
#include "registry/registry_int.h"

void apply_divisions_begun(struct db *db, struct arena *a, const struct event *event,
                           const struct divisions_begun *e)
{
    (void)a;
    (void)event;
    sql_division_import_put(db, e->import, e->source, e->since);
}

/* A text of a row; empty where the row is shorter. */
static str part(const struct json *row, int at)
{
    const struct json *v = row->child;

    while (v != NULL && at-- > 0)
        v = v->next;
    return v ? v->text : S("");
}

static i64 part_i64(const struct json *row, int at)
{
    i64 n = 0;

    return str_i64(part(row, at), &n) == OK ? n : 0;
}

void apply_divisions_added(struct db *db, struct arena *a, const struct event *event,
                           const struct divisions_added *e)
{
    struct sql_division_import_get import;
    struct json *rows;
    bool found;

    (void)event;
    if (sql_division_import_get(a, db, e->import, &import, &found) != OK || !found ||
        json_read(a, e->rows, &rows) != OK)
        return;
    for (const struct json *r = rows->child; r != NULL; r = r->next) {
        i64 id = part_i64(r, 0);

        sql_division_put(db, id, e->import, part_i64(r, 3), part_i64(r, 4), part(r, 5), part(r, 2));
        sql_division_code_put(db, id, import.since, part(r, 1), part(r, 2));
    }
}

void apply_divisions_done(struct db *db, struct arena *a, const struct event *event,
                          const struct divisions_done *e)
{
    (void)a;
    (void)event;
    sql_division_import_done(db, e->import);
}

void apply_division_coded(struct db *db, struct arena *a, const struct event *event,
                          const struct division_coded *e)
{
    (void)a;
    (void)event;
    sql_division_code_end(db, e->division, e->since);
    sql_division_code_put(db, e->division, e->since, e->code, e->name);
    sql_division_rename(db, e->division, e->name);
}

void apply_body_added(struct db *db, struct arena *a, const struct event *event,
                      const struct body_added *e)
{
    (void)a;
    (void)event;
    sql_body_put(db, e->body_id, e->division, e->division_path, e->name, e->kind);
}

void apply_post_added(struct db *db, struct arena *a, const struct event *event,
                      const struct post_added *e)
{
    (void)a;
    (void)event;
    sql_post_put(db, e->post_id, e->body_id, e->division_path, e->name, e->duties);
}

void apply_post_closed(struct db *db, struct arena *a, const struct event *event,
                       const struct post_closed *e)
{
    (void)a;
    (void)event;
    sql_post_close(db, e->post_id);
}

void apply_staff_added(struct db *db, struct arena *a, const struct event *event,
                       const struct staff_added *e)
{
    (void)a;
    sql_person_put(db, e->person, S("staff"), e->body_id, event->id);
}

void apply_citizen_registered(struct db *db, struct arena *a, const struct event *event,
                              const struct citizen_registered *e)
{
    (void)a;
    sql_person_put(db, e->person, S("citizen"), 0, event->id);
}

void apply_enterprise_registered(struct db *db, struct arena *a, const struct event *event,
                                 const struct enterprise_registered *e)
{
    (void)a;
    sql_person_put(db, e->person, S("enterprise"), 0, event->id);
}

void apply_post_given(struct db *db, struct arena *a, const struct event *event,
                      const struct post_given *e)
{
    (void)a;
    sql_post_holder_put(db, e->person, e->post_id, event_i64(event, "at"));
}

void apply_post_taken(struct db *db, struct arena *a, const struct event *event,
                      const struct post_taken *e)
{
    (void)a;
    (void)event;
    sql_post_holder_drop(db, e->person, e->post_id);
}
