//! Logs that come page by page, of Segment's audit trail: what is kept, what is asked again, and what is said.
//!
//! Rule: the pages are written here as the API's documents have them, and what is stored is compared with them.

use serde_json::{Value, json};

use super::{At, Case, command_told, header, hours_ago, sorted};
use crate::support::Outcome;
use crate::support::server::{Reply, TOKEN};

const PATH: &str = "/audit-events";
const FETCH: [&str; 3] = ["fetch", "--provider", "segment-audit"];

/// An event that occurred so many minutes after an hour began.
fn event(id: u32, hour: At, minute: i64) -> Value {
    json!({
        "id": format!("events/{id}"), "timestamp": hour.time(minute * 60_000), "type": "Source Modified",
        "actor": "users/3aZ9", "resourceId": format!("s{id}"), "resourceType": "source", "resourceName": "Web",
    })
}

fn page(events: &[Value], next: Option<&str>) -> Reply {
    let pagination = json!({ "current": "c0", "next": next });
    Reply::json(
        200,
        &json!({ "data": { "events": events, "pagination": pagination } }),
    )
}

/// A server that answers with these pages, one after the other.
fn case(replies: Vec<Reply>) -> Case {
    let case = Case::new();
    case.server.script(PATH, replies);
    case
}

fn fetch(case: &Case, flags: &[&str]) -> Outcome {
    let outcome = case.run(&[&FETCH, flags].concat());
    outcome.nowhere(TOKEN);
    outcome
}

/// Asserts which records are stored, each once, byte for byte.
#[track_caller]
fn stores(case: &Case, events: &[Value]) {
    let shown = case.run(&["show", "-o", "raw"]);
    let held = sorted(shown.stdout.lines().map(str::to_owned).collect());
    let expected = sorted(events.iter().map(Value::to_string).collect());
    shown
        .success()
        .assert(held == expected, "the events that were served");
}

/// The stored hours as `hour state records`, without those that are early.
fn hours(case: &Case, flags: &[&str]) -> Vec<String> {
    let told = case.run(&[&["hours", "-o", "ndjson"], flags].concat());
    told.success();
    let rows = told.stdout.lines();
    rows.map(|line| {
        let row: Value = serde_json::from_str(line).expect("a JSON object");
        format!("{} {} {}", row["hour"], row["state"], row["records"])
    })
    .collect()
}

fn row(hour: At, state: &str, records: u32) -> String {
    format!("\"{}\" \"{state}\" {records}", hour.name())
}

#[test]
fn pages_are_followed_to_the_last_and_stored_once() {
    let (old, new) = (hours_ago(5), hours_ago(3));
    let events = [event(1, new, 10), event(2, new, 5), event(3, old, 59)];
    let case = case(vec![
        page(&events[..2], Some("c1")),
        page(&[], Some("c2")),
        page(&events[1..], None),
    ]);
    let (from, to) = (old.sent(), new.plus_hours(1).sent());
    let range = ["--since", &from, "--until", &to];
    let outcome = fetch(&case, &range);
    outcome
        .success()
        .stdout_is("")
        .stderr_has("asking Segment audit trail for")
        .stderr_has("got 4 records on 3 pages: 3 new, 1 known before; 3 hours complete");
    stores(&case, &events);
    assert_eq!(
        hours(&case, &[]),
        [
            row(old, "settled", 1),
            row(hours_ago(4), "empty", 0),
            row(new, "settled", 2)
        ]
    );
    let cursors: Vec<Option<String>> = case
        .server
        .requests()
        .iter()
        .filter(|request| request.path == PATH)
        .map(|request| {
            assert_eq!(header(request, "authorization"), format!("Bearer {TOKEN}"));
            request.query("pagination[cursor]").map(str::to_owned)
        })
        .collect();
    assert_eq!(cursors, [None, Some("c1".into()), Some("c2".into())]);

    // What is settled is not asked for again.
    let again = fetch(&case, &range);
    again
        .success()
        .stderr_has("nothing was asked for; 3 hours complete before");
    again.assert(case.server.requests().len() == 3, "no further request");
    // Unless it is wanted; and then each record is still there once.
    case.server.script(PATH, vec![page(&events, None)]);
    fetch(&case, &[&range[..], &["--refresh"]].concat())
        .success()
        .stderr_has("got 3 records on 1 page: 0 new, 3 known before");
    stores(&case, &events);
    case.leaves_no_temporary_files(&again);
}

#[test]
fn an_expired_token_between_pages_keeps_what_came() {
    let hour = hours_ago(5);
    let events = [event(1, hour, 10), event(2, hour, 5)];
    let case = case(vec![
        page(&events[..1], Some("c1")),
        Reply::error(401, "Unauthorized", &format!("Token {TOKEN} has expired")),
    ]);
    let outcome = fetch(&case, &["--hour", &hour.name()]);
    outcome
        .code(4)
        .stderr_has("got 1 record on 1 page")
        .stderr_has("faillog auth status");
    stores(&case, &events[..1]);
    assert_eq!(hours(&case, &[]), [row(hour, "growing", 1)]);
    case.run(&["show", "--strict"])
        .code(7)
        .stderr_has("1 hour is still growing")
        .stderr_has("faillog fetch --provider segment-audit --collection default --hour");

    let go_on = command_told(&outcome);
    let go_on: Vec<&str> = go_on.iter().map(String::as_str).collect();
    case.server.script(PATH, vec![page(&events, None)]);
    case.run(&go_on).success();
    stores(&case, &events);
    assert_eq!(hours(&case, &[]), [row(hour, "settled", 2)]);
}

