#include "calendar/cli_int.h"

#include <stdio.h>
#include <unistd.h>

enum { MOST_CALENDAR = 1 << 20 };

static fallible print_due(const struct call *call, const struct limit_clock *clock)
{
    struct limit l;

    TRY(calendar_limit(call->c, clock, call->gap, &l));
    str day = date_text(call->a, l.due);
    if (call->json)
        (void)printf("{\"due\":\"%.*s\",\"provisional\":%s}\n", STR(day),
                     l.provisional ? "true" : "false");
    else
        (void)printf("%.*s\n", STR(calendar_due_text(call->a, &l)));
    return OK;
}

static fallible day_arg(const char *text, date *out)
{
    REQUIRE(date_parse(str_of(text), out) == OK, ERR_INPUT, "«%.40s» is no day YYYY-MM-DD", text);
    return OK;
}

static fallible clock_args(const struct call *call, enum limit_kind kind, struct limit_clock *out)
{
    out->kind = kind;
    out->law = LAW_OTHER;
    TRY(day_arg(call->args[0], &out->start));
    REQUIRE(str_i64(str_of(call->args[1]), &out->days) == OK, ERR_INPUT,
            "«%.40s» is no number of days or months", call->args[1]);
    return OK;
}

static fallible simple(const struct call *call, enum limit_kind kind)
{
    struct limit_clock clock = {0};

    TRY(clock_args(call, kind, &clock));
    return print_due(call, &clock);
}

static fallible due_run(const struct call *call, bool *clean)
{
    (void)clean;
    return simple(call, LIMIT_WORKING);
}

static fallible natural_run(const struct call *call, bool *clean)
{
    (void)clean;
    return simple(call, LIMIT_NATURAL);
}

static fallible month_run(const struct call *call, bool *clean)
{
    (void)clean;
    return simple(call, LIMIT_MONTH);
}

static fallible suspended_run(const struct call *call, bool *clean)
{
    struct limit_pause pause = {.ground = PAUSE_EXPERTS};
    struct limit_clock clock = {.pauses = &pause, .pause_count = 1};

    (void)clean;
    TRY(clock_args(call, LIMIT_WORKING, &clock));
    TRY(day_arg(call->args[2], &pause.from));
    TRY(day_arg(call->args[3], &pause.to));
    return print_due(call, &clock);
}

static const struct subcommand {
    const char *name;
    int least, most; /* arguments */
    fallible (*run)(const struct call *call, bool *clean);
    const char *usage, *help;
} subcommands[] = {
    {"due", 2, 2, due_run, "DATE DAYS",
     "The day that is so many working days after DATE, DATE not counted.\n"
     "  yangguan calendar due 2026-02-10 20                          2026-03-16\n"},
    {"natural", 2, 2, natural_run, "DATE DAYS",
     "The day that is so many days after DATE, moved to the next working day.\n"
     "  yangguan calendar natural 2025-04-20 90                      2025-07-21\n"},
    {"suspended", 4, 4, suspended_run, "DATE DAYS FROM TO",
     "Working days, those from FROM to TO (both included) left out.\n"
     "  yangguan calendar suspended 2017-08-10 20 2017-08-14 2017-08-20   2017-09-14\n"},
    {"month", 2, 2, month_run, "DATE N",
     "The corresponding day N months later, or that month's last day, moved to the next working\n"
     "day.\n"
     "  yangguan calendar month 2014-09-04 1                         2014-10-08\n"},
    {"batch", 0, 0, calendar_batch, "< FILE.csv",
     "Reads id,kind,start,n,suspend_from,suspend_to (kind: working, natural, month,\n"
     "working-suspended) and writes id,due. A row that can't be computed has an empty due, a "
     "message\n"
     "with its line, and the exit status is 2.\n"
     "  yangguan calendar batch < deadlines-other.csv\n"},
    {"explain", 0, 1, calendar_explain_cli, "[FILE.json]",
     "A clock from FILE or standard input, explained in sentences, with --json as JSON: its due "
     "day\n"
     "and every day with its number or why it wasn't counted. With --lines one clock a line, JSON\n"
     "each. Members: kind, law, start or receipt {received, noticed, accepted}, n, pauses\n"
     "[{ground, from, to}], restarts [day], extensions [{on, n, by, article}], as_of.\n"
     "  echo '{\"kind\": \"working\", \"start\": \"2026-09-29\", \"n\": 20}' |\n"
     "    yangguan calendar explain --json\n"},
};

