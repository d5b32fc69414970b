//! Which hours are asked for, how often, and in which order.
//!
//! Rule: an hour that can no longer change is paid for once.

use serde_json::Value;

use super::{COLLECTION, Case, hours_ago, logs};
use crate::support::server::Object;

#[test]
fn a_settled_hour_is_asked_for_once_unless_refreshed() {
    let hour = hours_ago(30);
    let (case, lines) = Case::with_hour(hour, 3);
    case.fetch(hour).success();
    let again = case.fetch(hour);
    again.success();
    case.asked(&again, &[hour]);
    let range = case.fetch_range(hour, hour.plus_hours(1), &[]);
    range.success();
    case.asked(&range, &[hour]);
    let refreshed = case.fetch_with(hour, &["--refresh"]);
    refreshed.success();
    case.asked(&refreshed, &[hour, hour]);
    case.stores(&lines);
}

#[test]
fn a_growing_hour_is_asked_for_again_and_grows() {
    let hour = hours_ago(4);
    let (case, first) = Case::with_hour(hour, 3);
    case.fetch(hour).success();
    case.stores(&first);
    let state = case.run(&["hours", "-o", "ndjson"]);
    state.success().stdout_has("\"state\":\"growing\"");

    let more = logs::journeys(hour, 9);
    let late = Object::new(logs::gzip(&logs::ndjson(&more[first.len()..])));
    let early = Object::new(logs::gzip(&logs::ndjson(&first)));
    case.hold(hour, vec![early, late]);
    let told = case.fetch_range(hour, hour.plus_hours(1), &[]);
    told.success();
    case.asked(&told, &[hour, hour]);
    case.stores(&more);
    case.fetch_range(hour, hour.plus_hours(1), &["--strict"])
        .code(7);
}

#[test]
fn a_range_is_fetched_newest_first() {
    let case = Case::new();
    let hours = [34, 33, 32, 31].map(hours_ago);
    let mut served = Vec::new();
    for hour in hours {
        let lines = logs::journeys(hour, 3);
        case.hold(hour, vec![Object::new(logs::ndjson(&lines))]);
        served.extend(lines);
    }
    let told = case.fetch_range(hours[0], hours[2], &[]);
    told.success();
    case.asked(&told, &[hours[1], hours[0]]);
    let told = case.fetch_range(hours[0], hours[3].plus_hours(1), &[]);
    told.success();
    case.asked(&told, &[hours[1], hours[0], hours[3], hours[2]]);
    case.stores(&served);
}

#[test]
fn last_takes_every_hour_that_has_a_part_in_it_and_may_have_logs() {
    let case = Case::new();
    let told = case.run(&["fetch", "--collection", COLLECTION, "--last", "5h"]);
    told.success();
    // The two youngest are not there yet.
    let asked: Vec<_> = (2..=5).map(hours_ago).collect();
    if chrono::Utc::now() < hours_ago(-1).0 {
        case.asked(&told, &asked);
    }
}

#[test]
fn what_the_vendor_deletes_soon_comes_first() {
    let case = Case::new();
    let soon = [hours_ago(27 * 24 + 1), hours_ago(27 * 24)];
    let later = [hours_ago(40), hours_ago(41)];
    let names = [later[1], soon[1], later[0], soon[0]].map(|hour| hour.name());
    let mut args = vec!["fetch", "--collection", COLLECTION];
    for name in &names {
        args.extend(["--hour", name]);
    }
    let told = case.run(&args);
    told.success();
    case.asked(&told, &[soon[0], soon[1], later[0], later[1]]);
}

#[test]
fn an_hour_that_has_not_begun_or_is_deleted_costs_nothing() {
    let case = Case::new();
    let future = case.fetch(hours_ago(-3));
    future.code(2);
    let gone = case.fetch(hours_ago(29 * 24));
    gone.success();
    case.asked(&gone, &[]);
    let early = case.fetch_range(hours_ago(0), hours_ago(-2), &[]);
    early.success();
    case.asked(&early, &[]);
}

