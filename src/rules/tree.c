/* Nodes of trees: made, bounded in depth, folded where they are constant; scopes and their slots.
 */
#include "rules/parse_int.h"

enum { MOST_KIDS = 1 << 16, FOLD_STEPS = 1000 };

struct node *node_new(struct parser *p, u8 kind, size_t at, size_t kids)
{
    struct node *n = NEW(p->a, struct node);

    n->kind = kind;
    n->at = column_of(p, at);
    n->count = (u32)kids;
    n->depth = 1;
    if (kids)
        n->kids = (const struct node **)arena_take(p->a, kids, sizeof *n->kids);
    return n;
}

/* Parts that are constants are computed once, here. */
static bool foldable(const struct node *n)
{
    static const u8 kinds[] = {N_NEGATE, N_ADD,   N_SUB,  N_MUL,         N_DIV,
                               N_POW,    N_RANGE, N_LIST, N_UNARY_RANGE, N_CALL_BUILTIN};

    if (memchr(kinds, n->kind, sizeof kinds) == NULL || n->count == 0)
        return false;
    if ((n->kind == N_LIST || n->kind == N_RANGE) && n->op >= 4)
        return false;
    for (u32 i = 0; i < n->count; i++)
        if (n->kids[i]->kind != N_CONST || n->kids[i]->value.kind == FEEL_FUNCTION)
            return false;
    return true;
}

static void fold(struct parser *p, struct node *n)
{
    struct feel_notes notes = {0};
    struct feel_options options = {.steps = FOLD_STEPS, .notes = &notes};
    struct run r;
    feel v;

    if (!foldable(n))
        return;
    run_open(&r, p->a, &options);
    if (eval(&r, n, &v) != OK || notes.count > 0 || v.kind == FEEL_NULL)
        return;
    n->kind = N_CONST;
    n->value = v;
}

fallible node_done(struct parser *p, struct node *n, const struct node **out)
{
    u16 depth = 0;

    for (u32 i = 0; i < n->count; i++)
        if (n->kids[i]->depth > depth)
            depth = n->kids[i]->depth;
    REQUIRE(depth < FEEL_DEEPEST_TREE, ERR_LIMIT, "%.*s%scolumn %u: nested deeper than %d",
            STR(p->src->place), p->src->place.len ? ", " : "", n->at, FEEL_DEEPEST_TREE);
    n->depth = (u16)(depth + 1);
    fold(p, n);
    *out = n;
    return OK;
}

fallible node_with(struct parser *p, u8 kind, size_t at, const node_list *kids, struct node **out)
{
    REQUIRE(kids->count <= MOST_KIDS, ERR_LIMIT, "column %u: over %d parts", column_of(p, at),
            MOST_KIDS);
    struct node *n = node_new(p, kind, at, kids->count);
    for (size_t i = 0; i < kids->count; i++)
        n->kids[i] = kids->at[i];
    *out = n;
    return OK;
}

fallible node_two(struct parser *p, u8 kind, size_t at, const struct node *a, const struct node *b,
                  const struct node **out)
{
    struct node *n = node_new(p, kind, at, 2);

    n->kids[0] = a;
    n->kids[1] = b;
    return node_done(p, n, out);
}

fallible node_constant(struct parser *p, size_t at, feel value, const struct node **out)
{
    struct node *n = node_new(p, N_CONST, at, 0);

    n->value = value;
    *out = n;
    return OK;
}

/* ---- scopes ------------------------------------------------------------------------------- */

struct scope *scope_in(struct arena *a, struct scope *outer, struct unit *unit)
{
    struct scope *s = NEW(a, struct scope);

    s->outer = outer;
    s->unit = unit;
    return s;
}

u32 unit_slot(struct unit *u)
{
    u32 slot = u->next++;

    if (u->next > u->slots)
        u->slots = u->next;
    return slot;
}

u32 scope_add(struct arena *a, struct scope *s, str name)
{
    struct scope_name n = {.name = name, .slot = unit_slot(s->unit)};

    vec_push(a, &s->names, n);
    return n.slot;
}

void scope_open(struct parser *p)
{
    p->scope = scope_in(p->a, p->scope, p->scope->unit);
}

void scope_close(struct parser *p)
{
    p->scope = p->scope->outer;
}
