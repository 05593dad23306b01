#include "web/web_int.h"

#include <arpa/inet.h>
#include <netinet/in.h>

str head_value(struct MHD_Connection *c, const char *name)
{
    const char *value = NULL;
    size_t len = 0;

    if (MHD_lookup_connection_value_n(c, MHD_HEADER_KIND, name, strlen(name), &value, &len) !=
            MHD_YES ||
        value == NULL)
        return S("");
    return (str){value, len};
}

str request_path(const struct request *q)
{
    return q->path;
}

str request_id(const struct request *q)
{
    return str_of(q->id);
}

static const struct pair *pair_find(const pairs *all, str name, size_t at)
{
    for (size_t i = 0; i < all->count; i++)
        if (str_eq(all->at[i].name, name) && at-- == 0)
            return &all->at[i];
    return NULL;
}

str request_part(const struct request *q, str name)
{
    const struct pair *p = pair_find(&q->parts, name, 0);

    return p ? p->value : S("");
}

str request_field_at(const struct request *q, str name, size_t at)
{
    const struct pair *p = pair_find(&q->fields, name, at);

    return p ? p->value : S("");
}

str request_field(const struct request *q, str name)
{
    return request_field_at(q, name, 0);
}

bool request_has(const struct request *q, str name)
{
    return pair_find(&q->fields, name, 0) != NULL;
}

size_t request_count(const struct request *q, str name)
{
    size_t count = 0;

    for (size_t i = 0; i < q->fields.count; i++)
        count += str_eq(q->fields.at[i].name, name);
    return count;
}

str request_header(const struct request *q, str name)
{
    str value = head_value(q->connection, str_z(q->arena, name));

    return utf8_valid(value) ? value : S("");
}

/* The value of one cookie, by the header itself: MHD's own parser is laxer than browsers are. */
str request_cookie(const struct request *q, str name)
{
    str rest = q->cookies, one;

    while (rest.len && str_split(&rest, ';', &one)) {
        one = str_trim(one);
        if (one.len > name.len && str_starts(one, name) && one.ptr[name.len] == '=')
            return str_sub(one, name.len + 1, one.len);
    }
    return S("");
}

static const struct sockaddr *peer(const struct request *q)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(q->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    return info ? info->client_addr : NULL;
}

/* Behind a proxy the last member of X-Forwarded-For is what our own proxy wrote. */
static str forwarded(const struct request *q)
{
    str rest = head_value(q->connection, "X-Forwarded-For"), one = S("");

    while (rest.len && str_split(&rest, ',', &one))
        ;
    return str_sub(str_trim(one), 0, 64);
}

str request_client(const struct request *q)
{
    const struct sockaddr *address = peer(q);
    char text[INET6_ADDRSTRLEN] = "";
    str told = q->web->config.behind_proxy ? forwarded(q) : S("");

    if (told.len)
        return told;
    if (address && address->sa_family == AF_INET)
        (void)inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr,
                        text, sizeof text);
    else if (address && address->sa_family == AF_INET6)
        (void)inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
                        text, sizeof text);
    return str_copy(q->arena, str_of(text));
}

u64 client_key(const struct request *q)
{
    const struct sockaddr *address = peer(q);
    str told = q->web->config.behind_proxy ? forwarded(q) : S("");

    if (told.len)
        return str_hash(told);
    if (address && address->sa_family == AF_INET)
        return ((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr;
    if (address && address->sa_family == AF_INET6) /* one household has a /64 */
        return str_hash((str){
            (const char *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 8});
    return 0;
}

const struct json *request_json(const struct request *q)
{
    return q->json;
}

bool request_wants_json(const struct request *q)
{
    return q->wants_json;
}

str request_idempotency_key(const struct request *q)
{
    str key = request_header(q, S("Idempotency-Key"));

    return str_sub(key.len ? key : request_field(q, S("_key")), 0, 128);
}

struct arena *request_arena(struct request *q)
{
    return q->arena;
}

const struct lang *request_lang(const struct request *q)
{
    return q->lang;
}

const struct session *request_session(const struct request *q)
{
    return q->has_session ? &q->session : NULL;
}

const struct outcome *request_outcome(const struct request *q)
{
    return &q->outcome;
}

const void *request_form(const struct request *q)
{
    return q->form;
}

void *request_room(const struct request *q)
{
    return q->web->config.state;
}

void request_fault(struct request *q, str field, str label, str text)
{
    vec_push(q->arena, &q->faults, ((struct fault){field, label, text}));
}

const faults *request_faults(const struct request *q)
{
    return &q->faults;
}

fallible request_node(struct request *q, struct node **out)
{
    const struct web_ops *ops = &q->web->config.ops;

    REQUIRE(ops->borrow != NULL, ERR_UNSUPPORTED, "no ledger is plugged in");
    if (q->reader == NULL)
        TRY(ops->borrow(ops->state, &q->reader));
    *out = q->reader;
    return OK;
}

void reader_end(struct request *q)
{
    const struct web_ops *ops = &q->web->config.ops;

    if (q->reader != NULL)
        ops->give_back(ops->state, q->reader);
    q->reader = NULL;
}

instant request_now(const struct request *q)
{
    const struct web_ops *ops = &q->web->config.ops;

    return ops->now ? ops->now(ops->state) : system_now();
}
