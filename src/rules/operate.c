/* Arithmetic and paths (DMN 1.5, tables 57 to 65). */
#include "rules/rules_int.h"

static fallible kept(struct run *r, const struct node *n, bool ok, feel *out)
{
    return ok ? OK : run_nothing(r, n, "the result is out of range", out);
}

static fallible no_operator(struct run *r, const struct node *n, feel *out)
{
    return run_nothing(r, n, "no such operation on these types", out);
}

/* ---- durations ---------------------------------------------------------------------------- */

static bool seconds_add(feel a, feel b, feel *out)
{
    i64 nanos = (i64)a.count + b.count, seconds;

    if (__builtin_add_overflow(a.seconds, b.seconds, &seconds) ||
        __builtin_add_overflow(seconds, nanos / SECOND_NANOS, &seconds))
        return false;
    *out = feel_seconds(seconds, (u32)(nanos % SECOND_NANOS));
    return true;
}

static bool seconds_negate(feel a, feel *out)
{
    if (a.seconds == INT64_MIN)
        return false;
    *out = a.count ? feel_seconds(-a.seconds - 1, (u32)(SECOND_NANOS - a.count))
                   : feel_seconds(-a.seconds, 0);
    return true;
}

static bool negate(feel v, feel *out)
{
    if (v.kind == FEEL_SECONDS)
        return seconds_negate(v, out);
    if (v.kind == FEEL_MONTHS && v.months != INT64_MIN) {
        *out = feel_months(-v.months);
        return true;
    }
    if (v.kind == FEEL_NUMBER) {
        *out = number_neg(v);
        return true;
    }
    return false;
}

static feel in_seconds(feel v)
{
    return number_add(feel_int(v.seconds), number_of(v.count, 9));
}

/* A count of months is cut to whole ones, one of seconds to nanoseconds. */
static bool duration_of(u8 kind, feel amount, feel *out)
{
    i64 whole;

    if (amount.kind != FEEL_NUMBER)
        return false;
    if (kind == FEEL_MONTHS) {
        if (!feel_to_i64(number_round(amount, 0, ROUND_DOWN), &whole))
            return false;
        *out = feel_months(whole);
        return true;
    }
    i64 nanos;
    feel floor = number_round(amount, 0, ROUND_FLOOR);
    feel rest =
        number_round(number_mul(number_sub(amount, floor), feel_int(SECOND_NANOS)), 0, ROUND_DOWN);
    if (!feel_to_i64(floor, &whole) || !feel_to_i64(rest, &nanos))
        return false;
    *out = feel_seconds(whole, (u32)nanos);
    return true;
}

static feel amount_of(feel duration)
{
    return duration.kind == FEEL_MONTHS ? feel_int(duration.months) : in_seconds(duration);
}

static bool is_duration(feel v)
{
    return v.kind == FEEL_MONTHS || v.kind == FEEL_SECONDS;
}

static bool is_temporal(feel v)
{
    return v.kind == FEEL_DATE || v.kind == FEEL_TIME || v.kind == FEEL_DATETIME;
}

/* ---- operators ---------------------------------------------------------------------------- */

static fallible join(struct run *r, feel a, feel b, feel *out)
{
    REQUIRE((u64)a.count + b.count <= FEEL_LONGEST_STRING, ERR_LIMIT, "a string has over %d bytes",
            FEEL_LONGEST_STRING);
    TRY(run_spend(r, 1 + (a.count + b.count) / 64));
    char *text = NEW_N(r->arena, a.count + b.count + 1, char);
    memcpy(text, a.text, a.count);
    memcpy(text + a.count, b.text, b.count);
    *out = feel_string((str){text, (size_t)a.count + b.count});
    return OK;
}

static fallible add_duration(struct run *r, const struct node *n, feel v, feel d, feel *out)
{
    if (d.kind == FEEL_SECONDS)
        return kept(r, n, temporal_add(r, v, d.seconds, d.count, out), out);
    if (v.kind == FEEL_TIME)
        return no_operator(r, n, out);
    return kept(r, n, temporal_add_months(v, d.months, r, out), out);
}

