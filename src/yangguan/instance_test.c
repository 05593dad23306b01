/* An instance's folder: made once, written by one, read by all. */
#include "yangguan/instance_test.h"
#include "tests/test.h"

/* ---- an instance to try things on --------------------------------------------------------- */

enum { BATCH = 50, PERSONS = 8 };

static const struct field_decl filed_fields[] = {{"title", FIELD_P},   {"remark", FIELD_I},
                                                 {"writer", FIELD_PS}, {"address", FIELD_IS},
                                                 {"paper", FIELD_P},   {"scan", FIELD_IS}};
static const char *const filed_blobs[] = {"paper", "scan", NULL};
const struct event_kind test_filed_1 = {.name = "test_filed",
                                        .version = 1,
                                        .fields = filed_fields,
                                        .count = COUNT(filed_fields),
                                        .blobs = filed_blobs};

static instant later(void *ctx)
{
    static i64 now = 1790000000000;

    (void)ctx;
    return (instant){now += 1000};
}

struct instance_options test_instance_options(void)
{
    static const struct event_kind *kinds[256];
    struct instance_options o = {.clock = {later, later, NULL}, .kinds = kinds};

    kinds[0] = &test_filed_1;
    memcpy(kinds + 1, all_kinds, all_kinds_count * sizeof *kinds);
    o.kind_count = 1 + all_kinds_count;
    return o;
}

struct instance *test_instance(struct arena *a, const char *dir)
{
    struct instance_config config = {.division = S("620621000000")};
    struct instance_options o = test_instance_options();
    struct instance *i;

    assert_ok(instance_create(a, dir, &config, &o, &i));
    return i;
}

struct paper {
    struct command command;
    int no;
    str blob; /* name; empty for none */
};

static fallible file_paper(struct tx *tx, void *input)
{
    const struct paper *p = input;
    struct arena *a = tx->arena;
    i64 person = 1000 + p->no % PERSONS;
    struct stream_ref stream = {.kind = S("paper"), .id = tx_id(tx)};
    struct value blob = p->blob.len ? value_text(a, p->blob) : value_absent();
    struct value v[] = {
        value_text(a, str_format(a, "第 %d 号", p->no)),
        value_text(a, S("内部意见")),
        value_of_person(value_text(a, S("张三丰")), person),
        p->no % 3 ? value_of_person(value_text(a, str_format(a, "%d 号院", p->no)), person)
                  : value_absent(),
        p->no % 20 ? value_absent() : blob,
        p->no % 20 ? value_of_person(blob, person) : value_absent(),
    };

    return emit(tx, &test_filed_1, &stream, 1, v);
}

static str make_blob(struct arena *a, const struct instance *i, int no)
{
    struct blob_writer *w;
    digest name;

    assert_ok(blob_begin(a, i->blobs_dir, &w));
    assert_ok(blob_add(w, str_format(a, "附件 %d", no)));
    assert_ok(blob_end(w, &name));
    return hex_of(a, name.at, sizeof name.at);
}

static void file_batch(struct arena *a, struct instance *i, int from, int count)
{
    struct paper *papers = NEW_N(a, count, struct paper);
    struct command **commands = NEW_N(a, count, struct command *);
    struct head head;

    for (int k = 0; k < count; k++) {
        papers[k].no = from + k;
        papers[k].blob = (from + k) % 10 ? S("") : make_blob(a, i, from + k);
        papers[k].command = (struct command){.run = file_paper,
                                             .input = &papers[k],
                                             .name = "file",
                                             .by = {.actor = 7, .channel = S("web")},
                                             .allowed = true};
        commands[k] = &papers[k].command;
    }
    assert_ok(node_batch(i->node, commands, (size_t)count));
    for (int k = 0; k < count; k++)
        assert_false(commands[k]->job.refused);
    assert_ok(node_sign_head(a, i->node, &head));
}

void test_instance_file(struct arena *a, struct instance *i, int count)
{
    for (int from = 0; from < count; from += BATCH)
        file_batch(a, i, from, count - from < BATCH ? count - from : BATCH);
}

/* ---- what holds --------------------------------------------------------------------------- */

static void assert_clean(struct arena *a, struct node *n, i64 events)
{
    struct verdict v;

    assert_ok(node_verify(a, n, true, &v));
    for (size_t i = 0; i < v.flaws.count; i++)
        fail_msg("%lld %s: %.*s", (long long)v.flaws.at[i].no, v.flaws.at[i].where,
                 STR(v.flaws.at[i].what));
    assert_int_equal(v.events, events);
}

TEST(an_instance_is_made_once_and_opened_again_as_it_was)
{
    scoped_arena a = arena_open();
    const char *dir = test_folder();
    struct instance_options o = test_instance_options();
    struct instance_config config = {.division = S("620621000000"), .zone = ZONE_PUBLIC}, back;
    struct instance *i, *again;

    assert_ok(instance_create(a, dir, &config, &o, &i));
    test_instance_file(a, i, 60);
    instance_close(i);
    assert_err(instance_create(a, dir, &config, &o, &again), ERR_CONFLICT);
    assert_ok(instance_config_read(a, dir, &back));
    assert_true(str_eq(back.site, S("620621000000-public")));
    assert_int_equal(back.zone, ZONE_PUBLIC);
    assert_ok(instance_open(a, dir, &o, &i));
    assert_int_equal(node_size(i->node), 61);
    assert_int_equal(node_epoch(i->node), 1);
    assert_clean(a, i->node, 61);
    instance_close(i);
}

TEST(a_second_writer_is_refused_and_a_reader_is_not)
{
    scoped_arena a = arena_open();
    const char *dir = test_folder();
    struct instance_options o = test_instance_options(), reading = o;
    struct instance *i = test_instance(a, dir), *other;

    reading.read_only = true;
    test_instance_file(a, i, 60);
    assert_err(instance_open(a, dir, &o, &other), ERR_BUSY);
    assert_ok(instance_open(a, dir, &reading, &other));
    test_instance_file(a, i, 50); /* beside the reader, who doesn't see it */
    assert_clean(a, other->node, 61);
    instance_close(other);
    assert_ok(instance_open(a, dir, &reading, &other));
    assert_clean(a, other->node, 111);
    instance_close(other);
    instance_close(i);
}

TEST(a_reader_in_the_middle_of_a_rotation_opens_every_value)
{
    scoped_arena a = arena_open();
    const char *dir = test_folder();
    struct instance_options reading = test_instance_options();
    struct instance *i = test_instance(a, dir), *before, *after;

    reading.read_only = true;
    test_instance_file(a, i, 20);
    assert_ok(instance_open(a, dir, &reading, &before));
    assert_ok(node_rotate(i->node));
    assert_ok(node_erase(i->node, 1001, S("test")));
    assert_clean(a, before->node, 21);
    assert_ok(instance_open(a, dir, &reading, &after));
    assert_clean(a, after->node, 22);
    instance_close(before);
    instance_close(after);
    instance_close(i);
}

TEST(a_folder_that_is_no_instance_says_so)
{
    scoped_arena a = arena_open();
    const char *dir = test_folder();
    struct instance_options reading = {.read_only = true};
    struct instance *i;

    assert_err(instance_open(a, dir, &reading, &i), ERR_NOT_FOUND);
}
