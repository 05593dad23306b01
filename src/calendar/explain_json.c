/* An explanation as canonical JSON: written straight, members in the order of their names. */
#include "calendar/calendar_int.h"

static void put_date(struct buf *b, const char *key, date d)
{
    int year, month, day;

    date_parts(d, &year, &month, &day);
    buf_format(b, "\"%s\":\"%04d-%02d-%02d\"", key, year, month, day);
}

static void put_text(struct buf *b, const char *key, str text)
{
    buf_format(b, "\"%s\":", key);
    json_quote(b, text);
}

static void put_bool(struct buf *b, const char *key, bool value)
{
    buf_format(b, "\"%s\":%s", key, value ? "true" : "false");
}

static void put_int(struct buf *b, const char *key, i64 value)
{
    buf_format(b, "\"%s\":%lld", key, (long long)value);
}

static void comma(struct buf *b)
{
    buf_byte(b, ',');
}

static void put_day(struct buf *b, const struct limit_day *d)
{
    buf_byte(b, '{');
    put_text(b, "article", d->article);
    comma(b);
    put_date(b, "day", d->day);
    comma(b);
    put_text(b, "name", d->name);
    comma(b);
    put_int(b, "number", d->number);
    comma(b);
    put_bool(b, "provisional", d->provisional);
    comma(b);
    put_text(b, "why", str_of(day_why_words[d->why]));
    buf_byte(b, '}');
}

static void put_figures(struct buf *b, const struct limit_figures *f)
{
    if (f == NULL)
        return;
    comma(b);
    buf_z(b, "\"figures\":{");
    put_date(b, "as_of", f->as_of);
    comma(b);
    put_int(b, "late_working", f->late_working);
    comma(b);
    put_int(b, "left", f->left);
    comma(b);
    put_int(b, "left_working", f->left_working);
    comma(b);
    put_bool(b, "today", f->today);
    comma(b);
    put_int(b, "used", f->used);
    buf_byte(b, '}');
}

static void put_extension(struct buf *b, const struct limit_extension *x)
{
    if (x == NULL)
        return;
    comma(b);
    buf_z(b, "\"extension\":{");
    put_text(b, "article", x->article);
    comma(b);
    put_text(b, "by", x->by);
    comma(b);
    put_int(b, "n", x->days);
    comma(b);
    put_date(b, "on", x->on);
    buf_byte(b, '}');
}

static void put_sentences(struct buf *b, const struct limit_explanation *e)
{
    comma(b);
    buf_z(b, "\"sentences\":[");
    for (size_t i = 0; i < e->sentence_count; i++) {
        buf_z(b, i ? ",{" : "{");
        put_text(b, "head", e->sentences[i].head);
        comma(b);
        put_text(b, "rest", e->sentences[i].rest);
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
}

static void put_articles(struct buf *b, const struct limit_explanation *e)
{
    buf_z(b, "\"articles\":[");
    for (size_t i = 0; i < e->article_count; i++) {
        if (i)
            comma(b);
        json_quote(b, e->articles[i]);
    }
    buf_byte(b, ']');
}

static void put_days(struct buf *b, const struct limit_explanation *e)
{
    comma(b);
    buf_z(b, "\"days\":[");
    for (size_t i = 0; i < e->day_count; i++) {
        if (i)
            comma(b);
        put_day(b, &e->days[i]);
    }
    buf_byte(b, ']');
}

void calendar_explain_json(struct buf *out, const struct limit_explanation *e)
{
    const struct limit *l = &e->limit;

    buf_byte(out, '{');
    put_articles(out, e);
    comma(out);
    put_text(out, "calendar", calendar_version(e->calendar));
    put_days(out, e);
    comma(out);
    put_bool(out, "deemed", l->deemed);
    comma(out);
    if (l->running)
        put_date(out, "due", l->due);
    else
        buf_z(out, "\"due\":null");
    put_extension(out, l->extended);
    put_figures(out, e->figures);
    comma(out);
    put_date(out, "first", l->first);
    comma(out);
    put_text(out, "kind", str_of(limit_kind_words[e->clock->kind]));
    comma(out);
    put_text(out, "law", str_of(limit_law_words[e->clock->law]));
    comma(out);
    put_bool(out, "provisional", l->provisional);
    comma(out);
    put_bool(out, "running", l->running);
    put_sentences(out, e);
    comma(out);
    put_date(out, "start", l->start);
    comma(out);
    put_int(out, "total", l->total);
    if (l->running) {
        comma(out);
        put_date(out, "warn", l->warn);
    }
    buf_byte(out, '}');
}
