/*
 * Finding a person by a number that stands only in the vault: a hash under a key that lies beside
 * the persons' keys, never in a backup of the data. A number has few digits that aren't public, so
 * the key is all that hides it.
 */
#include "registry/registry_int.h"

static const char key_file[] = "lookup.key", next_file[] = "lookup-next.key";
static const char credential_file[] = "credential.key";

str digest_bytes(const digest *d)
{
    return (str){(const char *)d->at, sizeof d->at};
}

static digest hash_under(const digest *key, str kind, str number)
{
    scoped_arena a = arena_open();
    digest out;

    hmac_sm3(digest_bytes(key), str_format(a, "%.*s|%.*s", STR(kind), STR(number)), &out);
    return out;
}

digest lookup_hash(const struct registry *r, str kind, str number)
{
    return hash_under(&r->lookup_key, kind, number);
}

/* ---- the keys ----------------------------------------------------------------------------- */

static fallible key_here(struct arena *a, struct disk *d, const char *name, u8 *out, size_t len)
{
    str bytes;

    TRY(disk_read(a, d, name, &bytes));
    REQUIRE(bytes.len == len, ERR_CORRUPT, "%s has %zu bytes", name, bytes.len);
    memcpy(out, bytes.ptr, len);
    secret_wipe((char *)(uintptr_t)bytes.ptr, bytes.len);
    return OK;
}

static fallible key_or_new(struct arena *a, struct disk *d, const char *name, u8 *out, size_t len)
{
    err e = key_here(a, d, name, out, len);

    if (e == OK || e->code != ERR_NOT_FOUND)
        return e;
    random_fill(out, len);
    return disk_write(d, name, (str){(char *)out, len});
}

fallible lookup_open_keys(struct registry *r)
{
    scoped_arena a = arena_open();

    TRY(key_or_new(a, r->disk, key_file, r->lookup_key.at, sizeof r->lookup_key.at));
    return key_or_new(a, r->disk, credential_file, r->credential_key.at,
                      sizeof r->credential_key.at);
}

/* ---- asking ------------------------------------------------------------------------------- */

fallible registry_lookup(struct arena *a, struct db *db, str kind, str number, i64 *person)
{
    digest hash = lookup_hash(registry_here(), kind, number);
    struct sql_lookup_get row;
    bool found;

    TRY(sql_lookup_get(a, db, kind, digest_bytes(&hash), &row, &found));
    *person = found ? row.person : 0;
    return OK;
}

/* ---- rotation ----------------------------------------------------------------------------- */

/* The mark that tells by which key the hashes were made. */
static digest mark_of(const digest *key)
{
    return hash_under(key, S("key"), S("mark"));
}

static fallible put_again(struct tx *tx, const digest *key, const struct sql_people_with_numbers *p)
{
    str number, kind = str_eq(p->kind, S("citizen")) ? S("identity") : S("credit");

    TRY(registry_person_number(tx->arena, tx->node, p->id, &number));
    if (number.len == 0)
        return OK;
    digest hash = hash_under(key, kind, number);
    sql_lookup_put(tx->db, kind, digest_bytes(&hash), p->id);
    return OK;
}

static fallible rotate_run(struct tx *tx, void *input)
{
    const digest *key = input;
    struct sql_people_with_numbers_rows people;
    digest mark = mark_of(key);

    TRY(sql_people_with_numbers(tx->arena, tx->db, &people));
    sql_lookup_clear(tx->db);
    sql_lookup_put(tx->db, S("key"), digest_bytes(&mark), 0);
    for (size_t i = 0; i < people.count; i++)
        TRY(put_again(tx, key, &people.at[i]));
    return OK;
}

static fallible adopt(struct registry *r, const digest *key)
{
    TRY(disk_write(r->disk, key_file, digest_bytes(key)));
    TRY(disk_destroy(r->disk, next_file));
    r->lookup_key = *key;
    return OK;
}

/* After a crash between commit and adoption the hashes are those of the next key. */
fallible registry_lookup_recover(struct db *db)
{
    struct registry *r = registry_here();
    scoped_arena a = arena_open();
    struct sql_lookup_get row;
    digest next;
    bool found;

    err e = key_here(a, r->disk, next_file, next.at, sizeof next.at);
    if (e != OK)
        return e->code == ERR_NOT_FOUND ? OK : e;
    digest mark = mark_of(&next);
    TRY(sql_lookup_get(a, db, S("key"), digest_bytes(&mark), &row, &found));
    return found ? adopt(r, &next) : disk_destroy(r->disk, next_file);
}

fallible registry_rotate_lookup(const struct door *d)
{
    struct registry *r = registry_here();
    digest next;

    random_fill(next.at, sizeof next.at);
    TRY(disk_write(r->disk, next_file, digest_bytes(&next)));
    TRY(door_run(d, "lookup_rotate", rotate_run, &next));
    return adopt(r, &next);
}
