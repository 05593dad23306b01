/* Divisions: reading and checking a list, importing it in chunks, asking for one. */
#include "registry/registry_int.h"

static const char *const levels[] = {"", "province", "city", "county", "township", "village"};
static const char digits[] = "0123456789abcdefghijklmnopqrstuv"; /* in the order of bytes */

enum { PATH_MOST = LEVEL_VILLAGE * PATH_STEP };

struct line {
    int no;
    str code, name, parent_code;
    int level;
    i64 id, parent;
    struct line *above;
    str above_path; /* where the parent is in the store already */
    char path[PATH_MOST];
    int path_len;
    bool wanted;
};
struct lines {
    struct line *at;
    size_t count, cap;
    struct map by_code;
};

/* ---- reading a list ----------------------------------------------------------------------- */

static bool code_shaped(str code)
{
    for (size_t i = 0; i < code.len; i++)
        if (code.ptr[i] < '0' || code.ptr[i] > '9')
            return false;
    return code.len == 12;
}

static int level_of(str word)
{
    for (int i = LEVEL_PROVINCE; i <= LEVEL_VILLAGE; i++)
        if (str_eq(word, str_of(levels[i])))
            return i;
    return 0;
}

static fallible read_line(struct arena *a, struct lines *all, const str *f, size_t count, int no)
{
    REQUIRE(count == 4, ERR_INPUT, "line %d: %zu fields instead of 4", no, count);
    REQUIRE(code_shaped(f[0]), ERR_INPUT, "line %d: a code has 12 digits", no);
    REQUIRE(map_get(&all->by_code, f[0]) == NULL, ERR_INPUT, "line %d: code %.*s came before", no,
            STR(f[0]));
    REQUIRE(utf8_valid(f[1]) && f[1].len > 0 && utf8_count(f[1]) <= NAME_MOST, ERR_INPUT,
            "line %d: no name, or one that isn't text", no);
    int level = level_of(f[2]);
    REQUIRE(level > 0, ERR_INPUT, "line %d: no level «%.*s»", no, (int)(f[2].len % 40), f[2].ptr);
    REQUIRE(f[3].len == 0 || code_shaped(f[3]), ERR_INPUT, "line %d: a parent has 12 digits", no);
    REQUIRE(all->count < DIVISIONS_MOST, ERR_TOO_LARGE, "line %d: too many divisions", no);

    struct line l = {.no = no, .code = f[0], .name = f[1], .level = level, .parent_code = f[3]};
    vec_push(a, all, l);
    map_set(&all->by_code, f[0], (void *)(uintptr_t)all->count);
    return OK;
}

static fallible read_list(struct arena *a, str csv, struct lines *all)
{
    struct csv c = {.rest = csv};
    str *fields;
    size_t count;
    bool more;

    all->by_code = map_in(a);
    TRY(csv_next(a, &c, &fields, &count, &more));
    REQUIRE(more && count == 4 && str_ends(fields[0], S("code")) && str_eq(fields[1], S("name")) &&
                str_eq(fields[2], S("level")) && str_eq(fields[3], S("parent")),
            ERR_INPUT, "line 1: the columns are code,name,level,parent");
    for (;;) {
        int no = c.line + 1;

        TRY(csv_next(a, &c, &fields, &count, &more));
        if (!more)
            return OK;
        TRY(read_line(a, all, fields, count, no));
    }
}

static struct line *line_of(const struct lines *all, str code)
{
    uintptr_t at = (uintptr_t)map_get(&all->by_code, code);

    return at ? &all->at[at - 1] : NULL;
}

/* A parent that isn't in the list may be in the store: villages that come later. */
static fallible find_stored(struct arena *a, struct db *db, date since, struct line *l, int *level)
{
    struct sql_division_of_code row;
    bool found;

    TRY(sql_division_of_code(a, db, l->parent_code, since, &row, &found));
    REQUIRE(found, ERR_INPUT, "line %d: parent %.*s is nowhere", l->no, STR(l->parent_code));
    l->parent = row.id;
    l->above_path = row.path;
    *level = (int)row.level;
    return OK;
}

static fallible link_line(struct arena *a, struct db *db, date since, const struct lines *all,
                          struct line *l)
{
    int level = 0;

