/*
 * layout -- where everything of a picture lies: as the file says, or plainly from left to right.
 */
#include "flow/flow_int.h"

enum { COLUMN = 170, ROW = 120, TASK_W = 110, TASK_H = 80, EVENT = 36, GATE = 50, GAP = 60 };

/* ---- the file's own drawing ---------------------------------------------------------------------
 */

struct span {
    double top, bottom;
    bool set;
};

static void stretch(struct span *s, double top, double bottom)
{
    if (!s->set || top < s->top)
        s->top = top;
    if (!s->set || bottom > s->bottom)
        s->bottom = bottom;
    s->set = true;
}

/* A file with several diagrams has each at its own origin: they are put below each other. */
static double *plane_shifts(struct arena *a, const struct flow_model *m)
{
    struct span *spans = NEW_N(a, m->plane_count + 1, struct span);
    double *shifts = NEW_N(a, m->plane_count + 1, double), y = 0;

    for (size_t i = 0; i < m->drawn.count; i++) {
        const struct flow_drawn *d = &m->drawn.at[i];
        if (d->box.set)
            stretch(&spans[d->plane], d->box.y, d->box.y + d->box.h);
        for (size_t j = 0; j < d->point_count; j++)
            stretch(&spans[d->plane], d->points[j].y, d->points[j].y);
    }
    for (size_t i = 0; i < m->plane_count; i++) {
        shifts[i] = y - spans[i].top;
        y += spans[i].bottom - spans[i].top + GAP;
    }
    return shifts;
}

static struct flow_box shifted(struct flow_box box, double by)
{
    box.y += by;
    return box;
}

static const struct flow_drawn *drawn_of(const struct flow_model *m, str id)
{
    return map_get(&m->drawn_by_element, id);
}

static void take_drawing(struct arena *a, const struct flow_model *m, struct picture *p)
{
    const double *shifts = plane_shifts(a, m);

    for (size_t i = 0; i < m->nodes.count; i++) {
        const struct flow_drawn *d = drawn_of(m, m->nodes.at[i]->id);
        if (d == NULL || !d->box.set)
            continue;
        p->boxes[i] = shifted(d->box, shifts[d->plane]);
        p->open[i] = d->expanded;
    }
    for (size_t i = 0; i < m->edges.count; i++) {
        const struct flow_drawn *d = drawn_of(m, m->edges.at[i]->id);
        if (d == NULL || d->point_count < 2)
            continue;
        p->lines[i].at = NEW_N(a, d->point_count, struct flow_point);
        for (size_t j = 0; j < d->point_count; j++)
            p->lines[i].at[j] =
                (struct flow_point){d->points[j].x, d->points[j].y + shifts[d->plane]};
        p->lines[i].count = d->point_count;
        p->lines[i].label = d->label.set ? shifted(d->label, shifts[d->plane]) : d->label;
    }
    p->shifts = shifts;
}

/* ---- from left to right
 * --------------------------------------------------------------------------- */

/* The column of each node: one after the last of those before it, loops left out. */
static void rank(const struct flow_scope *scope, size_t *column)
{
    bool changed = true;

    for (size_t round = 0; changed && round < scope->nodes.count; round++) {
        changed = false;
        for (size_t i = 0; i < scope->edges.count; i++) {
            const struct flow_edge *e = scope->edges.at[i];
            if (e->to->index <= e->from->index && column[e->to->index] != 0)
                continue; /* most likely a way back */
            size_t next = column[e->from->index] + 1;
            if (column[e->to->index] < next && next < scope->nodes.count) {
                column[e->to->index] = next;
                changed = true;
            }
        }
    }
}

static struct flow_box box_at(const struct flow_node *n, double x, double y)
{
    double w = TASK_W, h = TASK_H;

    if (flow_class_of(n->kind) == FLOW_EVENT)
        w = h = EVENT;
    if (flow_class_of(n->kind) == FLOW_GATEWAY)
        w = h = GATE;
    return (struct flow_box){x - w / 2, y - h / 2, w, h, true};
}

static void place_borders(const struct flow_node *n, struct picture *p)
{
    const struct flow_box *host = &p->boxes[n->index];

    for (size_t i = 0; i < n->boundary.count; i++)
        p->boxes[n->boundary.at[i]->index] =
            box_at(n->boundary.at[i], host->x + 20 + (double)i * 40, host->y + host->h);
}

/* Returns the height that the scope took. */
static double place(struct arena *a, const struct flow_model *m, const struct flow_scope *scope,
                    struct picture *p, double top)
{
    size_t *column = NEW_N(a, m->nodes.count + 1, size_t);
    size_t *rows = NEW_N(a, scope->nodes.count + 2, size_t), most = 0;

    rank(scope, column);
    for (size_t i = 0; i < scope->nodes.count; i++) {
        const struct flow_node *n = scope->nodes.at[i];
        if (n->host != NULL)
            continue;
        size_t row = rows[column[n->index]]++;
        if (rows[column[n->index]] > most)
            most = rows[column[n->index]];
        p->boxes[n->index] =
            box_at(n, 60 + (double)column[n->index] * COLUMN, top + 60 + (double)row * ROW);
        place_borders(n, p);
    }
    return (double)most * ROW;
}

static void add_point(struct line *l, double x, double y)
{
    l->at[l->count++] = (struct flow_point){x, y};
}

static void route(struct arena *a, const struct flow_edge *e, struct picture *p)
{
    const struct flow_box *f = &p->boxes[e->from->index], *t = &p->boxes[e->to->index];
    struct line *l = &p->lines[e->index];
    double fy = f->y + f->h / 2, ty = t->y + t->h / 2;

    if (!f->set || !t->set)
        return;
    l->at = NEW_N(a, 6, struct flow_point);
    if (e->from->host != NULL) {
        add_point(l, f->x + f->w / 2, f->y + f->h);
        add_point(l, f->x + f->w / 2, ty > f->y + f->h ? ty : f->y + f->h + 20);
        add_point(l, t->x, ty);
    } else if (t->x > f->x + f->w) {
        double bend = t->x - 20;
        add_point(l, f->x + f->w, fy);
        add_point(l, bend, fy);
        add_point(l, bend, ty);
        add_point(l, t->x, ty);
    } else {
        double low = (f->y + f->h > t->y + t->h ? f->y + f->h : t->y + t->h) + 15;
        add_point(l, f->x + f->w / 2, f->y + f->h);
        add_point(l, f->x + f->w / 2, low);
        add_point(l, t->x + t->w / 2, low);
        add_point(l, t->x + t->w / 2, t->y + t->h);
    }
}

static void lay_out(struct arena *a, const struct flow_model *m, struct picture *p)
{
    double top = 0;

    for (size_t i = 0; i < m->processes.count; i++)
        top += place(a, m, m->processes.at[i]->top, p, top) + GAP;
    for (size_t i = 0; i < m->edges.count; i++)
        if (m->edges.at[i]->from != NULL)
            route(a, m->edges.at[i], p);
}

void picture_make(struct arena *a, const struct flow_model *m, struct picture *p)
{
    bool any = false;

    p->boxes = NEW_N(a, m->nodes.count + 1, struct flow_box);
    p->open = NEW_N(a, m->nodes.count + 1, bool);
    p->lines = NEW_N(a, m->edges.count + 1, struct line);
    take_drawing(a, m, p);
    for (size_t i = 0; i < m->nodes.count; i++)
        any |= p->boxes[i].set;
    p->own = !any;
    if (!any)
        lay_out(a, m, p);
}
