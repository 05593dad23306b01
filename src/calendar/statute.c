#include "calendar/calendar_int.h"

enum { FESTIVAL_COLUMNS = 5 };

static fallible festivals_row(const str *fields, struct festivals *all)
{
    struct festivals f = {.known = true};
    i64 year;

    TRY(str_i64(fields[0], &year));
    REQUIRE(year >= CALENDAR_FIRST_YEAR && year <= CALENDAR_LAST_YEAR, ERR_INPUT,
            "festivals of %lld", (long long)year);
    TRY(date_parse(fields[1], &f.spring));
    TRY(date_parse(fields[2], &f.qingming));
    TRY(date_parse(fields[3], &f.dragon_boat));
    TRY(date_parse(fields[4], &f.mid_autumn));
    all[year - CALENDAR_FIRST_YEAR] = f;
    return OK;
}

fallible calendar_festivals(struct arena *a, struct festivals (*out)[CALENDAR_YEARS])
{
    struct csv csv = {.rest = {(const char *)festivals_csv, festivals_csv_len}};
    str *fields;
    size_t count;
    bool more;

    TRY(csv_next(a, &csv, &fields, &count, &more));
    for (;;) {
        TRY(csv_next(a, &csv, &fields, &count, &more));
        if (!more)
            return OK;
        REQUIRE(count == FESTIVAL_COLUMNS, ERR_INPUT, "festivals: line %d", csv.line);
        TRY(festivals_row(fields, *out));
    }
}

/*
 * LAW: 全国年节及纪念日放假办法 2, in its versions: 除夕 came in with 2008, went with 2014 and came
 * back with 2025, which gave 劳动节 its second day.
 */
size_t calendar_statutory(int year, const struct festivals *f,
                          struct statutory out[STATUTORY_HOLIDAYS])
{
    size_t n = 0;
    bool eve = year >= 2025 || (year >= 2008 && year < 2014);

    out[n++] = (struct statutory){"元旦", date_ymd(year, 1, 1), 1};
    if (f->known) {
        out[n++] = (struct statutory){"春节", {f->spring.days - eve}, year >= 2025 ? 4 : 3};
        out[n++] = (struct statutory){"清明", f->qingming, 1};
        out[n++] = (struct statutory){"端午", f->dragon_boat, 1};
        out[n++] = (struct statutory){"中秋", f->mid_autumn, 1};
    }
    out[n++] = (struct statutory){"劳动节", date_ymd(year, 5, 1), year >= 2025 ? 2 : 1};
    out[n++] = (struct statutory){"国庆节", date_ymd(year, 10, 1), 3};
    return n;
}
