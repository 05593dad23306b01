/*
 * rules -- FEEL expressions and DMN decision models, compiled once and evaluated many times.
 *
 * FEEL is the language of DMN 1.5, chapter 10; models of DMN 1.1 to 1.5 load. A model or an
 * expression compiles into an immutable form; evaluation takes memory only from the caller's arena.
 *
 * Semantics   what the standard calls an error is null, with a note of its place; a named ceiling
 *             that is passed, or text that can't be read, is an `err`.
 * Lifetime    compiled forms live in the arena given to the compiler, values in the evaluator's.
 *             Values may point into the compiled form and into the input.
 * Threads     compiled forms may be shared by any number of threads.
 */
#pragma once
#include "base/base.h"

/* ---- ceilings ----------------------------------------------------------------------------- */

enum {
    FEEL_LONGEST_TEXT = 1 << 20,    /* bytes of one expression */
    FEEL_LONGEST_STRING = 16 << 20, /* bytes of one string value */
    FEEL_LONGEST_LIST = 1 << 20,    /* items of one list value */
    FEEL_LONGEST_PATTERN = 4 << 10, /* bytes of one regular expression */
    FEEL_DEEPEST_TEXT = 192,        /* nesting of brackets and the like in an expression */
    FEEL_DEEPEST_TREE = 1024,       /* nesting of operators */
    FEEL_DEEPEST_RUN = 3000,        /* nested evaluations, calls included */
    FEEL_DEEPEST_VALUE = 200,       /* lists in lists in contexts … */
    FEEL_STEPS = 20 * 1000 * 1000,  /* evaluation steps by default */
    FEEL_MEMORY = 256 << 20,        /* bytes that one evaluation takes from the arena */
    FEEL_NOTES = 32,                /* notes kept of one evaluation */
    RULES_LARGEST_MODEL = 32 << 20, /* bytes of one DMN file */
    RULES_LARGEST_INPUT = 16 << 20, /* bytes of one JSON input */
    RULES_MOST_MODELS = 64,         /* a model and what it imports */
    RULES_MOST_FILES = 512,         /* files looked at beside a model to find imports */
    RULES_MOST_COLUMNS = 256,       /* of a decision table */
    RULES_MOST_ROWS = 100 * 1000,   /* of a decision table */
    RULES_DEEPEST_XML = 200,        /* nesting of boxed expressions */
};

/* ---- values ------------------------------------------------------------------------------- */

enum feel_kind {
    FEEL_NULL,
    FEEL_BOOL,
    FEEL_NUMBER,
    FEEL_STRING,
    FEEL_DATE,
    FEEL_TIME,
    FEEL_DATETIME,
    FEEL_MONTHS,  /* years and months duration */
    FEEL_SECONDS, /* days and time duration */
    FEEL_LIST,
    FEEL_CONTEXT,
    FEEL_RANGE,
    FEEL_FUNCTION,
};

/*
 * A value, copied freely. Numbers are decimals of 34 digits: small ones as an integer and a scale,
 * others as IEEE 754 decimal128 in `wide`.
 */
typedef struct feel {
    u8 kind;    /* enum feel_kind */
    u8 is_wide; /* of a number; of a list or context: log2 of how much it holds in all */
    u16 scale;  /* of a small number: digits after the point; of a list or context: its depth */
    u32 count;  /* bytes of a string, items of a list, nanoseconds of a FEEL_SECONDS */
    union {
        bool truth;
        i64 small;
        struct {
            u64 low, high;
        } wide;
        const char *text;
        i64 days; /* since 1970-01-01, proleptic Gregorian */
        i64 months;
        i64 seconds;
        const struct feel *items;
        const struct feel_moment *moment;
        const struct feel_context *context;
        const struct feel_range *range;
        const struct feel_function *function;
    };
} feel;

struct feel_entry {
    str key;
    feel value;
};

/* Entries in the order of definition; `slots` is a hash index where there are many. */
struct feel_context {
    size_t count;
    const struct feel_entry *entries;
    const u32 *slots;
    size_t slot_count;
};

feel feel_null(void);
feel feel_bool(bool truth);
feel feel_int(i64 n);
feel feel_string(str text); /* not copied */
feel feel_day(date d);
str feel_text(feel string); /* of a FEEL_STRING; empty for others */

/* A number from "-12.50e3"; ERR_SYNTAX if it isn't one, ERR_RANGE beyond decimal128. */
fallible feel_number(str text, feel *out);
bool feel_to_i64(feel number, i64 *out); /* false if it isn't an integer of 64 bits */

/* Items and entries are taken over, not copied. ERR_LIMIT if nested too deep. */
fallible feel_list(const feel *items, size_t count, feel *out);
fallible feel_context(struct arena *a, const struct feel_entry *entries, size_t count, feel *out);
const feel *feel_get(feel context, str key); /* NULL if absent or no context */

