#include "ledger/receipt.h"
#include "ledger/ledger_int.h"

#define TITLE "yangguan.cn/receipt@v1"

/* ---- making ------------------------------------------------------------------------------- */

static fallible open_fields(struct arena *a, struct node *n, const struct receipt_holder *holder,
                            struct event *e)
{
    struct field *fields = NEW_N(a, e->count, struct field);
    bool found;

    memcpy(fields, e->fields, e->count * sizeof *fields);
    e->fields = fields;
    for (size_t i = 0; i < e->count; i++) {
        struct field *f = &fields[i];

        if (class_is_internal(f->class) && !holder->internal)
            f->open =
                f->open && class_is_person(f->class); /* that a person's value is absent stays */
        if (class_is_person(f->class) && !f->open && f->person == holder->person &&
            (holder->internal || !class_is_internal(f->class)))
            TRY(vault_field(a, n, e->id, f, &found));
    }
    return OK;
}

static fallible event_numbered(struct arena *a, struct node *n, i64 no, struct event *out)
{
    struct sql_events_from_rows rows;

    TRY(sql_events_from(a, n->db, no, 1, &rows));
    REQUIRE(rows.count == 1 && rows.at[0].no == no, ERR_NOT_FOUND, "no event %lld", (long long)no);
    TRY(event_read(a, rows.at[0].body, rows.at[0].salts, out));
    out->no = no;
    out->epoch = rows.at[0].epoch;
    return OK;
}

/* The newest epoch's first event names what it kept of the older ones. */
static fallible complete_by_kept(struct arena *a, struct node *n, const struct event *e,
                                 struct receipt *r)
{
    struct receipt_kept *k = &r->kept;
    struct sql_epoch_spans_rows spans;
    i64 start_no;

    TRY(node_epoch_start(a, n, e->epoch, &start_no));
    TRY(sql_epoch_spans(a, n->db, &spans));
    for (size_t i = 0; i < spans.count; i++)
        if (spans.at[i].epoch == e->epoch)
            k->size = spans.at[i].last - start_no + 1;
    k->epoch = e->epoch;
    k->index = (u64)(e->no - start_no);
    TRY(node_inclusion(a, n, e->epoch, (i64)k->index, k->size, &k->path));
    TRY(event_numbered(a, n, n->start_no, &k->first));
    TRY(node_proof(a, n, &k->first, &r->proof));
    k->is = r->complete = true;
    return OK;
}

static fallible complete(struct arena *a, struct node *n, const struct event *e, struct receipt *r)
{
    err bad = node_proof(a, n, e, &r->proof);

    r->complete = bad == OK;
    if (bad == OK || bad->code != ERR_STATE)
        return bad;
    return e->epoch < n->epoch ? complete_by_kept(a, n, e, r) : OK;
}

fallible receipt_make(struct arena *a, struct node *n, const struct event *e,
                      const struct receipt_holder *holder, struct receipt *out)
{
    struct receipt r = {.event = *e};
    struct sql_epochs_rows epochs;

    TRY(sql_epochs(a, n->keys, &epochs));
    for (size_t i = 0; i < epochs.count; i++)
        if (epochs.at[i].epoch == e->epoch) {
            r.log = epochs.at[i].origin;
            r.number = e->no - epochs.at[i].start_no;
        }
    TRY(open_fields(a, n, holder, &r.event));
    TRY(complete(a, n, e, &r));
    *out = r;
    return OK;
}

/* ---- writing ------------------------------------------------------------------------------ */

/*
 * A receipt's own form of a body: nothing stands in it that the entry doesn't hold. So an open
 * field has no class, and a closed one neither name nor class nor person.
 */
static str opened(struct arena *a, const struct event *e)
{
    struct buf out = buf_in(a);

    buf_z(&out, "{\"fields\":[");
    for (size_t i = 0; i < e->count; i++) {
        const struct field *f = &e->fields[i];

        buf_z(&out, i ? ",[" : "[");
        json_quote(&out, f->open ? f->name : hex_of(a, f->commitment.at, sizeof(digest)));
        if (f->open)
            buf_byte(&out, ',');
        buf_str(&out, f->open ? f->json : S(""));
        buf_byte(&out, ']');
    }
    buf_z(&out, "],\"kind\":");
    json_quote(&out, e->kind);
    buf_format(&out, ",\"version\":%d}", e->version);
    return buf_text(&out);
}

static str opened_salts(struct arena *a, const struct event *e)
{
    struct buf out = buf_in(a);

    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].open)
            buf_add(&out, e->fields[i].salt, SALT_SIZE);
    return buf_text(&out);
}

