#include "tests/model/sim.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { SECTOR = 512, FILES = 64, NAME = 128 };

struct sim_file {
    char name[NAME];
    bool there, there_durable;
    u8 *now, *durable;
    size_t len, len_durable, cap;
    size_t dirty_from, dirty_to;
    u8 *ghost; /* the file of this name whose unlinking isn't durable yet */
    size_t ghost_len;
};

struct sim {
    sqlite3_vfs vfs;
    struct sim_file files[FILES];
    u64 random;
    int cut_after;
    bool off, lying;
    enum sim_fault fault;
    int fault_after;
    bool failed;
};

struct handle {
    sqlite3_file base;
    struct sim *sim;
    struct sim_file *file;
    bool delete_on_close;
    int persistent_journal;
};

u64 sim_random(struct sim *s, u64 below)
{
    s->random += 0x9E3779B97F4A7C15u;
    u64 z = s->random;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (z ^ (z >> 31)) % below;
}

/* ---- files -------------------------------------------------------------------------------- */

static struct sim_file *find(struct sim *s, const char *name)
{
    for (size_t i = 0; i < FILES; i++)
        if (strcmp(s->files[i].name, name) == 0)
            return &s->files[i];
    return NULL;
}

static struct sim_file *make(struct sim *s, const char *name)
{
    struct sim_file *f = find(s, name);

    for (size_t i = 0; i < FILES && f == NULL; i++)
        if (s->files[i].name[0] == '\0')
            f = &s->files[i];
    assert(f != NULL && strlen(name) < NAME);
    (void)snprintf(f->name, NAME, "%s", name);
    return f;
}

static void reserve(struct sim_file *f, size_t len)
{
    if (len <= f->cap)
        return;
    size_t cap = f->cap ? f->cap : 4096;

    while (cap < len)
        cap *= 2;
    f->now = realloc(f->now, cap);
    f->durable = realloc(f->durable, cap);
    assert(f->now != NULL && f->durable != NULL);
    memset(f->now + f->cap, 0, cap - f->cap);
    memset(f->durable + f->cap, 0, cap - f->cap);
    f->cap = cap;
}

static void touch(struct sim_file *f, size_t from, size_t to)
{
    if (f->dirty_to == 0 || from < f->dirty_from)
        f->dirty_from = from;
    if (to > f->dirty_to)
        f->dirty_to = to;
}

static void put(struct sim_file *f, const void *bytes, size_t len, size_t at)
{
    reserve(f, at + len);
    if (at > f->len)
        memset(f->now + f->len, 0, at - f->len);
    memcpy(f->now + at, bytes, len);
    if (at + len > f->len)
        f->len = at + len;
    touch(f, at, at + len);
}

static void cut_to(struct sim_file *f, size_t len)
{
    if (len < f->len) {
        memset(f->now + len, 0, f->len - len);
        touch(f, len, f->len);
        f->len = len;
    }
}

static void lay_ghost(struct sim_file *f)
{
    free(f->ghost);
    f->ghost = NULL;
}

static void sync_file(struct sim_file *f)
{
    if (f->dirty_to > f->dirty_from && f->cap)
        memcpy(f->durable + f->dirty_from, f->now + f->dirty_from, f->dirty_to - f->dirty_from);
    f->dirty_from = f->dirty_to = 0;
    f->len_durable = f->len;
    f->there_durable = f->there;
    lay_ghost(f);
}

/* Unlinked: another file of this name will be another file. The old one may come back whole. */
static void vanish(struct sim_file *f)
{
    if (f->there_durable && f->ghost == NULL) {
        f->ghost = malloc(f->len_durable + 1);
        assert(f->ghost != NULL);
        memcpy(f->ghost, f->durable ? f->durable : (const u8 *)"", f->len_durable);
        f->ghost_len = f->len_durable;
    }
    f->there = f->there_durable = false;
    f->len = f->len_durable = f->dirty_from = f->dirty_to = 0;
    if (f->cap) {
        memset(f->now, 0, f->cap);
        memset(f->durable, 0, f->cap);
    }
}

/* ---- power -------------------------------------------------------------------------------- */

