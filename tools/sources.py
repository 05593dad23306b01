#!/usr/bin/env python3
"""Lists the C files of the rooms: `sources.py src` the code, `--tests` the tests, `--pages`
the folders of templates."""
import pathlib
import sys


def main():
    args = sys.argv[1:]
    if "--pages" in args:
        print(*sorted({str(p.parent) for p in pathlib.Path("src").glob("*/pages/*.html")}), sep="\n")
        return
    tests = "--tests" in args
    for root in [a for a in args if not a.startswith("--")]:
        for path in sorted(pathlib.Path(root).rglob("*.c")):
            is_test = path.name.endswith("_test.c") or path.parts[0] == "tests"
            if path.parts[:2] == ("tests", "tools") or path == pathlib.Path("src/yangguan/main.c"):
                continue
            if is_test == tests:
                print(path)


main()
