#include "ledger/verify_int.h"

#include <stdlib.h>

/*
 * One fault is told once. An entry that disagrees with its body is judged by the tile that
 * remembers its leaf, so that the tree goes on with what was there before; where nothing remembers
 * it, the tiles and heads above are in doubt and aren't blamed.
 */

void flaw(struct check *c, i64 no, const char *where, str what)
{
    struct flaw f = {no, where, str_copy(c->arena, what)};

    if (c->out->flaws.count < FLAWS_MOST)
        vec_push(c->arena, &c->out->flaws, f);
}

void epoch_of(const struct check *c, i64 no, i64 *epoch, i64 *start_no)
{
    *epoch = *start_no = 0;
    for (size_t i = 0; i < c->epochs.count; i++)
        if (c->epochs.at[i].start_no <= no && c->epochs.at[i].epoch <= c->last_epoch) {
            *epoch = c->epochs.at[i].epoch;
            *start_no = c->epochs.at[i].start_no;
        }
}

/* ---- an event's row ----------------------------------------------------------------------- */

static bool row_agrees(const struct sql_events_from *row, const struct event *e)
{
    return row->id == e->id && row->version == e->version && row->recorded == e->recorded &&
           str_eq(row->kind, e->kind) && str_eq(row->site, e->site) &&
           row->entry.len == ENTRY_SIZE && memcmp(row->entry.ptr, e->entry, ENTRY_SIZE) == 0;
}

static bool fields_agree(const struct field *fields, const struct field_decl *decl, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].class != decl[i].class || !str_eq(fields[i].name, str_of(decl[i].name)))
            return false;
    return true;
}

/* Classes aren't hashed: the declaration says what they are. */
static bool shape_agrees(const struct check *c, const struct event *e)
{
    const struct event_kind *kind = kind_find(c->n, e->kind, e->version);

    if (e->count < ENVELOPE || !fields_agree(e->fields, envelope_decl, ENVELOPE))
        return false;
    return kind == NULL || (e->count == ENVELOPE + kind->count &&
                            fields_agree(e->fields + ENVELOPE, kind->fields, kind->count));
}

/* Where an event of this site says that it stands. */
static bool own_place(const struct check *c, struct arena *a, const struct event *e, i64 *epoch,
                      i64 *no)
{
    const struct field *origin = event_field(e, "origin");
    struct json *json;

    if (origin == NULL || !str_eq(e->site, c->n->o.site) || json_read(a, origin->json, &json) != OK)
        return false;
    return json_i64(json, S("epoch"), epoch) == OK &&
           str_i64(json_str(json, S("number")), no) == OK;
}

static bool is_displaced(struct check *c, struct arena *a, const struct event *e, i64 no)
{
    i64 epoch, said, here, start_no;

    epoch_of(c, no, &here, &start_no);
    if (!own_place(c, a, e, &epoch, &said) || epoch != here || said == no)
        return false;
    flaw(c, said, "event", str_format(a, "stands as number %lld", (long long)no));
    return true;
}

/* ---- persons' values ---------------------------------------------------------------------- */

static void value_missing(struct check *c, i64 no, const struct field *f)
{
    struct missing_value m = {str_copy(c->arena, f->name), f->person};
    scoped_arena a = arena_open();

    vec_push(c->arena, &c->missing, m);
    flaw(c, no, "vault", str_format(a, "%.*s is missing without an erasure", STR(f->name)));
}

/* A row under another person's key that opens: then the body names the wrong person. */
static fallible check_value(struct check *c, struct arena *a, const struct event *e,
                            const struct field *field, const struct sql_vault_of *row)
{
    struct field f = *field;
    err bad = vault_row(a, c->n, e->id, row->person, row->sealed, &f);

    if (bad != OK && bad->code != ERR_CORRUPT && bad->code != ERR_CRYPTO)
        return bad;
    if (bad != OK)
        flaw(c, e->no, "vault", str_format(a, "%.*s: %s", STR(f.name), bad->message));
    else if (row->person != f.person)
        flaw(c, e->no, "event", str_format(a, "%.*s is another person's", STR(f.name)));
    return OK;
}

static fallible check_field(struct check *c, struct arena *a, const struct event *e,
                            const struct field *f, struct sql_vault_of_rows *rows)
{
    bool erased;

    TRY(vault_erased(a, c->n, f->person, &erased));
    for (size_t i = 0; i < rows->count; i++) {
        if (!str_eq(rows->at[i].field, f->name))
            continue;
        rows->at[i].field = S(""); /* seen */
        return erased ? OK : check_value(c, a, e, f, &rows->at[i]);
    }
    if (!erased && str_eq(e->site, c->n->o.site))
        value_missing(c, e->no, f);
    return OK;
}

