#!/usr/bin/env python3
"""Turns page templates into C: pages.py SRC FOLDER NAME OUT.c OUT.h OUT.d

FOLDER holds *.html; NAME is the room's. The language, one construct a pair of braces:

  {{ header "web/views.h" }}                 what the C file includes (structs of the views)
  {{ page name(c: struct x *, t: str) }}     begins void page_name(out, lang, c, t)
  {{ c.title }}   {{ s.at | day }}           a value, by format: escaped for where it stands
  {{ t "共 {n} 件" n=c.count }}               a message with placeholders
  {{ asset "yangguan.css" }}                 the address of an asset
  {{ each s in c.steps }} … {{ else }} … {{ end }}
  {{ if c.late }} … {{ elif not c.open }} … {{ else }} … {{ end }}
  {{ include top(c.page) }}                  another page function
  {{# a comment }}

`a.b` reaches into a struct, `a->b` through a pointer. Which escaping a value gets follows from the
place (text, attribute, start or part of an address); whether its type may stand there is decided by
the C compiler. What this program refuses: words outside messages, values where no escaping is safe
(tag and attribute names, scripts, styles, event attributes), unquoted attributes, a form that posts
without its forgery token, a branch that leaves the page in another state than its sister.
"""
import pathlib
import re
import sys

import assets

MARK = re.compile(r'\{\{((?:"(?:[^"\\]|\\.)*"|[^"])*?)\}\}', re.S)
PATH = r"[a-z_][a-z0-9_]*(?:(?:\.|->)[a-z_][a-z0-9_]*)*"
VALUE = re.compile(rf"^({PATH})(?:\s*\|\s*([a-z_]+))?$")
PAGE = re.compile(r"^page\s+([a-z_][a-z0-9_]*)\s*\((.*)\)$", re.S)
INCLUDE = re.compile(r"^include\s+([a-z_][a-z0-9_]*)\s*\((.*)\)$", re.S)
EACH = re.compile(rf"^each\s+([a-z_][a-z0-9_]*)\s+in\s+({PATH})$")
IF = re.compile(rf"^(?:if|elif)\s+(not\s+)?({PATH})$")
MESSAGE = re.compile(r'^t\s+"((?:[^"\\]|\\.)*)"(.*)$', re.S)
ARGUMENT = re.compile(rf'([a-z_]+)=({PATH})(?:\|([a-z_]+))?')
HOLE = re.compile(r"\{([a-z_]+)\}")
LETTER = re.compile(r"[^\W\d_]")
WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff01-\uff5e]")
SCALARS = {"str", "html", "i64", "bool", "date", "instant", "money"}
ADDRESSES = {"href", "src", "action", "formaction", "cite", "poster", "data", "xlink:href"}
SPOKEN = {"title", "alt", "placeholder", "label", "summary", "aria-label", "aria-description", "aria-valuetext"}
CHUNK = 1800


class Fault(Exception):
    pass


