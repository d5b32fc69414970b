//! No token and no presigned URL in any stream or file, whatever happens.
//!
//! Rule: the server repeats its secrets in every answer that may be shown, as real ones do.

use std::path::Path;

use serde_json::json;

use super::{COLLECTION, Case, hours_ago, logs};
use crate::support::Outcome;
use crate::support::server::{CREDENTIAL, Object, Reply, SIGNATURE, Server, TOKEN, refusal};

/// Parts that give a secret away even where the rest is masked.
const SECRETS: [&str; 4] = [TOKEN, SIGNATURE, CREDENTIAL, "NobodyMayEverSee"];

#[track_caller]
fn nothing_leaked(case: &Case, told: &Outcome) {
    for secret in SECRETS {
        told.nowhere(secret);
        for file in files_holding(case.env.home(), secret) {
            told.assert(
                file.ends_with("credentials.toml"),
                &format!("`{secret}` not in {file}"),
            );
        }
    }
}

fn files_holding(folder: &Path, secret: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_holding(&path, secret));
        } else {
            let bytes = std::fs::read(&path).expect("a file");
            let mut places = bytes.windows(secret.len());
            if places.any(|place| place == secret.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let case = Case::new();
    let file = case
        .env
        .write("deep/folder/log.txt", format!("Bearer {TOKEN}"));
    let found = files_holding(case.env.home(), TOKEN);
    assert_eq!(found, [file.display().to_string()]);
}

#[test]
fn every_verb_keeps_them_after_a_good_fetch() {
    let hour = hours_ago(30);
    let (case, lines) = Case::with_hour(hour, 6);
    let mut served = lines;
    served.push("{\"not\":\"a record\"}".to_owned());
    case.hold(hour, vec![Object::new(logs::ndjson(&served))]);
    case.env
        .run_with_input(&["auth", "login"], format!("{TOKEN}\n"))
        .success();
    let told = case.fetch(hour);
    told.success();
    nothing_leaked(&case, &told);
    for args in [
        &["show", "-o", "json"][..],
        &["show", "-o", "raw"],
        &["hours"],
        &["quota"],
        &["config", "show"],
        &["config", "show", "-o", "json"],
        &["auth", "status"],
        &["auth", "status", "-o", "json"],
        &["store", "info"],
        &["store", "verify"],
        &[
            "fetch",
            "--collection",
            COLLECTION,
            "--last",
            "3d",
            "--dry-run",
        ],
    ] {
        let told = case.run(args);
        told.success();
        nothing_leaked(&case, &told);
    }
}

#[test]
fn no_failing_answer_brings_them_out() {
    // It is asked for where it is found, and refuses.
    let storage = Server::start();
    let link = format!(
        "{}/objects/k?X-Amz-Credential={CREDENTIAL}&X-Amz-Signature={SIGNATURE}0001",
        storage.url()
    );
    let echo = format!("Authorization: Bearer {TOKEN} for {link}");
    let answers = [
        Reply::error(401, "Unauthorized", &echo),
        Reply::error(403, "Forbidden", &echo),
        Reply::error(422, "input-validation", &echo),
        Reply::error(429, "RateLimited", &echo),
        Reply::error(500, "Internal", &echo),
        Reply::error(418, &echo, &echo),
        Reply::new(503, &echo),
        Reply::new(200, &echo),
        Reply::new(200, format!("<html><body>{echo}</body></html>")),
        Reply::new(
            200,
            format!("{{\"data\":{{\"download\":{{\"urls\":[\"{link}\""),
        ),
        Reply::json(
            200,
            &json!({ "data": { "download": { "urls": [link.replace("http", "ftp")] } } }),
        ),
        Reply::json(
            200,
            &json!({ "data": { "download": { "urls": [{ "nested": link }] } } }),
        ),
        Reply::json(200, &json!({ "data": { "link": link, "token": TOKEN } })),
        Reply::json(
            422,
            &json!({ "errors": [{ "type": "x", "message": "bad", "field": echo }] }),
        ),
        Reply::new(302, "").with("Location", &link),
        Reply::new(302, "").with(
            "Location",
            &format!("https://{TOKEN}@example.com/{SIGNATURE}"),
        ),
        Reply::silence(),
    ];
    for answer in answers {
        for flags in [&["-o", "json"][..], &[]] {
            let case = Case::new();
            case.server.next_post(answer.clone());
            let told = case.fetch_with(hours_ago(30), flags);
            told.assert(told.code != 0, "a failure");
            nothing_leaked(&case, &told);
        }
    }
}

#[test]
fn no_failing_download_brings_them_out() {
    let hour = hours_ago(30);
    let good = Object::new(logs::gzip(&logs::ndjson(&logs::journeys(hour, 30))));
    let own = |case: &Case| {
        format!(
            "{}/objects/x?X-Amz-Signature={SIGNATURE}",
            case.server.url()
        )
    };
    for reply in [
        refusal(
            403,
            "SignatureDoesNotMatch",
            &format!("of {SIGNATURE} by {CREDENTIAL}"),
        ),
        refusal(
            400,
            "InvalidArgument",
            &format!("https://b/k?X-Amz-Signature={SIGNATURE}"),
        ),
        refusal(404, "NoSuchKey", "gone"),
        refusal(403, "AccessDenied", "Request has expired"),
        Reply::new(418, SIGNATURE),
        Reply::new(307, "").with("Location", &format!("ftp://host/{SIGNATURE}")),
        Reply::new(307, "").with(
            "Location",
            &format!("http://192.0.2.1/?X-Amz-Signature={SIGNATURE}"),
        ),
    ] {
        let case = Case::new();
        case.hold(hour, vec![good.clone().first(reply.clone()).first(reply)]);
        let told = case.fetch(hour);
        told.code(6);
        nothing_leaked(&case, &told);
    }
    // Round and round.
    let case = Case::new();
    let circle = Reply::new(302, "").with("Location", &own(&case));
    case.server.page("/objects/x", circle.clone());
    case.hold(hour, vec![good.first(circle)]);
    let told = case.fetch(hour);
    told.code(6);
    nothing_leaked(&case, &told);
}
