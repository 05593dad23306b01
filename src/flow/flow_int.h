/*
 * flow_int -- what the files of this room share: XML access, reading in parts, the net.
 */
#pragma once
#include "flow/flow.h"

#include <libxml/parser.h>
#include <libxml/tree.h>

/* ---- xml.c: libxml2 without its allocations in our hands ----------------------------------- */

void bpmn_xml_freep(xmlDocPtr *doc);
#define scoped_xml __attribute__((cleanup(bpmn_xml_freep))) xmlDocPtr

/* Parse text that came from outside. ERR_SYNTAX with the line. */
fallible bpmn_xml_open(str text, xmlDocPtr *out);
const xmlNode *bpmn_xml_first(const xmlNode *parent); /* element children */
const xmlNode *bpmn_xml_next(const xmlNode *e);
bool bpmn_xml_is(const xmlNode *e, const char *name); /* by local name */
bool bpmn_xml_same_space(const xmlNode *a, const xmlNode *b);
str bpmn_xml_attribute(struct arena *a, const xmlNode *e,
                       const char *name);                               /* without a namespace */
str bpmn_xml_ours(struct arena *a, const xmlNode *e, const char *name); /* in FLOW_NAMESPACE */
str bpmn_xml_any(struct arena *a, const xmlNode *e, const char *name);  /* in whichever */
bool bpmn_xml_has(const xmlNode *e, const char *name);
bool bpmn_xml_true(const xmlNode *e, const char *name, bool otherwise);
double bpmn_xml_number(const xmlNode *e, const char *name);
str bpmn_xml_text(struct arena *a, const xmlNode *e); /* trimmed */

/* ---- reading ------------------------------------------------------------------------------- */

struct reader {
    struct arena *a;
    struct flow_model *m;
    const xmlNode *root;
    struct map roots;   /* id to what stands directly in the definitions */
    struct map lane_of; /* node id to the lane's name */
};

fallible read_scope(struct reader *r, const xmlNode *e, struct flow_scope *scope, int depth);
fallible read_node(struct reader *r, const xmlNode *e, enum flow_kind kind, struct flow_node *n);
void read_ours(struct reader *r, const xmlNode *e, struct flow_node *n);
void read_process_ours(struct reader *r, const xmlNode *e, struct flow_process *p);
void read_lanes(struct reader *r, const xmlNode *set, str outer, int depth);
void read_post(struct reader *r, const xmlNode *e, struct flow_node *n);
void read_diagram(struct reader *r, const xmlNode *diagram);
void link_model(struct reader *r);

void fault_add(struct arena *a, flow_faults *faults, struct flow_fault fault);
/* With a path of that one element. */
void fault_at(struct arena *a, flow_faults *faults, enum flow_fault_kind kind, str id, str name);

struct flow_scope *scope_new(struct reader *r, struct flow_process *p, struct flow_node *owner);

/* ---- the net: a scope as joins and splits -------------------------------------------------- */

enum gate { GATE_ONE, GATE_ALL, GATE_SOME }; /* exclusive, parallel, inclusive */

/* The first nodes of every net. */
enum { NET_START, NET_END, NET_TERMINATE, NET_ABORT, NET_FIXED };

typedef VEC(const struct flow_node *) steps;
typedef VEC(u32) indices;

/* A run of nodes that were reduced away, joined without copying; parts may be shared. */
struct rope {
    const struct flow_node *one;
    struct rope *left, *right;
    bool joins; /* here a parallel join was reduced into what follows */
    bool again; /* a second part of the same node */
    bool seen;
};
struct rope *rope_of(struct arena *a, const struct flow_node *n);
struct rope *rope_join(struct arena *a, struct rope *left, struct rope *right);
enum rope_part {
    ROPE_ALL,
    ROPE_NEW,   /* only what no such walk has met before */
    ROPE_PATH,  /* without what is only a second part of the same node */
    ROPE_JOINS, /* only those of which `joins` was said */
};
const struct flow_node *rope_first(const struct rope *rope); /* NULL: of nothing */
/* Appends the nodes in order. */
void rope_walk(struct arena *a, struct rope *rope, enum rope_part part, steps *out);

struct net_edge {
    u32 from, to;
    bool gone;
    bool aborts;        /* an activity's error that nobody catches: ends the scope at once */
    bool idle;          /* nothing happens: the token is gone at once */
    bool never;         /* drawn, but its source never puts a token on it */
    struct rope *chain; /* nodes that a token passes on this edge, in order */
    struct rope *also;  /* others that are reached if this edge is */
};

struct net_node {
    enum gate join, split;
    bool gone;
    indices in, out;
    struct rope *chain; /* what one passes when it fires */
    struct rope *also;
};

/*
 * Tokens lie on edges. A node takes tokens as its join says and puts tokens as its split says.
 * The edge 0 leads into NET_START and holds the only token at first.
 */
struct net {
    struct arena *a;
    VEC(struct net_edge) edges;
    VEC(struct net_node) nodes;
};

/* How a scope can be left, as far as is known. */
struct exits {
    bool completes, aborts;
};

/* What is known of every scope and process while a model is analysed. */
struct analysis {
    struct arena *a;
    const struct flow_model *m;
    struct exits *of_scope; /* by scope->index */
};

bool flow_in_normal(const struct flow_node *n); /* part of the normal flow of its scope? */
bool flow_begins(const struct flow_node *n);    /* a start event, or what instantiates */

struct net *net_build(const struct analysis *x, struct arena *a, const struct flow_scope *scope);
void net_reduce(struct net *net);
u32 net_edge_add(struct net *net, u32 from, u32 to);
u32 net_node_add(struct net *net, enum gate join, enum gate split, const struct flow_node *of);

/* One finding in a scope. `at` NULL: none. */
struct finding {
    enum flow_fault_kind kind;
    const struct flow_node *at;
    steps path;
};

struct explored {
    VEC(struct finding) findings; /* in the order of their shortest path */
    bool *reached;                /* by node index of the model */
    bool complete;                /* every state was seen */
    steps region;                 /* else: the nodes whose states were too many */
    bool stuck_call;              /* something waits for a callee that isn't known to end */
    struct exits exits;
};

enum { MOST_STATES = 1000000 };
void net_explore(const struct analysis *x, struct net *net, struct explored *out);

/* ---- the check's parts ---------------------------------------------------------------------- */

void check_scope(struct analysis *x, const struct flow_scope *scope, struct flow_result *result);
void check_static(struct arena *a, const struct flow_process *p, const struct flow_model *m,
                  struct flow_result *result);
void check_time(struct arena *a, const struct flow_model *m, const struct flow_process *p,
                struct flow_result *result);

/* Ids from the process's beginning to the node, the node included. */
void path_to(struct arena *a, const struct flow_node *n, str **path, size_t *count);

/* Is `to` reached from `from` along flows of their scope? */
bool flow_leads(struct arena *a, const struct flow_model *m, const struct flow_node *from,
                const struct flow_node *to);

/* ---- drawing ----------------------------------------------------------------------------------
 */

struct line {
    struct flow_point *at;
    size_t count;
    struct flow_box label;
};

/* Where everything lies; what isn't drawn has no box or no points. */
struct picture {
    bool own;               /* our layout: the file has no diagram */
    struct flow_box *boxes; /* by node index */
    bool *open;             /* by node index: a sub-process drawn with its inside */
    struct line *lines;     /* by edge index */
    const double *shifts;   /* by plane of the file */
};

void picture_make(struct arena *a, const struct flow_model *m, struct picture *p);
