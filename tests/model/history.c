#include "tests/model/world.h"

#include <stdio.h>
#include <stdlib.h>

enum { DAY = 86400000 };

u64 chance(struct world *w, u64 below)
{
    w->random += 0x9E3779B97F4A7C15u;
    u64 z = w->random;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (z ^ (z >> 31)) % below;
}

void claim(struct world *w, bool holds, const char *what)
{
    if (holds)
        return;
    (void)printf("FAILED seed %llu step %llu: %s\n", (unsigned long long)w->seed,
                 (unsigned long long)w->steps, what);
    (void)fflush(stdout);
    exit(1);
}

void must(struct world *w, err e, const char *what)
{
    if (e == OK)
        return;
    (void)printf("%s: %s %s (%s:%d)\n", what, err_name(e->code), e->message, e->file, e->line);
    claim(w, false, what);
}

/* ---- the world ---------------------------------------------------------------------------- */

static instant system_clock(void *ctx)
{
    return (instant){((struct world *)ctx)->system};
}

static instant civil_clock(void *ctx)
{
    return (instant){((struct world *)ctx)->civil};
}

static void use_kinds(struct peer *p)
{
    p->options.kinds = p->upgraded ? new_kinds : old_kinds;
    p->options.kind_count = p->upgraded ? new_kind_count : old_kind_count;
}

static void peer_options(struct world *w, struct peer *p, int i)
{
    struct arena *a = w->arena;
    str folder = str_format(a, "%c", 'A' + i);

    p->folder = folder.ptr;
    p->options = (struct node_options){
        .main = w->postgres ? w->postgres : str_format(a, "%s/main.db", p->folder).ptr,
        .keys = str_format(a, "%s/keys.db", p->folder).ptr,
        .main_options = {.vfs = "sim", .exclusive = true, .wipe_deleted = true},
        .keys_options = {.vfs = "sim", .exclusive = true, .wipe_deleted = true},
        .disk = sim_disk(a, w->sim, str_format(a, "%s/keys", p->folder).ptr),
        .site = str_format(a, "62062100000%d", i),
        .origin = str_format(a, "test.yangguan/%llu/%s", (unsigned long long)w->seed, p->folder),
        .clock = {system_clock, civil_clock, w},
        .number = 10 * (i + 1),
    };
    if (w->postgres)
        p->options.main_options.schema =
            str_format(a, "model_%s_%llu", p->folder, (unsigned long long)w->seed).ptr;
    use_kinds(p);
    for (size_t k = 0; k < PERSONS; k++)
        p->persons[k] = w->next_person++;
}

/* Next year's calendar, as if this year's came again 52 weeks later. */
static const struct calendar *late_calendar(struct world *w)
{
    struct arena *a = w->arena;
    const struct calendar *out;
    struct buf text = buf_in(a);
    str path = str_format(a, "%s/data/calendar/calendar.csv", SOURCE_ROOT), csv;

    must(w, file_read(a, path.ptr, 1 << 20, &csv), "calendar");
    buf_str(&text, csv);
    for (str rest = csv, line; str_split(&rest, '\n', &line);) {
        date d;

        if (!str_starts(line, S("2026-")) || date_parse(str_sub(line, 0, 10), &d) != OK)
            continue;
        buf_str(&text, date_text(a, (date){d.days + 364}));
        buf_str(&text, str_sub(line, 10, line.len));
        buf_byte(&text, '\n');
    }
    must(w, calendar_open(a, buf_text(&text), S("late"), &out), "late calendar");
    return out;
}

static void join(struct world *w)
{
    sm4_key key;

    random_fill(key.at, sizeof key.at);
    for (int i = 0; i < 2; i++) {
        struct peer *p = &w->peers[i], *other = &w->peers[1 - i];

        p->link = (struct link){.site = other->options.site,
                                .internal = i == 1,
                                .key = key,
                                .neighbour_key = node_public_key(w->arena, other->node)};
    }
}

