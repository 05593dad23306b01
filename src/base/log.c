#include "base/base.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static _Atomic int least_level = LOG_INFO;

void log_set_level(enum log_level least)
{
    atomic_store(&least_level, (int)least);
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    char line[1024];
    va_list args;

    if ((int)level < atomic_load(&least_level))
        return;
    i64 now = system_now().ms;
    int len = snprintf(line, sizeof line - 1, "t=%lld level=%s event=%s ", (long long)now,
                       names[level], event);
    va_start(args, format);
    len += vsnprintf(line + len, sizeof line - 1 - (size_t)len, format, args);
    va_end(args);

    size_t size = len < (int)sizeof line - 1 ? (size_t)len : sizeof line - 2;
    for (size_t i = 0; i < size; i++)
        if (line[i] == '\n')
            line[i] = ' ';
    line[size++] = '\n';
    ssize_t ignored = write(STDERR_FILENO, line, size);
    (void)ignored;
}
