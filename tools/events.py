#!/usr/bin/env python3
"""Turns each room's events.def into typed C: structs, emit functions, kinds; `--doc` prints docs/EVENTS.md.

    # a comment
    event case_accepted 1 "受理" stream case=case stream application=application
      case       id     P
      officer    id     I
      promised   number P        # 行政许可法 42
      applicant  id     I
      name       text   PS of applicant
      remark     text?  I

A published line never changes: a new shape is the same name with the next version, and the room then has
`void upcast_NAME_1(struct arena *a, struct event *e)`; only the newest version has a struct, an emit
function and an apply. Flags behind the title: `local` (never sent to a neighbour), `quiet` (no apply).

Types: id, number, text, date, instant, flag, money, json. An id of 0, a text without pointer, a date or
instant of 0 is absent; `number?`, `flag?`, `money?` may be absent.

`events.py --out FOLDER ROOM…` writes FOLDER/ROOM_events.h and .c. A room implements
`void apply_NAME(struct db *db, struct arena *a, const struct event *event, const struct NAME *e)`.
"""
import argparse
import pathlib
import re
import sys

C_TYPES = {"id": "i64", "number": "i64", "text": "str", "date": "date", "instant": "instant",
           "flag": "bool", "money": "money", "json": "str"}
CLASSES = {"P": "FIELD_P", "I": "FIELD_I", "PS": "FIELD_PS", "IS": "FIELD_IS"}
AUDIENCE = {"P": "everybody", "I": "internal zone", "PS": "everybody, a person's", "IS": "internal zone, a person's"}
# Fields that every event has already: a second of that name could not be told apart.
ENVELOPE = ("id", "streams", "at", "recorded", "origin", "actor", "post", "body", "behalf", "channel", "idempotency",
            "cause", "request", "models")
MAYBE = ("number", "flag", "money")
# The envelope's names (docs/LEDGER-FORMAT.md): a field of the same name would be read from there.
ENVELOPE = {"id", "streams", "at", "recorded", "origin", "actor", "post", "body", "behalf", "channel", "idempotency",
            "cause", "request", "models"}


class Fault(Exception):
    pass


class Event:
    def __init__(self, name, version, title, streams, flags):
        self.name, self.version, self.title, self.streams, self.flags = name, version, title, streams, flags
        self.fields = []


class Field:
    def __init__(self, name, kind, maybe, klass, person, note):
        self.name, self.kind, self.maybe, self.klass, self.person, self.note = name, kind, maybe, klass, person, note

    def c_type(self):
        return "struct maybe_i64" if self.maybe and self.kind in MAYBE else C_TYPES[self.kind]


EVENT = re.compile(r'event (\w+) (\d+) "([^"]+)"((?: stream \w+=\w+)+)((?: local| quiet)*)\s*$')
FIELD = re.compile(r"\s+(\w+)\s+(\w+)(\??)\s+(P|I|PS|IS)(?: of (\w+))?\s*(?:#\s*(.*))?$")


def read(path):
    events = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        here = f"{path}:{number}"
        if not line.strip() or line.startswith("#"):
            continue
        found = EVENT.match(line)
        if found:
            streams = [s.split("=") for s in re.findall(r"stream (\w+=\w+)", found[4])]
            events.append(Event(found[1], int(found[2]), found[3], streams, found[5].split()))
            continue
        found = FIELD.match(line)
        if not found or not events:
            raise Fault(f"{here}: «{line.strip()}» is neither event nor field")
        if found[2] not in C_TYPES:
            raise Fault(f"{here}: no type {found[2]}")
        if (found[4] in ("PS", "IS")) != bool(found[5]):
            raise Fault(f"{here}: a person's field says «of» whose it is, and no other does")
        events[-1].fields.append(Field(found[1], found[2], bool(found[3]), found[4], found[5], found[6] or ""))
    check(path, events)
    return events


def check(path, events):
    seen = {}
    for e in events:
        if e.version != seen.get(e.name, 0) + 1:
            raise Fault(f"{path}: {e.name} {e.version} doesn't follow version {seen.get(e.name, 0)}")
        seen[e.name] = e.version
        names = {f.name: f for f in e.fields}
        if len(names) != len(e.fields):
            raise Fault(f"{path}: {e.name} names a field twice")
        for name in names:
            if name in ENVELOPE:
                raise Fault(f"{path}: {e.name}.{name} is a field of the envelope")
        for kind, field in e.streams:
            if field not in names or names[field].kind != "id":
                raise Fault(f"{path}: {e.name}: stream {kind} needs an id field {field}")
        if taken := ENVELOPE & set(names):
            raise Fault(f"{path}: {e.name}: {', '.join(sorted(taken))} is the envelope's name")
        for f in e.fields:
            if f.person and (f.person not in names or names[f.person].kind != "id"):
                raise Fault(f"{path}: {e.name}.{f.name}: {f.person} is no id field")


def newest(events):
    last = {}
    for e in events:
        last[e.name] = e
    return last


def header(room, events):
    out = [f"/* Made by tools/events.py from {room}/events.def. */", "#pragma once", '#include "ledger/ledger.h"', ""]
    for e in newest(events).values():
        out += [f"/* {e.title} */", f"struct {e.name} {{"]
        for f in e.fields:
            note = f" /* {f.note} */" if f.note else ""
            out.append(f"    {f.c_type()} {f.name};{note}")
        out += ["};", f"fallible emit_{e.name}(struct tx *tx, const struct {e.name} *e);"]
        if "quiet" not in e.flags:
            out.append(f"void apply_{e.name}(struct db *db, struct arena *a, const struct event *event,")
            out.append(f"    const struct {e.name} *e);")
        out.append("")
    for e in events:
        if e is not newest(events)[e.name]:
            out.append(f"void upcast_{e.name}_{e.version}(struct arena *a, struct event *e);")
    out += [f"extern const struct event_kind *const {room}_kinds[];", f"extern const size_t {room}_kind_count;", ""]
    return "\n".join(out)


