#include "yangguan/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 512, CHUNK = 1 << 16 };

/* The header's fields by offset and length (POSIX.1-1988). */
struct header {
    char name[100], mode[8], uid[8], gid[8], size[12], time[12], sum[8], type, link[100], magic[6],
        version[2], rest[247];
};
static_assert(sizeof(struct header) <= BLOCK, "a header is a block");

union block {
    struct header h;
    u8 bytes[BLOCK];
};

static void closep(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}
#define scoped_fd __attribute__((cleanup(closep))) int

static unsigned sum_of(const union block *b)
{
    const size_t at = offsetof(struct header, sum);
    unsigned sum = 8 * ' ';

    for (size_t i = 0; i < BLOCK; i++)
        if (i < at || i >= at + sizeof b->h.sum)
            sum += b->bytes[i];
    return sum;
}

/* ---- writing ------------------------------------------------------------------------------ */

static fallible put(int fd, const void *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t done = write(fd, (const char *)bytes + at, len - at);

        if (done < 0 && errno == EINTR)
            continue;
        REQUIRE(done > 0, errno == ENOSPC ? ERR_FULL : ERR_IO, "write: %s", strerror(errno));
        at += (size_t)done;
    }
    return OK;
}

static fallible pad(int fd, i64 size)
{
    static const u8 nothing[BLOCK];

    return size % BLOCK ? put(fd, nothing, (size_t)(BLOCK - size % BLOCK)) : OK;
}

/* Above 8 GiB in GNU's way: the top bit, then big-endian bytes. */
static void put_size(struct header *h, i64 size)
{
    if (size < 1LL << 33) {
        (void)snprintf(h->size, sizeof h->size, "%011llo", (unsigned long long)size);
        return;
    }
    for (size_t i = 0; i < sizeof h->size; i++)
        h->size[sizeof h->size - 1 - i] = (char)(i < 8 ? size >> (8 * i) & 255 : 0);
    h->size[0] = (char)0x80;
}

static fallible put_header(struct tar_writer *t, const char *name, i64 size)
{
    union block b = {0};

    REQUIRE(strlen(name) < TAR_NAME_MOST, ERR_INPUT, "%s: name too long", name);
    memcpy(b.h.name, name, strlen(name));
    memcpy(b.h.mode, "0000600", 8);
    memcpy(b.h.uid, "0000000", 8);
    memcpy(b.h.gid, "0000000", 8);
    put_size(&b.h, size);
    (void)snprintf(b.h.time, sizeof b.h.time, "%011llo", (unsigned long long)t->time);
    b.h.type = '0';
    memcpy(b.h.magic, "ustar", 6);
    memcpy(b.h.version, "00", 2);
    (void)snprintf(b.h.sum, sizeof b.h.sum, "%06o", sum_of(&b));
    b.h.sum[7] = ' ';
    return put(t->fd, b.bytes, BLOCK);
}

fallible tar_begin(const char *path, i64 seconds, struct tar_writer *out)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    REQUIRE(fd >= 0, errno == EEXIST ? ERR_CONFLICT : ERR_IO, "%s: %s", path, strerror(errno));
    *out = (struct tar_writer){fd, seconds};
    return OK;
}

fallible tar_text(struct tar_writer *t, const char *name, str bytes)
{
    TRY(put_header(t, name, (i64)bytes.len));
    TRY(put(t->fd, bytes.ptr, bytes.len));
    return pad(t->fd, (i64)bytes.len);
}

static fallible get(int fd, void *out, size_t most, size_t *got)
{
    ssize_t len;

    do
        len = read(fd, out, most);
    while (len < 0 && errno == EINTR);
    REQUIRE(len >= 0, ERR_IO, "read: %s", strerror(errno));
    *got = (size_t)len;
    return OK;
}

fallible tar_file(struct tar_writer *t, const char *name, const char *path)
{
    scoped_fd fd = open(path, O_RDONLY | O_CLOEXEC);
    char chunk[CHUNK];
    struct stat info;

    REQUIRE(fd >= 0 && fstat(fd, &info) == 0, ERR_IO, "%s: %s", path, strerror(errno));
    TRY(put_header(t, name, (i64)info.st_size));
    for (i64 left = (i64)info.st_size; left > 0;) {
        size_t got;

        TRY(get(fd, chunk, left < CHUNK ? (size_t)left : CHUNK, &got));
        REQUIRE(got > 0, ERR_IO, "%s became shorter", path);
        TRY(put(t->fd, chunk, got));
        left -= (i64)got;
    }
    return pad(t->fd, (i64)info.st_size);
}

