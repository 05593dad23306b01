/* registry_int -- what the files of this room share; nobody else includes it. */
#pragma once
#include "registry/registry.h"
#include "registry_sql.h"

#include <pthread.h>

enum {
    FAILURES_MOST = 5,
    LOCKED_MS = 15 * 60 * 1000,
    HASHES_AT_ONCE = 2,
    HASHES_WAITING = 64,
    TOTP_SECRET = 20,
    TOTP_STEP_MS = 30000,
    LOGIN_MOST = 64,
    NAME_MOST = 100,
    PHONE_MOST = 20,
    DUTIES_MOST = 1000,
    CHUNK_ROWS = 200,
};

struct registry {
    struct arena *arena;
    struct disk *disk;
    digest lookup_key;
    sm4_key credential_key;
    struct db *state;
    pthread_mutex_t state_lock; /* one connection, one user at a time */
    pthread_mutex_t hash_lock;  /* argon2 takes 64 MiB: few at a time */
    pthread_cond_t hash_free;
    int hashing, waiting;
    str nobody; /* a password's record that costs as much as a real one */
    bool demo;
};

/* The registry of this process; asserts that it is open. */
struct registry *registry_here(void);

/* All sessions of a person end: after a new password. */
fallible registry_end_sessions(i64 person);

/* ---- lookup.c ----------------------------------------------------------------------------- */

digest lookup_hash(const struct registry *r, str kind, str number);
str digest_bytes(const digest *d);
fallible lookup_open_keys(struct registry *r);

/* ---- credential.c ------------------------------------------------------------------------- */

fallible secret_seal(struct arena *a, const char *what, i64 person, str plain, str *sealed);
fallible secret_open(struct arena *a, const char *what, i64 person, str sealed, str *plain);
/* password_check and password_hash, few at a time: ERR_BUSY beyond HASHES_WAITING. */
fallible bounded_check(struct registry *r, str encoded, str password, bool *right);
fallible bounded_hash(struct arena *a, struct registry *r, str password, str *encoded);
/* The code of now, for a demo's sign-in page; empty where there is none. */
fallible totp_now(struct arena *a, struct db *db, str login, str *code);

/* ---- run.c -------------------------------------------------------------------------------- */

/* One command through a door, for people of the command line. */
fallible door_run(const struct door *d, const char *name,
                  fallible (*run)(struct tx *tx, void *input), void *input);
