#include "tests/test.h"

#include "catalogue/catalogue.h"
#include "catalogue_sql.h"
#include "flow/flow.h"

static instant set_now = {1795395600000}; /* 2026-11-23T01:00:00Z */

static instant clock_now(void *ctx)
{
    (void)ctx;
    return set_now;
}

static struct node *open_node(struct arena *a)
{
    const char *folder = test_folder();
    struct node *n;
    struct node_options o = {
        .main = str_format(a, "%s/main.db", folder).ptr,
        .keys = str_format(a, "%s/keys.db", folder).ptr,
        .disk = disk_open(a, str_format(a, "%s/keys", folder).ptr),
        .kinds = catalogue_kinds,
        .kind_count = catalogue_kind_count,
        .site = S("620621000000"),
        .origin = S("test.yangguan/catalogue"),
        .clock = {clock_now, clock_now, NULL},
        .number = 7,
    };

    assert_ok(node_create(&o, &n));
    return n;
}

static err run_one(struct node *n, fallible (*run)(struct tx *tx, void *in), void *in)
{
    struct command c = {.run = run, .input = in, .name = "test", .allowed = true};
    struct command *one = &c;

    assert_ok(node_batch(n, &one, 1));
    return c.job.refused ? err_again(&c.job.why) : OK;
}

static fallible body_of(void *ctx, str name, i64 *id)
{
    struct map *bodies = ctx;
    i64 *known = map_get(bodies, name);

    if (known == NULL) {
        known = NEW(bodies->arena, i64);
        *known = 1000 + (i64)bodies->count;
        map_set(bodies, str_copy(bodies->arena, name), known);
    }
    *id = *known;
    return OK;
}

static struct matters_import import_of(struct map *bodies, str csv)
{
    return (struct matters_import){.csv = csv,
                                   .division_name = S("民勤县"),
                                   .division_path = S("62/6206/620621"),
                                   .usual = procedure_shipped(S("usual")),
                                   .instant = procedure_shipped(S("instant")),
                                   .effective = date_ymd(2026, 11, 23),
                                   .body = body_of,
                                   .ctx = bodies};
}

TEST(the_catalogue_of_the_county_is_imported_once)
{
    scoped_arena a = arena_open();
    struct map bodies = map_in(a);
    struct authority by = {.channel = S("import")};
    struct sql_matters_find_rows rows;
    struct matter m;
    struct verdict v;
    const char *path = test_shared("matters.csv");
    str csv;

    assert_ok(file_read(a, path, 1 << 20, &csv));
    struct node *n = open_node(a);
    struct matters_import in = import_of(&bodies, csv);
    assert_ok(matters_import(n, &by, &in));
    assert_int_equal(in.imported, 83);
    assert_ok(matters_import(n, &by, &in));
    assert_int_equal(in.imported, 0);

    assert_ok(sql_matters_find(a, node_db(n), S("食品经营"), S(""), 0, S(""), 10, &rows));
    assert_int_equal(rows.count, 1);
    assert_ok(matter_load(a, node_db(n), rows.at[0].id, &m));
    assert_str(m.name, S("食品经营许可"));
    assert_str(m.body_name, S("民勤县市场监督管理局"));
    assert_int_equal(m.body, *(i64 *)map_get(&bodies, m.body_name));
    assert_int_equal(m.materials.count, 4);
    assert_int_equal(m.legal.amount, 20);
    assert_str(m.legal.article, S("行政许可法第四十二条"));
    assert_int_equal(m.promised.amount, 10);
    assert_true(m.demo);
    assert_ok(sql_matters_find(a, node_db(n), S(""), S("village"), 0, S(""), 100, &rows));
    assert_int_equal(rows.count, 4);

    assert_ok(node_verify(a, n, true, &v));
    for (size_t i = 0; i < v.flaws.count; i++)
        print_message("%s %.*s\n", v.flaws.at[i].where, STR(v.flaws.at[i].what));
    assert_int_equal(v.flaws.count, 0);
    node_close(n);
}

