#include "document/document_int.h"

void press_ink(struct press *p, enum ink ink)
{
    static const double inks[][3] = {[INK_BLACK] = {0.09, 0.11, 0.13},
                                     [INK_GREY] = {0.35, 0.40, 0.45},
                                     [INK_LINE] = {0.55, 0.59, 0.63},
                                     [INK_RED] = {0.77, 0.12, 0.10}};

    cairo_set_source_rgb(p->cr, inks[ink][0], inks[ink][1], inks[ink][2]);
}

/* ---- pages ----------------------------------------------------------------------------------- */

static fallible page_end(struct press *p)
{
    if (!p->drawing)
        return OK;
    press_foot(p);
    cairo_show_page(p->cr);
    REQUIRE(cairo_status(p->cr) == CAIRO_STATUS_SUCCESS, ERR_UNSUPPORTED, "cairo: %s",
            cairo_status_to_string(cairo_status(p->cr)));
    return OK;
}

fallible press_turn(struct press *p)
{
    const struct row *head = p->head;

    REQUIRE(p->page < DOCUMENT_PAGES, ERR_LIMIT, "a paper of more than %d pages", DOCUMENT_PAGES);
    if (p->page > 0)
        TRY(page_end(p));
    p->page++;
    p->y = PAPER_MARGIN;
    p->beside = 0;
    if (head == NULL)
        return OK;
    p->head = NULL; /* a head that fills the page doesn't repeat itself without end */
    TRY(press_row(p, head));
    if (p->y < PAPER_BOTTOM / 2)
        p->head = head;
    return OK;
}

fallible press_room(struct press *p, double height)
{
    return p->y + height > PAPER_BOTTOM ? press_turn(p) : OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Layouts of a row's cells while it is drawn, and how far each has come. */
struct setting {
    PangoLayout *layouts[DOCUMENT_COLUMNS];
    GSList *next[DOCUMENT_COLUMNS];
    size_t count;
    int lines;
};

static void setting_end(struct setting *s)
{
    for (size_t i = 0; i < s->count; i++)
        g_object_unref(s->layouts[i]);
}
#define scoped_setting __attribute__((cleanup(setting_end))) struct setting

static void setting_begin(struct press *p, const struct row *row, struct setting *s)
{
    for (; s->count < row->count; s->count++) {
        PangoLayout *layout = text_layout(p, &row->cells[s->count], row->size);
        int lines = pango_layout_get_line_count(layout);
        s->layouts[s->count] = layout;
        s->next[s->count] = pango_layout_get_lines_readonly(layout);
        s->lines = lines > s->lines ? lines : s->lines;
    }
}

static double start_of(const struct cell *cell, double size, PangoLayoutLine *line)
{
    PangoRectangle extents;
    double indent = cell->indented && line->is_paragraph_start ? 2 * size : 0;

    if (cell->side == SIDE_LEFT)
        return cell->x + indent;
    pango_layout_line_get_extents(line, NULL, &extents);
    double rest = cell->width - extents.width / (double)PANGO_SCALE;
    return cell->x + (cell->side == SIDE_CENTRE ? rest / 2 : rest);
}

/* Draws the next lines of one cell from `top` on. */
static void cell_lines(struct press *p, const struct row *row, struct setting *s, size_t i,
                       int lines)
{
    double base = p->y + row->pad + row->pitch / 2 + row->size * 0.36;

    for (int n = 0; n < lines && s->next[i] != NULL; n++, s->next[i] = s->next[i]->next) {
        if (!p->drawing)
            continue;
        PangoLayoutLine *line = s->next[i]->data;
        cairo_move_to(p->cr, start_of(&row->cells[i], row->size, line), base + n * row->pitch);
        pango_cairo_show_layout_line(p->cr, line);
    }
}

static void boxes(struct press *p, const struct row *row, double height)
{
    double pad = 6; /* between a cell's text and its box */

    press_ink(p, INK_LINE);
    cairo_set_line_width(p->cr, 0.6);
    for (size_t i = 0; i < row->count; i++)
        cairo_rectangle(p->cr, row->cells[i].x - pad, p->y, row->cells[i].width + 2 * pad, height);
    cairo_stroke(p->cr);
}

/* Draws `lines` of each cell and moves below them. */
static void row_part(struct press *p, const struct row *row, struct setting *s, int lines)
{
    double height = lines * row->pitch + 2 * row->pad;

    if (p->drawing && row->ruled)
        boxes(p, row, height);
    if (p->drawing)
        press_ink(p, row->ink);
    for (size_t i = 0; i < row->count; i++)
        cell_lines(p, row, s, i, lines);
    p->y += height;
    s->lines -= lines;
}

/* How many of the lines left go on this page; leaves no line alone at an edge. */
static int lines_here(const struct press *p, const struct row *row, int left)
{
    double room = (PAPER_BOTTOM - p->y - 2 * row->pad) / row->pitch;
    int fit = room > 0 ? (int)room : 0;

    if (fit >= left)
        return left;
    if (fit == left - 1 && fit > 2)
        return fit - 1;
    return fit < 2 ? 0 : fit;
}

fallible press_row(struct press *p, const struct row *row)
{
    arena_mark mark = arena_here(p->arena);
    scoped_setting s = {0};
    setting_begin(p, row, &s);
    double height = s.lines * row->pitch + 2 * row->pad;

    if (row->whole && height < PAPER_BOTTOM * 0.6)
        TRY(press_room(p, height));
    while (s.lines > 0) {
        int lines = lines_here(p, row, s.lines);
        if (lines > 0)
            row_part(p, row, &s, lines);
        if (s.lines > 0)
            TRY(press_turn(p));
    }
    arena_back(p->arena, mark);
    return OK;
}

/* ---- foot ------------------------------------------------------------------------------------ */

static void foot_text(struct press *p, str text, enum side side)
{
    double width = side == SIDE_LEFT ? PAPER_INNER * 0.38 : PAPER_INNER;
    struct cell cell = {text, PAPER_MARGIN, width, side, false};
    PangoLayout *layout = text_layout(p, &cell, 9);
    PangoLayoutLine *line = pango_layout_get_line_readonly(layout, 0);

    cairo_move_to(p->cr, start_of(&cell, 9, line), PAPER_HEIGHT - PAPER_MARGIN);
    pango_cairo_show_layout_line(p->cr, line);
    g_object_unref(layout);
}

void press_foot(struct press *p)
{
    arena_mark mark = arena_here(p->arena);
    struct buf b = buf_in(p->arena);
    const struct argument of[] = {{"page", piece_i64(&b, p->page)},
                                  {"pages", piece_i64(&b, p->pages)}};

    press_ink(p, INK_GREY);
    foot_text(p, p->doc->number, SIDE_LEFT);
    foot_text(p, words(p->arena, p->doc->lang, T("第 {page} 页，共 {pages} 页"), of, COUNT(of)),
              SIDE_CENTRE);
    foot_text(p, format_day(&b, p->doc->lang, p->doc->made), SIDE_RIGHT);
    arena_back(p->arena, mark);
}