static fallible add(struct run *r, const struct node *n, feel a, feel b, feel *out)
{
    i64 months;

    if (a.kind == FEEL_STRING && b.kind == FEEL_STRING)
        return join(r, a, b, out);
    if (is_temporal(a) && is_duration(b))
        return add_duration(r, n, a, b, out);
    if (is_duration(a) && is_temporal(b))
        return add_duration(r, n, b, a, out);
    if (a.kind != b.kind || !is_duration(a))
        return no_operator(r, n, out);
    if (a.kind == FEEL_SECONDS)
        return kept(r, n, seconds_add(a, b, out), out);
    bool ok = !__builtin_add_overflow(a.months, b.months, &months);
    *out = feel_months(months);
    return kept(r, n, ok, out);
}

static fallible subtract(struct run *r, const struct node *n, feel a, feel b, feel *out)
{
    feel negated;

    if (is_duration(b) && (is_temporal(a) || a.kind == b.kind)) {
        if (!negate(b, &negated))
            return kept(r, n, false, out);
        return add(r, n, a, negated, out);
    }
    bool times = a.kind == FEEL_TIME && b.kind == FEEL_TIME;
    bool dates = (a.kind == FEEL_DATE || a.kind == FEEL_DATETIME) &&
                 (b.kind == FEEL_DATE || b.kind == FEEL_DATETIME);
    if (!times && !dates)
        return no_operator(r, n, out);
    if (!temporal_minus(a, b, out))
        return run_nothing(r, n, "only one of the two has an offset or zone", out);
    return OK;
}

static fallible multiply(struct run *r, const struct node *n, feel a, feel b, feel *out)
{
    if (is_duration(b) && a.kind == FEEL_NUMBER)
        return multiply(r, n, b, a, out);
    if (!is_duration(a) || b.kind != FEEL_NUMBER)
        return no_operator(r, n, out);
    return kept(r, n, duration_of(a.kind, number_mul(amount_of(a), b), out), out);
}

static fallible divide(struct run *r, const struct node *n, feel a, feel b, feel *out)
{
    if (is_duration(a) && b.kind == FEEL_NUMBER)
        return kept(r, n, duration_of(a.kind, number_div(amount_of(a), b), out), out);
    if (!is_duration(a) || a.kind != b.kind)
        return no_operator(r, n, out);
    *out = number_div(amount_of(a), amount_of(b));
    return kept(r, n, out->kind == FEEL_NUMBER, out);
}

static feel numbers(u8 kind, feel a, feel b)
{
    switch (kind) {
    case N_ADD:
        return number_add(a, b);
    case N_SUB:
        return number_sub(a, b);
    case N_MUL:
        return number_mul(a, b);
    case N_DIV:
        return number_div(a, b);
    default:
        return number_pow(a, b);
    }
}

fallible eval_arithmetic(struct run *r, const struct node *n, feel a, feel b, feel *out)
{
    if (n->kind == N_NEGATE) {
        if (!is_duration(a) && a.kind != FEEL_NUMBER)
            return no_operator(r, n, out);
        return kept(r, n, negate(a, out), out);
    }
    if (a.kind == FEEL_NUMBER && b.kind == FEEL_NUMBER) {
        *out = numbers(n->kind, a, b);
        return kept(r, n, out->kind == FEEL_NUMBER, out);
    }
    if (n->kind == N_ADD)
        return add(r, n, a, b, out);
    if (n->kind == N_SUB)
        return subtract(r, n, a, b, out);
    if (n->kind == N_MUL)
        return multiply(r, n, a, b, out);
    if (n->kind == N_DIV)
        return divide(r, n, a, b, out);
    return no_operator(r, n, out);
}

/* ---- properties --------------------------------------------------------------------------- */

