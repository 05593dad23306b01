#include "approval/approval.h"
#include "registry/registry.h"
#include "yangguan/host.h"
#include "yangguan/site.h"
#include "yangguan/yangguan.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char usage[] =
    "usage: yangguan serve DIR [--listen ADDR:PORT] [--zone public|internal|combined]\n"
    "                          [--speed DAYS_A_MINUTE]\n"
    "Serves the instance in DIR until SIGTERM, then finishes what it answered.\n"
    "--speed: civil time runs so fast; only where the instance has a set clock (a demo).\n"
    "example: yangguan serve /srv/minqin --listen 127.0.0.1:8080\n";

enum { LARGEST_PORT = 65535, FASTEST = 100000, CLOCK_EVERY_S = 5 };

struct serving {
    struct arena *arena;
    const char *dir;
    str address;
    u16 port;
    i64 speed; /* days a minute; 0: as it is */
    enum zone zone;
    struct instance *instance;
    struct site site;
    struct session_store sessions;
    struct registry *registry;
    i64 civil_ms, begun_us; /* of a set clock */
};

/* ---- civil time --------------------------------------------------------------------------- */

static instant real_time(void *ctx)
{
    (void)ctx;
    return system_now();
}

/* A set clock goes on from where it was, at its own speed. */
static instant set_time(void *ctx)
{
    const struct serving *s = ctx;
    i64 passed_ms = (monotonic_us() - s->begun_us) / 1000;

    return (instant){s->civil_ms + (s->speed ? passed_ms * s->speed * 24 * 60 : passed_ms)};
}

static fallible clock_load(struct serving *s)
{
    struct disk *d = disk_open(s->arena, s->dir);
    str text;
    err e = disk_read(s->arena, d, "clock", &text);

    s->begun_us = monotonic_us();
    if (e != OK && e->code == ERR_NOT_FOUND) {
        s->civil_ms = system_now().ms;
        return OK;
    }
    TRY(e);
    return str_i64(str_trim(text), &s->civil_ms);
}

static void clock_keep(struct serving *s)
{
    scoped_arena a = arena_open();
    str text = str_format(a, "%lld\n", (long long)set_time(s).ms);
    err e = disk_write(disk_open(a, s->dir), "clock", text);

    if (e != OK)
        log_line(LOG_ERROR, "clock.keep", "why=\"%s\"", e->message);
}

/* ---- the call ----------------------------------------------------------------------------- */

static fallible parse_listen(struct serving *s, str text)
{
    ptrdiff_t colon = -1;
    i64 port;

    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == ':')
            colon = (ptrdiff_t)i;
    REQUIRE(colon > 0, ERR_INPUT, "--listen takes ADDR:PORT");
    TRY(str_i64(str_sub(text, (size_t)colon + 1, text.len), &port));
    REQUIRE(port >= 0 && port <= LARGEST_PORT, ERR_INPUT, "no port %lld", (long long)port);
    s->address = str_sub(text, 0, (size_t)colon);
    s->port = (u16)port;
    return OK;
}

static fallible parse(struct serving *s, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        str word = str_of(argv[i]), value = i + 1 < argc ? str_of(argv[i + 1]) : S("");

        if (!str_starts(word, S("--"))) {
            REQUIRE(s->dir == NULL, ERR_INPUT, "one DIR");
            s->dir = argv[i];
            continue;
        }
        REQUIRE(value.len > 0, ERR_INPUT, "%s needs a value", argv[i]);
        i++;
        if (str_eq(word, S("--listen")))
            TRY(parse_listen(s, value));
        else if (str_eq(word, S("--zone")))
            TRY(zone_parse(value, &s->zone));
        else if (str_eq(word, S("--speed")))
            TRY(str_i64(value, &s->speed));
        else
            FAIL(ERR_INPUT, "no option %s", argv[i - 1]);
    }
    REQUIRE(s->dir != NULL, ERR_INPUT, "which DIR?");
    REQUIRE(s->speed >= 0 && s->speed <= FASTEST, ERR_INPUT, "--speed from 0 to %d", FASTEST);
    return OK;
}

