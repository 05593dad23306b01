#include "calendar/cli_int.h"

#include <stdio.h>

enum { ID, KIND, START, N, FROM, TO, COLUMNS };
static const char *const names[COLUMNS] = {"id", "kind",         "start",
                                           "n",  "suspend_from", "suspend_to"};

/* Where each column stands; -1 for the pause's where they are left out. */
static fallible find_columns(const str *fields, size_t count, int columns[COLUMNS])
{
    for (int c = 0; c < COLUMNS; c++) {
        columns[c] = -1;
        for (size_t i = 0; i < count; i++)
            if (str_eq(fields[i], str_of(names[c])))
                columns[c] = (int)i;
        REQUIRE(columns[c] >= 0 || c == FROM || c == TO, ERR_INPUT, "line 1: no column %s",
                names[c]);
    }
    return OK;
}

struct row {
    struct limit_clock clock;
    struct limit_pause pause;
};

static fallible read_pause(const str *f, struct row *row)
{
    TRY(date_parse(f[FROM], &row->pause.from));
    TRY(date_parse(f[TO], &row->pause.to));
    row->pause.ground = PAUSE_EXPERTS;
    row->clock.pauses = &row->pause;
    row->clock.pause_count = 1;
    return OK;
}

static fallible read_clock(const str *f, struct row *row)
{
    bool suspended = str_eq(f[KIND], S("working-suspended"));

    row->clock.law = LAW_OTHER;
    TRY(limit_kind_of(suspended ? S("working") : f[KIND], &row->clock.kind));
    TRY(date_parse(f[START], &row->clock.start));
    TRY(str_i64(f[N], &row->clock.days));
    REQUIRE(suspended || (f[FROM].len == 0 && f[TO].len == 0), ERR_INPUT,
            "only working-suspended has a suspension");
    return suspended ? read_pause(f, row) : OK;
}

static void print_field(struct arena *a, str field)
{
    struct buf b = buf_in(a);

    for (size_t i = 0; i < field.len; i++)
        if (memchr(",\"\r\n", field.ptr[i], 4) != NULL) {
            buf_byte(&b, '"');
            for (size_t j = 0; j < field.len; j++)
                buf_add(&b, "\"\"", field.ptr[j] == '"' ? 1 : 0), buf_byte(&b, (u8)field.ptr[j]);
            buf_byte(&b, '"');
            field = buf_text(&b);
            break;
        }
    (void)fwrite(field.ptr, 1, field.len, stdout);
}

static fallible compute(const struct call *call, const str *f, str *due)
{
    struct row row = {0};
    struct limit l;

    TRY(read_clock(f, &row));
    TRY(calendar_limit(call->c, &row.clock, call->gap, &l));
    *due = calendar_due_text(call->a, &l);
    return OK;
}

/* One row; a faulty one says so and leaves its due day empty. */
static bool batch_row(const struct call *call, int line, const str *f)
{
    str due = S("");
    err e = compute(call, f, &due);

    if (e != OK)
        (void)fprintf(stderr, "yangguan calendar: line %d: %s\n", line, e->message);
    print_field(call->a, f[ID]);
    (void)printf(",%.*s\n", STR(due));
    return e == OK;
}

static void pick(const str *fields, size_t count, const int columns[COLUMNS], str f[COLUMNS])
{
    for (int c = 0; c < COLUMNS; c++)
        f[c] = columns[c] >= 0 && (size_t)columns[c] < count ? fields[columns[c]] : S("");
}

fallible calendar_batch(const struct call *call, bool *clean)
{
    struct csv csv = {0};
    int columns[COLUMNS];
    str *fields, f[COLUMNS];
    size_t count;
    bool more;

    TRY(calendar_input(call->a, NULL, &csv.rest));
    csv.rest = calendar_unmarked(csv.rest);
    TRY(csv_next(call->a, &csv, &fields, &count, &more));
    REQUIRE(more, ERR_INPUT, "no header id,kind,start,n,suspend_from,suspend_to");
    TRY(find_columns(fields, count, columns));
    (void)puts("id,due");
    for (;;) {
        arena_mark mark = arena_here(call->a);
        int line = csv.line + 1;

        TRY(csv_next(call->a, &csv, &fields, &count, &more));
        if (!more)
            return OK;
        pick(fields, count, columns, f);
        if (count > 1 || fields[0].len > 0)
            *clean &= batch_row(call, line, f);
        arena_back(call->a, mark);
    }
}
