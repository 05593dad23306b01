/* views -- the structs that this room's pages show; the generated pages include it. */
#pragma once
#include "catalogue/catalogue.h"

struct guide_step {
    str name, post, limit, article;
    bool pauses;
};
typedef VEC(struct guide_step) guide_steps;
typedef VEC(str) texts;

/* 办事指南 */
struct guide {
    struct page page;
    struct matter m;
    str legal, promised, level;
    texts conditions, applicants, supervision;
    guide_steps steps;
    html diagram;
};

struct found_matter {
    i64 id;
    str code, name, type, level, body_name, promised, fee;
    bool demo;
};
struct body_link {
    i64 id, count;
    str name;
    bool current;
};
struct level_link {
    str word, name;
    bool current;
};

/* 事项目录 */
struct matters_page {
    struct page page;
    str words, level, next;
    i64 body;
    VEC(struct found_matter) found;
    VEC(struct body_link) bodies;
    VEC(struct level_link) levels;
};
