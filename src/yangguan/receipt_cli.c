/* The command line's calls for receipts: verify one anywhere, make one and hand out keys in DIR. */
#include "ledger/receipt.h"
#include "yangguan/args.h"
#include "yangguan/instance.h"
#include "yangguan/yangguan.h"

#include <stdio.h>
#include <stdlib.h>

enum { KEY_FILE_MOST = 1 << 16, PINNED_MOST = 64 };

#define PINNED_BY_ALL "/etc/yangguan/receipt-keys"
#define PINNED_BY_ONE ".config/yangguan/receipt-keys" /* below $HOME */

struct pinned {
    struct note_key at[PINNED_MOST];
    size_t count;
};

/* A verifier key a line; «#» begins a comment. */
static fallible keys_read(struct arena *a, const char *path, struct pinned *out)
{
    str text, line;

    TRY(file_read(a, path, KEY_FILE_MOST, &text));
    while (str_split(&text, '\n', &line)) {
        line = str_trim(line);
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        REQUIRE(out->count < PINNED_MOST, ERR_LIMIT, "%s: over %d keys", path, PINNED_MOST);
        err e = note_key_parse(a, line, &out->at[out->count]);
        REQUIRE(e == OK, ERR_INPUT, "%s: %s", path, e->message);
        out->count++;
    }
    return OK;
}

static fallible pinned_keys(struct arena *a, const char *path, struct pinned *out)
{
    const char *home = getenv("HOME");
    const char *usual[] = {PINNED_BY_ALL,
                           home ? str_format(a, "%s/" PINNED_BY_ONE, home).ptr : NULL};

    if (path != NULL)
        return keys_read(a, path, out);
    for (size_t i = 0; i < COUNT(usual) && usual[i] != NULL; i++) {
        err e = keys_read(a, usual[i], out);

        if (e != OK && e->code != ERR_NOT_FOUND)
            return e;
    }
    return OK;
}

/* ---- verify ------------------------------------------------------------------------------- */

static void print_valid(struct arena *a, const struct receipt *r, const struct receipt_claim *c)
{
    (void)printf(
        "valid: %.*s %lld is entry %lld of %.*s, in a head of %.*s over %lld entries signed "
        "at %.*s\n",
        STR(r->event.kind), (long long)r->event.id, (long long)r->number, STR(r->log), STR(c->log),
        (long long)c->size, STR(instant_text(a, c->at)));
    for (size_t i = 0; i < r->event.count; i++)
        if (r->event.fields[i].open && !str_eq(r->event.fields[i].json, S("null")))
            (void)printf("  %.*s %.*s\n", STR(r->event.fields[i].name),
                         STR(r->event.fields[i].json));
}

/* What a check found is told on standard output, with status 1. */
static bool is_finding(err e)
{
    return e->code == ERR_CRYPTO || e->code == ERR_SYNTAX || e->code == ERR_CORRUPT ||
           e->code == ERR_STATE || e->code == ERR_TOO_LARGE || e->code == ERR_INPUT ||
           e->code == ERR_RANGE || e->code == ERR_LIMIT;
}

static fallible verify_receipt(struct arena *a, str text, const struct pinned *keys, bool *valid)
{
    struct receipt_claim claim;
    struct receipt r;
    err e = receipt_parse(a, text, &r);

    if (e == OK)
        e = receipt_check(a, &r, keys->at, keys->count, &claim);
    *valid = e == OK;
    if (e == OK)
        print_valid(a, &r, &claim);
    else if (e->code == ERR_NOT_FOUND)
        (void)printf("unverified: unknown key %s\n", e->message);
    else if (is_finding(e))
        (void)printf("%s: %s\n", e->code == ERR_STATE ? "incomplete" : "invalid", e->message);
    else
        return e;
    return OK;
}

