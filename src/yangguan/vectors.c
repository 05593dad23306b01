#include "yangguan/vectors_int.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_MOST = 64 << 20 };

static void count(struct run *r, const char *name, int number, err e)
{
    if (e == OK) {
        r->passed++;
    } else if (e->code == ERR_UNSUPPORTED) {
        r->skipped++;
        (void)printf("%s %d not applicable: %s\n", name, number, e->message);
    } else {
        r->failed++;
        (void)printf("%s %d failed: %s\n", name, number, e->message);
    }
}

static void rows_run(struct run *r, const char *name, const struct json *rows)
{
    int number = 0;

    r->aead = vectors_aead(r, rows);
    for (const struct json *row = rows->child; row != NULL; row = row->next)
        count(r, name, ++number, vector_run(r, row));
}

static bool is_list(const struct json *value)
{
    return value != NULL && value->kind == J_ARRAY && value->count > 0;
}

static fallible hashing_run(struct run *r, const char *name, const struct json *file)
{
    const struct json *leaves = json_get(file, S("reference_leaves"));
    const struct json *hashes = json_get(file, S("hashes")), *roots = json_get(file, S("roots"));
    int number = 0;

    REQUIRE(is_list(leaves) && is_list(hashes) && is_list(roots), ERR_SYNTAX, "unknown layout");
    for (const struct json *row = hashes->child; row != NULL; row = row->next)
        count(r, name, ++number, vector_hashing(r, row));
    for (const struct json *row = roots->child; row != NULL; row = row->next)
        count(r, name, ++number, vector_root(r, row, leaves));
    return OK;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/*
 * Numbers here are uint64, which the JSON reader's integers don't hold: a run of over 18 digits
 * outside of text becomes text.
 */
static str long_integers_quoted(struct arena *a, str text)
{
    struct buf out = buf_in(a);
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        size_t digits = 0;

        while (!quoted && i + digits < text.len && is_digit(text.ptr[i + digits]))
            digits++;
        bool whole = digits > 18 && (i == 0 || strchr("-+.eE", text.ptr[i - 1]) == NULL);
        if (digits > 0) {
            buf_format(&out, whole ? "\"%.*s\"" : "%.*s", (int)digits, text.ptr + i);
            i += digits - 1;
            continue;
        }
        buf_byte(&out, (u8)text.ptr[i]);
        if (quoted && text.ptr[i] == '\\' && i + 1 < text.len)
            buf_byte(&out, (u8)text.ptr[++i]);
        else if (text.ptr[i] == '"')
            quoted = !quoted;
    }
    return buf_text(&out);
}

static fallible file_run(struct run *r, const char *folder, const char *name)
{
    char *path = str_z(r->arena, str_format(r->arena, "%s/%s", folder, name));
    struct json *file;
    str text;

    TRY(file_read(r->arena, path, FILE_MOST, &text));
    TRY(json_read(r->arena, long_integers_quoted(r->arena, text), &file));
    if (file->kind == J_OBJECT)
        return hashing_run(r, name, file);
    REQUIRE(is_list(file) && vector_known(file->child), ERR_SYNTAX, "unknown layout");
    rows_run(r, name, file);
    return OK;
}

/* ---- the command -------------------------------------------------------------------------- */

static int is_vector_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && entry->d_type != DT_DIR;
}

static void list_free(struct dirent **list, int entries)
{
    for (int i = 0; i < entries; i++)
        free(list[i]);
    free((void *)list);
}

/* Runs one file in an arena of its own and tells how it went. */
static void file_count(struct run *all, const char *folder, const char *name)
{
    scoped_arena a = arena_open();
    struct run r = {.arena = a};
    err e = file_run(&r, folder, name);

    if (e != OK) {
        r.failed++;
        (void)printf("%s failed: %s\n", name, e->message);
    }
    (void)printf("%s: %d passed, %d failed, %d not applicable\n", name, r.passed, r.failed,
                 r.skipped);
    all->passed += r.passed;
    all->failed += r.failed;
    all->skipped += r.skipped;
}

static const char help[] =
    "usage: yangguan vectors DIR\n"
    "\n"
    "Runs every test vector file that lies in DIR: SM2, SM3, HMAC-SM3, SM4 with its modes, and\n"
    "Merkle trees (RFC 6962). A file is recognised by its keys, whatever its name.\n"
    "\n"
    "Prints a line for each vector that failed or isn't applicable (a mode that no library here\n"
    "has: SM4-XTS, subtree proofs), a line a file, and «N passed, N failed, N skipped».\n"
    "Exit status: 0 if none failed, 1 if one did, 2 if DIR can't be read.\n"
    "\n"
    "example: yangguan vectors ../shared/data/crypto\n";

int vectors_cli(int argc, char **argv)
{
    struct run all = {0};
    struct dirent **list;

    if (argc != 2 || strcmp(argv[1], "--help") == 0) {
        (void)fputs(help, argc == 2 ? stdout : stderr);
        return argc == 2 ? 0 : 2;
    }
    int entries = scandir(argv[1], &list, is_vector_file, alphasort);
    if (entries < 0) {
        (void)fprintf(stderr, "yangguan vectors: %s: %s\n", argv[1], strerror(errno));
        return 2;
    }
    for (int i = 0; i < entries; i++)
        file_count(&all, argv[1], list[i]->d_name);
    list_free(list, entries);
    (void)printf("%d passed, %d failed, %d skipped\n", all.passed, all.failed, all.skipped);
    return all.failed > 0;
}
