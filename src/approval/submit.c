/* The citizen's side: applying, and handing in what was missing. */
#include "approval/approval_int.h"

/* 6 digits of the site, 8 of the day, 6 of the day's serial. */
static fallible draw_number(struct tx *tx, str *out)
{
    int y, m, d;
    struct sql_application_last row;
    bool found;

    date_parts(instant_date(tx->at), &y, &m, &d);
    str day =
        str_format(tx->arena, "%.*s%04d%02d%02d", STR(str_sub(node_site(tx->node), 0, 6)), y, m, d);
    TRY(sql_application_last(tx->arena, tx->db, day, &row, &found));
    i64 serial = found ? row.last + 1 : 1;
    REQUIRE(serial < 1000000, ERR_BUSY, "a million applications on one day");
    *out = str_format(tx->arena, "%.*s%06lld", STR(day), (long long)serial);
    return OK;
}

/* Every material of the matter, and whether the applicant has it. */
static str materials_json(struct arena *a, const struct matter *m, str ready)
{
    struct buf b = buf_in(a);

    buf_byte(&b, '[');
    for (size_t i = 0; i < m->materials.count; i++) {
        str rest = ready, line;
        bool has = false;

        while (str_split(&rest, '\n', &line))
            has |= str_eq(str_trim(line), m->materials.at[i].name);
        buf_z(&b, i ? ",{\"name\":" : "{\"name\":");
        json_quote(&b, m->materials.at[i].name);
        buf_z(&b, has ? ",\"ready\":true}" : ",\"ready\":false}");
    }
    buf_byte(&b, ']');
    return buf_text(&b);
}

static str secret_hash(struct arena *a, str number, str secret)
{
    digest d;
    str parts[] = {number, S("|"), secret};

    sm3_parts(parts, COUNT(parts), &d);
    return hex_of(a, d.at, sizeof d.at);
}

bool receipt_word_fits(str number, str word, str hash)
{
    scoped_arena a = arena_open();
    digest given, kept;

    if (hex_to(hash, kept.at, sizeof kept.at) != OK)
        return false;
    if (hex_to(secret_hash(a, number, word), given.at, sizeof given.at) != OK)
        return false;
    return digest_eq(given, kept);
}

static str text_or_absent(str s)
{
    return s.len > 0 ? s : (str){0};
}

static fallible open_case(struct tx *tx, struct application_new *in, const struct matter *m,
                          str number)
{
    struct work w;
    date today = instant_date(tx->at);

    in->case_id = tx_id(tx);
    TRY(emit_case_opened(tx, &(struct case_opened){.case_id = in->case_id,
                                                   .application = in->application,
                                                   .number = number,
                                                   .matter = m->id,
                                                   .matter_version = m->version,
                                                   .matter_name = m->name,
                                                   .procedure = m->procedure,
                                                   .procedure_version = m->procedure_version,
                                                   .handler = m->body,
                                                   .body_name = m->body_name,
                                                   .division_path = m->division_path,
                                                   .applicant = tx->by.actor,
                                                   .received = today}));
    TRY(start_answer_clock(tx, in->case_id, today));
    TRY(work_open(tx, in->case_id, &w));
    return work_begin(&w);
}

fallible application_submit(struct tx *tx, struct application_new *in)
{
    struct arena *a = tx->arena;
    struct matter m;
    str number;

    REQUIRE(tx->by.actor != 0, ERR_SIGN_IN, "nobody applies");
    REQUIRE(in->applicant.name.len > 0, ERR_INPUT, "the applicant has no registered name");
    REQUIRE(in->secret.len >= SECRET_LEAST && in->secret.len <= SECRET_MOST, ERR_INPUT,
            "a receipt's word of %zu bytes", in->secret.len);
    TRY(matter_load(a, tx->db, in->matter, &m));
    REQUIRE(m.effective.days <= instant_date(tx->at).days, ERR_STATE,
            "matter %lld isn't in force yet", (long long)m.id);
    TRY(draw_number(tx, &number));
    in->application = tx_id(tx);

    struct application_submitted e = {
        .application = in->application,
        .number = number,
        .matter = m.id,
        .matter_version = m.version,
        .handler = m.body,
        .division_path = m.division_path,
        .applicant = tx->by.actor,
        .name = in->applicant.name,
        .identity = text_or_absent(in->applicant.identity),
        .phone = text_or_absent(in->applicant.phone),
        .address = text_or_absent(in->address),
        .note = text_or_absent(in->note),
        .materials = materials_json(a, &m, in->materials),
        .secret = secret_hash(a, number, in->secret),
    };
    TRY(emit_application_submitted(tx, &e));
    return open_case(tx, in, &m, number);
}

fallible application_correct(struct tx *tx, const struct application_correction *in)
{
    struct arena *a = tx->arena;
    struct work w;
    struct matter m;
    date today = instant_date(tx->at);

    TRY(work_by_number(tx, in->number, &w));
    REQUIRE(w.c.applicant == tx->by.actor, ERR_NOT_FOUND, "somebody else's case");
    REQUIRE(str_eq(w.c.stage, S("correcting")) && w.tasks.count == 1, ERR_STATE,
            "nothing was asked for");
    TRY(matter_load_version(a, tx->db, w.c.matter, w.c.matter_version, &m));
    TRY(emit_application_corrected(
        tx, &(struct application_corrected){.application = w.c.application,
                                            .applicant = w.c.applicant,
                                            .note = text_or_absent(in->note),
                                            .materials = materials_json(a, &m, in->materials)}));
    TRY(emit_correction_received(tx, &(struct correction_received){.case_id = w.c.id,
                                                                   .day = today,
                                                                   .task = w.tasks.at[0].name}));
    TRY(start_answer_clock(tx, w.c.id, today));
    return work_complete(&w, w.tasks.at[0].no);
}
