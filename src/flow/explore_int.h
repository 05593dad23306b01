/*
 * explore_int -- the space of markings that net_explore walks through.
 *
 * A marking is a set of edges with a token; its last bit says that an edge once held two. Beyond
 * that point only what is reached is still believed, since one of the tokens was dropped.
 */
#pragma once
#include "flow/flow_int.h"

enum {
    WORD = 64,
    MOST_WORDS = 65, /* 4,096 edges after reduction, and the spoilt bit */
    MOST_BITS = (MOST_WORDS - 1) * WORD,
    MOST_MOVES = 8000000,
    MOST_STATE_BYTES = 96 << 20,
    MOST_CHOICES = 12,
    MOST_LOOKS = 50,
    PILE_STEP = 4096
};

/* A growing array that never moves. */
struct pile {
    struct arena *a;
    VEC(u8 *) blocks;
    size_t size, count;
};

struct origin {
    u32 parent, node, first_move; /* first_move: list of moves that lead here */
};
struct move {
    u32 from, next;
};

struct space {
    const struct analysis *x;
    struct arena *a;
    struct net *net;
    struct explored *out;
    size_t bits, words, most_states;
    u32 *bit_of, *edge_of; /* net edge to bit and back */
    indices nodes;         /* that are left */
    u64 ***reach;          /* of inclusive joins: per node, per way in, the edges that lead there */
    struct pile states, origins, moves;
    u32 *slots;
    size_t slot_count;
    u64 ever[MOST_WORDS];    /* edges that had a token */
    u64 at_once[MOST_WORDS]; /* edges by which an activity aborts its scope */
    bool *fired;             /* by net node */
    u32 *looked;             /* by net node: how often two tokens were traced back */
    bool full;
    /* the move under way */
    u32 state, node, taken; /* taken: the edge a merge took its token from */
    bool moved;
    bool probing; /* only tell where a move leads */
    u32 probe_node, probe_to;
};

/* ---- space.c ---- */
void *pile_at(const struct pile *p, size_t i);
void *pile_add(struct pile *p);
/* The state's number; a new one is added with where it came from. */
u32 space_intern(struct space *s, const u64 *m);
/* The move under way leads to this marking. */
void space_arrive(struct space *s, const u64 *m);

/* ---- moves.c ---- */
void moves_from(struct space *s, u32 state);
bool stuck_node(const struct space *s, u32 i); /* what takes a token and never gives one back */

/* ---- findings.c ---- */
void find_doubled(struct space *s);            /* the move under way doubles a token */
void find_stuck(struct space *s, u32 state);   /* nothing can move there */
void find_endless(struct space *s, u32 state); /* no way out from there */

/* ---- markings ---- */

static inline bool has(const u64 *m, u32 bit)
{
    return m[bit / WORD] >> (bit % WORD) & 1;
}

static inline void set(u64 *m, u32 bit)
{
    m[bit / WORD] |= 1ULL << (bit % WORD);
}

static inline void unset(u64 *m, u32 bit)
{
    m[bit / WORD] &= ~(1ULL << (bit % WORD));
}

static inline bool spoilt(const struct space *s, const u64 *m)
{
    return has(m, (u32)s->bits);
}

static inline bool empty(const struct space *s, const u64 *m)
{
    for (size_t i = 0; i < s->words; i++) {
        u64 mark = i == s->bits / WORD ? 1ULL << (s->bits % WORD) : 0;
        if (m[i] & ~mark)
            return false;
    }
    return true;
}
