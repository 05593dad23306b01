#include "store/postgres_int.h"

#include <endian.h>
#include <limits.h>
#include <stdio.h>

/* Types of PostgreSQL by their numbers, which are part of its protocol's promise. */
enum {
    PG_BOOL = 16,
    PG_BYTEA = 17,
    PG_INT8 = 20,
    PG_INT2 = 21,
    PG_INT4 = 23,
    PG_TEXT = 25,
    PG_VARCHAR = 1043,
    PG_NUMERIC = 1700
};

static const struct {
    const char *prefix;
    enum err_code code;
} codes[] = {
    {"08", ERR_IO},         {"22021", ERR_TEXT},    {"23", ERR_CONFLICT}, {"25P03", ERR_IO},
    {"40", ERR_BUSY},       {"53200", ERR_BUSY},    {"53300", ERR_BUSY},  {"53", ERR_FULL},
    {"55P03", ERR_BUSY},    {"57014", ERR_BUSY},    {"57P", ERR_IO},      {"58", ERR_IO},
    {"XX001", ERR_CORRUPT}, {"XX002", ERR_CORRUPT},
};

enum err_code pg_code(const char *sqlstate)
{
    if (sqlstate == NULL)
        return ERR_IO;
    for (size_t i = 0; i < COUNT(codes); i++)
        if (strncmp(sqlstate, codes[i].prefix, strlen(codes[i].prefix)) == 0)
            return codes[i].code;
    return ERR_DATABASE;
}

void pg_types(const struct query *q, Oid out[MOST_PARAMS])
{
    for (int i = 0; i < q->params; i++) {
        char type = q->param_types ? (char)(q->param_types[i] | 0x20) : 0;

        out[i] = type == 'i' ? PG_INT8 : type == 't' ? PG_TEXT : type == 'b' ? PG_BYTEA : 0;
    }
}

/* A number of a declared type goes in eight bytes; else as text, right for whatever is inferred. */
static void bind_number(struct pg_params *p, int i, bool declared, i64 n)
{
    p->values[i] = p->numbers[i];
    p->formats[i] = declared;
    if (declared) {
        u64 big = htobe64((u64)n);
        memcpy(p->numbers[i], &big, sizeof big);
        p->lengths[i] = sizeof big;
    } else {
        p->lengths[i] = snprintf(p->numbers[i], sizeof p->numbers[i], "%lld", (long long)n);
    }
}

fallible pg_bind(struct pg_params *out, const struct query *q, const struct cell *cells)
{
    assert(q->params <= MOST_PARAMS);
    for (int i = 0; i < q->params; i++) {
        const struct cell *c = &cells[i];

        out->values[i] = NULL;
        out->lengths[i] = out->formats[i] = 0;
        if (c->type == CELL_I64) {
            bind_number(out, i, q->param_types != NULL, c->n);
        } else if (c->type != CELL_NULL) {
            REQUIRE(c->text.len <= INT_MAX, ERR_TOO_LARGE, "%s: a value of %zu bytes", q->name,
                    c->text.len);
            /* Binary also for text: the text form ends at the first zero byte. */
            out->values[i] = c->text.ptr;
            out->lengths[i] = (int)c->text.len;
            out->formats[i] = 1;
        }
    }
    return OK;
}

static u16 two_bytes(const char *at)
{
    u16 n;

    memcpy(&n, at, sizeof n);
    return be16toh(n);
}

static i64 whole(const char *at, int len)
{
    u64 n = 0;

    for (int i = 0; i < len; i++)
        n = n << 8 | (u8)at[i];
    return len == 2 ? (int16_t)n : len == 4 ? (i32)n : (i64)n;
}

/* What sum() of bigint gives: digits of 10,000, the first of weight 10,000^weight. */
static fallible numeric(const char *at, int len, i64 *out)
{
    REQUIRE(len >= 8, ERR_DATABASE, "a numeric of %d bytes", len);
    int digits = two_bytes(at), weight = (int16_t)two_bytes(at + 2);
    u16 sign = two_bytes(at + 4);
    i64 n = 0;

    bool fits = (sign == 0 || sign == 0x4000) && digits <= weight + 1 && len == 8 + 2 * digits;
    for (int i = 0; fits && i <= weight; i++) {
        i64 digit = i < digits ? two_bytes(at + 8 + (ptrdiff_t)2 * i) : 0;
        fits = !__builtin_mul_overflow(n, 10000, &n) &&
               !__builtin_add_overflow(n, sign ? -digit : digit, &n);
    }
    REQUIRE(fits, ERR_DATABASE, "a numeric that is no 64-bit integer");
    *out = n;
    return OK;
}

static char kind_of(Oid type)
{
    switch (type) {
    case PG_BOOL:
    case PG_INT2:
    case PG_INT4:
    case PG_INT8:
    case PG_NUMERIC:
        return 'i';
    case PG_TEXT:
    case PG_VARCHAR:
        return 't';
    case PG_BYTEA:
        return 'b';
    default:
        return 0;
    }
}

fallible pg_cell(struct arena *a, const PGresult *r, int row, int column, char expected,
                 struct cell *out)
{
    Oid type = PQftype(r, column);
    char kind = kind_of(type);

    REQUIRE(kind != 0 && (expected == 0 || expected == kind), ERR_DATABASE,
            "column %d has type %u, declared is «%c»", column + 1, type, expected ? expected : '?');
    if (PQgetisnull(r, row, column)) {
        *out = (struct cell){0};
        return OK;
    }
    const char *at = PQgetvalue(r, row, column);
    int len = PQgetlength(r, row, column);
    if (kind == 'i') {
        out->type = CELL_I64;
        if (type == PG_NUMERIC)
            return numeric(at, len, &out->n);
        out->n = whole(at, len);
        return OK;
    }
    str copy = str_copy(a, (str){at, (size_t)len});
    *out = kind == 't' ? cell_text(copy) : cell_bytes(copy);
    return OK;
}
