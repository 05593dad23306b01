/* views -- the structs that this room's pages show; the generated pages include it. */
#pragma once
#include "approval/approval.h"

struct case_fault {
    str field, text;
};

/* 网上申报 */
struct apply_page {
    struct page page;
    struct matter m;
    struct applicant who;
    str promised, address, note, secret, key, forgery;
    VEC(struct case_fault) faults;
};

/* 回执 */
struct receipt_page {
    struct page page;
    str number, matter_name, body_name, secret, event, commitment, promised;
    instant submitted;
    date answer_due;
    i64 id;
};

struct track_page {
    struct page page;
    str number, forgery;
};

struct clock_sentence {
    str head, rest;
};
struct clock_day {
    date day;
    str what;
    bool counted;
};
struct clock_view {
    str role, article, left;
    date due;
    bool runs, over, stands, provisional, answer;
    VEC(struct clock_sentence) sentences;
    VEC(struct clock_day) days;
};

struct line_view {
    str title, task, post, used, note;
    instant at;
    bool late, pause;
};

struct choice_view {
    str value, title;
};

struct task_view {
    i64 no;
    str name, post, limit, article;
    bool mine, asks_acceptance, asks_decision, asks_special, may_correct, delivers;
};

struct material_view {
    str name;
    bool ready;
};

struct case_view {
    struct page page;
    struct desk desk;
    str number, matter_name, body_name, stage, forgery, key;
    i64 matter;
    bool full;  /* the applicant's or staff's: with notices and reasons */
    bool staff; /* and with the applicant's data */
    bool correcting, may_extend, done;
    str missing, reason, result;
    struct applicant who;
    str address, note;
    instant submitted;
    VEC(struct clock_view) clocks;
    VEC(struct line_view) lines;
    VEC(struct task_view) tasks;
    VEC(struct material_view) materials;
    VEC(struct choice_view) grounds;
    html diagram;
};

struct todo {
    str number, title, body_name, stage, due, post;
    bool mine;
    str url;
};
struct todo_group {
    str title, class;
    VEC(struct todo) items;
};
struct desk_page {
    struct desk desk;
    i64 count;
    VEC(struct todo_group) groups;
};

struct my_case {
    str number, matter_name, stage;
    instant submitted;
};
struct mine_page {
    struct page page;
    VEC(struct my_case) cases;
};
