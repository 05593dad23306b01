#!/usr/bin/env bash
# Fuzzes a parser: tests/fuzz/run.sh flow SECONDS [SEED FOLDER…]. Needs clang with libFuzzer.
set -eu
cd "$(dirname "$0")/../.."
name=$1
seconds=$2
shift 2
mkdir -p "build-fuzz/corpus-$name"
mapfile -t sources < <(ls src/base/*.c "src/$name"/*.c | grep -v '_test\.c$')
clang -std=gnu17 -D_GNU_SOURCE -O1 -g -fsanitize=fuzzer,address,undefined -Isrc -I. \
    $(pkg-config --cflags libxml-2.0 jansson) "${sources[@]}" "tests/fuzz/${name}_fuzz.c" \
    $(pkg-config --libs libxml-2.0 jansson) -lm -o "build-fuzz/$name"
"build-fuzz/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1500 -max_len=20000 \
    -artifact_prefix=build-fuzz/ "build-fuzz/corpus-$name" "$@"
