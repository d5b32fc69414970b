//! The keys of an observability event, read in one pass and without copying.
//!
//! Rule: a key of an unexpected type counts as absent, a key met twice counts once, an unknown key is skipped; none of
//! them costs the record, which is kept as received anyway.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::super::scalar::{Scalar, ScalarSeed};

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
    /// The response's body as it stands in the JSON text: a string in quotes, or an object.
    pub(super) response_body: Option<&'a RawValue>,
}

/// One end of a route: the first id of the wanted type, the first id of any, and the subscription's.
#[derive(Debug, Default)]
pub(super) struct End<'a> {
    wanted: Option<Cow<'a, str>>,
    first: Option<Cow<'a, str>>,
    pub(super) subscription: Option<Cow<'a, str>>,
}

impl<'a> End<'a> {
    /// Returns the id to show for this end.
    pub(super) fn into_id(self) -> Option<Cow<'a, str>> {
        self.wanted.or(self.first)
    }
}

impl<'a> Fields<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, serde_json::Error> {
        let mut fields = Fields::default();
        let mut deserializer = serde_json::Deserializer::from_str(text);
        Object::Event
            .of(&mut fields)
            .deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(fields)
    }
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

impl Object {
    fn of<'f, 'a>(self, fields: &'f mut Fields<'a>) -> Reading<'f, 'a> {
        Reading {
            object: self,
            fields,
        }
    }
}

struct Reading<'f, 'a> {
    object: Object,
    fields: &'f mut Fields<'a>,
}

impl<'a> Reading<'_, 'a> {
    /// Reads a property. Inside `properties` it counts more than beside them, in whatever order they stand.
    fn property<M: MapAccess<'a>>(&mut self, key: &str, map: &mut M) -> Result<(), M::Error> {
        let is_inner = self.object == Object::Properties;
        let fields = &mut *self.fields;
        match key {
            "occurredAt" => put(&mut fields.occurred_at, scalar(map)?.text(), is_inner),
            "loggedAt" => put(&mut fields.logged_at, scalar(map)?.text(), is_inner),
            "messageId" if is_inner => put(&mut fields.message_id, scalar(map)?.text(), true),
            "messageId" => put(&mut fields.outer_message_id, scalar(map)?.text(), false),
            "destinationExchangeId" | "deliveryExchangeId" | "exchangeId" => {
                put(&mut fields.exchange_id, scalar(map)?.text(), is_inner);
            }
            "attempt" => put(&mut fields.attempt, scalar(map)?.int(), is_inner),
            "discarded" => put(&mut fields.discarded, scalar(map)?.bool(), is_inner),
            "outcome" => put(&mut fields.outcome, scalar(map)?.text(), is_inner),
            "code" | "errorCode" => put(&mut fields.code, scalar(map)?.text(), is_inner),
            "reason" => put(&mut fields.reason, scalar(map)?.text(), is_inner),
            "featureName" => put(&mut fields.feature, scalar(map)?.text(), is_inner),
            "routed" => map.next_value_seed(Object::Routed.of(fields))?,
            "requestToDestination" => map.next_value_seed(Object::Request.of(fields))?,
            "responseFromDestination" => map.next_value_seed(Object::Response.of(fields))?,
            _ => skip(map)?,
        }
        Ok(())
    }

    fn key<M: MapAccess<'a>>(&mut self, key: &str, map: &mut M) -> Result<(), M::Error> {
        match (self.object, key) {
            (Object::Event, "properties") => {
                self.fields.has_properties = true;
                map.next_value_seed(Object::Properties.of(self.fields))?;
            }
            (Object::Event, "type") => put(&mut self.fields.kind, scalar(map)?.text(), true),
            (Object::Event, "event") => put(&mut self.fields.event, scalar(map)?.text(), true),
            (Object::Event, "id") => put(&mut self.fields.id, scalar(map)?.text(), true),
            (Object::Properties, "type") => put(&mut self.fields.kind, scalar(map)?.text(), false),
            (Object::Properties, "event") => {
                put(&mut self.fields.event, scalar(map)?.text(), false);
            }
            (Object::Properties, "id") => put(&mut self.fields.id, scalar(map)?.text(), false),
            (Object::Event | Object::Properties, _) => self.property(key, map)?,
            (Object::Routed, "to") => map.next_value_seed(EndSeed {
                wanted: "destination",
                end: &mut self.fields.to,
            })?,
            (Object::Routed, "from") => map.next_value_seed(EndSeed {
                wanted: "source",
                end: &mut self.fields.from,
            })?,
            (Object::Request, "method") => put(&mut self.fields.method, scalar(map)?.text(), true),
            (Object::Request, "url") => put(&mut self.fields.url, scalar(map)?.text(), true),
            (Object::Response, "status" | "statusCode") => {
                put(&mut self.fields.status, scalar(map)?.int(), true);
            }
            (Object::Response, "body") => {
                self.fields.response_body = Some(map.next_value::<&RawValue>()?);
            }
            (Object::Routed | Object::Request | Object::Response, _) => skip(map)?,
        }
        Ok(())
    }
}

