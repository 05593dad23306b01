/*
 * rules_int -- what the files of this room share: values' insides, syntax trees, types, models.
 *
 * The way of an expression: text -> parse.c (names resolved against a `struct scope`) -> a tree of
 * immutable `struct node` -> eval.c, which runs it in a `struct frame` of a `struct run`.
 */
#pragma once
#include "rules/rules.h"

__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 i128;

/* ---- values' insides ---------------------------------------------------------------------- */

struct zone;

enum { ZONE_NONE, ZONE_OFFSET, ZONE_NAMED };

/* A time (days unused) or a date and time. */
struct feel_moment {
    i64 days;
    i64 nanos;  /* of the day */
    i32 offset; /* seconds east of UTC, if ZONE_OFFSET */
    u8 zoned;
    const struct zone *zone; /* if ZONE_NAMED */
    str zone_name;
};

enum { RANGE_BETWEEN, RANGE_LESS, RANGE_MOST, RANGE_MORE, RANGE_LEAST, RANGE_EQUAL, RANGE_UNEQUAL };

struct feel_range {
    feel low, high; /* null where the range has no such end */
    u8 form;        /* RANGE_BETWEEN: two ends; else an operator and one end */
    bool low_open, high_open;
};

struct run;
struct node;
struct frame;
struct type;
struct builtin;
struct element;

struct feel_function {
    const struct builtin *builtin;    /* one of these three */
    const struct function_code *code; /* with the frame where it was made */
    const struct element *element;    /* a BKM or decision service */
    struct frame *captured;
};

/* number.c: FEEL_NULL stands for «no result» (overflow, division by zero, no number). */
feel number_of(i64 small, u16 scale);
feel number_add(feel a, feel b);
feel number_sub(feel a, feel b);
feel number_mul(feel a, feel b);
feel number_div(feel a, feel b);
feel number_mod(feel a, feel b);
feel number_pow(feel a, feel b);
feel number_neg(feel a);
feel number_sqrt(feel a);
feel number_exp(feel a);
feel number_log(feel a);
int number_sign(feel a);
int number_cmp_slow(feel a, feel b);
u64 number_hash(feel a);
/* Reads a number at the start of text; 0 bytes if there is none. */
size_t number_scan(str text, feel *out);
void number_text(struct buf *out, feel n);

enum round_how {
    ROUND_HALF_EVEN,
    ROUND_FLOOR,
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_HALF_UP,
    ROUND_UP,
    ROUND_HALF_DOWN
};
/* To `scale` digits after the point (negative: before). */
feel number_round(feel n, i64 scale, enum round_how how);

static inline int number_cmp(feel a, feel b)
{
    if (!a.is_wide && !b.is_wide && a.scale == b.scale)
        return (a.small > b.small) - (a.small < b.small);
    return number_cmp_slow(a, b);
}

/* value.c */
enum truth { FALSE, TRUE, UNKNOWN };
/* Equality of the standard: UNKNOWN for values of different kinds, neither null. */
enum truth value_equal(feel a, feel b);
/* Order: false where the two can't be compared. */
bool value_order(feel a, feel b, int *order);
bool value_same(feel a, feel b);         /* is(): also zone and offset equal */
enum truth value_in(feel x, feel tests); /* `x in tests` for an evaluated right side */
enum truth range_has(const struct feel_range *r, feel x);
u64 value_hash(feel v);
enum { VALUE_HEAVIEST = 40 }; /* log2: more than any evaluation has steps */
/* How many values hang below, about: what comparing them may cost. Shared parts count each time. */
i64 value_weight(feel v);
feel feel_truth(enum truth t);
feel feel_months(i64 months);
feel feel_seconds(i64 seconds, u32 nanos);
feel feel_date_of(i64 days);
const struct feel_entry *context_find(const struct feel_context *c, str key);
bool value_is(feel v, u8 kind);

/* temporal.c, zone.c: parsing gives false for what isn't well-formed. */
enum { DAY_SECONDS = 86400 };
#define SECOND_NANOS 1000000000LL
#define DAY_NANOS (DAY_SECONDS * SECOND_NANOS)
#define LAST_YEAR 999999999LL
i64 days_of(i64 year, int month, int day);
void days_parts(i64 days, i64 *year, int *month, int *day);
bool days_valid(i64 days);
bool date_read(str text, i64 *days);
bool time_read(struct run *r, str text, struct feel_moment *out, bool *next_day);
bool moment_read(struct run *r, str text, struct feel_moment *out);
bool duration_read(str text, feel *out);
bool temporal_read(struct run *r, str text, feel *out); /* as @"…" has it */
void temporal_write(struct buf *out, feel v);
i32 moment_offset(const struct feel_moment *m, bool is_time);
/* Seconds since 1970 in UTC, or local ones if there is no zone. */
i64 moment_seconds(const struct feel_moment *m, bool is_time);
bool temporal_add_months(feel v, i64 months, struct run *r, feel *out);
bool temporal_add(struct run *r, feel v, i64 seconds, i64 nanos, feel *out);
bool temporal_minus(feel a, feel b, feel *out);
const struct zone *zone_open(struct arena *a, str name);
i32 zone_at_utc(const struct zone *z, i64 seconds);
i32 zone_at_local(const struct zone *z, i64 seconds);

