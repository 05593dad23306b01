#include "web/web_int.h"

static page_links with_current(struct request *q, const page_links *from)
{
    page_links made = {0};

    for (size_t i = 0; i < from->count; i++) {
        struct page_link one = from->at[i];
        one.current = str_eq(one.url, q->path);
        vec_push(q->arena, &made, one);
    }
    return made;
}

struct page page_of(struct request *q, str title)
{
    static const struct site none;
    const struct site *s = q->web->config.site ? q->web->config.site : &none;
    bool chinese = lang_of(S("")) == q->lang;

    return (struct page){
        .title = title,
        .site = s->name,
        .domain = s->domain,
        .site_code = s->site_code,
        .column = title,
        .column_type = title,
        .above = s->above,
        .place = s->place,
        .up = s->up,
        .beside = s->beside,
        .below = s->below,
        .nav = with_current(q, &s->nav),
        .person = q->has_session ? str_of(q->session.name) : S(""),
        .forgery = q->has_session ? request_forgery(q) : S(""),
        .size = q->size,
        .contrast = q->contrast,
        .theme = q->theme,
        .lang = str_of(lang_tag(q->lang)),
        .other_lang = chinese ? S("en") : S("zh-CN"),
        .other_name = chinese ? S("English") : S("中文"), /* each in itself, so no messages */
        .host = s->host,
        .contact = s->contact,
        .ids = s->ids,
        .clock = s->clock,
    };
}
