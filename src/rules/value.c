/* Values: making, comparing, hashing (DMN 1.5, 10.3.2.2 and tables 53 to 56). */
#include "rules/rules_int.h"

enum { INDEX_FROM = 12 }; /* contexts with more entries get a hash index */

feel feel_null(void)
{
    return (feel){.kind = FEEL_NULL};
}

feel feel_bool(bool truth)
{
    return (feel){.kind = FEEL_BOOL, .truth = truth};
}

feel feel_int(i64 n)
{
    return number_of(n, 0);
}

feel feel_string(str text)
{
    assert(text.len <= UINT32_MAX);
    return (feel){.kind = FEEL_STRING, .count = (u32)text.len, .text = text.ptr ? text.ptr : ""};
}

feel feel_date_of(i64 days)
{
    return (feel){.kind = FEEL_DATE, .days = days};
}

feel feel_day(date d)
{
    return feel_date_of(d.days);
}

feel feel_months(i64 months)
{
    return (feel){.kind = FEEL_MONTHS, .months = months};
}

feel feel_seconds(i64 seconds, u32 nanos)
{
    return (feel){.kind = FEEL_SECONDS, .count = nanos, .seconds = seconds};
}

str feel_text(feel s)
{
    return s.kind == FEEL_STRING ? (str){s.text, s.count} : S("");
}

feel feel_truth(enum truth t)
{
    return t == UNKNOWN ? feel_null() : feel_bool(t == TRUE);
}

bool value_is(feel v, u8 kind)
{
    return v.kind == kind;
}

static u16 depth_of(feel v)
{
    return v.kind == FEEL_LIST || v.kind == FEEL_CONTEXT || v.kind == FEEL_RANGE ? v.scale : 0;
}

i64 value_weight(feel v)
{
    return v.kind == FEEL_LIST || v.kind == FEEL_CONTEXT ? (i64)1 << v.is_wide : 1;
}

static u8 log_of(i64 weight)
{
    u8 log = 0;

    while (log < VALUE_HEAVIEST && (i64)1 << log < weight)
        log++;
    return log;
}

/* What the parts of a list or context weigh together, and how deep they are. */
struct load {
    i64 weight;
    u16 depth;
};

static void load_add(struct load *l, feel part)
{
    if (depth_of(part) > l->depth)
        l->depth = depth_of(part);
    if (l->weight < (i64)1 << VALUE_HEAVIEST)
        l->weight += value_weight(part);
}

fallible feel_list(const feel *items, size_t count, feel *out)
{
    struct load l = {.weight = 1};

    REQUIRE(count <= FEEL_LONGEST_LIST, ERR_LIMIT, "a list has over %d items", FEEL_LONGEST_LIST);
    for (size_t i = 0; i < count; i++)
        load_add(&l, items[i]);
    REQUIRE(l.depth < FEEL_DEEPEST_VALUE, ERR_LIMIT, "lists are nested deeper than %d",
            FEEL_DEEPEST_VALUE);
    *out = (feel){.kind = FEEL_LIST,
                  .is_wide = log_of(l.weight),
                  .scale = (u16)(l.depth + 1),
                  .count = (u32)count,
                  .items = items};
    return OK;
}

static void context_index(struct arena *a, struct feel_context *c)
{
    size_t size = 32;

    while (size < c->count * 2)
        size *= 2;
    u32 *slots = NEW_N(a, size, u32);
    for (size_t i = 0; i < c->count; i++) {
        size_t at = (size_t)str_hash(c->entries[i].key) & (size - 1);

        while (slots[at])
            at = (at + 1) & (size - 1);
        slots[at] = (u32)(i + 1);
    }
    c->slots = slots;
    c->slot_count = size;
}

fallible feel_context(struct arena *a, const struct feel_entry *entries, size_t count, feel *out)
{
    struct load l = {.weight = 1};

    REQUIRE(count <= FEEL_LONGEST_LIST, ERR_LIMIT, "a context has over %d entries",
            FEEL_LONGEST_LIST);
    for (size_t i = 0; i < count; i++)
        load_add(&l, entries[i].value);
    REQUIRE(l.depth < FEEL_DEEPEST_VALUE, ERR_LIMIT, "contexts are nested deeper than %d",
            FEEL_DEEPEST_VALUE);
    struct feel_context *c = NEW(a, struct feel_context);
    c->count = count;
    c->entries = entries;
    if (count > INDEX_FROM)
        context_index(a, c);
    *out = (feel){.kind = FEEL_CONTEXT,
                  .is_wide = log_of(l.weight),
                  .scale = (u16)(l.depth + 1),
                  .context = c};
    return OK;
}

