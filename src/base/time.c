#include "base/base.h"

#include <time.h>

/* Howard Hinnant's day-counting: proleptic Gregorian, any era. */
date date_ymd(int year, int month, int day)
{
    int y = year - (month <= 2);
    int era = (y >= 0 ? y : y - 399) / 400;
    int yoe = y - era * 400;
    int doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return (date){era * 146097 + doe - 719468};
}

void date_parts(date d, int *year, int *month, int *day)
{
    int z = d.days + 719468;
    int era = (z >= 0 ? z : z - 146096) / 146097;
    int doe = z - era * 146097;
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (5 * doy + 2) / 153;

    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp + (mp < 10 ? 3 : -9);
    *year = yoe + era * 400 + (*month <= 2);
}

int date_weekday(date d)
{
    int since_monday = (d.days + 3) % 7; /* 1970-01-01 was a Thursday */

    return (since_monday < 0 ? since_monday + 7 : since_monday) + 1;
}

int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    assert(month >= 1 && month <= 12);
    return days[month - 1] + (month == 2 && leap);
}

/* Exactly `count` digits. */
static bool digits(str text, size_t from, size_t count, int *out)
{
    int value = 0;

    for (size_t i = from; i < from + count; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (text.ptr[i] - '0');
    }
    *out = value;
    return true;
}

fallible date_parse(str t, date *out)
{
    int y, m, d;

    REQUIRE(t.len == 10 && t.ptr[4] == '-' && t.ptr[7] == '-', ERR_INPUT, "not a date YYYY-MM-DD");
    REQUIRE(digits(t, 0, 4, &y) && digits(t, 5, 2, &m) && digits(t, 8, 2, &d), ERR_INPUT,
            "not a date YYYY-MM-DD");
    REQUIRE(y >= 1900 && m >= 1 && m <= 12 && d >= 1 && d <= month_days(y, m), ERR_INPUT,
            "no such day");
    *out = date_ymd(y, m, d);
    return OK;
}

str date_text(struct arena *a, date d)
{
    int year, month, day;

    date_parts(d, &year, &month, &day);
    return str_format(a, "%04d-%02d-%02d", year, month, day);
}

static i64 floor_div(i64 a, i64 b)
{
    return a / b - (a % b < 0);
}

enum { DAY_MS = 24 * 3600 * 1000 };

date instant_date(instant t)
{
    return (date){(i32)floor_div(t.ms + CIVIL_OFFSET_MS, DAY_MS)};
}

instant date_start(date d)
{
    return (instant){(i64)d.days * DAY_MS - CIVIL_OFFSET_MS};
}

str instant_text(struct arena *a, instant t)
{
    int year, month, day;
    i64 days = floor_div(t.ms, DAY_MS);
    i64 ms = t.ms - days * DAY_MS;

    date_parts((date){(i32)days}, &year, &month, &day);
    return str_format(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day,
                      (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60),
                      (int)(ms % 1000));
}

fallible instant_parse(str t, instant *out)
{
    date day;
    int h, m, s, ms = 0;
    bool fraction = t.len == 24;

    REQUIRE((t.len == 20 || fraction) && t.ptr[10] == 'T' && t.ptr[13] == ':' && t.ptr[16] == ':' &&
                t.ptr[t.len - 1] == 'Z' && (!fraction || t.ptr[19] == '.'),
            ERR_INPUT, "not an instant YYYY-MM-DDTHH:MM:SSZ");
    TRY(date_parse(str_sub(t, 0, 10), &day));
    REQUIRE(digits(t, 11, 2, &h) && digits(t, 14, 2, &m) && digits(t, 17, 2, &s) &&
                (!fraction || digits(t, 20, 3, &ms)) && h < 24 && m < 60 && s < 60,
            ERR_INPUT, "no such time of day");
    out->ms = (i64)day.days * DAY_MS + ((h * 60 + m) * 60 + s) * 1000LL + ms;
    return OK;
}

instant system_now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (instant){(i64)t.tv_sec * 1000 + t.tv_nsec / 1000000};
}

i64 monotonic_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (i64)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