void world_open(struct world *w, u64 seed, const char *postgres, bool lie)
{
    u8 bytes[32] = {0};

    memset(w, 0, sizeof *w);
    w->seed = w->random = seed;
    w->postgres = postgres;
    memcpy(bytes, &seed, sizeof seed);
    random_seed_for_tests(bytes);
    w->arena = arena_open();
    w->sim = sim_open(seed ^ 0x5151);
    w->count = 1 + (int)chance(w, 2);
    w->crashes = chance(w, 4) > 0;
    w->next_person = 101;
    w->civil = date_start(date_ymd(2026, 11, 20)).ms + (i64)chance(w, 20 * (u64)DAY);
    w->system = w->civil;
    must(w, calendar_shipped(w->arena, &w->calendars[0]), "calendar");
    w->calendars[1] = late_calendar(w);
    w->calendar = w->calendars[0];
    for (int i = 0; i < w->count; i++) {
        struct peer *p = &w->peers[i];

        peer_options(w, p, i);
        must(w, node_create(&p->options, &p->node), "create");
        for (i64 k = 1; k < 10; k++)
            must(w, node_reserve(p->node, p->options.number + k), "reserve");
    }
    if (w->count == 2)
        join(w);
    sim_lie_about_sync(w->sim, lie);
}

static void drop_schema(struct world *w, const struct peer *p)
{
    const struct db_options none = {0};
    scoped_db db = NULL;

    if (w->postgres == NULL)
        return;
    must(w, db_open(w->postgres, &none, &db), "drop");
    must(
        w,
        db->ops->simple(
            db, str_format(w->arena, "drop schema %s cascade", p->options.main_options.schema).ptr),
        "drop");
}

void world_close(struct world *w)
{
    for (int i = 0; i < w->count; i++) {
        peer_stop(w, &w->peers[i]);
        drop_schema(w, &w->peers[i]);
    }
    sim_close(w->sim);
    arena_close(w->arena);
    random_seed_for_tests(NULL);
}

/* ---- a node goes and comes ---------------------------------------------------------------- */

void peer_stop(struct world *w, struct peer *p)
{
    (void)w;
    if (p->node == NULL)
        return;
    p->committed = node_size(p->node);
    node_close(p->node);
    p->node = NULL;
}

/* Opens until it works: the power may go while it opens, and it goes for all. */
void peer_start(struct world *w, struct peer *p)
{
    use_kinds(p);
    for (int tries = 0; p->node == NULL; tries++) {
        err e = node_open(&p->options, &p->node);

        if (e == OK)
            break;
        p->node = NULL;
        claim(w, tries < 20 && sim_is_off(w->sim), e->message);
        for (int i = 0; i < w->count; i++)
            peer_stop(w, &w->peers[i]);
        sim_power_on(w->sim);
        w->cuts++;
    }
    claim(w, node_size(p->node) >= p->committed, "what was committed is gone");
    for (int i = 0; i < w->count; i++)
        if (w->peers[i].node == NULL)
            peer_start(w, &w->peers[i]);
}

/* The process has to end, by the power or by its own rule; the disk is as it is then. */
void peer_crashed(struct world *w, struct peer *p, err e)
{
    claim(w, w->crashes, e->message);
    if (!sim_is_off(w->sim) && chance(w, 2))
        sim_cut(w->sim);
    peer_stop(w, p); /* the power may go while it closes */
    for (int i = 0; i < w->count && sim_is_off(w->sim); i++)
        peer_stop(w, &w->peers[i]);
    w->cuts++;
    sim_power_on(w->sim);
    for (int i = 0; i < w->count; i++)
        if (w->peers[i].node == NULL)
            peer_start(w, &w->peers[i]);
}

/* ---- commands ----------------------------------------------------------------------------- */

enum { BATCH_MOST = 6 };

