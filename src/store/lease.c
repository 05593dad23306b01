#include "store/store.h"
#include "store_sql.h"

fallible lease_take(struct db *db, str address, const struct lease_term *term, i64 *epoch,
                    bool *taken)
{
    scoped_arena a = arena_open();
    struct sql_lease_grab grabbed;

    TRY(db_begin(db));
    sql_lease_row(db);
    err e =
        sql_lease_grab(a, db, address, term->now_ms, term->now_ms + term->ttl_ms, &grabbed, taken);
    if (e == OK)
        e = db_commit(db);
    if (e != OK) {
        struct error why = *e;
        db_rollback(db);
        return err_again(&why);
    }
    if (*taken)
        *epoch = grabbed.epoch;
    return OK;
}

fallible lease_renew(struct db *db, i64 epoch, const struct lease_term *term)
{
    scoped_arena a = arena_open();
    struct sql_lease_extend row;
    bool found;

    TRY(sql_lease_extend(a, db, epoch, term->now_ms + term->ttl_ms, &row, &found));
    REQUIRE(found, ERR_LEASE, "epoch %lld of the lease is over", (long long)epoch);
    return OK;
}

fallible lease_check(struct db *db, i64 epoch)
{
    scoped_arena a = arena_open();
    struct sql_lease_hold row;
    bool found;

    assert(db->in_transaction);
    TRY(sql_lease_hold(a, db, epoch, &row, &found));
    REQUIRE(found, ERR_LEASE, "epoch %lld of the lease is over", (long long)epoch);
    return OK;
}
