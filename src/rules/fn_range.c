/*
 * FEEL's functions on ranges (DMN 1.5, table 78), and range(from). A range without an end on one
 * side has an infinite one there.
 */
#include "rules/builtin_int.h"

struct end {
    feel v;
    bool in; /* included */
    int infinite;
};

static struct end low_of(feel r)
{
    bool none = r.range->low.kind == FEEL_NULL;

    return (struct end){r.range->low, !r.range->low_open && !none, none ? -1 : 0};
}

static struct end high_of(feel r)
{
    bool none = r.range->high.kind == FEEL_NULL;

    return (struct end){r.range->high, !r.range->high_open && !none, none ? 1 : 0};
}

static struct end point(feel p)
{
    return (struct end){p, true, 0};
}

/* Order of two ends by value; notes in *bad that they have none. */
static int cmp(struct end a, struct end b, bool *bad)
{
    int order = 0;

    if (a.infinite || b.infinite)
        return (a.infinite > b.infinite) - (a.infinite < b.infinite);
    if (!value_order(a.v, b.v, &order))
        *bad = true;
    return order;
}

static fallible answer(struct run *r, bool truth, bool bad, feel *out)
{
    if (bad)
        return no(r, "values that have no order", out);
    *out = feel_bool(truth);
    return OK;
}

/* A point is a range of one value here, so that the forms of a function share a relation. */
typedef bool (*relation)(struct end al, struct end ah, struct end bl, struct end bh, bool *bad);

static fallible related(struct run *r, const feel *args, relation holds, feel *out)
{
    struct end ends[4];
    bool bad = false;

    for (size_t i = 0; i < 2; i++) {
        bool range = args[i].kind == FEEL_RANGE;

        ends[2 * i] = range ? low_of(args[i]) : point(args[i]);
        ends[2 * i + 1] = range ? high_of(args[i]) : point(args[i]);
    }
    bool truth = holds(ends[0], ends[1], ends[2], ends[3], &bad);
    return answer(r, truth, bad, out);
}

#define RELATION(name)                                                                             \
    static bool name(struct end al, struct end ah, struct end bl, struct end bh, bool *bad)

static bool is_before(struct end ah, struct end bl, bool *bad)
{
    int order = cmp(ah, bl, bad);

    return order < 0 || (order == 0 && (!ah.in || !bl.in));
}

RELATION(before_any)
{
    (void)al;
    (void)bh;
    return is_before(ah, bl, bad);
}

RELATION(after_any)
{
    (void)ah;
    (void)bl;
    return is_before(bh, al, bad);
}

RELATION(meets)
{
    (void)al;
    (void)bh;
    return ah.in && bl.in && cmp(ah, bl, bad) == 0;
}

RELATION(met_by)
{
    return meets(bl, bh, al, ah, bad);
}

RELATION(overlaps)
{
    int one = cmp(ah, bl, bad), two = cmp(al, bh, bad);

    return (one > 0 || (one == 0 && ah.in && bl.in)) && (two < 0 || (two == 0 && al.in && bh.in));
}

RELATION(overlaps_before)
{
    int starts = cmp(al, bl, bad), meet = cmp(ah, bl, bad), ends = cmp(ah, bh, bad);

    return (starts < 0 || (starts == 0 && al.in && !bl.in)) &&
           (meet > 0 || (meet == 0 && ah.in && bl.in)) &&
           (ends < 0 || (ends == 0 && (!ah.in || bh.in)));
}

RELATION(overlaps_after)
{
    return overlaps_before(bl, bh, al, ah, bad);
}

RELATION(finishes)
{
    int starts = cmp(al, bl, bad), ends = cmp(ah, bh, bad);

    return ends == 0 && ah.in == bh.in && (starts > 0 || (starts == 0 && (!al.in || bl.in)));
}

RELATION(finished_by)
{
    return finishes(bl, bh, al, ah, bad);
}

RELATION(includes)
{
    int starts = cmp(al, bl, bad), ends = cmp(ah, bh, bad);

    return (starts < 0 || (starts == 0 && (al.in || !bl.in))) &&
           (ends > 0 || (ends == 0 && (ah.in || !bh.in)));
}

RELATION(during)
{
    return includes(bl, bh, al, ah, bad);
}

RELATION(starts)
{
    int starts = cmp(al, bl, bad), ends = cmp(ah, bh, bad);

    return starts == 0 && al.in == bl.in && (ends < 0 || (ends == 0 && (!ah.in || bh.in)));
}

RELATION(started_by)
{
    return starts(bl, bh, al, ah, bad);
}

RELATION(coincides)
{
    return cmp(al, bl, bad) == 0 && cmp(ah, bh, bad) == 0 && al.in == bl.in && ah.in == bh.in;
}

/* A point finishes or starts a range whose end it is, whatever the other end. */
RELATION(finishes_point)
{
    (void)al;
    (void)bl;
    return bh.in && cmp(ah, bh, bad) == 0;
}

