#include "web/web_int.h"

/* A comma stands between two values, that is unless something was just opened or named. */
static void separate(struct buf *b)
{
    if (b->len == 0)
        return;
    char last = b->ptr[b->len - 1];

    if (last != '{' && last != '[' && last != ':')
        buf_byte(b, ',');
}

void json_open(struct buf *b, char bracket)
{
    separate(b);
    buf_byte(b, (u8)bracket);
}

void json_close(struct buf *b, char bracket)
{
    buf_byte(b, (u8)bracket);
}

void json_key(struct buf *b, const char *key)
{
    separate(b);
    json_quote(b, str_of(key));
    buf_byte(b, ':');
}

void json_put_str(struct buf *b, str v)
{
    separate(b);
    json_quote(b, v);
}

void json_put_bool(struct buf *b, bool v)
{
    separate(b);
    buf_z(b, v ? "true" : "false");
}

void json_put_i64(struct buf *b, i64 v)
{
    separate(b);
    out_i64(b, v);
}

void json_put_u64(struct buf *b, u64 v)
{
    separate(b);
    out_u64(b, v);
}

void json_put_date(struct buf *b, date v)
{
    json_put_str(b, date_text(b->arena, v));
}

void json_put_instant(struct buf *b, instant v)
{
    json_put_str(b, instant_text(b->arena, v));
}

void json_put_money(struct buf *b, money v)
{
    struct buf text = buf_in(b->arena);

    out_money(&text, v);
    json_put_str(b, buf_text(&text));
}
