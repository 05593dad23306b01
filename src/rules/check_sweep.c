/*
 * Goes through the combinations of pieces, axis by axis, with the set of rows that still hold. A
 * branch ends when no row is left or when the rest can't change the set; pieces that leave the same
 * rows are gone through once.
 */
#include "rules/check_int.h"

bool row_in(const u64 *rows, u32 row)
{
    return rows[row / 64] >> (row % 64) & 1;
}

/* The first row of the set from `row` on; row_count if there is none. */
static u32 row_from(const struct space *s, const u64 *rows, u32 row)
{
    for (size_t w = row / 64; w < s->words; w++) {
        u64 bits = rows[w];

        if (w == row / 64)
            bits &= ~0ULL << (row % 64);
        if (bits)
            return (u32)(w * 64 + (size_t)__builtin_ctzll(bits));
    }
    return (u32)s->t->row_count;
}

/* ---- what the hit policy makes of a set of rows ------------------------------------------- */

static bool output_same(const struct table_row *x, const struct table_row *y, size_t i)
{
    const struct node *p = node_plain(x->outputs[i]), *q = node_plain(y->outputs[i]);

    if (p->kind == N_CONST && q->kind == N_CONST)
        return value_equal(p->value, q->value) == TRUE;
    return str_eq(x->output_texts[i], y->output_texts[i]);
}

bool outputs_same(const struct table *t, u32 x, u32 y)
{
    for (size_t i = 0; i < t->output_count; i++)
        if (!output_same(&t->rows[x], &t->rows[y], i))
            return false;
    return true;
}

static bool outputs_known(const struct table *t, u32 row)
{
    for (size_t i = 0; i < t->output_count; i++)
        if (node_plain(t->rows[row].outputs[i])->kind != N_CONST)
            return false;
    return true;
}

static size_t rank_of(const struct table_output *o, const struct node *n)
{
    n = node_plain(n);
    for (u32 i = 0; n->kind == N_CONST && o->order.kind == FEEL_LIST && i < o->order.count; i++)
        if (value_in(n->value, o->order.items[i]) == TRUE)
            return i;
    return SIZE_MAX;
}

static bool outranks(const struct table *t, u32 x, u32 y)
{
    for (size_t i = 0; i < t->output_count; i++) {
        size_t p = rank_of(&t->outputs[i], t->rows[x].outputs[i]);
        size_t q = rank_of(&t->outputs[i], t->rows[y].outputs[i]);

        if (p != q)
            return p < q;
    }
    return false;
}

static void mark(struct verdict *v, u32 row, u8 what)
{
    if (!(v->rows[row] & what) && v->examples[row].len == 0)
        v->examples[row] = v->example(v);
    v->rows[row] |= what;
}

static void gap(struct verdict *v)
{
    const struct table *t = v->s->t;
    struct rules_finding *f;

    if (v->gaps++ >= CHECK_MOST_GAPS)
        return;
    f = check_add(v->c, "gap", t->place, S("no row holds"));
    f->example = v->example(v);
}

static bool pair_known(const struct verdict *v, u32 x, u32 y)
{
    for (size_t i = 0; i < v->pair_count; i++)
        if (v->pairs[i][0] == x && v->pairs[i][1] == y)
            return true;
    return v->pair_count >= CHECK_MOST_PAIRS;
}

static void pair(struct verdict *v, u32 x, u32 y)
{
    const struct table *t = v->s->t;
    bool any = t->hit == HIT_ANY;
    struct rules_finding *f;

    if (pair_known(v, x, y) || (any && outputs_same(t, x, y)))
        return;
    if (any && (!outputs_known(t, x) || !outputs_known(t, y)))
        return;
    v->pairs[v->pair_count][0] = x;
    v->pairs[v->pair_count++][1] = y;
    f = check_add(v->c, any ? "conflict" : "overlap", t->place,
                  any ? S("both rows hold, but hit policy ANY wants equal results")
                      : S("both rows hold, but hit policy UNIQUE allows one"));
    check_rows(v->c, f, x, y);
    f->example = v->example(v);
}

static void pairs(struct verdict *v, const u64 *rows)
{
    u32 count = (u32)v->s->t->row_count;

    for (u32 x = row_from(v->s, rows, 0); x < count; x = row_from(v->s, rows, x + 1))
        for (u32 y = row_from(v->s, rows, x + 1); y < count; y = row_from(v->s, rows, y + 1)) {
            if (v->pair_count >= CHECK_MOST_PAIRS)
                return;
            pair(v, x, y);
        }
}

