/* What random histories (tests/model) don't show: refusals and rules of one ledger, a sentence
 * each. */
#include "ledger/ledger.h"
#include "tests/test.h"

static const struct field_decl noted_fields[] = {{"text", FIELD_P}, {"writer", FIELD_PS}};
static const struct event_kind noted_1 = {
    .name = "noted", .version = 1, .fields = noted_fields, .count = COUNT(noted_fields)};
static const struct event_kind *const kinds[] = {&noted_1};

static instant clock_of(void *ctx)
{
    static i64 now = 1790000000000;

    (void)ctx;
    return (instant){now += 10};
}

static struct node_options options_in(struct arena *a, const char *folder, const char *site)
{
    return (struct node_options){
        .main = str_format(a, "%s/%s.db", folder, site).ptr,
        .keys = str_format(a, "%s/%s-keys.db", folder, site).ptr,
        .main_options = {.wipe_deleted = true},
        .keys_options = {.wipe_deleted = true},
        .disk = disk_open(a, str_format(a, "%s/%s-keys", folder, site).ptr),
        .kinds = kinds,
        .kind_count = COUNT(kinds),
        .site = str_of(site),
        .origin = str_format(a, "test.yangguan/%s", site),
        .clock = {clock_of, clock_of, NULL},
        .number = site[0] == 'a' ? 1 : 65,
    };
}

static struct node *node_in(struct arena *a, const char *folder, const char *site)
{
    struct node_options o = options_in(a, folder, site);
    struct node *n;

    assert_ok(node_create(&o, &n));
    assert_ok(node_reserve_ahead(n, 2));
    return n;
}

/* ---- commands ----------------------------------------------------------------------------- */

struct note_in {
    i64 stream; /* 0 for a new one */
    const char *text;
    i64 person;
};

static fallible write_note(struct tx *tx, void *input)
{
    struct note_in *in = input;
    struct stream_ref stream = {S("note"), in->stream ? in->stream : tx_id(tx), 0};
    struct value v[] = {
        value_text(tx->arena, str_of(in->text)),
        in->person ? value_of_person(value_text(tx->arena, S("机密的名字")), in->person)
                   : value_absent(),
    };

    in->stream = stream.id;
    return emit(tx, &noted_1, &stream, 1, v);
}

static struct command command_of(struct note_in *in)
{
    return (struct command){.run = write_note, .input = in, .name = "note", .allowed = true};
}

static void run_one(struct node *n, struct command *c)
{
    assert_ok(node_batch(n, &c, 1));
}

static enum err_code refusal(const struct command *c)
{
    return c->job.refused ? c->job.why.code : ERR_CODES;
}

TEST(a_key_again_is_answered_as_before_and_with_other_content_refused)
{
    scoped_arena a = arena_open();
    struct node *n = node_in(a, test_folder(), "a");
    struct note_in in = {.text = "一"};
    struct command first = command_of(&in), again, other;

    first.key = S("k1");
    sm3(S("content"), &first.content);
    again = other = first;
    sm3(S("other"), &other.content);
    run_one(n, &first);
    run_one(n, &again);
    run_one(n, &other);
    assert_true(again.again && !again.job.refused);
    assert_true(again.first_event == first.first_event && first.first_event > 0);
    assert_int_equal(refusal(&other), ERR_KEY_REUSED);
    assert_int_equal(node_size(n), 2);
    node_close(n);
}

TEST(a_cause_is_taken_once_by_each_stream)
{
    scoped_arena a = arena_open();
    struct node *n = node_in(a, test_folder(), "a");
    struct note_in one = {.text = "一"}, two = {.text = "二"};
    struct command c = command_of(&one), d = command_of(&two);

    c.cause = d.cause = S("reader|7");
    run_one(n, &c);
    run_one(n, &d); /* of another stream */
    assert_false(c.job.refused || d.job.refused);
    run_one(n, &c); /* of the same */
    assert_int_equal(refusal(&c), ERR_CONFLICT);
    assert_int_equal(node_size(n), 3);
    node_close(n);
}

/* ---- neighbours --------------------------------------------------------------------------- */

