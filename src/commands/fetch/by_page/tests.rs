//! Which times are asked for, and how each ending is told.

use std::path::Path;

use clap::Parser;

use super::super::super::sandbox::{settings, with_context};
use super::super::super::{Account, Kind, Settings};
use super::*;
use crate::fetch::PageStop;
use crate::model::Hour;
use crate::providers::feed::Coverage;
use crate::store::Mode;

const NOW: &str = "2025-03-23T20:30:00.250Z";

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

fn args(flags: &[&str]) -> Args {
    let all = ["fetch"].iter().chain(flags);
    Cli::try_parse_from(all).unwrap().args
}

fn instant(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn hour(text: &str) -> Hour {
    Hour::parse(text, instant(NOW)).unwrap()
}

fn account(root: &Path) -> Settings {
    Settings {
        profile: "pim".to_owned(),
        provider: Provider::Akeneo,
        collection: "pim".to_owned(),
        accounts: vec![Account {
            profile: "pim".to_owned(),
            provider: Provider::Akeneo,
            collection: "pim".to_owned(),
            retention_days: None,
        }],
        ..settings(root)
    }
}

/// Stores an hour of the account as fetched at a time.
fn fetched(root: &Path, name: &str, at: &str) {
    let store = Store::open(&account(root).data);
    let lock = store.lock(Provider::Akeneo, "pim").unwrap();
    let writer = lock.begin(hour(name), Mode::Merge).unwrap();
    let staged = writer.finish(Some(instant(at)), vec![]).unwrap();
    lock.commit_one(staged).unwrap();
}

/// The window that is asked for, as `from to`, and what is said.
fn window(root: &Path, flags: &[&str]) -> (String, String) {
    let (asked, _, err) = with_context(account(root), NOW, &[], |context| {
        let plan = plan(context, &args(flags), Provider::Akeneo, "pim").unwrap();
        due(&plan, context.now)
    });
    let asked = asked.map_or("nothing".to_owned(), |window| {
        format!("{} {}", window.start, window.end)
    });
    (asked, err)
}

#[test]
fn what_is_settled_is_not_asked_for_again() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let ask = |flags: &[&str]| window(root, flags).0;
    // Whole hours, and what there is of the one that runs.
    let from_17 = "2025-03-23T17:00:00Z 2025-03-23T20:30:00Z";
    assert_eq!(ask(&["--last", "3h"]), from_17);
    fetched(root, "2025-03-23T17", "2025-03-23T20:00:00Z");
    fetched(root, "2025-03-23T18", "2025-03-23T20:00:00Z");
    fetched(root, "2025-03-23T19", "2025-03-23T20:00:00Z");
    // 19 was fetched while it could still change.
    assert_eq!(
        ask(&["--last", "3h"]),
        "2025-03-23T19:00:00Z 2025-03-23T20:30:00Z"
    );
    assert_eq!(ask(&["--hour", "2025-03-23T17"]), "nothing");
    assert_eq!(
        ask(&["--hour", "2025-03-23T17", "--refresh"]),
        "2025-03-23T17:00:00Z 2025-03-23T18:00:00Z"
    );
    assert_eq!(
        ask(&[
            "--since",
            "2025-03-23T14:00:00Z",
            "--until",
            "2025-03-23T18:30:00Z"
        ]),
        "2025-03-23T14:00:00Z 2025-03-23T17:00:00Z"
    );
    // The vendor keeps 30 days.
    assert_eq!(
        ask(&[
            "--since",
            "2025-02-21T19:00:00Z",
            "--until",
            "2025-02-21T23:00:00Z"
        ]),
        "2025-02-21T21:00:00Z 2025-02-21T23:00:00Z"
    );
}

#[test]
fn what_the_vendor_should_have_deleted_is_asked_for_if_it_is_named() {
    let root = tempfile::tempdir().unwrap();
    let ask = |flags: &[&str]| window(root.path(), flags).0;
    assert_eq!(
        ask(&["--since", "2024-11-25", "--until", "2024-11-26"]),
        "2024-11-25T00:00:00Z 2024-11-26T00:00:00Z"
    );
    assert_eq!(
        ask(&["--hour", "2024-11-25T10"]),
        "2024-11-25T10:00:00Z 2024-11-25T11:00:00Z"
    );
    assert_eq!(
        ask(&["--last", "60d"]),
        "2025-01-22T20:00:00Z 2025-03-23T20:30:00Z"
    );
    // As long as the vendor keeps logs: the hour at the edge is not meant.
    assert_eq!(
        ask(&["--last", "30d"]),
        "2025-02-21T21:00:00Z 2025-03-23T20:30:00Z"
    );
}

#[test]
fn without_a_time_it_begins_where_it_left_off() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let (asked, said) = window(root, &[]);
    assert_eq!(asked, "2025-02-21T21:00:00Z 2025-03-23T20:30:00Z");
    assert_eq!(
        said,
        "no time was named: since 2025-02-21T20:30:00.250Z (the vendor keeps logs for 30 days)\n"
    );
    fetched(root, "2025-03-23T17", "2025-03-23T20:00:00Z");
    fetched(root, "2025-03-23T19", "2025-03-23T20:00:00Z");
    let (asked, said) = window(root, &[]);
    assert_eq!(asked, "2025-03-23T18:00:00Z 2025-03-23T20:30:00Z");
    assert_eq!(
        said,
        "no time was named: since 2025-03-23T18:00:00Z (the end of the newest complete hour)\n"
    );
}

