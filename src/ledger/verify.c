#include "ledger/ledger_int.h"

enum { PAGE = 512 };

/* ---- visiting ----------------------------------------------------------------------------- */

static fallible read_row(struct arena *a, const struct sql_events_from *row, struct event *e)
{
    TRY(event_read(a, row->body, row->salts, e));
    e->no = row->no;
    e->epoch = row->epoch;
    return OK;
}

fallible node_visit(struct node *n, i64 from, event_visit visit, void *ctx)
{
    scoped_arena a = arena_open();
    arena_mark empty = arena_here(a);
    struct sql_events_from_rows rows;

    do {
        arena_back(a, empty);
        TRY(sql_events_from(a, n->db, from, PAGE, &rows));
        for (size_t i = 0; i < rows.count; i++) {
            struct event e;

            TRY(read_row(a, &rows.at[i], &e));
            TRY(visit(ctx, a, &e));
            from = e.no + 1;
        }
    } while (rows.count == PAGE);
    return OK;
}

fallible node_event(struct arena *a, struct node *n, i64 id, struct event *out, bool *found)
{
    struct sql_event_by_id row;

    TRY(sql_event_by_id(a, n->db, id, &row, found));
    if (!*found)
        return OK;
    TRY(event_read(a, row.body, row.salts, out));
    out->no = row.no;
    out->epoch = row.epoch;
    return OK;
}

/* ---- verify ------------------------------------------------------------------------------- */

struct check {
    struct arena *arena; /* of the verdict */
    struct node *n;
    struct verdict *out;
    struct sql_epochs_rows epochs;
    struct sql_heads_all_rows heads;
    struct sql_tiles_all_rows tiles;
    struct note_key known[2];
    i64 epoch, start_no;
    struct frontier sha256, sm3;          /* of that epoch so far */
    digest rows[TILE_LEVELS][TILE_WIDTH]; /* the tile that grows, of each level */
};

static void flaw(struct check *c, i64 no, const char *where, str what)
{
    struct flaw f = {no, where, str_copy(c->arena, what)};

    vec_push(c->arena, &c->out->flaws, f);
}

static bool row_agrees(const struct sql_events_from *row, const struct event *e)
{
    return row->id == e->id && row->version == e->version && row->recorded == e->recorded &&
           str_eq(row->kind, e->kind) && str_eq(row->site, e->site) &&
           row->entry.len == ENTRY_SIZE && memcmp(row->entry.ptr, e->entry, ENTRY_SIZE) == 0;
}

static fallible check_vault(struct check *c, struct arena *a, i64 no, const struct event *e)
{
    for (size_t i = 0; i < e->count; i++) {
        struct field f = e->fields[i];
        bool found, erased;

        if (f.open || !class_is_person(f.class))
            continue;
        err bad = vault_field(a, c->n, e->id, &f, &found);
        if (bad != OK && bad->code != ERR_CORRUPT)
            return bad;
        if (bad != OK) {
            flaw(c, no, "vault", str_format(a, "%.*s: %s", STR(f.name), bad->message));
            continue;
        }
        TRY(vault_erased(a, c->n, f.person, &erased));
        if (!found && !erased && str_eq(e->site, c->n->o.site))
            flaw(c, no, "vault", str_format(a, "%.*s is missing without an erasure", STR(f.name)));
    }
    return OK;
}

static fallible check_head(struct check *c, struct arena *a, const struct sql_heads_all *h)
{
    digest sha, sm, claimed_sm3;
    struct note note;
    struct checkpoint point;
    u32 by;

    frontier_root(&merkle_sha256, &c->sha256, &sha);
    frontier_root(&merkle_sm3, &c->sm3, &sm);
    REQUIRE(str_eq(h->sha256, (str){(char *)sha.at, 32}), ERR_CORRUPT, "another SHA-256 root");
    REQUIRE(str_eq(h->sm3, (str){(char *)sm.at, 32}), ERR_CORRUPT, "another SM3 root");
    TRY(note_parse(a, h->note, &note));
    TRY(note_verify(&note, c->known, COUNT(c->known), &by));
    REQUIRE(by == 3, ERR_CRYPTO, "not signed by both keys");
    TRY(checkpoint_parse(a, note.text, &point));
    TRY(checkpoint_sm3(a, &point, &claimed_sm3));
    REQUIRE(point.size == (u64)h->size && digest_eq(point.root, sha) && digest_eq(claimed_sm3, sm),
            ERR_CORRUPT, "its note says something else");
    return OK;
}