static struct matter sample(void)
{
    static struct material one = {{"申请书", 9}};
    struct matter m = {.code = S("X1"),
                       .name = S("试验许可"),
                       .type = S("行政许可"),
                       .level = S("county"),
                       .body = 5,
                       .body_name = S("民勤县水务局"),
                       .division_path = S("62/6206/620621"),
                       .basis = S("《水法》第四十八条"),
                       .conditions = S("无"),
                       .fee = S("不收费"),
                       .supervision = S("12345"),
                       .legal = {true, 20, LIMIT_WORKING, S("working-day"), S("行政许可法 42")},
                       .promised = {true, 10, LIMIT_WORKING, S("working-day"), S("承诺")}};

    m.materials.at = &one;
    m.materials.count = m.materials.cap = 1;
    return m;
}

static fallible run_enact(struct tx *tx, void *in)
{
    return procedure_enact(tx, in);
}

static fallible run_draft(struct tx *tx, void *in)
{
    return matter_draft(tx, in);
}

static fallible run_publish(struct tx *tx, void *in)
{
    return matter_publish(tx, in);
}

/* LAW: 行政许可法 42, 行政许可法 30, 行政许可法 11 */
TEST(a_matter_without_an_element_or_with_too_long_a_promise_is_not_published)
{
    scoped_arena a = arena_open();
    struct node *n = open_node(a);
    struct procedure_new p = {
        S("usual"), S("一般程序"), procedure_shipped(S("usual")), date_ymd(2026, 11, 23), 0, 0};
    struct matter m;

    assert_ok(procedure_check(p.model));
    assert_ok(run_one(n, run_enact, &p));
    for (int i = 0; i < 6; i++) {
        m = sample();
        m.procedure = p.id;
        m.procedure_version = p.version;
        if (i == 0)
            m.promised.amount = 21;
        if (i == 1)
            m.basis = S("");
        if (i == 2)
            m.conditions = S("");
        if (i == 3)
            m.materials.count = 0;
        if (i == 4)
            m.supervision = S("");
        assert_ok(run_one(n, run_draft, &m));
        assert_int_equal(m.version, i + 1);
        struct matter_publication pub = {m.id, m.version, date_ymd(2026, 11, 23)};
        if (i < 5)
            assert_err(run_one(n, run_publish, &pub), ERR_INPUT);
        else
            assert_ok(run_one(n, run_publish, &pub));
        if (i == 5)
            assert_err(run_one(n, run_publish, &pub), ERR_STATE);
    }
    struct matter got;
    assert_ok(matter_load(a, node_db(n), m.id, &got));
    assert_int_equal(got.version, 6);
    assert_false(got.demo);
    node_close(n);
}

TEST(promises_and_statutory_limits_of_different_units_are_compared)
{
    const struct {
        i64 promised;
        enum limit_kind unit;
        i64 legal;
        enum limit_kind legal_unit;
        bool exceeds;
    } rows[] = {{20, LIMIT_WORKING, 20, LIMIT_WORKING, false},
                {21, LIMIT_WORKING, 20, LIMIT_WORKING, true},
                {5, LIMIT_WORKING, 5, LIMIT_NATURAL, false},
                {6, LIMIT_WORKING, 6, LIMIT_NATURAL, true},
                {0, LIMIT_WORKING, 0, LIMIT_WORKING, false},
                {1, LIMIT_WORKING, 0, LIMIT_WORKING, true},
                {24, LIMIT_WORKING, 1, LIMIT_MONTH, true},
                {20, LIMIT_WORKING, 1, LIMIT_MONTH, false},
                {1, LIMIT_MONTH, 20, LIMIT_WORKING, true},
                {30, LIMIT_NATURAL, 20, LIMIT_WORKING, true}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct matter_limit p = {true, rows[i].promised, rows[i].unit, {0}, {0}};
        struct matter_limit l = {true, rows[i].legal, rows[i].legal_unit, {0}, {0}};

        if (promise_exceeds(&p, &l) != rows[i].exceeds)
            fail_msg("row %zu", i);
        l.set = false;
        assert_false(promise_exceeds(&p, &l));
    }
}