static void put_base64(struct buf *b, const char *name, str bytes)
{
    buf_format(b, "%s%.*s\n", name, STR(base64_of(b->arena, bytes.ptr, bytes.len)));
}

static void put_kept(struct buf *b, const struct receipt_kept *k)
{
    buf_format(b, "kept %lld %lld %llu\n", (long long)k->epoch, (long long)k->size,
               (unsigned long long)k->index);
    for (size_t i = 0; i < k->path.count; i++)
        put_base64(b, "", (str){(const char *)k->path.at[i].at, 32});
    put_base64(b, "salts ", opened_salts(b->arena, &k->first));
    buf_str(b, opened(b->arena, &k->first));
    buf_byte(b, '\n');
}

str receipt_text(struct arena *a, const struct receipt *r)
{
    struct buf b = buf_in(a);

    buf_format(&b, TITLE "\nevent %lld\nlog %.*s\nnumber %lld\n", (long long)r->event.id,
               STR(r->log), (long long)r->number);
    put_base64(&b, "entry ", (str){(const char *)r->event.entry, ENTRY_SIZE});
    put_base64(&b, "salts ", opened_salts(a, &r->event));
    buf_str(&b, opened(a, &r->event));
    buf_byte(&b, '\n');
    if (r->kept.is)
        put_kept(&b, &r->kept);
    if (r->complete) {
        buf_byte(&b, '\n');
        buf_str(&b, tlog_proof_text(a, &r->proof));
    }
    return buf_text(&b);
}

/* ---- reading ------------------------------------------------------------------------------ */

/* The next line, which begins so; *out is the rest of it. */
static fallible line_of(str *text, const char *begin, str *out)
{
    str line, want = str_of(begin);

    REQUIRE(str_find(*text, S("\n")) >= 0 && str_split(text, '\n', &line) && str_starts(line, want),
            ERR_SYNTAX, "no line «%s…»", begin);
    *out = str_sub(line, want.len, line.len);
    return OK;
}

static fallible number_of(str *text, const char *begin, i64 *out)
{
    str line;

    TRY(line_of(text, begin, &line));
    return str_i64(line, out);
}

static fallible field_of(struct arena *a, const struct json *item, str *salts, struct field *f)
{
    const struct json *first = item->child;
    struct buf value = buf_in(a);

    REQUIRE(item->kind == J_ARRAY && (item->count == 1 || item->count == 2) &&
                first->kind == J_STRING && first->text.len <= 255,
            ERR_SYNTAX, "no field");
    if (item->count == 1)
        return hex_to(first->text, f->commitment.at, sizeof(digest));
    REQUIRE(salts->len >= SALT_SIZE, ERR_SYNTAX, "salts are missing");
    REQUIRE(json_has_canonical(first->next), ERR_SYNTAX, "a number that no field holds");
    json_canonical(&value, first->next);
    *f = (struct field){.name = first->text, .open = true, .json = buf_text(&value)};
    memcpy(f->salt, salts->ptr, SALT_SIZE);
    *salts = str_sub(*salts, SALT_SIZE, salts->len);
    field_commit(f);
    return OK;
}

static fallible body_of(struct arena *a, str body, str salts, struct event *e)
{
    struct json *json;
    i64 version;

    TRY(json_read(a, body, &json));
    const struct json *fields = json_get(json, S("fields"));
    TRY(json_i64(json, S("version"), &version));
    *e = (struct event){.kind = json_str(json, S("kind")), .version = (int)version};
    REQUIRE(fields != NULL && fields->kind == J_ARRAY && fields->count <= FIELDS_MOST &&
                version > 0 && version < 65536 && e->kind.len > 0 && e->kind.len < 256,
            ERR_SYNTAX, "no event");
    e->fields = NEW_N(a, fields->count + 1, struct field);
    for (const struct json *item = fields->child; item != NULL; item = item->next)
        TRY(field_of(a, item, &salts, &e->fields[e->count++]));
    REQUIRE(salts.len == 0, ERR_SYNTAX, "salts are left over");
    event_commit(e);
    e->id = event_i64(e, "id");
    return OK;
}

static fallible event_of(struct arena *a, str *text, struct event *out)
{
    str line, salts, body;

    TRY(line_of(text, "salts ", &line));
    TRY(base64_to(a, line, &salts));
    TRY(line_of(text, "", &body));
    return body_of(a, body, salts, out);
}

