#include "tests/model/world.h"

#include <stdio.h>
#include <stdlib.h>

enum { EVENTS_MOST = 8192 };

struct ledger_copy {
    struct world *w;
    struct peer *p;
    struct arena *arena;
    struct event *events;
    size_t count;
};

/* ---- the events as a list ----------------------------------------------------------------- */

static fallible keep(void *ctx, struct arena *a, struct event *e)
{
    struct ledger_copy *l = ctx;
    struct event *copy = &l->events[l->count++];
    struct event again;

    claim(l->w, l->count < EVENTS_MOST, "too many events for the oracle");
    TRY(event_read(l->arena, str_copy(l->arena, event_body(a, e)),
                   str_copy(l->arena, event_salts(a, e)), &again));
    *copy = again;
    copy->no = e->no;
    copy->epoch = e->epoch;
    return OK;
}

static struct ledger_copy copy_of(struct world *w, struct peer *p, struct arena *a)
{
    struct ledger_copy l = {
        .w = w, .p = p, .arena = a, .events = NEW_N(a, EVENTS_MOST, struct event)};

    must(w, node_visit(p->node, 0, keep, &l), "visit");
    return l;
}

static bool is_kind(const struct event *e, const char *name)
{
    return str_eq(e->kind, str_of(name));
}

/* The serial number between # and #, 0 if there is none. */
static i64 serial_of(struct arena *a, const struct event *e)
{
    str text = event_text(a, e, is_kind(e, "note_filed") ? "title" : "verdict");
    ptrdiff_t from = str_find(text, S("#"));
    i64 n = 0;

    if (from < 0)
        return 0;
    str digits = str_sub(text, (size_t)from + 1, text.len - 1);
    return str_i64(digits, &n) == OK ? n : 0;
}

/* ---- answers ------------------------------------------------------------------------------ */

static void check_serials(struct ledger_copy *l)
{
    struct world *w = l->w;
    int *seen = NEW_N(l->arena, ASKED_MOST + 1, int);

    for (size_t i = 0; i < l->count; i++) {
        i64 serial = serial_of(l->arena, &l->events[i]);

        claim(w, serial >= 0 && serial <= (i64)w->asked_count, "a serial number of nobody");
        seen[serial]++;
    }
    for (size_t i = 0; i < w->asked_count; i++) {
        const struct asked *k = &w->asked[i];
        int times = seen[k->serial];

        if (&w->peers[k->node] != l->p)
            continue;
        claim(w, times <= 1, "a command happened twice");
        claim(w, k->answer != REFUSED || times == 0, "a refused command left an event");
        claim(w, k->answer != DONE || k->lost || k->person == 0 || times == 1,
              "an answered command is gone");
    }
}

static void check_receipt(struct ledger_copy *l, const struct asked *k)
{
    struct world *w = l->w;
    struct arena *a = l->arena;
    struct merkle_proof proof;
    digest leaf, sha, sm;
    struct event e;
    bool found;
    i64 start, size = 0;

    must(w, node_event(a, l->p->node, k->event, &e, &found), "event");
    claim(w, found && memcmp(e.entry, k->entry, ENTRY_SIZE) == 0, "a receipt's entry has changed");
    must(w, node_epoch_start(a, l->p->node, e.epoch, &start), "epoch");
    for (size_t i = 0; i < l->count; i++)
        size += l->events[i].epoch == e.epoch;
    merkle_leaf(&merkle_sha256, (str){(const char *)k->entry, ENTRY_SIZE}, &leaf);
    must(w, node_roots(a, l->p->node, e.epoch, size, &sha, &sm), "roots");
    must(w, node_inclusion(a, l->p->node, e.epoch, e.no - start, size, &proof), "inclusion");
    struct inclusion claimed = {(u64)(e.no - start), (u64)size, leaf, sha};
    must(w, merkle_check_inclusion(&merkle_sha256, &claimed, proof.at, proof.count),
         "a receipt doesn't verify");
}

static bool is_erased(const struct peer *p, i64 person)
{
    for (size_t i = 0; i < p->erased_count; i++)
        if (p->erased[i] == person)
            return true;
    return false;
}