class Place:
    """Where in the HTML the next character stands."""

    def __init__(self, mode="text", tag="", attr="", quote="", begun=False):
        self.mode, self.tag, self.attr, self.quote, self.begun = mode, tag, attr, quote, begun
        self.opened = ""  # the element whose start tag was the last thing seen

    def key(self):
        return (self.mode, self.tag, self.attr, self.quote, self.begun)

    def copy(self):
        return Place(*self.key())

    def value_kind(self):
        """The function that writes a value here."""
        if self.mode == "text":
            return "text"
        if self.mode != "value":
            raise Fault(f"no value may stand in {self.mode}")
        if self.attr.startswith("on") or self.attr in ("style", "srcdoc", "srcset", "http-equiv"):
            raise Fault(f"no value may stand in the attribute {self.attr}")
        if self.attr in ADDRESSES:
            return "url_part" if self.begun else "url"
        return "attr"

    def feed(self, text):
        """Moves over literal HTML and returns the words that a reader would see."""
        seen, at = [], 0
        while at < len(text):
            at = getattr(self, "in_" + self.mode)(text, at, seen)
        return "".join(seen)

    def in_text(self, text, at, seen):
        self.opened = ""
        if text.startswith("<!--", at):
            self.mode = "comment"
            return at + 4
        found = re.compile(r"<(/?)([a-zA-Z!][a-zA-Z0-9:-]*)").match(text, at)
        if found:
            self.mode, self.tag = "tag", found[1] + found[2].lower()
            return found.end()
        if text[at] == "<":
            raise Fault("a bare «<»; write &lt;")
        entity = re.compile(r"&(?:[a-z]+|#\d+|#x[0-9a-f]+);").match(text, at)
        if entity:
            return entity.end()
        seen.append(text[at])
        return at + 1

    def in_comment(self, text, at, _seen):
        end = text.find("-->", at)
        if end < 0:
            return len(text)
        self.mode = "text"
        return end + 3

    def in_raw(self, text, at, _seen):
        end = re.compile(rf"</{self.tag}\s*>", re.I).search(text, at)
        if not end:
            return len(text)
        self.mode, self.tag = "text", ""
        return end.end()

    def in_tag(self, text, at, _seen):
        char = text[at]
        if char == ">":
            self.opened = self.tag
            raw = self.tag in ("script", "style")
            self.mode, self.tag = ("raw", self.tag) if raw else ("text", "")
            return at + 1
        if char.isspace() or char == "/":
            return at + 1
        found = re.compile(r"[^\s=>/\"'<]+").match(text, at)
        if not found:
            raise Fault(f"{char!r} in the tag {self.tag}")
        self.attr = found[0].lower()
        if self.attr.startswith("on") or self.attr == "style":
            raise Fault(f"the attribute {self.attr}: the content policy forbids it")
        after = found.end()
        if text[after : after + 1] != "=":
            return after
        self.quote = text[after + 1 : after + 2]
        if self.quote not in ('"', "'"):
            raise Fault(f"the value of {self.attr} has no quotes")
        self.mode, self.begun = "value", False
        return after + 2

    def in_value(self, text, at, seen):
        end = text.find(self.quote, at)
        piece = text[at:] if end < 0 else text[at:end]
        self.begun = self.begun or piece != ""
        if self.attr in SPOKEN or WIDE.search(piece):
            seen.append(piece)
        if end < 0:
            return len(text)
        self.mode, self.attr, self.quote, self.begun = "tag", "", "", False
        return end + 1


def signature(text):
    """[(name, type)] of «c: struct x *, t: str»."""
    found = []
    for part in [p.strip() for p in text.split(",") if p.strip()]:
        one = re.fullmatch(r"([a-z_][a-z0-9_]*)\s*:\s*(?:struct\s+([a-z_0-9]+)\s*\*|([a-z0-9]+))", part)
        if not one or (one[3] and one[3] not in SCALARS):
            raise Fault(f"parameter «{part}»: a struct pointer or one of {sorted(SCALARS)}")
        found.append((one[1], f"const struct {one[2]} *" if one[2] else one[3] + " "))
    return found


def c_text(text):
    out = []
    for byte in text.encode("utf-8"):
        char = chr(byte)
        if char in '"\\':
            out.append("\\" + char)
        elif char == "\n":
            out.append("\\n")
        elif byte < 32 or byte > 126 or char == "?":
            out.append(f"\\{byte:03o}")
        else:
            out.append(char)
    return '"' + "".join(out) + '"'


def all_signatures(src):
    found = {}
    for path in sorted(pathlib.Path(src).glob("*/pages/*.html")):
        for mark in MARK.finditer(path.read_text("utf-8")):
            page = PAGE.match(mark[1].strip())
            if page:
                found[page[1]] = signature(page[2])
    return found


