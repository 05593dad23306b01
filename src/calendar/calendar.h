/*
 * calendar -- working days, and limits that explain themselves.
 *
 * A calendar says of each day whether authorities work. A limit is computed from its clock's whole
 * history: start, pauses, restarts, extensions; never from «days left». Pure: nothing is stored.
 *
 * Invariants  a calendar never changes once it is open; the same clock and calendar give the same
 * day. Lifetime    a calendar lives in the arena given to calendar_open; results in the arena
 * given. Threads     a calendar may be read by any number of threads at once.
 *
 * LAW: 行政许可法 82, 民法典 201, 民法典 202, 民法典 203
 */
#pragma once
#include "base/base.h"

/* ---- the calendar ------------------------------------------------------------------------- */

/* A calendar reaches over these years; a day outside has no answer, not even a provisional one. */
enum { CALENDAR_FIRST_YEAR = 2000, CALENDAR_LAST_YEAR = 2099 };

struct calendar;

enum day_kind { DAY_WORK, DAY_MAKEUP, DAY_WEEKEND, DAY_HOLIDAY };

/*
 * Read a calendar: CSV with the header `date,name,kind`, kind holiday or makeup. ERR_INPUT with the
 * line for an unknown kind, no day, a day twice, a make-up day that is no weekend, a day outside
 * the years above, and for a year that is incomplete.
 *
 * A year is published when each statutory holiday (放假办法 2) has a day off named after it there;
 * 中秋 also when its day is off under another name (2020: 国庆节). Days off 元旦 in December and
 * make-up days alone belong to the next year's notice and publish nothing. Any other year with
 * entries is incomplete, and the file is refused: half a notice gives wrong dates, not provisional
 * ones.
 *
 * `version` names the calendar in events and explanations.
 */
fallible calendar_open(struct arena *a, str csv, str version, const struct calendar **out);

/* The calendar compiled into the program; version "chinese-days 1.5.7". */
fallible calendar_shipped(struct arena *a, const struct calendar **out);

str calendar_version(const struct calendar *c);

/* Is the year's notice in this calendar? false outside of its years. */
bool calendar_published(const struct calendar *c, int year);

/*
 * What a day is. In a year that isn't published: weekends and the holidays fixed by law, without
 * the days moved around them (放假办法 2; 职工工作时间规定 7). `d` must lie in the years above.
 */
enum day_kind calendar_day(const struct calendar *c, date d);
bool calendar_works(const struct calendar *c, date d);
str calendar_day_name(const struct calendar *c, date d); /* the holiday's; empty on other days */

/* Working days after `from` up to and with `to`; negative if `to` is the earlier. In the years
 * above. */
i64 calendar_between(const struct calendar *c, date from, date to);

/* ---- a limit ------------------------------------------------------------------------------ */

enum limit_kind {
#define LIMIT_KIND(name, word) name,
#include "calendar/kinds.def"
#undef LIMIT_KIND
};

/* Which law a clock runs under decides what may stop or restart it. */
enum limit_law {
#define LIMIT_LAW(name, word, counted) name,
#include "calendar/kinds.def"
#undef LIMIT_LAW
};

/* The closed list of what stops a clock (LAW: 行政许可法 45, 政府信息公开条例 33). */
enum pause_ground {
#define PAUSE_GROUND(name, word, label, law) name,
#include "calendar/kinds.def"
#undef PAUSE_GROUND
    PAUSE_GROUNDS
};

enum { MOST_PAUSES = 256, MOST_RESTARTS = 64, MOST_EXTENSIONS = 64 };

struct limit_pause {
    enum pause_ground ground;
    date from, to; /* both not counted */
    bool open;     /* `to` isn't known yet */
};

/* LAW: 行政许可法 42: once, by whom the article names. Days (or months) beyond the limit. */
struct limit_extension {
    date on;
    i64 days;
    str by, article;
};

/*
 * LAW: 行政许可法 32(4): without a notice of what to correct within five working days of the
 * receipt, the application counts as accepted from the day of receipt. A receipt without notice and
 * acceptance is taken as unanswered for good: ask only once the five days are over.
 */
struct limit_receipt {
    date received;
    bool noticed, accepted, given; /* given: the clock starts by this record */
    date noticed_on, accepted_on;
};

