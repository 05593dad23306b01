/*
 * read_node -- a flow node's own attributes, the modeller's and ours.
 */
#include "flow/flow_int.h"

static const struct {
    const char *xml;
    const char *attribute;
} triggers[] = {
    [FLOW_NONE] = {"", ""},
#define TRIGGER(trigger, xml, attribute) [trigger] = {xml, attribute},
#include "flow/triggers.def"
#undef TRIGGER
    [FLOW_MULTIPLE] = {"multipleEventDefinition", ""},
};

static const char *const units[FLOW_UNITS] = {
    [FLOW_WORKING_DAY] = "working-day",
    [FLOW_NATURAL_DAY] = "natural-day",
    [FLOW_MONTH] = "month",
    [FLOW_HOUR] = "hour",
};

static const char *const clocks[] = {
    [FLOW_RUNS] = "run",
    [FLOW_STARTS] = "start",
    [FLOW_STOPS] = "stop",
    [FLOW_PAUSES] = "pause",
};

const char *flow_trigger_name(enum flow_trigger trigger)
{
    assert(trigger < COUNT(triggers));
    return triggers[trigger].xml;
}

const char *flow_unit_name(enum flow_unit unit)
{
    assert(unit < FLOW_UNITS);
    return units[unit];
}

static enum flow_timer timer_kind(const xmlNode *e)
{
    if (bpmn_xml_is(e, "timeDate"))
        return FLOW_DATE;
    if (bpmn_xml_is(e, "timeDuration"))
        return FLOW_DURATION;
    return bpmn_xml_is(e, "timeCycle") ? FLOW_CYCLE : FLOW_NO_TIMER;
}

static void read_timer(struct reader *r, const xmlNode *definition, struct flow_node *n)
{
    for (const xmlNode *c = bpmn_xml_first(definition); c != NULL; c = bpmn_xml_next(c))
        if (timer_kind(c) != FLOW_NO_TIMER) {
            n->timer = timer_kind(c);
            n->timer_text = bpmn_xml_text(r->a, c);
        }
}

static void read_trigger(struct reader *r, const xmlNode *e, struct flow_node *n)
{
    for (size_t i = FLOW_NONE + 1; i < FLOW_MULTIPLE; i++) {
        if (!bpmn_xml_is(e, triggers[i].xml))
            continue;
        n->trigger = n->trigger == FLOW_NONE ? (enum flow_trigger)i : FLOW_MULTIPLE;
        if (*triggers[i].attribute)
            n->trigger_ref = bpmn_xml_attribute(r->a, e, triggers[i].attribute);
        if (i == FLOW_LINK)
            n->trigger_ref = bpmn_xml_attribute(r->a, e, "name");
        if (i == FLOW_TIMER)
            read_timer(r, e, n);
    }
}

/* <eventDefinitionRef> names a definition that several events share. */
static void read_shared_trigger(struct reader *r, const xmlNode *e, struct flow_node *n)
{
    str id = bpmn_xml_text(r->a, e);
    ptrdiff_t colon = str_find(id, S(":"));
    const xmlNode *definition = map_get(&r->roots, id);

    if (definition == NULL && colon >= 0)
        definition = map_get(&r->roots, str_sub(id, (size_t)colon + 1, id.len));
    if (definition != NULL)
        read_trigger(r, definition, n);
    else
        fault_at(r->a, &n->scope->process->notes, FAULT_REFERENCE, n->id, n->name);
}

static i64 bound_of(str text)
{
    i64 v = -1;

    if (text.len && str_i64(text, &v) != OK)
        v = -1;
    return v > FLOW_MOST_LIMIT ? -1 : v;
}

static void read_repeat(struct reader *r, const xmlNode *e, struct flow_node *n)
{
    if (bpmn_xml_is(e, "standardLoopCharacteristics")) {
        n->repeat = FLOW_LOOP;
        n->rounds = bound_of(bpmn_xml_attribute(r->a, e, "loopMaximum"));
    }
    if (!bpmn_xml_is(e, "multiInstanceLoopCharacteristics"))
        return;
    n->repeat = bpmn_xml_true(e, "isSequential", false) ? FLOW_EACH_IN_TURN : FLOW_EACH_PARALLEL;
    for (const xmlNode *c = bpmn_xml_first(e); c != NULL; c = bpmn_xml_next(c))
        if (bpmn_xml_is(c, "loopCardinality"))
            n->rounds = bound_of(bpmn_xml_text(r->a, c));
}