fn put<T>(slot: &mut Option<T>, value: Option<T>, overrides: bool) {
    if value.is_some() && (overrides || slot.is_none()) {
        *slot = value;
    }
}

fn scalar<'a, M: MapAccess<'a>>(map: &mut M) -> Result<Scalar<'a>, M::Error> {
    map.next_value_seed(ScalarSeed)
}

fn skip<'a, M: MapAccess<'a>>(map: &mut M) -> Result<(), M::Error> {
    map.next_value::<IgnoredAny>().map(drop)
}

/// Accepts every scalar and makes nothing of it.
macro_rules! scalars_count_as_absent {
    () => {
        fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok(())
        }
        fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok(())
        }
        fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok(())
        }
        fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok(())
        }
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(())
        }
    };
}

impl<'a> DeserializeSeed<'a> for Reading<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Reading<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(mut self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key_seed(KeySeed)? {
            self.key(&key, &mut map)?;
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut items: S) -> Result<(), S::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    scalars_count_as_absent!();
}

/// Reads the entries of one end of a route: a list, a single entry, or a bare id.
struct EndSeed<'f, 'a> {
    wanted: &'static str,
    end: &'f mut End<'a>,
}

impl<'a> EndSeed<'_, 'a> {
    fn add(&mut self, kind: Option<&str>, id: Option<Cow<'a, str>>) {
        let slot = match kind {
            Some("subscription") => &mut self.end.subscription,
            Some(kind) if kind == self.wanted => &mut self.end.wanted,
            _ => return put(&mut self.end.first, id, false),
        };
        if let (None, Some(id)) = (&self.end.first, &id) {
            self.end.first = Some(id.clone());
        }
        put(slot, id, false);
    }
}

impl<'a> DeserializeSeed<'a> for EndSeed<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for EndSeed<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries with type and id")
    }

    fn visit_map<M: MapAccess<'a>>(mut self, mut map: M) -> Result<(), M::Error> {
        let (mut kind, mut id) = (None, None);
        while let Some(key) = map.next_key_seed(KeySeed)? {
            match &*key {
                "type" => kind = scalar(&mut map)?.text(),
                "id" => id = scalar(&mut map)?.text(),
                _ => skip(&mut map)?,
            }
        }
        self.add(kind.as_deref(), id);
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut items: S) -> Result<(), S::Error> {
        while items
            .next_element_seed(EndSeed {
                wanted: self.wanted,
                end: &mut *self.end,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_borrowed_str<E: Error>(mut self, id: &'a str) -> Result<(), E> {
        self.add(None, Some(Cow::Borrowed(id)));
        Ok(())
    }

    fn visit_str<E: Error>(mut self, id: &str) -> Result<(), E> {
        self.add(None, Some(Cow::Owned(id.to_owned())));
        Ok(())
    }

    scalars_count_as_absent!();
}

/// A key, copied only if it has escapes.
struct KeySeed;

impl<'a> DeserializeSeed<'a> for KeySeed {
    type Value = Cow<'a, str>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for KeySeed {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, key: &'a str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}
