/* The command line's calls that read an instance's ledger: verify, rebuild, head, prove. */
#include "ledger/note.h"
#include "yangguan/args.h"
#include "yangguan/instance.h"
#include "yangguan/yangguan.h"

#include <stdio.h>

static fallible open_view(struct arena *a, const char *dir, struct instance **out)
{
    static const struct instance_options options = {.read_only = true};

    return instance_open(a, dir, &options, out);
}

/* ---- verify ------------------------------------------------------------------------------- */

static void print_json(struct arena *a, const struct verdict *v)
{
    struct buf b = buf_in(a);

    buf_z(&b, "{\"bad\":[");
    for (size_t i = 0; i < v->flaws.count; i++) {
        const struct flaw *f = &v->flaws.at[i];

        buf_format(&b, "%s{\"no\":%lld,\"what\":", i ? "," : "", (long long)f->no);
        json_quote(&b, f->what);
        buf_format(&b, ",\"where\":\"%s\"}", f->where);
    }
    buf_format(&b, "],\"events\":%lld,\"head\":\"%.*s\",\"ok\":%s}\n", (long long)v->events,
               STR(hex_of(a, v->head.at, sizeof v->head.at)), v->flaws.count ? "false" : "true");
    (void)fwrite(b.ptr, 1, b.len, stdout);
}

void verdict_print(struct arena *a, const struct verdict *v)
{
    for (size_t i = 0; i < v->flaws.count; i++) {
        const struct flaw *f = &v->flaws.at[i];

        if (f->no >= 0)
            (void)printf("%lld %s: %.*s\n", (long long)f->no, f->where, STR(f->what));
        else
            (void)printf("- %s: %.*s\n", f->where, STR(f->what));
    }
    if (v->flaws.count == 0)
        (void)printf("ok: %lld events, head %.*s\n", (long long)v->events,
                     STR(hex_of(a, v->head.at, sizeof v->head.at)));
}

static fallible verify_dir(struct arena *a, const char *dir, bool deep, struct verdict *out)
{
    scoped_instance i = NULL;

    TRY(open_view(a, dir, &i));
    return node_verify(a, i->node, deep, out);
}

int verify_cli(int argc, char **argv)
{
    bool json = false, deep = false;
    const struct arg_option options[] = {{"--json", NULL, &json}, {"--deep", NULL, &deep}};
    struct args args = {
        .command = "verify",
        .help =
            "usage: yangguan verify DIR [--json] [--deep]\n"
            "\n"
            "Checks every event, person's value, tile, signed head and named blob of an\n"
            "instance, also while it is served; with --deep also that the tables that pages\n"
            "read are what the ledger says. Prints `ok: N events, head HASH` (SM3 root), or a\n"
            "line for each bad place: number, where (event, vault, tile, head, blob,\n"
            "projection), what. A number is the event's; of a tile its first leaf's; of a head\n"
            "its last entry's; of a blob that of the event that names it.\n"
            "Exit status: 0 ok, 1 something is bad, 2 it couldn't be checked.\n"
            "\n"
            "example: yangguan verify demo --json\n",
        .options = options,
        .option_count = COUNT(options),
        .least = 1,
        .most = 1};
    scoped_arena a = arena_open();
    struct verdict v = {0};
    int status;

    if (!args_read(&args, argc, argv, &status))
        return status;
    err e = verify_dir(a, args.at[0], deep, &v);
    if (e == OK && json)
        print_json(a, &v);
    else if (e == OK)
        verdict_print(a, &v);
    return args_status(&args, e, v.flaws.count == 0);
}

/* ---- rebuild ------------------------------------------------------------------------------ */

static fallible rebuild_dir(struct arena *a, const char *dir, bool replace, struct verdict *out)
{
    const struct instance_options writing = {0};
    scoped_instance i = NULL;

    TRY(replace ? instance_open(a, dir, &writing, &i) : open_view(a, dir, &i));
    TRY(node_rebuild(a, i->node, out));
    return replace ? node_replace(i->node) : OK;
}

int rebuild_cli(int argc, char **argv)
{
    bool replace = false;
    const struct arg_option options[] = {{"--replace", NULL, &replace}};
    struct args args = {
        .command = "rebuild",
        .help =
            "usage: yangguan rebuild DIR [--replace]\n"
            "\n"
            "Replays the ledger into a scratch copy of the tables that pages read. Prints `ok`,\n"
            "or each table and key that differs. With --replace the replayed tables take the\n"
            "place of the old ones; nobody else may be writing then.\n"
            "Exit status: 0 equal (or replaced), 1 something differs, 2 it couldn't be done.\n"
            "\n"
            "example: yangguan rebuild demo\n",
        .options = options,
        .option_count = COUNT(options),
        .least = 1,
        .most = 1};
    scoped_arena a = arena_open();
    struct verdict v = {0};
    int status;

    if (!args_read(&args, argc, argv, &status))
        return status;
    err e = rebuild_dir(a, args.at[0], replace, &v);
    for (size_t i = 0; e == OK && i < v.flaws.count; i++)
        (void)printf("%.*s\n", STR(v.flaws.at[i].what));
    if (e == OK && (v.flaws.count == 0 || replace))
        (void)puts(v.flaws.count ? "replaced" : "ok");
    return args_status(&args, e, v.flaws.count == 0 || replace);
}

/* ---- head and proofs ---------------------------------------------------------------------- */

static fallible print_head(struct arena *a, const char *dir)
{
    scoped_instance i = NULL;

    TRY(open_view(a, dir, &i));
    str note = node_head(i->node)->note;
    REQUIRE(note.len > 0, ERR_STATE, "no head has been signed yet");
    (void)fwrite(note.ptr, 1, note.len, stdout);
    return OK;
}