    if (l->parent_code.len) {
        l->above = line_of(all, l->parent_code);
        if (l->above == NULL)
            TRY(find_stored(a, db, since, l, &level));
        else
            level = l->above->level;
    }
    REQUIRE(l->level == level + 1, ERR_INPUT, "line %d: %s %.*s stands below %s", l->no,
            levels[l->level], STR(l->code), level ? levels[level] : "nothing");

    struct sql_division_of_code row;
    bool found;
    TRY(sql_division_of_code(a, db, l->code, since, &row, &found));
    REQUIRE(!found, ERR_INPUT, "line %d: code %.*s is here already", l->no, STR(l->code));
    return OK;
}

/* The division itself, what lies below it, and the line above it. Levels bound the way up. */
static bool belongs(struct line *l, const struct line *within)
{
    for (const struct line *up = l; up != NULL; up = up->above)
        if (up == within)
            return true;
    for (const struct line *up = within; up != NULL; up = up->above)
        if (up == l)
            return true;
    return false;
}

static fallible choose(struct lines *all, str within)
{
    const struct line *top = within.len ? line_of(all, within) : NULL;

    REQUIRE(within.len == 0 || top != NULL, ERR_NOT_FOUND, "the list has no division %.*s",
            STR(str_sub(within, 0, 40)));
    for (size_t i = 0; i < all->count; i++)
        all->at[i].wanted = top == NULL || belongs(&all->at[i], top);
    return OK;
}

/* ---- writing it --------------------------------------------------------------------------- */

struct chunk {
    i64 import;
    struct line **at;
    size_t count;
};

static void give_path(struct line *l)
{
    str above = l->above ? (str){l->above->path, (size_t)l->above->path_len} : l->above_path;
    i64 id = l->id;

    assert(above.len + PATH_STEP <= PATH_MOST);
    if (above.len)
        memcpy(l->path, above.ptr, above.len);
    for (size_t i = PATH_STEP; i-- > 0; id >>= 5)
        l->path[above.len + i] = digits[id & 31];
    l->path_len = (int)above.len + PATH_STEP;
}

struct begin {
    const struct division_list *list;
    i64 id;
};

static fallible begin_run(struct tx *tx, void *input)
{
    struct begin *b = input;

    b->id = tx_id(tx);
    return emit_divisions_begun(tx, &(struct divisions_begun){.import = b->id,
                                                              .source = b->list->source,
                                                              .since = b->list->since});
}

static void put_row(struct buf *b, const struct line *l, bool first)
{
    buf_z(b, first ? "[\"" : ",[\"");
    buf_format(b, "%lld\",\"%.*s\",", (long long)l->id, STR(l->code));
    json_quote(b, l->name);
    buf_format(b, ",\"%d\",\"%lld\",\"%.*s\"]", l->level, (long long)l->parent, l->path_len,
               l->path);
}

static fallible chunk_run(struct tx *tx, void *input)
{
    const struct chunk *c = input;
    struct buf rows = buf_in(tx->arena);

    buf_byte(&rows, '[');
    for (size_t i = 0; i < c->count; i++) {
        struct line *l = c->at[i];

        l->id = tx_id(tx);
        if (l->above != NULL)
            l->parent = l->above->id;
        give_path(l);
        put_row(&rows, l, i == 0);
    }
    buf_byte(&rows, ']');
    return emit_divisions_added(
        tx, &(struct divisions_added){.import = c->import, .rows = buf_text(&rows)});
}

static fallible done_run(struct tx *tx, void *input)
{
    const struct chunk *c = input;

    return emit_divisions_done(
        tx, &(struct divisions_done){.import = c->import, .count = (i64)c->count});
}

/* Level by level, so that a parent has its path before its children. */
static struct line **in_order(struct arena *a, const struct lines *all, size_t *count)
{
    struct line **out = NEW_N(a, all->count + 1, struct line *);

    *count = 0;
    for (int level = LEVEL_PROVINCE; level <= LEVEL_VILLAGE; level++)
        for (size_t i = 0; i < all->count; i++)
            if (all->at[i].wanted && all->at[i].level == level)
                out[(*count)++] = &all->at[i];
    return out;
}