class Writer:
    def __init__(self, path, known, assets_by_name):
        self.path, self.known, self.assets = path, known, assets_by_name
        self.code, self.headers, self.prototypes, self.messages = [], [], [], []
        self.literal = ""
        self.depth, self.count = 0, 0
        self.names, self.stack, self.place = None, [], Place()
        self.posts = self.tokens = 0
        self.fresh = False

    def line(self, text):
        self.code.append("    " * (1 + self.depth) + text)

    def at(self, number):
        self.code.append(f'#line {number} "{self.path}"')

    def flush(self):
        data = self.literal.encode("utf-8")
        self.literal = ""
        while data:
            size = min(CHUNK, len(data))
            while size < len(data) and data[size] & 0xC0 == 0x80:
                size -= 1
            self.line(f"buf_add(out, {c_text(data[:size].decode())}, {size});")
            data = data[size:]

    # -- names

    def lookup(self, path):
        """The C expression of a path."""
        if self.names is None:
            raise Fault("outside a page")
        first, rest = re.match(r"([a-z_][a-z0-9_]*)(.*)$", path).groups()
        if first not in self.names:
            raise Fault(f"«{first}» is no parameter or loop variable here")
        kind = self.names[first]
        if kind == "scalar":
            if rest:
                raise Fault(f"«{first}» has no fields")
            return first
        if not rest:
            return f"(*{first})" if kind == "item" else first
        return first + "->" + (rest[1:] if rest[0] == "." else rest[2:])

    def value(self, path, form):
        base = self.lookup(path)
        return f"format_{form}(out, lang, {base})" if form else base

    # -- constructs

    def open_page(self, name, parameters):
        if self.names is not None:
            self.close_page()
        pairs = signature(parameters)
        self.names = {n: "pointer" if "*" in t else "scalar" for n, t in pairs}
        self.place, self.posts, self.tokens, self.fresh = Place(), 0, 0, True
        head = f"void page_{name}(struct buf *out, const struct lang *lang"
        head += "".join(f", {t}{n}" for n, t in pairs) + ")"
        self.prototypes.append((head, [t for _, t in pairs]))
        self.code += ["", head, "{"]
        self.line("(void)lang;")
        for n, _ in pairs:
            self.line(f"(void){n};")

    def close_page(self):
        self.literal = self.literal.rstrip("\n")
        if self.stack:
            raise Fault(f"«{self.stack[-1][0]}» without {{{{ end }}}}")
        if self.place.mode != "text":
            raise Fault(f"the page ends inside {self.place.mode} of <{self.place.tag}>")
        if self.posts > self.tokens:
            raise Fault("a form that posts needs {{ include forgery(…) }} or a field _csrf in it")
        self.flush()
        self.code.append("}")

    def html(self, text):
        if self.names is None:
            if text.strip():
                raise Fault("text before the first {{ page … }}")
            return
        self.posts += len(re.findall(r'<form\b[^>]*method="post"', text, re.I))
        self.tokens += text.count('name="_csrf"')
        if self.fresh:
            text = text.lstrip()
            self.fresh = text == ""
        words = self.place.feed(text)
        if LETTER.search(words):
            raise Fault(f"words outside a message: {words.strip()[:40]!r}; write {{{{ t \"…\" }}}}")
        self.literal += re.sub(r"[ \t]*\n\s*", "\n", re.sub(r"<!--.*?-->", "", text, flags=re.S))
        if self.place.opened == "textarea":
            self.literal += "\n"  # a parser drops one there; a value's own must stay
            self.place.opened = ""

    def put(self, expression, kind=None):
        self.fresh = False
        kind = kind or self.place.value_kind()
        self.flush()
        self.line(f"out_{kind}(out, {expression});")
        if self.place.mode == "value":
            self.place.begun = True

    def message(self, key, rest):
        key = re.sub(r'\\(.)', r"\1", key)
        found = ARGUMENT.findall(rest)
        if ARGUMENT.sub("", rest).strip():
            raise Fault(f"arguments of a message: «{rest.strip()}»")
        holes, given = set(HOLE.findall(key)), {n for n, _, _ in found}
        if holes != given:
            raise Fault(f"placeholders {sorted(holes)} but arguments {sorted(given)}")
        self.messages.append(key)
        kind = self.place.value_kind()
        if kind.startswith("url"):
            raise Fault("a message in an address")
        self.flush()
        where = "PLACE_TEXT" if kind == "text" else "PLACE_ATTR"
        pieces = ", ".join(f'{{"{n}", piece_of(out, {self.value(p, f)})}}' for n, p, f in found)
        if pieces:
            self.line("{")
            self.line(f"    struct argument args_[] = {{{pieces}}};")
            self.line(f"    out_message(out, {where}, message(lang, {c_text(key)}), args_, {len(found)});")
            self.line("}")
        else:
            self.line(f"out_message(out, {where}, message(lang, {c_text(key)}), NULL, 0);")
        if self.place.mode == "value":
            self.place.begun = True

    def open_if(self, found):
        self.flush()
        self.line(f"if ({'!' if found[1] else ''}is_true({self.lookup(found[2])})) {{")
        self.stack.append(["if", self.place.copy(), [], False])
        self.depth += 1

    def branch(self, found):
        """«else» and «elif»; the else of an each writes what an empty list shows."""
        if not self.stack or self.stack[-1][3]:
            raise Fault("else without if or each")
        top = self.stack[-1]
        self.flush()
        top[2].append(self.place.key())
        self.place = top[1].copy()
        self.depth -= 1
        if top[0] == "each":
            self.close_names(top)
            self.line("}")
            self.line(f"if (({top[5]}).count == 0) {{")
            top[0], top[3] = "empty", True
        elif found:
            self.line(f"}} else if ({'!' if found[1] else ''}is_true({self.lookup(found[2])})) {{")
        else:
            self.line("} else {")
            top[3] = True
        self.depth += 1

    def open_each(self, name, path):
        if name in self.names:
            raise Fault(f"«{name}» is taken")
        self.flush()
        items = self.lookup(path)
        index = f"i{self.count}_"
        self.count += 1
        self.line(f"for (size_t {index} = 0; {index} < ({items}).count; {index}++) {{")
        self.depth += 1
        self.line(f"__typeof__(&({items}).at[0]) {name} = &({items}).at[{index}];")
        self.line(f"(void){name};")
        self.names[name] = "item"
        self.stack.append(["each", self.place.copy(), [], False, name, items])

    def close_names(self, top):
        if top[0] == "each":
            del self.names[top[4]]

    def end(self):
        if not self.stack:
            raise Fault("end of nothing")
        top = self.stack.pop()
        self.flush()
        ends = top[2] + [self.place.key()] + ([] if top[3] else [top[1].key()])
        if len({key[:4] for key in ends}) > 1:
            raise Fault(f"{top[0]}: the branches end in different places of the HTML")
        self.place.begun = any(key[4] for key in ends)
        if top[0] != "empty":
            self.close_names(top)
        self.depth -= 1
        self.line("}")

    def include(self, name, arguments):
        if name not in self.known:
            raise Fault(f"no page «{name}»")
        given = [a.strip() for a in arguments.split(",") if a.strip()]
        wanted = self.known[name]
        if len(given) != len(wanted):
            raise Fault(f"{name} takes {len(wanted)} arguments")
        if self.place.mode != "text":
            raise Fault("include stands in text only")
        if name == "forgery":
            self.tokens += 1
        self.flush()
        passed = []
        for path, (_, kind) in zip(given, wanted):
            expression = self.lookup(path)
            if "*" in kind:
                struct = kind.removeprefix("const ").removesuffix(" *")
                plain = path in self.names and self.names[path] in ("pointer", "item")
                passed.append(path if plain else f"page_ref({struct}, {expression})")
            else:
                passed.append(expression)
        self.line(f"page_{name}(" + ", ".join(["out", "lang"] + passed) + ");")

    def construct(self, text):
        if text.startswith("#"):
            return
        if found := re.fullmatch(r'header\s+"([a-z_/]+\.h)"', text):
            self.headers.append(found[1])
        elif found := PAGE.match(text):
            self.open_page(found[1], found[2])
        elif self.names is None:
            raise Fault("before the first {{ page … }}")
        elif found := EACH.match(text):
            self.open_each(found[1], found[2])
        elif text.startswith("if ") and (found := IF.match(text)):
            self.open_if(found)
        elif text.startswith("elif ") and (found := IF.match(text)):
            self.branch(found)
        elif text == "else":
            self.branch(None)
        elif text == "end":
            self.end()
        elif found := INCLUDE.match(text):
            self.include(found[1], found[2])
        elif found := MESSAGE.match(text):
            self.message(found[1], found[2])
        elif found := re.fullmatch(r'asset\s+"([^"]+)"', text):
            if found[1] not in self.assets:
                raise Fault(f"no asset «{found[1]}»")
            self.html(assets.address(self.assets[found[1]]))
        elif found := VALUE.match(text):
            self.put(self.value(found[1], found[2]))
        else:
            raise Fault(f"«{text}» is nothing that a template knows")

    def run(self):
        text = self.path.read_text("utf-8")
        at = 0
        try:
            for mark in MARK.finditer(text):
                self.html(text[at : mark.start()])
                at = mark.start()
                if self.names is not None:
                    self.flush_line(text.count("\n", 0, at) + 1)
                self.construct(mark[1].strip())
                at = mark.end()
            self.html(text[at:])
            if self.names is None:
                raise Fault("no {{ page … }}")
            self.close_page()
        except Fault as fault:
            sys.exit(f"{self.path}:{text.count(chr(10), 0, at) + 1}: {fault}")

    def flush_line(self, number):
        """A compiler's complaint about a value names the template's line."""
        self.flush()
        self.at(number)


