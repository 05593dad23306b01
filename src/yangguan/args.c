#include "yangguan/args.h"

#include <stdio.h>

static const struct arg_option *option_of(const struct args *args, const char *text)
{
    for (size_t i = 0; i < args->option_count; i++)
        if (strcmp(args->options[i].name, text) == 0)
            return &args->options[i];
    return NULL;
}

static bool refuse(const struct args *args, const char *what, const char *text)
{
    (void)fprintf(stderr, "yangguan %s: %s %s\n%s", args->command, what, text, args->help);
    return false;
}

static bool take(struct args *args, int argc, char **argv, int *i)
{
    const struct arg_option *option = option_of(args, argv[*i]);

    if (option != NULL && option->flag != NULL) {
        *option->flag = true;
        return true;
    }
    if (option != NULL) {
        if (*i + 1 == argc)
            return refuse(args, "no value for", argv[*i]);
        *option->value = argv[++*i];
        return true;
    }
    if (strncmp(argv[*i], "--", 2) == 0)
        return refuse(args, "no option", argv[*i]);
    if (args->count == args->most)
        return refuse(args, "one argument too many:", argv[*i]);
    args->at[args->count++] = argv[*i];
    return true;
}

bool args_read(struct args *args, int argc, char **argv, int *status)
{
    *status = 2;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0) {
            (void)fputs(args->help, stdout);
            *status = 0;
            return false;
        }
    for (int i = 1; i < argc; i++)
        if (!take(args, argc, argv, &i))
            return false;
    return args->count >= args->least || refuse(args, "an argument is", "missing");
}

int args_status(const struct args *args, err e, bool clean)
{
    if (e == OK && (fflush(stdout) != 0 || ferror(stdout)))
        e = err_raise(ERR_IO, __FILE__, __LINE__, "can't write the result");
    if (e != OK)
        (void)fprintf(stderr, "yangguan %s: %s\n", args->command, e->message);
    return e != OK ? 2 : !clean;
}
