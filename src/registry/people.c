/* Bodies, posts, people, and who holds which post. */
#include "registry/registry_int.h"

static const str admins[] = {{"SYSTEM_ADMIN", 12}, {"SECURITY_ADMIN", 14}, {"AUDIT_ADMIN", 11}};

static fallible text_fits(const char *what, str text, size_t most)
{
    str bare = str_trim(text);

    REQUIRE(bare.len > 0 && bare.len == text.len, ERR_INPUT, "%s is empty or has blanks around it",
            what);
    REQUIRE(text.len <= 4 * most && utf8_valid(text) && utf8_count(text) <= most, ERR_INPUT,
            "%s has more than %zu signs or isn't text", what, most);
    return OK;
}

/* ---- bodies and posts --------------------------------------------------------------------- */

fallible registry_body_add(struct tx *tx, const struct body_new *b, i64 *id)
{
    struct division where;
    struct sql_body_by_name other;
    bool found, taken;

    TRY(text_fits("name", b->name, NAME_MOST));
    TRY(text_fits("kind", b->kind, 20));
    TRY(division_get(tx->arena, tx->db, b->division, &where, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no division %lld", (long long)b->division);
    TRY(sql_body_by_name(tx->arena, tx->db, b->division, b->name, &other, &taken));
    REQUIRE(!taken, ERR_CONFLICT, "that division has a body of this name");
    *id = tx_id(tx);
    return emit_body_added(tx, &(struct body_added){.body_id = *id,
                                                    .name = b->name,
                                                    .kind = b->kind,
                                                    .division = b->division,
                                                    .division_path = where.path});
}

static int admin_duties(str duties)
{
    int n = 0;

    for (size_t i = 0; i < COUNT(admins); i++)
        n += duty_in(duties, admins[i]);
    return n;
}

fallible registry_post_add(struct tx *tx, const struct post_new *p, i64 *id)
{
    struct sql_body_get body;
    bool found;

    TRY(text_fits("name", p->name, NAME_MOST));
    TRY(duties_check(p->duties));
    REQUIRE(admin_duties(p->duties) <= 1, ERR_STATE, "a post for two of the three administrators");
    TRY(sql_body_get(tx->arena, tx->db, p->body, &body, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no body %lld", (long long)p->body);
    *id = tx_id(tx);
    return emit_post_added(tx, &(struct post_added){.post_id = *id,
                                                    .body_id = p->body,
                                                    .name = p->name,
                                                    .duties = p->duties,
                                                    .division_path = body.division_path});
}

static fallible open_post(struct tx *tx, i64 post, struct sql_post_get *out)
{
    bool found;

    TRY(sql_post_get(tx->arena, tx->db, post, out, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no post %lld", (long long)post);
    REQUIRE(!out->closed, ERR_STATE, "post %lld is closed", (long long)post);
    return OK;
}

fallible registry_post_close(struct tx *tx, i64 post, str reason)
{
    struct sql_post_get row;

    TRY(text_fits("reason", reason, 500));
    TRY(open_post(tx, post, &row));
    return emit_post_closed(tx, &(struct post_closed){.post_id = post, .reason = reason});
}

/* ---- people ------------------------------------------------------------------------------- */

static fallible phone_fits(str phone)
{
    REQUIRE(phone.len <= PHONE_MOST, ERR_INPUT, "a phone number of %zu signs", phone.len);
    for (size_t i = 0; i < phone.len; i++)
        REQUIRE(memchr("0123456789+- ", phone.ptr[i], 13) != NULL, ERR_INPUT,
                "a phone number with other signs than digits");
    return OK;
}

/* The number is found by its hash from now on; nobody else may have it. */
static fallible claim_number(struct tx *tx, str kind, str number, i64 person)
{
    digest hash = lookup_hash(registry_here(), kind, number);
    i64 other;

    TRY(registry_lookup(tx->arena, tx->db, kind, number, &other));
    REQUIRE(other == 0, ERR_CONFLICT, "this number is registered");
    sql_lookup_put(tx->db, kind, digest_bytes(&hash), person);
    return OK;
}

static str or_absent(str text)
{
    return text.len ? text : (str){0};
}

static fallible add_staff(struct tx *tx, const struct person_new *p, i64 id)
{
    struct sql_body_get body;
    bool found;

    TRY(sql_body_get(tx->arena, tx->db, p->body, &body, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no body %lld", (long long)p->body);
    return emit_staff_added(
        tx, &(struct staff_added){
                .person = id, .body_id = p->body, .name = p->name, .phone = or_absent(p->phone)});
}

static fallible add_citizen(struct tx *tx, const struct person_new *p, i64 id)
{
    REQUIRE(identity_valid(p->number, instant_date(tx->at)), ERR_INPUT, "no valid identity number");
    TRY(claim_number(tx, S("identity"), p->number, id));
    return emit_citizen_registered(tx, &(struct citizen_registered){.person = id,
                                                                    .name = p->name,
                                                                    .identity = p->number,
                                                                    .phone = or_absent(p->phone)});
}

static fallible add_enterprise(struct tx *tx, const struct person_new *p, i64 id)
{
    REQUIRE(credit_valid(p->number), ERR_INPUT, "no valid credit code");
    TRY(claim_number(tx, S("credit"), p->number, id));
    return emit_enterprise_registered(
        tx, &(struct enterprise_registered){
                .person = id, .name = p->name, .credit = p->number, .phone = or_absent(p->phone)});
}

fallible registry_person_add(struct tx *tx, const struct person_new *p, i64 *id)
{
    TRY(text_fits("name", p->name, NAME_MOST));
    TRY(phone_fits(p->phone));
    *id = tx_id(tx);
    if (str_eq(p->kind, S("staff")))
        return add_staff(tx, p, *id);
    if (str_eq(p->kind, S("citizen")))
        return add_citizen(tx, p, *id);
    REQUIRE(str_eq(p->kind, S("enterprise")), ERR_INPUT, "no such kind of person");
    return add_enterprise(tx, p, *id);
}

/* ---- who holds which post ----------------------------------------------------------------- */

/* An administrator holds one post and no other, so that no two can meet in one person. */
static fallible keep_apart(struct tx *tx, i64 person, str duties)
{
    struct sql_posts_held_rows held;

    TRY(sql_posts_held(tx->arena, tx->db, person, &held));
    for (size_t i = 0; i < held.count; i++)
        REQUIRE(admin_duties(duties) + admin_duties(held.at[i].duties) == 0, ERR_STATE,
                "an administrator holds one post only");
    return OK;
}

fallible registry_post_give(struct tx *tx, i64 person, i64 post)
{
    struct sql_person_get who;
    struct sql_post_get row;
    struct sql_post_acting now;
    bool found, held;

    TRY(open_post(tx, post, &row));
    TRY(sql_person_get(tx->arena, tx->db, person, &who, &found));
    REQUIRE(found && str_eq(who.kind, S("staff")), ERR_NOT_FOUND, "no staff %lld",
            (long long)person);
    TRY(sql_post_acting(tx->arena, tx->db, person, post, &now, &held));
    REQUIRE(!held, ERR_STATE, "%lld holds post %lld", (long long)person, (long long)post);
    TRY(keep_apart(tx, person, row.duties));
    return emit_post_given(tx, &(struct post_given){.person = person, .post_id = post});
}

fallible registry_post_take(struct tx *tx, i64 person, i64 post, str reason)
{
    struct sql_post_acting now;
    bool held;

    TRY(text_fits("reason", reason, 500));
    TRY(sql_post_acting(tx->arena, tx->db, person, post, &now, &held));
    REQUIRE(held, ERR_STATE, "%lld doesn't hold post %lld", (long long)person, (long long)post);
    return emit_post_taken(
        tx, &(struct post_taken){.person = person, .post_id = post, .reason = reason});
}

/* ---- their values ------------------------------------------------------------------------- */

static fallible personal(struct arena *a, struct node *n, i64 person, const char *fields[2],
                         str *out)
{
    struct sql_person_get row;
    struct event e;
    struct json *value;
    bool found;
    str json = {0};

    *out = S("");
    TRY(sql_person_get(a, node_db(n), person, &row, &found));
    if (found)
        TRY(node_event(a, n, row.event, &e, &found));
    if (!found)
        return OK;
    const char *field = fields[str_eq(row.kind, S("enterprise"))];
    TRY(vault_open(a, n, &e, field, &json, &found));
    if (!found)
        return OK;
    TRY(json_read(a, json, &value));
    *out = value->text;
    return OK;
}

fallible registry_person_name(struct arena *a, struct node *n, i64 person, str *out)
{
    return personal(a, n, person, (const char *[]){"name", "name"}, out);
}

fallible registry_person_number(struct arena *a, struct node *n, i64 person, str *out)
{
    return personal(a, n, person, (const char *[]){"identity", "credit"}, out);
}
