#include "calendar/calendar_int.h"

/* How a notice's names begin; a year has all of them. */
static const char *const holidays[] = {"元旦", "春节", "清明", "劳动", "端午", "国庆", "中秋"};
enum { NEW_YEAR = 0, MID_AUTUMN = 6, ALL_HOLIDAYS = (1 << COUNT(holidays)) - 1 };

enum { MOST_BYTES = 1 << 20, NO_LINE = 0 };

/* What the rows say of one year. */
struct year_seen {
    unsigned holidays; /* a bit each */
    bool any;          /* more than what the next year's notice may reach back for */
    int line;          /* the first */
};

struct reading {
    struct arena *a;
    struct calendar *c;
    int line_of[CALENDAR_DAYS];
    struct year_seen years[CALENDAR_YEARS];
};

bool calendar_reaches(const struct calendar *c, date d)
{
    return d.days >= c->origin && d.days < c->origin + CALENDAR_DAYS;
}

i32 calendar_index(const struct calendar *c, date d)
{
    assert(calendar_reaches(c, d));
    return d.days - c->origin;
}

fallible calendar_name(struct arena *a, struct calendar *c, str name, u8 *out)
{
    for (size_t i = 1; i <= c->name_count; i++)
        if (str_eq(c->names[i], name)) {
            *out = (u8)i;
            return OK;
        }
    REQUIRE(c->name_count + 1 < COUNT(c->names), ERR_LIMIT, "over %zu names of holidays",
            COUNT(c->names) - 1);
    c->names[++c->name_count] = str_copy(a, name);
    *out = (u8)c->name_count;
    return OK;
}

/* Which holidays a name tells of; «国庆节、中秋节» is two. */
static unsigned holidays_in(str name)
{
    unsigned bits = str_find(name, S("新年")) >= 0 ? 1U << NEW_YEAR : 0;

    for (size_t i = 0; i < COUNT(holidays); i++)
        if (str_find(name, str_of(holidays[i])) >= 0)
            bits |= 1U << i;
    return bits;
}

static void note_year(struct reading *r, int line, date d, str name, bool off)
{
    int year, month, day;

    date_parts(d, &year, &month, &day);
    struct year_seen *y = &r->years[year - CALENDAR_FIRST_YEAR];
    unsigned bits = off ? holidays_in(name) : 0;
    bool reaches_back = month == 12 && (bits == 1U << NEW_YEAR || !off);

    y->holidays |= reaches_back ? 0 : bits;
    y->any |= !reaches_back && off;
    if (y->line == NO_LINE)
        y->line = line;
}

static fallible read_row(struct reading *r, int line, const str *fields, size_t count)
{
    date d;

    REQUIRE(count == 3, ERR_INPUT, "line %d: %zu fields instead of date,name,kind", line, count);
    REQUIRE(date_parse(fields[0], &d) == OK, ERR_INPUT, "line %d: «%.*s» is no day YYYY-MM-DD",
            line, STR(fields[0]));
    REQUIRE(calendar_reaches(r->c, d), ERR_INPUT, "line %d: %.*s is outside of the years %d to %d",
            line, STR(fields[0]), CALENDAR_FIRST_YEAR, CALENDAR_LAST_YEAR);
    bool off = str_eq(fields[2], S("holiday"));
    REQUIRE(off || str_eq(fields[2], S("makeup")), ERR_INPUT,
            "line %d: kind «%.*s» is neither holiday nor makeup", line, STR(fields[2]));
    REQUIRE(fields[1].len > 0 && utf8_valid(fields[1]), ERR_INPUT, "line %d: no name", line);
    REQUIRE(off || date_weekday(d) >= 6, ERR_INPUT, "line %d: make-up day %.*s is no weekend", line,
            STR(fields[0]));

    i32 i = calendar_index(r->c, d);
    REQUIRE(r->line_of[i] == NO_LINE, ERR_INPUT, "line %d: %.*s stands already in line %d", line,
            STR(fields[0]), r->line_of[i]);
    r->line_of[i] = line;
    r->c->kind[i] = off ? DAY_HOLIDAY : DAY_MAKEUP;
    note_year(r, line, d, fields[1], off);
    return calendar_name(r->a, r->c, fields[1], &r->c->name[i]);
}

str calendar_unmarked(str text)
{
    return str_starts(text, S("\xEF\xBB\xBF")) ? str_sub(text, 3, text.len) : text;
}

static fallible read_rows(struct reading *r, str text)
{
    struct csv csv = {.rest = calendar_unmarked(text)};
    str *fields;
    size_t count;
    bool more;

    TRY(csv_next(r->a, &csv, &fields, &count, &more));
    REQUIRE(more && count == 3 && str_eq(fields[0], S("date")) && str_eq(fields[1], S("name")) &&
                str_eq(fields[2], S("kind")),
            ERR_INPUT, "line 1: the header isn't date,name,kind");
    for (;;) {
        int line = csv.line + 1;

        TRY(csv_next(r->a, &csv, &fields, &count, &more));
        if (!more)
            return OK;
        if (count == 1 && fields[0].len == 0)
            continue;
        TRY(read_row(r, line, fields, count));
    }
}

