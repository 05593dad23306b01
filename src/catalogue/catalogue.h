/*
 * catalogue -- the matters that people may ask for: what, by whom, on what ground, how long, how.
 *
 * A matter is drafted, checked and published in versions; each carries the ten elements of the
 * notice (名称、内容、办理主体、依据、条件、期限、材料、收费、监督渠道、流程). Its procedure is a
 * BPMN file that was proved sound before it was enacted.
 *
 * Invariants  a published version never changes; a promised limit never exceeds the statutory one
 *             (LAW: 行政许可法 42); a matter without ground isn't published (行政许可法 11).
 * Lifetime    results live in the arena passed in.
 * Threads     commands inside the writer; reading from any thread with its own connection.
 */
#pragma once
#include "base/base.h"
#include "calendar/calendar.h"
#include "catalogue_events.h"
#include "ledger/ledger.h"
#include "web/web.h"

enum { MATERIALS_MOST = 64, MATTER_TEXT_MOST = 20000, MODEL_MOST = 256 << 10 };

/* A limit as the page shows it and a clock counts it. */
struct matter_limit {
    bool set;
    i64 amount; /* 0: on the spot */
    enum limit_kind kind;
    str unit, article;
};

struct material {
    str name;
};

/* One version of a matter, whole. */
struct matter {
    i64 id, version, body;
    str code, name, type, level, body_name, division_path;
    str content, basis, conditions, applicants, fee, supervision;
    VEC(struct material) materials;
    struct matter_limit legal, promised;
    i64 procedure, procedure_version;
    bool demo;
    instant published; /* 0: a draft */
    date effective;
};

/* The version that holds now. ERR_NOT_FOUND if none was ever published. */
fallible matter_load(struct arena *a, struct db *db, i64 id, struct matter *out);
fallible matter_load_version(struct arena *a, struct db *db, i64 id, i64 version,
                             struct matter *out);

/* The BPMN file of a version of a procedure. ERR_NOT_FOUND. */
fallible procedure_load(struct arena *a, struct db *db, i64 id, i64 version, str *model);

/* ---- commands: in the writer -------------------------------------------------------------- */

/* Enact a procedure; `effective` not before today. The check ran in procedure_check. */
struct procedure_new {
    str code, name, model;
    date effective;
    i64 id, version; /* out */
};
fallible procedure_enact(struct tx *tx, struct procedure_new *in);

/* Before the writer: ERR_SYNTAX, or ERR_INPUT naming the fault of an unsound procedure. */
fallible procedure_check(str model);

/* Draft the next version (in->id 0: a new matter, unless its code exists in this division). */
fallible matter_draft(struct tx *tx, struct matter *in);

/* ERR_INPUT if an element is missing or the promise exceeds the statutory limit. */
struct matter_publication {
    i64 matter, version;
    date effective;
};
fallible matter_publish(struct tx *tx, const struct matter_publication *in);

/* Is the promise possibly longer than the law allows? LAW: 行政许可法 42 */
bool promise_exceeds(const struct matter_limit *promised, const struct matter_limit *legal);

/* ---- import ------------------------------------------------------------------------------- */

struct matters_import {
    str csv;           /* the text of matters.csv */
    str division_name; /* «民勤县», put before the bodies' generic names */
    str division_path;
    str usual, instant; /* BPMN files of the two procedures */
    date effective;
    /* The body of that name, made or found by the registry. */
    fallible (*body)(void *ctx, str name, i64 *id);
    void *ctx;
    size_t imported; /* out */
};

/* All rows as drafts and publications; a row whose code is published here already is passed over.
 */
fallible matters_import(struct node *n, const struct authority *by, struct matters_import *in);

/* The procedures that the program carries: "usual", "instant", "joint"; empty for another name. */
str procedure_shipped(str code);

/* «10 个工作日», «当场»: a limit in words. Units as flow's: working-day, natural-day, month, hour.
 */
str limit_text(struct arena *a, const struct lang *lang, str unit, i64 amount);

extern const struct routes catalogue_routes;