static fallible verify_file(struct arena *a, const char *file, const char *key, bool *valid)
{
    struct pinned *keys = NEW(a, struct pinned);
    str text;

    TRY(pinned_keys(a, key, keys));
    TRY(file_read(a, file, RECEIPT_MOST, &text));
    return verify_receipt(a, text, keys, valid);
}

/* ---- make and keys ------------------------------------------------------------------------ */

struct make {
    const char *event, *person, *address;
    bool internal;
};

static fallible make_receipt(struct arena *a, struct node *n, const struct make *m)
{
    struct receipt_holder holder = {.internal = m->internal};
    struct receipt r;
    struct event e;
    bool found;
    i64 id;

    REQUIRE(m->event != NULL && str_i64(str_of(m->event), &id) == OK, ERR_INPUT,
            "--event is missing or no number");
    if (m->person != NULL)
        TRY(str_i64(str_of(m->person), &holder.person));
    TRY(node_event(a, n, id, &e, &found));
    REQUIRE(found, ERR_NOT_FOUND, "no event %lld", (long long)id);
    if (m->address != NULL) {
        (void)printf("%.*s\n", STR(receipt_qr(a, str_of(m->address), &e)));
        return OK;
    }
    TRY(receipt_make(a, n, &e, &holder, &r));
    str text = receipt_text(a, &r);
    (void)fwrite(text.ptr, 1, text.len, stdout);
    return OK;
}

static fallible in_instance(struct arena *a, const char *dir, const struct make *m)
{
    static const struct instance_options reading = {.read_only = true};
    scoped_instance i = NULL;

    TRY(instance_open(a, dir, &reading, &i));
    if (m != NULL)
        return make_receipt(a, i->node, m);
    str keys = receipt_keys(a, i->node);
    (void)fwrite(keys.ptr, 1, keys.len, stdout);
    return OK;
}

int receipt_cli(int argc, char **argv)
{
    const char *key = NULL;
    struct make m = {0};
    const struct arg_option options[] = {{"--key", &key, NULL},
                                         {"--event", &m.event, NULL},
                                         {"--person", &m.person, NULL},
                                         {"--qr", &m.address, NULL},
                                         {"--internal", NULL, &m.internal}};
    struct args args = {
        .command = "receipt",
        .help =
            "usage: yangguan receipt verify FILE [--key FILE]\n"
            "       yangguan receipt make DIR --event ID [--person ID] [--internal] [--qr URL]\n"
            "       yangguan receipt keys DIR\n"
            "\n"
            "verify checks a receipt without a network: its proof, and its head's signatures by\n"
            "keys that you trust: those of --key, else of " PINNED_BY_ALL " and\n"
            "~/" PINNED_BY_ONE ", a line each as `receipt keys` prints them.\n"
            "Prints `valid: …` with what it proves and from when; `invalid: …`; `incomplete: …`\n"
            "where no head covers it yet; or `unverified: unknown key FINGERPRINT`.\n"
            "make prints an event's receipt, with the values of one person and internal fields\n"
            "if asked; with --qr the text of its QR code instead.\n"
            "Exit status: 0 valid, 1 anything else that was found, 2 it couldn't be checked.\n"
            "\n"
            "example: yangguan receipt verify receipt.txt --key gansu.keys\n",
        .options = options,
        .option_count = COUNT(options),
        .least = 2,
        .most = 2};
    scoped_arena a = arena_open();
    bool valid = true;
    int status;
    err e;

    if (!args_read(&args, argc, argv, &status))
        return status;
    if (strcmp(args.at[0], "verify") == 0)
        e = verify_file(a, args.at[1], key, &valid);
    else if (strcmp(args.at[0], "make") == 0 || strcmp(args.at[0], "keys") == 0)
        e = in_instance(a, args.at[1], args.at[0][0] == 'm' ? &m : NULL);
    else
        e = err_raise(ERR_INPUT, __FILE__, __LINE__, "no call «%.40s»", args.at[0]);
    return args_status(&args, e, valid);
}
