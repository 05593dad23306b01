/*
 * flow -- procedures in BPMN 2.0: read any modeller's file, check it, draw it.
 *
 * A model is a forest of scopes. A process is a scope; each sub-process node holds another. Nodes
 * lie in a scope and are joined by edges (sequence flows) that never leave it. A run of a
 * procedure is a set of tokens on edges and in nodes, so each edge, node and scope has an index
 * that is dense over the model and stable for the same file.
 *
 *     model ─┬─ process ── scope ─┬─ node ── edge ── node …
 *            │                    └─ node (sub-process) ── scope ─ …
 *            ├─ pools, lanes, message flows, notes     (drawing and posts only)
 *            └─ shapes and lines                       (the file's own diagram)
 *
 * Invariants  an edge's ends lie in its scope; node->index, edge->index, scope->index number the
 *             model's arrays; a model with faults in `process->faults` is for reporting only.
 * Lifetime    a model and all its text live in the arena given to flow_read.
 * Threads     a model is never changed after flow_read: any number of threads may read it.
 */
#pragma once
#include "base/base.h"

/* The namespace of our own attributes (docs/FLOW.md lists them). */
#define FLOW_NAMESPACE "https://yangguan.gov/bpmn/1"

enum {
    FLOW_MOST_BYTES = 4 << 20,
    FLOW_MOST_NODES = 20000,
    FLOW_MOST_EDGES = 40000,
    FLOW_MOST_DEPTH = 32,    /* of sub-processes in each other */
    FLOW_MOST_LIMIT = 10000, /* of any number in our attributes */
    FLOW_MOST_FAULTS = 500,  /* told of one process */
    FLOW_MOST_PATH = 1000    /* ids of one fault's path: its last */
};

/* ---- the model ---------------------------------------------------------------------------- */

enum flow_class { FLOW_EVENT, FLOW_ACTIVITY, FLOW_GATEWAY };

enum flow_kind {
#define NODE(kind, xml, class, runs) kind,
#include "flow/kinds.def"
#undef NODE
    FLOW_KINDS
};

/* FLOW_NONE: a plain event. FLOW_MULTIPLE: several definitions, any of them (or, for a parallel
 * multiple event, all of them) trigger it. */
enum flow_trigger {
    FLOW_NONE,
#define TRIGGER(trigger, xml, attribute) trigger,
#include "flow/triggers.def"
#undef TRIGGER
    FLOW_MULTIPLE
};

enum flow_timer { FLOW_NO_TIMER, FLOW_DATE, FLOW_DURATION, FLOW_CYCLE };
enum flow_repeat { FLOW_ONCE, FLOW_LOOP, FLOW_EACH_PARALLEL, FLOW_EACH_IN_TURN };

/* What the node does to the procedure's main clock; see docs/FLOW.md. */
enum flow_clock { FLOW_RUNS, FLOW_STARTS, FLOW_STOPS, FLOW_PAUSES };

enum flow_unit { FLOW_WORKING_DAY, FLOW_NATURAL_DAY, FLOW_MONTH, FLOW_HOUR, FLOW_UNITS };

/* So long at most, and by which article. */
struct flow_limit {
    bool set;
    enum flow_unit unit;
    i64 amount; /* 0: on the spot */
    str article;
};

struct flow_edge {
    str id, name;
    size_t index;
    struct flow_node *from, *to;
    struct flow_scope *scope;
    bool conditional;
    str condition, language; /* the expression's text as in the file, trimmed; may be empty */
    i64 rounds;              /* how often it may be taken in one run; -1: not declared */
    bool otherwise;          /* the default of its source */
    str source_id, target_id;
    int line;
};
typedef VEC(struct flow_edge *) flow_edges;
typedef VEC(struct flow_node *) flow_nodes;

struct flow_node {
    str id, name;
    size_t index;
    enum flow_kind kind;
    struct flow_scope *scope;
    flow_edges in, out;
    struct flow_edge *otherwise; /* the default flow, or NULL */
    str otherwise_id;
    int line; /* in the file */

    /* events */
    enum flow_trigger trigger;
    str trigger_ref; /* id of the message, signal, error …; a link's name; empty if not given */
    enum flow_timer timer;
    str timer_text;
    bool interrupting;      /* a boundary event or the start of an event sub-process */
    bool all_of;            /* a parallel multiple event; a parallel event-based gateway */
    str host_id;            /* of a boundary event */
    struct flow_node *host; /* the activity it sits on */
    struct flow_node *jump; /* of a throwing link: the catching one */
    str outcome;            /* our own: how the case ended, of an end event */
    bool instantiates;      /* an event-based gateway or receive task that begins the process */

