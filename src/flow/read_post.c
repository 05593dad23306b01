/*
 * read_post -- who does a task: our attribute, else what the modeller wrote (a resource role, a
 * candidate group or assignee of Camunda, Flowable, Zeebe, jBPM …), else the lane.
 */
#include "flow/flow_int.h"

enum { MOST_LANE_DEPTH = 16 };

void read_lanes(struct reader *r, const xmlNode *set, str outer, int depth)
{
    if (depth > MOST_LANE_DEPTH)
        return;
    for (const xmlNode *lane = bpmn_xml_first(set); lane != NULL; lane = bpmn_xml_next(lane)) {
        str name = bpmn_xml_attribute(r->a, lane, "name");

        if (!bpmn_xml_is(lane, "lane"))
            continue;
        vec_push(r->a, &r->m->extras,
                 ((struct flow_extra){
                     .kind = FLOW_LANE, .id = bpmn_xml_attribute(r->a, lane, "id"), .name = name}));
        str shown = name.len ? name : outer;
        for (const xmlNode *c = bpmn_xml_first(lane); c != NULL; c = bpmn_xml_next(c)) {
            if (bpmn_xml_is(c, "flowNodeRef"))
                map_set(&r->lane_of, bpmn_xml_text(r->a, c),
                        str_z(r->a, shown)); /* an inner lane comes later and wins */
            if (bpmn_xml_is(c, "childLaneSet"))
                read_lanes(r, c, shown, depth + 1);
        }
    }
}

static str resource_name(struct reader *r, str id)
{
    ptrdiff_t colon = str_find(id, S(":"));
    const xmlNode *e = map_get(&r->roots, id);

    if (e == NULL && colon >= 0)
        e = map_get(&r->roots, str_sub(id, (size_t)colon + 1, id.len));
    str name = e ? bpmn_xml_attribute(r->a, e, "name") : S("");
    return name.len ? name : id;
}

static bool is_role(const xmlNode *e)
{
    static const char *const roles[] = {"potentialOwner", "humanPerformer", "performer",
                                        "resourceRole"};

    for (size_t i = 0; i < COUNT(roles); i++)
        if (bpmn_xml_is(e, roles[i]))
            return true;
    return false;
}

static str role_post(struct reader *r, const xmlNode *role)
{
    str post = S("");

    for (const xmlNode *c = bpmn_xml_first(role); c != NULL; c = bpmn_xml_next(c)) {
        if (bpmn_xml_is(c, "resourceRef"))
            post = resource_name(r, bpmn_xml_text(r->a, c));
        if (!bpmn_xml_is(c, "resourceAssignmentExpression"))
            continue;
        for (const xmlNode *f = bpmn_xml_first(c); f != NULL; f = bpmn_xml_next(f))
            if (post.len == 0)
                post = bpmn_xml_text(r->a, f);
    }
    return post.len ? post : bpmn_xml_attribute(r->a, role, "name");
}

static str group_of(struct reader *r, const xmlNode *e)
{
    static const char *const names[] = {"candidateGroups", "assignee", "candidateUsers"};
    str post = S("");

    for (size_t i = 0; i < COUNT(names) && post.len == 0; i++)
        post = bpmn_xml_any(r->a, e, names[i]);
    return post;
}

static str role_of(struct reader *r, const xmlNode *e)
{
    str post = S("");

    for (const xmlNode *c = bpmn_xml_first(e); c != NULL && post.len == 0; c = bpmn_xml_next(c))
        if (is_role(c))
            post = role_post(r, c);
    return post;
}

/* Zeebe and others keep groups in an element of their own among the extensions. */
static str extension_of(struct reader *r, const xmlNode *e)
{
    str post = S("");

    for (const xmlNode *c = bpmn_xml_first(e); c != NULL; c = bpmn_xml_next(c)) {
        if (!bpmn_xml_is(c, "extensionElements"))
            continue;
        for (const xmlNode *x = bpmn_xml_first(c); x != NULL && post.len == 0; x = bpmn_xml_next(x))
            post = group_of(r, x);
    }
    return post;
}

/* The standard's roles first: a modeller's assignee is often a person. */
void read_post(struct reader *r, const xmlNode *e, struct flow_node *n)
{
    n->post = role_of(r, e);
    if (n->post.len == 0)
        n->post = group_of(r, e);
    if (n->post.len == 0)
        n->post = extension_of(r, e);
}
