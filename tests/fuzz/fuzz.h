/*
 * fuzz -- what the fuzz targets share: limits small enough for many tries a second, and checks that
 * every result must pass, whatever the input.
 */
#pragma once
#include "rules/rules.h"

enum { FUZZ_STEPS = 200 * 1000, FUZZ_LONGEST = 64 << 10 };

/* Arbitrary but fixed: 2026-03-02T08:30:00Z. */
#define FUZZ_NOW ((instant){1772440200000})

static inline void fuzz_must(bool truth)
{
    if (!truth)
        __builtin_trap();
}

/* A copy without U+0000, as text at the door has it. */
static inline str fuzz_text(struct arena *a, const u8 *data, size_t size)
{
    char *copy = NEW_N(a, size + 1, char);

    memcpy(copy, data, size);
    return (str){copy, size};
}

/* A value can always be written as FEEL and as JSON, in valid UTF-8. */
static inline void fuzz_written(struct arena *a, feel v)
{
    struct buf json = buf_in(a);
    str text;

    if (feel_json(&json, v) == OK)
        fuzz_must(utf8_valid(buf_text(&json)));
    if (feel_write(a, v, &text) == OK)
        fuzz_must(utf8_valid(text));
}
