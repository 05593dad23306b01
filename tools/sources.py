#!/usr/bin/env python3
"""Lists files of the rooms below the folders: C code, `--tests` their tests, `--sql` schemas and
queries, `--sql-rooms` the folders that hold these, `--sql-made` what tools/sql.py makes of them,
`--pages` the folders of templates."""
import pathlib
import sys


def main():
    args = sys.argv[1:]
    if "--pages" in args:
        print(*sorted({str(p.parent) for p in pathlib.Path("src").glob("*/pages/*.html")}), sep="\n")
        return
    tests = "--tests" in args
    roots = [a for a in args if not a.startswith("--")]
    if any(a.startswith("--sql") for a in args):
        files = sorted(p for r in roots for p in pathlib.Path(r).rglob("*.sql"))
        rooms = sorted({p.parent.parent if p.parent.name == "schema" else p.parent for p in files}, key=str)
        made = [f"{p.parent.name}_sql.{c}" for p in files if p.name == "queries.sql" for c in "ch"]
        chosen = {"--sql": files, "--sql-rooms": rooms, "--sql-made": ["schema_sql.c", *made]}
        for path in next(chosen[a] for a in args if a in chosen):
            print(path)
        return
    if "--events" in args or "--events-made" in args:
        for path in sorted(p for r in roots for p in pathlib.Path(r).glob("*/events.def")):
            names = [f"{path.parent.name}_events.{c}" for c in "ch"]
            print(path if "--events" in args else "\n".join(names))
        return
    if "--model" in args:
        print("\n".join(str(p) for r in roots for p in sorted(pathlib.Path(r).glob("*.c"))))
        return
    for root in roots:
        for path in sorted(pathlib.Path(root).rglob("*.c")):
            is_test = path.name.endswith("_test.c") or path.parts[0] == "tests"
            apart = path.parts[:2] in (("tests", "tools"), ("tests", "model"), ("tests", "fuzz"))
            if apart or path == pathlib.Path("src/yangguan/main.c"):
                continue
            if is_test == tests:
                print(path)


main()
