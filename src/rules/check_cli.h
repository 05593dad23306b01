/* check_cli -- the command `rules check`. */
#pragma once
#include "rules/rules.h"

/* Prints the findings; *clean if there are none. */
fallible rules_check_run(struct arena *a, const char *path, bool as_json, bool *clean);
