//! The keys of an observability event, read in one pass and without copying.
//!
//! Rule: a key of an unexpected type counts as absent, a key met twice counts once, an unknown key is skipped; none of
//! them costs the record, which is kept as received anyway.

use std::borrow::Cow;

use super::super::reader::Reader;
use super::super::reason;
use super::route::{End, Side};

/// What is read of an event, before anything is concluded from it.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    /// `observability` in what is published.
    pub(super) kind: Option<Cow<'a, str>>,
    pub(super) event: Option<Cow<'a, str>>,
    pub(super) has_properties: bool,
    pub(super) id: Option<Cow<'a, str>>,
    /// Beside `properties` it is the event's own, inside them that of the message being delivered.
    pub(super) outer_message_id: Option<Cow<'a, str>>,
    pub(super) message_id: Option<Cow<'a, str>>,
    pub(super) exchange_id: Option<Cow<'a, str>>,
    pub(super) occurred_at: Option<Cow<'a, str>>,
    pub(super) logged_at: Option<Cow<'a, str>>,
    pub(super) code: Option<Cow<'a, str>>,
    pub(super) reason: Option<Cow<'a, str>>,
    pub(super) feature: Option<Cow<'a, str>>,
    pub(super) outcome: Option<Cow<'a, str>>,
    pub(super) attempt: Option<i64>,
    pub(super) discarded: Option<bool>,
    pub(super) from: End<'a>,
    pub(super) to: End<'a>,
    pub(super) method: Option<Cow<'a, str>>,
    pub(super) url: Option<Cow<'a, str>>,
    pub(super) status: Option<i64>,
    /// A status that is no number, as sent.
    pub(super) unread_status: Option<Cow<'a, str>>,
    /// The response's body as it stands in the JSON text: a string in quotes, or an object.
    pub(super) response_body: Option<&'a str>,
    /// What stands in place of a body where no answer came, in the same form, and how well it tells why.
    pub(super) response_error: Option<(u8, &'a str)>,
}

/// The objects that are looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Object {
    Event,
    Properties,
    Routed,
    Request,
    Response,
}

impl<'a> Fields<'a> {
    /// Reads what is an object of JSON; `None` if it is none, or nested too deep.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut fields = Fields::default();
        let mut reader = Reader::new(text);
        if reader.peek()? != b'{' {
            return None;
        }
        fields.object(Object::Event, &mut reader)?;
        reader.end()?;
        Some(fields)
    }

    /// Reads an object; anything else counts as absent.
    fn object(&mut self, object: Object, reader: &mut Reader<'a>) -> Option<()> {
        let byte = reader.peek()?;
        if byte != b'{' {
            let json = reader.skip()?;
            if object == Object::Response && byte == b'"' {
                self.response_error.get_or_insert((0, json));
            }
            return Some(());
        }
        let mut entries = reader.open()?;
        while let Some(key) = reader.key(&mut entries)? {
            self.value(object, &key, reader)?;
        }
        Some(())
    }

    fn value(&mut self, object: Object, key: &str, reader: &mut Reader<'a>) -> Option<()> {
        match (object, key) {
            (Object::Event, "properties") => {
                self.has_properties = true;
                self.object(Object::Properties, reader)?;
            }
            (Object::Event | Object::Properties, _) => {
                self.property(object == Object::Properties, key, reader)?;
            }
            (Object::Routed, "to") => self.to.read(Side::To, reader)?,
            (Object::Routed, "from") => self.from.read(Side::From, reader)?,
            (Object::Request, "method") => put(&mut self.method, reader.text()?, true),
            (Object::Request, "url") => put(&mut self.url, reader.text()?, true),
            (Object::Response, "status" | "statusCode") => {
                let status = reader.scalar()?;
                match status.status() {
                    Some(number) => self.status = Some(number),
                    None => put(&mut self.unread_status, status.text(), true),
                }
            }
            (Object::Response, "body") => self.response_body = Some(reader.skip()?),
            (Object::Response, _) => {
                let rank = reason::rank_of(key);
                let json = reader.skip()?;
                if let Some(rank) = rank
                    && self.response_error.is_none_or(|(best, _)| rank < best)
                {
                    self.response_error = Some((rank, json));
                }
            }
            (Object::Routed | Object::Request, _) => drop(reader.skip()?),
        }
        Some(())
    }

    /// Reads a property. Inside `properties` it counts more than beside them, in whatever order they stand; the event's
    /// own keys are an exception.
    fn property(&mut self, is_inner: bool, key: &str, reader: &mut Reader<'a>) -> Option<()> {
        let slot = match key {
            "type" | "event" | "id" => {
                let slot = match key {
                    "type" => &mut self.kind,
                    "event" => &mut self.event,
                    _ => &mut self.id,
                };
                put(slot, reader.text()?, !is_inner);
                return Some(());
            }
            "occurredAt" => &mut self.occurred_at,
            "loggedAt" => &mut self.logged_at,
            "messageId" if is_inner => &mut self.message_id,
            "messageId" => &mut self.outer_message_id,
            "destinationExchangeId" | "deliveryExchangeId" | "exchangeId" => &mut self.exchange_id,
            "outcome" => &mut self.outcome,
            "code" | "errorCode" => &mut self.code,
            "reason" => &mut self.reason,
            "featureName" => &mut self.feature,
            "attempt" => {
                put(&mut self.attempt, reader.scalar()?.int(), is_inner);
                return Some(());
            }
            "discarded" => {
                put(&mut self.discarded, reader.scalar()?.bool(), is_inner);
                return Some(());
            }
            "routed" => return self.object(Object::Routed, reader),
            "requestToDestination" => return self.object(Object::Request, reader),
            "responseFromDestination" => return self.object(Object::Response, reader),
            _ => return reader.skip().map(drop),
        };
        put(slot, reader.text()?, is_inner);
        Some(())
    }
}

#[inline]
pub(super) fn put<T>(slot: &mut Option<T>, value: Option<T>, overrides: bool) {
    if value.is_some() && (overrides || slot.is_none()) {
        *slot = value;
    }
}