static fallible check_vault(struct check *c, struct arena *a, const struct event *e)
{
    size_t missing = c->missing.count;
    struct sql_vault_of_rows rows;

    TRY(sql_vault_of(a, c->n->db, e->id, &rows));
    for (size_t i = 0; i < e->count; i++)
        if (!e->fields[i].open && class_is_person(e->fields[i].class))
            TRY(check_field(c, a, e, &e->fields[i], &rows));
    for (size_t i = 0; i < rows.count && missing == c->missing.count; i++)
        if (rows.at[i].field.len)
            flaw(c, e->no, "vault",
                 str_format(a, "%.*s is no field of its event", STR(rows.at[i].field)));
    return OK;
}

static bool is_explained(const struct check *c, const struct sql_vault_strays *row)
{
    for (size_t i = 0; i < c->missing.count; i++)
        if (c->missing.at[i].person == row->person && str_eq(c->missing.at[i].field, row->field))
            return true;
    for (size_t i = 0; i < c->renamed.count; i++)
        if (c->renamed.at[i] == row->event)
            return true;
    return false;
}

static fallible check_strays(struct check *c)
{
    struct sql_vault_strays_rows strays;

    TRY(sql_vault_strays(c->arena, c->n->db, &strays));
    for (size_t i = 0; i < strays.count; i++)
        if (!is_explained(c, &strays.at[i]))
            flaw(c, -1, "vault",
                 str_format(c->arena, "%.*s of event %lld, which isn't here",
                            STR(strays.at[i].field), (long long)strays.at[i].event));
    return OK;
}

/* ---- blobs -------------------------------------------------------------------------------- */

/* What is wrong with a blob; read once, however many events name it. */
static fallible blob_state(struct check *c, str name, str *out)
{
    str *known = map_get(&c->blobs, name);

    if (known == NULL) {
        err bad = blob_check(c->n->o.blobs, name);

        if (bad != OK && bad->code != ERR_CORRUPT && bad->code != ERR_NOT_FOUND &&
            bad->code != ERR_INPUT)
            return bad;
        known = NEW(c->arena, str);
        *known = bad == OK                    ? S("")
                 : bad->code == ERR_NOT_FOUND ? S("missing")
                                              : str_copy(c->arena, str_of(bad->message));
        map_set(&c->blobs, str_copy(c->arena, name), known);
    }
    *out = *known;
    return OK;
}

/* The value of a field that names a blob: a person's comes from the vault. Checked before. */
static str blob_name(struct check *c, struct arena *a, const struct event *e, const char *field)
{
    for (size_t i = 0; i < e->count; i++) {
        struct field f = e->fields[i];
        struct json *json;
        bool found;

        if (!str_eq(f.name, str_of(field)))
            continue;
        if (!f.open && class_is_person(f.class) && vault_field(a, c->n, e->id, &f, &found) != OK)
            return S("");
        bool text = f.open && json_read(a, f.json, &json) == OK && json->kind == J_STRING;
        return text ? json->text : S("");
    }
    return S("");
}

static fallible check_blobs(struct check *c, struct arena *a, const struct event *e)
{
    const struct event_kind *kind = kind_find(c->n, e->kind, e->version);

    if (c->n->o.blobs == NULL || kind == NULL || kind->blobs == NULL)
        return OK;
    for (const char *const *field = kind->blobs; *field != NULL; field++) {
        str name = blob_name(c, a, e, *field), what = {0};

        if (name.len)
            TRY(blob_state(c, name, &what));
        bool foreign = !str_eq(e->site, c->n->o.site);
        if (what.len && !(foreign && str_eq(what, S("missing")))) /* it may not have come yet */
            flaw(c, e->no, "blob", what);
    }
    return OK;
}

/* ---- the ledger in order ------------------------------------------------------------------ */

static digest leaf_of(const struct merkle_hash *h, const u8 entry[ENTRY_SIZE])
{
    digest d;

    tree_hash_leaf(h, entry, &d);
    return d;
}

static void enter(struct check *c, i64 no)
{
    i64 epoch, start_no;

    epoch_of(c, no, &epoch, &start_no);
    if (epoch != c->epoch)
        tree_check_enter(c, epoch, start_no);
}

static void lost_leaf(struct check *c, i64 no)
{
    static const digest nothing;
    digest leaf;
    bool known = tree_check_stored(c, no, &leaf);

    c->doubt |= !known;
    tree_check_add(c, known ? leaf : nothing, NULL);
}

/* Numbers that aren't here. Beyond a tile of them the tree isn't followed any further. */
static void gap(struct check *c, i64 upto)
{
    for (int told = 0; c->next_no < upto; told++) {
        if (told > TILE_WIDTH) {
            c->next_no = upto;
            c->doubt = c->sm3_lost = true;
            return;
        }
        enter(c, c->next_no);
        flaw(c, c->next_no, "event", S("missing"));
        lost_leaf(c, c->next_no++);
    }
}

