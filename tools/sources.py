#!/usr/bin/env python3
"""Lists the C files of the rooms: `sources.py src` the code, `--tests` the tests."""
import pathlib
import sys


def main():
    args = sys.argv[1:]
    tests = "--tests" in args
    for root in [a for a in args if not a.startswith("--")]:
        for path in sorted(pathlib.Path(root).rglob("*.c")):
            is_test = path.name.endswith("_test.c") or path.parts[0] == "tests"
            if path.parts[:2] in (("tests", "tools"), ("tests", "fuzz")) or path == pathlib.Path("src/yangguan/main.c"):
                continue
            if is_test == tests:
                print(path)


main()
