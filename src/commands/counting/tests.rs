//! The three verbs over hours that are complete, empty, missing, growing and too young.
//!
//! Rule: the clock stands still, and what is expected is reckoned from the hours as they are made here.

use clap::Parser;

use crate::model::{Hour, Outcome, Provider, Record, RecordType, Timestamp, Zone};
use crate::render::Format;
use crate::store::{Batch, Mode, Store};

use super::super::sandbox::{settings, with_context};
use super::super::{Error, Kind, diff, timeline, top};

const NOW: &str = "2025-03-23T20:30:00Z";

#[derive(Debug, Parser)]
enum Cli {
    Top(top::Args),
    Timeline(timeline::Args),
    Diff(diff::Args),
}

/// An hour, when it was fetched, and the minutes of its records.
type Made = (&'static str, Option<&'static str>, &'static [i64]);

/// Complete, empty and growing hours of `prod`; 12, 14 and 15 are missing.
const HOURS: [Made; 4] = [
    ("2025-03-23T10", Some("2025-03-23T18:00:00Z"), &[0, 5, 59]),
    ("2025-03-23T11", Some("2025-03-23T18:00:00Z"), &[]),
    ("2025-03-23T13", Some("2025-03-23T19:00:00Z"), &[30]),
    ("2025-03-23T16", Some("2025-03-23T19:00:00Z"), &[1, 2]),
];

fn keep(store: &Store, provider: Provider, collection: &str, hours: &[Made]) {
    let lock = store.lock(provider, collection).unwrap();
    for (name, fetched_at, minutes) in hours {
        let hour = Hour::parse(name, Timestamp::MIN).unwrap();
        let mode = if fetched_at.is_some() {
            Mode::Replace
        } else {
            Mode::Merge
        };
        let mut writer = lock.begin(hour, mode).unwrap();
        let mut batch = Batch::new();
        for minute in *minutes {
            let raw = format!("{{\"minute\":{minute}}}");
            let time = hour.start().plus(minute * 60_000_000);
            let mut record = Record::new(time, RecordType::Error, raw.as_bytes());
            record.outcome = Some(Outcome::Failure);
            record.code = Some(if minute % 2 == 0 { "even" } else { "odd" }.into());
            record.message_id = Some(format!("m{}", minute % 10).into());
            batch.push(&record);
        }
        writer.append(batch).unwrap();
        let fetched_at = fetched_at.map(|text| Timestamp::parse(text).unwrap());
        let staged = writer.finish(fetched_at, Vec::new()).unwrap();
        lock.commit_one(staged).unwrap();
    }
}

/// Runs a verb over the hours; returns how it ended, and both streams.
fn run(
    hours: &[Made],
    format: Format,
    width: usize,
    args: &[&str],
) -> (Result<(), Error>, String, String) {
    let root = tempfile::tempdir().unwrap();
    let settings = settings(root.path());
    keep(
        &Store::open(&settings.data),
        Provider::Segment,
        "2wmp",
        hours,
    );
    let cli = Cli::try_parse_from([&["x"], args].concat()).unwrap();
    with_context(settings, NOW, args, |context| {
        context.format = Some(format);
        context.zone = Zone::Utc;
        context.terminal.width = Some(width);
        match &cli {
            Cli::Top(args) => top::run(context, args),
            Cli::Timeline(args) => timeline::run(context, args),
            Cli::Diff(args) => diff::run(context, args),
        }
    })
}

#[test]
fn the_flags_are_consistent() {
    use clap::CommandFactory;
    Cli::command().debug_assert();
}

const RANGE: [&str; 4] = ["--since", "2025-03-23T10", "--until", "2025-03-23T20"];

#[test]
fn a_missing_hour_is_not_an_hour_without_records() {
    let args = [&["timeline", "--every", "1h"], &RANGE[..]].concat();
    let (ended, out, err) = run(&HOURS, Format::Tsv, 80, &args);
    ended.unwrap();
    assert_eq!(
        out,
        "time\tcount\tcomplete\n\
         2025-03-23T10:00:00Z\t3\ttrue\n\
         2025-03-23T11:00:00Z\t0\ttrue\n\
         2025-03-23T12:00:00Z\t\tfalse\n\
         2025-03-23T13:00:00Z\t1\tfalse\n\
         2025-03-23T14:00:00Z\t\tfalse\n\
         2025-03-23T15:00:00Z\t\tfalse\n\
         2025-03-23T16:00:00Z\t2\tfalse\n\
         2025-03-23T17:00:00Z\t\tfalse\n\
         2025-03-23T18:00:00Z\t\tfalse\n\
         2025-03-23T19:00:00Z\t\tfalse\n"
    );
    assert!(
        err.starts_with("6 records in 10 steps of 1 h, 8 of them not complete\n"),
        "{err}"
    );
    assert!(err.contains("warning: 5 hours are not fetched"), "{err}");
}

#[test]
fn a_drawing_has_gaps_where_nothing_is_stored() {
    let args = [&["timeline", "--every", "2h", "--ascii"], &RANGE[..]].concat();
    let (ended, out, _) = run(&HOURS, Format::Table, 60, &args);
    ended.unwrap();
    // 60 columns: 16 of the label, 2 + 1 + 1 of the number, 2 + 13 of the word, 25 of the bar. Hour 19 is too young,
    // hour 18 is missing.
    let (gap, full) = ("?".repeat(25), "#".repeat(25));
    let part = |length: usize| "#".repeat(length) + &" ".repeat(25 - length);
    let expected = [
        "count every 2 h, time in UTC".to_owned(),
        format!("2025-03-23 10:00  3 {full}"),
        format!("           12:00  1 {}  partly stored", part(9)),
        format!("           14:00  ? {gap}  not fetched"),
        format!("           16:00  2 {}  partly stored", part(17)),
        format!("           18:00  ? {gap}  not fetched"),
        format!("{}0 {} 3", " ".repeat(20), "-".repeat(21)),
        String::new(),
    ];
    assert_eq!(out, expected.join("\n"));
}

#[test]
fn steps_of_time_without_any_stored_hour_are_empty_in_top() {
    let args = [&["top", "--by", "code", "--every", "2h"], &RANGE[..]].concat();
    let (ended, out, _) = run(&HOURS, Format::Tsv, 80, &args);
    ended.unwrap();
    let header = "code\tcount\tmessages\tshare\tfirst_seen\tlast_seen";
    let steps = [10, 12, 14, 16, 18].map(|hour| format!("\t2025-03-23T{hour}:00:00Z"));
    // Even: 10:00, 13:30, 16:02; odd: 10:05, 10:59, 16:01. The even messages are m0, m0, m2.
    let even = "even\t3\t2\t0.500000\t2025-03-23T10:00:00Z\t2025-03-23T16:02:00Z\t1\t1\t\t1\t";
    let odd = "odd\t3\t3\t0.500000\t2025-03-23T10:05:00Z\t2025-03-23T16:01:00Z\t2\t0\t\t1\t";
    assert_eq!(out, format!("{header}{}\n{even}\n{odd}\n", steps.concat()));
}

#[test]
fn a_table_of_groups_fits_and_draws_them() {
    let args = [&["top", "--by", "code"], &RANGE[..]].concat();
    let (ended, out, err) = run(&HOURS, Format::Table, 110, &args);
    ended.unwrap();
    assert!(
        err.contains("\ntrend: from 2025-03-23T10:00:00Z to 2025-03-23T20:00:00Z\n"),
        "{err}"
    );
    // Ten hours in 24 steps of 25 minutes; even: 10:00 (step 0), 13:30 (8), 16:02 (14); odd: 10:05 (0), 10:59 (2),
    // 16:01 (14). Of steps 5 to 6 (12:05 to 12:55), 10 to 13 and 17 on nothing is stored.
    let expected = "                              2025-03-23        2025-03-23\n\
         code  count  messages  share  first_seen (UTC)  last_seen (UTC)  trend\n\
         even      3         2  50.0%  10:00:00          16:02:00         █····╌╌·█·╌╌╌╌█··╌╌╌╌╌╌╌\n\
         odd       3         3  50.0%  10:05:00          16:01:00         █·█··╌╌···╌╌╌╌█··╌╌╌╌╌╌╌\n";
    assert_eq!(out, expected);
    let (_, out, err) = run(&HOURS, Format::Table, 60, &args);
    assert!(out.lines().all(|line| line.chars().count() <= 60), "{out}");
    assert!(err.contains("columns left out to fit: "), "{err}");
}

#[test]
fn rates_count_the_hours_that_are_stored() {
    let args = [
        "diff",
        "--a",
        "2025-03-23T10..2025-03-23T12",
        "--b",
        "2025-03-23T12..2025-03-23T16",
        "--by",
        "code",
    ];
    let (ended, out, err) = run(&HOURS, Format::Tsv, 80, &args);
    ended.unwrap();
    // Two hours of a, one of the four of b.
    assert_eq!(
        out,
        "code\tcount_a\tcount_b\trate_a\trate_b\tchange\n\
         odd\t2\t0\t1.0000\t0.0000\tgone\n\
         even\t1\t1\t0.5000\t1.0000\tsame\n"
    );
    let told: Vec<&str> = err.lines().take(4).collect();
    assert_eq!(
        told,
        [
            "2 groups: 1 gone, 1 same",
            "a: 2025-03-23T10:00:00Z to 2025-03-23T12:00:00Z, 3 records in 2 h, all of it stored",
            "warning: b: 2025-03-23T12:00:00Z to 2025-03-23T16:00:00Z, 1 record, and not complete (1 h of 4 h stored): `gone` may be what is missing",
            "warning: 3 hours are not fetched: 2025-03-23T12, 2025-03-23T14 to 2025-03-23T15 (prod)",
        ]
    );
}

#[test]
fn of_a_window_without_stored_hours_nothing_is_claimed() {
    let args = [
        "diff",
        "--a",
        "2025-03-23T14+2h",
        "--b",
        "2025-03-23T10",
        "--by",
        "code",
    ];
    let (ended, out, err) = run(&HOURS, Format::Tsv, 80, &args);
    ended.unwrap();
    assert_eq!(
        out,
        "code\tcount_a\tcount_b\trate_a\trate_b\tchange\nodd\t0\t2\t\t2.0000\t\neven\t0\t1\t\t1.0000\t\n"
    );
    assert!(err.contains("nothing of its 2 h is stored"), "{err}");
    let args = ["diff", "--b", "2025-03-23T11", "--by", "code"];
    let (_, out, err) = run(&HOURS, Format::Tsv, 80, &args);
    assert!(out.contains("odd\t2\t0\t2.0000\t0.0000\tgone\n"), "{out}");
    assert!(
        err.contains("a: 2025-03-23T10:00:00Z to 2025-03-23T11:00:00Z"),
        "{err}"
    );
}

#[test]
fn strict_fails_on_what_is_missing_and_on_nothing_else() {
    let strict = |args: &[&str]| {
        let args = [args, &["--strict"]].concat();
        let (ended, ..) = run(&HOURS, Format::Tsv, 80, &args);
        ended.err().map(|error| error.kind)
    };
    let complete = ["--since", "2025-03-23T10", "--until", "2025-03-23T12"];
    for verb in [&["top", "--by", "code", "-n", "1"][..], &["timeline"]] {
        assert_eq!(strict(&[verb, &complete].concat()), None, "{verb:?}");
        assert_eq!(
            strict(&[verb, &RANGE].concat()),
            Some(Kind::Incomplete),
            "{verb:?}"
        );
    }
    assert_eq!(strict(&["diff", "--b", "2025-03-23T11"]), None);
    assert_eq!(
        strict(&["diff", "--b", "2025-03-23T12"]),
        Some(Kind::Incomplete)
    );
    assert_eq!(
        strict(&["diff", "--a", "2025-03-23T13", "--b", "2025-03-23T11"]),
        Some(Kind::Incomplete)
    );
    let (ended, ..) = run(
        &HOURS,
        Format::Tsv,
        80,
        &["top", "--code", "none", "--fail-empty"],
    );
    assert_eq!(ended.unwrap_err().kind, Kind::NoRows);
}

#[test]
fn counts_of_a_provider_that_folds_are_lower_bounds() {
    let root = tempfile::tempdir().unwrap();
    let settings = settings(root.path());
    let store = Store::open(&settings.data);
    keep(
        &store,
        Provider::Akeneo,
        "pim",
        &[("2025-03-23T10", None, &[0, 1, 2])],
    );
    keep(
        &store,
        Provider::Segment,
        "2wmp",
        &[("2025-03-23T10", None, &[1])],
    );
    let run = |format: Format, args: &[&str]| {
        let cli = Cli::try_parse_from([&["x"], args].concat()).unwrap();
        with_context(settings.clone(), NOW, args, |context| {
            context.format = Some(format);
            match &cli {
                Cli::Top(args) => top::run(context, args).unwrap(),
                Cli::Timeline(args) => timeline::run(context, args).unwrap(),
                Cli::Diff(args) => diff::run(context, args).unwrap(),
            }
        })
    };
    let args = ["top", "--by", "provider", "--sort", "key"];
    let ((), out, err) = run(Format::Table, &args);
    let words: Vec<Vec<&str>> = out
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert!(
        words.iter().any(|line| line[..2] == ["akeneo", "≥3"]),
        "{out}"
    );
    assert!(
        words.iter().any(|line| line[..2] == ["segment", "1"]),
        "{out}"
    );
    let said =
        "the count of 1 group is a lower bound (≥): the provider writes equal failures down once";
    assert!(err.contains(said), "{err}");
    let ((), out, err) = run(Format::Tsv, &args);
    assert!(out.contains("akeneo\t3\t3\t0.75"), "{out}");
    assert!(err.contains(said), "{err}");
    let ((), out, _) = run(
        Format::Table,
        &["timeline", "--by", "provider", "--every", "1h"],
    );
    assert!(
        out.contains("akeneo (≥3)") && out.contains("segment (1)"),
        "{out}"
    );
    let ((), out, _) = run(
        Format::Table,
        &["diff", "--b", "2025-03-23T10", "--by", "provider"],
    );
    assert!(out.contains("≥3"), "{out}");
}
