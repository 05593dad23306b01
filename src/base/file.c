#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void closep(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

fallible file_read(struct arena *a, const char *path, size_t limit, str *out)
{
    __attribute__((cleanup(closep))) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;

    REQUIRE(fd >= 0, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", path, strerror(errno));
    REQUIRE(fstat(fd, &info) == 0 && S_ISREG(info.st_mode), ERR_IO, "%s isn't a regular file",
            path);
    REQUIRE((u64)info.st_size <= limit, ERR_TOO_LARGE, "%s has over %zu bytes", path, limit);

    size_t size = (size_t)info.st_size, len = 0;
    char *bytes = arena_take(a, size + 1, 1);
    while (len < size) {
        ssize_t got = read(fd, bytes + len, size - len);

        if (got < 0 && errno == EINTR)
            continue;
        REQUIRE(got >= 0, ERR_IO, "%s: %s", path, strerror(errno));
        if (got == 0)
            break;
        len += (size_t)got;
    }
    *out = (str){bytes, len};
    return OK;
}

/* A quoted field: from after the opening quote to after the closing one. */
static fallible quoted(struct arena *a, struct csv *csv, str *field)
{
    struct buf b = buf_in(a);
    int line = csv->line;

    for (size_t i = 0; i < csv->rest.len; i++) {
        char c = csv->rest.ptr[i];

        csv->line += c == '\n';
        if (c != '"') {
            buf_byte(&b, (u8)c);
        } else if (i + 1 < csv->rest.len && csv->rest.ptr[i + 1] == '"') {
            buf_byte(&b, '"');
            i++;
        } else {
            csv->rest = str_sub(csv->rest, i + 1, csv->rest.len);
            *field = buf_text(&b);
            return OK;
        }
    }
    FAIL(ERR_SYNTAX, "line %d: a quoted field has no end", line);
}

static bool ends_field(char c)
{
    return c == ',' || c == '\n' || c == '\r';
}

fallible csv_next(struct arena *a, struct csv *csv, str **fields, size_t *count, bool *more)
{
    VEC(str) row = {0};

    *more = csv->rest.len > 0;
    if (!*more)
        return OK;
    csv->line++;
    for (;;) {
        str field;

        if (csv->rest.len && csv->rest.ptr[0] == '"') {
            csv->rest = str_sub(csv->rest, 1, csv->rest.len);
            TRY(quoted(a, csv, &field));
        } else {
            size_t len = 0;
            while (len < csv->rest.len && !ends_field(csv->rest.ptr[len]))
                len++;
            field = str_sub(csv->rest, 0, len);
            csv->rest = str_sub(csv->rest, len, csv->rest.len);
        }
        vec_push(a, &row, field);

        if (csv->rest.len && csv->rest.ptr[0] == '\r')
            csv->rest = str_sub(csv->rest, 1, csv->rest.len);
        if (csv->rest.len == 0)
            break;
        char end = csv->rest.ptr[0];
        REQUIRE(end == ',' || end == '\n', ERR_SYNTAX, "line %d: text after a closing quote",
                csv->line);
        csv->rest = str_sub(csv->rest, 1, csv->rest.len);
        if (end == '\n')
            break;
    }
    *fields = row.at;
    *count = row.count;
    return OK;
}
