/*
 * Loading a model: files and imports, item definitions, elements, then each element's logic. Faults
 * of single expressions are kept in the model; what makes the whole unreadable is an error.
 */
#include "rules/dmn_int.h"

#include <dirent.h>
#include <libxml/parser.h>
#include <stdio.h>

enum { LONGEST_PATH = 4096, MOST_ELEMENTS = 20000 };

void model_fault(struct loader *l, str place, const char *what)
{
    struct feel_notes *faults = &l->model->faults;

    if (faults->count < FEEL_NOTES)
        faults->kept[faults->count] = (struct feel_note){.place = place, .what = what};
    faults->count++;
}

/* ---- files -------------------------------------------------------------------------------- */

static bool dmn_space(str space)
{
    static const char *const known[] = {"http://www.omg.org/spec/DMN/20151101/dmn.xsd",
                                        "http://www.omg.org/spec/DMN/20180521/MODEL/",
                                        "https://www.omg.org/spec/DMN/20191111/MODEL/",
                                        "https://www.omg.org/spec/DMN/20211108/MODEL/",
                                        "https://www.omg.org/spec/DMN/20230324/MODEL/"};

    for (size_t i = 0; i < COUNT(known); i++)
        if (str_eq(space, str_of(known[i])))
            return true;
    return false;
}

static fallible file_open(struct loader *l, str text, str path, struct model_file **out)
{
    struct model_file *f = NEW(l->a, struct model_file);
    const char *name = str_z(l->a, path);

    REQUIRE(l->model->files.count < RULES_MOST_MODELS, ERR_LIMIT, "over %d models import another",
            RULES_MOST_MODELS);
    f->path = path;
    f->pool.arena = l->a;
    f->types.by_name = map_in(l->a);
    TRY(xml_open(text, name, &f->doc));
    vec_push(l->a, &l->model->files, f);
    f->root = xmlDocGetRootElement(f->doc);
    REQUIRE(f->root != NULL && xml_is(f->root, "definitions") && f->root->ns != NULL &&
                dmn_space(str_of((const char *)f->root->ns->href)),
            ERR_SYNTAX, "%s: not a DMN model of version 1.1 to 1.5", name);
    f->space = xml_attribute(l->a, f->root, "namespace");
    f->name = xml_attribute(l->a, f->root, "name");
    *out = f;
    return OK;
}

static struct model_file *file_of_space(const struct loader *l, str space)
{
    for (size_t i = 0; i < l->model->files.count; i++)
        if (str_eq(l->model->files.at[i]->space, space))
            return l->model->files.at[i];
    return NULL;
}

/* Does the file declare this target namespace? Only then is it parsed. */
static bool declares(struct arena *a, str path, str space, str *text)
{
    str quoted = str_format(a, "namespace=\"%.*s\"", STR(space));
    str other = str_format(a, "namespace='%.*s'", STR(space));

    if (file_read(a, str_z(a, path), RULES_LARGEST_MODEL, text) != OK)
        return false;
    ptrdiff_t root = str_find(*text, S("definitions"));
    if (root < 0)
        return false;
    str rest = str_sub(*text, (size_t)root, text->len);
    ptrdiff_t end = str_find(rest, S(">"));
    rest = str_sub(rest, 0, end < 0 ? rest.len : (size_t)end);
    return str_find(rest, quoted) >= 0 || str_find(rest, other) >= 0;
}

static void folder_close(DIR **d)
{
    if (*d != NULL)
        (void)closedir(*d);
}

struct search {
    str space;
    str path, text; /* found */
    int looked;
};

/* The folder of the model and those directly below. */
static void search_folder(struct loader *l, str folder, bool below, struct search *s)
{
    __attribute__((cleanup(folder_close))) DIR *d = opendir(str_z(l->a, folder));
    const struct dirent *e;

    while (d != NULL && s->path.len == 0 && (e = readdir(d)) != NULL) {
        str name = str_of(e->d_name);
        str path = str_format(l->a, "%.*s/%.*s", STR(folder), STR(name));

        if (name.ptr[0] == '.' || ++s->looked > RULES_MOST_FILES)
            continue;
        if (str_ends(name, S(".dmn")) && declares(l->a, path, s->space, &s->text))
            s->path = path;
        else if (below && !str_ends(name, S(".dmn")) && e->d_type == DT_DIR)
            search_folder(l, path, false, s);
    }
}

