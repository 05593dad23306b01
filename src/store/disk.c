#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST_FILE = 1 << 20, LONGEST_PATH = 4096 };

static void closep(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}
#define scoped_fd __attribute__((cleanup(closep))) int

static fallible path_of(const struct disk *d, const char *name, const char *suffix, char *out)
{
    int len = snprintf(out, LONGEST_PATH, "%s/%s%s", d->folder, name, suffix);

    REQUIRE(len > 0 && len < LONGEST_PATH, ERR_IO, "path too long");
    assert(strchr(name, '/') == NULL);
    return OK;
}

static fallible sync_folder(const struct disk *d)
{
    scoped_fd fd = open(d->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    REQUIRE(fd >= 0 && fsync(fd) == 0, ERR_IO, "sync %s: %s", d->folder, strerror(errno));
    return OK;
}

static fallible write_synced(int fd, str bytes)
{
    for (size_t at = 0; at < bytes.len;) {
        ssize_t put = write(fd, bytes.ptr + at, bytes.len - at);

        if (put < 0 && errno == EINTR)
            continue;
        REQUIRE(put > 0, errno == ENOSPC ? ERR_FULL : ERR_IO, "write: %s", strerror(errno));
        at += (size_t)put;
    }
    REQUIRE(fsync(fd) == 0, ERR_IO, "sync: %s", strerror(errno));
    return OK;
}

static fallible posix_read(struct arena *a, struct disk *d, const char *name, str *out)
{
    char path[LONGEST_PATH];

    TRY(path_of(d, name, "", path));
    return file_read(a, path, LARGEST_FILE, out);
}

static fallible posix_write(struct disk *d, const char *name, str bytes)
{
    char path[LONGEST_PATH], beside[LONGEST_PATH];

    TRY(path_of(d, name, "", path));
    TRY(path_of(d, name, ".new", beside));
    scoped_fd fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    REQUIRE(fd >= 0, ERR_IO, "%s: %s", beside, strerror(errno));
    TRY(write_synced(fd, bytes));
    REQUIRE(rename(beside, path) == 0, ERR_IO, "%s: %s", path, strerror(errno));
    return sync_folder(d);
}

static fallible posix_destroy(struct disk *d, const char *name)
{
    static const char nothing[4096];
    char path[LONGEST_PATH];
    struct stat info;

    TRY(path_of(d, name, "", path));
    scoped_fd fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return OK;
    REQUIRE(fd >= 0 && fstat(fd, &info) == 0, ERR_IO, "%s: %s", path, strerror(errno));
    for (off_t left = info.st_size; left > 0; left -= (off_t)sizeof nothing)
        TRY(write_synced(
            fd, (str){nothing, left < (off_t)sizeof nothing ? (size_t)left : sizeof nothing}));
    REQUIRE(unlink(path) == 0, ERR_IO, "%s: %s", path, strerror(errno));
    return sync_folder(d);
}

typedef VEC(str) name_vec;

static void insert_sorted(struct arena *a, name_vec *names, str name)
{
    vec_push(a, names, name);
    for (size_t i = names->count - 1; i > 0 && str_cmp(names->at[i - 1], names->at[i]) > 0; i--) {
        str swap = names->at[i];
        names->at[i] = names->at[i - 1];
        names->at[i - 1] = swap;
    }
}

static fallible posix_list(struct arena *a, struct disk *d, str **names, size_t *count)
{
    name_vec found = {0};
    DIR *dir = opendir(d->folder);
    struct dirent *entry;

    REQUIRE(dir != NULL, ERR_IO, "%s: %s", d->folder, strerror(errno));
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.' && !str_ends(str_of(entry->d_name), S(".new")))
            insert_sorted(a, &found, str_copy(a, str_of(entry->d_name)));
    (void)closedir(dir);
    *names = found.at;
    *count = found.count;
    return OK;
}

struct disk *disk_open(struct arena *a, const char *folder)
{
    static const struct disk_ops ops = {posix_read, posix_write, posix_destroy, posix_list};
    struct disk *d = NEW(a, struct disk);

    d->ops = &ops;
    d->folder = str_z(a, str_of(folder));
    (void)mkdir(folder, 0700);
    return d;
}

fallible disk_read(struct arena *a, struct disk *d, const char *name, str *out)
{
    return d->ops->read(a, d, name, out);
}

fallible disk_write(struct disk *d, const char *name, str bytes)
{
    return d->ops->write(d, name, bytes);
}

fallible disk_destroy(struct disk *d, const char *name)
{
    return d->ops->destroy(d, name);
}

fallible disk_list(struct arena *a, struct disk *d, str **names, size_t *count)
{
    return d->ops->list(a, d, names, count);
}
