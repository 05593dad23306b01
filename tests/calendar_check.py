#!/usr/bin/env python3
"""Due dates of the whole binary against files worked out elsewhere and against deadline_checker.py.

    calendar_check.py [--cases N] [--explained N] [--seed SEED]

Random clocks are drawn from the seed that is printed; half of the plain ones go through `calendar
batch`, the rest through `calendar explain --lines`, where every day of the derivation is compared.
"""
import argparse
import csv
import datetime
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import deadline_checker as oracle  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = os.environ.get("YANGGUAN", str(ROOT / "build-asan" / "yangguan"))
SHARED = pathlib.Path(os.environ.get("YANGGUAN_SHARED", ROOT.parent / "shared")) / "data"
CALENDAR = oracle.Calendar()
ONE = datetime.timedelta(days=1)
GROUNDS = list(oracle.GROUND_WORDS)
results = {"passed": 0, "failed": 0, "skipped": 0}


def run(*args, text=None):
    return subprocess.run([BINARY, "calendar", *args], input=text, capture_output=True, text=True, check=False)


def report(name, fault=None):
    results["failed" if fault else "passed"] += 1
    print(f"{'FAILED' if fault else 'ok'} {name}" + (f": {fault}" if fault else ""))


def batch(rows, *options):
    text = "id,kind,start,n,suspend_from,suspend_to\n" + "".join(",".join(map(str, r)) + "\n" for r in rows)
    done = run("batch", *options, text=text)
    return dict(line.split(",", 1) for line in done.stdout.splitlines()[1:]), done


def first_difference(pairs):
    for name, got, expected in pairs:
        if got != expected:
            return f"{name}: got {got}, expected {expected}"
    return None


def check_files():
    """LAW: 行政许可法 82, 行政许可法 45, 民法典 201, 民法典 202, 民法典 203"""
    for name in ("deadlines.csv", "deadlines-other.csv"):
        if not (SHARED / name).exists():
            print(f"skipped for want of data/{name}")
            results["skipped"] += 1
            continue
        with open(SHARED / name, encoding="utf-8", newline="") as f:
            rows = list(csv.DictReader(f))
        asked = [
            (r["id"], r.get("kind", "working"), r["start"], r.get("n") or r["working_days"])
            + (r.get("suspend_from", ""), r.get("suspend_to", ""))
            for r in rows
        ]
        got, _ = batch(asked)
        report(name, first_difference((r["id"], got.get(r["id"]), r["due"]) for r in rows))
        report(f"{name}, one call each", first_difference(one_call(a, r["due"]) for a, r in zip(asked, rows)))


def one_call(asked, due):
    name, kind, start, n, since, until = asked
    word = {"working": "due", "working-suspended": "suspended"}.get(kind, kind)
    span = [since, until] if kind == "working-suspended" else []
    return name, run(word, start, str(n), *span).stdout.strip(), due


# Arguments, exit status, standard output, what standard error names.
CALLS = [
    ("due 2026-02-10 20", 0, "2026-03-16", ""),
    ("due 2026-05-06 0", 0, "2026-05-06", ""),
    ("due 2026-05-02 0", 0, "2026-05-06", ""),
    ("due 2026-05-06 -1", 2, "", "negative"),
    ("due 2026-05-06 99999999999999999999", 2, "", "99999999999999999999"),
    ("due 2026-05-06 9999999999", 2, "", "2027"),
    ("due 2026-12-20 20", 2, "", "2027"),
    ("due 2027-03-01 1", 2, "", "2027"),
    ("due 2012-12-20 20", 2, "", "2012"),
    ("due 2012-12-31 1", 0, "2013-01-04", ""),
    ("due 1999-12-20 20", 2, "", "1999"),
    ("due 2026-12-20 20 --provisional", 0, "2027-01-18 provisional", ""),
    ("due 2027-01-29 5 --provisional", 0, "2027-02-09 provisional", ""),
    ("due 2099-12-01 90 --provisional", 2, "", "2099"),
    ("due 2026-02-29 1", 2, "", "2026-02-29"),
    ("due 2026-2-1 1", 2, "", "2026-2-1"),
    ("due 2026-02-10", 2, "", "usage"),
    ("due 2026-02-10 1 2", 2, "", "usage"),
    ("due 2026-02-10 1 --colour", 2, "", "--colour"),
    ("due 2026-02-10 1 --calendar /nowhere.csv", 2, "", "/nowhere.csv"),
    ("natural 2026-12-27 10", 2, "", "2027"),
    ("natural 2026-04-29 2", 0, "2026-05-06", ""),
    ("month 2024-01-31 1", 0, "2024-02-29", ""),
    ("month 2025-01-31 1", 0, "2025-02-28", ""),
    ("month 2025-12-31 2", 0, "2026-02-28", ""),
    ("month 2026-01-31 1200", 2, "", "2126"),
    ("natural 2026-01-31 40000", 2, "", "2135"),
    ("suspended 2026-05-06 5 2026-05-08 2026-05-07", 2, "", "before it begins"),
    ("suspended 2026-05-06 5 2026-01-01 2026-05-08", 0, "2026-05-14", ""),
    ("nonsense", 2, "", "usage"),
    ("", 2, "", "usage"),
]


