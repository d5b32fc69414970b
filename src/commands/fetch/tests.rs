//! What the flags ask for, what the dry run prints, what is said at the end and with which exit code.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Parser;

use super::super::sandbox::{settings, with_context};
use super::super::settings::Settings;
use super::*;
use crate::fetch::{Failure, HourReport, HourResult, Report, Stop};
use crate::model::{Hour, Timestamp};

#[derive(Debug, Parser)]
#[command(name = "fetch")]
struct Cli {
    #[command(flatten)]
    args: Args,
}

const NOW: &str = "2025-03-23T20:30:00Z";

fn args(flags: &[&str]) -> Args {
    Cli::try_parse_from(["fetch"].iter().chain(flags))
        .unwrap()
        .args
}

fn nowhere() -> Settings {
    settings(Path::new("nowhere"))
}

fn ask(flags: &[&str]) -> Result<Asked, Error> {
    with_context(nowhere(), NOW, &[], |context| asked(context, &args(flags))).0
}

fn planned(asked: &Asked) -> Plan {
    let now = Timestamp::parse(NOW).unwrap();
    Plan::new(
        asked,
        &BTreeMap::new(),
        now,
        &nowhere().policy(Provider::Segment, ""),
    )
    .unwrap()
}

/// A report that stored the first `stored` of the plan's hours and then failed one if told to.
fn report(
    plan: &Plan,
    stored: usize,
    failed: Option<Failure>,
    stopped: Option<Stop>,
) -> FetchReport {
    let mut hours: Vec<HourReport> = plan.requests()[..stored]
        .iter()
        .map(|planned| HourReport {
            key: planned.key.clone(),
            result: HourResult::Stored {
                records: 1000,
                rejects: 0,
            },
            note: None,
        })
        .collect();
    if let Some(failure) = failed {
        hours.push(HourReport {
            key: plan.requests()[stored].key.clone(),
            result: HourResult::Failed {
                failure,
                message: "the answer made no sense".to_owned(),
            },
            note: None,
        });
    }
    FetchReport { hours, stopped }
}

/// Tells of a fetch; returns the exit code, the error with its hints, and standard error.
fn told(flags: &[&str], make: impl FnOnce(&Plan) -> FetchReport) -> (u8, String, String) {
    let args = args(flags);
    let typed: Vec<&str> = ["fetch"].iter().chain(flags).copied().collect();
    let (done, out, err) = with_context(nowhere(), NOW, &typed, |context| {
        let plan = planned(&asked(context, &args).unwrap());
        let report = make(&plan);
        summary::tell(context, args.strict, &plan, &report, None)
    });
    assert_eq!(out, "");
    match done {
        Ok(()) => (0, String::new(), err),
        Err(error) => {
            let mut text = vec![error.message];
            text.extend(error.hints);
            (error.kind.exit_code(), text.join("\n"), err)
        }
    }
}

#[test]
fn the_flags_are_consistent() {
    use clap::CommandFactory;
    let mut command = Cli::command();
    command.clone().debug_assert();
    let help = command.render_long_help().to_string();
    let (own, time) = help.split_once("\nTime:\n").unwrap();
    assert!(
        own.contains("--dry-run") && own.contains("--strict"),
        "{help}"
    );
    assert!(
        time.contains("--last <SPAN>") && time.contains("Exit codes: 0 done"),
        "{help}"
    );
}

#[test]
fn flags_ask_for_collections_and_hours() {
    let asked = ask(&["--last", "24h"]).unwrap();
    assert_eq!(asked.collections, [(Provider::Segment, "2wmp".to_owned())]);
    assert!(matches!(asked.hours, Hours::Window(_)));
    let asked = ask(&["--collection", "x", "--hour", "now-3h", "--refresh"]).unwrap();
    assert_eq!(asked.collections, [(Provider::Segment, "x".to_owned())]);
    let hour = Hour::parse("2025-03-23T17", Timestamp::parse(NOW).unwrap()).unwrap();
    assert_eq!(asked.hours, Hours::Named(vec![hour]));
    assert!(asked.refresh);
}

