/* What a name means: the longest match against the names in scope (DMN 1.5, 10.3.1.3). */
#include "rules/parse_int.h"

struct pool_word {
    VEC(str) names;
};

static bool plain(str name)
{
    return word_end(name, 0) == name.len;
}

void pool_add(struct pool *p, str name)
{
    if (p == NULL || name.len == 0 || plain(name))
        return;
    str first = str_sub(name, 0, word_end(name, 0));
    struct pool_word *w = map_get(&p->by_first, first);

    if (w == NULL) {
        w = NEW(p->arena, struct pool_word);
        if (p->by_first.arena == NULL)
            p->by_first = map_in(p->arena);
        map_set(&p->by_first, first, w);
    }
    for (size_t i = 0; i < w->names.count; i++)
        if (str_eq(w->names.at[i], name))
            return;
    vec_push(p->arena, &w->names, name);
}

/* Where `name` ends if the text at `at` reads it; 0 if not. */
static size_t match(str text, size_t at, str name)
{
    size_t i = 0;

    if (at >= text.len || name.len == 0 || text.ptr[at] != name.ptr[0])
        return 0;
    while (i < name.len) {
        if (name.ptr[i] == ' ') {
            size_t end = space_end(text, at);

            if (end == at)
                return 0;
            at = end;
            i++;
            continue;
        }
        if (at >= text.len || text.ptr[at] != name.ptr[i])
            return 0;
        at++;
        i++;
    }
    /* A word must be over where the name is; after a symbol anything may come. */
    bool ends_in_symbol = strchr("./-'+*", name.ptr[name.len - 1]) != NULL;
    return ends_in_symbol || word_end(text, at) == at ? at : 0;
}

static size_t match_pool(const struct parser *p, str *name)
{
    str first = str_sub(p->text, p->at, word_end(p->text, p->at));
    struct pool_word *w = map_get(&p->pool->by_first, first);
    size_t best = 0;

    for (size_t i = 0; w != NULL && i < w->names.count; i++) {
        size_t end = match(p->text, p->at, w->names.at[i]);

        if (end > best) {
            best = end;
            *name = w->names.at[i];
        }
    }
    return best;
}

/* Words up to a keyword or anything that isn't a word: what a name is that nobody declared. */
static size_t match_words(const struct parser *p)
{
    size_t end = word_end(p->text, p->at);

    for (;;) {
        size_t from = space_end(p->text, end), next = word_end(p->text, from);

        if (from == end || next == from || is_keyword(str_sub(p->text, from, next)))
            return end;
        end = next;
    }
}

static str normal(struct parser *p, size_t end)
{
    str raw = str_sub(p->text, p->at, end), name = raw;

    if (!plain(raw))
        (void)name_read(p->a, raw, &name);
    return name;
}

fallible parse_member(struct parser *p, str *out)
{
    static const str known[] = {{"time offset", 11}, {"start included", 14}, {"end included", 12}};
    size_t best;

    TRY(skip(p));
    if (word_end(p->text, p->at) == p->at)
        return fail_at(p, p->at, "expected a name after the dot");
    best = match_pool(p, out);
    for (size_t i = 0; i < COUNT(known); i++) {
        size_t end = match(p->text, p->at, known[i]);

        if (end > best) {
            best = end;
            *out = known[i];
        }
    }
    if (best == 0) {
        best = match_words(p);
        *out = normal(p, best);
    }
    p->at = best;
    return skip(p);
}

/* ---- names of variables and functions ----------------------------------------------------- */

struct found {
    size_t end;
    const struct scope *scope; /* NULL: a built-in function or nothing */
    const struct scope_name *name;
    const struct builtin *builtin;
    bool item;
};

