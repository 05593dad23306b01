/*
 * draw -- the picture as SVG. Colours and type are the page's: only classes, so that the content
 * security policy needs no exception. LAW: 政府信息公开条例 20 (the procedure of each matter is
 * published).
 */
#include "flow/flow_int.h"

enum { MARGIN = 20, LINE = 18, SMALL_LINE = 16, MOST_LINES = 3, LETTER = 15, SMALL = 13 };

struct pen {
    struct buf *out;
    const struct flow_model *m;
    const struct flow_marks *marks;
    struct picture p;
    struct flow_box all; /* what everything together covers */
};

static void escaped(struct buf *out, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '<')
            buf_z(out, "&lt;");
        else if (c == '>')
            buf_z(out, "&gt;");
        else if (c == '&')
            buf_z(out, "&amp;");
        else if (c == '"')
            buf_z(out, "&quot;");
        else if ((u8)c < ' ')
            buf_z(out, " ");
        else
            buf_byte(out, (u8)c);
    }
}

/* ---- text in a box
 * ------------------------------------------------------------------------------- */

/* Chinese signs are square, others half as wide. */
static double width_of(u32 point, double size)
{
    return point < 0x2E80 ? size * 0.55 : size;
}

/* The next piece of `text` that fits; words of Latin letters stay whole where they can. */
static str take_line(str *text, double width, double size)
{
    size_t at = 0, blank = 0;
    double used = 0;

    while (at < text->len) {
        size_t before = at;
        u32 point = utf8_next(*text, &at);
        if (point == '\n' || point == '\r') {
            at = before;
            break;
        }
        if (point == ' ')
            blank = before;
        used += width_of(point, size);
        if (used > width && before > 0) {
            at = blank > 0 ? blank : before;
            break;
        }
    }
    str piece = str_trim(str_sub(*text, 0, at));
    *text = str_trim(str_sub(*text, at, text->len));
    return piece;
}

static void text_at(struct pen *pen, const char *class, double x, double y, str text)
{
    buf_format(pen->out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", class,
               x, y);
    escaped(pen->out, text);
    buf_z(pen->out, "</text>");
}

struct lines {
    str at[MOST_LINES + 2];
    bool small[MOST_LINES + 2];
    size_t count;
    bool smaller; /* what is added next */
};

static void add_lines(struct arena *a, struct lines *l, str text, double width, size_t most)
{
    bool small = l->smaller;

    for (size_t i = 0; i < most && text.len && l->count < COUNT(l->at); i++) {
        l->at[l->count] = take_line(&text, width, small ? SMALL : LETTER);
        if (i + 1 == most && text.len)
            l->at[l->count] = str_format(a, "%.*s…", STR(l->at[l->count]));
        l->small[l->count++] = small;
    }
}

static void write_lines(struct pen *pen, const struct lines *l, const struct flow_box *b, bool now)
{
    double height = 0, y;

    for (size_t i = 0; i < l->count; i++)
        height += l->small[i] ? SMALL_LINE : LINE;
    y = b->y + (b->h - height) / 2;
    for (size_t i = 0; i < l->count; i++) {
        y += l->small[i] ? SMALL_LINE : LINE;
        text_at(pen, l->small[i] ? (now ? "d-t s w" : "d-t s") : (now ? "d-t w" : "d-t"),
                b->x + b->w / 2, y - 4, l->at[i]);
    }
}

/* "5 个工作日", or "当场" for none. */
static str limit_text(struct arena *a, const struct flow_limit *limit)
{
    static const char *const units[FLOW_UNITS] = {
        [FLOW_WORKING_DAY] = "个工作日",
        [FLOW_NATURAL_DAY] = "日",
        [FLOW_MONTH] = "个月",
        [FLOW_HOUR] = "小时",
    };

    if (!limit->set)
        return S("");
    if (limit->amount == 0)
        return S("当场");
    return str_format(a, "%lld %s", (long long)limit->amount, units[limit->unit]);
}

/* ---- shapes
 * ----------------------------------------------------------------------------------------- */

static bool marked(const str *ids, size_t count, str id)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(ids[i], id))
            return true;
    return false;
}

static bool is_now(const struct pen *pen, str id)
{
    return marked(pen->marks->now, pen->marks->now_count, id);
}

static bool is_done(const struct pen *pen, str id)
{
    return marked(pen->marks->done, pen->marks->done_count, id);
}

