#!/usr/bin/env python3
"""`yangguan rules check`: fifty seeded faults are found, fifty clean models aren't blamed, and on
random small tables gaps and overlaps are those of an independent brute-force oracle."""
import csv
import itertools
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
YANGGUAN = os.environ.get("YANGGUAN", "build-asan/yangguan")
TABLES = int(os.environ.get("RULES_TABLES", "1000"))
failures = []
passed = 0


def check(path):
    run = subprocess.run([YANGGUAN, "rules", "check", str(path), "--json"], capture_output=True, text=True)
    if run.returncode not in (0, 1):
        raise RuntimeError(f"{path}: exit {run.returncode}: {run.stderr[:400]}")
    report = json.loads(run.stdout)
    if bool(report["findings"]) != (run.returncode == 1):
        raise RuntimeError(f"{path}: exit {run.returncode} with {len(report['findings'])} findings")
    return report


def verdict(ok, what):
    global passed
    if ok:
        passed += 1
    else:
        failures.append(what)
        print("FAILED", what)


def faulty():
    for row in csv.DictReader(open(HERE / "rules/faulty/expected.csv", encoding="utf-8")):
        found = check(HERE / "rules/faulty" / row["file"])["findings"]
        rows = [int(n) for n in row["rows"].split()]
        hit = [f for f in found if f["kind"] == row["kind"] and row["place"] in f["place"]
               and (not rows or f["rows"] == rows)]
        others = {f["kind"] for f in found} - {row["kind"], *row["also"].split()}
        # A gap, overlap or conflict is nothing without an input that shows it.
        shown = all(f["example"] for f in hit if f["kind"] in ("gap", "overlap", "conflict"))
        verdict(hit and not others and shown, f"{row['file']}: {found}")


def clean():
    for path in sorted((HERE / "rules/clean").glob("*.dmn")):
        found = check(path)["findings"]
        verdict(not found, f"{path.name}: {found}")


# ---- random tables against brute force: nothing here knows of pieces ------------------------------

WORDS = ["a", "b", "c"]


def number_cell(rng):
    kind = rng.randrange(8)
    x, y = sorted((rng.randrange(0, 5), rng.randrange(0, 5)))
    if kind == 0:
        return "-", lambda v: True
    if kind == 1:
        return f"< {x}", lambda v: v < x
    if kind == 2:
        return f"<= {x}", lambda v: v <= x
    if kind == 3:
        return f"> {x}", lambda v: v > x
    if kind == 4:
        return f"{x}, {y}", lambda v: v in (x, y)
    if kind == 5:
        low, high = rng.randrange(2), rng.randrange(2)
        return (f"{'[('[low]}{x}..{y}{'])'[high]}",
                lambda v: (v > x if low else v >= x) and (v < y if high else v <= y))
    if kind == 6:
        return f"not({x})", lambda v: v != x
    return f"? >= {x} and ? != {y}", lambda v: v >= x and v != y


def word_cell(rng):
    some = rng.sample(WORDS, rng.randrange(1, 3))
    text = ", ".join(f'"{w}"' for w in some)
    kind = rng.randrange(3)
    if kind == 0:
        return "-", lambda v: True
    if kind == 1:
        return text, lambda v: v in some
    return f"not({text})", lambda v: v not in some


def truth_cell(rng):
    kind = rng.randrange(3)
    if kind == 0:
        return "-", lambda v: True
    return ("true", lambda v: v is True) if kind == 1 else ("false", lambda v: v is False)


COLUMNS = {"number": (number_cell, [n / 4 for n in range(-4, 24)]),
           "string": (word_cell, WORDS + ["z", "A"]),
           "boolean": (truth_cell, [True, False])}


