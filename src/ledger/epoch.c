#include "ledger/ledger_int.h"

/*
 * Every restore starts a new log epoch, for an answered command may lie beyond the newest head.
 * What stands beside the keys, and is never rolled back with the data, tells a restore from a
 * start.
 */

static const struct field_decl epoch_started_fields[] = {
    {"epoch", FIELD_P}, {"log", FIELD_P}, {"set_clock", FIELD_P}, {"older", FIELD_P}};
const struct event_kind epoch_started_1 = {.name = "epoch_started",
                                           .version = 1,
                                           .local = true,
                                           .fields = epoch_started_fields,
                                           .count = COUNT(epoch_started_fields)};

static const struct field_decl person_erased_fields[] = {{"person", FIELD_P}};
const struct event_kind person_erased_1 = {.name = "person_erased",
                                           .version = 1,
                                           .fields = person_erased_fields,
                                           .count = COUNT(person_erased_fields)};

/* ---- the first leaf of an epoch ----------------------------------------------------------- */

static fallible add_older(struct arena *a, struct node *n, const struct sql_epochs *was,
                          const struct sql_epoch_spans *span, struct buf *out)
{
    i64 kept = span ? span->last - was->start_no + 1 : 0;
    digest sha, sm;

    TRY(tree_roots(a, n, was->epoch, was->start_no, kept, &sha, &sm));
    buf_format(out, "%s{\"epoch\":%lld,\"head\":", out->len > 1 ? "," : "", (long long)was->epoch);
    json_quote(out, was->newest_note);
    buf_format(out, ",\"kept\":{\"sha256\":\"%.*s\",\"size\":%lld,\"sm3\":\"%.*s\"}",
               STR(hex_of(a, sha.at, 32)), (long long)kept, STR(hex_of(a, sm.at, 32)));
    buf_format(out, ",\"known\":%lld,\"start\":\"%lld\"}", (long long)was->newest_size,
               (long long)was->start_no);
    return OK;
}

static fallible older_json(struct arena *a, struct node *n, str *out)
{
    struct sql_epochs_rows epochs;
    struct sql_epoch_spans_rows spans;
    struct buf json = buf_in(a);

    TRY(sql_epochs(a, n->keys, &epochs));
    TRY(sql_epoch_spans(a, n->db, &spans));
    buf_byte(&json, '[');
    for (size_t i = 0; i < epochs.count; i++) {
        const struct sql_epoch_spans *span = NULL;

        if (epochs.at[i].epoch >= n->epoch)
            continue;
        for (size_t j = 0; j < spans.count; j++)
            if (spans.at[j].epoch == epochs.at[i].epoch)
                span = &spans.at[j];
        TRY(add_older(a, n, &epochs.at[i], span, &json));
    }
    buf_byte(&json, ']');
    *out = buf_text(&json);
    return OK;
}

static fallible emit_epoch(struct tx *tx, void *input)
{
    struct node *n = input;
    struct value values[4];
    str older;

    TRY(older_json(tx->arena, n, &older));
    values[0] = value_i64(tx->arena, n->epoch);
    values[1] = value_text(tx->arena, n->origin);
    values[2] = (struct value){.json = n->o.set_clock ? S("true") : S("false")};
    values[3] = (struct value){.json = older};
    struct stream_ref stream = {.kind = S("epoch"), .id = tx_id(tx)};
    return emit(tx, &epoch_started_1, &stream, 1, values);
}

static fallible begin_log(struct node *n)
{
    scoped_arena a = arena_open();
    struct command c = {.run = emit_epoch, .input = n, .name = "epoch", .allowed = true};
    struct command *one = &c;
    struct head head;

    TRY(node_commands(n, &one, 1));
    if (c.job.refused)
        return err_again(&c.job.why);
    return node_sign_head(a, n, &head); /* before any other entry */
}

/* ---- opening ------------------------------------------------------------------------------ */

static str origin_of(const struct node *n, i64 epoch)
{
    return epoch == 1 ? n->o.origin
                      : str_format(n->arena, "%.*s/%lld", STR(n->o.origin), (long long)epoch);
}

static void use_epoch(struct node *n, const struct sql_epochs *row)
{
    n->epoch = row->epoch;
    n->start_no = row->start_no;
    n->number = row->node;
    n->origin = str_copy(n->arena, row->origin);
}

