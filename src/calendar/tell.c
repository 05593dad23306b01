/* An explanation in at most four Chinese sentences, told from its days. */
#include "calendar/calendar_int.h"
#include "calendar/messages.h"

enum { MOST_TOLD = 3 }; /* holidays, make-up days or pauses named in one sentence */

static const char *const weekday_names[] = {"", "一", "二", "三", "四", "五", "六", "日"};

static void say(struct limit_explanation *e, str head, str rest)
{
    assert(e->sentence_count < MOST_SENTENCES);
    e->sentences[e->sentence_count++] = (struct limit_sentence){head, rest};
}

/* With its year where that isn't the clock's first. */
static str tell_day(struct arena *a, const struct limit_explanation *e, date d)
{
    int year, month, day, first_year, m, n;

    date_parts(e->limit.first, &first_year, &m, &n);
    date_parts(d, &year, &month, &day);
    return year == first_year ? str_format(a, TEXT_DAY, month, day)
                              : str_format(a, TEXT_DAY_OF_YEAR, year, month, day);
}

static str tell_span(struct arena *a, const struct limit_explanation *e, date from, date to)
{
    int year, month, day, to_year, to_month;
    str first = tell_day(a, e, from);

    date_parts(from, &year, &month, &day);
    date_parts(to, &to_year, &to_month, &day);
    if (from.days == to.days)
        return first;
    str last = year == to_year && month == to_month ? str_format(a, TEXT_DAY_OF_MONTH, day)
                                                    : tell_day(a, e, to);
    return str_format(a, TEXT_TO, STR(first), STR(last));
}

static str unit_of(enum limit_kind kind)
{
    static const str units[] = {[LIMIT_WORKING] = {TEXT_UNIT_WORKING, sizeof TEXT_UNIT_WORKING - 1},
                                [LIMIT_NATURAL] = {TEXT_UNIT_NATURAL, sizeof TEXT_UNIT_NATURAL - 1},
                                [LIMIT_MONTH] = {TEXT_UNIT_MONTH, sizeof TEXT_UNIT_MONTH - 1}};

    return units[kind];
}

static const struct limit_day *first_counted(const struct limit_explanation *e)
{
    for (size_t i = 0; i < e->day_count; i++)
        if (e->days[i].day.days > e->limit.start.days && e->days[i].number == 1)
            return &e->days[i];
    return NULL;
}

static str tell_first(struct arena *a, const struct limit_explanation *e)
{
    const struct limit_day *first = first_counted(e);
    str start = tell_day(a, e, e->limit.start);

    if (first == NULL)
        return str_format(a, TEXT_STARTED_ONLY, STR(start));
    str one = tell_day(a, e, first->day);
    if (e->clock->law == LAW_PERMIT)
        return str_format(a, TEXT_ACCEPTED, STR(start), STR(one));
    if (e->clock->law == LAW_DISCLOSURE)
        return str_format(a, TEXT_RECEIVED, STR(start), STR(one));
    return str_format(a, TEXT_STARTED, STR(start), STR(one));
}

/* LAW: 民法典 201, 行政许可法 32(4), 政府信息公开条例 30 */
static void tell_start(struct arena *a, struct limit_explanation *e)
{
    str start = tell_day(a, e, e->limit.start);

    if (e->clock->restart_count > 0)
        say(e, S(TEXT_RESTART_HEAD), str_format(a, TEXT_RESTART, STR(start)));
    else if (e->limit.deemed)
        say(e, S(TEXT_DEEMED_HEAD), str_format(a, TEXT_DEEMED, STR(start)));
    else
        say(e, S(TEXT_FROM_NEXT), tell_first(a, e));
}

static bool in_run(const struct limit_explanation *e, const struct limit_day *day)
{
    return day->day.days > e->limit.start.days;
}

/* The last day of a holiday that begins at `i`; a weekend within belongs to it. */
static size_t holiday_end(const struct limit_explanation *e, size_t i)
{
    size_t last = i;

    for (size_t j = i; j < e->day_count; j++) {
        if (e->days[j].why == WHY_HOLIDAY && str_eq(e->days[j].name, e->days[i].name))
            last = j;
        else if (e->days[j].why != WHY_WEEKEND)
            break;
    }
    return last;
}

