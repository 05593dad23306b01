/* The county that this room's tests share. */
#pragma once
#include "approval/approval_int.h"

/* A county with one matter, a window, an examiner, a head, another body's head, and citizens. */
enum { WATER = 500, OTHER = 501 };
enum { WINDOW = 901, EXAMINER, HEAD, STRANGER, NEIGHBOUR_WINDOW };
enum { CITIZEN = 101, OTHER_CITIZEN };

struct world {
    struct arena *a;
    struct node *n;
    i64 matter;
    size_t events;
    struct buf told; /* kinds of the events since the last look */
    i64 seen;
};

/* Civil time of the world. */
extern instant now;

void open_world(struct world *w, struct arena *a);
void close_world(struct world *w); /* verifies by replay */
