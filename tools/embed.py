#!/usr/bin/env python3
"""Turns files into C arrays, so that the installed binary carries them: OUT.c NAME=FILE…

Each NAME becomes `const unsigned char NAME[]` and `const size_t NAME_len`; the declarations stand
in the private header of the room that uses them.
"""
import pathlib
import sys


def array(name, data):
    rows = [", ".join(map(str, data[i : i + 24])) for i in range(0, len(data), 24)]
    body = ",\n    ".join(rows + ["0"])
    return (
        f"extern const unsigned char {name}[];\nextern const size_t {name}_len;\n"
        f"const unsigned char {name}[] = {{\n    {body}}};\nconst size_t {name}_len = {len(data)};\n"
    )


def main():
    out, *pairs = sys.argv[1:]
    text = "#include <stddef.h>\n"
    for pair in pairs:
        name, _, path = pair.partition("=")
        text += array(name, pathlib.Path(path).read_bytes())
    pathlib.Path(out).write_text(text, "utf-8")


main()
