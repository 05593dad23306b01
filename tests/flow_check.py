#!/usr/bin/env python3
"""`yangguan flow check` and `flow draw` against hand-made verdicts, broken and tricky procedures,
hostile files, and an oracle that plays every token game of random models."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = ROOT / "tests" / "flow"
YANGGUAN = os.environ.get("YANGGUAN", str(ROOT / "build-asan" / "yangguan"))
SHARED = pathlib.Path(os.environ.get("YANGGUAN_SHARED", ROOT.parent / "shared"))
if not SHARED.is_absolute():
    SHARED = ROOT / SHARED
sys.path.insert(0, str(HERE))
import oracle  # noqa: E402

MODELS = int(os.environ.get("FLOW_MODELS", "2200"))
FIRST_SEED = int(os.environ.get("FLOW_SEED", "1"))
passed = failed = skipped = 0


def ok(condition, what):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print("FAILED:", what)
    return condition


def run(*args):
    done = subprocess.run([YANGGUAN, "flow", *map(str, args)], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")


def check(path):
    status, out, err = run("check", path, "--json")
    try:
        return status, json.loads(out)
    except ValueError:
        return status, {"processes": [], "error": err[-400:]}


def shape(report):
    """Is it the JSON that CLI.md promises?"""
    for p in report["processes"]:
        if p["verdict"] not in ("sound", "unsound", "not proved", "malformed"):
            return False
        keys = {"id", "verdict", "runnable", "missing", "faults", "time"}
        if set(p) - {"region"} != keys or not isinstance(p["runnable"], bool):
            return False
        if any(set(m) != {"element", "type"} for m in p["missing"]):
            return False
        if any(set(f) != {"kind", "element", "name", "path"} for f in p["faults"]):
            return False
        if any(f["element"] and (not f["path"] or f["path"][-1] != f["element"]) for f in p["faults"]):
            return False
        if p["time"] is not None and set(p["time"]) != {"unit", "max", "bound", "path"}:
            return False
    return isinstance(report.get("file"), str)


def miwg():
    global skipped
    folder = SHARED / "data" / "bpmn-miwg"
    verdicts = json.loads((HERE / "miwg-verdicts.json").read_text("utf-8"))
    for name, processes in verdicts.items():
        if name == "about":
            continue
        if not (folder / name).exists():
            print(f"skipped for want of data/bpmn-miwg/{name}")
            skipped += 1
            continue
        status, report = check(folder / name)
        got = {p["id"]: p["verdict"] for p in report["processes"]}
        want = {p: v[0] for p, v in processes.items()}
        ok(got == want and shape(report), f"{name}: {got} instead of {want}")
        ok(status == (0 if all(v == "sound" for v in want.values()) else 1), f"{name}: exit {status}")
        draws(folder / name)


def draws(path):
    """The SVG is well-formed, has a title and no style; every word of the model is in it."""
    status, out, err = run("draw", path)
    try:
        svg = ET.fromstring(out)
    except ET.ParseError as e:
        ok(False, f"{path}: no XML: {e} {err[-300:]}")
        return None
    style = [e for e in svg.iter() if "style" in e.attrib or e.tag.endswith("}style")
             or "fill" in e.attrib or "stroke" in e.attrib]
    first = svg[0].tag.endswith("title") if len(svg) else False
    ok(status == 0 and svg.get("role") == "img" and not style and first and svg.get("viewBox"),
       f"{path}: not as it should be drawn")
    return svg


def broken():
    table = json.loads((HERE / "broken.json").read_text("utf-8"))
    for name, want in table.items():
        status, report = check(HERE / "broken" / name)
        faults = [f for p in report["processes"] for f in p["faults"] if f["kind"] == want["kind"]
                  and f["element"] == want["element"]]
        verdicts = [p["verdict"] for p in report["processes"]]
        if not ok(faults and shape(report), f"{name}: no {want['kind']} at {want['element']}: {report}"):
            continue
        ok(faults[0]["path"] == want["path"], f"{name}: path {faults[0]['path']}")
        ok(want["verdict"] in verdicts and status == want.get("status", 1),
           f"{name}: {verdicts}, exit {status}")
        kinds = {f["kind"] for p in report["processes"] for f in p["faults"]}
        ok(kinds <= {want["kind"], *want.get("also", [])}, f"{name}: also blamed for {kinds}")


def sound():
    for path in sorted((HERE / "sound").glob("*.bpmn")):
        status, report = check(path)
        weighty = [f for p in report["processes"] for f in p["faults"]
                   if f["kind"] not in ("condition-missing", "post-missing", "reference-missing")]
        verdicts = {p["verdict"] for p in report["processes"]}
        ok(status == 0 and verdicts == {"sound"} and not weighty and shape(report),
           f"{path.name}: blamed: {verdicts} {weighty}")


def shipped():
    for path in sorted((ROOT / "models" / "procedures").glob("*.bpmn")):
        status, report = check(path)
        for p in report["processes"]:
            ok(status == 0 and p["verdict"] == "sound" and p["runnable"] and not p["faults"],
               f"{path.name}: {p['verdict']} {p['faults']} {p['missing']}")
            ok(p["time"] is not None and p["time"]["bound"] is not None
               and p["time"]["max"] <= p["time"]["bound"], f"{path.name}: time {p['time']}")
        draws(path)


def hostile_files(folder):
    """Name, bytes: what nobody draws by mistake."""
    head = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">'
    bomb = "".join(f'<!ENTITY e{i} "{"&e%d;" % (i - 1) * 10}">' for i in range(1, 12))
    yield "empty", b""
    yield "not-xml", "这不是流程图".encode()
    yield "cut", (head + '<process id="p"><startEvent id="s"').encode()
    yield "html", b"<html><body/></html>"
    yield "no-namespace", b'<definitions><process id="p"/></definitions>'
    yield "binary", bytes(range(256)) * 100
    yield "nul", (head + "</definitions>\0").encode()
    yield "bomb", f'<!DOCTYPE d [<!ENTITY e0 "lol">{bomb}]>{head}<process id="&e11;"/></definitions>'.encode()
    yield "bomb-16", f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE d [<!ENTITY e0 "lol">{bomb}]>{head}<process id="&e11;"/></definitions>'.encode("utf-16")
    yield "file", f'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>{head}<process id="p" name="&x;"/></definitions>'.encode()
    yield "dtd", f'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd">{head}</definitions>'.encode()
    yield "large", (head + "<!--" + "x" * 10_000_000 + "--></definitions>").encode()
    yield "deep", (head + '<process id="p">' + "<a>" * 100_000).encode()
    deep = "".join(f'<subProcess id="s{i}">' for i in range(100))
    yield "deep-subs", (head + '<process id="p">' + deep + "</subProcess>" * 100 + "</process></definitions>").encode()
    many = "".join(f'<task id="t{i}"/>' for i in range(30_000))
    yield "many", (head + f'<process id="p">{many}</process></definitions>').encode()
    yield "latin", (head + '<process id="p" name="').encode() + b"\xff\xfe" + b'"/></definitions>'


def hostile():
    with tempfile.TemporaryDirectory() as folder:
        for name, data in hostile_files(folder):
            path = pathlib.Path(folder) / f"{name}.bpmn"
            path.write_bytes(data)
            start = time.monotonic()
            status, report = check(path)
            kinds = [(p["verdict"], f["kind"]) for p in report["processes"] for f in p["faults"]]
            ok(status == 1 and kinds == [("malformed", "malformed")], f"{name}: {status} {report}")
            ok("root:" not in json.dumps(report), f"{name} read another file")
            ok(time.monotonic() - start < 10, f"{name} took too long")
    status, _, err = run("check", "/nowhere/at/all.bpmn")
    ok(status == 2 and "all.bpmn" in err, f"a file that isn't there: {status}")
    ok(run("check")[0] == 2 and run("check", "a", "b")[0] == 2 and run("paint")[0] == 2, "bad calls")
    ok(run("--help")[0] == 0 and "example" in run("check", "--help")[1], "help")


def against_oracle():
    """Our verdict must be the oracle's, and no fault may be told that the oracle doesn't see."""
    compared = large = 0
    kinds_seen = {}
    for first in range(FIRST_SEED, FIRST_SEED + MODELS, 200):
        models = {f"p{s}": oracle.make(s) for s in range(first, min(first + 200, FIRST_SEED + MODELS))}
        with tempfile.NamedTemporaryFile(suffix=".bpmn", mode="w") as f:
            f.write('<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">')
            f.writelines(oracle.xml(m, p) for p, m in models.items())
            f.write("</definitions>")
            f.flush()
            _, report = check(f.name)
        results = {p["id"]: p for p in report["processes"]}
        for process, m in models.items():
            try:
                kinds, stuck, dead = oracle.Game(m).judge()
            except oracle.TooLarge:
                large += 1
                continue
            compared += 1
            for kind in kinds or {"sound"}:
                kinds_seen[kind] = kinds_seen.get(kind, 0) + 1
            one_model(process, m, results.get(process), kinds, stuck, dead)
    print(f"oracle: {compared} models compared, {large} too large for it, {kinds_seen}")
    ok(compared >= 0.9 * MODELS, f"only {compared} models compared")
    ok(MODELS < 1000 or all(kinds_seen.get(k, 0) >= 20 for k in
                            ("sound", "deadlock", "unsynchronised", "dead-element", "endless")),
       f"the random models are too much alike: {kinds_seen}")


def in_dead(m, node, dead):
    while m.scope[node]:
        node = m.scope[node]
        if node in dead:
            return True
    return False


def one_model(process, m, result, kinds, stuck, dead):
    if result is None:
        ok(False, f"{process}: no result")
        return
    # What is wrong inside a sub-process that is never entered is told too; the oracle can't see it.
    ours = [f for f in result["faults"] if f["kind"] not in ("condition-missing", "post-missing")
            and not in_dead(m, f["element"].split(".")[1], dead)]
    # A sub-process with a fault is taken to complete; what then follows outside is only likely.
    inner = [f for f in ours if m.scope[f["element"].split(".")[1]]]
    ours = inner or ours
    found = {f["kind"] for f in ours}
    told = {f["element"].split(".")[1] for f in ours if f["kind"] == "deadlock"}
    never = {f["element"].split(".")[1] for f in ours if f["kind"] == "dead-element"}
    good = (result["verdict"] == ("unsound" if kinds else "sound") and found <= kinds
            and told <= stuck and never <= dead)
    ok(good, f"{process}: {result['verdict']} {ours} but the oracle says {kinds} {stuck} {dead}")


PARTS = {"miwg": miwg, "broken": broken, "sound": sound, "shipped": shipped, "hostile": hostile,
         "oracle": against_oracle}


def main():
    for name, part in PARTS.items():
        if len(sys.argv) < 2 or name in sys.argv[1:]:
            start = time.monotonic()
            part()
            print(f"{name}: {time.monotonic() - start:.1f} s")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