static fallible read_edge(struct arena *a, struct node *n, i64 size)
{
    struct sql_last_id id;
    struct sql_last_recorded recorded;
    bool found;
    i64 first = n->number << COUNTER_BITS;

    n->edge.next_no = size;
    TRY(sql_last_id(a, n->db, first, first | ((1LL << COUNTER_BITS) - 1), &id, &found));
    n->edge.counter = found ? id.id - first : 0;
    TRY(sql_last_recorded(a, n->db, n->o.site, &recorded, &found));
    n->edge.last_recorded = found && recorded.recorded.is ? recorded.recorded.v : 0;
    return tree_load(n);
}

/* Burns a node number from the reserve and writes the new epoch beside the keys: durable first. */
static fallible new_epoch(struct arena *a, struct node *n, i64 epoch, i64 size)
{
    struct sql_node_number_free_rows reserve;
    struct sql_epochs row = {.epoch = epoch, .start_no = size, .origin = origin_of(n, epoch)};

    TRY(sql_node_number_free(a, n->keys, &reserve));
    REQUIRE(reserve.count > 0, ERR_STATE, "no node number in reserve for a restore");
    row.node = reserve.at[0].number;
    TRY(db_begin(n->keys));
    sql_node_number_burn(n->keys, row.node);
    sql_epoch_put(n->keys, row.epoch, row.start_no, row.node, row.origin, 0, S(""));
    err e = db_commit(n->keys);
    if (e != OK) {
        db_rollback(n->keys);
        return e;
    }
    use_epoch(n, &row);
    return OK;
}

/* A backup with entries that a later epoch has named as gap would bring a fork back. */
static fallible refuse_gap(const struct sql_epochs_rows *epochs, i64 epoch, i64 size)
{
    for (size_t i = 0; i < epochs->count; i++)
        REQUIRE(epochs->at[i].epoch <= epoch || size <= epochs->at[i].start_no, ERR_CONFLICT,
                "entries from %lld on are the gap that epoch %lld names",
                (long long)epochs->at[i].start_no, (long long)epochs->at[i].epoch);
    return OK;
}

/*
 * Which epoch goes on. One whose first leaf never came to be (no head, nothing kept) is begun
 * again; a ledger that ends before the newest head, or before the newest epoch, was restored.
 */
static fallible find_epoch(struct arena *a, struct node *n, i64 size, i64 last_epoch)
{
    struct sql_epochs_rows epochs;

    TRY(sql_epochs(a, n->keys, &epochs));
    REQUIRE(epochs.count > 0, ERR_CORRUPT, "the key store knows no epoch");
    const struct sql_epochs *newest = &epochs.at[epochs.count - 1];

    use_epoch(n, newest);
    bool whole = last_epoch == newest->epoch && size - newest->start_no >= newest->newest_size;
    if (whole && !n->o.restored)
        return OK;
    n->restored = true;
    TRY(refuse_gap(&epochs, last_epoch, size));
    if (!whole && newest->newest_size == 0 && newest->start_no == size)
        return OK;
    return new_epoch(a, n, newest->epoch + 1, size);
}

static fallible drop_erased_rows(struct arena *a, struct node *n)
{
    struct sql_erasures_rows gone;

    TRY(sql_erasures(a, n->keys, &gone));
    if (gone.count == 0)
        return OK;
    TRY(db_begin(n->db));
    for (size_t i = 0; i < gone.count; i++)
        sql_vault_erase(n->db, gone.at[i].person);
    err e = db_commit(n->db);
    if (e != OK)
        db_rollback(n->db);
    return e;
}

static fallible open_stores(struct node *n)
{
    TRY(db_open(n->o.main, &n->o.main_options, &n->db));
    TRY(db_open(n->o.keys, &n->o.keys_options, &n->keys));
    TRY(db_create(n->db, STORE_MAIN));
    return db_create(n->keys, STORE_KEYS);
}

static fallible load_signers(struct node *n)
{
    str secret;

    TRY(disk_read(n->arena, n->o.disk, "ed25519.key", &secret));
    TRY(key_load(n->arena, secret, &n->ed25519));
    TRY(disk_read(n->arena, n->o.disk, "sm2.key", &secret));
    return key_load(n->arena, secret, &n->sm2);
}