static fallible import_read(struct loader *l, struct model_file *f, const xmlNode *n)
{
    struct imported i = {.alias = xml_name(l->a, xml_attribute(l->a, n, "name")),
                         .space = xml_attribute(l->a, n, "namespace")};
    struct search s = {.space = i.space};
    str type = xml_attribute(l->a, n, "importType");

    if (!dmn_space(type))
        return OK;
    i.file = file_of_space(l, i.space);
    if (i.file == NULL && l->folder.len)
        search_folder(l, l->folder, true, &s);
    if (s.path.len)
        TRY(file_open(l, s.text, s.path, &i.file));
    if (i.file == NULL)
        model_fault(l, str_format(l->a, "import «%.*s»", STR(i.alias)),
                    "no file beside the model has this namespace");
    vec_push(l->a, &f->imports, i);
    return OK;
}

/* ---- elements ----------------------------------------------------------------------------- */

static const struct {
    const char *name;
    u8 kind;
    const char *word;
} kinds[] = {{"inputData", ELEMENT_INPUT, "input"},
             {"decision", ELEMENT_DECISION, "decision"},
             {"businessKnowledgeModel", ELEMENT_BKM, "knowledge model"},
             {"decisionService", ELEMENT_SERVICE, "decision service"}};

static void element_read(struct loader *l, struct model_file *f, xmlNode *n, size_t kind)
{
    struct element *e = NEW(l->a, struct element);
    xmlNode *variable = xml_child(n, "variable");
    str name = S("");

    if (variable != NULL)
        name = xml_attribute(l->a, variable, "name");
    if (name.len == 0)
        name = xml_attribute(l->a, n, "name");
    e->kind = kinds[kind].kind;
    e->id = xml_attribute(l->a, n, "id");
    e->name = xml_name(l->a, name);
    e->file = f;
    e->xml = n;
    e->place = str_format(l->a, "%s «%.*s»", kinds[kind].word, STR(e->name));
    e->index = (u32)l->model->elements.count;
    vec_push(l->a, &f->elements, e);
    vec_push(l->a, &l->model->elements, e);
}

static fallible elements_read(struct loader *l, struct model_file *f)
{
    for (xmlNode *n = xml_first(f->root); n != NULL; n = xml_next(n))
        for (size_t i = 0; i < COUNT(kinds); i++)
            if (xml_is(n, kinds[i].name))
                element_read(l, f, n, i);
    REQUIRE(l->model->elements.count <= MOST_ELEMENTS, ERR_LIMIT, "over %d elements",
            MOST_ELEMENTS);
    return OK;
}

static struct element *element_by_id(struct model_file *f, str id)
{
    for (size_t i = 0; i < f->elements.count; i++)
        if (str_eq(f->elements.at[i]->id, id))
            return f->elements.at[i];
    return NULL;
}

/* «#id» or «namespace#id». */
static struct element *element_at(struct loader *l, const struct element *from, const xmlNode *n)
{
    str href = str_trim(xml_attribute(l->a, n, "href"));
    ptrdiff_t hash = str_find(href, S("#"));
    struct model_file *f = from->file;
    struct element *found = NULL;

    if (hash > 0)
        f = file_of_space(l, str_sub(href, 0, (size_t)hash));
    if (hash >= 0 && f != NULL)
        found = element_by_id(f, str_sub(href, (size_t)hash + 1, href.len));
    if (hash < 0)
        found = element_by_id(f, href);
    if (found == NULL)
        model_fault(l, from->place, str_z(l->a, str_format(l->a, "no element «%.*s»", STR(href))));
    return found;
}

/* Each once, though a model may draw two arrows. */
static void reference(struct loader *l, const struct element *e, const xmlNode *n,
                      element_list *list)
{
    struct element *to = n != NULL ? element_at(l, e, n) : NULL;

    if (to == NULL)
        return;
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i] == to)
            return;
    vec_push(l->a, list, to);
}

static void requirements_read(struct loader *l, struct element *e)
{
    for (const xmlNode *n = xml_first(e->xml); n != NULL; n = xml_next(n)) {
        if (xml_is(n, "informationRequirement")) {
            reference(l, e, xml_child(n, "requiredInput"), &e->requires);
            reference(l, e, xml_child(n, "requiredDecision"), &e->requires);
        }
        if (xml_is(n, "knowledgeRequirement"))
            reference(l, e, xml_child(n, "requiredKnowledge"), &e->knows);
        if (xml_is(n, "outputDecision"))
            reference(l, e, n, &e->outputs);
        if (xml_is(n, "inputDecision"))
            reference(l, e, n, &e->input_decisions);
        if (xml_is(n, "inputData"))
            reference(l, e, n, &e->input_data);
    }
}

static void variable_read(struct loader *l, struct element *e)
{
    const xmlNode *variable = xml_child(e->xml, "variable");

    if (variable != NULL)
        e->type = type_of_ref(l, xml_attribute(l->a, variable, "typeRef"), e->place);
}

/* ---- scopes of elements ------------------------------------------------------------------- */

