/*
 * An index over one column of a large table: the values and range ends of its cells cut the line
 * into segments (below the first point, the point, between it and the next, …), and each segment
 * lists the rows that may match there. The column with the shortest lists is taken. Matching then
 * looks at a few rows, however many there are.
 */
#include "rules/dmn_int.h"

#include <stdlib.h>

enum { FEWEST_ROWS = 16, LONGEST_LISTS = 64 /* entries a row, on average */ };

struct table_index {
    size_t column;
    u8 kind; /* of the points */
    size_t point_count;
    const feel *points; /* ascending */
    const u32 *starts;  /* where a segment's rows begin in `rows`; one more at the end */
    const u32 *rows;
    const u32 *open_rows; /* rows that take any value */
    size_t open_count;
};

struct builder {
    struct arena *a;
    const struct table *t;
    size_t column;
    u8 kind;
    feel *points;
    size_t point_count;
};

static bool indexable(u8 kind)
{
    return kind == FEEL_NUMBER || kind == FEEL_STRING || kind == FEEL_DATE || kind == FEEL_MONTHS ||
           kind == FEEL_SECONDS;
}

static bool add_point(struct builder *b, feel v, bool optional)
{
    if (v.kind == FEEL_NULL)
        return optional;
    if (b->kind == FEEL_NULL && indexable(v.kind))
        b->kind = v.kind;
    if (v.kind != b->kind)
        return false;
    b->points[b->point_count++] = v;
    return true;
}

static bool add_value(struct builder *b, feel v)
{
    if (v.kind != FEEL_RANGE)
        return add_point(b, v, false);
    return v.range->form != RANGE_UNEQUAL && add_point(b, v.range->low, true) &&
           add_point(b, v.range->high, true);
}

static int by_order(const void *x, const void *y)
{
    int order = 0;

    (void)value_order(*(const feel *)x, *(const feel *)y, &order);
    return order;
}

/* All points of the column, sorted, each once; false if a cell isn't made of constants. */
static bool gather(struct builder *b)
{
    size_t room = 0, kept = 0;

    for (size_t i = 0; i < b->t->row_count; i++) {
        const struct cell *c = &b->t->rows[i].cells[b->column];

        if (c->kind != CELL_ANY && c->kind != CELL_VALUES)
            return false;
        room += (size_t)c->count * 2;
    }
    b->points = NEW_N(b->a, room + 1, feel);
    for (size_t i = 0; i < b->t->row_count; i++) {
        const struct cell *c = &b->t->rows[i].cells[b->column];

        for (u32 k = 0; k < c->count; k++)
            if (!add_value(b, c->values[k]))
                return false;
    }
    if (b->point_count == 0)
        return false;
    qsort(b->points, b->point_count, sizeof *b->points, by_order);
    for (size_t i = 0; i < b->point_count; i++)
        if (kept == 0 || by_order(&b->points[kept - 1], &b->points[i]) != 0)
            b->points[kept++] = b->points[i];
    b->point_count = kept;
    return true;
}

/* 2i + 1 if v is point i, else the even number of the gap where it lies. */
static size_t segment_of(const feel *points, size_t count, feel v)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = 0;

        (void)value_order(points[middle], v, &order);
        if (order == 0)
            return 2 * middle + 1;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 2 * low;
}

struct span {
    size_t from, to; /* segments, both included */
};

static struct span span_of(const struct builder *b, feel v)
{
    struct span s = {0, 2 * b->point_count};
    const struct feel_range *r = v.range;

    if (v.kind != FEEL_RANGE) {
        s.from = s.to = segment_of(b->points, b->point_count, v);
        return s;
    }
    if (r->low.kind != FEEL_NULL)
        s.from = segment_of(b->points, b->point_count, r->low) + r->low_open;
    if (r->high.kind != FEEL_NULL)
        s.to = segment_of(b->points, b->point_count, r->high) - r->high_open;
    return s;
}

