//! Rows of the export: every column, the names and values that vary, and what is no row.

use proptest::prelude::*;

use super::*;
use crate::model::{Path, Timestamp};

const FULL: &str = r#"{"Date":"2025-06-02 14:03:11","Type":"Error","Code":"401","Status":"Unauthorized","Gateway code":"4011","Status details":"Unrecognized\ntoken","IP":"203.0.113.7","Timing":"12","Delay":"0","API collection":"Customers API","Endpoint":"/customers/{id}","Client":"Customer Success Team","Job details":"https://app.workato.com/recipes/123/job/j-1"}"#;

fn decoded(raw: &str) -> Result<Record<'static>, DecodeError> {
    let raw: &'static str = Box::leak(raw.to_owned().into_boxed_str());
    let mut object = None;
    decode(raw.as_bytes(), &mut |record| {
        assert_eq!(record.raw, raw.as_bytes());
        // The record does not outlive the call, so its texts are copied.
        let own =
            |text: &Option<Cow<'_, str>>| text.as_deref().map(|text| Cow::Owned(text.to_owned()));
        let mut copy = Record::new(record.time, record.record_type, raw.as_bytes());
        (copy.status, copy.outcome) = (record.status, record.outcome);
        (copy.duration_ms, copy.delay_ms) = (record.duration_ms, record.delay_ms);
        (copy.code, copy.reason) = (own(&record.code), own(&record.reason));
        (copy.actor, copy.resource) = (own(&record.actor), own(&record.resource));
        (copy.operation, copy.ip, copy.url) =
            (own(&record.operation), own(&record.ip), own(&record.url));
        assert_eq!(copy, *record, "a column that is not copied is empty");
        object = Some(copy);
    })?;
    Ok(object.unwrap())
}

#[test]
fn every_column_has_its_place() {
    let record = decoded(FULL).unwrap();
    let text = |text: &str| Some(Cow::Owned(text.to_owned()));
    assert_eq!(
        record.time,
        Timestamp::parse("2025-06-02T14:03:11Z").unwrap()
    );
    assert_eq!(record.record_type, RecordType::Request);
    assert_eq!(record.outcome, Some(Outcome::Failure));
    assert_eq!(record.status, Some(401));
    assert_eq!(record.code, text("4011"));
    assert_eq!(record.reason, text("Unrecognized token"));
    assert_eq!(record.ip, text("203.0.113.7"));
    assert_eq!((record.duration_ms, record.delay_ms), (Some(12), Some(0)));
    assert_eq!(record.resource, text("Customers API"));
    assert_eq!(record.operation, text("/customers/{id}"));
    assert_eq!(record.actor, text("Customer Success Team"));
    assert_eq!(
        record.url,
        text("https://app.workato.com/recipes/123/job/j-1")
    );
    assert!(record.id.is_none());
}

#[test]
fn names_and_values_may_vary() {
    let record = decoded(
        r#"{"gateway_code":"","GATEWAY CODE":"04012","date":"Jun 2, 2025 2:03 PM","Code":"404 Not Found","status":"Not Found","TIMING":"1.2 s","Delay":"n/a","extra":"x"}"#,
    )
    .unwrap();
    assert_eq!(record.code.as_deref(), Some("04012"));
    assert_eq!(record.reason.as_deref(), Some("Not Found"));
    assert_eq!(record.status, Some(404));
    assert_eq!(record.outcome, Some(Outcome::Failure));
    assert_eq!((record.duration_ms, record.delay_ms), (Some(1200), None));
    for (code, expected) in [
        ("200", Some(Outcome::Success)),
        ("302", Some(Outcome::Success)),
        ("404", Some(Outcome::Failure)),
        ("\"404.0\"", Some(Outcome::Failure)),
        ("\"Unauthorized\"", None),
        ("100", None),
    ] {
        let record = decoded(&format!(r#"{{"Date":"2025-06-02 14:03","Code":{code}}}"#)).unwrap();
        assert_eq!(record.outcome, expected, "{code}");
    }
}

#[test]
fn what_has_no_clear_time_is_rejected_with_its_reason() {
    for (raw, message) in [
        ("{\"Gateway code\":\"4011\"}", "no `Date`"),
        ("{\"Date\":\"soon\"}", "`Date` is no time but `soon`"),
        (
            "{\"Date\":\"06-02-2025 14:03\"}",
            "`Date` is `06-02-2025 14:03`: the day or the month may come first",
        ),
        ("[]", "no JSON object but `[]`"),
    ] {
        assert_eq!(decoded(raw).unwrap_err().to_string(), message);
    }
}

#[test]
fn an_export_is_known_by_its_date_and_two_columns_of_its_own() {
    assert!(is_log(FULL.as_bytes()));
    assert!(is_header(&["job_details", "DATE", "x", "API Collection"]));
    assert!(!is_header(&["Date", "Type", "Code", "Status", "Endpoint"]));
    assert!(!is_header(&["Gateway code", "Status details"]));
    assert!(!is_log(b"{\"event\":\"Error Logged\"}"));
}

#[test]
fn the_columns_of_the_export_are_found_by_their_paths() {
    let found: Vec<_> = super::super::NATIVE
        .iter()
        .map(|(name, path)| {
            let value = Path::parse(path).unwrap().lookup(FULL.as_bytes());
            assert!(!value.is_null(), "{name}");
            *name
        })
        .collect();
    assert_eq!(
        found.join(", "),
        "Date, Type, Code, Status, Gateway code, Status details, IP, Timing, Delay, API collection, Endpoint, Client, Job details"
    );
}

proptest! {
    #[test]
    fn any_cells_give_a_record_with_their_bytes(cells in prop::collection::vec("\\PC{0,20}", 12)) {
        let names: Vec<&str> = super::super::NATIVE.iter().map(|(name, _)| *name).skip(1).collect();
        let mut object = serde_json::Map::new();
        object.insert("Date".to_owned(), "2025-06-02 14:03:11".into());
        for (name, cell) in names.iter().zip(&cells) {
            object.insert((*name).to_owned(), cell.as_str().into());
        }
        let raw = serde_json::Value::Object(object).to_string();
        let record = decoded(&raw).unwrap();
        let cell = |name: &str| &cells[names.iter().position(|known| *known == name).unwrap()];
        prop_assert_eq!(record.code.as_deref().unwrap_or_default(), cell("Gateway code"));
        prop_assert_eq!(record.actor.as_deref().unwrap_or_default(), cell("Client"));
    }

    #[test]
    fn no_bytes_make_it_panic(raw in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = decode(&raw, &mut |_| {});
        let _ = is_log(&raw);
    }
}
