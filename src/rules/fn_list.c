/* FEEL's functions on lists (DMN 1.5, 10.3.4.4), sort and statistics. */
#include "rules/builtin_int.h"

/* ---- truth of all, some ------------------------------------------------------------------- */

static fallible quantified(struct run *r, feel list, bool decides, feel *out)
{
    bool unknown = false;

    for (u32 i = 0; i < list.count; i++) {
        feel v = list.items[i];

        if (v.kind == FEEL_BOOL && v.truth == decides) {
            *out = feel_bool(decides);
            return OK;
        }
        unknown |= v.kind != FEEL_BOOL;
    }
    if (unknown)
        return no(r, "an item is neither true nor false", out);
    *out = feel_bool(!decides);
    return OK;
}

fallible fn_all(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    return quantified(r, args[0], false, out);
}

fallible fn_any(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    return quantified(r, args[0], true, out);
}

/* ---- numbers ------------------------------------------------------------------------------ */

static bool all_numbers(feel list)
{
    for (u32 i = 0; i < list.count; i++)
        if (list.items[i].kind != FEEL_NUMBER)
            return false;
    return true;
}

static fallible folded(struct run *r, feel list, feel (*step)(feel, feel), feel *out)
{
    if (list.count == 0 || !all_numbers(list))
        return no(r, "not a list of numbers", out);
    TRY(run_spend(r, list.count));
    feel total = list.items[0];
    for (u32 i = 1; i < list.count && total.kind == FEEL_NUMBER; i++)
        total = step(total, list.items[i]);
    *out = total;
    return OK;
}

fallible fn_sum(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    return folded(r, args[0], number_add, out);
}

fallible fn_product(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    return folded(r, args[0], number_mul, out);
}

fallible fn_mean(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    TRY(folded(r, args[0], number_add, out));
    if (out->kind == FEEL_NUMBER)
        *out = number_div(*out, feel_int(args[0].count));
    return OK;
}

fallible fn_stddev(struct run *r, const feel *args, size_t count, feel *out)
{
    feel list = args[0], mean, total = feel_int(0);

    TRY(fn_mean(r, args, count, &mean));
    if (mean.kind != FEEL_NUMBER || list.count < 2)
        return no(r, "a deviation needs two numbers", out);
    for (u32 i = 0; i < list.count; i++) {
        feel d = number_sub(list.items[i], mean);

        total = number_add(total, number_mul(d, d));
        if (total.kind != FEEL_NUMBER)
            return no(r, "the result is out of range", out);
    }
    *out = number_sqrt(number_div(total, feel_int((i64)list.count - 1)));
    return OK;
}

static fallible extreme(struct run *r, feel list, int wanted, feel *out)
{
    int order;

    if (list.count == 0 || !value_order(list.items[0], list.items[0], &order))
        return no(r, "no items that have an order", out);
    TRY(run_spend(r, list.count));
    feel best = list.items[0];
    for (u32 i = 1; i < list.count; i++) {
        if (!value_order(list.items[i], best, &order))
            return no(r, "items that have no order", out);
        if (order == wanted)
            best = list.items[i];
    }
    *out = best;
    return OK;
}

fallible fn_min(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    return extreme(r, args[0], -1, out);
}

fallible fn_max(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    return extreme(r, args[0], 1, out);
}

/* ---- sorting ------------------------------------------------------------------------------ */

/* Does `b` come before `a`? A function tells, or the natural order. */
static fallible before(struct run *r, const feel *precedes, feel b, feel a, bool *out)
{
    feel args[] = {b, a}, v;
    int order;

    if (precedes == NULL) {
        *out = value_order(b, a, &order) && order < 0;
        return OK;
    }
    TRY(call_value(r, NULL, *precedes, args, 2, &v));
    *out = v.kind == FEEL_BOOL && v.truth;
    return OK;
}

static fallible merge(struct run *r, const feel *precedes, const feel *from, size_t middle,
                      size_t end, feel *to)
{
    size_t i = 0, k = middle;

    for (size_t at = 0; at < end; at++) {
        bool second = i >= middle;

        if (i < middle && k < end)
            TRY(before(r, precedes, from[k], from[i], &second));
        to[at] = second ? from[k++] : from[i++];
    }
    return OK;
}

/* Stable, bottom up. */
static fallible sorted(struct run *r, const feel *precedes, feel list, feel **out)
{
    feel *from = NEW_N(r->arena, list.count + 1, feel), *to = NEW_N(r->arena, list.count + 1, feel);
    size_t n = list.count;

    if (n)
        memcpy(from, list.items, n * sizeof *from);
    for (size_t width = 1; width < n; width *= 2) {
        TRY(run_spend(r, (i64)n));
        for (size_t at = 0; at < n; at += 2 * width) {
            size_t end = at + 2 * width < n ? 2 * width : n - at;
            size_t middle = width < end ? width : end;

            TRY(merge(r, precedes, from + at, middle, end, to + at));
        }
        feel *swap = from;
        from = to;
        to = swap;
    }
    *out = from;
    return OK;
}

