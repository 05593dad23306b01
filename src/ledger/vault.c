#include "ledger/ledger_int.h"

/*
 * Each person has a key; vault rows stand under it. Persons' keys lie in the key store, wrapped by
 * the key of a wrap epoch, which is a file of its own: destroying it makes every older copy of the
 * key store, its journal included, unreadable.
 */

static str wrap_name(struct arena *a, i64 epoch)
{
    return str_format(a, "persons-%lld.key", (long long)epoch);
}

static str person_label(struct arena *a, i64 person)
{
    return str_format(a, "person %lld", (long long)person);
}

static fallible read_wrap_key(struct arena *a, struct node *n, i64 epoch, sm4_key *out)
{
    str bytes;

    TRY(disk_read(a, n->o.disk, wrap_name(a, epoch).ptr, &bytes));
    REQUIRE(bytes.len == sizeof out->at, ERR_CORRUPT, "wrapping key of %zu bytes", bytes.len);
    memcpy(out->at, bytes.ptr, sizeof out->at);
    secret_wipe((char *)(uintptr_t)bytes.ptr, bytes.len);
    return OK;
}

static fallible write_wrap_key(struct arena *a, struct node *n, i64 epoch, sm4_key *out)
{
    random_fill(out->at, sizeof out->at);
    return disk_write(n->o.disk, wrap_name(a, epoch).ptr, (str){(char *)out->at, sizeof out->at});
}

fallible vault_make_key(struct node *n)
{
    scoped_arena a = arena_open();

    n->wrap_epoch = 1;
    return write_wrap_key(a, n, 1, &n->wrap_key);
}

/* ---- the key store ------------------------------------------------------------------------ */

static fallible keys_write(struct node *n)
{
    if (n->keys_open)
        return OK;
    TRY(db_begin(n->keys));
    n->keys_open = true;
    return OK;
}

static fallible unwrap(struct arena *a, struct node *n, i64 person, str wrapped, sm4_key *out)
{
    str secret;

    TRY(key_unwrap(a, &n->wrap_key, person_label(a, person), wrapped, &secret));
    REQUIRE(secret.len == sizeof out->at, ERR_CORRUPT, "person's key of %zu bytes", secret.len);
    memcpy(out->at, secret.ptr, sizeof out->at);
    return OK;
}

static fallible new_person_key(struct arena *a, struct node *n, i64 person, sm4_key *out)
{
    str wrapped;

    random_fill(out->at, sizeof out->at);
    TRY(key_wrap(a, &n->wrap_key, person_label(a, person), (str){(char *)out->at, sizeof out->at},
                 &wrapped));
    TRY(keys_write(n));
    sql_person_key_put(n->keys, person, n->wrap_epoch, wrapped);
    return OK;
}

/* Who only reads may come in the middle of a rotation: then the row's wrapping key is the other. */
static fallible use_wrap_key(struct arena *a, struct node *n, i64 epoch)
{
    sm4_key other;

    if (epoch == n->wrap_epoch)
        return OK;
    REQUIRE(n->o.read_only, ERR_CORRUPT, "person's key of epoch %lld", (long long)epoch);
    TRY(read_wrap_key(a, n, epoch, &other));
    n->wrap_key = other;
    n->wrap_epoch = epoch;
    secret_wipe(&other, sizeof other);
    return OK;
}

static fallible find_person_key(struct arena *a, struct node *n, i64 person, sm4_key *out,
                                bool *found)
{
    struct sql_person_key_get row;

    TRY(sql_person_key_get(a, n->keys, person, &row, found));
    if (!*found)
        return OK;
    TRY(use_wrap_key(a, n, row.epoch));
    return unwrap(a, n, person, row.wrapped, out);
}

fallible vault_erased(struct arena *a, struct node *n, i64 person, bool *erased)
{
    struct sql_erasure_get row;

    return sql_erasure_get(a, n->keys, person, &row, erased);
}

/* ---- values ------------------------------------------------------------------------------- */

static str value_label(struct arena *a, i64 event, str field)
{
    return str_format(a, "%lld %.*s", (long long)event, STR(field));
}

fallible vault_seal(struct arena *a, struct node *n, i64 event, struct field *f, bool *kept)
{
    struct buf plain = buf_in(a);
    sm4_key key;
    bool erased, found;
    str sealed;

    TRY(vault_erased(a, n, f->person, &erased));
    *kept = !erased;
    if (erased)
        return OK;
    TRY(find_person_key(a, n, f->person, &key, &found));
    if (!found)
        TRY(new_person_key(a, n, f->person, &key));
    buf_add(&plain, f->salt, SALT_SIZE);
    buf_str(&plain, f->json);
    err e = sm4_gcm_seal(a, &key, value_label(a, event, f->name), buf_text(&plain), &sealed);
    secret_wipe(&key, sizeof key);
    if (e == OK)
        sql_vault_put(n->db, event, f->name, f->person, sealed);
    return e;
}

fallible vault_row(struct arena *a, struct node *n, i64 event, i64 person, str sealed,
                   struct field *f)
{
    digest expected = f->commitment;
    sm4_key key;
    bool found;
    str plain;

