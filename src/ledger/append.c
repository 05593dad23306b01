#include "ledger/ledger_int.h"

/* In the order in which they are hashed; docs/LEDGER-FORMAT.md. */
const struct field_decl envelope_decl[] = {
    {"id", FIELD_P},      {"streams", FIELD_P}, {"at", FIELD_P},          {"recorded", FIELD_P},
    {"origin", FIELD_P},  {"actor", FIELD_I},   {"post", FIELD_P},        {"body", FIELD_P},
    {"behalf", FIELD_I},  {"channel", FIELD_P}, {"idempotency", FIELD_P}, {"cause", FIELD_P},
    {"request", FIELD_I}, {"models", FIELD_P},
};
static_assert(COUNT(envelope_decl) == ENVELOPE, "the envelope's size is part of the format");

static const struct event_kind *const own_kinds[] = {&epoch_started_1, &person_erased_1,
                                                     &ferry_received_1};

static const struct event_kind *find_in(const struct event_kind *const *kinds, size_t count,
                                        str name, int version)
{
    for (size_t i = 0; i < count; i++)
        if (kinds[i]->version == version && str_eq(str_of(kinds[i]->name), name))
            return kinds[i];
    return NULL;
}

const struct event_kind *kind_find(const struct node *n, str name, int version)
{
    const struct event_kind *k = find_in(n->o.kinds, n->o.kind_count, name, version);

    return k ? k : find_in(own_kinds, COUNT(own_kinds), name, version);
}

/* ---- apply -------------------------------------------------------------------------------- */

/* A copy that apply may see: persons' values are closed, so no projection can hold one. */
static struct event for_apply(struct arena *a, const struct event *e)
{
    struct event copy = *e;

    copy.fields = NEW_N(a, e->count, struct field);
    memcpy(copy.fields, e->fields, e->count * sizeof *copy.fields);
    for (size_t i = 0; i < copy.count; i++)
        if (class_is_person(copy.fields[i].class))
            copy.fields[i].open = false;
    return copy;
}

fallible node_apply(struct node *n, struct db *db, struct arena *a, const struct event *e)
{
    const struct event_kind *kind = kind_find(n, e->kind, e->version);
    struct event now = for_apply(a, e);

    REQUIRE(kind != NULL, ERR_UNSUPPORTED, "no kind %.*s %d", STR(e->kind), e->version);
    while (kind->upcast != NULL) {
        kind->upcast(a, &now);
        now.version++;
        kind = kind_find(n, e->kind, now.version);
        REQUIRE(kind != NULL, ERR_UNSUPPORTED, "no kind %.*s %d", STR(e->kind), now.version);
    }
    if (kind->apply != NULL)
        kind->apply(db, a, &now);
    return OK;
}

/* ---- append ------------------------------------------------------------------------------- */

static fallible put_streams(struct node *n, struct arena *a, const struct event *e)
{
    for (size_t i = 0; i < e->stream_count; i++) {
        const struct stream_ref *s = &e->streams[i];
        struct sql_stream_get row;
        bool found;

        TRY(sql_stream_get(a, n->db, s->kind, s->id, &row, &found));
        REQUIRE(!found || s->version > row.version, ERR_CONFLICT, "stream %.*s %lld is at %lld",
                STR(s->kind), (long long)s->id, (long long)row.version);
        sql_stream_set(n->db, s->kind, s->id, s->version, e->site);
        sql_event_stream_put(n->db, s->kind, s->id, s->version, e->no);
    }
    return OK;
}

/* Persons' values that are known go to the vault; a value of an erased person is dropped. */
static fallible put_vault(struct node *n, struct arena *a, struct event *e)
{
    for (size_t i = 0; i < e->count; i++) {
        struct field *f = &e->fields[i];
        bool kept;

        if (f->open && class_is_person(f->class) && !str_eq(f->json, S("null")))
            TRY(vault_seal(a, n, e->id, f, &kept));
    }
    return OK;
}

/* Numbers, stores and applies an event whose fields have their commitments. */
fallible append_event(struct node *n, struct arena *a, struct event *e)
{
    e->no = n->ahead.next_no++;
    e->epoch = n->epoch;
    event_commit(e);
    sql_event_put(n->db, e->no, e->epoch, e->id, e->kind, e->version, e->recorded, e->site,
                  (str){(char *)e->entry, ENTRY_SIZE}, event_body(a, e), event_salts(a, e));
    TRY(put_streams(n, a, e));
    TRY(put_vault(n, a, e));
    TRY(tree_add(n, e->entry));
    return node_apply(n, n->db, a, e);
}

/* ---- emit --------------------------------------------------------------------------------- */

static str streams_json(struct arena *a, const struct stream_ref *streams, size_t count)
{
    struct buf b = buf_in(a);

    buf_byte(&b, '[');
    for (size_t i = 0; i < count; i++)
        buf_format(&b, "%s[\"%.*s\",\"%lld\",%lld]", i ? "," : "", STR(streams[i].kind),
                   (long long)streams[i].id, (long long)streams[i].version);
    buf_byte(&b, ']');
    return buf_text(&b);
}