/* ---- types -------------------------------------------------------------------------------- */

enum type_kind {
    TYPE_ANY,
    TYPE_BOOL,
    TYPE_NUMBER,
    TYPE_STRING,
    TYPE_DATE,
    TYPE_TIME,
    TYPE_DATETIME,
    TYPE_MONTHS,
    TYPE_SECONDS,
    TYPE_LIST,
    TYPE_CONTEXT,
    TYPE_RANGE,
    TYPE_FUNCTION,
    TYPE_NULL,
    TYPE_ALIAS,   /* an item definition that refers to another: `element` */
    TYPE_UNKNOWN, /* names no type of the model; nothing conforms */
};

struct member {
    str name;
    const struct type *type;
};

struct type {
    u8 kind;
    bool any_form;                /* plain `list`, `context`, `range`, `function` */
    str name;                     /* of an item definition, else empty */
    const struct type *element;   /* list, range, alias; result of a function */
    const struct member *members; /* of a context; parameters of a function */
    size_t member_count;
    const struct node *allowed; /* unary tests for the value (of a collection: for each item) */
    const struct node *whole;   /* unary tests for the whole value */
    str allowed_text;
};

const struct type *type_builtin(str name); /* NULL if it isn't FEEL's own */
const struct type *type_plain(enum type_kind kind);
const struct type *type_real(const struct type *t); /* through aliases */
bool type_has(const struct type *t, feel v); /* instance of, without constraints; null conforms */
bool type_covers(const struct type *wide, const struct type *narrow); /* narrow conforms to wide */
str type_name(struct arena *a, const struct type *t);
const struct type *type_of_function(struct arena *a, const struct feel_function *f);
/* Implicit conversions and constraints; false: v doesn't conform (*why tells). */
fallible type_convert(struct run *r, const struct type *t, feel v, feel *out, const char **why);

/* ---- syntax trees ------------------------------------------------------------------------- */

enum node_kind {
    N_CONST,
    N_SLOT,    /* slot `slot` of the frame `up` levels out */
    N_BIND,    /* kids[0] put into a slot: a context entry, an iterator */
    N_DYNAMIC, /* member `name` of the filter item in a slot, else kids[0] */
    N_UNKNOWN, /* a name that nobody defined */
    N_INPUT,   /* ? */
    N_NEGATE,
    N_ADD,
    N_SUB,
    N_MUL,
    N_DIV,
    N_POW,
    N_EQ,
    N_NE,
    N_LT,
    N_LE,
    N_GT,
    N_GE,
    N_AND,
    N_OR,
    N_BETWEEN,
    N_IN,          /* kids[0] in kids[1…] */
    N_TESTS,       /* unary tests: any of the kids holds for the input */
    N_NOT,         /* unary tests: not(…) */
    N_TEST,        /* one unary test: kids[0] may be a value, a range, a list or a condition */
    N_DASH,        /* unary tests: - */
    N_RANGE,       /* op: 1 low open, 2 high open */
    N_UNARY_RANGE, /* op: form */
    N_LIST,
    N_CONTEXT, /* kids with names; slot: of the first entry; op 1: boxed, with a result */
    N_FILTER,  /* op 1: boxed, where a match must be boolean */
    N_PATH,
    N_CALL,
    N_CALL_BUILTIN,
    N_IF, /* op 1: boxed, where a condition that isn't boolean gives null */
    N_FOR,
    N_SOME,
    N_EVERY,
    N_INSTANCE,
    N_FUNCTION,
    N_CONVERT, /* kids[0] converted to `type` */
    N_TABLE,   /* a decision table */
    N_RELATION,
    N_ELEMENT, /* a business knowledge model or service as a function value */
    N_FAULT,   /* an expression that didn't compile: null, and the note says why */
};

struct function_code {
    const struct member *parameters;
    size_t count;
    const struct type *result; /* NULL: any */
    const struct node *body;   /* NULL: external, not supported */
    size_t slots;              /* of its frame; the parameters come first */
    str name;
};

struct table;

struct node {
    u8 kind; /* enum node_kind */
    u8 op;
    u16 depth;
    u32 at; /* column in code points, from 1 */
    u32 count;
    u32 slot;
    u32 up;
    u32 extra; /* N_FOR: slot of `partial`; N_TEST: uses ? */
    const struct node **kids;
    str name;         /* path, dynamic; place of the source for N_CONVERT and N_FAULT */
    const str *names; /* keys of a context, names of arguments */
    feel value;
    union {
        const struct type *type;
        const struct builtin *builtin;
        const struct function_code *code;
        const struct table *table;
        const struct element *element;
    };
};

