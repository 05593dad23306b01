/*
 * base -- what C lacks: values, arenas, errors, text, containers, time, JSON, log.
 *
 * Invariants  a `str` is a view; text that came through the door is valid UTF-8 without U+0000.
 * Lifetime    whatever a function returns lives in the arena that it was given.
 * Threads     an arena, buffer or map belongs to one thread at a time; all else is pure.
 */
#pragma once

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;
typedef int64_t i64;

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- errors ------------------------------------------------------------------------------- */

enum err_code {
#define ERROR(code, http, sentence) code,
#include "base/err.def"
#undef ERROR
    ERR_CODES
};

struct error {
    enum err_code code;
    int line;
    const char *file;
    char message[240]; /* for the operator; never shown to a citizen */
};

typedef const struct error *err;

#define OK ((err)NULL)
#define fallible __attribute__((warn_unused_result)) err

#define TRY(call)                                                                                  \
    do {                                                                                           \
        err try_ = (call);                                                                         \
        if (__builtin_expect(try_ != OK, 0))                                                       \
            return try_;                                                                           \
    } while (0)
#define FAIL(code, ...) return err_raise((code), __FILE__, __LINE__, __VA_ARGS__)
#define REQUIRE(condition, code, ...)                                                              \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            FAIL(code, __VA_ARGS__);                                                               \
    } while (0)

/*
 * Make an error record. It lives in this thread's ring and is overwritten by the sixteenth error
 * after it; who keeps one longer or hands it to another thread copies it by value.
 */
err err_raise(enum err_code code, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5), returns_nonnull));

/* The same record in this thread's ring, for one that came by value from another thread. */
err err_again(const struct error *record) __attribute__((returns_nonnull));

/* "ERR_STATE", 409, and the citizen's sentence (Chinese; the key of its translation). */
const char *err_name(enum err_code code);
int err_http(enum err_code code);
const char *err_sentence(enum err_code code);

/* ---- memory ------------------------------------------------------------------------------- */

/*
 * An arena hands out zeroed memory that is freed all at once. Running out of memory ends the
 * process: sizes from outside are bounded before they get here.
 */
struct arena;

struct arena *arena_open(void);
void arena_close(struct arena *a);
void *arena_take(struct arena *a, size_t count, size_t size);
size_t arena_used(const struct arena *a); /* bytes handed out since the last reset to empty */

typedef struct {
    void *block;
    size_t used;
    size_t total;
} arena_mark;

/* Mark and reset give memory back in loops; what was taken after the mark is gone. */
arena_mark arena_here(struct arena *a);
void arena_back(struct arena *a, arena_mark mark);

#define NEW(a, type) ((type *)arena_take((a), 1, sizeof(type)))
#define NEW_N(a, n, type) ((type *)arena_take((a), (size_t)(n), sizeof(type)))

void arena_closep(struct arena **a);
#define scoped_arena __attribute__((cleanup(arena_closep))) struct arena *

/* ---- text --------------------------------------------------------------------------------- */

typedef struct {
    const char *ptr;
    size_t len;
} str;

#define S(literal) ((str){("" literal), sizeof(literal) - 1})
#define STR(s) (int)(s).len, (s).ptr /* for "%.*s" */

