#include "tests/model/kinds.h"
#include "calendar/calendar.h"
#include "model_sql.h"

static i64 note_of(const struct event *e, size_t i)
{
    return e->streams[i].id;
}

/* ---- filed -------------------------------------------------------------------------------- */

static const struct field_decl filed_1_fields[] = {
    {"title", FIELD_P}, {"grade", FIELD_P}, {"remark", FIELD_I}, {"writer", FIELD_PS}};
static const struct field_decl filed_2_fields[] = {{"title", FIELD_P},
                                                   {"weight", FIELD_P},
                                                   {"remark", FIELD_I},
                                                   {"author", FIELD_PS},
                                                   {"tag", FIELD_P}};

static void filed(struct db *db, struct arena *a, const struct event *e, const char *weight)
{
    i64 id = note_of(e, 0);

    sql_note_add(db, id, event_i64(e, weight), event_text(a, e, "tag"));
    if (event_field(e, "remark") != NULL)
        sql_note_internal_set(db, id, S("remark"), event_text(a, e, "remark"));
}

static void apply_filed_1(struct db *db, struct arena *a, const struct event *e)
{
    filed(db, a, e, "grade");
}

static void apply_filed_2(struct db *db, struct arena *a, const struct event *e)
{
    filed(db, a, e, "weight");
}

static void filed_1_to_2(struct arena *a, struct event *e)
{
    event_rename(e, "grade", "weight");
    event_rename(e, "writer", "author");
    event_extend(a, e, "tag", FIELD_P);
}

const struct event_kind note_filed_1_old = {.name = "note_filed",
                                            .version = 1,
                                            .fields = filed_1_fields,
                                            .count = COUNT(filed_1_fields),
                                            .apply = apply_filed_1};
const struct event_kind note_filed_1 = {.name = "note_filed",
                                        .version = 1,
                                        .fields = filed_1_fields,
                                        .count = COUNT(filed_1_fields),
                                        .upcast = filed_1_to_2};
const struct event_kind note_filed_2 = {.name = "note_filed",
                                        .version = 2,
                                        .fields = filed_2_fields,
                                        .count = COUNT(filed_2_fields),
                                        .apply = apply_filed_2};

/* ---- judged and flagged ------------------------------------------------------------------- */

static const struct field_decl judged_fields[] = {
    {"verdict", FIELD_P}, {"ground", FIELD_I}, {"judge", FIELD_IS}};
static const struct field_decl flagged_fields[] = {{"why", FIELD_P}};

static void apply_judged(struct db *db, struct arena *a, const struct event *e)
{
    for (size_t i = 0; i < e->stream_count; i++) {
        sql_note_judge(db, note_of(e, i), event_text(a, e, "verdict"));
        if (event_field(e, "ground") != NULL)
            sql_note_internal_set(db, note_of(e, i), S("ground"), event_text(a, e, "ground"));
    }
}

static void apply_flagged(struct db *db, struct arena *a, const struct event *e)
{
    (void)a;
    sql_note_flag(db, note_of(e, 0));
}

const struct event_kind note_judged_1 = {.name = "note_judged",
                                         .version = 1,
                                         .fields = judged_fields,
                                         .count = COUNT(judged_fields),
                                         .apply = apply_judged};
const struct event_kind note_flagged_1 = {.name = "note_flagged",
                                          .version = 1,
                                          .fields = flagged_fields,
                                          .count = COUNT(flagged_fields),
                                          .apply = apply_flagged};

/* ---- the two programs --------------------------------------------------------------------- */

enum { CLOCK_KINDS = 8 };
static const struct event_kind *old_all[3 + CLOCK_KINDS], *new_all[4 + CLOCK_KINDS];
const struct event_kind *const *const old_kinds = old_all, *const *const new_kinds = new_all;
const size_t old_kind_count = COUNT(old_all), new_kind_count = COUNT(new_all);

__attribute__((constructor)) static void collect(void)
{
    static const struct event_kind *const old_own[] = {&note_filed_1_old, &note_judged_1,
                                                       &note_flagged_1};
    static const struct event_kind *const new_own[] = {&note_filed_1, &note_filed_2, &note_judged_1,
                                                       &note_flagged_1};

    assert(agenda_kind_count == CLOCK_KINDS);
    memcpy(old_all, old_own, sizeof old_own);
    memcpy(new_all, new_own, sizeof new_own);
    for (size_t i = 0; i < CLOCK_KINDS; i++)
        old_all[COUNT(old_own) + i] = new_all[COUNT(new_own) + i] = agenda_kinds[i];
}
