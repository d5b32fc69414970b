//! Tables at the widths people have: which columns, how wide.

mod cells;

use crate::model::{Column, Value};
use crate::render::tests::{TO_FILE, TO_TERMINAL, headings, text, time};
use crate::render::{Fit, Format, Heading, Options, Output};

fn draw(
    headings: Vec<Heading>,
    rows: &[Vec<Value<'_>>],
    options: Options,
) -> (String, Vec<String>) {
    let mut out = Vec::new();
    let mut output = Output::new(Format::Table, headings, options, &mut out).unwrap();
    for row in rows {
        output.row(row).unwrap();
    }
    let hidden = output.finish().unwrap().hidden;
    (String::from_utf8(out).unwrap(), hidden)
}

fn at(width: usize) -> Options {
    Options {
        width: Some(width),
        ..TO_TERMINAL
    }
}

fn all(width: usize) -> Options {
    Options {
        fit: Fit::All,
        ..at(width)
    }
}

/// A page as Segment's logs give it, all types mixed.
fn page() -> Vec<Vec<Value<'static>>> {
    let row = |set: &[(Column, Value<'static>)]| {
        let find = |column: &Column| set.iter().find(|(known, _)| known == column);
        Column::ALL
            .iter()
            .map(|column| find(column).map_or(Value::Null, |(_, value)| value.clone()))
            .collect()
    };
    let place = [
        (Column::Provider, text("segment")),
        (Column::Collection, text("2wmpXTGB69A8BwGJ4hD5XvQ03aD")),
    ];
    let routed = [
        (Column::Source, text("iYQnmjUpkZ2tSTc6dQRQ8o")),
        (Column::Destination, text("66a1b2c3d4e5f6a7b8c9d0e1")),
    ];
    let error = [
        (Column::Time, time("2025-03-23T20:15:03.120Z")),
        (Column::Type, text("error")),
        (Column::Discarded, Value::Bool(true)),
        (Column::Status, Value::Int(429)),
        (
            Column::Reason,
            text(
                "Too many requests: the rate limit of 600 requests a minute is exceeded, slow down",
            ),
        ),
        (Column::MessageId, text("api-2wmq0aF5kq3nX2vS7cJ1tYbHd4L")),
        (Column::Raw, Value::Bytes(b"{}")),
    ];
    let attempt = [
        (Column::Time, time("2025-03-23T20:15:02Z")),
        (Column::Type, text("attempt")),
        (Column::Outcome, text("failure")),
        (Column::Attempt, Value::Int(3)),
        (Column::Status, Value::Int(503)),
        (Column::Reason, text("upstream connect error")),
        (Column::MessageId, text("api-2wmq0aF5kq3nX2vS7cJ1tYbHd4L")),
        (
            Column::ExchangeId,
            text("5f2b9c1e-7a44-4d0e-9f1b-2c3d4e5f6a7b"),
        ),
        (Column::Raw, Value::Bytes(b"{}")),
    ];
    let exchange = [
        (Column::Time, time("2025-03-23T20:15:01.500Z")),
        (Column::Type, text("exchange")),
        (Column::Outcome, text("success")),
        (Column::Status, Value::Int(200)),
        (
            Column::ExchangeId,
            text("5f2b9c1e-7a44-4d0e-9f1b-2c3d4e5f6a7b"),
        ),
        (Column::Raw, Value::Bytes(b"{}")),
    ];
    [error.as_slice(), &attempt, &exchange]
        .iter()
        .map(|own| row(&[&place[..], &routed, own].concat()))
        .collect()
}

fn chosen(width: usize) -> (String, Vec<String>) {
    draw(headings(Column::ALL), &page(), at(width))
}

/// The page with only these columns, as `--columns` asks for.
fn asked(columns: &[Column], options: Options) -> String {
    let place = |column: &Column| Column::ALL.iter().position(|known| known == column);
    let rows: Vec<Vec<_>> = page()
        .iter()
        .map(|row| {
            let cell = |column| row[place(column).unwrap()].clone();
            columns.iter().map(cell).collect()
        })
        .collect();
    let (shown, hidden) = draw(headings(columns), &rows, options);
    assert!(hidden.is_empty());
    shown
}

#[test]
fn a_narrow_terminal_gets_what_tells_most() {
    let (shown, hidden) = chosen(80);
    assert_eq!(
        shown,
        "\
2025-03-23
time (UTC)    type      attempt  discarded  status  reason
20:15:03.120  error              true          429  Too many requests: the rate…
20:15:02      attempt         3                503  upstream connect error
20:15:01.500  exchange                         200
"
    );
    assert_eq!(
        hidden,
        [
            "outcome",
            "source",
            "destination",
            "message_id",
            "exchange_id"
        ]
    );
}

#[test]
fn a_wide_terminal_gets_whole_ids_and_a_longer_reason() {
    let (shown, hidden) = chosen(200);
    assert_eq!(
        shown,
        "\
2025-03-23
time (UTC)    type      outcome  attempt  discarded  status  source                  destination               message_id                       reason
20:15:03.120  error                       true          429  iYQnmjUpkZ2tSTc6dQRQ8o  66a1b2c3d4e5f6a7b8c9d0e1  api-2wmq0aF5kq3nX2vS7cJ1tYbHd4L  Too many requests: the rate limit of 600 requests a min…
20:15:02      attempt   failure        3                503  iYQnmjUpkZ2tSTc6dQRQ8o  66a1b2c3d4e5f6a7b8c9d0e1  api-2wmq0aF5kq3nX2vS7cJ1tYbHd4L  upstream connect error
20:15:01.500  exchange  success                         200  iYQnmjUpkZ2tSTc6dQRQ8o  66a1b2c3d4e5f6a7b8c9d0e1
"
    );
    assert_eq!(hidden, ["exchange_id"]);
}

#[test]
fn a_tiny_terminal_still_gets_time_and_reason() {
    let (shown, _) = chosen(24);
    assert_eq!(
        shown,
        "\
2025-03-23
time (UTC)    reason
20:15:03.120  Too many …
20:15:02      upstream …
20:15:01.500
"
    );
}

#[test]
fn lines_of_any_length_cut_nothing() {
    let (shown, hidden) = draw(headings(Column::ALL), &page(), TO_FILE);
    assert_eq!(
        shown.lines().take(2).collect::<Vec<_>>(),
        [
            "time                      type      outcome  attempt  discarded  status  source                  destination               message_id                       exchange_id                           reason",
            "2025-03-23T20:15:03.120Z  error                       true          429  iYQnmjUpkZ2tSTc6dQRQ8o  66a1b2c3d4e5f6a7b8c9d0e1  api-2wmq0aF5kq3nX2vS7cJ1tYbHd4L                                        Too many requests: the rate limit of 600 requests a minute is exceeded, slow down",
        ]
    );
    assert!(hidden.is_empty());
}

#[test]
fn narrow_terminals_shorten_ids_that_were_not_asked_for() {
    let headings = headings(&[Column::Time, Column::MessageId, Column::Reason]);
    let id = "5f2b9c1e-7a44-4d0e-9f1b-2c3d4e5f6a7b";
    let reason = "upstream connect error or disconnect before headers were read";
    let row = |id| vec![time("2025-03-23T20:15:02Z"), text(id), text(reason)];
    let rows = [row(id), row("another")];
    let (shown, hidden) = draw(headings, &rows, at(60));
    assert_eq!(
        shown,
        "\
2025-03-23
time (UTC)  message_id     reason
20:15:02    5f2b9c…5f6a7b  upstream connect error or discon…
20:15:02    another        upstream connect error or discon…
"
    );
    assert!(hidden.is_empty());
}

#[test]
fn what_was_asked_for_is_wrapped_and_never_cut() {
    let columns = [
        Column::Time,
        Column::MessageId,
        Column::ExchangeId,
        Column::Reason,
    ];
    assert_eq!(
        asked(&columns, all(80)),
        "\
2025-03-23
time (UTC)    message_id            exchange_id           reason
20:15:03.120  api-2wmq0aF5kq3nX2vS                        Too many requests:
              7cJ1tYbHd4L                                 the rate limit of
                                                          600 requests a
                                                          minute is exceeded,
                                                          slow down
20:15:02      api-2wmq0aF5kq3nX2vS  5f2b9c1e-7a44-4d0e-9  upstream connect
              7cJ1tYbHd4L           f1b-2c3d4e5f6a7b      error
20:15:01.500                        5f2b9c1e-7a44-4d0e-9
                                    f1b-2c3d4e5f6a7b
"
    );
    assert_eq!(
        asked(&[Column::ExchangeId, Column::Reason], all(72)),
        "\
exchange_id                           reason
                                      Too many requests: the rate limit
                                      of 600 requests a minute is
                                      exceeded, slow down
5f2b9c1e-7a44-4d0e-9f1b-2c3d4e5f6a7b  upstream connect error
5f2b9c1e-7a44-4d0e-9f1b-2c3d4e5f6a7b
"
    );
}

#[test]
fn what_was_asked_for_is_shown_though_it_says_nothing() {
    assert_eq!(
        asked(&[Column::Provider, Column::Ip, Column::Raw], all(80)),
        "\
provider  ip  raw
segment       {}
segment       {}
segment       {}
"
    );
}

#[test]
fn provider_and_collection_are_shown_when_they_vary() {
    let columns = headings(&[Column::Provider, Column::Collection, Column::Status]);
    let row = |collection| vec![text("segment"), text(collection), Value::Int(500)];
    let (shown, _) = draw(columns, &[row("web"), row("app")], at(80));
    assert_eq!(
        shown,
        "\
collection  status
web            500
app            500
"
    );
}

#[test]
fn what_every_row_says_gives_way_to_what_varies() {
    let columns = headings(&[
        Column::Outcome,
        Column::Status,
        Column::Destination,
        Column::MessageId,
    ]);
    let row = |id| {
        vec![
            text("failure"),
            Value::Int(500),
            text("66a1b2c3d4e5f6a7"),
            text(id),
        ]
    };
    let (shown, hidden) = draw(columns, &[row("a"), row("b")], at(29));
    assert_eq!(
        shown,
        "\
outcome  status  message_id
failure     500  a
failure     500  b
"
    );
    assert_eq!(hidden, ["destination"]);
}

#[test]
fn every_column_is_shown_or_named_and_no_line_is_too_long() {
    let columns = Column::ALL;
    let has_something = |column: &&Column| {
        let index = columns.iter().position(|known| known == *column).unwrap();
        let is_extra = matches!(column, Column::Provider | Column::Collection | Column::Raw);
        !is_extra && page().iter().any(|row| !row[index].is_null())
    };
    let expected = columns.iter().filter(has_something).count();
    for width in 22..260 {
        let (shown, hidden) = chosen(width);
        let header = shown.lines().nth(1).unwrap().replace("time (UTC)", "time");
        assert_eq!(header.split_whitespace().count() + hidden.len(), expected);
        for line in shown.lines() {
            assert!(
                unicode_width::UnicodeWidthStr::width(line) <= width,
                "{width}: {line}"
            );
        }
        let asked_for = asked(&columns[2..12], all(width.max(110)));
        for line in asked_for.lines() {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= width.max(110));
        }
    }
}

