/* FEEL's functions on dates, times and durations (DMN 1.5, 10.3.4.1 and 10.3.4.7). */
#include "rules/builtin_int.h"

static feel moment_value(struct run *r, u8 kind, struct feel_moment m)
{
    struct feel_moment *kept = NEW(r->arena, struct feel_moment);

    *kept = m;
    return (feel){.kind = kind, .moment = kept};
}

static i64 days_in(feel v)
{
    return v.kind == FEEL_DATE ? v.days : v.moment->days;
}

fallible fn_date(struct run *r, const feel *args, size_t count, feel *out)
{
    i64 days;

    (void)count;
    if (args[0].kind != FEEL_STRING) {
        *out = feel_date_of(days_in(args[0]));
        return OK;
    }
    if (!date_read(feel_text(args[0]), &days))
        return no(r, "no such date", out);
    *out = feel_date_of(days);
    return OK;
}

/* A whole number between two bounds. */
static bool whole(feel n, i64 least, i64 most, i64 *out)
{
    return feel_to_i64(n, out) && *out >= least && *out <= most;
}

static bool date_of_parts(const feel *args, i64 *days)
{
    i64 year, month, day;

    if (!whole(args[0], -LAST_YEAR, LAST_YEAR, &year) || !whole(args[1], 1, 12, &month) ||
        !whole(args[2], 1, 31, &day))
        return false;
    *days = days_of(year, (int)month, (int)day);
    i64 y;
    int m, d;
    days_parts(*days, &y, &m, &d);
    return m == month;
}

fallible fn_date_parts(struct run *r, const feel *args, size_t count, feel *out)
{
    i64 days;

    (void)count;
    if (!date_of_parts(args, &days))
        return no(r, "no such date", out);
    *out = feel_date_of(days);
    return OK;
}

static bool time_of_parts(const feel *args, i64 *nanos)
{
    i64 hour, minute, second, fraction;
    feel floor = number_round(args[2], 0, ROUND_FLOOR);
    feel rest = number_mul(number_sub(args[2], floor), feel_int(SECOND_NANOS));

    if (!whole(args[0], 0, 23, &hour) || !whole(args[1], 0, 59, &minute) ||
        !whole(floor, 0, 59, &second) || !feel_to_i64(number_round(rest, 0, ROUND_DOWN), &fraction))
        return false;
    *nanos = ((hour * 60 + minute) * 60 + second) * SECOND_NANOS + fraction;
    return true;
}

enum { LARGEST_OFFSET = 18 * 3600 };

/* A duration as offset, the name of a zone, or null. */
static bool zone_of(struct run *r, feel v, struct feel_moment *m)
{
    if (v.kind == FEEL_NULL)
        return true;
    if (v.kind == FEEL_STRING) {
        m->zoned = ZONE_NAMED;
        m->zone_name = feel_text(v);
        m->zone = run_zone(r, m->zone_name);
        return m->zone != NULL;
    }
    m->zoned = ZONE_OFFSET;
    m->offset = (i32)v.seconds;
    return v.count == 0 && v.seconds >= -LARGEST_OFFSET && v.seconds <= LARGEST_OFFSET;
}

fallible fn_time_parts(struct run *r, const feel *args, size_t count, feel *out)
{
    struct feel_moment m = {0};

    if (!time_of_parts(args, &m.nanos) || (count > 3 && !zone_of(r, args[3], &m)))
        return no(r, "no such time", out);
    *out = moment_value(r, FEEL_TIME, m);
    return OK;
}

fallible fn_time(struct run *r, const feel *args, size_t count, feel *out)
{
    struct feel_moment m = {.zoned = ZONE_OFFSET};
    bool next_day;

    (void)count;
    if (args[0].kind == FEEL_DATETIME) {
        m = *args[0].moment;
        m.days = 0;
    }
    if (args[0].kind == FEEL_STRING) {
        m = (struct feel_moment){0};
        if (!time_read(r, feel_text(args[0]), &m, &next_day))
            return no(r, "no such time", out);
    }
    *out = moment_value(r, FEEL_TIME, m);
    return OK;
}

fallible fn_date_time(struct run *r, const feel *args, size_t count, feel *out)
{
    struct feel_moment m = {0};

    (void)count;
    if (args[0].kind == FEEL_DATETIME) {
        *out = args[0];
        return OK;
    }
    if (args[0].kind == FEEL_DATE)
        m = (struct feel_moment){.days = args[0].days, .zoned = ZONE_OFFSET};
    else if (!moment_read(r, feel_text(args[0]), &m))
        return no(r, "no such date and time", out);
    *out = moment_value(r, FEEL_DATETIME, m);
    return OK;
}

