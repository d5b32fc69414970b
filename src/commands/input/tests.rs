//! Asking files for a page: what is stored for it answers as all that is in the files.
//!
//! Rule: the same files are asked both ways, and every column, count and cursor is compared.

use std::path::Path;

use proptest::prelude::*;

use crate::model::{Column, Field, Filter, Timestamp, parse_condition};
use crate::query::{Cursor, Engine};
use crate::store::StoreError;

use super::*;

/// A line of a file.
#[derive(Clone, Debug)]
enum Line {
    Record(String),
    Again(prop::sample::Index),
    Other(&'static str),
}

const OTHERS: [&str; 9] = [
    "",
    "   ",
    "not json",
    "{\"type\":\"observability\",\"event\":\"Error Logged\",\"properties\":{\"occurredAt\":\"2025-03-23T20:00",
    "{\"event\":\"Error Logged\",\"properties\":{\"messageId\":\"m1\"}}",
    "{\"event\":\"Error Logged\",\"properties\":[",
    "[]",
    "[2025-03-23] {",
    "7",
];

/// What no page is found in, so that all must be stored.
const BEYOND: [&str; 3] = [
    "{\n  \"event\": \"Error Logged\",\n  \"occurredAt\": \"2025-03-23T20:00:01Z\"\n}",
    "{\"event\":\"Error Logged\",\"occurredAt\":\"2025-03-23T20:00:01Z\"} {\"event\":\"x\",\"occurredAt\":\"2025-03-23T20:00:02Z\"}",
    "[{\"event\":\"Error Logged\",\"occurredAt\":\"2025-03-23T20:00:01Z\"}]",
];

fn record() -> impl Strategy<Value = String> {
    let events = [
        "Error Logged",
        "error logged",
        "Error \\u004cogged",
        "Delivery Attempt Logged",
        "Delivery Attempt Logged",
        "Destination Exchange Logged",
        "Something Else",
    ];
    let parts = (
        prop::sample::select(events.to_vec()),
        (19..22u8, prop::sample::select(vec![0u8, 1, 30, 59]), 0..3u8),
        (0..5u8, 0..4u8, 0..2u8),
        prop::option::weighted(0.5, 1..4u8),
        prop::option::weighted(0.7, prop::sample::select(vec!["failure", "success"])),
        prop::option::weighted(0.6, prop::sample::select(vec![200, 429, 503])),
        any::<(bool, bool)>(),
        prop::option::weighted(0.05, 0..3u8),
    );
    parts.prop_map(
        |(event, (hour, minute, second), (message, exchange, to), attempt, outcome, status, flags, id)| {
            let mut fields = vec![format!(
                "\"occurredAt\":\"2025-03-23T{hour}:{minute:02}:0{second}Z\""
            )];
            let message = match flags.0 {
                true => format!("m{message}"),
                false => format!("\\u006d{message}"),
            };
            let is_exchange = event.contains("Exchange");
            if !is_exchange {
                fields.push(format!("\"messageId\":\"{message}\""));
            }
            if is_exchange || (event.contains("Attempt") && exchange > 0) || exchange == 3 {
                fields.push(format!("\"destinationExchangeId\":\"x{exchange}\""));
            }
            if let Some(attempt) = attempt.filter(|_| !is_exchange) {
                fields.push(format!("\"attempt\":{attempt}"));
            }
            if let Some(outcome) = outcome.filter(|_| event.contains("Attempt")) {
                fields.push(format!("\"outcome\":\"{outcome}\""));
            }
            if let Some(status) = status.filter(|_| is_exchange) {
                fields.push(format!(
                    "\"responseFromDestination\":{{\"status\":{status},\"body\":\"no {status}\"}},\"requestToDestination\":{{\"url\":\"https://x/{status}\"}}"
                ));
            }
            if flags.1 && event.contains("rror") {
                fields.push("\"discarded\":true,\"reason\":\"gave up\"".to_owned());
            }
            let to = format!("\"routed\":{{\"to\":[{{\"type\":\"destination\",\"id\":\"d{to}\"}}]}}");
            let id = id.map_or(String::new(), |id| format!("\"id\":\"e{id}\","));
            format!(
                "{{{id}\"type\":\"observability\",\"event\":\"{event}\",\"properties\":{{{to},{}}}}}",
                fields.join(",")
            )
        },
    )
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        20 => record().prop_map(Line::Record),
        2 => any::<prop::sample::Index>().prop_map(Line::Again),
        2 => prop::sample::select(OTHERS.to_vec()).prop_map(Line::Other),
    ];
    let parts = (
        prop::collection::vec(line, 1..60),
        prop::option::weighted(0.05, prop::sample::select(BEYOND.to_vec())),
        prop::sample::select(vec!["\n", "\r\n"]),
        any::<(bool, bool)>(),
    );
    parts.prop_map(|(lines, beyond, line_end, (has_mark, ends))| {
        let mut texts: Vec<String> = Vec::new();
        for line in lines {
            let text = match line {
                Line::Record(text) => text,
                Line::Other(text) => text.to_owned(),
                Line::Again(index) if !texts.is_empty() => index.get(&texts).clone(),
                Line::Again(_) => continue,
            };
            texts.push(text);
        }
        texts.extend(beyond.map(str::to_owned));
        let mark = if has_mark { "\u{feff}" } else { "" };
        let end = if ends { line_end } else { "" };
        format!("{mark}{}{end}", texts.join(line_end)).into_bytes()
    })
}