#[test]
fn a_time_that_moved_is_shown_beside_when_it_was_first_seen() {
    let page = |logged_at: &'static str| {
        let cells = |column: &Column| match column {
            Column::Time => time("2024-11-25T10:12:30Z"),
            Column::LoggedAt => time(logged_at),
            Column::Type => text("error"),
            Column::Destination => text("01934a2c-1491-7bea-bced-5176bf92ff3c"),
            Column::Reason => text("it took too long to respond"),
            _ => Value::Null,
        };
        let rows = [Column::ALL.iter().map(cells).collect()];
        draw(headings(Column::ALL), &rows, at(60)).0
    };
    assert!(page("2024-11-25T10:07:56.231Z").contains("10:07:56.231"));
    // Its fraction of a second, and Segment's hour until a log is written.
    for later in ["2024-11-25T10:12:29.900Z", "2024-11-25T11:30:00Z"] {
        assert!(!page(later).contains("logged_at"), "{later}");
    }
}

#[test]
fn of_what_happens_in_channels_the_event_and_the_channel_come_first() {
    let columns = [
        Column::Time,
        Column::Type,
        Column::Outcome,
        Column::Code,
        Column::Reason,
        Column::Operation,
        Column::Channel,
    ];
    let event = |operation, code, channel| {
        vec![
            time("2025-03-23T20:15:02Z"),
            text("event"),
            text("failure"),
            text(code),
            text("smtp; 550 5.1.1 user unknown"),
            text(operation),
            channel,
        ]
    };
    let drawn = |channel: fn(&'static str) -> Value<'static>| {
        let rows = [
            event("failed", "PERMANENT_GENERAL_BOUNCE", channel("email")),
            event("sent", "NOT_A_CODE_OF_ANYONE", channel("sms")),
        ];
        draw(headings(&columns), &rows, at(72)).1
    };
    assert_eq!(drawn(text), ["code"]);
    // The outcome gives way as well: every row says the same.
    assert_eq!(drawn(|_| Value::Null), ["outcome", "operation"]);
}
