#include "approval/approval.h"
#include "registry/registry.h"
#include "yangguan/instance.h"
#include "yangguan/site.h"
#include "yangguan/yangguan.h"

#include <stdio.h>

/* `init` makes an empty instance for any province's division; `demo` one with people and matters.
 */

static const char init_usage[] =
    "usage: yangguan init DIR --division CODE --divisions FILE.csv [--database URL] [--origin "
    "NAME]\n"
    "Makes an instance for the division CODE (12 digits) and all below it, and prints one-time\n"
    "passwords of its three administrators.\n"
    "example: yangguan init /srv/minqin --division 620621000000 --divisions divisions-gansu.csv\n";
static const char demo_usage[] = "usage: yangguan demo DIR [--data FOLDER] [--empty]\n"
                                 "Makes the demo in DIR: 武威市 with its counties, people and "
                                 "matters of 民勤县, and a set clock.\n"
                                 "example: yangguan demo ./demo\n";
static const char accounts_usage[] = "usage: yangguan accounts DIR\n"
                                     "Prints the accounts of a demo.\n"
                                     "example: yangguan accounts ./demo\n";

#define DEMO_CITY "620600000000"
#define DEMO_COUNTY "620621000000"

enum { LARGEST_TABLE = 64 << 20 };

struct making {
    struct arena *arena;
    const char *dir;
    str division, divisions, data;
    struct instance_config config;
    bool empty;
    i64 civil_ms; /* of a demo */
    struct instance *instance;
    struct registry *registry;
    struct accounts accounts;
    i64 county; /* id */
};

static instant real_time(void *ctx)
{
    (void)ctx;
    return system_now();
}

static instant set_time(void *ctx)
{
    return (instant){((struct making *)ctx)->civil_ms};
}

/* ---- the parts ---------------------------------------------------------------------------- */

static fallible make_instance(struct making *m)
{
    struct instance_options o = {
        .clock = {real_time, m->config.set_clock ? set_time : real_time, m}};

    TRY(site_plug(m->arena));
    TRY(instance_create(m->arena, m->dir, &m->config, &o, &m->instance));
    struct registry_options r = {.disk = disk_open(m->arena, m->instance->keys_dir),
                                 .state = instance_path(m->arena, m->dir, "state.db"),
                                 .demo = m->config.set_clock};
    return registry_open(&r, &m->registry);
}

static fallible take_divisions(struct making *m, const char *path)
{
    struct door door = door_of(m->instance->node);
    struct division_list list = {.source = S("china-division 2.7.0"),
                                 .within = m->config.division,
                                 .since = date_ymd(2023, 6, 30)};
    struct division_report report;

    TRY(file_read(m->arena, path, LARGEST_TABLE, &list.csv));
    list.source = str_of(path);
    TRY(registry_import_divisions(&door, &list, &report));
    m->county = report.within;
    (void)fprintf(stderr, "%lld divisions\n", (long long)report.count);
    return OK;
}

static fallible make_admins(struct making *m)
{
    struct door door = door_of(m->instance->node);

    return registry_init_admins(m->arena, &door, m->county, &m->accounts);
}

static void close_all(struct making *m)
{
    if (m->registry != NULL)
        registry_close(m->registry);
    if (m->instance != NULL)
        instance_close(m->instance);
}

/* ---- init --------------------------------------------------------------------------------- */

static fallible parse(struct making *m, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        str word = str_of(argv[i]), value = i + 1 < argc ? str_of(argv[i + 1]) : S("");

        if (!str_starts(word, S("--"))) {
            REQUIRE(m->dir == NULL, ERR_INPUT, "one DIR");
            m->dir = argv[i];
            continue;
        }
        if (str_eq(word, S("--empty"))) {
            m->empty = true;
            continue;
        }
        REQUIRE(value.len > 0, ERR_INPUT, "%s needs a value", argv[i]);
        i++;
        if (str_eq(word, S("--division")))
            m->config.division = value;
        else if (str_eq(word, S("--divisions")))
            m->divisions = value;
        else if (str_eq(word, S("--database")))
            m->config.database = value;
        else if (str_eq(word, S("--origin")))
            m->config.origin = value;
        else if (str_eq(word, S("--data")))
            m->data = value;
        else
            FAIL(ERR_INPUT, "no option %s", argv[i - 1]);
    }
    REQUIRE(m->dir != NULL, ERR_INPUT, "which DIR?");
    return OK;
}

static fallible init(struct making *m)
{
    REQUIRE(m->config.division.len == 12 && m->divisions.len > 0, ERR_INPUT,
            "--division CODE and --divisions FILE.csv are needed");
    TRY(make_instance(m));
    TRY(take_divisions(m, str_z(m->arena, m->divisions)));
    return make_admins(m);
}

static void print_accounts(const struct accounts *all)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct account *one = &all->at[i];

        (void)printf("%.*s\t%.*s\t%.*s\t%.*s %.*s\n", STR(one->login), STR(one->password),
                     STR(one->totp), STR(one->body), STR(one->post));
    }
}

/* Exit status of a call: 2 where what it was given was wrong. */
static int ended(err e, const char *command, const char *usage)
{
    if (e == OK)
        return 0;
    (void)fprintf(stderr, "yangguan %s: %s: %s\n", command, err_name(e->code), e->message);
    if (e->code == ERR_INPUT)
        (void)fputs(usage, stderr);
    return e->code == ERR_INPUT || e->code == ERR_NOT_FOUND || e->code == ERR_CONFLICT ? 2 : 1;
}

