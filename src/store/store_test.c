#include "store/store.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>

static const struct query put = {.name = "put",
                                 .sqlite = "insert into epoch values (?1, ?2, 3, ?3, 5, ?4)",
                                 .postgres = "insert into epoch values ($1, $2, 3, $3, 5, $4)",
                                 .params = 4};
static const struct query get = {
    .name = "get",
    .sqlite = "select epoch, origin, newest_note from epoch order by epoch",
    .postgres = "select epoch, origin, newest_note from epoch order by epoch",
    .types = "itt",
    .columns = 3};

/* The engines that this machine has: a file, and $YANGGUAN_PG's server. */
static size_t engines(struct arena *a, const char *out[2])
{
    const char *pg = getenv("YANGGUAN_PG");

    out[0] = str_z(a, str_format(a, "%s/test.db", test_folder()));
    out[1] = pg;
    return pg ? 2 : 1;
}

static fallible open_new(struct arena *a, const char *where, struct db **db)
{
    static int count;
    struct db_options options = {
        .schema = str_z(a, str_format(a, "store_%ld_%d", (long)monotonic_us(), count++))};

    TRY(db_open(where, &options, db));
    return db_create(*db, STORE_KEYS);
}

static void put_row(struct db *db, i64 key, str origin, str note)
{
    struct cell row[] = {cell_i64(key), cell_i64(0), cell_text(origin), cell_text(note)};

    db_write(db, &put, row);
}

TEST(rows_come_back_as_they_went_on_each_engine)
{
    scoped_arena a = arena_open();
    const char *where[2];

    for (size_t i = 0, n = engines(a, where); i < n; i++) {
        scoped_db db = NULL;
        struct cell *cells;
        size_t count;

        assert_ok(open_new(a, where[i], &db));
        assert_ok(db_begin(db));
        put_row(db, 1, S("民勤县"), S(""));
        put_row(db, INT64_MAX, S("'; drop table epoch; --"), S("\xF0\x9F\x98\x80"));
        assert_ok(db_commit(db));
        assert_ok(db_rows(a, db, &get, NULL, &cells, &count));
        assert_int_equal(count, 2);
        assert_str(cells[1].text, S("民勤县"));
        assert_true(cells[2].type == CELL_TEXT && cells[2].text.len == 0);
        assert_true(cells[3].n == INT64_MAX);
        assert_str(cells[4].text, S("'; drop table epoch; --"));
    }
}

TEST(a_failed_write_shows_at_the_next_check_and_its_savepoint_undoes_it_alone)
{
    scoped_arena a = arena_open();
    const char *where[2];

    for (size_t i = 0, n = engines(a, where); i < n; i++) {
        scoped_db db = NULL;
        struct cell *cells;
        size_t count;

        assert_ok(open_new(a, where[i], &db));
        assert_ok(db_begin(db));
        put_row(db, 1, S("a"), S("b"));
        assert_ok(db_savepoint(db, 1));
        put_row(db, 2, S("a"), S("b"));
        put_row(db, 1, S("again"), S("b"));
        put_row(db, 3, S("after"), S("b"));
        assert_err(db_check(db), ERR_CONFLICT);
        assert_ok(db_undo(db, 1));
        assert_ok(db_release(db, 1));
        put_row(db, 4, S("a"), S("b"));
        assert_ok(db_commit(db));
        assert_ok(db_rows(a, db, &get, NULL, &cells, &count));
        assert_int_equal(count, 2);
        assert_int_equal(cells[3].n, 4);
    }
}

TEST(both_engines_dump_the_same_rows_alike)
{
    scoped_arena a = arena_open();
    const char *where[2];
    str dumps[2];
    size_t n = engines(a, where);

    for (size_t i = 0; i < n; i++) {
        scoped_db db = NULL;

        assert_ok(open_new(a, where[i], &db));
        assert_ok(db_begin(db));
        put_row(db, 9, S("丝\"路\n"), S("b"));
        put_row(db, 10, S("Z"), S("b"));
        assert_ok(db_commit(db));
        assert_ok(db_dump(a, db, "epoch", &dumps[i]));
        assert_str(dumps[i], S("9|0|3|\"丝\\\"路\\n\"|5|\"b\"\n10|0|3|\"Z\"|5|\"b\"\n"));
    }
}

TEST(a_file_is_there_whole_or_not_at_all)
{
    scoped_arena a = arena_open();
    struct disk *d = disk_open(a, str_z(a, str_format(a, "%s/keys", test_folder())));
    str bytes, *names;
    size_t count;

    assert_err(disk_read(a, d, "absent", &bytes), ERR_NOT_FOUND);
    assert_ok(disk_write(d, "b", S("first")));
    assert_ok(disk_write(d, "b", S("second")));
    assert_ok(disk_write(d, "a", S("x")));
    assert_ok(disk_read(a, d, "b", &bytes));
    assert_str(bytes, S("second"));
    assert_ok(disk_list(a, d, &names, &count));
    assert_int_equal(count, 2);
    assert_str(names[0], S("a"));
    assert_ok(disk_destroy(d, "b"));
    assert_err(disk_read(a, d, "b", &bytes), ERR_NOT_FOUND);
}