/* Each unsynced sector is kept, dropped, or torn in the middle. */
static void lose(struct sim *s, struct sim_file *f)
{
    size_t end = f->len > f->len_durable ? f->len : f->len_durable;

    if (f->ghost != NULL && sim_random(s, 2)) {
        cut_to(f, 0);
        put(f, f->ghost, f->ghost_len, 0);
        f->there = true;
        sync_file(f);
        return;
    }
    lay_ghost(f);
    if (f->there != f->there_durable && sim_random(s, 2))
        f->there = f->there_durable;
    for (size_t at = f->dirty_from / SECTOR * SECTOR; at < f->dirty_to && at < end; at += SECTOR) {
        size_t size = f->cap - at < SECTOR ? f->cap - at : SECTOR;
        u64 fate = sim_random(s, 5);

        if (fate < 2)
            memcpy(f->now + at, f->durable + at, size);
        else if (fate == 2)
            memcpy(f->now + at, f->durable + at, sim_random(s, size));
    }
    if (sim_random(s, 2))
        f->len = f->len_durable;
    if (!f->there)
        f->len = 0;
    if (f->cap > f->len)
        memset(f->now + f->len, 0, f->cap - f->len);
    if (f->cap)
        memcpy(f->durable, f->now, f->cap);
    f->len_durable = f->len;
    f->there_durable = f->there;
    f->dirty_from = f->dirty_to = 0;
}

void sim_cut(struct sim *s)
{
    if (s->off)
        return;
    s->off = true;
    for (size_t i = 0; i < FILES; i++)
        if (s->files[i].name[0])
            lose(s, &s->files[i]);
}

void sim_cut_after(struct sim *s, int operations)
{
    s->cut_after = operations;
}

bool sim_is_off(const struct sim *s)
{
    return s->off;
}

void sim_power_on(struct sim *s)
{
    s->off = false;
    s->cut_after = 0;
    s->fault = SIM_NONE;
}

void sim_fail_next(struct sim *s, enum sim_fault fault, int after)
{
    s->fault = fault;
    s->fault_after = after;
    s->failed = false;
}

bool sim_failed(struct sim *s)
{
    s->fault = SIM_NONE;
    return s->failed;
}

void sim_lie_about_sync(struct sim *s, bool lie)
{
    s->lying = lie;
}

/* Called by each operation that changes the disk: false if it can't happen. */
static bool may_change(struct sim *s, enum sim_fault *fault)
{
    *fault = SIM_NONE;
    if (s->off)
        return false;
    if (s->cut_after > 0 && --s->cut_after == 0) {
        sim_cut(s);
        return false;
    }
    if (s->fault != SIM_NONE && s->fault_after-- <= 0) {
        *fault = s->fault;
        s->fault = SIM_NONE;
        s->failed = true;
        return false;
    }
    return true;
}

/* ---- SQLite's view ------------------------------------------------------------------------ */

static struct handle *of(sqlite3_file *f)
{
    return (struct handle *)f;
}

static int refused(enum sim_fault fault, int otherwise)
{
    return fault == SIM_FULL ? SQLITE_FULL : otherwise;
}

static int io_close(sqlite3_file *f)
{
    if (of(f)->delete_on_close && !of(f)->sim->off)
        vanish(of(f)->file);
    return SQLITE_OK;
}

static int io_read(sqlite3_file *f, void *out, int amount, sqlite3_int64 at)
{
    struct sim_file *file = of(f)->file;
    size_t from = (size_t)at, want = (size_t)amount;
    size_t have = from < file->len ? file->len - from : 0;

    if (of(f)->sim->off)
        return SQLITE_IOERR_READ;
    if (have >= want) {
        memcpy(out, file->now + from, want);
        return SQLITE_OK;
    }
    memset(out, 0, want);
    if (have)
        memcpy(out, file->now + from, have);
    return SQLITE_IOERR_SHORT_READ;
}

static int io_write(sqlite3_file *f, const void *bytes, int amount, sqlite3_int64 at)
{
    enum sim_fault fault;

    if (!may_change(of(f)->sim, &fault))
        return refused(fault, SQLITE_IOERR_WRITE);
    put(of(f)->file, bytes, (size_t)amount, (size_t)at);
    return SQLITE_OK;
}

static int io_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    enum sim_fault fault;

    if (!may_change(of(f)->sim, &fault))
        return SQLITE_IOERR_TRUNCATE;
    cut_to(of(f)->file, (size_t)size);
    return SQLITE_OK;
}

static int io_sync(sqlite3_file *f, int flags)
{
    enum sim_fault fault;

    (void)flags;
    if (!may_change(of(f)->sim, &fault))
        return refused(fault, SQLITE_IOERR_FSYNC);
    if (!of(f)->sim->lying)
        sync_file(of(f)->file);
    return SQLITE_OK;
}

