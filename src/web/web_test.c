#include "tests/test.h"

#include "web/web_int.h"

#include <time.h>

static str shown(struct arena *a, void (*out)(struct buf *, str), const char *text)
{
    struct buf b = buf_in(a);

    out(&b, str_of(text));
    return buf_text(&b);
}

static const struct {
    const char *address;
    bool allowed;
} addresses[] = {
    {"/", true},
    {"/cases/1?x=2#y", true},
    {"#top", true},
    {"?size=large", true},
    {"https://gov.example/", true},
    {"mailto:a@gov.example", true},
    {"tel:12345", true},
    {"", false},
    {"//evil.example", false},
    {"/\\evil.example", false},
    {"\\\\evil.example", false},
    {"javascript:alert(1)", false},
    {"JAVASCRIPT:alert(1)", false},
    {"data:text/html,x", false},
    {" https://gov.example", false},
    {"https://gov.example/a b", false},
    {"java\nscript:x", false},
    {"/a\tb", false},
    {"HTTPS:evil", false},
    {"cases/1", false},
};

TEST(an_address_leads_nowhere_harmful)
{
    scoped_arena a = arena_open();

    for (size_t i = 0; i < COUNT(addresses); i++) {
        bool kept = !str_eq(shown(a, out_url_str, addresses[i].address), S("#"));
        if (kept != addresses[i].allowed)
            fail_msg("%s", addresses[i].address);
    }
}

TEST(a_value_is_escaped_for_its_place)
{
    scoped_arena a = arena_open();

    assert_str(shown(a, out_text_str, "a<b>&\"'c"), S("a&lt;b&gt;&amp;&quot;&#39;c"));
    assert_str(shown(a, out_attr_str, "\r\n<\n"), S("&#13;\n&lt;\n"));
    assert_str(shown(a, out_part_str, "a/b?c=d&民 ~"), S("a%2Fb%3Fc%3Dd%26%E6%B0%91%20~"));
    assert_str(shown(a, out_text_str, ""), S(""));
}

TEST(amounts_and_counts_are_grouped_and_exact_to_the_ends)
{
    scoped_arena a = arena_open();
    struct buf b = buf_in(a);
    const struct lang *zh = lang_of(S("zh-CN"));

    assert_str(format_money_money(&b, zh, (money){461280}), S("4,612.80"));
    assert_str(format_money_money(&b, zh, (money){-5}), S("-0.05"));
    assert_str(format_money_money(&b, zh, (money){INT64_MIN}), S("-92,233,720,368,547,758.08"));
    assert_str(format_count_i64(&b, zh, 999), S("999"));
    assert_str(format_count_i64(&b, zh, 1284907), S("1,284,907"));
    assert_str(format_bytes_u64(&b, zh, 1023), S("1023 B"));
    assert_str(format_bytes_u64(&b, zh, 88604672), S("84.5 MB"));
    assert_str(format_bytes_u64(&b, zh, SIZE_MAX), S("15.9 EB"));
    out_money(&b, (money){INT64_MIN});
    assert_str(buf_text(&b), S("-92233720368547758.08"));
}

TEST(a_day_reads_as_people_of_that_language_write_it)
{
    scoped_arena a = arena_open();
    struct buf b = buf_in(a);
    date day = date_ymd(2026, 11, 23);
    instant early = {date_start(day).ms + (9 * 60 + 5) * 60000};

    assert_str(format_weekday_date(&b, lang_of(S("zh-CN")), day), S("2026年11月23日 星期一"));
    assert_str(format_minute_instant(&b, lang_of(S("zh-CN")), early), S("2026年11月23日 9:05"));
    assert_str(format_weekday_date(&b, lang_of(S("en")), day), S("Monday 2026-11-23"));
}

TEST(a_translation_may_move_its_placeholders)
{
    scoped_arena a = arena_open();
    const struct argument args[] = {{"n", {S("<3>"), false}}, {"h", {S("<b>x</b>"), true}}};
    struct buf b = buf_in(a);

    out_message(&b, PLACE_TEXT, "{h} of {n} & {unknown} {", args, COUNT(args));
    assert_str(buf_text(&b), S("<b>x</b> of &lt;3&gt; &amp; {unknown} {"));
    assert_str(message_text(a, "{n}{n}", args, 1), S("<3><3>"));
}

static const struct {
    const char *header, *tag;
} accepted[] = {
    {"", "zh-CN"},
    {"en", "en"},
    {"en-GB,en;q=0.9", "en"},
    {"zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"},
    {"en;q=0.2, zh;q=0.3", "zh-CN"},
    {"fr, de;q=0.9", "zh-CN"},
    {"fr, en;q=0.1", "en"},
    {"en;q=0", "zh-CN"},
    {"en;q=x, *", "zh-CN"},
    {";;;,,,q=", "zh-CN"},
};

TEST(the_language_is_the_browsers_first_that_we_speak)
{
    for (size_t i = 0; i < COUNT(accepted); i++)
        if (strcmp(lang_tag(lang_accepted(str_of(accepted[i].header))), accepted[i].tag) != 0)
            fail_msg("%s", accepted[i].header);
}

static const struct {
    const char *header;
    bool matches;
} etags[] = {
    {"\"a\"", true},
    {"W/\"a\"", true},
    {"\"b\", \"a\"", true},
    {"*", true},
    {"", false},
    {"a", false},
    {"\"a", false},
    {"\"ab\"", false},
    {",,,", false},
    {"W/a", false},
    {"\"b\" , W/\"a\"", true},
};

