/* A computed limit day by day. The walk counts for itself; it doesn't use the arithmetic of run.c.
 */
#include "calendar/calendar_int.h"

static const char *const counted_articles[] = {
#define LIMIT_LAW(name, word, counted) [name] = counted,
#include "calendar/kinds.def"
#undef LIMIT_LAW
};

struct walk {
    struct arena *a;
    struct limit_explanation *e;
    struct limit_run run;
    i32 number; /* of the last counted day in this run */
    VEC(struct limit_day) days;
};

static bool is_restart(const struct limit_clock *k, date d)
{
    for (size_t i = 0; i < k->restart_count; i++)
        if (k->restarts[i].days == d.days)
            return true;
    return false;
}

static const struct limit_pause *pause_at(const struct limit_clock *k, date d)
{
    for (size_t i = 0; i < k->pause_count; i++) {
        const struct limit_pause *p = &k->pauses[i];

        if (p->from.days <= d.days && (p->open || d.days <= p->to.days))
            return p;
    }
    return NULL;
}

/* The counting is over in the run that counts (a run before a restart may overrun). */
static bool is_over(const struct walk *w, date d)
{
    const struct limit *l = &w->e->limit;

    if (d.days <= l->start.days)
        return false;
    if (w->run.kind == LIMIT_MONTH)
        return d.days - w->run.c->origin > limit_last(&w->run, l->total);
    return w->number >= l->total;
}

/* LAW: 行政许可法 45, 政府信息公开条例 33 */
static void as_paused(struct limit_day *day, const struct limit_pause *p)
{
    day->why = WHY_PAUSED;
    day->name = str_of(pause_ground_labels[p->ground]);
    day->article =
        pause_ground_laws[p->ground] == LAW_PERMIT ? S("行政许可法 45") : S("政府信息公开条例 33");
}

/* LAW: 国务院关于职工工作时间的规定 7, 全国年节及纪念日放假办法 2 */
static void as_off(struct limit_day *day, enum day_kind kind, str name)
{
    day->why = kind == DAY_WEEKEND ? WHY_WEEKEND : WHY_HOLIDAY;
    day->name = name;
    day->article =
        kind == DAY_WEEKEND ? S("国务院关于职工工作时间的规定 7") : S("全国年节及纪念日放假办法 2");
}

/* LAW: 全国年节及纪念日放假办法 7: days moved to lengthen a holiday are worked instead. */
static void as_counted(struct walk *w, struct limit_day *day, enum day_kind kind, str name)
{
    bool makeup = w->run.kind == LIMIT_WORKING && kind == DAY_MAKEUP;

    day->number = ++w->number;
    day->why = makeup ? WHY_MAKEUP : WHY_COUNTED;
    day->name = makeup ? name : S("");
    if (w->run.kind == LIMIT_WORKING)
        day->article =
            makeup ? S("全国年节及纪念日放假办法 7") : str_of(counted_articles[w->e->clock->law]);
    else
        day->article = w->run.kind == LIMIT_MONTH ? S("民法典 202") : S("民法典 201");
}

static bool off(enum day_kind kind)
{
    return kind == DAY_WEEKEND || kind == DAY_HOLIDAY;
}

/* LAW: 民法典 203 */
static void as_over(struct limit_day *day, enum day_kind kind, str name)
{
    day->why = off(kind) ? WHY_MOVED : WHY_END;
    day->name = name;
    day->article = S("民法典 203");
}

static struct limit_day walk_day(struct walk *w, date d)
{
    const struct limit_clock *k = w->e->clock;
    struct limit_day day = {.day = d};
    enum day_kind kind = calendar_day(w->run.c, d);
    str name = calendar_day_name(w->run.c, d);
    const struct limit_pause *pause = pause_at(k, d);

    if (is_restart(k, d) || d.days == w->e->limit.first.days) {
        day.why = is_restart(k, d) ? WHY_RESTART : WHY_START;
        day.article = is_restart(k, d) ? S("政府信息公开条例 30") : S("民法典 201");
        w->number = 0;
    } else if (pause != NULL && !(w->run.kind == LIMIT_WORKING && off(kind))) {
        as_paused(&day, pause);
    } else if (is_over(w, d)) {
        as_over(&day, kind, name);
    } else if (w->run.kind == LIMIT_WORKING && off(kind)) {
        as_off(&day, kind, name);
    } else {
        as_counted(w, &day, kind, name);
    }
    return day;
}