static int io_size(sqlite3_file *f, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)of(f)->file->len;
    return SQLITE_OK;
}

static int io_lock(sqlite3_file *f, int level)
{
    (void)f;
    (void)level;
    return SQLITE_OK;
}

static int io_reserved(sqlite3_file *f, int *out)
{
    (void)f;
    *out = 0;
    return SQLITE_OK;
}

static int io_control(sqlite3_file *f, int op, void *arg)
{
    int *value = arg;

    if (op != SQLITE_FCNTL_PERSIST_WAL)
        return SQLITE_NOTFOUND;
    if (*value >= 0)
        of(f)->persistent_journal = *value;
    *value = of(f)->persistent_journal;
    return SQLITE_OK;
}

static int io_sector(sqlite3_file *f)
{
    (void)f;
    return SECTOR;
}

static int io_traits(sqlite3_file *f)
{
    (void)f;
    return 0;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = io_close,
    .xRead = io_read,
    .xWrite = io_write,
    .xTruncate = io_truncate,
    .xSync = io_sync,
    .xFileSize = io_size,
    .xLock = io_lock,
    .xUnlock = io_lock,
    .xCheckReservedLock = io_reserved,
    .xFileControl = io_control,
    .xSectorSize = io_sector,
    .xDeviceCharacteristics = io_traits,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    struct sim *s = vfs->pAppData;
    static int temp;
    char unnamed[NAME];

    f->pMethods = NULL;
    if (s->off)
        return SQLITE_CANTOPEN;
    if (name == NULL) {
        (void)snprintf(unnamed, sizeof unnamed, "temp-%d", temp++);
        name = unnamed;
    }
    struct sim_file *file = find(s, name);
    if ((file == NULL || !file->there) && !(flags & SQLITE_OPEN_CREATE))
        return SQLITE_CANTOPEN;
    file = make(s, name);
    file->there = true;
    *of(f) = (struct handle){{&methods}, s, file, (flags & SQLITE_OPEN_DELETEONCLOSE) != 0, 0};
    if (out != NULL)
        *out = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    struct sim *s = vfs->pAppData;
    struct sim_file *f = find(s, name);
    enum sim_fault fault;

    if (!may_change(s, &fault))
        return SQLITE_IOERR_DELETE;
    if (f == NULL || !f->there)
        return SQLITE_IOERR_DELETE_NOENT;
    vanish(f);
    if (sync && !s->lying)
        sync_file(f);
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    const struct sim_file *f = find(vfs->pAppData, name);

    (void)flags;
    *out = f != NULL && f->there && (flags != SQLITE_ACCESS_EXISTS || f->len > 0);
    return SQLITE_OK;
}

static int vfs_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    (void)snprintf(out, (size_t)size, "%s", name);
    return SQLITE_OK;
}

static int vfs_random(sqlite3_vfs *vfs, int size, char *out)
{
    for (int i = 0; i < size; i++)
        out[i] = (char)sim_random(vfs->pAppData, 256);
    return size;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int vfs_time(sqlite3_vfs *vfs, double *out)
{
    (void)vfs;
    *out = 2461000.5;
    return SQLITE_OK;
}

static int vfs_error(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    (void)size;
    (void)out;
    return 0;
}

struct sim *sim_open(u64 seed)
{
    struct sim *s = calloc(1, sizeof *s);

    assert(s != NULL);
    s->random = seed;
    s->vfs = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = sizeof(struct handle),
        .mxPathname = NAME,
        .zName = "sim",
        .pAppData = s,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_path,
        .xRandomness = vfs_random,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
        .xGetLastError = vfs_error,
    };
    assert(sqlite3_vfs_register(&s->vfs, 0) == SQLITE_OK);
    return s;
}

void sim_close(struct sim *s)
{
    (void)sqlite3_vfs_unregister(&s->vfs);
    for (size_t i = 0; i < FILES; i++) {
        free(s->files[i].now);
        free(s->files[i].durable);
        free(s->files[i].ghost);
    }
    free(s);
}

/* ---- our small files ---------------------------------------------------------------------- */

struct sim_small {
    struct disk disk;
    struct sim *sim;
};

static struct sim *sim_of(struct disk *d)
{
    return ((struct sim_small *)d)->sim;
}

