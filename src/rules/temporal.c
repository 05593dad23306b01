/* Dates, times and durations: reading and writing (DMN 1.5, 10.3.2.3.3 to 10.3.2.3.8). */
#include "rules/rules_int.h"

enum { LARGEST_OFFSET = 18 * 3600, YEAR_DIGITS = 9, NANO_DIGITS = 9 };
#define LARGEST_PART 10000000000000LL /* so that no sum of parts overflows */

static i64 floor_div(i64 a, i64 b)
{
    return a / b - (a % b < 0);
}

/* As date_ymd of base, for years of nine digits. */
i64 days_of(i64 year, int month, int day)
{
    i64 y = year - (month <= 2);
    i64 era = floor_div(y, 400);
    i64 yoe = y - era * 400;
    i64 doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

void days_parts(i64 days, i64 *year, int *month, int *day)
{
    i64 z = days + 719468;
    i64 era = floor_div(z, 146097);
    i64 doe = z - era * 146097;
    i64 yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    i64 doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    i64 mp = (5 * doy + 2) / 153;

    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp + (mp < 10 ? 3 : -9));
    *year = yoe + era * 400 + (*month <= 2);
}

bool days_valid(i64 days)
{
    return days >= days_of(-LAST_YEAR, 1, 1) && days <= days_of(LAST_YEAR, 12, 31);
}

/* ---- reading ------------------------------------------------------------------------------ */

static bool is_digit(str t, size_t at)
{
    return at < t.len && t.ptr[at] >= '0' && t.ptr[at] <= '9';
}

/* Exactly two digits at *at. */
static bool two(str t, size_t *at, int *out)
{
    if (!is_digit(t, *at) || !is_digit(t, *at + 1))
        return false;
    *out = (t.ptr[*at] - '0') * 10 + (t.ptr[*at + 1] - '0');
    *at += 2;
    return true;
}

static bool one(str t, size_t *at, char c)
{
    if (*at >= t.len || t.ptr[*at] != c)
        return false;
    ++*at;
    return true;
}