#[test]
fn what_cannot_be_asked_is_refused_with_advice() {
    for (flags, said) in [
        (&["--collection", "x"][..], "no hours were named"),
        (&["--until", "now"], "--until needs a beginning"),
        (
            &["--hour", "now", "--last", "3h"],
            "--hour cannot be used together with --since, --until or --last",
        ),
        (
            &["--since", "now+1h"],
            "--since 2025-03-23T21:30:00Z lies in the future; it is 2025-03-23T20:30:00Z now",
        ),
    ] {
        let error = ask(flags).unwrap_err();
        assert_eq!((error.message.as_str(), error.kind.exit_code()), (said, 2));
    }
    let mut bare = nowhere();
    bare.aliases.clear();
    let (asked, ..) = with_context(bare, NOW, &[], |c| asked(c, &args(&["--last", "1h"])));
    let error = asked.unwrap_err();
    assert_eq!(
        error.message,
        "no collection was named, and the config has none"
    );
    assert!(error.hints[0].contains("--collection ID"));
    let error = Error::from(PlanError::TooMany { hours: 200_000 });
    assert_eq!((error.kind.exit_code(), error.hints.len()), (2, 1));
}

#[test]
fn the_dry_run_prints_the_plan_and_its_price() {
    let root = tempfile::tempdir().unwrap();
    let settings = settings(root.path());
    let ledger = Ledger::open(&settings.state, "acme", 120);
    let now = Timestamp::parse(NOW).unwrap();
    let ticket = ledger.reserve(now, 0).unwrap();
    let told = Report {
        consumed: Some(118),
        remaining: Some(2),
        reset: Some(Timestamp::parse("2025-03-24T00:00:00Z").unwrap()),
        counted: true,
    };
    ledger.settle(ticket, now, &told).unwrap();
    let args = args(&["--last", "4h", "--dry-run", "--max-requests", "2"]);
    let (done, out, err) = with_context(settings, NOW, &[], |context| {
        let asked = asked(context, &args).unwrap();
        let plan = planned(&asked);
        print_plan(context, &plan).unwrap();
        tell_price(context, &args, &asked, &plan, Some(&ledger))
    });
    done.unwrap();
    assert_eq!(
        out,
        "provider\tcollection\thour\tstate\taction\n\
         segment\t2wmp\t2025-03-23T18\tmissing\tfetch\n\
         segment\t2wmp\t2025-03-23T17\tmissing\tfetch\n\
         segment\t2wmp\t2025-03-23T16\tmissing\tfetch\n\
         segment\t2wmp\t2025-03-23T19\tearly\tskip: logs appear 1 to 2 h late; due at 2025-03-23T21:00:00Z\n\
         segment\t2wmp\t2025-03-23T20\tearly\tskip: logs appear 1 to 2 h late; due at 2025-03-23T22:00:00Z\n"
    );
    assert_eq!(
        err,
        "price: 3 requests, of which --max-requests allows 2; 2 of 120 left, 2 of them kept back\n\
         warning: no request can be made now; more come at 2025-03-24T00:00:00Z\n"
    );
}

const RANGE: [&str; 4] = ["--since", "2025-03-22T00", "--until", "2025-03-22T03"];

#[test]
fn a_fetch_that_got_everything_ends_well() {
    let flags: Vec<&str> = RANGE.iter().copied().chain(["--strict"]).collect();
    let (code, error, err) = told(&flags, |plan| report(plan, 3, None, None));
    assert_eq!((code, error.as_str()), (0, ""));
    assert_eq!(err, "got 3,000 records in 3 hours\n");
}

