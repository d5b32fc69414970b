#!/usr/bin/env python3
"""Measures faillog beside jq, grep and DuckDB on the same made-up records, and prints a Markdown table.

Rules: every figure of one table comes from one run; a peer answers the same question, and where the two cannot be quite
alike the peer has the easier one; answers are compared before they are timed; a peer that is not installed is said.
"""

import argparse
import csv
import datetime
import gzip
import io
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
MILLION = 1_000_000
ABSENT = "no record holds this text"

# Runs in a process of its own: the time is that of the statement alone, without Python's start or DuckDB's, and a
# question's answer stays in DuckDB, so that nothing is made into Python's objects.
DUCKDB = """
import sys, time, duckdb
connection = duckdb.connect()
connection.execute("SET enable_progress_bar = false")
statement = sys.argv[1]
if statement.startswith("SELECT"):
    statement = "CREATE TEMP TABLE answer AS " + statement
started = time.perf_counter()
connection.execute(statement)
print(time.perf_counter() - started)
if len(sys.argv) > 2:
    for row in connection.execute("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM answer").fetchall():
        print(row[0])
"""


@dataclass
class Figure:
    """The best of some runs: shortest time in seconds, smallest peak of resident memory in bytes."""

    seconds: float
    peak: int


@dataclass
class Row:
    """One line of the table."""

    work: str
    ours: str
    peer: str = ""
    theirs: str = ""
    ratio: str = ""
    bar: str = ""