str str_of(const char *zero_terminated);
str str_copy(struct arena *a, str s);
str str_format(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *str_z(struct arena *a, str s); /* a zero-terminated copy */
bool str_eq(str a, str b);
int str_cmp(str a, str b); /* by byte */
bool str_starts(str s, str prefix);
bool str_ends(str s, str suffix);
str str_sub(str s, size_t from, size_t to);     /* clamps */
str str_trim(str s);                            /* ASCII white space */
ptrdiff_t str_find(str s, str needle);          /* -1 if absent */
bool str_split(str *rest, char at, str *piece); /* takes the next piece; false at the end */
u64 str_hash(str s);                            /* seeded anew in each process */

/* Decimal with optional '-', nothing else around it. ERR_INPUT otherwise. */
fallible str_i64(str s, i64 *out);
fallible str_u64(str s, u64 *out);

/* Valid UTF-8 (no surrogates, no overlong forms, no U+0000)? */
bool utf8_valid(str s);
size_t utf8_count(str s); /* code points of valid text */
/* Next code point of valid text; 0 at the end. */
u32 utf8_next(str s, size_t *at);
size_t utf8_put(u32 point, char out[4]);

/* A growing run of bytes in an arena. */
struct buf {
    struct arena *arena;
    char *ptr;
    size_t len, cap;
};

struct buf buf_in(struct arena *a);
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_str(struct buf *b, str s);
void buf_z(struct buf *b, const char *zero_terminated);
void buf_byte(struct buf *b, u8 byte);
void buf_format(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
str buf_text(const struct buf *b);

str hex_of(struct arena *a, const void *bytes, size_t len); /* lower case */
fallible hex_to(str hex, void *out, size_t len);            /* exactly 2 × len digits */
str base64_of(struct arena *a, const void *bytes, size_t len);
fallible base64_to(struct arena *a, str text, str *out); /* standard alphabet, padded */

/* ---- containers --------------------------------------------------------------------------- */

/* A growing array in an arena: struct { T *at; size_t count, cap; }. */
#define VEC(type)                                                                                  \
    struct {                                                                                       \
        type *at;                                                                                  \
        size_t count, cap;                                                                         \
    }
#define vec_push(a, v, value)                                                                      \
    do {                                                                                           \
        if ((v)->count == (v)->cap)                                                                \
            (v)->at = vec_grow((a), (v)->at, &(v)->cap, sizeof(*(v)->at));                         \
        (v)->at[(v)->count++] = (value);                                                           \
    } while (0)
void *vec_grow(struct arena *a, void *old, size_t *cap, size_t size);

/* Text to pointer, kept in the order of insertion. */
struct map_entry {
    str key;
    void *value;
};
struct map {
    struct arena *arena;
    struct map_entry *entries;
    size_t count, cap;
    u32 *slots;
    size_t slot_count;
};

struct map map_in(struct arena *a);
void *map_get(const struct map *m, str key); /* NULL if absent */
void map_set(struct map *m, str key, void *value);

/* ---- time --------------------------------------------------------------------------------- */

typedef struct {
    i64 ms; /* since 1970-01-01T00:00:00Z */
} instant;

typedef struct {
    i32 days; /* since 1970-01-01 */
} date;

typedef struct {
    i64 cents; /* of a yuan */
} money;

/* Civil time on this platform is Asia/Shanghai: UTC+8 without summer time since 1992. */
#define CIVIL_OFFSET_MS (8 * 3600 * 1000LL)

date date_ymd(int year, int month, int day); /* of valid parts */
void date_parts(date d, int *year, int *month, int *day);
int date_weekday(date d); /* 1 Monday … 7 Sunday */
int month_days(int year, int month);
fallible date_parse(str text, date *out); /* YYYY-MM-DD of the years 1900 to 9999 */
str date_text(struct arena *a, date d);
date instant_date(instant t);                   /* the civil day */
instant date_start(date d);                     /* its 00:00 in civil time */
str instant_text(struct arena *a, instant t);   /* 2026-03-02T08:30:00.000Z */
fallible instant_parse(str text, instant *out); /* the same form, milliseconds optional */

instant system_now(void); /* wall clock: sessions, heads, logs */
i64 monotonic_us(void);   /* durations */

/* ---- JSON --------------------------------------------------------------------------------- */

enum json_kind { J_NULL, J_BOOL, J_INT, J_REAL, J_STRING, J_ARRAY, J_OBJECT };

struct json {
    enum json_kind kind;
    bool truth;
    i64 integer;
    double real;
    str text;
    str key; /* of an object's member */
    struct json *child, *next;
    size_t count;
};

/*
 * Read one JSON value (RFC 8259). Refuses duplicate keys, U+0000, invalid UTF-8, nesting over 256
 * and anything after the value: ERR_SYNTAX with line and column.
 */
fallible json_read(struct arena *a, str text, struct json **out);
const struct json *json_get(const struct json *object, str key); /* NULL if absent */
str json_str(const struct json *object, str key);                /* empty if absent or not text */
fallible json_i64(const struct json *object, str key, i64 *out); /* an integer, else ERR_INPUT */

/* The text of a value by RFC 8785. Numbers must be integers of at most 2^53: asserted. */
void json_canonical(struct buf *out, const struct json *value);
bool json_has_canonical(const struct json *value); /* for what came from outside: are they? */
void json_quote(struct buf *out, str text); /* one string literal, escaped as RFC 8785 has it */

/* ---- files -------------------------------------------------------------------------------- */

/* The whole file; ERR_TOO_LARGE above `limit` bytes, ERR_NOT_FOUND, ERR_IO. */
fallible file_read(struct arena *a, const char *path, size_t limit, str *out);

/* One line of CSV (RFC 4180) in UTF-8: quoted fields may hold commas, quotes and line ends. */
struct csv {
    str rest;
    int line;
};
/* Takes the next record; *fields has *count views or copies. false at the end. */
fallible csv_next(struct arena *a, struct csv *csv, str **fields, size_t *count, bool *more);

/* ---- log ---------------------------------------------------------------------------------- */

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/*
 * One logfmt line to standard error: `log_line(LOG_INFO, "writer.batch", "count=%d", n)`.
 * The event is static and dotted; values are ids and numbers, never personal data. An error line
 * means that somebody must act.
 */
void log_line(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void log_set_level(enum log_level least);