struct request {
    struct command command; /* first */
    struct world *w;
    struct peer *p;
    struct asked *asked;
    struct asked *repeats; /* an earlier one with the same key */
    i64 notes[2], weight, person, clock;
    size_t note_count;
    enum { FILE_NOTE, JUDGE, START, PAUSE, RESUME, EXTEND, STOP, BAD } kind;
    int days;
};

static struct value marked(struct tx *tx, const struct request *r, const char *what)
{
    return value_text(tx->arena,
                      str_format(tx->arena, "%s#%lld#", what, (long long)r->asked->serial));
}

static struct value secret_of(struct tx *tx, const struct request *r)
{
    return value_of_person(value_text(tx->arena, r->asked->secret), r->person);
}

static fallible run_file(struct tx *tx, struct request *r)
{
    struct arena *a = tx->arena;
    struct stream_ref stream = {S("note"), tx_id(tx), 0};
    struct value v[] = {marked(tx, r, "title"), value_i64(a, r->weight), marked(tx, r, "remark"),
                        secret_of(tx, r), value_text(a, S("新 tag"))};

    r->notes[0] = stream.id;
    return emit(tx, r->p->upgraded ? &note_filed_2 : &note_filed_1_old, &stream, 1, v);
}

static fallible run_judge(struct tx *tx, struct request *r)
{
    struct stream_ref streams[2];
    struct value v[] = {marked(tx, r, "verdict"), marked(tx, r, "ground"), secret_of(tx, r)};

    for (size_t i = 0; i < r->note_count; i++)
        streams[i] = (struct stream_ref){S("note"), r->notes[i], 0};
    return emit(tx, &note_judged_1, streams, r->note_count, v);
}

static fallible run_start(struct tx *tx, struct request *r)
{
    struct limit_clock c = {.kind = LIMIT_WORKING,
                            .law = LAW_PERMIT,
                            .days = r->days,
                            .start = instant_date((instant){r->w->civil})};

    return clock_start(tx, r->w->calendar, (struct stream_ref){S("note"), r->notes[0], 0}, &c,
                       &r->clock);
}

static fallible run_any(struct tx *tx, void *input)
{
    struct request *r = input;
    date today = instant_date((instant){r->w->civil});
    struct limit_pause pause = {.ground = PAUSE_HEARING, .from = today, .open = true};
    struct limit_extension more = {
        .on = today, .days = 5, .by = S("本行政机关负责人"), .article = S("行政许可法 42")};

    switch (r->kind) {
    case FILE_NOTE:
        return run_file(tx, r);
    case JUDGE:
        return run_judge(tx, r);
    case START:
        return run_start(tx, r);
    case PAUSE:
        return clock_pause(tx, r->w->calendar, r->clock, &pause);
    case RESUME:
        return clock_resume(tx, r->w->calendar, r->clock, today);
    case EXTEND:
        return clock_extend(tx, r->w->calendar, r->clock, &more);
    case STOP:
        return clock_stop(tx, r->clock);
    case BAD:
        break;
    }
    TRY(run_file(tx, r));
    FAIL(ERR_STATE, "refused after it has emitted");
}

static struct note_known *some_note(struct world *w, int node)
{
    for (int tries = 0; tries < 20 && w->note_count; tries++) {
        struct note_known *k = &w->notes[chance(w, w->note_count)];

        if (k->node == node && !w->asked[k->filed_by].lost && w->asked[k->filed_by].answer == DONE)
            return k;
    }
    return NULL;
}

static void choose(struct world *w, struct request *r, int node)
{
    struct note_known *k = some_note(w, node);
    u64 dice = chance(w, 100);

    r->kind = FILE_NOTE;
    r->weight = (i64)chance(w, 100);
    r->days = (int)chance(w, 16);
    if (dice < 5)
        r->kind = BAD;
    if (k == NULL || dice < 40)
        return;
    r->notes[r->note_count++] = k->id;
    r->clock = k->clock;
    if (dice < 65) {
        struct note_known *second = some_note(w, node);

        r->kind = JUDGE;
        if (second != NULL && second != k && chance(w, 3) == 0)
            r->notes[r->note_count++] = second->id;
        return;
    }
    if (k->clock == 0)
        r->kind = START;
    else
        r->kind = dice < 75 ? PAUSE : dice < 85 ? RESUME : dice < 93 ? EXTEND : STOP;
}

