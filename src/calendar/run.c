/* The arithmetic of one run: no law but the counting itself, in constant time a pause. */
#include "calendar/calendar_int.h"

static i32 reach_in(const struct calendar *c, date d)
{
    i64 i = (i64)d.days - c->origin;

    return (i32)(i < -1 ? -1 : i > CALENDAR_DAYS ? CALENDAR_DAYS : i);
}

/* By first day; pauses are few. */
static void insert(struct limit_run *r, struct span s)
{
    size_t at = r->span_count++;

    for (; at > 0 && r->spans[at - 1].from > s.from; at--)
        r->spans[at] = r->spans[at - 1];
    r->spans[at] = s;
}

/* LAW: 行政许可法 45, 政府信息公开条例 33: the time needed doesn't count. */
void limit_pauses(struct limit_run *r, const struct limit_clock *clock)
{
    r->span_count = 0;
    for (size_t i = 0; i < clock->pause_count; i++) {
        const struct limit_pause *p = &clock->pauses[i];

        i32 to = p->open ? CALENDAR_DAYS : reach_in(r->c, p->to);

        /* Only an open pause has no end within the calendar. */
        insert(r, (struct span){reach_in(r->c, p->from),
                                p->open || to < CALENDAR_DAYS ? to : CALENDAR_DAYS - 1});
    }
}

bool limit_paused(const struct limit_run *r, i32 day)
{
    for (size_t i = 0; i < r->span_count && r->spans[i].from <= day; i++)
        if (day <= r->spans[i].to)
            return true;
    return false;
}

/* Days of the run's kind after `from` up to and with `to`. */
static i64 counted(const struct limit_run *r, i32 from, i32 to)
{
    if (to <= from)
        return 0;
    return r->kind == LIMIT_WORKING ? r->c->worked[to] - r->c->worked[from] : to - from;
}

/* The n-th such day after `from`. */
static i32 counted_to(const struct limit_run *r, i32 from, i64 n)
{
    if (n > counted(r, from, CALENDAR_DAYS - 1))
        return CALENDAR_DAYS;
    return r->kind == LIMIT_WORKING ? r->c->nth[r->c->worked[from] + n] : (i32)(from + n);
}

/* LAW: 民法典 202: the corresponding day, or else the month's last. */
date calendar_months_later(date from, i64 months)
{
    int year, month, day;

    date_parts(from, &year, &month, &day);
    int at = month - 1 + (int)months;
    int days = month_days(year + at / 12, at % 12 + 1);
    return date_ymd(year + at / 12, at % 12 + 1, day < days ? day : days);
}

static i32 month_last(const struct limit_run *r, i64 months)
{
    if (months > CALENDAR_YEARS * 12)
        return CALENDAR_DAYS;
    return reach_in(r->c, calendar_months_later((date){r->c->origin + r->start}, months));
}

/* LAW: 民法典 201: the start day isn't counted. */
i32 limit_last(const struct limit_run *r, i64 total)
{
    i32 at = r->start;

    if (r->kind == LIMIT_MONTH)
        return month_last(r, total);
    if (total == 0)
        return at;
    for (size_t i = 0; i < r->span_count; i++) {
        const struct span *s = &r->spans[i];

        if (s->to <= at)
            continue;
        i32 last = counted_to(r, at, total);
        if (last < s->from)
            return last;
        total -= counted(r, at, s->from - 1);
        at = s->to;
        if (at >= CALENDAR_DAYS)
            return CALENDAR_DAYS;
    }
    return counted_to(r, at, total);
}

/* LAW: 民法典 203: a last day off moves to the day after it; the end falls into no pause either. */
i32 limit_roll(const struct limit_run *r, i32 day)
{
    while (day < CALENDAR_DAYS && (r->c->kind[day] == DAY_WEEKEND ||
                                   r->c->kind[day] == DAY_HOLIDAY || limit_paused(r, day)))
        day++;
    return day;
}
