#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 16, PLACE = BLOB_NAME + 4 };

#define UNFINISHED "new-" /* begins the names of streams that aren't at their end */

static void closep(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}
#define scoped_fd __attribute__((cleanup(closep))) int

static void close_dirp(DIR **dir)
{
    if (*dir != NULL)
        (void)closedir(*dir);
}
#define scoped_dir __attribute__((cleanup(close_dirp))) DIR *

static enum err_code code_of(int number)
{
    if (number == ENOSPC || number == EDQUOT)
        return ERR_FULL;
    return number == ENOENT ? ERR_NOT_FOUND : ERR_IO;
}

static bool is_name(str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (strchr("0123456789abcdef", name.ptr[i]) == NULL || name.ptr[i] == '\0')
            return false;
    return name.len == BLOB_NAME;
}

/* ab/ab12…, below the folder. */
static void place_of(str name, char out[PLACE])
{
    (void)snprintf(out, PLACE, "%.2s/%.*s", name.ptr, STR(name));
}

static fallible folder_open(int at, const char *path, int *out)
{
    *out = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(*out >= 0, code_of(errno), "%s: %s", path, strerror(errno));
    return OK;
}

/* ---- writing ------------------------------------------------------------------------------ */

struct blob_writer {
    struct arena *arena;
    int folder, file;
    char unfinished[sizeof UNFINISHED + 16];
    struct sm3_stream sm3;
};

static fallible writer_make(struct arena *a, int folder, struct blob_writer **out)
{
    struct blob_writer *w = NEW(a, struct blob_writer);
    u64 random;

    random_fill(&random, sizeof random);
    (void)snprintf(w->unfinished, sizeof w->unfinished, UNFINISHED "%016llx",
                   (unsigned long long)random);
    w->file = openat(folder, w->unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    REQUIRE(w->file >= 0, code_of(errno), "a new blob: %s", strerror(errno));
    w->arena = a;
    w->folder = folder;
    w->sm3 = sm3_open();
    *out = w;
    return OK;
}

fallible blob_begin(struct arena *a, const char *folder, struct blob_writer **out)
{
    int fd;

    (void)mkdir(folder, 0700);
    TRY(folder_open(AT_FDCWD, folder, &fd));
    err e = writer_make(a, fd, out);
    if (e != OK)
        (void)close(fd);
    return e;
}

fallible blob_add(struct blob_writer *w, str bytes)
{
    sm3_add(&w->sm3, bytes);
    while (bytes.len > 0) {
        ssize_t put = write(w->file, bytes.ptr, bytes.len);

        if (put < 0 && errno == EINTR)
            continue;
        REQUIRE(put > 0, code_of(errno), "write a blob: %s", strerror(errno));
        bytes = str_sub(bytes, (size_t)put, bytes.len);
    }
    return OK;
}

static void writer_close(struct blob_writer *w)
{
    sm3_closep(&w->sm3);
    (void)close(w->file);
    (void)close(w->folder);
}

void blob_drop(struct blob_writer *w)
{
    (void)unlinkat(w->folder, w->unfinished, 0);
    writer_close(w);
}

/* The file, its name and the subfolder's name are each synced before the caller hears of it. */
static fallible settle(struct blob_writer *w, str name)
{
    char place[PLACE], sub[3] = {name.ptr[0], name.ptr[1], 0};

    place_of(name, place);
    REQUIRE(fsync(w->file) == 0, code_of(errno), "sync a blob: %s", strerror(errno));
    REQUIRE(mkdirat(w->folder, sub, 0700) == 0 || errno == EEXIST, code_of(errno), "%s: %s", sub,
            strerror(errno));
    REQUIRE(renameat(w->folder, w->unfinished, w->folder, place) == 0, code_of(errno), "%s: %s",
            place, strerror(errno));
    scoped_fd below = -1;
    TRY(folder_open(w->folder, sub, &below));
    REQUIRE(fsync(below) == 0 && fsync(w->folder) == 0, ERR_IO, "sync %s: %s", sub,
            strerror(errno));
    return OK;
}

fallible blob_end(struct blob_writer *w, digest *name)
{
    digest d;

    sm3_end(&w->sm3, &d);
    err e = settle(w, hex_of(w->arena, d.at, sizeof d.at));
    if (e != OK) {
        blob_drop(w);
        return e;
    }
    writer_close(w);
    *name = d;
    return OK;
}

/* ---- reading ------------------------------------------------------------------------------ */

struct blob_reader {
    int file;
    i64 size;
};

static fallible reader_open(const char *folder, str name, struct blob_reader *out)
{
    scoped_fd fd = -1;
    char place[PLACE];
    struct stat info;

    REQUIRE(is_name(name), ERR_INPUT, "«%.70s» is no blob's name", name.len ? name.ptr : "");
    TRY(folder_open(AT_FDCWD, folder, &fd));
    place_of(name, place);
    int file = openat(fd, place, O_RDONLY | O_CLOEXEC);
    REQUIRE(file >= 0, code_of(errno), "blob %.*s: %s", STR(name), strerror(errno));
    *out = (struct blob_reader){file, fstat(file, &info) == 0 ? (i64)info.st_size : 0};
    return OK;
}

fallible blob_open(struct arena *a, const char *folder, str name, struct blob_reader **out)
{
    struct blob_reader r;

    TRY(reader_open(folder, name, &r));
    *out = NEW(a, struct blob_reader);
    **out = r;
    return OK;
}

i64 blob_size(const struct blob_reader *r)
{
    return r->size;
}

fallible blob_read(struct blob_reader *r, void *out, size_t most, size_t *got)
{
    ssize_t len;

    do
        len = read(r->file, out, most);
    while (len < 0 && errno == EINTR);
    REQUIRE(len >= 0, ERR_IO, "read a blob: %s", strerror(errno));
    *got = (size_t)len;
    return OK;
}

void blob_close(struct blob_reader *r)
{
    (void)close(r->file);
}

static fallible digest_rest(struct blob_reader *r, digest *out)
{
    scoped_sm3 s = sm3_open();
    char chunk[CHUNK];
    size_t got;

    do {
        TRY(blob_read(r, chunk, sizeof chunk, &got));
        sm3_add(&s, (str){chunk, got});
    } while (got > 0);
    sm3_end(&s, out);
    return OK;
}

fallible blob_check(const char *folder, str name)
{
    struct blob_reader r;
    digest is, said;

    TRY(reader_open(folder, name, &r));
    err e = digest_rest(&r, &is);
    blob_close(&r);
    if (e != OK)
        return e;
    TRY(hex_to(name, said.at, sizeof said.at));
    REQUIRE(digest_eq(is, said), ERR_CORRUPT, "blob %.*s has other content", STR(name));
    return OK;
}

/* ---- all of them -------------------------------------------------------------------------- */

struct walk {
    fallible (*each)(struct walk *w, int folder, const char *name, const struct stat *info);
    blob_visit visit;
    void *ctx;
    const struct blob_sweep *sweep;
    size_t removed;
};

static fallible walk_folder(struct walk *w, int folder, const char *sub)
{
    int fd;

    TRY(folder_open(folder, sub, &fd));
    scoped_dir dir = fdopendir(fd);
    const struct dirent *entry;

    REQUIRE(dir != NULL, ERR_IO, "%s: %s", sub, strerror(errno));
    while ((entry = readdir(dir)) != NULL) {
        struct stat info;

        if (fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode))
            TRY(w->each(w, fd, entry->d_name, &info));
    }
    return OK;
}