/* Fills a request and the oracle's record of it. */
static void ask(struct world *w, struct request *r, int node)
{
    struct arena *a = w->arena;
    struct peer *p = &w->peers[node];

    claim(w, w->asked_count < ASKED_MOST, "too many commands for the oracle");
    r->w = w;
    r->p = p;
    r->asked = &w->asked[w->asked_count++];
    choose(w, r, node);
    r->person = p->persons[chance(w, PERSONS)];
    *r->asked = (struct asked){.node = node, .serial = (i64)w->asked_count, .person = r->person};
    r->asked->secret = str_format(a, SECRET "%lld %016llx", (long long)r->asked->serial,
                                  (unsigned long long)chance(w, UINT64_MAX));
    r->asked->field = r->kind == JUDGE ? S("judge") : p->upgraded ? S("author") : S("writer");
    if (r->kind != FILE_NOTE && r->kind != JUDGE)
        r->asked->person = 0;
    if (chance(w, 3) == 0)
        r->asked->key = str_format(a, "key-%lld", (long long)r->asked->serial);
    sm3(r->asked->secret, &r->asked->content);
    r->command = (struct command){.run = run_any,
                                  .input = r,
                                  .name = "note",
                                  .by = {.actor = 7, .channel = S("web")},
                                  .key = r->asked->key,
                                  .content = r->asked->content,
                                  .allowed = true};
}

/* Sends an earlier command again, with its key and the same or other content. */
static void ask_again(struct world *w, struct request *r, int node)
{
    ask(w, r, node);
    for (int tries = 0; tries < 10; tries++) {
        struct asked *old = &w->asked[chance(w, w->asked_count)];

        if (old->node != node || old->key.len == 0 || old->answer != DONE || old->lost ||
            old->event == 0)
            continue;
        r->repeats = old;
        r->command.key = old->key;
        r->asked->key = S("");
        if (chance(w, 2))
            r->command.content = old->content;
        return;
    }
}

/* Told that the disk is full or broken: may be asked again. */
static bool by_the_disk(const struct command *c)
{
    return c->job.refused && (c->job.why.code == ERR_FULL || c->job.why.code == ERR_IO);
}

static void note_answer(struct world *w, struct request *r)
{
    struct asked *k = r->asked;
    bool same = r->repeats != NULL && memcmp(&r->command.content, &r->repeats->content, 32) == 0;

    if (r->repeats != NULL) {
        k->answer = REFUSED; /* it must leave no trace of its own */
        if (by_the_disk(&r->command))
            return;
        if (same)
            claim(w,
                  !r->command.job.refused && r->command.again &&
                      r->command.first_event == r->repeats->event,
                  "the same command again gives another answer");
        else
            claim(w, r->command.job.refused && r->command.job.why.code == ERR_KEY_REUSED,
                  "a key with other content was taken");
        return;
    }
    if (r->command.job.refused) {
        k->answer = REFUSED;
        return;
    }
    claim(w, r->kind != BAD, "a refused command was answered");
    k->answer = DONE;
    k->event = r->command.first_event;
    if (r->kind == FILE_NOTE && w->note_count < NOTES_MOST)
        w->notes[w->note_count++] = (struct note_known){
            .node = k->node, .id = r->notes[0], .filed_by = (i64)(k - w->asked)};
    for (size_t i = 0; r->kind == START && i < w->note_count; i++)
        if (w->notes[i].id == r->notes[0])
            w->notes[i].clock = r->clock;
}

