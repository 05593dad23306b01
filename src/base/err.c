#include "base/base.h"

#include <stdio.h>

static const struct {
    const char *name;
    int http;
    const char *sentence;
} errors[ERR_CODES] = {
#define ERROR(code, http, sentence) {#code, http, sentence},
#include "base/err.def"
#undef ERROR
};

enum { RING = 16 };

static _Thread_local struct error ring[RING];
static _Thread_local unsigned ring_at;

static struct error *ring_next(void)
{
    return &ring[ring_at++ % RING];
}

err err_raise(enum err_code code, const char *file, int line, const char *format, ...)
{
    struct error made = {.code = code, .line = line, .file = file};
    va_list args;

    va_start(args, format);
    (void)vsnprintf(made.message, sizeof made.message, format, args);
    va_end(args);

    struct error *e = ring_next();
    *e = made;
    return e;
}

err err_again(const struct error *record)
{
    struct error *e = ring_next();

    *e = *record;
    return e;
}

const char *err_name(enum err_code code)
{
    assert(code < ERR_CODES);
    return errors[code].name;
}

int err_http(enum err_code code)
{
    assert(code < ERR_CODES);
    return errors[code].http;
}

const char *err_sentence(enum err_code code)
{
    assert(code < ERR_CODES);
    return errors[code].sentence;
}
