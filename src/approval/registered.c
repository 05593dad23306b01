/* Who acts and who applies, as the registry has it. */
#include "approval/approval_int.h"
#include "registry/registry.h"

static fallible acting_registered(struct arena *a, struct db *db, i64 person, i64 post,
                                  struct acting *out)
{
    struct acting_post p;

    TRY(registry_acting(a, db, person, post, &p));
    *out = (struct acting){p.body, p.name, p.body_name, p.duties, p.division_path};
    return OK;
}

static fallible person_registered(struct arena *a, struct node *n, i64 person,
                                  struct applicant *out)
{
    *out = (struct applicant){S(""), S(""), S("")};
    TRY(registry_person_name(a, n, person, &out->name));
    return registry_person_number(a, n, person, &out->identity);
}

const struct approval_who approval_registry = {acting_registered, person_registered};