static const char *node_class(const struct pen *pen, str id)
{
    if (is_now(pen, id))
        return "d-n d-now";
    return is_done(pen, id) ? "d-n d-done" : "d-n";
}

static void rect(struct pen *pen, const char *class, const struct flow_box *b, double round)
{
    buf_format(
        pen->out,
        "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"%.0f\"/>",
        class, b->x, b->y, b->w, b->h, round);
}

static void circle(struct pen *pen, const char *class, const struct flow_box *b, double inset)
{
    buf_format(pen->out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>", class,
               b->x + b->w / 2, b->y + b->h / 2, b->w / 2 > inset ? b->w / 2 - inset : 1);
}

/* An event's second ring, a clock's hands, an envelope … told apart without colour. */
static void event_sign(struct pen *pen, const struct flow_node *n, const struct flow_box *b)
{
    double x = b->x + b->w / 2, y = b->y + b->h / 2, r = b->w / 5;

    switch (n->trigger) {
    case FLOW_TIMER:
        circle(pen, "d-l", b, b->w / 4);
        buf_format(pen->out, "<path class=\"d-l\" d=\"M%.1f %.1fV%.1fH%.1f\"/>", x, y - r, y,
                   x + r);
        break;
    case FLOW_MESSAGE:
        buf_format(pen->out,
                   "<path class=\"d-l\" d=\"M%.1f %.1fh%.1fv%.1fh%.1fzl%.1f %.1fl%.1f %.1f\"/>",
                   x - r, y - r * .7, 2 * r, 1.4 * r, -2 * r, r, .7 * r, r, -.7 * r);
        break;
    case FLOW_TERMINATE:
        circle(pen, "d-n d-dot", b, b->w / 4);
        break;
    case FLOW_NONE:
        break;
    case FLOW_SIGNAL:
    case FLOW_ERROR:
    case FLOW_ESCALATION:
    case FLOW_CANCEL:
    case FLOW_COMPENSATE:
    case FLOW_CONDITION:
    case FLOW_LINK:
    case FLOW_MULTIPLE:
        buf_format(pen->out, "<path class=\"d-l\" d=\"M%.1f %.1fl%.1f %.1fh%.1fz\"/>", x, y - r, r,
                   1.6 * r, -2 * r);
        break;
    }
}

static void draw_event(struct pen *pen, const struct flow_node *n, const struct flow_box *b)
{
    circle(pen, node_class(pen, n->id), b, 0);
    if (n->kind == FLOW_END)
        circle(pen, "d-l d-end", b, 2);
    if (n->kind == FLOW_CATCH || n->kind == FLOW_THROW || n->kind == FLOW_BOUNDARY)
        circle(pen, "d-l", b, 4);
    event_sign(pen, n, b);
}

static void draw_gateway(struct pen *pen, const struct flow_node *n, const struct flow_box *b)
{
    double x = b->x + b->w / 2, y = b->y + b->h / 2, r = b->w / 6;

    buf_format(pen->out, "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fL%.1f %.1fz\"/>",
               node_class(pen, n->id), x, b->y, b->x + b->w, y, x, b->y + b->h, b->x, y);
    if (n->kind == FLOW_EXCLUSIVE || n->kind == FLOW_COMPLEX)
        buf_format(pen->out, "<path class=\"d-l\" d=\"M%.1f %.1fl%.1f %.1fm0 %.1fl%.1f %.1f\"/>",
                   x - r, y - r, 2 * r, 2 * r, -2 * r, -2 * r, 2 * r);
    if (n->kind == FLOW_PARALLEL || n->kind == FLOW_COMPLEX)
        buf_format(pen->out, "<path class=\"d-l\" d=\"M%.1f %.1fh%.1fM%.1f %.1fv%.1f\"/>",
                   x - 1.4 * r, y, 2.8 * r, x, y - 1.4 * r, 2.8 * r);
    if (n->kind == FLOW_INCLUSIVE || n->kind == FLOW_EVENT_BASED)
        circle(pen, "d-l", b, b->w / 2 - 1.4 * r);
}

/* A post that the drawing already tells by its lane. */
static bool lane_shown(const struct pen *pen, const struct flow_node *n)
{
    if (!str_eq(n->post, n->lane) || pen->p.own)
        return false;
    for (size_t i = 0; i < pen->m->extras.count; i++) {
        const struct flow_extra *x = &pen->m->extras.at[i];
        if (x->kind == FLOW_LANE && str_eq(x->name, n->lane) &&
            map_get(&pen->m->drawn_by_element, x->id) != NULL)
            return true;
    }
    return false;
}

