#include "document/document_int.h"

/* Characters that print nothing, or that change how their neighbours are read: a name that holds
 * one must not look like another. Mongolian's selectors and the joiners of its words stay. */
static bool is_unseen(u32 c)
{
    static const u32 ranges[][2] = {
        {0x0001, 0x0009}, {0x000B, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},
        {0x034F, 0x034F}, {0x061C, 0x061C},   {0x115F, 0x1160},   {0x17B4, 0x17B5},
        {0x200B, 0x200F}, {0x202A, 0x202E},   {0x2060, 0x206F},   {0x3164, 0x3164},
        {0xE000, 0xF8FF}, {0xFDD0, 0xFDEF},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
        {0xFFF0, 0xFFFF}, {0x1D173, 0x1D17A}, {0xE0000, 0xE007F}, {0xF0000, 0x10FFFF}};

    for (size_t i = 0; i < COUNT(ranges); i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return (c & 0xFFFE) == 0xFFFE;
}

static void put(struct buf *b, u32 c)
{
    char bytes[4];

    buf_add(b, bytes, utf8_put(c, bytes));
}

static void put_number(struct buf *b, u32 c)
{
    buf_format(b, "〔U+%04X〕", c);
}

str text_shown(struct arena *a, str text)
{
    struct buf b = buf_in(a);
    size_t at = 0;

    while (at < text.len) {
        u32 c = utf8_next(text, &at);
        if (c == '\r' && at < text.len && text.ptr[at] == '\n')
            continue;
        if (c == '\t')
            buf_byte(&b, ' ');
        else if (c == 0x2028 || c == 0x2029)
            buf_byte(&b, '\n');
        else if (is_unseen(c))
            put_number(&b, c);
        else
            put(&b, c);
    }
    return buf_text(&b);
}

typedef VEC(u32) points;

static bool has(const points *all, u32 c)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->at[i] == c)
            return true;
    return false;
}

static void gather_of(struct arena *a, const PangoGlyphString *glyphs, points *out)
{
    for (int i = 0; i < glyphs->num_glyphs; i++) {
        PangoGlyph g = glyphs->glyphs[i].glyph;
        if (g != PANGO_GLYPH_EMPTY && (g & PANGO_GLYPH_UNKNOWN_FLAG) != 0 &&
            !has(out, g & ~PANGO_GLYPH_UNKNOWN_FLAG))
            vec_push(a, out, g & ~PANGO_GLYPH_UNKNOWN_FLAG);
    }
}

/* The characters of a layout that no font has. */
static points gather(struct arena *a, PangoLayout *layout)
{
    points found = {0};

    for (GSList *l = pango_layout_get_lines_readonly(layout); l != NULL; l = l->next)
        for (GSList *r = ((PangoLayoutLine *)l->data)->runs; r != NULL; r = r->next)
            gather_of(a, ((PangoLayoutRun *)r->data)->glyphs, &found);
    return found;
}

static str without(struct arena *a, str text, const points *absent)
{
    struct buf b = buf_in(a);
    size_t at = 0;

    while (at < text.len) {
        u32 c = utf8_next(text, &at);
        if (has(absent, c))
            put_number(&b, c);
        else
            put(&b, c);
    }
    return buf_text(&b);
}

PangoLayout *text_layout(struct press *p, const struct cell *cell, double size)
{
    PangoLayout *layout = pango_layout_new(p->context);
    str text = text_shown(p->arena, cell->text);

    pango_font_description_set_absolute_size(p->font, size * PANGO_SCALE);
    pango_layout_set_font_description(layout, p->font);
    pango_layout_set_width(layout, (int)(cell->width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_auto_dir(layout, FALSE);
    if (cell->indented)
        pango_layout_set_indent(layout, (int)(2 * size * PANGO_SCALE));
    pango_layout_set_text(layout, text.len ? text.ptr : "", (int)text.len);
    if (pango_layout_get_unknown_glyphs_count(layout) > 0) {
        points absent = gather(p->arena, layout);
        text = without(p->arena, text, &absent);
        pango_layout_set_text(layout, text.ptr, (int)text.len);
    }
    return layout;
}