static void check_secret(struct ledger_copy *l, const struct asked *k)
{
    struct world *w = l->w;
    struct event e;
    bool found, there;
    str json;

    must(w, node_event(l->arena, l->p->node, k->event, &e, &there), "event");
    must(w, vault_open(l->arena, l->p->node, &e, str_z(l->arena, k->field), &json, &found),
         "vault");
    if (is_erased(l->p, k->person)) {
        claim(w, !found, "an erased value can be read");
        return;
    }
    claim(w, found, "a person's value is gone without an erasure");
    claim(w, str_eq(json, value_text(l->arena, k->secret).json), "a person's value has changed");
}

static void check_answers(struct ledger_copy *l)
{
    struct world *w = l->w;

    check_serials(l);
    for (size_t i = 0; i < w->asked_count; i++) {
        const struct asked *k = &w->asked[i];

        if (&w->peers[k->node] != l->p || k->answer != DONE || k->lost || k->event == 0)
            continue;
        check_receipt(l, k);
        if (k->person)
            check_secret(l, k);
    }
}

/* ---- what must not be on the disk --------------------------------------------------------- */

static void check_disk(struct world *w, struct peer *p)
{
    claim(w, !sim_contains(w->sim, S(SECRET)), "a person's value lies open on the disk");
    for (size_t i = 0; i < p->destroyed_count; i++)
        claim(w, !sim_contains(w->sim, (str){(char *)p->destroyed[i].at, 16}),
              "a destroyed key is still on the disk");
}

/* ---- heads -------------------------------------------------------------------------------- */

static void check_heads(struct ledger_copy *l)
{
    struct world *w = l->w;
    struct arena *a = l->arena;

    for (size_t i = 0; i < l->p->head_count; i++) {
        const struct head *h = &l->p->heads[i];
        struct merkle_proof proof;
        digest sha, sm, newest;
        i64 size = 0;

        for (size_t j = 0; j < l->count; j++)
            size += l->events[j].epoch == h->epoch;
        if (h->size > size)
            continue; /* in a named gap */
        must(w, node_roots(a, l->p->node, h->epoch, h->size, &sha, &sm), "roots");
        claim(w, digest_eq(sha, h->sha256) && digest_eq(sm, h->sm3), "a signed head is denied");
        must(w, node_roots(a, l->p->node, h->epoch, size, &newest, &sm), "roots");
        must(w, node_consistency(a, l->p->node, h->epoch, h->size, size, &proof), "consistency");
        struct consistency claimed = {(u64)h->size, (u64)size, sha, newest};
        must(w, merkle_check_consistency(&merkle_sha256, &claimed, proof.at, proof.count),
             "an old head is inconsistent");
    }
}

/* Each epoch's first leaf names the kept roots of all before it. */
static void check_epochs(struct ledger_copy *l)
{
    struct world *w = l->w;
    struct arena *a = l->arena;

    for (size_t i = 0; i < l->count; i++) {
        const struct field *older;
        struct json *list;
        digest sha, sm;
        i64 at = 0;

        if (!is_kind(&l->events[i], "epoch_started"))
            continue;
        older = event_field(&l->events[i], "older");
        claim(w, older != NULL, "an epoch without a word about the older ones");
        must(w, json_read(a, older->json, &list), "older");
        claim(w, l->events[i].epoch == 1 || list->count > 0, "no older epoch is named");
        for (const struct json *o = list->child; o != NULL; o = o->next) {
            const struct json *kept = json_get(o, S("kept"));
            i64 epoch, size, here = 0;

            must(w, json_i64(o, S("epoch"), &epoch), "epoch");
            must(w, json_i64(kept, S("size"), &size), "size");
            for (size_t j = 0; j < i; j++)
                here += l->events[j].epoch == epoch;
            claim(w, size == here, "a kept size that isn't");
            if (size == 0)
                continue;
            must(w, node_roots(a, l->p->node, epoch, size, &sha, &sm), "roots");
            claim(w,
                  str_eq(json_str(kept, S("sha256")), hex_of(a, sha.at, 32)) &&
                      str_eq(json_str(kept, S("sm3")), hex_of(a, sm.at, 32)),
                  "a kept root that isn't");
            at++;
        }
    }
}