static void draw_activity(struct pen *pen, const struct flow_node *n, const struct flow_box *b,
                          bool open)
{
    struct lines l = {0};
    struct arena *a = pen->out->arena;
    bool now = is_now(pen, n->id);
    double width = b->w - 8;

    rect(pen, node_class(pen, n->id), b, 8);
    if (open) {
        text_at(pen, "d-t s", b->x + b->w / 2, b->y + LINE, n->name);
        return;
    }
    str post = lane_shown(pen, n) ? S("") : n->post, limit = limit_text(a, &n->limit);
    struct flow_box inner = *b;
    if (n->inside != NULL) {
        buf_format(pen->out, "<path class=\"d-l\" d=\"M%.1f %.1fh12m-6 -6v12\"/>",
                   b->x + b->w / 2 - 6, b->y + b->h - 9);
        inner.h -= 14;
    }
    double room = inner.h - 8 - (double)((post.len > 0) + (limit.len > 0)) * SMALL_LINE;
    add_lines(a, &l, n->name, width, room < 2 * LINE ? 1 : room < 3 * LINE ? 2 : MOST_LINES);
    l.smaller = true;
    add_lines(a, &l, post, width, 1);
    add_lines(a, &l, limit, width, 1);
    write_lines(pen, &l, &inner, now);
}

/* The name of an event or gateway stands below it. */
static void name_below(struct pen *pen, const struct flow_node *n, const struct flow_box *b)
{
    const struct flow_drawn *d = map_get(&pen->m->drawn_by_element, n->id);
    struct lines l = {0};
    struct flow_box place = {b->x + b->w / 2 - 60, b->y + b->h, 120, 0, true};

    if (!pen->p.own && d != NULL && d->label.set && d->label.w > 0) {
        place = d->label;
        place.y += pen->p.shifts[d->plane];
    }
    l.smaller = true;
    add_lines(pen->out->arena, &l, n->name, place.w < 90 ? 90 : place.w, 2);
    place.h = (double)l.count * SMALL_LINE;
    write_lines(pen, &l, &place, false);
}

static void draw_node(struct pen *pen, const struct flow_node *n)
{
    const struct flow_box *b = &pen->p.boxes[n->index];
    bool now = is_now(pen, n->id);

    if (!b->set)
        return;
    buf_format(pen->out, "<g class=\"d-g%s\" data-id=\"",
               now                   ? " now"
               : is_done(pen, n->id) ? " done"
                                     : "");
    escaped(pen->out, n->id);
    buf_z(pen->out, now ? "\" aria-current=\"step\">" : "\">");
    switch (flow_class_of(n->kind)) {
    case FLOW_EVENT:
        draw_event(pen, n, b);
        name_below(pen, n, b);
        break;
    case FLOW_GATEWAY:
        draw_gateway(pen, n, b);
        name_below(pen, n, b);
        break;
    case FLOW_ACTIVITY:
        draw_activity(pen, n, b, n->inside != NULL && pen->p.open[n->index] && b->w > 150);
        break;
    }
    buf_z(pen->out, "</g>\n");
}

/* ---- lines
 * -------------------------------------------------------------------------------------------- */

static double absolute(double v)
{
    return v < 0 ? -v : v;
}

/* An open arrow head at the line's end, along its last piece. */
static void arrow(struct pen *pen, const struct flow_point *from, const struct flow_point *to)
{
    double dx = to->x - from->x, dy = to->y - from->y;
    double length = absolute(dx) > absolute(dy) ? absolute(dx) + absolute(dy) * .4
                                                : absolute(dy) + absolute(dx) * .4;

    if (length < 1)
        return;
    dx = dx / length * 8;
    dy = dy / length * 8;
    buf_format(pen->out, "M%.1f %.1fL%.1f %.1fL%.1f %.1f", to->x - dx - dy * .6,
               to->y - dy + dx * .6, to->x, to->y, to->x - dx + dy * .6, to->y - dy - dx * .6);
}

/* Beside the middle of the longest piece. */
static struct flow_point label_point(const struct line *l)
{
    size_t best = 1;
    double most = -1;

    for (size_t i = 1; i < l->count; i++) {
        double length =
            absolute(l->at[i].x - l->at[i - 1].x) + absolute(l->at[i].y - l->at[i - 1].y);
        if (length > most) {
            most = length;
            best = i;
        }
    }
    return (struct flow_point){(l->at[best].x + l->at[best - 1].x) / 2,
                               (l->at[best].y + l->at[best - 1].y) / 2 - 6};
}

