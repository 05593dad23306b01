/*
 * test -- a test is `TEST(a_sentence_of_what_holds) { … }`; it registers itself and cmocka runs it.
 *
 * `yangguan-tests [NAME…]` runs those whose file lies in a folder NAME or is NAME_test.c.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* It needs the four above before it. */
#include <cmocka.h>

#include "base/base.h"

void test_register(const char *name, const char *file, void (*run)(void **));

#define TEST(name)                                                                                 \
    static void name(void **state);                                                                \
    __attribute__((constructor)) static void name##_register(void)                                 \
    {                                                                                              \
        test_register(#name, __FILE__, name);                                                      \
    }                                                                                              \
    static void name(__attribute__((unused)) void **state)

/* The call must succeed; prints the operator's message where it doesn't. */
#define assert_ok(call)                                                                            \
    do {                                                                                           \
        err got_ = (call);                                                                         \
        if (got_ != OK)                                                                            \
            fail_msg("%s: %s (%s:%d)", err_name(got_->code), got_->message, got_->file,            \
                     got_->line);                                                                  \
    } while (0)

#define assert_err(call, expected)                                                                 \
    do {                                                                                           \
        err got_ = (call);                                                                         \
        if (got_ == OK)                                                                            \
            fail_msg("expected %s, got OK", #expected);                                            \
        else if (got_->code != (expected))                                                         \
            fail_msg("expected %s, got %s: %s", #expected, err_name(got_->code), got_->message);   \
    } while (0)

#define assert_str(actual, expected)                                                               \
    do {                                                                                           \
        str a_ = (actual), e_ = (expected);                                                        \
        if (!str_eq(a_, e_))                                                                       \
            fail_msg("got \"%.*s\", expected \"%.*s\"", STR(a_), STR(e_));                         \
    } while (0)

/* $YANGGUAN_SHARED/data/NAME, or skips the test by name where the folder is missing. */
const char *test_shared(const char *name);

/* A new empty folder for this test, below $TMPDIR; removed at the end of the run. */
const char *test_folder(void);