fallible fn_sort(struct run *r, const feel *args, size_t count, feel *out)
{
    feel *items;

    (void)count;
    TRY(sorted(r, &args[1], args[0], &items));
    return run_list(r, items, args[0].count, out);
}

fallible fn_median(struct run *r, const feel *args, size_t count, feel *out)
{
    feel list = args[0], *items;
    u32 middle = list.count / 2;

    (void)count;
    if (list.count == 0 || !all_numbers(list))
        return no(r, "not a list of numbers", out);
    TRY(sorted(r, NULL, list, &items));
    *out = items[middle];
    if (list.count % 2 == 0)
        *out = number_div(number_add(items[middle - 1], items[middle]), feel_int(2));
    return OK;
}

fallible fn_mode(struct run *r, const feel *args, size_t count, feel *out)
{
    feel list = args[0], *items;
    u32 best = 0, kept = 0;

    (void)count;
    if (!all_numbers(list))
        return no(r, "not a list of numbers", out);
    TRY(sorted(r, NULL, list, &items));
    feel *modes = NEW_N(r->arena, list.count + 1, feel);
    for (u32 i = 0, run = 0; i < list.count; i++) {
        run = i > 0 && number_cmp(items[i - 1], items[i]) == 0 ? run + 1 : 1;
        if (run > best) {
            best = run;
            kept = 0;
        }
        if (run == best)
            modes[kept++] = items[i];
    }
    return run_list(r, modes, kept, out);
}

/* ---- members ------------------------------------------------------------------------------ */

fallible fn_count(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)r;
    (void)count;
    *out = feel_int(args[0].count);
    return OK;
}

fallible fn_list_contains(struct run *r, const feel *args, size_t count, feel *out)
{
    feel list = args[0];
    bool found = false;

    (void)count;
    TRY(run_spend(r, value_weight(list)));
    for (u32 i = 0; i < list.count && !found; i++)
        found = value_equal(list.items[i], args[1]) == TRUE;
    *out = feel_bool(found);
    return OK;
}

fallible fn_index_of(struct run *r, const feel *args, size_t count, feel *out)
{
    feel list = args[0];
    feel *found = NEW_N(r->arena, list.count + 1, feel);
    size_t n = 0;

    (void)count;
    TRY(run_spend(r, value_weight(list)));
    for (u32 i = 0; i < list.count; i++)
        if (value_equal(list.items[i], args[1]) == TRUE)
            found[n++] = feel_int((i64)i + 1);
    return run_list(r, found, n, out);
}

/* ---- building ----------------------------------------------------------------------------- */

static fallible joined(struct run *r, const feel *lists, size_t count, feel *out)
{
    size_t total = 0, at = 0;

    for (size_t i = 0; i < count; i++)
        total += lists[i].count;
    REQUIRE(total <= FEEL_LONGEST_LIST, ERR_LIMIT, "a list has over %d items", FEEL_LONGEST_LIST);
    TRY(run_spend(r, (i64)total));
    feel *items = NEW_N(r->arena, total + 1, feel);
    for (size_t i = 0; i < count; i++) {
        if (lists[i].count)
            memcpy(items + at, lists[i].items, lists[i].count * sizeof *items);
        at += lists[i].count;
    }
    return run_list(r, items, total, out);
}

fallible fn_concatenate(struct run *r, const feel *args, size_t count, feel *out)
{
    return joined(r, args, count, out);
}

fallible fn_append(struct run *r, const feel *args, size_t count, feel *out)
{
    feel both[2] = {args[0], {.kind = FEEL_LIST, .count = (u32)(count - 1), .items = args + 1}};

    return joined(r, both, 2, out);
}

/* Equal items once, the first of each. Hashing keeps it linear. */
static fallible distinct(struct run *r, feel list, feel *out)
{
    size_t size = 16, n = 0;

    while (size < (size_t)list.count * 2)
        size *= 2;
    TRY(run_spend(r, (i64)size));
    u32 *slots = NEW_N(r->arena, size, u32);
    feel *kept = NEW_N(r->arena, list.count + 1, feel);
    for (u32 i = 0; i < list.count; i++) {
        u64 h = value_hash(list.items[i]);
        size_t at = (size_t)((h ^ (h >> 32)) & (size - 1));

        TRY(run_spend(r, value_weight(list.items[i])));
        for (; slots[at]; at = (at + 1) & (size - 1)) {
            if (value_equal(kept[slots[at] - 1], list.items[i]) == TRUE)
                break;
            TRY(run_spend(r, value_weight(list.items[i])));
        }
        if (slots[at])
            continue;
        kept[n++] = list.items[i];
        slots[at] = (u32)n;
    }
    return run_list(r, kept, n, out);
}

