/*
 * agenda -- clocks that run, pause and fall due.
 *
 * A clock is owned by a stream and is a stream itself; each change of it is an event on both that
 * carries the clock's whole history, so that anybody can recompute its day from the last event and
 * the calendar that it names. What falls due is found by time, and costs the due ones only.
 *
 * Invariants  the generation grows when, and only when, the due day changes; a clock falls due once
 *             a generation and kind; after a due nothing of that clock fires until clock_moved
 *             names the due that it revokes. Only the home of the owning stream fires.
 * Threads     inside a command, as emit.
 *
 * LAW: 行政许可法 42, 行政许可法 45, 行政许可法 82
 */
#pragma once
#include "base/base.h"
#include "ledger/ledger.h"

struct calendar;
struct limit_clock;
struct limit_pause;
struct limit_extension;

extern const struct event_kind *const agenda_kinds[];
extern const size_t agenda_kind_count;

enum due_kind { DUE_WARN, DUE_OVER };

/* Start a clock for `owner` by its definition; the limit falls at the end of its due day. */
fallible clock_start(struct tx *tx, const struct calendar *calendar, struct stream_ref owner,
                     const struct limit_clock *definition, i64 *id);

/* ERR_STATE where the clock isn't in a state for it; ERR_INPUT where the law doesn't allow it. */
fallible clock_pause(struct tx *tx, const struct calendar *calendar, i64 id,
                     const struct limit_pause *pause);
fallible clock_resume(struct tx *tx, const struct calendar *calendar, i64 id, date last_paused);
fallible clock_restart(struct tx *tx, const struct calendar *calendar, i64 id, date on);
fallible clock_extend(struct tx *tx, const struct calendar *calendar, i64 id,
                      const struct limit_extension *extension);
fallible clock_stop(struct tx *tx, i64 id);

/*
 * Let fall due what is due by `now` (civil), at most so many; each is a command of its own with the
 * cause clock/generation/kind. *fired counts them. To be called in a loop until it is less.
 */
fallible agenda_fire(struct node *n, instant now, size_t most, size_t *fired);

/* The next instant at which something falls due; false if nothing will. */
fallible agenda_next(struct arena *a, struct node *n, instant *at, bool *any);

/*
 * After a calendar was published: each open running clock of this site whose day differs from its
 * recomputation is moved by an event. A move to an earlier day needs `forward`: whether it may is
 * the law's or the operator's to say.
 */
fallible agenda_move(struct node *n, const struct calendar *calendar, bool forward, size_t *moved);

/* The definition of a clock as JSON, as calendar_clock_read takes it. */
void calendar_clock_write(struct buf *out, const struct limit_clock *definition);
