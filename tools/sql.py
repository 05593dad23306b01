#!/usr/bin/env python3
"""Turns schemas and queries into typed C.

`sql.py --out FOLDER ROOM…` reads ROOM/schema/*.sql and ROOM/queries.sql of each folder and writes
FOLDER/ROOM_sql.h, FOLDER/ROOM_sql.c and FOLDER/schema_sql.c.

A schema file holds `create table` and `create index` statements in the common subset of both
engines (types: bigint, text, bytea). Before a table stands its declaration and on each column's line
its comment:

    -- table: record system in main: every event, as it was hashed
    create table event (
        no bigint primary key,  -- number in the ledger, from 0
        ...
    );

Class: record, projection or state; scope: scoped, public or system; store: main, keys or state.

A query is a comment with its signature, its purpose, and one statement:

    -- event_by_id(id: i64) -> one { no: i64, body: str }
    -- The event of this id.
    select no, body from event where id = :id;

Types: i64, bool, str, bytes, date, instant; `?` behind a type admits NULL. Without `->` it writes.
A query on a scoped table must use :scope_from and :scope_to, or say `-- unscoped: reason`.
A line `-- pg: …` right before the statement gives PostgreSQL a statement of its own.
"""
import argparse
import pathlib
import re
import sqlite3
import sys

C_TYPES = {"i64": "i64", "bool": "bool", "str": "str", "bytes": "str", "date": "date", "instant": "instant"}
ENGINE_TYPES = {"bigint": "integer", "text": "text", "bytea": "blob"}
STORES = ("main", "keys", "state")


class Fault(Exception):
    pass


class Table:
    def __init__(self, room, name, klass, scope, store, purpose):
        self.room, self.name, self.klass, self.scope = room, name, klass, scope
        self.store, self.purpose, self.columns = store, purpose, []


class Query:
    def __init__(self, name, params, many, columns, doc):
        self.name, self.params, self.many, self.columns, self.doc = name, params, many, columns, doc
        self.sql, self.pg, self.unscoped = "", None, None


def c_string(text):
    text = " ".join(text.split())
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# ---- schema ----------------------------------------------------------------------------------

DECLARATION = re.compile(r"-- table: (record|projection|state) (scoped|public|system) in (\w+): (.+)")
COLUMN = re.compile(r"\s+(\w+) (bigint|text|bytea)\b[^-]*?(?:,)?\s*-- (.+)$")


def read_schema(path, room, tables, statements):
    declared = None
    lines = path.read_text("utf-8").splitlines()
    statement = []
    for number, line in enumerate(lines, 1):
        here = f"{path}:{number}"
        found = DECLARATION.match(line)
        if found:
            if found[3] not in STORES:
                raise Fault(f"{here}: no store «{found[3]}»")
            declared = found
            continue
        if line.startswith("--") or not line.strip():
            continue
        begin = re.match(r"create table (\w+)", line)
        if begin:
            if declared is None:
                raise Fault(f"{here}: table {begin[1]} has no «-- table:» line")
            tables[begin[1]] = Table(room, begin[1], *declared.groups())
            declared = None
        column = COLUMN.match(line)
        if column:
            tables[list(tables)[-1]].columns.append((column[1], column[2], column[3]))
        elif re.match(r"\s+\w+ (bigint|text|bytea)\b", line):
            raise Fault(f"{here}: a column without a comment")
        statement.append(re.sub(r"\s*--.*$", "", line))
        if line.split("--")[0].rstrip().endswith(";"):
            text = " ".join(" ".join(statement).split()).rstrip(";")
            target = re.search(r"create (?:table (\w+)|(?:unique )?index \w+ on (\w+))", text)
            if not target:
                raise Fault(f"{here}: only create table and create index")
            table = tables.get(target[1] or target[2])
            if table is None:
                raise Fault(f"{here}: no table {target[1] or target[2]}")
            statements.append((table, text))
            statement = []


def sqlite_ddl(text):
    text = re.sub(r"create (table|index|unique index) ", r"create \1 if not exists ", text)
    for name, engine in ENGINE_TYPES.items():
        text = re.sub(rf"\b{name}\b", engine, text)
    if text.startswith("create table if"):
        text += " strict" if "without rowid" not in text else ", strict"
    return text


def postgres_ddl(text):
    text = re.sub(r"create (table|index|unique index) ", r"create \1 if not exists ", text)
    text = text.replace(" without rowid", "")
    return re.sub(r"\btext\b", 'text collate "C"', text)


# ---- queries ---------------------------------------------------------------------------------