fallible fn_date_time_two(struct run *r, const feel *args, size_t count, feel *out)
{
    struct feel_moment m = *args[1].moment;

    (void)count;
    m.days = days_in(args[0]);
    *out = moment_value(r, FEEL_DATETIME, m);
    return OK;
}

fallible fn_date_time_parts(struct run *r, const feel *args, size_t count, feel *out)
{
    struct feel_moment m = {0};

    if (!date_of_parts(args, &m.days) || !time_of_parts(args + 3, &m.nanos) ||
        (count > 6 && !zone_of(r, args[6], &m)))
        return no(r, "no such date and time", out);
    *out = moment_value(r, FEEL_DATETIME, m);
    return OK;
}

fallible fn_duration(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)count;
    if (!duration_read(feel_text(args[0]), out))
        return no(r, "no such duration", out);
    return OK;
}

/* Whole months from one day to another; a day that isn't full yet doesn't count. */
fallible fn_months_between(struct run *r, const feel *args, size_t count, feel *out)
{
    i64 from = days_in(args[0]), to = days_in(args[1]), y1, y2;
    int m1, m2, d1, d2;

    (void)r;
    (void)count;
    days_parts(from, &y1, &m1, &d1);
    days_parts(to, &y2, &m2, &d2);
    i64 months = (y2 - y1) * 12 + (m2 - m1);
    if (months > 0 && d2 < d1)
        months--;
    if (months < 0 && d2 > d1)
        months++;
    *out = feel_months(months);
    return OK;
}

/* ---- the calendar ------------------------------------------------------------------------- */

static int weekday(i64 days)
{
    return (int)((days + 3) % 7 + 7) % 7; /* 0 Monday */
}

fallible fn_day_of_week(struct run *r, const feel *args, size_t count, feel *out)
{
    static const str names[] = {{"Monday", 6}, {"Tuesday", 7},  {"Wednesday", 9}, {"Thursday", 8},
                                {"Friday", 6}, {"Saturday", 8}, {"Sunday", 6}};

    (void)r;
    (void)count;
    *out = feel_string(names[weekday(days_in(args[0]))]);
    return OK;
}

fallible fn_month_of_year(struct run *r, const feel *args, size_t count, feel *out)
{
    static const str names[] = {{"January", 7}, {"February", 8}, {"March", 5},
                                {"April", 5},   {"May", 3},      {"June", 4},
                                {"July", 4},    {"August", 6},   {"September", 9},
                                {"October", 7}, {"November", 8}, {"December", 8}};
    i64 year;
    int month, day;

    (void)r;
    (void)count;
    days_parts(days_in(args[0]), &year, &month, &day);
    *out = feel_string(names[month - 1]);
    return OK;
}

fallible fn_day_of_year(struct run *r, const feel *args, size_t count, feel *out)
{
    i64 year, days = days_in(args[0]);
    int month, day;

    (void)r;
    (void)count;
    days_parts(days, &year, &month, &day);
    *out = feel_int(days - days_of(year, 1, 1) + 1);
    return OK;
}

/* ISO 8601: the week belongs to the year of its Thursday. */
fallible fn_week_of_year(struct run *r, const feel *args, size_t count, feel *out)
{
    i64 days = days_in(args[0]), year;
    i64 thursday = days - weekday(days) + 3;
    int month, day;

    (void)r;
    (void)count;
    days_parts(thursday, &year, &month, &day);
    *out = feel_int((thursday - days_of(year, 1, 1)) / 7 + 1);
    return OK;
}

static struct feel_moment civil_now(const struct run *r)
{
    i64 ms = r->options.now.ms + CIVIL_OFFSET_MS;
    i64 day_ms = DAY_SECONDS * 1000LL;
    i64 days = ms / day_ms - (ms % day_ms < 0);

    return (struct feel_moment){.days = days,
                                .nanos = (ms - days * day_ms) * 1000000,
                                .zoned = ZONE_OFFSET,
                                .offset = (i32)(CIVIL_OFFSET_MS / 1000)};
}

fallible fn_now(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)args;
    (void)count;
    *out = moment_value(r, FEEL_DATETIME, civil_now(r));
    return OK;
}

fallible fn_today(struct run *r, const feel *args, size_t count, feel *out)
{
    (void)args;
    (void)count;
    *out = feel_date_of(civil_now(r).days);
    return OK;
}
