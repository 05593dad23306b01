/* matters.csv into drafts and publications, a few at a time. */
#include "catalogue/catalogue.h"
#include "catalogue_sql.h"

enum { CHUNK = 16 };

enum {
    NO,
    NAME,
    TYPE,
    TYPE_CODE,
    LEVEL,
    BODY,
    BASIS,
    BASIS_FILE,
    CONDITIONS,
    MATERIALS,
    LEGAL,
    LEGAL_UNIT,
    LEGAL_BASIS,
    PROMISED,
    FEE,
    APPLICANT,
    SUPERVISION,
    COLUMNS
};
static const char *const columns[COLUMNS] = {"no",
                                             "name",
                                             "type",
                                             "type_code",
                                             "level",
                                             "body",
                                             "basis",
                                             "basis_file",
                                             "conditions",
                                             "materials",
                                             "statutory_limit",
                                             "statutory_unit",
                                             "statutory_basis",
                                             "promised_working_days",
                                             "fee",
                                             "applicant",
                                             "supervision"};

extern const unsigned char procedure_usual[], procedure_instant[], procedure_joint[];
extern const size_t procedure_usual_len, procedure_instant_len, procedure_joint_len;

str procedure_shipped(str code)
{
    if (str_eq(code, S("usual")))
        return (str){(const char *)procedure_usual, procedure_usual_len};
    if (str_eq(code, S("instant")))
        return (str){(const char *)procedure_instant, procedure_instant_len};
    if (str_eq(code, S("joint")))
        return (str){(const char *)procedure_joint, procedure_joint_len};
    return S("");
}

/* ---- one row ------------------------------------------------------------------------------ */

static fallible read_legal(struct arena *a, const str *f, struct matter *m)
{
    if (f[LEGAL_UNIT].len == 0)
        return OK;
    m->legal.set = true;
    m->legal.article = str_copy(a, f[LEGAL_BASIS]);
    m->legal.unit = S("working-day");
    if (str_eq(f[LEGAL_UNIT], S("当场")))
        return OK;
    TRY(str_i64(f[LEGAL], &m->legal.amount));
    if (str_eq(f[LEGAL_UNIT], S("日"))) {
        m->legal.unit = S("natural-day");
        m->legal.kind = LIMIT_NATURAL;
        return OK;
    }
    REQUIRE(str_eq(f[LEGAL_UNIT], S("工作日")), ERR_INPUT, "unit %.*s", STR(f[LEGAL_UNIT]));
    return OK;
}

static fallible read_row(struct arena *a, const struct matters_import *in, const str *f,
                         struct matter *m)
{
    str rest = f[MATERIALS], piece;

    *m = (struct matter){.code = str_copy(a, f[NO]), .name = str_copy(a, f[NAME])};
    m->type = str_copy(a, f[TYPE]);
    m->level = str_copy(a, f[LEVEL]);
    m->basis = str_copy(a, f[BASIS]);
    m->conditions = str_copy(a, f[CONDITIONS]);
    m->applicants = str_copy(a, f[APPLICANT]);
    m->fee = str_copy(a, f[FEE]);
    m->supervision = str_copy(a, f[SUPERVISION]);
    m->division_path = in->division_path;
    m->demo = true;
    m->body_name = str_starts(f[BODY], S("县")) ? str_format(a, "%.*s%.*s", STR(in->division_name),
                                                             STR(str_sub(f[BODY], 3, f[BODY].len)))
                                                : str_copy(a, f[BODY]);
    while (str_split(&rest, ';', &piece))
        if (piece.len > 0)
            vec_push(a, &m->materials, (struct material){str_copy(a, piece)});
    m->promised =
        (struct matter_limit){.set = true, .unit = S("working-day"), .article = S("本机关承诺")};
    TRY(str_i64(f[PROMISED], &m->promised.amount));
    TRY(read_legal(a, f, m));
    return in->body(in->ctx, m->body_name, &m->body);
}