/* ---- compiling ---------------------------------------------------------------------------- */

/* What a function body or expression needs at run time. */
struct unit {
    struct unit *outer;
    u32 slots, next;
};

enum { SCOPE_NAMES, SCOPE_FILTER };

struct scope_name {
    str name;
    u32 slot;
};

struct scope {
    struct scope *outer;
    struct unit *unit;
    u8 kind;
    u32 item; /* SCOPE_FILTER: slot of the item */
    VEC(struct scope_name) names;
};

/* Names that may be members of contexts: only they may hold odd characters after a dot. */
struct pool {
    struct arena *arena;
    struct map by_first; /* first word -> struct pool_word */
};
void pool_add(struct pool *p, str name);

/* Item definitions by name, for `instance of`. */
struct types {
    struct map by_name;
};

struct source {
    struct arena *arena;
    bool *external; /* set where an external function is defined; may be NULL */
    str text;
    str place;           /* of the cell, for messages */
    struct pool *pool;   /* may be NULL */
    struct types *types; /* may be NULL */
};

struct scope *scope_in(struct arena *a, struct scope *outer, struct unit *unit);
u32 scope_add(struct arena *a, struct scope *s, str name);
u32 unit_slot(struct unit *u);

fallible parse_expression(const struct source *src, struct scope *scope, const struct node **out);
fallible parse_tests(const struct source *src, struct scope *scope, const struct node **out);
fallible parse_type(const struct source *src, const struct type **out);
/* Whole text as one name, white space normalised; false if it isn't one. */
bool name_read(struct arena *a, str text, str *out);

/* ---- evaluating --------------------------------------------------------------------------- */

struct frame {
    const struct frame *outer;
    size_t count;
    feel *slots;
};

struct run {
    struct arena *arena;
    struct feel_options options;
    i64 steps;
    size_t memory_from;
    int depth;
    feel input;            /* what ? means */
    const struct node *at; /* the built-in call that runs, for notes */
    str place;             /* of the cell that runs */
    struct frame *frame;
    struct map zones;
    const struct rules_model *model; /* NULL for an expression alone */
    struct memo *memo;
};

fallible eval(struct run *r, const struct node *n, feel *out);
enum truth truth_of(feel v); /* UNKNOWN unless it is a boolean */
fallible eval_filter(struct run *r, const struct node *n, feel *out);
fallible eval_loop(struct run *r, const struct node *n, feel *out);
/* The result is null for this reason. */
fallible run_nothing(struct run *r, const struct node *n, const char *what, feel *out);
/* Adds a note. */
void run_note(struct run *r, const struct node *n, const char *what);
fallible run_spend(struct run *r, i64 steps); /* also checks memory */
void run_open(struct run *r, struct arena *a, const struct feel_options *options);
const struct zone *run_zone(struct run *r, str name);
fallible call_value(struct run *r, const struct node *at, feel f, const feel *args, size_t count,
                    feel *out);
fallible call_named(struct run *r, const struct node *at, feel f, const str *names,
                    const feel *args, size_t count, feel *out);
fallible frame_open(struct run *r, size_t slots, const struct frame *outer, struct frame **out);
fallible test_input(struct run *r, const struct node *tests, feel input, enum truth *out);
fallible call_code(struct run *r, const struct node *at, const struct feel_function *f,
                   const feel *args, feel *out);
fallible eval_path(struct run *r, const struct node *n, feel from, str name, feel *out);
fallible eval_arithmetic(struct run *r, const struct node *n, feel a, feel b, feel *out);

/* table.c, decide.c */
fallible table_eval(struct run *r, const struct node *n, feel *out);
fallible element_call(struct run *r, const struct node *at, const struct element *e,
                      const feel *args, size_t count, feel *out);
const struct member *element_parameters(const struct element *e, size_t *count);
const struct function_code *element_code(const struct element *e); /* NULL for a service */

/* ---- built-in functions ------------------------------------------------------------------- */

typedef err (*builtin_run)(struct run *r, const feel *args, size_t count, feel *out);

struct builtin {
    const char *name;
    const char *names; /* of the parameters, by comma */
    const char *types; /* a letter each, see builtin.def */
    builtin_run run;
};

extern const struct builtin builtins[];
extern const size_t builtin_count;
const struct builtin *builtin_find(str name, size_t *overloads); /* the first of that name */
fallible builtin_call(struct run *r, const struct node *at, const struct builtin *b,
                      const feel *args, size_t count, feel *out);
fallible builtin_named(struct run *r, const struct node *at, const struct builtin *b,
                       const str *names, const feel *args, size_t count, feel *out);
int builtin_arity(const struct builtin *b);
fallible run_text(struct run *r, struct buf *b, feel *out); /* as a string value, bounded */
fallible run_list(struct run *r, const feel *items, size_t count, feel *out);
