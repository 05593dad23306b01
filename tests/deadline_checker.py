#!/usr/bin/env python3
"""Recomputes a due date from a clock's public events and the calendar, day by day.

    deadline_checker.py [--calendar FILE.csv] [--provisional] CLOCK.json…

Independent of the platform: written from the laws' articles, plain Python, nothing but the standard
library. CLOCK.json has the members of `yangguan calendar explain`; where it also has "due" (what the
authority promised), the two are compared. Exit 1 on a difference, 2 on a clock that has no answer.
"""
import csv
import datetime
import json
import pathlib
import sys

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "calendar"
ONE = datetime.timedelta(days=1)
LAST = datetime.date(2099, 12, 31)
FIRST = datetime.date(2000, 1, 1)
PERMIT_GROUNDS = "听证 招标 拍卖 检验 检测 检疫 鉴定 专家评审".split()  # LAW: 行政许可法 45
DISCLOSURE_GROUNDS = "征求第三方意见 征求其他机关意见".split()  # LAW: 政府信息公开条例 33
GROUND_WORDS = dict(
    zip(
        "hearing tender auction inspection test quarantine appraisal experts third-party other-body".split(),
        PERMIT_GROUNDS + DISCLOSURE_GROUNDS,
    )
)
# LAW: 行政许可法 42, 政府信息公开条例 33
MOST_MORE = {"行政许可法 42(1)": 10, "行政许可法 42(2)": 15, "政府信息公开条例 33": 20}


class Refused(Exception):
    """The clock has no answer, and why."""


class Calendar:
    """Which days authorities work. LAW: 行政许可法 82; 全国年节及纪念日放假办法 2."""

    def __init__(self, path=DATA / "calendar.csv", festivals=DATA / "festivals.csv"):
        self.off, self.makeup, self.published = {}, {}, set()
        with open(path, encoding="utf-8-sig", newline="") as f:
            for row in csv.DictReader(f):
                day = datetime.date.fromisoformat(row["date"])
                (self.off if row["kind"] == "holiday" else self.makeup)[day] = row["name"]
                if "春节" in row["name"] and row["kind"] == "holiday":
                    self.published.add(day.year)
        with open(festivals, encoding="utf-8", newline="") as f:
            lunar = {int(r["year"]): r for r in csv.DictReader(f)}
        for year in range(FIRST.year, LAST.year + 1):
            if year not in self.published:
                for day, name in self.by_law(year, lunar.get(year)):
                    if day not in self.off and day not in self.makeup:
                        self.off[day] = name

    @staticmethod
    def by_law(year, lunar):
        """The days off that the ordinance itself names, in its version of that year."""
        found = [((1, 1), "元旦"), ((5, 1), "劳动节"), ((10, 1), "国庆节"), ((10, 2), "国庆节"), ((10, 3), "国庆节")]
        if year >= 2025:
            found.append(((5, 2), "劳动节"))
        days = [(datetime.date(year, *md), name) for md, name in found]
        if lunar:
            new_year = datetime.date.fromisoformat(lunar["spring"])
            shifts = range(-1, 3) if year >= 2025 else range(0, 3) if year >= 2014 else range(-1, 2)
            if year < 2008:
                shifts = range(0, 3)
            days += [(new_year + s * ONE, "春节") for s in shifts]
            for key, name in (("qingming", "清明"), ("dragon_boat", "端午"), ("mid_autumn", "中秋")):
                days.append((datetime.date.fromisoformat(lunar[key]), name))
        return days

    def works(self, day):
        if day in self.makeup:
            return True
        return day.weekday() < 5 and day not in self.off

    def known(self, first, last, provisional):
        """Are all years there? Without a notice a date is at most provisional."""
        missing = [y for y in range(first.year, last.year + 1) if y not in self.published]
        if missing and not provisional:
            raise Refused(f"the calendar of {missing[0]} isn't published")
        return not missing


def day_of(text):
    try:
        return datetime.date.fromisoformat(text)
    except (TypeError, ValueError) as e:
        raise Refused(f"{text} is no day") from e


def paused_by(pauses, day):
    """The first pause that holds this day. LAW: 行政许可法 45."""
    for p in pauses:
        if p["from"] <= day and (p["to"] is None or day <= p["to"]):
            return p
    return None


