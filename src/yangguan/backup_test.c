/* A backup and its keys make the instance again, as a new epoch; nothing erased comes back. */
#include "tests/test.h"
#include "yangguan/backup.h"
#include "yangguan/instance_test.h"

#include <stdlib.h>

static const char *beside(struct arena *a, const char *dir, const char *name)
{
    return str_format(a, "%s/%s", dir, name).ptr;
}

/* An instance `old` in the folder, with a backup after 60 papers and 50 more that come later. */
static struct instance *made_with_backup(struct arena *a, const char *top)
{
    struct instance *i = test_instance(a, beside(a, top, "old"));

    test_instance_file(a, i, 60);
    assert_ok(instance_backup(i->dir, beside(a, top, "data.tar")));
    test_instance_file(a, i, 50);
    return i;
}

static void assert_sound(const struct verdict *v, i64 events)
{
    for (size_t k = 0; k < v->flaws.count; k++)
        fail_msg("%lld %s: %.*s", (long long)v->flaws.at[k].no, v->flaws.at[k].where,
                 STR(v->flaws.at[k].what));
    assert_int_equal(v->events, events);
}

TEST(a_restored_instance_goes_on_as_a_new_epoch_and_fences_the_old_one)
{
    scoped_arena a = arena_open();
    const char *top = test_folder();
    struct instance *i = made_with_backup(a, top), *again;
    struct instance_options o = test_instance_options();
    struct restore r = {beside(a, top, "data.tar"), beside(a, top, "new"),
                        beside(a, top, "old/keys")};
    struct verdict v;

    assert_err(instance_restore(a, &r, &o, &v), ERR_BUSY); /* it is open */
    instance_close(i);
    r.dir = beside(a, top, "new2");
    assert_ok(instance_restore(a, &r, &o, &v));
    assert_sound(&v, 62); /* with the epoch's first entry */
    assert_ok(instance_open(a, r.dir, &o, &again));
    assert_int_equal(node_epoch(again->node), 2);
    test_instance_file(a, again, 20);
    assert_ok(node_verify(a, again->node, true, &v));
    assert_sound(&v, 82);
    instance_close(again);

    assert_err(instance_open(a, beside(a, top, "old"), &o, &again), ERR_CONFLICT);
    r.dir = beside(a, top, "new3");
    assert_ok(instance_restore(a, &r, &o, &v));
    assert_ok(instance_open(a, r.dir, &o, &again));
    assert_int_equal(node_epoch(again->node), 3);
    instance_close(again);
}

TEST(what_was_erased_after_a_backup_stays_erased_in_its_restore)
{
    scoped_arena a = arena_open();
    const char *top = test_folder();
    struct instance *i = made_with_backup(a, top), *again;
    struct instance_options o = test_instance_options();
    struct restore r = {beside(a, top, "data.tar"), beside(a, top, "new"),
                        beside(a, top, "keys.tar")};
    i64 values, events;
    struct verdict v;

    assert_ok(node_erase(i->node, 1003, S("test")));
    assert_ok(node_rotate(i->node));
    assert_ok(instance_backup_keys(i->dir, r.keys));
    instance_close(i);
    assert_ok(instance_restore(a, &r, &o, &v));
    assert_sound(&v, 62);
    assert_ok(instance_open(a, r.dir, &o, &again));
    assert_ok(node_person_values(a, again->node, 1003, &values, &events));
    assert_int_equal(values, 0);
    assert_ok(node_person_values(a, again->node, 1004, &values, &events));
    assert_true(values > 0);
    instance_close(again);
}

TEST(a_damaged_or_foreign_archive_is_refused)
{
    scoped_arena a = arena_open();
    const char *top = test_folder();
    struct instance *i = made_with_backup(a, top);
    struct instance_options o = test_instance_options();
    struct restore r = {beside(a, top, "bad.tar"), beside(a, top, "new"),
                        beside(a, top, "old/keys")};
    static const char *const damages[] = {
        "head -c 20000 data.tar > bad.tar",
        "head -c 100 data.tar > bad.tar",
        "(head -c 3 data.tar; echo; tail -c +5 data.tar) > bad.tar",
        "tar cf bad.tar -P ../*/data.tar 2> /dev/null",
        "tar cf bad.tar old",
        "mkdir -p d && echo x > d/x.key && tar cf bad.tar d/x.key",
    };
    struct verdict v;

    instance_close(i);
    for (size_t k = 0; k < COUNT(damages); k++) {
        str command = str_format(a, "cd '%s' && rm -rf new && %s", top, damages[k]);

        assert_int_equal(system(command.ptr), 0);
        err e = instance_restore(a, &r, &o, &v);
        if (e == OK)
            fail_msg("%s", damages[k]);
        assert_int_equal(e->code, ERR_SYNTAX);
    }
}
