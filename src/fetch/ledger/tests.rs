//! What the ledger counts, what it believes, and that no two processes spend the same request.

use std::path::PathBuf;

use super::book::Basis;
use super::*;

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// The instant so many hours after a fixed one.
fn at(hours: i64) -> Timestamp {
    Timestamp::parse("2025-03-23T00:00:00Z")
        .unwrap()
        .plus(hours * HOUR)
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn ledger(&self, limit: u64) -> Ledger {
        Ledger::open(self.0.path(), "acme", limit)
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("ledger/acme.ndjson")
    }

    fn lines(&self) -> usize {
        fs::read_to_string(self.file()).unwrap().lines().count()
    }
}

fn told(remaining: u64, reset: Option<Timestamp>) -> Report {
    Report {
        consumed: None,
        remaining: Some(remaining),
        reset,
        counted: true,
    }
}

const SILENT: Report = Report {
    consumed: None,
    remaining: None,
    reset: None,
    counted: true,
};

/// What is left, by whose count.
fn left(ledger: &Ledger, now: Timestamp) -> (u64, Basis) {
    let budget = ledger.budget(now).unwrap();
    (budget.left, budget.source)
}

fn refused(ledger: &Ledger, now: Timestamp, keep_back: u64) -> (Option<Timestamp>, u64, u64) {
    match ledger.reserve(now, keep_back) {
        Err(LedgerError::Spent {
            next_at,
            left,
            kept_back,
        }) => (next_at, left, kept_back),
        other => panic!("{other:?}"),
    }
}

#[test]
fn requests_count_for_a_day_and_a_crash_counts_too() {
    let place = Place::new();
    let ledger = place.ledger(3);
    // The first is never settled.
    let _ = ledger.reserve(at(0), 0).unwrap();
    for hour in [1, 2] {
        let ticket = ledger.reserve(at(hour), 0).unwrap();
        ledger.settle(ticket, at(hour), &SILENT).unwrap();
    }
    let budget = ledger.budget(at(3)).unwrap();
    assert_eq!((budget.limit, budget.spent, budget.left), (3, 3, 0));
    assert_eq!(budget.next_at, Some(at(24)));
    assert_eq!(refused(&ledger, at(3), 0), (Some(at(24)), 0, 0));
    assert_eq!(left(&ledger, at(24).plus(-1)), (0, Basis::Ledger));
    assert_eq!(left(&ledger, at(24)), (1, Basis::Ledger));
    assert_eq!(
        ledger.reserve(at(3), 0).unwrap_err().to_string(),
        "the request budget is spent: 0 requests left, 0 kept back"
    );
}

#[test]
fn what_is_kept_back_is_left_alone() {
    let place = Place::new();
    let ledger = place.ledger(3);
    let _ = ledger.reserve(at(0), 1).unwrap();
    let _ = ledger.reserve(at(1), 1).unwrap();
    assert_eq!(refused(&ledger, at(2), 1), (Some(at(24)), 1, 1));
    let _ = ledger.reserve(at(2), 0).unwrap();
    // Two must leave the count before one may be spent beside the one kept back.
    assert_eq!(refused(&ledger, at(3), 1), (Some(at(25)), 0, 1));
    // Never at this limit.
    assert_eq!(refused(&place.ledger(3), at(3), 3), (None, 0, 3));
}

#[test]
fn a_request_that_never_reached_the_server_is_not_counted() {
    let place = Place::new();
    let ledger = place.ledger(2);
    let ticket = ledger.reserve(at(0), 0).unwrap();
    let report = Report {
        counted: false,
        ..SILENT
    };
    ledger.settle(ticket, at(0), &report).unwrap();
    assert_eq!(left(&ledger, at(0)), (2, Basis::Ledger));
}

#[test]
fn the_servers_word_is_the_truth_until_its_reset() {
    let place = Place::new();
    let ledger = place.ledger(5);
    for remaining in [40, 2] {
        let ticket = ledger.reserve(at(0), 0).unwrap();
        ledger
            .settle(ticket, at(0), &told(remaining, Some(at(6))))
            .unwrap();
        assert_eq!(left(&ledger, at(1)), (remaining, Basis::Server));
    }
    // Less than our own count says, and what was reserved since is taken off.
    let _ = ledger.reserve(at(1), 0).unwrap();
    let budget = ledger.budget(at(1)).unwrap();
    assert_eq!((budget.left, budget.next_at), (1, Some(at(6))));
    assert_eq!(budget.server, Some((at(0), 2)));
    let _ = ledger.reserve(at(1), 0).unwrap();
    assert_eq!(refused(&ledger, at(1), 0), (Some(at(6)), 0, 0));
    assert_eq!(left(&ledger, at(6).plus(-1)), (0, Basis::Server));
    // It was used up and has come anew, whatever we count.
    assert_eq!(left(&ledger, at(6)), (5, Basis::Ledger));
}