static void small_name(const struct disk *d, const char *name, char out[NAME])
{
    (void)snprintf(out, NAME, "%s/%s", d->folder, name);
}

static fallible small_read(struct arena *a, struct disk *d, const char *name, str *out)
{
    char path[NAME];

    small_name(d, name, path);
    const struct sim_file *f = find(sim_of(d), path);
    REQUIRE(f != NULL && f->there, ERR_NOT_FOUND, "%s", path);
    *out = str_copy(a, (str){(const char *)f->now, f->len});
    return OK;
}

/* Written beside, synced, renamed: whole or not at all, unless syncs do nothing. */
static fallible small_write(struct disk *d, const char *name, str bytes)
{
    struct sim *s = sim_of(d);
    char path[NAME];
    enum sim_fault fault;

    small_name(d, name, path);
    REQUIRE(may_change(s, &fault), fault == SIM_FULL ? ERR_FULL : ERR_IO, "%s", path);
    struct sim_file *f = make(s, path);
    f->there = true;
    cut_to(f, 0);
    put(f, bytes.ptr, bytes.len, 0);
    if (!s->lying)
        sync_file(f);
    return OK;
}

static fallible small_destroy(struct disk *d, const char *name)
{
    struct sim *s = sim_of(d);
    char path[NAME];
    enum sim_fault fault;

    small_name(d, name, path);
    struct sim_file *f = find(s, path);
    REQUIRE(may_change(s, &fault), ERR_IO, "%s", path);
    if (f == NULL || !f->there)
        return OK;
    vanish(f);
    if (!s->lying)
        sync_file(f);
    return OK;
}

static fallible small_list(struct arena *a, struct disk *d, str **names, size_t *count)
{
    struct sim *s = sim_of(d);
    str prefix = str_format(a, "%s/", d->folder);
    VEC(str) found = {0};

    for (size_t i = 0; i < FILES; i++) {
        str name = str_of(s->files[i].name);

        if (s->files[i].there && str_starts(name, prefix))
            vec_push(a, &found, str_sub(name, prefix.len, name.len));
    }
    *names = found.at;
    *count = found.count;
    return OK;
}

struct disk *sim_disk(struct arena *a, struct sim *s, const char *folder)
{
    static const struct disk_ops ops = {small_read, small_write, small_destroy, small_list};
    struct sim_small *d = NEW(a, struct sim_small);

    d->disk = (struct disk){&ops, str_z(a, str_of(folder))};
    d->sim = s;
    return &d->disk;
}

/* ---- backups ------------------------------------------------------------------------------ */

struct sim_copy {
    const char *prefix;
    size_t count;
    struct {
        char name[NAME];
        str bytes;
    } files[8];
};

struct sim_copy *sim_save(struct arena *a, struct sim *s, const char *prefix)
{
    struct sim_copy *c = NEW(a, struct sim_copy);

    c->prefix = prefix;
    for (size_t i = 0; i < FILES; i++) {
        const struct sim_file *f = &s->files[i];

        if (!f->there || !str_starts(str_of(f->name), str_of(prefix)))
            continue;
        assert(c->count < COUNT(c->files));
        (void)snprintf(c->files[c->count].name, NAME, "%s", f->name);
        c->files[c->count++].bytes = str_copy(a, (str){(const char *)f->now, f->len});
    }
    return c;
}

void sim_restore(struct sim *s, const struct sim_copy *c)
{
    for (size_t i = 0; i < FILES; i++)
        if (str_starts(str_of(s->files[i].name), str_of(c->prefix))) {
            vanish(&s->files[i]);
            sync_file(&s->files[i]);
        }
    for (size_t i = 0; i < c->count; i++) {
        struct sim_file *f = make(s, c->files[i].name);

        f->there = true;
        put(f, c->files[i].bytes.ptr, c->files[i].bytes.len, 0);
        sync_file(f);
    }
}

bool sim_contains(const struct sim *s, str bytes)
{
    for (size_t i = 0; i < FILES; i++) {
        const struct sim_file *f = &s->files[i];

        if (f->ghost != NULL && str_find((str){(const char *)f->ghost, f->ghost_len}, bytes) >= 0)
            return true;
        if (f->cap && (str_find((str){(const char *)f->now, f->cap}, bytes) >= 0 ||
                       str_find((str){(const char *)f->durable, f->cap}, bytes) >= 0))
            return true;
    }
    return false;
}