static void keep_receipt(struct world *w, struct peer *p, struct asked *k)
{
    scoped_arena a = arena_open();
    struct event e;
    bool found;

    if (k->answer != DONE || k->event == 0)
        return;
    must(w, node_event(a, p->node, k->event, &e, &found), "receipt");
    claim(w, found, "an answered command's event isn't there");
    memcpy(k->entry, e.entry, ENTRY_SIZE);
    k->no = e.no;
    k->epoch = e.epoch;
}

static void step_commands(struct world *w, int node)
{
    struct request requests[BATCH_MOST] = {0};
    struct command *commands[BATCH_MOST];
    size_t count = 1 + chance(w, BATCH_MOST);
    bool fault = w->crashes && chance(w, 6) == 0;

    for (size_t i = 0; i < count; i++) {
        if (chance(w, 8) == 0)
            ask_again(w, &requests[i], node);
        else
            ask(w, &requests[i], node);
        commands[i] = &requests[i].command;
    }
    w->commands += count;
    if (w->crashes && chance(w, 5) == 0)
        sim_cut_after(w->sim, 1 + (int)chance(w, 60));
    if (fault)
        sim_fail_next(w->sim, chance(w, 2) ? SIM_FULL : SIM_IO_ERROR, (int)chance(w, 40));
    err e = node_batch(w->peers[node].node, commands, count);
    if (e != OK || sim_is_off(w->sim)) {
        /* Nobody was answered: each may or may not have happened. */
        peer_crashed(w, &w->peers[node], e ? e : err_raise(ERR_IO, "", 0, "power"));
        return;
    }
    sim_cut_after(w->sim, 0);
    sim_fail_next(w->sim, SIM_NONE, 0);
    for (size_t i = 0; i < count; i++)
        note_answer(w, &requests[i]);
    for (size_t i = 0; i < count; i++)
        keep_receipt(w, &w->peers[node], requests[i].asked);
}

/* ---- readers and clocks ------------------------------------------------------------------- */

static fallible flag(struct tx *tx, void *input)
{
    const struct stream_ref *s = input;
    struct value v = value_text(tx->arena, S("judged"));

    return emit(tx, &note_flagged_1, s, 1, &v);
}

struct reading {
    struct world *w;
    struct peer *p;
    struct stream_ref notes[STREAMS_MOST * 64];
    i64 causes[STREAMS_MOST * 64];
    size_t count;
};

static fallible find_judged(void *ctx, struct arena *a, struct event *e)
{
    struct reading *r = ctx;

    (void)a;
    r->p->reader = e->no + 1;
    if (!str_eq(e->kind, S("note_judged")) || !str_eq(e->site, r->p->options.site))
        return OK;
    for (size_t i = 0; i < e->stream_count && r->count < COUNT(r->notes); i++) {
        r->notes[r->count] = (struct stream_ref){S("note"), e->streams[i].id, 0};
        r->causes[r->count++] = e->id;
    }
    return OK;
}

/* The reader's cursor is only a hint: it is thrown back now and then. */
void read_all(struct world *w, struct peer *p)
{
    struct reading r = {.w = w, .p = p};

    if (chance(w, 3) == 0)
        p->reader = (i64)chance(w, (u64)p->reader + 1);
    must(w, node_visit(p->node, p->reader, find_judged, &r), "reader");
    for (size_t i = 0; i < r.count; i++) {
        scoped_arena a = arena_open();
        struct command c = {.run = flag,
                            .input = &r.notes[i],
                            .name = "flag",
                            .allowed = true,
                            .cause = str_format(a, "flag|%lld", (long long)r.causes[i])};
        struct command *one = &c;

        must(w, node_batch(p->node, &one, 1), "reader's batch");
        claim(w, !c.job.refused || c.job.why.code == ERR_CONFLICT, "a reader was refused");
    }
}

