/*
 * yangguan -- composes the rooms and holds the command line.
 */
#pragma once
#include "base/base.h"

#define CLI(name, run, summary) int run(int argc, char **argv);
#include "yangguan/cli.def"
#undef CLI
