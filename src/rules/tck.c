/*
 * `rules test`: runs the DMN Technology Compatibility Kit's cases below a folder, tells each, and
 * writes the result file that the kit publishes: five quoted columns (folder, test file, case,
 * SUCCESS or ERROR or IGNORED, comment).
 */
#include "rules/tck.h"

#include "rules/dmn_int.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEEPEST_FOLDER = 8, MOST_FILES = 10000 };

struct kit {
    struct arena *a;
    FILE *results; /* NULL: none */
    size_t folder_len;
    int passed, failed, skipped;
    instant now;
};

/* ---- values ------------------------------------------------------------------------------- */

static str xsi(struct arena *a, const xmlNode *n, const char *name)
{
    xmlChar *v = xmlGetNsProp(n, (const xmlChar *)name,
                              (const xmlChar *)"http://www.w3.org/2001/XMLSchema-instance");
    str s = v != NULL ? str_copy(a, str_of((const char *)v)) : S("");

    xmlFree(v);
    return s;
}

static bool is_nil(struct arena *a, const xmlNode *n)
{
    return str_eq(xsi(a, n, "nil"), S("true"));
}

static bool number_type(str type)
{
    static const char *const names[] = {"decimal", "double", "float", "integer", "int", "long"};

    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq(type, str_of(names[i])))
            return true;
    return false;
}

static fallible simple_value(struct arena *a, const xmlNode *n, feel *out)
{
    str type = xsi(a, n, "type"), text = xml_text(a, n), trimmed = str_trim(text);
    struct run r;
    const char *colon = type.len ? memchr(type.ptr, ':', type.len) : NULL;

    if (colon != NULL)
        type = str_sub(type, (size_t)(colon - type.ptr) + 1, type.len);
    if (number_type(type)) {
        REQUIRE(feel_number(trimmed, out) == OK, ERR_SYNTAX, "no number: %.*s", STR(trimmed));
        return OK;
    }
    *out = feel_bool(str_eq(trimmed, S("true")) || str_eq(trimmed, S("1")));
    if (str_eq(type, S("boolean")))
        return OK;
    *out = feel_string(text);
    if (type.len == 0 || str_eq(type, S("string")))
        return OK;
    run_open(&r, a, NULL);
    REQUIRE(temporal_read(&r, trimmed, out), ERR_SYNTAX, "no %.*s: %.*s", STR(type), STR(trimmed));
    return OK;
}

/* The value in an element that holds `value`, `list` or `component`s. */
static fallible value_in_node(struct arena *a, const xmlNode *n, feel *out)
{
    VEC(struct feel_entry) entries = {0};
    VEC(feel) items = {0};

    *out = feel_null();
    for (const xmlNode *e = xml_first(n); e != NULL; e = xml_next(e)) {
        feel v = feel_null();

        if (xml_is(e, "value") && !is_nil(a, e))
            return simple_value(a, e, out);
        if (xml_is(e, "list")) {
            for (const xmlNode *i = xml_first(e); i != NULL; i = xml_next(i)) {
                TRY(value_in_node(a, i, &v));
                vec_push(a, &items, v);
            }
            return is_nil(a, e) ? OK : feel_list(items.at, items.count, out);
        }
        if (!xml_is(e, "component"))
            continue;
        if (!is_nil(a, e))
            TRY(value_in_node(a, e, &v));
        struct feel_entry entry = {xml_name(a, xml_attribute(a, e, "name")), v};
        vec_push(a, &entries, entry);
    }
    return entries.count ? feel_context(a, entries.at, entries.count, out) : OK;
}

/* ---- comparing ---------------------------------------------------------------------------- */

/* The kit gives roots and powers with eight digits after the point. */
static bool numbers_close(feel a, feel b)
{
    feel d = number_sub(a, b);

    if (number_sign(d) < 0)
        d = number_neg(d);
    return d.kind == FEEL_NUMBER && number_cmp(d, number_of(1, 8)) < 0;
}

static bool as_expected(feel got, feel expected);

static bool list_expected(feel got, feel expected)
{
    if (got.count != expected.count)
        return false;
    for (u32 i = 0; i < got.count; i++)
        if (!as_expected(got.items[i], expected.items[i]))
            return false;
    return true;
}