/* ---- clocks ------------------------------------------------------------------------------- */

struct clock_seen {
    i64 id, generation, dues;
    date due;
    bool running, warned, over;
    str calendar;
    const struct field *definition;
    str site;
};

static struct clock_seen *clock_of(struct ledger_copy *l, struct map *clocks, const struct event *e)
{
    str key = event_field(e, "clock")->json;
    struct clock_seen *c = map_get(clocks, key);

    if (c == NULL) {
        c = NEW(l->arena, struct clock_seen);
        c->id = event_i64(e, "clock");
        c->generation = -1;
        c->site = e->site;
        map_set(clocks, key, c);
    }
    return c;
}

static void clock_changes(struct ledger_copy *l, struct clock_seen *c, const struct event *e)
{
    struct world *w = l->w;
    i64 generation = event_i64(e, "generation");
    date due;

    must(w, date_parse(event_text(l->arena, e, "due"), &due), "due");
    claim(w, c->generation == -1 || generation == c->generation + (due.days != c->due.days),
          "the generation grows when, and only when, the due day changes");
    claim(w, !c->over || (is_kind(e, "clock_moved") && event_i64(e, "revokes") != 0),
          "a clock that fell due changes without revoking");
    if (generation != c->generation)
        c->warned = false;
    c->over = false;
    c->generation = generation;
    c->due = due;
    c->running = !is_kind(e, "clock_paused");
    c->calendar = event_text(l->arena, e, "calendar");
    c->definition = event_field(e, "definition");
}

static void clock_falls(struct ledger_copy *l, struct clock_seen *c, const struct event *e)
{
    bool warn = str_eq(event_text(l->arena, e, "kind"), S("warn"));

    claim(l->w, c->running && event_i64(e, "generation") == c->generation,
          "a due of another generation");
    claim(l->w, warn ? !c->warned : !c->over, "a clock fell due twice");
    if (warn)
        c->warned = true;
    else
        c->over = true;
}

static void check_clock_at_rest(struct ledger_copy *l, const struct clock_seen *c)
{
    struct world *w = l->w;
    struct json *json;
    struct limit_asked asked;
    struct limit limit;
    const struct calendar *calendar =
        str_eq(c->calendar, S("late")) ? w->calendars[1] : w->calendars[0];

    if (!c->running)
        return;
    claim(w, c->over, "a clock never fell due");
    must(w, json_read(l->arena, c->definition->json, &json), "definition");
    must(w, calendar_clock_read(l->arena, json, &asked), "definition");
    must(w, calendar_limit(calendar, &asked.clock, GAP_PROVISIONAL, &limit), "limit");
    claim(w, limit.due.days == c->due.days, "the day isn't that of the history");
}

static void check_clocks(struct ledger_copy *l)
{
    struct map clocks = map_in(l->arena);

    for (size_t i = 0; i < l->count; i++) {
        const struct event *e = &l->events[i];

        if (!str_starts(e->kind, S("clock_")))
            continue;
        struct clock_seen *c = clock_of(l, &clocks, e);
        if (is_kind(e, "clock_due"))
            clock_falls(l, c, e);
        else if (is_kind(e, "clock_stopped"))
            c->running = false;
        else
            clock_changes(l, c, e);
    }
    for (size_t i = 0; i < clocks.count; i++)
        if (str_eq(((struct clock_seen *)clocks.entries[i].value)->site, l->p->options.site))
            check_clock_at_rest(l, clocks.entries[i].value);
}

/* ---- projections -------------------------------------------------------------------------- */

struct note_seen {
    i64 id, weight, judged, flags;
    str tag;
    struct buf verdicts;
};

static int by_id(const void *a, const void *b)
{
    const struct note_seen *p = *(const struct note_seen *const *)a,
                           *q = *(const struct note_seen *const *)b;

    return (p->id > q->id) - (p->id < q->id);
}