SIGNATURE = re.compile(r"-- (\w+)\(([^)]*)\)(?: -> (one|many) \{(.*)\})?\s*$")


def fields(text, here):
    out = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        found = re.match(r"^(\w+): (\w+)(\??)$", part)
        if not found or found[2] not in C_TYPES:
            raise Fault(f"{here}: «{part}» is no field")
        out.append((found[1], found[2], bool(found[3])))
    return out


def read_queries(path):
    queries, current = [], None
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        here = f"{path}:{number}"
        found = SIGNATURE.match(line)
        if found:
            current = Query(found[1], fields(found[2], here), found[3], fields(found[4] or "", here), "")
            queries.append(current)
        elif line.startswith("-- unscoped:"):
            current.unscoped = line[12:].strip()
        elif line.startswith("-- pg:"):
            current.pg = (current.pg or "") + " " + line[6:].strip()
        elif line.startswith("--"):
            if current is not None:
                current.doc += (" " if current.doc else "") + line[2:].strip()
        elif line.strip():
            if current is None:
                raise Fault(f"{here}: a statement without a signature")
            current.sql += " " + line.strip()
    for q in queries:
        q.sql = q.sql.strip().rstrip(";")
        if not q.doc:
            raise Fault(f"{path}: {q.name} doesn't say what it is for")
    return queries


def numbered(q, text, mark):
    names = [p[0] for p in q.params]

    def replace(found):
        if found[1] not in names:
            raise Fault(f"{q.name}: no parameter :{found[1]}")
        return f"{mark}{names.index(found[1]) + 1}"

    return re.sub(r"(?<![:\w]):(\w+)", replace, text)


def prepare(q, db, tables):
    """Prepares on SQLite; checks columns and the scope of the tables it touches."""
    touched = set()

    def authorize(action, one, two, base, trigger):
        if action in (sqlite3.SQLITE_READ, sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE):
            touched.add(one)
        return sqlite3.SQLITE_OK

    db.set_authorizer(authorize)
    sql = numbered(q, q.sql, "?")
    samples = [{"str": "", "bytes": b""}.get(kind, 0) for _, kind, _ in q.params]
    try:
        cursor = db.execute(sql if q.columns else "explain " + sql, samples)
    except sqlite3.Error as e:
        raise Fault(f"{q.name}: {e}") from None
    finally:
        db.set_authorizer(None)
    if q.columns and len(cursor.description) != len(q.columns):
        raise Fault(f"{q.name}: {len(cursor.description)} columns, {len(q.columns)} declared")
    if re.search(r"\blike\b|\bnow\(|current_time|select \*", q.sql, re.I):
        raise Fault(f"{q.name}: no LIKE, no engine clock, no *")
    scoped = [t for t in touched if t in tables and tables[t].scope == "scoped"]
    names = {p[0] for p in q.params}
    if scoped and not q.unscoped and not {"scope_from", "scope_to"} <= names:
        raise Fault(f"{q.name}: reads {', '.join(scoped)} without :scope_from and :scope_to")


def c_type(kind, null):
    if null and kind not in ("str", "bytes"):
        return "struct maybe_i64"
    return C_TYPES[kind]


def to_cell(name, kind, null):
    if kind in ("str", "bytes"):
        return f"cell_{'text' if kind == 'str' else 'bytes'}({name})"
    if null:
        return f"cell_maybe({name})"
    inner = {"i64": name, "bool": name, "date": f"{name}.days", "instant": f"{name}.ms"}[kind]
    return f"cell_i64({inner})"


def from_cell(cell, kind, null):
    if kind in ("str", "bytes"):
        return f"{cell}.text"
    if null:
        return f"cell_to_maybe({cell})"
    return {"i64": f"{cell}.n", "bool": f"{cell}.n != 0", "date": f"(date){{(i32){cell}.n}}",
            "instant": f"(instant){{{cell}.n}}"}[kind]


def declare(q):
    params = "".join(f", {c_type(k, n)} {name}" for name, k, n in q.params)
    if not q.columns:
        return f"void sql_{q.name}(struct db *db{params})"
    out = f"struct sql_{q.name} *out, bool *found" if q.many == "one" else f"struct sql_{q.name}_rows *out"
    return f"fallible sql_{q.name}(struct arena *a, struct db *db{params}, {out})"


