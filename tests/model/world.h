/*
 * world -- a random history: one or two nodes, what was asked of them and what they answered.
 *
 * Everything follows from the seed. The oracle keeps what was answered and folds the ledger's
 * events with code of its own; it never looks into projections to know what should be there.
 */
#pragma once
#include "calendar/calendar.h"
#include "ledger/ledger.h"
#include "tests/model/kinds.h"
#include "tests/model/sim.h"

#define SECRET "秘密 " /* begins every person's value */

enum {
    NODES = 2,
    ASKED_MOST = 4096,
    NOTES_MOST = 512,
    HEADS_MOST = 256,
    COPIES_MOST = 4,
    PERSONS = 4,
    KEYS_MOST = 64,
    POST_MOST = 64
};

enum answer { PENDING, DONE, REFUSED };

/* One command as the oracle knows it: its serial number stands in its event. */
struct asked {
    int node;
    enum answer answer;
    bool lost; /* a restore may have taken it back */
    i64 serial, event;
    str key;
    digest content;
    i64 person; /* whose secret it carries */
    str field, secret;
    u8 entry[ENTRY_SIZE];
    i64 no, epoch;
};

struct note_known {
    int node;
    i64 id, clock;
    i64 filed_by; /* index of its command */
};

struct copy {
    struct sim_copy *files;
    i64 size, epoch;
};

struct peer {
    struct node *node; /* NULL while it is down */
    struct node_options options;
    const char *folder;
    bool upgraded;
    i64 persons[PERSONS];
    i64 erased[ASKED_MOST];
    size_t erased_count;
    struct copy copies[COPIES_MOST];
    size_t copy_count;
    struct head heads[HEADS_MOST];
    size_t head_count;
    sm4_key destroyed[KEYS_MOST];
    size_t destroyed_count;
    struct link link;
    str post[POST_MOST]; /* packages on their way to this node */
    size_t post_count;
    i64 reader;
    i64 committed; /* entries when it last went down */
};

struct world {
    u64 seed, random;
    struct arena *arena;
    struct sim *sim;
    struct peer peers[NODES];
    int count;
    i64 civil, system; /* ms */
    const struct calendar *calendar, *calendars[2];
    struct asked asked[ASKED_MOST];
    size_t asked_count;
    struct note_known notes[NOTES_MOST];
    size_t note_count;
    i64 next_person;
    bool restored, crashes;
    u64 steps, commands, cuts, restores;
    const char *postgres; /* URL, or NULL for SQLite */
};

/* Each ends the program with the seed if something is wrong. */
void world_open(struct world *w, u64 seed, const char *postgres, bool lie_about_sync);
void world_step(struct world *w);
void world_end(struct world *w); /* brings everything to rest and checks all */
void world_close(struct world *w);

u64 chance(struct world *w, u64 below);
void must(struct world *w, err e, const char *what);
void claim(struct world *w, bool holds, const char *what);

/* history.c */
void peer_start(struct world *w, struct peer *p);
void peer_stop(struct world *w, struct peer *p);
void peer_crashed(struct world *w, struct peer *p, err e);
void fire_all(struct world *w, struct peer *p);
void read_all(struct world *w, struct peer *p);
void exchange(struct world *w, bool faults);

/* check.c */
void check_peer(struct world *w, struct peer *p);
void check_pair(struct world *w);
