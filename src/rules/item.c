/* Item definitions to types, and the names by which expressions refer to types. */
#include "rules/dmn_int.h"

enum { DEEPEST_TYPE = 100 };

static const struct imported *import_named(const struct model_file *f, str ref, size_t *rest)
{
    const struct imported *best = NULL;

    for (size_t i = 0; i < f->imports.count; i++) {
        const struct imported *one = &f->imports.at[i];
        size_t len = one->alias.len;

        if (one->file != NULL && len && str_starts(ref, one->alias) && ref.len > len &&
            ref.ptr[len] == '.' && (best == NULL || len > best->alias.len)) {
            best = one;
            *rest = len + 1;
        }
    }
    return best;
}

static const struct type *type_find(struct loader *l, struct model_file *f, str ref)
{
    size_t rest = 0;
    const struct type *t = map_get(&f->types.by_name, ref);

    if (t != NULL)
        return t;
    t = type_builtin(ref);
    if (t != NULL)
        return t;
    const struct imported *i = import_named(f, ref, &rest);
    if (i != NULL)
        return map_get(&i->file->types.by_name, str_sub(ref, rest, ref.len));
    for (size_t k = 0; k < f->imports.count; k++)
        if (f->imports.at[k].alias.len == 0 && f->imports.at[k].file != NULL) {
            t = map_get(&f->imports.at[k].file->types.by_name, ref);
            if (t != NULL)
                return t;
        }
    /* DMN 1.1 writes «feel:number», a qualified name. */
    const char *colon = ref.len ? memchr(ref.ptr, ':', ref.len) : NULL;
    if (colon == NULL)
        return NULL;
    return type_find(l, f, str_sub(ref, (size_t)(colon - ref.ptr) + 1, ref.len));
}

const struct type *type_of_ref(struct loader *l, str ref, str place)
{
    const struct type *t = NULL;
    struct source src = {.arena = l->a, .types = &l->file->types};

    ref = xml_name(l->a, ref);
    if (ref.len == 0)
        return NULL;
    t = type_find(l, l->file, ref);
    src.text = ref;
    if (t == NULL && str_find(ref, S("<")) >= 0 && parse_type(&src, &t) != OK)
        t = NULL;
    if (t == NULL)
        model_fault(l, place, str_z(l->a, str_format(l->a, "no type «%.*s»", STR(ref))));
    return t;
}

static fallible item_fill(struct loader *l, const xmlNode *n, struct type *t, int depth);

/* Constraints are unary tests on values; they know no other names. */
static fallible constraint(struct loader *l, const xmlNode *n, const char *name, str place,
                           const struct node **out, str *text)
{
    const xmlNode *c = xml_child(n, name);
    struct unit unit = {0};

    if (c == NULL)
        return OK;
    *text = str_trim(xml_text(l->a, xml_child(c, "text")));
    if (text->len == 0)
        return OK;
    return boxed_tests(l, *text, scope_in(l->a, NULL, &unit), place, out);
}

static fallible item_members(struct loader *l, const xmlNode *n, struct type *t, int depth)
{
    VEC(struct member) members = {0};

    t->kind = TYPE_CONTEXT;
    for (const xmlNode *e = xml_first(n); e != NULL; e = xml_next(e)) {
        struct type *member;

        if (!xml_is(e, "itemComponent"))
            continue;
        str name = xml_name(l->a, xml_attribute(l->a, e, "name"));
        pool_add(&l->file->pool, name);
        member = NEW(l->a, struct type);
        TRY(item_fill(l, e, member, depth + 1));
        vec_push(l->a, &members, ((struct member){name, member}));
    }
    t->members = members.at;
    t->member_count = members.count;
    return OK;
}

static fallible item_function(struct loader *l, const xmlNode *n, struct type *t, str place)
{
    VEC(struct member) members = {0};

    t->kind = TYPE_FUNCTION;
    t->element = type_of_ref(l, xml_attribute(l->a, n, "outputTypeRef"), place);
    if (t->element == NULL)
        t->element = type_plain(TYPE_ANY);
    for (const xmlNode *e = xml_first(n); e != NULL; e = xml_next(e)) {
        struct member m = {.name = xml_name(l->a, xml_attribute(l->a, e, "name"))};

        if (!xml_is(e, "parameters"))
            continue;
        m.type = type_of_ref(l, xml_attribute(l->a, e, "typeRef"), place);
        if (m.type == NULL)
            m.type = type_plain(TYPE_ANY);
        vec_push(l->a, &members, m);
    }
    t->members = members.at;
    t->member_count = members.count;
    return OK;
}

/* The definition without regard to being a collection. */
static fallible item_base(struct loader *l, const xmlNode *n, struct type *t, int depth)
{
    str place = str_format(l->a, "item definition «%.*s»", STR(t->name));
    const xmlNode *function = xml_child(n, "functionItem");

    REQUIRE(depth < DEEPEST_TYPE, ERR_LIMIT, "%.*s: nested deeper than %d", STR(place),
            DEEPEST_TYPE);
    if (function != NULL)
        return item_function(l, function, t, place);
    if (xml_child(n, "itemComponent") != NULL)
        return item_members(l, n, t, depth);
    const struct type *of = type_of_ref(l, xml_text(l->a, xml_child(n, "typeRef")), place);
    t->kind = TYPE_ALIAS;
    t->element = of ? of : type_plain(TYPE_ANY);
    return OK;
}

static fallible item_fill(struct loader *l, const xmlNode *n, struct type *t, int depth)
{
    str collection = xml_attribute(l->a, n, "isCollection");
    str place = str_format(l->a, "item definition «%.*s»", STR(t->name));
    struct type *base = t;
    str text = {0};

    if (str_eq(collection, S("true")) || str_eq(collection, S("1"))) {
        base = NEW(l->a, struct type);
        t->kind = TYPE_LIST;
        t->element = base;
    }
    TRY(item_base(l, n, base, depth));
    TRY(constraint(l, n, "allowedValues", place, &base->allowed, &base->allowed_text));
    return constraint(l, n, "typeConstraint", place, &t->whole, &text);
}

fallible items_read(struct loader *l, struct model_file *f)
{
    for (const xmlNode *e = xml_first(f->root); e != NULL; e = xml_next(e)) {
        struct type *t;

        if (!xml_is(e, "itemDefinition"))
            continue;
        t = NEW(l->a, struct type);
        t->name = xml_name(l->a, xml_attribute(l->a, e, "name"));
        map_set(&f->types.by_name, t->name, t);
    }
    return OK;
}

fallible items_fill(struct loader *l, struct model_file *f)
{
    l->file = f;
    for (const xmlNode *e = xml_first(f->root); e != NULL; e = xml_next(e)) {
        struct type *t;

        if (!xml_is(e, "itemDefinition"))
            continue;
        t = map_get(&f->types.by_name, xml_name(l->a, xml_attribute(l->a, e, "name")));
        TRY(item_fill(l, e, t, 0));
    }
    return OK;
}