/* ---- serving ------------------------------------------------------------------------------ */

static fallible open_instance(struct serving *s)
{
    struct instance_config config;
    struct instance_options o = {.manual_checkpoint = true, .clock = {real_time, real_time, s}};

    TRY(instance_config_read(s->arena, s->dir, &config));
    REQUIRE(s->speed == 0 || config.set_clock, ERR_INPUT,
            "--speed needs an instance with a set clock");
    if (config.set_clock) {
        TRY(clock_load(s));
        o.clock.civil = set_time;
    }
    return instance_open(s->arena, s->dir, &o, &s->instance);
}

static fallible open_registry(struct serving *s)
{
    struct registry_options o = {.disk = disk_open(s->arena, s->instance->keys_dir),
                                 .state = instance_path(s->arena, s->dir, "state.db"),
                                 .demo = s->instance->config.set_clock};

    TRY(site_plug(s->arena));
    TRY(registry_open(&o, &s->registry));
    TRY(registry_lookup_recover(node_db(s->instance->node)));
    s->sessions = registry_sessions(s->registry);
    return OK;
}

static fallible open_host(struct serving *s, struct host **out)
{
    size_t rooms;
    const struct routes *routes = site_routes(s->arena, &rooms);

    static const struct {
        const char *title, *url;
    } columns[] = {
        {T("政务服务"), "/matters"}, {T("查办理进度"), "/track"}, {T("核验凭证"), "/verify"}};

    s->site.name = S("阳关政务");
    for (size_t i = 0; i < COUNT(columns); i++) {
        struct page_link link = {.title = str_of(columns[i].title), .url = str_of(columns[i].url)};

        vec_push(s->arena, &s->site.nav, link);
    }
    if (s->instance->config.set_clock)
        s->site.clock = str_of(T("演示系统：时间是设定的，不是真实日期"));
    TRY(open_registry(s));
    struct host_config config = {
        .instance = s->instance,
        .authority = registry_authority,
        .tick = approval_tick,
        .web = {.address = str_z(s->arena, s->address),
                .port = s->port,
                .zone = s->zone,
                .rooms = routes,
                .room_count = rooms,
                .site = &s->site,
                .sessions = &s->sessions,
                .ops = {.permit = registry_permit},
                .workers = 72,
                .queue = 512},
    };

    return host_open(&config, out);
}

/* Waits for SIGTERM or SIGINT; a set clock is kept now and then, so that it never runs back. */
static void wait_for_end(struct serving *s, const sigset_t *ends)
{
    struct timespec a_while = {.tv_sec = CLOCK_EVERY_S};

    while (sigtimedwait(ends, NULL, &a_while) < 0)
        if (s->instance->config.set_clock)
            clock_keep(s);
    if (s->instance->config.set_clock)
        clock_keep(s);
}

static fallible serve_all(struct serving *s, const sigset_t *ends)
{
    struct host *host;

    TRY(open_instance(s));
    TRY(open_host(s, &host));
    (void)fprintf(stderr, "http://%.*s:%u/\n", STR(s->address), host_port(host));
    wait_for_end(s, ends);
    host_close(host);
    registry_close(s->registry);
    instance_close(s->instance);
    return OK;
}

int serve_cli(int argc, char **argv)
{
    scoped_arena a = arena_open();
    struct serving s = {.arena = a, .address = S("127.0.0.1"), .port = 8080, .zone = 0};
    sigset_t ends;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        (void)fputs(usage, stdout);
        return 0;
    }
    err e = parse(&s, argc, argv);
    if (e != OK) {
        (void)fprintf(stderr, "yangguan serve: %s\n%s", e->message, usage);
        return 2;
    }
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &ends, NULL); /* before any thread: they inherit it */
    (void)signal(SIGPIPE, SIG_IGN);
    e = serve_all(&s, &ends);
    if (e == OK)
        return 0;
    (void)fprintf(stderr, "yangguan serve: %s: %s\n", err_name(e->code), e->message);
    return e->code == ERR_INPUT || e->code == ERR_NOT_FOUND ? 2 : 1;
}
