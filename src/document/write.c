#include "document/document_int.h"

#include <cairo-pdf.h>

enum { BODY = 13, SMALL = 11 };

static struct cell column(str text, double x, double width)
{
    return (struct cell){.text = text, .x = PAPER_MARGIN + x, .width = width};
}

static struct row line_of(str text, double size, enum side side)
{
    struct row row = {.count = 1, .size = size, .pitch = size * 1.75};

    row.cells[0] = column(text, 0, PAPER_INNER);
    row.cells[0].side = side;
    return row;
}

/* ---- title ----------------------------------------------------------------------------------- */

static fallible red_head(struct press *p)
{
    struct row row = line_of(p->doc->head, 27, SIDE_CENTRE);

    row.ink = INK_RED;
    TRY(press_row(p, &row));
    p->y += 8;
    if (p->drawing) {
        press_ink(p, INK_RED);
        cairo_rectangle(p->cr, PAPER_MARGIN, p->y, PAPER_INNER, 1.8);
        cairo_fill(p->cr);
    }
    p->y += 14;
    return OK;
}

static fallible title(struct press *p)
{
    struct row row = line_of(p->doc->title, 20, SIDE_CENTRE);
    struct row number = line_of(p->doc->number, 12, SIDE_CENTRE);

    if (p->doc->head.len > 0)
        TRY(red_head(p));
    TRY(press_row(p, &row));
    if (p->doc->number.len > 0)
        TRY(press_row(p, &number));
    p->y += 14;
    return OK;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static fallible paragraph(struct press *p, const struct document_block *b)
{
    struct row row = line_of(b->text, BODY, SIDE_LEFT);

    row.cells[0].indented = b->kind == DOCUMENT_PARAGRAPH;
    return press_row(p, &row);
}

static fallible heading(struct press *p, const struct document_block *b)
{
    struct row row = line_of(b->text, 15, SIDE_LEFT);

    p->y += 6;
    TRY(press_room(p, 4 * row.pitch)); /* not alone at the foot */
    return press_row(p, &row);
}

static fallible pairs(struct press *p, const struct document_block *b)
{
    p->y += 4;
    for (size_t i = 0; i + 1 < b->count; i += 2) {
        struct row row = {
            .count = 2, .size = 12, .pitch = 19, .pad = 4, .ruled = true, .whole = true};
        row.cells[0] = column(b->cells[i], 6, 96);
        row.cells[1] = column(b->cells[i + 1], 114, PAPER_INNER - 120);
        TRY(press_row(p, &row));
    }
    p->y += 10;
    return OK;
}

static struct row table_row(const struct document_block *b, size_t first)
{
    struct row row = {
        .count = b->columns, .size = SMALL, .pitch = 17, .pad = 4, .ruled = true, .whole = true};
    double shares = 0, x = 0;

    for (size_t i = 0; i < b->columns; i++)
        shares += b->widths ? b->widths[i] : 1;
    for (size_t i = 0; i < b->columns; i++) {
        double width = PAPER_INNER * (b->widths ? b->widths[i] : 1) / shares;
        row.cells[i] = column(b->cells[first + i], x + 6, width - 12);
        x += width;
    }
    return row;
}

static fallible table(struct press *p, const struct document_block *b)
{
    struct row head = table_row(b, 0);

    head.ink = INK_GREY;
    p->y += 4;
    TRY(press_room(p, 80)); /* the head and a row */
    TRY(press_row(p, &head));
    p->head = &head;
    for (size_t i = b->columns; i < b->count; i += b->columns) {
        struct row row = table_row(b, i);
        err e = press_row(p, &row);
        if (e != OK)
            p->head = NULL; /* it lies on this stack */
        TRY(e);
    }
    p->head = NULL;
    p->y += 10;
    return OK;
}

static fallible list(struct press *p, const struct document_block *b)
{
    for (size_t i = 0; i < b->count; i++) {
        struct row row = {.count = 2, .size = BODY, .pitch = BODY * 1.75};
        row.cells[0] = column(str_format(p->arena, "%zu.", i + 1), 2 * BODY, 2 * BODY);
        row.cells[1] = column(b->cells[i], 4 * BODY, PAPER_INNER - 4 * BODY);
        TRY(press_row(p, &row));
    }
    return OK;
}

static void dark_run(void *state, int x, int y, int length)
{
    cairo_rectangle(state, x, y, length, 1);
}

static fallible qr_draw(struct press *p, str text, double scale)
{
    int width = 0;

    cairo_save(p->cr);
    cairo_translate(p->cr, PAPER_MARGIN, p->y);
    cairo_scale(p->cr, scale, scale);
    cairo_set_source_rgb(p->cr, 0, 0, 0);
    TRY(qr_each(text, (struct qr_runs){p->cr, dark_run}, &width));
    cairo_fill(p->cr);
    cairo_restore(p->cr);
    return OK;
}

/* The code at the left, its caption beside it; a seal's block that follows shares their height. */
static fallible qr(struct press *p, const struct document_block *b)
{
    const double side = 82, gap = 14;
    struct row row = {.count = 1, .size = 9.5, .pitch = 15, .ink = INK_GREY, .whole = true};
    int width = 0;

    p->y += 20;
    TRY(press_room(p, side + 8));
    TRY(qr_each(b->text, (struct qr_runs){0}, &width));
    if (p->drawing)
        TRY(qr_draw(p, b->text, side / width));
    p->beside = p->y;
    row.cells[0] = column(b->caption, side + gap, 150);
    TRY(press_row(p, &row));
    if (p->beside > 0 && p->y < p->beside + side + 8)
        p->y = p->beside + side + 8;
    return OK;
}

static struct cell right_of(struct cell cell, double x)
{
    cell.x += x;
    cell.width -= x;
    return cell;
}

/* The place of a seal, in words: nothing here may be taken for one. */
static fallible seal(struct press *p, const struct document_block *b)
{
    struct argument agency = {"agency", {b->text, false}};
    str place = words(p->arena, p->doc->lang, T("（印章位置：{agency}的电子印章）"), &agency, 1);
    const str lines[] = {b->text, place, b->caption};
    double below = p->y;

    if (p->beside > 0)
        p->y = p->beside;
    else
        p->y += 16;
    TRY(press_room(p, 3 * 24));
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct row row = line_of(lines[i], i == 1 ? SMALL : BODY, SIDE_RIGHT);
        row.ink = i == 1 ? INK_GREY : INK_BLACK;
        if (p->beside > 0)
            row.cells[0] = right_of(row.cells[0], 255);
        TRY(press_row(p, &row));
    }
    if (p->beside > 0 && p->y < below)
        p->y = below;
    return OK;
}