def header(room, queries):
    out = [f"/* Made by tools/sql.py from {room}/queries.sql. */", "#pragma once", '#include "store/store.h"', ""]
    for q in queries:
        out.append(f"extern const struct query query_{q.name};")
        if q.columns:
            out.append(f"struct sql_{q.name} {{")
            out += [f"    {c_type(k, n)} {name};" for name, k, n in q.columns]
            out.append("};")
            if q.many == "many":
                out += [f"struct sql_{q.name}_rows {{", f"    struct sql_{q.name} *at;", "    size_t count;", "};"]
        out += [f"/* {q.doc} */", declare(q) + ";", ""]
    return "\n".join(out)


def letters(columns):
    """One a column: i, t or b; upper case where it may be NULL."""
    out = ({"str": "t", "bytes": "b"}.get(kind, "i") for _, kind, _ in columns)
    return "".join(c.upper() if null else c for c, (_, _, null) in zip(out, columns))


def body(q):
    cells = ", ".join(to_cell(*p) for p in q.params) or "{0}"
    out = [f"const struct query query_{q.name} = {{",
           f'    .name = "{q.name}",', f"    .sqlite = {c_string(numbered(q, q.sql, '?'))},",
           f"    .postgres = {c_string(numbered(q, (q.pg or q.sql).strip().rstrip(';'), '$'))},",
           f"    .params = {len(q.params)},", f"    .columns = {len(q.columns)},"]
    if q.columns:
        out.append(f'    .types = "{letters(q.columns).lower()}",')
    if q.params:
        out.append(f'    .param_types = "{letters(q.params)}",')
    out += ["};", "", declare(q), "{", f"    const struct cell params[] = {{{cells}}};", ""]
    if not q.columns:
        out += [f"    db_write(db, &query_{q.name}, params);", "}", ""]
        return out
    out += ["    struct cell *cells;", "    size_t count;", "",
            f"    TRY(db_rows(a, db, &query_{q.name}, params, &cells, &count));"]
    width = len(q.columns)
    if q.many == "one":
        out += ["    *found = count > 0;", "    if (count == 0)", "        return OK;"]
        out += [f"    out->{name} = {from_cell(f'cells[{i}]', k, n)};" for i, (name, k, n) in enumerate(q.columns)]
    else:
        out += [f"    out->at = NEW_N(a, count + 1, struct sql_{q.name});", "    out->count = count;",
                f"    for (size_t i = 0; i < count; i++, cells += {width}) {{"]
        out += [f"        out->at[i].{name} = {from_cell(f'cells[{i}]', k, n)};" for i, (name, k, n) in enumerate(q.columns)]
        out += ["    }"]
    out += ["    return OK;", "}", ""]
    return out


def schema_source(statements, queries):
    out = ["/* Made by tools/sql.py from the rooms' schema folders. */", '#include "store/store.h"', "",
           "const struct ddl schema_ddl[] = {"]
    for table, text in statements:
        store = f"STORE_{table.store.upper()}"
        klass = f"TABLE_{table.klass.upper()}"
        is_table = "true" if text.startswith("create table") else "false"
        out.append(f'    {{{store}, {klass}, {is_table}, "{table.room}", "{table.name}", {c_string(sqlite_ddl(text))},')
        out.append(f"     {c_string(postgres_ddl(text))}}},")
    out += ["};", "const size_t schema_ddl_count = sizeof schema_ddl / sizeof schema_ddl[0];", ""]
    out += [f"extern const struct query query_{q.name};" for q in queries]
    out += ["const struct query *const all_queries[] = {"] + [f"    &query_{q.name}," for q in queries]
    out += ["    0};", f"const size_t all_queries_count = {len(queries)};", ""]
    return "\n".join(out)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--out", type=pathlib.Path, required=True)
    args.add_argument("rooms", nargs="+", type=pathlib.Path)
    args = args.parse_args()
    tables, statements, everything = {}, [], []
    args.out.mkdir(parents=True, exist_ok=True)
    for room in args.rooms:
        for path in sorted(room.glob("schema/*.sql")):
            read_schema(path, room.name, tables, statements)
    db = sqlite3.connect(":memory:")
    for _, text in statements:
        db.execute(sqlite_ddl(text))
    for room in args.rooms:
        path = room / "queries.sql"
        if not path.exists():
            continue
        queries = read_queries(path)
        everything += queries
        for q in queries:
            prepare(q, db, tables)
        lines = [f'#include "{room.name}_sql.h"', ""]
        for q in queries:
            lines += body(q)
        (args.out / f"{room.name}_sql.h").write_text(header(room.name, queries), "utf-8")
        (args.out / f"{room.name}_sql.c").write_text("\n".join(lines), "utf-8")
    (args.out / "schema_sql.c").write_text(schema_source(statements, everything), "utf-8")


try:
    main()
except Fault as fault:
    print(fault, file=sys.stderr)
    sys.exit(1)