#[test]
fn the_servers_word_holds_for_a_day_at_most() {
    let place = Place::new();
    let ledger = place.ledger(5);
    let ticket = ledger.reserve(at(0), 0).unwrap();
    ledger
        .settle(ticket, at(0), &told(3, Some(at(90))))
        .unwrap();
    let _ = ledger.reserve(at(20), 0).unwrap();
    assert_eq!(left(&ledger, at(24).plus(-1)), (2, Basis::Server));
    assert_eq!(left(&ledger, at(24)), (4, Basis::Ledger));
}

#[test]
fn a_reset_that_passes_with_requests_left_forgets_nothing() {
    let place = Place::new();
    let ledger = place.ledger(5);
    let ticket = ledger.reserve(at(0), 0).unwrap();
    ledger
        .settle(ticket, at(0), &told(100, Some(at(1))))
        .unwrap();
    assert_eq!(left(&ledger, at(2)), (4, Basis::Ledger));
}

#[test]
fn the_limit_is_the_servers_and_a_small_one_is_not_eaten_by_the_reserve() {
    let place = Place::new();
    let ledger = place.ledger(120);
    assert_eq!(ledger.kept_back(at(0), 10).unwrap(), 10);
    let ticket = ledger.reserve(at(0), 10).unwrap();
    let report = Report {
        consumed: Some(57),
        ..told(3, None)
    };
    ledger.settle(ticket, at(0), &report).unwrap();
    let budget = ledger.budget(at(0)).unwrap();
    assert_eq!((budget.limit, budget.spent, budget.left), (60, 57, 3));
    // One in twenty of 60.
    assert_eq!(ledger.kept_back(at(0), 10).unwrap(), 3);
    assert_eq!(ledger.kept_back(at(0), 2).unwrap(), 2);
    assert_eq!(refused(&ledger, at(0), 10), (Some(at(24)), 3, 3));
}

#[test]
fn answers_in_the_wrong_order_do_not_give_requests_back() {
    let place = Place::new();
    let ledger = place.ledger(120);
    let first = ledger.reserve(at(0), 0).unwrap();
    let second = ledger.reserve(at(0), 0).unwrap();
    ledger.settle(second, at(0), &told(8, None)).unwrap();
    ledger.settle(first, at(0), &told(9, None)).unwrap();
    assert_eq!(left(&ledger, at(0)), (8, Basis::Server));
}

#[test]
fn a_spent_day_lasts_until_the_time_the_server_told() {
    let place = Place::new();
    let ledger = place.ledger(120);
    let ticket = ledger.reserve(at(0), 0).unwrap();
    ledger.settle(ticket, at(0), &told(50, None)).unwrap();
    ledger.spent_until(at(1), Some(at(9))).unwrap();
    let budget = ledger.budget(at(2)).unwrap();
    assert_eq!((budget.left, budget.next_at), (0, Some(at(9))));
    assert_eq!(budget.source, Basis::Server);
    assert_eq!(refused(&ledger, at(2), 0), (Some(at(9)), 0, 0));
    // What it told before the day was spent is void.
    assert_eq!(left(&ledger, at(9)), (120, Basis::Ledger));
}

#[test]
fn a_spent_day_without_a_time_is_believed_for_an_hour() {
    let place = Place::new();
    let ledger = place.ledger(120);
    ledger.spent_until(at(1), None).unwrap();
    assert_eq!(refused(&ledger, at(1), 0).0, Some(at(2)));
    assert_eq!(left(&ledger, at(2)), (120, Basis::Ledger));
}

#[test]
fn a_later_answer_lifts_a_spent_day() {
    let place = Place::new();
    let ledger = place.ledger(120);
    let ticket = ledger.reserve(at(0), 0).unwrap();
    ledger.spent_until(at(1), Some(at(9))).unwrap();
    ledger.settle(ticket, at(2), &told(4, None)).unwrap();
    assert_eq!(left(&ledger, at(2)), (4, Basis::Server));
}

#[test]
fn old_lines_are_pruned_and_nothing_else() {
    let place = Place::new();
    let ledger = place.ledger(120);
    for hour in 0..20 {
        let ticket = ledger.reserve(at(hour), 0).unwrap();
        ledger.settle(ticket, at(hour), &told(100, None)).unwrap();
    }
    ledger.spent_until(at(20), Some(at(21))).unwrap();
    assert_eq!(place.lines(), 41);
    let now = at(24 + 15);
    let before = ledger.budget(now).unwrap();
    let ticket = ledger.reserve(now, 0).unwrap();
    let after = ledger.budget(now).unwrap();
    assert_eq!((before.spent, after.spent), (0, 1));
    // Four requests with their answers, the spent day and the new request.
    assert_eq!(place.lines(), 10);
    ledger.settle(ticket, now, &told(7, None)).unwrap();
    assert_eq!(left(&ledger, now), (7, Basis::Server));
    let folder = place.file().parent().unwrap().to_owned();
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["acme.lock", "acme.ndjson"]);
}

