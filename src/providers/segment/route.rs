//! One end of a route: who sent, or where to.
//!
//! Rule: the first id of the wanted type, else the first of any, is the one to show; of the further ones each is
//! listed once. An end of one entry, as most are, costs no allocation.

use std::borrow::Cow;
use std::collections::HashSet;

use super::super::reader::Reader;

/// Which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    From,
    To,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A source, or a destination: what the end is for.
    Wanted,
    Subscription,
    Other,
}

/// The ids of one end.
#[derive(Debug, Default)]
pub(super) struct End<'a> {
    wanted: Option<Cow<'a, str>>,
    first: Option<Cow<'a, str>>,
    subscription: Option<Cow<'a, str>>,
    /// Whatever came after the first of its kind.
    further: Vec<(Kind, Cow<'a, str>)>,
}

/// What an end gives to a record.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ids<'a> {
    pub(super) id: Option<Cow<'a, str>>,
    /// One a line.
    pub(super) further: Option<Cow<'a, str>>,
    pub(super) subscription: Option<Cow<'a, str>>,
    pub(super) further_subscriptions: Option<Cow<'a, str>>,
}

impl<'a> End<'a> {
    /// Reads a list of entries, a single entry, or a bare id.
    pub(super) fn read(&mut self, side: Side, reader: &mut Reader<'a>) -> Option<()> {
        match reader.peek()? {
            b'{' => {
                let mut entries = reader.open()?;
                let (mut kind, mut id) = (None, None);
                while let Some(key) = reader.key(&mut entries)? {
                    match &*key {
                        "type" => kind = reader.text()?,
                        "id" => id = reader.text()?,
                        _ => drop(reader.skip()?),
                    }
                }
                self.add(side.kind(kind.as_deref()), id);
            }
            b'[' => {
                let mut entries = reader.open()?;
                while reader.item(&mut entries)? {
                    self.read(side, reader)?;
                }
            }
            b'"' => self.add(Kind::Other, reader.text()?),
            _ => drop(reader.skip()?),
        }
        Some(())
    }

    fn add(&mut self, kind: Kind, id: Option<Cow<'a, str>>) {
        let Some(id) = id else { return };
        let slot = match kind {
            Kind::Wanted => &mut self.wanted,
            Kind::Subscription => &mut self.subscription,
            Kind::Other => &mut self.first,
        };
        if slot.is_some() {
            self.further.push((kind, id));
        } else if kind == Kind::Other {
            *slot = Some(id);
        } else {
            *slot = Some(id.clone());
            self.first.get_or_insert(id);
        }
    }

    /// Returns the ids. Where none is of the wanted type, those of any type but subscriptions stand in for them.
    pub(super) fn into_ids(self) -> Ids<'a> {
        let listed = match self.wanted {
            Some(_) => Kind::Wanted,
            None => Kind::Other,
        };
        let id = self.wanted.or(self.first);
        let (mut further, mut further_subscriptions) = (None, None);
        if !self.further.is_empty() {
            further = lines(&self.further, listed, id.as_deref());
            further_subscriptions = lines(
                &self.further,
                Kind::Subscription,
                self.subscription.as_deref(),
            );
        }
        Ids {
            id,
            further,
            subscription: self.subscription,
            further_subscriptions,
        }
    }
}

impl Side {
    fn kind(self, kind: Option<&str>) -> Kind {
        let wanted = match self {
            Side::From => "source",
            Side::To => "destination",
        };
        match kind {
            Some(kind) if kind.eq_ignore_ascii_case(wanted) => Kind::Wanted,
            Some(kind) if kind.eq_ignore_ascii_case("subscription") => Kind::Subscription,
            _ => Kind::Other,
        }
    }
}

/// Puts the ids of a kind one a line, each once and without the first; one that has a line's end in it is left out.
fn lines<'a>(
    all: &[(Kind, Cow<'a, str>)],
    wanted: Kind,
    first: Option<&str>,
) -> Option<Cow<'a, str>> {
    let mut seen: HashSet<&str> = first.into_iter().collect();
    let mut lines: Option<Cow<'a, str>> = None;
    for (kind, id) in all {
        if *kind != wanted || id.contains(['\n', '\r']) || !seen.insert(id) {
            continue;
        }
        match &mut lines {
            None => lines = Some(id.clone()),
            Some(lines) => {
                let lines = lines.to_mut();
                lines.push('\n');
                lines.push_str(id);
            }
        }
    }
    lines
}
