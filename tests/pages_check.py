#!/usr/bin/env python3
"""Templates that must not build, and what the C compiler must not let pass."""
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("YANGGUAN", ROOT / "build-asan/yangguan")).resolve().parent

# body of «page x(c: struct thing *, s: str, h: html, d: date, b: bool, m: money)», part of the complaint
REFUSED = [
    ("<p>词</p>", "words outside a message"),
    ("<p>word</p>", "words outside a message"),
    ('<img alt="picture">', "words outside a message"),
    ('<a title="Über"></a>', "words outside a message"),
    ('<p data-x="词"></p>', "words outside a message"),
    ("<p class={{ s }}></p>", "no quotes"),
    ("<{{ s }}></p>", "bare «<»"),
    ("<p {{ s }}></p>", "no value may stand in tag"),
    ("<script>{{ s }}</script>", "no value may stand in raw"),
    ("<style>{{ s }}</style>", "no value may stand in raw"),
    ("<!-- {{ s }} -->", "no value may stand in comment"),
    ('<p onclick="{{ s }}"></p>', "content policy"),
    ('<p onclick="x()"></p>', "content policy"),
    ('<p style="color:red"></p>', "content policy"),
    ('<iframe srcdoc="{{ s }}"></iframe>', "srcdoc"),
    ('<img srcset="{{ s }}">', "srcset"),
    ('<form method="post" action="/x"></form>', "forgery"),
    ("{{ if b }}<p{{ end }}", "branches end in different places"),
    ('{{ if b }}<p title="{{ end }}', "branches end in different places"),
    ("{{ if b }}", "without {{ end }}"),
    ("{{ end }}", "end of nothing"),
    ("{{ else }}", "else without"),
    ("{{ each s in c.list }}{{ end }}", "is taken"),
    ("{{ nobody.name }}", "no parameter"),
    ("{{ s.name }}", "has no fields"),
    ("{{ s + s }}", "nothing that a template knows"),
    ("{{ system(s) }}", "nothing that a template knows"),
    ("{{ include nobody(c) }}", "no page"),
    ("{{ include forgery() }}", "takes 1 arguments"),
    ('{{ t "共 {n} 件" }}', "placeholders"),
    ('{{ t "共" n=s }}', "placeholders"),
    ('<a href="{{ t "共" }}"></a>', "message in an address"),
    ('{{ asset "nothing.css" }}', "no asset"),
    ("<p", "ends inside tag"),
    ('<p title="', "ends inside value"),
]

# what the generator lets pass and the compiler must not: a type where it isn't safe or known
UNCOMPILABLE = [
    '<p title="{{ h }}"></p>',
    '<a href="{{ h }}"></a>',
    '<a href="{{ d }}"></a>',
    '<a href="/x/{{ h }}"></a>',
    "{{ b }}",
    "{{ c.raw }}",
    "{{ c.nothing }}",
    "{{ s | day }}",
    "{{ d | money }}",
    "{{ m | day }}",
    "{{ include forgery(h) }}",
    '{{ t "共 {n} 件" n=b }}',
    "{{ c.number }}",
]

# must build and compile
FINE = [
    "<p>{{ s }}{{ h }}{{ d }}{{ m }}{{ d | day }}{{ m | money }}{{ c.count | count }}{{ s | lines }}</p>",
    '<a href="{{ s }}" title="{{ s }}{{ d }}">1 &nbsp; 2.</a><a href="/x/{{ s }}?d={{ d }}"></a>',
    "{{ each x in c.list }}{{ x }}{{ else }}0{{ end }}{{ if not b }}1{{ elif s }}2{{ else }}3{{ end }}",
    '<p{{ if b }} class="on"{{ end }}></p><script nonce="{{ s }}" src="/a.js"></script>',
    '{{ t "共 {n} 件{m}" n=c.count m=h }}<form method="post">{{ include forgery(s) }}</form>',
    "{{# words are fine here }}<!-- and here --><!DOCTYPE html>",
    "<p title='{{ if b }}{{ s }}{{ end }}'></p>",
]

HEADER = """#pragma once
#include "web/web.h"
struct thing {
    VEC(str) list;
    i64 count;
    const char *raw;
    double number;
};
"""


def generate(folder, body):
    (folder / "x.html").write_text(
        '{{ header "thing.h" }}\n{{ page x(c: struct thing *, s: str, h: html, d: date, b: bool, m: money) }}\n' + body,
        "utf-8")
    return subprocess.run([sys.executable, ROOT / "tools/pages.py", ROOT / "src", folder, "x", folder / "x.c",
                           folder / "x_pages.h", folder / "x.d"], capture_output=True, text=True)


def compiles(folder):
    flags = ["-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror",
             "-fsyntax-only"]
    return subprocess.run([os.environ.get("CC", "cc"), *flags, f"-I{ROOT / 'src'}", f"-I{BUILD}", f"-I{folder}",
                           folder / "x.c"], capture_output=True, text=True)


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "thing.h").write_text(HEADER)

        def count(ok, body, why):
            nonlocal passed, failed
            passed, failed = passed + ok, failed + (not ok)
            if not ok:
                print(f"FAILED {body!r}: {why[-900:]}")

        for body, complaint in REFUSED:
            made = generate(folder, body)
            count(made.returncode != 0 and complaint in made.stderr and "x.html:" in made.stderr, body, made.stderr)
        for body in UNCOMPILABLE:
            made = generate(folder, body)
            got = compiles(folder) if made.returncode == 0 else made
            count(made.returncode == 0 and got.returncode != 0 and "x.html:" in got.stderr, body, got.stderr)
        for body in FINE:
            made = generate(folder, body)
            got = compiles(folder) if made.returncode == 0 else made
            count(got.returncode == 0, body, got.stderr)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
