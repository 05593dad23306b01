#include "calendar/agenda.h"
#include "calendar/calendar_int.h"
#include "calendar_sql.h"

enum clock_state { CLOCK_RUNS = 1, CLOCK_PAUSED, CLOCK_DUE, CLOCK_STOPPED };
enum { BATCH = 256 };

/* ---- the events --------------------------------------------------------------------------- */

/* Every change carries the same: the clock as it is from now on. */
#define CLOCK_FIELDS                                                                               \
    {"clock", FIELD_P}, {"generation", FIELD_P}, {"due", FIELD_P}, {"warn", FIELD_P},              \
        {"provisional", FIELD_P}, {"calendar", FIELD_P},                                           \
    {                                                                                              \
        "definition", FIELD_P                                                                      \
    }

static const struct field_decl change_fields[] = {CLOCK_FIELDS};
static const struct field_decl moved_fields[] = {CLOCK_FIELDS, {"revokes", FIELD_P}};
static const struct field_decl stopped_fields[] = {{"clock", FIELD_P}};
static const struct field_decl due_fields[] = {
    {"clock", FIELD_P}, {"generation", FIELD_P}, {"kind", FIELD_P}, {"due", FIELD_P}};

static date day_of(struct arena *a, const struct event *e, const char *name)
{
    date d = {0};
    err bad = date_parse(event_text(a, e, name), &d);

    return bad == OK ? d : (date){0};
}

/* A warning comes with the beginning of its day, the due with the end of the last one. */
static void set_agenda(struct db *db, struct arena *a, const struct event *e)
{
    i64 id = event_i64(e, "clock"), generation = event_i64(e, "generation");
    date due = day_of(a, e, "due"), warn = day_of(a, e, "warn");
    struct sql_clock_get row;
    bool found;
    bool known = sql_clock_get(a, db, id, &row, &found) == OK && found;

    if (!known || row.warned != generation)
        sql_agenda_put(db, id, DUE_WARN, date_start(warn).ms, generation, e->site);
    sql_agenda_put(db, id, DUE_OVER, date_start((date){due.days + 1}).ms, generation, e->site);
}

static void set_clock(struct db *db, struct arena *a, const struct event *e, enum clock_state state)
{
    const struct field *provisional = event_field(e, "provisional"),
                       *definition = event_field(e, "definition");

    sql_clock_change(db, event_i64(e, "clock"), state, event_i64(e, "generation"),
                     day_of(a, e, "due").days, provisional && str_eq(provisional->json, S("true")),
                     event_text(a, e, "calendar"), definition ? definition->json : S("{}"));
}

static void apply_started(struct db *db, struct arena *a, const struct event *e)
{
    sql_clock_put(db, event_i64(e, "clock"), e->streams[0].kind, e->streams[0].id, e->site,
                  CLOCK_RUNS, 0, 0, 0, S(""), S("{}"));
    set_clock(db, a, e, CLOCK_RUNS);
    set_agenda(db, a, e);
}

static void apply_changed(struct db *db, struct arena *a, const struct event *e)
{
    set_clock(db, a, e, CLOCK_RUNS);
    set_agenda(db, a, e);
}

static void apply_paused(struct db *db, struct arena *a, const struct event *e)
{
    set_clock(db, a, e, CLOCK_PAUSED);
    sql_agenda_clear(db, event_i64(e, "clock"));
}

static void apply_stopped(struct db *db, struct arena *a, const struct event *e)
{
    struct sql_clock_get row;
    bool found;
    i64 id = event_i64(e, "clock");

    sql_agenda_clear(db, id);
    if (sql_clock_get(a, db, id, &row, &found) == OK && found)
        sql_clock_change(db, id, CLOCK_STOPPED, row.generation, row.due, row.provisional,
                         row.calendar, row.definition);
}

static void apply_due(struct db *db, struct arena *a, const struct event *e)
{
    i64 id = event_i64(e, "clock");

    if (str_eq(event_text(a, e, "kind"), S("warn"))) {
        sql_agenda_drop(db, id, DUE_WARN);
        sql_clock_warned(db, id, event_i64(e, "generation"));
        return;
    }
    sql_agenda_clear(db, id);
    sql_clock_fell(db, id, e->id);
}

#define KIND(word, its_fields, its_apply)                                                          \
    static const struct event_kind word##_1 = {.name = #word,                                      \
                                               .version = 1,                                       \
                                               .fields = its_fields,                               \
                                               .count = COUNT(its_fields),                         \
                                               .apply = its_apply}
KIND(clock_started, change_fields, apply_started);
KIND(clock_paused, change_fields, apply_paused);
KIND(clock_resumed, change_fields, apply_changed);
KIND(clock_restarted, change_fields, apply_changed);
KIND(clock_extended, change_fields, apply_changed);
KIND(clock_moved, moved_fields, apply_changed);
KIND(clock_stopped, stopped_fields, apply_stopped);
KIND(clock_due, due_fields, apply_due);