static fallible make_signer(struct node *n, enum key_kind kind, const char *name)
{
    scoped_arena a = arena_open();
    struct key *key;

    TRY(key_create(a, kind, &key));
    return disk_write(n->o.disk, name, key_secret(a, key));
}

static fallible load_head(struct arena *a, struct node *n)
{
    struct sql_head_last row;
    bool found;

    TRY(sql_head_last(a, n->db, n->epoch, &row, &found));
    if (!found)
        return OK;
    REQUIRE(row.sha256.len == 32 && row.sm3.len == 32, ERR_CORRUPT, "a head without its roots");
    n->head = (struct head){.epoch = n->epoch, .size = row.size};
    memcpy(n->head.sha256.at, row.sha256.ptr, 32);
    memcpy(n->head.sm3.at, row.sm3.ptr, 32);
    return head_remember(n, row.note);
}

/* A crash may come between a head and its place beside the keys, where a rollback is noticed by it.
 */
static fallible keep_head_beside(struct arena *a, struct node *n)
{
    struct sql_epochs_rows epochs;

    TRY(sql_epochs(a, n->keys, &epochs));
    const struct sql_epochs *newest = &epochs.at[epochs.count - 1];
    if (newest->epoch != n->epoch || n->head.size <= newest->newest_size)
        return OK;
    TRY(db_begin(n->keys));
    sql_epoch_head(n->keys, n->epoch, n->head.size, n->head.note);
    err e = db_commit(n->keys);
    if (e != OK)
        db_rollback(n->keys);
    return e;
}

static fallible open_rest(struct node *n)
{
    scoped_arena a = arena_open();
    struct sql_ledger_end end = {0};
    bool found;

    TRY(open_stores(n));
    TRY(load_signers(n));
    TRY(vault_load(n));
    TRY(drop_erased_rows(a, n));
    TRY(sql_ledger_end(a, n->db, &end, &found));
    i64 size = found ? end.no + 1 : 0, last_epoch = found ? end.epoch : 0;

    TRY(find_epoch(a, n, size, last_epoch));
    TRY(read_edge(a, n, size));
    TRY(load_head(a, n));
    TRY(keep_head_beside(a, n));
    n->kept = n->ahead = n->edge;
    if (last_epoch != n->epoch)
        return begin_log(n);
    return n->head.size ? OK : node_sign_head(a, n, &n->head);
}

/*
 * A view of one moment. What a row of the ledger needs in the key store is committed there before
 * it, so the ledger's view is taken first; but for the newest head, which is remembered after.
 */
static fallible open_view(struct node *n)
{
    scoped_arena a = arena_open();
    struct sql_ledger_end end = {.no = -1};
    struct sql_epochs_rows epochs;
    bool found;

    TRY(db_open(n->o.main, &n->o.main_options, &n->db));
    TRY(db_open(n->o.keys, &n->o.keys_options, &n->keys));
    TRY(load_signers(n));
    TRY(vault_load(n));
    TRY(sql_epochs(a, n->keys, &epochs));
    REQUIRE(epochs.count > 0, ERR_CORRUPT, "the key store knows no epoch");
    n->known_size = epochs.at[epochs.count - 1].newest_size;
    TRY(db_begin_read(n->db));
    TRY(sql_ledger_end(a, n->db, &end, &found));
    TRY(db_begin_read(n->keys));
    use_epoch(n, &epochs.at[epochs.count - 1]);
    n->edge.next_no = end.no + 1;
    return load_head(a, n);
}

static struct node *node_of(const struct node_options *o)
{
    struct arena *a = arena_open();
    struct node *n = NEW(a, struct node);

    n->arena = a;
    n->o = *o;
    n->batch_arena = arena_open();
    return n;
}

fallible node_open(const struct node_options *o, struct node **out)
{
    struct node *n = node_of(o);
    err e;

    n->o.main_options.read_only |= o->read_only;
    n->o.keys_options.read_only |= o->read_only;
    e = o->read_only ? open_view(n) : open_rest(n);

    if (e != OK) {
        node_close(n);
        return e;
    }
    *out = n;
    return OK;
}

