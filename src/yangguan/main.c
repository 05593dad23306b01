#include "yangguan/yangguan.h"

#include <stdio.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
#define CLI(name, run, summary) {name, run, summary},
#include "yangguan/cli.def"
#undef CLI
};

static int help(FILE *out)
{
    (void)fputs("usage: yangguan COMMAND [ARGUMENT…]; `yangguan COMMAND --help` explains one\n\n",
                out);
    for (size_t i = 0; i < COUNT(commands); i++)
        (void)fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].summary);
    return out == stderr ? 2 : 0;
}

int version_cli(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    (void)puts("yangguan 0.1.0");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return help(stderr);
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)
        return help(stdout);
    for (size_t i = 0; i < COUNT(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    (void)fprintf(stderr, "yangguan: no command «%s»; `yangguan help` lists them\n", argv[1]);
    return 2;
}