def messages(path, known, assets_by_name):
    writer = Writer(path, known, assets_by_name)
    writer.run()
    return writer.messages


def main():
    src, folder, name, out_c, out_h, out_d = sys.argv[1:]
    folder = pathlib.Path(folder)
    paths = sorted(folder.glob("*.html"))
    known = all_signatures(src)
    for path in paths:
        for mark in MARK.finditer(path.read_text("utf-8")):
            if page := PAGE.match(mark[1].strip()):
                try:
                    known[page[1]] = signature(page[2])
                except Fault as fault:
                    sys.exit(f"{path}: {fault}")
    found = assets.files(src)
    writers = [Writer(path, known, found) for path in paths]
    for writer in writers:
        writer.run()
    headers = ['"web/web.h"'] + sorted({f'"{h}"' for w in writers for h in w.headers})
    code = [f"#include {h}" for h in dict.fromkeys(headers)] + [f'#include "{pathlib.Path(out_h).name}"']
    structs = sorted({t for w in writers for _, types in w.prototypes for t in types if "*" in t})
    head = ["#pragma once", '#include "base/base.h"', "struct lang;"]
    head += [t.removeprefix("const ").removesuffix(" *") + ";" for t in structs]
    for writer in writers:
        code += writer.code
        head += [p + ";" for p, _ in writer.prototypes]
    pathlib.Path(out_c).write_text("\n".join(code) + "\n", "utf-8")
    pathlib.Path(out_h).write_text("\n".join(head) + "\n", "utf-8")
    needs = [p.resolve() for p in paths + list(found.values())]
    needs += [p.resolve() for p in pathlib.Path(src).glob("*/pages")] + [folder.resolve()]
    needs += [pathlib.Path(__file__).resolve(), pathlib.Path(assets.__file__).resolve()]
    pathlib.Path(out_d).write_text(f"{out_c} {out_h}: " + " ".join(map(str, needs)) + "\n", "utf-8")


if __name__ == "__main__":
    main()
