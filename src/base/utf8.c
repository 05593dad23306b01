#include "base/base.h"

/* Length of the well-formed sequence at `at` (Unicode table 3-7), 0 if there is none. */
static size_t sequence(const u8 *p, size_t left)
{
    if (p[0] < 0x80)
        return p[0] != 0;
    size_t len = p[0] >= 0xC2 && p[0] <= 0xDF   ? 2
                 : p[0] >= 0xE0 && p[0] <= 0xEF ? 3
                 : p[0] >= 0xF0 && p[0] <= 0xF4 ? 4
                                                : 0;
    if (len == 0 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90);
    bool beyond = (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF4 && p[1] > 0x8F);

    return overlong || beyond ? 0 : len;
}

bool utf8_valid(str s)
{
    const u8 *p = (const u8 *)s.ptr;

    for (size_t at = 0; at < s.len;) {
        size_t len = sequence(p + at, s.len - at);

        if (len == 0)
            return false;
        at += len;
    }
    return true;
}

size_t utf8_count(str s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.len; i++)
        count += ((u8)s.ptr[i] & 0xC0) != 0x80;
    return count;
}

u32 utf8_next(str s, size_t *at)
{
    if (*at >= s.len)
        return 0;
    const u8 *p = (const u8 *)s.ptr + *at;
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;

    if (len > s.len - *at)
        len = s.len - *at;
    u32 point = len == 1 ? p[0] : p[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++)
        point = point << 6 | (p[i] & 0x3Fu);
    *at += len;
    return point;
}

size_t utf8_put(u32 point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

    for (size_t i = len - 1; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3F));
    static const u8 lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(lead[len] | point);
    return len;
}