#[test]
fn a_clock_that_was_wrong_once_does_not_block_for_ever() {
    let place = Place::new();
    let ledger = place.ledger(1);
    let _ = ledger.reserve(at(24 * 365), 0).unwrap();
    assert_eq!(left(&ledger, at(0)), (1, Basis::Ledger));
    let _ = ledger.reserve(at(0), 0).unwrap();
    // Within a day it counts, in doubt.
    assert_eq!(left(&ledger, at(0).plus(1 - DAY)), (0, Basis::Ledger));
}

#[test]
fn broken_lines_are_counted_and_passed_over() {
    let place = Place::new();
    let ledger = place.ledger(5);
    let _ = ledger.reserve(at(0), 0).unwrap();
    let mut text = fs::read(place.file()).unwrap();
    text.extend_from_slice(b"nonsense\n\n\xff\xfe\n{\"event\":\"reserved\",\"id\":1,\"at\":\"noon\"}\n{\"event\":\"res");
    fs::write(place.file(), text).unwrap();
    let budget = ledger.budget(at(1)).unwrap();
    assert_eq!((budget.left, budget.broken_lines), (4, 3));
    // Half a line does not swallow the next one.
    let _ = ledger.reserve(at(1), 0).unwrap();
    let budget = ledger.budget(at(1)).unwrap();
    assert_eq!((budget.left, budget.broken_lines), (3, 4));
}

#[test]
fn the_file_is_what_other_versions_will_read() {
    let place = Place::new();
    let ledger = place.ledger(5);
    let ticket = ledger.reserve(at(0), 0).unwrap();
    let report = Report {
        consumed: Some(1),
        ..told(4, Some(at(24)))
    };
    ledger.settle(ticket, at(1), &report).unwrap();
    ledger.spent_until(at(2), None).unwrap();
    let ticket = ledger.reserve(at(23), 0).unwrap();
    ledger
        .settle(
            ticket,
            at(23),
            &Report {
                counted: false,
                ..SILENT
            },
        )
        .unwrap();
    let id = at(0).micros();
    let later = at(23).micros();
    assert_eq!(
        fs::read_to_string(place.file()).unwrap(),
        format!(
            r#"{{"event":"reserved","id":{id},"at":"2025-03-23T00:00:00Z"}}
{{"event":"told","id":{id},"at":"2025-03-23T01:00:00Z","consumed":1,"remaining":4,"reset":"2025-03-24T00:00:00Z"}}
{{"event":"spent","at":"2025-03-23T02:00:00Z","until":null}}
{{"event":"reserved","id":{later},"at":"2025-03-23T23:00:00Z"}}
{{"event":"released","id":{later}}}
"#
        )
    );
}

#[test]
fn many_at_once_never_spend_more_than_there_is() {
    let place = Place::new();
    // Old lines make the first of them rewrite the file under the others.
    let _ = place.ledger(1).reserve(at(-30), 0).unwrap();
    let spend = |_: usize| {
        let ledger = place.ledger(40);
        (0..10).filter(|_| ledger.reserve(at(0), 5).is_ok()).count()
    };
    let spent: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|i| scope.spawn(move || spend(i))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!(spent, 35);
    let budget = place.ledger(40).budget(at(0)).unwrap();
    assert_eq!((budget.spent, budget.left, budget.broken_lines), (35, 5, 0));
    let text = fs::read_to_string(place.file()).unwrap();
    let ids: std::collections::BTreeSet<_> = text.lines().collect();
    assert_eq!(ids.len(), 35);
}

#[test]
fn a_ledger_that_is_held_is_waited_for() {
    let place = Place::new();
    let ledger = place.ledger(5);
    let _ = ledger.reserve(at(0), 0).unwrap();
    let file = OpenOptions::new().write(true).open(&ledger.lock).unwrap();
    let mut lock = fd_lock::RwLock::new(file);
    let guard = lock.try_write().unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| ledger.reserve(at(0), 0).map(drop));
        thread::sleep(Duration::from_millis(60));
        assert!(!waiting.is_finished());
        // Reading needs no lock.
        assert_eq!(left(&place.ledger(5), at(0)), (4, Basis::Ledger));
        drop(guard);
        waiting.join().unwrap().unwrap();
    });
    assert_eq!(left(&place.ledger(5), at(0)), (3, Basis::Ledger));
}

#[test]
fn errors_name_the_file() {
    let place = Place::new();
    fs::write(place.0.path().join("ledger"), "in the way").unwrap();
    let error = place.ledger(5).reserve(at(0), 0).unwrap_err().to_string();
    assert!(error.starts_with("cannot lock the ledger `"), "{error}");
    assert!(error.contains("acme.ndjson"), "{error}");
    let held = LedgerError::Locked {
        path: "x.lock".into(),
    };
    assert_eq!(
        held.to_string(),
        "the ledger `x.lock` is held by another process"
    );
}