static fallible kept_of(struct arena *a, str *text, struct receipt_kept *k)
{
    str line, word, hash;
    i64 index;

    TRY(line_of(text, "kept ", &line));
    REQUIRE(str_split(&line, ' ', &word) && str_i64(word, &k->epoch) == OK &&
                str_split(&line, ' ', &word) && str_i64(word, &k->size) == OK &&
                str_i64(line, &index) == OK && index >= 0,
            ERR_SYNTAX, "kept what?");
    k->index = (u64)index;
    while (!str_starts(*text, S("salts "))) {
        REQUIRE(k->path.count < MERKLE_PROOF_MOST, ERR_SYNTAX, "too many hashes");
        TRY(line_of(text, "", &line));
        TRY(base64_to(a, line, &hash));
        REQUIRE(hash.len == 32, ERR_SYNTAX, "a hash of %zu bytes", hash.len);
        memcpy(k->path.at[k->path.count++].at, hash.ptr, 32);
    }
    k->is = true;
    return event_of(a, text, &k->first);
}

static fallible parse(struct arena *a, str rest, struct receipt *r)
{
    i64 id;
    str line;

    TRY(line_of(&rest, TITLE, &line));
    TRY(number_of(&rest, "event ", &id));
    TRY(line_of(&rest, "log ", &r->log));
    TRY(number_of(&rest, "number ", &r->number));
    TRY(line_of(&rest, "entry ", &line));
    TRY(event_of(a, &rest, &r->event));
    REQUIRE(r->event.id == id, ERR_CORRUPT, "the receipt is of event %lld, what it holds of %lld",
            (long long)id, (long long)r->event.id);
    if (str_starts(rest, S("kept ")))
        TRY(kept_of(a, &rest, &r->kept));
    r->complete = rest.len > 0;
    if (!r->complete)
        return OK;
    TRY(line_of(&rest, "", &line));
    REQUIRE(line.len == 0, ERR_SYNTAX, "no empty line before the proof");
    return tlog_proof_parse(a, rest, &r->proof);
}

fallible receipt_parse(struct arena *a, str text, struct receipt *out)
{
    struct receipt r = {0};

    REQUIRE(text.len <= RECEIPT_MOST && utf8_valid(text), ERR_SYNTAX, "no receipt");
    TRY(parse(a, text, &r));
    REQUIRE(str_eq(receipt_text(a, &r), text), ERR_SYNTAX,
            "the receipt isn't written as receipts are, or its entry isn't that of its fields");
    *out = r;
    return OK;
}

/* ---- checking ----------------------------------------------------------------------------- */

/* «name» pins the keys of all epochs of a log: name, name/2, … */
static bool is_log_of(str name, str origin)
{
    i64 epoch;

    if (!str_starts(origin, name))
        return false;
    str more = str_sub(origin, name.len, origin.len);
    return more.len == 0 ||
           (more.ptr[0] == '/' && str_i64(str_sub(more, 1, more.len), &epoch) == OK && epoch > 1);
}

enum { KEYS_MOST = 32 };

static fallible own_keys(str origin, const struct note_key *pinned, size_t count,
                         struct note_key *own, size_t *own_count)
{
    *own_count = 0;
    for (size_t i = 0; i < count && *own_count + 2 <= KEYS_MOST; i++) {
        if (pinned[i].type == NOTE_WITNESS || !is_log_of(pinned[i].name, origin))
            continue;
        TRY(note_key_make(origin, pinned[i].type, pinned[i].public, &own[(*own_count)++]));
        if (pinned[i].type == NOTE_ED25519)
            TRY(note_key_make(origin, NOTE_WITNESS, pinned[i].public, &own[(*own_count)++]));
    }
    return OK;
}

static fallible check_head(struct arena *a, str text, const struct note_key *pinned, size_t count,
                           struct checkpoint *out, struct receipt_claim *claim)
{
    struct note_key own[KEYS_MOST];
    struct note note;
    size_t own_count;
    i64 seconds = 0;
    u32 by;

    TRY(note_parse(a, text, &note));
    TRY(checkpoint_parse(a, note.text, out));
    TRY(own_keys(out->origin, pinned, count, own, &own_count));
    REQUIRE(own_count > 0 && note.count > 0, ERR_NOT_FOUND, "%.*s+%08x",
            STR(note.signatures[0].name), (unsigned)note.signatures[0].id);
    TRY(note_verify(&note, own, own_count, &by));
    for (size_t i = 0; i < own_count; i++) {
        REQUIRE(by >> i & 1, ERR_CRYPTO, "the head lacks a signature that its log makes");
        if (own[i].type == NOTE_WITNESS)
            TRY(note_cosigned_at(&note, &own[i], &seconds));
    }
    *claim = (struct receipt_claim){out->origin, (i64)out->size, {seconds * 1000}};
    return OK;
}

