#include "yangguan/backup.h"
#include "yangguan/tar.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SMALL_FILE = 1 << 20 };

/* ---- backup ------------------------------------------------------------------------------- */

/* A store goes into the archive by way of a whole copy beside it. */
static fallible add_store(struct arena *a, struct tar_writer *t, const char *name, const char *path)
{
    static const struct db_options reading = {.read_only = true};
    scoped_db db = NULL;

    TRY(db_open(path, &reading, &db));
    const char *beside = str_format(a, "%s.copy-%d", path, (int)getpid()).ptr;
    err e = db_copy(db, beside);
    if (e == OK)
        e = tar_file(t, name, beside);
    (void)unlink(beside);
    return e;
}

struct blob_adding {
    struct tar_writer *tar;
    const char *folder;
};

static fallible add_blob(void *ctx, str name, i64 size, i64 changed_ms)
{
    const struct blob_adding *b = ctx;
    scoped_arena a = arena_open();
    str place = str_format(a, "blobs/%.2s/%.*s", name.ptr, STR(name));

    (void)size, (void)changed_ms;
    return tar_file(b->tar, place.ptr,
                    str_format(a, "%s/%.2s/%.*s", b->folder, name.ptr, STR(name)).ptr);
}

static fallible add_data(struct arena *a, struct tar_writer *t, const char *dir)
{
    struct blob_adding b = {t, instance_path(a, dir, "blobs")};

    TRY(tar_file(t, "instance.json", instance_path(a, dir, "instance.json")));
    TRY(add_store(a, t, "state.db", instance_path(a, dir, "state.db")));
    TRY(add_store(a, t, "yangguan.db", instance_path(a, dir, "yangguan.db")));
    return blob_list(b.folder, add_blob, &b);
}

/* Under another name until it is whole. */
static fallible archive(struct arena *a, const char *dir, const char *file,
                        fallible (*add)(struct arena *a, struct tar_writer *t, const char *dir))
{
    const char *partial = str_format(a, "%s.partial", file).ptr;
    struct tar_writer t;

    REQUIRE(access(file, F_OK) != 0, ERR_CONFLICT, "%s is there already", file);
    TRY(tar_begin(partial, system_now().ms / 1000, &t));
    err e = add(a, &t, dir);
    if (e == OK)
        e = tar_end(&t);
    else
        tar_drop(&t);
    if (e == OK && rename(partial, file) == 0)
        return OK;
    struct error why =
        e ? *e : *err_raise(ERR_IO, __FILE__, __LINE__, "%s: %s", file, strerror(errno));
    (void)unlink(partial);
    return err_again(&why);
}

fallible instance_backup(const char *dir, const char *file)
{
    scoped_arena a = arena_open();
    struct instance_config config;

    TRY(instance_config_read(a, dir, &config));
    REQUIRE(config.database.len == 0, ERR_UNSUPPORTED,
            "the ledger is in PostgreSQL: back that up by its own means");
    return archive(a, dir, file, add_data);
}

static fallible add_keys(struct arena *a, struct tar_writer *t, const char *dir)
{
    const char *folder = instance_path(a, dir, "keys");
    struct disk *disk = disk_open(a, folder);
    str *names, bytes;
    size_t count;

    TRY(disk_list(a, disk, &names, &count));
    for (size_t i = 0; i < count; i++)
        if (str_ends(names[i], S(".key"))) {
            TRY(disk_read(a, disk, names[i].ptr, &bytes));
            TRY(tar_text(t, names[i].ptr, bytes));
        }
    return add_store(a, t, "keys.db", instance_path(a, folder, "keys.db"));
}

fallible instance_backup_keys(const char *dir, const char *file)
{
    scoped_arena a = arena_open();
    struct instance_config config;

    TRY(instance_config_read(a, dir, &config));
    return archive(a, dir, file, add_keys);
}

/* ---- restore ------------------------------------------------------------------------------ */

static bool is_blob_place(str name)
{
    return str_starts(name, S("blobs/")) && name.len == 6 + 3 + BLOB_NAME &&
           memcmp(name.ptr + 6, name.ptr + 9, 2) == 0 && name.ptr[8] == '/';
}

static fallible data_place(void *ctx, struct arena *a, str name, const char **path)
{
    const char *dir = ctx;

    if (is_blob_place(name))
        (void)mkdir(str_format(a, "%s/blobs/%.2s", dir, name.ptr + 6).ptr, 0700);
    else if (!str_eq(name, S("instance.json")) && !str_eq(name, S("state.db")) &&
             !str_eq(name, S("yangguan.db")))
        return OK;
    *path = str_format(a, "%s/%.*s", dir, STR(name)).ptr;
    return OK;
}

