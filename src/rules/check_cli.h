/* check_cli -- the commands `rules check` and `feel --batch`. */
#pragma once
#include "rules/rules.h"

/* Prints the findings; *clean if there are none. */
fallible rules_check_run(struct arena *a, const char *path, bool as_json, bool *clean);

/*
 * Standard input holds expressions, a JSON string a line; answers {"type": …, "value": …} or
 * {"error": …} a line. ERR_SYNTAX or ERR_INPUT at a line that isn't a JSON string.
 */
fallible feel_batch_run(struct arena *a);