static void find_in_scopes(const struct parser *p, struct found *f)
{
    for (const struct scope *s = p->scope; s != NULL; s = s->outer) {
        for (size_t i = s->names.count; i-- > 0;) {
            size_t end = match(p->text, p->at, s->names.at[i].name);

            if (end > f->end)
                *f = (struct found){.end = end, .scope = s, .name = &s->names.at[i]};
        }
        if (s->kind == SCOPE_FILTER && f->end == 0) {
            size_t end = match(p->text, p->at, S("item"));

            if (end > 0)
                *f = (struct found){.end = end, .scope = s, .item = true};
        }
    }
}

static void find_builtin(const struct parser *p, struct found *f)
{
    char first = p->text.ptr[p->at];

    for (size_t i = 0; i < builtin_count; i++) {
        if (builtins[i].name[0] != first)
            continue;
        size_t end = match(p->text, p->at, str_of(builtins[i].name));

        if (end > f->end)
            *f = (struct found){.end = end, .builtin = &builtins[i]};
    }
}

static bool in_filter(const struct parser *p)
{
    for (const struct scope *s = p->scope; s != NULL; s = s->outer)
        if (s->kind == SCOPE_FILTER)
            return true;
    return false;
}

static u32 units_between(const struct scope *from, const struct scope *to)
{
    u32 up = 0;

    for (const struct unit *u = from->unit; u != to->unit; u = u->outer)
        up++;
    return up;
}

static struct node *static_node(struct parser *p, const struct found *f, str name)
{
    struct node *n;

    if (f->builtin != NULL) {
        struct feel_function *function = NEW(p->a, struct feel_function);

        function->builtin = f->builtin;
        n = node_new(p, N_CONST, p->at, 0);
        n->value = (feel){.kind = FEEL_FUNCTION, .function = function};
        return n;
    }
    n = node_new(p, f->scope ? N_SLOT : N_UNKNOWN, p->at, 0);
    n->name = name;
    if (f->scope != NULL) {
        n->slot = f->item ? f->scope->item : f->name->slot;
        n->up = units_between(p->scope, f->scope);
    }
    return n;
}

/* Filters between here and the definition may have items with a member of that name. */
static const struct node *dynamic_nodes(struct parser *p, const struct scope *s,
                                        const struct found *f, const struct node *fallback)
{
    const struct scope *between[FEEL_DEEPEST_TEXT];
    size_t count = 0;

    for (; s != NULL && s != f->scope; s = s->outer)
        if (s->kind == SCOPE_FILTER && count < COUNT(between))
            between[count++] = s;
    /* An item that has a member «item» hides itself behind it. */
    if (f->item && count < COUNT(between))
        between[count++] = f->scope;
    str name = f->builtin != NULL ? str_of(f->builtin->name) : fallback->name;
    while (count-- > 0) {
        struct node *n = node_new(p, N_DYNAMIC, p->at, 1);

        n->name = name;
        n->slot = between[count]->item;
        n->up = units_between(p->scope, between[count]);
        n->kids[0] = fallback;
        n->depth = (u16)(fallback->depth + 1);
        fallback = n;
    }
    return fallback;
}

bool named_longer(const struct parser *p, size_t length)
{
    struct found f = {0};

    find_in_scopes(p, &f);
    find_builtin(p, &f);
    return f.end > p->at + length;
}

fallible parse_name(struct parser *p, const struct node **out)
{
    struct found f = {0};
    size_t word = word_end(p->text, p->at);
    str name = S("");
    bool filter = in_filter(p);

    find_in_scopes(p, &f);
    find_builtin(p, &f);
    if (filter && match_pool(p, &name) > f.end)
        f = (struct found){.end = match_pool(p, &name)};
    if (f.end == 0 && is_keyword(str_sub(p->text, p->at, word)))
        return fail_at(p, p->at, "expected a value");
    if (f.end == 0)
        f.end = match_words(p);
    name = f.name != NULL ? f.name->name : normal(p, f.end);
    if (f.item)
        name = S("item");

    const struct node *n = static_node(p, &f, name);
    if (filter)
        n = dynamic_nodes(p, p->scope, &f, n);
    p->at = f.end;
    *out = n;
    return skip(p);
}
