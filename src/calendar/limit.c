#include "calendar/calendar_int.h"

enum { MOST_NAMED = 90000 };            /* days or months: what is beyond isn't told by its year */
static const i64 MOST_DAYS = 1LL << 50; /* keeps sums and JSON exact */

/* LAW: 行政许可法 42, 政府信息公开条例 33: the most that an extension may give. */
static const struct {
    str article;
    i64 most;
} extension_most[] = {
    {{"行政许可法 42(1)", sizeof "行政许可法 42(1)" - 1}, 10},
    {{"行政许可法 42(2)", sizeof "行政许可法 42(2)" - 1}, 15},
    {{"政府信息公开条例 33", sizeof "政府信息公开条例 33" - 1}, 20},
};

static int year_of(date d)
{
    int year, month, day;

    date_parts(d, &year, &month, &day);
    return year;
}

/* The first year without a calendar; 0 if every one has its own. */
static int missing_year(const struct calendar *c, int from, int to)
{
    for (int year = from; year <= to; year++)
        if (!calendar_published(c, year))
            return year;
    return 0;
}

static fallible refuse_year(int year)
{
    FAIL(ERR_NO_CALENDAR, "the calendar of %d isn't published", year);
}

/*
 * Where a period leaves the calendar: working days need every year from `from` on, the other kinds
 * only that of their `end`.
 */
static fallible refuse_reach(const struct calendar *c, date from, date end, enum calendar_gap gap)
{
    int last = year_of(end) > CALENDAR_LAST_YEAR ? year_of(end) : CALENDAR_LAST_YEAR + 1;

    REQUIRE(gap == GAP_REFUSE, ERR_RANGE, "the year %d is outside of the calendar's %d to %d",
            year_of(from) < CALENDAR_FIRST_YEAR ? year_of(from) : last, CALENDAR_FIRST_YEAR,
            CALENDAR_LAST_YEAR);
    return refuse_year(missing_year(c, year_of(from), last));
}

static fallible refuse_outside(const struct calendar *c, date d, enum calendar_gap gap)
{
    return refuse_reach(c, d, d, gap);
}

/* A period that ends beyond the calendar. */
static fallible refuse_end(const struct limit_run *r, i64 total, enum calendar_gap gap)
{
    date from = {r->c->origin + r->start};
    i64 days = total < MOST_NAMED ? total : MOST_NAMED;
    date end =
        r->kind == LIMIT_MONTH ? calendar_months_later(from, days) : (date){from.days + (i32)days};

    return refuse_reach(r->c, r->kind == LIMIT_WORKING ? from : end, end, gap);
}

/* Do all days that were looked up stand in published years? */
static fallible check_gap(const struct calendar *c, struct span asked, enum calendar_gap gap,
                          bool *provisional)
{
    int missing = missing_year(c, year_of((date){c->origin + asked.from}),
                               year_of((date){c->origin + asked.to}));

    if (missing != 0 && gap == GAP_REFUSE)
        return refuse_year(missing);
    *provisional |= missing != 0;
    return OK;
}

struct ending {
    bool running, provisional;
    date due;
};

/* May an open pause be what keeps the run from its end? */
static bool run_open(const struct limit_run *r)
{
    for (size_t i = 0; i < r->span_count; i++)
        if (r->spans[i].to >= CALENDAR_DAYS)
            return true;
    return false;
}

/* Working days are looked up one by one, of the other kinds only the end. */
static struct span asked(const struct limit_run *r, i64 total, i32 last, i32 due)
{
    i32 first = r->kind != LIMIT_WORKING || total == 0 ? last : r->start + 1;

    return (struct span){first < due ? first : due, due};
}

static fallible run_end(const struct limit_run *r, i64 total, enum calendar_gap gap,
                        struct ending *out)
{
    struct ending e = {.running = true};
    i32 last = limit_last(r, total);
    i32 due = limit_roll(r, last);

    if (due >= CALENDAR_DAYS && run_open(r)) {
        e.running = false;
    } else {
        if (due >= CALENDAR_DAYS)
            return refuse_end(r, total, gap);
        TRY(check_gap(r->c, asked(r, total, last, due), gap, &e.provisional));
        e.due = (date){r->c->origin + due};
    }
    *out = e;
    return OK;
}

/* LAW: 行政许可法 32(4): who isn't told within five working days is accepted from the receipt on.
 */
static fallible accepted_from(const struct calendar *c, const struct limit_receipt *r,
                              enum calendar_gap gap, struct limit *l)
{
    struct ending notice;
    struct limit_run five = {.c = c, .kind = LIMIT_WORKING, .total = ACCEPT_WITHIN};

    REQUIRE(!(r->noticed && r->noticed_on.days < r->received.days) &&
                !(r->accepted && r->accepted_on.days < r->received.days),
            ERR_INPUT, "a notice or acceptance before the receipt");
    if (!calendar_reaches(c, r->received))
        return refuse_outside(c, r->received, gap);
    five.start = calendar_index(c, r->received);
    TRY(run_end(&five, five.total, gap, &notice));
    bool told = r->noticed && r->noticed_on.days <= notice.due.days;
    REQUIRE(!told || r->accepted, ERR_STATE, "told what to correct, not accepted yet");
    l->deemed = !told && !(r->accepted && r->accepted_on.days <= notice.due.days);
    l->first = l->deemed ? r->received : r->accepted_on;
    l->provisional |= l->deemed && notice.provisional;
    return OK;
}

