#include "yangguan/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONFIG_MOST = 1 << 16, RESERVE = 2, NUMBERS_APART = 64 };

static const char *const zone_names[] = {
    [ZONE_COMBINED] = "combined", [ZONE_PUBLIC] = "public", [ZONE_INTERNAL] = "internal"};

const char *zone_name(enum zone zone)
{
    return zone_names[zone];
}

fallible zone_parse(str text, enum zone *out)
{
    for (size_t i = ZONE_PUBLIC; i < COUNT(zone_names); i++)
        if (str_eq(text, str_of(zone_names[i]))) {
            *out = (enum zone)i;
            return OK;
        }
    FAIL(ERR_INPUT, "a zone is public, internal or combined");
}

const char *instance_path(struct arena *a, const char *dir, const char *name)
{
    return str_format(a, "%s/%s", dir, name).ptr;
}

/* ---- instance.json ------------------------------------------------------------------------ */

static void put_text(struct buf *b, const char *key, str value)
{
    buf_format(b, "  \"%s\": ", key);
    json_quote(b, value);
    buf_z(b, ",\n");
}

fallible instance_config_write(struct arena *a, const char *dir, const struct instance_config *c)
{
    struct disk *disk = disk_open(a, dir);
    struct buf b = buf_in(a);

    buf_z(&b, "{\n");
    put_text(&b, "clock", c->set_clock ? S("set") : S("system"));
    if (c->database.len)
        put_text(&b, "database", c->database);
    put_text(&b, "division", c->division);
    put_text(&b, "made", instant_text(a, c->made));
    put_text(&b, "origin", c->origin);
    put_text(&b, "site", c->site);
    put_text(&b, "zone", str_of(zone_name(c->zone)));
    buf_format(&b, "  \"node\": %lld\n}\n", (long long)c->number);
    return disk_write(disk, "instance.json", buf_text(&b));
}

static fallible config_of(const struct json *json, struct instance_config *out)
{
    *out = (struct instance_config){.site = json_str(json, S("site")),
                                    .division = json_str(json, S("division")),
                                    .origin = json_str(json, S("origin")),
                                    .database = json_str(json, S("database")),
                                    .set_clock = str_eq(json_str(json, S("clock")), S("set"))};
    TRY(zone_parse(json_str(json, S("zone")), &out->zone));
    TRY(json_i64(json, S("node"), &out->number));
    TRY(instant_parse(json_str(json, S("made")), &out->made));
    REQUIRE(out->site.len > 0 && out->origin.len > 0, ERR_INPUT, "no site or origin");
    return OK;
}

fallible instance_config_read(struct arena *a, const char *dir, struct instance_config *out)
{
    const char *path = instance_path(a, dir, "instance.json");
    struct json *json;
    str text;

    TRY(file_read(a, path, CONFIG_MOST, &text));
    err e = json_read(a, text, &json);
    if (e == OK)
        e = config_of(json, out);
    REQUIRE(e == OK, ERR_CORRUPT, "%s: %s", path, e->message);
    return OK;
}

/* ---- opening ------------------------------------------------------------------------------ */

