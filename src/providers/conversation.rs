//! The request and the response that a record holds, whatever its provider calls them.
//!
//! Segment: `requestToDestination` and `responseFromDestination` in `properties`; Akeneo and NotificationAPI: `request` and
//! `response`. A request or response is an object of method, URL, status, headers and body, or is itself the body.
//! One with other keys and no body is its own body too.
//!
//! Rule: nothing is decoded further than into headers and a body's text; what is empty is absent.

use super::object::Object;

/// What was sent, or what came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) method: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) status: Option<i64>,
    /// In the order sent; of several values of one name each by itself.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<String>,
}

/// A request with its response, as far as a record has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conversation {
    pub(crate) request: Option<Side>,
    pub(crate) response: Option<Side>,
}

const REQUEST: [&str; 2] = ["requestToDestination", "request"];
const RESPONSE: [&str; 2] = ["responseFromDestination", "response"];

/// Keys of which one at least makes an object a request or response; another object is a body.
const PARTS: [&str; 6] = ["method", "url", "status", "statusCode", "headers", "body"];

/// Reads what a record holds of a request and its response.
pub(crate) fn conversation(raw: &[u8]) -> Conversation {
    let Ok(record) = Object::read(raw) else {
        return Conversation::default();
    };
    let inner = record.object("properties");
    let find = |names: &[&str]| {
        let within = |object: &Object<'_>| {
            let json = names.iter().find_map(|name| object.json(name))?;
            side(json)
        };
        inner.as_ref().and_then(within).or_else(|| within(&record))
    };
    Conversation {
        request: find(&REQUEST),
        response: find(&RESPONSE),
    }
}

fn side(json: &str) -> Option<Side> {
    if !json.starts_with('{') {
        let body = body(json)?;
        return Some(Side {
            body: Some(body),
            ..Side::default()
        });
    }
    let object = Object::read(json.as_bytes()).ok()?;
    let has_part = object.keys().any(|key| PARTS.contains(&key));
    if !has_part {
        let is_empty = object.keys().next().is_none();
        return (!is_empty).then(|| Side {
            body: Some(json.to_owned()),
            ..Side::default()
        });
    }
    let text = |key| object.text(key).map(|text| text.into_owned());
    let mut side = Side {
        method: text("method"),
        url: text("url"),
        status: object
            .status("status")
            .or_else(|| object.status("statusCode")),
        headers: object
            .object("headers")
            .map_or_else(Vec::new, |h| headers(&h)),
        body: object.json("body").and_then(body),
    };
    // A thing that has an address or a state of its own, such as the subscription an action of Akeneo gives back.
    let is_more = object.keys().any(|key| !PARTS.contains(&key));
    if is_more && side.headers.is_empty() && side.body.is_none() {
        side.body = Some(json.to_owned());
    }
    (side != Side::default()).then_some(side)
}

fn headers(object: &Object<'_>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for name in object.keys() {
        let Some(json) = object.json(name) else {
            continue;
        };
        let several = serde_json::from_str::<Vec<serde_json::Value>>(json).ok();
        let values = match several {
            Some(values) => values,
            None => serde_json::from_str(json).into_iter().collect(),
        };
        for value in values {
            let value = match value {
                serde_json::Value::String(text) => text,
                other => other.to_string(),
            };
            all.push((name.to_owned(), value));
        }
    }
    all
}

/// Returns a body's text: that of a string, else the JSON as it stands; nothing where it is empty.
fn body(json: &str) -> Option<String> {
    let text = serde_json::from_str::<String>(json).unwrap_or_else(|_| json.to_owned());
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_of_segment_is_read() {
        let raw = br#"{"properties":{"requestToDestination":{"method":"POST","url":"https://x/y","body":"{\"a\":1}"},
            "responseFromDestination":{"status":429,"headers":{"Retry-After":"120","set-cookie":["a","b"],"n":7},"body":""}}}"#;
        let Conversation { request, response } = conversation(raw);
        let request = request.unwrap();
        assert_eq!(request.method.as_deref(), Some("POST"));
        assert_eq!(request.body.as_deref(), Some("{\"a\":1}"));
        let response = response.unwrap();
        assert_eq!((response.status, response.body), (Some(429), None));
        let headers: Vec<String> = response
            .headers
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            headers,
            ["Retry-After=120", "set-cookie=a", "set-cookie=b", "n=7"]
        );
    }

    #[test]
    fn what_akeneo_and_others_send_is_read_and_emptiness_is_absence() {
        let raw = br#"{"request":{},"response":{"status":"500","body":{"a":[1]}}}"#;
        let Conversation { request, response } = conversation(raw);
        assert_eq!(request, None);
        let response = response.unwrap();
        assert_eq!(response.status, Some(500));
        assert_eq!(response.body.as_deref(), Some("{\"a\":[1]}"));
        // A whole resource as the response, and JSON text as the request.
        let raw = br#"{"request":"{\"type\":\"welcome\"}","response":{"id":"x","type":"https"}}"#;
        let Conversation { request, response } = conversation(raw);
        assert_eq!(
            request.unwrap().body.as_deref(),
            Some("{\"type\":\"welcome\"}")
        );
        assert_eq!(
            response.unwrap().body.as_deref(),
            Some("{\"id\":\"x\",\"type\":\"https\"}")
        );
        // Its state and address are no status and URL of an exchange, and nothing of it is lost.
        let raw = br#"{"response":{"id":"x","url":"https://y","status":"suspended"}}"#;
        let response = conversation(raw).response.unwrap();
        assert_eq!(response.status, None);
        assert_eq!(
            response.body.as_deref(),
            Some(r#"{"id":"x","url":"https://y","status":"suspended"}"#)
        );
        for none in [
            "{}",
            "[]",
            "x",
            r#"{"request":null,"response":""}"#,
            r#"{"request":{"body":"","url":null}}"#,
        ] {
            assert_eq!(
                conversation(none.as_bytes()),
                Conversation::default(),
                "{none}"
            );
        }
    }
}