static fallible check_path(const struct event *e, const struct tlog_proof *p,
                           const struct checkpoint *head)
{
    struct inclusion claim = {.index = p->index, .size = head->size, .root = head->root};

    REQUIRE(!p->has_extra, ERR_CRYPTO, "the proof carries what nobody signed");
    tree_hash_leaf(&merkle_sha256, e->entry, &claim.leaf);
    return merkle_check_inclusion(&merkle_sha256, &claim, p->path.at, p->path.count);
}

/* What the first event of a later epoch says that it kept of this one. */
static const struct json *older_of(const struct json *list, i64 epoch)
{
    for (const struct json *o = list->child; o != NULL; o = o->next) {
        const struct json *number = json_get(o, S("epoch"));

        if (number != NULL && number->kind == J_INT && number->integer == epoch)
            return o;
    }
    return NULL;
}

static fallible check_kept(struct arena *a, const struct receipt *r)
{
    const struct receipt_kept *k = &r->kept;
    const struct field *field = event_field(&k->first, "older");
    struct inclusion claim = {.index = k->index, .size = (u64)k->size};
    struct json *list;
    i64 size;

    REQUIRE(str_eq(k->first.kind, S("epoch_started")) && field != NULL, ERR_CRYPTO,
            "not an epoch's first event");
    TRY(json_read(a, field->json, &list));
    const struct json *older = older_of(list, k->epoch);
    REQUIRE(older != NULL, ERR_CRYPTO, "that epoch kept nothing of this one");
    const struct json *kept = json_get(older, S("kept"));
    REQUIRE(kept != NULL, ERR_CRYPTO, "that epoch kept nothing of this one");
    TRY(json_i64(kept, S("size"), &size));
    TRY(hex_to(json_str(kept, S("sha256")), claim.root.at, 32));
    REQUIRE(size == k->size, ERR_CRYPTO, "that epoch kept something else of this one");
    tree_hash_leaf(&merkle_sha256, r->event.entry, &claim.leaf);
    return merkle_check_inclusion(&merkle_sha256, &claim, k->path.at, k->path.count);
}

/* The log of an epoch, from the name of a later one's, which ends with its number. */
static str log_of(struct arena *a, str later, i64 epoch)
{
    size_t cut = later.len;

    while (cut > 0 && later.ptr[cut - 1] != '/')
        cut--;
    str name = str_sub(later, 0, cut > 0 ? cut - 1 : 0);
    return epoch == 1 ? name : str_format(a, "%.*s/%lld", STR(name), (long long)epoch);
}

fallible receipt_check(struct arena *a, const struct receipt *r, const struct note_key *pinned,
                       size_t count, struct receipt_claim *out)
{
    struct receipt_claim claim;
    struct checkpoint head;

    REQUIRE(r->complete, ERR_STATE, "no signed head covers it yet");
    TRY(check_head(a, r->proof.checkpoint, pinned, count, &head, &claim));
    TRY(check_path(r->kept.is ? &r->kept.first : &r->event, &r->proof, &head));
    if (r->kept.is)
        TRY(check_kept(a, r));
    str log = r->kept.is ? log_of(a, head.origin, r->kept.epoch) : head.origin;
    REQUIRE(str_eq(r->log, log), ERR_CRYPTO, "the head is another log's");
    REQUIRE((u64)r->number == (r->kept.is ? r->kept.index : r->proof.index), ERR_CRYPTO,
            "the entry stands at another number");
    *out = claim;
    return OK;
}

/* ---- keys and the QR code ----------------------------------------------------------------- */

str receipt_keys(struct arena *a, const struct node *n)
{
    struct note_key key;
    struct buf b = buf_in(a);

    if (note_key_make(n->o.origin, NOTE_ED25519, key_public(a, n->ed25519), &key) == OK)
        buf_format(&b, "%.*s\n", STR(note_key_text(a, &key)));
    if (note_key_make(n->o.origin, NOTE_SM2, key_public(a, n->sm2), &key) == OK)
        buf_format(&b, "%.*s\n", STR(note_key_text(a, &key)));
    return buf_text(&b);
}

str receipt_qr(struct arena *a, str address, const struct event *e)
{
    return str_format(a, "%.*s#%lld.%.*s", STR(address), (long long)e->id,
                      STR(hex_of(a, e->entry + 1, ENTRY_SIZE - 1)));
}
