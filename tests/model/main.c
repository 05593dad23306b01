/*
 * yangguan-model -- random histories of the ledger against an oracle.
 *
 * Prints each failing seed; `yangguan-model --seed N --count 1` runs that history again.
 */
#include "tests/model/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char usage[] =
    "usage: yangguan-model [--seed N] [--count N] [--seconds N] [--postgres URL] [--lie]\n"
    "  --seed     first seed (default: drawn)\n"
    "  --count    how many histories (default 100)\n"
    "  --seconds  stop after so long\n"
    "  --postgres keep the main store in this server\n"
    "  --lie      the control: the disk doesn't sync; histories must then fail\n";

struct run {
    u64 seed;
    i64 count, seconds;
    const char *postgres;
    bool lie;
};

static bool parse(int argc, char **argv, struct run *r)
{
    for (int i = 1; i < argc; i++) {
        i64 n = 0;
        bool number = i + 1 < argc && str_i64(str_of(argv[i + 1]), &n) == OK;

        if (strcmp(argv[i], "--lie") == 0)
            r->lie = true;
        else if (strcmp(argv[i], "--postgres") == 0 && i + 1 < argc)
            r->postgres = argv[++i];
        else if (strcmp(argv[i], "--seed") == 0 && number)
            r->seed = (u64)n, i++;
        else if (strcmp(argv[i], "--count") == 0 && number)
            r->count = n, i++;
        else if (strcmp(argv[i], "--seconds") == 0 && number)
            r->seconds = n, i++;
        else
            return false;
    }
    return true;
}

static void one(struct world *w, u64 seed, const struct run *r)
{
    world_open(w, seed, r->postgres, r->lie);
    for (u64 steps = 20 + chance(w, 80); steps > 0; steps--)
        world_step(w);
    world_end(w);
    world_close(w);
}

int main(int argc, char **argv)
{
    struct run r = {.count = 100, .seconds = 1 << 30};
    struct world *w = calloc(1, sizeof *w);
    u64 commands = 0, cuts = 0, restores = 0;
    i64 done = 0, begin = monotonic_us();

    r.seed = (u64)system_now().ms % 1000000000;
    if (!parse(argc, argv, &r) || w == NULL) {
        (void)fputs(usage, stderr);
        return 2;
    }
    if (r.count > 1)
        log_set_level(LOG_ERROR + 1);
    (void)printf("first seed %llu\n", (unsigned long long)r.seed);
    (void)fflush(stdout);
    for (; done < r.count && monotonic_us() - begin < r.seconds * 1000000; done++) {
        one(w, r.seed + (u64)done, &r);
        commands += w->commands;
        cuts += w->cuts;
        restores += w->restores;
    }
    (void)printf("%lld histories, %llu commands, %llu power cuts, %llu restores, %.1f s\n",
                 (long long)done, (unsigned long long)commands, (unsigned long long)cuts,
                 (unsigned long long)restores, (double)(monotonic_us() - begin) / 1e6);
    free(w);
    return 0;
}