def check_calls():
    for line, status, out, says in CALLS:
        done = run(*line.split())
        good = done.returncode == status and done.stdout.strip() == out and says in done.stderr
        report(f"calendar {line}", None if good else f"{done.returncode} {done.stdout!r} {done.stderr!r}")
    for word in ("due", "natural", "suspended", "month", "batch", "explain"):
        done = run(word, "--help")
        report(f"calendar {word} --help", None if done.returncode == 0 and "yangguan calendar " + word in done.stdout else "no example")


# A batch as it comes in, what goes out, the lines that standard error names.
BATCHES = [
    ('id,kind,start,n,suspend_from,suspend_to\n"a,""b""",working,2026-02-10,20,,\n', '"a,""b""",2026-03-16\n', []),
    ("\ufeffdue,n,start,kind,id\r\nx,20,2026-02-10,working,7\r\n\r\n", "7,2026-03-16\n", []),
    (
        "id,kind,start,n,suspend_from,suspend_to\n1,working,2026-02-10,20,2026-02-11,2026-02-12\n2,hours,2026-02-10,1,,\n"
        "3,working,2026-02-30,1,,\n4,working,2026-02-10,x,,\n5,working-suspended,2026-02-10,1,,\n6,working\n"
        "7,natural,2026-02-10,4,,\n8,working,2026-12-31,1,,\n",
        "1,\n2,\n3,\n4,\n5,\n6,\n7,2026-02-14\n8,\n",
        ["line 2:", "line 3: kind «hours»", "line 4:", "line 5:", "line 6:", "line 7:", "line 9: the calendar of 2027"],
    ),
]


def check_batches():
    for i, (text, out, says) in enumerate(BATCHES):
        done = run("batch", text=text)
        lines = done.stderr.splitlines()
        good = done.stdout == "id,due\n" + out and len(lines) == len(says) and done.returncode == (2 if says else 0)
        good = good and all(s in line for s, line in zip(says, lines))
        report(f"batch {i + 1}", None if good else f"{done.returncode} {done.stdout!r} {done.stderr!r}")
    for text in ("", "1,working,2026-02-10,20,,\n", "id,kind,start\n"):
        done = run("batch", text=text)
        report(f"batch without its header {text!r}", None if done.returncode == 2 and not done.stdout else done.stdout)


def check_mangled(rng, count):
    """Whatever comes in a line, an answer or a reason comes out, and nothing breaks."""
    lines = []
    for _ in range(count):
        line = list(json.dumps(draw_clock(rng), ensure_ascii=False))
        for _ in range(rng.choice([1, 1, 2, 8])):
            at = rng.randrange(len(line))
            line[at : at + rng.choice([0, 1, 5])] = rng.choice(['"', "9", "-", "[", "}", "null", "9" * 17, "工", "2026", ""])
        lines.append("".join(line))
    done = run("explain", "--lines", "--provisional", text="\n".join(lines) + "\n")
    answers = [json.loads(l) for l in done.stdout.splitlines()]
    good = len(answers) == count and all("error" in a or "running" in a for a in answers) and not done.stderr
    report(f"{count} mangled clocks", None if good and done.returncode in (0, 2) else f"{len(answers)} answers, {done.stderr[:300]}")


