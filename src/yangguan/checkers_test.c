/*
 * Instances for checkers of another hand: $YANGGUAN_INSTANCES names a folder that gets «full», with
 * persons' values, blobs, an erasure and two epochs, and «plain», of the rooms' kinds only.
 */
#include "calendar/calendar.h"
#include "tests/test.h"
#include "yangguan/backup.h"
#include "yangguan/instance_test.h"

#include <stdlib.h>

static const char *folder(void)
{
    const char *path = getenv("YANGGUAN_INSTANCES");

    if (path == NULL)
        skip();
    return path;
}

TEST(a_full_instance_for_checkers)
{
    const char *top = folder();
    scoped_arena a = arena_open();
    struct instance_options o = test_instance_options();
    struct restore r = {instance_path(a, top, "full.tar"), instance_path(a, top, "full"),
                        instance_path(a, top, "before/keys")};
    struct instance *i = test_instance(a, instance_path(a, top, "before"));
    struct verdict v;

    test_instance_file(a, i, 530);
    assert_ok(node_erase(i->node, 1003, S("test")));
    assert_ok(instance_backup(i->dir, r.file));
    test_instance_file(a, i, 10);
    instance_close(i);
    assert_ok(instance_restore(a, &r, &o, &v));
    assert_int_equal(v.flaws.count, 0);
    assert_ok(instance_open(a, r.dir, &o, &i));
    test_instance_file(a, i, 120);
    instance_close(i);
}

struct clocks {
    const struct calendar *calendar;
    int count;
};

static fallible start_clocks(struct tx *tx, void *input)
{
    const struct clocks *c = input;

    for (int i = 0; i < c->count; i++) {
        struct limit_clock clock = {.kind = LIMIT_WORKING,
                                    .law = LAW_PERMIT,
                                    .days = 5 + i % 15,
                                    .start = date_ymd(2026, 3, 2)};
        struct stream_ref owner = {.kind = S("case"), .id = tx_id(tx)};
        i64 id;

        TRY(clock_start(tx, c->calendar, owner, &clock, &id));
    }
    return OK;
}

TEST(a_plain_instance_for_checkers)
{
    const char *top = folder();
    scoped_arena a = arena_open();
    struct instance *i = test_instance(a, instance_path(a, top, "plain"));
    struct clocks clocks = {.count = 40};
    struct head head;

    assert_ok(calendar_shipped(a, &clocks.calendar));
    for (int batch = 0; batch < 16; batch++) {
        struct command c = {
            .run = start_clocks, .input = &clocks, .name = "start", .allowed = true};
        struct command *one = &c;

        assert_ok(node_batch(i->node, &one, 1));
        assert_false(c.job.refused);
        assert_ok(node_sign_head(a, i->node, &head));
    }
    instance_close(i);
}
