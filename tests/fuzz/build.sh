#!/usr/bin/env bash
# Builds the fuzz targets into build-fuzz/ (or the folder given) (clang, libFuzzer, address and undefined-behaviour
# sanitizers; only base and rules). An hour of one of them, with its findings as files in build-fuzz:
#   build-fuzz/rules_feel_fuzz -max_total_time=3600 -rss_limit_mb=512 -timeout=10 -max_len=4096 \
#       -dict=tests/fuzz/feel.dict -artifact_prefix=build-fuzz/ build-fuzz/corpus-feel tests/fuzz/corpus/feel
set -eu
cd "$(dirname "$0")/../.."
out=${1:-build-fuzz}
cc=$(command -v clang-14 || command -v clang)
flags=(-std=gnu17 -g -O1 -D_GNU_SOURCE -Isrc -I. -fno-omit-frame-pointer
    -fsanitize=address,undefined -fno-sanitize-recover=all)
read -ra libraries < <(pkg-config --cflags libxml-2.0 libpcre2-8 jansson)
read -ra links < <(pkg-config --libs libxml-2.0 libpcre2-8 jansson)

mkdir -p "$out/objects"
newer() { [ ! -f "$2" ] || [ "$1" -nt "$2" ] || [ -n "$(find src tests/fuzz -name '*.[hd]*' -newer "$2" -print -quit)" ]; }
for source in src/base/*.c src/rules/*.c; do
    case $source in *_test.c) continue ;; esac
    object=$out/objects/$(echo "$source" | tr / _).o
    newer "$source" "$object" || continue
    echo "$cc ${flags[*]} ${libraries[*]} -fsanitize=fuzzer-no-link -c $source -o $object"
done | xargs -r -P 2 -I{} sh -c '{}'
for target in rules_feel_fuzz rules_dmn_fuzz rules_eval_fuzz; do
    "$cc" "${flags[@]}" "${libraries[@]}" -fsanitize=fuzzer "tests/fuzz/$target.c" "$out"/objects/*.o \
        "${links[@]}" -lbidgcc000 -lm -lpthread -o "$out/$target"
done
