//! What is sent for an hour, and every form in which the API may answer it.
//!
//! Rule: where the published texts disagree, both readings are served.

use serde_json::{Value, json};

use super::{COLLECTION, Case, header, hours_ago, logs};
use crate::support::server::{Object, Reads, Reply, TOKEN};

const LOST: i64 = 30;

#[test]
fn a_request_says_everything_twice_and_a_download_says_no_token() {
    let hour = hours_ago(LOST);
    let (case, lines) = Case::with_hour(hour, 6);
    let told = case.fetch(hour);
    told.success().stdout_is("").stderr_has("9");
    let posts = case.server.posts();
    told.assert(posts.len() == 1, "one request");
    let post = &posts[0];
    let said = |name: &str| (post.query(name).map(str::to_owned), post.field(name));
    let both = |value: &str| (Some(value.to_owned()), Some(value.to_owned()));
    told.assert(
        said("collectionId") == both(COLLECTION),
        "the collection in query and body",
    );
    told.assert(
        said("hour") == both(&hour.sent()),
        "the hour in query and body",
    );
    for (name, value) in [
        ("authorization", format!("Bearer {TOKEN}")),
        ("content-type", "application/json".to_owned()),
        (
            "user-agent",
            format!("faillog/{}", env!("CARGO_PKG_VERSION")),
        ),
    ] {
        told.assert(header(post, name) == value, &format!("{name}: {value}"));
    }
    told.assert(
        header(post, "accept").contains("application/json"),
        "JSON to be accepted",
    );
    let downloads = case.server.downloads();
    told.assert(downloads.len() == 1, "one download");
    told.assert(
        downloads[0].header("authorization").is_none(),
        "no token to the storage",
    );
    told.assert(
        header(&downloads[0], "user-agent").starts_with("faillog/"),
        "our name",
    );
    case.stores(&lines);
}

#[test]
fn a_server_may_read_the_query_alone_or_the_body_alone() {
    for reads in [Reads::Query, Reads::Body] {
        let hour = hours_ago(LOST);
        let (case, lines) = Case::with_hour(hour, 3);
        case.server.reads(reads);
        case.fetch(hour).success();
        case.stores(&lines);
    }
}

#[test]
fn the_config_can_force_either_form() {
    let hour = hours_ago(LOST);
    for (style, in_query, in_body) in [
        ("query", true, false),
        ("body", false, true),
        ("both", true, true),
    ] {
        let (case, _) = Case::with_hour(hour, 3);
        let case = case.config(&format!("[profiles.default]\nrequest_style = '{style}'\n"));
        let told = case.fetch(hour);
        told.success();
        let post = &case.server.posts()[0];
        told.assert(
            post.query("hour").is_some() == in_query,
            &format!("{style}: the query"),
        );
        told.assert(
            post.field("hour").is_some() == in_body,
            &format!("{style}: the body"),
        );
    }
}

#[test]
fn links_are_found_wherever_they_stand() {
    let envelopes: [fn(&[String]) -> Value; 6] = [
        |urls| json!({ "data": { "urls": urls } }),
        |urls| json!({ "download": { "urls": urls } }),
        |urls| json!({ "data": { "download": { "presignedUrls": urls } } }),
        |urls| json!({ "urls": urls }),
        |urls| json!({ "data": { "download": { "urls": urls, "expiresIn": 7200 }, "more": null } }),
        |urls| json!({ "data": { "presignedURLs": urls.iter().map(|url| json!({ "href": url })).collect::<Vec<_>>() } }),
    ];
    for envelope in envelopes {
        let hour = hours_ago(LOST);
        let (case, lines) = Case::with_hour(hour, 3);
        case.server.envelope(envelope);
        case.fetch(hour).success();
        case.stores(&lines);
    }
}

#[test]
fn an_hour_without_logs_is_stored_as_empty_and_not_paid_for_again() {
    let answers = [
        Reply::json(200, &json!({ "data": { "download": { "urls": [] } } })),
        Reply::json(200, &json!({ "data": { "download": { "urls": null } } })),
        Reply::json(200, &json!({ "data": { "download": null } })),
        Reply::error(404, "NotFound", "Resource not found"),
        Reply::new(204, ""),
    ];
    for answer in answers {
        let (case, hour) = (Case::new(), hours_ago(LOST));
        case.server.next_post(answer);
        case.fetch(hour).success();
        let told = case.fetch(hour);
        told.success();
        case.asked(&told, &[hour]);
        case.run(&["hours", "-o", "ndjson"])
            .success()
            .stdout_has(&format!("\"hour\":\"{}\"", hour.name()))
            .stdout_has("\"state\":\"empty\"");
        case.run(&["show"]).success();
        case.run(&["show", "--fail-empty"]).code(3);
    }
}

#[test]
fn a_404_that_may_be_a_wrong_collection_is_told() {
    let (case, hour) = (Case::new(), hours_ago(LOST));
    case.server
        .next_post(Reply::error(404, "NotFound", "Resource not found"));
    case.fetch(hour).success().stderr_has("404");
}

#[test]
fn an_answer_that_is_not_understood_is_no_empty_hour() {
    for body in [
        "<!DOCTYPE html><html><body>Please sign in</body></html>",
        "{\"data\":{\"status\":\"processing\"}}",
        "{}",
        "",
        "{\"data\":{\"download\":{\"urls\":[\"not a link\"]}}}",
    ] {
        let hour = hours_ago(LOST);
        let (case, lines) = Case::with_hour(hour, 3);
        case.server.next_post(Reply::new(200, body));
        let told = case.fetch(hour);
        told.code(6).stderr_has(&hour.name());
        case.asked(&told, &[hour]);
        // It is asked for again, and had then.
        case.fetch(hour).success();
        case.stores(&lines);
    }
}

#[test]
fn many_objects_make_one_hour_in_which_each_record_is_kept() {
    let (case, hour) = (Case::new(), hours_ago(LOST));
    let lines = logs::journeys(hour, 60);
    let objects = lines
        .chunks(13)
        .map(|part| Object::new(logs::gzip(&logs::ndjson(part))));
    case.hold(hour, objects.collect());
    let told = case.fetch(hour);
    told.success();
    told.assert(case.server.downloads().len() == 11, "each object once");
    told.assert(case.server.posts().len() == 1, "one request");
    case.stores(&lines);
}