/* The day with which the derivation ends. */
static date walk_end(const struct limit_explanation *e, const date *as_of)
{
    const struct limit *l = &e->limit;
    date end = l->running ? l->due : l->start;

    for (size_t i = 0; !l->running && i < e->clock->pause_count; i++) {
        const struct limit_pause *p = &e->clock->pauses[i];

        if (p->open && p->from.days > end.days)
            end = p->from;
    }
    if (!l->running && as_of != NULL && as_of->days > end.days)
        end = *as_of;
    i32 last = e->calendar->origin + CALENDAR_DAYS - 1;
    return end.days > last ? (date){last} : end;
}

static void walk_all(struct walk *w, date end)
{
    for (date d = w->e->limit.first; d.days <= end.days; d.days++) {
        struct limit_day day = walk_day(w, d);
        int year, month, of_month;

        date_parts(d, &year, &month, &of_month);
        day.provisional = !calendar_published(w->run.c, year);
        vec_push(w->a, &w->days, day);
    }
    w->e->days = w->days.at;
    w->e->day_count = w->days.count;
}

static void add_article(struct limit_explanation *e, str article)
{
    for (size_t i = 0; i < e->article_count; i++)
        if (str_eq(e->articles[i], article))
            return;
    if (e->article_count < MOST_ARTICLES)
        e->articles[e->article_count++] = article;
}

static void collect_articles(struct limit_explanation *e)
{
    if (e->limit.deemed)
        add_article(e, S("行政许可法 32(4)"));
    if (e->limit.extended != NULL)
        add_article(e, e->limit.extended->article);
    for (size_t i = 0; i < e->day_count; i++)
        add_article(e, e->days[i].article);
}

/* Working days of (from, to] that no pause takes. */
static i64 free_working(const struct limit_run *r, date from, date to)
{
    i64 n = 0;

    for (date d = {from.days + 1}; d.days <= to.days; d.days++)
        n += calendar_works(r->c, d) && !limit_paused(r, calendar_index(r->c, d));
    return n;
}

static date later(date a, date b)
{
    return a.days > b.days ? a : b;
}

static void count_days(const struct limit_explanation *e, struct limit_figures *f)
{
    for (size_t i = 0; i < e->day_count; i++) {
        const struct limit_day *day = &e->days[i];
        bool counts = day->number > 0 && day->day.days > e->limit.start.days;

        f->used += counts && day->day.days <= f->as_of.days;
        f->left += counts && day->day.days > f->as_of.days;
    }
    if (!e->limit.running && e->clock->kind != LIMIT_MONTH)
        f->left = e->limit.total - f->used;
}

static const struct limit_figures *figure(struct arena *a, const struct limit_explanation *e,
                                          const struct limit_run *r, date as_of)
{
    struct limit_figures *f = NEW(a, struct limit_figures);
    const struct limit *l = &e->limit;

    f->as_of = as_of;
    count_days(e, f);
    if (!l->running)
        return f;
    f->left_working = free_working(r, later(as_of, l->start), l->due);
    f->late_working = as_of.days > l->due.days ? calendar_between(r->c, l->due, as_of) : 0;
    f->today = as_of.days > l->start.days && as_of.days <= l->due.days &&
               free_working(r, (date){as_of.days - 1}, as_of) == 1;
    return f;
}

fallible calendar_explain(struct arena *a, const struct calendar *c,
                          const struct limit_clock *clock, enum calendar_gap gap, const date *as_of,
                          struct limit_explanation **out)
{
    struct limit_explanation *e = NEW(a, struct limit_explanation);
    struct walk w = {.a = a, .e = e};

    REQUIRE(as_of == NULL || calendar_reaches(c, *as_of), ERR_RANGE,
            "as of a day outside of the calendar's years");
    e->calendar = c;
    e->clock = clock;
    TRY(calendar_limit(c, clock, gap, &e->limit));
    limit_run_of(c, clock, &e->limit, &w.run);
    walk_all(&w, walk_end(e, as_of));
    collect_articles(e);
    if (as_of != NULL)
        e->figures = figure(a, e, &w.run, *as_of);
    calendar_tell(a, e);
    *out = e;
    return OK;
}