static feel weekday(i64 days)
{
    i64 since_monday = ((days + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */

    return feel_int(since_monday + 1);
}

static bool date_property(i64 days, str name, feel *out)
{
    i64 year;
    int month, day;

    days_parts(days, &year, &month, &day);
    if (str_eq(name, S("year")))
        *out = feel_int(year);
    else if (str_eq(name, S("month")))
        *out = feel_int(month);
    else if (str_eq(name, S("day")))
        *out = feel_int(day);
    else if (str_eq(name, S("weekday")))
        *out = weekday(days);
    else
        return false;
    return true;
}

static bool time_property(const struct feel_moment *m, bool is_time, str name, feel *out)
{
    i64 second = m->nanos / SECOND_NANOS;

    if (str_eq(name, S("hour")))
        *out = feel_int(second / 3600);
    else if (str_eq(name, S("minute")))
        *out = feel_int(second / 60 % 60);
    else if (str_eq(name, S("second")))
        *out = feel_int(second % 60);
    else if (str_eq(name, S("time offset")))
        *out = m->zoned ? feel_seconds(moment_offset(m, is_time), 0) : feel_null();
    else if (str_eq(name, S("timezone")))
        *out = m->zoned == ZONE_NAMED ? feel_string(m->zone_name) : feel_null();
    else
        return false;
    return true;
}

static bool duration_property(feel v, str name, feel *out)
{
    bool back = v.seconds < 0 && v.count > 0; /* towards zero */
    i64 seconds = v.seconds + back;

    if (v.kind == FEEL_MONTHS) {
        if (str_eq(name, S("years")))
            *out = feel_int(v.months / 12);
        else if (str_eq(name, S("months")))
            *out = feel_int(v.months % 12);
        else
            return false;
        return true;
    }
    if (str_eq(name, S("days")))
        *out = feel_int(seconds / DAY_SECONDS);
    else if (str_eq(name, S("hours")))
        *out = feel_int(seconds % DAY_SECONDS / 3600);
    else if (str_eq(name, S("minutes")))
        *out = feel_int(seconds % 3600 / 60);
    else if (str_eq(name, S("seconds")))
        *out = feel_int(seconds % 60);
    else
        return false;
    return true;
}

static bool range_property(const struct feel_range *r, str name, feel *out)
{
    bool ends = r->form != RANGE_UNEQUAL;

    if (str_eq(name, S("start")))
        *out = ends ? r->low : feel_null();
    else if (str_eq(name, S("end")))
        *out = ends ? r->high : feel_null();
    else if (str_eq(name, S("start included")))
        *out = feel_bool(ends && !r->low_open);
    else if (str_eq(name, S("end included")))
        *out = feel_bool(ends && !r->high_open);
    else
        return false;
    return true;
}

static bool property(feel v, str name, feel *out)
{
    switch (v.kind) {
    case FEEL_DATE:
        return date_property(v.days, name, out);
    case FEEL_TIME:
        return time_property(v.moment, true, name, out);
    case FEEL_DATETIME:
        return date_property(v.moment->days, name, out) ||
               time_property(v.moment, false, name, out);
    case FEEL_MONTHS:
    case FEEL_SECONDS:
        return duration_property(v, name, out);
    case FEEL_RANGE:
        return range_property(v.range, name, out);
    default:
        return false;
    }
}

/* On a list: the members of all its items. */
static fallible path_list(struct run *r, const struct node *n, feel list, str name, feel *out)
{
    TRY(run_spend(r, list.count));
    REQUIRE(++r->depth < FEEL_DEEPEST_RUN, ERR_LIMIT, "lists are nested too deep");
    feel *items = NEW_N(r->arena, list.count + 1, feel);
    for (u32 i = 0; i < list.count; i++)
        TRY(eval_path(r, n, list.items[i], name, &items[i]));
    r->depth--;
    return feel_list(items, list.count, out);
}

fallible eval_path(struct run *r, const struct node *n, feel from, str name, feel *out)
{
    if (from.kind == FEEL_CONTEXT) {
        const struct feel_entry *e = context_find(from.context, name);

        if (e == NULL)
            return run_nothing(r, n, "the context has no such entry", out);
        *out = e->value;
        return OK;
    }
    if (from.kind == FEEL_LIST)
        return path_list(r, n, from, name, out);
    if (property(from, name, out))
        return OK;
    return run_nothing(r, n, "the value has no such member", out);
}