    /* activities */
    flow_nodes boundary;       /* events on its border */
    struct flow_scope *inside; /* of a sub-process */
    str called_id;
    struct flow_process *called; /* of a call activity, when the file holds it */
    bool calls_task;             /* it calls a global task of the file */
    bool for_compensation;       /* a compensation handler: outside the normal flow */
    bool quantities;             /* start or completion quantity isn't 1 */
    enum flow_repeat repeat;
    i64 rounds; /* of a repeated activity: how often at most; -1: not declared */
    str post;   /* who does it: our attribute, else what the modeller wrote */
    str lane;   /* the innermost lane's name */
    struct flow_limit limit;
    enum flow_clock clock;
};

/* The inside of a process or of a sub-process. */
struct flow_scope {
    size_t index;
    struct flow_process *process;
    struct flow_node *owner; /* the sub-process; NULL: the process itself */
    bool by_event;           /* an event sub-process */
    bool ad_hoc;
    flow_nodes nodes;
    flow_edges edges;
};

enum flow_fault_kind {
#define FAULT(kind, name, sentence) kind,
#include "flow/faults.def"
#undef FAULT
    FAULT_KINDS
};

struct flow_fault {
    enum flow_fault_kind kind;
    str element, name; /* id and name of the file */
    str *path;         /* ids, how one gets there */
    size_t path_count;
};
typedef VEC(struct flow_fault) flow_faults;

struct flow_process {
    str id, name;
    bool executable;
    struct flow_scope *top;
    struct flow_limit limit;
    flow_faults faults; /* found while reading: it can't be analysed */
    flow_faults notes;  /* found while reading: it can be analysed, but not run */
};

struct flow_box {
    double x, y, w, h;
    bool set;
};
struct flow_point {
    double x, y;
};
/* A shape or a line of the file's diagram, by the id of the element it shows. */
struct flow_drawn {
    str element;
    struct flow_box box, label;
    bool expanded, upright;
    struct flow_point *points;
    size_t point_count;
    size_t plane; /* of several diagrams in the file */
};
/* A pool, lane, message flow or text annotation: what is drawn but doesn't flow. */
enum flow_extra_kind { FLOW_POOL, FLOW_LANE, FLOW_MESSAGE_FLOW, FLOW_NOTE, FLOW_ASSOCIATION };
struct flow_extra {
    enum flow_extra_kind kind;
    str id, name;
    str process_id; /* of a pool */
};

struct flow_model {
    str id, name;
    VEC(struct flow_process *) processes;
    VEC(struct flow_scope *) scopes;
    flow_nodes nodes;
    flow_edges edges;
    VEC(struct flow_extra) extras;
    VEC(struct flow_drawn) drawn;
    size_t plane_count;
    struct map drawn_by_element; /* id to struct flow_drawn */
    struct map node_by_id;       /* id to struct flow_node */
};

/*
 * Read a BPMN 2.0 file of any modeller. No DTD, no entity, no network: a DOCTYPE is refused.
 * ERR_SYNTAX: no XML (with line), or not BPMN; ERR_TOO_LARGE above FLOW_MOST_BYTES; ERR_LIMIT above
 * the other ceilings. References that lead nowhere are faults of the process, not errors.
 */
fallible flow_read(struct arena *a, str xml, struct flow_model **out);

const char *flow_kind_name(enum flow_kind kind); /* "userTask" */
enum flow_class flow_class_of(enum flow_kind kind);
const char *flow_trigger_name(enum flow_trigger trigger); /* "timerEventDefinition" */
const char *flow_unit_name(enum flow_unit unit);          /* "working-day" */
const char *flow_fault_name(enum flow_fault_kind kind);
const char *flow_fault_sentence(enum flow_fault_kind kind); /* Chinese */

/* ---- the check ---------------------------------------------------------------------------- */

enum flow_verdict { FLOW_SOUND, FLOW_UNSOUND, FLOW_NOT_PROVED, FLOW_MALFORMED };

struct flow_missing {
    str element;
    const char *type; /* the element's name, or its event definition's */
};

/* The longest way through a procedure whose steps declare limits. LAW: 行政许可法 42. */
struct flow_time {
    bool known;
    enum flow_unit unit;
    i64 max;
    bool bounded;
    i64 bound;
    str *path;
    size_t path_count;
};

struct flow_result {
    const struct flow_process *process;
    enum flow_verdict verdict;
    bool runnable;
    VEC(struct flow_missing) missing;
    flow_faults faults;
    VEC(str) region; /* of FLOW_NOT_PROVED: the nodes whose states were too many */
    struct flow_time time;
};

