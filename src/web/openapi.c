#include "web/web_int.h"

/* OpenAPI 3.1 from the route and input tables: whatever a page does, the JSON API does. */

static const char *const methods[] = {"", "get", "post", "put", "patch", "delete"};

static const struct input *input_of(const struct route *r)
{
    return r->view ? r->view->input : r->action->input;
}

static const char *name_of(const struct route *r)
{
    return r->view ? r->view->name : r->action->name;
}

static const char *duty_of(const struct route *r)
{
    return r->view ? r->view->duty : r->action->duty;
}

static const char *scope_of(const struct route *r)
{
    return r->view ? r->view->scope : r->action->scope;
}

static void put_z(struct buf *b, const char *key, const char *text)
{
    json_pair(b, key, str_of(text));
}

/* What JSON Schema says of one field; the label is its description. */
static void field_schema(struct buf *b, const struct input_field *f)
{
    static const struct {
        const char *type, *format;
    } kinds[] = {
        [IN_TEXT] = {"string", NULL},           [IN_LINES] = {"string", NULL},
        [IN_INTEGER] = {"integer", NULL},       [IN_DAY] = {"string", "date"},
        [IN_INSTANT] = {"string", "date-time"}, [IN_MONEY] = {"string", "decimal"},
        [IN_FLAG] = {"boolean", NULL},          [IN_CHOICE] = {"string", NULL},
    };
    bool text = f->kind == IN_TEXT || f->kind == IN_LINES;
    str rest = str_of(f->choices ? f->choices : ""), one;

    json_open(b, '{');
    put_z(b, "type", kinds[f->kind].type);
    if (kinds[f->kind].format)
        put_z(b, "format", kinds[f->kind].format);
    if (text && f->most)
        json_pair(b, "maxLength", f->most);
    if (text && f->least)
        json_pair(b, "minLength", f->least);
    if (f->kind == IN_INTEGER) {
        json_pair(b, "minimum", f->least);
        if (f->most)
            json_pair(b, "maximum", f->most);
    }
    if (f->kind == IN_CHOICE) {
        json_key(b, "enum");
        json_open(b, '[');
        while (rest.len && str_split(&rest, '|', &one))
            json_put(b, one);
        json_close(b, ']');
    }
    put_z(b, "description", f->label);
    json_close(b, '}');
}

static void input_schema(struct buf *b, const struct input *input)
{
    json_open(b, '{');
    put_z(b, "type", "object");
    json_key(b, "properties");
    json_open(b, '{');
    for (size_t i = 0; i < input->count; i++) {
        json_key(b, input->fields[i].name);
        field_schema(b, &input->fields[i]);
    }
    json_close(b, '}');
    json_key(b, "required");
    json_open(b, '[');
    for (size_t i = 0; i < input->count; i++)
        if (input->fields[i].required)
            json_put(b, str_of(input->fields[i].name));
    json_close(b, ']');
    json_close(b, '}');
}

static void parameter(struct buf *b, str name, const char *in, const struct input_field *f)
{
    json_open(b, '{');
    json_pair(b, "name", name);
    put_z(b, "in", in);
    json_pair(b, "required", (bool)(f == NULL || f->required));
    json_key(b, "schema");
    if (f != NULL) {
        field_schema(b, f);
    } else {
        json_open(b, '{');
        put_z(b, "type", "string");
        json_close(b, '}');
    }
    json_close(b, '}');
}

static bool in_path(const struct route *r, str name)
{
    str rest = str_of(r->path), segment;

    while (str_split(&rest, '/', &segment))
        if (segment.len == name.len + 2 && segment.ptr[0] == '{' &&
            str_eq(str_sub(segment, 1, segment.len - 1), name))
            return true;
    return false;
}

static void parameters(struct buf *b, const struct route *r)
{
    str rest = str_of(r->path), segment;
    const struct input *query = r->view ? r->view->input : NULL;

    json_key(b, "parameters");
    json_open(b, '[');
    while (str_split(&rest, '/', &segment))
        if (segment.len && segment.ptr[0] == '{')
            parameter(b, str_sub(segment, 1, segment.len - 1), "path", NULL);
    for (size_t i = 0; query && i < query->count; i++)
        if (!in_path(r, str_of(query->fields[i].name)))
            parameter(b, str_of(query->fields[i].name), "query", &query->fields[i]);
    if (r->action)
        parameter(b, S("Idempotency-Key"), "header",
                  &(struct input_field){.kind = IN_TEXT, .most = 128, .label = "Idempotency-Key"});
    json_close(b, ']');
}

static void schema_under(struct buf *b, const char *type, const char *ref)
{
    json_key(b, "content");
    json_open(b, '{');
    json_key(b, type);
    json_open(b, '{');
    json_key(b, "schema");
    json_open(b, '{');
    if (ref)
        put_z(b, "$ref", ref);
    else
        put_z(b, "type", "object");
    json_close(b, '}');
    json_close(b, '}');
    json_close(b, '}');
}

static void body(struct buf *b, const struct input *input)
{
    struct buf ref = buf_in(b->arena);

    buf_format(&ref, "#/components/schemas/%s%c", input->name, '\0');
    json_key(b, "requestBody");
    json_open(b, '{');
    json_pair(b, "required", (bool)true);
    schema_under(b, "application/json", ref.ptr);
    json_close(b, '}');
}

