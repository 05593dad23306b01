#include "base/base.h"

str hex_of(struct arena *a, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const u8 *p = bytes;
    char *out = arena_take(a, len * 2 + 1, 1);

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    return (str){out, len * 2};
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

fallible hex_to(str hex, void *out, size_t len)
{
    u8 *p = out;

    REQUIRE(hex.len == 2 * len, ERR_SYNTAX, "%zu hex digits where %zu belong", hex.len, 2 * len);
    for (size_t i = 0; i < hex.len; i++)
        REQUIRE(hex_digit(hex.ptr[i]) >= 0, ERR_SYNTAX, "not a hex digit at %zu", i);
    for (size_t i = 0; i < len; i++)
        p[i] = (u8)(hex_digit(hex.ptr[2 * i]) << 4 | hex_digit(hex.ptr[2 * i + 1]));
    return OK;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

str base64_of(struct arena *a, const void *bytes, size_t len)
{
    const u8 *p = bytes;
    size_t size = (len + 2) / 3 * 4;
    char *out = arena_take(a, size + 1, 1);

    for (size_t i = 0, o = 0; i < len; i += 3, o += 4) {
        u32 b1 = i + 1 < len ? p[i + 1] : 0u, b2 = i + 2 < len ? p[i + 2] : 0u;
        u32 v = (u32)p[i] << 16 | b1 << 8 | b2;

        out[o] = alphabet[v >> 18];
        out[o + 1] = alphabet[v >> 12 & 63];
        out[o + 2] = i + 1 < len ? alphabet[v >> 6 & 63] : '=';
        out[o + 3] = i + 2 < len ? alphabet[v & 63] : '=';
    }
    return (str){out, size};
}

fallible base64_to(struct arena *a, str text, str *out)
{
    REQUIRE(text.len % 4 == 0, ERR_SYNTAX, "base64 of %zu characters", text.len);
    size_t pad = text.len && text.ptr[text.len - 1] == '=' ? 1 : 0;

    pad += pad && text.ptr[text.len - 2] == '=';
    char *bytes = arena_take(a, text.len / 4 * 3 + 1, 1);
    size_t len = 0;
    u32 v = 0;

    for (size_t i = 0; i < text.len; i++) {
        const char *at = text.ptr[i] ? strchr(alphabet, text.ptr[i]) : NULL;
        bool padding = i >= text.len - pad;

        REQUIRE(padding || at != NULL, ERR_SYNTAX, "not base64 at %zu", i);
        v = v << 6 | (padding ? 0u : (u32)(at - alphabet));
        if (i % 4 == 3) {
            bytes[len++] = (char)(v >> 16 & 255);
            bytes[len++] = (char)(v >> 8 & 255);
            bytes[len++] = (char)(v & 255);
            v = 0;
        }
    }
    *out = (str){bytes, len - pad};
    return OK;
}
