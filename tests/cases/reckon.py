#!/usr/bin/env python3
"""Reckons what each case must give, from the records as they are and the rules as they are written.

Shares nothing with the program: plain JSON, plain loops. Usage:
    python3 tests/cases/reckon.py            say which cases expect something else
    python3 tests/cases/reckon.py --write    write the reckoned expectations into the cases
"""
import argparse, itertools, json, re, sys, tomllib
from datetime import timedelta

from conditions import TIMES, Condition, Refused, at_path
from records import COLLECTIONS, HERE, instant, last_of, load, show_time

ALIASES = {"p": "prod"}  # as in the config that the test writes
TYPES = ["error", "attempt", "exchange", "other"]  # the order of equal times
NATIVE = """discarded attempt outcome destinationExchangeId messageId requestToDestination responseFromDestination
occurredAt loggedAt reason featureName""".split()


def value(r, field):
    if field == "pattern":
        return cause(r) and simple_pattern(cause(r))
    return at_path(r["tree"], field) if field.startswith(".") else r[field]


def number_test(text):
    if m := re.fullmatch(r"(\d)xx", text, re.I):
        return lambda v: v // 100 == int(m[1])
    if m := re.fullmatch(r"(\d+)-(\d+)", text):
        return lambda v: int(m[1]) <= v <= int(m[2])
    op, n = re.fullmatch(r"(>=|<=|>|<|)\s*(-?\d+)", text).groups()
    return lambda v: {"": v == int(n), ">=": v >= int(n), "<=": v <= int(n), ">": v > int(n), "<": v < int(n)}[op]


def values(texts):
    for text in texts:
        if text.startswith("@") and not text.startswith("@@"):
            yield from (HERE / text[1:]).read_text("utf-8-sig").split()
        else:
            yield text.removeprefix("@")


TEXTS = ["code", "operation", "source", "destination", "subscriber", "actor", "channel", "resource", "message_id", "exchange_id", "id"]
PARSER = argparse.ArgumentParser(allow_abbrev=False)
for name in ["provider", "collection", "hour", "type", "outcome", "status", "attempt", "fate", "grep", "where", *TEXTS]:
    aliases = {"destination": ["--subscription"], "actor": ["--client"]}.get(name, [])
    PARSER.add_argument("--" + name.replace("_", "-"), *aliases, action="append", default=[])
PARSER.add_argument("--discarded", action="append", nargs="?", const="true", default=[])
for name in ["since", "until", "columns", "tz"]:
    PARSER.add_argument("--" + name)
PARSER.add_argument("--sort", default="-time")
PARSER.add_argument("-n", "--limit", type=int)
PARSER.add_argument("--page", type=int, default=1)
PARSER.add_argument("--final", action="store_true")
PARSER.add_argument("--by-message", action="store_true")
PARSER.add_argument("--dedup")
PARSER.add_argument("--pattern", action="append", default=[])


def matches(r, q):
    """Repeating a flag means or, different flags mean and; --where means and in any case."""
    tests = {
        "provider": lambda v: r["provider"] == v,
        "collection": lambda v: r["collection"] == ALIASES.get(v, v),
        # An imported record is stored under the hour of its time.
        "hour": lambda v: instant(v) <= r["time"] < instant(v) + timedelta(hours=1),
        "type": lambda v: r["type"] == v,
        "outcome": lambda v: r["outcome"] == v,
        "fate": lambda v: r["fate"] == v,
        "discarded": lambda v: r["discarded"] is (v == "true"),
        "status": lambda v: r["status"] is not None and number_test(v)(r["status"]),
        "attempt": lambda v: r["attempt"] is not None and number_test(v)(r["attempt"]),
        "grep": lambda v: re.search(v, r["raw"]) is not None,
        "pattern": lambda v: cause(r) is not None and simple_pattern(cause(r)) == simple_pattern(v),
        # What a success resolved is left out; exchanges have no fate, and stay.
        "final": lambda _: r["outcome"] != "failure" or r["fate"] != "delivered",
    }
    for name in TEXTS:
        fold = str.lower if name == "code" else str
        tests[name] = lambda v, name=name, fold=fold: fold(v) in map(fold, named(r, name))
    since, until = q.since and instant(q.since), q.until and instant(q.until)
    return (not since or r["time"] >= since) and (not until or r["time"] < until) and all(test(r) for test in q.conditions) and all(
        any(test(v) for v in ([True] if name == "final" else values(getattr(q, name)))) for name, test in tests.items() if getattr(q, name))


