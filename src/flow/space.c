/*
 * space -- keeps every marking once, with the move that first led to it and all moves that do.
 */
#include "flow/explore_int.h"

void *pile_at(const struct pile *p, size_t i)
{
    return p->blocks.at[i / PILE_STEP] + (i % PILE_STEP) * p->size;
}

void *pile_add(struct pile *p)
{
    if (p->count % PILE_STEP == 0)
        vec_push(p->a, &p->blocks, arena_take(p->a, PILE_STEP, p->size));
    return pile_at(p, p->count++);
}

static u64 hash(const struct space *s, const u64 *m)
{
    u64 h = 0x9E3779B97F4A7C15ULL;

    for (size_t i = 0; i < s->words; i++) {
        h = (h ^ m[i]) * 0xFF51AFD7ED558CCDULL;
        h ^= h >> 32;
    }
    return h;
}

static void grow_slots(struct space *s)
{
    size_t count = s->slot_count ? s->slot_count * 2 : 1024;

    s->slots = NEW_N(s->a, count, u32);
    s->slot_count = count;
    for (size_t i = 0; i < s->states.count; i++) {
        size_t at = hash(s, pile_at(&s->states, i)) & (count - 1);
        while (s->slots[at] != 0)
            at = (at + 1) & (count - 1);
        s->slots[at] = (u32)i + 1;
    }
}

u32 space_intern(struct space *s, const u64 *m)
{
    if ((s->states.count + 1) * 2 > s->slot_count)
        grow_slots(s);
    size_t at = hash(s, m) & (s->slot_count - 1);
    for (; s->slots[at] != 0; at = (at + 1) & (s->slot_count - 1))
        if (memcmp(pile_at(&s->states, s->slots[at] - 1), m, s->words * sizeof *m) == 0)
            return s->slots[at] - 1;

    u32 no = (u32)s->states.count;
    memcpy(pile_add(&s->states), m, s->words * sizeof *m);
    struct origin *o = pile_add(&s->origins);
    *o = (struct origin){s->state, s->node, UINT32_MAX};
    s->slots[at] = no + 1;
    return no;
}

/* An error that leaves an activity ends everything at once; so says the mask. */
static bool aborted(const struct space *s, const u64 *m)
{
    for (size_t i = 0; i < s->words; i++)
        if (m[i] & s->at_once[i])
            return true;
    return false;
}

void space_arrive(struct space *s, const u64 *m)
{
    u64 nothing[MOST_WORDS] = {0};

    s->moved = true;
    s->fired[s->node] = true;
    if (aborted(s, m)) {
        if (spoilt(s, m))
            set(nothing, (u32)s->bits);
        s->out->exits.aborts = true;
        m = nothing;
    } else if (empty(s, m))
        *(s->node == NET_ABORT ? &s->out->exits.aborts : &s->out->exits.completes) = true;
    u32 no = space_intern(s, m);
    if (s->probing) {
        s->probe_node = s->node;
        s->probe_to = no;
        return;
    }
    u32 move = (u32)s->moves.count;
    struct origin *o = pile_at(&s->origins, no);
    struct move *mv = pile_add(&s->moves);
    *mv = (struct move){s->state, o->first_move};
    o->first_move = move;
    if (s->states.count > s->most_states || s->moves.count > MOST_MOVES)
        s->full = true;
}