const CONDITIONS: [&str; 14] = [
    "type = error",
    "type = attempt",
    "type = exchange and status >= 400",
    "type in (error, attempt)",
    "type = error and discarded = true",
    "type = attempt and outcome = failure",
    "message_id = m1",
    "message_id in (m1, m2) and not type = exchange",
    "raw contains \"d1\"",
    "destination = d1",
    "status = 429",
    ".properties.attempt = 2",
    "time >= 2025-03-23T20:00:00Z",
    "fate = discarded or exchange_id = x1",
];

fn question(condition: Option<&str>, limit: u64, skip: u64, after: Option<Cursor>) -> Question {
    let now = Timestamp::parse("2025-03-23T22:00:00Z").unwrap();
    let mut filter = Filter::default();
    if let Some(condition) = condition {
        let no_file = |_: &str| unreachable!();
        filter.add(parse_condition(condition, now, &no_file).unwrap());
    }
    let columns = Column::ALL.iter().map(|column| Field::Column(*column));
    Question {
        filter,
        fields: columns
            .chain([Field::Fate, Field::LastStatus, Field::PatternId])
            .collect(),
        sort: Sort::NEWEST_FIRST,
        limit: Some(limit),
        skip,
        after,
        now,
    }
}

fn ask(store: &Store, question: &Question) -> (Vec<String>, Answer) {
    let mut rows = Vec::new();
    let answer = Engine::local(store)
        .ask::<StoreError>(question, |chunk| {
            for row in 0..chunk.len() {
                let values = question.fields.iter().map(|field| chunk.value(row, field));
                rows.push(format!("{:?}", values.collect::<Vec<_>>()));
            }
            Ok(())
        })
        .unwrap();
    (rows, answer)
}

fn sources(paths: &[&Path]) -> Vec<Source<'static>> {
    let source = |path: &&Path| Source {
        file: Some(path.to_path_buf()),
        ..Source::new(
            path.display().to_string(),
            Box::new(std::fs::File::open(path).unwrap()),
            Timestamp::from_micros(0),
        )
    };
    paths.iter().map(source).collect()
}

/// What is said of files.
fn told(files: &[FileImport]) -> String {
    let of_file = |file: &FileImport| {
        let FileImport {
            name,
            records,
            rejects,
            first_rejects,
            ..
        } = file;
        format!("{name}: {records} and {rejects}: {first_rejects:?}")
    };
    files.iter().map(of_file).collect::<Vec<_>>().join("\n")
}

