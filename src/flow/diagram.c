/*
 * diagram -- the file's own drawing (BPMN DI): boxes and lines by the element they show.
 */
#include "flow/flow_int.h"

enum { MOST_POINTS = 1000 };

static struct flow_box read_bounds(const xmlNode *e)
{
    for (const xmlNode *c = bpmn_xml_first(e); c != NULL; c = bpmn_xml_next(c))
        if (bpmn_xml_is(c, "Bounds"))
            return (struct flow_box){bpmn_xml_number(c, "x"), bpmn_xml_number(c, "y"),
                                     bpmn_xml_number(c, "width"), bpmn_xml_number(c, "height"),
                                     true};
    return (struct flow_box){0};
}

static void read_points(struct reader *r, const xmlNode *e, struct flow_drawn *d)
{
    VEC(struct flow_point) points = {0};

    for (const xmlNode *c = bpmn_xml_first(e); c != NULL; c = bpmn_xml_next(c))
        if (bpmn_xml_is(c, "waypoint") && points.count < MOST_POINTS)
            vec_push(r->a, &points,
                     ((struct flow_point){bpmn_xml_number(c, "x"), bpmn_xml_number(c, "y")}));
    d->points = points.at;
    d->point_count = points.count;
}

static void read_label(const xmlNode *e, struct flow_drawn *d)
{
    for (const xmlNode *c = bpmn_xml_first(e); c != NULL; c = bpmn_xml_next(c))
        if (bpmn_xml_is(c, "BPMNLabel"))
            d->label = read_bounds(c);
}

static void read_shape(struct reader *r, const xmlNode *e)
{
    struct flow_drawn d = {.element = bpmn_xml_attribute(r->a, e, "bpmnElement"),
                           .plane = r->m->plane_count};
    ptrdiff_t colon = str_find(d.element, S(":"));

    if (d.element.len == 0)
        return;
    if (colon >= 0)
        d.element = str_sub(d.element, (size_t)colon + 1, d.element.len);
    d.expanded = bpmn_xml_true(e, "isExpanded", true);
    d.upright = !bpmn_xml_true(e, "isHorizontal", true);
    if (bpmn_xml_is(e, "BPMNShape"))
        d.box = read_bounds(e);
    else
        read_points(r, e, &d);
    read_label(e, &d);
    vec_push(r->a, &r->m->drawn, d);
}

void read_diagram(struct reader *r, const xmlNode *diagram)
{
    for (const xmlNode *plane = bpmn_xml_first(diagram); plane != NULL;
         plane = bpmn_xml_next(plane)) {
        if (!bpmn_xml_is(plane, "BPMNPlane"))
            continue;
        for (const xmlNode *c = bpmn_xml_first(plane); c != NULL; c = bpmn_xml_next(c))
            if (bpmn_xml_is(c, "BPMNShape") || bpmn_xml_is(c, "BPMNEdge"))
                read_shape(r, c);
        r->m->plane_count++;
    }
}
