/* The closed lists as tables. */
#include "calendar/calendar_int.h"

const char *const limit_kind_words[] = {
#define LIMIT_KIND(name, word) [name] = word,
#include "calendar/kinds.def"
#undef LIMIT_KIND
};
const char *const limit_law_words[] = {
#define LIMIT_LAW(name, word, counted) [name] = word,
#include "calendar/kinds.def"
#undef LIMIT_LAW
};
const char *const day_why_words[] = {
#define DAY_WHY(name, word) [name] = word,
#include "calendar/kinds.def"
#undef DAY_WHY
};
/* LAW: 行政许可法 45, 政府信息公开条例 33 */
#define PAUSE_GROUND(name, word, label, law) [name] = word,
const char *const pause_ground_words[PAUSE_GROUNDS] = {
#include "calendar/kinds.def"
};
#undef PAUSE_GROUND
#define PAUSE_GROUND(name, word, label, law) [name] = label,
const char *const pause_ground_labels[PAUSE_GROUNDS] = {
#include "calendar/kinds.def"
};
#undef PAUSE_GROUND
#define PAUSE_GROUND(name, word, label, law) [name] = law,
const enum limit_law pause_ground_laws[PAUSE_GROUNDS] = {
#include "calendar/kinds.def"
};
#undef PAUSE_GROUND

fallible limit_kind_of(str word, enum limit_kind *out)
{
    for (size_t i = 0; i < COUNT(limit_kind_words); i++)
        if (str_eq(word, str_of(limit_kind_words[i]))) {
            *out = (enum limit_kind)i;
            return OK;
        }
    FAIL(ERR_INPUT, "kind «%.*s» is none of working, natural, month", STR(word));
}

fallible limit_law_of(str word, enum limit_law *out)
{
    for (size_t i = 0; i < COUNT(limit_law_words); i++)
        if (str_eq(word, str_of(limit_law_words[i]))) {
            *out = (enum limit_law)i;
            return OK;
        }
    FAIL(ERR_INPUT, "law «%.*s» is none of permit, disclosure, other", STR(word));
}

fallible pause_ground_of(str word, enum pause_ground *out)
{
    for (size_t i = 0; i < PAUSE_GROUNDS; i++)
        if (str_eq(word, str_of(pause_ground_words[i])) ||
            str_eq(word, str_of(pause_ground_labels[i]))) {
            *out = (enum pause_ground)i;
            return OK;
        }
    FAIL(ERR_INPUT, "«%.*s» is no ground that stops a clock (行政许可法 45)", STR(word));
}
