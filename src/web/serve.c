#include "web/web_int.h"

static fallible permit(struct request *q)
{
    const struct view *v = q->route->view;
    const struct action *a = q->route->action;
    const char *duty = v ? v->duty : a->duty, *scope = v ? v->scope : a->scope;
    const struct web_ops *ops = &q->web->config.ops;

    if (ops->permit != NULL)
        return ops->permit(ops->state, q, duty, scope);
    REQUIRE(strcmp(duty, "ANYBODY") == 0, ERR_FORBIDDEN, "no permission check for duty %s", duty);
    return OK;
}

/* Who is it, did he mean it, may he: before any handler, and before a file's first byte is kept. */
fallible gate(struct request *q)
{
    if (q->gated)
        return OK;
    TRY(session_of(q));
    if (q->route->action)
        TRY(guard_forgery(q));
    TRY(permit(q));
    q->gated = true;
    return OK;
}

static fallible show(struct request *q)
{
    const struct view *v = q->route->view;

    if (v->input)
        TRY(input_read(q, v->input, &q->form));
    TRY(v->run(q, &q->reply));
    cache_store(q->web->cache, q);
    return OK;
}

/* The same form again, with what is wrong beside each field. */
static fallible show_again(struct request *q, err bad)
{
    q->reply.status = err_http(bad->code);
    return q->route->action->again(q, &q->reply);
}

/* The same idempotency key with other content is refused by the writer (422), so it gets a digest.
 */
static digest content_of(const struct request *q)
{
    struct buf all = buf_in(q->arena);
    digest hash;

    buf_format(&all, "%d %.*s", (int)q->method, STR(q->path));
    for (size_t i = 0; i < q->fields.count; i++) {
        const struct pair *p = &q->fields.at[i];
        if (str_eq(p->name, S("_csrf")) || str_eq(p->name, S("_key")))
            continue;
        buf_format(&all, "\n%zu %zu ", p->name.len, p->value.len);
        buf_str(&all, p->name);
        buf_str(&all, p->value);
    }
    if (q->json)
        buf_str(&all, buf_text(&q->body.gathered));
    sm3(buf_text(&all), &hash);
    return hash;
}

static fallible submit(struct request *q)
{
    const struct web_ops *ops = &q->web->config.ops;
    struct submission s = {q->route->action, q->form, request_idempotency_key(q), content_of(q)};

    REQUIRE(ops->submit != NULL, ERR_UNSUPPORTED, "no writer is plugged in");
    reader_end(q); /* what comes after the commit reads what was committed */
    return ops->submit(ops->state, q, &s, &q->outcome);
}

static fallible act(struct request *q)
{
    const struct action *a = q->route->action;
    err bad = a->input ? input_read(q, a->input, &q->form) : OK;

    if (bad == OK && a->prepare)
        bad = a->prepare(q, q->form);
    if (bad != OK && q->faults.count && a->again && !q->wants_json)
        return show_again(q, bad);
    TRY(bad);

    if (a->run)
        TRY(submit(q));
    return a->answer ? a->answer(q, q->form, &q->reply) : OK;
}

static fallible answer(struct request *q)
{
    TRY(body_end(q));
    TRY(gate(q));
    return q->route->view ? show(q) : act(q);
}

static void tell(const struct request *q)
{
    const char *name = q->route->view ? q->route->view->name : q->route->action->name;

    log_line(LOG_INFO, "web.request", "id=%s does=%s status=%d bytes=%zu us=%lld", q->id, name,
             q->reply.status ? q->reply.status : 200, q->reply.body.len,
             (long long)(monotonic_us() - q->began_us));
}

/* On a worker. After the resume the request belongs to the poll thread again. */
void serve(struct request *q)
{
    err e = q->ended ? answer(q) : body_feed(q);

    reader_end(q);
    if (e != OK) {
        body_drop(q);
        fail_reply(q, e);
        q->close = !q->ended;
    }
    if (q->ended)
        tell(q);
    q->stage = q->ended ? STAGE_DONE : e == OK ? STAGE_BODY : STAGE_REFUSED;
    q->worked_us += monotonic_us() - q->handed_us;
    watch_until(q->watch, monotonic_us() + (i64)q->web->config.body_seconds * 1000 * 1000);
    MHD_resume_connection(q->connection);
}