static fallible head_keys(struct check *c, str origin)
{
    TRY(note_key_make(origin, NOTE_ED25519, key_public(c->arena, c->n->ed25519), &c->known[0]));
    return note_key_make(origin, NOTE_SM2, key_public(c->arena, c->n->sm2), &c->known[1]);
}

static fallible check_heads(struct check *c, struct arena *a)
{
    i64 size = (i64)c->sha256.size;

    for (size_t i = 0; i < c->heads.count; i++) {
        struct sql_heads_all *h = &c->heads.at[i];

        if (h->epoch != c->epoch || h->size != size)
            continue;
        h->at = 0; /* seen */
        err bad = check_head(c, a, h);
        if (bad != OK)
            flaw(c, c->start_no + size - 1, "head", str_of(bad->message));
    }
    return OK;
}

static void check_tile(struct check *c, int row, i64 idx, const digest *sm3_root)
{
    i64 first = c->start_no + (idx << (TILE_HEIGHT * (row + 1)));
    struct sql_tiles_all *tile = NULL;

    for (size_t i = 0; i < c->tiles.count && tile == NULL; i++)
        if (c->tiles.at[i].epoch == c->epoch && c->tiles.at[i].level == row &&
            c->tiles.at[i].idx == idx)
            tile = &c->tiles.at[i];
    if (tile == NULL) {
        flaw(c, first, "tile", S("missing"));
        return;
    }
    tile->level = -1; /* seen */
    if (!str_eq(tile->hashes, (str){(char *)c->rows[row], sizeof c->rows[row]}) ||
        !str_eq(tile->sm3, (str){(const char *)sm3_root->at, 32}))
        flaw(c, first, "tile", S("other hashes than those of its entries"));
}

/* Adds a leaf and checks the tiles and heads that end with it. */
static fallible grow(struct check *c, struct arena *a, const u8 entry[ENTRY_SIZE])
{
    digest leaf, made[MERKLE_LEVELS];

    tree_hash_leaf(&merkle_sha256, entry, &leaf);
    int levels = frontier_add_nodes(&merkle_sha256, &c->sha256, leaf, made);
    u64 last = c->sha256.size - 1;
    for (int row = 0; row * TILE_HEIGHT < levels && row < TILE_LEVELS; row++)
        c->rows[row][(last >> (row * TILE_HEIGHT)) % TILE_WIDTH] = made[row * TILE_HEIGHT];

    tree_hash_leaf(&merkle_sm3, entry, &leaf);
    levels = frontier_add_nodes(&merkle_sm3, &c->sm3, leaf, made);
    for (int row = 0; (row + 1) * TILE_HEIGHT < levels; row++)
        check_tile(c, row, (i64)(last >> (TILE_HEIGHT * (row + 1))),
                   &made[(row + 1) * TILE_HEIGHT]);
    return check_heads(c, a);
}

static fallible enter_epoch(struct check *c, i64 epoch, i64 no)
{
    if (epoch == c->epoch)
        return OK;
    c->epoch = epoch;
    c->start_no = no;
    memset(&c->sha256, 0, sizeof c->sha256);
    memset(&c->sm3, 0, sizeof c->sm3);
    for (size_t i = 0; i < c->epochs.count; i++)
        if (c->epochs.at[i].epoch == epoch && c->epochs.at[i].start_no == no)
            return head_keys(c, c->epochs.at[i].origin);
    flaw(c, no, "event", S("an epoch that didn't begin here"));
    return OK;
}

