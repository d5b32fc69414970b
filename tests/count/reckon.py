#!/usr/bin/env python3
"""Reckons what `top`, `timeline` and `diff` must answer about the records of tests/cases.

Shares nothing with the program: plain loops over what tests/cases/records.py reads. Writes tests/count/cases/NAME.ndjson,
whose first line is the arguments and whose others are the rows. Usage: python3 tests/count/reckon.py
"""
import json, math, sys
from datetime import timedelta
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "cases"))
from records import instant, load, show_time

RECORDS = [r for r in load() if r["collection"] in ("prod", "eu-west")]


def key_of(r, by):
    special = {"hour": lambda: r["time"].strftime("%Y-%m-%dT%H"), "day": lambda: r["time"].strftime("%Y-%m-%d")}
    return tuple(special[c]() if c in special else at(r, c) if c.startswith(".") else r[c] for c in by)


def at(r, path):
    node = r["tree"]
    for part in path[1:].split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return node


def order(key):
    """Numbers by size, then texts, nothing last."""
    return [(2, 0) if v is None else (0, v) if isinstance(v, (int, float)) else (1, v) for v in key]


def groups(records, by):
    found = {}
    for r in records:
        found.setdefault(key_of(r, by), []).append(r)
    return found


def named(by, key):
    return {c: v for c, v in zip(by, key) if v is not None}


def top(by, records):
    rows = []
    found = groups(records, by)
    for key in sorted(found, key=lambda k: (-len(found[k]), order(k))):
        group = found[key]
        times = [r["time"] for r in group]
        messages = {r["message_id"] for r in group if r["message_id"] is not None}
        rows.append(named(by, key) | {"count": len(group), "messages": len(messages), "share": round(len(group) / len(records), 6),
                                      "first_seen": show_time(min(times)), "last_seen": show_time(max(times))})
    return rows


def stored_hours(collection):
    return {r["time"].replace(minute=0, second=0, microsecond=0) for r in RECORDS if r["collection"] == collection}


def hours_of(start, end):
    hour = start.replace(minute=0, second=0, microsecond=0)
    while hour < end:
        yield hour
        hour += timedelta(hours=1)


def timeline(by, records, start, end, step, collection):
    found = groups(records, by)
    keys = sorted(found, key=lambda k: (-len(found[k]), order(k))) or [()]
    stored, rows = stored_hours(collection), []
    while start < end:
        hours = list(hours_of(start, min(start + step, end)))
        complete = all(hour in stored for hour in hours)
        is_known = any(hour in stored for hour in hours)
        for key in keys:
            inside = [r for r in found.get(key, []) if start <= r["time"] < start + step]
            counted = {"count": len(inside)} if is_known else {}
            rows.append({"time": show_time(start)} | named(by, key) | counted | {"complete": complete})
        start += step
    return rows


def change(a, b, hours_a, hours_b):
    if not hours_a or not hours_b:
        return None
    rate_a, rate_b = a / hours_a, b / hours_b
    if not a or not b:
        return "new" if b else "gone"
    if abs(rate_b - rate_a) <= 2 * math.sqrt(a / hours_a**2 + b / hours_b**2):
        return "same"
    return "grown" if rate_b >= 2 * rate_a else "shrunk" if rate_a >= 2 * rate_b else "same"


def diff(by, records, a, b, collection):
    stored = stored_hours(collection)
    hours_a, hours_b = (sum(hour in stored for hour in hours_of(*window)) for window in (a, b))
    of = lambda window: groups([r for r in records if window[0] <= r["time"] < window[1]], by)
    of_a, of_b = of(a), of(b)
    rows = []
    for key in of_a | of_b:
        count_a, count_b = len(of_a.get(key, [])), len(of_b.get(key, []))
        row = named(by, key) | {"count_a": count_a, "count_b": count_b}
        row |= {name: round(n / hours, 4) for name, n, hours in (("rate_a", count_a, hours_a), ("rate_b", count_b, hours_b)) if hours}
        what = change(count_a, count_b, hours_a, hours_b)
        size = abs(count_a / hours_a - count_b / hours_b) if what else abs(count_a - count_b)
        place = ["new", "grown", "gone", "shrunk", "same"].index(what or "same")
        rows.append(((place, -size, order(key)), row | ({"change": what} if what else {})))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def keep(name, args, rows):
    lines = [json.dumps(line, ensure_ascii=False, default=show_time) for line in [args, *rows]]
    (HERE / "cases" / f"{name}.ndjson").write_text("\n".join(lines) + "\n")


def only(**wanted):
    return [r for r in RECORDS if all(r[c] == v for c, v in wanted.items())]


def main():
    keep("top-type-status-reason", ["top", "--by", "type,status,reason"], top(["type", "status", "reason"], RECORDS))
    for by in ["type", "collection,type", "status", "fate", "code", "message_id", "hour", "day,outcome", "discarded,attempt",
               ".event", ".properties.messageId", "destination,status,fate", "url", "provider", "time", "exchange_id"]:
        name = by.replace(",", "-").replace(".", "")
        keep(f"top-{name}", ["top", "--by", by], top(by.split(","), RECORDS))
    keep("top-exchanges", ["top", "--by", "status", "--type", "exchange"], top(["status"], only(type="exchange")))
    rate_limited = only(type="attempt", status=429)
    keep("top-filtered", ["top", "--by", "destination", "--type", "attempt", "--status", "429"], top(["destination"], rate_limited))
    delivered = only(fate="delivered", collection="prod")
    keep("top-delivered", ["top", "--by", "status", "--fate", "delivered", "--collection", "p"], top(["status"], delivered))

    first, end = instant("2025-03-23T18:00:00Z"), instant("2025-03-24T02:00:00Z")
    window = ["--since", "2025-03-23T18", "--until", "2025-03-24T02", "--collection", "p"]
    inside = [r for r in only(collection="prod") if first <= r["time"] < end]
    for every, step in [("1h", 60), ("15m", 15), ("2h", 120)]:
        args = ["timeline", "--every", every, *window]
        keep(f"timeline-{every}", args, timeline([], inside, first, end, timedelta(minutes=step), "prod"))
    args = ["timeline", "--every", "1h", "--by", "status", *window]
    keep("timeline-status", args, timeline(["status"], inside, first, end, timedelta(hours=1), "prod"))
    args = ["timeline", "--every", "1h", "--code", "NOBODY-HAS-IT", *window]
    keep("timeline-none", args, timeline([], [], first, end, timedelta(hours=1), "prod"))

    prod = only(collection="prod")
    for name, a, b in [("hours", "2025-03-23T20..2025-03-23T21", "2025-03-23T21..2025-03-23T22"),
                       ("lengths", "2025-03-23T20..2025-03-23T21", "2025-03-23T21..2025-03-24T00"),
                       # Of b two of four hours are stored: 23 and 0.
                       ("partly", "2025-03-23T20..2025-03-23T22", "2025-03-23T23..2025-03-24T03"),
                       ("nothing", "2025-03-23T10..2025-03-23T12", "2025-03-23T20..2025-03-23T22")]:
        windows = [tuple(instant(edge + ":00:00Z") for edge in window.split("..")) for window in (a, b)]
        for by in ["status,reason", "type,destination"]:
            args = ["diff", "--a", a, "--b", b, "--by", by, "--collection", "p"]
            keep(f"diff-{name}-{by.replace(',', '-')}", args, diff(by.split(","), prod, *windows, "prod"))


main()
