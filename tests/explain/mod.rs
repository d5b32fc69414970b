//! `faillog explain`: every documented code, and how it is answered.
//!
//! Rule: `documented.tsv` was written from the vendors' documents, not from the program's tables.

use std::collections::HashSet;

use serde_json::Value;

use crate::support::TestEnv;

const DOCUMENTED: &str = include_str!("documented.tsv");

const COLUMNS: &str = "code,provider,kind,meaning,retried,remedy,source";

fn rows(args: &[&str]) -> Vec<Value> {
    let outcome = TestEnv::new().run(&[&["explain"], args, &["-o", "ndjson"]].concat());
    let lines = outcome.success().stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect()
}

fn text<'v>(row: &'v Value, column: &str) -> &'v str {
    row[column].as_str().unwrap_or_default()
}

#[test]
fn every_documented_code_is_explained_by_its_provider() {
    let listed = rows(&["--list"]);
    let known: HashSet<(&str, String)> = listed
        .iter()
        .map(|row| (text(row, "provider"), text(row, "code").to_lowercase()))
        .collect();
    let documented: Vec<(&str, &str)> = DOCUMENTED
        .lines()
        .map(|line| line.split_once('\t').expect("provider and code"))
        .collect();
    assert!(documented.len() > 180, "{}", documented.len());
    let missing: Vec<_> = documented
        .iter()
        .filter(|(provider, code)| !known.contains(&(*provider, code.to_lowercase())))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    for row in &listed {
        for column in COLUMNS.split(',') {
            assert!(!text(row, column).is_empty(), "no {column} in {row}");
        }
    }
}

#[test]
fn the_statuses_and_network_errors_that_matter_hold_for_all() {
    let listed = rows(&["--list"]);
    let known: HashSet<&str> = listed
        .iter()
        .filter(|row| text(row, "provider") == "any")
        .map(|row| text(row, "code"))
        .collect();
    let statuses = [301, 302, 303, 307, 308, 451, 499, 500, 501, 502, 503, 504];
    let statuses = statuses.into_iter().chain(400..=417).chain(520..=526);
    let mut wanted: Vec<String> = statuses.map(|status| status.to_string()).collect();
    for name in "421 422 423 425 428 429 431 ETIMEDOUT ENOTFOUND ECONNRESET ECONNREFUSED EAI_AGAIN EHOSTUNREACH \
                 ECONNABORTED EPIPE CERT_HAS_EXPIRED ERR_TLS_CERT_ALTNAME_INVALID DEPTH_ZERO_SELF_SIGNED_CERT \
                 UNABLE_TO_VERIFY_LEAF_SIGNATURE"
        .split_whitespace()
    {
        wanted.push(name.to_owned());
    }
    wanted.retain(|code| !known.contains(code.as_str()));
    assert!(wanted.is_empty(), "{wanted:?}");
}

#[test]
fn one_code_has_an_entry_for_each_place() {
    let places = |args: &[&str]| -> Vec<String> {
        rows(args)
            .iter()
            .map(|row| format!("{}: {}", text(row, "provider"), text(row, "kind")))
            .collect()
    };
    assert_eq!(
        places(&["invalid_settings", "--provider", "segment"]),
        [
            "segment: failed delivery",
            "segment: filtered at the destination",
            "segment: filtered at the destination",
            "segment: failed on ingest",
        ]
    );
    assert_eq!(
        places(&["404"]),
        [
            "any: HTTP status, client error",
            "segment: failed delivery",
            "akeneo: error_code",
            "workato: HTTP status",
        ]
    );
    assert_eq!(
        places(&["Missing Token", "--provider", "workato"]),
        ["workato: status details"]
    );
}

#[test]
fn what_suspends_a_subscription_is_said() {
    let suspends = |code: &str| {
        let rows = rows(&[code, "--provider", "akeneo"]);
        let of_akeneo = rows.iter().find(|row| text(row, "provider") == "akeneo");
        text(of_akeneo.expect("an entry"), "retried")
            .starts_with("no: the subscription is suspended")
    };
    for code in [
        "destination_not_found",
        "destination_redirected",
        "topic_not_found",
    ] {
        assert!(suspends(code), "{code}");
    }
    for code in [
        "destination_timeout",
        "authentication_failed",
        "server_goaway",
    ] {
        assert!(!suspends(code), "{code}");
    }
}

#[test]
fn an_unknown_code_names_the_nearest_and_fails() {
    let env = TestEnv::new();
    env.run(&["explain", "destination_timout"])
        .code(1)
        .stdout_is("")
        .stderr_has("error: no code is known as `destination_timout`\nhint: the nearest that are: `destination_timeout`");
    env.run(&["explain", "zzzzzzzzzzzzzzzz", "--provider", "workato"])
        .code(1)
        .stderr_is(
            "error: no code of Workato is known as `zzzzzzzzzzzzzzzz`\n\
             hint: `faillog explain --list` has every code that is known\n",
        );
    env.run(&["explain"]).code(2);
    env.run(&["explain", "429", "--list"]).code(2);
    env.run(&["explain", "429", "-o", "raw"]).code(2);
}

#[test]
fn scripts_get_rows_and_people_get_text() {
    let env = TestEnv::new();
    let csv = env.run(&["explain", "ECONNREFUSED"]);
    csv.success()
        .stdout_has(COLUMNS)
        .assert(csv.stdout.lines().count() == 2, "the header and one row");
    let narrow = TestEnv::new().set("COLUMNS", "60");
    let text = narrow.run(&["explain", "ECONNREFUSED", "-o", "table"]);
    text.success()
        .stdout_has("ECONNREFUSED  network error\n  meaning    the host is there, and nothing listens at that\n             port\n")
        .assert(
            text.stdout.lines().all(|line| line.chars().count() <= 60),
            "lines of at most 60 columns",
        );
    narrow
        .run(&["explain", "418", "-o", "table"])
        .success()
        .stdout_has("418 is not written of by itself; what holds for 4xx:\n4xx  HTTP status");
    let list = narrow.run(&["explain", "--list", "--provider", "workato", "-o", "table"]);
    list.success()
        .stdout_has("Workato, gateway code\n  4011  a gateway code")
        .assert(
            !list.stdout.contains("HTTP status, client"),
            "nothing but Workato's",
        );
}
