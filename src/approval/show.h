#pragma once
#include "approval/approval_int.h"
#include "approval/views.h"

/* Fill a case's view; `staff` shows whose it is and what may be done. */
struct case_asked {
    i64 id;
    bool full, staff;
    struct acting by; /* of staff */
};
fallible case_fill(struct request *q, const struct case_asked *asked, struct case_view *v);
str stage_text(const struct lang *lang, str stage, str result);
struct desk desk_of(struct request *q, const struct acting *by, str title);
fallible acting_of(struct request *q, struct db *db, struct acting *out);
str fresh_word(struct arena *a);
void json_case(struct buf *b, const struct case_view *v);
