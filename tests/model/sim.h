/*
 * sim -- a disk in memory that loses what wasn't synced.
 *
 * It serves SQLite as the file system named "sim" and our small files as a `struct disk`. A power
 * cut keeps, drops or tears each unsynced sector; a full disk and I/O errors come when asked for.
 */
#pragma once
#include "store/store.h"

struct sim;

enum sim_fault { SIM_NONE, SIM_FULL, SIM_IO_ERROR };

struct sim *sim_open(u64 seed); /* registers the file system; one at a time */
void sim_close(struct sim *s);

/* Power goes after so many more operations; 0 never. sim_cut does it now. */
void sim_cut_after(struct sim *s, int operations);
void sim_cut(struct sim *s);
bool sim_is_off(const struct sim *s);
void sim_power_on(struct sim *s); /* what survived is there */

/* The next operation that can fail so does, once. */
void sim_fail_next(struct sim *s, enum sim_fault fault, int after);
bool sim_failed(struct sim *s); /* did it come? */

void sim_lie_about_sync(struct sim *s, bool lie); /* the control: syncs do nothing */

struct disk *sim_disk(struct arena *a, struct sim *s, const char *folder);

/* Copies files whose name begins so; puts them back, removing others that begin so. */
struct sim_copy;
struct sim_copy *sim_save(struct arena *a, struct sim *s, const char *prefix);
void sim_restore(struct sim *s, const struct sim_copy *copy);

/* Do these bytes stand anywhere, in any file, freed parts included? */
bool sim_contains(const struct sim *s, str bytes);

/* The disk's own source of chance, below a bound. */
u64 sim_random(struct sim *s, u64 below);
