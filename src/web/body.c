#include "web/web_int.h"

/* A body goes one of four ways: a form or JSON is gathered whole, below the route's limit; the
 * parts of a multipart form and a whole PUT or PATCH body go on in chunks, files to the route's
 * sink. */

static str media_type(str header)
{
    str rest = header, type = S("");

    (void)str_split(&rest, ';', &type);
    return str_trim(type);
}

static bool same_word(str a, str lower)
{
    if (a.len != lower.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        char c = a.ptr[i] >= 'A' && a.ptr[i] <= 'Z' ? (char)(a.ptr[i] + 32) : a.ptr[i];
        if (c != lower.ptr[i])
            return false;
    }
    return true;
}

static fallible kind_of(struct request *q, enum body_kind *out)
{
    str type = media_type(head_value(q->connection, "Content-Type"));

    if (same_word(type, S("application/x-www-form-urlencoded")))
        *out = BODY_FORM;
    else if (same_word(type, S("multipart/form-data")))
        *out = BODY_PARTS;
    else if (same_word(type, S("application/json")))
        *out = BODY_JSON;
    else if (q->route->action->sink && (q->method == METHOD_PUT || q->method == METHOD_PATCH))
        *out = BODY_FILE;
    else
        FAIL(ERR_TYPE, "a body of a type that this route doesn't take");
    return OK;
}

fallible body_open(struct request *q)
{
    struct body *b = &q->body;

    TRY(kind_of(q, &b->kind));
    b->sink = q->route->action->sink;
    b->limit = q->route->action->body_limit ? q->route->action->body_limit : BODY_DEFAULT;
    q->query_fields = q->fields;
    q->fields = (pairs){0};
    b->gathered = buf_in(q->arena);
    b->value = buf_in(q->arena);
    if (b->kind == BODY_PARTS || b->kind == BODY_FILE)
        b->chunk = arena_take(q->arena, CHUNK_BYTES, 1);
    return OK;
}

fallible body_gather(struct request *q, const char *bytes, size_t len)
{
    struct body *b = &q->body;

    REQUIRE(len <= b->limit && b->received <= b->limit - len, ERR_TOO_LARGE,
            "a body above %llu bytes", (unsigned long long)b->limit);
    b->received += len;
    if (b->chunk == NULL) {
        buf_add(&b->gathered, bytes, len);
        return OK;
    }
    assert(len <= CHUNK_BYTES - b->chunk_len);
    memcpy(b->chunk + b->chunk_len, bytes, len);
    b->chunk_len += len;
    return OK;
}

/* ---- files ------------------------------------------------------------------------------------
 */

static fallible file_begin(struct request *q)
{
    struct body *b = &q->body;

    REQUIRE(q->body.sink != NULL, ERR_TYPE, "this form takes no file");
    REQUIRE(utf8_valid(b->upload.type), ERR_TEXT, "a file's type");
    REQUIRE(b->file_count++ < FILES_MOST, ERR_LIMIT, "more than %d files", FILES_MOST);
    TRY(gate(q)); /* nobody's bytes are kept before he may */
    TRY(q->body.sink->begin(q, &b->upload, &b->sink_state));
    b->sink_open = true;
    return OK;
}

static fallible file_end(struct request *q)
{
    if (!q->body.sink_open)
        return OK;
    q->body.sink_open = false;
    return q->body.sink->finish(q->body.sink_state);
}

static void file_drop(struct request *q)
{
    if (!q->body.sink_open)
        return;
    q->body.sink_open = false;
    q->body.sink->abandon(q->body.sink_state);
}

static fallible feed_file(struct request *q)
{
    struct body *b = &q->body;

    if (!b->sink_open) {
        str offset = head_value(q->connection, "Upload-Offset");
        str total = head_value(q->connection, "Content-Length");
        b->upload = (struct upload){.type = media_type(head_value(q->connection, "Content-Type")),
                                    .field = S(""),
                                    .name = S(""),
                                    .total = -1};
        if (offset.len)
            TRY(str_i64(offset, &b->upload.offset));
        REQUIRE(b->upload.offset >= 0, ERR_RANGE, "Upload-Offset below zero");
        if (total.len)
            TRY(str_i64(total, &b->upload.total));
        TRY(file_begin(q));
    }
    return q->body.sink->write(b->sink_state, b->chunk, b->chunk_len);
}

/* ---- parts of a multipart form ----------------------------------------------------------------
 */

static fallible part_end(struct request *q)
{
    struct body *b = &q->body;

    if (!b->part_begun)
        return OK;
    b->part_begun = false;
    if (b->part_is_file)
        return file_end(q);
    str value = str_copy(q->arena, buf_text(&b->value));
    return field_add(q, b->part, value);
}

/* What a part says of itself, as MHD's post processor hands it over. */
struct part {
    const char *key, *file, *type;
};

