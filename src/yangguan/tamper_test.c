/*
 * One byte of what an instance keeps is flipped, anywhere: verify names that place, and no other.
 * Fifty places drawn from a seed; before and after each the ledger is clean.
 */
#include "tests/test.h"
#include "yangguan/instance_test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAPERS = 620, PLACES = 50, PLACE_COLUMNS = 10 };

static u64 drawn = 20260601;

static u64 draw(u64 below)
{
    drawn = drawn * 6364136223846793005u + 1442695040888963407u;
    return (drawn >> 33) % below;
}

/* What may be altered, and how often it is; `no` gives the number of a row that verify must name.
 */
static const struct target {
    const char *where, *no, *columns[PLACE_COLUMNS];
    u64 weight;
} targets[] = {
    {"event",
     "select no from event where rowid = %lld",
     {"no", "epoch", "id", "kind", "version", "recorded", "site", "entry", "body", "salts"},
     22},
    {"vault",
     "select no from event where id = (select event from vault where rowid = %lld)",
     {"event", "field", "person", "sealed"},
     10},
    {"tile",
     "select idx * 256 from tile where rowid = %lld",
     {"epoch", "level", "idx", "hashes", "sm3"},
     6},
    {"head",
     "select size - 1 from head where rowid = %lld",
     {"epoch", "size", "at", "sha256", "sm3", "note"},
     8},
    {"blob", NULL, {"content"}, 4},
};

struct spot {
    const struct target *target;
    const char *column;
    i64 no;
};

/* ---- altering ----------------------------------------------------------------------------- */

