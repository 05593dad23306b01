/* Running filters, for, some and every (DMN 1.5, tables 55, 66 and 67). */
#include "rules/rules_int.h"

/* ---- filters ------------------------------------------------------------------------------ */

static fallible filter_index(struct run *r, const struct node *n, feel list, feel index, feel *out)
{
    i64 i;

    if (!feel_to_i64(index, &i) || i == 0 || i > (i64)list.count || i < -(i64)list.count)
        return run_nothing(r, n, "no such position in the list", out);
    *out = list.items[i > 0 ? i - 1 : (i64)list.count + i];
    return OK;
}

/* Singleton conversion: another value is a list of one, null an empty one. */
static fallible as_list(struct run *r, feel v, feel *out)
{
    feel *one;

    *out = v;
    if (v.kind == FEEL_LIST)
        return OK;
    one = NEW(r->arena, feel);
    *one = v;
    return feel_list(one, v.kind != FEEL_NULL, out);
}

static fallible filter_items(struct run *r, const struct node *n, feel list, feel first, feel *out)
{
    feel *kept = NEW_N(r->arena, list.count + 1, feel);
    size_t count = 0;

    for (u32 i = 0; i < list.count; i++) {
        feel v = first;

        r->frame->slots[n->slot] = list.items[i];
        if (i > 0)
            TRY(eval(r, n->kids[1], &v));
        if (n->op == 1 && v.kind != FEEL_BOOL && v.kind != FEEL_NULL)
            return run_nothing(r, n, "the match is neither true nor false", out);
        if (truth_of(v) == TRUE)
            kept[count++] = list.items[i];
    }
    TRY(run_spend(r, list.count));
    return feel_list(kept, count, out);
}

fallible eval_filter(struct run *r, const struct node *n, feel *out)
{
    feel of, list, v;

    TRY(eval(r, n->kids[0], &of));
    TRY(as_list(r, of, &list));
    if (n->kids[1]->kind == N_CONST && n->kids[1]->value.kind == FEEL_NUMBER)
        return filter_index(r, n, list, n->kids[1]->value, out);
    r->frame->slots[n->slot] = list.count ? list.items[0] : feel_null();
    TRY(eval(r, n->kids[1], &v));
    if (v.kind == FEEL_NUMBER)
        return filter_index(r, n, list, v, out);
    return filter_items(r, n, list, v, out);
}

/* ---- loops -------------------------------------------------------------------------------- */

struct loop {
    const struct node *n;
    VEC(feel) results;
    u16 depth; /* of the deepest result */
    u8 weight; /* of the results, log2 */
    i64 total;
    bool hit; /* some: a true one; every: a false one */
    bool unknown;
};

static fallible range_items(struct run *r, const struct node *n, feel low, feel high, feel *out)
{
    bool dates = low.kind == FEEL_DATE && high.kind == FEEL_DATE;
    i64 from = low.days, to = high.days;

    if (!dates && (!feel_to_i64(low, &from) || !feel_to_i64(high, &to)))
        return run_nothing(r, n, "only whole numbers and dates can be counted through", out);
    u64 count = (from <= to ? (u64)to - (u64)from : (u64)from - (u64)to) + 1;
    REQUIRE(count <= FEEL_LONGEST_LIST, ERR_LIMIT, "column %u: the range has over %d values", n->at,
            FEEL_LONGEST_LIST);
    TRY(run_spend(r, (i64)count));
    feel *items = NEW_N(r->arena, count, feel);
    for (u64 i = 0; i < count; i++) {
        i64 v = from <= to ? from + (i64)i : from - (i64)i;
        items[i] = dates ? feel_date_of(v) : feel_int(v);
    }
    return feel_list(items, count, out);
}

