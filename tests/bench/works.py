"""What is measured: each work in faillog's words and as its peers say it, with the bars that faillog has to meet."""

from dataclasses import dataclass, field

MILLION = 1_000_000


@dataclass(frozen=True)
class Table:
    """One table of figures: how much is asked, over how long, and how much memory any row may take."""

    name: str
    folder: str
    hours: int
    records: int
    memory: int
    every: str
    unit: str


TABLES = (
    Table("one-hour", "one-hour", 1, MILLION, 300_000_000, "1m", "minute"),
    Table("many-hours", "672-hours", 672, 10 * MILLION, 400_000_000, "1h", "hour"),
)


@dataclass(frozen=True)
class Work:
    """One row, in both tables unless `only` names one.

    In braces: `records`, the store as a peer reads it; `columns`, those of faillog's CSV; `logs`, the files it came from;
    `message`, an id; `step`, a time cut to the unit of the table; `all`, faillog's word for every record, where it has one.
    """

    name: str
    words: str
    bars: tuple = (None, None)
    """Seconds, one bar a table."""
    peers: dict = field(default_factory=dict)
    """Statements by the peer's name."""
    easier: str = ""
    """What the peers leave out."""
    same: tuple = ()
    """Columns in which all answers must agree."""
    is_newest: bool = False
    """The answer is cut off at a number of rows: which of those with the last time get in is open."""
    is_joined: bool = False
    """The question needs what the store joined, so that a store of format 1 cannot be asked it in plain SQL."""
    only: str = ""
    is_fresh: bool = False
    """Starts with an empty store."""
    to_file: bool = False
    """The answer is written to a CSV file."""


COLUMNS = (
    "provider collection time logged_at type outcome attempt discarded status code reason operation source destination "
    "subscriber actor channel resource id message_id exchange_id method url ip duration_ms delay_ms"
).split()
ABSENT = "no record holds this text"


def asked(sql, polars):
    """DuckDB and ClickHouse's engine understand the same statements here."""
    return {"DuckDB": sql, "ClickHouse": sql, "Polars": polars}


def counted(column):
    """Counts by a column as `top` does it."""
    return asked(
        f"""SELECT {column}, count(*) AS count, count(DISTINCT message_id) AS messages,
            min(time) AS first_seen, max(time) AS last_seen FROM {{records}} GROUP BY {column}""",
        f"""records.group_by("{column}").agg(pl.len().alias("count"),
            pl.col("message_id").drop_nulls().n_unique().alias("messages"),
            pl.col("time").min().alias("first_seen"), pl.col("time").max().alias("last_seen"))""",
    )


ONE_MESSAGE = asked(
    "SELECT {columns} FROM {records} WHERE message_id = '{message}'",
    'records.filter(pl.col("message_id") == "{message}").select({columns})',
)

