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
/* Without the mark that spreadsheets put before UTF-8. */
str calendar_unmarked(str text);
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
fallible calendar_festivals(struct arena *a, struct festivals (*out)[CALENDAR_YEARS]);
/* Fills `out` with the year's holidays; how many. Without known festivals only the solar ones. */
size_t calendar_statutory(int year, const struct festivals *f,
                          struct statutory out[STATUTORY_HOLIDAYS]);

/* ---- limits ------------------------------------------------------------------------------- */

enum { ACCEPT_WITHIN = 5 }; /* LAW: 行政许可法 32(4) */

/* Days by number, both ends within; `to` is CALENDAR_DAYS while the pause is open. */
struct span {
    i32 from, to;
};

/* The run that counts: from the last start, without the days of its spans. */
struct limit_run {
    const struct calendar *c;
    enum limit_kind kind;
    i32 start;
    i64 total;
    struct span spans[MOST_PAUSES]; /* by first day; they may overlap */
    size_t span_count;
};

/* So many months later; of at most 90,000. */
date calendar_months_later(date from, i64 months);

bool limit_paused(const struct limit_run *r, i32 day);
/* Lays the clock's pauses into the run. */
void limit_pauses(struct limit_run *r, const struct limit_clock *clock);

/* The first day from `day` on that may end a period: a working day, not paused (民法典 203). */
i32 limit_roll(const struct limit_run *r, i32 day);
/* The day on which the total is reached, before the roll; CALENDAR_DAYS where there is none. */
i32 limit_last(const struct limit_run *r, i64 total);

/* The run that a computed limit rests on. */
void limit_run_of(const struct calendar *c, const struct limit_clock *k, const struct limit *l,
                  struct limit_run *out);

/* ---- explanations ------------------------------------------------------------------------- */

/* The words of kinds.def. */
extern const char *const limit_kind_words[], *const limit_law_words[], *const day_why_words[];
extern const char *const pause_ground_words[PAUSE_GROUNDS],
    *const pause_ground_labels[PAUSE_GROUNDS];
extern const enum limit_law pause_ground_laws[PAUSE_GROUNDS];
fallible limit_kind_of(str word, enum limit_kind *out);
fallible limit_law_of(str word, enum limit_law *out);
fallible pause_ground_of(str word, enum pause_ground *out); /* the label serves too */

/* Fills the sentences of an explanation whose days and figures stand. */
void calendar_tell(struct arena *a, struct limit_explanation *e);
