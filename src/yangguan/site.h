/*
 * site -- the routes of all rooms that this program is made of; their events are in kinds.c.
 */
#pragma once
#include "ledger/ledger.h"
#include "web/web.h"

/* All rooms' routes. */
const struct routes *site_routes(struct arena *a, size_t *count);

/* Plug rooms of one level into each other, once, before anything runs; the arena must last. */
fallible site_plug(struct arena *a);

extern const struct routes log_routes;