static bool context_expected(const struct feel_context *got, const struct feel_context *expected)
{
    if (got->count != expected->count)
        return false;
    for (size_t i = 0; i < got->count; i++) {
        const struct feel_entry *other = context_find(expected, got->entries[i].key);

        if (other == NULL || !as_expected(got->entries[i].value, other->value))
            return false;
    }
    return true;
}

static bool as_expected(feel got, feel expected)
{
    if (got.kind != expected.kind)
        return false;
    if (got.kind == FEEL_NUMBER)
        return numbers_close(got, expected);
    if (got.kind == FEEL_LIST)
        return list_expected(got, expected);
    if (got.kind == FEEL_CONTEXT)
        return context_expected(got.context, expected.context);
    return value_same(got, expected) || value_equal(got, expected) == TRUE;
}

/* ---- one case ----------------------------------------------------------------------------- */

static fallible case_input(struct arena *a, const xmlNode *test, feel *out)
{
    VEC(struct feel_entry) entries = {0};

    for (const xmlNode *e = xml_first(test); e != NULL; e = xml_next(e)) {
        feel v;

        if (!xml_is(e, "inputNode"))
            continue;
        TRY(value_in_node(a, e, &v));
        struct feel_entry entry = {xml_name(a, xml_attribute(a, e, "name")), v};
        vec_push(a, &entries, entry);
    }
    return feel_context(a, entries.at, entries.count, out);
}

/* A service's result of several outputs is asked for by each output's name. */
static feel part_of(feel v, str name, bool service)
{
    const feel *part = service ? feel_get(v, name) : NULL;

    return part != NULL ? *part : v;
}

static const char *note_of(const struct feel_notes *notes)
{
    return notes->count ? notes->kept[0].what : "";
}

/* *why stays empty if the result is as expected. */
static fallible check_result(struct kit *k, const struct rules_model *m, const xmlNode *test,
                             const xmlNode *result, str *why)
{
    struct feel_notes notes = {0};
    struct feel_options options = {.now = k->now, .notes = &notes};
    str name = xml_name(k->a, xml_attribute(k->a, result, "name"));
    str invocable = xml_name(k->a, xml_attribute(k->a, test, "invocableName"));
    feel input, expected, got;
    struct buf wanted = buf_in(k->a), given = buf_in(k->a);

    TRY(case_input(k->a, test, &input));
    TRY(value_in_node(k->a, xml_child(result, "expected"), &expected));
    TRY(rules_decide(k->a, m, invocable.len ? invocable : name, input, &options, &got));
    got = part_of(got, name, invocable.len > 0);
    if (as_expected(got, expected))
        return OK;
    TRY(feel_json(&wanted, expected));
    TRY(feel_json(&given, got));
    *why = str_format(k->a, "%.*s: got %.*s, expected %.*s %s", STR(name), STR(buf_text(&given)),
                      STR(buf_text(&wanted)), note_of(&notes));
    return OK;
}

static bool needs_other_language(const struct rules_model *m)
{
    for (size_t i = 0; i < m->elements.count; i++)
        if (m->elements.at[i]->external)
            return true;
    return false;
}

static void csv_field(FILE *f, str text)
{
    (void)fputc('"', f);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            (void)fputc('"', f);
        (void)fputc(text.ptr[i] == '\n' ? ' ' : text.ptr[i], f);
    }
    (void)fputc('"', f);
}

static void tell(struct kit *k, str file, str id, const char *outcome, str why)
{
    const char *slash = memrchr(file.ptr, '/', file.len);
    size_t cut = slash ? (size_t)(slash - file.ptr) : 0;
    str folder = str_sub(file, 0, cut), name = str_sub(file, slash ? cut + 1 : 0, file.len);
    str columns[] = {folder, str_ends(name, S(".xml")) ? str_sub(name, 0, name.len - 4) : name, id,
                     str_of(outcome), why};

    if (k->results == NULL)
        return;
    for (size_t i = 0; i < COUNT(columns); i++) {
        if (i)
            (void)fputc(',', k->results);
        csv_field(k->results, columns[i]);
    }
    (void)fputc('\n', k->results);
}

