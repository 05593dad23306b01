/* document_int -- the press: one paper on its way to pages. Private to this room. */
#pragma once
#include "document/document.h"

#include <pango/pangocairo.h>

/* Points; A4 with margins of 18 mm. The foot stands below the text, inside the margin's box. */
#define PAPER_WIDTH 595.276
#define PAPER_HEIGHT 841.890
#define PAPER_MARGIN 51.024
#define PAPER_INNER (PAPER_WIDTH - 2 * PAPER_MARGIN)
#define PAPER_BOTTOM (PAPER_HEIGHT - PAPER_MARGIN - 26)

enum ink { INK_BLACK, INK_GREY, INK_LINE, INK_RED };
enum side { SIDE_LEFT, SIDE_CENTRE, SIDE_RIGHT };

/* A run of text in a column. */
struct cell {
    str text;
    double x, width;
    enum side side;
    bool indented; /* by two characters at each beginning */
};

/* Cells beside each other in one size, whose lines lie on one grid and may go over pages. */
struct row {
    struct cell cells[DOCUMENT_COLUMNS];
    size_t count;
    double size;  /* of the letters */
    double pitch; /* from line to line */
    double pad;   /* above and below in each cell */
    enum ink ink;
    bool ruled; /* a box around each cell */
    bool whole; /* begins a new page rather than break, where it fits on one */
};

struct press {
    struct arena *arena;
    const struct document *doc;
    cairo_t *cr;
    PangoContext *context;
    PangoFontDescription *font;
    bool drawing; /* else it only counts pages */
    int page, pages;
    double y;
    double beside;          /* the top of a QR code that a seal may stand beside, or 0 */
    const struct row *head; /* repeated after each turn of the page, or NULL */
};

/* text.c: text as it can be seen: controls, invisible characters by number, line ends as \n. */
str text_shown(struct arena *a, str text);
/* A layout of the text in that width, with characters that no font has shown by number. The caller
 * unrefs it. */
PangoLayout *text_layout(struct press *p, const struct cell *cell, double size);

/* press.c */
void press_ink(struct press *p, enum ink ink);
fallible press_turn(struct press *p);
fallible press_room(struct press *p, double height); /* turns the page unless so much is left */
fallible press_row(struct press *p, const struct row *row);
void press_foot(struct press *p);

/* qr.c: the modules as dark runs: calls `run` for each with its place and length. */
struct qr_runs {
    void *state;
    void (*run)(void *state, int x, int y, int length);
};
fallible qr_each(str text, struct qr_runs runs, int *width);

/* words.c: messages with their arguments, in the paper's language. */
str words(struct arena *a, const struct lang *lang, const char *key, const struct argument *args,
          size_t count);
