//! What each flag asks for, and what is said where it cannot be understood.

mod lists;

use clap::Parser;

use super::super::sandbox;
use super::*;

#[derive(Debug, Parser)]
#[command(name = "faillog", after_long_help = HELP)]
struct Reader {
    #[command(flatten)]
    filters: FilterArgs,
}

const NOW: &str = "2025-03-23T20:30:00Z";

fn instant(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// The question of these flags, or what is said instead.
fn ask(flags: &[&str]) -> Result<Filter, String> {
    let all = ["faillog"].iter().chain(flags);
    let reader = Reader::try_parse_from(all).map_err(|error| error.to_string())?;
    let settings = sandbox::settings(std::path::Path::new("nowhere"));
    reader
        .filters
        .ask(&settings, instant(NOW))
        .map_err(|error| error.to_string())
}

fn refused(flags: &[&str]) -> String {
    ask(flags).unwrap_err()
}

/// Each condition as it is written.
fn conditions(flags: &[&str]) -> Vec<String> {
    let filter = ask(flags).unwrap();
    filter.conditions.iter().map(Condition::to_string).collect()
}

#[test]
fn the_flags_are_consistent_and_documented() {
    use clap::CommandFactory;
    let mut command = Reader::command();
    command.clone().debug_assert();
    let help = command.render_long_help().to_string();
    for flag in [
        "provider",
        "collection",
        "hour",
        "since",
        "until",
        "last",
        "type",
        "outcome",
        "status",
        "code",
        "operation",
        "source",
        "destination",
        "subscriber",
        "actor",
        "channel",
        "resource",
        "message-id",
        "exchange-id",
        "id",
        "attempt",
        "discarded",
        "fate",
        "grep",
        "where",
    ] {
        assert!(help.contains(&format!("--{flag}")), "{flag}\n{help}");
    }
    for word in [
        "error, attempt, exchange",
        "delivered, discarded",
        "[alias: --client]",
    ] {
        assert!(help.contains(word), "{word}\n{help}");
    }
    for arg in command.get_arguments() {
        assert!(
            arg.get_id() == "help"
                || arg
                    .get_help()
                    .is_some_and(|h| !h.to_string().ends_with('.')),
            "{arg}"
        );
    }
}

#[test]
fn no_flag_asks_for_everything() {
    let filter = ask(&[]).unwrap();
    assert!(filter.conditions.is_empty() && filter.hours.is_empty());
    assert!(filter.providers.is_empty() && filter.collections.is_empty());
    assert_eq!(filter.window, Window::ALL);
}

#[test]
fn every_text_flag_asks_for_its_column() {
    for (flag, column) in [
        ("--operation", "operation"),
        ("--source", "source"),
        ("--destination", "destination"),
        ("--subscription", "destination"),
        ("--subscriber", "subscriber"),
        ("--actor", "actor"),
        ("--client", "actor"),
        ("--channel", "channel"),
        ("--resource", "resource"),
        ("--message-id", "message_id"),
        ("--exchange-id", "exchange_id"),
        ("--id", "id"),
        ("--code", "code"),
    ] {
        let asked = conditions(&[flag, "b,c", flag, "a"]);
        let where_in = format!("{column} in (a, \"b,c\")");
        let where_or = format!("{column} = \"b,c\" or {column} == 'a'");
        assert_eq!(asked, conditions(&["--where", &where_in]), "{flag}");
        assert_eq!(asked, conditions(&["--where", &where_or]), "{flag}");
        assert!(
            asked.len() == 1 && asked[0].contains(&where_in),
            "{asked:?}"
        );
    }
    assert_eq!(
        conditions(&["--code", "ETIMEDOUT"]),
        ["code = etimedout or error_type = etimedout"]
    );
    assert_eq!(
        conditions(&["--subscription", "s"]),
        ["destination = s or more_destinations = s or more_subscribers = s or subscriber = s"]
    );
}

#[test]
fn repeating_means_or_and_different_flags_and() {
    assert_eq!(
        conditions(&[
            "--status",
            "429",
            "--type",
            "error",
            "--status=5xx",
            "--type",
            "attempt"
        ]),
        [
            "(status >= 500 and status <= 599) or status = 429",
            "type in (attempt, error)",
        ]
    );
    assert_eq!(
        conditions(&["--where", "status >= 500", "--where", "code exists"]),
        ["code exists", "status >= 500"]
    );
    assert_eq!(
        conditions(&["--attempt", "1", "--attempt", ">=3"]),
        ["attempt = 1 or attempt >= 3"]
    );
    assert_eq!(
        conditions(&["--grep", "time ?out", "--grep", "x"]),
        ["raw ~ \"time ?out\" or raw ~ x"]
    );
}

#[test]
fn words_ask_for_type_outcome_fate_and_discarded() {
    assert_eq!(conditions(&["--outcome", "failure"]), ["outcome = failure"]);
    assert_eq!(
        conditions(&["--fate", "retrying", "--fate", "delivered"]),
        ["fate in (delivered, retrying)"]
    );
    assert_eq!(conditions(&["--discarded"]), ["discarded = true"]);
    assert_eq!(conditions(&["--discarded=false"]), ["discarded = false"]);
    assert_eq!(
        conditions(&["--discarded", "--discarded=false"]),
        ["discarded = false or discarded = true"]
    );
    assert_eq!(
        conditions(&["--final"]),
        ["fate != delivered or outcome != failure"]
    );
    // Absent is not false.
    let filter = ask(&["--discarded=false"]).unwrap();
    assert!(!filter.conditions[0].accepts(&|_| crate::model::Value::Null));
}

#[test]
fn one_question_has_one_fingerprint_whichever_way_it_is_put() {
    let fingerprint = |flags: &[&str]| ask(flags).unwrap().fingerprint();
    for (flags, condition) in [
        (["--message-id", "X"], "message_id in (X)"),
        (["--destination", "X"], "destination = X"),
        (["--status", "5xx"], "status >= 500 and status < 600"),
        (["--type", "error"], "type = ERROR"),
        (["--since", "2025-03-23"], "time >= 2025-03-23"),
        (["--provider", "akeneo"], "provider = Akeneo"),
        (["--collection", "2wmp"], "collection = 2wmp"),
        (["--pattern", "8ndmwx61"], "pattern_id = 8NDMWX61"),
    ] {
        assert_eq!(fingerprint(&flags), fingerprint(&["--where", condition]));
    }
}

#[test]
fn aliases_stand_for_their_collections_and_each_is_named_once() {
    let filter = ask(&[
        "--collection",
        "prod",
        "--collection",
        "other",
        "--collection",
        "2wmp",
    ]);
    assert_eq!(filter.unwrap().collections, ["2wmp", "other"]);
    let filter = ask(&["--provider", "segment"]).unwrap();
    assert_eq!(filter.providers, [Provider::Segment]);
}

#[test]
fn times_make_hours_and_windows() {
    let filter = ask(&[
        "--hour",
        "2025-03-23T19",
        "--hour",
        "now-3h",
        "--hour",
        "2025-03-23 19:00",
    ]);
    let hours: Vec<_> = filter.unwrap().hours.iter().map(Hour::to_string).collect();
    assert_eq!(hours, ["2025-03-23T17", "2025-03-23T19"]);
    let window = |flags: &[&str]| ask(flags).unwrap().window;
    assert_eq!(
        window(&["--last", "90m"]),
        Window {
            start: instant("2025-03-23T19:00:00Z"),
            end: instant(NOW)
        }
    );
    assert_eq!(
        window(&["--since", "2025-03-23"]),
        Window {
            start: instant("2025-03-23T00:00:00Z"),
            end: Timestamp::MAX
        }
    );
    assert_eq!(
        window(&["--until", "now-1h"]),
        Window {
            start: Timestamp::MIN,
            end: instant("2025-03-23T19:30:00Z")
        }
    );
}

#[test]
fn the_scope_is_bounded_where_it_can_be() {
    let scope = |flags: &[&str]| {
        let reader = Reader::try_parse_from(["faillog"].iter().chain(flags)).unwrap();
        let settings = sandbox::settings(std::path::Path::new("nowhere"));
        sandbox::with_context(settings, NOW, &[], |c| reader.filters.scope(c).unwrap()).0
    };
    let whole = scope(&[
        "--collection",
        "prod",
        "--since",
        "now-1h",
        "--provider",
        "segment",
    ]);
    assert_eq!(whole.collections, ["2wmp"]);
    assert_eq!(whole.providers, [Provider::Segment]);
    assert_eq!(
        whole.window,
        Some(Window {
            start: instant("2025-03-23T19:30:00Z"),
            end: instant(NOW)
        })
    );
    assert_eq!(scope(&["--until", "now"]).window, None);
    // Nothing of a window that begins later can be missing yet.
    assert_eq!(scope(&["--since", "now+1h"]).window, None);
    assert_eq!(scope(&["--hour", "2025-03-23T19"]).hours.len(), 1);
}

#[test]
fn times_that_are_not_understood_are_named() {
    assert_eq!(
        refused(&["--hour", "yesterday"]),
        "--hour `yesterday` is no hour; write `2025-03-23T20`, `2025-03-23 20:00` or `now-3h`"
    );
    assert!(refused(&["--hour", "2025-03-23T20:15"]).contains("write `2025-03-23T20`"));
    assert!(refused(&["--since", "noon"]).starts_with("--since `noon` is no time; write"));
    assert!(refused(&["--until", "noon"]).starts_with("--until `noon` is no time; write"));
    assert!(refused(&["--last", "5"]).starts_with("--last `5` is no span of time; write"));
    assert_eq!(
        refused(&["--since", "2025-03-23 20:00", "--until", "2025-03-23 20:00"]),
        "--since 2025-03-23T20:00:00Z is not before --until 2025-03-23T20:00:00Z"
    );
    let both = refused(&["--last", "1h", "--since", "now-3h"]);
    assert!(
        both.contains("'--last <SPAN>' cannot be used with '--since <TIME>'"),
        "{both}"
    );
    let typed = TimeArgs {
        last: Some("1h".into()),
        until: Some("now".into()),
        ..TimeArgs::default()
    };
    assert_eq!(
        typed.read(instant(NOW)).unwrap_err().message,
        "--last cannot be used together with --since or --until"
    );
}

#[test]
fn values_that_are_not_understood_are_named_with_the_nearest() {
    for (flags, said) in [
        (["--type", "erorr"], "a similar value exists: 'error'"),
        (
            ["--outcome", "failed"],
            "[possible values: success, failure, pending]",
        ),
        (
            ["--fate", "delivred"],
            "a similar value exists: 'delivered'",
        ),
        (
            ["--provider", "segmnt"],
            "a similar value exists: 'segment'",
        ),
        (
            ["--status", "5x"],
            "`5x` is no whole number or range; write `429`, `5xx`",
        ),
        (
            ["--attempt", "5xx"],
            "`5xx` is no whole number or range; write `3`, `1-2` or `>=3`",
        ),
        (
            ["--attempt", "x"],
            "`x` is no whole number or range; write `3`, `1-2` or `>=3`",
        ),
        (
            ["--grep", "("],
            "this regular expression was not understood",
        ),
        (["--where", "staus = 5"], "did you mean `status`?"),
    ] {
        let error = refused(&flags);
        assert!(error.contains(said), "{flags:?}: {error}");
    }
    let error = refused(&["--discarded=perhaps"]);
    assert!(error.contains("[possible values: true, false]"), "{error}");
}

#[test]
fn near_aliases_are_found() {
    let settings = sandbox::settings(std::path::Path::new("nowhere"));
    assert_eq!(likely_alias("prdo", &settings), Some("prod"));
    assert_eq!(likely_alias("zzzz", &settings), None);
}