WORKS = (
    Work(
        "decode and store: `import`",
        "import {logs}",
        (1.5, 20),
        {
            "DuckDB": """COPY (SELECT CAST(json->>'$.properties.occurredAt' AS TIMESTAMP) AS time,
                CAST(json->>'$.properties.loggedAt' AS TIMESTAMP) AS logged_at,
                json->>'$.event' AS type,
                json->>'$.properties.outcome' AS outcome,
                TRY_CAST(json->>'$.properties.attempt' AS BIGINT) AS attempt,
                TRY_CAST(json->>'$.properties.discarded' AS BOOLEAN) AS discarded,
                TRY_CAST(json->>'$.properties.responseFromDestination.status' AS BIGINT) AS status,
                json->>'$.properties.reason' AS reason,
                json->>'$.properties.routed.from[0].id' AS source,
                json->>'$.properties.routed.to[0].id' AS destination,
                json->>'$.properties.messageId' AS message_id,
                json->>'$.properties.destinationExchangeId' AS exchange_id,
                json AS raw
                FROM read_ndjson_objects('{logs}', ignore_errors = true))
                TO '{out}' (FORMAT parquet, COMPRESSION zstd)"""
        },
        easier="one file, without sort, join, reasons, bloom filters",
        is_fresh=True,
    ),
    Work("`import` again: nothing new", "import {logs}"),
    Work(
        "newest 50 errors",
        "show --type error -n 50",
        (0.010, 0.060),
        asked(
            "SELECT {columns} FROM {records} WHERE type = 'error' ORDER BY time DESC LIMIT 50",
            'records.filter(pl.col("type") == "error").sort("time", descending=True).head(50).select({columns})',
        ),
        same=("time", "type", "message_id", "destination"),
        is_newest=True,
    ),
    Work(
        "newest 50 attempts with 429",
        "show --type attempt --status 429 -n 50",
        (0.010, 0.060),
        asked(
            """SELECT {columns} FROM {records} WHERE type = 'attempt' AND status = 429
                ORDER BY time DESC LIMIT 50""",
            """records.filter(pl.col("type") == "attempt", pl.col("status") == 429)
                .sort("time", descending=True).head(50).select({columns})""",
        ),
        same=("time", "type", "status", "message_id", "destination"),
        is_newest=True,
        is_joined=True,
    ),
    Work(
        "all by status: `top`",
        "top --by status {all}",
        (0.090, 0.8),
        counted("status"),
        same=("status", "count", "messages", "first_seen", "last_seen"),
        is_joined=True,
    ),
    Work(
        "all by pattern: `top`",
        "top --by pattern {all}",
        (0.25, 2.5),
        counted("reason"),
        easier="by reason, which is no pattern",
    ),
    Work(
        "all by {unit}: `timeline`",
        "timeline --every {every} {all}",
        (0.010, 0.1),
        asked(
            "SELECT {step} AS time, count(*) AS count FROM {records} GROUP BY 1",
            'records.group_by(pl.col("time").dt.truncate("{every}")).agg(pl.len().alias("count"))',
        ),
        same=("time", "count"),
    ),
    Work(
        "newest 50 messages: `show --by-message`",
        "show --by-message -n 50",
        (0.074, 1.0),
        asked(
            """SELECT message_id, destination, max(time) AS last_seen, min(time) AS first_seen, count(*) AS attempts
                FROM {records} WHERE message_id IS NOT NULL GROUP BY message_id, destination
                ORDER BY last_seen DESC LIMIT 50""",
            """records.filter(pl.col("message_id").is_not_null()).group_by("message_id", "destination")
                .agg(pl.col("time").max().alias("last_seen"), pl.col("time").min().alias("first_seen"),
                pl.len().alias("attempts")).sort("last_seen", descending=True).head(50)""",
        ),
        easier="without status, reason, fate",
    ),
    Work(
        "all by fate: `top`",
        "top --by fate {all}",
        (0.074, 1.0),
        asked(
            """SELECT outcome, count(*) AS deliveries, sum(records) AS count, min(first) AS first_seen,
                max(last) AS last_seen FROM (SELECT argMax(outcome, (coalesce(attempt, 0), time)) AS outcome,
                count(*) AS records, min(time) AS first, max(time) AS last
                FROM {records} WHERE message_id IS NOT NULL GROUP BY message_id, destination) GROUP BY outcome""",
            """records.filter(pl.col("message_id").is_not_null()).group_by("message_id", "destination")
                .agg(pl.col("outcome").sort_by(pl.col("attempt").fill_null(0), pl.col("time")).last(),
                pl.len().alias("records"), pl.col("time").min().alias("first"), pl.col("time").max().alias("last"))
                .group_by("outcome").agg(pl.len().alias("deliveries"), pl.col("records").sum().alias("count"),
                pl.col("first").min().alias("first_seen"), pl.col("last").max().alias("last_seen"))""",
        ),
        easier="the outcome of the last attempt, which is no fate yet",
    ),
    Work(
        "all to CSV",
        "show -o csv",
        (0.55, 5.5),
        asked("SELECT {columns} FROM {records}", "records.select({columns})"),
        easier="in no order",
        to_file=True,
    ),
    Work(
        "a text that no record holds: `--grep`",
        f"show --grep '{ABSENT}'",
        (0.095, 1.0),
        asked(
            f"SELECT time FROM {{records}} WHERE raw LIKE '%{ABSENT}%'",
            f'records.filter(pl.col("raw").cast(pl.String).str.contains("{ABSENT}", literal=True)).select("time")',
        ),
    ),
    Work(
        "one message id",
        "show --message-id {message}",
        (0.008, 0.060),
        ONE_MESSAGE,
        same=("time", "type", "message_id", "destination"),
    ),
    Work("one message: `trace`", "trace {message}", (0.008, 0.060), ONE_MESSAGE, easier="its records alone"),
    Work(
        "newest 50 errors of a file: `--input`",
        "show --input {logs} --type error -n 50",
        (0.27, None),
        {
            "DuckDB": """SELECT CAST(json->>'$.properties.occurredAt' AS TIMESTAMP) AS time, json
                FROM read_ndjson_objects('{logs}', ignore_errors = true)
                WHERE json->>'$.event' = 'Error Logged' ORDER BY time DESC LIMIT 50""",
            "ClickHouse": """SELECT parseDateTime64BestEffort(JSONExtractString(line, 'properties', 'occurredAt'), 3)
                AS time, line FROM file('{logs}', LineAsString)
                WHERE JSONExtractString(line, 'event') = 'Error Logged' ORDER BY time DESC LIMIT 50""",
        },
        easier="two fields",
        same=("time",),
        is_newest=True,
        only="one-hour",
    ),
    Work("start: `--version`", "--version", (0.003, None), only="one-hour"),
)
