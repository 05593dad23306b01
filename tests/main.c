#include "tests/test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_TESTS = 4096, MOST_FOLDERS = 4096 };

static struct {
    struct CMUnitTest test;
    const char *file;
} all[MOST_TESTS];
static size_t all_count;

static char *folders[MOST_FOLDERS];
static size_t folder_count;

void test_register(const char *name, const char *file, void (*run)(void **))
{
    assert(all_count < MOST_TESTS);
    all[all_count].test = (struct CMUnitTest){.name = name, .test_func = run};
    all[all_count++].file = file;
}

const char *test_shared(const char *name)
{
    static char path[4096];
    const char *shared = getenv("YANGGUAN_SHARED");

    (void)snprintf(path, sizeof path, "%s/data/%s", shared ? shared : "../shared", name);
    if (access(path, R_OK) != 0) {
        print_message("skipped for want of data/%s\n", name);
        skip();
    }
    return path;
}

const char *test_folder(void)
{
    const char *base = getenv("TMPDIR");
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/yangguan-test-XXXXXX", base ? base : "/tmp");
    assert(mkdtemp(path) != NULL && folder_count < MOST_FOLDERS);
    folders[folder_count] = strdup(path);
    return folders[folder_count++];
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *f)
{
    (void)s;
    (void)type;
    (void)f;
    return remove(path);
}

static bool wanted(const char *file, int argc, char **argv)
{
    if (argc < 2)
        return true;
    for (int i = 1; i < argc; i++) {
        char part[256];

        (void)snprintf(part, sizeof part, "/%s/", argv[i]);
        if (strstr(file, part) != NULL)
            return true;
        (void)snprintf(part, sizeof part, "/%s_test.c", argv[i]);
        if (strstr(file, part) != NULL)
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    struct CMUnitTest *chosen = calloc(MOST_TESTS, sizeof *chosen);
    size_t count = 0;

    assert(chosen != NULL);
    for (size_t i = 0; i < all_count; i++)
        if (wanted(all[i].file, argc, argv))
            chosen[count++] = all[i].test;
    int failed = count ? _cmocka_run_group_tests("yangguan", chosen, count, NULL, NULL) : 0;

    for (size_t i = 0; i < folder_count; i++) {
        (void)nftw(folders[i], remove_one, 16, FTW_DEPTH | FTW_PHYS);
        free(folders[i]);
    }
    free(chosen);
    return failed != 0;
}
