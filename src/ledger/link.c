#include "ledger/ledger_int.h"

/*
 * Ferry packages between neighbours: 64 bytes of Ed25519 over «ferry|from|to|» and the rest, which
 * is SM4-GCM over a JSON text. A package's number keeps its run of the sender's ledger; its content
 * is made anew each time, so that what was erased meanwhile doesn't come back.
 */

enum { RUN_MOST = 256, SIGNATURE = 64, PACKAGE_MOST = 64 << 20 };

static const struct field_decl ferry_received_fields[] = {
    {"from", FIELD_P}, {"epoch", FIELD_P}, {"number", FIELD_P}, {"events", FIELD_P}};

static void apply_ferry_received(struct db *db, struct arena *a, const struct event *e)
{
    sql_link_in_set(db, event_text(a, e, "from"), event_i64(e, "epoch"), event_i64(e, "number"));
}

const struct event_kind ferry_received_1 = {.name = "ferry_received",
                                            .version = 1,
                                            .local = true,
                                            .fields = ferry_received_fields,
                                            .count = COUNT(ferry_received_fields),
                                            .apply = apply_ferry_received};

/* ---- packing ------------------------------------------------------------------------------ */

/* Open: [name,class,value,salt(,person)]; closed: [name,class,null,"#commitment"(,person)]. */
static void wire_field(struct buf *out, const struct field *f)
{
    static const char *const classes[] = {"P", "I", "PS", "IS"};

    buf_byte(out, '[');
    json_quote(out, f->name);
    buf_format(out, ",\"%s\",", classes[f->class]);
    if (f->open) {
        buf_str(out, f->json);
        buf_format(out, ",\"%.*s\"", STR(hex_of(out->arena, f->salt, SALT_SIZE)));
    } else {
        buf_format(out, "null,\"#%.*s\"", STR(hex_of(out->arena, f->commitment.at, 32)));
    }
    buf_format(out, ",\"%lld\"]", (long long)f->person);
}

/* Closes what that side may not see, and opens from the vault what it may. */
static fallible wire_filter(struct arena *a, struct node *n, bool internal, const struct event *e,
                            struct field *f)
{
    bool found;

    if (class_is_internal(f->class) && !internal)
        f->open = false;
    else if (!f->open && class_is_person(f->class))
        return vault_field(a, n, e->id, f, &found);
    return OK;
}

static void wire_event(struct buf *out, const struct event *e)
{
    buf_format(out, "{\"entry\":\"%.*s\",\"fields\":[",
               STR(hex_of(out->arena, e->entry, ENTRY_SIZE)));
    for (size_t i = 0; i < e->count; i++) {
        if (i)
            buf_byte(out, ',');
        wire_field(out, &e->fields[i]);
    }
    buf_z(out, "],\"kind\":");
    json_quote(out, e->kind);
    buf_format(out, ",\"version\":%d}", e->version);
}

static bool to_send(const struct node *n, const struct link *l, str kind, i64 version, str site)
{
    const struct event_kind *k = kind_find(n, kind, (int)version);

    return !str_eq(site, l->site) && (k == NULL || !k->local);
}

static fallible pack_events(struct arena *a, struct node *n, const struct link *l,
                            const struct sql_link_out_after *run, struct buf *out)
{
    struct sql_events_between_rows rows;
    bool any = false;

    TRY(sql_events_between(a, n->db, run->first_no, run->last_no, &rows));
    for (size_t i = 0; i < rows.count; i++) {
        struct event e;

        if (!to_send(n, l, rows.at[i].kind, rows.at[i].version, rows.at[i].site))
            continue;
        TRY(event_read(a, rows.at[i].body, rows.at[i].salts, &e));
        for (size_t f = 0; f < e.count; f++)
            TRY(wire_filter(a, n, l->internal, &e, &e.fields[f]));
        if (any)
            buf_byte(out, ',');
        any = true;
        wire_event(out, &e);
    }
    return OK;
}

static str ferry_label(struct arena *a, str from, str to)
{
    return str_format(a, "ferry|%.*s|%.*s|", STR(from), STR(to));
}

