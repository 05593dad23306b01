#!/usr/bin/env python3
"""Fails on an include that points up: a room may include its own level's left side only.

Rooms of one level don't know each other; they meet in events.
"""
import pathlib
import re
import sys

LEVELS = [
    {"base"},
    {"crypto"},
    {"store"},
    {"ledger"},
    {"calendar", "rules"},
    {"flow", "forms"},
    {"web"},
    {"registry"},
    {"document", "notify", "search"},
    {"catalogue"},
    {"approval", "disclosure", "trading", "interaction"},
    {"windows", "supervision", "exchange"},
    {"portal"},
    {"yangguan"},
]
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
ONLY_BASE = {"rules"}
# Pure mathematics and formats that need nothing of their room: open to the rooms above.
OPEN = {"ledger/merkle.h", "ledger/note.h", "ledger/receipt.h", "calendar/kinds.def"}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([a-z]+)/([^"]+)"', re.M)


PAGES = re.compile(r'^\s*#\s*include\s+"([a-z]+)_pages\.h"', re.M)


def faults(path):
    room = path.parts[1]
    for other in PAGES.findall(path.read_text("utf-8")):
        if other in LEVEL and other != room and not (path.name.endswith("_test.c")):
            yield f"{path}: {other}_pages.h is private; {other}/{other}.h includes it"
    for other, name in INCLUDE.findall(path.read_text("utf-8")):
        if other == "tests" and path.name.endswith("_test.c"):
            continue
        if other == room:
            continue
        if other not in LEVEL:
            yield f"{path}: {other}/ is no room"
        elif LEVEL[other] >= LEVEL[room] or (room in ONLY_BASE and other != "base"):
            yield f"{path}: {room} may not include {other}/{name}"
        elif f"{other}/{name}" in OPEN:
            continue
        elif name not in (f"{other}.h", "err.def") and not name.endswith("_events.h"):
            yield f"{path}: {other}/{name} is private; include {other}/{other}.h"


def main():
    found = []
    for path in sorted(pathlib.Path("src").rglob("*.[ch]")):
        if path.parts[1] not in LEVEL:
            found.append(f"{path}: {path.parts[1]}/ is no room in tools/layers.py")
            continue
        found += faults(path)
    print("\n".join(found) or "layers: ok")
    return 1 if found else 0


sys.exit(main())
