/*
 * cli_int -- what the calendar's subcommands share.
 */
#pragma once
#include "calendar/calendar_int.h"

enum { MOST_ARGS = 4, MOST_INPUT = 64 << 20 };

struct call {
    struct arena *a;
    const struct calendar *c;
    enum calendar_gap gap;
    bool json, lines;
    const char *calendar; /* the file that overrides the shipped one; NULL for none */
    const char *args[MOST_ARGS];
    int count;
};

/* All of standard input, or of the file; ERR_TOO_LARGE over MOST_INPUT bytes. */
fallible calendar_input(struct arena *a, const char *path, str *out);

/* «2026-03-16», and « provisional» after it where it is. */
str calendar_due_text(struct arena *a, const struct limit *l);

fallible calendar_batch(const struct call *call, bool *clean);
fallible calendar_explain_cli(const struct call *call, bool *clean);