fallible fn_distinct(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    return distinct(r, args[0], out);
}

fallible fn_union(struct run *r, const feel *args, size_t count, feel *out)
{
    feel all;

    TRY(joined(r, args, count, &all));
    return distinct(r, all, out);
}

fallible fn_reverse(struct run *r, const feel *args, size_t count, feel *out)
{
    feel list = args[0];
    feel *items = NEW_N(r->arena, list.count + 1, feel);

    (void)count;
    for (u32 i = 0; i < list.count; i++)
        items[i] = list.items[list.count - 1 - i];
    return run_list(r, items, list.count, out);
}

typedef VEC(feel) feel_vec;

static fallible flatten_into(struct run *r, feel list, feel_vec *items)
{
    TRY(run_spend(r, list.count + 1));
    for (u32 i = 0; i < list.count; i++) {
        if (list.items[i].kind == FEEL_LIST)
            TRY(flatten_into(r, list.items[i], items));
        else
            vec_push(r->arena, items, list.items[i]);
    }
    return OK;
}

fallible fn_flatten(struct run *r, const feel *args, size_t count, feel *out)
{
    feel_vec items = {0};

    (void)count;
    TRY(flatten_into(r, args[0], &items));
    return run_list(r, items.at, items.count, out);
}

/* ---- positions ---------------------------------------------------------------------------- */

/* From 1, or from the end if negative; 0-based in *at. */
static bool position(feel n, u32 count, u32 *at)
{
    i64 i;

    if (!feel_to_i64(number_round(n, 0, ROUND_DOWN), &i) || i == 0 || i > (i64)count ||
        i < -(i64)count)
        return false;
    *at = (u32)(i > 0 ? i - 1 : (i64)count + i);
    return true;
}

/* `list` with `gone` items at `at` replaced by `added` new ones (0 or 1). */
static fallible spliced(struct run *r, feel list, u32 at, u32 gone, const feel *added, feel *out)
{
    feel parts[3] = {{.kind = FEEL_LIST, .count = at, .items = list.items},
                     {.kind = FEEL_LIST, .count = added != NULL, .items = added},
                     {.kind = FEEL_LIST,
                      .count = list.count - at - gone,
                      .items = list.count ? list.items + at + gone : NULL}};

    return joined(r, parts, 3, out);
}

fallible fn_insert_before(struct run *r, const feel *args, size_t count, feel *out)
{
    u32 at;

    (void)count;
    if (!position(args[1], args[0].count, &at))
        return no(r, "no such position in the list", out);
    return spliced(r, args[0], at, 0, &args[2], out);
}

fallible fn_remove(struct run *r, const feel *args, size_t count, feel *out)
{
    u32 at;

    (void)count;
    if (!position(args[1], args[0].count, &at))
        return no(r, "no such position in the list", out);
    return spliced(r, args[0], at, 1, NULL, out);
}

fallible fn_list_replace(struct run *r, const feel *args, size_t count, feel *out)
{
    u32 at;

    (void)count;
    if (!position(args[1], args[0].count, &at))
        return no(r, "no such position in the list", out);
    return spliced(r, args[0], at, 1, &args[2], out);
}

/* The function gets an item and the new one, and says whether to replace. */
fallible fn_list_replace_match(struct run *r, const feel *args, size_t count, feel *out)
{
    feel list = args[0];
    feel *items = NEW_N(r->arena, list.count + 1, feel);

    (void)count;
    for (u32 i = 0; i < list.count; i++) {
        feel pair[] = {list.items[i], args[2]}, v;

        TRY(call_value(r, NULL, args[1], pair, 2, &v));
        if (v.kind != FEEL_BOOL)
            return no(r, "the match is neither true nor false", out);
        items[i] = v.truth ? args[2] : list.items[i];
    }
    return run_list(r, items, list.count, out);
}

fallible fn_sublist(struct run *r, const feel *args, size_t count, feel *out)
{
    feel list = args[0];
    u32 at;
    i64 length = INT32_MAX;

    if (!position(args[1], list.count, &at))
        return no(r, "no such position in the list", out);
    if (count > 2 && (!feel_to_i64(number_round(args[2], 0, ROUND_DOWN), &length) || length < 0))
        return no(r, "no such length", out);
    if (count > 2 && length > (i64)list.count - at)
        return no(r, "the list is shorter", out);
    u32 left = list.count - at;
    return run_list(r, list.items + at, length < (i64)left ? (size_t)length : left, out);
}
