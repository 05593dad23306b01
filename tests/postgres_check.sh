#!/usr/bin/env bash
# tests/tools/postgres.sh itself: what it starts answers on its own socket alone, and it stops no other.
set -u
cd "$(dirname "$0")/.." || exit 2
tool=tests/tools/postgres.sh
base=$(mktemp -d /tmp/yangguan-pg-XXXXXX)
chmod 711 "$base"
one=$base/one
two=$base/$(printf 'a-long-name-%.0s' 1 2 3 4 5 6 7) # longer than a socket's path may be
passed=0
failed=0

clean() {
    $tool stop "$one" immediate
    $tool stop "$two" immediate
    rm -rf "$base"
}
trap clean EXIT
trap 'exit 130' INT TERM

holds() {
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not so: $name"
    fi
}

says() {
    [ "$(psql -XAtc "$2" "$(cat "$1/url")" 2>&1)" = "$3" ]
}

silent() {
    ! psql -XAtc 'select 1' "$(cat "$1/url")" >/dev/null 2>&1
}

holds 'start prints the address' test "$($tool start "$one" work_mem=5MB)" = "$(cat "$one/url")"
holds 'it answers' says "$one" 'select 1' 1
holds 'a setting is taken' says "$one" 'show work_mem' 5MB
holds 'fsync is on' says "$one" 'show fsync' on
holds 'commits are synchronous' says "$one" 'show synchronous_commit' on
holds 'it has no address but the socket' says "$one" 'show listen_addresses' ''
holds 'the default order is not that of bytes' says "$one" "select 'a' < 'B'" t
holds 'a long folder name is no matter' test -n "$($tool start "$two")"
holds 'both answer' says "$two" 'select 2' 2
psql -Xqc 'create table t as select 1 as n' "$(cat "$one/url")" # durable: committed
$tool stop "$one" immediate
holds 'the stopped one is silent' silent "$one"
holds 'the other one is not' says "$two" 'select 2' 2
$tool again "$one" >/dev/null
holds 'what was committed is there after a crash' says "$one" 'select n from t' 1
holds 'a folder without a server can be stopped' $tool stop "$base/none"
holds 'a verb that is none is refused' bash -c "! $tool dance $base/none 2>/dev/null"

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