TEST(if_none_match_compares_weakly)
{
    for (size_t i = 0; i < COUNT(etags); i++)
        if (etag_matches(str_of(etags[i].header), S("\"a\"")) != etags[i].matches)
            fail_msg("%s", etags[i].header);
}

static const struct {
    const char *raw, *decoded; /* NULL: refused */
} encoded[] = {
    {"", ""},       {"a+b", "a b"}, {"%E6%B0%91", "民"}, {"%2b", "+"},
    {"100%", NULL}, {"%1", NULL},   {"%zz", NULL},       {"%00", NULL},
    {"%ff", NULL},  {"%%41", NULL}, {"%C0%AF", NULL},
};

TEST(percent_encoding_is_read_strictly)
{
    scoped_arena a = arena_open();

    for (size_t i = 0; i < COUNT(encoded); i++) {
        str out;
        err e = percent_decode(a, str_of(encoded[i].raw), true, &out);
        if ((e == OK) != (encoded[i].decoded != NULL) ||
            (e == OK && !str_eq(out, str_of(encoded[i].decoded))))
            fail_msg("%s", encoded[i].raw);
    }
}

TEST(a_bucket_lets_through_its_burst_and_then_its_rate)
{
    scoped_arena a = arena_open();
    struct rate_table *t = rate_open(a);
    unsigned wait, through = 0;

    for (int i = 0; i < 50; i++)
        through += rate_take(t, 7, 1, 20, &wait);
    assert_true(through >= 20 && through <= 22);
    assert_false(rate_take(t, 7, 1, 20, &wait));
    assert_true(wait >= 1 && wait <= 2);
    assert_true(rate_take(t, 8, 1, 20, &wait));

    (void)nanosleep(&(struct timespec){.tv_nsec = 120 * 1000 * 1000}, NULL);
    assert_false(rate_take(t, 7, 1, 20, &wait));
    assert_true(rate_take(t, 9, 100, 1, &wait));
    assert_false(rate_take(t, 9, 100, 1, &wait));
    (void)nanosleep(&(struct timespec){.tv_nsec = 30 * 1000 * 1000}, NULL);
    assert_true(rate_take(t, 9, 100, 1, &wait));
    rate_close(t);
}

TEST(a_flood_of_new_keys_doesnt_free_who_was_stopped)
{
    scoped_arena a = arena_open();
    struct rate_table *t = rate_open(a);
    unsigned wait;

    while (rate_take(t, 7, 1, 5, &wait))
        ;
    for (u64 key = 100; key < 200000; key++)
        (void)rate_take(t, key, 1, 5, &wait);
    assert_false(rate_take(t, 7, 1, 5, &wait));
    rate_close(t);
}

TEST(the_session_store_forgets_who_was_away_longest)
{
    scoped_arena a = arena_open();
    struct session_store store = session_memory(a, 3);
    struct session s = {.until_ms = 1, .person = 1}, got;

    for (u8 i = 1; i <= 4; i++) {
        s.key.at[0] = i;
        s.seen_ms = i;
        assert_ok(store.save(store.state, &s));
    }
    s.key.at[0] = 1;
    assert_err(store.load(store.state, s.key, &got), ERR_NOT_FOUND);
    s.key.at[0] = 2;
    assert_ok(store.load(store.state, s.key, &got));
    assert_ok(store.drop(store.state, s.key));
    assert_err(store.load(store.state, s.key, &got), ERR_NOT_FOUND);
}

TEST(json_is_written_with_its_commas_and_escapes)
{
    scoped_arena a = arena_open();
    struct buf b = buf_in(a);
    struct json *back;

    json_open(&b, '{');
    json_pair(&b, "text", S("a\"\\,[{:\n民"));
    json_key(&b, "list");
    json_open(&b, '[');
    json_put(&b, (i64)-1);
    json_put(&b, (bool)true); /* C17's true is an int */
    json_open(&b, '{');
    json_close(&b, '}');
    json_put(&b, ((money){-5}));
    json_close(&b, ']');
    json_pair(&b, "last", S(":"));
    json_pair(&b, "end", date_ymd(2026, 2, 28));
    json_close(&b, '}');
    assert_str(buf_text(&b), S("{\"text\":\"a\\\"\\\\,[{:\\n民\",\"list\":[-1,true,{},\"-0.05\"],"
                               "\"last\":\":\",\"end\":\"2026-02-28\"}"));
    assert_ok(json_read(a, buf_text(&b), &back));
}

TEST(routes_alike_or_without_effect_are_refused_at_the_start)
{
    static const struct view v = {.name = "v", .duty = "ANYBODY", .scope = "NONE"};
    static const struct action d = {.name = "d", .duty = "ANYBODY", .scope = "NONE"};
    const struct {
        struct route one, other;
    } rows[] = {
        {{METHOD_GET, "/a/{x}", &v, NULL}, {METHOD_GET, "/a/{y}", &v, NULL}},
        {{METHOD_GET, "/a", NULL, NULL}, {METHOD_GET, "/b", &v, NULL}},
        {{METHOD_GET, "/a", NULL, &d}, {METHOD_GET, "/b", &v, NULL}},
        {{METHOD_POST, "/a", &v, NULL}, {METHOD_GET, "/b", &v, NULL}},
        {{METHOD_GET, "a", &v, NULL}, {METHOD_GET, "/b", &v, NULL}},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct route both[] = {rows[i].one, rows[i].other};
        struct routes room = {both, 2};
        struct web_config c = {.address = "127.0.0.1", .rooms = &room, .room_count = 1};
        struct web *w = NULL;
        assert_err(web_open(&c, &w), ERR_INPUT);
    }
}