static str origin_json(const struct node *n, struct arena *a, i64 no)
{
    struct buf b = buf_in(a);

    buf_format(&b,
               "{\"epoch\":%lld,\"node\":%lld,\"number\":\"%lld\",\"site\":", (long long)n->epoch,
               (long long)n->number, (long long)no);
    json_quote(&b, n->o.site);
    buf_byte(&b, '}');
    return buf_text(&b);
}

static struct value id_or_absent(struct arena *a, i64 id)
{
    return id ? value_id(a, id) : value_absent();
}

static struct value text_or_absent(struct arena *a, str text)
{
    return text.len ? value_text(a, text) : value_absent();
}

static struct value mandate_json(struct arena *a, const struct authority *by)
{
    if (by->behalf == 0)
        return value_absent();
    return (struct value){.json = str_format(a, "{\"mandate\":\"%lld\",\"person\":\"%lld\"}",
                                             (long long)by->mandate, (long long)by->behalf)};
}

/* Values in the order of envelope_decl. */
static void envelope(struct tx *tx, const struct event *e, struct value v[ENVELOPE])
{
    struct arena *a = tx->arena;
    struct node *n = tx->node;

    v[0] = value_id(a, e->id);
    v[1] = (struct value){.json = streams_json(a, e->streams, e->stream_count)};
    v[2] = value_i64(a, tx->at.ms);
    v[3] = value_i64(a, e->recorded);
    v[4] = (struct value){.json = origin_json(n, a, n->ahead.next_no)};
    v[5] = id_or_absent(a, tx->by.actor);
    v[6] = id_or_absent(a, tx->by.post);
    v[7] = id_or_absent(a, tx->by.body);
    v[8] = mandate_json(a, &tx->by);
    v[9] = text_or_absent(a, tx->by.channel);
    v[10] = text_or_absent(a, tx->once_key);
    v[11] = text_or_absent(a, tx->cause);
    v[12] = text_or_absent(a, tx->request);
    v[13] = text_or_absent(a, tx->models);
}

static void fill(struct field *f, const struct field_decl *decl, const struct value *v)
{
    f->name = str_of(decl->name);
    f->class = decl->class;
    f->open = true;
    f->json = v->json.ptr ? v->json : S("null");
    f->person = v->person;
    random_fill(f->salt, SALT_SIZE);
    field_commit(f);
}

static fallible number_streams(struct tx *tx, const struct stream_ref *streams, size_t count,
                               struct event *e)
{
    assert(count > 0 && count <= STREAMS_MOST);
    for (size_t i = 0; i < count; i++) {
        struct sql_stream_get row;
        bool found;

        TRY(sql_stream_get(tx->arena, tx->db, streams[i].kind, streams[i].id, &row, &found));
        REQUIRE(!found || str_eq(row.home, tx->node->o.site), ERR_STATE,
                "stream %.*s %lld is at home in %.*s", STR(streams[i].kind),
                (long long)streams[i].id, STR(row.home));
        e->streams[i] = streams[i];
        e->streams[i].version = found ? row.version + 1 : 1;
    }
    e->stream_count = count;
    return OK;
}

/* Keys that may be taken once: the command's by its first event, the cause by each stream. */
static fallible take_once(struct tx *tx, const struct event *e)
{
    if (tx->once_key.len) {
        sql_once_put(tx->db, tx->once_key, e->no, (str){(char *)tx->once_content.at, 32});
        tx->once_key = S("");
    }
    for (size_t i = 0; tx->cause.len && i < e->stream_count; i++) {
        const struct stream_ref *s = &e->streams[i];
        struct sql_once_get row;
        bool found;
        str key = str_format(tx->arena, "cause|%.*s|%.*s|%lld", STR(tx->cause), STR(s->kind),
                             (long long)s->id);

        TRY(sql_once_get(tx->arena, tx->db, key, &row, &found));
        REQUIRE(!found, ERR_CONFLICT, "%.*s has been seen", STR(key));
        sql_once_put(tx->db, key, e->no, (str){0});
    }
    return OK;
}

i64 tx_id(struct tx *tx)
{
    struct node *n = tx->node;

    assert(n->ahead.counter + 1 < 1LL << COUNTER_BITS);
    return n->number << COUNTER_BITS | ++n->ahead.counter;
}

static i64 recorded_now(struct node *n)
{
    i64 now = n->o.clock.system(n->o.clock.ctx).ms;

    if (now > n->ahead.last_recorded)
        n->ahead.last_recorded = now;
    return n->ahead.last_recorded;
}

/* An S value of somebody who is gone is committed as null. */
static fallible drop_erased(struct tx *tx, const struct event_kind *kind, struct value *values)
{
    for (size_t i = 0; i < kind->count; i++) {
        bool erased;

        if (!class_is_person(kind->fields[i].class) || values[i].json.ptr == NULL)
            continue;
        TRY(vault_erased(tx->arena, tx->node, values[i].person, &erased));
        if (erased)
            values[i].json = (str){0};
    }
    return OK;
}

