#!/usr/bin/env bash
# Random histories of the ledger on both engines, for a minute; and the control: without syncs they
# must fail. What a user would lose: answered acts, or the proof that nobody changed them.
set -u
cd "$(dirname "$0")/.."
model=$(dirname "${YANGGUAN:-build-asan/yangguan}")/yangguan-model
passed=0 failed=0 skipped=0

ok() {
    echo "$1"
    passed=$((passed + 1))
}
bad() {
    echo "FAILED: $1"
    failed=$((failed + 1))
}

"$model" --seconds "${MODEL_SECONDS:-40}" --count 100000 && ok "histories on SQLite hold" || bad "a history on SQLite"
if [ -n "${YANGGUAN_PG-}" ]; then
    "$model" --seconds "${MODEL_PG_SECONDS:-15}" --count 100000 --postgres "$YANGGUAN_PG" &&
        ok "histories on PostgreSQL hold" || bad "a history on PostgreSQL"
else
    echo "skipped for want of PostgreSQL: histories on PostgreSQL"
    skipped=$((skipped + 1))
fi
if "$model" --seed 1 --count 20 --lie >/dev/null 2>&1; then
    bad "the control: histories hold on a disk that doesn't sync"
else
    ok "the control fails on a disk that doesn't sync"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
