#!/usr/bin/env python3
"""Turns files below src/*/assets into one C table, precompressed, each under an address with its hash.

assets.py SRC OUT.c OUT.d: the address changes with the content, so a browser may keep it for ever.
"""
import gzip
import hashlib
import pathlib
import sys

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".woff2": "font/woff2",
}


def files(src):
    found = {}
    for path in sorted(pathlib.Path(src).glob("*/assets/**/*")):
        if not path.is_file() or path.suffix not in TYPES:
            continue
        if path.name in found:
            sys.exit(f"{path}: {found[path.name]} has the same name")
        found[path.name] = path
    return found


def address(path):
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return f"/assets/{path.stem}.{digest}{path.suffix}"


def c_bytes(data):
    return ",".join(str(byte) for byte in data) or "0"


def main():
    src, out_c, out_d = sys.argv[1:]
    rows, arrays = [], []
    found = files(src)
    for at, path in enumerate(found.values()):
        data = path.read_bytes()
        small = gzip.compress(data, 9, mtime=0)
        if len(small) >= len(data):
            small = b""
        arrays.append(f"static const unsigned char plain_{at}[] = {{{c_bytes(data)}}};")
        arrays.append(f"static const unsigned char gzip_{at}[] = {{{c_bytes(small)}}};")
        rows.append(
            f'    {{"{address(path)}", "{TYPES[path.suffix]}", plain_{at}, {len(data)}, '
            f"gzip_{at}, {len(small)}}},"
        )
    text = ['#include "web/web_int.h"', ""] + arrays
    text += ["", "const struct asset web_assets[] = {"] + rows
    text += ["    {NULL, NULL, NULL, 0, NULL, 0},", "};", f"const size_t web_asset_count = {len(rows)};"]
    pathlib.Path(out_c).write_text("\n".join(text) + "\n", "utf-8")
    needs = [str(p.resolve()) for p in found.values()]
    needs += [str(p.resolve()) for p in pathlib.Path(src).glob("*/assets")]
    pathlib.Path(out_d).write_text(f"{out_c}: " + " ".join(needs) + "\n", "utf-8")


if __name__ == "__main__":
    main()