struct pair {
    struct node *a, *b;
    struct link to_b, to_a;
};

static struct pair pair_in(struct arena *a, const char *folder)
{
    struct pair p = {.a = node_in(a, folder, "a"), .b = node_in(a, folder, "b")};
    sm4_key key;

    random_fill(key.at, sizeof key.at);
    p.to_b = (struct link){S("b"), true, key, node_public_key(a, p.b)};
    p.to_a = (struct link){S("a"), true, key, node_public_key(a, p.a)};
    return p;
}

static enum taken carry(struct arena *a, struct pair *p)
{
    enum taken how = TAKEN_NOT;
    str *packages;
    size_t count;

    assert_ok(link_pack(a, p->a, &p->to_b, &packages, &count));
    for (size_t i = 0; i < count; i++)
        assert_ok(link_take(p->b, &p->to_a, packages[i], &how));
    return how;
}

TEST(nobody_writes_to_a_stream_whose_home_is_elsewhere)
{
    scoped_arena a = arena_open();
    struct pair p = pair_in(a, test_folder());
    struct note_in in = {.text = "一", .person = 7};
    struct command c = command_of(&in);

    run_one(p.a, &c);
    assert_int_equal(carry(a, &p), TAKEN);
    run_one(p.b, &c);
    assert_int_equal(refusal(&c), ERR_STATE);
    run_one(p.a, &c);
    assert_false(c.job.refused);
    node_close(p.a);
    node_close(p.b);
}

TEST(a_package_of_another_epoch_is_dropped_and_one_taken_before_changes_nothing)
{
    scoped_arena a = arena_open();
    const char *folder = test_folder();
    struct pair p = pair_in(a, folder);
    struct note_in in = {.text = "一"};
    struct command c = command_of(&in);
    struct node_options o = options_in(a, folder, "b");
    enum taken how;
    str *old;
    size_t count;

    run_one(p.a, &c);
    assert_int_equal(carry(a, &p), TAKEN);
    assert_ok(link_pack(a, p.a, &p.to_b, &old, &count));
    i64 size = node_size(p.b);
    assert_ok(link_take(p.b, &p.to_a, old[0], &how));
    assert_int_equal(how, TAKEN_BEFORE);
    assert_int_equal(node_size(p.b), size);

    /* B learns A's epoch and A B's; then A is restored, and what it sent before is of an epoch
     * gone. */
    o = options_in(a, folder, "a");
    o.restored = true;
    node_close(p.a);
    assert_ok(node_open(&o, &p.a));
    assert_int_equal(carry(a, &p), TAKEN);
    assert_ok(link_take(p.b, &p.to_a, old[0], &how));
    assert_int_equal(how, TAKEN_NOT);
    node_close(p.a);
    node_close(p.b);
}

TEST(a_parked_event_and_what_follows_on_its_stream_come_after_an_upgrade)
{
    scoped_arena a = arena_open();
    const char *folder = test_folder();
    struct pair p = pair_in(a, folder);
    struct note_in in = {.text = "一", .person = 7};
    struct command c = command_of(&in);
    struct node_options old = options_in(a, folder, "b"), upgraded = old;
    struct event e;
    bool found;
    str json;

    old.kind_count = 0; /* a program that doesn't know «noted» */
    node_close(p.b);
    assert_ok(node_open(&old, &p.b));
    run_one(p.a, &c);
    i64 first = c.first_event;
    run_one(p.a, &c); /* on the same stream */
    assert_int_equal(carry(a, &p), TAKEN);
    assert_ok(node_event(a, p.b, first, &e, &found));
    assert_false(found);

    node_close(p.b);
    assert_ok(node_open(&upgraded, &p.b));
    assert_ok(link_retry(p.b));
    assert_ok(node_event(a, p.b, c.first_event, &e, &found));
    assert_true(found && e.streams[0].version == 2);
    assert_ok(node_event(a, p.b, first, &e, &found));
    assert_ok(vault_open(a, p.b, &e, "writer", &json, &found));
    assert_true(found);
    node_close(p.a);
    node_close(p.b);
}

/* ---- persons ------------------------------------------------------------------------------ */

