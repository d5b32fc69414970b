//! Texts of traces, of records that stand in a store as their decoders would put them there.

use clap::Parser;

use super::super::sandbox::{settings, with_context};
use super::*;
use crate::model::{Outcome, Record, RecordType, Timestamp};
use crate::store::{Batch, Mode, Store};

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn keep(store: &Store, provider: Provider, records: &[Record<'_>]) {
    let hour = records[0].time.hour();
    let lock = store.lock(provider, "main").unwrap();
    let mut writer = lock.begin(hour, Mode::Merge).unwrap();
    let mut batch = Batch::new();
    records.iter().for_each(|record| batch.push(record));
    writer.append(batch).unwrap();
    let staged = writer.finish(None, Vec::new()).unwrap();
    lock.commit_one(staged).unwrap();
}

/// Traces in a world where it is a minute past eleven; returns text, messages and the ending.
fn traced(
    provider: Provider,
    records: &[Record<'_>],
    args: &[&str],
) -> (String, String, Result<(), Error>) {
    let root = tempfile::tempdir().unwrap();
    let settings = settings(root.path());
    keep(&Store::open(&settings.data), provider, records);
    let args = Cli::try_parse_from([&["trace"], args].concat())
        .unwrap()
        .args;
    let (ended, out, err) = with_context(settings, "2025-03-23T11:01:00Z", &[], |context| {
        context.format = Some(Format::Table);
        context.terminal.width = Some(80);
        context.terminal.stdout_is_terminal = true;
        run(context, &args)
    });
    (out, err, ended)
}

fn akeneo<'r>() -> Record<'r> {
    let raw = br#"{"log_id":"019362ca","request":{},"response":{"status":500,"body":"{\"error\":\"no\\u001b[2J\"}"}}"#;
    let mut record = Record::new(time("2025-03-23T10:05:00Z"), RecordType::Error, raw);
    record.logged_at = Some(time("2025-03-23T10:01:02.500Z"));
    record.id = Some("019362ca".into());
    record.code = Some("destination_timeout".into());
    record.status = Some(500);
    record.reason = Some("it took too long".into());
    record.destination = Some("sub-1".into());
    record
}

#[test]
fn a_record_that_folds_others_shows_both_ends_and_its_answer() {
    let (out, _, ended) = traced(Provider::Akeneo, &[akeneo()], &["019362ca"]);
    ended.unwrap();
    for line in [
        "record 019362ca\n  akeneo main, to sub-1, error\n",
        "  first seen        2025-03-23T10:01:02.500Z\n  last seen         2025-03-23T10:05:00Z\n",
        "  occurred          ≥ 1: the vendor folds equal errors of five minutes into one\n",
        "  500  it took too long\n  response body  JSON, ",
        // What would clear the screen is shown.
        "    {\n      \"error\": \"no\\u001b[2J\"\n    }\n",
    ] {
        assert!(out.contains(line), "no {line:?} in\n{out}");
    }
    let (out, _, _) = traced(Provider::Akeneo, &[akeneo()], &["0193", "--no-bodies"]);
    assert!(
        out.contains("record 019362ca\n") && !out.contains("response body"),
        "{out}"
    );
}

#[test]
fn a_notification_is_told_channel_by_channel() {
    let raw = br#"{"trackingId":"t-1"}"#;
    let notification = |second: i64| {
        let mut record = Record::new(
            time("2025-03-23T10:00:00Z").plus(second * 1_000_000),
            RecordType::Notification,
            raw,
        );
        record.message_id = Some("t-1".into());
        record.id = Some("t-1".into());
        record.operation = Some("welcome".into());
        record.subscriber = Some("u1".into());
        record.outcome = Some(Outcome::Failure);
        record.code = Some("PERMANENT_NO_EMAIL_BOUNCE".into());
        record
    };
    let event =
        |second: i64, channel: &'static str, operation: &'static str, id: &'static str| Record {
            record_type: RecordType::Event,
            channel: Some(channel.into()),
            operation: Some(operation.into()),
            id: Some(id.into()),
            outcome: None,
            code: None,
            ..notification(second)
        };
    let records = [
        notification(0),
        event(1, "email", "sent", "e1"),
        event(2, "sms", "sent", "e2"),
        event(3, "email", "failed", "e3"),
    ];
    let (out, _, ended) = traced(Provider::NotificationApi, &records, &["t-1"]);
    ended.unwrap();
    assert_eq!(
        out,
        "message t-1\n  notificationapi main, welcome, u1\n  failure: PERMANENT_NO_EMAIL_BOUNCE\n\n\
         2025-03-23T10:00:00Z  notification  welcome  failure  PERMANENT_NO_EMAIL_BOUNCE\n\
         email\n\
         2025-03-23T10:00:01Z  event  email  sent\n\
         2025-03-23T10:00:03Z  event  email  failed\n\
         sms\n\
         2025-03-23T10:00:02Z  event  sms  sent\n"
    );
}

#[test]
fn what_may_still_come_is_looked_for_and_said() {
    let attempt = |minutes: i64, outcome: Outcome| {
        let raw: &[u8] = match outcome {
            Outcome::Success => b"{\"ok\":true}",
            _ => b"{}",
        };
        let at = time("2025-03-23T10:00:00Z").plus(minutes * 60_000_000);
        let mut record = Record::new(at, RecordType::Attempt, raw);
        record.message_id = Some("m-1".into());
        record.attempt = Some(minutes);
        record.outcome = Some(outcome);
        record.destination = Some("braze".into());
        record
    };
    // The hour from eleven on is not stored, and the message may be tried again in it.
    let (out, err, ended) = traced(
        Provider::Segment,
        &[attempt(1, Outcome::Failure)],
        &["m-1", "--strict"],
    );
    let said =
        "being retried: the last failure was 1 h ago, retries may go on until 2025-03-23T14:01:00Z";
    assert!(out.replace("\n    ", " ").contains(said), "{out}");
    assert!(err.contains("1 hour is too young"), "{err}");
    assert_eq!(ended.unwrap_err().kind, Kind::Incomplete);
    // One that arrived is over.
    let delivered = [attempt(1, Outcome::Failure), attempt(3, Outcome::Success)];
    let (out, err, ended) = traced(Provider::Segment, &delivered, &["m-1", "--strict"]);
    assert!(
        out.contains("  delivered at attempt 3, 2 min after the first failure\n"),
        "{out}"
    );
    assert!(!err.contains("young"), "{err}");
    ended.unwrap();
}

#[test]
fn a_long_body_is_cut_with_a_note_unless_it_is_wanted_whole() {
    let list: Vec<String> = (0..60).map(|n| n.to_string()).collect();
    let body = format!("[{}]", list.join(","));
    let raw = serde_json::json!({ "request": { "body": body } }).to_string();
    let mut record = Record::new(
        time("2025-03-23T10:05:00Z"),
        RecordType::Action,
        raw.as_bytes(),
    );
    record.id = Some("a1".into());
    let (out, _, _) = traced(Provider::Akeneo, &[record.clone()], &["a1"]);
    assert!(
        out.contains("      22\n") || out.contains("      22,\n"),
        "{out}"
    );
    assert!(!out.contains("      23,\n"), "{out}");
    assert!(
        out.ends_with("    … 38 lines more; --all-bodies shows them\n"),
        "{out}"
    );
    let (out, _, _) = traced(Provider::Akeneo, &[record], &["a1", "--all-bodies"]);
    assert!(out.ends_with("      59\n    ]\n"), "{out}");
}

#[test]
fn what_a_record_says_itself_is_told_from_what_is_joined() {
    let base = time("2025-03-23T10:00:00Z");
    let of_type = |second: i64, record_type: RecordType, raw: &'static [u8]| {
        let mut record = Record::new(base.plus(second * 1_000_000), record_type, raw);
        record.message_id = Some("m-1".into());
        record.destination = Some("braze".into());
        record.outcome = Some(Outcome::Failure);
        record
    };
    let mut first = of_type(0, RecordType::Attempt, b"1");
    first.attempt = Some(1);
    first.code = Some("ETIMEDOUT".into());
    first.reason = Some("no answer".into());
    let mut joined = of_type(1, RecordType::Error, b"2");
    joined.discarded = Some(false);
    let mut own = of_type(2, RecordType::Error, b"3");
    own.discarded = Some(true);
    own.operation = Some("destinationInsertFunction".into());
    own.reason = Some("failed insert function".into());
    let (out, _, _) = traced(Provider::Segment, &[first, joined, own], &["m-1"]);
    assert!(
        out.ends_with(
            "2025-03-23T10:00:00Z  attempt 1  failure: ETIMEDOUT\n  no answer\n\
             2025-03-23T10:00:01Z  error  not discarded\n\
             2025-03-23T10:00:02Z  error  discarded  destinationInsertFunction\n  failed insert function\n"
        ),
        "{out}"
    );
}

