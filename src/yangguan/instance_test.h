/*
 * instance_test -- an instance for tests: kinds with persons' values and blobs, and acts of them.
 */
#pragma once
#include "yangguan/instance.h"

extern const struct event_kind test_filed_1;

/* With the rooms' kinds and test_filed. The civil and system time is fixed, a second later a call.
 */
struct instance_options test_instance_options(void);
struct instance *test_instance(struct arena *a, const char *dir);

/*
 * Files `count` papers in batches of fifty, each by one of eight persons, every tenth with a blob;
 * a head is signed after each batch.
 */
void test_instance_file(struct arena *a, struct instance *i, int count);