static bool not_one(struct reader *r, const xmlNode *e, const char *name)
{
    str text = bpmn_xml_attribute(r->a, e, name);

    return text.len && !str_eq(text, S("1"));
}

fallible read_node(struct reader *r, const xmlNode *e, enum flow_kind kind, struct flow_node *n)
{
    struct arena *a = r->a;

    n->kind = kind;
    n->rounds = -1;
    n->otherwise_id = bpmn_xml_attribute(a, e, "default");
    n->host_id = bpmn_xml_attribute(a, e, "attachedToRef");
    n->called_id = bpmn_xml_attribute(a, e, "calledElement");
    n->interrupting =
        bpmn_xml_true(e, kind == FLOW_BOUNDARY ? "cancelActivity" : "isInterrupting", true);
    n->all_of = bpmn_xml_true(e, "parallelMultiple", false) ||
                str_eq(bpmn_xml_attribute(a, e, "eventGatewayType"), S("Parallel"));
    n->instantiates = bpmn_xml_true(e, "instantiate", false);
    n->for_compensation = bpmn_xml_true(e, "isForCompensation", false);
    n->quantities = not_one(r, e, "startQuantity") || not_one(r, e, "completionQuantity");

    for (const xmlNode *c = bpmn_xml_first(e); c != NULL; c = bpmn_xml_next(c)) {
        if (!bpmn_xml_same_space(c, r->root))
            continue;
        if (flow_class_of(kind) == FLOW_EVENT)
            read_trigger(r, c, n);
        if (bpmn_xml_is(c, "eventDefinitionRef"))
            read_shared_trigger(r, c, n);
        read_repeat(r, c, n);
    }
    read_post(r, e, n);
    read_ours(r, e, n);
    return OK;
}

/* ---- our own attributes -------------------------------------------------------------------- */

static bool word(str text, const char *const *words, size_t count, int *out)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(text, str_of(words[i]))) {
            *out = (int)i;
            return true;
        }
    return false;
}

/* false: there is one and it makes no sense. */
static bool read_limit(struct reader *r, const xmlNode *e, struct flow_limit *out)
{
    str amount = bpmn_xml_ours(r->a, e, "limit"), unit = bpmn_xml_ours(r->a, e, "unit");
    int u = FLOW_WORKING_DAY;

    if (amount.len == 0)
        return unit.len == 0;
    if (str_i64(amount, &out->amount) != OK || out->amount < 0 || out->amount > FLOW_MOST_LIMIT)
        return false;
    if (unit.len && !word(unit, units, COUNT(units), &u))
        return false;
    out->unit = (enum flow_unit)u;
    out->article = bpmn_xml_ours(r->a, e, "article");
    out->set = true;
    return true;
}

void read_process_ours(struct reader *r, const xmlNode *e, struct flow_process *p)
{
    if (!read_limit(r, e, &p->limit))
        fault_at(r->a, &p->faults, FAULT_MALFORMED, p->id, p->name);
}

void read_ours(struct reader *r, const xmlNode *e, struct flow_node *n)
{
    str clock = bpmn_xml_ours(r->a, e, "clock"), rounds = bpmn_xml_ours(r->a, e, "rounds");
    str post = bpmn_xml_ours(r->a, e, "post");
    int c = FLOW_RUNS;
    bool good = read_limit(r, e, &n->limit);

    if (post.len)
        n->post = post;
    n->outcome = bpmn_xml_ours(r->a, e, "outcome");
    if (clock.len)
        good = word(clock, clocks, COUNT(clocks), &c) && good;
    n->clock = (enum flow_clock)c;
    if (rounds.len) {
        n->rounds = bound_of(rounds);
        good = n->rounds >= 0 && good;
    }
    if (!good)
        fault_at(r->a, &n->scope->process->faults, FAULT_MALFORMED, n->id, n->name);
}