#[test]
fn a_row_of_a_file_is_shown_as_it_came_in() {
    let raw = br#"{"Code":"401","Gateway code":"4011","Status details":"Unrecognized token"}"#;
    let mut record = Record::new(time("2025-03-23T10:00:00Z"), RecordType::Request, raw);
    record.id = Some("r-1".into());
    record.status = Some(401);
    let (out, _, ended) = traced(Provider::Workato, &[record], &["r-1"]);
    ended.unwrap();
    assert!(
        out.starts_with(
            "record r-1\n  workato main, request\n  time              2025-03-23T10:00:00Z\n"
        ),
        "{out}"
    );
    assert!(
        out.contains("4011") && out.contains("Unrecognized token"),
        "{out}"
    );
}

#[test]
fn a_terminal_is_told_how_to_go_on_and_a_pipe_is_not() {
    let root = tempfile::tempdir().unwrap();
    let settings = settings(root.path());
    keep(&Store::open(&settings.data), Provider::Akeneo, &[akeneo()]);
    let args = Cli::try_parse_from(["trace", "019362ca"]).unwrap().args;
    for is_terminal in [true, false] {
        let settings = settings.clone();
        let (_, _, err) = with_context(settings, "2025-03-23T11:01:00Z", &[], |context| {
            context.format = Some(Format::Table);
            context.terminal.stdout_is_terminal = is_terminal;
            context.terminal.stderr_is_terminal = true;
            run(context, &args)
        });
        let hint = "hint: faillog explain destination_timeout tells what it means and whether it is retried\n";
        assert_eq!(err.contains(hint), is_terminal, "{err}");
    }
}