fallible instance_lock(const char *dir, int *fd)
{
    scoped_arena a = arena_open();
    int lock = open(instance_path(a, dir, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    *fd = -1;
    REQUIRE(lock >= 0, ERR_IO, "%s/lock: %s", dir, strerror(errno));
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        (void)close(lock);
        FAIL(ERR_BUSY, "another process writes in %s", dir);
    }
    *fd = lock;
    return OK;
}

static instant real_time(void *ctx)
{
    (void)ctx;
    return system_now();
}

static struct node_options node_options_of(const struct instance *i,
                                           const struct instance_options *o)
{
    struct db_options db = {.wipe_deleted = true, .read_only = o->read_only};
    struct node_options n = {
        .main = i->config.database.len ? str_z(i->arena, i->config.database)
                                       : instance_path(i->arena, i->dir, "yangguan.db"),
        .keys = instance_path(i->arena, i->keys_dir, "keys.db"),
        .main_options = db,
        .keys_options = db,
        .disk = disk_open(i->arena, i->keys_dir),
        .blobs = i->blobs_dir,
        .kinds = o->kinds ? o->kinds : all_kinds,
        .kind_count = o->kinds ? o->kind_count : all_kinds_count,
        .site = i->config.site,
        .origin = i->config.origin,
        .clock = o->clock,
        .number = i->config.number,
        .set_clock = i->config.set_clock,
        .restored = o->restored,
        .read_only = o->read_only,
    };

    n.main_options.manual_checkpoint = o->manual_checkpoint;
    if (n.clock.system == NULL)
        n.clock.system = real_time;
    if (n.clock.civil == NULL)
        n.clock.civil = real_time;
    return n;
}

static struct instance *instance_of(struct arena *a, const char *dir,
                                    const struct instance_options *o)
{
    struct instance *i = NEW(a, struct instance);

    i->arena = a;
    i->dir = str_z(a, str_of(dir));
    i->keys_dir = o->keys ? o->keys : instance_path(a, dir, "keys");
    i->blobs_dir = instance_path(a, dir, "blobs");
    i->lock = -1;
    return i;
}

static fallible open_state(struct instance *i)
{
    static const struct db_options options = {.wipe_deleted = true};

    TRY(db_open(instance_path(i->arena, i->dir, "state.db"), &options, &i->state));
    return db_create(i->state, STORE_STATE);
}

/* An instance with nobody above it numbers its own restores. */
static fallible open_for_writing(struct instance *i, const struct instance_options *o, bool fresh)
{
    i->options = node_options_of(i, o);
    (void)mkdir(i->blobs_dir, 0700);
    TRY(fresh ? node_create(&i->options, &i->node) : node_open(&i->options, &i->node));
    TRY(node_reserve_ahead(i->node, RESERVE));
    return open_state(i);
}

static fallible open_parts(struct instance *i, const struct instance_options *o)
{
    TRY(instance_config_read(i->arena, i->dir, &i->config));
    if (o->read_only) {
        i->options = node_options_of(i, o);
        return node_open(&i->options, &i->node);
    }
    TRY(instance_lock(i->dir, &i->lock));
    return open_for_writing(i, o, false);
}

fallible instance_open(struct arena *a, const char *dir, const struct instance_options *o,
                       struct instance **out)
{
    struct instance *i = instance_of(a, dir, o);
    err e = open_parts(i, o);

    if (e != OK) {
        instance_close(i);
        return e;
    }
    *out = i;
    return OK;
}

/* ---- making ------------------------------------------------------------------------------- */

static void fill_in(struct arena *a, struct instance_config *c)
{
    if (c->zone == 0)
        c->zone = ZONE_COMBINED;
    if (c->site.len == 0)
        c->site = str_format(a, "%.*s-%s", STR(c->division), zone_name(c->zone));
    if (c->origin.len == 0)
        c->origin = str_format(a, "yangguan.example/%.*s", STR(c->site));
    if (c->set_clock && str_find(c->origin, S("set-clock")) < 0)
        c->origin = str_format(a, "%.*s/set-clock", STR(c->origin));
    if (c->number == 0)
        c->number = 1;
    if (c->made.ms == 0)
        c->made = system_now();
}

static fallible create_parts(struct instance *i, const struct instance_options *o)
{
    scoped_arena a = arena_open();
    struct instance_config there;

    TRY(instance_lock(i->dir, &i->lock));
    err e = instance_config_read(a, i->dir, &there);
    REQUIRE(e != OK && e->code == ERR_NOT_FOUND, ERR_CONFLICT, "%s is an instance already", i->dir);
    REQUIRE(i->config.number % NUMBERS_APART == 1, ERR_INPUT,
            "a node number is one more than a multiple of %d", NUMBERS_APART);
    TRY(open_for_writing(i, o, true));
    return instance_config_write(a, i->dir, &i->config);
}

fallible instance_create(struct arena *a, const char *dir, const struct instance_config *c,
                         const struct instance_options *o, struct instance **out)
{
    struct instance *i = instance_of(a, dir, o);

    REQUIRE(mkdir(dir, 0700) == 0 || errno == EEXIST, ERR_IO, "%s: %s", dir, strerror(errno));
    i->config = *c;
    fill_in(a, &i->config);
    err e = create_parts(i, o);
    if (e != OK) {
        instance_close(i);
        return e;
    }
    *out = i;
    return OK;
}

void instance_close(struct instance *i)
{
    if (i->node != NULL)
        node_close(i->node);
    db_close(i->state);
    if (i->lock >= 0)
        (void)close(i->lock);
}

void instance_closep(struct instance **i)
{
    if (*i != NULL)
        instance_close(*i);
}