RELATION(finished_by_point)
{
    return finishes_point(bl, bh, al, ah, bad);
}

RELATION(starts_point)
{
    (void)ah;
    (void)bh;
    return bl.in && cmp(al, bl, bad) == 0;
}

RELATION(started_by_point)
{
    return starts_point(bl, bh, al, ah, bad);
}

#define FUNCTION(name, relation)                                                                   \
    fallible fn_##name(struct run *r, const feel *args, size_t count, feel *out)                   \
    {                                                                                              \
        (void)count;                                                                               \
        return related(r, args, relation, out);                                                    \
    }

FUNCTION(after_pp, after_any)
FUNCTION(after_pr, after_any)
FUNCTION(after_rp, after_any)
FUNCTION(after_rr, after_any)
FUNCTION(before_pp, before_any)
FUNCTION(before_pr, before_any)
FUNCTION(before_rp, before_any)
FUNCTION(before_rr, before_any)
FUNCTION(coincides_pp, coincides)
FUNCTION(coincides_rr, coincides)
FUNCTION(during_pr, during)
FUNCTION(during_rr, during)
FUNCTION(finished_by_rp, finished_by_point)
FUNCTION(finished_by_rr, finished_by)
FUNCTION(finishes_pr, finishes_point)
FUNCTION(finishes_rr, finishes)
FUNCTION(includes_rp, includes)
FUNCTION(includes_rr, includes)
FUNCTION(meets, meets)
FUNCTION(met_by, met_by)
FUNCTION(overlaps, overlaps)
FUNCTION(overlaps_after, overlaps_after)
FUNCTION(overlaps_before, overlaps_before)
FUNCTION(started_by_rp, started_by_point)
FUNCTION(started_by_rr, started_by)
FUNCTION(starts_pr, starts_point)
FUNCTION(starts_rr, starts)

/* ---- range(from) -------------------------------------------------------------------------- */

/* Where the two dots stand outside of strings; -1 if there aren't any. */
static ptrdiff_t dots(str t)
{
    bool text = false;

    for (size_t i = 0; i + 1 < t.len; i++) {
        if (t.ptr[i] == '"' && (i == 0 || t.ptr[i - 1] != '\\'))
            text = !text;
        if (!text && t.ptr[i] == '.' && t.ptr[i + 1] == '.')
            return (ptrdiff_t)i;
    }
    return -1;
}

static bool is_string(str t)
{
    return t.len >= 2 && t.ptr[0] == '"' && t.ptr[t.len - 1] == '"' &&
           memchr(t.ptr + 1, '"', t.len - 2) == NULL;
}

/* Only literals may be ends: a number, a string, @"…" or a constructor of a string. */
static bool is_literal(str t)
{
    static const str makers[] = {{"date", 4}, {"time", 4}, {"date and time", 13}, {"duration", 8}};
    feel n;

    if (t.len && t.ptr[0] == '-')
        t = str_trim(str_sub(t, 1, t.len));
    if (is_string(t) || (t.len && number_scan(t, &n) == t.len))
        return true;
    if (t.len && t.ptr[0] == '@')
        return is_string(str_trim(str_sub(t, 1, t.len)));
    for (size_t i = 0; i < COUNT(makers); i++) {
        str rest = str_trim(str_sub(t, makers[i].len, t.len));

        if (str_starts(t, makers[i]) && rest.len > 2 && rest.ptr[0] == '(' &&
            rest.ptr[rest.len - 1] == ')')
            return is_string(str_trim(str_sub(rest, 1, rest.len - 1)));
    }
    return false;
}

static bool literal(struct run *r, str t, feel *out)
{
    struct unit unit = {0};
    struct scope *scope = scope_in(r->arena, NULL, &unit);
    struct source src = {.arena = r->arena, .text = str_trim(t)};
    const struct node *n;

    if (!is_literal(src.text) || parse_expression(&src, scope, &n) != OK || n->kind != N_CONST)
        return false;
    *out = n->value;
    return true;
}

fallible fn_range(struct run *r, const feel *args, size_t count, feel *out)
{
    str t = str_trim(feel_text(args[0]));
    ptrdiff_t at = dots(t);
    struct feel_range *range = NEW(r->arena, struct feel_range);
    int order;

    (void)count;
    if (at < 1 || strchr("[(]", t.ptr[0]) == NULL || strchr("])[", t.ptr[t.len - 1]) == NULL)
        return no(r, "the text isn't a range", out);
    if (!literal(r, str_sub(t, 1, (size_t)at), &range->low) ||
        !literal(r, str_sub(t, (size_t)at + 2, t.len - 1), &range->high))
        return no(r, "an end of the range isn't a literal", out);
    if (!value_order(range->low, range->high, &order) || order > 0)
        return no(r, "the ends of the range are out of order", out);
    range->low_open = t.ptr[0] != '[';
    range->high_open = t.ptr[t.len - 1] != ']';
    *out = (feel){.kind = FEEL_RANGE, .range = range};
    return OK;
}