static fallible block(struct press *p, const struct document_block *b)
{
    switch (b->kind) {
    case DOCUMENT_PARAGRAPH:
    case DOCUMENT_PLAIN:
        return paragraph(p, b);
    case DOCUMENT_HEADING:
        return heading(p, b);
    case DOCUMENT_PAIRS:
        return pairs(p, b);
    case DOCUMENT_TABLE:
        return table(p, b);
    case DOCUMENT_LIST:
        return list(p, b);
    case DOCUMENT_QR:
        return qr(p, b);
    case DOCUMENT_SEAL:
        return seal(p, b);
    }
    FAIL(ERR_UNSUPPORTED, "a block of kind %d", (int)b->kind);
}

/* ---- ceilings -------------------------------------------------------------------------------- */

static fallible weigh(str text, size_t *total)
{
    REQUIRE(text.len <= DOCUMENT_TEXT, ERR_LIMIT, "a text of %zu bytes in a paper", text.len);
    REQUIRE(utf8_valid(text), ERR_TEXT, "a text in a paper isn't UTF-8");
    *total += text.len;
    REQUIRE(*total <= DOCUMENT_TOTAL, ERR_LIMIT, "more than %d bytes of text in a paper",
            DOCUMENT_TOTAL);
    return OK;
}

static fallible weigh_block(const struct document_block *b, size_t *total)
{
    size_t columns = b->kind == DOCUMENT_TABLE ? b->columns : b->kind == DOCUMENT_PAIRS ? 2 : 1;

    assert(columns >= 1 && columns <= DOCUMENT_COLUMNS && b->count % columns == 0);
    assert(b->kind != DOCUMENT_TABLE || b->count >= columns);
    REQUIRE(b->count / columns <= DOCUMENT_ROWS, ERR_LIMIT, "%zu rows in a paper",
            b->count / columns);
    TRY(weigh(b->text, total));
    TRY(weigh(b->caption, total));
    for (size_t i = 0; i < b->count; i++)
        TRY(weigh(b->cells[i], total));
    return OK;
}