def decision(i, hit, types, rows):
    ids = [f"i{i}_{k}" for k in range(len(types))]
    data = "".join(f'<inputData id="{ids[k]}" name="x{i} {k}"><variable name="x{i} {k}" typeRef="{t}"/></inputData>'
                   for k, t in enumerate(types))
    needs = "".join(f'<informationRequirement><requiredInput href="#{d}"/></informationRequirement>' for d in ids)
    columns = "".join(f'<input><inputExpression typeRef="{t}"><text>x{i} {k}</text></inputExpression></input>'
                      for k, t in enumerate(types))
    body = "".join("<rule>" + "".join(
        f"<inputEntry><text>{c[0].replace('<', '&lt;')}</text></inputEntry>" for c in cells)
        + f"<outputEntry><text>{out}</text></outputEntry></rule>" for cells, out in rows)
    return (f'{data}<decision id="d{i}" name="d{i}"><variable name="d{i}"/>{needs}'
            f'<decisionTable hitPolicy="{hit}">{columns}<output/>{body}</decisionTable></decision>')


def oracle(hit, types, rows):
    """Which pairs overlap (UNIQUE) or conflict (ANY), is there a gap, which rows of FIRST never win."""
    gap, pairs, winners, held = False, set(), set(), set()
    for point in itertools.product(*(COLUMNS[t][1] for t in types)):
        hits = [r for r, (cells, _) in enumerate(rows, 1) if all(c[1](v) for c, v in zip(cells, point))]
        gap |= not hits
        held.update(hits)
        winners.update(hits[:1])
        pairs.update(p for p in itertools.combinations(hits, 2)
                     if hit == "UNIQUE" or (hit == "ANY" and rows[p[0] - 1][1] != rows[p[1] - 1][1]))
    dead = set(range(1, len(rows) + 1)) - (winners if hit == "FIRST" else held)
    return gap, pairs, dead


def example_true(finding, i, types, rows):
    """Does the example really show the gap or the overlap?"""
    values = [finding["example"].get(f"x{i} {k}") for k in range(len(types))]
    hits = [r for r, (cells, _) in enumerate(rows, 1) if all(c[1](v) for c, v in zip(cells, values))]
    return not hits if finding["kind"] == "gap" else set(finding["rows"]) <= set(hits)


def random_tables():
    rng = random.Random(20260302)
    batch, size = [], 50
    for i in range(TABLES):
        hit = rng.choice(["UNIQUE", "ANY", "FIRST"])
        types = [rng.choice(list(COLUMNS)) for _ in range(rng.randrange(1, 4))]
        rows = [([COLUMNS[t][0](rng) for t in types], rng.randrange(3)) for _ in range(rng.randrange(1, 7))]
        batch.append((i, hit, types, rows))
        if len(batch) < size and i + 1 < TABLES:
            continue
        text = ('<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="m" namespace="urn:m">'
                + "".join(decision(*b) for b in batch) + "</definitions>")
        with tempfile.NamedTemporaryFile("w", suffix=".dmn", encoding="utf-8") as f:
            f.write(text)
            f.flush()
            report = check(f.name)
        for b in batch:
            compare(report, *b)
        batch = []


def compare(report, i, hit, types, rows):
    place = f"decision «d{i}»"
    mine = [f for f in report["findings"] if f["place"] == place or f["place"].startswith(place + ",")]
    judged = [t for t in report["tables"] if t["place"] == place]
    gap, pairs, dead = oracle(hit, types, rows)
    got_gap = any(f["kind"] == "gap" for f in mine)
    got_pairs = {tuple(f["rows"]) for f in mine if f["kind"] in ("overlap", "conflict")}
    got_dead = {f["rows"][0] for f in mine if f["kind"] == "unreachable"}
    shown = all(example_true(f, i, types, rows) for f in mine if f["kind"] in ("gap", "overlap", "conflict"))
    told = [([c[0] for c in cells], out) for cells, out in rows]
    verdict(judged and judged[0]["complete"] and (gap, pairs, dead) == (got_gap, got_pairs, got_dead) and shown,
            f"table {i} {hit} {types} {told}: oracle {(gap, pairs, dead)}, "
            f"got {(got_gap, got_pairs, got_dead)}, examples {'true' if shown else 'false'}")


faulty()
clean()
random_tables()
print(f"{passed} passed, {len(failures)} failed, 0 skipped")
sys.exit(1 if failures else 0)