struct limit_clock {
    enum limit_kind kind;
    enum limit_law law;
    date start;                   /* not counted (民法典 201); ignored where receipt.given */
    struct limit_receipt receipt; /* or what tells the start */
    i64 days;                     /* or months */
    const struct limit_pause *pauses;
    size_t pause_count;
    const date *restarts; /* LAW: 政府信息公开条例 30: counted anew from that day */
    size_t restart_count;
    const struct limit_extension *extensions; /* one that was given before a restart fell with it */
    size_t extension_count;
};

/* What a year without a published calendar does. */
enum calendar_gap { GAP_REFUSE, GAP_PROVISIONAL };

struct limit {
    bool running; /* false: a pause without an end holds it, there is no due date yet */
    bool provisional;
    bool deemed; /* accepted by silence (行政许可法 32(4)) */
    date due;
    date warn;  /* the working day before it, but not before the start */
    date first; /* the clock's first start */
    date start; /* that of the run that counts, after the last restart */
    i64 total;  /* days with the extension; months for LIMIT_MONTH */
    const struct limit_extension *extended; /* NULL if not */
};

/*
 * Compute a clock. ERR_INPUT for an impossible clock (the message says what), ERR_NO_CALENDAR
 * naming the year whose calendar is missing (GAP_REFUSE), ERR_RANGE beyond the calendar's years,
 * ERR_STATE while a receipt was answered by a notice and not yet accepted.
 */
fallible calendar_limit(const struct calendar *c, const struct limit_clock *clock,
                        enum calendar_gap gap, struct limit *out);

/* ---- why that day ------------------------------------------------------------------------- */

/* What a day of the derivation was. */
enum day_why {
#define DAY_WHY(name, word) name,
#include "calendar/kinds.def"
#undef DAY_WHY
};

struct limit_day {
    date day;
    enum day_why why;
    i32 number; /* in its run, from 1; 0 where it wasn't counted */
    str name;   /* the holiday's, or the ground of the pause */
    str article;
    bool provisional; /* its year's calendar isn't published */
};

struct limit_sentence {
    str head, rest; /* on the page: head bold, rest after it */
};

enum { MOST_SENTENCES = 4, MOST_ARTICLES = 16 };

/* As of a day: what happened after it must not stand in the clock. */
struct limit_figures {
    date as_of;
    i64 used, left;   /* in the limit's days, as_of among the used; for a limit in months, days */
    i64 left_working; /* working days after as_of up to the due day, without pauses */
    i64 late_working; /* working days after the due day up to as_of */
    bool today; /* as_of is such a working day itself: «还剩 left_working + 1，含今天» */
};

struct limit_explanation {
    const struct calendar *calendar;
    const struct limit_clock *clock;
    struct limit limit;
    const struct limit_day *days; /* from the first start to the due day */
    size_t day_count;
    const struct limit_figures *figures;             /* NULL without as_of */
    struct limit_sentence sentences[MOST_SENTENCES]; /* Chinese, for 「这个日期是怎么算出来的」 */
    size_t sentence_count;
    str articles[MOST_ARTICLES]; /* each law that had a say, once */
    size_t article_count;
};

/*
 * Compute a clock and tell how, day by day. Errors as calendar_limit, ERR_RANGE for an `as_of`
 * (NULL for none) outside of the calendar's years. `clock` must outlive the explanation. A clock
 * that a pause holds is told up to as_of, or to the day on which it was stopped.
 */
fallible calendar_explain(struct arena *a, const struct calendar *c,
                          const struct limit_clock *clock, enum calendar_gap gap, const date *as_of,
                          struct limit_explanation **out);

/* The explanation as canonical JSON (RFC 8785). Layout: README.md. */
void calendar_explain_json(struct buf *out, const struct limit_explanation *e);

/*
 * A clock from JSON; as_of is set where the member is there. ERR_INPUT names what is wrong, a
 * member that isn't known too: one that is overlooked gives a wrong date.
 */
struct limit_asked {
    struct limit_clock clock;
    bool as_of_given;
    date as_of;
};
fallible calendar_clock_read(struct arena *a, const struct json *from, struct limit_asked *out);

/* ---- the command line --------------------------------------------------------------------- */

int calendar_cli(int argc, char **argv);

/* ---- clocks in the ledger ----------------------------------------------------------------- */

#include "calendar/agenda.h"