/* Calls `each` for each segment and row that go together, row by row; a row may come twice. */
static u64 walk(const struct builder *b, u32 *counts, u32 *rows, u64 limit)
{
    u64 total = 0;

    for (size_t i = 0; i < b->t->row_count; i++) {
        const struct cell *c = &b->t->rows[i].cells[b->column];
        u32 values = c->kind == CELL_ANY ? 1 : c->count;

        for (u32 k = 0; k < values; k++) {
            struct span s = {0, 2 * b->point_count};

            if (c->kind != CELL_ANY)
                s = span_of(b, c->values[k]);
            if (s.from <= s.to)
                total += s.to - s.from + 1;
            if (total > limit)
                return total;
            for (size_t at = s.from; counts != NULL && at <= s.to; at++) {
                if (rows != NULL && counts[at] > 0 && rows[counts[at] - 1] == (u32)i)
                    continue;
                if (rows != NULL)
                    rows[counts[at]] = (u32)i;
                counts[at]++;
            }
        }
    }
    return total;
}

static void fill_open(struct arena *a, const struct table *t, struct table_index *x)
{
    u32 *rows = NEW_N(a, t->row_count + 1, u32);

    for (size_t i = 0; i < t->row_count; i++)
        if (t->rows[i].cells[x->column].kind == CELL_ANY)
            rows[x->open_count++] = (u32)i;
    x->open_rows = rows;
}

/* First the lists' lengths, then where each begins, then their rows. */
static const struct table_index *fill(const struct builder *b, u64 total)
{
    size_t segments = 2 * b->point_count + 1;
    struct table_index *x = NEW(b->a, struct table_index);
    u32 *starts = NEW_N(b->a, segments + 1, u32), *ends = NEW_N(b->a, segments + 1, u32);
    u32 *rows = NEW_N(b->a, total + segments + 1, u32);

    (void)walk(b, ends, NULL, UINT64_MAX);
    u32 at = 0;
    for (size_t i = 0; i < segments; i++) {
        u32 count = ends[i];

        /* A gap before each list, so that no row is taken for one of the list before. */
        rows[at++] = UINT32_MAX;
        starts[i] = ends[i] = at;
        at += count;
    }
    starts[segments] = at;
    (void)walk(b, ends, rows, UINT64_MAX);
    x->column = b->column;
    x->kind = b->kind;
    x->points = b->points;
    x->point_count = b->point_count;
    x->starts = starts;
    x->rows = rows;
    for (size_t i = 0; i < segments; i++)
        for (u32 k = ends[i]; k < starts[i + 1] && k < at; k++)
            rows[k] = UINT32_MAX;
    fill_open(b->a, b->t, x);
    return x;
}

const struct table_index *index_build(struct arena *a, const struct table *t)
{
    struct builder best = {0};
    u64 best_total = 0;
    double best_length = (double)t->row_count / 2;

    if (t->row_count < FEWEST_ROWS)
        return NULL;
    for (size_t i = 0; i < t->input_count; i++) {
        struct builder b = {.a = a, .t = t, .column = i};

        if (!gather(&b))
            continue;
        u64 limit = (u64)t->row_count * LONGEST_LISTS;
        u64 total = walk(&b, NULL, NULL, limit);
        double length = (double)total / (double)(2 * b.point_count + 1);
        if (total > limit || length >= best_length)
            continue;
        best = b;
        best_total = total;
        best_length = length;
    }
    return best.points != NULL ? fill(&best, best_total) : NULL;
}

size_t index_column(const struct table_index *x)
{
    return x->column;
}

void index_rows(const struct table_index *x, const feel *inputs, const u32 **rows, size_t *count)
{
    feel v = inputs[x->column];

    if (v.kind != x->kind) {
        *rows = x->open_rows;
        *count = x->open_count;
        return;
    }
    size_t s = segment_of(x->points, x->point_count, v);
    *rows = x->rows + x->starts[s];
    *count = x->starts[s + 1] - x->starts[s];
    /* The next list's gap, and places left by rows that came twice. */
    while (*count > 0 && (*rows)[*count - 1] == UINT32_MAX)
        --*count;
}