static fallible check_law(const struct limit_clock *k)
{
    REQUIRE(k->law == LAW_OTHER || k->kind == LIMIT_WORKING, ERR_INPUT,
            "limits of this law run in working days");
    REQUIRE(!k->receipt.given || k->law == LAW_PERMIT, ERR_INPUT,
            "only 行政许可法 32(4) accepts by silence");
    REQUIRE(k->restart_count == 0 || k->law != LAW_PERMIT, ERR_INPUT,
            "a permit's clock isn't restarted (only by 政府信息公开条例 30)");
    REQUIRE(k->pause_count == 0 || k->kind != LIMIT_MONTH, ERR_INPUT,
            "no law says how a limit in months is paused");
    return OK;
}

static fallible check_pauses(const struct limit_clock *k)
{
    for (size_t i = 0; i < k->pause_count; i++) {
        const struct limit_pause *p = &k->pauses[i];

        REQUIRE((unsigned)p->ground < PAUSE_GROUNDS &&
                    (k->law == LAW_OTHER || pause_ground_laws[p->ground] == k->law),
                ERR_INPUT, "pause %zu: no ground of this law (行政许可法 45)", i + 1);
        REQUIRE(p->open || p->to.days >= p->from.days, ERR_INPUT, "pause %zu ends before it begins",
                i + 1);
    }
    return OK;
}

static fallible check_clock(const struct limit_clock *k)
{
    REQUIRE(k->days >= 0, ERR_INPUT, "%lld days: a limit can't be negative", (long long)k->days);
    REQUIRE(k->days <= MOST_DAYS, ERR_RANGE, "%lld days are no limit", (long long)k->days);
    REQUIRE(k->pause_count <= MOST_PAUSES && k->restart_count <= MOST_RESTARTS &&
                k->extension_count <= MOST_EXTENSIONS,
            ERR_LIMIT, "over %d pauses, %d restarts or %d extensions", MOST_PAUSES, MOST_RESTARTS,
            MOST_EXTENSIONS);
    TRY(check_law(k));
    return check_pauses(k);
}

/* LAW: 政府信息公开条例 30: counted from the day on which the corrected request came. */
static fallible last_start(const struct limit_clock *k, struct limit *l)
{
    l->start = l->first;
    for (size_t i = 0; i < k->restart_count; i++) {
        REQUIRE(k->restarts[i].days >= l->start.days, ERR_INPUT,
                "restart %zu is before what it restarts", i + 1);
        l->start = k->restarts[i];
    }
    return OK;
}

static fallible check_extension(const struct limit_extension *x, const struct limit *l)
{
    REQUIRE(x->days >= 1 && x->days <= CALENDAR_DAYS, ERR_INPUT, "an extension by %lld days",
            (long long)x->days);
    REQUIRE(x->by.len > 0 && x->article.len > 0, ERR_INPUT,
            "an extension needs who gave it and by which article");
    REQUIRE(x->on.days >= l->first.days, ERR_INPUT, "an extension before the start");
    for (size_t i = 0; i < COUNT(extension_most); i++)
        REQUIRE(!str_eq(x->article, extension_most[i].article) || x->days <= extension_most[i].most,
                ERR_INPUT, "%.*s allows %lld days more at most", STR(x->article),
                (long long)extension_most[i].most);
    return OK;
}

/* LAW: 行政许可法 42: once. What was given before a restart fell with the run that it extended. */
static fallible find_extension(const struct limit_clock *k, struct limit *l)
{
    for (size_t i = 0; i < k->extension_count; i++) {
        const struct limit_extension *x = &k->extensions[i];

        TRY(check_extension(x, l));
        if (x->on.days < l->start.days)
            continue;
        REQUIRE(l->extended == NULL, ERR_INPUT, "extended twice; a limit is extended once");
        l->extended = x;
    }
    return OK;
}

static date working_day_before(const struct calendar *c, date due, date start)
{
    i32 n = c->worked[calendar_index(c, due)];
    i32 day = n > 1 ? c->origin + c->nth[n - 1] : start.days;

    return (date){day > start.days ? day : start.days};
}

void limit_run_of(const struct calendar *c, const struct limit_clock *k, const struct limit *l,
                  struct limit_run *out)
{
    out->c = c;
    out->kind = k->kind;
    out->start = calendar_index(c, l->start);
    out->total = k->days;
    limit_pauses(out, k);
}

static fallible extend(const struct limit_clock *k, const struct limit_run *r,
                       enum calendar_gap gap, struct limit *l, struct ending *end)
{
    l->total = k->days;
    if (l->extended == NULL)
        return OK;
    REQUIRE(!end->running || l->extended->on.days <= end->due.days, ERR_INPUT,
            "extended after the limit had run out");
    l->total += l->extended->days;
    return run_end(r, l->total, gap, end);
}

fallible calendar_limit(const struct calendar *c, const struct limit_clock *k,
                        enum calendar_gap gap, struct limit *out)
{
    struct limit l = {.first = k->start};
    struct limit_run r;
    struct ending end;

    TRY(check_clock(k));
    if (k->receipt.given)
        TRY(accepted_from(c, &k->receipt, gap, &l));
    TRY(last_start(k, &l));
    TRY(find_extension(k, &l));
    if (!calendar_reaches(c, l.start) || !calendar_reaches(c, l.first))
        return refuse_outside(c, calendar_reaches(c, l.first) ? l.start : l.first, gap);
    limit_run_of(c, k, &l, &r);
    TRY(run_end(&r, k->days, gap, &end));
    TRY(extend(k, &r, gap, &l, &end));

    l.running = end.running;
    l.provisional |= end.running && end.provisional;
    l.due = end.due;
    if (l.running)
        l.warn = working_day_before(c, l.due, l.start);
    *out = l;
    return OK;
}
