#!/usr/bin/env bash
# Twenty seconds of each fuzz target from the committed seeds; tests/fuzz/build.sh tells how to run
# an hour. A finding fails; what it was is written to build-fuzz/.
set -u
cd "$(dirname "$0")/.." || exit 2
folder=${FUZZ_FOLDER:-build-fuzz}
seconds=${FUZZ_SECONDS:-20}
export ASAN_OPTIONS=detect_leaks=1:quarantine_size_mb=32

if ! command -v clang >/dev/null && ! command -v clang-14 >/dev/null; then
    echo "fuzz targets: skipped for want of clang"
    echo "0 passed, 0 failed, 3 skipped"
    exit 0
fi
tests/fuzz/build.sh "$folder" || exit 1
passed=0
failed=0
for name in feel dmn eval; do
    words=feel
    [ $name = dmn ] && words=dmn
    grown=$(mktemp -d)
    if "$folder"/"rules_${name}_fuzz" -max_total_time="$seconds" -rss_limit_mb=512 -timeout=10 \
        -max_len=4096 -dict=tests/fuzz/$words.dict -artifact_prefix="$folder/$name-" \
        -print_final_stats=1 "$grown" tests/fuzz/corpus/$name >"$folder/$name.log" 2>&1; then
        passed=$((passed + 1))
        echo "rules_${name}_fuzz: $(grep -c . <(ls "$grown")) new inputs, $(grep -E '^Done' "$folder/$name.log")"
    else
        failed=$((failed + 1))
        echo "rules_${name}_fuzz: a finding"
        tail -n 30 "$folder/$name.log"
    fi
    rm -rf "$grown"
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
