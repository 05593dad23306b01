#include "web/web_int.h"

static const struct lang chinese = {"zh-CN", NULL, 0};

const struct lang *lang_of(str tag)
{
    for (size_t i = 0; i < web_catalogue_count; i++)
        if (str_eq(tag, str_of(web_catalogues[i].tag)))
            return &web_catalogues[i];
    return &chinese;
}

const char *lang_tag(const struct lang *lang)
{
    return lang->tag;
}

/* The quality of one member of Accept-Language in thousandths: "en;q=0.8" is 800. */
static int quality_of(str member)
{
    ptrdiff_t at = str_find(member, S("q="));
    int value = 0, weight = 1000;

    if (at < 0)
        return 1000;
    str digits = str_trim(str_sub(member, (size_t)at + 2, member.len));
    for (size_t i = 0; i < digits.len && i < 5 && weight; i++) {
        if (digits.ptr[i] == '.')
            continue;
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return 0;
        value += (digits.ptr[i] - '0') * weight;
        weight /= 10;
    }
    return value > 1000 ? 1000 : value;
}

const struct lang *lang_accepted(str header)
{
    const struct lang *best = &chinese;
    int best_quality = 0;
    str member;

    for (int i = 0; i < 16 && str_split(&header, ',', &member); i++) {
        str rest = member, tag;
        if (!str_split(&rest, ';', &tag))
            continue;
        tag = str_trim(tag);
        str primary = str_sub(tag, 0, 2);
        bool known = str_eq(primary, S("zh")) || lang_of(primary) != &chinese;
        int quality = quality_of(member);
        if (!known || quality <= best_quality)
            continue;
        best_quality = quality;
        best = lang_of(primary);
    }
    return best;
}

const char *message(const struct lang *lang, const char *key)
{
    size_t low = 0, high = lang->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(key, lang->rows[middle].key);
        if (order == 0)
            return lang->rows[middle].text;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return key;
}
