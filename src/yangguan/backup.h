/*
 * backup -- an instance's data in one file, and back into a new folder; keys apart from data.
 */
#pragma once
#include "yangguan/instance.h"

/*
 * instance.json, state.db, yangguan.db and blobs/ as a tar, of one moment, while others write. The
 * state is copied first, so that no cursor is ahead of the ledger. ERR_UNSUPPORTED on PostgreSQL.
 */
fallible instance_backup(const char *dir, const char *file);

/* The key store, consistent, and the key files. The archive is as secret as they are. */
fallible instance_backup_keys(const char *dir, const char *file);

/*
 * `file` into a folder `dir` that isn't there or is empty; `keys` is the folder of the keys that
 * the instance had (its DIR/keys, or a copy), or an archive of backup-keys. The restored ledger
 * begins a new epoch (LEDGER.md «Restore»), which a folder of keys learns too: so the old instance
 * can't go on beside the new one, and a second restore takes the epoch after. Verified, *out says
 * how; the instance is closed again.
 */
struct restore {
    const char *file, *dir, *keys;
};
fallible instance_restore(struct arena *a, const struct restore *r,
                          const struct instance_options *o, struct verdict *out);
