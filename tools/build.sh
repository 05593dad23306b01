#!/usr/bin/env bash
# Configures (again when files came or went) and builds: build.sh FOLDER [MESON OPTION…]
set -eu
cd "$(dirname "$0")/.."
folder=$1
shift

list=$(python3 tools/sources.py src; python3 tools/sources.py --pages src
    python3 tools/sources.py --tests src tests
    python3 tools/sources.py --sql src tests; python3 tools/sources.py --events src
    python3 tools/sources.py --model tests/model)
if [ ! -f "$folder/build.ninja" ]; then
    meson setup "$folder" "$@" >/dev/null
elif [ "$list" != "$(cat "$folder/sources.list" 2>/dev/null)" ]; then
    meson setup --reconfigure "$folder" "$@" >/dev/null
fi
echo "$list" >"$folder/sources.list"
ninja -C "$folder" --quiet