static fallible keys_place(void *ctx, struct arena *a, str name, const char **path)
{
    const char *dir = ctx;
    bool flat = str_find(name, S("/")) < 0;

    if (flat && (str_eq(name, S("keys.db")) || str_ends(name, S(".key"))))
        *path = str_format(a, "%s/keys/%.*s", dir, STR(name)).ptr;
    return OK;
}

static fallible make_folder(struct arena *a, const char *dir)
{
    struct disk *disk;
    str *names;
    size_t count;

    REQUIRE(mkdir(dir, 0700) == 0 || errno == EEXIST, ERR_IO, "%s: %s", dir, strerror(errno));
    disk = disk_open(a, dir);
    TRY(disk_list(a, disk, &names, &count));
    REQUIRE(count == 0, ERR_CONFLICT, "%s isn't empty", dir);
    (void)mkdir(instance_path(a, dir, "blobs"), 0700);
    (void)mkdir(instance_path(a, dir, "keys"), 0700);
    return OK;
}

static bool is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Begins the epoch by these keys and verifies what was restored. */
static fallible begin_epoch(struct arena *a, const char *dir, const char *keys,
                            const struct instance_options *o, struct verdict *out)
{
    struct instance_options restored = *o;
    scoped_instance i = NULL;

    restored.restored = true;
    restored.keys = keys;
    TRY(instance_open(a, dir, &restored, &i));
    return node_verify(a, i->node, true, out);
}

static fallible sync_all(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    REQUIRE(fd >= 0, ERR_IO, "%s: %s", dir, strerror(errno));
    int failed = syncfs(fd);
    (void)close(fd);
    REQUIRE(failed == 0, ERR_IO, "sync %s: %s", dir, strerror(errno));
    return OK;
}

static fallible copy_keys(struct arena *a, const char *from, const char *to)
{
    static const struct db_options reading = {.read_only = true};
    struct disk *source = disk_open(a, from), *target = disk_open(a, to);
    scoped_db db = NULL;
    str *names, bytes;
    size_t count;

    TRY(disk_list(a, source, &names, &count));
    for (size_t i = 0; i < count; i++)
        if (str_ends(names[i], S(".key"))) {
            TRY(disk_read(a, source, names[i].ptr, &bytes));
            TRY(disk_write(target, names[i].ptr, bytes));
        }
    TRY(db_open(instance_path(a, from, "keys.db"), &reading, &db));
    return db_copy(db, instance_path(a, to, "keys.db"));
}

/*
 * The epoch is begun in the folder that knows the old ones, and copied from there: whoever comes
 * with that folder again finds it begun.
 */
static fallible restore_by_folder(struct arena *a, const char *dir, const char *keys,
                                  const struct instance_options *o, struct verdict *out)
{
    struct instance_config old;
    const char *above = instance_path(a, keys, "..");
    int lock = -1;

    if (instance_config_read(a, above, &old) == OK)
        TRY(instance_lock(above, &lock));
    err e = begin_epoch(a, dir, keys, o, out);
    if (e == OK)
        e = copy_keys(a, keys, instance_path(a, dir, "keys"));
    if (lock >= 0)
        (void)close(lock);
    return e;
}

static fallible restore_by_archive(struct arena *a, const char *dir, const char *keys,
                                   const struct instance_options *o, struct verdict *out)
{
    struct tar_reader reader = {keys_place, (void *)(uintptr_t)dir};

    TRY(tar_unpack(keys, &reader));
    return begin_epoch(a, dir, NULL, o, out);
}

fallible instance_restore(struct arena *a, const struct restore *r,
                          const struct instance_options *o, struct verdict *out)
{
    const char *file = r->file, *dir = r->dir, *keys = r->keys;
    struct tar_reader reader = {data_place, (void *)(uintptr_t)dir};

    REQUIRE(access(file, R_OK) == 0, ERR_NOT_FOUND, "%s: %s", file, strerror(errno));
    REQUIRE(access(keys, R_OK) == 0, ERR_NOT_FOUND, "%s: %s", keys, strerror(errno));
    TRY(make_folder(a, dir));
    TRY(tar_unpack(file, &reader));
    TRY(sync_all(dir));
    TRY((is_folder(keys) ? restore_by_folder : restore_by_archive)(a, dir, keys, o, out));
    return sync_all(dir);
}
