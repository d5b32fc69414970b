//! What a script reads.

use serde_json::{Value, json};

use super::{file, filled, trace};

fn object(args: &[&str]) -> Value {
    let outcome = trace(&filled(), &[args, &["-o", "json"]].concat());
    serde_json::from_str(&outcome.success().stdout).expect("one object")
}

/// The time of day, type, status and fate of each record.
fn timeline(records: &Value) -> Vec<String> {
    let records = records.as_array().expect("a list");
    let line = |record: &Value| {
        let time = record["time"].as_str().expect("a time");
        let (kind, status) = (record["type"].as_str().expect("a type"), &record["status"]);
        format!("{} {kind} {status} {}", &time[11..19], record["fate"])
    };
    records.iter().map(line).collect()
}

#[test]
fn a_message_is_one_object() {
    let object = object(&["evt-login-7f3a"]);
    let keys: Vec<&String> = object.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["complete", "destinations", "fate", "id", "kind", "records"]
    );
    assert_eq!(
        (&object["id"], &object["kind"]),
        (&json!("evt-login-7f3a"), &json!("message"))
    );
    // One destination is unsettled: that is what needs attention, and hours that could tell are missing.
    assert_eq!(
        (&object["fate"], &object["complete"]),
        (&json!("unknown"), &json!(false))
    );
    assert_eq!(
        object["destinations"],
        json!([
            {"provider": "segment", "collection": "prod", "destination": "dst_braze", "fate": "delivered"},
            {"provider": "segment", "collection": "crm", "destination": "dst_crm", "fate": "unknown"},
        ])
    );
    assert_eq!(
        timeline(&object["records"]),
        [
            "20:05:00 attempt 429 \"delivered\"",
            "20:05:00 exchange 429 null",
            // An error has the status of its own attempt.
            "20:05:00 error 429 \"delivered\"",
            "20:06:00 attempt null \"unknown\"",
            "20:12:00 attempt 503 \"delivered\"",
            "20:12:00 exchange 503 null",
            "20:40:30 attempt 200 \"delivered\"",
            "20:40:30 exchange 200 null",
        ]
    );
    let sent = std::fs::read_to_string(file("prod.ndjson")).expect("the file");
    let first: Value = serde_json::from_str(sent.lines().next().unwrap()).unwrap();
    assert_eq!(object["records"][0]["raw"], first);
}

#[test]
fn an_exchange_counts_its_batch() {
    let object = object(&["x-aa1"]);
    assert_eq!(
        (&object["kind"], &object["fate"]),
        (&json!("exchange"), &json!("discarded"))
    );
    assert_eq!(object["complete"], json!(true));
    assert_eq!(
        object["batch"],
        json!([
            {"fate": "delivered", "status": 200, "messages": 1},
            {"fate": "discarded", "status": 400, "messages": 1},
        ])
    );
    assert_eq!(
        timeline(&object["records"]),
        [
            "20:05:00 attempt 429 \"delivered\"",
            "20:05:00 attempt 429 \"discarded\"",
            "20:05:00 exchange 429 null",
            // The error of an attempt that it carried.
            "20:05:00 error 429 \"delivered\"",
        ]
    );
}

#[test]
fn other_formats_give_the_records_in_order() {
    let env = filled();
    let args = |format| ["evt-login-90bc", "--collection", "prod", "-o", format];
    let lines = |format| trace(&env, &args(format)).success().stdout.clone();
    let ndjson = lines("ndjson");
    assert_eq!(ndjson.lines().count(), 5);
    let first: Value = serde_json::from_str(ndjson.lines().next().unwrap()).unwrap();
    assert_eq!(
        first["raw"]["properties"]["messageId"],
        json!("evt-login-90bc")
    );
    let csv = lines("csv");
    let header = csv.lines().next().unwrap();
    assert!(header.starts_with("provider,collection,time,") && header.ends_with(",delay_ms,fate"));
    let types: Vec<&str> = csv
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(4).unwrap())
        .collect();
    assert_eq!(
        types,
        ["attempt", "exchange", "attempt", "exchange", "error"]
    );
    // A pipe that asks for no format gets CSV.
    trace(&env, &["evt-login-90bc"]).success().stdout_is(&csv);
    let sent = std::fs::read_to_string(file("prod.ndjson")).expect("the file");
    let of_message: Vec<&str> = [1, 2, 8, 9, 10]
        .map(|at| sent.lines().nth(at).unwrap())
        .to_vec();
    assert_eq!(lines("raw").lines().collect::<Vec<_>>(), of_message);
    assert!(lines("md").starts_with("| provider |"));
}