static fallible no_secret(void *ctx, struct arena *a, struct event *e)
{
    int *seen = ctx;

    assert_true(str_find(event_body(a, e), S("机密")) < 0);
    *seen += str_eq(e->kind, S("noted"));
    return OK;
}

TEST(a_persons_value_never_stands_in_a_body_and_opens_from_the_vault)
{
    scoped_arena a = arena_open();
    struct node *n = node_in(a, test_folder(), "a");
    struct note_in in = {.text = "一", .person = 7};
    struct command c = command_of(&in);
    struct event e;
    bool found;
    int seen = 0;
    str json;

    run_one(n, &c);
    assert_ok(node_visit(n, 0, no_secret, &seen));
    assert_int_equal(seen, 1);
    assert_ok(node_event(a, n, c.first_event, &e, &found));
    assert_ok(vault_open(a, n, &e, "writer", &json, &found));
    assert_true(found && str_eq(json, S("\"机密的名字\"")));
    node_close(n);
}

TEST(an_interrupted_rotation_is_finished_at_the_next_start)
{
    scoped_arena a = arena_open();
    const char *folder = test_folder();
    struct node_options o = options_in(a, folder, "a");
    struct node *n = node_in(a, folder, "a");
    struct note_in in = {.text = "一", .person = 7};
    struct command c = command_of(&in);
    struct event e;
    bool found;
    str json, *names;
    size_t count;
    char key[16];

    run_one(n, &c);
    node_close(n);
    random_fill(key, sizeof key);
    assert_ok(
        disk_write(o.disk, "persons-2.key", (str){key, sizeof key})); /* and then the power went */
    assert_ok(node_open(&o, &n));
    assert_ok(node_event(a, n, c.first_event, &e, &found));
    assert_ok(vault_open(a, n, &e, "writer", &json, &found));
    assert_true(found);
    assert_ok(disk_list(a, o.disk, &names, &count));
    for (size_t i = 0; i < count; i++)
        assert_false(str_eq(names[i], S("persons-1.key")));
    node_close(n);
}

/* ---- epochs and bodies -------------------------------------------------------------------- */

TEST(the_first_head_of_an_epoch_covers_its_first_entry_alone)
{
    scoped_arena a = arena_open();
    const char *folder = test_folder();
    struct node_options o = options_in(a, folder, "a");
    struct node *n = node_in(a, folder, "a");
    struct note_in in = {.text = "一"};
    struct command c = command_of(&in);

    assert_int_equal(node_head(n)->size, 1);
    run_one(n, &c);
    node_close(n);
    o.restored = true;
    assert_ok(node_open(&o, &n));
    assert_int_equal(node_epoch(n), 2);
    assert_int_equal(node_head(n)->size, 1);
    assert_true(str_find(node_head(n)->note, S("test.yangguan/a/2\n1\n")) == 0);
    node_close(n);
}

TEST(a_body_with_a_number_that_none_holds_is_corrupt_and_not_fatal)
{
    static const char *const numbers[] = {"1.5", "1e2", "9007199254740993", "-0.1"};
    scoped_arena a = arena_open();

    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct event e;
        str body = str_format(a, "{\"fields\":[[\"at\",\"P\",%s]],\"kind\":\"x\",\"version\":1}",
                              numbers[i]);

        assert_err(event_read(a, body, S("0123456789abcdef"), &e), ERR_CORRUPT);
    }
}

TEST(an_event_of_a_kind_that_this_program_does_not_know_is_not_replayed)
{
    scoped_arena a = arena_open();
    const char *folder = test_folder();
    struct node_options o = options_in(a, folder, "a");
    struct node *n = node_in(a, folder, "a");
    struct note_in in = {.text = "一"};
    struct command c = command_of(&in);
    struct verdict v;

    run_one(n, &c);
    node_close(n);
    o.kind_count = 0;
    assert_ok(node_open(&o, &n));
    assert_ok(node_verify(a, n, false, &v));
    assert_int_equal(v.flaws.count, 0);
    assert_err(node_rebuild(a, n, &v), ERR_UNSUPPORTED);
    node_close(n);
}
