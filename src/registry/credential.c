/*
 * Passwords and second factors. Whether a name exists, is locked or has another password can't be
 * told from outside: each attempt costs one argon2id, is counted by the name that was entered, and
 * is refused in the same words. Times here are system times.
 */
#include "registry/registry_int.h"

#include <liboath/oath.h>
#include <stdlib.h>

str password_draw(struct arena *a)
{
    static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
    char *out = NEW_N(a, 13, char);

    static_assert(sizeof alphabet == 33, "five bits a sign");
    random_fill(out, 12);
    for (size_t i = 0; i < 12; i++)
        out[i] = alphabet[out[i] & 31];
    return (str){out, 12};
}

/* ---- sealed secrets ----------------------------------------------------------------------- */

static str label(struct arena *a, const char *what, i64 person)
{
    return str_format(a, "%s %lld", what, (long long)person);
}

fallible secret_seal(struct arena *a, const char *what, i64 person, str plain, str *sealed)
{
    return sm4_gcm_seal(a, &registry_here()->credential_key, label(a, what, person), plain, sealed);
}

fallible secret_open(struct arena *a, const char *what, i64 person, str sealed, str *plain)
{
    return sm4_gcm_open(a, &registry_here()->credential_key, label(a, what, person), sealed, plain);
}

/* ---- few hashes at a time ----------------------------------------------------------------- */

static fallible hash_begin(struct registry *r)
{
    pthread_mutex_lock(&r->hash_lock);
    bool full = r->waiting >= HASHES_WAITING;
    r->waiting += !full;
    while (!full && r->hashing >= HASHES_AT_ONCE)
        pthread_cond_wait(&r->hash_free, &r->hash_lock);
    r->waiting -= !full;
    r->hashing += !full;
    pthread_mutex_unlock(&r->hash_lock);
    REQUIRE(!full, ERR_BUSY, "%d wait for a password's hash", HASHES_WAITING);
    return OK;
}

static void hash_end(struct registry *r)
{
    pthread_mutex_lock(&r->hash_lock);
    r->hashing--;
    pthread_cond_signal(&r->hash_free);
    pthread_mutex_unlock(&r->hash_lock);
}

fallible bounded_check(struct registry *r, str encoded, str password, bool *right)
{
    TRY(hash_begin(r));
    err e = password_check(encoded, password, right);
    hash_end(r);
    return e;
}

fallible bounded_hash(struct arena *a, struct registry *r, str password, str *encoded)
{
    TRY(hash_begin(r));
    err e = password_hash(a, password, encoded);
    hash_end(r);
    return e;
}

/* ---- one-time codes ----------------------------------------------------------------------- */

/* liboath hands out memory of its own. */
static void free_text(char **text)
{
    free(*text);
}

fallible totp_draw(struct arena *a, str *base32, str *secret)
{
    __attribute__((cleanup(free_text))) char *text = NULL;
    char *bytes = NEW_N(a, TOTP_SECRET, char);
    size_t len = 0;

    random_fill(bytes, TOTP_SECRET);
    int rc = oath_base32_encode(bytes, TOTP_SECRET, &text, &len);
    REQUIRE(rc == OATH_OK, ERR_CRYPTO, "base32: %s", oath_strerror_name(rc));
    *base32 = str_copy(a, (str){text, len});
    *secret = (str){bytes, TOTP_SECRET};
    return OK;
}

static fallible code_at(struct arena *a, str secret, i64 step, str *out)
{
    char code[8];
    int rc = oath_hotp_generate(secret.ptr, secret.len, (u64)step, 6, false,
                                OATH_HOTP_DYNAMIC_TRUNCATION, code);

    REQUIRE(rc == OATH_OK, ERR_CRYPTO, "totp: %s", oath_strerror_name(rc));
    *out = str_copy(a, str_of(code));
    return OK;
}

fallible totp_code(struct arena *a, str base32, i64 system_ms, str *out)
{
    __attribute__((cleanup(free_text))) char *secret = NULL;
    size_t len = 0;
    int rc = oath_base32_decode(base32.ptr, base32.len, &secret, &len);

    REQUIRE(rc == OATH_OK, ERR_INPUT, "base32: %s", oath_strerror_name(rc));
    return code_at(a, (str){secret, len}, system_ms / TOTP_STEP_MS, out);
}

/* The step before and after count too: clocks and fingers are slow. A step serves once. */
static fallible totp_right(struct arena *a, i64 person, str sealed, str code, i64 *step)
{
    i64 now = system_now().ms / TOTP_STEP_MS;
    str secret, expected;

    *step = 0;
    TRY(secret_open(a, "totp", person, sealed, &secret));
    for (i64 s = now - 1; s <= now + 1; s++) {
        u8 differ = code.len != 6;

        TRY(code_at(a, secret, s, &expected));
        for (size_t i = 0; i < 6 && i < code.len; i++)
            differ |= (u8)(code.ptr[i] ^ expected.ptr[i]);
        if (differ == 0)
            *step = s;
    }
    return OK;
}

/* ---- what is counted ---------------------------------------------------------------------- */

struct attempt {
    digest login; /* keyed hash of what was entered */
    i64 person, step;
    bool right;
};

static fallible note_failure(struct registry *r, const struct attempt *t, i64 failures, i64 now)
{
    if (failures < FAILURES_MOST)
        sql_attempt_put(r->state, digest_bytes(&t->login), failures + 1, now);
    return db_check(r->state);
}

static fallible note_success(struct registry *r, const struct attempt *t)
{
    if (t->step)
        sql_totp_used_put(r->state, t->person, t->step);
    sql_attempt_drop(r->state, digest_bytes(&t->login));
    return db_check(r->state);
}

