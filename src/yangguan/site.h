/*
 * site -- which rooms this program is made of: their events and their routes, from rooms.def.
 */
#pragma once
#include "ledger/ledger.h"
#include "web/web.h"

/* All rooms' kinds of events, in the arena. */
const struct event_kind *const *site_kinds(struct arena *a, size_t *count);

/* All rooms' routes. */
const struct routes *site_routes(struct arena *a, size_t *count);

extern const struct routes log_routes;