static void run_case(struct kit *k, const struct rules_model *m, str file, const xmlNode *test)
{
    arena_mark mark = arena_here(k->a);
    str id = xml_attribute(k->a, test, "id"), why = {0};

    for (const xmlNode *e = xml_first(test); e != NULL && why.len == 0; e = xml_next(e))
        if (xml_is(e, "resultNode")) {
            err fault = check_result(k, m, test, e, &why);

            if (fault != OK)
                why = str_copy(k->a, str_of(fault->message));
        }
    if (needs_other_language(m)) {
        k->skipped++;
        (void)printf("%.*s %.*s not applicable: needs Java or PMML\n", STR(file), STR(id));
        tell(k, file, id, "IGNORED", S("needs Java or PMML"));
    } else if (why.len == 0) {
        k->passed++;
        (void)printf("%.*s %.*s ok\n", STR(file), STR(id));
        tell(k, file, id, "SUCCESS", S(""));
    } else {
        k->failed++;
        (void)printf("%.*s %.*s failed: %.*s\n", STR(file), STR(id), STR(why));
        tell(k, file, id, "ERROR", why);
    }
    arena_back(k->a, mark);
}

/* ---- files -------------------------------------------------------------------------------- */

static void doc_close(xmlDoc **doc)
{
    xmlFreeDoc(*doc);
}

static str folder_of(str path)
{
    const char *slash = memrchr(path.ptr, '/', path.len);

    return slash ? str_sub(path, 0, (size_t)(slash - path.ptr)) : S(".");
}

static fallible run_cases(struct kit *k, str path, str text)
{
    __attribute__((cleanup(doc_close))) xmlDoc *doc = NULL;
    str shown = str_sub(path, k->folder_len + 1, path.len);
    const struct rules_model *m;

    TRY(xml_open(text, str_z(k->a, path), &doc));
    const xmlNode *root = xmlDocGetRootElement(doc);
    if (root == NULL || !xml_is(root, "testCases"))
        return OK;
    str model = str_trim(xml_text(k->a, xml_child(root, "modelName")));
    str folder = folder_of(path);
    TRY(rules_load(k->a, str_z(k->a, str_format(k->a, "%.*s/%.*s", STR(folder), STR(model))), &m));
    for (const xmlNode *e = xml_first(root); e != NULL; e = xml_next(e))
        if (xml_is(e, "testCase"))
            run_case(k, m, shown, e);
    return OK;
}

static void run_file(struct kit *k, str path)
{
    arena_mark mark = arena_here(k->a);
    str text;
    err e = file_read(k->a, str_z(k->a, path), RULES_LARGEST_MODEL, &text);

    if (e == OK)
        e = run_cases(k, path, text);
    if (e != OK) {
        k->failed++;
        (void)printf("%.*s - failed: %s\n", STR(str_sub(path, k->folder_len + 1, path.len)),
                     e->message);
    }
    arena_back(k->a, mark);
}

static void folder_close(DIR **d)
{
    if (*d != NULL)
        (void)closedir(*d);
}

typedef VEC(str) str_list;

static fallible collect(struct arena *a, str folder, int depth, str_list *files)
{
    __attribute__((cleanup(folder_close))) DIR *d = opendir(str_z(a, folder));
    const struct dirent *e;

    REQUIRE(d != NULL, ERR_NOT_FOUND, "%.*s: no such folder", STR(folder));
    while ((e = readdir(d)) != NULL && files->count < MOST_FILES) {
        str name = str_of(e->d_name);
        str path = str_format(a, "%.*s/%.*s", STR(folder), STR(name));

        if (name.ptr[0] == '.')
            continue;
        if (e->d_type == DT_DIR && depth < DEEPEST_FOLDER)
            TRY(collect(a, path, depth + 1, files));
        else if (str_ends(name, S(".xml")))
            vec_push(a, files, path);
    }
    return OK;
}

static int by_path(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

fallible tck_run(struct arena *a, const char *folder, const char *results, instant now, bool *ok)
{
    struct kit k = {.a = a, .now = now};
    str_list files = {0};
    str top = str_of(folder);

    while (top.len > 1 && top.ptr[top.len - 1] == '/')
        top.len--;
    k.folder_len = top.len;
    TRY(collect(a, top, 0, &files));
    if (files.count)
        qsort(files.at, files.count, sizeof *files.at, by_path);
    if (results != NULL) {
        k.results = fopen(results, "we");
        REQUIRE(k.results != NULL, ERR_IO, "%s can't be written", results);
    }
    for (size_t i = 0; i < files.count; i++)
        run_file(&k, files.at[i]);
    if (k.results != NULL)
        (void)fclose(k.results);
    (void)printf("%d passed, %d failed, %d skipped\n", k.passed, k.failed, k.skipped);
    *ok = k.failed == 0;
    return OK;
}
