//! Downloads that break, change, expire, move or lie.
//!
//! Rule: what is stored is one whole version of each object, or what was stored before.

use super::{Case, header, hours_ago, logs};
use crate::support::server::{Object, Reply, Server, refusal};

const CUT: usize = 300;

fn object(lines: &[String]) -> Object {
    Object::new(logs::gzip(&logs::ndjson(lines)))
}

#[test]
fn a_broken_download_resumes_where_it_broke() {
    let hour = hours_ago(30);
    let (case, lines) = (Case::new(), logs::journeys(hour, 60));
    let broken = object(&lines);
    let broken = broken.first_cut_at(CUT).first_cut_at(CUT);
    case.hold(hour, vec![broken]);
    let told = case.fetch(hour);
    told.success();
    case.asked(&told, &[hour]);
    let downloads = case.server.downloads();
    told.assert(
        downloads[0].header("range").is_none(),
        "the whole asked for first",
    );
    told.assert(
        header(&downloads[1], "range") == format!("bytes={CUT}-"),
        "then the rest",
    );
    let etag = header(&downloads[1], "if-range");
    told.assert(
        etag.starts_with('"') && etag.len() == 18,
        "if it is the same version",
    );
    case.stores(&lines);
}

#[test]
fn a_changed_object_is_read_from_its_beginning() {
    let hour = hours_ago(30);
    let (case, old, new) = (
        Case::new(),
        logs::journeys(hour, 60),
        logs::journeys(hour, 90),
    );
    let changed = object(&new).first(object(&old).whole().cut_at(CUT));
    case.hold(hour, vec![changed]);
    let told = case.fetch(hour);
    told.success();
    case.asked(&told, &[hour]);
    case.stores(&new);
}

#[test]
fn an_expired_link_is_asked_for_anew_once() {
    let expired = || refusal(403, "AccessDenied", "Request has expired");
    let hour = hours_ago(30);
    let (case, lines) = (Case::new(), logs::journeys(hour, 6));
    case.hold(hour, vec![object(&lines).first(expired())]);
    let told = case.fetch(hour);
    told.success();
    case.asked(&told, &[hour, hour]);
    let downloads = case.server.downloads();
    let signed = |n: usize| downloads[n].query("X-Amz-Signature").map(str::to_owned);
    told.assert(
        downloads.len() == 2 && signed(0) != signed(1),
        "another link used",
    );
    case.stores(&lines);

    let case = Case::new();
    case.hold(hour, vec![object(&lines).first(expired()).first(expired())]);
    let told = case.fetch(hour);
    told.code(6).stderr_has("expired");
    case.asked(&told, &[hour, hour]);
    case.stores(&[]);
}

#[test]
fn an_expired_link_costs_no_more_than_max_requests() {
    let hour = hours_ago(30);
    let case = Case::new();
    let expired = refusal(403, "AccessDenied", "Request has expired");
    case.hold(hour, vec![object(&logs::journeys(hour, 6)).first(expired)]);
    let told = case.fetch_with(hour, &["--max-requests", "1"]);
    told.code(6);
    case.asked(&told, &[hour]);
}

#[test]
fn a_redirected_download_is_followed_without_the_token() {
    let hour = hours_ago(30);
    let (case, lines, other) = (Case::new(), logs::journeys(hour, 6), Server::start());
    other.page("/elsewhere", object(&lines).whole());
    let to = format!("{}/elsewhere?X-Amz-Signature=other", other.url());
    case.hold(
        hour,
        vec![Object::new("").first(Reply::new(307, "").with("Location", &to))],
    );
    let told = case
        .fetch(hour)
        .and_told("the other server", &other.story());
    told.success();
    let asked = other.requests();
    told.assert(asked.len() == 1, "the other server asked once");
    told.assert(
        asked[0].header("authorization").is_none(),
        "without the token",
    );
    case.stores(&lines);
}

#[test]
fn a_failing_storage_is_asked_again() {
    let hour = hours_ago(30);
    let (case, lines) = (Case::new(), logs::journeys(hour, 6));
    let slow_down = refusal(503, "SlowDown", "Please reduce your request rate.");
    case.hold(
        hour,
        vec![object(&lines).first(slow_down).first(Reply::silence())],
    );
    let told = case.fetch(hour);
    told.success();
    case.asked(&told, &[hour]);
    case.stores(&lines);
}

#[test]
fn data_cut_before_it_was_stored_is_no_hour_and_the_old_one_stays() {
    let hour = hours_ago(30);
    let whole = logs::gzip(&logs::ndjson(&logs::journeys(hour, 90)));
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 40].fill(0xff);
    for bytes in [
        whole[..whole.len() / 2].to_vec(),
        whole[..whole.len() - 4].to_vec(),
        damaged,
    ] {
        let (case, lines) = Case::with_hour(hour, 3);
        case.fetch(hour).success();
        // The first object is good; the hour is whole or not at all.
        let good = object(&logs::journeys(hour, 9));
        case.hold(hour, vec![good, Object::new(bytes.clone())]);
        let told = case.fetch_with(hour, &["--refresh"]);
        told.code(6).stderr_has(&hour.name());
        told.assert(case.server.posts().len() <= 3, "at most one request more");
        case.stores(&lines);
        case.leaves_no_temporary_files(&told);

        let (fresh, other) = (Case::new(), hours_ago(31));
        fresh.hold(other, vec![Object::new(bytes)]);
        let told = fresh.fetch(other);
        told.code(6);
        fresh.stores(&[]);
        fresh
            .run(&["hours", "-o", "ndjson"])
            .success()
            .stdout_is("");
        fresh.leaves_no_temporary_files(&told);
    }
}

#[test]
fn a_refused_download_fails_its_hour_alone() {
    let (case, lines) = Case::with_hour(hours_ago(32), 3);
    let refused = refusal(403, "SignatureDoesNotMatch", "The signature does not match");
    case.hold(hours_ago(31), vec![Object::new("x").first(refused)]);
    let told = case.fetch_range(hours_ago(33), hours_ago(30), &[]);
    told.code(6)
        .stderr_has("403")
        .stderr_has(&hours_ago(31).name());
    case.asked(&told, &[31, 32, 33].map(hours_ago));
    case.stores(&lines);
}
