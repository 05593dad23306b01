/* The frozen vectors of docs/LEDGER-FORMAT.md (tests/ledger-vectors.json), made by another hand. */
#include "ledger/ledger.h"
#include "tests/test.h"

enum { VECTORS_MOST = 1 << 20 };

static struct json *vectors(struct arena *a)
{
    struct json *json;
    str text;

    assert_ok(file_read(a, SOURCE_ROOT "/tests/ledger-vectors.json", VECTORS_MOST, &text));
    assert_ok(json_read(a, text, &json));
    return json;
}

static enum field_class class_named(str name)
{
    static const char *const names[] = {"P", "I", "PS", "IS"};
    size_t i = 0;

    while (!str_eq(name, str_of(names[i])))
        assert_true(++i < COUNT(names));
    return (enum field_class)i;
}

static void field_of(const struct json *row, struct field *f)
{
    f->name = json_str(row, S("name"));
    f->class = class_named(json_str(row, S("class")));
    f->open = json_get(row, S("open"))->truth;
    f->json = json_str(row, S("value"));
    assert_ok(hex_to(json_str(row, S("salt")), f->salt, SALT_SIZE));
    if (json_get(row, S("person")) != NULL)
        assert_ok(str_i64(json_str(row, S("person")), &f->person));
    field_commit(f);
}

static void assert_text(str got, str want)
{
    if (!str_eq(got, want))
        fail_msg("%.*s\n  instead of\n%.*s", STR(got), STR(want));
}

static struct event event_of(struct arena *a, const struct json *row)
{
    const struct json *fields = json_get(row, S("fields"));
    struct event e = {.kind = json_str(row, S("kind"))};
    i64 version;

    assert_ok(json_i64(row, S("version"), &version));
    e.version = (int)version;
    e.fields = NEW_N(a, fields->count, struct field);
    for (const struct json *f = fields->child; f != NULL; f = f->next) {
        struct field *out = &e.fields[e.count++];

        field_of(f, out);
        assert_text(hex_of(a, out->commitment.at, 32), json_str(f, S("commitment")));
    }
    event_commit(&e);
    return e;
}

TEST(events_are_written_committed_and_read_as_the_vectors_say)
{
    scoped_arena a = arena_open();
    const struct json *events = json_get(vectors(a), S("events"));

    assert_true(events->count >= 6);
    for (const struct json *row = events->child; row != NULL; row = row->next) {
        struct event e = event_of(a, row), back;

        assert_text(hex_of(a, e.entry, ENTRY_SIZE), json_str(row, S("entry")));
        assert_text(event_body(a, &e), json_str(row, S("body")));
        str salts = event_salts(a, &e);
        assert_text(hex_of(a, salts.ptr, salts.len), json_str(row, S("salts")));
        assert_ok(event_read(a, event_body(a, &e), salts, &back));
        assert_memory_equal(back.entry, e.entry, ENTRY_SIZE);
        assert_true(str_eq(back.site, S("620621000000-combined")));
    }
}

TEST(the_trees_over_the_vectors_have_their_roots)
{
    scoped_arena a = arena_open();
    const struct json *all = vectors(a), *entry = json_get(all, S("events"))->child;
    struct frontier sha = {0}, sm = {0};
    digest root, leaf;

    for (const struct json *t = json_get(all, S("trees"))->child; t != NULL; t = t->next) {
        u8 bytes[ENTRY_SIZE];

        frontier_root(&merkle_sha256, &sha, &root);
        assert_text(hex_of(a, root.at, 32), json_str(t, S("sha256")));
        frontier_root(&merkle_sm3, &sm, &root);
        assert_text(hex_of(a, root.at, 32), json_str(t, S("sm3")));
        if (entry == NULL)
            break;
        assert_ok(hex_to(json_str(entry, S("entry")), bytes, ENTRY_SIZE));
        merkle_leaf(&merkle_sha256, (str){(char *)bytes, ENTRY_SIZE}, &leaf);
        frontier_add(&merkle_sha256, &sha, leaf);
        merkle_leaf(&merkle_sm3, (str){(char *)bytes, ENTRY_SIZE}, &leaf);
        frontier_add(&merkle_sm3, &sm, leaf);
        entry = entry->next;
    }
    assert_null(entry);
}