/* The value as FEEL's string() writes it, and as JSON (temporal values as strings). */
fallible feel_write(struct arena *a, feel value, str *out);
fallible feel_json(struct buf *out, feel value);
fallible feel_of_json(struct arena *a, const struct json *value, feel *out);

/* ---- expressions -------------------------------------------------------------------------- */

/* Why a part of the result is null, or what in a model is odd. */
struct feel_note {
    str place;  /* "decision «黄牌»: row 3, column 2", or empty for an expression alone */
    int column; /* in the expression's text, in code points, from 1; 0: not in a text */
    const char *what;
};

struct feel_notes {
    size_t count; /* of all, also of those not kept */
    struct feel_note kept[FEEL_NOTES];
};

/* What an evaluation may use and tell. All optional. */
struct feel_options {
    instant now;              /* what now() and today() answer, in civil time (UTC+8) */
    i64 steps;                /* 0: FEEL_STEPS */
    struct feel_notes *notes; /* filled if not NULL */
    struct buf *explain;      /* rules_decide: JSON of each decision's ground */
};

struct feel_expression;

/*
 * Compile an expression that may use `names` (in the order in which their values come).
 * ERR_SYNTAX with the column, ERR_LIMIT past a ceiling, ERR_TEXT if it isn't UTF-8.
 */
fallible feel_compile(struct arena *a, str text, const str *names, size_t count,
                      const struct feel_expression **out);
/* The same for unary tests («>= 4, [1..2]»); their value is true, false or null. */
fallible feel_compile_tests(struct arena *a, str text, const str *names, size_t count,
                            const struct feel_expression **out);

/* `values` as many as the names; `input` is what `?` stands for in unary tests, else NULL. */
fallible feel_evaluate(struct arena *a, const struct feel_expression *e, const feel *values,
                       const feel *input, const struct feel_options *options, feel *out);

/* ---- models ------------------------------------------------------------------------------- */

struct rules_model;

/*
 * Load a DMN file with what it imports (found by namespace among the .dmn files in its folder and
 * the folders directly below). ERR_SYNTAX for malformed XML, a DOCTYPE, no DMN; faults of single
 * expressions don't fail the load: the element is null when evaluated, and rules_faults tells.
 */
fallible rules_load(struct arena *a, const char *path, const struct rules_model **out);
/* The same from text, without imports. */
fallible rules_load_text(struct arena *a, str text, const struct rules_model **out);

/* Faults found while compiling: the first FEEL_NOTES of them. */
const struct feel_notes *rules_faults(const struct rules_model *m);

/* Names of the model's decisions, in file order. */
size_t rules_decisions(const struct rules_model *m, const str **names);
/* Names and FEEL type names of its input data. */
size_t rules_inputs(const struct rules_model *m, const str **names, const str **types);

/*
 * Evaluate a decision, business knowledge model or decision service by name. `input` is a context
 * of the input data's (for a service or BKM: the parameters') values; what is missing is null.
 * ERR_NOT_FOUND if there is no such element.
 */
fallible rules_decide(struct arena *a, const struct rules_model *m, str name, feel input,
                      const struct feel_options *options, feel *out);

/* JSON as input: text becomes dates, times, durations and numbers where the model says so. */
fallible rules_input(struct arena *a, const struct rules_model *m, const struct json *json,
                     feel *out);

/* ---- static analysis ---------------------------------------------------------------------- */

/* What is wrong with a model, and an input that shows it. */
struct rules_finding {
    const char *kind; /* gap, overlap, conflict, unreachable, redundant, hit-policy, type,
                         unused-input, cycle, fault */
    str place;        /* "decision «黄牌»: row 3, column 2" */
    str what;
    u32 rows[2]; /* from 1; 0: none */
    str example; /* a JSON object; empty where no input can show it */
};

/* How a table was judged: `why` is NULL if completely, else why it was only sampled. */
struct rules_judged {
    str place;
    const char *why;
};

struct rules_report {
    size_t count, more; /* more: found beyond what is kept */
    const struct rules_finding *findings;
    size_t table_count;
    const struct rules_judged *tables;
};

/*
 * Look for gaps, overlaps, rows that can't be reached or change nothing, rows against the hit
 * policy, wrong types, inputs that nothing uses, circles. Completely for tables whose inputs are
 * names of numbers, strings, booleans, dates, times or durations and whose cells are constants,
 * ranges and conditions on them; null counts as an input only where a cell asks for it. Gaps are
 * looked for in tables that give one result and have no default. Work is bounded: past the bound a
 * table counts as sampled.
 */
fallible rules_check(struct arena *a, const struct rules_model *m, struct rules_report *out);