const struct feel_entry *context_find(const struct feel_context *c, str key)
{
    if (c->slots == NULL) {
        for (size_t i = 0; i < c->count; i++)
            if (str_eq(c->entries[i].key, key))
                return &c->entries[i];
        return NULL;
    }
    size_t mask = c->slot_count - 1;
    for (size_t at = (size_t)str_hash(key) & mask; c->slots[at]; at = (at + 1) & mask)
        if (str_eq(c->entries[c->slots[at] - 1].key, key))
            return &c->entries[c->slots[at] - 1];
    return NULL;
}

const feel *feel_get(feel context, str key)
{
    if (context.kind != FEEL_CONTEXT)
        return NULL;
    const struct feel_entry *e = context_find(context.context, key);
    return e ? &e->value : NULL;
}

/* ---- equality and order ------------------------------------------------------------------- */

static enum truth lists_equal(feel a, feel b)
{
    if (a.count != b.count)
        return FALSE;
    for (u32 i = 0; i < a.count; i++)
        if (value_equal(a.items[i], b.items[i]) != TRUE)
            return FALSE;
    return TRUE;
}

static enum truth contexts_equal(const struct feel_context *a, const struct feel_context *b)
{
    if (a->count != b->count)
        return FALSE;
    for (size_t i = 0; i < a->count; i++) {
        const struct feel_entry *other = context_find(b, a->entries[i].key);

        if (other == NULL || value_equal(a->entries[i].value, other->value) != TRUE)
            return FALSE;
    }
    return TRUE;
}

static enum truth ranges_equal(const struct feel_range *a, const struct feel_range *b)
{
    return a->form == b->form && a->low_open == b->low_open && a->high_open == b->high_open &&
                   value_equal(a->low, b->low) == TRUE && value_equal(a->high, b->high) == TRUE
               ? TRUE
               : FALSE;
}

/* Seconds count whole: fractions don't tell two times apart (10.3.2.3.4, property `second`). */
static enum truth moments_equal(feel a, feel b)
{
    bool is_time = a.kind == FEEL_TIME;
    const struct feel_moment *x = a.moment, *y = b.moment;

    if ((x->zoned == ZONE_NONE) != (y->zoned == ZONE_NONE))
        return FALSE;
    i64 p = moment_seconds(x, is_time), q = moment_seconds(y, is_time);
    if (is_time)
        return (p - q) % DAY_SECONDS == 0 ? TRUE : FALSE;
    return p == q ? TRUE : FALSE;
}

enum truth value_equal(feel a, feel b)
{
    if (a.kind == FEEL_NULL || b.kind == FEEL_NULL)
        return a.kind == b.kind ? TRUE : FALSE;
    if (a.kind != b.kind)
        return UNKNOWN;
    switch (a.kind) {
    case FEEL_BOOL:
        return a.truth == b.truth ? TRUE : FALSE;
    case FEEL_NUMBER:
        return number_cmp(a, b) == 0 ? TRUE : FALSE;
    case FEEL_STRING:
        return str_eq(feel_text(a), feel_text(b)) ? TRUE : FALSE;
    case FEEL_DATE:
    case FEEL_MONTHS:
        return a.days == b.days ? TRUE : FALSE;
    case FEEL_SECONDS:
        return a.seconds == b.seconds && a.count == b.count ? TRUE : FALSE;
    case FEEL_TIME:
    case FEEL_DATETIME:
        return moments_equal(a, b);
    case FEEL_LIST:
        return lists_equal(a, b);
    case FEEL_CONTEXT:
        return contexts_equal(a.context, b.context);
    case FEEL_RANGE:
        return ranges_equal(a.range, b.range);
    default:
        return a.function == b.function ? TRUE : UNKNOWN;
    }
}

static bool moments_same(const struct feel_moment *a, const struct feel_moment *b)
{
    return a->days == b->days && a->nanos == b->nanos && a->zoned == b->zoned &&
           (a->zoned != ZONE_OFFSET || a->offset == b->offset) &&
           (a->zoned != ZONE_NAMED || str_eq(a->zone_name, b->zone_name));
}

