#include "tests/test.h"

#include "document/document.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void *draw_without(void *state)
{
    scoped_arena a = arena_open();
    struct buf out = buf_in(a);
    const struct document d = {.title = S("x"), .lang = lang_of(S("zh-CN"))};
    err e = document_pdf(&out, &d, NULL);

    *(int *)state = e != OK && e->code == ERR_UNSUPPORTED &&
                            strstr(e->message, "fonts-wqy-microhei") != NULL && out.len == 0
                        ? 0
                        : 1;
    return NULL;
}

/* In a child of its own, whose fontconfig then knows no font at all. */
static int child(const char *config)
{
    void *found = dlsym(RTLD_DEFAULT, "FcInitReinitialize");
    int (*again)(void);
    pthread_t thread;
    int result = 2;

    memcpy(&again, &found, sizeof again); /* C has no cast between the two */
    if (found == NULL || setenv("FONTCONFIG_FILE", config, 1) != 0)
        return 3;
    again();
    if (pthread_create(&thread, NULL, draw_without, &result) != 0)
        return 4;
    (void)pthread_join(thread, NULL);
    return result;
}

TEST(a_missing_font_is_said_by_name_and_nothing_is_drawn)
{
    scoped_arena a = arena_open();
    const char *folder = test_folder();
    const char *config = str_z(a, str_format(a, "%s/fonts.conf", folder));
    FILE *f = fopen(config, "w");
    int status = 0;

    assert_non_null(f);
    (void)fprintf(f, "<fontconfig><cachedir>%s</cachedir></fontconfig>", folder);
    assert_int_equal(fclose(f), 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(child(config));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}
