/* Receipts: what holds offline, and that no altered bit goes unnoticed. */
#include "ledger/receipt.h"
#include "tests/test.h"
#include "yangguan/backup.h"
#include "yangguan/instance_test.h"

struct pins {
    struct note_key at[2];
    size_t count;
};

static struct pins pins_of(struct arena *a, const struct node *n)
{
    str lines = receipt_keys(a, n), line;
    struct pins p = {0};

    while (str_split(&lines, '\n', &line))
        if (line.len)
            assert_ok(note_key_parse(a, line, &p.at[p.count++]));
    assert_int_equal(p.count, 2);
    return p;
}

struct wanted {
    i64 no;
    struct event e;
    struct arena *arena;
};

static fallible remember(void *ctx, struct arena *a, struct event *e)
{
    struct wanted *w = ctx;

    (void)a;
    if (e->no == w->no)
        assert_ok(event_read(w->arena, str_copy(w->arena, event_body(a, e)),
                             str_copy(w->arena, event_salts(a, e)), &w->e));
    if (e->no == w->no) {
        w->e.no = e->no;
        w->e.epoch = e->epoch;
    }
    return OK;
}

static struct event event_numbered(struct arena *a, struct node *n, i64 no)
{
    struct wanted w = {.no = no, .arena = a};

    assert_ok(node_visit(n, no, remember, &w));
    assert_true(w.e.id > 0);
    return w.e;
}

static str receipt_for(struct arena *a, struct node *n, i64 no, const struct receipt_holder *holder)
{
    struct event e = event_numbered(a, n, no);
    struct receipt r;

    assert_ok(receipt_make(a, n, &e, holder, &r));
    return receipt_text(a, &r);
}

static err checked(struct arena *a, str text, const struct pins *pins)
{
    struct receipt_claim claim;
    struct receipt r;

    TRY(receipt_parse(a, text, &r));
    return receipt_check(a, &r, pins->at, pins->count, &claim);
}

/* One bit of each byte in turn. */
static void assert_every_flip_noticed(str text, const struct pins *pins)
{
    scoped_arena a = arena_open();
    arena_mark empty = arena_here(a);

    for (size_t i = 0; i < text.len; i++) {
        char *bytes = arena_take(a, text.len, 1);

        memcpy(bytes, text.ptr, text.len);
        bytes[i] ^= (char)(1 << (i * 5 + i / 8) % 8);
        if (checked(a, (str){bytes, text.len}, pins) == OK)
            fail_msg("byte %zu of %zu altered: %.60s", i, text.len, bytes + (i > 30 ? i - 30 : 0));
        arena_back(a, empty);
    }
    for (size_t cut = 0; cut < text.len; cut += 7)
        assert_non_null(checked(a, str_sub(text, 0, cut), pins));
}

TEST(a_receipt_holds_offline_and_no_altered_bit_goes_unnoticed)
{
    scoped_arena a = arena_open();
    struct instance *i = test_instance(a, test_folder());
    struct receipt_holder holder = {.person = 1004, .internal = true};
    struct pins pins = pins_of(a, i->node);

    test_instance_file(a, i, 60);
    str text = receipt_for(a, i->node, 5, &holder); /* paper 4 is of person 1004 */
    assert_true(str_find(text, S("张三丰")) > 0 && str_find(text, S("4 号院")) > 0);
    assert_true(str_find(text, S("内部意见")) > 0);
    assert_ok(checked(a, text, &pins));
    assert_every_flip_noticed(text, &pins);
    instance_close(i);
}

TEST(a_receipt_opens_to_its_holder_only_what_is_his)
{
    scoped_arena a = arena_open();
    struct instance *i = test_instance(a, test_folder());
    struct receipt_holder stranger = {.person = 1005}, citizen = {.person = 1004};
    struct pins pins = pins_of(a, i->node);

    test_instance_file(a, i, 20);
    str text = receipt_for(a, i->node, 5, &stranger);
    assert_true(str_find(text, S("张三丰")) < 0 && str_find(text, S("内部意见")) < 0);
    assert_ok(checked(a, text, &pins));
    text = receipt_for(a, i->node, 5, &citizen);
    assert_true(str_find(text, S("张三丰")) > 0 && str_find(text, S("号院")) < 0);
    assert_ok(checked(a, text, &pins));
    instance_close(i);
}

TEST(a_receipt_by_unknown_keys_or_without_a_head_says_so)
{
    scoped_arena a = arena_open();
    struct instance *i = test_instance(a, test_folder()), *other;
    struct receipt_holder nobody = {0};
    struct pins pins = pins_of(a, i->node), none = {0}, others;

    test_instance_file(a, i, 20);
    str text = receipt_for(a, i->node, 5, &nobody);
    assert_err(checked(a, text, &none), ERR_NOT_FOUND);
    other = test_instance(a, test_folder());
    others = pins_of(a, other->node); /* of the same name */
    assert_err(checked(a, text, &others), ERR_CRYPTO);
    assert_ok(node_erase(i->node, 9999, S("test"))); /* an event that no head covers yet */
    text = receipt_for(a, i->node, 21, &nobody);
    assert_err(checked(a, text, &pins), ERR_STATE);
    instance_close(i);
    instance_close(other);
}

TEST(a_receipt_from_the_kept_part_completes_by_two_paths)
{
    scoped_arena a = arena_open();
    const char *top = test_folder();
    struct instance_options o = test_instance_options();
    struct instance *i = test_instance(a, instance_path(a, top, "old"));
    struct restore r = {instance_path(a, top, "data.tar"), instance_path(a, top, "new"),
                        instance_path(a, top, "old/keys")};
    struct receipt_holder nobody = {0};
    struct pins pins = pins_of(a, i->node);
    struct verdict v;

    test_instance_file(a, i, 20);
    assert_ok(node_erase(i->node, 9999, S("test"))); /* the last; no head covers it */
    assert_ok(instance_backup(i->dir, r.file));
    instance_close(i);
    assert_ok(instance_restore(a, &r, &o, &v));
    assert_ok(instance_open(a, r.dir, &o, &i));
    str text = receipt_for(a, i->node, 21, &nobody);
    assert_true(str_find(text, S("\nkept 1 22 21\n")) > 0);
    assert_ok(checked(a, text, &pins));
    assert_every_flip_noticed(text, &pins);
    assert_ok(checked(a, receipt_for(a, i->node, 5, &nobody), &pins)); /* by its old head */
    assert_ok(checked(a, receipt_for(a, i->node, 22, &nobody), &pins));
    instance_close(i);
}

TEST(a_receipts_code_names_address_event_and_commitment)
{
    scoped_arena a = arena_open();
    struct event e = {.id = 42};

    memset(e.entry, 0xab, sizeof e.entry);
    str text = receipt_qr(a, S("https://gov.example/r"), &e);
    assert_int_equal(text.len, 21 + 4 + 64);
    assert_true(str_starts(text, S("https://gov.example/r#42.abab")));
}