bool value_same(feel a, feel b)
{
    if (a.kind != b.kind)
        return false;
    if (a.kind == FEEL_TIME || a.kind == FEEL_DATETIME)
        return moments_same(a.moment, b.moment);
    return value_equal(a, b) == TRUE;
}

static bool moments_order(feel a, feel b, int *order)
{
    const struct feel_moment *x = a.moment, *y = b.moment;

    if ((x->zoned == ZONE_NONE) != (y->zoned == ZONE_NONE))
        return false;
    i64 p = moment_seconds(x, a.kind == FEEL_TIME), q = moment_seconds(y, a.kind == FEEL_TIME);
    i64 m = x->nanos % SECOND_NANOS, n = y->nanos % SECOND_NANOS;
    *order = p != q ? (p > q) - (p < q) : (m > n) - (m < n);
    return true;
}

bool value_order(feel a, feel b, int *order)
{
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case FEEL_NUMBER:
        *order = number_cmp(a, b);
        return true;
    case FEEL_STRING:
        *order = str_cmp(feel_text(a), feel_text(b));
        return true;
    case FEEL_DATE:
    case FEEL_MONTHS:
        *order = (a.days > b.days) - (a.days < b.days);
        return true;
    case FEEL_SECONDS:
        *order = a.seconds != b.seconds ? (a.seconds > b.seconds) - (a.seconds < b.seconds)
                                        : (a.count > b.count) - (a.count < b.count);
        return true;
    case FEEL_TIME:
    case FEEL_DATETIME:
        return moments_order(a, b, order);
    default:
        return false;
    }
}

/* ---- membership --------------------------------------------------------------------------- */

enum truth range_has(const struct feel_range *r, feel x)
{
    int low = 1, high = -1;

    if (x.kind == FEEL_NULL && r->form != RANGE_EQUAL && r->form != RANGE_UNEQUAL)
        return UNKNOWN;
    if (r->form == RANGE_EQUAL)
        return value_equal(x, r->low);
    if (r->form == RANGE_UNEQUAL) {
        enum truth t = value_equal(x, r->low);
        return t == UNKNOWN ? UNKNOWN : t == TRUE ? FALSE : TRUE;
    }
    if (r->low.kind != FEEL_NULL && !value_order(x, r->low, &low))
        return UNKNOWN;
    if (r->high.kind != FEEL_NULL && !value_order(x, r->high, &high))
        return UNKNOWN;
    return (low > 0 || (low == 0 && !r->low_open)) && (high < 0 || (high == 0 && !r->high_open))
               ? TRUE
               : FALSE;
}

static bool item_has(feel x, feel item)
{
    if (item.kind == FEEL_RANGE && x.kind != FEEL_RANGE)
        return range_has(item.range, x) == TRUE;
    return value_equal(x, item) == TRUE;
}

enum truth value_in(feel x, feel tests)
{
    if (tests.kind == FEEL_RANGE && x.kind != FEEL_RANGE)
        return range_has(tests.range, x);
    if (tests.kind == FEEL_LIST) {
        if (x.kind == FEEL_LIST && value_equal(x, tests) == TRUE)
            return TRUE;
        for (u32 i = 0; i < tests.count; i++)
            if (item_has(x, tests.items[i]))
                return TRUE;
        return FALSE;
    }
    if (tests.kind == FEEL_NULL && x.kind != FEEL_NULL)
        return UNKNOWN;
    return value_equal(x, tests);
}

/* Equal values have equal hashes; ranges, contexts and the like share one. */
u64 value_hash(feel v)
{
    switch (v.kind) {
    case FEEL_BOOL:
        return 2 + v.truth;
    case FEEL_NUMBER:
        return number_hash(v);
    case FEEL_STRING:
        return str_hash(feel_text(v));
    case FEEL_DATE:
    case FEEL_MONTHS:
    case FEEL_SECONDS:
        return ((u64)v.days + v.kind) * 0x9E3779B97F4A7C15ULL;
    case FEEL_LIST:
        return v.count ? value_hash(v.items[0]) * 31 + v.count : 7;
    default:
        return v.kind;
    }
}