static fallible write_list(const struct door *d, const struct division_list *list, struct line **at,
                           size_t count, i64 *import)
{
    struct begin b = {.list = list};

    TRY(door_run(d, "divisions_begin", begin_run, &b));
    for (size_t i = 0; i < count; i += CHUNK_ROWS) {
        struct chunk c = {b.id, at + i, count - i < CHUNK_ROWS ? count - i : CHUNK_ROWS};

        TRY(door_run(d, "divisions_add", chunk_run, &c));
    }
    TRY(door_run(d, "divisions_done", done_run, &(struct chunk){b.id, at, count}));
    *import = b.id;
    return OK;
}

fallible registry_import_divisions(const struct door *d, const struct division_list *list,
                                   struct division_report *out)
{
    scoped_arena a = arena_open();
    struct lines all = {0};
    size_t count;
    i64 import = 0;

    REQUIRE(utf8_valid(list->csv), ERR_INPUT, "the list isn't UTF-8 text");
    TRY(read_list(a, list->csv, &all));
    for (size_t i = 0; i < all.count; i++)
        TRY(link_line(a, d->db, list->since, &all, &all.at[i]));
    TRY(choose(&all, list->within));
    struct line **at = in_order(a, &all, &count);
    REQUIRE(count > 0, ERR_INPUT, "the list is empty");
    TRY(write_list(d, list, at, count, &import));

    const struct line *top = list->within.len ? line_of(&all, list->within) : at[0];
    *out = (struct division_report){import, (i64)count, top->id};
    return OK;
}

fallible registry_division_code(struct tx *tx, const struct division_change *c)
{
    struct sql_division_any row;
    struct sql_division_of_code other;
    bool found, taken;

    TRY(sql_division_any(tx->arena, tx->db, c->division, &row, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no division %lld", (long long)c->division);
    REQUIRE(code_shaped(c->code) && c->name.len && utf8_count(c->name) <= NAME_MOST, ERR_INPUT,
            "a code has 12 digits, a name at most %d signs", NAME_MOST);
    TRY(sql_division_of_code(tx->arena, tx->db, c->code, c->since, &other, &taken));
    REQUIRE(!taken || other.id == c->division, ERR_CONFLICT, "code %.*s is taken", STR(c->code));
    return emit_division_coded(tx, &(struct division_coded){.division = c->division,
                                                            .import = row.import,
                                                            .code = c->code,
                                                            .name = c->name,
                                                            .since = c->since});
}

/* ---- asking ------------------------------------------------------------------------------- */

fallible division_get(struct arena *a, struct db *db, i64 id, struct division *out, bool *found)
{
    struct sql_division_get row;

    TRY(sql_division_get(a, db, id, &row, found));
    if (*found)
        *out = (struct division){id, row.level, row.parent, row.path, row.name};
    return OK;
}

fallible division_by_code(struct arena *a, struct db *db, str code, date day, struct division *out,
                          bool *found)
{
    struct sql_division_of_code row;

    TRY(sql_division_of_code(a, db, code, day, &row, found));
    return *found ? division_get(a, db, row.id, out, found) : OK;
}

fallible division_code_on(struct arena *a, struct db *db, i64 id, date day, str *code)
{
    struct sql_division_code_of row;
    bool found;

    TRY(sql_division_code_of(a, db, id, day, &row, &found));
    REQUIRE(found, ERR_NOT_FOUND, "division %lld has no code that day", (long long)id);
    *code = row.code;
    return OK;
}

fallible division_children(struct arena *a, struct db *db, i64 id, struct divisions *out)
{
    struct sql_division_children_rows rows;

    TRY(sql_division_children(a, db, id, &rows));
    out->at = NEW_N(a, rows.count + 1, struct division);
    out->count = rows.count;
    for (size_t i = 0; i < rows.count; i++)
        out->at[i] = (struct division){rows.at[i].id, rows.at[i].level, id, rows.at[i].path,
                                       rows.at[i].name};
    return OK;
}

fallible division_line(struct arena *a, struct db *db, i64 id, struct divisions *out)
{
    struct division up[LEVEL_VILLAGE];
    size_t count = 0;

    for (bool found = true; id != 0 && count < COUNT(up); id = up[count++].parent) {
        TRY(division_get(a, db, id, &up[count], &found));
        REQUIRE(found, ERR_NOT_FOUND, "no division %lld", (long long)id);
    }
    out->at = NEW_N(a, count + 1, struct division);
    out->count = count;
    for (size_t i = 0; i < count; i++)
        out->at[i] = up[count - 1 - i];
    return OK;
}