static const char options[] =
    "  --calendar FILE.csv  date,name,kind instead of the calendar shipped\n"
    "  --provisional        use weekends and the holidays fixed by law where a year's calendar is\n"
    "                       missing, and say so; without it such a day is refused\n"
    "  --json               the result as JSON\n";

static int usage(FILE *out, const struct subcommand *one)
{
    for (size_t i = 0; i < COUNT(subcommands); i++)
        if (one == NULL || one == &subcommands[i])
            (void)fprintf(out, "usage: yangguan calendar %s %s\n%s\n", subcommands[i].name,
                          subcommands[i].usage, subcommands[i].help);
    (void)fputs(options, out);
    return out == stderr ? 2 : 0;
}

fallible calendar_input(struct arena *a, const char *path, str *out)
{
    static char chunk[1 << 16];
    struct buf b = buf_in(a);
    size_t got;

    if (path != NULL)
        return file_read(a, path, MOST_INPUT, out);
    while ((got = fread(chunk, 1, sizeof chunk, stdin)) > 0) {
        REQUIRE(b.len + got <= MOST_INPUT, ERR_TOO_LARGE, "over %d bytes of input", MOST_INPUT);
        buf_add(&b, chunk, got);
    }
    REQUIRE(!ferror(stdin), ERR_IO, "can't read standard input");
    *out = buf_text(&b);
    return OK;
}

str calendar_due_text(struct arena *a, const struct limit *l)
{
    str day = date_text(a, l->due);

    return l->provisional ? str_format(a, "%.*s provisional", STR(day)) : day;
}

/* An option at argv[*at]? Takes its value too. */
static fallible option(struct call *call, int argc, char **argv, int *at, bool *taken)
{
    const char *arg = argv[*at];

    *taken = true;
    if (strcmp(arg, "--provisional") == 0)
        call->gap = GAP_PROVISIONAL;
    else if (strcmp(arg, "--json") == 0)
        call->json = true;
    else if (strcmp(arg, "--lines") == 0)
        call->lines = true;
    else if (strcmp(arg, "--calendar") == 0 && *at + 1 < argc)
        call->calendar = argv[++*at];
    else if (strncmp(arg, "--", 2) == 0)
        FAIL(ERR_INPUT, "option %.40s is unknown or lacks its value", arg);
    else
        *taken = false;
    return OK;
}

static fallible arguments(struct call *call, const struct subcommand *s, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        bool taken;

        TRY(option(call, argc, argv, &i, &taken));
        if (taken)
            continue;
        REQUIRE(call->count < s->most, ERR_INPUT, "usage: yangguan calendar %s %s", s->name,
                s->usage);
        call->args[call->count++] = argv[i];
    }
    REQUIRE(call->count >= s->least, ERR_INPUT, "usage: yangguan calendar %s %s", s->name,
            s->usage);
    return OK;
}

static fallible open_calendar(struct call *call)
{
    str csv;

    if (call->calendar == NULL)
        return calendar_shipped(call->a, &call->c);
    TRY(file_read(call->a, call->calendar, MOST_CALENDAR, &csv));
    return calendar_open(call->a, csv, str_of(call->calendar), &call->c);
}

static fallible run(const struct subcommand *s, struct call *call, int argc, char **argv,
                    bool *clean)
{
    TRY(arguments(call, s, argc, argv));
    TRY(open_calendar(call));
    TRY(s->run(call, clean));
    REQUIRE(fflush(stdout) == 0 && !ferror(stdout), ERR_IO, "can't write the result");
    return OK;
}

static bool asks_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0)
            return true;
    return false;
}

static int run_subcommand(const struct subcommand *s, int argc, char **argv)
{
    scoped_arena a = arena_open();
    struct call call = {.a = a};
    bool clean = true;

    if (asks_help(argc, argv))
        return usage(stdout, s);
    err e = run(s, &call, argc, argv, &clean);
    if (e != OK)
        (void)fprintf(stderr, "yangguan calendar: %s\n", e->message);
    return e == OK && clean ? 0 : 2;
}

int calendar_cli(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < COUNT(subcommands); i++)
        if (strcmp(argv[1], subcommands[i].name) == 0)
            return run_subcommand(&subcommands[i], argc - 2, argv + 2);
    return usage(asks_help(argc, argv) ? stdout : stderr, NULL);
}