/* The table of notes as this code would have it from the events. */
static str fold_notes(struct ledger_copy *l)
{
    struct arena *a = l->arena;
    struct map notes = map_in(a);
    struct buf out = buf_in(a);

    for (size_t i = 0; i < l->count; i++) {
        const struct event *e = &l->events[i];

        if (!str_starts(e->kind, S("note_")))
            continue;
        for (size_t s = 0; s < e->stream_count; s++) {
            str key = str_format(a, "%lld", (long long)e->streams[s].id);
            struct note_seen *n = map_get(&notes, key);

            if (n == NULL) {
                n = NEW(a, struct note_seen);
                n->id = e->streams[s].id;
                n->weight = event_i64(e, e->version == 1 ? "grade" : "weight");
                n->tag = event_text(a, e, "tag");
                n->verdicts = buf_in(a);
                map_set(&notes, key, n);
            }
            n->flags += is_kind(e, "note_flagged");
            if (!is_kind(e, "note_judged"))
                continue;
            n->judged++;
            buf_str(&n->verdicts, event_text(a, e, "verdict"));
            buf_byte(&n->verdicts, ' ');
        }
    }
    struct note_seen **sorted = NEW_N(a, notes.count + 1, struct note_seen *);
    for (size_t i = 0; i < notes.count; i++)
        sorted[i] = notes.entries[i].value;
    qsort(sorted, notes.count, sizeof(struct note_seen *), by_id);
    for (size_t i = 0; i < notes.count; i++) {
        buf_format(&out, "%lld|%lld|", (long long)sorted[i]->id, (long long)sorted[i]->weight);
        json_quote(&out, sorted[i]->tag);
        buf_format(&out, "|%lld|", (long long)sorted[i]->judged);
        json_quote(&out, buf_text(&sorted[i]->verdicts));
        buf_format(&out, "|%lld\n", (long long)sorted[i]->flags);
    }
    return buf_text(&out);
}

static str dump(struct world *w, struct arena *a, struct db *db, const char *table)
{
    str out;

    must(w, db_dump(a, db, table, &out), table);
    return out;
}

/* Is this event the next in each of its streams? */
static bool is_ready(const struct ledger_copy *l, const bool *done, size_t at)
{
    const struct event *e = &l->events[at];

    for (size_t i = 0; i < at; i++) {
        if (done[i])
            continue;
        for (size_t s = 0; s < e->stream_count; s++)
            for (size_t t = 0; t < l->events[i].stream_count; t++)
                if (e->streams[s].id == l->events[i].streams[t].id &&
                    str_eq(e->streams[s].kind, l->events[i].streams[t].kind))
                    return false;
    }
    return true;
}

/* Replays in a random order that keeps each stream's order: the tables must be the same. */
static void check_shuffled(struct ledger_copy *l)
{
    struct world *w = l->w;
    scoped_db scratch = NULL;
    bool *done = NEW_N(l->arena, l->count + 1, bool);
    size_t left = l->count, first = 0;

    must(w, sqlite_open(":memory:", NULL, &scratch), "scratch");
    must(w, db_create(scratch, STORE_MAIN), "scratch");
    must(w, db_begin(scratch), "scratch");
    while (left > 0) {
        while (done[first])
            first++;
        size_t at = first + chance(w, l->count - first < 12 ? l->count - first : 12);

        if (done[at] || !is_ready(l, done, at))
            continue;
        must(w, node_apply(l->p->node, scratch, l->arena, &l->events[at]), "replay");
        done[at] = true;
        left--;
    }
    must(w, db_commit(scratch), "scratch");
    for (size_t i = 0; i < schema_ddl_count; i++)
        if (schema_ddl[i].table && schema_ddl[i].store == STORE_MAIN &&
            schema_ddl[i].class == TABLE_PROJECTION)
            claim(w,
                  str_eq(dump(w, l->arena, scratch, schema_ddl[i].name),
                         dump(w, l->arena, node_db(l->p->node), schema_ddl[i].name)),
                  schema_ddl[i].name);
}

/* ---- all of one node ---------------------------------------------------------------------- */

static void check_order(struct ledger_copy *l)
{
    struct map ids = map_in(l->arena);
    i64 recorded = 0;

    for (size_t i = 0; i < l->count; i++) {
        const struct event *e = &l->events[i];
        str id = str_format(l->arena, "%lld", (long long)e->id);

        claim(l->w, e->no == (i64)i, "numbers have a gap");
        claim(l->w, map_get(&ids, id) == NULL, "an id came twice");
        map_set(&ids, id, &l->events[i]);
        if (!str_eq(e->site, l->p->options.site))
            continue;
        claim(l->w, e->recorded >= recorded, "recorded decreases");
        recorded = e->recorded;
    }
}