def walk(calendar, kind, start, n, pauses):
    """(last counted day, due day), or None while an open pause holds the clock."""
    day, count = start, 0
    if kind == "month":  # LAW: 民法典 202
        months = start.year * 12 + start.month - 1 + n
        year, month = divmod(months, 12)
        if year > LAST.year:
            raise Refused("beyond the calendar")
        following = datetime.date(year + month // 11, (month + 1) % 12 + 1, 1)
        end_of_month = (following - ONE).day
        day = datetime.date(year, month + 1, min(start.day, end_of_month))
    else:
        while count < n:  # LAW: 民法典 201: the start isn't counted
            day = step(day, pauses)
            if day is None:
                return None
            if paused_by(pauses, day) is None and (kind == "natural" or calendar.works(day)):
                count += 1
    last = day
    while not calendar.works(day) or paused_by(pauses, day):  # LAW: 民法典 203
        if open_at(pauses, day):
            return None
        day = step(day, pauses)
        if day is None:
            return None
    return last, day


def open_at(pauses, day):
    return any(p["to"] is None and p["from"] <= day for p in pauses)


def step(day, pauses):
    if day >= LAST:
        raise Refused("beyond the calendar")
    return None if open_at(pauses, day + ONE) else day + ONE


def ending(calendar, kind, start, n, pauses, provisional):
    """(last counted, due, all years known) of one run."""
    found = walk(calendar, kind, start, n, pauses)
    if found is None:
        return None
    last, due = found
    first = start + ONE if kind == "working" and n else last
    return last, due, calendar.known(min(first, due), due, provisional)


def accepted(calendar, receipt, provisional):
    """(start, deemed, all years known). LAW: 行政许可法 32(4)."""
    received = day_of(receipt["received"])
    noticed, taken = (day_of(receipt[k]) if receipt.get(k) else None for k in ("noticed", "accepted"))
    if (noticed and noticed < received) or (taken and taken < received):
        raise Refused("before the receipt")
    _, until, known = ending(calendar, "working", received, 5, [], provisional)
    if noticed and noticed <= until:
        if taken is None:
            raise Refused("told what to correct, not accepted yet")
        return taken, False, True
    if taken and taken <= until:
        return taken, False, True
    return received, True, known


def read_pauses(clock, law):
    pauses = []
    for p in clock.get("pauses") or []:
        ground = GROUND_WORDS.get(p["ground"], p["ground"])
        allowed = {"permit": PERMIT_GROUNDS, "disclosure": DISCLOSURE_GROUNDS}.get(
            law, PERMIT_GROUNDS + DISCLOSURE_GROUNDS
        )
        if ground not in allowed:
            raise Refused(f"{ground} stops no clock of this law")
        pause = {"ground": ground, "from": day_of(p["from"]), "to": day_of(p["to"]) if p.get("to") else None}
        if pause["to"] and pause["to"] < pause["from"]:
            raise Refused("a pause ends before it begins")
        pauses.append(pause)
    return pauses


def find_extension(clock, first, start):
    """LAW: 行政许可法 42: once; one given before a restart fell with it."""
    valid = []
    for x in clock.get("extensions") or []:
        if x["n"] < 1 or x["n"] > MOST_MORE.get(x["article"], 10**6) or not x["by"] or not x["article"]:
            raise Refused("no such extension")
        if day_of(x["on"]) < first:
            raise Refused("extended before the start")
        if day_of(x["on"]) >= start:
            valid.append(x)
    if len(valid) > 1:
        raise Refused("extended twice")
    return valid[0] if valid else None


def compute(clock, calendar, provisional=False):
    """The clock's answer: due (None while it is held), provisional, deemed, start, days."""
    kind = clock["kind"]
    law = clock.get("law") or ("permit" if kind == "working" else "other")
    if clock["n"] < 0:
        raise Refused("negative")
    if (law != "other" and kind != "working") or (clock.get("receipt") and law != "permit"):
        raise Refused("not by this law")
    if (clock.get("restarts") and law == "permit") or (clock.get("pauses") and kind == "month"):
        raise Refused("not by this law")
    pauses = read_pauses(clock, law)

    first, deemed, known = None, False, True
    if clock.get("receipt"):
        first, deemed, known = accepted(calendar, clock["receipt"], provisional)
    else:
        first = day_of(clock["start"])
    start = first
    for r in clock.get("restarts") or []:  # LAW: 政府信息公开条例 30
        if day_of(r) < start:
            raise Refused("a restart before what it restarts")
        start = day_of(r)

    extension = find_extension(clock, first, start)
    end = ending(calendar, kind, start, clock["n"], pauses, provisional)
    total = clock["n"]
    if extension:
        if end and day_of(extension["on"]) > end[1]:
            raise Refused("extended after the limit had run out")
        total += extension["n"]
        end = ending(calendar, kind, start, total, pauses, provisional)
    answer = {"due": None, "provisional": not known, "deemed": deemed, "first": first, "start": start, "total": total}
    if end:
        answer["last"], answer["due"] = end[0], end[1]
        answer["provisional"] = not (known and end[2])
    answer["days"] = derive(calendar, clock, kind, answer, pauses)
    return answer


def derive(calendar, clock, kind, answer, pauses):
    """Each day from the first start to the due day: (day, number or 0, why, name)."""
    restarts = {day_of(r) for r in clock.get("restarts") or []}
    if answer["due"] is None:
        return None
    days, day, number = [], answer["first"], 0
    while day <= answer["due"]:
        off = not calendar.works(day)
        pause = paused_by(pauses, day)
        why, name, at = None, "", 0
        if day in restarts or day == answer["first"]:
            why, number = ("restart" if day in restarts else "start"), 0
        elif pause and not (kind == "working" and off):
            why, name = "paused", pause["ground"]
        elif day > answer["start"] and day > answer["last"]:
            why = "moved" if off else "end"
            name = calendar.off.get(day) or calendar.makeup.get(day, "")
        elif kind == "working" and off:
            why, name = ("holiday", calendar.off[day]) if day in calendar.off else ("weekend", "")
        else:
            number += 1
            at, why = number, "counted"
            if kind == "working" and day in calendar.makeup:
                why, name = "makeup", calendar.makeup[day]
        days.append((day.isoformat(), at, why, name))
        day += ONE
    return days


def figures(calendar, clock, answer, as_of):
    """used, left (in the limit's days), left_working, late_working as of a day; for a running clock."""
    pauses = read_pauses(clock, "other")
    start, due = answer["start"], answer["due"]
    counted = [d for d, number, _, _ in answer["days"] if number and d > start.isoformat()]
    free = lambda d: calendar.works(d) and paused_by(pauses, d) is None
    span = lambda a, b: [a + i * ONE for i in range(1, (b - a).days + 1)]
    return {
        "used": sum(d <= as_of.isoformat() for d in counted),
        "left": sum(d > as_of.isoformat() for d in counted),
        "left_working": sum(free(d) for d in span(max(as_of, start), due)),
        "late_working": sum(calendar.works(d) for d in span(due, as_of)),
        "today": start < as_of <= due and free(as_of),
    }


def main():
    args, paths, calendar, provisional = sys.argv[1:], [], DATA / "calendar.csv", False
    while args:
        arg = args.pop(0)
        if arg == "--calendar" and args:
            calendar = args.pop(0)
        elif arg == "--provisional":
            provisional = True
        elif arg.startswith("-"):
            print(__doc__, file=sys.stderr)
            return 2
        else:
            paths.append(arg)
    status, calendar = 0, Calendar(calendar)
    for path in paths:
        clock = json.loads(pathlib.Path(path).read_text("utf-8"))
        try:
            answer = compute(clock, calendar, provisional)
        except Refused as why:
            print(f"{path}: no due date: {why}", file=sys.stderr)
            status = 2
            continue
        due = answer["due"].isoformat() if answer["due"] else "stopped"
        differs = "due" in clock and clock["due"] != due
        print(f"{path}: {due}" + (" provisional" if answer["provisional"] else "") + (f", not {clock['due']}" if differs else ""))
        status = max(status, int(differs))
    return status


if __name__ == "__main__":
    sys.exit(main())