void fire_all(struct world *w, struct peer *p)
{
    size_t fired;

    do {
        err e = agenda_fire(p->node, (instant){w->civil}, 1 + chance(w, 8), &fired);

        if (e != OK) {
            peer_crashed(w, p, e);
            fired = 1;
        }
    } while (fired > 0);
}

static void step_time(struct world *w, struct peer *p)
{
    w->civil += (i64)chance(w, 6 * (u64)DAY);
    w->system += (i64)chance(w, 2 * (u64)DAY) - DAY / 2; /* the wall clock jumps, backwards too */
    if (chance(w, 2) == 0)
        return;
    if (w->crashes && chance(w, 6) == 0)
        sim_cut_after(w->sim, 1 + (int)chance(w, 40));
    fire_all(w, p);
    if (sim_is_off(w->sim))
        peer_crashed(w, p, err_raise(ERR_IO, "", 0, "power"));
    sim_cut_after(w->sim, 0);
}

static void step_calendar(struct world *w, struct peer *p)
{
    size_t moved;

    if (w->calendar == w->calendars[0] && chance(w, 3))
        return;
    w->calendar = w->calendars[1];
    must(w, agenda_move(p->node, w->calendar, chance(w, 2) == 0, &moved), "move");
}

/* ---- persons, heads, backups -------------------------------------------------------------- */

static void step_erase(struct world *w, struct peer *p)
{
    i64 *person = &p->persons[chance(w, PERSONS)];
    i64 gone = *person;

    *person = w->next_person++; /* nobody asks in the name of the erased one any more */
    if (w->crashes && chance(w, 4) == 0)
        sim_cut_after(w->sim, 1 + (int)chance(w, 30));
    err e = node_erase(p->node, gone, S("test"));
    bool answered = e == OK && !sim_is_off(w->sim);
    sim_cut_after(w->sim, 0);
    if (!answered) {
        peer_crashed(w, p, e ? e : err_raise(ERR_IO, "", 0, "power"));
        must(w, node_erase(p->node, gone, S("test")), "erase again");
    }
    claim(w, p->erased_count < COUNT(p->erased), "too many erasures for the oracle");
    p->erased[p->erased_count++] = gone;
}

static str wrapping_key(struct world *w, struct peer *p, str *name)
{
    struct arena *a = w->arena;
    str *names, bytes = {0};
    size_t count;

    must(w, disk_list(a, p->options.disk, &names, &count), "list keys");
    for (size_t i = 0; i < count; i++)
        if (str_starts(names[i], S("persons-"))) {
            *name = names[i];
            must(w, disk_read(a, p->options.disk, str_z(a, names[i]), &bytes), "read key");
            return bytes;
        }
    claim(w, false, "no wrapping key");
    return bytes;
}

static void step_rotate(struct world *w, struct peer *p)
{
    str name, before = wrapping_key(w, p, &name), after;

    if (w->crashes && chance(w, 3) == 0)
        sim_cut_after(w->sim, 1 + (int)chance(w, 30));
    err e = node_rotate(p->node);
    if (e != OK || sim_is_off(w->sim))
        peer_crashed(w, p, e ? e : err_raise(ERR_IO, "", 0, "power"));
    sim_cut_after(w->sim, 0);
    after = wrapping_key(w, p, &name);
    if (str_eq(before, after) || p->destroyed_count == KEYS_MOST)
        return;
    memcpy(p->destroyed[p->destroyed_count++].at, before.ptr, before.len);
}

static void step_head(struct world *w, struct peer *p)
{
    struct head h;
    err e;

    if (w->crashes && chance(w, 6) == 0)
        sim_cut_after(w->sim, 1 + (int)chance(w, 20));
    e = node_sign_head(w->arena, p->node, &h);
    if (e != OK || sim_is_off(w->sim)) {
        peer_crashed(w, p, e ? e : err_raise(ERR_IO, "", 0, "power"));
        return;
    }
    sim_cut_after(w->sim, 0);
    h.note = str_copy(w->arena, h.note);
    if (p->head_count < HEADS_MOST)
        p->heads[p->head_count++] = h;
}

