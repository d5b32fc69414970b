"""The language of --where and the paths of it, read and asked as they are described; used by reckon.py.

Two-valued: what is absent is unequal, unlike and missing, and nothing else.
"""
import json, re

from records import COLUMNS, HERE, instant, show_time

TIMES = {"time", "logged_at", "first_seen", "last_seen"}
NUMBERS = {"attempt", "status", "last_status", "duration_ms", "delay_ms"}
FIELDS = {*COLUMNS, "fate", "pattern", "pattern_id", "last_status"}
STEP = r'\.([^.\[\]\s=!<>~"()]+)|\."([^"]*)"|\[(\d+)\]'
FIELD = re.compile(rf'(?:{STEP})+|[^.\s=!<>~"()]+')
NUMBER = re.compile(r"\s*[+-]?\d+(\.\d+)?([eE][+-]?\d+)?\s*")
DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?", re.I)
WORD = re.compile(r"[^\s()]+")


class Refused(Exception):
    """A condition that no meaning is given to."""


def at_path(tree, path):
    """What stands at a path; JSON that a text holds is gone through as if it stood there itself."""
    node = tree
    for key, quoted, index in re.findall(STEP, path):
        try:
            node = json.loads(node) if isinstance(node, str) else node
            node = node[int(index)] if index else node[key or quoted]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return node


def number(text):
    if NUMBER.fullmatch(text):
        return int(text) if re.fullmatch(r"\s*[+-]?\d+\s*", text) else float(text)


def moment(text):
    if DATE.fullmatch(text):
        return instant(text.upper())


def shown(field, v):
    return v if isinstance(v, str) else show_time(v) if field in TIMES else json.dumps(v, separators=(",", ":"))


def order(field, v, want):
    """Less than 0, 0 or more as a value is less, equal or more; None where the two cannot be compared."""
    if field in TIMES:
        want = instant(want)
    elif isinstance(v, (int, float)) and not isinstance(v, bool):
        want = number(want)
    elif field.startswith(".") and isinstance(v, str) and moment(v) and moment(want):
        v, want = moment(v), moment(want)
    elif field.startswith(".") and isinstance(v, str) and None not in (number(v), number(want)):
        v, want = number(v), number(want)
    else:
        v = shown(field, v)
    return None if want is None else (v > want) - (v < want)


def equal(field, v, want):
    # Text is equal only as it is written: an id of digits is no number.
    if field.startswith(".") and isinstance(v, str) and not (moment(v) and moment(want)):
        return v == want
    return order(field, v, want) == 0


def contains(field, v, want):
    text = shown(field, v)
    return want in text if any(c.isupper() for c in want) else want in text.lower()


COMPARISONS = {
    "=": equal, "!=": lambda *of: not equal(*of),
    "~": lambda field, v, want: bool(re.search(want, shown(field, v))),
    "!~": lambda field, v, want: not re.search(want, shown(field, v)),
    "<": lambda *of: (o := order(*of)) is not None and o < 0, "<=": lambda *of: (o := order(*of)) is not None and o <= 0,
    ">": lambda *of: (o := order(*of)) is not None and o > 0, ">=": lambda *of: (o := order(*of)) is not None and o >= 0,
}


class Condition:
    """A condition, read from left to right; `or` binds less than `and`, and `and` less than `not`."""

    def __init__(self, text, value):
        self.text, self.at, self.value = text, 0, value
        self.test = self.either()
        if self.text[self.at:].strip():
            raise Refused("something is left over")

    def next(self, pattern):
        """Takes what matches here, after blanks."""
        if m := re.compile(rf"\s*({pattern})", re.I | re.S).match(self.text, self.at):
            self.at = m.end()
            return m[1]

    def word(self, words):
        return self.next(rf"(?:{words})(?=[\s()]|$)")

    def need(self, pattern):
        found = self.next(pattern)
        if found is None:
            raise Refused(f"expected {pattern}")
        return found

    def either(self):
        tests = [self.both()]
        while self.word("or"):
            tests.append(self.both())
        return lambda r: any(test(r) for test in tests)

    def both(self):
        tests = [self.one()]
        while self.word("and"):
            tests.append(self.one())
        return lambda r: all(test(r) for test in tests)

    def one(self):
        if self.word("not"):
            test = self.one()
            return lambda r: not test(r)
        if self.next(r"\("):
            test = self.either()
            self.need(r"\)")
            return test
        return self.comparison()

    def comparison(self):
        field, value = self.need(FIELD.pattern), self.value
        if not field.startswith(".") and field not in FIELDS:
            raise Refused(f"no column {field}")
        if word := self.word("exists|missing"):
            return lambda r: (value(r, field) is None) == (word.lower() == "missing")
        negated = self.word("not")
        if self.word("in"):
            wants = [self.checked(field, want) for want in self.list()]
            among = lambda v: v is not None and any(equal(field, v, want) for want in wants)
            return lambda r: among(value(r, field)) != bool(negated)
        if negated:
            raise Refused("expected in")
        if self.word("contains"):
            want = self.one_value()
            return lambda r: (v := value(r, field)) is not None and contains(field, v, want)
        op = self.need("<>|!=|<=|>=|==|=~|!~|=|<|>|~")
        op = {"==": "=", "=~": "~"}.get(op, op)
        if op == "<>":
            raise Refused("unequal is written !=")
        want = self.checked(field, self.one_value(), op)
        return lambda r: op in ("!=", "!~") if (v := value(r, field)) is None else COMPARISONS[op](field, v, want)

    def checked(self, field, want, op="="):
        """Refuses what the field can never be compared with."""
        try:
            if op in ("~", "!~"):
                re.compile(want)
            elif field in TIMES:
                instant(want)
            elif field in NUMBERS:
                int(want)
            elif field == "discarded":
                ["true", "false"].index(want)
        except (ValueError, re.error) as error:
            raise Refused(error)
        return want

    def one_value(self, stop=""):
        """A quoted text, or one word; brackets that a word opens belong to it."""
        if quoted := self.next(r'"(?:[^"\\]|\\.)*"'):
            return json.loads(quoted)
        if quoted := self.next(r"'[^']*'"):
            return quoted[1:-1]
        self.next("")
        start, depth = self.at, 0
        while self.at < len(self.text):
            c = self.text[self.at]
            depth += (c == "(") - (c == ")")
            if c.isspace() or depth < 0 or (c in stop and not depth):
                break
            self.at += 1
        if start == self.at:
            raise Refused("expected a value")
        return self.text[start:self.at]

    def list(self):
        if self.next("@"):
            return [line.strip() for line in (HERE / self.one_value()).read_text("utf-8-sig").splitlines() if line.strip()]
        self.need(r"\(")
        wants = [self.one_value(",")]
        while self.next(","):
            wants.append(self.one_value(","))
        self.need(r"\)")
        return wants
