#include "tests/test.h"

#include "registry/registry_int.h"

#include <stdio.h>

/* ---- a node with a registry ---------------------------------------------------------------- */

struct world {
    struct arena *arena;
    struct node *node;
    struct registry *registry;
    struct door door;
    struct node_options options;
    struct registry_options registry_options;
    i64 county;
};

static instant now(void *ctx)
{
    (void)ctx;
    return system_now();
}

static void world_open(struct world *w)
{
    struct arena *a = arena_open();
    const char *folder = test_folder();

    *w = (struct world){.arena = a};
    w->options = (struct node_options){.main = str_format(a, "%s/main.db", folder).ptr,
                                       .keys = str_format(a, "%s/keys.db", folder).ptr,
                                       .disk = disk_open(a, str_format(a, "%s/keys", folder).ptr),
                                       .kinds = registry_kinds,
                                       .kind_count = registry_kind_count,
                                       .site = S("test"),
                                       .origin = S("test.example/log"),
                                       .clock = {now, now, NULL},
                                       .number = 7};
    w->registry_options = (struct registry_options){
        .disk = w->options.disk, .state = str_format(a, "%s/state.db", folder).ptr};
    assert_ok(node_create(&w->options, &w->node));
    assert_ok(registry_open(&w->registry_options, &w->registry));
    w->door = door_of(w->node);
}

static void world_close(struct world *w)
{
    registry_close(w->registry);
    node_close(w->node);
    arena_close(w->arena);
}

static const char small[] = "code,name,level,parent\n"
                            "620000000000,甘肃省,province,\n"
                            "620600000000,武威市,city,620000000000\n"
                            "620621000000,民勤县,county,620600000000\n"
                            "620621100000,三雷镇,township,620621000000\n"
                            "620621100001,一村,village,620621100000\n"
                            "620623000000,天祝县,county,620600000000\n";

static fallible import_text(struct world *w, str csv, str within, struct division_report *out)
{
    return registry_import_divisions(
        &w->door, &(struct division_list){csv, S("test"), within, date_ymd(2020, 1, 1)}, out);
}

static void world_with_county(struct world *w)
{
    struct division_report r;

    world_open(w);
    assert_ok(import_text(w, str_of(small), S("620621000000"), &r));
    w->county = r.within;
}

/* ---- numbers ------------------------------------------------------------------------------- */

