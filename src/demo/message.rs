//! One message: its id, and what was sent to a destination about it.
//!
//! Rule: a message is made again from its seed each time it is tried, so that nothing of it has to be kept.

use super::json::{write_escaped, write_number};
use super::random::Random;
use super::world::{
    BROKEN_EVENT, Destination, EVENTS, Library, PEOPLE, PRODUCTS, Person, Source, Vendor,
};
use crate::model::Timestamp;

/// Longest request body that is logged, in bytes; the provider says that it truncates, not where.
pub(super) const REQUEST_BODY_LIMIT: usize = 200;

/// Appends the message's id, as the library that made it writes ids. `random` is the message's own.
pub(super) fn write_message_id(source: &Source, random: &mut Random, out: &mut Vec<u8>) {
    match source.library {
        Library::Server => {
            out.extend_from_slice(b"api-");
            random.write_ksuid(out);
        }
        Library::Browser => {
            out.extend_from_slice(b"ajs-next-");
            random.write_hex(32, out);
        }
        Library::Mobile => random.write_uuid(out),
    }
}

/// What a message says, apart from its id.
pub(super) struct Content {
    event: &'static str,
    person: &'static Person,
    product: &'static str,
    user: u64,
    cents: u64,
}

impl Content {
    pub(super) fn draw(is_broken_event: bool, random: &mut Random) -> Content {
        let event = *random.pick(&EVENTS);
        let product = *random.pick(&PRODUCTS);
        Content {
            event: if is_broken_event { BROKEN_EVENT } else { event },
            person: random.pick(&PEOPLE),
            product,
            user: 10_000 + random.below(90_000),
            cents: 199 + random.below(20_000),
        }
    }
}

/// Appends what an exchange sends: opened by [`open_body`], one call a message, closed by [`close_body`].
pub(super) fn write_content(
    vendor: Vendor,
    content: &Content,
    message_id: &[u8],
    created: Timestamp,
    body: &mut Vec<u8>,
) {
    match vendor {
        Vendor::Messaging => {
            text(body, "{\"external_id\":\"u", content.user);
            field(body, "\",\"name\":\"", content.event);
            time(body, "\",\"time\":\"", created);
            field(
                body,
                "\",\"properties\":{\"first_name\":\"",
                content.person.name,
            );
            field(body, "\",\"city\":\"", content.person.city);
            money(body, "\",\"total\":", content.cents);
            field(body, ",\"currency\":\"", content.person.currency);
            body.extend_from_slice(b"\"}}");
        }
        Vendor::Ads => {
            field(body, "{\"event_name\":\"", content.event);
            body.extend_from_slice(b"\",\"event_id\":\"");
            body.extend_from_slice(message_id);
            text(
                body,
                "\",\"event_time\":",
                created.micros().unsigned_abs() / 1_000_000,
            );
            text(body, ",\"user_data\":{\"external_id\":\"u", content.user);
            money(body, "\"},\"custom_data\":{\"value\":", content.cents);
            field(body, ",\"currency\":\"", content.person.currency);
            body.extend_from_slice(b"\"}}");
        }
        Vendor::Webhook => {
            body.extend_from_slice(b"{\"type\":\"track\",\"messageId\":\"");
            body.extend_from_slice(message_id);
            field(body, "\",\"event\":\"", content.event);
            text(body, "\",\"userId\":\"u", content.user);
            field(
                body,
                "\",\"context\":{\"traits\":{\"name\":\"",
                content.person.name,
            );
            field(body, "\"}},\"properties\":{\"product\":\"", content.product);
            money(body, "\",\"price\":", content.cents);
            body.extend_from_slice(b"}}");
        }
        Vendor::Warehouse => {
            body.extend_from_slice(b"{\"insertId\":\"");
            body.extend_from_slice(message_id);
            field(body, "\",\"json\":{\"event_text\":\"", content.event);
            time(body, "\",\"received_at\":\"", created);
            field(body, "\",\"product\":\"", content.product);
            money(body, "\",\"total\":", content.cents);
            body.extend_from_slice(b"}}");
        }
    }
}

pub(super) fn open_body(destination: &Destination, body: &mut Vec<u8>) {
    body.extend_from_slice(match destination.vendor {
        Vendor::Messaging => b"{\"events\":[".as_slice(),
        Vendor::Ads => b"{\"data\":[",
        Vendor::Webhook => b"",
        Vendor::Warehouse => b"{\"kind\":\"insertAll\",\"rows\":[",
    });
}

pub(super) fn close_body(destination: &Destination, body: &mut Vec<u8>) {
    body.extend_from_slice(match destination.vendor {
        Vendor::Webhook => b"".as_slice(),
        Vendor::Messaging | Vendor::Ads | Vendor::Warehouse => b"]}",
    });
}

/// Cuts a body at the limit as the provider does, wherever that falls in its JSON, but not within a character.
pub(super) fn truncate_body(body: &mut Vec<u8>) {
    if body.len() > REQUEST_BODY_LIMIT {
        let is_boundary = |at: usize| body[at] & 0b1100_0000 != 0b1000_0000;
        let end = (0..=REQUEST_BODY_LIMIT)
            .rev()
            .find(|at| is_boundary(*at))
            .unwrap_or(0);
        body.truncate(end);
    }
}

fn field(body: &mut Vec<u8>, before: &str, value: &str) {
    body.extend_from_slice(before.as_bytes());
    write_escaped(value.as_bytes(), body);
}

fn text(body: &mut Vec<u8>, before: &str, value: u64) {
    body.extend_from_slice(before.as_bytes());
    // OK because all values drawn are far below i64::MAX.
    write_number(value as i64, body);
}

fn time(body: &mut Vec<u8>, before: &str, value: Timestamp) {
    body.extend_from_slice(before.as_bytes());
    value.write_rfc3339(body);
}

fn money(body: &mut Vec<u8>, before: &str, cents: u64) {
    text(body, before, cents / 100);
    body.extend_from_slice(&[
        b'.',
        b'0' + (cents / 10 % 10) as u8,
        b'0' + (cents % 10) as u8,
    ]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::world::{DESTINATIONS, SOURCES};

    #[test]
    fn bodies_are_json_for_every_vendor() {
        let created = Timestamp::from_micros(1_742_760_000_123_000);
        for destination in &DESTINATIONS {
            for seed in 0..200 {
                let mut random = Random::new(seed, 0);
                let mut id = Vec::new();
                write_message_id(random.clone().pick(&SOURCES), &mut random, &mut id);
                let content = Content::draw(seed % 2 == 0, &mut random);
                let mut body = Vec::new();
                open_body(destination, &mut body);
                write_content(destination.vendor, &content, &id, created, &mut body);
                close_body(destination, &mut body);
                let read: serde_json::Value = serde_json::from_slice(&body)
                    .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&body)));
                assert!(read.is_object());
            }
        }
    }

    #[test]
    fn a_long_body_is_cut_between_characters() {
        let mut body = "é".repeat(REQUEST_BODY_LIMIT).into_bytes();
        body.insert(0, b'{');
        truncate_body(&mut body);
        assert_eq!(body.len(), REQUEST_BODY_LIMIT - 1);
        assert!(String::from_utf8(body).is_ok());
    }
}