static void comma(struct buf *b, size_t told)
{
    if (told > 0)
        buf_z(b, TEXT_COMMA);
}

static size_t tell_holidays(struct arena *a, const struct limit_explanation *e, struct buf *b)
{
    size_t found = 0;

    for (size_t i = 0; i < e->day_count; i++) {
        if (e->days[i].why != WHY_HOLIDAY || !in_run(e, &e->days[i]))
            continue;
        size_t last = holiday_end(e, i);
        if (found < MOST_TOLD) {
            str span = tell_span(a, e, e->days[i].day, e->days[last].day);

            comma(b, found);
            buf_format(b, TEXT_HOLIDAY, STR(span), STR(e->days[i].name));
        }
        found++;
        i = last;
    }
    if (found > MOST_TOLD)
        buf_z(b, TEXT_AND_MORE);
    return found;
}

static size_t tell_makeup(struct arena *a, const struct limit_explanation *e, struct buf *b,
                          size_t before)
{
    size_t found = 0;

    for (size_t i = 0; i < e->day_count; i++) {
        const struct limit_day *d = &e->days[i];

        if (d->why != WHY_MAKEUP || !in_run(e, d))
            continue;
        if (found < MOST_TOLD) {
            str day = tell_day(a, e, d->day);

            comma(b, before + found);
            buf_format(b, TEXT_MAKEUP, STR(day), weekday_names[date_weekday(d->day)], d->number);
        }
        found++;
    }
    if (found > MOST_TOLD)
        buf_z(b, TEXT_AND_MORE);
    return found;
}

static void tell_working(struct arena *a, struct limit_explanation *e)
{
    struct buf b = buf_in(a);
    size_t holidays = tell_holidays(a, e, &b);
    size_t makeups = tell_makeup(a, e, &b, holidays);

    if (holidays + makeups == 0) {
        say(e, S(TEXT_WEEKEND_HEAD), S(TEXT_WEEKEND));
        return;
    }
    buf_z(&b, TEXT_STOP);
    say(e,
        makeups == 0    ? S(TEXT_OFF_HEAD)
        : holidays == 0 ? S(TEXT_MAKEUP_HEAD)
                        : S(TEXT_OFF_AND_MAKEUP_HEAD),
        buf_text(&b));
}

static void tell_kind(struct arena *a, struct limit_explanation *e)
{
    if (e->clock->kind == LIMIT_WORKING)
        tell_working(a, e);
    else if (e->clock->kind == LIMIT_NATURAL)
        say(e, S(TEXT_NATURAL_HEAD), S(TEXT_NATURAL));
    else
        say(e, S(TEXT_MONTH_HEAD), str_format(a, TEXT_MONTH, (long long)e->limit.total));
}

static i64 paused_days(const struct limit_explanation *e)
{
    i64 n = 0;

    for (size_t i = 0; i < e->day_count; i++)
        n += e->days[i].why == WHY_PAUSED && in_run(e, &e->days[i]);
    return n;
}

/* Did the pause fall into the run that counts? */
static bool matters(const struct limit_explanation *e, const struct limit_pause *p)
{
    date end = e->days[e->day_count - 1].day;

    return p->from.days <= end.days && (p->open || p->to.days > e->limit.start.days);
}

static str pause_head(struct arena *a, const struct limit_explanation *e, size_t count, str ground)
{
    str who = count == 1 ? ground : S(TEXT_PAUSES);
    long long days = (long long)paused_days(e);

    return e->clock->kind == LIMIT_WORKING ? str_format(a, TEXT_PAUSE_HEAD, STR(who), days)
                                           : str_format(a, TEXT_PAUSE_DAYS_HEAD, STR(who), days);
}

static void tell_pause(const struct limit_explanation *e, const struct limit_pause *p, str ground,
                       struct buf *b)
{
    str span = p->open ? tell_day(b->arena, e, p->from) : tell_span(b->arena, e, p->from, p->to);

