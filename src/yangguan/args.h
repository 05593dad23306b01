/*
 * args -- arguments of a subcommand: `--name VALUE`, `--flag`, and the rest in order.
 */
#pragma once
#include "base/base.h"

enum { ARGS_MOST = 8 };

struct arg_option {
    const char *name;   /* with its dashes */
    const char **value; /* NULL for a flag */
    bool *flag;
};

struct args {
    const char *command; /* its name, for messages */
    const char *help;    /* usage, what it does, an example */
    const struct arg_option *options;
    size_t option_count;
    size_t least, most; /* of the rest: */
    const char *at[ARGS_MOST];
    size_t count;
};

/* false if there is nothing more to do: --help was printed, or what was wrong (*status is set). */
bool args_read(struct args *args, int argc, char **argv, int *status);

/* Says what went wrong on standard error, where anything did: 0, 1 for what a check found, 2. */
int args_status(const struct args *args, err e, bool clean);