static fallible seal(struct arena *a, struct node *n, const struct link *l, str plain, str *out)
{
    str label = ferry_label(a, n->o.site, l->site), sealed, signature;
    struct buf signed_text = buf_in(a), package = buf_in(a);

    TRY(sm4_gcm_seal(a, &l->key, label, plain, &sealed));
    buf_str(&signed_text, label);
    buf_str(&signed_text, sealed);
    TRY(key_sign(a, n->ed25519, buf_text(&signed_text), &signature));
    assert(signature.len == SIGNATURE);
    buf_str(&package, signature);
    buf_str(&package, sealed);
    *out = buf_text(&package);
    return OK;
}

/* Package `run`, or with number 0 one that only acknowledges. */
static fallible pack(struct arena *a, struct node *n, const struct link *l,
                     const struct sql_link_out_after *run, str *out)
{
    struct sql_link_in_get in = {0};
    struct sql_link_ack_get known = {0};
    struct buf json = buf_in(a);
    bool found;

    TRY(sql_link_in_get(a, n->db, l->site, &in, &found));
    TRY(sql_link_ack_get(a, n->db, l->site, &known, &found));
    buf_format(&json, "{\"acked\":%lld,\"acked_epoch\":%lld,\"epoch\":%lld,\"events\":[",
               (long long)in.number, (long long)in.epoch, (long long)n->epoch);
    if (run->number)
        TRY(pack_events(a, n, l, run, &json));
    buf_format(&json, "],\"number\":%lld,\"receiver\":%lld}", (long long)run->number,
               (long long)known.epoch);
    return seal(a, n, l, buf_text(&json), out);
}

/* The next run that has anything for the neighbour, if there is one; its number is taken. */
static fallible new_run(struct arena *a, struct node *n, const struct link *l,
                        struct sql_link_out_after *run, bool *any)
{
    struct sql_link_out_last last = {.number = 0, .last_no = -1};
    struct sql_events_between_rows rows;
    bool found;

    TRY(sql_link_out_last(a, n->db, l->site, n->epoch, &last, &found));
    if (!found)
        last = (struct sql_link_out_last){0, -1};
    run->number = last.number + 1;
    run->first_no = last.last_no + 1;
    run->last_no = run->first_no + RUN_MOST - 1;
    if (run->last_no >= n->edge.next_no)
        run->last_no = n->edge.next_no - 1;
    TRY(sql_events_between(a, n->db, run->first_no, run->last_no, &rows));
    *any = rows.count == RUN_MOST;
    for (size_t i = 0; i < rows.count && !*any; i++)
        *any = to_send(n, l, rows.at[i].kind, rows.at[i].version, rows.at[i].site);
    if (!*any)
        return OK;

    TRY(db_begin(n->db));
    sql_link_out_put(n->db, l->site, n->epoch, run->number, run->first_no, run->last_no);
    err e = db_commit(n->db);
    if (e != OK)
        db_rollback(n->db);
    return e;
}

fallible link_pack(struct arena *a, struct node *n, const struct link *l, str **packages,
                   size_t *count)
{
    struct sql_link_ack_get ack = {0};
    struct sql_link_out_after_rows waiting;
    struct sql_link_out_after next = {0};
    VEC(str) out = {0};
    bool found, any;
    str package;

    TRY(sql_link_ack_get(a, n->db, l->site, &ack, &found));
    TRY(sql_link_out_after(a, n->db, l->site, n->epoch, ack.ours == n->epoch ? ack.acked : 0,
                           &waiting));
    for (size_t i = 0; i < waiting.count; i++) {
        TRY(pack(a, n, l, &waiting.at[i], &package));
        vec_push(a, &out, package);
    }
    TRY(new_run(a, n, l, &next, &any));
    if (!any)
        next = (struct sql_link_out_after){0};
    if (any || out.count == 0) {
        TRY(pack(a, n, l, &next, &package));
        vec_push(a, &out, package);
    }
    *packages = out.at;
    *count = out.count;
    return OK;
}

/* ---- reading a package -------------------------------------------------------------------- */

struct package {
    const struct link *link;
    i64 epoch, number, receiver, acked, acked_epoch;
    struct event *events;
    size_t count;
    enum taken how;
};