    if (p->open)
        buf_format(b, TEXT_PAUSE_OPEN, STR(ground), STR(span));
    else
        buf_format(b, TEXT_PAUSE_SPAN, STR(ground), STR(span));
}

/* LAW: 行政许可法 45: what stopped the clock; the extension follows in the same sentence. */
static void tell_pauses(struct arena *a, struct limit_explanation *e, str extension)
{
    struct buf b = buf_in(a);
    size_t count = 0, told = 0;
    str ground = S("");

    for (size_t i = 0; i < e->clock->pause_count; i++)
        count += matters(e, &e->clock->pauses[i]);
    for (size_t i = 0; i < e->clock->pause_count && told < MOST_TOLD; i++) {
        const struct limit_pause *p = &e->clock->pauses[i];

        if (!matters(e, p))
            continue;
        comma(&b, told++);
        ground = str_of(pause_ground_labels[p->ground]);
        tell_pause(e, p, count == 1 ? S("") : ground, &b);
    }
    if (count > MOST_TOLD)
        buf_z(&b, TEXT_AND_MORE);
    buf_z(&b, TEXT_STOP);
    buf_str(&b, extension);
    say(e, pause_head(a, e, count, ground), buf_text(&b));
}

/* LAW: 行政许可法 42 */
static void tell_changes(struct arena *a, struct limit_explanation *e)
{
    const struct limit_extension *x = e->limit.extended;
    str unit = unit_of(e->clock->kind);

    if (paused_days(e) > 0)
        tell_pauses(
            a, e,
            x == NULL ? S("")
                      : str_format(a, TEXT_EXTENDED_TOO, STR(x->by), (long long)x->days, unit.ptr));
    else if (x != NULL) {
        str on = tell_day(a, e, x->on);

        say(e, str_format(a, TEXT_EXTENDED_HEAD, (long long)x->days, unit.ptr),
            str_format(a, TEXT_EXTENDED, STR(on), STR(x->by), STR(x->article)));
    }
}

/* The day on which the count was full; not the due day where that was a day off. */
static date full_day(const struct limit_explanation *e)
{
    date full = e->limit.start;

    for (size_t i = 0; i < e->day_count; i++)
        if (in_run(e, &e->days[i]) && e->days[i].number > 0)
            full = e->days[i].day;
    return full;
}

static str tell_provisional(struct arena *a, const struct limit_explanation *e)
{
    for (size_t i = 0; i < e->day_count; i++) {
        int year, month, day;

        date_parts(e->days[i].day, &year, &month, &day);
        if (e->days[i].provisional && in_run(e, &e->days[i]))
            return str_format(a, TEXT_PROVISIONAL, year);
    }
    return S("");
}

/* LAW: 民法典 203 */
static void tell_end(struct arena *a, struct limit_explanation *e)
{
    const struct limit *l = &e->limit;
    str due = tell_day(a, e, l->due);
    date full = full_day(e);
    str full_text = tell_day(a, e, full);
    str late = l->provisional ? tell_provisional(a, e) : S("");
    str head = e->clock->kind == LIMIT_MONTH
                   ? str_format(a, TEXT_FULL_MONTH_HEAD, (long long)l->total)
                   : str_format(a, TEXT_FULL_HEAD, (long long)l->total);
    str rest = full.days == l->due.days ? str_format(a, TEXT_FULL, STR(due))
                                        : str_format(a, TEXT_FULL_MOVED, STR(full_text), STR(due));

    if (l->total == 0) {
        head = S(TEXT_SAME_DAY_HEAD);
        rest = str_format(a, TEXT_SAME_DAY, STR(due));
    }
    say(e, head, str_format(a, "%.*s%.*s", STR(rest), STR(late)));
}

void calendar_tell(struct arena *a, struct limit_explanation *e)
{
    tell_start(a, e);
    tell_kind(a, e);
    tell_changes(a, e);
    if (e->limit.running)
        tell_end(a, e);
    else
        say(e, S(TEXT_HELD_HEAD), S(TEXT_HELD));
}