int head_cli(int argc, char **argv)
{
    struct args args = {
        .command = "head",
        .help = "usage: yangguan head DIR\n"
                "\n"
                "Prints the newest signed head of the ledger: a C2SP checkpoint with the SM3 root\n"
                "as its extension, signed with Ed25519 and SM2.\n"
                "\n"
                "example: yangguan head demo\n",
        .least = 1,
        .most = 1};
    scoped_arena a = arena_open();
    int status;

    if (!args_read(&args, argc, argv, &status))
        return status;
    return args_status(&args, print_head(a, args.at[0]), true);
}

struct prove_args {
    const char *from, *to, *event, *epoch;
};

static fallible number_arg(const char *name, const char *text, i64 *out)
{
    REQUIRE(text != NULL, ERR_INPUT, "%s is missing", name);
    REQUIRE(str_i64(str_of(text), out) == OK, ERR_INPUT, "%s: «%.40s» is no number", name, text);
    return OK;
}

static fallible prove_growth(struct arena *a, struct node *n, const struct prove_args *p)
{
    i64 from, to, epoch = node_epoch(n);
    struct merkle_proof proof;

    TRY(number_arg("--from", p->from, &from));
    TRY(number_arg("--to", p->to, &to));
    if (p->epoch != NULL)
        TRY(number_arg("--epoch", p->epoch, &epoch));
    TRY(node_consistency(a, n, epoch, from, to, &proof));
    for (size_t i = 0; i < proof.count; i++)
        (void)printf("%.*s\n", STR(base64_of(a, proof.at[i].at, sizeof proof.at[i].at)));
    return OK;
}

static fallible prove_event(struct arena *a, struct node *n, const char *text)
{
    struct tlog_proof proof;
    struct event e;
    bool found;
    i64 id;

    TRY(number_arg("--event", text, &id));
    TRY(node_event(a, n, id, &e, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no event %lld", (long long)id);
    TRY(node_proof(a, n, &e, &proof));
    str note = tlog_proof_text(a, &proof);
    (void)fwrite(note.ptr, 1, note.len, stdout);
    return OK;
}

static fallible prove(struct arena *a, const char *dir, const struct prove_args *p)
{
    scoped_instance i = NULL;

    TRY(open_view(a, dir, &i));
    return p->event ? prove_event(a, i->node, p->event) : prove_growth(a, i->node, p);
}

int prove_cli(int argc, char **argv)
{
    struct prove_args p = {0};
    const struct arg_option options[] = {{"--from", &p.from, NULL},
                                         {"--to", &p.to, NULL},
                                         {"--event", &p.event, NULL},
                                         {"--epoch", &p.epoch, NULL}};
    struct args args = {
        .command = "prove",
        .help =
            "usage: yangguan prove DIR --from SIZE --to SIZE [--epoch N]\n"
            "       yangguan prove DIR --event ID\n"
            "\n"
            "The first prints the proof that the log of the first size is the beginning of the\n"
            "log of the second: RFC 9162's hashes, a line of base64 each (none for equal\n"
            "sizes). Sizes count the entries of one log epoch, the newest unless told.\n"
            "The second prints the proof that a signed head holds the event: a C2SP tlog-proof\n"
            "with the head inside.\n"
            "Exit status: 2 where there is nothing to prove it by.\n"
            "\n"
            "example: yangguan prove demo --from 100 --to 250\n",
        .options = options,
        .option_count = COUNT(options),
        .least = 1,
        .most = 1};
    scoped_arena a = arena_open();
    int status;

    if (!args_read(&args, argc, argv, &status))
        return status;
    return args_status(&args, prove(a, args.at[0], &p), true);
}

/* ---- erase -------------------------------------------------------------------------------- */

struct erased {
    i64 person, values, events;
};

/* No law that keeps a value is declared by any kind yet, so nothing is refused. */
static fallible erase(struct arena *a, const char *dir, const char *reason, struct erased *out)
{
    const struct instance_options writing = {0};
    scoped_instance i = NULL;

    REQUIRE(reason != NULL && reason[0], ERR_INPUT, "--reason is missing");
    TRY(instance_open(a, dir, &writing, &i));
    TRY(node_person_values(a, i->node, out->person, &out->values, &out->events));
    return node_erase(i->node, out->person, str_of(reason));
}

int erase_cli(int argc, char **argv)
{
    const char *person = NULL, *reason = NULL;
    bool json = false;
    const struct arg_option options[] = {
        {"--person", &person, NULL}, {"--reason", &reason, NULL}, {"--json", NULL, &json}};
    struct args args = {
        .command = "erase",
        .help =
            "usage: yangguan erase DIR --person ID --reason TEXT [--json]\n"
            "\n"
            "Erases a person's values: their rows and the key under which they stand. The\n"
            "events and their proofs stay whole. The erasure is remembered beside the keys, so\n"
            "that no backup brings the values back. Prints what was erased and what a law\n"
            "keeps. Nobody else may be writing in DIR.\n"
            "\n"
            "example: yangguan erase demo --person 17592186044420 --reason '申请人要求删除'\n",
        .options = options,
        .option_count = COUNT(options),
        .least = 1,
        .most = 1};
    scoped_arena a = arena_open();
    struct erased done = {0};
    int status;

    if (!args_read(&args, argc, argv, &status))
        return status;
    err e = number_arg("--person", person, &done.person);
    if (e == OK)
        e = erase(a, args.at[0], reason, &done);
    if (e == OK && json)
        (void)printf("{\"events\":%lld,\"kept\":[],\"values\":%lld}\n", (long long)done.events,
                     (long long)done.values);
    else if (e == OK)
        (void)printf("erased: %lld values in %lld events; kept by law: none\n",
                     (long long)done.values, (long long)done.events);
    return args_status(&args, e, true);
}
