/*
 * registry -- divisions, bodies, posts, people; how they sign in and what they may do.
 *
 * Who acts is a person in at most one post; what a post may do are its duties (duties.def), and
 * where is the division of its body and all below. One gate, registry_permit, asks both for every
 * page, command, window and interface.
 *
 * Invariants  a division's id never changes, its code and name have days of validity; a name, a
 *             number or a phone is in the vault and nowhere else; nobody holds two of the three
 *             administrators' posts; a post that was taken acts no more from the commit on.
 * Lifetime    results live in the arena passed in; a registry from registry_open to registry_close.
 * Threads     a registry may be used by all workers; functions with a tx run in the writer.
 */
#pragma once
#include "ledger/ledger.h"
#include "registry_events.h"
#include "web/web.h"

/* ---- numbers ------------------------------------------------------------------------------ */

/* GB 11643-1999: 18 characters, a day that was, and the check digit; «x» must be «X». */
bool identity_valid(str number, date today);
/* GB 32100-2015: 18 characters, the organisation's check (GB 11714) and the whole one's. */
bool credit_valid(str code);

/* Valid numbers for a demo: check characters added to 17 digits; 8 characters and a number. */
str identity_make(struct arena *a, str first17);
str credit_make(struct arena *a, str first8, int organisation);

/* ---- the instance's registry -------------------------------------------------------------- */

struct registry;

struct registry_options {
    struct disk *disk; /* lookup.key and credential.key; made if absent */
    const char *state; /* the state store: a path or an address */
    bool demo;         /* the sign-in page tells the current code */
};

/* One a process: views find it by themselves. */
fallible registry_open(const struct registry_options *o, struct registry **out);
void registry_close(struct registry *r);

/* For web_config.sessions. Sessions outlive a restart. */
struct session_store registry_sessions(struct registry *r);

/* ---- a way to the writer ------------------------------------------------------------------ */

/* Commands of this room are run through a door: the node itself, or the control socket. */
struct door {
    fallible (*run)(void *ctx, struct command *c);
    void *ctx;
    struct db *db;     /* to read what is committed */
    struct node *node; /* the same, with the vault */
};

/* The door of a node that this process holds. Refusals come back as errors. */
struct door door_of(struct node *n);

/* ---- divisions ---------------------------------------------------------------------------- */

enum { LEVEL_PROVINCE = 1, LEVEL_CITY, LEVEL_COUNTY, LEVEL_TOWNSHIP, LEVEL_VILLAGE };
enum { PATH_STEP = 13, DIVISIONS_MOST = 1000000, DIVISION_FILE_MOST = 64 << 20 };

struct division_list {
    str csv;    /* columns code, name, level, parent */
    str source; /* a word on where it comes from */
    str within; /* a code: only this division, all below it and what lies above it; empty: all */
    date since; /* first day of the codes */
};

struct division_report {
    i64 import, count;
    i64 within; /* id of the division `within`, else of the first */
};

/*
 * Import a list, in chunks that are seen together at the end. ERR_INPUT with the line: a code of
 * other than 12 digits, twice or already here, a parent that is nowhere, a level that isn't one
 * below the parent's. Nothing is seen of a list that was refused.
 */
fallible registry_import_divisions(const struct door *d, const struct division_list *list,
                                   struct division_report *out);

/* Another code or name from a day on. LAW: 行政区划管理条例 (codes follow the change). */
struct division_change {
    i64 division;
    str code, name;
    date since;
};
fallible registry_division_code(struct tx *tx, const struct division_change *c);

struct division {
    i64 id, level, parent;
    str path, name;
};
/* Pure reads on any connection. */
fallible division_get(struct arena *a, struct db *db, i64 id, struct division *out, bool *found);
fallible division_by_code(struct arena *a, struct db *db, str code, date day, struct division *out,
                          bool *found);
fallible division_code_on(struct arena *a, struct db *db, i64 id, date day, str *code);

struct divisions {
    struct division *at;
    size_t count;
};
fallible division_children(struct arena *a, struct db *db, i64 id, struct divisions *out);
/* From the top down to the division itself, at most five. */
fallible division_line(struct arena *a, struct db *db, i64 id, struct divisions *out);

/* ---- scope -------------------------------------------------------------------------------- */

/* What a query is confined to: `division_path between from and to`; body and person where the
 * command's or view's scope says so, else 0. */
struct scope {
    str from, to;
    i64 body, person;
};

/* All of the country; a division and all below. */
struct scope scope_everywhere(void);
struct scope scope_of_path(struct arena *a, str division_path);

/* Of the post that a request or a command acts in, as it is now. `kind` as in the table:
 * "DIVISION", "BODY", "SELF", "NONE". ERR_FORBIDDEN where there is no such post any more. */
fallible registry_scope(struct request *q, const char *kind, struct scope *out);
fallible registry_tx_scope(struct tx *tx, const char *kind, struct scope *out);

/* ---- the gate ----------------------------------------------------------------------------- */

/* web_ops.permit. */
fallible registry_permit(void *state, struct request *q, const char *duty, const char *scope);

/* The same question inside the writer, where no post can be taken in between. */
fallible registry_tx_permit(struct tx *tx, const char *duty);

/* Who asks, for the envelope. */
fallible registry_authority(struct request *q, struct authority *out);

