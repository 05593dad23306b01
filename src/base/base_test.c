#include "tests/test.h"

static const struct {
    const char *bytes;
    size_t len;
    bool valid;
} texts[] = {
    {"", 0, true},
    {"民勤县", 9, true},
    {"a\0b", 3, false},
    {"\xC0\x80", 2, false},
    {"\xED\xA0\x80", 3, false},
    {"\xF0\x9F\x98\x80", 4, true},
    {"\xF4\x90\x80\x80", 4, false},
    {"\xE6\xB0", 2, false},
};

TEST(text_that_is_not_utf8_or_has_a_nul_is_refused_at_the_door)
{
    for (size_t i = 0; i < COUNT(texts); i++)
        if (utf8_valid((str){texts[i].bytes, texts[i].len}) != texts[i].valid)
            fail_msg("row %zu", i);
}

TEST(every_day_of_four_centuries_has_its_parts_and_weekday)
{
    date d = date_ymd(1900, 1, 1);
    int weekday = 1; /* a Monday */

    for (int year = 1900; year < 2300; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= month_days(year, month); day++, d.days++) {
                int y, m, n;
                date_parts(d, &y, &m, &n);
                assert_true(y == year && m == month && n == day);
                assert_int_equal(date_ymd(year, month, day).days, d.days);
                assert_int_equal(date_weekday(d), weekday);
                weekday = weekday % 7 + 1;
            }
}

TEST(a_civil_day_begins_at_sixteen_hours_utc_of_the_day_before)
{
    scoped_arena a = arena_open();
    instant t;

    assert_ok(instant_parse(S("2026-03-01T16:00:00Z"), &t));
    assert_str(date_text(a, instant_date(t)), S("2026-03-02"));
    assert_ok(instant_parse(S("2026-03-01T15:59:59.999Z"), &t));
    assert_str(date_text(a, instant_date(t)), S("2026-03-01"));
    assert_str(instant_text(a, t), S("2026-03-01T15:59:59.999Z"));
    assert_err(instant_parse(S("2026-02-29T00:00:00Z"), &t), ERR_INPUT);
}

TEST(json_is_read_strictly_and_written_canonically)
{
    scoped_arena a = arena_open();
    struct json *j;
    struct buf b = buf_in(a);

    assert_ok(json_read(a,
                        S("{\"b\": [1, true, null], \"a\": \"\\u6c11\\n\", \"\xF0\x9F\x98\x80\": "
                          "1, \"\xEF\xBF\xBD\": 2}"),
                        &j));
    json_canonical(&b, j);
    assert_str(
        buf_text(&b),
        S("{\"a\":\"民\\n\",\"b\":[1,true,null],\"\xF0\x9F\x98\x80\":1,\"\xEF\xBF\xBD\":2}"));

    static const char *const bad[] = {
        "",  "{", "{\"a\":1,\"a\":2}", "\"\\u0000\"", "[1]]", "{\"a\\u0000\":1}", "\"\xC0\x80\"",
        "01"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_err(json_read(a, str_of(bad[i]), &j), ERR_SYNTAX);
}

TEST(a_csv_field_in_quotes_may_hold_commas_quotes_and_line_ends)
{
    scoped_arena a = arena_open();
    struct csv csv = {.rest = S("x,\"a,\"\"b\"\"\nc\"\r\n,,\nlast")};
    str *fields;
    size_t count;
    bool more;

    assert_ok(csv_next(a, &csv, &fields, &count, &more));
    assert_int_equal(count, 2);
    assert_str(fields[1], S("a,\"b\"\nc"));
    assert_ok(csv_next(a, &csv, &fields, &count, &more));
    assert_int_equal(count, 3);
    assert_ok(csv_next(a, &csv, &fields, &count, &more));
    assert_true(more && count == 1);
    assert_ok(csv_next(a, &csv, &fields, &count, &more));
    assert_false(more);

    csv = (struct csv){.rest = S("\"open")};
    assert_err(csv_next(a, &csv, &fields, &count, &more), ERR_SYNTAX);
}

TEST(a_map_finds_what_was_put_in_and_keeps_the_order)
{
    scoped_arena a = arena_open();
    struct map m = map_in(a);

    for (size_t i = 0; i < 5000; i++)
        map_set(&m, str_format(a, "key %zu", i), str_z(a, str_format(a, "%zu", i)));
    for (size_t i = 0; i < 5000; i++) {
        const char *value = map_get(&m, str_format(a, "key %zu", i));
        assert_non_null(value);
        assert_str(str_of(value), str_format(a, "%zu", i));
        assert_str(m.entries[i].key, str_format(a, "key %zu", i));
    }
    assert_null(map_get(&m, S("absent")));
}

TEST(hex_and_base64_come_back_as_they_went)
{
    scoped_arena a = arena_open();
    u8 bytes[64], back[64];

    for (size_t len = 0; len < sizeof bytes; len++) {
        str out;
        for (size_t i = 0; i < len; i++)
            bytes[i] = (u8)(i * 37 + len);
        assert_ok(hex_to(hex_of(a, bytes, len), back, len));
        assert_memory_equal(back, bytes, len);
        assert_ok(base64_to(a, base64_of(a, bytes, len), &out));
        assert_str(out, ((str){(char *)bytes, len}));
    }
    str out;
    assert_err(base64_to(a, S("AB=C"), &out), ERR_SYNTAX);
    assert_err(base64_to(a, S("ABC"), &out), ERR_SYNTAX);
}

TEST(an_arena_gives_back_what_was_taken_after_a_mark)
{
    scoped_arena a = arena_open();
    char *kept = arena_take(a, 100, 1);
    memset(kept, 'k', 100);
    arena_mark mark = arena_here(a);

    for (int i = 0; i < 1000; i++) {
        (void)arena_take(a, 10000, 1);
        arena_back(a, mark);
    }
    assert_int_equal(arena_used(a), 112);
    assert_int_equal(kept[99], 'k');
}

TEST(numbers_outside_64_bits_are_refused)
{
    i64 n;

    assert_ok(str_i64(S("-9223372036854775807"), &n));
    assert_err(str_i64(S("9223372036854775808"), &n), ERR_RANGE);
    assert_err(str_i64(S(""), &n), ERR_INPUT);
    assert_err(str_i64(S("1 "), &n), ERR_INPUT);
}

TEST(a_number_that_has_no_canonical_form_is_told_before_it_is_written)
{
    static const struct {
        const char *text;
        bool has;
    } rows[] = {{"9007199254740992", true},   {"9007199254740993", false},
                {"-9007199254740993", false}, {"[[{\"a\":1.5}]]", false},
                {"[1,\"1.5\",null]", true},   {"1e2", false}};
    scoped_arena a = arena_open();

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json *value;

        assert_ok(json_read(a, str_of(rows[i].text), &value));
        if (json_has_canonical(value) != rows[i].has)
            fail_msg("%s", rows[i].text);
    }
}
