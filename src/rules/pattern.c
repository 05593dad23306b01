/*
 * XPath's regular expressions rewritten for PCRE2: \i, \c, blocks «\p{IsGreek}», subtraction
 * «[a-z-[aeiou]]», flag x. What XPath doesn't know is refused.
 */
#include "rules/builtin_int.h"

enum { DEEPEST_CLASS = 16, MOST_GROUPS = 200 };

struct writer {
    struct buf *out;
    str in;
    size_t at;
    bool spaced; /* flag x */
    int depth;   /* of classes */
    int groups;  /* opened so far */
    int closed;  /* of them closed: \N may name those only */
    int open[64];
    int open_count;
};

/* Unicode blocks that patterns name; one may be added where it is missed. */
static const struct {
    const char *name;
    u32 first, last;
} blocks[] = {{"BasicLatin", 0, 0x7F},
              {"Latin-1Supplement", 0x80, 0xFF},
              {"LatinExtended-A", 0x100, 0x17F},
              {"LatinExtended-B", 0x180, 0x24F},
              {"IPAExtensions", 0x250, 0x2AF},
              {"SpacingModifierLetters", 0x2B0, 0x2FF},
              {"CombiningDiacriticalMarks", 0x300, 0x36F},
              {"Greek", 0x370, 0x3FF},
              {"GreekandCoptic", 0x370, 0x3FF},
              {"Cyrillic", 0x400, 0x4FF},
              {"Armenian", 0x530, 0x58F},
              {"Hebrew", 0x590, 0x5FF},
              {"Arabic", 0x600, 0x6FF},
              {"Devanagari", 0x900, 0x97F},
              {"Thai", 0xE00, 0xE7F},
              {"Tibetan", 0xF00, 0xFFF},
              {"HangulJamo", 0x1100, 0x11FF},
              {"Mongolian", 0x1800, 0x18AF},
              {"GreekExtended", 0x1F00, 0x1FFF},
              {"GeneralPunctuation", 0x2000, 0x206F},
              {"CurrencySymbols", 0x20A0, 0x20CF},
              {"LetterlikeSymbols", 0x2100, 0x214F},
              {"NumberForms", 0x2150, 0x218F},
              {"Arrows", 0x2190, 0x21FF},
              {"MathematicalOperators", 0x2200, 0x22FF},
              {"BoxDrawing", 0x2500, 0x257F},
              {"CJKRadicalsSupplement", 0x2E80, 0x2EFF},
              {"CJKSymbolsandPunctuation", 0x3000, 0x303F},
              {"Hiragana", 0x3040, 0x309F},
              {"Katakana", 0x30A0, 0x30FF},
              {"Bopomofo", 0x3100, 0x312F},
              {"CJKUnifiedIdeographsExtensionA", 0x3400, 0x4DBF},
              {"CJKUnifiedIdeographs", 0x4E00, 0x9FFF},
              {"HangulSyllables", 0xAC00, 0xD7A3},
              {"PrivateUse", 0xE000, 0xF8FF},
              {"CJKCompatibilityIdeographs", 0xF900, 0xFAFF},
              {"HalfwidthandFullwidthForms", 0xFF00, 0xFFEF}};

static int look(const struct writer *w, size_t ahead)
{
    return w->at + ahead < w->in.len ? (u8)w->in.ptr[w->at + ahead] : -1;
}

/* ---- escapes ------------------------------------------------------------------------------ */

/* \p{…}: blocks become ranges of code points, the rest is PCRE2's. */
static bool write_category(struct writer *w, bool in_class)
{
    bool negated = look(w, 1) == 'P';
    str rest = str_sub(w->in, w->at + 2, w->in.len);
    ptrdiff_t end = str_find(rest, S("}"));

    if (rest.len == 0 || rest.ptr[0] != '{' || end < 0)
        return false;
    str name = str_sub(rest, 1, (size_t)end);
    w->at += 2 + (size_t)end + 1;
    if (!str_starts(name, S("Is"))) {
        if (name.len == 0 || name.len > 2)
            return false;
        buf_format(w->out, "\\%c{%.*s}", negated ? 'P' : 'p', STR(name));
        return true;
    }
    name = str_sub(name, 2, name.len);
    for (size_t i = 0; i < COUNT(blocks); i++)
        if (str_eq(name, str_of(blocks[i].name))) {
            if (negated && in_class)
                return false;
            buf_format(w->out,
                       in_class  ? "\\x{%x}-\\x{%x}"
                       : negated ? "[^\\x{%x}-\\x{%x}]"
                                 : "[\\x{%x}-\\x{%x}]",
                       blocks[i].first, blocks[i].last);
            return true;
        }
    return false;
}

