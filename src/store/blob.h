/*
 * blob -- files that events name: each by the SM3 of its content, in DIR/ab/, ab being the first
 * two digits of its name.
 *
 * Invariants  a blob is there whole or not at all, and durable before an event names it; what is
 *             written under one name is always the same bytes.
 * Threads     a folder may be used by all; a stream belongs to one thread.
 */
#pragma once
#include "base/base.h"
#include "crypto/crypto.h"

enum { BLOB_NAME = 64 }; /* lower-case hex digits */

struct blob_writer;

/* A stream into the folder, which is made if absent. blob_end or blob_drop ends it. */
fallible blob_begin(struct arena *a, const char *folder, struct blob_writer **out);
fallible blob_add(struct blob_writer *w, str bytes);
/* Durable when it returns: synced, renamed to its name, the folder synced. */
fallible blob_end(struct blob_writer *w, digest *name);
void blob_drop(struct blob_writer *w);

struct blob_reader;

/* ERR_NOT_FOUND. A name is BLOB_NAME digits, else ERR_INPUT. */
fallible blob_open(struct arena *a, const char *folder, str name, struct blob_reader **out);
i64 blob_size(const struct blob_reader *r);
/* The next bytes into the buffer; 0 at the end. */
fallible blob_read(struct blob_reader *r, void *out, size_t most, size_t *got);
void blob_close(struct blob_reader *r);

/* Is it what its name says? ERR_NOT_FOUND, ERR_CORRUPT. In constant memory. */
fallible blob_check(const char *folder, str name);

/* Calls for every blob, in no order. What isn't a blob's name is passed over. */
typedef fallible (*blob_visit)(void *ctx, str name, i64 size, i64 changed_ms);
fallible blob_list(const char *folder, blob_visit visit, void *ctx);

/*
 * Removes blobs that were last written before `before` (system time) and that `named` doesn't know,
 * and unfinished streams of that age. To be called with a day's distance: a command may be about
 * to name a blob that is younger.
 */
struct blob_sweep {
    bool (*named)(void *ctx, str name);
    void *ctx;
    instant before;
};
fallible blob_sweep(const char *folder, const struct blob_sweep *sweep, size_t *removed);