    TRY(find_person_key(a, n, person, &key, &found));
    REQUIRE(found, ERR_CORRUPT, "a vault row without its person's key");
    err e = sm4_gcm_open(a, &key, value_label(a, event, f->name), sealed, &plain);
    secret_wipe(&key, sizeof key);
    REQUIRE(e == OK && plain.len >= SALT_SIZE, ERR_CORRUPT, "a vault row that can't be opened");
    memcpy(f->salt, plain.ptr, SALT_SIZE);
    f->json = str_sub(plain, SALT_SIZE, plain.len);
    field_commit(f);
    REQUIRE(digest_eq(f->commitment, expected), ERR_CORRUPT, "a vault row of another value");
    f->open = true;
    return OK;
}

fallible vault_field(struct arena *a, struct node *n, i64 event, struct field *f, bool *found)
{
    struct sql_vault_get row;

    TRY(sql_vault_get(a, n->db, event, f->name, &row, found));
    if (!*found)
        return OK;
    REQUIRE(row.person == f->person, ERR_CORRUPT, "a vault row of another person");
    return vault_row(a, n, event, f->person, row.sealed, f);
}

fallible vault_open(struct arena *a, struct node *n, const struct event *e, const char *field,
                    str *json, bool *found)
{
    *found = false;
    for (size_t i = 0; i < e->count; i++) {
        struct field f = e->fields[i];

        if (!class_is_person(f.class) || !str_eq(f.name, str_of(field)))
            continue;
        TRY(vault_field(a, n, e->id, &f, found));
        if (*found)
            *json = f.json;
        return OK;
    }
    return OK;
}

/* ---- erasing and rotating ----------------------------------------------------------------- */

fallible vault_forget(struct node *n, i64 person, str reason)
{
    bool alone = !n->keys_open;

    TRY(keys_write(n));
    sql_erasure_put(n->keys, person, n->o.clock.system(n->o.clock.ctx).ms, reason);
    sql_person_key_drop(n->keys, person);
    if (!alone)
        return db_check(n->keys);
    TRY(db_commit(n->keys));
    n->keys_open = false;
    return OK;
}

fallible node_person_values(struct arena *a, struct node *n, i64 person, i64 *values, i64 *events)
{
    struct sql_vault_of_person_rows rows;

    TRY(sql_vault_of_person(a, n->db, person, &rows));
    *values = (i64)rows.count;
    *events = 0;
    for (size_t i = 0; i < rows.count; i++)
        *events += i == 0 || rows.at[i].event != rows.at[i - 1].event;
    return OK;
}

static fallible rewrap_rows(struct arena *a, struct node *n, const sm4_key *under, i64 epoch)
{
    struct sql_person_keys_before_rows rows;

    TRY(sql_person_keys_before(a, n->keys, epoch, &rows));
    for (size_t i = 0; i < rows.count; i++) {
        str label = person_label(a, rows.at[i].person), secret, wrapped;

        TRY(key_unwrap(a, &n->wrap_key, label, rows.at[i].wrapped, &secret));
        TRY(key_wrap(a, under, label, secret, &wrapped));
        sql_person_key_rewrap(n->keys, rows.at[i].person, epoch, wrapped);
    }
    return OK;
}

/* From the key in n->wrap_key to that of `epoch`, whose file is there; then the old file goes. */
static fallible rewrap(struct node *n, i64 epoch)
{
    scoped_arena a = arena_open();
    sm4_key next;

    TRY(read_wrap_key(a, n, epoch, &next));
    TRY(db_begin(n->keys));
    err e = rewrap_rows(a, n, &next, epoch);
    if (e == OK)
        e = db_commit(n->keys);
    if (e != OK) {
        db_rollback(n->keys);
        return e;
    }
    i64 old = n->wrap_epoch;
    n->wrap_key = next;
    n->wrap_epoch = epoch;
    return disk_destroy(n->o.disk, wrap_name(a, old).ptr);
}

fallible node_rotate(struct node *n)
{
    scoped_arena a = arena_open();
    sm4_key next;

    TRY(write_wrap_key(a, n, n->wrap_epoch + 1, &next));
    secret_wipe(&next, sizeof next);
    return rewrap(n, n->wrap_epoch + 1);
}

static bool wrap_epoch_of(str name, i64 *epoch)
{
    if (!str_starts(name, S("persons-")) || !str_ends(name, S(".key")))
        return false;
    return str_i64(str_sub(name, 8, name.len - 4), epoch) == OK;
}

/* The wrapping keys there are: one, or two where a rotation was interrupted; it is finished then.
 */
fallible vault_load(struct node *n)
{
    scoped_arena a = arena_open();
    str *names;
    size_t count;
    i64 epochs[2], found = 0;

    TRY(disk_list(a, n->o.disk, &names, &count));
    for (size_t i = 0; i < count; i++) {
        i64 epoch;

        if (!wrap_epoch_of(names[i], &epoch))
            continue;
        REQUIRE(found < 2, ERR_CORRUPT, "more than two wrapping keys");
        epochs[found++] = epoch;
    }
    REQUIRE(found > 0, ERR_CORRUPT, "no wrapping key");
    bool later = found == 2 && epochs[1] < epochs[0];
    i64 old = later ? epochs[1] : epochs[0];

    n->wrap_epoch = old;
    TRY(read_wrap_key(a, n, old, &n->wrap_key));
    return found == 2 && !n->o.read_only ? rewrap(n, later ? epochs[0] : epochs[1]) : OK;
}
