#!/usr/bin/env python3
"""tools/laws.py finds what only one side names, however the comment is laid out."""
import pathlib
import subprocess
import sys
import tempfile

TOOL = pathlib.Path(__file__).resolve().parent.parent / "tools" / "laws.py"
# Code, test, what the tool must say (nothing: all is well); @ is the mark, so that these rows aren't
# taken for this project's own.
ROWS = [
    ("/* @ 行政许可法 82 */", "/* @ 行政许可法 82 */", []),
    ("/* @ 行政许可法 42(1): once */", "/* @ 行政许可法 42 */", []),
    ("/* @ 行政许可法 42 */", "/* @ 行政许可法 42(2), 45 */", ["45: no code"]),
    ("/* @ 行政许可法 42, 45; 民法典 201. 203 is elsewhere */", "/* @ 民法典 201 */", ["42: no test", "45: no test"]),
    ("/*\n * @ 行政许可法 82,\n * 民法典 203\n */", "/* @ 行政许可法 82 */", ["民法典 203: no test"]),
    ("/* @ 《民法典》 203 */", "// @ 民法典 203", []),
    ("/* @ 民法典 20 */", "/* @ 民法典 203 */", ["民法典 20: no test", "民法典 203: no code"]),
    ("/* @ none, 3 */", "", []),
    ("/* the law 民法典 203 */", "", []),
]


def say(code, test):
    with tempfile.TemporaryDirectory() as folder:
        room = pathlib.Path(folder, "src", "room")
        room.mkdir(parents=True)
        (room / "room.c").write_text(code.replace("@", "LAW:"), "utf-8")
        (room / "room_test.c").write_text(test.replace("@", "LAW:"), "utf-8")
        done = subprocess.run([sys.executable, TOOL, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


def main():
    failed = 0
    for code, test, expected in ROWS:
        status, out = say(code, test)
        lines = out.splitlines() if status else []
        good = len(lines) == len(expected) and all(any(e in l for l in lines) for e in expected)
        if not good or status != bool(expected):
            failed += 1
            print(f"FAILED {code!r}, {test!r}: exit {status}, {out}")
    print(f"{len(ROWS) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


sys.exit(main())