static void draw_line(struct pen *pen, const struct line *l, const char *class, str name)
{
    struct flow_point at;

    buf_format(pen->out, "<path class=\"%s\" d=\"M%.1f %.1f", class, l->at[0].x, l->at[0].y);
    for (size_t i = 1; i < l->count; i++)
        buf_format(pen->out, "L%.1f %.1f", l->at[i].x, l->at[i].y);
    if (strstr(class, "d-note") == NULL)
        arrow(pen, &l->at[l->count - 2], &l->at[l->count - 1]);
    buf_z(pen->out, "\"/>\n");
    if (name.len == 0)
        return;
    at = label_point(l);
    if (l->label.set && l->label.w > 0)
        at = (struct flow_point){l->label.x + l->label.w / 2, l->label.y + l->label.h / 2 + 5};
    text_at(pen, "d-t s", at.x, at.y, take_line(&name, 160, SMALL));
}

/* ---- pools, lanes, notes, message flows
 * ------------------------------------------------------------------ */

static void draw_frame(struct pen *pen, const struct flow_drawn *d, const struct flow_extra *x)
{
    struct flow_box b = d->box;

    b.y += pen->p.shifts[d->plane];
    rect(pen, x->kind == FLOW_POOL ? "d-n d-pool" : "d-n d-lane", &b, 0);
    double cx = d->upright ? b.x + b.w / 2 : b.x + 15, cy = d->upright ? b.y + 18 : b.y + b.h / 2;
    buf_format(pen->out,
               "<text class=\"d-t s\" text-anchor=\"middle\" transform=\"translate(%.1f %.1f)%s\">",
               cx + (d->upright ? 0 : 5), cy, d->upright ? "" : " rotate(-90)");
    escaped(pen->out, x->name);
    buf_z(pen->out, "</text>\n");
}

static void draw_note(struct pen *pen, const struct flow_drawn *d, const struct flow_extra *x)
{
    struct flow_box b = d->box;
    struct lines l = {0};

    b.y += pen->p.shifts[d->plane];
    buf_format(pen->out, "<path class=\"d-l\" d=\"M%.1f %.1fh-8v%.1fh8\"/>", b.x + 8, b.y, b.h);
    l.smaller = true;
    add_lines(pen->out->arena, &l, x->name, b.w - 12, COUNT(l.at));
    write_lines(pen, &l, &b, false);
}

static void draw_dashed(struct pen *pen, const struct flow_drawn *d, const struct flow_extra *x)
{
    struct line l = {.at = NEW_N(pen->out->arena, d->point_count, struct flow_point),
                     .count = d->point_count};

    for (size_t i = 0; i < l.count; i++)
        l.at[i] = (struct flow_point){d->points[i].x, d->points[i].y + pen->p.shifts[d->plane]};
    draw_line(pen, &l, x->kind == FLOW_MESSAGE_FLOW ? "d-l d-message" : "d-l d-note", x->name);
}

enum layer { POOLS, LANES, NOTES };

static enum layer layer_of(enum flow_extra_kind kind)
{
    return kind == FLOW_POOL ? POOLS : kind == FLOW_LANE ? LANES : NOTES;
}

static void draw_extras(struct pen *pen, enum layer layer)
{
    for (size_t i = 0; i < pen->m->extras.count && !pen->p.own; i++) {
        const struct flow_extra *x = &pen->m->extras.at[i];
        const struct flow_drawn *d = map_get(&pen->m->drawn_by_element, x->id);
        if (d == NULL || layer_of(x->kind) != layer)
            continue;
        if (layer != NOTES && d->box.set)
            draw_frame(pen, d, x);
        else if (x->kind == FLOW_NOTE && d->box.set)
            draw_note(pen, d, x);
        else if (layer == NOTES && d->point_count >= 2)
            draw_dashed(pen, d, x);
    }
}

/* ---- the whole
 * --------------------------------------------------------------------------------------------- */

static void cover(struct flow_box *all, double x, double y, double w, double h)
{
    if (!all->set) {
        *all = (struct flow_box){x, y, w, h, true};
        return;
    }
    double right = all->x + all->w > x + w ? all->x + all->w : x + w;
    double bottom = all->y + all->h > y + h ? all->y + all->h : y + h;

    all->x = x < all->x ? x : all->x;
    all->y = y < all->y ? y : all->y;
    all->w = right - all->x;
    all->h = bottom - all->y;
}