static void step_backup(struct world *w, struct peer *p)
{
    struct copy *c =
        &p->copies[p->copy_count < COPIES_MOST ? p->copy_count++ : chance(w, COPIES_MOST)];

    if (w->postgres)
        return;
    *c =
        (struct copy){sim_save(w->arena, w->sim, str_format(w->arena, "%s/main.db", p->folder).ptr),
                      node_size(p->node), node_epoch(p->node)};
}

/* The oracle's own rule: a backup may come back unless a later epoch began before its end. */
static bool may_come_back(struct world *w, struct peer *p, const struct copy *c)
{
    scoped_arena a = arena_open();

    for (i64 e = c->epoch + 1; e <= node_epoch(p->node); e++) {
        i64 start;

        must(w, node_epoch_start(a, p->node, e, &start), "epoch");
        if (c->size > start)
            return false;
    }
    return true;
}

/* A head was signed since, so that a silent rollback is noticed. */
static bool would_be_noticed(struct world *w, struct peer *p, const struct copy *c)
{
    scoped_arena a = arena_open();
    i64 start;

    if (c->epoch != node_epoch(p->node))
        return true;
    must(w, node_epoch_start(a, p->node, c->epoch, &start), "epoch");
    for (size_t i = 0; i < p->head_count; i++)
        if (p->heads[i].epoch == c->epoch && start + p->heads[i].size > c->size)
            return true;
    return false;
}

static void forget_after(struct world *w, struct peer *p, const struct copy *c)
{
    for (size_t i = 0; i < w->asked_count; i++) {
        struct asked *k = &w->asked[i];

        if (&w->peers[k->node] == p && (k->answer == PENDING || k->event == 0 || k->no >= c->size))
            k->lost = true;
    }
    p->reader = 0;
    for (size_t i = 0; i < w->note_count; i++)
        if (w->notes[i].clock && &w->peers[w->notes[i].node] == p)
            w->notes[i].clock = 0;
}

/* Only without a neighbour: its hand-back comes with the ferry. */
static void step_restore(struct world *w, struct peer *p)
{
    if (p->copy_count == 0 || w->count > 1 || w->postgres)
        return;
    struct copy *c = &p->copies[chance(w, p->copy_count)];
    bool may = may_come_back(w, p, c);
    i64 epoch = node_epoch(p->node);
    struct sim_copy *now =
        sim_save(w->arena, w->sim, str_format(w->arena, "%s/main.db", p->folder).ptr);

    if (epoch >= 9)
        return;
    p->options.restored = !would_be_noticed(w, p, c) || chance(w, 2);
    peer_stop(w, p);
    sim_restore(w->sim, c->files);
    use_kinds(p);
    err e = node_open(&p->options, &p->node);
    p->options.restored = false;
    p->committed = 0;
    if (!may) {
        claim(w, e != OK && e->code == ERR_CONFLICT, "a backup with named gap entries was taken");
        p->node = NULL;
        sim_restore(w->sim, now);
        peer_start(w, p);
        return;
    }
    must(w, e, "restore");
    claim(w, node_was_restored(p->node) && node_epoch(p->node) == epoch + 1,
          "a rolled back ledger went on as if nothing were");
    forget_after(w, p, c);
    w->restored = true;
    w->restores++;
}

/* ---- neighbours --------------------------------------------------------------------------- */

static void send(struct world *w, struct peer *from, struct peer *to, bool faults)
{
    scoped_arena a = arena_open();
    str *packages;
    size_t count;
    err e = link_pack(a, from->node, &from->link, &packages, &count);

    must(w, e, "pack");
    for (size_t i = 0; i < count && to->post_count < POST_MOST; i++) {
        str package = str_copy(w->arena, packages[i]);

        if (faults && chance(w, 4) == 0)
            continue;
        if (faults && chance(w, 6) == 0)
            ((char *)(uintptr_t)package.ptr)[chance(w, package.len)] ^= (char)(1 + chance(w, 255));
        to->post[to->post_count++] = package;
        if (faults && chance(w, 5) == 0 && to->post_count < POST_MOST)
            to->post[to->post_count++] = package;
    }
}