/* While locked nothing is counted, so that knocking doesn't hold the door shut for ever. */
static fallible judge(struct arena *a, struct registry *r, const struct attempt *t, bool *in)
{
    i64 now = system_now().ms;
    struct sql_attempt_get row;
    struct sql_totp_used_get used;
    bool found, stepped;

    sql_attempt_sweep(r->state, now - LOCKED_MS);
    TRY(sql_attempt_get(a, r->state, digest_bytes(&t->login), &row, &found));
    TRY(sql_totp_used_get(a, r->state, t->person, &used, &stepped));
    i64 failures = found ? row.failures : 0;

    *in = t->right && failures < FAILURES_MOST && (t->step == 0 || !stepped || used.step < t->step);
    return *in ? note_success(r, t) : note_failure(r, t, failures, now);
}

/* One at a time, so that guesses that run side by side count one after another. */
static fallible judge_alone(struct arena *a, struct registry *r, const struct attempt *t, bool *in)
{
    pthread_mutex_lock(&r->state_lock);
    err e = judge(a, r, t, in);
    if (e != OK)
        db_rollback(r->state);
    pthread_mutex_unlock(&r->state_lock);
    return e;
}

/* ---- signing in --------------------------------------------------------------------------- */

struct found_credential {
    i64 person;
    str password, totp;
    bool must_change;
};

static fallible by_number(struct arena *a, struct db *db, str number, struct found_credential *out)
{
    struct sql_credential_get row;
    bool found;
    i64 person;

    TRY(registry_lookup(a, db, S("identity"), number, &person));
    if (person == 0)
        TRY(registry_lookup(a, db, S("credit"), number, &person));
    TRY(sql_credential_get(a, db, person, &row, &found));
    if (found && row.login.ptr == NULL)
        *out = (struct found_credential){person, row.password, row.totp, row.must_change};
    return OK;
}

/* person 0 where there is none; the same reads for every name. */
static fallible find_credential(struct arena *a, struct db *db, str login,
                                struct found_credential *out)
{
    struct sql_credential_by_login row;
    bool found;

    TRY(by_number(a, db, login, out));
    TRY(sql_credential_by_login(a, db, login, &row, &found));
    if (found)
        *out = (struct found_credential){row.person, row.password, row.totp, row.must_change};
    return OK;
}

static fallible all_right(struct arena *a, struct registry *r, const struct sign_in *s,
                          const struct found_credential *c, i64 *step, bool *right)
{
    bool password = false;

    *step = 0;
    TRY(bounded_check(r, c->person ? c->password : r->nobody, s->password, &password));
    if (c->person && c->totp.ptr)
        TRY(totp_right(a, c->person, c->totp, s->code, step));
    *right = c->person && password && (c->totp.ptr == NULL || *step != 0);
    return OK;
}

fallible registry_sign_in(struct arena *a, struct db *db, const struct sign_in *s,
                          struct signed_in *out)
{
    struct registry *r = registry_here();
    struct found_credential c = {0};
    struct attempt t = {.login = lookup_hash(r, S("login"), s->login)};
    bool in = false;

    REQUIRE(s->login.len <= LOGIN_MOST && s->password.len <= PASSWORD_MOST && s->code.len <= 16,
            ERR_SIGN_IN, "an entry that is too long");
    TRY(find_credential(a, db, s->login, &c));
    TRY(all_right(a, r, s, &c, &t.step, &t.right));
    t.person = c.person;
    TRY(judge_alone(a, r, &t, &in));
    REQUIRE(in, ERR_SIGN_IN, "signing in was refused");
    *out = (struct signed_in){c.person, c.must_change};
    return OK;
}

fallible totp_now(struct arena *a, struct db *db, str login, str *code)
{
    struct found_credential c = {0};
    str secret;

    *code = S("");
    TRY(find_credential(a, db, login, &c));
    if (c.person == 0 || c.totp.ptr == NULL)
        return OK;
    TRY(secret_open(a, "totp", c.person, c.totp, &secret));
    return code_at(a, secret, system_now().ms / TOTP_STEP_MS, code);
}

/* ---- commands ----------------------------------------------------------------------------- */

fallible registry_credential_add(struct tx *tx, const struct credential_new *c)
{
    struct sql_credential_get old;
    struct sql_credential_by_login other;
    bool found, taken = false;
    str sealed = {0};

    REQUIRE(c->login.len <= LOGIN_MOST, ERR_INPUT, "a login of %zu bytes", c->login.len);
    TRY(sql_credential_get(tx->arena, tx->db, c->person, &old, &found));
    if (c->login.len)
        TRY(sql_credential_by_login(tx->arena, tx->db, c->login, &other, &taken));
    REQUIRE(!found && !taken, ERR_CONFLICT, "this person or login has a credential");
    if (c->totp.len)
        TRY(secret_seal(tx->arena, "totp", c->person, c->totp, &sealed));
    sql_credential_put(tx->db, c->person, c->login.len ? c->login : (str){0}, c->encoded,
                       c->must_change, sealed, system_now().ms);
    return OK;
}

fallible registry_password_set(struct tx *tx, i64 person, str encoded, bool must_change)
{
    struct sql_credential_get old;
    bool found;

    TRY(sql_credential_get(tx->arena, tx->db, person, &old, &found));
    REQUIRE(found, ERR_NOT_FOUND, "person %lld has no credential", (long long)person);
    sql_credential_password(tx->db, person, encoded, must_change, system_now().ms);
    return OK;
}