/* Of two entries that disagree, the one that a tile remembers; in doubt that of the column. */
static void add_entry(struct check *c, i64 no, const u8 *column, const u8 *body)
{
    const u8 *entry = column ? column : body;
    digest stored, sha, sm3;

    if (entry == NULL) {
        lost_leaf(c, no);
        return;
    }
    sha = leaf_of(&merkle_sha256, entry);
    if (column && body && memcmp(column, body, ENTRY_SIZE) != 0) {
        bool remembered = tree_check_stored(c, no, &stored);

        c->doubt |= !remembered;
        if (remembered && !digest_eq(stored, sha))
            entry = body;
        sha = leaf_of(&merkle_sha256, entry);
    }
    sm3 = leaf_of(&merkle_sm3, entry);
    tree_check_add(c, sha, &sm3);
}

static void row_flaw(struct check *c, const struct sql_events_from *row, err bad, i64 epoch)
{
    flaw(c, row->no, "event",
         bad != OK             ? str_of(bad->message)
         : row->epoch != epoch ? S("of another epoch")
                               : S("its columns and its body disagree"));
}

static fallible check_row(struct check *c, struct arena *a, const struct sql_events_from *row)
{
    const u8 *entry = row->entry.len == ENTRY_SIZE ? (const u8 *)row->entry.ptr : NULL;
    struct event e = {0};
    struct error why;
    err bad = event_read(a, row->body, row->salts, &e);

    if (bad != OK) {
        why = *bad;
        bad = &why;
    }
    e.no = row->no;
    if (row->no < 0 || (bad == OK && is_displaced(c, a, &e, row->no)))
        return OK;
    gap(c, row->no);
    enter(c, row->no);
    c->next_no = row->no + 1;
    if (bad != OK || row->epoch != c->epoch || !row_agrees(row, &e) || !shape_agrees(c, &e)) {
        row_flaw(c, row, bad, c->epoch);
        if (bad == OK && row->id != e.id)
            vec_push(c->arena, &c->renamed, e.id);
    } else {
        TRY(check_vault(c, a, &e));
        TRY(check_blobs(c, a, &e));
    }
    add_entry(c, row->no, entry, bad == OK ? e.entry : NULL);
    return OK;
}

/* The page of rows from a number on. A store that can't be read there is the flaw of that place. */
static fallible next_page(struct check *c, struct arena *a, i64 from,
                          struct sql_events_from_rows *rows, bool *readable)
{
    err bad = sql_events_from(a, c->n->db, from, PAGE, rows);

    *readable = bad == OK;
    if (bad != OK && bad->code == ERR_CORRUPT) {
        flaw(c, c->next_no, "event", str_of(bad->message));
        return OK;
    }
    return bad;
}

static fallible check_all(struct check *c, bool *readable)
{
    scoped_arena page = arena_open();
    arena_mark empty = arena_here(page);
    struct sql_events_from_rows rows;
    i64 from = INT64_MIN;

    do {
        arena_back(page, empty);
        TRY(next_page(c, page, from, &rows, readable));
        for (size_t i = 0; *readable && i < rows.count; i++) {
            TRY(check_row(c, page, &rows.at[i]));
            if (rows.at[i].no == INT64_MAX)
                return OK;
            from = rows.at[i].no + 1;
        }
    } while (*readable && rows.count == PAGE);
    return OK;
}

/* The newest head beside the keys outlives whoever cuts the ledger's end off. */
static void check_length(struct check *c)
{
    const struct sql_epochs *newest = &c->epochs.at[c->epochs.count - 1];
    i64 known = c->n->o.read_only ? c->n->known_size : newest->newest_size;

    if (newest->epoch == c->epoch && newest->start_no + known > c->next_no)
        gap(c, newest->start_no + known);
}

/* Epochs that began after this copy of the ledger was made aren't its own. */
static fallible last_epoch(struct check *c)
{
    struct sql_ledger_end end;
    bool found, known = false;

    TRY(sql_ledger_end(c->arena, c->n->db, &end, &found));
    for (size_t i = 0; i < c->epochs.count; i++)
        known |= found && c->epochs.at[i].epoch == end.epoch;
    c->last_epoch = known ? end.epoch : c->epochs.at[c->epochs.count - 1].epoch;
    return OK;
}

static int by_place(const void *a, const void *b)
{
    const struct flaw *x = a, *y = b;

    return x->no < y->no ? -1 : x->no > y->no;
}

fallible node_verify(struct arena *a, struct node *n, bool deep, struct verdict *out)
{
    struct check *c = NEW(a, struct check);
    bool readable;

    *out = (struct verdict){0};
    *c = (struct check){.arena = a, .n = n, .out = out, .blobs = map_in(a)};
    TRY(sql_epochs(a, n->keys, &c->epochs));
    REQUIRE(c->epochs.count > 0, ERR_CORRUPT, "the key store knows no epoch");
    TRY(last_epoch(c));
    TRY(tree_check_begin(c));
    TRY(check_all(c, &readable));
    if (readable)
        check_length(c);
    tree_check_end(c);
    TRY(check_strays(c));
    out->events = c->next_no;
    frontier_root(&merkle_sm3, &c->sm3, &out->head);
    if (out->flaws.count)
        qsort(out->flaws.at, out->flaws.count, sizeof *out->flaws.at, by_place);
    return deep && readable && out->flaws.count == 0 ? node_rebuild(a, n, out) : OK;
}