TEST(identity_numbers_follow_gb_11643)
{
    static const struct {
        const char *number;
        bool valid;
    } rows[] = {
        {"11010519491231002X", true},   /* the standard's own examples */
        {"440524188001010014", false},  /* the other one: born before 1900 */
        {"11010519491231002x", false},  /* small letter */
        {"110105194912310021", false},  /* check */
        {"11010519491331002X", false},  /* month 13 */
        {"11010519490229002X", false},  /* no such day */
        {"01010519491231002X", false},  /* no region begins with 0 */
        {"1101051949123100２X", false}, /* a wide digit */
        {"", false},
        {"11010519491231002", false},
        {"11010519491231002X ", false},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (identity_valid(str_of(rows[i].number), date_ymd(2026, 11, 23)) != rows[i].valid)
            fail_msg("%s", rows[i].number);
    assert_false(identity_valid(S("11010519491231002X"), date_ymd(1949, 12, 30)));
}

TEST(credit_codes_follow_gb_32100)
{
    /* Published codes of large companies and offices. */
    static const char *const good[] = {"91350100M000100Y43", "911100001000013428",
                                       "91440300708461136T", "91330000710925243E"};

    size_t held = 0;
    for (size_t i = 0; i < COUNT(good); i++)
        held += credit_valid(str_of(good[i]));
    assert_true(held >= 1);
    assert_true(credit_valid(S("91350100M000100Y43"))); /* the standard's example */
    assert_false(credit_valid(S("91350100M000100Y44")));
    assert_false(credit_valid(S("91350100M000100y43")));
    assert_false(credit_valid(S("91350100I000100Y43")));
    assert_false(credit_valid(S("91350100\0000100Y43")));
    assert_false(credit_valid(S("")));
}

/* Any other digit in any one place, and any two neighbours changed, is found out. */
TEST(one_wrong_sign_or_two_swapped_are_found)
{
    scoped_arena a = arena_open();

    for (int n = 0; n < 300; n++) {
        str id = identity_make(
            a, str_format(a, "6206211970%02d%02d%03d", n % 12 + 1, n % 28 + 1, n * 7 % 1000));
        str credit = credit_make(a, S("91620621"), n * 7919 + 1000);
        date today = date_ymd(2026, 1, 1);

        assert_true(identity_valid(id, today));
        assert_true(credit_valid(credit));
        for (size_t i = 0; i < 17; i++) {
            char *wrong = str_z(a, id), *bad = str_z(a, credit);

            wrong[i] = (char)('0' + (wrong[i] - '0' + 1 + n % 9) % 10);
            if (identity_valid(str_of(wrong), today))
                fail_msg("%s", wrong);
            bad[i] = bad[i] == '3' ? '4' : '3';
            if (credit_valid(str_of(bad)))
                fail_msg("%s", bad);
            wrong = str_z(a, id);
            wrong[i] = id.ptr[i + 1];
            wrong[i + 1] = id.ptr[i];
            if (id.ptr[i] != id.ptr[i + 1] && identity_valid(str_of(wrong), today))
                fail_msg("%s", wrong);
        }
    }
}

/* ---- divisions ----------------------------------------------------------------------------- */

TEST(a_county_is_cut_out_with_what_lies_above_and_below)
{
    struct world w;
    struct division d;
    struct divisions line, below;
    struct division_report r;
    bool found;

    world_open(&w);
    assert_ok(import_text(&w, str_of(small), S("620621000000"), &r));
    assert_int_equal(r.count, 5);
    assert_ok(
        division_by_code(w.arena, w.door.db, S("620621000000"), date_ymd(2026, 1, 1), &d, &found));
    assert_true(found && d.id == r.within);
    assert_str(d.name, S("民勤县"));
    assert_int_equal(d.path.len, 3 * PATH_STEP);
    assert_ok(division_line(w.arena, w.door.db, d.id, &line));
    assert_int_equal(line.count, 3);
    assert_str(line.at[0].name, S("甘肃省"));
    assert_ok(division_children(w.arena, w.door.db, d.id, &below));
    assert_int_equal(below.count, 1);
    assert_ok(
        division_by_code(w.arena, w.door.db, S("620623000000"), date_ymd(2026, 1, 1), &d, &found));
    assert_false(found);
    world_close(&w);
}

TEST(a_wrong_list_is_refused_with_its_line_and_leaves_nothing)
{
#define HEAD "code,name,level,parent\n620000000000,甘肃省,province,\n"
    static const struct {
        const char *csv, *says;
    } rows[] = {
        {"name,code,level,parent\n", "line 1"},
        {"", "line 1"},
        {HEAD "620600000000,武威市,city,630000000000\n", "line 3: parent 630000000000 is nowhere"},
        {HEAD "620000000000,又一个,province,\n", "line 3: code 620000000000 came before"},
        {HEAD "620600000000,武威市,county,620000000000\n",
         "line 3: county 620600000000 stands below province"},
        {HEAD "620600000000,武威市,city,\n", "line 3: city 620600000000 stands below nothing"},
        {HEAD "62060000000,武威市,city,620000000000\n", "line 3: a code has 12 digits"},
        {HEAD "620600000000,武威市,town,620000000000\n", "line 3: no level"},
        {HEAD "620600000000,,city,620000000000\n", "line 3: no name"},
        {HEAD "620600000000,武威市,city\n", "line 3: 3 fields"},
        {HEAD "620600000000,\"武\n威市\",city,620000000000\n62,x,city,620000000000\n", "line 5"},
        {"code,name,level,parent\n", "empty"},
    };
    struct world w;
    struct division_report r;

    world_open(&w);
    for (size_t i = 0; i < COUNT(rows); i++) {
        err e = import_text(&w, str_of(rows[i].csv), S(""), &r);

        if (e == OK || e->code != ERR_INPUT || strstr(e->message, rows[i].says) == NULL)
            fail_msg("row %zu: %s", i, e ? e->message : "taken");
    }
    assert_int_equal(node_size(w.node), 1);
    assert_err(import_text(&w, str_of(small), S("999999999999"), &r), ERR_NOT_FOUND);
    assert_ok(import_text(&w, str_of(small), S(""), &r));
    assert_err(import_text(&w, str_of(small), S(""), &r), ERR_INPUT);
    world_close(&w);
}

TEST(the_whole_of_gansu_is_imported_in_chunks)
{
    const char *path = test_shared("divisions-gansu.csv");
    struct world w;
    struct division_report r;
    struct sql_division_below below;
    struct division d;
    str csv;
    bool found;

    world_open(&w);
    assert_ok(file_read(w.arena, path, DIVISION_FILE_MOST, &csv));
    assert_ok(import_text(&w, csv, S(""), &r));
    assert_int_equal(r.count, 19224); /* lines of the file but its head */
    assert_int_equal(node_size(w.node), 1 + 2 + (19224 + CHUNK_ROWS - 1) / CHUNK_ROWS);
    assert_ok(
        division_by_code(w.arena, w.door.db, S("620621000000"), date_ymd(2026, 1, 1), &d, &found));
    assert_true(found);
    struct scope s = scope_of_path(w.arena, d.path);
    assert_ok(sql_division_below(w.arena, w.door.db, s.from, s.to, &below, &found));
    assert_int_equal(below.count, 310); /* grep -c ^620621 */
    world_close(&w);
}

TEST(a_list_without_its_last_event_is_not_seen)
{
    struct world w;
    struct division d;
    bool found;

    world_open(&w);
    assert_ok(db_begin(w.door.db));
    sql_division_import_put(w.door.db, 5, S("x"), date_ymd(2020, 1, 1));
    sql_division_put(w.door.db, 9, 5, 1, 0, S("0000000000009"), S("半省"));
    sql_division_code_put(w.door.db, 9, date_ymd(2020, 1, 1), S("620000000000"), S("半省"));
    assert_ok(db_commit(w.door.db));
    assert_ok(division_get(w.arena, w.door.db, 9, &d, &found));
    assert_false(found);
    assert_ok(
        division_by_code(w.arena, w.door.db, S("620000000000"), date_ymd(2026, 1, 1), &d, &found));
    assert_false(found);
    world_close(&w);
}

static fallible code_change(struct tx *tx, void *input)
{
    return registry_division_code(tx, input);
}

TEST(a_code_holds_from_its_day_on_and_the_id_stays)
{
    struct world w;
    struct division d;
    bool found;

    world_with_county(&w);
    struct division_change c = {w.county, S("620681000000"), S("民勤市"), date_ymd(2027, 1, 1)};
    assert_ok(door_run(&w.door, "code", code_change, &c));
    static const struct {
        const char *code;
        int year;
        bool is;
    } rows[] = {{"620621000000", 2026, true},
                {"620621000000", 2027, false},
                {"620681000000", 2026, false},
                {"620681000000", 2027, true}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_ok(division_by_code(w.arena, w.door.db, str_of(rows[i].code),
                                   date_ymd(rows[i].year, 1, 1), &d, &found));
        if (found != rows[i].is || (found && d.id != w.county))
            fail_msg("row %zu", i);
    }
    world_close(&w);
}

/* ---- posts and the three administrators ---------------------------------------------------- */

struct give {
    i64 person, post;
};

static fallible give_run(struct tx *tx, void *input)
{
    const struct give *g = input;

    return registry_post_give(tx, g->person, g->post);
}

static fallible take_run(struct tx *tx, void *input)
{
    const struct give *g = input;

    return registry_post_take(tx, g->person, g->post, S("调离"));
}

TEST(nobody_holds_two_administrators_posts)
{
    struct world w;
    struct accounts all = {0};
    struct sql_posts_held_rows held[3];

    world_with_county(&w);
    assert_ok(registry_init_admins(w.arena, &w.door, w.county, &all));
    assert_int_equal(all.count, 3);
    for (int i = 0; i < 3; i++)
        assert_ok(sql_posts_held(w.arena, w.door.db, all.at[i].person, &held[i]));
    for (int i = 0; i < 3; i++) {
        struct give g = {all.at[i].person, held[(i + 1) % 3].at[0].id};

        assert_err(door_run(&w.door, "give", give_run, &g), ERR_STATE);
    }
    world_close(&w);
}

TEST(a_post_that_was_taken_acts_no_more)
{
    struct world w;
    struct accounts all = {0};
    struct sql_posts_held_rows held;
    struct acting_post p;

    world_with_county(&w);
    assert_ok(registry_init_admins(w.arena, &w.door, w.county, &all));
    assert_ok(sql_posts_held(w.arena, w.door.db, all.at[0].person, &held));
    struct give g = {all.at[0].person, held.at[0].id};
    assert_ok(registry_acting(w.arena, w.door.db, g.person, g.post, &p));
    assert_true(duty_in(p.duties, S("SYSTEM_ADMIN")));
    assert_err(registry_acting(w.arena, w.door.db, all.at[1].person, g.post, &p), ERR_FORBIDDEN);
    assert_ok(door_run(&w.door, "take", take_run, &g));
    assert_err(registry_acting(w.arena, w.door.db, g.person, g.post, &p), ERR_FORBIDDEN);
    assert_err(door_run(&w.door, "take", take_run, &g), ERR_STATE);
    world_close(&w);
}

/* ---- signing in ---------------------------------------------------------------------------- */

static fallible try_in(struct world *w, str login, str password, str code, struct signed_in *out)
{
    return registry_sign_in(w->arena, w->door.db, &(struct sign_in){login, password, code}, out);
}

TEST(staff_sign_in_with_two_factors_and_a_code_serves_once)
{
    struct world w;
    struct accounts all = {0};
    struct signed_in in;
    str code;

    world_with_county(&w);
    assert_ok(registry_init_admins(w.arena, &w.door, w.county, &all));
    const struct account *acc = &all.at[0];
    assert_ok(totp_code(w.arena, acc->totp, system_now().ms, &code));
    assert_err(try_in(&w, acc->login, acc->password, S(""), &in), ERR_SIGN_IN);
    assert_err(try_in(&w, acc->login, S("wrong"), code, &in), ERR_SIGN_IN);
    assert_ok(try_in(&w, acc->login, acc->password, code, &in));
    assert_true(in.person == acc->person && in.must_change);
    assert_err(try_in(&w, acc->login, acc->password, code, &in), ERR_SIGN_IN);
    world_close(&w);
}

TEST(five_failures_lock_a_name_that_exists_and_one_that_does_not_alike)
{
    struct world w;
    struct accounts all = {0};
    struct signed_in in;
    char said[2][240];
    str code;

    world_with_county(&w);
    assert_ok(registry_init_admins(w.arena, &w.door, w.county, &all));
    const str logins[] = {all.at[0].login, S("nobody")};
    for (int i = 0; i < 2; i++)
        for (int n = 0; n < 7; n++) {
            err e = try_in(&w, logins[i], S("wrong"), S("000000"), &in);

            assert_true(e != OK && e->code == ERR_SIGN_IN);
            if (n)
                assert_string_equal(said[i], e->message);
            (void)snprintf(said[i], sizeof said[i], "%s", e->message);
        }
    assert_string_equal(said[0], said[1]);
    assert_ok(totp_code(w.arena, all.at[0].totp, system_now().ms, &code));
    assert_err(try_in(&w, logins[0], all.at[0].password, code, &in), ERR_SIGN_IN);
    world_close(&w);
}

TEST(one_time_codes_follow_rfc_6238)
{
    /* Appendix B's SHA-1 rows, six digits; the secret is "12345678901234567890". */
    static const struct {
        i64 seconds;
        const char *code;
    } rows[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
                {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    scoped_arena a = arena_open();
    str code;

    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_ok(
            totp_code(a, S("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), rows[i].seconds * 1000, &code));
        assert_str(code, str_of(rows[i].code));
    }
}

/* ---- citizens ------------------------------------------------------------------------------ */

struct add {
    struct person_new in;
    i64 id;
};

static fallible add_run(struct tx *tx, void *input)
{
    struct add *r = input;

    return registry_person_add(tx, &r->in, &r->id);
}

TEST(a_number_registers_once_and_is_found_by_its_hash_also_under_a_new_key)
{
    struct world w;
    struct add r = {.in = {.kind = S("citizen"),
                           .name = S("王小明"),
                           .number = S("11010519491231002X"),
                           .phone = S("13900000000")}};
    i64 person;
    str text, dump;

    world_with_county(&w);
    assert_ok(door_run(&w.door, "add", add_run, &r));
    i64 id = r.id;
    assert_err(door_run(&w.door, "add", add_run, &r), ERR_CONFLICT);
    assert_ok(registry_lookup(w.arena, w.door.db, S("identity"), r.in.number, &person));
    assert_int_equal(person, id);
    assert_ok(registry_person_name(w.arena, w.node, id, &text));
    assert_str(text, S("王小明"));
    struct digest_text {
        str s;
    } before;
    assert_ok(db_dump(w.arena, w.door.db, "lookup", &before.s));
    assert_ok(registry_rotate_lookup(&w.door));
    assert_ok(registry_lookup(w.arena, w.door.db, S("identity"), r.in.number, &person));
    assert_int_equal(person, id);
    assert_ok(db_dump(w.arena, w.door.db, "lookup", &dump));
    assert_false(str_eq(before.s, dump));

    static const char *const tables[] = {"event", "person", "lookup", "credential"};
    for (size_t i = 0; i < COUNT(tables); i++) {
        assert_ok(db_dump(w.arena, w.door.db, tables[i], &dump));
        assert_int_equal(str_find(dump, S("王小明")), -1);
        assert_int_equal(str_find(dump, S("11010519491231002X")), -1);
        assert_int_equal(str_find(dump, S("13900000000")), -1);
    }
    world_close(&w);
}

TEST(what_is_no_name_number_or_phone_is_refused)
{
    scoped_arena a = arena_open();
    char *long_text = NEW_N(a, 1 << 20, char);
    struct world w;

    memset(long_text, 'a', 1 << 20);
    const struct person_new rows[] = {
        {S("citizen"), 0, S(""), S("11010519491231002X"), S("")},
        {S("citizen"), 0, S(" 王"), S("11010519491231002X"), S("")},
        {S("citizen"), 0, {long_text, 1 << 20}, S("11010519491231002X"), S("")},
        {S("citizen"), 0, S("a\0b"), S("11010519491231002X"), S("")},
        {S("citizen"), 0, S("王"), S("110105194912310021"), S("")},
        {S("citizen"), 0, S("王"), {long_text, 1 << 20}, S("")},
        {S("citizen"), 0, S("王"), S("11010519491231002X"), S("<script>")},
        {S("citizen"), 0, S("王"), S("11010519491231002X"), {long_text, 1 << 20}},
        {S("enterprise"), 0, S("公司"), S("11010519491231002X"), S("")},
        {S("ghost"), 0, S("王"), S(""), S("")},
        {S("staff"), 12345, S("王"), S(""), S("")},
    };

    world_with_county(&w);
    i64 size = node_size(w.node);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct add r = {.in = rows[i]};

        if (door_run(&w.door, "add", add_run, &r) == OK)
            fail_msg("row %zu was taken", i);
    }
    assert_int_equal(node_size(w.node), size);
    world_close(&w);
}

/* ---- sessions ------------------------------------------------------------------------------ */

TEST(sessions_outlive_a_restart_and_hold_no_name_in_the_open)
{
    struct world w;
    struct session s = {.person = 5, .post = 6, .made_ms = 1, .seen_ms = 2, .name = "王小明"}, got;
    str dump;

    world_open(&w);
    memset(s.key.at, 7, sizeof s.key.at);
    s.until_ms = system_now().ms + 100000;
    struct session_store store = registry_sessions(w.registry);
    assert_ok(store.save(store.state, &s));
    assert_ok(db_dump(w.arena, w.registry->state, "session", &dump));
    assert_int_equal(str_find(dump, S("王小明")), -1);
    registry_close(w.registry);
    assert_ok(registry_open(&w.registry_options, &w.registry));
    store = registry_sessions(w.registry);
    assert_ok(store.load(store.state, s.key, &got));
    assert_true(got.person == 5 && got.post == 6 && got.until_ms == s.until_ms);
    assert_string_equal(got.name, "王小明");
    assert_ok(store.drop(store.state, s.key));
    assert_err(store.load(store.state, s.key, &got), ERR_NOT_FOUND);
    world_close(&w);
}

/* ---- the whole ----------------------------------------------------------------------------- */

TEST(a_demo_has_people_for_every_body_and_replays)
{
    struct world w;
    struct accounts all = {0};
    struct verdict v;
    str *bodies;
    size_t count;

    world_with_county(&w);
    assert_ok(registry_demo_bodies(w.arena,
                                   S("no,body\n1,县市场监督管理局\n2,县教育局(学校)\n3,县教育局\n"),
                                   S("民勤县"), &bodies, &count));
    assert_int_equal(count, 6);
    assert_str(bodies[5], S("民勤县教育局"));
    assert_ok(registry_demo(w.arena, &w.door, w.county, bodies + 4, 2, &all));
    assert_int_equal(all.count, 2 * 6 + 10 + 1);
    assert_ok(node_verify(w.arena, w.node, true, &v));
    for (size_t i = 0; i < v.flaws.count; i++)
        fail_msg("%s: %.*s", v.flaws.at[i].where, STR(v.flaws.at[i].what));
    world_close(&w);
}

TEST(every_route_of_the_room_names_a_known_duty_and_scope)
{
    scoped_arena a = arena_open();
    struct routes rooms = {registry_routes, registry_route_count};
    struct buf out = buf_in(a);

    assert_ok(registry_check_routes(&rooms, 1));
    registry_commands(&out, &rooms, 1);
    assert_true(str_find(buf_text(&out), S("password_change")) > 0);
    assert_int_equal(str_find(buf_text(&out), S("?")), -1);
}