static str alias_of(const struct model_file *from, const struct model_file *to)
{
    for (size_t i = 0; i < from->imports.count; i++)
        if (from->imports.at[i].file == to)
            return from->imports.at[i].alias;
    return S("");
}

/* The slot of an import's context, made when first needed. */
static struct binding *import_binding(struct loader *l, struct element *e, struct scope *scope,
                                      str alias)
{
    for (size_t i = 0; i < scope->names.count; i++)
        if (str_eq(scope->names.at[i].name, alias))
            for (size_t k = 0; k < e->bindings.count; k++)
                if (e->bindings.at[k].slot == scope->names.at[i].slot)
                    return &e->bindings.at[k];
    struct binding b = {.slot = scope_add(l->a, scope, alias)};
    vec_push(l->a, &e->bindings, b);
    return &e->bindings.at[e->bindings.count - 1];
}

static void bind(struct loader *l, struct element *e, struct scope *scope, const struct element *to)
{
    str alias = to->file == e->file ? S("") : alias_of(e->file, to->file);

    if (alias.len == 0) {
        struct binding b = {.slot = scope_add(l->a, scope, to->name), .element = to};

        vec_push(l->a, &e->bindings, b);
        return;
    }
    struct binding *b = import_binding(l, e, scope, alias);
    const struct element **members =
        (const struct element **)arena_take(l->a, b->member_count + 1, sizeof *members);
    for (size_t i = 0; i < b->member_count; i++)
        members[i] = b->members[i];
    members[b->member_count++] = to;
    b->members = members;
    pool_add(&e->file->pool, to->name);
}

static void bind_all(struct loader *l, struct element *e, struct scope *scope)
{
    for (size_t i = 0; i < e->requires.count; i++)
        bind(l, e, scope, e->requires.at[i]);
    for (size_t i = 0; i < e->knows.count; i++)
        bind(l, e, scope, e->knows.at[i]);
}

static void function_value(struct loader *l, struct element *e)
{
    struct feel_function *f = NEW(l->a, struct feel_function);

    f->element = e;
    e->function = (feel){.kind = FEEL_FUNCTION, .function = f};
}

static void service_parameters(struct loader *l, struct element *e)
{
    VEC(struct member) all = {0};
    const element_list *lists[] = {&e->input_data, &e->input_decisions};

    for (size_t k = 0; k < COUNT(lists); k++)
        for (size_t i = 0; i < lists[k]->count; i++) {
            const struct element *to = lists[k]->at[i];
            const struct type *t = to->type ? to->type : type_plain(TYPE_ANY);

            vec_push(l->a, &all, ((struct member){to->name, t}));
        }
    e->parameters = all.at;
    e->parameter_count = all.count;
}

/* The variable of a knowledge model has the function's type or, in older models, its result's. */
static void bkm_result(struct element *e)
{
    const struct type *t = e->type ? type_real(e->type) : NULL;

    if (t != NULL && t->kind == TYPE_FUNCTION) {
        if (!t->any_form)
            e->code.result = t->element;
    } else {
        e->code.result = e->type;
    }
}

static fallible element_compile(struct loader *l, struct element *e)
{
    struct unit *unit = NEW(l->a, struct unit);
    struct scope *scope = scope_in(l->a, NULL, unit);
    const xmlNode *logic;

    l->file = e->file;
    l->depth = 0;
    l->external = false;
    if (e->kind == ELEMENT_BKM || e->kind == ELEMENT_SERVICE)
        function_value(l, e);
    if (e->kind == ELEMENT_SERVICE)
        service_parameters(l, e);
    if (e->kind == ELEMENT_DECISION) {
        bind_all(l, e, scope);
        TRY(boxed_compile(l, boxed_child(e->xml), scope, e->place, &e->logic));
    }
    logic = xml_child(e->xml, "encapsulatedLogic");
    if (e->kind == ELEMENT_BKM && logic != NULL) {
        bind_all(l, e, scope);
        e->first_parameter = unit->next;
        TRY(boxed_function(l, logic, scope, e->place, &e->code));
        bkm_result(e);
    }
    e->slots = unit->slots;
    e->external = l->external;
    return OK;
}

/* ---- cycles ------------------------------------------------------------------------------- */

enum { WHITE, GREY, BLACK };

