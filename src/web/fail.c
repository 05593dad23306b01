#include "web/views.h"
#include "web/web_int.h"

#include <unistd.h>

static const struct {
    int status;
    const char *what, *why, *next;
} statuses[] = {
#define STATUS(status, what, why, next) {status, what, why, next},
#include "web/status.def"
#undef STATUS
};

/* The row of that status; of its class's first where the table has none. */
static size_t row_of(int status)
{
    size_t first = 0;

    for (size_t i = 0; i < COUNT(statuses); i++) {
        if (statuses[i].status == status)
            return i;
        if (statuses[first].status / 100 != status / 100)
            first = i;
    }
    return first;
}

static str told(const struct request *q, const char *text)
{
    return str_of(message(q->lang, text));
}

static void as_page(struct request *q, const struct error *e)
{
    size_t row = row_of(err_http(e->code));
    struct refusal v = {.status = err_http(e->code),
                        .what = told(q, statuses[row].what),
                        .why = told(q, statuses[row].why),
                        .next = told(q, statuses[row].next),
                        .sentence = told(q, err_sentence(e->code)),
                        .request_id = request_id(q)};

    v.page = page_of(q, v.what);
    for (size_t i = 0; i < q->faults.count; i++) {
        const struct fault *f = &q->faults.at[i];
        const struct argument parts[] = {{"field", {f->label, false}}, {"fault", {f->text, false}}};
        struct page_link line = {.title =
                                     message_text(q->arena, message(q->lang, T("{field}：{fault}")),
                                                  parts, COUNT(parts))};
        vec_push(q->arena, &v.faults, line);
    }
    page_refusal(&q->reply.body, q->lang, &v);
}

/* RFC 9457. */
static void as_problem(struct request *q, const struct error *e)
{
    struct buf *b = &q->reply.body;

    q->reply.type = "application/problem+json";
    json_open(b, '{');
    json_pair(b, "type", str_format(q->arena, "urn:yangguan:error:%s", err_name(e->code)));
    json_pair(b, "title", told(q, err_sentence(e->code)));
    json_pair(b, "status", err_http(e->code));
    json_pair(b, "code", str_of(err_name(e->code)));
    json_pair(b, "request", request_id(q));
    if (q->faults.count) {
        json_key(b, "errors");
        json_open(b, '[');
        for (size_t i = 0; i < q->faults.count; i++) {
            const struct fault *f = &q->faults.at[i];
            json_open(b, '{');
            json_pair(b, "field", f->field);
            json_pair(b, "detail", f->text);
            json_close(b, '}');
        }
        json_close(b, ']');
    }
    json_close(b, '}');
}

/* The operator's message goes to the log with the request's number, which the user can tell us. */
static void log_failure(const struct request *q, const struct error *e)
{
    enum log_level level = err_http(e->code) >= 500 && e->code != ERR_BUSY ? LOG_ERROR : LOG_INFO;

    /* What a client sent may have got into a message that another room made. */
    const char *why = utf8_valid(str_of(e->message)) ? e->message : "not UTF-8";

    log_line(level, "web.refused", "id=%s code=%s status=%d at=%s:%d why=\"%s\"", q->id,
             err_name(e->code), err_http(e->code), e->file, e->line, why);
}

/* Headers that were set for the refusal itself (Allow, Retry-After) stay, and so do cookies. */
void fail_reply(struct request *q, const struct error *raised)
{
    struct error e = *raised;
    struct reply before = q->reply;

    log_failure(q, &e);
    reply_reset(q);
    for (size_t i = 0; i < before.headers.count; i++) {
        const struct header *h = &before.headers.at[i];
        if (strcmp(h->name, "Allow") == 0 || strcmp(h->name, "Retry-After") == 0)
            reply_header(&q->reply, h->name, h->value);
    }
    if (before.file >= 0)
        (void)close(before.file);
    q->reply.status = err_http(e.code);
    if (e.code == ERR_BUSY || e.code == ERR_FULL)
        reply_header(&q->reply, "Retry-After", S("5"));
    if (q->wants_json)
        as_problem(q, &e);
    else
        as_page(q, &e);
}
