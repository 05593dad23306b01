#include "registry/registry_int.h"
#include "registry_sql.h"

fallible registry_body_find(struct arena *a, struct db *db, i64 division, str name, i64 *id)
{
    struct sql_body_by_name row;
    bool found;

    TRY(sql_body_by_name(a, db, division, name, &row, &found));
    *id = found ? row.id : 0;
    return OK;
}