/* Does the text of duties (a space between) hold this one? */
bool duty_in(str duties, str duty);
/* «受理» for CASE_ACCEPT; NULL for no duty. */
const char *duty_title(str duty);
/* ERR_INPUT for a word that is no duty. */
fallible duties_check(str duties);

/* A line for each command and view: kind, name, duty, its title, scope. */
void registry_commands(struct buf *out, const struct routes *rooms, size_t count);
/* ERR_INPUT if a route names a duty or scope that isn't in the tables. */
fallible registry_check_routes(const struct routes *rooms, size_t count);

/* ---- bodies, posts, people ---------------------------------------------------------------- */

struct body_new {
    i64 division;
    str name, kind;
};
struct post_new {
    i64 body;
    str name, duties;
};
/* Somebody's name, with the number that their kind has. */
struct person_new {
    str kind; /* staff, citizen, enterprise */
    i64 body; /* of staff */
    str name, number, phone;
};

fallible registry_body_add(struct tx *tx, const struct body_new *b, i64 *id);
/* The body of that name in a division; 0 for none. */
fallible registry_body_find(struct arena *a, struct db *db, i64 division, str name, i64 *id);
fallible registry_post_add(struct tx *tx, const struct post_new *p, i64 *id);
fallible registry_post_close(struct tx *tx, i64 post, str reason);
/* ERR_INPUT for a number that doesn't hold, ERR_CONFLICT for one that is registered. */
fallible registry_person_add(struct tx *tx, const struct person_new *p, i64 *id);
/* ERR_STATE where one person would hold two administrators' posts, or one and another post. */
fallible registry_post_give(struct tx *tx, i64 person, i64 post);
fallible registry_post_take(struct tx *tx, i64 person, i64 post, str reason);

/* Whose number this is; 0 for nobody. `kind` identity or credit. */
fallible registry_lookup(struct arena *a, struct db *db, str kind, str number, i64 *person);
/* Finish a rotation that a crash interrupted: right after registry_open. */
fallible registry_lookup_recover(struct db *db);
/* A new lookup.key; every hash is computed anew from the vault. In no process may others sign in
 * meanwhile: their keys are the old ones. */
fallible registry_rotate_lookup(const struct door *d);

/* The name of a person, from the vault; empty if they were erased. */
fallible registry_person_name(struct arena *a, struct node *n, i64 person, str *out);
fallible registry_person_number(struct arena *a, struct node *n, i64 person, str *out);

/* The post acted in, as the desk shows it. ERR_FORBIDDEN if it isn't held now. */
struct acting_post {
    i64 id, body, division;
    str name, body_name, duties, division_path;
};
fallible registry_acting(struct arena *a, struct db *db, i64 person, i64 post,
                         struct acting_post *out);

/* ---- credentials -------------------------------------------------------------------------- */

/* 12 characters without look-alikes: about 60 bits. */
str password_draw(struct arena *a);

struct credential_new {
    i64 person;
    str login;   /* of staff; empty: by number */
    str encoded; /* password_hash, made off the writer */
    str totp;    /* the second factor's secret as totp_draw gave it; empty for none */
    bool must_change;
};
fallible registry_credential_add(struct tx *tx, const struct credential_new *c);

fallible registry_password_set(struct tx *tx, i64 person, str encoded, bool must_change);

/* A new secret of 20 bytes: for an app as base32, and as it is for the credential. */
fallible totp_draw(struct arena *a, str *base32, str *secret);
/* The six digits of a moment (RFC 6238, 30 s, SHA-1). */
fallible totp_code(struct arena *a, str base32, i64 system_ms, str *out);

/* Who signs in with this: OK and the person, or ERR_SIGN_IN for every other reason alike. */
struct sign_in {
    str login, password, code;
};
struct signed_in {
    i64 person;
    bool must_change;
};
fallible registry_sign_in(struct arena *a, struct db *db, const struct sign_in *s,
                          struct signed_in *out);

/* ---- a first instance, and a demo --------------------------------------------------------- */

/* An account that was just made; the password was seen by nobody yet. */
struct account {
    str login, password, totp; /* totp as base32; empty for none */
    str name, body, post, kind;
    i64 person;
    bool must_change;
};
struct accounts {
    struct account *at;
    size_t count, cap;
};

/* The three administrators of a new instance, of a body «系统管理» of the division.
 * LAW: GB/T 22239 (三员分立). */
fallible registry_init_admins(struct arena *a, const struct door *d, i64 division,
                              struct accounts *out);

/* Bodies, posts, people, citizens and an enterprise for a demo, always the same names.
 * `bodies`: their names, without double ones. */
fallible registry_demo(struct arena *a, const struct door *d, i64 division, const str *bodies,
                       size_t count, struct accounts *out);
/* What the body that a list of matters calls «县市场监督管理局» is called in this county: without
 * brackets, with the county's own name. */
str registry_body_name(struct arena *a, str place, str column);
/* The names of the column `body` of a list of matters, each once. */
fallible registry_demo_bodies(struct arena *a, str matters_csv, str place, str **bodies,
                              size_t *count);

/* {"accounts":[…]} for accounts.json. */
void registry_accounts_json(struct buf *out, const struct accounts *all);

/* ---- the desk ----------------------------------------------------------------------------- */

/* The staff desk's shell for the post that is acted in; groups are the caller's. */
struct desk registry_desk(struct request *q, str title);

/* ---- for main ----------------------------------------------------------------------------- */

extern const struct route registry_routes[];
extern const size_t registry_route_count;