def to_value(f):
    v = f"e->{f.name}"
    if f.maybe and f.kind in MAYBE:
        inner = {"number": f"value_i64(a, {v}.v)", "flag": f"value_flag({v}.v != 0)",
                 "money": f"value_id(a, {v}.v)"}[f.kind]
        text = f"{v}.is ? {inner} : value_absent()"
    else:
        text = {
            "id": f"{v} ? value_id(a, {v}) : value_absent()",
            "number": f"value_i64(a, {v})",
            "text": f"{v}.ptr ? value_text(a, {v}) : value_absent()",
            "date": f"{v}.days ? value_text(a, date_text(a, {v})) : value_absent()",
            "instant": f"{v}.ms ? value_i64(a, {v}.ms) : value_absent()",
            "flag": f"value_flag({v})",
            "money": f"value_id(a, {v}.cents)",
            "json": f"{v}.ptr ? (struct value){{.json = {v}}} : value_absent()",
        }[f.kind]
    if f.person:
        return f"value_of_person({text}, e->{f.person})"
    return text


def from_event(f):
    n = f'event, "{f.name}"'
    if f.maybe and f.kind in MAYBE:
        inner = "event_flag" if f.kind == "flag" else "event_i64"
        return f"(struct maybe_i64){{event_field({n}) != NULL, {inner}({n})}}"
    return {"id": f"event_i64({n})", "number": f"event_i64({n})", "text": f"event_maybe_text(a, {n})",
            "date": f"event_date(a, {n})", "instant": f"(instant){{event_i64({n})}}",
            "flag": f"event_flag({n})", "money": f"(money){{event_i64({n})}}",
            "json": f"event_json({n})"}[f.kind]


def body_of_emit(e):
    out = [f"fallible emit_{e.name}(struct tx *tx, const struct {e.name} *e)", "{"]
    out.append("    struct arena *a = tx->arena;")
    streams = ", ".join(f'{{S("{kind}"), e->{field}, 0}}' for kind, field in e.streams)
    out.append(f"    const struct stream_ref streams[] = {{{streams}}};")
    out.append(f"    const struct value values[] = {{")
    out += [f"        {to_value(f)}," for f in e.fields]
    out += ["    };", "", f"    return emit(tx, &{e.name}_{e.version}, streams, COUNT(streams), values);", "}", ""]
    return out


def body_of_apply(e):
    out = [f"static void read_{e.name}(struct db *db, struct arena *a, const struct event *event)", "{"]
    out.append(f"    const struct {e.name} e = {{")
    out += [f"        .{f.name} = {from_event(f)}," for f in e.fields if not f.person]
    out += ["    };", "", f"    apply_{e.name}(db, a, event, &e);", "}", ""]
    return out


def source(room, events):
    out = [f'#include "{room}_events.h"', ""]
    last = newest(events)
    for e in events:
        fields = ", ".join(f'{{"{f.name}", {CLASSES[f.klass]}}}' for f in e.fields)
        out += [f"static const struct field_decl {e.name}_{e.version}_fields[] = {{{fields}}};"]
        current, apply = last[e.name] is e, "quiet" not in e.flags
        if current and apply:
            out += body_of_apply(e)
        out += [f"static const struct event_kind {e.name}_{e.version} = {{",
                f'    .name = "{e.name}",', f"    .version = {e.version},"]
        if "local" in e.flags:
            out.append("    .local = true,")
        out += [f"    .fields = {e.name}_{e.version}_fields,", f"    .count = COUNT({e.name}_{e.version}_fields),"]
        if current and apply:
            out.append(f"    .apply = read_{e.name},")
        if not current:
            out.append(f"    .upcast = upcast_{e.name}_{e.version},")
        out += ["};", ""]
        if current:
            out += body_of_emit(e)
    kinds = ", ".join(f"&{e.name}_{e.version}" for e in events)
    out += [f"const struct event_kind *const {room}_kinds[] = {{{kinds}}};",
            f"const size_t {room}_kind_count = COUNT({room}_kinds);", ""]
    return "\n".join(out)


def document(rooms):
    out = ["# Events", "", "Made by `tools/events.py --doc`. Every event also carries the envelope (docs/LEDGER-FORMAT.md).", ""]
    for room, events in rooms:
        out += [f"## {room}", ""]
        for e in events:
            streams = ", ".join(kind for kind, _ in e.streams)
            out += [f"### {e.name} {e.version}: {e.title}", "", f"Streams: {streams}.", "",
                    "| field | type | who may see it | note |", "|---|---|---|---|"]
            for f in e.fields:
                out.append(f"| {f.name} | {f.kind}{'?' if f.maybe else ''} | {AUDIENCE[f.klass]}{' (' + f.person + ')' if f.person else ''} | {f.note} |")
            out.append("")
    return "\n".join(out)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--out", type=pathlib.Path)
    args.add_argument("--doc", action="store_true")
    args.add_argument("rooms", nargs="*", type=pathlib.Path)
    args = args.parse_args()
    rooms = [(room.name, read(room / "events.def")) for room in args.rooms]
    if args.doc:
        print(document(rooms))
        return
    args.out.mkdir(parents=True, exist_ok=True)
    for room, events in rooms:
        (args.out / f"{room}_events.h").write_text(header(room, events), "utf-8")
        (args.out / f"{room}_events.c").write_text(source(room, events), "utf-8")


try:
    main()
except Fault as fault:
    print(fault, file=sys.stderr)
    sys.exit(1)