void tar_drop(struct tar_writer *t)
{
    (void)close(t->fd);
}

fallible tar_end(struct tar_writer *t)
{
    static const u8 nothing[2 * BLOCK];

    TRY(put(t->fd, nothing, sizeof nothing));
    REQUIRE(fsync(t->fd) == 0, ERR_IO, "sync: %s", strerror(errno));
    REQUIRE(close(t->fd) == 0, ERR_IO, "close: %s", strerror(errno));
    return OK;
}

/* ---- reading ------------------------------------------------------------------------------ */

static fallible get_all(int fd, void *out, size_t len)
{
    for (size_t at = 0, got; at < len; at += got) {
        TRY(get(fd, (char *)out + at, len - at, &got));
        REQUIRE(got > 0, ERR_SYNTAX, "the archive has no end");
    }
    return OK;
}

static fallible octal(const char *text, size_t len, i64 *out)
{
    i64 n = 0;
    size_t i = 0;

    for (; i < len && text[i] >= '0' && text[i] <= '7'; i++)
        n = n * 8 + (text[i] - '0');
    REQUIRE(i > 0 && (i == len || text[i] == '\0' || text[i] == ' '), ERR_SYNTAX,
            "no number in an archive's header");
    *out = n;
    return OK;
}

static fallible size_of(const struct header *h, i64 *out)
{
    i64 n = 0;

    if ((u8)h->size[0] != 0x80)
        return octal(h->size, sizeof h->size, out);
    for (size_t i = 4; i < sizeof h->size; i++)
        n = (i64)((u64)n << 8 | (u8)h->size[i]);
    REQUIRE(n >= 0, ERR_SYNTAX, "a size in an archive's header");
    *out = n;
    return OK;
}

static bool is_plain(str name)
{
    str piece;

    if (name.len == 0 || name.ptr[0] == '/')
        return false;
    while (str_split(&name, '/', &piece))
        if (piece.len == 0 || str_eq(piece, S(".")) || str_eq(piece, S("..")))
            return false;
    return true;
}

static fallible unpack_file(int from, const char *path, i64 size)
{
    scoped_fd fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    char chunk[CHUNK];

    REQUIRE(fd >= 0, ERR_IO, "%s: %s", path, strerror(errno));
    for (i64 left = size; left > 0;) {
        size_t some = left < CHUNK ? (size_t)left : CHUNK;

        TRY(get_all(from, chunk, some));
        TRY(put(fd, chunk, some));
        left -= (i64)some;
    }
    REQUIRE(fsync(fd) == 0, ERR_IO, "%s: %s", path, strerror(errno));
    return size % BLOCK ? get_all(from, chunk, (size_t)(BLOCK - size % BLOCK)) : OK;
}

/* *more is false at the end. */
static fallible unpack_next(struct arena *a, int fd, const struct tar_reader *reader, bool *more)
{
    static const union block nothing;
    const char *path = NULL;
    union block b;
    i64 sum, size;

    TRY(get_all(fd, b.bytes, BLOCK));
    *more = memcmp(b.bytes, nothing.bytes, BLOCK) != 0;
    if (!*more)
        return OK;
    TRY(octal(b.h.sum, sizeof b.h.sum, &sum));
    REQUIRE(sum == (i64)sum_of(&b) && memcmp(b.h.magic, "ustar", 5) == 0, ERR_SYNTAX,
            "no archive of this program");
    TRY(size_of(&b.h, &size));
    str name = {b.h.name, strnlen(b.h.name, sizeof b.h.name)};
    REQUIRE(b.h.type == '0' && is_plain(name), ERR_SYNTAX, "the archive holds more than files");
    TRY(reader->where(reader->ctx, a, name, &path));
    REQUIRE(path != NULL, ERR_SYNTAX, "%.*s doesn't belong in this archive", STR(name));
    return unpack_file(fd, path, size);
}

fallible tar_unpack(const char *archive, const struct tar_reader *reader)
{
    scoped_fd fd = open(archive, O_RDONLY | O_CLOEXEC);
    scoped_arena a = arena_open();
    arena_mark empty = arena_here(a);
    bool more = true;

    REQUIRE(fd >= 0, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", archive, strerror(errno));
    while (more) {
        arena_back(a, empty);
        TRY(unpack_next(a, fd, reader, &more));
    }
    return OK;
}
