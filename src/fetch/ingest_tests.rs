//! The pipeline up to what the store is given: order, rejects, failures, interruption.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::model::RecordType;
use crate::store::Object;

const BROKEN: &str = include_str!("../../tests/data/segment/broken.ndjson");

/// What a run gave, in order.
#[derive(Debug, Default)]
struct Taken {
    records: Vec<(usize, String)>,
    rejects: Vec<Reject>,
    ends: Vec<(Object, Option<IngestError>)>,
}

fn take(sources: Vec<Source<'_>>, progress: &Progress) -> Result<Taken, IngestError> {
    let origins = origins_of(&sources);
    let mut taken = Taken::default();
    let work = |source: usize, block: &Block| {
        let mut ids = Vec::new();
        let told = decode_block(
            Provider::Segment,
            &origins[source],
            block,
            progress,
            |record, _| {
                assert_eq!(record.record_type, RecordType::Error);
                ids.push(record.message_id.as_deref().unwrap_or_default().to_owned());
            },
        );
        (ids, told)
    };
    pipeline::run(sources, progress, work, |event| {
        match event {
            Event::Block {
                source,
                made: (ids, told),
            } => {
                taken.records.extend(ids.into_iter().map(|id| (source, id)));
                taken.rejects.extend(told.rejects);
            }
            Event::End {
                object, failure, ..
            } => taken.ends.push((object, failure)),
        }
        Ok(())
    })?;
    Ok(taken)
}

fn source(name: &str, bytes: Vec<u8>) -> Source<'static> {
    Source::new(
        name.to_owned(),
        Box::new(io::Cursor::new(bytes)),
        Timestamp::MIN,
    )
}