static fallible check_row(struct check *c, struct arena *a, const struct sql_events_from *row)
{
    struct event e;
    err bad = event_read(a, row->body, row->salts, &e);

    TRY(enter_epoch(c, row->epoch, row->no));
    if (row->no != c->out->events)
        flaw(c, c->out->events, "event", S("a number is missing"));
    c->out->events = row->no + 1;
    if (bad != OK || !row_agrees(row, &e)) {
        flaw(c, row->no, "event",
             bad != OK ? str_of(bad->message) : S("columns and body disagree"));
        if (row->entry.len != ENTRY_SIZE)
            return OK;
    } else {
        TRY(check_vault(c, a, row->no, &e));
    }
    return grow(c, a, (const u8 *)row->entry.ptr);
}

/* What no entry led to: heads and tiles of entries that aren't there, values of nobody's event. */
static fallible check_rest(struct check *c)
{
    struct sql_vault_strays_rows strays;

    for (size_t i = 0; i < c->heads.count; i++)
        if (c->heads.at[i].at != 0 && c->heads.at[i].epoch == c->n->epoch)
            flaw(c, c->start_no + c->heads.at[i].size - 1, "head",
                 S("of entries that aren't here"));
    for (size_t i = 0; i < c->tiles.count; i++)
        if (c->tiles.at[i].level >= 0)
            flaw(c,
                 c->start_no + (c->tiles.at[i].idx << (TILE_HEIGHT * (c->tiles.at[i].level + 1))),
                 "tile", S("of entries that aren't here"));
    TRY(sql_vault_strays(c->arena, c->n->db, &strays));
    for (size_t i = 0; i < strays.count; i++)
        flaw(c, 0, "vault",
             str_format(c->arena, "%.*s of event %lld, which isn't here", STR(strays.at[i].field),
                        (long long)strays.at[i].event));
    return OK;
}

fallible node_verify(struct arena *a, struct node *n, bool deep, struct verdict *out)
{
    struct check c = {.arena = a, .n = n, .out = out};
    scoped_arena page = arena_open();
    arena_mark empty = arena_here(page);
    struct sql_events_from_rows rows;
    i64 from = 0;

    *out = (struct verdict){0};
    TRY(sql_epochs(a, n->keys, &c.epochs));
    TRY(sql_heads_all(a, n->db, &c.heads));
    TRY(sql_tiles_all(a, n->db, &c.tiles));
    do {
        arena_back(page, empty);
        TRY(sql_events_from(page, n->db, from, PAGE, &rows));
        for (size_t i = 0; i < rows.count; i++) {
            TRY(check_row(&c, page, &rows.at[i]));
            from = rows.at[i].no + 1;
        }
    } while (rows.count == PAGE);
    TRY(check_rest(&c));
    frontier_root(&merkle_sm3, &c.sm3, &out->head);
    return deep ? node_rebuild(a, n, out) : OK;
}

/* ---- rebuild ------------------------------------------------------------------------------ */

struct replay {
    struct node *n;
    struct db *scratch;
};

static fallible replay_one(void *ctx, struct arena *a, struct event *e)
{
    struct replay *r = ctx;

    return node_apply(r->n, r->scratch, a, e);
}

static fallible compare(struct arena *a, struct node *n, struct db *scratch, struct verdict *out)
{
    for (size_t i = 0; i < schema_ddl_count; i++) {
        const struct ddl *d = &schema_ddl[i];
        scoped_arena texts = arena_open();
        str live, made;

        if (d->store != STORE_MAIN || d->class != TABLE_PROJECTION || !d->table)
            continue;
        TRY(db_dump(texts, n->db, d->name, &live));
        TRY(db_dump(texts, scratch, d->name, &made));
        if (str_eq(live, made))
            continue;
        struct flaw f = {0, "projection", str_of(d->name)};
        vec_push(a, &out->flaws, f);
    }
    return OK;
}

fallible node_rebuild(struct arena *a, struct node *n, struct verdict *out)
{
    scoped_db scratch = NULL;

    TRY(sqlite_open(":memory:", NULL, &scratch));
    TRY(db_create(scratch, STORE_MAIN));
    struct replay r = {n, scratch};
    TRY(db_begin(scratch));
    TRY(node_visit(n, 0, replay_one, &r));
    TRY(db_commit(scratch));
    return compare(a, n, scratch, out);
}
