#include "tests/test.h"

#include "portal/portal.h"

static instant fixed_time(void *ctx)
{
    (void)ctx;
    return (instant){1795000000000};
}

static fallible node_of(struct arena *a, struct node **out)
{
    const char *folder = test_folder();
    struct node_options o = {
        .main = str_z(a, str_format(a, "%s/main.db", folder)),
        .keys = str_z(a, str_format(a, "%s/keys.db", folder)),
        .disk = disk_open(a, str_z(a, str_format(a, "%s/keys", folder))),
        .site = S("620621000000-combined"),
        .origin = S("minqin.example.gov.cn"),
        .clock = {fixed_time, fixed_time, NULL},
        .number = 1,
    };

    return node_create(&o, out);
}

static fallible first_id(void *ctx, struct arena *a, struct event *e)
{
    (void)a;
    if (e->no == 0)
        *(i64 *)ctx = e->id;
    return OK;
}

/* A node with its first event under a signed head, that event's id, and what was found of it. */
struct fixture {
    struct arena *arena;
    struct node *node;
    i64 id;
    struct proof_seen seen;
};

static void begin(struct fixture *f)
{
    struct head head;

    f->arena = arena_open();
    assert_ok(node_of(f->arena, &f->node));
    assert_ok(node_visit(f->node, 0, first_id, &f->id));
    assert_ok(node_sign_head(f->arena, f->node, &head));
    assert_ok(proof_of_event(f->arena, f->node, f->id, &f->seen));
}

static void end(struct fixture *f)
{
    node_close(f->node);
    arena_close(f->arena);
}

TEST(an_event_of_the_ledger_is_proven_by_computing)
{
    struct fixture f = {0};
    begin(&f);

    assert_int_equal(f.seen.state, PROOF_TRUE);
    assert_int_equal(f.seen.no, 1);
    assert_int_equal(f.seen.recorded.ms, 1795000000000);
    assert_true(f.seen.has_signed);
    assert_int_equal(f.seen.signed_at.ms, 1795000000000);
    assert_int_equal(f.seen.root.len, 64);
    end(&f);
}

TEST(an_event_that_the_ledger_lacks_is_said_to_be_absent)
{
    struct fixture f = {0};
    struct proof_seen seen;
    begin(&f);

    assert_ok(proof_of_event(f.arena, f.node, f.id + 1, &seen));
    assert_int_equal(seen.state, PROOF_ABSENT);
    assert_ok(proof_of_event(f.arena, f.node, -1, &seen));
    assert_int_equal(seen.state, PROOF_ABSENT);
    end(&f);
}

TEST(a_receipt_is_proven_by_the_ledger_that_issued_it_and_by_no_other)
{
    struct fixture f = {0}, other = {0};
    struct proof_seen seen;
    begin(&f);
    begin(&other);

    assert_ok(proof_of_text(f.arena, f.node, f.seen.proof, &seen));
    assert_int_equal(seen.state, PROOF_TRUE);
    assert_str(seen.leaf, f.seen.leaf);
    /* the same origin, but another key and other entries */
    assert_ok(proof_of_text(other.arena, other.node, f.seen.proof, &seen));
    assert_int_equal(seen.state, PROOF_FALSE);
    end(&other);
    end(&f);
}

/* Each byte changed in turn: a signature line may lose its meaning, but nothing false is called
 * true: where the verdict stays, what it says stays too. */
TEST(a_receipt_that_was_altered_proves_nothing_else)
{
    struct fixture f = {0};
    begin(&f);

    for (size_t i = 0; i < f.seen.proof.len; i++) {
        scoped_arena a = arena_open();
        struct proof_seen seen = {0};
        char *altered = str_z(a, f.seen.proof);
        altered[i] = altered[i] == 'A' ? 'B' : 'A';
        err e = proof_of_text(a, f.node, (str){altered, f.seen.proof.len}, &seen);
        if (e != OK || seen.state != PROOF_TRUE)
            continue;
        assert_str(seen.leaf, f.seen.leaf);
        assert_str(seen.root, f.seen.root);
        assert_int_equal(seen.no, f.seen.no);
        assert_int_equal(seen.size, f.seen.size);
    }
    end(&f);
}

TEST(what_is_no_receipt_is_refused)
{
    static const char *const rows[] = {"", "\n", "x", "c2sp.org/tlog-proof@v1\n",
                                       "c2sp.org/tlog-proof@v1\nindex 0\n\n"};
    struct fixture f = {0};
    begin(&f);

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct proof_seen seen;
        assert_err(proof_of_text(f.arena, f.node, str_of(rows[i]), &seen), ERR_SYNTAX);
    }
    end(&f);
}