#[test]
fn a_connection_that_breaks_between_pages_is_taken_up_again() {
    let hour = hours_ago(5);
    let events = [event(1, hour, 10), event(2, hour, 5)];
    let last = page(&events[1..], None);
    let case = case(vec![
        page(&events[..1], Some("c1")),
        Reply::silence(),
        last.clone().cut_at(40),
        Reply::error(503, "Unavailable", "try later"),
        last,
    ]);
    fetch(&case, &["--hour", &hour.name()])
        .success()
        .stderr_has("2 records on 2 pages")
        .stderr_has("3 calls repeated");
    stores(&case, &events);
    assert_eq!(hours(&case, &[]), [row(hour, "settled", 2)]);
}

#[test]
fn a_short_rate_limit_is_waited_out_and_a_long_one_ends_the_run() {
    let hour = hours_ago(5);
    let events = [event(1, hour, 10), event(2, hour, 5)];
    let limit = |seconds| {
        let reply = Reply::error(429, "RateLimited", "Rate limit exceeded");
        reply.with("Retry-After", seconds)
    };
    let case = case(vec![
        limit("1"),
        page(&events[..1], Some("c1")),
        limit("3600"),
    ]);
    let started = std::time::Instant::now();
    let outcome = fetch(&case, &["--hour", &hour.name()]);
    outcome
        .code(5)
        .stderr_has("got 1 record on 1 page")
        .stderr_has("It answers again at");
    outcome.assert(started.elapsed().as_secs() >= 1, "a wait of a second");
    stores(&case, &events[..1]);
}

#[test]
fn a_limit_on_pages_is_said_and_strict_makes_a_code_of_it() {
    let hour = hours_ago(5);
    let events = [event(1, hour, 10)];
    for (strict, code) in [(&[][..], 0), (&["--strict"][..], 7)] {
        let case = case(vec![page(&events, Some("c1"))]);
        let name = hour.name();
        let flags = [&["--hour", &name, "--max-requests", "1"], strict].concat();
        let outcome = fetch(&case, &flags);
        outcome
            .code(code)
            .stderr_has("what the further pages hold is not known");
        assert_eq!(hours(&case, &[]), [row(hour, "growing", 1)]);
    }
}

#[test]
fn without_a_time_it_goes_on_from_the_newest_complete_hour() {
    let (settled, later) = (hours_ago(5), hours_ago(4));
    let case = case(vec![page(&[event(1, settled, 10)], None)]);
    fetch(&case, &["--hour", &settled.name()]).success();
    case.server
        .script(PATH, vec![page(&[event(2, later, 0)], None)]);
    let outcome = fetch(&case, &[]);
    outcome.success().stderr_has(&format!(
        "no time was named: since {} (the end of the newest complete hour)",
        later.sent()
    ));
    assert_eq!(
        hours(&case, &[])[..2],
        [row(settled, "settled", 1), row(later, "settled", 1)]
    );
    // With an empty store, as far back as there is anything.
    let fresh = self::case(vec![page(&[], None)]);
    fetch(&fresh, &["--dry-run", "-o", "ndjson"])
        .success()
        .stderr_has("(the vendor keeps logs for 90 days)")
        .stderr_has("would ask Segment audit trail for");
    fetch(&fresh, &[]).success();
    let states = hours(&fresh, &[]);
    assert!(states.len() >= 89 * 24, "{}", states.len());
}

#[test]
fn a_refused_parameter_and_an_unreadable_answer_are_told_once() {
    for reply in [
        Reply::error(400, "BadRequest", "unknown parameter"),
        Reply::new(200, "<html>proxy</html>"),
    ] {
        let case = case(vec![reply]);
        let hour = hours_ago(5).name();
        let outcome = fetch(&case, &["--hour", &hour, "--param", "colour=red"]);
        outcome.code(6);
        outcome.assert(case.server.requests().len() == 1, "one request");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_wait_for_a_rate_limit() {
    use super::clash::{start, wait_until};

    let hour = hours_ago(5);
    let events = [event(1, hour, 10)];
    let reply = Reply::error(429, "RateLimited", "Rate limit exceeded");
    let case = case(vec![
        page(&events, Some("c1")),
        reply.with("Retry-After", "50"),
    ]);
    let name = hour.name();
    let args = [&FETCH[..], &["--hour", &name]].concat();
    let child = start(&case, &args);
    wait_until(&case, |case| case.server.requests().len() == 2);
    std::thread::sleep(std::time::Duration::from_millis(100));
    super::interrupt::press_ctrl_c(&child);
    let output = child.wait_with_output().expect("the program was lost");
    let told = case.env.outcome(&case.env.command(&args), &output);
    told.code(130).stderr_has("To go on: ");
    stores(&case, &events);
    case.leaves_no_temporary_files(&told);
}