static void responses(struct buf *b)
{
    json_key(b, "responses");
    json_open(b, '{');
    json_key(b, "200");
    json_open(b, '{');
    put_z(b, "description", "done");
    schema_under(b, "application/json", NULL);
    json_close(b, '}');
    json_key(b, "default");
    json_open(b, '{');
    put_z(b, "description", "refused: what, and what to do");
    schema_under(b, "application/problem+json", "#/components/schemas/problem");
    json_close(b, '}');
    json_close(b, '}');
}

static void operation(struct buf *b, const struct route *r)
{
    const struct input *input = input_of(r);
    bool open = strcmp(duty_of(r), "ANYBODY") == 0;

    json_key(b, methods[r->method]);
    json_open(b, '{');
    struct buf id = buf_in(b->arena);
    buf_format(&id, "%s_%s", methods[r->method], name_of(r));
    json_pair(b, "operationId", buf_text(&id));
    put_z(b, "summary", name_of(r));
    put_z(b, "x-duty", duty_of(r));
    put_z(b, "x-scope", scope_of(r));
    parameters(b, r);
    if (r->action && input)
        body(b, input);
    responses(b);
    json_key(b, "security");
    json_open(b, '[');
    json_open(b, '{');
    if (!open) {
        json_key(b, "session");
        json_open(b, '[');
        json_close(b, ']');
    }
    json_close(b, '}');
    json_close(b, ']');
    json_close(b, '}');
}

/* A path stands once, with its methods below it. */
static void paths(struct buf *b, const struct web_config *c)
{
    struct map seen = map_in(b->arena);

    json_key(b, "paths");
    json_open(b, '{');
    for (size_t room = 0; room < c->room_count; room++)
        for (size_t i = 0; i < c->rooms[room].count; i++) {
            str path = str_of(c->rooms[room].at[i].path);
            if (!str_starts(path, S("/api/")) || map_get(&seen, path) != NULL)
                continue;
            map_set(&seen, path, &seen);
            json_key(b, path.ptr);
            json_open(b, '{');
            for (size_t other = 0; other < c->room_count; other++)
                for (size_t k = 0; k < c->rooms[other].count; k++)
                    if (str_eq(str_of(c->rooms[other].at[k].path), path))
                        operation(b, &c->rooms[other].at[k]);
            json_close(b, '}');
        }
    json_close(b, '}');
}

static void problem_schema(struct buf *b)
{
    static const char *const texts[] = {"type", "title", "code", "request"};

    json_key(b, "problem");
    json_open(b, '{');
    put_z(b, "type", "object");
    json_key(b, "properties");
    json_open(b, '{');
    for (size_t i = 0; i < COUNT(texts); i++) {
        json_key(b, texts[i]);
        json_open(b, '{');
        put_z(b, "type", "string");
        json_close(b, '}');
    }
    json_key(b, "status");
    json_open(b, '{');
    put_z(b, "type", "integer");
    json_close(b, '}');
    json_close(b, '}');
    json_close(b, '}');
}

static void components(struct buf *b, const struct web_config *c)
{
    struct map seen = map_in(b->arena);

    json_key(b, "components");
    json_open(b, '{');
    json_key(b, "schemas");
    json_open(b, '{');
    problem_schema(b);
    for (size_t room = 0; room < c->room_count; room++)
        for (size_t i = 0; i < c->rooms[room].count; i++) {
            const struct route *r = &c->rooms[room].at[i];
            const struct input *input = r->action ? r->action->input : NULL;
            if (input == NULL || map_get(&seen, str_of(input->name)) != NULL)
                continue;
            map_set(&seen, str_of(input->name), &seen);
            json_key(b, input->name);
            input_schema(b, input);
        }
    json_close(b, '}');
    json_key(b, "securitySchemes");
    json_open(b, '{');
    json_key(b, "session");
    json_open(b, '{');
    put_z(b, "type", "apiKey");
    put_z(b, "in", "cookie");
    put_z(b, "name", c->behind_proxy ? "__Host-yangguan" : "yangguan");
    json_close(b, '}');
    json_close(b, '}');
    json_close(b, '}');
}

void web_openapi(struct buf *b, const struct web_config *config)
{
    json_open(b, '{');
    put_z(b, "openapi", "3.1.0");
    json_key(b, "info");
    json_open(b, '{');
    json_pair(b, "title", config->site ? config->site->name : S("Yangguan"));
    put_z(b, "version", "1");
    json_close(b, '}');
    paths(b, config);
    components(b, config);
    json_close(b, '}');
}

static const char *zone_name(const struct route *r)
{
    enum zone zone = r->view ? r->view->zone : r->action->zone;

    return zone == ZONE_PUBLIC ? "public" : zone == ZONE_INTERNAL ? "internal" : "combined";
}

void web_routes(struct buf *out, const struct web_config *config)
{
    for (size_t room = 0; room < config->room_count; room++)
        for (size_t i = 0; i < config->rooms[room].count; i++) {
            const struct route *r = &config->rooms[room].at[i];
            buf_format(out, "%-6s %-40s %s %s %s %s %s\n", methods[r->method], r->path,
                       r->view ? "VIEW" : "DO", name_of(r), duty_of(r), scope_of(r), zone_name(r));
        }
}