#[test]
fn every_stop_has_its_exit_code_and_the_command_to_go_on() {
    let go_on = "To go on: faillog fetch --since 2025-03-22T00:00:00Z --until 2025-03-22T02:00:00Z";
    let spent = |kept_back| Stop::Spent {
        next_at: Some(Timestamp::parse("2025-03-24T00:00:00Z").unwrap()),
        left: kept_back,
        kept_back,
    };
    for (stop, code, said) in [
        (
            Stop::Interrupted,
            130,
            format!("interrupted with 2 hours left to fetch\n{go_on}"),
        ),
        (
            spent(0),
            5,
            format!(
                "the request budget is spent with 2 hours left to fetch\n\
                 More requests come at 2025-03-24T00:00:00Z.\n{go_on}"
            ),
        ),
        (
            spent(6),
            5,
            format!(
                "the request budget is spent with 2 hours left to fetch; 6 requests kept back\n\
                 More requests come at 2025-03-24T00:00:00Z.\n\
                 Hours named with --hour may spend what is kept back.\n{go_on}"
            ),
        ),
        (
            Stop::Unauthorised("the token was refused".to_owned(), None),
            4,
            "the token was refused\nSee where the token comes from with `faillog auth status`."
                .to_owned(),
        ),
        (
            Stop::Remote("no route".to_owned(), None),
            6,
            format!("no route\n{go_on}"),
        ),
        (Stop::MaxRequests, 0, String::new()),
    ] {
        let told = told(&RANGE, |plan| report(plan, 1, None, Some(stop.clone())));
        assert_eq!((told.0, told.1), (code, said), "{stop:?}");
        assert!(
            told.2.starts_with("got 1,000 records in 1 hour\n"),
            "{}",
            told.2
        );
        assert_eq!(
            told.2.contains("2 hours left; to go on:\n  faillog fetch"),
            code == 0
        );
    }
}

#[test]
fn failed_hours_are_named_and_decide_the_exit_code() {
    for (failure, code) in [(Failure::Remote, 6), (Failure::Store, 1)] {
        let (exit, error, err) = told(&RANGE, |plan| report(plan, 1, Some(failure), None));
        assert_eq!(exit, code);
        assert!(
            error.starts_with("1 hour could not be fetched\nTo go on: faillog fetch"),
            "{error}"
        );
        assert!(
            err.starts_with("warning: 2025-03-22T01 of prod failed: the answer made no sense\n"),
            "{err}"
        );
    }
}

#[test]
fn strict_wants_every_hour_complete() {
    let early = ["--last", "4h"];
    let strict = ["--last", "4h", "--strict"];
    let all = |plan: &Plan| report(plan, 3, None, None);
    let (code, _, err) = told(&early, all);
    assert_eq!(code, 0);
    assert_eq!(
        err,
        "got 3,000 records in 3 hours; 3 hours still growing and due again; 2 hours too early\n"
    );
    let (code, error, _) = told(&strict, all);
    assert_eq!(
        (code, error.as_str()),
        (7, "not every hour asked for is complete")
    );
    // A rejected line is a record that is missing.
    let flags: Vec<&str> = RANGE.iter().copied().chain(["--strict"]).collect();
    let (code, _, err) = told(&flags, |plan| {
        let mut report = report(plan, 3, None, None);
        report.hours[0].result = HourResult::Stored {
            records: 1,
            rejects: 2,
        };
        report.hours[1].note = Some("had no logs".to_owned());
        report
    });
    assert_eq!(code, 7);
    assert!(err.contains("2025-03-22T02 of prod has 2 lines that could not be decoded"));
    assert!(
        err.contains("2025-03-22T01 of prod: had no logs\n"),
        "{err}"
    );
    let flags: Vec<&str> = RANGE.iter().copied().chain(["--strict"]).collect();
    let (code, ..) = told(&flags, |plan| {
        report(plan, 1, None, Some(Stop::MaxRequests))
    });
    assert_eq!(code, 7);
}

#[test]
fn the_command_to_go_on_names_hours_by_their_date() {
    let command = |typed: &[&str], flags: &[&str], skip: usize| {
        let plan = planned(&ask(flags).unwrap());
        let undone = &plan.requests()[skip..];
        with_context(nowhere(), NOW, typed, |context| {
            resume::command(context, undone)
        })
        .0
    };
    assert_eq!(
        command(
            &[
                "--profile",
                "it's",
                "fetch",
                "--last=6h",
                "--max-requests",
                "5"
            ],
            &["--last", "6h"],
            1
        )
        .unwrap(),
        r"faillog --profile 'it'\''s' fetch --max-requests 5 --since 2025-03-23T14:00:00Z --until 2025-03-23T18:00:00Z"
    );
    let named = ["--hour", "now-3h", "--hour", "now-5h", "--refresh"];
    assert_eq!(
        command(
            &["fetch", "--hour", "now-3h", "--hour=now-5h", "--refresh"],
            &named,
            1
        )
        .unwrap(),
        "faillog fetch --refresh --hour 2025-03-23T15"
    );
    assert_eq!(command(&["fetch"], &named, 2), None);
}
