#include "web/web_int.h"

str token_text(struct arena *a)
{
    u8 bytes[SESSION_TOKEN / 2];

    random_fill(bytes, sizeof bytes);
    return hex_of(a, bytes, sizeof bytes);
}