static fallible wire_read_field(struct arena *a, const struct json *item, struct field *f)
{
    static const char *const classes[] = {"P", "I", "PS", "IS"};
    bool known = false;

    REQUIRE(item->kind == J_ARRAY && item->count == 5, ERR_SYNTAX, "no field");
    const struct json *name = item->child, *class = name->next, *value = class->next;
    const struct json *salt = value->next, *person = salt->next;
    REQUIRE(name->kind == J_STRING && class->kind == J_STRING && salt->kind == J_STRING &&
                person->kind == J_STRING && name->text.len <= 255,
            ERR_SYNTAX, "no field");
    f->name = name->text;
    for (int c = 0; c < (int)COUNT(classes) && !known; c++) {
        f->class = (enum field_class)c;
        known = str_eq(class->text, str_of(classes[c]));
    }
    REQUIRE(known, ERR_SYNTAX, "no class");
    TRY(str_i64(person->text, &f->person));
    if (str_starts(salt->text, S("#")))
        return hex_to(str_sub(salt->text, 1, salt->text.len), f->commitment.at, 32);

    struct buf json = buf_in(a);
    REQUIRE(json_has_canonical(value), ERR_SYNTAX, "a number that no field holds");
    json_canonical(&json, value);
    f->json = buf_text(&json);
    f->open = true;
    TRY(hex_to(salt->text, f->salt, SALT_SIZE));
    field_commit(f);
    return OK;
}

/* The event of a wire text; its leaf must be the one that the sender names. */
static fallible wire_read(struct arena *a, const struct json *item, struct event *e)
{
    const struct json *fields = json_get(item, S("fields"));
    struct event read = {.kind = json_str(item, S("kind"))}, parsed;
    u8 entry[ENTRY_SIZE];
    i64 version;

    REQUIRE(fields != NULL && fields->kind == J_ARRAY && fields->count <= FIELDS_MOST &&
                read.kind.len > 0 && read.kind.len < 256,
            ERR_SYNTAX, "no event");
    TRY(json_i64(item, S("version"), &version));
    REQUIRE(version > 0 && version < 65536, ERR_SYNTAX, "no event");
    TRY(hex_to(json_str(item, S("entry")), entry, ENTRY_SIZE));
    read.version = (int)version;
    read.fields = NEW_N(a, fields->count + 1, struct field);
    for (const struct json *f = fields->child; f != NULL; f = f->next)
        TRY(wire_read_field(a, f, &read.fields[read.count++]));
    event_commit(&read);
    REQUIRE(memcmp(entry, read.entry, ENTRY_SIZE) == 0, ERR_CORRUPT, "another leaf");

    /* The stored form tells id, site and streams; the values that it closes come from the wire. */
    TRY(event_read(a, event_body(a, &read), event_salts(a, &read), &parsed));
    parsed.fields = read.fields;
    *e = parsed;
    return OK;
}

static fallible open_package(struct arena *a, struct node *n, const struct link *l, str bytes,
                             str *plain)
{
    str label = ferry_label(a, l->site, n->o.site);
    struct buf signed_text = buf_in(a);

    REQUIRE(bytes.len > SIGNATURE && bytes.len <= PACKAGE_MOST, ERR_SYNTAX, "no package");
    str sealed = str_sub(bytes, SIGNATURE, bytes.len);
    buf_str(&signed_text, label);
    buf_str(&signed_text, sealed);
    TRY(key_verify(KEY_ED25519, l->neighbour_key, buf_text(&signed_text),
                   str_sub(bytes, 0, SIGNATURE)));
    return sm4_gcm_open(a, &l->key, label, sealed, plain);
}

static fallible read_package(struct arena *a, struct node *n, const struct link *l, str bytes,
                             struct package *p)
{
    struct json *json;
    str plain;

