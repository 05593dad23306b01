/*
 * calendar_int -- how a calendar lies in memory.
 */
#pragma once
#include "calendar/calendar.h"

enum { CALENDAR_YEARS = CALENDAR_LAST_YEAR - CALENDAR_FIRST_YEAR + 1, CALENDAR_DAYS = 36525 };

/* Days are numbered from the first year's 1 January. */
struct calendar {
    str version;
    i32 origin; /* that day as a date */
    bool published[CALENDAR_YEARS];
    u8 kind[CALENDAR_DAYS];    /* enum day_kind */
    u8 name[CALENDAR_DAYS];    /* into names; 0 is none */
    i32 worked[CALENDAR_DAYS]; /* working days up to and with this one */
    i32 nth[CALENDAR_DAYS];    /* the day of the n-th working day, from 1 */
    str names[256];
    size_t name_count;
};

/* The files that tools/embed.py compiles in. */
extern const unsigned char calendar_csv[], festivals_csv[];
extern const size_t calendar_csv_len, festivals_csv_len;

bool calendar_reaches(const struct calendar *c, date d);
/* The day's number; it must be in reach. */
i32 calendar_index(const struct calendar *c, date d);
/* ERR_LIMIT at the 256th name. */
fallible calendar_name(struct arena *a, struct calendar *c, str name, u8 *out);

/* Days off of one statutory holiday in one year (放假办法 2). */
struct statutory {
    const char *name; /* as the notices have it */
    date from;
    int days;
};
enum { STATUTORY_HOLIDAYS = 7 };

/* The lunar days of a year; known only from 2013 to 2050. */
struct festivals {
    bool known;
    date spring, qingming, dragon_boat, mid_autumn;
};
fallible festivals_read(struct arena *a, struct festivals (*out)[CALENDAR_YEARS]);
/* Fills `out` with the year's holidays; how many. Without known festivals only the solar ones. */
size_t statutory_days(int year, const struct festivals *f,
                      struct statutory out[STATUTORY_HOLIDAYS]);

/* ---- limits ------------------------------------------------------------------------------- */

enum { ACCEPT_WITHIN = 5 }; /* LAW: 行政许可法 32(4) */

/* Days by number, both ends within; `to` is CALENDAR_DAYS while the pause is open. */
struct span {
    i32 from, to;
};

/* The run that counts: from the last start, without the days of its spans. */
struct run {
    const struct calendar *c;
    enum limit_kind kind;
    i32 start;
    i64 total;
    struct span spans[MOST_PAUSES]; /* by first day; they may overlap */
    size_t span_count;
};

/* So many months later; of at most 90,000. */
date corresponding_day(date from, i64 months);

bool run_paused(const struct run *r, i32 day);
/* Lays the clock's pauses into the run. */
void run_pauses(struct run *r, const struct clock *clock);

/* The first day from `day` on that may end a period: a working day, not paused (民法典 203). */
i32 run_roll(const struct run *r, i32 day);
/* The day on which the total is reached, before the roll; CALENDAR_DAYS where there is none. */
i32 run_last(const struct run *r, i64 total);

/* The run that a computed limit rests on. */
void limit_run(const struct calendar *c, const struct clock *k, const struct limit *l,
               struct run *out);

/* ---- explanations ------------------------------------------------------------------------- */

/* The words of kinds.def. */
extern const char *const kind_words[], *const law_words[], *const why_words[];
extern const char *const ground_words[PAUSE_GROUNDS], *const ground_labels[PAUSE_GROUNDS];
extern const enum limit_law ground_laws[PAUSE_GROUNDS];
fallible kind_of(str word, enum limit_kind *out);
fallible law_of(str word, enum limit_law *out);
fallible ground_of(str word, enum pause_ground *out); /* the label serves too */

/* Fills the sentences of an explanation whose days and figures stand. */
void tell(struct arena *a, struct explanation *e);
