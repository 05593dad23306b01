/* Every query of every room does on PostgreSQL what it does on SQLite. */
#include "store/store_test.h"
#include "tests/test.h"

enum { ROUNDS_OF_WRITES = 24, ROUNDS_OF_READS = 64 };

static const i64 numbers[] = {0, 1, 7, 1LL << 53, 2, 3, 1790000000000};
static const str texts[] = {{"", 0},  {"民勤县", 9},           {"z", 1},      {"Zebra", 5},
                            {"é", 2}, {"\xF0\x9F\x98\x80", 4}, {"甘肃省", 9}, {"a'\"\\", 4}};
static const str bytes[] = {{"", 0}, {"\0\xFF", 2}, {"plain", 5}, {"\xE6\xB0\x91", 3}};

/* The value of a parameter in a round: NULL, empty and foreign ones take turns. */
static struct cell sample(char type, size_t round, size_t param)
{
    size_t at = (size_t)((u32)(round * 31 + param * 17 + 1) * 2654435761U >> 16);
    bool nullable = (type & 0x20) == 0;

    if (nullable && at % 3 == 0)
        return (struct cell){0};
    switch (type | 0x20) {
    case 'i':
        return cell_i64(numbers[at % COUNT(numbers)]);
    case 't':
        return cell_text(texts[at % COUNT(texts)]);
    default:
        return cell_bytes(bytes[at % COUNT(bytes)]);
    }
}

static void print_cell(struct buf *out, const struct cell *c, bool last)
{
    static const char marks[] = {'~', 'i', 't', 'b'};

    buf_byte(out, (u8)marks[c->type]);
    db_dump_cell(out, c, last);
}

/* What a query answers, as text: its rows, or its error's name. */
static str answer(struct arena *a, struct db *db, const struct query *q, size_t round)
{
    struct buf out = buf_in(a);
    struct cell params[64], *cells = NULL;
    size_t count = 0;

    for (int i = 0; i < q->params; i++)
        params[i] = sample(q->param_types[i], round, (size_t)i);
    assert_ok(db_savepoint(db, 1));
    if (q->columns == 0)
        db_write(db, q, params);
    err e = q->columns ? db_rows(a, db, q, params, &cells, &count) : OK;
    if (e == OK)
        e = db_check(db);
    if (e != OK) {
        buf_z(&out, err_name(e->code));
        assert_ok(db_undo(db, 1));
    }
    assert_ok(db_release(db, 1));
    for (size_t i = 0; e == OK && i < count * (size_t)q->columns; i++)
        print_cell(&out, &cells[i], (i + 1) % (size_t)q->columns == 0);
    return buf_text(&out);
}

static void compare(struct arena *a, struct db *const db[2], size_t engines, bool writes,
                    size_t round)
{
    for (size_t i = 0; i < all_queries_count; i++) {
        const struct query *q = all_queries[i];
        str answers[2];

        if ((q->columns == 0) != writes)
            continue;
        for (size_t n = 0; n < engines; n++)
            answers[n] = answer(a, db[n], q, round);
        if (engines == 2 && !str_eq(answers[0], answers[1]))
            fail_msg("%s in round %zu\nSQLite:\n%.*s\nPostgreSQL:\n%.*s", q->name, round,
                     STR(answers[0]), STR(answers[1]));
    }
}

static void compare_tables(struct arena *a, struct db *const db[2], size_t engines)
{
    for (size_t i = 0; i < schema_ddl_count; i++) {
        str dumps[2];

        if (!schema_ddl[i].table)
            continue;
        for (size_t n = 0; n < engines; n++)
            assert_ok(db_dump(a, db[n], schema_ddl[i].name, &dumps[n]));
        if (engines == 2 && !str_eq(dumps[0], dumps[1]))
            fail_msg("%s\nSQLite:\n%.*s\nPostgreSQL:\n%.*s", schema_ddl[i].name, STR(dumps[0]),
                     STR(dumps[1]));
    }
}

static fallible open_whole(const struct test_engine *e, struct db **db)
{
    TRY(db_open(e->where, &e->options, db));
    TRY(db_create(*db, STORE_MAIN));
    TRY(db_create(*db, STORE_KEYS));
    TRY(db_create(*db, STORE_STATE));
    return db_begin(*db);
}

TEST(every_query_answers_the_same_on_both_engines)
{
    scoped_arena a = arena_open();
    struct test_engine engine[2];
    size_t engines = test_engines(a, engine);
    scoped_db sqlite = NULL;
    scoped_db postgres = NULL;

    assert_ok(open_whole(&engine[0], &sqlite));
    if (engines == 2)
        assert_ok(open_whole(&engine[1], &postgres));
    struct db *const db[2] = {sqlite, postgres};
    for (size_t round = 0; round < ROUNDS_OF_WRITES; round++)
        compare(a, db, engines, true, round);
    for (size_t round = 0; round < ROUNDS_OF_READS; round++)
        compare(a, db, engines, false, round);
    compare_tables(a, db, engines);
    for (size_t n = 0; n < engines; n++)
        assert_ok(db_commit(db[n]));
}

TEST(creating_what_is_there_changes_nothing)
{
    scoped_arena a = arena_open();
    struct test_engine engine[2];

    for (size_t i = 0, n = test_engines(a, engine); i < n; i++) {
        scoped_db one = NULL;
        scoped_db two = NULL;

        assert_ok(db_open(engine[i].where, &engine[i].options, &one));
        assert_ok(db_open(engine[i].where, &engine[i].options, &two));
        assert_ok(db_create(one, STORE_MAIN));
        assert_ok(db_create(two, STORE_MAIN));
    }
}
