#!/usr/bin/env python3
"""Messages of pages and of C code.

  messages.py extract            writes po/yangguan.pot: every message and where it stands
  messages.py check              fails where po/*.po misses one, drops a placeholder or has a dead one
  messages.py table PO OUT.c OUT.d  writes the catalogues as C tables, sorted by key
"""
import pathlib
import re
import sys

import pages

HOLE = re.compile(r"\{([a-z_]+)\}")
C_TEXT = r'"(?:[^"\\]|\\.)*"'
IN_C = re.compile(rf"\bT\(\s*((?:{C_TEXT}\s*)+)\)")
IN_FIELDS = re.compile(rf"\bIN_FIELD_[A-Z]+\((?:[^()]|\([^()]*\))*?({C_TEXT})\s*\)")
IN_ERR = re.compile(rf"^ERROR\(\w+,\s*\d+,\s*({C_TEXT})\)", re.M)
IN_STATUS = re.compile(rf"^STATUS\(\d+,\s*({C_TEXT}),\s*({C_TEXT}),\s*({C_TEXT})\)", re.M)
IN_PAGE = re.compile(rf"^t\s+({C_TEXT})", re.S)


def unquoted(literals):
    text = "".join(part[1:-1] for part in re.findall(C_TEXT, literals))
    return text.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")


def of_file(path):
    text = path.read_text("utf-8")
    if path.suffix == ".html":
        for mark in pages.MARK.finditer(text):
            if found := IN_PAGE.match(mark[1].strip()):
                yield unquoted(found[1]), text.count("\n", 0, mark.start()) + 1
        return
    for pattern in (IN_C, IN_FIELDS, IN_ERR, IN_STATUS):
        for found in pattern.finditer(text):
            for literals in found.groups():
                yield unquoted(literals), text.count("\n", 0, found.start()) + 1


def all_messages():
    found = {}
    paths = [p for p in pathlib.Path("src").rglob("*") if p.suffix in (".c", ".h", ".def", ".html")]
    for path in sorted(paths):
        if path.name.endswith("_test.c") or path == pathlib.Path("src/web/web.h"):
            continue
        for key, line in of_file(path):
            if re.search(r"[^\x00-\x7f]", key) or HOLE.search(key):
                found.setdefault(key, []).append(f"{path}:{line}")
    return found


def po_quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def read_po(path):
    """{msgid: msgstr}; the header's empty msgid left out."""
    found, key, text, into = {}, None, None, None
    for line in path.read_text("utf-8").splitlines() + ["msgid \"\""]:
        if line.startswith("msgid "):
            if key:
                found[key] = text or ""
            key, text, into = unquoted(line[6:]), "", "key"
        elif line.startswith("msgstr "):
            text, into = unquoted(line[7:]), "text"
        elif line.startswith('"'):
            if into == "key":
                key += unquoted(line)
            else:
                text += unquoted(line)
    return found


def extract():
    lines = ['msgid ""', 'msgstr "Content-Type: text/plain; charset=UTF-8\\n"', ""]
    for key, places in sorted(all_messages().items()):
        lines += [f"#: {' '.join(places[:4])}", f"msgid {po_quoted(key)}", 'msgstr ""', ""]
    pathlib.Path("po/yangguan.pot").write_text("\n".join(lines), "utf-8")


def check():
    wanted, passed, failed = all_messages(), 0, 0
    for po in sorted(pathlib.Path("po").glob("*.po")):
        have = read_po(po)
        for key, places in wanted.items():
            text = have.get(key, "")
            if not text:
                print(f"{po}: {places[0]}: not translated: {key}")
            elif set(HOLE.findall(key)) != set(HOLE.findall(text)):
                print(f"{po}: {places[0]}: placeholders differ: {key} / {text}")
            else:
                passed += 1
                continue
            failed += 1
        for key in have.keys() - wanted.keys():
            print(f"{po}: no longer used: {key}")
            failed += 1
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


def table(folder, out_c, out_d):
    code, rows, needs = ['#include "web/web_int.h"', ""], [], []
    for po in sorted(pathlib.Path(folder).glob("*.po")):
        have = {k: v for k, v in read_po(po).items() if v}
        name = re.sub(r"\W", "_", po.stem)
        code.append(f"static const struct translation rows_{name}[] = {{")
        for key in sorted(have, key=lambda k: k.encode()):
            code.append(f"    {{{pages.c_text(key)}, {pages.c_text(have[key])}}},")
        code += ["    {NULL, NULL},", "};", ""]
        rows.append(f'    {{"{po.stem}", rows_{name}, {len(have)}}},')
        needs.append(str(po.resolve()))
    code += ["const struct lang web_catalogues[] = {"] + rows + ["    {NULL, NULL, 0},", "};"]
    code.append(f"const size_t web_catalogue_count = {len(rows)};")
    pathlib.Path(out_c).write_text("\n".join(code) + "\n", "utf-8")
    pathlib.Path(out_d).write_text(f"{out_c}: {' '.join(needs)}\n", "utf-8")
    return 0


def main():
    match sys.argv[1:]:
        case ["extract"]:
            return extract()
        case ["check"]:
            return check()
        case ["table", folder, out_c, out_d]:
            return table(folder, out_c, out_d)
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main())
