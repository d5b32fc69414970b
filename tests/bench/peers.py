"""The peers: how each is started, and how it is told where the records are."""

import json
import subprocess
import sys
from dataclasses import dataclass

from works import COLUMNS

# Each program runs in a process of its own and gets its request as JSON. It prints the time of the statement alone, without
# the start of Python and of the engine, and after it the answer as CSV where that is asked for.

DUCKDB = """
import csv, json, sys, time, duckdb
request = json.loads(sys.argv[1])
connection = duckdb.connect(config={"threads": request["threads"]})
for setting in ("enable_progress_bar = false", "TimeZone = 'UTC'", "preserve_insertion_order = false"):
    connection.execute("SET " + setting)
statement = request["statement"]
if request["to_file"]:
    statement = f"COPY ({statement}) TO '{request['out']}' (FORMAT csv)"
elif statement.startswith("SELECT"):
    # The answer stays in DuckDB: nothing is made into Python's objects.
    statement = "CREATE TEMP TABLE answer AS " + statement
started = time.perf_counter()
connection.execute(statement)
print(time.perf_counter() - started, flush=True)
if request["answer"]:
    answer = connection.execute("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM answer")
    out = csv.writer(sys.stdout)
    out.writerow(column[0] for column in answer.description)
    out.writerows(answer.fetchall())
"""

CLICKHOUSE = """
import json, sys, time, chdb
request = json.loads(sys.argv[1])
chdb.query("SELECT 1")
statement, form = request["statement"], "CSVWithNames"
if request["to_file"]:
    statement, form = f"{statement} INTO OUTFILE '{request['out']}' FORMAT CSVWithNames", ""
statement += f" SETTINGS max_threads = {request['threads']}, session_timezone = 'UTC'"
started = time.perf_counter()
answer = chdb.query(statement, form) if form else chdb.query(statement)
print(time.perf_counter() - started, flush=True)
if request["answer"]:
    sys.stdout.write(str(answer))
"""

POLARS = """
import json, sys, time
import polars as pl
request = json.loads(sys.argv[1])
pl.LazyFrame({"a": [1]}).collect(engine="streaming")
started = time.perf_counter()
records = pl.scan_parquet(request["records"], hive_partitioning=True)
query = eval(request["statement"])
if request["to_file"]:
    query.sink_csv(request["out"])
else:
    answer = query.collect(engine="streaming")
print(time.perf_counter() - started, flush=True)
if request["answer"]:
    sys.stdout.write(answer.write_csv())
"""


@dataclass
class Peer:
    name: str
    module: str
    version_of: str
    program: str
    records: str
    columns: str
    step: str = ""
    version: str = ""

    def is_installed(self):
        probe = f"import {self.module}; print({self.version_of})"
        found = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
        self.version = found.stdout.strip()
        return found.returncode == 0

    def process(self, statement, known, store, out, threads, to_file, answer):
        """Returns the command that runs a statement over a store; `known` are the values of its braces."""
        pattern = f"{store}/**/records.parquet"
        fitted = {
            "records": self.records.format(pattern=pattern),
            "columns": self.columns,
            "step": self.step.format(**known),
            "out": out,
        }
        request = {
            "statement": " ".join(statement.format(**(known | fitted)).split()),
            "records": pattern,
            "out": str(out),
            "threads": threads,
            "to_file": to_file,
            "answer": answer,
        }
        return [sys.executable, "-c", self.program, json.dumps(request)]


PEERS = (
    Peer(
        "DuckDB",
        "duckdb",
        "duckdb.__version__",
        DUCKDB,
        "read_parquet('{pattern}', hive_partitioning = true, binary_as_string = true)",
        ", ".join(COLUMNS),
        "time_bucket(INTERVAL 1 {unit}, time)",
    ),
    Peer(
        "ClickHouse",
        "chdb",
        "chdb.query('SELECT version()', 'TSV')",
        CLICKHOUSE,
        "file('{pattern}', Parquet)",
        ", ".join(COLUMNS),
        "date_trunc('{unit}', time)",
    ),
    Peer("Polars", "polars", "polars.__version__", POLARS, "records", str(COLUMNS)),
)
