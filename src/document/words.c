#include "document/document_int.h"

str words(struct arena *a, const struct lang *lang, const char *key, const struct argument *args,
          size_t count)
{
    return message_text(a, message(lang, key), args, count);
}