static fallible check_header(const str *f, size_t count)
{
    REQUIRE(count == COLUMNS, ERR_INPUT, "%zu columns instead of %d", count, (int)COLUMNS);
    for (int i = 0; i < COLUMNS; i++)
        REQUIRE(str_eq(f[i], str_of(columns[i])), ERR_INPUT, "column %d isn't %s", i + 1,
                columns[i]);
    return OK;
}

/* ---- commands ----------------------------------------------------------------------------- */

struct import_row {
    struct command command;
    struct matter matter;
    const struct matters_import *in;
    bool passed_over;
};

static fallible run_procedure(struct tx *tx, void *input)
{
    struct procedure_new *p = input;
    struct sql_procedure_newest old;
    bool found;

    TRY(sql_procedure_newest(tx->arena, tx->db, p->code, &old, &found));
    if (!found)
        return procedure_enact(tx, p);
    p->id = old.id;
    p->version = old.version;
    return OK;
}

static fallible run_row(struct tx *tx, void *input)
{
    struct import_row *r = input;
    struct sql_matter_by_code old;
    bool found;

    TRY(sql_matter_by_code(tx->arena, tx->db, r->matter.code, r->matter.division_path, &old,
                           &found));
    r->passed_over = found && old.version > 0;
    if (r->passed_over)
        return OK;
    TRY(matter_draft(tx, &r->matter));
    return matter_publish(
        tx, &(struct matter_publication){r->matter.id, r->matter.version, r->in->effective});
}

static fallible one_command(struct node *n, struct command *c)
{
    TRY(node_batch(n, &c, 1));
    return c->job.refused ? err_again(&c->job.why) : OK;
}

static fallible enact(struct node *n, const struct authority *by, struct procedure_new *p)
{
    struct command c = {
        .run = run_procedure, .input = p, .name = "procedure_enact", .by = *by, .allowed = true};

    TRY(procedure_check(p->model));
    return one_command(n, &c);
}

static fallible flush(struct node *n, struct import_row *rows, size_t count, size_t *imported)
{
    struct command *commands[CHUNK];

    for (size_t i = 0; i < count; i++)
        commands[i] = &rows[i].command;
    TRY(node_batch(n, commands, count));
    for (size_t i = 0; i < count; i++) {
        if (rows[i].command.job.refused)
            return err_again(&rows[i].command.job.why);
        *imported += !rows[i].passed_over;
    }
    return OK;
}

/* LAW: 行政许可法 34(2): what is decided on the spot follows the short procedure. */
static bool on_the_spot(const struct matter *m)
{
    return m->promised.amount == 0;
}

fallible matters_import(struct node *n, const struct authority *by, struct matters_import *in)
{
    scoped_arena a = arena_open();
    struct csv csv = {.rest = in->csv};
    struct procedure_new usual = {S("usual"), S("一般程序"), in->usual, in->effective, 0, 0};
    struct procedure_new short_one = {
        S("instant"), S("即办程序"), in->instant, in->effective, 0, 0};
    struct import_row rows[CHUNK];
    size_t held = 0, count;
    str *f;
    bool more;

    in->imported = 0;
    TRY(enact(n, by, &usual));
    TRY(enact(n, by, &short_one));
    TRY(csv_next(a, &csv, &f, &count, &more));
    REQUIRE(more, ERR_INPUT, "an empty file");
    TRY(check_header(f, count));
    for (;;) {
        TRY(csv_next(a, &csv, &f, &count, &more));
        if (!more)
            break;
        REQUIRE(count == COLUMNS, ERR_INPUT, "line %d: %zu columns", csv.line, count);
        struct import_row *r = &rows[held++];
        *r = (struct import_row){.in = in};
        TRY(read_row(a, in, f, &r->matter));
        const struct procedure_new *p = on_the_spot(&r->matter) ? &short_one : &usual;
        r->matter.procedure = p->id;
        r->matter.procedure_version = p->version;
        r->command = (struct command){
            .run = run_row, .input = r, .name = "matters_import", .by = *by, .allowed = true};
        if (held == CHUNK) {
            TRY(flush(n, rows, held, &in->imported));
            held = 0;
        }
    }
    return flush(n, rows, held, &in->imported);
}
