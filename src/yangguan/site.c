#include "yangguan/site.h"
#include "approval/approval.h"
#include "calendar/calendar.h"
#include "portal/portal.h"
#include "registry/registry.h"

const struct routes *site_routes(struct arena *a, size_t *count)
{
    /* Each room's routes, a line a room. */
    const struct routes rooms[] = {
        log_routes,           {registry_routes, registry_route_count},
        catalogue_routes,     approval_citizen_routes,
        approval_desk_routes, portal_routes,
    };
    struct routes *all = NEW_N(a, COUNT(rooms), struct routes);

    memcpy(all, rooms, sizeof rooms);
    *count = COUNT(rooms);
    return all;
}

/* ---- what rooms ask of each other --------------------------------------------------------- */

static fallible acting(struct arena *a, struct db *db, i64 person, i64 post, struct acting *out)
{
    struct acting_post p;

    TRY(registry_acting(a, db, person, post, &p));
    *out = (struct acting){.body = p.body,
                           .name = p.name,
                           .body_name = p.body_name,
                           .duties = p.duties,
                           .division_path = p.division_path};
    return OK;
}

static fallible person(struct arena *a, struct node *n, i64 id, struct applicant *out)
{
    TRY(registry_person_name(a, n, id, &out->name));
    return registry_person_number(a, n, id, &out->identity);
}

fallible site_plug(struct arena *a)
{
    static const struct approval_who who = {acting, person};
    static const struct portal_site portal = {.apply = "/matters", .progress = "/track"};
    const struct calendar *calendar;

    TRY(calendar_shipped(a, &calendar));
    approval_use(&who, calendar);
    portal_use(&portal);
    return OK;
}
