/*
 * vectors -- `yangguan vectors DIR`: the published test vectors of the algorithms that this
 * platform uses. vectors.c reads files and counts, vectors_rows.c does what a row says.
 *
 * A row's run is OK when we do as the row says; ERR_UNSUPPORTED when no library of ours has the
 * mode; anything else is a failure, and its message the reason.
 */
#pragma once
#include "ledger/merkle.h"
#include "yangguan/yangguan.h"

struct run {
    struct arena *arena;
    enum sm4_aead aead; /* of the file's authenticated rows, which don't name theirs */
    int passed, failed, skipped;
};

/* Whether a row is of a layout that we know, by its keys; and the row's run. */
bool vector_known(const struct json *row);
fallible vector_run(struct run *r, const struct json *row);

/* The mode of a file's authenticated rows. */
enum sm4_aead vectors_aead(struct run *r, const struct json *rows);

/* The two kinds of rows in the file of RFC 6962's hashes. */
fallible vector_hashing(struct run *r, const struct json *row);
fallible vector_root(struct run *r, const struct json *row, const struct json *leaves);
