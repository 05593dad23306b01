/*
 * kinds -- the test domain's events, in an old program and a new one.
 */
#pragma once
#include "ledger/ledger.h"

extern const struct event_kind *const *const old_kinds, *const *const new_kinds;
extern const size_t old_kind_count, new_kind_count;

/* Version 1 of «filed» as each program has it, and version 2. */
extern const struct event_kind note_filed_1_old, note_filed_1, note_filed_2, note_judged_1,
    note_flagged_1;
