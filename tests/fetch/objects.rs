//! Objects in every framing and compression they may have, compared record by record.
//!
//! Rule: framing and compression are published nowhere, so each that is plausible is served.

use flate2::read::GzDecoder;
use serde_json::Value;
use std::io::Read;

use super::{Case, hours_ago, logs};
use crate::support::server::Object;

/// Serves one object, fetches it, and compares.
#[track_caller]
fn stored_whole(object: Object, lines: &[String]) {
    let (case, hour) = (Case::new(), hours_ago(30));
    case.hold(hour, vec![object]);
    case.fetch(hour).success();
    case.stores(lines);
}

fn lines() -> Vec<String> {
    logs::journeys(hours_ago(30), 24)
}

fn array(lines: &[String]) -> Vec<u8> {
    format!("[{}]", lines.join(",")).into_bytes()
}

#[test]
fn plain_ndjson() {
    let lines = lines();
    stored_whole(Object::new(logs::ndjson(&lines)), &lines);
}

#[test]
fn ndjson_whose_last_line_has_no_end_with_blank_lines_and_a_byte_order_mark() {
    let lines = lines();
    let text = format!("\u{feff}{}", lines.join("\r\n\r\n"));
    stored_whole(Object::new(text), &lines);
}

#[test]
fn gzip_of_several_members() {
    let lines = lines();
    let members: Vec<u8> = lines
        .chunks(7)
        .flat_map(|part| logs::gzip(&logs::ndjson(part)))
        .collect();
    let mut first = String::new();
    let read = GzDecoder::new(members.as_slice()).read_to_string(&mut first);
    assert!(
        read.is_ok() && first.lines().count() == 7,
        "there are several members"
    );
    stored_whole(Object::new(members), &lines);
}

#[test]
fn gzip_cut_between_lines_of_its_members() {
    let lines = lines();
    let text = logs::ndjson(&lines);
    let members: Vec<u8> = text.chunks(1000).flat_map(logs::gzip).collect();
    stored_whole(Object::new(members), &lines);
}

#[test]
fn gzip_that_the_headers_tell_of_too() {
    let lines = lines();
    let object = Object::new(logs::gzip(&logs::ndjson(&lines)))
        .with("Content-Encoding", "gzip")
        .with("Content-Type", "application/x-ndjson");
    stored_whole(object, &lines);
}

#[test]
fn json_values_one_after_the_other() {
    let lines = lines();
    stored_whole(Object::new(lines.concat()), &lines);
}

#[test]
fn json_values_over_several_lines() {
    let pretty: Vec<String> = lines()
        .iter()
        .map(|line| {
            let value: Value = serde_json::from_str(line).expect("JSON");
            serde_json::to_string_pretty(&value).expect("JSON")
        })
        .collect();
    let (case, hour) = (Case::new(), hours_ago(30));
    case.hold(
        hour,
        vec![Object::new(logs::gzip(pretty.join("\n").as_bytes()))],
    );
    case.fetch(hour).success();
    let shown = case.run(&["show", "-o", "ndjson"]);
    let expected = logs::reckoned(&pretty, super::COLLECTION);
    shown.assert(logs::parsed(&shown.stdout) == expected, "every record");
}

#[test]
fn one_json_array() {
    let lines = lines();
    stored_whole(Object::new(logs::gzip(&array(&lines))), &lines);
    stored_whole(
        Object::new(format!("[\n  {}\n]\n", lines.join(",\n  "))),
        &lines,
    );
}

#[test]
fn objects_of_different_kinds_in_one_hour() {
    let (case, hour) = (Case::new(), hours_ago(30));
    let lines = lines();
    let parts: Vec<&[String]> = lines.chunks(lines.len() / 4 + 1).collect();
    case.hold(
        hour,
        vec![
            Object::new(logs::gzip(&logs::ndjson(parts[0]))),
            Object::new(array(parts[1])),
            Object::new(parts[2].concat()),
            Object::new(""),
            Object::new(logs::gzip(b"")),
            Object::new(logs::ndjson(parts[3])),
        ],
    );
    case.fetch(hour).success();
    case.stores(&lines);
}

#[test]
fn thousands_of_records() {
    let hour = hours_ago(30);
    let (case, lines) = Case::with_hour(hour, 3_000);
    let told = case.fetch(hour);
    told.success().stderr_has("7,000 records");
    case.stores(&lines);
}
