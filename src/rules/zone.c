/*
 * Time zones from the system's zone database: TZif files (RFC 8536), read into the arena of whoever
 * asks, so that no thread sees another's and the environment's TZ plays no part.
 */
#include "rules/rules_int.h"

#include <stdio.h>

#define ZONE_FOLDER "/usr/share/zoneinfo/"
enum { LONGEST_NAME = 64, LARGEST_FILE = 256 << 10, HEADER = 44, TYPE_SIZE = 6 };

struct change {
    i64 at; /* UTC */
    i32 offset;
};

/* A date of the yearly rule, as in «M3.5.0/2». */
struct rule {
    char form; /* 'M', 'J' or 'D' */
    int month, week, day;
    i32 seconds;
};

struct zone {
    i32 first; /* offset before the first change */
    size_t count;
    const struct change *changes;
    bool has_rule; /* after the last change */
    bool has_summer;
    i32 standard, summer;
    struct rule start, end;
};

static i64 big(const char *p, size_t bytes)
{
    u64 v = (p[0] & 0x80) ? ~0ULL : 0;

    for (size_t i = 0; i < bytes; i++)
        v = v << 8 | (u8)p[i];
    return (i64)v;
}

/* ---- the rule after the last change (RFC 8536, 3.3.1) -------------------------------------- */

static bool take(str *t, char c)
{
    if (t->len == 0 || t->ptr[0] != c)
        return false;
    *t = str_sub(*t, 1, t->len);
    return true;
}

static int take_number(str *t)
{
    int n = 0;

    while (t->len && t->ptr[0] >= '0' && t->ptr[0] <= '9' && n < 100000) {
        n = n * 10 + (t->ptr[0] - '0');
        *t = str_sub(*t, 1, t->len);
    }
    return n;
}

static i32 take_time(str *t)
{
    bool negative = take(t, '-');

    (void)take(t, '+');
    int seconds = take_number(t) * 3600;
    if (take(t, ':'))
        seconds += take_number(t) * 60;
    if (take(t, ':'))
        seconds += take_number(t);
    return negative ? -seconds : seconds;
}

static void take_label(str *t)
{
    if (take(t, '<')) {
        while (t->len && !take(t, '>'))
            *t = str_sub(*t, 1, t->len);
        return;
    }
    while (t->len && (((t->ptr[0] | 0x20) >= 'a') && ((t->ptr[0] | 0x20) <= 'z')))
        *t = str_sub(*t, 1, t->len);
}

static struct rule take_rule(str *t)
{
    struct rule r = {.form = 'D', .seconds = 7200};

    if (take(t, 'M')) {
        r.form = 'M';
        r.month = take_number(t);
        (void)take(t, '.');
        r.week = take_number(t);
        (void)take(t, '.');
    } else if (take(t, 'J')) {
        r.form = 'J';
    }
    r.day = take_number(t);
    if (take(t, '/'))
        r.seconds = take_time(t);
    return r;
}

static void footer(struct zone *z, str t)
{
    if (t.len == 0)
        return;
    take_label(&t);
    z->standard = -take_time(&t);
    z->has_rule = true;
    if (t.len == 0)
        return;
    take_label(&t);
    z->summer = z->standard + 3600;
    if (t.len && t.ptr[0] != ',')
        z->summer = -take_time(&t);
    z->has_summer = take(&t, ',');
    z->start = take_rule(&t);
    (void)take(&t, ',');
    z->end = take_rule(&t);
}

/* Local seconds since 1970 of the rule's moment in that year. */
static i64 rule_in(const struct rule *r, i64 year)
{
    if (r->form != 'M') {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        int day = r->form == 'J' ? r->day - 1 + (leap && r->day > 59) : r->day;

        return (days_of(year, 1, 1) + day) * DAY_SECONDS + r->seconds;
    }
    int month = r->month < 1 || r->month > 12 ? 1 : r->month;
    i64 first = days_of(year, month, 1);
    i64 weekday = ((first + 4) % 7 + 7) % 7; /* 0 Sunday */
    i64 day = first + (r->day - weekday + 7) % 7 + (i64)(r->week - 1) * 7;
    i64 next = month == 12 ? days_of(year + 1, 1, 1) : days_of(year, month + 1, 1);

    while (day >= next)
        day -= 7;
    return day * DAY_SECONDS + r->seconds;
}

static i64 floor_div(i64 a, i64 b)
{
    return a / b - (a % b < 0);
}