/* A holiday counts as there when it is named, or when its lunar day is off under another name. */
static fallible check_year(struct reading *r, int year, const struct festivals *f)
{
    struct year_seen *y = &r->years[year - CALENDAR_FIRST_YEAR];

    if (f->known && r->c->kind[calendar_index(r->c, f->mid_autumn)] == DAY_HOLIDAY)
        y->holidays |= 1U << MID_AUTUMN;
    for (size_t i = 0; i < COUNT(holidays); i++)
        REQUIRE(!y->any || y->holidays & 1U << i, ERR_INPUT,
                "line %d: the calendar of %d is incomplete: no day off for %s", y->line, year,
                holidays[i]);
    r->c->published[year - CALENDAR_FIRST_YEAR] = y->any;
    return OK;
}

/* The law's own days off, for a year whose notice isn't out. Make-up days can't be foreseen. */
static fallible fill_year(struct reading *r, int year, const struct festivals *f)
{
    struct statutory days[STATUTORY_HOLIDAYS];
    size_t count = calendar_statutory(year, f, days);

    for (size_t i = 0; i < count; i++) {
        i32 first = calendar_index(r->c, days[i].from);

        for (i32 d = first; d < first + days[i].days; d++) {
            if (r->c->name[d] != 0)
                continue;
            r->c->kind[d] = DAY_HOLIDAY;
            TRY(calendar_name(r->a, r->c, str_of(days[i].name), &r->c->name[d]));
        }
    }
    return OK;
}

static void number_days(struct calendar *c)
{
    i32 worked = 0;

    for (i32 i = 0; i < CALENDAR_DAYS; i++) {
        if (c->kind[i] == DAY_WORK || c->kind[i] == DAY_MAKEUP)
            c->nth[++worked] = i;
        c->worked[i] = worked;
    }
}

static fallible finish(struct reading *r)
{
    struct festivals(*festivals)[CALENDAR_YEARS] =
        (struct festivals(*)[CALENDAR_YEARS])arena_take(r->a, 1, sizeof *festivals);

    TRY(calendar_festivals(r->a, festivals));
    for (int i = 0; i < CALENDAR_YEARS; i++) {
        TRY(check_year(r, CALENDAR_FIRST_YEAR + i, &(*festivals)[i]));
        if (!r->c->published[i])
            TRY(fill_year(r, CALENDAR_FIRST_YEAR + i, &(*festivals)[i]));
    }
    number_days(r->c);
    return OK;
}

fallible calendar_open(struct arena *a, str csv, str version, const struct calendar **out)
{
    struct reading *r = NEW(a, struct reading);
    struct calendar *c = NEW(a, struct calendar);

    REQUIRE(csv.len <= MOST_BYTES, ERR_TOO_LARGE, "a calendar of over %d bytes", MOST_BYTES);
    r->a = a;
    r->c = c;
    c->version = str_copy(a, version);
    c->origin = date_ymd(CALENDAR_FIRST_YEAR, 1, 1).days;
    for (i32 i = 0; i < CALENDAR_DAYS; i++)
        c->kind[i] = date_weekday((date){c->origin + i}) >= 6 ? DAY_WEEKEND : DAY_WORK;
    TRY(read_rows(r, csv));
    TRY(finish(r));
    *out = c;
    return OK;
}

fallible calendar_shipped(struct arena *a, const struct calendar **out)
{
    return calendar_open(a, (str){(const char *)calendar_csv, calendar_csv_len},
                         S("chinese-days 1.5.7"), out);
}

str calendar_version(const struct calendar *c)
{
    return c->version;
}

bool calendar_published(const struct calendar *c, int year)
{
    return year >= CALENDAR_FIRST_YEAR && year <= CALENDAR_LAST_YEAR &&
           c->published[year - CALENDAR_FIRST_YEAR];
}

/* LAW: 行政许可法 82: working days, without the statutory days off; make-up days are working days.
 */
enum day_kind calendar_day(const struct calendar *c, date d)
{
    return (enum day_kind)c->kind[calendar_index(c, d)];
}

bool calendar_works(const struct calendar *c, date d)
{
    enum day_kind kind = calendar_day(c, d);

    return kind == DAY_WORK || kind == DAY_MAKEUP;
}

str calendar_day_name(const struct calendar *c, date d)
{
    return c->names[c->name[calendar_index(c, d)]];
}

i64 calendar_between(const struct calendar *c, date from, date to)
{
    return c->worked[calendar_index(c, to)] - c->worked[calendar_index(c, from)];
}
