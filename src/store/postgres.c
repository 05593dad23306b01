#include "store/store.h"

fallible postgres_open(const char *url, const struct db_options *options, struct db **out)
{
    (void)options;
    (void)out;
    FAIL(ERR_UNSUPPORTED, "no PostgreSQL yet: %s", url);
}