struct flow_report {
    struct flow_result *results; /* one a process, in the file's order */
    size_t count;
};

/*
 * Analyse every process, also of elements that the engine can't run. Sound: from every state that
 * can be reached the end can be reached, no edge ever holds two tokens, no element is never
 * reached. Never fails: what is too large is FLOW_NOT_PROVED.
 */
void flow_check(struct arena *a, const struct flow_model *m, struct flow_report *out);

const char *flow_verdict_name(enum flow_verdict verdict);

/* The report as JSON (docs/FLOW.md) and as Chinese text for people. */
void flow_report_json(struct buf *out, str file, const struct flow_report *report);
void flow_report_text(struct buf *out, const struct flow_report *report);

/* ---- the drawing -------------------------------------------------------------------------- */

struct flow_marks {
    const str *now;
    size_t now_count;
    const str *done;
    size_t done_count;
};

/*
 * The diagram as an <svg> element: the file's own layout, or a plain one from left to right. All
 * text is escaped; looks come from classes only (d-n, d-l, d-t, now, done).
 */
void flow_draw(struct buf *out, const struct flow_model *m, const struct flow_marks *marks);

/* ---- the run ------------------------------------------------------------------------------- */

/*
 * A run is a pure function: a state and an input give a new state and effects for the caller to
 * carry out. Time, people and expressions are the caller's; the same inputs always give the same
 * states. Only processes that flow_check calls sound and runnable may be run.
 */

/* A token that waits in a user task or at a timer. `no` is unique in the run and grows. */
struct flow_token {
    i64 no;
    const struct flow_node *at;
    const struct flow_node **timers; /* border events that may still fire */
    size_t timer_count;
};

/* How many tokens a flow into a parallel join holds, or how often a bounded flow was taken. */
struct flow_count {
    const struct flow_edge *edge;
    i64 count;
};

struct flow_state {
    const struct flow_process *process;
    i64 next_no;
    VEC(struct flow_token) tokens;
    VEC(struct flow_count) held, taken;
    bool started, stopped; /* the main clock */
    i64 pauses;            /* tokens in nodes that stop it for their time */
    bool begun, ended;
    str outcome; /* of the last end event that names one */
};

enum flow_input_kind {
    FLOW_BEGIN,    /* once */
    FLOW_COMPLETE, /* the user task of token `no` is done */
    FLOW_DUE       /* the timer `timer` is due: token `no`'s own node, or a border event of it */
};
struct flow_input {
    enum flow_input_kind kind;
    i64 no;
    str timer; /* a node's id */
};

enum flow_effect_kind {
    FLOW_TASK_OPENED, /* for node->post, with node->limit */
    FLOW_TASK_DONE,
    FLOW_TASK_CLOSED, /* by a border event or because the run was terminated */
    FLOW_TIMER_SET,   /* node->timer and node->timer_text say when */
    FLOW_TIMER_CLEARED,
    FLOW_CLOCK_STARTED, /* with the process's limit. LAW: 行政许可法 42 */
    FLOW_CLOCK_PAUSED,  /* LAW: 行政许可法 45 */
    FLOW_CLOCK_RESUMED,
    FLOW_CLOCK_STOPPED,
    FLOW_ENDED
};
struct flow_effect {
    enum flow_effect_kind kind;
    i64 no; /* the token's */
    const struct flow_node *node;
};
typedef VEC(struct flow_effect) flow_effects;

/* Is the flow's condition true? The caller's expression language and variables. */
struct flow_asker {
    err (*ask)(void *context, const struct flow_edge *edge, bool *yes);
    void *context;
};

/*
 * One step. `from` stays as it is; `to` shares nothing with it but the model. ERR_STATE: the run
 * has ended or not begun, the token isn't there, no way out of a choice is open, or a loop's rounds
 * are used up; ERR_LIMIT: a circle of gateways without a wait. Nothing has happened then.
 */
fallible flow_step(struct arena *a, const struct flow_state *from, const struct flow_input *input,
                   const struct flow_asker *asker, struct flow_state *to, flow_effects *effects);

/* A state as canonical JSON and back. ERR_CORRUPT if it isn't one of this process. */
str flow_state_text(struct arena *a, const struct flow_state *state);
fallible flow_state_read(struct arena *a, const struct flow_model *m, const struct flow_process *p,
                         str text, struct flow_state *out);

/* `yangguan flow check|draw …`. */
int flow_cli(int argc, char **argv);
