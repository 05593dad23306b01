#include "yangguan/site.h"

/* Each room's routes, a line a room. */
static const struct routes *const rooms[] = {
    &log_routes,
};

const struct routes *site_routes(struct arena *a, size_t *count)
{
    struct routes *all = NEW_N(a, COUNT(rooms), struct routes);

    for (size_t i = 0; i < COUNT(rooms); i++)
        all[i] = *rooms[i];
    *count = COUNT(rooms);
    return all;
}
