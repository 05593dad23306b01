/*
 * dmn_int -- a loaded model: load.c reads files, boxed.c and table.c compile expressions, decide.c
 * runs elements.
 *
 * Everything here is immutable once rules_load has returned.
 */
#pragma once
#include "rules/rules_int.h"

#include <libxml/tree.h>

enum element_kind { ELEMENT_INPUT, ELEMENT_DECISION, ELEMENT_BKM, ELEMENT_SERVICE };

struct model_file;

/* A slot of an element's frame and what it holds: one element, or an import's as a context. */
struct binding {
    u32 slot;
    const struct element *element; /* NULL: an import */
    const struct element **members;
    size_t member_count;
};

typedef VEC(struct element *) element_list;
typedef VEC(struct binding) binding_list;

struct element {
    u8 kind; /* enum element_kind */
    u32 index;
    str id, name; /* name: of its variable, normalised */
    struct model_file *file;
    const struct type *type; /* of the variable, NULL: any */
    str place;               /* "decision «name»" */
    element_list requires;   /* inputs and decisions; knowledge */
    element_list knows;
    binding_list bindings;
    const struct node *logic; /* decision */
    size_t slots;
    struct function_code code; /* BKM: its parameters' slots follow the bindings' */
    u32 first_parameter;
    element_list outputs, input_decisions, input_data; /* service */
    const struct member *parameters;                   /* service */
    size_t parameter_count;
    feel function; /* BKM, service: as a value */
    bool external; /* it needs Java or PMML */
    xmlNode *xml;  /* while loading */
};

struct imported {
    str alias; /* may be empty (DMN 1.5): names without prefix */
    str space;
    struct model_file *file;
};

struct model_file {
    str path, space, name;
    xmlDoc *doc; /* while loading */
    xmlNode *root;
    VEC(struct imported) imports;
    element_list elements;
    struct types types;
    struct pool pool;
};

typedef VEC(struct model_file *) file_list;

struct rules_model {
    struct arena *arena;
    file_list files; /* the first is the one that was asked for */
    element_list elements;
    struct feel_notes faults;
    const str *decision_names, *input_names, *input_types;
    size_t decision_count, input_count;
};

/* What a decision has been found to be, in one evaluation. */
struct memo {
    feel input; /* context */
    feel *values;
    u8 *states;
};

/* ---- tables ------------------------------------------------------------------------------- */

enum hit_policy {
    HIT_UNIQUE,
    HIT_FIRST,
    HIT_PRIORITY,
    HIT_ANY,
    HIT_COLLECT,
    HIT_RULE_ORDER,
    HIT_OUTPUT_ORDER,
};
enum aggregation { COLLECT_LIST, COLLECT_SUM, COLLECT_COUNT, COLLECT_MIN, COLLECT_MAX };

enum cell_kind { CELL_ANY, CELL_VALUES, CELL_NOT_VALUES, CELL_TREE };

/* An input entry: constants are compared without running a tree. */
struct cell {
    u8 kind;
    u32 count;
    const feel *values;
    const struct node *tree;
    str text;
    str place; /* "decision «x», row 3, column 2" */
};

struct table_input {
    str text, label;
    const struct node *value;
    const struct type *type;
    const struct node *allowed; /* unary tests of inputValues, or NULL */
    str allowed_text;
};

struct table_output {
    str name; /* empty if there is only one without a name */
    const struct type *type;
    feel order;                  /* list of the output values, by priority; null if none */
    const struct node *fallback; /* default output entry, or NULL */
    str allowed_text;
};

struct table_row {
    const struct cell *cells;
    const struct node **outputs;
    const str *output_texts, *output_places;
    str id;
};

struct table_index;

struct table {
    u8 hit, aggregation;
    str place;
    size_t input_count, output_count, row_count;
    const struct table_input *inputs;
    const struct table_output *outputs;
    const struct table_row *rows;
    const struct table_index *index; /* NULL for small tables */
};

/* ---- loading ------------------------------------------------------------------------------ */

struct loader {
    struct arena *a;
    struct rules_model *model;
    struct model_file *file;
    str folder;
    int depth;
    bool external; /* an external function was met */
};

/* xml.c */
fallible xml_open(str text, const char *name, xmlDoc **out);
bool xml_is(const xmlNode *n, const char *name);
xmlNode *xml_child(const xmlNode *n, const char *name); /* NULL if there is none */
xmlNode *xml_first(const xmlNode *n);                   /* first element, also of another name */
xmlNode *xml_next(const xmlNode *n);                    /* next element */
str xml_attribute(struct arena *a, const xmlNode *n, const char *name); /* empty if absent */
str xml_text(struct arena *a, const xmlNode *n); /* all text below; empty for NULL */
str xml_name(struct arena *a, str name);         /* normalised as FEEL has it */

/* load.c */
void model_fault(struct loader *l, str place, const char *what);

/* item.c: names first, then what they mean, since they may refer to each other. */
fallible items_read(struct loader *l, struct model_file *f);
fallible items_fill(struct loader *l, struct model_file *f);
/* NULL for an empty reference, or (a fault) for one to no type. */
const struct type *type_of_ref(struct loader *l, str ref, str place);

/* boxed.c */
fallible boxed_compile(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                       const struct node **out);
xmlNode *boxed_child(const xmlNode *n); /* the first child that is an expression */
fallible boxed_text(struct loader *l, str text, struct scope *scope, str place,
                    const struct node **out);
fallible boxed_tests(struct loader *l, str text, struct scope *scope, str place,
                     const struct node **out);
const struct node *boxed_convert(struct loader *l, const struct node *n, const struct type *t,
                                 str place);
struct node *boxed_node(struct loader *l, u8 kind, size_t kids);
fallible boxed_function(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                        struct function_code *code);

/* table.c, index.c */
fallible table_compile(struct loader *l, const xmlNode *n, struct scope *scope, str place,
                       const struct node **out);
bool cell_simple(const struct cell *c);
fallible cell_holds(struct run *r, const struct cell *c, feel input, bool *out);
const struct table_index *index_build(struct arena *a, const struct table *t);
/* Rows that may match, in order; the others don't. */
void index_rows(const struct table_index *x, const feel *inputs, const u32 **rows, size_t *count);
size_t index_column(const struct table_index *x);

/* explain.c */
void explain_begin(struct run *r, const struct element *e);
fallible explain_end(struct run *r, const struct element *e, feel value);
fallible explain_table(struct run *r, const struct table *t, const feel *inputs);