static i64 number(struct arena *a, sqlite3 *store, const char *format, i64 with)
{
    sqlite3_stmt *s = NULL;
    char sql[256];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(sql, sizeof sql, format, (long long)with);
#pragma GCC diagnostic pop
    (void)a;
    assert_int_equal(sqlite3_prepare_v2(store, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    i64 n = sqlite3_column_int64(s, 0);
    (void)sqlite3_finalize(s);
    return n;
}

/* Binds the column's value with one byte of it changed. */
static void bind_flipped(struct arena *a, sqlite3_stmt *to, sqlite3_stmt *from)
{
    if (sqlite3_column_type(from, 0) == SQLITE_INTEGER) {
        u64 n = (u64)sqlite3_column_int64(from, 0) ^ (1 + draw(255)) << 8 * draw(8);

        assert_int_equal(sqlite3_bind_int64(to, 1, (i64)n), SQLITE_OK);
        return;
    }
    const void *old = sqlite3_column_blob(from, 0);
    size_t len = (size_t)sqlite3_column_bytes(from, 0);
    char *bytes = arena_take(a, len, 1);

    memcpy(bytes, old, len);
    bytes[draw(len)] ^= (char)(1 + draw(255));
    if (sqlite3_column_type(from, 0) == SQLITE_TEXT)
        assert_int_equal(sqlite3_bind_text(to, 1, bytes, (int)len, SQLITE_TRANSIENT), SQLITE_OK);
    else
        assert_int_equal(sqlite3_bind_blob(to, 1, bytes, (int)len, SQLITE_TRANSIENT), SQLITE_OK);
}

/* false where the store has another row of that key. */
static bool alter_row(struct arena *a, sqlite3 *store, struct spot *p)
{
    const char *table = p->target->where;
    i64 count = number(a, store, str_format(a, "select count(*) from %s", table).ptr, 0);
    i64 row =
        number(a, store, str_format(a, "select rowid from %s limit 1 offset %%lld", table).ptr,
               (i64)draw((u64)count));
    str read =
        str_format(a, "select %s from %s where rowid = %lld", p->column, table, (long long)row);
    str write =
        str_format(a, "update %s set %s = ?1 where rowid = %lld", table, p->column, (long long)row);
    sqlite3_stmt *from = NULL, *to = NULL;

    p->no = number(a, store, p->target->no, row);
    assert_int_equal(sqlite3_prepare_v2(store, read.ptr, -1, &from, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(store, write.ptr, -1, &to, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(from), SQLITE_ROW);
    bind_flipped(a, to, from);
    int rc = sqlite3_step(to);
    (void)sqlite3_finalize(from);
    (void)sqlite3_finalize(to);
    assert_true(rc == SQLITE_DONE || rc == SQLITE_CONSTRAINT);
    return rc == SQLITE_DONE;
}

/* Paper k, event k + 1, has a blob if k is a multiple of ten. */
static bool alter_blob(struct arena *a, const char *dir, struct spot *p)
{
    i64 paper = 10 * (i64)draw(PAPERS / 10);
    str bytes = str_format(a, "附件 %lld", (long long)paper);
    digest name;

    p->no = paper + 1;
    sm3(bytes, &name);
    str hex = hex_of(a, name.at, sizeof name.at);
    FILE *f = fopen(str_format(a, "%s/blobs/%.2s/%.*s", dir, hex.ptr, STR(hex)).ptr, "r+b");
    assert_non_null(f);
    size_t at = draw(bytes.len);
    assert_int_equal(fseek(f, (long)at, SEEK_SET), 0);
    assert_int_equal(fputc((u8)bytes.ptr[at] ^ (int)(1 + draw(255)), f) != EOF, 1);
    assert_int_equal(fclose(f), 0);
    return true;
}

static bool alter(struct arena *a, const char *dir, struct spot *p)
{
    sqlite3 *store = NULL;

    if (p->target->no == NULL)
        return alter_blob(a, dir, p);
    assert_int_equal(sqlite3_open(instance_path(a, dir, "yangguan.db"), &store), SQLITE_OK);
    bool done = alter_row(a, store, p);
    assert_int_equal(sqlite3_close(store), SQLITE_OK);
    return done;
}

static struct spot draw_place(void)
{
    u64 at = draw(PLACES), i = 0, columns = 0;

    while (at >= targets[i].weight)
        at -= targets[i++].weight;
    while (columns < PLACE_COLUMNS && targets[i].columns[columns] != NULL)
        columns++;
    return (struct spot){.target = &targets[i], .column = targets[i].columns[draw(columns)]};
}

/* ---- judging ------------------------------------------------------------------------------ */

static struct verdict verdict_of(struct arena *a, const char *dir)
{
    struct instance_options reading = test_instance_options();
    struct instance *i;
    struct verdict v;

    reading.read_only = true;
    assert_ok(instance_open(a, dir, &reading, &i));
    assert_ok(node_verify(a, i->node, false, &v));
    instance_close(i);
    return v;
}

static bool names(const struct verdict *v, const struct spot *p)
{
    for (size_t i = 0; i < v->flaws.count; i++)
        if (v->flaws.at[i].no != p->no || strcmp(v->flaws.at[i].where, p->target->where) != 0)
            return false;
    return v->flaws.count > 0;
}

static void shell(struct arena *a, const char *format, const char *dir)
{
    str command = S("");

    for (const char *c = format; *c; c++) /* each % is the folder */
        command = *c == '%' ? str_format(a, "%.*s%s", STR(command), dir)
                            : str_format(a, "%.*s%c", STR(command), *c);
    assert_int_equal(system(command.ptr), 0);
}

TEST(verify_names_the_place_of_any_altered_byte_and_no_other)
{
    scoped_arena a = arena_open();
    const char *dir = test_folder();
    struct instance *i = test_instance(a, dir);
    int failed = 0;

    test_instance_file(a, i, PAPERS);
    instance_close(i);
    shell(a, "cp -r '%' '%.whole'", dir);
    assert_int_equal(verdict_of(a, dir).flaws.count, 0);
    for (int done = 0; done < PLACES;) {
        struct spot p = draw_place();

        if (!alter(a, dir, &p))
            continue;
        struct verdict v = verdict_of(a, dir);
        done++;
        if (!names(&v, &p)) {
            failed++;
            (void)printf("%d: %s.%s of %lld:\n", done, p.target->where, p.column, (long long)p.no);
            for (size_t k = 0; k < v.flaws.count && k < 8; k++)
                (void)printf("    %lld %s: %.*s\n", (long long)v.flaws.at[k].no,
                             v.flaws.at[k].where, STR(v.flaws.at[k].what));
        }
        shell(a, "rm -rf '%' && cp -r '%.whole' '%'", dir);
    }
    assert_int_equal(verdict_of(a, dir).flaws.count, 0);
    assert_int_equal(failed, 0);
    shell(a, "rm -rf '%.whole'", dir);
}
