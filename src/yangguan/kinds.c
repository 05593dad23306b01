#include "approval/approval.h"
#include "calendar/calendar.h"
#include "registry/registry.h"
#include "yangguan/instance.h"

/* Each room's kinds, a line a room. */
static const struct {
    const struct event_kind *const *kinds;
    const size_t *count;
} rooms[] = {
    {agenda_kinds, &agenda_kind_count},
    {registry_kinds, &registry_kind_count},
    {catalogue_kinds, &catalogue_kind_count},
    {approval_kinds, &approval_kind_count},
};

enum { KINDS_MOST = 1024 };

static const struct event_kind *gathered[KINDS_MOST];
const struct event_kind *const *all_kinds = gathered;
size_t all_kinds_count;

__attribute__((constructor)) static void gather(void)
{
    for (size_t room = 0; room < COUNT(rooms); room++)
        for (size_t i = 0; i < *rooms[room].count; i++) {
            assert(all_kinds_count < KINDS_MOST);
            gathered[all_kinds_count++] = rooms[room].kinds[i];
        }
}
