//! What an event is found by, read without the rest of it: a fraction of what decoding costs.
//!
//! Rule: it has what the decoded record has, and is refused where that is; whichever key counts more there counts more
//! here.

use super::super::reader::Reader;
use super::super::spec::Outline;
use super::decode::{Text, decode, ids, record_type, time};
use super::fields::put;

/// The keys that matter.
#[derive(Default)]
struct Keys<'a> {
    kind: Text<'a>,
    event: Text<'a>,
    id: Text<'a>,
    has_properties: bool,
    outer_message_id: Text<'a>,
    message_id: Text<'a>,
    exchange_id: Text<'a>,
    occurred_at: Text<'a>,
    logged_at: Text<'a>,
}

/// Reads of one JSON value what its record is found by; `None` where [`decode`] refuses it.
pub(super) fn outline(raw: &[u8]) -> Option<Outline<'_>> {
    let mut reader = Reader::new(std::str::from_utf8(raw).ok()?);
    if reader.peek()? != b'{' {
        return None;
    }
    let mut keys = Keys::default();
    keys.object(false, &mut reader)?;
    if reader.has_escaped_key() {
        return whole(raw);
    }
    reader.end()?;
    let record_type = record_type(keys.event.as_deref(), keys.kind.as_deref());
    let (id, message_id) = ids(
        keys.has_properties,
        keys.id,
        keys.outer_message_id,
        keys.message_id,
    );
    Some(Outline {
        time: time(keys.occurred_at.as_deref(), keys.logged_at.as_deref()).ok()?,
        record_type,
        id,
        message_id,
        exchange_id: keys.exchange_id,
    })
}

/// The same by decoding all of it: what was skipped may have a key that is no text.
fn whole(raw: &[u8]) -> Option<Outline<'_>> {
    let record = decode(raw).ok()?;
    Some(Outline {
        time: record.time,
        record_type: record.record_type,
        id: record.id,
        message_id: record.message_id,
        exchange_id: record.exchange_id,
    })
}

impl<'a> Keys<'a> {
    fn object(&mut self, is_inner: bool, reader: &mut Reader<'a>) -> Option<()> {
        let mut entries = reader.open()?;
        while let Some(key) = reader.key(&mut entries)? {
            let (slot, overrides) = match &*key {
                "properties" if !is_inner => {
                    self.has_properties = true;
                    match reader.peek()? {
                        b'{' => self.object(true, reader)?,
                        _ => drop(reader.skip()?),
                    }
                    continue;
                }
                "type" => (&mut self.kind, !is_inner),
                "event" => (&mut self.event, !is_inner),
                "id" => (&mut self.id, !is_inner),
                "occurredAt" => (&mut self.occurred_at, is_inner),
                "loggedAt" => (&mut self.logged_at, is_inner),
                "messageId" if is_inner => (&mut self.message_id, true),
                "messageId" => (&mut self.outer_message_id, false),
                "destinationExchangeId" | "deliveryExchangeId" | "exchangeId" => {
                    (&mut self.exchange_id, is_inner)
                }
                _ => {
                    reader.skip()?;
                    continue;
                }
            };
            put(slot, reader.text()?, overrides);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn agrees(raw: &[u8]) {
        let (read, decoded) = (outline(raw), whole(raw));
        assert_eq!(read, decoded, "{}", String::from_utf8_lossy(raw));
    }

    #[test]
    fn what_decoding_refuses_has_no_outline() {
        for raw in [
            r#"{"occurredAt":"2025-03-23T20:00:00Z"}"#,
            r#"{"occurredAt":"2025-03-23T20:00:00Z","routed":{"\ud800":1}}"#,
            r#"{"occurredAt":"2025-03-23T20:00:00Z","routed":{"\u0061":1}}"#,
            r#"{"occurredAt":"2025-03-23T20:00:00Z","x":{"\ud800":1}}"#,
            r#"{"\u006fccurredAt":"2025-03-23T20:00:00Z","type":"Error \u004cogged"}"#,
            r#"{"occurredAt":"2025-03-23T20:00:00Z"}x"#,
            r#"{"occurredAt":"yesterday","loggedAt":"2025-03-23T20:00:00Z"}"#,
            r#"{"occurredAt":""}"#,
            r#"{"properties":7,"messageId":"m","loggedAt":"2025-03-23T20:00:00Z"}"#,
            "[]",
            "{",
        ] {
            agrees(raw.as_bytes());
        }
        agrees(b"{\"loggedAt\":\"2025-03-23T20:00:00Z\",\"a\":\"\xff\"}");
    }

    fn value() -> impl Strategy<Value = String> {
        let words = [
            "\"m1\"",
            "\"\"",
            "7",
            "null",
            "{}",
            "[1,{\"id\":\"x\"}]",
            "\"error logged\"",
            "\"Delivery Exchange Logged\"",
            "\"2025-03-23T20:00:00Z\"",
            "\"2025-03-23T20:00:01.5+01:00\"",
            "\"\\u004d\\ud83d\\ude00\"",
            "\"\\ud800\"",
            "tru",
        ];
        prop::sample::select(words.to_vec()).prop_map(str::to_owned)
    }

    fn object(inner: BoxedStrategy<String>) -> impl Strategy<Value = String> {
        let keys = [
            "type",
            "event",
            "id",
            "messageId",
            "occurredAt",
            "loggedAt",
            "properties",
            "exchangeId",
            "deliveryExchangeId",
            "destinationExchangeId",
            "routed",
            "to",
            "responseFromDestination",
            "\\u0069d",
            "\\udc00",
            "other",
        ];
        let entry = (prop::sample::select(keys.to_vec()), inner);
        prop::collection::vec(entry, 0..7).prop_map(|entries| {
            let entries: Vec<_> = entries
                .into_iter()
                .map(|(key, value)| format!("\"{key}\":{value}"))
                .collect();
            format!("{{{}}}", entries.join(","))
        })
    }

    proptest! {
        #[test]
        fn it_has_what_the_decoded_record_has(
            raw in object(
                prop_oneof![
                    3 => value(),
                    1 => object(prop_oneof![4 => value(), 1 => object(value().boxed())].boxed()),
                ]
                .boxed()
            ),
        ) {
            let dated = raw.replacen('{', "{\"loggedAt\":\"2025-03-23T19:00:00Z\",", 1).replace(",}", "}");
            agrees(raw.as_bytes());
            agrees(dated.as_bytes());
        }
    }
}
