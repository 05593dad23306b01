/* builtin_int -- the functions of builtin.def, each in the file of its kind. */
#pragma once
#include "rules/rules_int.h"

#define BUILTIN(word, words, letters, function)                                                    \
    fallible function(struct run *r, const feel *args, size_t count, feel *out);
#include "rules/builtin.def"
#undef BUILTIN

/* The result is null for this reason. */
fallible no(struct run *r, const char *why, feel *out);

/* pattern.c */
bool pattern_rewrite(struct arena *a, str pattern, str *out, int *groups);
str pattern_unspaced(struct arena *a, str pattern); /* flag x */

/* regex.c: *valid tells whether pattern and flags are well-formed. */
fallible regex_matches(struct run *r, str input, str pattern, str flags, bool *valid, bool *out);
fallible regex_replace(struct run *r, const str parts[4], bool *valid, str *out);
fallible regex_split(struct run *r, str input, str pattern, bool *valid, feel *out);
fallible regex_case(struct run *r, str input, bool upper, str *out);