static fallible walk_all(struct walk *w, const char *folder)
{
    scoped_fd fd = -1;

    TRY(folder_open(AT_FDCWD, folder, &fd));
    for (int i = 0; i < 256; i++) {
        char sub[3];

        (void)snprintf(sub, sizeof sub, "%02x", (unsigned)i);
        if (faccessat(fd, sub, F_OK, 0) == 0)
            TRY(walk_folder(w, fd, sub));
    }
    return w->sweep != NULL ? walk_folder(w, fd, ".") : OK;
}

static i64 changed_ms(const struct stat *info)
{
    return (i64)info->st_mtim.tv_sec * 1000 + info->st_mtim.tv_nsec / 1000000;
}

static fallible tell(struct walk *w, int folder, const char *name, const struct stat *info)
{
    (void)folder;
    if (!is_name(str_of(name)))
        return OK;
    return w->visit(w->ctx, str_of(name), (i64)info->st_size, changed_ms(info));
}

fallible blob_list(const char *folder, blob_visit visit, void *ctx)
{
    struct walk w = {.each = tell, .visit = visit, .ctx = ctx};

    return walk_all(&w, folder);
}

static fallible sweep_one(struct walk *w, int folder, const char *name, const struct stat *info)
{
    const struct blob_sweep *s = w->sweep;
    bool ours = str_starts(str_of(name), S(UNFINISHED)) ||
                (is_name(str_of(name)) && !s->named(s->ctx, str_of(name)));

    if (!ours || changed_ms(info) >= s->before.ms)
        return OK;
    REQUIRE(unlinkat(folder, name, 0) == 0, ERR_IO, "%s: %s", name, strerror(errno));
    w->removed++;
    return OK;
}

fallible blob_sweep(const char *folder, const struct blob_sweep *sweep, size_t *removed)
{
    struct walk w = {.each = sweep_one, .sweep = sweep};

    TRY(walk_all(&w, folder));
    *removed = w.removed;
    return OK;
}
