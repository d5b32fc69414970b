"""The records of the cases, read, joined and judged as design and vendor say; used by reckon.py.

Knows only the shapes that stand in the files beside it, and shares nothing with the program.
"""
import json, re
from datetime import datetime, timedelta, timezone
from pathlib import Path

HERE = Path(__file__).parent
COLLECTIONS = {"prod": "segment.ndjson", "eu-west": "segment-eu.ndjson", "many": "segment-many.ndjson",
               "join": "segment-join.ndjson"}
EVENTS = {"error logged": "error", "delivery attempt logged": "attempt",
          "destination exchange logged": "exchange", "delivery exchange logged": "exchange"}
COLUMNS = """provider collection time logged_at type outcome attempt discarded status code reason operation source
destination subscriber actor channel resource id message_id exchange_id method url ip duration_ms delay_ms joined
raw""".split()
WORDS = {"success": "success succeeded successful delivered ok".split(),
         "failure": ["timed out", *"failure failed error rejected timeout dropped discarded".split()],
         "pending": "pending retry retrying".split()}

def instant(text):
    text = re.sub(r"(\.\d{6})\d+", r"\1", text.strip())
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d", text):
        text += ":00"
    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)


def show_time(time):
    digits = f".{time.microsecond:06d}" if time.microsecond % 1000 else f".{time.microsecond // 1000:03d}" if time.microsecond else ""
    return time.strftime("%Y-%m-%dT%H:%M:%S") + digits + "Z"


def whole(value):
    if value is None or isinstance(value, bool):
        return None
    return int(value)


def truth(value):
    return {"true": True, "false": False, 1: True, 0: False}.get(value) if value is not None else None


def ends(entries, *kinds):
    """The ids of all entries of these types; a bare text is a source or a destination."""
    if isinstance(entries, str):
        entries = [{"type": kinds[0], "id": entries}]
    return [e["id"] for e in entries or [] if not kinds or e["type"] in kinds]


def outcome_of(word):
    return next((outcome for outcome, words in WORDS.items() if (word or "").strip().lower() in words), None)


def human_text(body):
    """The text for a person in a response's body: the best key, then the shallowest, then the first."""
    keys = ["error_message", "message", "description", "detail", "error", "title"]
    if not isinstance(body, str):
        body = json.dumps(body)
    if body.startswith("<"):
        return re.search(r"<title>(.*?)</title>", body).group(1)
    try:
        tree = json.loads(body)
    except ValueError:
        return body.splitlines()[0].strip() if body.strip() else None
    found = []

    def walk(node, key, depth):
        if isinstance(node, dict):
            for name, child in node.items():
                walk(child, name, depth + 1)
        elif isinstance(node, list):
            for child in node:
                walk(child, key, depth + 1)
        elif isinstance(node, str) and key in keys:
            found.append((keys.index(key), depth, len(found), node))

    walk(tree, None, 0)
    text = min(found)[3] if found else body
    return re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip() or None


def decode(raw, collection):
    event = json.loads(raw)
    inner = event.get("properties")
    get = lambda *keys: next((v for o in (inner or {}, event) for k in keys if (v := o.get(k)) is not None), None)
    kind = EVENTS.get(event["event"].lower(), "other")
    routed, response = get("routed") or {}, get("responseFromDestination") or {}
    request = get("requestToDestination") or {}
    r = dict.fromkeys(COLUMNS)
    r.update(provider="segment", collection=collection, type=kind, raw=raw, tree=event,
             time=instant(get("occurredAt") or get("loggedAt")),
             logged_at=instant(get("loggedAt")) if get("loggedAt") else None,
             attempt=whole(get("attempt")), discarded=truth(get("discarded")), status=whole(response.get("status")),
             operation=get("featureName"), exchange_id=get("destinationExchangeId", "deliveryExchangeId"),
             method=request.get("method"), url=request.get("url"),
             sources=ends(routed.get("from"), "source"), destinations=ends(routed.get("to"), "destination"),
             subscriptions=[] if isinstance(routed.get("to"), str) else ends(routed.get("to"), "subscription"),
             message_id=inner.get("messageId") if inner else event.get("messageId"),
             id=event.get("id") or (event.get("messageId") if inner else None))
    r["source"] = next(iter(r["sources"] or ends(routed.get("from"))), None)
    r["destination"] = next(iter(r["destinations"] or ends(routed.get("to"))), None)
    r["subscriber"] = next(iter(r["subscriptions"]), None)
    reason = get("reason")
    r["reason"] = (human_text(response["body"]) if response.get("body") else None) or reason
    if kind == "exchange":
        # An answer that never came is a failure, and so is one that sends elsewhere.
        r["outcome"] = "success" if 200 <= (r["status"] or 0) < 300 else "failure"
    else:
        r["code"] = get("code") or (reason if reason and not re.search(r"\s", reason) else None)
        r["outcome"] = "failure" if kind == "error" else outcome_of(get("outcome"))
    return r


def load():
    records = []
    for collection, file in COLLECTIONS.items():
        seen = set()
        for line in (HERE / file).read_text("utf-8").split("\n"):
            if line.strip():
                r = decode(line.strip(), collection)
                # Stored once: the same id, else the same bytes.
                if (key := r["id"] or line.strip()) not in seen:
                    seen.add(key)
                    records.append(r)
    for collection in COLLECTIONS:
        of = [r for r in records if r["collection"] == collection]
        link(of)
        judge(of)
    return records


TAKEN = ("status", "reason", "url", "method")  # what comes from an exchange