static void receive(struct world *w, struct peer *to, bool faults)
{
    while (to->post_count > 0) {
        size_t at = faults ? chance(w, to->post_count) : 0;
        str package = to->post[at];
        enum taken how;

        memmove(&to->post[at], &to->post[at + 1], (to->post_count - at - 1) * sizeof *to->post);
        to->post_count--;
        if (faults && w->crashes && chance(w, 12) == 0)
            sim_cut_after(w->sim, 1 + (int)chance(w, 40));
        err e = link_take(to->node, &to->link, package, &how);
        if (e != OK || sim_is_off(w->sim))
            peer_crashed(w, to, e ? e : err_raise(ERR_IO, "", 0, "power"));
        sim_cut_after(w->sim, 0);
        if (faults && chance(w, 3) == 0)
            return;
    }
}

void exchange(struct world *w, bool faults)
{
    for (int i = 0; i < w->count; i++)
        if (!faults || chance(w, 3))
            send(w, &w->peers[i], &w->peers[1 - i], faults);
    for (int i = 0; i < w->count; i++)
        receive(w, &w->peers[i], faults);
}

static void step_upgrade(struct world *w, struct peer *p)
{
    if (p->upgraded)
        return;
    p->upgraded = true;
    peer_stop(w, p);
    peer_start(w, p);
    must(w, link_retry(p->node), "retry after the upgrade");
}

static void step_restart(struct world *w, struct peer *p)
{
    if (w->crashes && chance(w, 2)) {
        sim_cut(w->sim);
        peer_crashed(w, p, err_raise(ERR_IO, "", 0, "power"));
        return;
    }
    peer_stop(w, p);
    peer_start(w, p);
}

void world_step(struct world *w)
{
    int node = (int)chance(w, (u64)w->count);
    struct peer *p = &w->peers[node];
    u64 dice = chance(w, 100);

    w->steps++;
    if (dice < 45)
        step_commands(w, node);
    else if (dice < 60)
        step_time(w, p);
    else if (dice < 64)
        step_erase(w, p);
    else if (dice < 67)
        step_rotate(w, p);
    else if (dice < 73)
        step_head(w, p);
    else if (dice < 77)
        step_backup(w, p);
    else if (dice < 80)
        step_restore(w, p);
    else if (dice < 83)
        step_upgrade(w, p);
    else if (dice < 86)
        step_restart(w, p);
    else if (dice < 89)
        step_calendar(w, p);
    else if (dice < 92)
        read_all(w, p);
    else if (w->count == 2)
        exchange(w, true);
    else
        must(w, db_checkpoint(node_db(p->node)), "checkpoint");
}

void world_end(struct world *w)
{
    sim_cut_after(w->sim, 0);
    sim_fail_next(w->sim, SIM_NONE, 0);
    for (int i = 0; i < w->count; i++)
        step_upgrade(w, &w->peers[i]);
    w->calendar = w->calendars[1];
    for (int i = 0; i < w->count; i++) {
        size_t moved;

        must(w, agenda_move(w->peers[i].node, w->calendar, true, &moved), "move");
    }
    w->civil += 200LL * DAY;
    for (int i = 0; i < w->count; i++) {
        fire_all(w, &w->peers[i]);
        w->peers[i].reader = 0;
        read_all(w, &w->peers[i]);
        w->peers[i].reader = 0;
        read_all(w, &w->peers[i]);
    }
    for (int round = 0; w->count == 2 && round < 12; round++)
        exchange(w, false);
    for (int i = 0; i < w->count; i++)
        check_peer(w, &w->peers[i]);
    if (w->count == 2)
        check_pair(w);
}
