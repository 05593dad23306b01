/* The command line's calls that save an instance and bring it back. */
#include "yangguan/args.h"
#include "yangguan/backup.h"
#include "yangguan/yangguan.h"

#include <stdio.h>

int backup_cli(int argc, char **argv)
{
    struct args args = {
        .command = "backup",
        .help =
            "usage: yangguan backup DIR FILE\n"
            "\n"
            "Writes an instance's data (ledger, state, blobs; no keys) of one moment into a new\n"
            "tar file, while the instance is served. Back the keys up apart from it\n"
            "(`yangguan backup-keys`), at least every 30 days.\n"
            "\n"
            "example: yangguan backup demo /backup/demo-$(date +%F).tar\n",
        .least = 2,
        .most = 2};
    int status;

    if (!args_read(&args, argc, argv, &status))
        return status;
    return args_status(&args, instance_backup(args.at[0], args.at[1]), true);
}

int backup_keys_cli(int argc, char **argv)
{
    struct args args = {
        .command = "backup-keys",
        .help =
            "usage: yangguan backup-keys DIR FILE\n"
            "\n"
            "Writes an instance's keys, its list of log epochs and of erasures into a new tar\n"
            "file. Whoever has it and a backup of the data can read everything: keep the two\n"
            "in different places, and no copy of the keys for over 30 days, or what was erased\n"
            "can be read again.\n"
            "\n"
            "example: yangguan backup-keys demo /safe/demo-keys.tar\n",
        .least = 2,
        .most = 2};
    int status;

    if (!args_read(&args, argc, argv, &status))
        return status;
    return args_status(&args, instance_backup_keys(args.at[0], args.at[1]), true);
}

int restore_cli(int argc, char **argv)
{
    struct restore r = {0};
    const struct arg_option options[] = {{"--keys", &r.keys, NULL}};
    struct args args = {
        .command = "restore",
        .help =
            "usage: yangguan restore FILE DIR --keys FOLDER\n"
            "\n"
            "Makes an instance in the new folder DIR from a backup. FOLDER holds the keys: the\n"
            "old instance's DIR/keys, a copy, or a file of `yangguan backup-keys`. The restored\n"
            "log goes on as a new epoch whose first entry names what was kept and what is a\n"
            "gap; FOLDER learns it too, so that the old instance can't go on beside this one.\n"
            "Persons whose erasure FOLDER remembers stay erased. Then everything is verified.\n"
            "Exit status: 0 restored and sound, 1 restored but something is bad, 2 not restored.\n"
            "\n"
            "example: yangguan restore /backup/demo.tar demo2 --keys demo/keys\n",
        .options = options,
        .option_count = COUNT(options),
        .least = 2,
        .most = 2};
    const struct instance_options writing = {0};
    scoped_arena a = arena_open();
    struct verdict v = {0};
    int status;

    if (!args_read(&args, argc, argv, &status))
        return status;
    r.file = args.at[0];
    r.dir = args.at[1];
    err e = r.keys ? instance_restore(a, &r, &writing, &v)
                   : err_raise(ERR_INPUT, __FILE__, __LINE__, "--keys is missing");
    if (e == OK)
        verdict_print(a, &v);
    return args_status(&args, e, v.flaws.count == 0);
}
