"""The records of the cases, read, joined and judged as design and vendor say; used by reckon.py.

Knows only the shapes that stand in the files beside it, and shares nothing with the program.
"""
import json, re
from datetime import datetime, timezone
from pathlib import Path

HERE = Path(__file__).parent
COLLECTIONS = {"prod": "segment.ndjson", "eu-west": "segment-eu.ndjson", "many": "segment-many.ndjson"}
EVENTS = {"Error Logged": "error", "Delivery Attempt Logged": "attempt",
          "Destination Exchange Logged": "exchange", "Delivery Exchange Logged": "exchange"}
COLUMNS = """provider collection time logged_at type outcome attempt discarded status code reason operation source
destination subscriber actor channel resource id message_id exchange_id method url ip duration_ms delay_ms raw""".split()

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


def end_of_route(entries, kind):
    if isinstance(entries, str):
        return entries
    ids = [e["id"] for e in entries or [] if e["type"] == kind] or [e["id"] for e in entries or []]
    return ids[0] if ids else None


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
    kind = EVENTS.get(event["event"], "other")
    routed, response = get("routed") or {}, get("responseFromDestination") or {}
    request = get("requestToDestination") or {}
    r = dict.fromkeys(COLUMNS)
    r.update(provider="segment", collection=collection, type=kind, raw=raw, tree=event,
             time=instant(get("occurredAt") or get("loggedAt")),
             logged_at=instant(get("loggedAt")) if get("loggedAt") else None,
             attempt=whole(get("attempt")), discarded=truth(get("discarded")), status=whole(response.get("status")),
             operation=get("featureName"), exchange_id=get("destinationExchangeId", "deliveryExchangeId"),
             method=request.get("method"), url=request.get("url"),
             source=end_of_route(routed.get("from"), "source"), destination=end_of_route(routed.get("to"), "destination"),
             message_id=inner.get("messageId") if inner else event.get("messageId"),
             id=event.get("id") or (event.get("messageId") if inner else None))
    if isinstance(routed.get("to"), list):
        r["subscriber"] = next((e["id"] for e in routed["to"] if e["type"] == "subscription"), None)
    reason = get("reason")
    r["reason"] = (human_text(response["body"]) if response.get("body") else None) or reason
    if kind == "exchange":
        r["outcome"] = None if r["status"] is None else "success" if 200 <= r["status"] < 400 else "failure"
    else:
        r["code"] = get("code") or (reason if reason and not re.search(r"\s", reason) else None)
        r["outcome"] = "failure" if kind == "error" else {"retrying": "pending"}.get(get("outcome"), get("outcome"))
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
    for r in records:
        r["own"] = {c: r[c] for c in ("status", "reason", "url")}
    for r in records:
        link(r, [o for o in records if o["collection"] == r["collection"]])
    return records


def link(r, others):
    """Joins an attempt to its exchange, an error to its message's last attempt; judges the message's fate.

    Each destination of a message by itself; what names none is of all of them.
    """
    same = lambda o: o["message_id"] == r["message_id"] and (None in (o["destination"], r["destination"]) or o["destination"] == r["destination"])
    exchange_of = lambda a: next((o for o in others if o["type"] == "exchange" and a["exchange_id"] == o["exchange_id"]), None)
    chain = []
    if r["type"] == "attempt" and r["exchange_id"]:
        chain = [exchange_of(r)]
    elif r["type"] == "error":
        attempts = [o for o in others if o["type"] == "attempt" and same(o)]
        if attempts:
            last = max(attempts, key=lambda a: (a["time"], a["attempt"] or 0))
            chain = [last, exchange_of(last) if last["exchange_id"] else None]
    for column in ("status", "reason", "url"):
        for other in filter(None, chain):
            r[column] = r[column] if r[column] is not None else other["own"][column]
    r["fate"] = None
    if r["type"] in ("error", "attempt") and r["message_id"]:
        of = [o for o in others if o["type"] in ("error", "attempt") and same(o)]
        last = lambda outcome: max((o["time"] for o in of if o["outcome"] == outcome), default=None)
        success, failure = last("success"), last("failure")
        if success and (not failure or success >= failure):
            r["fate"] = "delivered"
        elif any(o["discarded"] for o in of):
            r["fate"] = "discarded"
        else:
            r["fate"] = "unknown"  # All of it is older than the four hours of retries.
