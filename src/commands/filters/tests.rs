//! What each flag asks for, and what is said where it cannot be understood.

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

/// Each predicate as its fields and comparisons.
fn predicates(flags: &[&str]) -> Vec<String> {
    let filter = ask(flags).unwrap();
    let shown = |test: &Test| format!("{} {:?}", test.field, test.comparison);
    filter
        .predicates
        .iter()
        .map(|p| p.any_of.iter().map(shown).collect::<Vec<_>>().join(" | "))
        .collect()
}

fn one_of(column: &str, values: &str, ignore_case: bool) -> Vec<String> {
    vec![format!(
        "{column} OneOf {{ values: [{values}], ignore_case: {ignore_case} }}"
    )]
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
    assert!(filter.predicates.is_empty() && filter.hours.is_empty());
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
    ] {
        let asked = predicates(&[flag, "b,c", flag, "a"]);
        assert_eq!(asked, one_of(column, r#""a", "b,c""#, false), "{flag}");
    }
    assert_eq!(
        predicates(&["--code", "ETIMEDOUT"]),
        one_of("code", r#""etimedout""#, true)
    );
}

#[test]
fn repeating_means_or_and_different_flags_and() {
    assert_eq!(
        predicates(&[
            "--status",
            "429",
            "--type",
            "error",
            "--status=5xx",
            "--type",
            "attempt"
        ]),
        [
            r#"type OneOf { values: ["attempt", "error"], ignore_case: false }"#,
            "status Within(429..=429) | status Within(500..=599)",
        ]
    );
    assert_eq!(
        predicates(&["--where", "status >= 500", "--where", "code exists"]),
        ["status GreaterOrEqual(Int(500)) | code Exists"]
    );
    assert_eq!(
        predicates(&["--attempt", "1", "--attempt", ">=3"]),
        [format!(
            "attempt Within(1..=1) | attempt Within(3..={})",
            i64::MAX
        )]
    );
    let grep = predicates(&["--grep", "time ?out", "--grep", "x"]);
    assert!(grep.len() == 1 && grep[0].contains("raw Matches") && grep[0].contains(" | "));
}

#[test]
fn words_ask_for_type_outcome_fate_and_discarded() {
    assert_eq!(
        predicates(&["--outcome", "failure"]),
        one_of("outcome", r#""failure""#, false)
    );
    assert_eq!(
        predicates(&["--fate", "retrying", "--fate", "delivered"]),
        one_of("fate", r#""delivered", "retrying""#, false)
    );
    assert_eq!(
        predicates(&["--discarded"]),
        ["discarded Equal(Bool(true))"]
    );
    assert_eq!(
        predicates(&["--discarded=false"]),
        ["discarded Equal(Bool(false))"]
    );
    assert_eq!(
        predicates(&["--discarded", "--discarded=false"]),
        ["discarded Equal(Bool(true)) | discarded Equal(Bool(false))"]
    );
    // Absent is not false.
    let filter = ask(&["--discarded=false"]).unwrap();
    assert!(
        !filter.predicates[0].any_of[0]
            .comparison
            .accepts(&crate::model::Value::Null)
    );
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
fn lists_are_read_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        format!("@{}", path.display())
    };
    let ids = file("ids", b"\xef\xbb\xbfb\r\n\n a \nc");
    assert_eq!(
        predicates(&["--id", &ids, "--id", "d", "--id", "@@e"]),
        one_of("id", r#""@e", "a", "b", "c", "d""#, false)
    );
    let names = file("names", b"prod\nx");
    assert_eq!(
        ask(&["--collection", &names]).unwrap().collections,
        ["2wmp", "x"]
    );

    let empty = file("empty", b"\n \n");
    let error = refused(&["--id", &empty]);
    assert_eq!(error, format!("--id `{empty}`: the file holds no value"));
    let binary = file("binary", b"\xff\xfe");
    assert!(refused(&["--code", &binary]).ends_with("the file is no UTF-8 text"));
    let absent = refused(&["--code", "@no/such/file"]);
    assert!(
        absent.starts_with("--code `@no/such/file`: cannot read the file: "),
        "{absent}"
    );
    assert_eq!(
        refused(&["--id", "@-"]),
        "--id `@-`: lists are not read from standard input"
    );
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