fn lines(prefix: &str, count: usize) -> String {
    (0..count)
        .map(|n| {
            format!(
                "{{\"event\":\"Error Logged\",\"properties\":{{\"messageId\":\"{prefix}{n}\",\"occurredAt\":\"2025-03-23T20:00:00Z\"}}}}\n"
            )
        })
        .collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn results_come_in_order_of_source_and_line() {
    // Several blocks each, more sources than are read at a time, the later ones shorter.
    let sources = (0..7usize).map(|n| {
        let text = lines("m", 40_000 / (n + 1));
        source(
            &format!("object {}", n + 1),
            if n % 2 == 0 { gzip(&text) } else { text.into() },
        )
    });
    let progress = Progress::default();
    let taken = take(sources.collect(), &progress).unwrap();
    let expected: Vec<_> = (0..7)
        .flat_map(|n| (0..40_000 / (n + 1)).map(move |m| (n, format!("m{m}"))))
        .collect();
    assert!(taken.records == expected);
    assert_eq!(progress.records(), expected.len() as u64);
    assert!(progress.bytes() > 1 << 20);
    let names: Vec<_> = taken
        .ends
        .iter()
        .map(|(object, _)| object.name.as_str())
        .collect();
    assert_eq!(
        names,
        (1..=7).map(|n| format!("object {n}")).collect::<Vec<_>>()
    );
    assert_eq!(taken.ends[0].0.size, gzip(&lines("m", 40_000)).len() as u64);
}

#[test]
fn a_broken_line_rejects_only_itself_and_is_kept_whole() {
    let taken = take(
        vec![source("broken.ndjson", BROKEN.into())],
        &Progress::default(),
    )
    .unwrap();
    let ids: Vec<_> = taken.records.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!(ids, ["m1", "m3", "m4", "m6"]);
    let lines: Vec<_> = BROKEN.lines().collect();
    let rejects: Vec<_> = taken
        .rejects
        .iter()
        .map(|reject| {
            (
                reject.line,
                std::str::from_utf8(&reject.raw).unwrap(),
                reject.reason.as_str(),
            )
        })
        .collect();
    assert_eq!(
        rejects,
        [
            (
                2,
                lines[1],
                "no valid JSON: EOF while parsing a string at column 85"
            ),
            (5, lines[4], "no JSON object but `[1,2,3]`"),
            (6, lines[5], "neither `occurredAt` nor `loggedAt`"),
        ]
    );
    assert!(
        taken
            .rejects
            .iter()
            .all(|reject| reject.origin == "broken.ndjson")
    );
}

#[test]
fn a_line_of_records_and_rubbish_keeps_both() {
    let record = lines("m", 1);
    let text = format!("{}{{\"a\":\n[{}, 7]\n", lines("x", 1), record.trim());
    let glued = format!("{{\"cut\":tru{record}{text}");
    let taken = take(vec![source("a", glued.into())], &Progress::default()).unwrap();
    let ids: Vec<_> = taken.records.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!(ids, ["m0", "x0", "m0"]);
    let rejects: Vec<_> = taken
        .rejects
        .iter()
        .map(|reject| (reject.line, reject.raw.as_slice()))
        .collect();
    assert_eq!(
        rejects,
        [(1, &b"{\"cut\":tru"[..]), (3, b"{\"a\":"), (4, b"7")]
    );
}

#[test]
fn failures_name_their_source_and_spare_the_others() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::ConnectionReset, "peer left"))
        }
    }
    let cut = gzip(&lines("c", 1000));
    let cut = cut[..cut.len() - 4].to_vec();
    let half = io::Cursor::new(lines("h", 2).into_bytes());
    let sources = vec![
        source("cut", cut),
        Source::new("half".into(), Box::new(half.chain(Fails)), Timestamp::MIN),
        Source::new("gone".into(), Box::new(Fails), Timestamp::MIN),
        source("good", lines("g", 3).into()),
    ];
    let taken = take(sources, &Progress::default()).unwrap();
    let told: Vec<_> = taken
        .ends
        .iter()
        .map(|(_, failure)| failure.as_ref().map(ToString::to_string))
        .collect();
    assert_eq!(
        told,
        [
            Some("`cut` ends before its compressed data does".to_owned()),
            Some("cannot read `half`: peer left".to_owned()),
            Some("cannot read `gone`: peer left".to_owned()),
            None
        ]
    );
    match &taken.ends[1].1 {
        Some(IngestError::Read { error, .. }) => {
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
            assert!(error.get_ref().is_some());
        }
        other => panic!("{other:?}"),
    }
    let of = |source| {
        taken
            .records
            .iter()
            .filter(|(number, _)| *number == source)
            .count()
    };
    assert_eq!([of(0), of(1), of(2), of(3)], [1000, 2, 0, 3]);
}

#[test]
fn an_interruption_and_a_failing_sink_end_all_threads() {
    let interrupted = Arc::new(AtomicBool::new(false));
    let progress = Progress::new(Arc::clone(&interrupted));
    let endless = || {
        let reader = Repeat(lines("m", 1).into_bytes(), 0);
        Source::new("endless".into(), Box::new(reader), Timestamp::MIN)
    };
    let mut blocks = 0;
    let result = pipeline::run(
        vec![endless(), endless(), endless()],
        &progress,
        |_, block| block.values().count(),
        |_| {
            blocks += 1;
            interrupted.store(blocks == 3, Ordering::Relaxed);
            Ok(())
        },
    );
    assert!(matches!(result, Err(IngestError::Interrupted)));

    let result = pipeline::run(
        vec![endless(), endless()],
        &Progress::default(),
        |_, _| (),
        |_| {
            Err(IngestError::Truncated {
                name: "sink".into(),
            })
        },
    );
    assert!(matches!(result, Err(IngestError::Truncated { .. })));
}

/// Gives out the same bytes for ever.
struct Repeat(Vec<u8>, usize);

impl Read for Repeat {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (&self.0[self.1..]).read(buffer)?;
        self.1 = (self.1 + count) % self.0.len();
        Ok(count)
    }
}