const struct event_kind *const agenda_kinds[] = {
    &clock_started_1,  &clock_paused_1, &clock_resumed_1, &clock_restarted_1,
    &clock_extended_1, &clock_moved_1,  &clock_stopped_1, &clock_due_1};
const size_t agenda_kind_count = COUNT(agenda_kinds);

/* ---- changing a clock --------------------------------------------------------------------- */

struct held {
    i64 id;
    struct sql_clock_get row;
    struct limit_clock definition;
};

static fallible hold(struct tx *tx, i64 id, struct held *out)
{
    struct json *json;
    struct limit_asked asked;
    bool found;

    TRY(sql_clock_get(tx->arena, tx->db, id, &out->row, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no clock %lld", (long long)id);
    TRY(json_read(tx->arena, out->row.definition, &json));
    TRY(calendar_clock_read(tx->arena, json, &asked));
    out->id = id;
    out->definition = asked.clock;
    return OK;
}

/*
 * The event of a change: the day is computed from the whole history. While a pause holds the clock
 * the last day told stays; the generation counts days that differ.
 */
static fallible change(struct tx *tx, const struct calendar *calendar, struct held *h,
                       const struct event_kind *kind, i64 revokes)
{
    struct arena *a = tx->arena;
    struct limit limit;
    struct buf definition = buf_in(a);
    struct stream_ref streams[] = {{h->row.owner_kind, h->row.owner, 0}, {S("clock"), h->id, 0}};

    TRY(calendar_limit(calendar, &h->definition, GAP_PROVISIONAL, &limit));
    date due = limit.running ? limit.due : (date){(i32)h->row.due};
    date warn = limit.running ? limit.warn : due;
    bool provisional = limit.running ? limit.provisional : h->row.provisional != 0;
    i64 generation = h->row.generation + (due.days != h->row.due);

    calendar_clock_write(&definition, &h->definition);
    struct value values[] = {
        value_id(a, h->id),
        value_i64(a, generation),
        value_text(a, date_text(a, due)),
        value_text(a, date_text(a, warn)),
        {.json = provisional ? S("true") : S("false")},
        value_text(a, calendar_version(calendar)),
        {.json = buf_text(&definition)},
        revokes ? value_id(a, revokes) : value_absent(),
    };
    return emit(tx, kind, streams, COUNT(streams), values);
}

fallible clock_start(struct tx *tx, const struct calendar *calendar, struct stream_ref owner,
                     const struct limit_clock *definition, i64 *id)
{
    struct held h = {.id = tx_id(tx),
                     .row = {.owner_kind = owner.kind, .owner = owner.id, .due = INT32_MIN},
                     .definition = *definition};

    TRY(change(tx, calendar, &h, &clock_started_1, 0));
    *id = h.id;
    return OK;
}

static fallible require_state(const struct held *h, enum clock_state state)
{
    REQUIRE(h->row.state == (i64)state, ERR_STATE, "clock %lld is in state %lld", (long long)h->id,
            (long long)h->row.state);
    return OK;
}

fallible clock_pause(struct tx *tx, const struct calendar *calendar, i64 id,
                     const struct limit_pause *pause)
{
    struct held h;

    TRY(hold(tx, id, &h));
    TRY(require_state(&h, CLOCK_RUNS));
    REQUIRE(pause->open, ERR_INPUT, "a pause ends by clock_resume");
    REQUIRE(h.definition.pause_count < MOST_PAUSES, ERR_LIMIT, "over %d pauses", MOST_PAUSES);
    struct limit_pause *all = NEW_N(tx->arena, h.definition.pause_count + 1, struct limit_pause);
    memcpy(all, h.definition.pauses, h.definition.pause_count * sizeof *all);
    all[h.definition.pause_count++] = *pause;
    h.definition.pauses = all;
    return change(tx, calendar, &h, &clock_paused_1, 0);
}

fallible clock_resume(struct tx *tx, const struct calendar *calendar, i64 id, date last_paused)
{
    struct held h;

    TRY(hold(tx, id, &h));
    TRY(require_state(&h, CLOCK_PAUSED));
    struct limit_pause *all = NEW_N(tx->arena, h.definition.pause_count, struct limit_pause);
    memcpy(all, h.definition.pauses, h.definition.pause_count * sizeof *all);
    struct limit_pause *last = &all[h.definition.pause_count - 1];
    REQUIRE(last->open && last_paused.days >= last->from.days, ERR_INPUT,
            "it ends before it began");
    last->open = false;
    last->to = last_paused;
    h.definition.pauses = all;
    return change(tx, calendar, &h, &clock_resumed_1, 0);
}

fallible clock_restart(struct tx *tx, const struct calendar *calendar, i64 id, date on)
{
    struct held h;

    TRY(hold(tx, id, &h));
    TRY(require_state(&h, CLOCK_RUNS));
    REQUIRE(h.definition.restart_count < MOST_RESTARTS, ERR_LIMIT, "over %d restarts",
            MOST_RESTARTS);
    date *all = NEW_N(tx->arena, h.definition.restart_count + 1, date);
    memcpy(all, h.definition.restarts, h.definition.restart_count * sizeof *all);
    all[h.definition.restart_count++] = on;
    h.definition.restarts = all;
    return change(tx, calendar, &h, &clock_restarted_1, 0);
}

fallible clock_extend(struct tx *tx, const struct calendar *calendar, i64 id,
                      const struct limit_extension *extension)
{
    struct held h;

    TRY(hold(tx, id, &h));
    TRY(require_state(&h, CLOCK_RUNS));
    REQUIRE(h.definition.extension_count < MOST_EXTENSIONS, ERR_LIMIT, "over %d extensions",
            MOST_EXTENSIONS);
    struct limit_extension *all =
        NEW_N(tx->arena, h.definition.extension_count + 1, struct limit_extension);
    memcpy(all, h.definition.extensions, h.definition.extension_count * sizeof *all);
    all[h.definition.extension_count++] = *extension;
    h.definition.extensions = all;
    return change(tx, calendar, &h, &clock_extended_1, 0);
}

fallible clock_stop(struct tx *tx, i64 id)
{
    struct held h;
    struct value clock = value_id(tx->arena, id);

    TRY(hold(tx, id, &h));
    REQUIRE(h.row.state != CLOCK_STOPPED, ERR_STATE, "clock %lld has stopped", (long long)id);
    struct stream_ref streams[] = {{h.row.owner_kind, h.row.owner, 0}, {S("clock"), id, 0}};
    return emit(tx, &clock_stopped_1, streams, COUNT(streams), &clock);
}

/* ---- falling due -------------------------------------------------------------------------- */

struct fall {
    struct command command; /* first, so that the job leads here */
    struct sql_agenda_due row;
};

static fallible fall_due(struct tx *tx, void *input)
{
    struct arena *a = tx->arena;
    const struct sql_agenda_due *row = input;
    struct sql_clock_get clock;
    bool found;

    TRY(sql_clock_get(a, tx->db, row->clock, &clock, &found));
    REQUIRE(found && clock.state == CLOCK_RUNS && clock.generation == row->generation, ERR_STATE,
            "clock %lld has changed", (long long)row->clock);
    struct stream_ref streams[] = {{clock.owner_kind, clock.owner, 0}, {S("clock"), row->clock, 0}};
    struct value values[] = {value_id(a, row->clock), value_i64(a, row->generation),
                             value_text(a, row->kind == DUE_WARN ? S("warn") : S("due")),
                             value_text(a, date_text(a, (date){(i32)clock.due}))};
    return emit(tx, &clock_due_1, streams, COUNT(streams), values);
}

fallible agenda_fire(struct node *n, instant now, size_t most, size_t *fired)
{
    scoped_arena a = arena_open();
    struct sql_agenda_due_rows due;

    *fired = 0;
    TRY(sql_agenda_due(a, node_db(n), node_site(n), now.ms, (i64)(most < BATCH ? most : BATCH),
                       &due));
    struct fall *falls = NEW_N(a, due.count + 1, struct fall);
    struct command **commands = NEW_N(a, due.count + 1, struct command *);
    for (size_t i = 0; i < due.count; i++) {
        struct fall *f = &falls[i];

        f->row = due.at[i];
        f->command = (struct command){
            .run = fall_due,
            .input = &f->row,
            .name = "clock_due",
            .by = {.channel = S("timer")},
            .cause = str_format(a, "clock|%lld|%lld|%lld", (long long)f->row.clock,
                                (long long)f->row.generation, (long long)f->row.kind),
            .allowed = true,
        };
        commands[i] = &f->command;
    }
    TRY(node_batch(n, commands, due.count));
    for (size_t i = 0; i < due.count; i++)
        *fired += !commands[i]->job.refused;
    return OK;
}

fallible agenda_next(struct arena *a, struct node *n, instant *at, bool *any)
{
    struct sql_agenda_first first;

    TRY(sql_agenda_first(a, node_db(n), node_site(n), &first, any));
    if (*any)
        at->ms = first.at;
    return OK;
}

/* ---- a calendar is published -------------------------------------------------------------- */

struct mover {
    const struct calendar *calendar;
    bool forward;
    i64 clock;
    bool moved;
};

static fallible move_one(struct tx *tx, void *input)
{
    struct mover *m = input;
    struct held h;
    struct limit limit;

    TRY(hold(tx, m->clock, &h));
    TRY(calendar_limit(m->calendar, &h.definition, GAP_PROVISIONAL, &limit));
    bool differs = limit.due.days != h.row.due || limit.provisional != (h.row.provisional != 0);
    bool earlier = limit.due.days<h.row.due, later = limit.due.days> h.row.due;

    if (h.row.state == CLOCK_DUE) /* only a later day undoes what has happened */
        m->moved = limit.running && later;
    else
        m->moved = limit.running && differs && (!earlier || m->forward);
    return m->moved ? change(tx, m->calendar, &h, &clock_moved_1, h.row.fell) : OK;
}

fallible agenda_move(struct node *n, const struct calendar *calendar, bool forward, size_t *moved)
{
    i64 after = 0;

    *moved = 0;
    for (;;) {
        scoped_arena a = arena_open();
        struct sql_clocks_open_rows rows;

        TRY(sql_clocks_open(a, node_db(n), node_site(n), after, BATCH, &rows));
        struct mover *movers = NEW_N(a, rows.count + 1, struct mover);
        struct command *all = NEW_N(a, rows.count + 1, struct command);
        struct command **commands = NEW_N(a, rows.count + 1, struct command *);
        for (size_t i = 0; i < rows.count; i++) {
            movers[i] = (struct mover){calendar, forward, rows.at[i].id, false};
            all[i] = (struct command){.run = move_one,
                                      .input = &movers[i],
                                      .name = "clock_moved",
                                      .by = {.channel = S("timer")},
                                      .allowed = true};
            commands[i] = &all[i];
            after = rows.at[i].id;
        }
        TRY(node_batch(n, commands, rows.count));
        for (size_t i = 0; i < rows.count; i++)
            *moved += !commands[i]->job.refused && movers[i].moved;
        if (rows.count < BATCH)
            return OK;
    }
}

/* ---- the definition as JSON --------------------------------------------------------------- */

static void put_day(struct buf *out, const char *key, date d)
{
    buf_format(out, "\"%s\":\"%.*s\"", key, STR(date_text(out->arena, d)));
}

static void put_extensions(struct buf *out, const struct limit_clock *k)
{
    buf_z(out, "\"extensions\":[");
    for (size_t i = 0; i < k->extension_count; i++) {
        const struct limit_extension *x = &k->extensions[i];

        buf_z(out, i ? ",{\"article\":" : "{\"article\":");
        json_quote(out, x->article);
        buf_z(out, ",\"by\":");
        json_quote(out, x->by);
        buf_format(out, ",\"n\":%lld,", (long long)x->days);
        put_day(out, "on", x->on);
        buf_byte(out, '}');
    }
    buf_z(out, "],");
}

static void put_pauses(struct buf *out, const struct limit_clock *k)
{
    buf_z(out, "\"pauses\":[");
    for (size_t i = 0; i < k->pause_count; i++) {
        const struct limit_pause *p = &k->pauses[i];

        buf_z(out, i ? ",{" : "{");
        put_day(out, "from", p->from);
        buf_format(out, ",\"ground\":\"%s\"", pause_ground_words[p->ground]);
        if (!p->open) {
            buf_byte(out, ',');
            put_day(out, "to", p->to);
        }
        buf_byte(out, '}');
    }
    buf_z(out, "],");
}

static void put_receipt(struct buf *out, const struct limit_receipt *r)
{
    buf_z(out, "\"receipt\":{");
    if (r->accepted) {
        put_day(out, "accepted", r->accepted_on);
        buf_byte(out, ',');
    }
    if (r->noticed) {
        put_day(out, "noticed", r->noticed_on);
        buf_byte(out, ',');
    }
    put_day(out, "received", r->received);
    buf_z(out, "},");
}

void calendar_clock_write(struct buf *out, const struct limit_clock *k)
{
    buf_byte(out, '{');
    put_extensions(out, k);
    buf_format(out, "\"kind\":\"%s\",\"law\":\"%s\",\"n\":%lld,", limit_kind_words[k->kind],
               limit_law_words[k->law], (long long)k->days);
    put_pauses(out, k);
    if (k->receipt.given)
        put_receipt(out, &k->receipt);
    buf_z(out, "\"restarts\":[");
    for (size_t i = 0; i < k->restart_count; i++)
        buf_format(out, "%s\"%.*s\"", i ? "," : "", STR(date_text(out->arena, k->restarts[i])));
    buf_z(out, k->receipt.given ? "]" : "],");
    if (!k->receipt.given)
        put_day(out, "start", k->start);
    buf_byte(out, '}');
}