def check_other_calendar():
    """A year that the operator adds is no longer provisional; one taken away is missing."""
    text = oracle.DATA.joinpath("calendar.csv").read_text("utf-8")
    added = "".join(
        f"2027-{d},{name},{kind}\n"
        for d, name, kind in [
            ("01-01", "元旦", "holiday"), ("02-05", "春节", "holiday"), ("02-08", "春节", "holiday"),
            ("02-20", "春节", "makeup"), ("04-05", "清明节", "holiday"), ("05-03", "劳动节", "holiday"),
            ("06-09", "端午节", "holiday"), ("09-15", "中秋节", "holiday"), ("10-01", "国庆节", "holiday"),
        ]
    )
    with tempfile.TemporaryDirectory() as folder:
        more, less = pathlib.Path(folder, "more.csv"), pathlib.Path(folder, "less.csv")
        more.write_text("\ufeff" + text + added, "utf-8")  # as spreadsheets write it
        less.write_text("".join(l for l in text.splitlines(True) if not l.startswith("2026")), "utf-8")
        rows = [
            (run("due", "2027-02-04", "3", "--calendar", str(more)).stdout.strip(), "2027-02-11"),
            (run("due", "2027-02-18", "2", "--calendar", str(more)).stdout.strip(), "2027-02-20"),
            (run("due", "2025-12-30", "5", "--calendar", str(less)).returncode, 2),
            ("2026" in run("due", "2025-12-30", "5", "--calendar", str(less)).stderr, True),
            (run("due", "2025-12-01", "5", "--calendar", str(less)).stdout.strip(), "2025-12-08"),
        ]
        report("another calendar", first_difference((i, *r) for i, r in enumerate(rows)))


def draw_day(rng, last=datetime.date(2026, 12, 31)):
    if rng.random() < 0.35:  # around Spring Festival, National Day, the end of the year and of months
        year = rng.randint(2013, last.year)
        month, day = rng.choice([(1, 20), (2, 5), (9, 20), (9, 30), (12, 20), (1, 31), (4, 30), (2, 28)])
        return datetime.date(year, month, day) + rng.randint(-8, 8) * ONE
    return datetime.date(2012, 12, 1) + rng.randint(0, (last - datetime.date(2012, 12, 1)).days) * ONE


def expect(clock, provisional=False):
    try:
        return oracle.compute(clock, CALENDAR, provisional), None
    except oracle.Refused as why:
        return None, str(why)


def draw_plain(rng):
    kind = rng.choice(["working", "working", "natural", "month", "working-suspended", "working-suspended"])
    n = rng.choice([0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90]) if kind != "month" else rng.randint(0, 24)
    start = draw_day(rng)
    since = start + rng.randint(-30, 60) * ONE
    until = since + rng.choice([0, 1, 2, 6, 10, 30, 100]) * ONE
    return kind, start, n, since, until


def plain_clock(kind, start, n, since, until):
    clock = {"kind": kind.removesuffix("-suspended"), "law": "other", "start": start.isoformat(), "n": n}
    if kind == "working-suspended":
        clock["pauses"] = [{"ground": "experts", "from": since.isoformat(), "to": until.isoformat()}]
    return clock


def check_batch(rng, count, provisional):
    drawn = [draw_plain(rng) for _ in range(count)]
    rows = [
        (i, kind, start, n) + ((since, until) if kind == "working-suspended" else ("", ""))
        for i, (kind, start, n, since, until) in enumerate(drawn)
    ]
    got, done = batch(rows, *(["--provisional"] if provisional else []))
    refused, fault = 0, None
    for i, one in enumerate(drawn):
        answer, why = expect(plain_clock(*one), provisional)
        refused += why is not None
        due = "" if why else answer["due"].isoformat() + (" provisional" if answer["provisional"] else "")
        if got.get(str(i)) != due:
            fault = fault or f"{rows[i]}: got {got.get(str(i))}, expected {due or why}"
    if done.returncode != (2 if refused else 0) or done.stderr.count("\n") != refused:
        fault = fault or f"exit {done.returncode}, {refused} rows refused, {done.stderr.count(chr(10))} messages"
    report(f"{count} due dates{' with provisional ones' if provisional else ''}, {refused} refused", fault)


def draw_pauses(rng, start, law):
    grounds = GROUNDS[:8] if law == "permit" else GROUNDS[8:] if law == "disclosure" else GROUNDS
    if rng.random() < 0.02:
        grounds = GROUNDS
    pauses = []
    for _ in range(rng.choice([0, 0, 1, 1, 2, 3, 5])):
        since = start + rng.randint(-20, 80) * ONE
        until = since + rng.choice([-1, 0, 1, 2, 4, 10, 20, 40, 0, 5, 15, 3]) * ONE
        pauses.append({"ground": rng.choice(grounds), "from": since.isoformat(), "to": until.isoformat()})
        if rng.random() < 0.1:
            del pauses[-1]["to"]
    return pauses


