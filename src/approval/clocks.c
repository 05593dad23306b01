/* The three clocks of a case. LAW: 行政许可法 32(1)(4), 42, 45 */
#include "approval/approval_int.h"

static struct stream_ref case_stream(i64 id)
{
    return (struct stream_ref){S("case"), id, 0};
}

static fallible start_one(struct tx *tx, i64 case_id, const struct limit_clock *k,
                          const struct case_clock *role)
{
    struct case_clock e = *role;

    e.case_id = case_id;
    TRY(clock_start(tx, calendar_now(), case_stream(case_id), k, &e.clock));
    return emit_case_clock(tx, &e);
}

fallible start_answer_clock(struct tx *tx, i64 case_id, date received)
{
    struct limit_clock k = {
        .kind = LIMIT_WORKING, .law = LAW_PERMIT, .start = received, .days = ANSWER_DAYS};

    return start_one(
        tx, case_id, &k,
        &(struct case_clock){.role = S("answer"), .article = S("行政许可法 32(1)(4)")});
}

fallible start_limits(struct work *w, const struct limit_receipt *receipt)
{
    struct matter m;

    TRY(matter_load_version(w->tx->arena, w->tx->db, w->c.matter, w->c.matter_version, &m));
    const struct {
        const struct matter_limit *limit;
        str role;
    } rows[] = {{&m.legal, S("legal")}, {&m.promised, S("promise")}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct matter_limit *l = rows[i].limit;
        struct limit_clock k = {
            .kind = l->kind, .law = LAW_PERMIT, .receipt = *receipt, .days = l->amount};

        if (!l->set || l->amount == 0) /* on the spot: there is nothing to count */
            continue;
        TRY(start_one(w->tx, w->c.id, &k,
                      &(struct case_clock){.role = rows[i].role, .article = l->article}));
    }
    return OK;
}

enum { RUNS = 1, PAUSED = 2, DUE = 3, STOPPED = 4 };

fallible stop_clocks(struct tx *tx, i64 case_id, str role)
{
    struct sql_case_clocks_rows rows;

    TRY(sql_case_clocks(tx->arena, tx->db, case_id, &rows));
    for (size_t i = 0; i < rows.count; i++)
        if (rows.at[i].state != STOPPED && (role.len == 0 || str_eq(role, rows.at[i].role)))
            TRY(clock_stop(tx, rows.at[i].clock));
    return OK;
}

bool ground_of(str word, enum pause_ground *out)
{
    static const char *const words[] = {
#define PAUSE_GROUND(name, word, label, law) word,
#include "calendar/kinds.def"
#undef PAUSE_GROUND
    };

    for (int i = 0; i <= PAUSE_EXPERTS; i++)
        if (str_eq(word, str_of(words[i]))) {
            *out = (enum pause_ground)i;
            return true;
        }
    return false;
}

static bool is_limit(const struct sql_case_clocks *k)
{
    return !str_eq(k->role, S("answer"));
}

fallible pause_limits(struct work *w)
{
    struct sql_case_clocks_rows rows;
    struct limit_pause p = {.from = instant_date(w->tx->at), .open = true};

    /* LAW: 行政许可法 45: a closed list of grounds, told to the applicant. */
    REQUIRE(ground_of(w->ground, &p.ground), ERR_INPUT, "no ground «%.*s»", STR(w->ground));
    TRY(sql_case_clocks(w->tx->arena, w->tx->db, w->c.id, &rows));
    for (size_t i = 0; i < rows.count; i++)
        if (is_limit(&rows.at[i]) && rows.at[i].state == RUNS)
            TRY(clock_pause(w->tx, calendar_now(), rows.at[i].clock, &p));
    return emit_case_paused(
        w->tx, &(struct case_paused){.case_id = w->c.id, .ground = w->ground, .task = S("")});
}

fallible resume_limits(struct work *w, date last)
{
    struct sql_case_clocks_rows rows;

    TRY(sql_case_clocks(w->tx->arena, w->tx->db, w->c.id, &rows));
    for (size_t i = 0; i < rows.count; i++)
        if (rows.at[i].state == PAUSED)
            TRY(clock_resume(w->tx, calendar_now(), rows.at[i].clock, last));
    return emit_case_resumed(
        w->tx, &(struct case_resumed){.case_id = w->c.id, .day = last, .task = S("")});
}

fallible case_extend(struct tx *tx, const struct case_extension *in)
{
    struct work w;
    struct acting by;
    struct sql_case_clocks_rows rows;

    TRY(work_by_number(tx, in->number, &w));
    TRY(acting_now(tx, &by));
    REQUIRE(post_may(&by, S("负责人"), w.c.body, w.c.division_path), ERR_FORBIDDEN,
            "only the head extends");
    REQUIRE(in->reason.len > 0, ERR_INPUT, "an extension needs a reason");
    REQUIRE(in->days > 0 && in->days <= EXTENSION_MOST, ERR_INPUT, "an extension of %lld days",
            (long long)in->days);
    REQUIRE(str_eq(w.c.stage, S("accepted")) && w.c.extended == 0, ERR_STATE,
            "case %lld can't be extended (again)", (long long)w.c.id);
    TRY(sql_case_clocks(tx->arena, tx->db, w.c.id, &rows));
    struct limit_extension x = {
        .on = instant_date(tx->at), .days = in->days, .by = by.name, .article = S("行政许可法 42")};
    for (size_t i = 0; i < rows.count; i++)
        if (is_limit(&rows.at[i]) && rows.at[i].state == RUNS)
            TRY(clock_extend(tx, calendar_now(), rows.at[i].clock, &x));
    return emit_case_extended(
        tx, &(struct case_extended){
                .case_id = w.c.id, .days = in->days, .reason = in->reason, .post_name = by.name});
}
