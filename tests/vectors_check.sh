#!/usr/bin/env bash
# `yangguan vectors`: the shared vectors pass; whatever is altered in one is noticed.
set -u
cd "$(dirname "$0")/.." || exit 2
yangguan=${YANGGUAN:-build-asan/yangguan}
data=${YANGGUAN_SHARED:-../shared}/data/crypto
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
skipped=0

# expect NAME STATUS LAST-LINE-PATTERN FOLDER
expect() {
    local out status
    out=$("$yangguan" vectors "$4" 2>&1)
    status=$?
    if [ "$status" = "$2" ] && tail -n 1 <<<"$out" | grep -Eq "$3"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $1 (status $status)"
        tail -n 5 <<<"$out"
    fi
}

# one NAME STATUS LAST-LINE-PATTERN JSON: a folder with this one file, under a name that says nothing
one() {
    rm -rf "$work/one"
    mkdir "$work/one"
    printf '%s' "$4" >"$work/one/rows"
    expect "$1" "$2" "$3" "$work/one"
}

abc=66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0
one 'a digest that is right passes' 0 '^1 passed, 0 failed, 0 skipped$' \
    "[{\"msg\": \"616263\", \"digest\": \"$abc\"}]"
one 'a digest that is wrong fails' 1 '^0 passed, 1 failed, 0 skipped$' \
    "[{\"msg\": \"616264\", \"digest\": \"$abc\"}]"
one 'a field that is no hex fails' 1 '^0 passed, 1 failed' "[{\"msg\": \"61626\", \"digest\": \"$abc\"}]"
one 'an unknown layout fails' 1 '^0 passed, 1 failed, 0 skipped$' '[{"question": 1}]'
one 'an unknown row among known ones fails' 1 '^1 passed, 1 failed' \
    "[{\"msg\": \"616263\", \"digest\": \"$abc\"}, {\"msg\": \"616263\"}]"
one 'an empty list fails' 1 '^0 passed, 1 failed' '[]'
one 'an object of unknown keys fails' 1 '^0 passed, 1 failed' '{"hashes": []}'
one 'what is no JSON fails' 1 '^0 passed, 1 failed' 'text'
one 'a mode that no library has is skipped' 0 '^0 passed, 0 failed, 1 skipped$' \
    '[{"mode": "xts", "key": "", "iv": "", "pt": "", "ct": ""}]'
one 'a mode that does not exist fails' 1 '^0 passed, 1 failed' \
    '[{"mode": "xyz", "key": "0123456789abcdeffedcba9876543210", "iv": "", "pt": "", "ct": ""}]'
zero=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
one 'an index of 64 bits is read whole' 0 '^2 passed, 0 failed' \
    "[{\"leafIdx\": 18446744073709551615, \"treeSize\": 18446744073709551615, \"root\": \"$zero\",
       \"leafHash\": \"$zero\", \"proof\": null, \"wantErr\": true},
      {\"leafIdx\": 0, \"treeSize\": 1, \"root\": \"$zero\", \"leafHash\": \"$zero\",
       \"proof\": null, \"desc\": \"12345678901234567890 \\\" 12345678901234567890\"}]"

mkdir "$work/empty"
expect 'an empty folder has nothing to fail' 0 '^0 passed, 0 failed, 0 skipped$' "$work/empty"
expect 'a folder that is not there is an error' 2 'No such file' "$work/absent"

# Every file of the shared vectors; then each with one hex or base64 character of a row that must
# hold altered, under another name.
if [ -d "$data" ]; then
    expect 'all shared vectors pass' 0 '^[1-9][0-9]* passed, 0 failed, [0-9]+ skipped$' "$data"
    for file in "$data"/*.json; do
        case $file in *subtree*) continue ;; esac
        rm -rf "$work/one"
        mkdir "$work/one"
        python3 - "$file" "$work/one/rows" <<'PYTHON'
import json
import sys

ORDER = ["digest", "tag", "sig_der", "ct_der", "root", "root2", "want", "ct"]


def spoil(row):
    for key in ORDER:
        text = row.get(key)
        if text:
            at = len(text) // 2
            row[key] = text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1:]
            return True
    return False


def holds(row):
    return (row.get("result", "valid") == "valid" and not row.get("wantErr")
            and row.get("mode") != "xts")


source, target = sys.argv[1:]
data = json.load(open(source, encoding="utf-8"))
rows = data if isinstance(data, list) else data["roots"]
assert any(holds(row) and spoil(row) for row in rows)
json.dump(data, open(target, "w", encoding="utf-8"))
PYTHON
        expect "an altered $(basename "$file") fails" 1 ' 1 failed' "$work/one"
    done
else
    echo 'skipped for want of data/crypto: the shared vectors'
    skipped=1
fi

"$yangguan" vectors --help | grep -q '^example: ' && passed=$((passed + 1)) || failed=$((failed + 1))
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