    TRY(open_package(a, n, l, bytes, &plain));
    TRY(json_read(a, plain, &json));
    p->link = l;
    TRY(json_i64(json, S("epoch"), &p->epoch));
    TRY(json_i64(json, S("number"), &p->number));
    TRY(json_i64(json, S("receiver"), &p->receiver));
    TRY(json_i64(json, S("acked"), &p->acked));
    TRY(json_i64(json, S("acked_epoch"), &p->acked_epoch));
    const struct json *events = json_get(json, S("events"));
    REQUIRE(events != NULL && events->kind == J_ARRAY && events->count <= RUN_MOST, ERR_SYNTAX,
            "no events");
    p->events = NEW_N(a, events->count + 1, struct event);
    for (const struct json *e = events->child; e != NULL; e = e->next)
        TRY(wire_read(a, e, &p->events[p->count++]));
    return OK;
}

/* ---- taking ------------------------------------------------------------------------------- */

/* The streams that are parked, as |kind:id| in one text. */
static str park_marks(struct arena *a, const struct event *e)
{
    struct buf b = buf_in(a);

    buf_byte(&b, '|');
    for (size_t i = 0; i < e->stream_count; i++)
        buf_format(&b, "%.*s:%lld|", STR(e->streams[i].kind), (long long)e->streams[i].id);
    return buf_text(&b);
}

static bool is_parked(struct arena *a, const struct buf *parked, const struct event *e)
{
    for (size_t i = 0; i < e->stream_count; i++)
        if (str_find(buf_text(parked), str_format(a, "|%.*s:%lld|", STR(e->streams[i].kind),
                                                  (long long)e->streams[i].id)) >= 0)
            return true;
    return false;
}

static fallible load_parked(struct arena *a, struct node *n, struct buf *parked)
{
    struct sql_quarantine_all_rows rows;

    TRY(sql_quarantine_all(a, n->db, &rows));
    for (size_t i = 0; i < rows.count; i++)
        buf_str(parked, rows.at[i].streams);
    return OK;
}

/* Outside the ledger, but its persons' values in the vault like everybody's. */
static fallible park(struct tx *tx, const struct package *p, i64 seq, struct event *e)
{
    struct buf wire = buf_in(tx->arena);

    for (size_t i = 0; i < e->count; i++) {
        struct field *f = &e->fields[i];
        bool kept;

        if (!f->open || !class_is_person(f->class) || str_eq(f->json, S("null")))
            continue;
        TRY(vault_seal(tx->arena, tx->node, e->id, f, &kept));
        f->open = false;
    }
    wire_event(&wire, e);
    sql_quarantine_put(tx->db, p->link->site, p->number, seq, e->id, park_marks(tx->arena, e),
                       buf_text(&wire));
    return OK;
}

/* Is it here already? The same id with another leaf is an alarm. */
static fallible is_known(struct tx *tx, const struct event *e, bool *known)
{
    struct sql_event_by_id row;
    struct sql_quarantine_has parked;

    TRY(sql_event_by_id(tx->arena, tx->db, e->id, &row, known));
    if (*known) {
        REQUIRE(memcmp(row.entry.ptr, e->entry, ENTRY_SIZE) == 0, ERR_CORRUPT,
                "id %lld has two leaves", (long long)e->id);
        return OK;
    }
    return sql_quarantine_has(tx->arena, tx->db, e->id, &parked, known);
}

static fallible take_event(struct tx *tx, const struct package *p, size_t seq, struct buf *parked)
{
    struct event *e = &p->events[seq];
    bool known;

    REQUIRE(!str_eq(e->site, tx->node->o.site), ERR_CORRUPT, "an event of ours comes back");
    TRY(is_known(tx, e, &known));
    if (known)
        return OK;
    if (kind_find(tx->node, e->kind, e->version) != NULL && !is_parked(tx->arena, parked, e))
        return append_event(tx->node, tx->arena, e);
    buf_str(parked, park_marks(tx->arena, e));
    return park(tx, p, (i64)seq, e);
}

/* Erasures act before anything else of the package does. */
static fallible take_erasures(struct tx *tx, const struct package *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (!str_eq(p->events[i].kind, S("person_erased")))
            continue;
        i64 person = event_i64(&p->events[i], "person");

        TRY(vault_forget(tx->node, person, S("from a neighbour")));
        sql_vault_erase(tx->db, person);
    }
    return OK;
}