/// Tells of a run over 18 and 19 o'clock; returns the error with its hints, its exit code, and what else is said.
fn told(flags: &[&str], report: PagesReport) -> (u8, String, String) {
    let root = tempfile::tempdir().unwrap();
    let typed: Vec<&str> = ["fetch", "--provider", "akeneo"]
        .iter()
        .chain(flags)
        .copied()
        .collect();
    let (done, _, err) = with_context(account(root.path()), NOW, &typed, |context| {
        let args = args(flags);
        let plan = plan(context, &args, Provider::Akeneo, "pim").unwrap();
        let target = Target {
            provider: Provider::Akeneo,
            collection: "pim".to_owned(),
            params: vec![],
            window: due(&plan, context.now),
        };
        by_page_summary::tell(context, args.strict, &plan, &target, &report)
    });
    match done {
        Ok(()) => (0, String::new(), err),
        Err(error) => (
            error.kind.exit_code(),
            format!("{error}\n{}", error.hints.join("\n")),
            err,
        ),
    }
}

const RANGE: [&str; 4] = ["--since", "2025-03-23T18", "--until", "2025-03-23T20"];
const TO_GO_ON: &str =
    "faillog fetch --provider akeneo --since 2025-03-23T18:00:00Z --until 2025-03-23T20:00:00Z";

fn whole() -> PagesReport {
    PagesReport {
        pages: 2,
        records: 7,
        within: 7,
        added: 5,
        whole: vec![hour("2025-03-23T18"), hour("2025-03-23T19")],
        asked_at: Some(instant("2025-03-23T20:30:00Z")),
        coverage: Some(Coverage {
            window: None,
            gap: None,
        }),
        ..PagesReport::default()
    }
}

#[test]
fn what_came_is_counted_and_what_may_be_missing_is_said() {
    let (code, _, said) = told(&RANGE, whole());
    assert_eq!(code, 0);
    // Akeneo's hours settle two hours after they began, and its counts are lower bounds.
    assert_eq!(
        said,
        "got 7 records on 2 pages: 5 new, 2 known before; 1 hour complete; 1 hour still growing and due again\n\
         the vendor folds equal failures into one record: there were at least as many\n"
    );
    let mut elsewhere = whole();
    elsewhere.within = 0;
    let said = told(&RANGE, elsewhere).2;
    assert!(
        said.contains(
            "\nnone of the records is of the times asked for; they are kept under their own times\n"
        ),
        "{said}"
    );
    let mut part = whole();
    part.whole.clear();
    part.rejects = 1;
    part.coverage = Some(Coverage {
        window: None,
        gap: Some("the answer was full and names no next page".to_owned()),
    });
    let (code, _, said) = told(&RANGE, part.clone());
    assert_eq!(code, 0);
    assert!(said.contains("; 2 hours not known to be whole\n"), "{said}");
    assert!(
        said.contains("warning: 1 record could not be decoded"),
        "{said}"
    );
    assert!(
        said.contains(
            "warning: something may be missing: the answer was full and names no next page\n"
        ),
        "{said}"
    );
    let strict = [&RANGE[..], &["--strict"]].concat();
    let (code, error, _) = told(&strict, part);
    assert_eq!(code, Kind::Incomplete.exit_code());
    assert!(error.contains("To ask again: faillog fetch"), "{error}");
}

#[test]
fn every_stop_has_its_code_and_the_command_to_go_on() {
    let stops = [
        (PageStop::Interrupted, 130),
        (PageStop::Unauthorised("no".into(), None), 4),
        (
            PageStop::RateLimited {
                message: "no".into(),
                again_at: Some(instant("2025-03-23T21:00:00Z")),
            },
            5,
        ),
        (PageStop::Setup("no".into(), None), 2),
        (PageStop::Remote("no".into(), None), 6),
        (PageStop::Local("no".into(), None), 1),
    ];
    for (stop, expected) in stops {
        let report = PagesReport {
            pages: 1,
            records: 1,
            added: 1,
            stopped: Some(stop.clone()),
            ..PagesReport::default()
        };
        let (code, error, said) = told(&RANGE, report);
        assert_eq!(code, expected, "{stop:?}");
        assert!(error.ends_with(&format!("To go on: {TO_GO_ON}")), "{error}");
        assert!(said.starts_with("got 1 record on 1 page"), "{said}");
    }
    let limited = PagesReport {
        stopped: Some(PageStop::MaxPages),
        ..PagesReport::default()
    };
    let (code, _, said) = told(&RANGE, limited);
    assert!(
        code == 0 && said.contains("warning: --max-requests was reached"),
        "{said}"
    );
}

#[test]
fn parameters_are_pairs() {
    let given = ["log_type=error".to_owned(), "filter=a=b".to_owned()];
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(
        params(&given).unwrap(),
        [pair("log_type", "error"), pair("filter", "a=b")]
    );
    for wrong in ["log_type", "=error"] {
        let error = params(&[wrong.to_owned()]).unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
    }
}