class Bench:
    def __init__(self, options):
        self.faillog = str(Path(options.faillog).resolve())
        self.times = options.best_of
        self.records = options.records
        self.folder = Path(options.data).resolve() / f"{options.records}-records"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.work = Path(tempfile.mkdtemp(prefix="work-", dir=self.folder))
        self.rows = []
        self.skipped = []
        probe = [sys.executable, "-c", "import duckdb; print(duckdb.__version__)"]
        found = subprocess.run(probe, capture_output=True, text=True)
        self.duckdb = found.stdout.strip() if found.returncode == 0 else None
        if not self.duckdb:
            self.skipped.append(f"DuckDB: {sys.executable} has no module `duckdb`")
        self.jq = shutil.which("jq")
        if not self.jq:
            self.skipped.append("jq: not on the path")
        self.grep = shutil.which("grep")
        if not self.grep:
            self.skipped.append("grep: not on the path")

    # Running

    def start(self, words, stdout, home):
        """Runs a command to its end; returns its time, its peak memory and the bytes of its output."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FAILLOG_")}
        environment |= {"FAILLOG_HOME": str(home), "LC_ALL": "C"}
        with tempfile.TemporaryFile(dir=self.work) as stderr:
            started = time.perf_counter()
            child = subprocess.Popen(
                words, stdout=stdout, stderr=stderr, stdin=subprocess.DEVNULL, env=environment
            )
            _, status, usage = os.wait4(child.pid, 0)
            seconds = time.perf_counter() - started
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode != 0:
                stderr.seek(0)
                told = stderr.read().decode(errors="replace")
                raise SystemExit(f"{words[0]} ended with {child.returncode}: {words[-1]}\n{told}")
        unit = 1 if sys.platform == "darwin" else 1024
        return seconds, usage.ru_maxrss * unit

    def ours(self, words, home, out=os.devnull, before=None):
        """Measures one run of faillog, the whole process."""
        if before:
            before()
        with open(out, "wb") as stdout:
            return self.start([self.faillog, *words], stdout, home)

    def sql(self, statement):
        """Measures one statement in DuckDB: time within it, memory of its process."""
        with tempfile.TemporaryFile(dir=self.work) as stdout:
            _, peak = self.start([sys.executable, "-c", DUCKDB, statement], stdout, self.work)
            stdout.seek(0)
            return float(stdout.readline()), peak

    def process(self, words):
        """Measures one run of another program, the whole process."""
        return self.start(words, subprocess.DEVNULL, self.work)

    def beside(self, ours, peers):
        """Measures in turns, so that whatever else the machine does meets all alike; the first turn is not counted.

        `peers` are (name, measure, times); returns our figure and theirs by name.
        """
        best = {}
        turns = {"": (ours, self.times)} | {name: (run, times) for name, run, times in peers}
        for turn in range(self.times + 1):
            for name, (run, times) in turns.items():
                # A peer that takes seconds runs once, and its first run counts.
                if turn > times or (turn == 0 and times == 1):
                    continue
                seconds, peak = run()
                if turn == 0:
                    continue
                old = best.get(name, Figure(seconds, peak))
                best[name] = Figure(min(old.seconds, seconds), min(old.peak, peak))
        return best.pop(""), best

    def add(self, work, ours, peers, limit=None, memory=None, shows_memory=False, rate=None):
        figure, others = self.beside(ours, [peer for peer in peers if peer])
        text = milliseconds(figure.seconds)
        if rate:
            text += f", {rate / figure.seconds / 1e6:,.0f} MB/s"
        if shows_memory:
            text += f", {megabytes(figure.peak)}"
        bar = self.bar(figure, limit, memory)
        if not others:
            self.rows.append(Row(work, text, bar=bar))
        for number, (name, other) in enumerate(others.items()):
            theirs = milliseconds(other.seconds)
            if shows_memory:
                theirs += f", {megabytes(other.peak)}"
            ratio = f"{other.seconds / figure.seconds:.1f} ×"
            first = number == 0
            self.rows.append(
                Row(work if first else "", text if first else "", name, theirs, ratio, bar if first else "")
            )
        print(f"measured: {work}", file=sys.stderr)

    def bar(self, figure, limit, memory):
        if limit is None:
            return ""
        text = f"≤ {milliseconds(limit)}" + (f", ≤ {megabytes(memory)}" if memory else "")
        is_met = figure.seconds <= limit and (memory is None or figure.peak <= memory)
        return self.judged(text, is_met)

    def judged(self, text, is_met):
        """The bars are for a million records; of other sizes nothing is said."""
        if self.records != MILLION:
            return text
        return f"{text}: {'met' if is_met else 'MISSED'}"

    # Data

    def made_up(self, name, hours):
        """Returns the folder of made-up logs of one collection; they are kept for the next run."""
        folder = self.folder / name
        if not folder.exists():
            unfinished = self.work / name
            words = ["demo", "data", "--records", str(self.records), "--hours", str(hours)]
            self.ours([*words, "--collections", "1", str(unfinished)], self.work)
            unfinished.rename(folder)
        (collection,) = folder.iterdir()
        return sorted(collection.iterdir())

    def answers(self, words, home, column=0):
        """Returns a column that faillog gives, the first unless told otherwise."""
        out = self.work / "answer.csv"
        self.ours([*words, "-o", "csv"], home, out)
        with open(out, newline="", encoding="utf-8") as text:
            return [row[column] for row in csv.reader(text)][1:]

    def compare(self, what, ours, statement):
        """Ends the run unless DuckDB gives the same as its first column, whatever the order."""
        if not self.duckdb:
            return
        words = [sys.executable, "-c", DUCKDB, statement, "rows"]
        out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        theirs = out.splitlines()[1:]
        if sorted(ours) != sorted(theirs) or not ours:
            raise SystemExit(f"the answers differ: {what}: {len(ours)} and {len(theirs)} rows")

    # Works

    def run(self):
        (log,) = self.made_up("one-hour", 1)
        home = self.work / "home"
        self.importing(log, home)
        store = f"read_parquet('{home}/data/v1/**/*.parquet', hive_partitioning = true, binary_as_string = true)"
        self.asking(log, home, store)
        self.counting(home, store)
        self.of_messages(home, store)
        self.one_message("1 hour", home, store)
        many = self.work / "many"
        self.ours(["import", *map(str, self.made_up("672-hours", 672))], many)
        many_store = store.replace(str(home), str(many))
        self.one_message("672 hours", many, many_store, limit=0.050)
        self.tracing(many, many_store)
        self.without_store(log, home)
        self.size(log, home)
        jq = self.jq and ("jq --version", lambda: self.process([self.jq, "--version"]), self.times)
        self.add("start: `--version`", lambda: self.ours(["--version"], home), [jq], 0.003)
        return log.stat().st_size

    def query(self, name, statement):
        return self.duckdb and (name, lambda: self.sql(statement), self.times)

    def importing(self, log, home):
        parquet = self.work / "peer.parquet"
        p, q = "json->>'$.properties.", "'"
        statement = f"""COPY (SELECT CAST({p}occurredAt{q} AS TIMESTAMP) AS time,
            CAST({p}loggedAt{q} AS TIMESTAMP) AS logged_at, json->>'$.event' AS type, {p}outcome{q} AS outcome,
            TRY_CAST({p}attempt{q} AS BIGINT) AS attempt, TRY_CAST({p}discarded{q} AS BOOLEAN) AS discarded,
            TRY_CAST({p}responseFromDestination.status{q} AS BIGINT) AS status, {p}reason{q} AS reason,
            {p}routed.from[0].id{q} AS source, {p}routed.to[0].id{q} AS destination,
            {p}messageId{q} AS message_id, {p}destinationExchangeId{q} AS exchange_id, json AS raw
            FROM read_ndjson_objects('{log}', ignore_errors = true))
            TO '{parquet}' (FORMAT parquet, COMPRESSION zstd)"""
        self.add(
            "decode and store: `import`",
            lambda: self.ours(["import", str(log)], home, before=lambda: shutil.rmtree(home, ignore_errors=True)),
            [self.query("DuckDB, NDJSON to Parquet, without sort, reasons, bloom filters", statement)],
            limit=1.2,
            memory=400_000_000,
            shows_memory=True,
            rate=log.stat().st_size,
        )

    def asking(self, log, home, store):
        errors = ["show", "--type", "error", "-n", "50"]
        statement = f"SELECT * EXCLUDE (raw) FROM {store} WHERE type = 'error' ORDER BY time DESC LIMIT 50"
        self.compare(
            "newest errors",
            [text.replace("T", " ").rstrip("Z") for text in self.answers([*errors, "--columns", "time"], home)],
            f"SELECT strftime(time, '%Y-%m-%d %H:%M:%S.%g') FROM ({statement})",
        )
        program = 'fromjson? | select(.event == "Error Logged") | .properties | [.occurredAt, .messageId] | @tsv'
        pipe = f"{self.jq} -Rr '{program}' '{log}' | sort -r | head -n 50"
        self.add(
            "newest 50 errors",
            lambda: self.ours(errors, home),
            [
                self.query("DuckDB on faillog's Parquet, without join", statement),
                self.jq and ("jq on NDJSON, `sort`, `head`", lambda: self.process(["sh", "-c", pipe]), 1),
            ],
            limit=0.010,
        )

        attempts = ["show", "--type", "attempt", "--status", "429", "-n", "50"]
        statement = f"""SELECT a.message_id, a.* EXCLUDE (message_id, raw), e.status, e.reason
            FROM {store} a JOIN (SELECT exchange_id, status, reason FROM {store}
            WHERE type = 'exchange' AND status = 429) e USING (exchange_id)
            WHERE a.type = 'attempt' ORDER BY a.time DESC"""
        every = ["show", "--type", "attempt", "--status", "429", "--columns", "message_id"]
        self.compare("attempts with status 429", self.answers(every, home), statement)
        self.add(
            "newest 50 attempts with status 429, joined",
            lambda: self.ours(attempts, home),
            [self.query("DuckDB on faillog's Parquet", f"{statement} LIMIT 50")],
            limit=0.030,
        )

        self.add(
            "a text that no record holds: `--grep`",
            lambda: self.ours(["show", "--grep", ABSENT], home),
            [
                self.query("DuckDB on faillog's Parquet", f"SELECT time FROM {store} WHERE contains(raw, '{ABSENT}')"),
                self.grep
                and (
                    "grep -F on NDJSON, uncompressed",
                    lambda: self.process(["sh", "-c", f"! {self.grep} -F '{ABSENT}' '{log}'"]),
                    self.times,
                ),
            ],
            limit=0.140,
        )

        out = self.work / "all.csv"
        statement = f"COPY (SELECT * EXCLUDE (raw) FROM {store}) TO '{out}' (FORMAT csv)"
        self.add(
            "all rows to CSV",
            lambda: self.ours(["show", "-o", "csv"], home, out),
            [self.query("DuckDB COPY, in no order, without join", statement)],
            limit=0.6,
            memory=150_000_000,
            shows_memory=True,
        )

    def one_message(self, where, home, store, limit=None):
        words = ["show", "--type", "attempt", "-n", "1", "--sort", "time", "--columns", "message_id"]
        (message,) = self.answers(words, home)
        words = ["show", "--message-id", message]
        statement = f"SELECT message_id, * EXCLUDE (message_id, raw) FROM {store} WHERE message_id = '{message}'"
        self.compare("one message", self.answers([*words, "--columns", "message_id"], home), statement)
        self.add(
            f"one message id in {where}",
            lambda: self.ours(words, home),
            [self.query("DuckDB on faillog's Parquet", statement)],
            limit=limit,
        )

    def counting(self, home, store):
        told = "count(*), count(DISTINCT message_id), min(time), max(time)"
        words = ["top", "--by", "status", "--type", "exchange"]
        statement = f"SELECT {told}, status FROM {store} WHERE type = 'exchange' GROUP BY status"
        self.compare("exchanges by status", self.answers(words, home, column=1), statement)
        self.add(
            "exchanges by status: `top`",
            lambda: self.ours(words, home),
            [self.query("DuckDB on faillog's Parquet", statement)],
            limit=0.010,
        )
        statement = f"""SELECT {told}, coalesce(r.status, e.status) AS joined FROM {store} r
            LEFT JOIN (SELECT exchange_id, any_value(status) AS status FROM {store}
            WHERE type = 'exchange' GROUP BY exchange_id) e USING (exchange_id) GROUP BY joined"""
        self.add(
            "all by status, joined: `top`",
            lambda: self.ours(["top", "--by", "status"], home),
            [self.query("DuckDB on faillog's Parquet, errors not joined", statement)],
            shows_memory=True,
        )
        self.add(
            "all by pattern: `top`", lambda: self.ours(["top", "--by", "pattern"], home), [], shows_memory=True
        )
        words = ["timeline", "--every", "1m"]
        statement = f"SELECT count(*), time_bucket(INTERVAL 1 minute, time) AS minute FROM {store} GROUP BY minute"
        counts = [count for count in self.answers(words, home, column=1) if count != "0"]
        self.compare("timeline", counts, statement)
        self.add(
            "all by minute: `timeline`",
            lambda: self.ours(words, home),
            [self.query("DuckDB on faillog's Parquet", statement)],
        )

    def of_messages(self, home, store):
        statement = f"""SELECT max(time) AS last, min(time), count(*), message_id, destination FROM {store}
            WHERE message_id IS NOT NULL GROUP BY message_id, destination ORDER BY last DESC LIMIT 50"""
        self.add(
            "50 messages: `show --by-message`",
            lambda: self.ours(["show", "--by-message", "-n", "50"], home),
            [self.query("DuckDB on faillog's Parquet, without join and fate", statement)],
            shows_memory=True,
        )
        self.add(
            "newest 50 with their fate",
            lambda: self.ours(["show", "-n", "50", "--type", "attempt", "--columns", "time,message_id,fate"], home),
            [],
        )
        self.add(
            "newest 50 folded: `show --dedup 5m`",
            lambda: self.ours(["show", "--dedup", "5m", "-n", "50"], home),
            [],
            shows_memory=True,
        )

    def tracing(self, home, store):
        words = ["show", "--type", "attempt", "-n", "1", "--sort", "time", "--columns", "message_id"]
        (message,) = self.answers(words, home)
        statement = f"SELECT * FROM {store} WHERE message_id = '{message}'"
        self.add(
            "one message in 672 hours: `trace`",
            lambda: self.ours(["trace", message], home),
            [self.query("DuckDB on faillog's Parquet, its records alone", statement)],
            limit=0.050,
        )

    def without_store(self, log, home):
        words = ["show", "--input", str(log), "--type", "error", "-n", "50"]
        statement = f"""SELECT json->>'$.properties.occurredAt' AS time, json FROM
            read_ndjson_objects('{log}', ignore_errors = true)
            WHERE json->>'$.event' = 'Error Logged' ORDER BY time DESC LIMIT 50"""
        self.add(
            "newest 50 errors of a file: `--input`",
            lambda: self.ours(words, home),
            [self.query("DuckDB on NDJSON, without other columns", statement)],
            limit=0.25,
            shows_memory=True,
        )

    def size(self, log, home):
        stored = sum(file.stat().st_size for file in (home / "data").rglob("*.parquet"))
        sink = Counter()
        with open(log, "rb") as source, gzip.GzipFile(fileobj=sink, mode="wb", compresslevel=6) as packed:
            shutil.copyfileobj(source, packed, 1 << 20)
        times = stored / sink.bytes
        self.rows.append(
            Row(
                "size of the store",
                megabytes(stored),
                "`gzip -6` of the NDJSON",
                megabytes(sink.bytes),
                f"{times:.2f} × the size",
                self.judged("≤ 1.3 × the size", times <= 1.3),
            )
        )

    def print(self, size):
        version = subprocess.run([self.faillog, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        versions = [version] + ([f"DuckDB {self.duckdb}"] if self.duckdb else [])
        if self.jq:
            versions.append(subprocess.run([self.jq, "--version"], capture_output=True, text=True).stdout.strip())
        print(
            f"{datetime.date.today()}: {', '.join(versions)}; {self.records:,} records of one hour, "
            f"{megabytes(size)} of NDJSON; {os.cpu_count()} cores, {platform.system()} {platform.machine()}; "
            f"best of {self.times}, warm cache."
        )
        for skipped in self.skipped:
            print(f"Skipped: {skipped}.")
        print("\n| work | faillog | peer | its figure | ratio | bar |\n| --- | ---: | --- | ---: | ---: | --- |")
        for row in self.rows:
            print(f"| {row.work} | {row.ours} | {row.peer} | {row.theirs} | {row.ratio} | {row.bar} |")


class Counter(io.RawIOBase):
    """Counts what is written to it."""

    bytes = 0

    def writable(self):
        return True

    def write(self, data):
        self.bytes += len(data)
        return len(data)


def milliseconds(seconds):
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1000:.3g} ms"


def megabytes(count):
    return f"{count / 1e6:,.0f} MB" if count >= 10e6 else f"{count / 1e6:.1f} MB"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    root = HERE.parent.parent
    program = root / "target" / "release" / ("faillog.exe" if os.name == "nt" else "faillog")
    parser.add_argument("--records", type=int, default=MILLION, help="records to measure with (default: %(default)s)")
    parser.add_argument("--best-of", type=int, default=5, help="turns, of which the best counts (default: %(default)s)")
    parser.add_argument("--faillog", default=program, help="the program (default: %(default)s)")
    parser.add_argument("--data", default=HERE / "data", help="folder for made-up logs (default: %(default)s)")
    options = parser.parse_args()
    if not hasattr(os, "wait4"):
        raise SystemExit("this platform does not tell the memory of a child: run it on Linux or macOS")
    if not Path(options.faillog).is_file():
        raise SystemExit(f"there is no `{options.faillog}`: run `cargo build --release`")
    bench = Bench(options)
    try:
        bench.print(bench.run())
    finally:
        shutil.rmtree(bench.work, ignore_errors=True)


if __name__ == "__main__":
    main()
