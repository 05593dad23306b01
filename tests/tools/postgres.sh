#!/usr/bin/env bash
# A PostgreSQL of a test's own, on a unix socket only:
#
#   postgres.sh start DIR [--sync] [--with PID] [SETTING=VALUE…]
#                                                     makes one in DIR, starts it, prints its address
#   postgres.sh again DIR                             starts it again after a stop
#   postgres.sh stop DIR [fast|immediate] [SECONDS]   stops it, after so long; immediate is a crash
#
# The address stands in DIR/url too. With --sync the new files are synced, for tests of crashes;
# fsync is on in either case. With --with the server ends, and DIR goes, when that process is gone
# without having stopped it. Run by root, the server runs as user postgres.
set -eu

usage() {
    sed -n '2,/^set/s/^# \?//p' "$0" >&2
    exit 2
}

[ $# -ge 2 ] || usage
verb=$1
self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
mkdir -p "$2"
dir=$(cd "$2" && pwd)
shift 2
cd / # the server's user may not enter where we are
bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
[ -x "$bin/initdb" ] || { echo "no PostgreSQL server on this machine" >&2; exit 1; }

as_server() {
    if [ "$(id -u)" = 0 ]; then
        runuser -u postgres -- "$@"
    else
        "$@"
    fi
}

# pg_ctl waits until the server answers.
up() {
    as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 start >/dev/null || {
        tail -n 20 "$dir/log" >&2
        exit 1
    }
    cat "$dir/url"
}

start() {
    local sync=--no-sync with='' setting socket=$dir
    [ "${1-}" != --sync ] || { sync=; shift; }
    [ "${1-}" != --with ] || { with=$2; shift 2; }
    [ "$(id -u)" != 0 ] || chown postgres "$dir"
    chmod 700 "$dir"
    # A socket's path has at most 107 bytes.
    [ ${#socket} -le 80 ] || socket=$(as_server mktemp -d /tmp/yangguan-socket-XXXXXX)
    # ICU's Chinese order as the default, so that a query that leans on it is found out.
    as_server "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C \
        --locale-provider=icu --icu-locale=zh $sync --no-instructions >"$dir/initdb.log" 2>&1 || {
        cat "$dir/initdb.log" >&2
        exit 1
    }
    {
        echo "listen_addresses = ''"
        echo "unix_socket_directories = '$socket'"
        echo "fsync = on"
        echo "log_min_messages = fatal"
        echo "log_min_error_statement = panic"
        for setting in "$@"; do echo "${setting%%=*} = '${setting#*=}'"; done
    } | as_server tee -a "$dir/data/postgresql.conf" >/dev/null
    echo "$socket" >"$dir/socket"
    echo "postgresql:///postgres?host=$socket&user=postgres" >"$dir/url"
    up
    [ -z "$with" ] || setsid "$self" watch "$dir" "$with" >/dev/null 2>&1 </dev/null &
}

stop() {
    sleep "${2-0}"
    [ -f "$dir/data/postmaster.pid" ] || return 0
    as_server "$bin/pg_ctl" -D "$dir/data" -w -t 60 -m "${1-fast}" stop >/dev/null
    local socket
    socket=$(cat "$dir/socket")
    [ "$socket" = "$dir" ] || rmdir "$socket" 2>/dev/null || true
}

# DIR is removed by whoever ends in good order.
watch() {
    while kill -0 "$1" 2>/dev/null; do
        [ -d "$dir/data" ] || exit 0
        sleep 1
    done
    [ ! -d "$dir/data" ] || { stop immediate && rm -rf "$dir"; }
}

case $verb in
watch) watch "$@" ;;
start) start "$@" ;;
again)
    for _ in $(seq 100); do # one that dies keeps its place until its last process is gone
        [ -f "$dir/data/postmaster.pid" ] || break
        sleep 0.1
    done
    mkdir -p "$(cat "$dir/socket")"
    [ "$(id -u)" != 0 ] || chown postgres "$(cat "$dir/socket")"
    up
    ;;
stop) stop "$@" ;;
*) usage ;;
esac