static fallible part_begin(struct request *q, const struct part *p)
{
    struct body *b = &q->body;

    TRY(part_end(q));
    b->part = str_copy(q->arena, p->key ? str_of(p->key) : S(""));
    b->part_begun = true;
    b->part_is_file = p->file != NULL && p->file[0] != '\0';
    b->value.len = 0;
    if (!b->part_is_file)
        return OK;
    str name = str_of(p->file);
    REQUIRE(utf8_valid(b->part) && b->part.len <= FIELD_NAME_MOST, ERR_TEXT, "a part's name");
    REQUIRE(utf8_valid(name) && name.len <= FILE_NAME_MOST, ERR_TEXT, "a file's name");
    b->upload = (struct upload){.field = b->part,
                                .name = str_copy(q->arena, name),
                                .type = p->type ? str_copy(q->arena, str_of(p->type)) : S(""),
                                .total = -1};
    return file_begin(q);
}

static fallible part_bytes(struct request *q, const char *data, size_t size)
{
    struct body *b = &q->body;

    if (b->part_is_file)
        return size ? q->body.sink->write(b->sink_state, data, size) : OK;
    b->values_bytes += size;
    REQUIRE(b->value.len + size <= FIELD_VALUE_MOST && b->values_bytes <= FIELDS_BYTES,
            ERR_TOO_LARGE, "a field of a multipart form is too long");
    buf_add(&b->value, data, size);
    return OK;
}

/* The post processor may announce a part with no bytes and then begin again at offset 0. */
static bool announced(const struct body *b, const struct part *p)
{
    return b->part_begun && b->part_empty && p->key && str_eq(b->part, str_of(p->key)) &&
           (!b->part_is_file || (p->file && str_eq(b->upload.name, str_of(p->file))));
}

/* The same name twice begins at offset 0 again, so a new part is seen by its offset. */
static enum MHD_Result on_part(void *state, enum MHD_ValueKind kind, const char *key,
                               const char *file, const char *type, const char *encoding,
                               const char *data, uint64_t offset, size_t size)
{
    struct request *q = state;
    struct body *b = &q->body;
    const struct part p = {key, file, type};

    (void)kind;
    (void)encoding;
    b->failed = offset == 0 && !announced(b, &p) ? part_begin(q, &p) : OK;
    b->part_empty = offset == 0 && size == 0;
    if (b->failed == OK)
        b->failed = part_bytes(q, data, size);
    return b->failed == OK ? MHD_YES : MHD_NO;
}

static fallible feed_parts(struct request *q)
{
    struct body *b = &q->body;

    if (b->parts == NULL)
        b->parts = MHD_create_post_processor(q->connection, 4096, on_part, q);
    REQUIRE(b->parts != NULL, ERR_SYNTAX, "a multipart form without boundary");
    enum MHD_Result taken = MHD_post_process(b->parts, b->chunk, b->chunk_len);
    if (b->failed != OK)
        return b->failed;
    REQUIRE(taken == MHD_YES, ERR_SYNTAX, "a malformed multipart form");
    return OK;
}

fallible body_feed(struct request *q)
{
    struct body *b = &q->body;
    err e = OK;

    if (b->chunk_len)
        e = b->kind == BODY_FILE ? feed_file(q) : feed_parts(q);
    b->chunk_len = 0;
    return e;
}

/* ---- the end ----------------------------------------------------------------------------------
 */

/* The members of a JSON object as fields; what has structure is read by request_json. */
static fallible fields_of_json(struct request *q)
{
    struct json *root;

    TRY(json_read(q->arena, buf_text(&q->body.gathered), &root));
    REQUIRE(root->kind == J_OBJECT, ERR_INPUT, "the body isn't a JSON object");
    q->json = root;
    for (const struct json *j = root->child; j != NULL; j = j->next) {
        if (j->kind == J_STRING)
            TRY(field_add(q, j->key, j->text));
        else if (j->kind == J_BOOL)
            TRY(field_add(q, j->key, j->truth ? S("true") : S("false")));
        else if (j->kind == J_INT)
            TRY(field_add(q, j->key, str_format(q->arena, "%lld", (long long)j->integer)));
    }
    return OK;
}

static fallible parts_end(struct request *q)
{
    struct body *b = &q->body;

    if (b->parts == NULL)
        return OK;
    enum MHD_Result whole = MHD_destroy_post_processor(b->parts);
    b->parts = NULL;
    REQUIRE(b->failed == OK && whole == MHD_YES, ERR_SYNTAX, "a multipart form without its end");
    return part_end(q);
}

static fallible end_of_kind(struct request *q)
{
    switch (q->body.kind) {
    case BODY_FORM:
        return fields_decode(q, buf_text(&q->body.gathered));
    case BODY_JSON:
        return fields_of_json(q);
    case BODY_PARTS:
        return parts_end(q);
    case BODY_FILE:
        return file_end(q);
    case BODY_NONE:
        break;
    }
    return OK;
}

fallible body_end(struct request *q)
{
    TRY(body_feed(q));
    TRY(end_of_kind(q));
    for (size_t i = 0; i < q->query_fields.count; i++)
        TRY(field_add(q, q->query_fields.at[i].name, q->query_fields.at[i].value));
    return OK;
}

void body_drop(struct request *q)
{
    if (q->body.parts != NULL)
        (void)MHD_destroy_post_processor(q->body.parts);
    q->body.parts = NULL;
    file_drop(q);
}