/* \i and \c: characters that begin, or may be in, an XML name. */
static bool write_name_class(struct writer *w, int c, bool in_class)
{
    bool upper = c == 'I' || c == 'C';
    const char *set = (c | 0x20) == 'i' ? "\\p{L}_:" : "\\p{L}\\p{M}\\p{Nd}._:\\x{b7}-";

    if (in_class && upper)
        return false;
    buf_format(w->out, in_class ? "%s%s" : upper ? "[^%s%s]" : "[%s%s]", set, "");
    w->at += 2;
    return true;
}

/* \w: all but punctuation, separators and others, as XML Schema has it. */
static bool write_word_class(struct writer *w, int c, bool in_class)
{
    const char *set = c == 'w' ? "\\p{L}\\p{M}\\p{N}\\p{S}" : "\\p{P}\\p{Z}\\p{C}";

    buf_format(w->out, in_class ? "%s" : "[%s]", set);
    w->at += 2;
    return true;
}

/* «{2}», «{2,}», «{2,3}»; anything else in braces isn't XPath's. */
static bool write_quantifier(struct writer *w)
{
    size_t at = w->at + 1, digits = 0;

    for (; at < w->in.len && w->in.ptr[at] != '}'; at++) {
        bool digit = w->in.ptr[at] >= '0' && w->in.ptr[at] <= '9';

        if (!digit && (w->in.ptr[at] != ',' || digits == 0))
            return false;
        digits++;
    }
    if (at >= w->in.len || digits == 0)
        return false;
    buf_add(w->out, w->in.ptr + w->at, at + 1 - w->at);
    w->at = at + 1;
    return look(w, 0) != '+';
}

static bool write_reference(struct writer *w)
{
    int n = look(w, 1) - '0';

    w->at += 2;
    /* Two digits only if there are so many groups. */
    while (look(w, 0) >= '0' && look(w, 0) <= '9' && n * 10 + look(w, 0) - '0' <= w->groups) {
        n = n * 10 + look(w, 0) - '0';
        w->at++;
    }
    if (n < 1 || n > w->closed)
        return false;
    buf_format(w->out, "(?:\\g{%d})", n);
    return true;
}

static bool write_escape(struct writer *w, bool in_class)
{
    int c = look(w, 1);

    if (c < 0)
        return false;
    if (c == 'p' || c == 'P')
        return write_category(w, in_class);
    if (strchr("iIcC", c) != NULL)
        return write_name_class(w, c, in_class);
    if (c >= '0' && c <= '9')
        return !in_class && c != '0' && write_reference(w);
    if (strchr("nrtsSdDwW", c) != NULL || strchr("\\|.?*+(){}$-[]^", c) != NULL) {
        if (c == 'w' || c == 'W')
            return write_word_class(w, c, in_class);
        if (c == 's' || c == 'S')
            buf_z(w->out, c == 's' ? (in_class ? " \\t\\n\\r" : "[ \\t\\n\\r]") : "[^ \\t\\n\\r]");
        else
            buf_format(w->out, "\\%c", c);
        w->at += 2;
        return !(c == 'S' && in_class);
    }
    return false;
}

/* ---- classes ------------------------------------------------------------------------------ */

static bool write_class(struct writer *w);

/* One character of a class; also the ends of its ranges. */
static bool write_class_item(struct writer *w)
{
    int c = look(w, 0);

    if (c == '\\')
        return write_escape(w, true);
    if (c == '[')
        return false;
    size_t from = w->at;
    (void)utf8_next(w->in, &w->at);
    if (c == '-' || c == '^')
        buf_byte(w->out, '\\');
    /* A bare hyphen between two characters makes a range. */
    if (c == '-' && from > 0 && w->in.ptr[from - 1] != '[' && look(w, 0) != ']' &&
        w->in.ptr[from - 1] != '^')
        w->out->len--;
    buf_add(w->out, w->in.ptr + from, w->at - from);
    return true;
}

