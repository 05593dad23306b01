/* web_demo -- structs of the demonstration server's pages; not part of the program. */
#pragma once
#include "web/web.h"

struct demo_step {
    str title, url;
    date at;
};
struct demo_home {
    struct page page;
    str title, text;
    VEC(struct demo_step) steps;
    money fee;
};
struct demo_desk {
    struct desk desk;
};
struct demo_form {
    struct page page;
    faults faults;
    str forgery, name;
};
