#!/usr/bin/env python3
"""Compares the law articles that code names with those that tests name: laws.py [ROOT]

A comment says `LAW: 行政许可法 42(1), 45; 民法典 201` and then, after a full stop, colon or line
end, whatever it likes. An article of the code that no test names has no test; one of the tests that
no code names is either a misspelling or a rule that nobody keeps. A paragraph in brackets is optional:
`行政许可法 42` on one side answers `行政许可法 42(1)` on the other. `--list` prints every article with
its places. Exit 1 on a difference.
"""
import pathlib
import re
import sys

SUFFIXES = {".c", ".h", ".def", ".sql", ".html", ".py", ".sh", ".js", ".bpmn", ".dmn"}
MARK = re.compile(r"\bLAW:\s*")
NUMBER = r"\d+(?:之\d+)?(?:\(\d+\))*"
ARTICLE = re.compile(rf"\s*(?:([一-鿿《》]+)\s+)?({NUMBER})")
COMMA = re.compile(r"\s*[,;，；、]")
MARGIN = re.compile(r"\n\s*(?:\*(?!/)|//|#|--)?[ \t]*")


def articles(text):
    """Yields (law, article, line) for each article after each mark."""
    for mark in MARK.finditer(text):
        line = text.count("\n", 0, mark.start()) + 1
        rest, law = MARGIN.sub(" ", text[mark.end() : mark.end() + 600]), None
        while found := ARTICLE.match(rest):
            law = found[1].strip("《》") if found[1] else law
            if law is None:
                break
            yield law, found[2], line
            rest = rest[found.end() :]
            comma = COMMA.match(rest)
            if not comma:
                break
            rest = rest[comma.end() :]


def is_test(path):
    return path.parts[0] == "tests" or path.name.endswith("_test.c")


def files(root):
    for folder in ("src", "tests", "data"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                yield path.relative_to(root), path.read_text("utf-8", errors="replace")


def collect(root):
    code, tests = {}, {}
    for path, text in files(root):
        for law, article, line in articles(text):
            (tests if is_test(path) else code).setdefault((law, article), []).append(f"{path}:{line}")
    return code, tests


def answered(key, others):
    """Does the other side name this article, or one of its paragraphs, or the whole of it?"""
    law, article = key
    return any(
        law == l and (article == a or article.startswith(a + "(") or a.startswith(article + "("))
        for l, a in others
    )


def main():
    args = sys.argv[1:]
    roots = [a for a in args if not a.startswith("--")]
    code, tests = collect(pathlib.Path(roots[0] if roots else "."))
    if "--list" in args:
        for law, article in sorted(code | tests):
            places = code.get((law, article), []) + tests.get((law, article), [])
            print(f"{law} {article}: {' '.join(places)}")
    alone = [(k, p, "no test names it") for k, p in sorted(code.items()) if not answered(k, tests)]
    alone += [(k, p, "no code names it") for k, p in sorted(tests.items()) if not answered(k, code)]
    for (law, article), places, why in alone:
        print(f"{places[0]}: {law} {article}: {why}")
    if not alone:
        print(f"laws: ok, {len(code)} articles in code, {len(tests)} in tests")
    return 1 if alone else 0


if __name__ == "__main__":
    sys.exit(main())