/* «[a-z-[aeiou]]» is «(?:(?![aeiou])[a-z])». */
static bool write_class(struct writer *w)
{
    struct buf *outer = w->out, body = buf_in(w->out->arena), less = buf_in(w->out->arena);
    bool ok = true, empty = true;

    if (++w->depth > DEEPEST_CLASS)
        return false;
    w->out = &body;
    buf_byte(&body, '[');
    w->at++;
    if (look(w, 0) == '^') {
        buf_byte(&body, '^');
        w->at++;
    }
    while (ok && look(w, 0) != ']') {
        if (look(w, 0) < 0)
            return false;
        if (look(w, 0) == '-' && look(w, 1) == '[') {
            w->at++;
            w->out = &less;
            ok = write_class(w) && look(w, 0) == ']';
            w->out = &body;
            continue;
        }
        ok = write_class_item(w);
        empty = false;
    }
    w->at++;
    buf_byte(&body, ']');
    w->out = outer;
    if (less.len)
        buf_format(outer, "(?:(?!%.*s)%.*s)", STR(buf_text(&less)), STR(buf_text(&body)));
    else
        buf_str(outer, buf_text(&body));
    w->depth--;
    return ok && !empty;
}

/* ---- the pattern -------------------------------------------------------------------------- */

static bool write_open(struct writer *w)
{
    bool captures = look(w, 1) != '?';

    if (!captures && look(w, 2) != ':')
        return false;
    if (w->open_count >= (int)COUNT(w->open) || w->groups >= MOST_GROUPS)
        return false;
    w->open[w->open_count++] = captures;
    w->groups += captures;
    buf_z(w->out, captures ? "(" : "(?:");
    w->at += captures ? 1 : 3;
    return true;
}

static bool write_close(struct writer *w)
{
    if (w->open_count == 0)
        return false;
    /* Groups close in another order than they open; the count is what XPath's rule needs. */
    w->closed += w->open[--w->open_count];
    buf_byte(w->out, ')');
    w->at++;
    return true;
}

static bool write_piece(struct writer *w)
{
    int c = look(w, 0);

    if (c == '\\')
        return write_escape(w, false);
    if (c == '[')
        return write_class(w);
    if (c == '(')
        return write_open(w);
    if (c == ')')
        return write_close(w);
    if (c == '{')
        return write_quantifier(w);
    if (c == ']' || c == '}')
        return false;
    if (c == '#' || c == '~' || c == ' ')
        buf_byte(w->out, '\\');
    if (strchr("*+?", c) != NULL && look(w, 1) == '+')
        return false; /* possessive quantifiers are PCRE2's, not XPath's */
    size_t from = w->at;
    (void)utf8_next(w->in, &w->at);
    buf_add(w->out, w->in.ptr + from, w->at - from);
    return true;
}

/* Flag x: white space outside of classes isn't there, not even inside \p{…}. */
str pattern_unspaced(struct arena *a, str pattern)
{
    struct buf b = buf_in(a);
    int depth = 0;

    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.ptr[i];
        bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';

        if (space && depth == 0)
            continue;
        buf_byte(&b, (u8)c);
        if (c == '\\' && depth == 0)
            while (i + 1 < pattern.len && strchr(" \t\n\r", pattern.ptr[i + 1]) != NULL)
                i++;
        if (c == '\\' && i + 1 < pattern.len)
            buf_byte(&b, (u8)pattern.ptr[++i]);
        else
            depth += c == '[' ? 1 : c == ']' && depth > 0 ? -1 : 0;
    }
    return buf_text(&b);
}

bool pattern_rewrite(struct arena *a, str pattern, str *out, int *groups)
{
    struct buf b = buf_in(a);
    struct writer w = {.out = &b, .in = pattern};

    while (w.at < w.in.len)
        if (!write_piece(&w))
            return false;
    *out = buf_text(&b);
    *groups = w.groups;
    return w.open_count == 0;
}