static void measure(struct pen *pen)
{
    const struct picture *p = &pen->p;

    for (size_t i = 0; i < pen->m->nodes.count; i++)
        if (p->boxes[i].set)
            cover(&pen->all, p->boxes[i].x, p->boxes[i].y, p->boxes[i].w, p->boxes[i].h + 30);
    for (size_t i = 0; i < pen->m->edges.count; i++)
        for (size_t j = 0; j < p->lines[i].count; j++)
            cover(&pen->all, p->lines[i].at[j].x, p->lines[i].at[j].y, 0, 0);
    for (size_t i = 0; i < pen->m->extras.count && !p->own; i++) {
        const struct flow_drawn *d = map_get(&pen->m->drawn_by_element, pen->m->extras.at[i].id);
        if (d != NULL && d->box.set)
            cover(&pen->all, d->box.x, d->box.y + p->shifts[d->plane], d->box.w, d->box.h);
    }
}

static str title_of(const struct flow_model *m)
{
    for (size_t i = 0; i < m->processes.count; i++)
        if (m->processes.at[i]->name.len)
            return m->processes.at[i]->name;
    return m->name.len ? m->name : S("流程图");
}

/* What the picture shows, for who can't see it: the steps with post and limit, and where it is. */
static void describe(struct pen *pen)
{
    buf_z(pen->out, "<title>");
    escaped(pen->out, title_of(pen->m));
    buf_z(pen->out, "</title>\n<desc>");
    for (size_t i = 0; i < pen->m->nodes.count; i++) {
        const struct flow_node *n = pen->m->nodes.at[i];
        str limit = limit_text(pen->out->arena, &n->limit);
        if (flow_class_of(n->kind) != FLOW_ACTIVITY || n->name.len == 0)
            continue;
        escaped(pen->out, n->name);
        if (n->post.len || limit.len) {
            buf_z(pen->out, "（");
            escaped(pen->out, n->post);
            buf_z(pen->out, n->post.len && limit.len ? "，" : "");
            escaped(pen->out, limit);
            buf_z(pen->out, "）");
        }
        buf_z(pen->out, is_now(pen, n->id)    ? "正在办理；"
                        : is_done(pen, n->id) ? "已完成；"
                                              : "；");
    }
    buf_z(pen->out, "</desc>\n");
}

/* Frames first, then sub-processes from the outside in, so that nothing covers what it holds. */
static void draw_parts(struct pen *pen)
{
    draw_extras(pen, POOLS);
    draw_extras(pen, LANES);
    for (size_t i = 0; i < pen->m->nodes.count; i++)
        if (pen->m->nodes.at[i]->inside != NULL)
            draw_node(pen, pen->m->nodes.at[i]);
    for (size_t i = 0; i < pen->m->edges.count; i++) {
        const struct flow_edge *e = pen->m->edges.at[i];
        bool done = e->from != NULL && is_done(pen, e->from->id) &&
                    (is_done(pen, e->to->id) || is_now(pen, e->to->id));
        if (pen->p.lines[i].count >= 2)
            draw_line(pen, &pen->p.lines[i], done ? "d-l done" : "d-l", e->name);
    }
    for (size_t i = 0; i < pen->m->nodes.count; i++)
        if (pen->m->nodes.at[i]->inside == NULL && pen->m->nodes.at[i]->kind != FLOW_BOUNDARY)
            draw_node(pen, pen->m->nodes.at[i]);
    for (size_t i = 0; i < pen->m->nodes.count; i++)
        if (pen->m->nodes.at[i]->kind == FLOW_BOUNDARY)
            draw_node(pen, pen->m->nodes.at[i]);
    draw_extras(pen, NOTES);
}

void flow_draw(struct buf *out, const struct flow_model *m, const struct flow_marks *marks)
{
    struct pen pen = {.out = out, .m = m, .marks = marks};

    picture_make(out->arena, m, &pen.p);
    measure(&pen);
    buf_format(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"%.0f %.0f %.0f %.0f\" role=\"img\">",
        pen.all.x - MARGIN, pen.all.y - MARGIN, pen.all.w + 2 * MARGIN, pen.all.h + 2 * MARGIN);
    describe(&pen);
    draw_parts(&pen);
    buf_z(out, "</svg>\n");
}
