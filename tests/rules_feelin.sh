#!/usr/bin/env bash
# Ten thousand generated expressions in yangguan and in npm's feelin 8.2.0 (Node 20 or newer; installed
# into build-feelin/ once): rules_feelin.sh [COUNT [SEED]]. What differs must fall in a class of
# docs/RULES-DIFFERENCES.md. Its own command, no part of ./check.
set -u
cd "$(dirname "$0")/.." || exit 2
peer=build-feelin
yangguan=$(realpath "${YANGGUAN:-build-asan/yangguan}")

if [ ! -d "$peer/node_modules/feelin" ]; then
    mkdir -p "$peer"
    echo '{"private":true,"type":"module"}' >"$peer/package.json"
    (cd "$peer" && npm install --silent --no-audit --no-fund feelin@8.2.0 >&2) || {
        echo "feelin: skipped for want of the package"
        echo "0 passed, 0 failed, 1 skipped"
        exit 0
    }
fi
cp tests/rules_feelin.mjs "$peer/"
if node "$peer/rules_feelin.mjs" "$yangguan" "${1:-10000}" "${2:-7}"; then
    echo "1 passed, 0 failed, 0 skipped"
else
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