/// Asks files both ways; returns the cursor of the next page, and whether not all had to be stored.
fn compare(paths: &[&Path], question: &Question, chunk_bytes: usize) -> (Option<Cursor>, bool) {
    let provider = Provider::Segment;
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [all, some] = folders
        .each_ref()
        .map(|folder| Store::open_temporary(folder.path()));
    let progress = Progress::default();
    let imported = import_files(sources(paths), &all, provider, COLLECTION, &progress).unwrap();
    let expected = ask(&all, question);
    let reading = Reading {
        provider,
        store: &some,
        progress: &progress,
        chunk_bytes,
    };
    let needed =
        sought(question).map(|sought| reading.needed(&sources(paths), sought, question.now));
    let Some((total, files)) = needed.unwrap().unwrap() else {
        return (expected.1.next, false);
    };
    assert_eq!(told(&files), told(&imported.files));
    let (rows, answer) = ask(&some, question);
    assert_eq!(rows, expected.0);
    let known = |answer: &Answer| {
        (
            answer.shown,
            answer.next,
            answer.has_more,
            answer.cursor_row_is_gone,
        )
    };
    assert_eq!(known(&answer), known(&expected.1));
    assert_eq!(answer.orphans, expected.1.orphans);
    match expected.1.total {
        Total::Exactly(expected) => assert_eq!(total, expected),
        Total::AtLeast(least) => assert!(total >= least, "{total} of at least {least}"),
    }
    (answer.next, true)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_a_page_needs_answers_as_all_that_is_there(
        texts in prop::collection::vec(file(), 1..3),
        condition in prop::option::weighted(0.9, prop::sample::select(CONDITIONS.to_vec())),
        (limit, skip) in (1..6u64, prop_oneof![2 => Just(0), 1 => 0..8u64]),
        chunk_bytes in prop_oneof![1..600usize, Just(1 << 20)],
    ) {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<_> = (0..texts.len()).map(|n| folder.path().join(format!("{n}.ndjson"))).collect();
        for (path, text) in paths.iter().zip(&texts) {
            std::fs::write(path, text).unwrap();
        }
        let paths: Vec<&Path> = paths.iter().map(|path| path.as_path()).collect();
        let (next, _) = compare(&paths, &question(condition, limit, skip, None), chunk_bytes);
        if next.is_some() {
            compare(&paths, &question(condition, limit, 0, next), chunk_bytes);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_around_an_id_tells_the_same_story(
        text in file(),
        id in prop::sample::select(vec!["m0", "m1", "m2", "x1", "x2", "e0", "e1", "x9"]),
        chunk_bytes in 1..600usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        std::fs::write(&path, text).unwrap();
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [all, some] = folders.each_ref().map(|folder| Store::open_temporary(folder.path()));
        let progress = Progress::default();
        let provider = Provider::Segment;
        import_files(sources(&[&path]), &all, provider, COLLECTION, &progress).unwrap();
        let reading = Reading { provider, store: &some, progress: &progress, chunk_bytes };
        let now = Timestamp::parse("2025-03-23T22:00:00Z").unwrap();
        let needed = reading.needed(&sources(&[&path]), Sought::Around(id), now).unwrap();
        let trace = |store| {
            let traced = Engine::local(store).trace(&Filter::default(), id, now).unwrap();
            format!("{traced:?}")
        };
        if needed.is_some() {
            prop_assert_eq!(trace(&some), trace(&all));
        }
    }
}

#[test]
fn what_hangs_on_other_records_has_all_stored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ndjson");
    let attempt = "{\"event\":\"Delivery Attempt Logged\",\"outcome\":\"failure\",\"messageId\":\"m\",\"exchangeId\":\"x\",\"occurredAt\":\"2025-03-23T20:00:01Z\"}\n";
    let with = |more: &str| std::fs::write(&path, format!("{attempt}{more}")).unwrap();
    let is_quick = |condition| compare(&[&path], &question(condition, 1, 0, None), 1 << 20).1;
    with("");
    assert!(is_quick(None) && is_quick(Some("type = attempt")));
    assert!(
        is_quick(Some("outcome = failure")) && is_quick(Some("type = exchange and status = 1"))
    );
    assert!(!is_quick(Some("status = 429")) && !is_quick(Some("fate = unknown")));
    for more in BEYOND {
        with(more);
        assert!(!is_quick(None), "{more}");
    }
    // One id and two meanings: which of them counts is not said here.
    let named = "{\"id\":\"e\",\"event\":\"Error Logged\",\"occurredAt\":\"2025-03-23T20:00:02Z\"";
    with(&format!("{named}}}\n{named},\"x\":1}}\n"));
    assert!(!is_quick(None));
    with(&format!("{named}}}\n{named}}}\n"));
    assert!(is_quick(None));
}