static fallible weigh_all(const struct document *d)
{
    size_t total = 0;

    REQUIRE(d->count <= DOCUMENT_BLOCKS, ERR_LIMIT, "%zu blocks in a paper", d->count);
    TRY(weigh(d->head, &total));
    TRY(weigh(d->title, &total));
    TRY(weigh(d->number, &total));
    TRY(weigh(d->subject, &total));
    for (size_t i = 0; i < d->count; i++)
        TRY(weigh_block(&d->blocks[i], &total));
    return OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static fallible flow(struct press *p)
{
    arena_mark mark = arena_here(p->arena);

    p->page = 0;
    p->beside = 0;
    TRY(press_turn(p));
    TRY(title(p));
    for (size_t i = 0; i < p->doc->count; i++) {
        TRY(block(p, &p->doc->blocks[i]));
        if (p->doc->blocks[i].kind != DOCUMENT_QR)
            p->beside = 0;
    }
    arena_back(p->arena, mark);
    return OK;
}

/* Without this font, text would come out in whatever is there, or not at all. A thread asks once.
 */
static fallible font_present(PangoFontMap *map)
{
    static _Thread_local bool present;
    PangoFontFamily **families;
    int count;

    if (present)
        return OK;
    pango_font_map_list_families(map, &families, &count);
    for (int i = 0; i < count; i++)
        present |= strcmp(pango_font_family_get_name(families[i]), DOCUMENT_FONT) == 0;
    g_free(families);
    REQUIRE(present, ERR_UNSUPPORTED, "font %s isn't installed (Debian: fonts-wqy-microhei)",
            DOCUMENT_FONT);
    return OK;
}

static PangoContext *context_of(PangoFontMap *map)
{
    PangoContext *context = pango_font_map_create_context(map);
    cairo_font_options_t *options = cairo_font_options_create();

    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    pango_cairo_context_set_resolution(context, 72);
    pango_context_set_round_glyph_positions(context, FALSE);
    pango_context_set_language(context, pango_language_from_string("zh-cn"));
    pango_context_set_base_dir(context, PANGO_DIRECTION_LTR);
    cairo_font_options_destroy(options);
    return context;
}

static cairo_status_t append(void *out, const unsigned char *bytes, unsigned int len)
{
    buf_add(out, bytes, len);
    return CAIRO_STATUS_SUCCESS;
}

/* The file's own words: the kind of paper and the caller's instant, nothing of a person. */
static void metadata(cairo_surface_t *surface, const struct document *d, struct arena *a)
{
    str made = instant_text(a, d->made);
    const char *day = str_z(a, str_format(a, "%.*sZ", (int)(made.len - 5), made.ptr)); /* no ms */
    str subject = d->subject.len > 0 ? d->subject : d->title;

    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE,
                                   str_z(a, text_shown(a, subject)));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Yangguan");
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, day);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_MOD_DATE, day);
}

static void surface_end(cairo_surface_t **s)
{
    cairo_surface_destroy(*s);
}

static void cairo_end(cairo_t **cr)
{
    if (*cr != NULL)
        cairo_destroy(*cr);
}

static fallible draw(struct buf *out, struct press *p)
{
    __attribute__((cleanup(surface_end))) cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(append, out, PAPER_WIDTH, PAPER_HEIGHT);
    metadata(surface, p->doc, p->arena);
    {
        __attribute__((cleanup(cairo_end))) cairo_t *cr = cairo_create(surface);
        p->cr = cr;
        p->drawing = true;
        TRY(flow(p));
        press_foot(p);
        cairo_show_page(cr);
    }
    cairo_surface_finish(surface);
    REQUIRE(cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS, ERR_UNSUPPORTED, "cairo: %s",
            cairo_status_to_string(cairo_surface_status(surface)));
    return OK;
}

static void press_end(struct press *p)
{
    if (p->context != NULL)
        g_object_unref(p->context);
    if (p->font != NULL)
        pango_font_description_free(p->font);
    arena_close(p->arena);
}

fallible document_pdf(struct buf *out, const struct document *d, int *pages)
{
    PangoFontMap *map = pango_cairo_font_map_get_default(); /* this thread's */
    size_t before = out->len;

    TRY(weigh_all(d));
    TRY(font_present(map));
    __attribute__((cleanup(press_end))) struct press p = {
        .arena = arena_open(), .doc = d, .context = context_of(map)};
    p.font = pango_font_description_from_string(DOCUMENT_FONT);
    TRY(flow(&p));
    p.pages = p.page;
    err e = draw(out, &p);
    if (e != OK)
        out->len = before;
    TRY(e);
    if (pages != NULL)
        *pages = p.pages;
    return OK;
}
