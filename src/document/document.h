/*
 * document -- official papers as PDF: notices, receipts, decisions; and QR codes.
 *
 * A paper is a short list of blocks (paragraphs, pairs, tables, lists, a QR code, the place of the
 * seal) which flows over A4 pages. The papers that the law asks for are functions over plain
 * structs at the end of this file.
 *
 * Invariants  the same input gives the same bytes, so that a paper's digest is stable; nothing is
 *             drawn that looks like a seal: its place says in words whose seal belongs there; no
 *             personal data in the file's metadata; characters that can't be seen are shown by
 * number. Lifetime    the bytes grow in the arena of the buf passed in; drawing keeps one row of
 * text. Threads     any number at once; each thread loads the font once and keeps it. Errors
 * ERR_LIMIT: above a ceiling below; ERR_UNSUPPORTED: the font isn't installed.
 */
#pragma once
#include "base/base.h"
#include "web/web.h"

enum {
    DOCUMENT_TEXT = 20000,   /* bytes of one text */
    DOCUMENT_TOTAL = 400000, /* bytes of all texts of a paper */
    DOCUMENT_BLOCKS = 500,
    DOCUMENT_ROWS = 2000, /* of one table, list or run of pairs */
    DOCUMENT_COLUMNS = 8, /* of a table */
    DOCUMENT_PAGES = 200,
    DOCUMENT_QR_BYTES = 1000,
};

#define DOCUMENT_FONT "WenQuanYi Micro Hei" /* Debian: fonts-wqy-microhei */

/* ---- layout ---------------------------------------------------------------------------------- */

enum document_kind {
    DOCUMENT_PARAGRAPH, /* text: indented by two characters */
    DOCUMENT_PLAIN,     /* text: at the margin, such as the addressee's line */
    DOCUMENT_HEADING,   /* text */
    DOCUMENT_PAIRS,     /* cells: label, value, label, value … */
    DOCUMENT_TABLE,     /* cells row by row; the first row is the head, repeated on each page */
    DOCUMENT_LIST,      /* cells: one an item, numbered */
    DOCUMENT_QR, /* text: the payload; caption beside it; a seal that follows stands beside both */
    DOCUMENT_SEAL, /* text: who signs; caption: the date's line */
};

struct document_block {
    enum document_kind kind;
    str text;
    str caption;
    const str *cells;
    size_t count;      /* cells */
    size_t columns;    /* of a table */
    const int *widths; /* of a table: shares of each column; NULL: equal */
};

struct document {
    str head; /* the agency over a red line (红头); empty: none */
    str title;
    str number;  /* under the title, and in the foot; may be empty */
    str subject; /* metadata's title: the kind of paper, never a person; empty: the title */
    instant made;
    const struct lang *lang; /* of the foot and the seal's words */
    const struct document_block *blocks;
    size_t count;
};

/* Draw the whole paper and append it to `out`. *pages may be NULL. */
fallible document_pdf(struct buf *out, const struct document *d, int *pages);

/* A QR code (level M, version by length) as an SVG of one path, named by its payload, without
 * inline style. ERR_LIMIT for an empty text or one above DOCUMENT_QR_BYTES. */
fallible document_qr_svg(struct buf *out, str text);

/* ---- the papers of an application ------------------------------------------------------------ */

/* What all papers of a case have. */
struct document_case {
    str agency; /* in whose name it is issued */
    str number; /* of the paper: 民水许受〔2026〕417号 */
    str case_no;
    str matter;
    str applicant;
    date day; /* 行政许可法 32: each paper names its day */
    instant made;
    str verify; /* the address that its QR code opens; empty: no code */
    str phone;  /* where to ask; may be empty */
    const struct lang *lang;
};

struct document_material {
    str name;
    str form; /* original, copy, electronic; may be empty */
    int copies;
};

/* 申请回执: what was handed in, before anybody has looked at it. 行政许可法 29, 33 */
struct document_receipt {
    struct document_case about;
    instant received;
    str channel; /* 网上, 窗口 … */
    const struct document_material *materials;
    size_t material_count;
    date answer_by; /* 行政许可法 32(4): the last day to ask for more, else it is accepted */
};

/* 受理通知书. 行政许可法 32(5) and last paragraph, 42, 45 */
struct document_acceptance {
    struct document_case about;
    date accepted;
    date decide_by;
    int working_days;
    str statute;   /* what the limit rests on: 《行政许可法》第四十二条 */
    str uncounted; /* 行政许可法 45: steps whose time doesn't count; may be empty */
};

/* 一次性告知书: everything that is missing, at once. 行政许可法 32(4) */
struct document_defect {
    str material;
    str fault; /* what is wrong with it */
    str fix;   /* how to mend it */
};
struct document_correction {
    struct document_case about;
    date received;
    const struct document_defect *defects;
    size_t defect_count; /* at least one: ERR_INPUT */
    str how;             /* where and how to hand them in */
};

/* Where one may go against a decision. 行政许可法 38; 行政复议法 20, 23, 24; 行政诉讼法 45, 46 */
struct document_remedy {
    str reconsideration; /* 复议机关 */
    str court;
};

/* 不予受理通知书. 行政许可法 32(1), 32(2) and last paragraph */
struct document_non_acceptance {
    struct document_case about;
    date received;
    str reason;
    str statute;
    str elsewhere; /* 32(2): the body that is competent; may be empty */
    struct document_remedy remedy;
};

/* 准予/不予行政许可决定书. 行政许可法 38, 39, 44 */
struct document_decision {
    struct document_case about;
    date accepted;
    bool granted;
    str content; /* what is permitted, its extent and conditions; where refused: empty */
    str reason;  /* must be given where refused: ERR_INPUT */
    str statute; /* likewise */
    date valid_from, valid_until; /* of the licence; both zero days: no term */
    struct document_remedy remedy;
};

/* 送达回证: what was handed to whom, by which way. 行政许可法 44 */
struct document_delivery {
    struct document_case about;
    str paper;    /* title and number of what is delivered */
    str way;      /* 直接送达, 电子送达, 邮寄送达 … */
    str place;    /* address or account; may be empty */
    instant at;   /* when it reached the recipient */
    str receiver; /* who took it and in which relation; may be empty: a line to sign */
};

fallible document_receipt(struct buf *out, const struct document_receipt *r);
fallible document_acceptance(struct buf *out, const struct document_acceptance *r);
fallible document_correction(struct buf *out, const struct document_correction *r);
fallible document_non_acceptance(struct buf *out, const struct document_non_acceptance *r);
fallible document_decision(struct buf *out, const struct document_decision *r);
fallible document_delivery(struct buf *out, const struct document_delivery *r);
