//! One of the two windows: its counts, and how much of it is stored.
//!
//! Rule: a window of which something is missing says so, and what that makes doubtful.

use crate::model::{Filter, Window, count, format_span};
use crate::query::{Count, Group, Key, Tally, compare_keys};

use super::super::completeness::Completeness;
use super::super::counting::{Coverage, Source};
use super::super::filters::Scope;
use super::super::{Context, Error};
use super::change::Side;

/// What is asked of each window.
pub(super) struct Ask<'q, 'w> {
    pub(super) context: &'q Context<'w>,
    pub(super) source: &'q Source,
    pub(super) keys: &'q [Key],
    pub(super) filter: &'q Filter,
    pub(super) scope: &'q Scope,
}

/// What a window has.
pub(super) struct About {
    pub(super) window: Window,
    pub(super) tally: Tally,
    pub(super) completeness: Option<Completeness>,
    pub(super) stored_micros: i64,
    pub(super) is_covered: bool,
}

impl Ask<'_, '_> {
    pub(super) fn about(&self, window: Window) -> Result<About, Error> {
        let filter = Filter {
            window,
            ..self.filter.clone()
        };
        let mut tally = self.source.tally(&Count {
            filter: &filter,
            by: self.keys,
            buckets: None,
            buckets_are_optional: false,
            messages: false,
            zone: self.context.zone,
            now: self.context.now,
        })?;
        tally
            .groups
            .sort_unstable_by(|x, y| compare_keys(&x.key, &y.key));
        let scope = Scope {
            window: Some(window),
            ..self.scope.clone()
        };
        let completeness = self.source.completeness(&scope, self.context)?;
        let coverage = Coverage::of(completeness.as_ref());
        Ok(About {
            window,
            tally,
            stored_micros: coverage.stored_micros(window),
            is_covered: coverage.cover(window).is_complete(),
            completeness,
        })
    }
}

impl About {
    /// Says what the window is and what of it is missing; returns whether nothing is.
    pub(super) fn tell(&self, context: &mut Context<'_>, name: &str, doubtful: &str) -> bool {
        let Window { start, end } = self.window;
        let (start_text, end_text) = (start.to_zone(context.zone), end.to_zone(context.zone));
        let length = format_span(end.since(start));
        let records = count(self.tally.records, "record");
        let about = format!("{name}: {start_text} to {end_text}, {records}");
        if self.completeness.is_none() {
            context.messages.note(&format!("{about} in {length}"));
        } else if self.is_covered {
            context
                .messages
                .note(&format!("{about} in {length}, all of it stored"));
        } else if self.stored_micros == 0 {
            context.messages.warn(&format!(
                "{about}: nothing of its {length} is stored, so that there is no rate and no change"
            ));
        } else if self.stored_micros >= end.since(start) {
            context.messages.warn(&format!(
                "{about}, and not complete (all of its {length} stored, some of it still growing): `{doubtful}` may be what is missing"
            ));
        } else {
            let stored = format_span(self.stored_micros);
            context.messages.warn(&format!(
                "{about}, and not complete ({stored} of {length} stored): `{doubtful}` may be what is missing"
            ));
        }
        let Some(completeness) = &self.completeness else {
            return self.tally.orphans.count() == 0;
        };
        completeness.tell_orphans(&self.tally.orphans, context);
        completeness.tell(context);
        self.is_covered && completeness.is_complete() && self.tally.orphans.count() == 0
    }

    pub(super) fn side(&self, group: Option<&Group>) -> Side {
        Side {
            count: group.map_or(0, |group| group.count),
            stored_micros: self.stored_micros,
        }
    }
}