static i32 rule_offset(const struct zone *z, i64 utc)
{
    i64 year;
    int month, day;

    if (!z->has_summer)
        return z->standard;
    days_parts(floor_div(utc + z->standard, DAY_SECONDS), &year, &month, &day);
    i64 start = rule_in(&z->start, year) - z->standard;
    i64 end = rule_in(&z->end, year) - z->summer;
    bool summer = start < end ? utc >= start && utc < end : utc >= start || utc < end;
    return summer ? z->summer : z->standard;
}

/* ---- the file ----------------------------------------------------------------------------- */

struct counts {
    size_t leap, isstd, isut, times, types, chars;
};

static struct counts counts_of(const char *p)
{
    return (struct counts){.isut = (u32)big(p + 20, 4),
                           .isstd = (u32)big(p + 24, 4),
                           .leap = (u32)big(p + 28, 4),
                           .times = (u32)big(p + 32, 4),
                           .types = (u32)big(p + 36, 4),
                           .chars = (u32)big(p + 40, 4)};
}

static size_t body_size(struct counts c, size_t word)
{
    return c.times * (word + 1) + c.types * TYPE_SIZE + c.chars + c.leap * (word + 4) + c.isstd +
           c.isut;
}

static bool counts_sane(struct counts c)
{
    return c.times < 10000 && c.types > 0 && c.types < 256 && c.chars < 1000 && c.leap < 1000 &&
           c.isstd < 256 && c.isut < 256;
}

static struct zone *zone_parse(struct arena *a, str file)
{
    if (file.len < HEADER || memcmp(file.ptr, "TZif", 4) != 0 || file.ptr[4] < '2')
        return NULL;
    struct counts old = counts_of(file.ptr);
    size_t from = HEADER + body_size(old, 4);
    if (old.times >= 10000 || old.chars >= 1000 || from + HEADER > file.len)
        return NULL;
    struct counts c = counts_of(file.ptr + from);
    from += HEADER;
    if (!counts_sane(c) || from + body_size(c, 8) + 1 > file.len)
        return NULL;

    const char *times = file.ptr + from, *kinds = times + c.times * 8, *types = kinds + c.times;
    struct zone *z = NEW(a, struct zone);
    struct change *changes = NEW_N(a, c.times + 1, struct change);
    z->first = (i32)big(types, 4);
    for (size_t i = 0; i < c.times; i++) {
        size_t kind = (u8)kinds[i];
        if (kind >= c.types)
            return NULL;
        changes[i] = (struct change){big(times + i * 8, 8), (i32)big(types + kind * TYPE_SIZE, 4)};
    }
    z->changes = changes;
    z->count = c.times;
    str tail = str_sub(file, from + body_size(c, 8) + 1, file.len);
    str line;
    if (str_split(&tail, '\n', &line))
        footer(z, line);
    return z;
}

/* A path below the folder, nothing that leaves it. */
static bool name_safe(str name)
{
    if (name.len == 0 || name.len > LONGEST_NAME || str_find(name, S("..")) >= 0 ||
        name.ptr[0] == '/' || name.ptr[0] == '-')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

        if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '+' && c != '/')
            return false;
    }
    return name.ptr[name.len - 1] != '/';
}

const struct zone *zone_open(struct arena *a, str name)
{
    char path[sizeof ZONE_FOLDER + LONGEST_NAME];
    str file;

    if (!name_safe(name))
        return NULL;
    (void)snprintf(path, sizeof path, ZONE_FOLDER "%.*s", STR(name));
    if (file_read(a, path, LARGEST_FILE, &file) != OK)
        return NULL;
    return zone_parse(a, file);
}

i32 zone_at_utc(const struct zone *z, i64 seconds)
{
    size_t low = 0, high = z->count;

    if (z->count == 0)
        return z->has_rule ? rule_offset(z, seconds) : z->first;
    if (seconds >= z->changes[z->count - 1].at && z->has_rule)
        return rule_offset(z, seconds);
    while (low < high) {
        size_t middle = (low + high) / 2;

        if (z->changes[middle].at <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? z->first : z->changes[low - 1].offset;
}

/* In the hour that happens twice the earlier one counts; in a gap the time before it goes on. */
i32 zone_at_local(const struct zone *z, i64 seconds)
{
    i32 before = zone_at_utc(z, seconds - DAY_SECONDS);
    i32 after = zone_at_utc(z, seconds + DAY_SECONDS);

    if (zone_at_utc(z, seconds - before) == before)
        return before;
    if (zone_at_utc(z, seconds - after) == after)
        return after;
    i32 between = zone_at_utc(z, seconds - before);
    return zone_at_utc(z, seconds - between) == between ? between : before;
}