fallible emit(struct tx *tx, const struct event_kind *kind, const struct stream_ref *streams,
              size_t stream_count, const struct value *values)
{
    struct arena *a = tx->arena;
    struct event e = {
        .kind = str_of(kind->name), .version = kind->version, .site = tx->node->o.site};
    struct value head[ENVELOPE], own[FIELDS_MOST];

    assert(tx->allowed && kind->count + ENVELOPE <= FIELDS_MOST);
    TRY(number_streams(tx, streams, stream_count, &e));
    if (kind->count)
        memcpy(own, values, kind->count * sizeof *own);
    TRY(drop_erased(tx, kind, own));
    e.id = tx_id(tx);
    e.no = tx->node->ahead.next_no;
    e.recorded = recorded_now(tx->node);
    if (tx->first_event == 0)
        tx->first_event = e.id;
    envelope(tx, &e, head);
    TRY(take_once(tx, &e));

    e.count = ENVELOPE + kind->count;
    e.fields = NEW_N(a, e.count, struct field);
    for (size_t i = 0; i < e.count; i++)
        fill(&e.fields[i], i < ENVELOPE ? &envelope_decl[i] : &kind->fields[i - ENVELOPE],
             i < ENVELOPE ? &head[i] : &own[i - ENVELOPE]);
    return append_event(tx->node, a, &e);
}

/* ---- commands ----------------------------------------------------------------------------- */

static str once_key_of(struct arena *a, const struct command *c)
{
    return str_format(a, "key|%lld|%s|%.*s", (long long)c->by.actor, c->name, STR(c->key));
}

/* Was this command done before? The same key with other content is refused. */
static fallible find_again(struct node *n, struct command *c, str key)
{
    struct arena *a = n->batch_arena;
    struct sql_once_get row;
    struct sql_events_from_rows events;
    bool found;

    TRY(sql_once_get(a, n->db, key, &row, &found));
    if (!found)
        return OK;
    REQUIRE(str_eq(row.content, (str){(char *)c->content.at, 32}), ERR_KEY_REUSED,
            "%.*s came with other content", STR(key));
    TRY(sql_events_from(a, n->db, row.no, 1, &events));
    assert(events.count == 1);
    c->again = true;
    c->first_event = events.at[0].id;
    return OK;
}

static fallible run_command(void *ctx, struct job *job)
{
    struct node *n = ctx;
    struct command *c = (struct command *)job; /* job is its first member */
    struct tx tx = {
        .node = n,
        .db = n->db,
        .arena = n->batch_arena,
        .by = c->by,
        .at = n->o.clock.civil(n->o.clock.ctx),
        .request = c->request,
        .models = c->models,
        .cause = c->cause,
        .allowed = c->allowed,
    };

    c->again = false;
    c->first_event = 0;
    if (c->key.len) {
        tx.once_key = once_key_of(tx.arena, c);
        tx.once_content = c->content;
        TRY(find_again(n, c, tx.once_key));
        if (c->again)
            return OK;
    }
    TRY(c->run(&tx, c->input));
    c->first_event = tx.first_event;
    return OK;
}

static fallible batch_begin(void *ctx)
{
    struct node *n = ctx;

    n->ahead = n->kept = n->edge;
    return OK;
}

static void job_keep(void *ctx)
{
    struct node *n = ctx;

    n->kept = n->ahead;
}

static void job_undo(void *ctx)
{
    struct node *n = ctx;

    n->ahead = n->kept;
}

/* Persons' keys must be durable before the values that are sealed under them. */
static fallible batch_before(void *ctx)
{
    struct node *n = ctx;

    if (!n->keys_open)
        return OK;
    TRY(db_commit(n->keys));
    n->keys_open = false;
    return OK;
}

static void batch_end(struct node *n)
{
    if (n->keys_open)
        db_rollback(n->keys);
    n->keys_open = false;
    arena_close(n->batch_arena);
    n->batch_arena = arena_open();
}

static void batch_committed(void *ctx)
{
    struct node *n = ctx;

    n->edge = n->ahead;
    batch_end(n);
}

static void batch_rolled_back(void *ctx)
{
    struct node *n = ctx;

    n->ahead = n->edge;
    batch_end(n);
}

fallible node_commands(struct node *n, struct command **commands, size_t count)
{
    static const struct writer_hooks hooks = {batch_begin,  job_keep,        job_undo,
                                              batch_before, batch_committed, batch_rolled_back};
    struct writer_target target = {.db = n->db, .hooks = &hooks, .ctx = n};
    scoped_arena a = arena_open();
    struct job **jobs = NEW_N(a, count, struct job *);

    for (size_t i = 0; i < count; i++) {
        commands[i]->job.run = run_command;
        jobs[i] = &commands[i]->job;
    }
    return writer_batch(&target, jobs, count);
}

fallible node_batch(struct node *n, struct command **commands, size_t count)
{
    return node_commands(n, commands, count);
}