def link(records):
    """Joins the records of a collection: an attempt to its exchange, an error to its own attempt."""
    for r in records:
        r["own"] = {c: r[c] for c in COLUMNS}
    linked = [r for r in records if r["type"] in ("attempt", "error", "exchange")]
    for r in linked:
        of_hour = [o["time"] for o in linked if hour(o) == hour(r)]
        r["around"] = min(of_hour), max(of_hour)
    attempts = [r for r in records if r["type"] == "attempt"]
    errors = [r for r in records if r["type"] == "error"]
    for r in attempts:
        r["exchange"] = exchange_of(r, records)
        if r["outcome"] is None and r["exchange"]:
            r["outcome"] = r["exchange"]["outcome"]
        r["joined"] = state_of(r)
        take(r, r["exchange"])
    for r in errors:
        r["its"] = its = own_attempt(r, attempts)
        if its:
            state = state_of(its)
            r["joined"] = f"attempt+{state}" if state else "attempt"
            take(r, its, its["exchange"])
            for column in ("attempt", "exchange_id"):
                r[column] = its["own"][column] if r[column] is None else r[column]
        else:
            r["exchange"] = exchange_of(r, records)
            r["joined"] = state_of(r)
            take(r, r["exchange"])
    for r in attempts:
        of = sorted((e for e in errors if e["its"] is r), key=clock)
        says = {e["own"]["discarded"] for e in of}
        if r["discarded"] is None:
            r["discarded"] = True if True in says else False if False in says else None
        if r["reason"] is None:
            r["reason"] = next((e["own"]["reason"] for e in reversed(of) if e["own"]["reason"]), None)


def take(r, *others):
    """Fills what a record lacks from the own values of others, the first of them first."""
    for column in TAKEN:
        for other in filter(None, others):
            r[column] = other["own"][column] if r[column] is None else r[column]


def state_of(r):
    return None if r["own"]["exchange_id"] is None else "exchange" if r["exchange"] else "missing"


def clock(r):
    """The order of equal times: when they were logged, absent first, then the number."""
    return r["time"], r["logged_at"] or datetime.min.replace(tzinfo=timezone.utc), r["attempt"] or 0


def hour(r):
    """The hour under which a record is kept: a file that is imported names none, so it is that of its time."""
    return r["time"].replace(minute=0, second=0, microsecond=0)


def is_near(a, b):
    """Hours are near whose records lie within a minute of one another, from the first to the last."""
    (a_first, a_last), (b_first, b_last) = a["around"], b["around"]
    return hour(a) == hour(b) or (a_first <= b_last + timedelta(minutes=1) and b_first <= a_last + timedelta(minutes=1))


def exchange_of(r, records):
    """The exchange that a record names; of several one near it, then one that agrees with what it says, then the nearest."""
    named = [o for o in records if o["type"] == "exchange" and r["exchange_id"] and o["exchange_id"] == r["exchange_id"]]
    named = [o for o in named if is_near(r, o)] or named
    agreeing = [o for o in named if o["outcome"] == r["own"]["outcome"]]
    near = lambda o: (abs(o["time"] - r["time"]), o["time"], o["raw"].encode())
    return min(agreeing or named, key=near, default=None)


def own_attempt(error, attempts):
    """The attempt that an error tells of: the one it states, else a failed one, the latest until then. Near ones go first."""
    meets = lambda a, b: not a or not b or set(a) & set(b)
    of = sorted((a for a in attempts if error["message_id"] and a["message_id"] == error["message_id"]
                 and meets(a["destinations"], error["destinations"])
                 and meets(a["subscriptions"], error["subscriptions"])), key=clock)
    for some in [a for a in of if is_near(error, a)], of:
        if error["attempt"] is not None:
            if stated := [a for a in some if a["attempt"] == error["attempt"]]:
                return stated[-1] if stated[-1]["outcome"] != "success" else None
            continue
        failed = [a for a in some if a["outcome"] == "failure"]
        before = [a for a in failed if a["time"] <= error["time"]]
        soon = [a for a in failed if error["time"] < a["time"] <= error["time"] + timedelta(seconds=1)]
        if before or soon:
            return before[-1] if before else soon[0]
    return None


def last_of(attempts):
    """The last of some attempts: numbers order them, and clocks those of one number."""
    return max(attempts, key=lambda r: (r["attempt"] or 0, r["time"]), default=None)


def judge(records):
    """Gives each record of a message its fate at its destination; what names none is of all destinations."""
    for r in records:
        r["fate"] = r["last_status"] = None
        if r["type"] in ("error", "attempt") and r["message_id"]:
            of = [o for o in records if o["type"] in ("error", "attempt") and o["message_id"] == r["message_id"]
                  and (None in (o["destination"], r["destination"]) or o["destination"] == r["destination"])]
            last = last_of([o for o in of if o["type"] == "attempt"])
            r["fate"], r["last_status"] = fate_of(of), last and last["status"]


def fate_of(of):
    # An error about an attempt counts like a failed attempt of its number; the clock orders only what has no number.
    numbered = last_of([o for o in of if o["attempt"] is not None])
    ends = [o for o in of if o["attempt"] is None or o is numbered]
    success, failure = (max((o["time"] for o in ends if o["outcome"] == outcome), default=None) for outcome in ("success", "failure"))
    if success and (not failure or success >= failure):
        return "delivered"
    if any(o["own"]["discarded"] for o in of):
        return "discarded"
    return "unknown"  # All of it is older than the four hours of retries.