fallible node_open_reader(const struct node_options *o, struct node **out)
{
    struct node_options reading = *o;

    reading.read_only = true;
    TRY(node_open(&reading, out));
    db_rollback((*out)->keys);
    db_rollback((*out)->db);
    return OK;
}

fallible node_read_begin(struct node *n)
{
    assert(n->o.read_only);
    return db_begin_read(n->db);
}

void node_read_end(struct node *n)
{
    assert(n->o.read_only);
    db_rollback(n->db);
}

static fallible make_keys(struct node *n)
{
    scoped_arena a = arena_open();
    struct sql_epochs_rows epochs;

    TRY(db_open(n->o.keys, &n->o.keys_options, &n->keys));
    TRY(db_create(n->keys, STORE_KEYS));
    TRY(sql_epochs(a, n->keys, &epochs));
    REQUIRE(epochs.count == 0, ERR_CONFLICT, "there is a node already");
    TRY(make_signer(n, KEY_ED25519, "ed25519.key"));
    TRY(make_signer(n, KEY_SM2, "sm2.key"));
    TRY(vault_make_key(n));
    TRY(db_begin(n->keys));
    sql_node_number_put(n->keys, n->o.number);
    sql_node_number_burn(n->keys, n->o.number);
    sql_epoch_put(n->keys, 1, 0, n->o.number, n->o.origin, 0, S(""));
    err e = db_commit(n->keys);
    if (e != OK)
        db_rollback(n->keys);
    return e;
}

fallible node_create(const struct node_options *o, struct node **out)
{
    struct node *n = node_of(o);

    assert(o->number > 0 && o->number <= NODE_NUMBER_MOST && o->site.len > 0);
    err e = make_keys(n);
    node_close(n);
    if (e != OK)
        return e;
    TRY(node_open(o, out));
    (*out)->restored = false;
    return OK;
}

void node_close(struct node *n)
{
    if (n->ed25519 != NULL)
        key_close(n->ed25519);
    if (n->sm2 != NULL)
        key_close(n->sm2);
    secret_wipe(&n->wrap_key, sizeof n->wrap_key);
    db_close(n->db);
    db_close(n->keys);
    arena_close(n->batch_arena);
    arena_close(n->arena);
}

fallible node_reserve(struct node *n, i64 number)
{
    REQUIRE(number > 0 && number <= NODE_NUMBER_MOST, ERR_RANGE, "node number %lld",
            (long long)number);
    TRY(db_begin(n->keys));
    sql_node_number_put(n->keys, number);
    err e = db_commit(n->keys);
    if (e != OK)
        db_rollback(n->keys);
    return e;
}

fallible node_reserve_ahead(struct node *n, size_t count)
{
    scoped_arena a = arena_open();
    struct sql_node_number_free_rows reserve;
    struct sql_node_number_last last;
    bool found;

    TRY(sql_node_number_free(a, n->keys, &reserve));
    TRY(sql_node_number_last(a, n->keys, &last, &found));
    for (size_t i = reserve.count; found && i < count; i++)
        TRY(node_reserve(n, ++last.number));
    return OK;
}

/* ---- erasing ------------------------------------------------------------------------------ */

static fallible emit_erased(struct tx *tx, void *input)
{
    i64 person = *(i64 *)input;
    struct value v = value_id(tx->arena, person);
    struct stream_ref stream = {.kind = S("erasure"), .id = tx_id(tx)};

    sql_vault_erase(tx->db, person);
    return emit(tx, &person_erased_1, &stream, 1, &v);
}

fallible node_erase(struct node *n, i64 person, str reason)
{
    struct command c = {.run = emit_erased, .input = &person, .name = "erase", .allowed = true};
    struct command *one = &c;

    TRY(vault_forget(n, person, reason));
    TRY(node_commands(n, &one, 1));
    return c.job.refused ? err_again(&c.job.why) : OK;
}

/* ---- what others ask ---------------------------------------------------------------------- */

struct db *node_db(struct node *n)
{
    return n->db;
}

i64 node_size(const struct node *n)
{
    return n->edge.next_no;
}

i64 node_epoch(const struct node *n)
{
    return n->epoch;
}

str node_site(const struct node *n)
{
    return n->o.site;
}

bool node_was_restored(const struct node *n)
{
    return n->restored;
}

str node_public_key(struct arena *a, const struct node *n)
{
    return key_public(a, n->ed25519);
}