def named(r, name):
    """What a filter finds a record by: of a route every entry, not only the one that the column shows."""
    more = {"destination": r["destinations"] + r["subscriptions"], "source": r["sources"], "subscriber": r["subscriptions"]}
    return {r[name], *more.get(name, [])} - {None}


def cause(r):
    """Why a record failed: its reason as shown, else its code, else the status of a failure."""
    status = r["status"] if (r["status"] or 0) >= 400 else None
    return r["reason"] or r["code"] or (status and f"status {status}")


def simple_pattern(text):
    """The pattern of a reason without ids; numbers at the beginning are statuses in these records."""
    text = re.sub(r"\s+", " ", text).strip().lower().rstrip(" .,;:!?")
    text = re.sub(r'"[^"]*"|`[^`]*`', "<text>", text)
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<*>", text)
    return text if text.startswith("status ") else re.sub(r"(?<=[^<*\w])\d+", "<*>", text)


def folded(rows, span):
    """Folds equal failures; `rows` stand newest first, and so does what comes."""
    seconds = int(span[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[span[-1]]
    windows, rest = {}, []
    for r in reversed(rows):
        r = dict(r, count=1)
        if cause(r) is None or not (r["outcome"] == "failure" or r["type"] == "error"):
            rest.append(r)
            continue
        of = windows.setdefault((r["collection"], r["type"], r["destination"], cause(r)), [])
        if of and r["time"] <= of[-1][0]["time"] + timedelta(seconds=seconds):
            of[-1].append(r)
        else:
            of.append([r])
    for of in windows.values():
        for window in of:
            rest.append(dict(window[-1], count=len(window)))
    return rest


def messages(chosen, records):
    """One row a message and destination, told from all records."""
    rows = []
    ends = [r for r in records if r["type"] in ("attempt", "error") and r["message_id"]]
    for key in {(r["collection"], r["message_id"]) for r in chosen if r["type"] in ("attempt", "error") and r["message_id"]}:
        of = [r for r in ends if (r["collection"], r["message_id"]) == key]
        matched = {r["destination"] for r in chosen if r in of}
        destinations = {r["destination"] for r in of} - {None} or {None}
        for destination in destinations:
            if destination is not None and len({r["destination"] for r in of}) > 1 and not matched & {None, destination}:
                continue
            mine = [r for r in of if destination is None or r["destination"] in (None, destination)]
            attempts = [r for r in mine if r["type"] == "attempt"]
            last = last_of(attempts) or max(mine, key=lambda r: (r["time"], r["attempt"] or 0))
            logged = [last] + sorted((r for r in mine if r["type"] == "error" and r["time"] >= last["time"]), key=lambda r: r["time"], reverse=True)
            row = {c: next((r[c] for r in logged if r[c] is not None), None) for c in ("status", "code", "reason")}
            row.update(provider="segment", collection=key[0], message_id=key[1], destination=destination, type="attempt",
                       first_seen=min(r["time"] for r in mine), last_seen=max(r["time"] for r in mine), channel=None,
                       attempts=max([len(attempts)] + [r["attempt"] or 0 for r in attempts]) or None,
                       source=next((r["source"] for r in sorted(mine, key=lambda r: r["time"], reverse=True) if r["source"]), None),
                       fate=next(r["fate"] for r in mine if destination is None or r["destination"] == destination))
            row["time"] = row["last_seen"]
            rows.append(row)
    return rows


def answer(records, args):
    """The rows in order; those that no rule orders stand together in a list."""
    q = PARSER.parse_args(args)
    q.conditions = [Condition(text, value).test for text in q.where]
    newest = lambda r: (-r["time"].timestamp(), sorted(COLLECTIONS).index(r["collection"]), TYPES.index(r["type"]))
    rows = sorted((r for r in records if matches(r, q)), key=newest)
    if q.dedup:
        rows = sorted(folded(rows, q.dedup), key=newest)
    if q.by_message:
        rows = sorted(messages(rows, records), key=newest)
    field, descending = q.sort.removeprefix("-"), q.sort.startswith("-")
    place = newest
    if q.sort != "-time":
        # Absent values last in either direction; of equal ones the newest first.
        distinct = sorted({v for r in rows if (v := value(r, field)) is not None}, reverse=descending)
        rank = lambda r: distinct.index(v) if (v := value(r, field)) is not None else len(distinct)
        rows.sort(key=rank)
        place = lambda r: (rank(r), newest(r))
    groups = [list(group) for _, group in itertools.groupby(rows, place)]
    if q.limit:
        page, first, at = [], (q.page - 1) * q.limit, 0
        for group in groups:
            inside = [first <= at + n < first + q.limit for n in range(len(group))]
            if any(inside) != all(inside):
                sys.exit("a page cuts records that no rule orders")
            page += [group] if any(inside) else []
            at += len(group)
        groups = page
    show = (lambda r: row(r, q.columns.split(","))) if q.columns else (lambda r: r["tree"]["serial"])
    return [show(group[0]) if len(group) == 1 else [show(r) for r in group] for group in groups]


def row(r, columns):
    """A row as JSON, absent values left out."""
    cells = {}
    for c in columns:
        if c == "native":
            for name in ["type", "event", "version", "routed"]:
                cells[name] = r["tree"].get(name) if name != "routed" else at_path(r["tree"], ".properties.routed")
            cells.update({name: at_path(r["tree"], ".properties." + name) for name in NATIVE})
        else:
            v = value(r, c)
            cells[c] = show_time(v) if c in TIMES and v else v
    return json.dumps({k: v for k, v in cells.items() if v is not None}, ensure_ascii=False)


# ---- cases ----

def toml(item):
    if isinstance(item, list):
        return "[" + ", ".join(toml(i) for i in item) + "]"
    if isinstance(item, int):
        return str(item)
    return "'" + item + "'" if "'" not in item and item.isprintable() else json.dumps(item)


def is_refused(text):
    try:
        Condition(text, value)
    except Refused:
        return True


def main():
    records, wrong = load(), []
    for path in sorted(HERE.glob("*.toml")):
        text = path.read_text("utf-8")
        case = tomllib.loads(text)
        if case.get("exit"):
            conditions = [text for flag, text in itertools.pairwise(case["args"]) if flag == "--where"]
            if conditions and not any(map(is_refused, conditions)):
                wrong.append(f"{path.name} (is not refused)")
            continue
        rows = answer(records, case["args"])
        if case.get("expect") == rows:
            continue
        wrong.append(path.name)
        if "--write" in sys.argv:
            separator = ",\n    " if rows and isinstance(rows[0], str) else ", "
            body = separator.join(map(toml, rows))
            body = f"[\n    {body},\n]" if rows and isinstance(rows[0], str) else f"[{body}]"
            text = re.sub(r"\nexpect = .*", "", text, flags=re.S).rstrip("\n")
            path.write_text(f"{text}\nexpect = {body}\n", "utf-8", newline="\n")
    print("\n".join(wrong) or "every case expects what was reckoned")
    sys.exit(bool(wrong) and "--write" not in sys.argv)


main()