static fallible range_listed(struct run *r, const struct node *n, const struct feel_range *range,
                             feel *out)
{
    feel low = range->low, high = range->high;
    i64 v;

    if (range->form != RANGE_BETWEEN)
        return run_nothing(r, n, "the range has no end", out);
    if (range->low_open && low.kind == FEEL_DATE)
        low.days++;
    if (range->high_open && high.kind == FEEL_DATE)
        high.days--;
    if (range->low_open && feel_to_i64(low, &v))
        low = feel_int(v + 1);
    if (range->high_open && feel_to_i64(high, &v))
        high = feel_int(v - 1);
    int order;
    if (value_order(low, high, &order) && order > 0)
        return feel_list(NULL, 0, out);
    return range_items(r, n, low, high, out);
}

static fallible domain_of(struct run *r, const struct node *bind, feel *out)
{
    const struct node *n = bind->kids[0];
    feel low, high, v;

    if (n->kind == N_RANGE && n->op == 4) {
        TRY(eval(r, n->kids[0], &low));
        TRY(eval(r, n->kids[1], &high));
        return range_items(r, n, low, high, out);
    }
    TRY(eval(r, n, &v));
    if (v.kind == FEEL_RANGE)
        return range_listed(r, n, v.range, out);
    *out = v;
    return v.kind == FEEL_NULL ? OK : as_list(r, v, out);
}

static fallible loop_body(struct run *r, struct loop *l)
{
    const struct node *n = l->n;
    feel v;

    if (n->kind == N_FOR)
        r->frame->slots[n->extra] = (feel){.kind = FEEL_LIST,
                                           .is_wide = l->weight,
                                           .scale = (u16)(l->depth + 1),
                                           .count = (u32)l->results.count,
                                           .items = l->results.at};
    TRY(eval(r, n->kids[n->count - 1], &v));
    if (n->kind != N_FOR) {
        enum truth t = truth_of(v);

        l->hit |= t == (n->kind == N_SOME ? TRUE : FALSE);
        l->unknown |= t == UNKNOWN;
        return OK;
    }
    bool nested = v.kind == FEEL_LIST || v.kind == FEEL_CONTEXT;
    if (nested && v.scale > l->depth)
        l->depth = v.scale;
    if (l->weight < VALUE_HEAVIEST)
        l->total += value_weight(v);
    while (l->weight < VALUE_HEAVIEST && (i64)1 << l->weight < l->total)
        l->weight++;
    REQUIRE(l->depth < FEEL_DEEPEST_VALUE, ERR_LIMIT, "column %u: lists are nested deeper than %d",
            n->at, FEEL_DEEPEST_VALUE);
    REQUIRE(l->results.count < FEEL_LONGEST_LIST, ERR_LIMIT, "column %u: a list has over %d items",
            n->at, FEEL_LONGEST_LIST);
    vec_push(r->arena, &l->results, v);
    return OK;
}

static fallible loop_level(struct run *r, struct loop *l, u32 level)
{
    const struct node *bind = l->n->kids[level];
    feel domain;

    if (level == l->n->count - 1)
        return loop_body(r, l);
    REQUIRE(++r->depth < FEEL_DEEPEST_RUN, ERR_LIMIT, "loops are nested too deep");
    TRY(domain_of(r, bind, &domain));
    if (domain.kind == FEEL_NULL) {
        run_note(r, bind, "there is no list to go through");
        l->unknown = true;
        l->hit = l->n->kind == N_FOR;
    }
    for (u32 i = 0; domain.kind == FEEL_LIST && i < domain.count; i++) {
        r->frame->slots[bind->slot] = domain.items[i];
        TRY(loop_level(r, l, level + 1));
        TRY(run_spend(r, 1));
        if (l->hit)
            break;
    }
    r->depth--;
    return OK;
}

fallible eval_loop(struct run *r, const struct node *n, feel *out)
{
    struct loop l = {.n = n};

    TRY(loop_level(r, &l, 0));
    if (n->kind == N_FOR && l.hit) {
        *out = feel_null();
        return OK;
    }
    if (n->kind == N_FOR)
        return feel_list(l.results.at, l.results.count, out);
    if (l.unknown && !l.hit)
        return run_nothing(r, n, "a condition is neither true nor false", out);
    *out = feel_bool(l.hit == (n->kind == N_SOME));
    return OK;
}
