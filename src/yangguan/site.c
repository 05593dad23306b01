#include "yangguan/site.h"
#include "approval/approval.h"
#include "portal/portal.h"
#include "registry/registry.h"

const struct routes *site_routes(struct arena *a, size_t *count)
{
    /* Each room's routes, a line a room. */
    const struct routes rooms[] = {
        log_routes,
        {registry_routes, registry_route_count},
        catalogue_routes,
        approval_citizen_routes,
        approval_desk_routes,
        portal_routes,
    };
    struct routes *all = NEW_N(a, COUNT(rooms), struct routes);

    memcpy(all, rooms, sizeof rooms);
    *count = COUNT(rooms);
    return all;
}

/* ---- what rooms ask of each other --------------------------------------------------------- */

fallible site_plug(struct arena *a)
{
    const struct calendar *calendar;

    TRY(calendar_shipped(a, &calendar));
    approval_use(&approval_registry, calendar);
    return OK;
}
