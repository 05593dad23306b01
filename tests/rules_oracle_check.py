#!/usr/bin/env python3
"""FEEL against Python: decimals against decimal, days against datetime, zones against zoneinfo."""
import datetime
import decimal
import json
import os
import random
import subprocess
import sys
import zoneinfo

YANGGUAN = os.environ.get("YANGGUAN", "build-asan/yangguan")
ZONES = ["Europe/Paris", "Asia/Shanghai", "America/New_York", "Australia/Sydney", "Asia/Kolkata",
         "Africa/Casablanca", "Europe/Dublin", "Asia/Kathmandu", "Pacific/Apia", "Asia/Tehran",
         "America/St_Johns", "Etc/UTC"]
CHUNK = 400
D = decimal.Decimal


def evaluate(expressions):
    """The values of many expressions, some hundreds in one run; numbers as Decimal."""
    values = []
    for at in range(0, len(expressions), CHUNK):
        text = "[" + ", ".join(expressions[at:at + CHUNK]) + "]"
        run = subprocess.run([YANGGUAN, "feel", text], capture_output=True, text=True, check=False)
        if run.returncode != 0:
            sys.exit(f"{run.stderr}\n0 passed, 1 failed, 0 skipped")
        values += json.loads(run.stdout, parse_int=D, parse_float=D)
    return values


def number(rng):
    kind = rng.random()
    if kind < 0.4:
        return str(rng.randint(-10 ** rng.randint(1, 20), 10 ** rng.randint(1, 20)))
    if kind < 0.8:
        return str(round(rng.uniform(-1000, 1000), rng.randint(0, 6)))
    return f"{rng.randint(0, 9)}.{rng.randint(0, 10 ** 30)}e{rng.randint(-30, 30)}"


def decimals(rng):
    """(expression, expected, how close in units of the 34th digit)"""
    decimal.getcontext().prec = 34
    for _ in range(6000):
        a, b, op = number(rng), number(rng), rng.choice("+-*/")
        x, y = D(a), D(b)
        if op == "/" and y == 0:
            continue
        value = {"+": x.__add__, "-": x.__sub__, "*": x.__mul__, "/": x.__truediv__}[op](y)
        yield f"({a}) {op} ({b})", value, 0
    for _ in range(400):
        a = f"{rng.uniform(0.001, 90):.9f}"
        yield f"sqrt({a})", D(a).sqrt(), 0
        yield f"exp({a})", D(a).exp(), 20
        yield f"log({a})", D(a).ln(), 20


def days(rng):
    for _ in range(1500):
        d = datetime.date(rng.randint(2, 9998), rng.randint(1, 12), rng.randint(1, 28))
        n = rng.randint(-400, 400)
        sign = "-" if n < 0 else ""
        yield f'date("{d}") + duration("{sign}P{abs(n)}D")', (d + datetime.timedelta(n)).isoformat()
        yield f'week of year(date("{d}"))', D(d.isocalendar()[1])
        yield f'day of year(date("{d}"))', D(d.timetuple().tm_yday)
        yield f'date("{d}").weekday', D(d.isoweekday())


def offsets(rng):
    for _ in range(3000):
        zone = rng.choice(ZONES)
        t = datetime.datetime(rng.randint(1880, 2200), rng.randint(1, 12), rng.randint(1, 28),
                              rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59))
        offset = t.replace(tzinfo=zoneinfo.ZoneInfo(zone)).utcoffset()
        yield f'@"{t.isoformat()}@{zone}".time offset / @"PT1S"', D(int(offset.total_seconds()))


def close(got, expected, units):
    if units == 0 or got is None:
        return got == expected
    return abs(got - expected) <= units * expected.copy_abs() * D("1e-33")


def main():
    rng = random.Random(20260302)
    cases = list(decimals(rng)) + [(e, v, 0) for e, v in [*days(rng), *offsets(rng)]]
    values = evaluate([c[0] for c in cases])
    bad = [(e, v, got) for (e, v, units), got in zip(cases, values) if not close(got, v, units)]
    for e, v, got in bad[:20]:
        print(f"{e}: got {got}, expected {v}")
    print(f"{len(cases) - len(bad)} passed, {len(bad)} failed, 0 skipped")
    return 1 if bad else 0


sys.exit(main())
