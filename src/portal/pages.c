#include "ledger/note.h"
#include "portal/views.h"
#include "portal_pages.h"

enum { CARDS_SHOWN = 5, RECEIPT_MOST = 64 * 1024 };

static const struct portal_site nothing;
static const struct portal_site *site = &nothing;

void portal_use(const struct portal_site *s)
{
    site = s;
}

static str maybe(const char *address)
{
    return address != NULL ? str_of(address) : S("");
}

static const struct {
    const char *name, *title;
} columns[] = {{"open", T("政务公开")}, {"service", T("政务服务")}, {"watch", T("电子监察")}};

/* The way from the home page to this one. */
static void crumbs(struct request *q, struct page *page)
{
    struct page_link home = {str_of(message(request_lang(q), T("首页"))), S("/"), false};
    struct page_link here = {.title = page->title};

    vec_push(request_arena(q), &page->crumbs, home);
    vec_push(request_arena(q), &page->crumbs, here);
}

/* ---- home ------------------------------------------------------------------------------------ */

static fallible part_of(struct request *q, struct node *n, const struct card_list *list,
                        struct column_part *out)
{
    struct arena *a = request_arena(q);
    struct card *cards = NULL;
    size_t count = 0;

    TRY(list->load(a, n, CARDS_SHOWN, &cards, &count));
    for (size_t i = 0; i < count && i < CARDS_SHOWN; i++) {
        const struct card *c = &cards[i];
        struct card_view one = {c->title, c->state, c->link, c->due, c->due.days != 0};
        vec_push(a, &out->cards, one);
    }
    out->empty = str_of(message(request_lang(q), list->empty));
    out->more = maybe(list->more);
    if (list->more != NULL)
        out->more_title = str_of(message(request_lang(q), list->more_title));
    return OK;
}

static fallible column_of(struct request *q, struct node *n, size_t which, struct column_view *out)
{
    out->title = str_of(message(request_lang(q), columns[which].title));
    for (size_t i = 0; i < site->count; i++) {
        struct column_part part = {0};
        if (strcmp(site->lists[i]->column, columns[which].name) != 0)
            continue;
        TRY(part_of(q, n, site->lists[i], &part));
        vec_push(request_arena(q), &out->parts, part);
    }
    return OK;
}

static fallible home_run(struct request *q, struct reply *r)
{
    struct home_view v = {.page = page_of(q, str_of(message(request_lang(q), T("首页"))))};
    struct node *n;
    struct head head = {0};
    bool found;

    TRY(request_node(q, &n));
    TRY(node_newest_head(request_arena(q), n, &head, &found));
    TRY(column_of(q, n, 0, &v.open));
    TRY(column_of(q, n, 1, &v.service));
    TRY(column_of(q, n, 2, &v.watch));
    v.apply = maybe(site->apply);
    v.progress = maybe(site->progress);
    v.search = maybe(site->search);
    v.has_open = v.open.parts.count > 0;
    v.has_service = v.service.parts.count > 0;
    v.has_watch = v.watch.parts.count > 0;
    v.entries = node_size(n);
    v.signed_entries = found ? head.size : 0;
    v.page.body_class = S("home");
    v.page.flush = true;
    page_home(&r->body, request_lang(q), &v);
    return OK;
}
static const struct view view_home = {
    .name = "home", .duty = "ANYBODY", .scope = "NONE", .run = home_run};

/* ---- verify ---------------------------------------------------------------------------------- */

/* What the newest head says, for the aside. */
static fallible newest(struct arena *a, struct node *n, struct proof_seen *out)
{
    struct head head;
    bool found;

    TRY(node_newest_head(a, n, &head, &found));
    if (!found)
        return OK;
    out->size = head.size;
    out->root = hex_of(a, head.sha256.at, sizeof head.sha256.at);
    return OK;
}

static fallible verify_show(struct request *q, struct reply *r, struct node *n,
                            struct verify_view *v)
{
    v->page = page_of(q, str_of(message(request_lang(q), T("核验凭证"))));
    crumbs(q, &v->page);
    v->forgery = request_forgery(q);
    v->entries = node_size(n);
    TRY(newest(request_arena(q), n, &v->now));
    v->is_true = v->seen.state == PROOF_TRUE;
    v->early = v->seen.state == PROOF_EARLY;
    v->is_false = v->seen.state == PROOF_FALSE;
    v->foreign = v->seen.state == PROOF_FOREIGN;
    v->absent = v->seen.state == PROOF_ABSENT;
    page_verify(&r->body, request_lang(q), v);
    return OK;
}

static fallible verify_run(struct request *q, struct reply *r)
{
    struct verify_view v = {0};
    struct node *n;

    TRY(request_node(q, &n));
    return verify_show(q, r, n, &v);
}
static const struct view view_verify = {
    .name = "verify", .duty = "ANYBODY", .scope = "NONE", .run = verify_run};

static fallible event_asked(struct request *q, struct node *n, struct proof_seen *out)
{
    i64 id;
    err bad = str_i64(request_part(q, S("event")), &id);

    *out = (struct proof_seen){.state = PROOF_ABSENT};
    return bad == OK ? proof_of_event(request_arena(q), n, id, out) : OK;
}

