/*
 * tar -- plain archives (POSIX ustar) of flat and shallow folders, streamed both ways.
 *
 * Invariants  what is read is accepted only if each name is relative, without «..», and at most 100
 *             bytes long; a header's checksum holds; a file is whole.
 */
#pragma once
#include "base/base.h"

enum { TAR_NAME_MOST = 100 };

struct tar_writer {
    int fd;
    i64 time; /* seconds, of each file */
};

/* A new archive; ERR_CONFLICT if the file is there. Readable by its owner only. */
fallible tar_begin(const char *path, i64 seconds, struct tar_writer *out);
fallible tar_text(struct tar_writer *t, const char *name, str bytes);
fallible tar_file(struct tar_writer *t, const char *name, const char *path);
fallible tar_end(struct tar_writer *t); /* durable when it returns */
void tar_drop(struct tar_writer *t);    /* without an end */

/*
 * Unpack into a folder that is there: `where` names the path of each file, or leaves *path NULL to
 * refuse the archive. Files are synced.
 */
struct tar_reader {
    fallible (*where)(void *ctx, struct arena *a, str name, const char **path);
    void *ctx;
};
fallible tar_unpack(const char *archive, const struct tar_reader *reader);
