/* Commands on their way to the writer when no request brings them. */
#include "registry/registry_int.h"

static fallible run_here(void *ctx, struct command *c)
{
    struct command *one[] = {c};

    TRY(node_batch(ctx, one, 1));
    return c->job.refused ? err_again(&c->job.why) : OK;
}

struct door door_of(struct node *n)
{
    return (struct door){run_here, n, node_db(n), n};
}

fallible door_run(const struct door *d, const char *name,
                  fallible (*run)(struct tx *tx, void *input), void *input)
{
    struct command c = {
        .run = run, .input = input, .name = name, .by = {.channel = S("import")}, .allowed = true};

    return d->run(d->ctx, &c);
}