static void check_readers(struct ledger_copy *l)
{
    i64 judged = 0, flagged = 0;

    for (size_t i = 0; i < l->count; i++) {
        const struct event *e = &l->events[i];

        if (!str_eq(e->site, l->p->options.site))
            continue;
        judged += is_kind(e, "note_judged") ? (i64)e->stream_count : 0;
        flagged += is_kind(e, "note_flagged");
    }
    claim(l->w, judged == flagged, "a reader's effect is missing or doubled");
}

void check_peer(struct world *w, struct peer *p)
{
    scoped_arena a = arena_open();
    struct ledger_copy l = copy_of(w, p, a);
    struct verdict verdict;

    must(w, node_verify(a, p->node, true, &verdict), "verify");
    for (size_t i = 0; i < verdict.flaws.count; i++) {
        const struct flaw *f = &verdict.flaws.at[i];

        (void)printf("flaw at %lld in %s: %.*s\n", (long long)f->no, f->where, STR(f->what));
    }
    claim(w, verdict.flaws.count == 0, "verify finds flaws");
    check_order(&l);
    check_answers(&l);
    check_disk(w, p);
    check_heads(&l);
    check_epochs(&l);
    check_clocks(&l);
    check_readers(&l);
    claim(w, str_eq(fold_notes(&l), dump(w, a, node_db(p->node), "note")),
          "notes differ from the fold");
    claim(w, dump(w, a, node_db(p->node), "quarantine").len == 0, "an event is parked for good");
    check_shuffled(&l);
}

/* ---- both nodes --------------------------------------------------------------------------- */

static size_t travelling(const struct ledger_copy *l)
{
    size_t count = 0;

    for (size_t i = 0; i < l->count; i++)
        count +=
            !is_kind(&l->events[i], "epoch_started") && !is_kind(&l->events[i], "ferry_received");
    return count;
}

/* Rows of notes that node `number` (and those after it) made. */
static str rows_of(struct arena *a, str table, i64 number)
{
    struct buf out = buf_in(a);

    for (str rest = table, line; str_split(&rest, '\n', &line);) {
        str id = line;
        i64 n;

        id.len = (size_t)str_find(line, S("|"));
        if (line.len == 0 || str_i64(id, &n) != OK || n >> 44 < number)
            continue;
        buf_str(&out, line);
        buf_byte(&out, '\n');
    }
    return buf_text(&out);
}

static void check_erased_abroad(struct ledger_copy *there, const struct peer *here)
{
    for (size_t i = 0; i < there->count; i++)
        for (size_t f = 0; f < there->events[i].count; f++) {
            const struct field *field = &there->events[i].fields[f];
            bool found;
            str json;

            if (!class_is_person(field->class) || !is_erased(here, field->person))
                continue;
            must(there->w,
                 vault_open(there->arena, there->p->node, &there->events[i],
                            str_z(there->arena, field->name), &json, &found),
                 "vault");
            claim(there->w, !found, "an erased value can be read at the neighbour");
        }
}

void check_pair(struct world *w)
{
    static const char *const same[] = {"note", "clock", "agenda"};
    scoped_arena a = arena_open();
    struct peer *internal = &w->peers[0], *public = &w->peers[1];
    struct ledger_copy one = copy_of(w, internal, a), two = copy_of(w, public, a);

    claim(w, travelling(&one) == travelling(&two), "the nodes don't hold the same events");
    for (size_t i = 0; i < COUNT(same); i++)
        claim(w,
              str_eq(dump(w, a, node_db(internal->node), same[i]),
                     dump(w, a, node_db(public->node), same[i])),
              same[i]);
    claim(w,
          str_eq(rows_of(a, dump(w, a, node_db(internal->node), "note_internal"), 20),
                 dump(w, a, node_db(public->node), "note_internal")),
          "replay of the filtered ledger isn't the filter of the replayed one");
    check_erased_abroad(&one, public);
    check_erased_abroad(&two, internal);
}
