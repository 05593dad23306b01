/* tck -- runs the cases of the DMN Technology Compatibility Kit; for the command line. */
#pragma once
#include "base/base.h"

/* Prints a line for each case; writes the kit's result file unless `results` is NULL. */
fallible tck_run(struct arena *a, const char *folder, const char *results, instant now, bool *ok);