/* An acknowledgement counts for our epoch only, and falls only with a new epoch of theirs. */
static fallible take_ack(struct tx *tx, const struct package *p)
{
    struct sql_link_ack_get was = {0};
    i64 acked = p->acked_epoch == tx->node->epoch ? p->acked : 0;
    bool found;

    TRY(sql_link_ack_get(tx->arena, tx->db, p->link->site, &was, &found));
    if (found && was.epoch == p->epoch && was.ours == tx->node->epoch && was.acked >= acked)
        return OK;
    sql_link_ack_set(tx->db, p->link->site, p->epoch, tx->node->epoch, acked);
    return OK;
}

static fallible emit_received(struct tx *tx, const struct package *p)
{
    struct arena *a = tx->arena;
    struct value v[] = {value_text(a, p->link->site), value_i64(a, p->epoch),
                        value_i64(a, p->number), value_i64(a, (i64)p->count)};
    struct stream_ref stream = {.kind = str_format(a, "link %.*s", STR(p->link->site)), .id = 1};

    return emit(tx, &ferry_received_1, &stream, 1, v);
}

static fallible take_run(struct tx *tx, void *input)
{
    struct package *p = input;
    struct sql_link_in_get in = {0};
    struct buf parked = buf_in(tx->arena);
    bool found;

    TRY(sql_link_in_get(tx->arena, tx->db, p->link->site, &in, &found));
    p->how = TAKEN_NOT;
    if (p->epoch < in.epoch || (p->receiver != 0 && p->receiver != tx->node->epoch))
        return OK;
    i64 taken = p->epoch == in.epoch ? in.number : 0;
    if (p->number > taken + 1)
        return OK;
    p->how = p->number == taken + 1 ? TAKEN : TAKEN_BEFORE;
    TRY(take_ack(tx, p));
    if (p->how == TAKEN_BEFORE)
        return OK;
    TRY(take_erasures(tx, p));
    TRY(load_parked(tx->arena, tx->node, &parked));
    for (size_t i = 0; i < p->count; i++)
        TRY(take_event(tx, p, i, &parked));
    return emit_received(tx, p);
}

fallible link_take(struct node *n, const struct link *l, str bytes, enum taken *how)
{
    scoped_arena a = arena_open();
    struct package p = {0};
    struct command c = {.run = take_run,
                        .input = &p,
                        .name = "ferry",
                        .allowed = true,
                        .by = {.channel = S("ferry")}};
    struct command *one = &c;
    err bad = read_package(a, n, l, bytes, &p);

    *how = TAKEN_NOT;
    if (bad != OK) {
        log_line(LOG_WARN, "link.refused", "why=\"%s\"", bad->message);
        return OK;
    }
    TRY(node_commands(n, &one, 1));
    if (c.job.refused) {
        log_line(LOG_ERROR, "link.stuck", "number=%lld why=\"%s\"", (long long)p.number,
                 c.job.why.message);
        return OK;
    }
    *how = p.how;
    return OK;
}

/* ---- what is parked ----------------------------------------------------------------------- */

static fallible retry_all(struct tx *tx, void *input)
{
    struct sql_quarantine_all_rows rows;
    struct buf parked = buf_in(tx->arena);

    (void)input;
    TRY(sql_quarantine_all(tx->arena, tx->db, &rows));
    for (size_t i = 0; i < rows.count; i++) {
        struct json *json;
        struct event e;

        TRY(json_read(tx->arena, rows.at[i].wire, &json));
        TRY(wire_read(tx->arena, json, &e));
        if (kind_find(tx->node, e.kind, e.version) == NULL || is_parked(tx->arena, &parked, &e)) {
            buf_str(&parked, rows.at[i].streams);
            continue;
        }
        TRY(append_event(tx->node, tx->arena, &e));
        sql_quarantine_drop(tx->db, rows.at[i].site, rows.at[i].package, rows.at[i].seq);
    }
    return OK;
}

fallible link_retry(struct node *n)
{
    struct command c = {.run = retry_all, .name = "retry", .allowed = true};
    struct command *one = &c;

    TRY(node_commands(n, &one, 1));
    return c.job.refused ? err_again(&c.job.why) : OK;
}