/* The row that gives the result, and the one that would without it. */
static void winner(struct verdict *v, const u64 *rows)
{
    const struct table *t = v->s->t;
    u32 count = (u32)t->row_count, best = row_from(v->s, rows, 0), next = count;
    bool known = outputs_known(t, best);

    for (u32 x = row_from(v->s, rows, best + 1); x < count; x = row_from(v->s, rows, x + 1)) {
        known &= outputs_known(t, x);
        if (t->hit == HIT_PRIORITY && outranks(t, x, best)) {
            next = best;
            best = x;
        } else if (next == count || (t->hit == HIT_PRIORITY && outranks(t, x, next))) {
            next = x;
        }
        if (t->hit == HIT_FIRST)
            break;
    }
    mark(v, best, ROW_WINS);
    if (next == count || !outputs_same(t, best, next))
        mark(v, best, ROW_NEEDED);
    if (t->hit != HIT_PRIORITY || known)
        return;
    for (u32 x = row_from(v->s, rows, 0); x < count; x = row_from(v->s, rows, x + 1))
        mark(v, x, ROW_WINS | ROW_NEEDED);
}

/* Of ANY: a row is needed where it alone holds, or where the others say something else. */
static void any_needed(struct verdict *v, const u64 *rows)
{
    u32 count = (u32)v->s->t->row_count, first = row_from(v->s, rows, 0);
    u32 second = row_from(v->s, rows, first + 1);

    for (u32 x = first; x < count; x = row_from(v->s, rows, x + 1)) {
        u32 other = x == first ? second : first;

        mark(v, x, ROW_WINS);
        if (other == count || !outputs_same(v->s->t, x, other))
            mark(v, x, ROW_NEEDED);
    }
}

void leaf(struct verdict *v, const u64 *rows)
{
    const struct table *t = v->s->t;
    u32 count = (u32)t->row_count, first = row_from(v->s, rows, 0);

    if (first == count) {
        gap(v);
        return;
    }
    for (u32 x = first; x < count; x = row_from(v->s, rows, x + 1))
        mark(v, x, ROW_HOLDS);
    if (t->hit == HIT_UNIQUE || t->hit == HIT_ANY)
        pairs(v, rows);
    if (t->hit == HIT_ANY)
        any_needed(v, rows);
    else if (t->hit == HIT_FIRST || t->hit == HIT_PRIORITY)
        winner(v, rows);
    else
        for (u32 x = first; x < count; x = row_from(v->s, rows, x + 1))
            mark(v, x, ROW_WINS | ROW_NEEDED);
}

/* ---- going through ------------------------------------------------------------------------ */

static bool empty(const u64 *rows, size_t words)
{
    for (size_t w = 0; w < words; w++)
        if (rows[w])
            return false;
    return true;
}

static bool settled(const struct space *s, const u64 *rows, size_t axis)
{
    const u64 *any = s->any + axis * s->words;

    for (size_t w = 0; w < s->words; w++)
        if (rows[w] & ~any[w])
            return false;
    return true;
}

static bool seen_before(const u64 *sets, size_t count, const u64 *set, size_t words)
{
    for (size_t i = count; i-- > 0;)
        if (memcmp(sets + i * words, set, words * sizeof *set) == 0)
            return true;
    return false;
}

struct walk {
    struct verdict *v;
    i64 work;
};

/* Depth: an axis each, so at most RULES_MOST_COLUMNS. False: too much work. */
static bool walk_axis(struct walk *w, size_t axis, const u64 *rows)
{
    const struct space *s = w->v->s;
    size_t words = s->words, different = 0;

    if (axis == s->count || empty(rows, words) || settled(s, rows, axis)) {
        leaf(w->v, rows);
        return true;
    }
    const struct axis *x = &s->axes[axis];
    u64 *sets = NEW_N(w->v->c->a, (x->count + 1) * words, u64);
    bool within = true;
    for (size_t p = 0; p < x->count && within; p++) {
        u64 *set = sets + different * words;

        for (size_t i = 0; i < words; i++)
            set[i] = rows[i] & x->holds[p * words + i];
        w->work -= (i64)(words * (different + 2));
        if (w->work < 0)
            return false;
        if (seen_before(sets, different, set, words))
            continue;
        different++;
        w->v->chosen[axis] = x->pieces[p];
        within = walk_axis(w, axis + 1, set);
    }
    w->v->chosen[axis] = x->pieces[0];
    return within;
}

fallible sweep(struct verdict *v, bool *complete)
{
    const struct space *s = v->s;
    struct walk w = {.v = v, .work = CHECK_WORK};
    u64 *all = NEW_N(v->c->a, s->words, u64);

    for (size_t i = 0; i < s->t->row_count; i++)
        all[i / 64] |= 1ULL << (i % 64);
    for (size_t k = 0; k < s->count; k++)
        v->chosen[k] = s->axes[k].pieces[0];
    *complete = walk_axis(&w, 0, all);
    return OK;
}
