/* Numbers that identify citizens and enterprises, with their check characters. */
#include "registry/registry_int.h"

enum { IDENTITY_DIGITS = 18, CREDIT_CHARS = 18, OLDEST = 1900 };

/* ---- GB 11643-1999 ------------------------------------------------------------------------ */

/* ISO 7064 MOD 11-2 over the first 17 digits. */
static char identity_check(str number)
{
    unsigned sum = 0;

    for (size_t i = 0; i < IDENTITY_DIGITS - 1; i++)
        sum = (sum + (unsigned)(number.ptr[i] - '0')) * 2 % 11;
    return "0123456789X"[(12 - sum) % 11];
}

static bool all_digits(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return true;
}

static int number_at(str s, size_t from, size_t to)
{
    int n = 0;

    for (size_t i = from; i < to; i++)
        n = n * 10 + (s.ptr[i] - '0');
    return n;
}

bool identity_valid(str number, date today)
{
    if (number.len != IDENTITY_DIGITS || !all_digits(str_sub(number, 0, 17)) ||
        number.ptr[0] == '0')
        return false;
    int year = number_at(number, 6, 10), month = number_at(number, 10, 12);
    int day = number_at(number, 12, 14);

    if (year < OLDEST || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return false;
    if (date_ymd(year, month, day).days > today.days)
        return false;
    return number.ptr[17] == identity_check(number);
}

/* ---- GB 32100-2015 ------------------------------------------------------------------------ */

static const char credit_alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/* 0 … 30, or -1. */
static int credit_value(char c)
{
    const char *at = c ? strchr(credit_alphabet, c) : NULL;

    return at ? (int)(at - credit_alphabet) : -1;
}

/* The character for these first 17, or 0. Weights are the powers of 3 modulo 31. */
static char credit_check(str code)
{
    int sum = 0, weight = 1;

    for (size_t i = 0; i < CREDIT_CHARS - 1; i++) {
        int v = credit_value(code.ptr[i]);

        if (v < 0)
            return 0;
        sum = (sum + v * weight) % 31;
        weight = weight * 3 % 31;
    }
    return credit_alphabet[(31 - sum) % 31];
}

/* GB 11714: the nine characters of the organisation, the last of them a check. */
static bool organisation_valid(str code)
{
    static const int weights[] = {3, 7, 9, 10, 5, 8, 4, 2};
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    int sum = 0;

    for (size_t i = 0; i < COUNT(weights); i++) {
        const char *at = strchr(alphabet, code.ptr[i]);

        if (at == NULL)
            return false;
        sum += (int)(at - alphabet) * weights[i];
    }
    return code.ptr[8] == "0X987654321"[sum % 11];
}

bool credit_valid(str code)
{
    if (code.len != CREDIT_CHARS || memchr(code.ptr, 0, code.len) != NULL)
        return false;
    if (!all_digits(str_sub(code, 2, 8)) || !organisation_valid(str_sub(code, 8, 17)))
        return false;
    char check = credit_check(code);
    return check != 0 && code.ptr[17] == check;
}

/* ---- made ones ---------------------------------------------------------------------------- */

str identity_make(struct arena *a, str first17)
{
    assert(first17.len == 17 && all_digits(first17));
    return str_format(a, "%.*s%c", STR(first17), identity_check(first17));
}

str credit_make(struct arena *a, str first8, int organisation)
{
    static const int weights[] = {3, 7, 9, 10, 5, 8, 4, 2};
    str digits = str_format(a, "%08d", organisation % 100000000);
    int sum = 0;

    assert(first8.len == 8);
    for (size_t i = 0; i < COUNT(weights); i++)
        sum += (digits.ptr[i] - '0') * weights[i];
    str most = str_format(a, "%.*s%.*s%c", STR(first8), STR(digits), "0X987654321"[sum % 11]);
    return str_format(a, "%.*s%c", STR(most), credit_check(most));
}