def draw_extensions(rng, start):
    drawn = []
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2])):
        article, n = rng.choice([("行政许可法 42(1)", 10), ("行政许可法 42(2)", 15), ("政府信息公开条例 33", 20), ("本办法 7", 30)])
        drawn.append({
            "on": (start + rng.randint(-3, 30) * ONE).isoformat(),
            "n": n + (rng.random() < 0.03), "by": "本行政机关负责人", "article": article,
        })
    return drawn


def draw_clock(rng):
    law = rng.choice(["permit", "permit", "disclosure", "other"])
    kind = "working" if law != "other" or rng.random() < 0.3 else rng.choice(["natural", "month"])
    start = draw_day(rng)
    clock = {"kind": kind, "law": law, "n": rng.choice([0, 1, 2, 5, 7, 10, 20, 20, 20, 45]) if kind != "month" else rng.randint(0, 3)}
    if law == "permit" and rng.random() < 0.4:
        receipt = {"received": start.isoformat()}
        for key in ("noticed", "accepted"):
            if rng.random() < 0.5:
                receipt[key] = (start + rng.randint(-1, 14) * ONE).isoformat()
        clock["receipt"] = receipt
    else:
        clock["start"] = start.isoformat()
    if kind != "month" or rng.random() < 0.05:
        clock["pauses"] = draw_pauses(rng, start, law)
    if law != "permit" and rng.random() < 0.4:
        days = sorted(start + rng.randint(0, 25) * ONE for _ in range(rng.choice([1, 1, 2])))
        clock["restarts"] = [d.isoformat() for d in days]
    clock["extensions"] = draw_extensions(rng, start)
    if rng.random() < 0.5:
        clock["as_of"] = (start + rng.randint(-5, 60) * ONE).isoformat()
    return clock


def compare(clock, got, provisional):
    """What differs between our explanation and the checker's, or None."""
    answer, why = expect(clock, provisional)
    if (why is not None) != ("error" in got):
        return f"got {got.get('error', got.get('due'))}, expected {why or answer['due']}"
    if why:
        return None
    due = answer["due"].isoformat() if answer["due"] else None
    pairs = [("due", got["due"], due), ("running", got["running"], due is not None)]
    pairs += [(k, got[k], answer[k]) for k in ("deemed", "provisional", "total")]
    pairs += [(k, got[k], answer[k].isoformat()) for k in ("first", "start")]
    pairs.append(("sentences", len(got["sentences"]) in (2, 3, 4), True))
    if due:
        days = [(d["day"], d["number"], d["why"], d["name"]) for d in got["days"]]
        pairs += [("day", a, b) for a, b in zip(days, answer["days"])]
        pairs.append(("number of days", len(days), len(answer["days"])))
        before = answer["due"] - ONE
        while before > answer["start"] and not CALENDAR.works(before):
            before -= ONE
        pairs.append(("warn", got["warn"], max(before, answer["start"]).isoformat()))
        if "as_of" in clock:
            expected = oracle.figures(CALENDAR, clock, answer, datetime.date.fromisoformat(clock["as_of"]))
            pairs += [(k, got["figures"][k], v) for k, v in expected.items()]
    return first_difference(pairs)


def check_explained(rng, count, provisional):
    fault, refused, held, days = None, 0, 0, 0
    for at in range(0, count, 5000):
        clocks = [draw_clock(rng) for _ in range(min(5000, count - at))]
        options = ["--provisional"] if provisional else []
        done = run("explain", "--lines", *options, text="".join(json.dumps(c) + "\n" for c in clocks))
        lines = done.stdout.splitlines()
        if len(lines) != len(clocks):
            fault = fault or f"{len(lines)} answers to {len(clocks)} clocks: {done.stderr[:500]}"
            break
        for clock, line in zip(clocks, lines):
            got = json.loads(line)
            difference = compare(clock, got, provisional)
            if difference:
                fault = fault or f"{json.dumps(clock, ensure_ascii=False)}: {difference}"
            refused += "error" in got
            held += got.get("running") is False
            days += len(got.get("days", []))
    report(f"{count} explained clocks, {days} days, {refused} refused, {held} held", fault)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100000)
    parser.add_argument("--explained", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    args = parser.parse_args()
    print(f"seed {args.seed}")
    rng = random.Random(args.seed)
    check_files()
    check_calls()
    check_batches()
    check_other_calendar()
    check_mangled(rng, 2000)
    check_batch(rng, args.cases * 9 // 10, False)
    check_batch(rng, args.cases // 10, True)
    check_explained(rng, args.explained * 3 // 4, False)
    check_explained(rng, args.explained // 4, True)
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**results))
    return 1 if results["failed"] else 0


sys.exit(main())