/* Depth-first without recursion: a chain of requirements may be long. */
static bool cycle_from(struct loader *l, struct element *start, u8 *colours)
{
    struct {
        struct element *e;
        size_t next;
    } *stack = arena_take(l->a, l->model->elements.count + 1, sizeof *stack);
    size_t depth = 0;
    bool found = false;

    stack[depth].e = start;
    stack[depth++].next = 0;
    colours[start->index] = GREY;
    while (depth > 0) {
        struct element *e = stack[depth - 1].e;
        size_t i = stack[depth - 1].next++;

        if (i >= e->requires.count) {
            colours[e->index] = BLACK;
            depth--;
            continue;
        }
        struct element *to = e->requires.at[i];
        found |= colours[to->index] == GREY;
        if (colours[to->index] != WHITE)
            continue;
        colours[to->index] = GREY;
        stack[depth].e = to;
        stack[depth++].next = 0;
    }
    return found;
}

static void cycles_find(struct loader *l)
{
    u8 *colours = NEW_N(l->a, l->model->elements.count + 1, u8);

    for (size_t i = 0; i < l->model->elements.count; i++) {
        struct element *e = l->model->elements.at[i];

        if (colours[i] == WHITE && cycle_from(l, e, colours))
            model_fault(l, e->place, "the requirements run in a circle");
    }
}

/* ---- doors -------------------------------------------------------------------------------- */

static void names_list(struct loader *l)
{
    struct rules_model *m = l->model;
    const struct model_file *f = m->files.at[0];
    str *decisions = NEW_N(l->a, f->elements.count + 1, str);
    str *inputs = NEW_N(l->a, f->elements.count + 1, str);
    str *types = NEW_N(l->a, f->elements.count + 1, str);

    for (size_t i = 0; i < f->elements.count; i++) {
        const struct element *e = f->elements.at[i];

        if (e->kind == ELEMENT_DECISION)
            decisions[m->decision_count++] = e->name;
        if (e->kind != ELEMENT_INPUT)
            continue;
        types[m->input_count] = type_name(l->a, e->type);
        inputs[m->input_count++] = e->name;
    }
    m->decision_names = decisions;
    m->input_names = inputs;
    m->input_types = types;
}

static fallible model_build(struct loader *l)
{
    struct rules_model *m = l->model;

    /* Files grow while imports are read. */
    for (size_t i = 0; i < m->files.count; i++) {
        struct model_file *f = m->files.at[i];

        for (const xmlNode *n = xml_first(f->root); n != NULL; n = xml_next(n))
            if (xml_is(n, "import"))
                TRY(import_read(l, f, n));
        TRY(items_read(l, f));
        TRY(elements_read(l, f));
    }
    for (size_t i = 0; i < m->files.count; i++)
        TRY(items_fill(l, m->files.at[i]));
    for (size_t i = 0; i < m->elements.count; i++) {
        l->file = m->elements.at[i]->file;
        requirements_read(l, m->elements.at[i]);
        variable_read(l, m->elements.at[i]);
    }
    for (size_t i = 0; i < m->elements.count; i++)
        TRY(element_compile(l, m->elements.at[i]));
    cycles_find(l);
    names_list(l);
    return OK;
}

/* The XML isn't needed once the trees are built. */
static void documents_close(struct rules_model *m)
{
    for (size_t i = 0; i < m->files.count; i++) {
        xmlFreeDoc(m->files.at[i]->doc);
        m->files.at[i]->doc = NULL;
        m->files.at[i]->root = NULL;
    }
    for (size_t i = 0; i < m->elements.count; i++)
        m->elements.at[i]->xml = NULL;
}

static fallible load(struct arena *a, str text, str path, str folder,
                     const struct rules_model **out)
{
    struct rules_model *m = NEW(a, struct rules_model);
    struct loader l = {.a = a, .model = m, .folder = folder};
    struct model_file *first;

    m->arena = a;
    err e = file_open(&l, text, path, &first);
    if (e == OK)
        e = model_build(&l);
    documents_close(m);
    TRY(e);
    *out = m;
    return OK;
}

fallible rules_load(struct arena *a, const char *path, const struct rules_model **out)
{
    str text, p = str_copy(a, str_of(path));
    const char *slash = strrchr(p.ptr, '/');
    str folder = slash ? str_sub(p, 0, (size_t)(slash - p.ptr)) : S(".");

    REQUIRE(p.len < LONGEST_PATH, ERR_LIMIT, "the path is too long");
    TRY(file_read(a, path, RULES_LARGEST_MODEL, &text));
    return load(a, text, p, folder.len ? folder : S("/"), out);
}

fallible rules_load_text(struct arena *a, str text, const struct rules_model **out)
{
    return load(a, text, S("model"), S(""), out);
}

const struct feel_notes *rules_faults(const struct rules_model *m)
{
    return &m->faults;
}

size_t rules_decisions(const struct rules_model *m, const str **names)
{
    *names = m->decision_names;
    return m->decision_count;
}

size_t rules_inputs(const struct rules_model *m, const str **names, const str **types)
{
    *names = m->input_names;
    *types = m->input_types;
    return m->input_count;
}
