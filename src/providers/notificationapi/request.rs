//! The body of a query: the time asked for, and the vendor's own filters as the user gave them.
//!
//! The two APIs name the same filters and want them in other shapes (facts in the parent module). Times are sent in
//! milliseconds: the first API says so, the second says "unix timestamp" and no unit.
//!
//! Rule: nothing is asked for that the user did not name; a filter that is not known is sent as the text it was given
//! as.

use serde_json::{Map, Value, json};

use crate::model::Window;

use super::access::Host;

const DATES: &str = "dateRangeFilter";

/// How a filter is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Text,
    /// Several values, each given by itself or separated by commas.
    List,
    /// The same, but a value may have commas in it.
    ListOfWhole,
}

/// Returns the documented shape of a filter.
fn shape(host: Host, key: &str) -> Shape {
    match (host, key) {
        (_, "envIdFilter" | "channelFilter" | "notificationFilter")
        | (Host::Legacy, "userFilter" | "statusFilter" | "trackingIds") => Shape::List,
        (Host::Legacy, "requestFilter") => Shape::ListOfWhole,
        (Host::Current | Host::Legacy, _) => Shape::Text,
    }
}

/// Whether a parameter of the user's takes the place of the time asked for; `customFilter` "overrides all others"
/// (docs).
pub(super) fn sets_time(key: &str) -> bool {
    matches!(key, DATES | "customFilter")
}

/// Writes the body of a query.
pub(super) fn body(host: Host, window: Window, params: &[(String, String)]) -> String {
    let millis = |micros: i64| micros.div_euclid(1000);
    let start = millis(window.start.micros());
    // Up to the millisecond in which the window ends; what that brings too many of is stored where it belongs.
    let end = millis(window.end.micros().saturating_add(999));
    let mut body = Map::new();
    let dates = match host {
        Host::Current => json!([start, end]),
        Host::Legacy => json!({ "startTime": start, "endTime": end }),
    };
    body.insert(DATES.to_owned(), dates);
    let mut given: Vec<&str> = Vec::new();
    for (key, _) in params {
        if !given.contains(&key.as_str()) {
            given.push(key);
        }
    }
    for key in given {
        let values = params
            .iter()
            .filter(|(name, _)| name == key)
            .map(|(_, value)| value.as_str());
        body.insert(
            key.to_owned(),
            filter(host, key, &values.collect::<Vec<_>>()),
        );
    }
    Value::Object(body).to_string()
}

fn filter(host: Host, key: &str, values: &[&str]) -> Value {
    match (shape(host, key), values) {
        (Shape::List, _) => values
            .iter()
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .collect(),
        (Shape::ListOfWhole, _) => values.iter().copied().collect(),
        // A range of one's own is no text.
        (Shape::Text, [value]) if key == DATES => {
            serde_json::from_str(value).unwrap_or_else(|_| json!(value))
        }
        (Shape::Text, [value]) => json!(value),
        // Several values of what takes one: the server's word counts, not a guess which is meant.
        (Shape::Text, _) => values.iter().copied().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn written(host: Host, params: &[(&str, &str)]) -> Value {
        let window = Window {
            start: Timestamp::from_micros(1_719_600_830_559_000),
            end: Timestamp::from_micros(1_719_600_840_559_001),
        };
        let owned: Vec<_> = params
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        serde_json::from_str(&body(host, window, &owned)).unwrap()
    }

    #[test]
    fn each_api_has_its_own_shape() {
        let params = [
            ("userFilter", "abcd-1234"),
            ("channelFilter", "email, sms"),
            ("channelFilter", "call"),
            ("statusFilter", "FAILURE"),
        ];
        assert_eq!(
            written(Host::Current, &params),
            json!({
                "dateRangeFilter": [1_719_600_830_559_i64, 1_719_600_840_560_i64],
                "userFilter": "abcd-1234",
                "channelFilter": ["email", "sms", "call"],
                "statusFilter": "FAILURE",
            })
        );
        assert_eq!(
            written(Host::Legacy, &params),
            json!({
                "dateRangeFilter": { "startTime": 1_719_600_830_559_i64, "endTime": 1_719_600_840_560_i64 },
                "userFilter": ["abcd-1234"],
                "channelFilter": ["email", "sms", "call"],
                "statusFilter": ["FAILURE"],
            })
        );
    }

    #[test]
    fn what_the_user_says_is_sent_as_it_is() {
        let request = r#"request.mergeTags.item="a, b""#;
        let sent = written(
            Host::Legacy,
            &[
                ("requestFilter", request),
                ("customFilter", "fields @message"),
                ("new", "1"),
            ],
        );
        assert_eq!(sent["requestFilter"], json!([request]));
        assert_eq!(sent["customFilter"], json!("fields @message"));
        assert_eq!(sent["new"], json!("1"));
        let sent = written(
            Host::Current,
            &[
                ("dateRangeFilter", "[1,2]"),
                ("userFilter", "a"),
                ("userFilter", "b"),
            ],
        );
        assert_eq!(sent["dateRangeFilter"], json!([1, 2]));
        assert_eq!(sent["userFilter"], json!(["a", "b"]));
    }
}