#[test]
fn a_dry_run_asks_nothing_and_tells_the_price() {
    let (case, _) = Case::with_hour(hours_ago(31), 3);
    case.fetch(hours_ago(31)).success();
    let before = case.server.requests().len();
    let told = case.fetch_range(hours_ago(33), hours_ago(30), &["--dry-run", "-o", "ndjson"]);
    told.success()
        .stderr_has("2 requests")
        .stderr_has("119 of 120 left");
    told.assert(case.server.requests().len() == before, "no request");
    let actions: Vec<(String, String)> = told
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("an object"))
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            (text("hour"), text("action"))
        })
        .collect();
    let named = |hours: i64| hours_ago(hours).name();
    told.assert(
        actions[..2]
            == [
                (named(32), "fetch".to_owned()),
                (named(33), "fetch".to_owned()),
            ],
        "two hours to fetch, the newest first",
    );
    told.assert(
        actions[2].0 == named(31) && actions[2].1.starts_with("skip"),
        "the stored hour skipped",
    );
}

#[test]
fn max_requests_is_a_limit_and_the_rest_is_a_command_away() {
    let (case, _) = Case::with_hour(hours_ago(31), 3);
    let told = case.fetch_range(hours_ago(34), hours_ago(30), &["--max-requests", "2"]);
    told.success().stderr_has("2 hours left");
    case.asked(&told, &[hours_ago(31), hours_ago(32)]);
    let go_on = super::command_told(&told);
    let go_on: Vec<&str> = go_on.iter().map(String::as_str).collect();
    let rest = case.run(&go_on);
    rest.success();
    case.asked(&rest, &[31, 32, 33, 34].map(hours_ago));
    let nothing = case.run(&go_on);
    nothing.success();
    nothing.assert(case.server.posts().len() == 4, "nothing left to ask for");
}

#[test]
fn an_hour_that_had_records_is_not_emptied() {
    for hour in [hours_ago(4), hours_ago(30)] {
        let (case, lines) = Case::with_hour(hour, 3);
        case.fetch(hour).success();
        case.hold(hour, vec![]);
        let told = case.fetch_with(hour, &["--refresh"]);
        told.success().stderr_has("kept").stderr_has(&hour.name());
        case.asked(&told, &[hour, hour]);
        case.stores(&lines);
    }
}

#[test]
fn several_collections_are_fetched_by_alias_id_or_all_of_the_config() {
    let hour = hours_ago(30);
    let (case, lines) = Case::with_hour(hour, 3);
    let case = case.config(&format!(
        "[collections]\nprod = '{COLLECTION}'\nother = '9other'\n"
    ));
    let others = logs::journeys(hour, 6);
    case.server.hold(
        "9other",
        &hour.sent(),
        vec![Object::new(logs::ndjson(&others))],
    );
    let told = case.run(&["fetch", "--hour", &hour.name()]);
    told.success();
    let mut asked: Vec<_> = case
        .server
        .posts()
        .iter()
        .filter_map(|post| post.field("collectionId"))
        .collect();
    asked.sort();
    told.assert(
        asked == [COLLECTION, "9other"],
        "each collection asked for once",
    );
    for (name, lines) in [("prod", &lines), ("other", &others), (COLLECTION, &lines)] {
        let shown = case.run(&["show", "--collection", name, "-o", "raw"]);
        let mut got: Vec<&str> = shown.stdout.lines().collect();
        got.sort_unstable();
        let mut expected: Vec<&str> = lines.iter().map(String::as_str).collect();
        expected.sort_unstable();
        shown
            .success()
            .assert(got == expected, "the collection's own records");
    }
    let told = case.run(&[
        "fetch",
        "--collection",
        "prod",
        "--collection",
        "other",
        "--hour",
        &hour.name(),
    ]);
    told.success();
    told.assert(case.server.posts().len() == 2, "nothing paid for twice");
}

#[test]
fn hours_tells_what_is_missing_between_stored_ones() {
    let case = Case::new();
    let stored = [hours_ago(33), hours_ago(30)];
    for hour in stored {
        case.hold(
            hour,
            vec![Object::new(logs::ndjson(&logs::journeys(hour, 3)))],
        );
        case.fetch(hour).success();
    }
    let before = case.server.requests().len();
    let told = case.run(&["hours", "--collection", COLLECTION, "-o", "ndjson"]);
    told.success();
    let states: Vec<String> = told
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("an object"))
        .map(|row| format!("{} {} {}", row["hour"], row["state"], row["records"]))
        .collect();
    let expected = [
        format!("\"{}\" \"settled\" 7", hours_ago(33).name()),
        format!("\"{}\" \"missing\" null", hours_ago(32).name()),
        format!("\"{}\" \"missing\" null", hours_ago(31).name()),
        format!("\"{}\" \"settled\" 7", hours_ago(30).name()),
    ];
    told.assert(states == expected, &format!("{expected:?}, not {states:?}"));
    told.assert(case.server.requests().len() == before, "nobody asked");
}
