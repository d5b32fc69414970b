#!/usr/bin/env python3
"""Measures faillog beside DuckDB, ClickHouse's engine and Polars on the same made-up records, as Markdown tables.

Rules: every figure of one table comes from one run; both sides take turns; a peer answers the same question, and where the
two cannot be quite alike the peer has the easier one; answers are compared before they are timed.
"""

import argparse
import csv
import datetime
import gzip
import io
import os
import platform
import re
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from peers import PEERS
from works import MILLION, TABLES, WORKS

HERE = Path(__file__).resolve().parent
SIZE = "size of the store"
SIZE_BAR = 1.7
TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d*?)0*)?(?:Z|[+-]\d\d(?::?\d\d)?)?$")


class Failed(Exception):
    """A program did not end as it should; the rest can still be measured."""


@dataclass
class Side:
    """Faillog or a peer in one row: what its turns took."""

    name: str
    seconds: list = field(default_factory=list)
    peaks: list = field(default_factory=list)
    failure: str = ""

    def median(self):
        return statistics.median(self.seconds)

    def peak(self):
        return max(self.peaks)

    def __str__(self):
        return self.failure or f"{milliseconds(self.median())}, {megabytes(self.peak())}"


class Bench:
    """One table: its data, its store, its rows."""

    def __init__(self, table, records, options, peers):
        self.table = table
        self.records = records
        self.options = options
        self.faillog = str(Path(options.faillog).resolve())
        self.peers = peers
        self.threads = os.cpu_count()
        self.rows = []
        self.notes = []
        self.wrong = []
        self.behind = []
        # Bars are those of the usual sizes; with others nothing is judged by them.
        self.is_judged = records == table.records
        data = Path(options.data).resolve()
        kept = Path(options.store).resolve() if options.store else data
        for folder in (data, kept):
            folder.mkdir(parents=True, exist_ok=True)
        self.work = Path(tempfile.mkdtemp(prefix="work-", dir=kept))
        suffix = "" if self.is_judged else f"-{records}"
        self.logs = data / f"{table.folder}{suffix}"
        self.home = self.work / "home"
        if options.store:
            program = os.stat(self.faillog)
            self.home = kept / f"{table.folder}{suffix}-{program.st_mtime_ns:x}-{program.st_size:x}"

    # Running

    def start(self, words, stdout, home):
        """Runs a command to its end; returns its time and its peak memory."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FAILLOG_")}
        environment |= {"FAILLOG_HOME": str(home), "LC_ALL": "C", "POLARS_MAX_THREADS": str(self.threads)}
        with tempfile.TemporaryFile(dir=self.work) as stderr:
            started = time.perf_counter()
            child = subprocess.Popen(
                words, stdout=stdout, stderr=stderr, stdin=subprocess.DEVNULL, env=environment, cwd=self.work
            )
            timer = threading.Timer(self.options.time_limit, child.kill)
            timer.start()
            try:
                _, status, usage = os.wait4(child.pid, 0)
                seconds = time.perf_counter() - started
            except BaseException:
                child.kill()
                child.wait()
                raise
            finally:
                timer.cancel()
            child.returncode = os.waitstatus_to_exitcode(status)
            if seconds >= self.options.time_limit:
                raise Failed(f"> {self.options.time_limit} s")
            if child.returncode != 0:
                stderr.seek(0)
                told = stderr.read().decode(errors="replace").strip().splitlines() or [""]
                raise Failed(f"ended with {child.returncode}: {told[-1][:200]}")
        unit = 1 if sys.platform == "darwin" else 1024
        return seconds, usage.ru_maxrss * unit

    def ours(self, words, home, out=os.devnull):
        """Runs faillog: the whole process."""
        with open(out, "wb") as stdout:
            return self.start([self.faillog, *words], stdout, home)

    def theirs(self, peer, work, known, out, answer):
        """Runs a peer's statement: time within it, memory of its process."""
        statement = work.peers[peer.name]
        words = peer.process(statement, known, self.store(), self.work / "peer", self.threads, work.to_file, answer)
        with open(out, "wb") as stdout:
            _, peak = self.start(words, stdout, self.work)
        with open(out, "rb") as stdout:
            return float(stdout.readline()), peak

    # Data

    def prepare(self):
        """Makes up the logs, unless an earlier run did."""
        if not self.logs.exists():
            unfinished = self.logs.with_name(self.logs.name + ".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            words = ["demo", "data", "--records", str(self.records), "--hours", str(self.table.hours)]
            self.ours([*words, "--collections", "1", str(unfinished)], self.work)
            unfinished.rename(self.logs)
        (collection,) = self.logs.iterdir()
        self.files = sorted(collection.iterdir())
        self.glob = f"{collection}/*.ndjson"

    def need_store(self):
        """Imports the logs, unless the row of the import or an earlier run did."""
        if not self.home.exists():
            fresh = self.work / "fresh"
            shutil.rmtree(fresh, ignore_errors=True)
            self.ours(["import", *map(str, self.files)], fresh)
            fresh.rename(self.home)

    def store(self):
        return max((self.home / "data").glob("v*"), default=self.home / "data")

    # Rows

    def run(self):
        self.prepare()
        works = [work for work in WORKS if work.only in ("", self.table.name)]
        for work in works:
            if self.is_wanted(work.name.format(unit=self.table.unit)):
                self.measure(work)
        if self.table.name == "one-hour" and self.is_wanted(SIZE):
            self.size()

    def is_wanted(self, name):
        rows = self.options.row
        return not rows or any(row.lower() in name.lower() for row in rows)

    def known(self, work):
        """The values of what stands in braces; those that differ from peer to peer are the peer's."""
        known = {"every": self.table.every, "unit": self.table.unit, "logs": self.glob, "all": "", "message": ""}
        if "{all}" in work.words:
            known["all"] = self.word_for_all(work.words.split()[0])
        if "{message}" in work.words:
            known["message"] = self.message()
        return known

    def word_for_all(self, verb):
        told = subprocess.run([self.faillog, verb, "--help"], capture_output=True, text=True, check=True).stdout
        return "--all" if re.search(r"--all(?![\w-])", told) else ""

    def message(self):
        """The message of the oldest attempt."""
        out = self.work / "message.csv"
        words = ["show", "--type", "attempt", "-n", "1", "--sort", "time", "--columns", "message_id", "-o", "csv"]
        self.ours(words, self.home, out)
        return read(out, skip=0)[0]["message_id"]

    def measure(self, work):
        """Measures a row: all sides take turns, and the first turn, which warms the cache, is compared, not counted."""
        if not work.is_fresh:
            self.need_store()
        known = self.known(work)
        words = shlex.split(work.words.format(**(known | {"logs": "LOGS"})))
        words = [part for word in words for part in (map(str, self.files) if word == "LOGS" else [word])]
        name = work.name.format(**known)
        us = Side("faillog")
        sides = [us] + [Side(peer.name) for peer in self.peers if work.peers.get(peer.name)]
        by_name = {peer.name: peer for peer in self.peers}
        for turn in range(self.options.runs + 1):
            answers = {}
            for side in sides:
                if side.failure:
                    continue
                out = self.work / f"{side.name}.csv"
                out.unlink(missing_ok=True)
                is_compared = turn == 0 and bool(work.same)
                try:
                    if side is us:
                        seconds, peak = self.our_turn(work, words, out, is_compared)
                    else:
                        (self.work / "peer").unlink(missing_ok=True)
                        seconds, peak = self.theirs(by_name[side.name], work, known, out, is_compared)
                except Failed as failure:
                    self.fail(name, side, str(failure))
                    continue
                if is_compared:
                    answers[side.name] = read(out, skip=0 if side is us else 1)
                if turn > 0:
                    side.seconds.append(seconds)
                    side.peaks.append(peak)
            if answers:
                self.compare(work, name, answers)
        if work.is_fresh and not us.failure and not self.home.exists():
            (self.work / "fresh").rename(self.home)
        self.add(work, name, us, sides[1:])

    def our_turn(self, work, words, out, is_compared):
        home = self.home
        if work.is_fresh:
            home = self.work / "fresh"
            shutil.rmtree(home, ignore_errors=True)
        if is_compared:
            words = [*words, "-o", "csv"]
        return self.ours(words, home, out if is_compared or work.to_file else os.devnull)

    def fail(self, name, side, told):
        side.failure = told if told.startswith(">") else "failed"
        self.notes.append(f"{side.name}, {name}: {told}")
        if side.name == "faillog":
            self.wrong.append(f"{name}: {told}")

    def compare(self, work, name, answers):
        """Tells which peers give another answer than faillog, whatever the order of the rows."""
        if work.is_joined and self.store().name == "v1":
            self.notes.append(f"{name}: not compared, a store of format 1 is not joined")
            return
        try:
            settled = {side: settle(rows, work) for side, rows in answers.items()}
        except KeyError as column:
            self.wrong.append(f"{name}: an answer has no column {column}")
            return
        us = settled.pop("faillog", None)
        for side, them in settled.items():
            if us is not None and (us != them or not us):
                self.wrong.append(f"{name}: faillog and {side} answer differently")
                only_us, only_them = (sorted(set(a) - set(b))[:1] for a, b in ((us, them), (them, us)))
                self.notes.append(
                    f"{name}: {len(us)} rows of faillog, {len(them)} of {side}; only of faillog: {only_us}; "
                    f"only of {side}: {only_them}"
                )

    def add(self, work, name, us, peers):
        limit = work.bars[TABLES.index(self.table)]
        missed = []
        if not us.failure:
            if limit is not None and us.median() > limit:
                missed.append("time")
            if us.peak() > self.table.memory:
                missed.append("memory")
        bars = [f"≤ {milliseconds(limit)}"] if limit is not None else []
        bars.append(f"≤ {megabytes(self.table.memory)}")
        self.rows.append([name, str(us), "", "", "", self.judged(name, ", ".join(bars), missed)])
        for number, peer in enumerate(peers):
            told = peer.name + (f", {work.easier}" if work.easier else "")
            ratio = ""
            if not us.failure and not peer.failure:
                times = peer.median() / us.median()
                ratio = f"{times:.2f} ×"
                if peer.name == "DuckDB" and times < 1:
                    self.behind.append(f"{name}: {ratio} DuckDB")
            if number == 0:
                self.rows[-1][2:5] = [told, str(peer), ratio]
            else:
                self.rows.append(["", "", peer.name, str(peer), ratio, ""])
        figures = "; ".join(f"{side.name} {side}" for side in [us, *peers])
        print(f"{self.table.name}: {name}: {figures}", file=sys.stderr)

    def judged(self, name, bars, missed):
        if not self.is_judged:
            return bars
        if missed:
            self.behind.append(f"{name}: misses its bar in {' and '.join(missed)}, {bars}")
        return f"{bars}: {' and '.join(missed) + ' MISSED' if missed else 'met'}"

    def size(self):
        self.need_store()
        stored = sum(file.stat().st_size for file in self.store().rglob("*.parquet"))
        packed = Counter()
        with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6) as sink:
            for file in self.files:
                with open(file, "rb") as source:
                    shutil.copyfileobj(source, sink, 1 << 20)
        times = stored / packed.bytes
        bar = self.judged(SIZE, f"≤ {SIZE_BAR} × the size", ["size"] if times > SIZE_BAR else [])
        peer = ["`gzip -6` of the NDJSON", megabytes(packed.bytes)]
        self.rows.append([SIZE, megabytes(stored), *peer, f"{times:.2f} × the size", bar])

    def print(self):
        version = subprocess.run([self.faillog, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        versions = ", ".join([version, *(f"{peer.name} {peer.version}" for peer in self.peers)])
        hours = "1 hour" if self.table.hours == 1 else f"{self.table.hours} hours"
        print(
            f"\n{datetime.date.today()}: {versions}; {self.records:,} records in {hours}, "
            f"{megabytes(sum(file.stat().st_size for file in self.files))} of NDJSON; {self.threads} cores, "
            f"{platform.system()} {platform.machine()}, load {os.getloadavg()[0]:.1f}; "
            f"medians of {self.options.runs} alternating runs, warm cache."
        )
        print("\n| work | faillog | peer | its figure | ratio | bar |\n| --- | ---: | --- | ---: | ---: | --- |")
        for row in self.rows:
            print(f"| {' | '.join(row)} |")
        if self.notes:
            print("\n" + "\n".join(f"- {note}" for note in self.notes))
        sys.stdout.flush()


def read(path, skip):
    """Reads an answer: rows by column name; a peer's time stands before them."""
    with open(path, newline="", encoding="utf-8", errors="replace") as text:
        for _ in range(skip):
            text.readline()
        return list(csv.DictReader(text))


def settle(rows, work):
    """The rows of an answer that must be those of any other answer, in one order and one spelling."""
    told = [tuple(plain(row[column]) for column in work.same) for row in rows if row.get("count") != "0"]
    if work.is_newest and told:
        last = min(row[work.same.index("time")] for row in told)
        told = [row if row[work.same.index("time")] != last else (last,) for row in told]
    return sorted(told)


def plain(text):
    """Spells null and times as one does, whoever wrote them."""
    found = TIME.match(text)
    if found:
        return f"{found[1]} {found[2]}.{found[3] or ''}"
    return "" if text == "\\N" else text


class Counter(io.RawIOBase):
    """Counts what is written to it."""

    bytes = 0

    def writable(self):
        return True

    def write(self, data):
        self.bytes += len(data)
        return len(data)


def milliseconds(seconds):
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def megabytes(count):
    return f"{count / 1e6:,.0f} MB" if count >= 10e6 else f"{count / 1e6:.1f} MB"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    root = HERE.parent.parent
    program = root / "target" / "release" / "faillog"
    parser.add_argument("--records", type=int, default=MILLION, help="records in one hour (default: %(default)s)")
    parser.add_argument("--hours-records", type=int, help="records in 672 hours (default: 10 × those of one hour)")
    parser.add_argument("--only", choices=[*(table.name for table in TABLES), "all"], default="all", help="this table")
    parser.add_argument("--row", action="append", metavar="TEXT", help="only rows with this in their name; repeatable")
    parser.add_argument("--runs", type=int, default=5, help="turns that count, after one that does not (default: 5)")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a row misses a bar or is behind DuckDB")
    parser.add_argument("--faillog", default=program, help="the program (default: %(default)s)")
    parser.add_argument("--data", default=HERE / "data", help="folder that keeps the logs (default: %(default)s)")
    parser.add_argument("--store", help="folder that keeps the imported stores, one a build, for the next run")
    parser.add_argument("--time-limit", type=float, default=900, help="seconds that a turn may take (default: 900)")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("--runs: at least 1")
    return options


def main():
    options = arguments()
    if not hasattr(os, "wait4"):
        raise SystemExit("this platform does not tell the memory of a child: run it on Linux or macOS")
    if not Path(options.faillog).is_file():
        raise SystemExit(f"there is no `{options.faillog}`: run `cargo build --release`")
    peers = [peer for peer in PEERS if peer.is_installed()]
    for peer in PEERS:
        if peer not in peers:
            print(f"Skipped: {peer.name}: {sys.executable} has no module `{peer.module}`.")
    records = {"one-hour": options.records, "many-hours": options.hours_records or 10 * options.records}
    # An end from outside clears up and tells what is measured so far, as an interrupt does.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    wrong, behind = [], []
    for table in TABLES:
        if options.only not in ("all", table.name):
            continue
        bench = Bench(table, records[table.name], options, peers)
        try:
            bench.run()
        except Failed as failure:
            raise SystemExit(f"{table.name}: faillog {failure}") from None
        finally:
            # What is measured so far is told even if the rest cannot be.
            if bench.rows:
                bench.print()
            shutil.rmtree(bench.work, ignore_errors=True)
        wrong += [f"{table.name}: {fault}" for fault in bench.wrong]
        behind += [f"{table.name}: {fault}" for fault in bench.behind]
    if not any(peer.name == "DuckDB" for peer in peers):
        behind.append("nothing is compared with DuckDB, which is not installed")
    faults = wrong + (behind if options.check else [])
    for fault in faults:
        print(f"FAULT {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