static bool leap(i64 year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int last_day(i64 year, int month)
{
    return month_days(leap(year) ? 2000 : 2001, month);
}

static bool date_at(str t, size_t *at, i64 *days)
{
    bool negative = one(t, at, '-');
    size_t from = *at;
    i64 year = 0;
    int month, day;

    for (; is_digit(t, *at) && *at - from <= YEAR_DIGITS; ++*at)
        year = year * 10 + (t.ptr[*at] - '0');
    size_t digits = *at - from;
    if (digits < 4 || digits > YEAR_DIGITS || (digits > 4 && t.ptr[from] == '0'))
        return false;
    if (!one(t, at, '-') || !two(t, at, &month) || !one(t, at, '-') || !two(t, at, &day))
        return false;
    year = negative ? -year : year;
    if (month < 1 || month > 12 || day < 1 || day > last_day(year, month))
        return false;
    *days = days_of(year, month, day);
    return true;
}

bool date_read(str t, i64 *days)
{
    size_t at = 0;

    return date_at(t, &at, days) && at == t.len;
}

static bool fraction(str t, size_t *at, i64 *nanos)
{
    i64 scale = SECOND_NANOS / 10;

    if (!one(t, at, '.'))
        return true;
    if (!is_digit(t, *at))
        return false;
    for (; is_digit(t, *at); ++*at, scale /= 10)
        *nanos += (t.ptr[*at] - '0') * scale;
    return true;
}

static bool offset_at(str t, size_t *at, struct feel_moment *m)
{
    bool negative = t.ptr[*at] == '-';
    int hours, minutes, seconds = 0;

    ++*at;
    if (!two(t, at, &hours) || !one(t, at, ':') || !two(t, at, &minutes))
        return false;
    if (one(t, at, ':') && !two(t, at, &seconds))
        return false;
    int offset = hours * 3600 + minutes * 60 + seconds;
    if (minutes > 59 || seconds > 59 || offset > LARGEST_OFFSET)
        return false;
    m->zoned = ZONE_OFFSET;
    m->offset = negative ? -offset : offset;
    return true;
}

static bool zone_part(struct run *r, str t, size_t *at, struct feel_moment *m)
{
    if (*at == t.len)
        return true;
    if (one(t, at, 'Z') || one(t, at, 'z')) {
        m->zoned = ZONE_OFFSET;
        return *at == t.len;
    }
    if (t.ptr[*at] == '+' || t.ptr[*at] == '-')
        return offset_at(t, at, m) && *at == t.len;
    if (!one(t, at, '@'))
        return false;
    m->zone_name = str_sub(t, *at, t.len);
    m->zone = run_zone(r, m->zone_name);
    m->zoned = ZONE_NAMED;
    return m->zone != NULL;
}

/* 24:00:00 is the next day's midnight, as XML Schema has it. */
bool time_read(struct run *r, str t, struct feel_moment *m, bool *next_day)
{
    size_t at = 0;
    int hour, minute, second;
    i64 nanos = 0;

    *next_day = false;
    if (!two(t, &at, &hour) || !one(t, &at, ':') || !two(t, &at, &minute) || !one(t, &at, ':') ||
        !two(t, &at, &second) || !fraction(t, &at, &nanos))
        return false;
    if (hour == 24 && minute == 0 && second == 0 && nanos == 0) {
        *next_day = true;
        hour = 0;
    }
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    m->nanos = ((hour * 60 + minute) * 60 + second) * SECOND_NANOS + nanos;
    return zone_part(r, t, &at, m);
}

bool moment_read(struct run *r, str t, struct feel_moment *m)
{
    size_t at = 0;
    bool next_day;

    if (!date_at(t, &at, &m->days))
        return false;
    if (at == t.len)
        return true;
    if (t.ptr[at] != 'T' || !time_read(r, str_sub(t, at + 1, t.len), m, &next_day))
        return false;
    m->days += next_day;
    return days_valid(m->days);
}

/* One «12Y» of a duration: digits (with a fraction only before S) and the letter. */
struct part {
    i64 whole;
    u32 nanos;
    char letter;
};

static bool part_at(str t, size_t *at, struct part *p)
{
    i64 scale = SECOND_NANOS / 10;

    *p = (struct part){0};
    if (!is_digit(t, *at))
        return false;
    for (; is_digit(t, *at); ++*at) {
        p->whole = p->whole * 10 + (t.ptr[*at] - '0');
        if (p->whole > LARGEST_PART)
            return false;
    }
    if (one(t, at, '.')) {
        for (; is_digit(t, *at); ++*at, scale /= 10)
            p->nanos += (u32)((t.ptr[*at] - '0') * scale);
        if (*at >= t.len || t.ptr[*at] != 'S')
            return false;
    }
    if (*at >= t.len)
        return false;
    p->letter = t.ptr[(*at)++];
    return true;
}

static feel seconds_signed(i64 seconds, u32 nanos, bool negative)
{
    if (!negative)
        return feel_seconds(seconds, nanos);
    return nanos ? feel_seconds(-seconds - 1, (u32)(SECOND_NANOS - nanos))
                 : feel_seconds(-seconds, 0);
}

/* Parts with these letters, in this order, as many as there are. */
static bool parts_at(str t, size_t *at, const char letters[3], struct part out[3], int *count)
{
    size_t next = 0;

    while (is_digit(t, *at)) {
        struct part p;

        if (!part_at(t, at, &p))
            return false;
        while (next < 3 && letters[next] != p.letter)
            next++;
        if (next == 3)
            return false;
        out[next++] = p;
        ++*count;
    }
    return true;
}

bool duration_read(str t, feel *out)
{
    struct part days_part[3] = {0}, time_part[3] = {0};
    size_t at = 0;
    int day_parts = 0, time_parts = 0;
    bool negative = one(t, &at, '-');

    if (!one(t, &at, 'P') || !parts_at(t, &at, "YMD", days_part, &day_parts))
        return false;
    if (one(t, &at, 'T') && (!parts_at(t, &at, "HMS", time_part, &time_parts) || time_parts == 0))
        return false;
    bool years = days_part[0].letter || days_part[1].letter,
         days = days_part[2].letter || time_parts > 0;
    if (at != t.len || day_parts + time_parts == 0 || (years && days))
        return false;
    if (years) {
        i64 months = days_part[0].whole * 12 + days_part[1].whole;
        *out = feel_months(negative ? -months : months);
        return true;
    }
    i64 seconds = days_part[2].whole * DAY_SECONDS;
    for (int i = 0; i < 3; i++)
        seconds += time_part[i].whole * (i == 0 ? 3600 : i == 1 ? 60 : 1);
    *out = seconds_signed(seconds, time_part[2].nanos, negative);
    return true;
}

bool temporal_read(struct run *r, str t, feel *out)
{
    struct feel_moment m = {0};
    i64 days;
    bool next_day;

    if (duration_read(t, out))
        return true;
    if (date_read(t, &days)) {
        *out = feel_date_of(days);
        return true;
    }
    bool is_time = time_read(r, t, &m, &next_day);
    if (!is_time && (m = (struct feel_moment){0}, !moment_read(r, t, &m)))
        return false;
    struct feel_moment *kept = NEW(r->arena, struct feel_moment);
    *kept = m;
    *out = (feel){.kind = is_time ? FEEL_TIME : FEEL_DATETIME, .moment = kept};
    return true;
}

/* ---- writing ------------------------------------------------------------------------------ */

static void write_date(struct buf *out, i64 days)
{
    i64 year;
    int month, day;

    days_parts(days, &year, &month, &day);
    buf_format(out, "%s%04lld-%02d-%02d", year < 0 ? "-" : "", (long long)(year < 0 ? -year : year),
               month, day);
}

/* «.25» without trailing zeros, nothing for 0. */
static void write_fraction(struct buf *out, i64 nanos)
{
    int digits = NANO_DIGITS;

    if (nanos == 0)
        return;
    for (; nanos % 10 == 0; digits--)
        nanos /= 10;
    buf_format(out, ".%0*lld", digits, (long long)nanos);
}

static void write_offset(struct buf *out, i32 offset)
{
    int size = offset < 0 ? -offset : offset;

    if (offset == 0) {
        buf_byte(out, 'Z');
        return;
    }
    buf_format(out, "%c%02d:%02d", offset < 0 ? '-' : '+', size / 3600, size / 60 % 60);
    if (size % 60)
        buf_format(out, ":%02d", size % 60);
}

static void write_time(struct buf *out, const struct feel_moment *m)
{
    int seconds = (int)(m->nanos / SECOND_NANOS);

    buf_format(out, "%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    write_fraction(out, m->nanos % SECOND_NANOS);
    if (m->zoned == ZONE_OFFSET)
        write_offset(out, m->offset);
    if (m->zoned == ZONE_NAMED) {
        buf_byte(out, '@');
        buf_str(out, m->zone_name);
    }
}

static void write_part(struct buf *out, i64 amount, char letter)
{
    if (amount)
        buf_format(out, "%lld%c", (long long)amount, letter);
}

static void write_months(struct buf *out, i64 months)
{
    buf_z(out, months < 0 ? "-P" : "P");
    months = months < 0 ? -months : months;
    write_part(out, months / 12, 'Y');
    write_part(out, months % 12, 'M');
    if (months == 0)
        buf_z(out, "0M");
}

static void write_seconds(struct buf *out, feel v)
{
    i64 seconds = v.seconds, nanos = v.count;
    bool negative = seconds < 0;

    if (negative) {
        seconds = -seconds - (nanos != 0);
        nanos = nanos ? SECOND_NANOS - nanos : 0;
    }
    if (seconds == 0 && nanos == 0) {
        buf_z(out, "PT0S");
        return;
    }
    buf_z(out, negative ? "-P" : "P");
    write_part(out, seconds / DAY_SECONDS, 'D');
    seconds %= DAY_SECONDS;
    if (seconds || nanos)
        buf_byte(out, 'T');
    write_part(out, seconds / 3600, 'H');
    write_part(out, seconds / 60 % 60, 'M');
    if (seconds % 60 || nanos) {
        buf_format(out, "%lld", (long long)(seconds % 60));
        write_fraction(out, nanos);
        buf_byte(out, 'S');
    }
}

void temporal_write(struct buf *out, feel v)
{
    if (v.kind == FEEL_DATE)
        write_date(out, v.days);
    if (v.kind == FEEL_MONTHS)
        write_months(out, v.months);
    if (v.kind == FEEL_SECONDS)
        write_seconds(out, v);
    if (v.kind == FEEL_DATETIME) {
        write_date(out, v.moment->days);
        buf_byte(out, 'T');
    }
    if (v.kind == FEEL_TIME || v.kind == FEEL_DATETIME)
        write_time(out, v.moment);
}

/* ---- arithmetic --------------------------------------------------------------------------- */

i32 moment_offset(const struct feel_moment *m, bool is_time)
{
    if (m->zoned == ZONE_OFFSET)
        return m->offset;
    if (m->zoned == ZONE_NONE)
        return 0;
    i64 local = (is_time ? 0 : m->days * DAY_SECONDS) + m->nanos / SECOND_NANOS;
    return zone_at_local(m->zone, local);
}

i64 moment_seconds(const struct feel_moment *m, bool is_time)
{
    i64 local = (is_time ? 0 : m->days * DAY_SECONDS) + m->nanos / SECOND_NANOS;

    return local - moment_offset(m, is_time);
}

static bool keep(struct run *r, u8 kind, struct feel_moment m, feel *out)
{
    if (kind == FEEL_DATETIME && !days_valid(m.days))
        return false;
    struct feel_moment *kept = NEW(r->arena, struct feel_moment);
    *kept = m;
    *out = (feel){.kind = kind, .moment = kept};
    return true;
}

bool temporal_add_months(feel v, i64 months, struct run *r, feel *out)
{
    i64 year, total;
    int month, day;
    i64 days = v.kind == FEEL_DATE ? v.days : v.moment->days;

    days_parts(days, &year, &month, &day);
    if (__builtin_add_overflow(year * 12 + month - 1, months, &total))
        return false;
    year = floor_div(total, 12);
    month = (int)(total - year * 12) + 1;
    if (year < -LAST_YEAR || year > LAST_YEAR)
        return false;
    if (day > last_day(year, month))
        day = last_day(year, month);
    days = days_of(year, month, day);
    if (v.kind == FEEL_DATE) {
        *out = feel_date_of(days);
        return true;
    }
    struct feel_moment m = *v.moment;
    m.days = days;
    return keep(r, FEEL_DATETIME, m, out);
}

/* In a named zone a duration counts elapsed time, so it goes through UTC. */
static struct feel_moment in_zone(struct feel_moment m, i64 seconds)
{
    i64 local = m.days * DAY_SECONDS + m.nanos / SECOND_NANOS;
    i64 utc = local - zone_at_local(m.zone, local) + seconds;
    i64 then = utc + zone_at_utc(m.zone, utc);

    m.days = floor_div(then, DAY_SECONDS);
    m.nanos = (then - m.days * DAY_SECONDS) * SECOND_NANOS + m.nanos % SECOND_NANOS;
    return m;
}

bool temporal_add(struct run *r, feel v, i64 seconds, i64 nanos, feel *out)
{
    i64 days = floor_div(seconds, DAY_SECONDS);
    i64 rest = (seconds - days * DAY_SECONDS) * SECOND_NANOS + nanos;

    if (days > 2 * LAST_YEAR * 366 || days < -2 * LAST_YEAR * 366)
        return false;
    if (v.kind == FEEL_DATE) {
        *out = feel_date_of(v.days + days + rest / DAY_NANOS);
        return days_valid(out->days);
    }
    struct feel_moment m = *v.moment;
    if (v.kind == FEEL_DATETIME && m.zoned == ZONE_NAMED) {
        i64 total = m.nanos % SECOND_NANOS + nanos;

        m.nanos = m.nanos - m.nanos % SECOND_NANOS + total % SECOND_NANOS;
        return keep(r, v.kind, in_zone(m, seconds + total / SECOND_NANOS), out);
    }
    rest += m.nanos;
    m.days += days + floor_div(rest, DAY_NANOS);
    m.nanos = rest - floor_div(rest, DAY_NANOS) * DAY_NANOS;
    if (v.kind == FEEL_TIME)
        m.days = 0;
    return keep(r, v.kind, m, out);
}

/* A date counts as its midnight in UTC (10.3.2.5, table 58). */
static struct feel_moment as_moment(feel v)
{
    return v.kind == FEEL_DATE ? (struct feel_moment){.days = v.days, .zoned = ZONE_OFFSET}
                               : *v.moment;
}

bool temporal_minus(feel a, feel b, feel *out)
{
    if (a.kind == FEEL_DATE && b.kind == FEEL_DATE) {
        *out = feel_seconds((a.days - b.days) * DAY_SECONDS, 0);
        return true;
    }
    struct feel_moment x = as_moment(a), y = as_moment(b);
    bool is_time = a.kind == FEEL_TIME;
    if ((x.zoned == ZONE_NONE) != (y.zoned == ZONE_NONE))
        return false;
    i64 seconds = moment_seconds(&x, is_time) - moment_seconds(&y, is_time);
    i64 nanos = x.nanos % SECOND_NANOS - y.nanos % SECOND_NANOS;
    if (nanos < 0) {
        nanos += SECOND_NANOS;
        seconds--;
    }
    *out = feel_seconds(seconds, (u32)nanos);
    return true;
}