static bool wants_help(int argc, char **argv, const char *usage)
{
    if (argc < 2 || strcmp(argv[1], "--help") != 0)
        return false;
    (void)fputs(usage, stdout);
    return true;
}

int init_cli(int argc, char **argv)
{
    scoped_arena a = arena_open();
    struct making m = {.arena = a};

    if (wants_help(argc, argv, init_usage))
        return 0;
    err e = parse(&m, argc, argv);
    if (e == OK)
        e = init(&m);
    if (e == OK)
        print_accounts(&m.accounts);
    close_all(&m);
    return ended(e, "init", init_usage);
}

/* ---- demo --------------------------------------------------------------------------------- */

struct body_making {
    struct making *m;
    str name;
    i64 id;
};

static fallible add_body(struct tx *tx, void *input)
{
    struct body_making *b = input;
    struct body_new body = {.division = b->m->county, .name = b->name, .kind = S("department")};

    return registry_body_add(tx, &body, &b->id);
}

/* The body that a matter names; the registry's demo made those of the county's own. */
static fallible find_body(void *ctx, str name, i64 *id)
{
    struct making *m = ctx;
    struct body_making b = {.m = m, .name = name};
    struct command c = {.run = add_body, .input = &b, .name = "demo_body", .allowed = true};
    struct door door = door_of(m->instance->node);

    TRY(registry_body_find(m->arena, door.db, m->county, name, id));
    if (*id)
        return OK;
    TRY(door.run(door.ctx, &c));
    *id = b.id;
    return OK;
}

static fallible take_matters(struct making *m, str csv, const struct division *county)
{
    struct authority by = {.channel = S("import")};
    struct matters_import in = {
        .csv = csv,
        .division_name = county->name,
        .division_path = county->path,
        .usual = procedure_shipped(S("usual")),
        .instant = procedure_shipped(S("instant")),
        .effective = instant_date((instant){m->civil_ms}),
        .body = find_body,
        .ctx = m,
    };

    TRY(matters_import(m->instance->node, &by, &in));
    (void)fprintf(stderr, "%zu matters\n", in.imported);
    return OK;
}

static fallible demo_people(struct making *m, str csv, const struct division *county)
{
    struct door door = door_of(m->instance->node);
    str *bodies;
    size_t count;

    TRY(registry_demo_bodies(m->arena, csv, county->name, &bodies, &count));
    return registry_demo(m->arena, &door, m->county, bodies, count, &m->accounts);
}

static fallible keep_accounts(struct making *m)
{
    struct disk *d = disk_open(m->arena, m->dir);
    struct buf json = buf_in(m->arena);

    registry_accounts_json(&json, &m->accounts);
    TRY(disk_write(d, "accounts.json", buf_text(&json)));
    return disk_write(d, "clock", str_format(m->arena, "%lld\n", (long long)m->civil_ms));
}

static fallible demo(struct making *m)
{
    struct division county;
    bool found;
    str csv;

    m->config.division = S(DEMO_CITY);
    m->config.origin = S("demo.yangguan.example/wuwei");
    m->config.set_clock = true;
    m->civil_ms = date_start(date_ymd(2026, 3, 2)).ms + 9 * 3600 * 1000;
    TRY(file_read(m->arena, str_format(m->arena, "%.*s/matters/matters.csv", STR(m->data)).ptr,
                  LARGEST_TABLE, &csv));
    TRY(make_instance(m));
    TRY(take_divisions(
        m, str_format(m->arena, "%.*s/divisions/divisions-gansu.csv", STR(m->data)).ptr));
    TRY(make_admins(m));
    TRY(division_by_code(m->arena, node_db(m->instance->node), S(DEMO_COUNTY),
                         instant_date((instant){m->civil_ms}), &county, &found));
    REQUIRE(found, ERR_INPUT, "%s isn't in the list of divisions", DEMO_COUNTY);
    m->county = county.id;
    TRY(demo_people(m, csv, &county));
    TRY(take_matters(m, csv, &county));
    return keep_accounts(m);
}

int demo_cli(int argc, char **argv)
{
    scoped_arena a = arena_open();
    struct making m = {.arena = a, .data = S("data")};

    if (wants_help(argc, argv, demo_usage))
        return 0;
    err e = parse(&m, argc, argv);
    if (e == OK)
        e = demo(&m);
    close_all(&m);
    return ended(e, "demo", demo_usage);
}

int accounts_cli(int argc, char **argv)
{
    scoped_arena a = arena_open();
    struct json *json;
    str text;

    if (wants_help(argc, argv, accounts_usage))
        return 0;
    if (argc != 2)
        return ended(err_raise(ERR_INPUT, __FILE__, __LINE__, "which DIR?"), "accounts",
                     accounts_usage);
    err e = file_read(a, str_format(a, "%s/accounts.json", argv[1]).ptr, LARGEST_TABLE, &text);
    if (e == OK)
        e = json_read(a, text, &json);
    if (e != OK)
        return ended(e, "accounts", accounts_usage);
    const struct json *list = json_get(json, S("accounts"));
    for (const struct json *one = list ? list->child : NULL; one != NULL; one = one->next)
        (void)printf("%-22.*s %-14.*s %.*s %.*s\n", STR(json_str(one, S("login"))),
                     STR(json_str(one, S("password"))), STR(json_str(one, S("body"))),
                     STR(json_str(one, S("post"))));
    return 0;
}