static fallible verify_event_run(struct request *q, struct reply *r)
{
    struct verify_view v = {.asked = true};
    struct node *n;

    TRY(request_node(q, &n));
    TRY(event_asked(q, n, &v.seen));
    if (v.seen.state == PROOF_ABSENT)
        r->status = 404;
    return verify_show(q, r, n, &v);
}
static const struct view view_verify_event = {
    .name = "verify_event", .duty = "ANYBODY", .scope = "NONE", .run = verify_event_run};

static fallible proof_run(struct request *q, struct reply *r)
{
    struct proof_seen seen;
    struct node *n;

    TRY(request_node(q, &n));
    TRY(event_asked(q, n, &seen));
    REQUIRE(seen.state == PROOF_TRUE, ERR_NOT_FOUND, "no proof of this event");
    r->type = "text/plain; charset=utf-8";
    reply_header(
        r, "Content-Disposition",
        str_format(request_arena(q), "attachment; filename=\"%.*s.receipt\"", STR(seen.event)));
    buf_str(&r->body, seen.proof);
    return OK;
}
static const struct view view_proof = {
    .name = "proof", .duty = "ANYBODY", .scope = "NONE", .run = proof_run};

/* ---- a receipt that somebody brings ---------------------------------------------------------- */

/* Its bytes, gathered in the request's memory and nowhere else. */
struct brought {
    struct request *q;
    struct buf bytes;
};

static const char brought_field[] = "receipt";

static fallible brought_begin(struct request *q, const struct upload *upload, void **state)
{
    struct brought *b = NEW(request_arena(q), struct brought);

    (void)upload;
    b->q = q;
    b->bytes = buf_in(request_arena(q));
    *state = b;
    return OK;
}

static fallible brought_write(void *state, const void *bytes, size_t len)
{
    struct brought *b = state;

    REQUIRE(b->bytes.len + len <= RECEIPT_MOST, ERR_TOO_LARGE, "a receipt above %d bytes",
            RECEIPT_MOST);
    buf_add(&b->bytes, bytes, len);
    return OK;
}

/* A request hands what a sink gathered to its answer by the list of faults only. */
static fallible brought_finish(void *state)
{
    struct brought *b = state;

    request_fault(b->q, str_of(brought_field), S(""), buf_text(&b->bytes));
    return OK;
}

static void brought_abandon(void *state)
{
    (void)state;
}

static const struct sink brought = {brought_begin, brought_write, brought_finish, brought_abandon};

static str brought_text(struct request *q)
{
    const faults *all = request_faults(q);

    for (size_t i = 0; i < all->count; i++)
        if (str_eq(all->at[i].field, str_of(brought_field)))
            return all->at[i].text;
    return S("");
}

static fallible verify_answer(struct request *q, const void *form, struct reply *r)
{
    struct verify_view v = {.asked = true};
    struct node *n;
    str text = brought_text(q);

    (void)form;
    TRY(request_node(q, &n));
    err bad = utf8_valid(text) ? proof_of_text(request_arena(q), n, text, &v.seen) : NULL;
    v.unread = text.len == 0 || !utf8_valid(text) || (bad != OK && err_http(bad->code) < 500);
    if (bad != OK && !v.unread)
        return bad;
    return verify_show(q, r, n, &v);
}
static const struct action action_verify_text = {.name = "verify_text",
                                                 .duty = "ANYBODY",
                                                 .scope = "NONE",
                                                 .answer = verify_answer,
                                                 .body_limit = RECEIPT_MOST + 8192,
                                                 .sink = &brought};

/* ---- site map -------------------------------------------------------------------------------- */

static void link_add(struct request *q, page_links *to, const char *title, const char *address)
{
    if (address == NULL)
        return;
    struct page_link one = {str_of(message(request_lang(q), title)), str_of(address), false};
    vec_push(request_arena(q), to, one);
}

static fallible sitemap_run(struct request *q, struct reply *r)
{
    struct map_view v = {.page = page_of(q, str_of(message(request_lang(q), T("网站地图"))))};
    struct map_part own = {.title = v.page.site};

    crumbs(q, &v.page);
    link_add(q, &own.links, T("首页"), "/");
    link_add(q, &own.links, T("网上申报"), site->apply);
    link_add(q, &own.links, T("查办理进度"), site->progress);
    link_add(q, &own.links, T("核验凭证"), "/verify");
    link_add(q, &own.links, T("账本的公开签名"), "/log/checkpoint");
    vec_push(request_arena(q), &v.parts, own);
    for (size_t c = 0; c < COUNT(columns); c++) {
        struct map_part part = {.title = str_of(message(request_lang(q), columns[c].title))};
        for (size_t i = 0; i < site->count; i++)
            if (strcmp(site->lists[i]->column, columns[c].name) == 0)
                link_add(q, &part.links, site->lists[i]->more_title, site->lists[i]->more);
        if (part.links.count > 0)
            vec_push(request_arena(q), &v.parts, part);
    }
    page_sitemap(&r->body, request_lang(q), &v);
    return OK;
}
static const struct view view_sitemap = {
    .name = "sitemap", .duty = "ANYBODY", .scope = "NONE", .run = sitemap_run};

static const struct route routes[] = {
    ROUTE(GET, "/", VIEW(home)) ROUTE(GET, "/verify", VIEW(verify))
        ROUTE(POST, "/verify", DO(verify_text)) ROUTE(GET, "/verify/{event}", VIEW(verify_event))
            ROUTE(GET, "/verify/{event}/proof", VIEW(proof)) ROUTE(GET, "/sitemap", VIEW(sitemap))};
const struct routes portal_routes = {routes, COUNT(routes)};
