/* views -- the structs that this room's pages show; the generated pages include it. */
#pragma once
#include "web/web.h"

struct refusal {
    struct page page;
    int status;
    str what, why, next;
    str sentence; /* the error's own, where it says more than the status */
    str request_id;
    page_links faults; /* title: what is wrong; url: its field */
};
