//! What is known of each hour with rows that are linked or linked to, without looking into it.
//!
//! Rule: asking about one hour does not walk over all of them; a collection may have many thousands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use crate::model::{Hour, RecordType};

use super::super::meta::Unresolved;
use super::super::source::SourceGroup;
use super::rows::Extent;

/// The types of the rows that are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Among {
    Attempts,
    Exchanges,
    /// Attempts and errors.
    Linked,
}

pub(super) type Groups = Arc<Vec<SourceGroup>>;

impl Among {
    pub(super) fn has(self, record_type: RecordType) -> bool {
        match record_type {
            RecordType::Attempt => matches!(self, Among::Attempts | Among::Linked),
            RecordType::Error => self == Among::Linked,
            RecordType::Exchange => self == Among::Exchanges,
            _ => false,
        }
    }
}

/// What is known of an hour.
pub(super) struct Outline {
    pub(super) extent: Extent,
    pub(super) unresolved: Unresolved,
    pub(super) types: BTreeSet<RecordType>,
    /// The row groups of an hour that is about to be written.
    pub(super) new: Option<Groups>,
    /// The hour that one about to be written takes the place of, where nothing of it is kept.
    pub(super) old: Option<(Extent, Groups)>,
}

/// The outlines of a collection's hours.
#[derive(Default)]
pub(super) struct Outlines {
    hours: BTreeMap<Hour, Outline>,
    /// In how many hours there are rows of a type.
    having: BTreeMap<RecordType, usize>,
    /// Made when it is first asked for.
    by_oldest: OnceLock<Vec<Spot>>,
}

/// An hour among others that are in order of their oldest rows.
struct Spot {
    extent: Extent,
    hour: Hour,
    /// The extent of all hours up to this one.
    until: Extent,
}

impl Outlines {
    pub(super) fn insert(&mut self, hour: Hour, outline: Outline) {
        self.remove(hour);
        for record_type in &outline.types {
            *self.having.entry(*record_type).or_default() += 1;
        }
        self.hours.insert(hour, outline);
    }

    pub(super) fn remove(&mut self, hour: Hour) -> Option<Outline> {
        let outline = self.hours.remove(&hour)?;
        for record_type in &outline.types {
            *self.having.entry(*record_type).or_default() -= 1;
        }
        self.by_oldest = OnceLock::new();
        Some(outline)
    }

    pub(super) fn get(&self, hour: Hour) -> Option<&Outline> {
        self.hours.get(&hour)
    }

    pub(super) fn get_mut(&mut self, hour: Hour) -> Option<&mut Outline> {
        self.hours.get_mut(&hour)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Hour, &Outline)> {
        self.hours.iter().map(|(hour, outline)| (*hour, outline))
    }

    /// Returns whether any hour but this one has rows of these types.
    pub(super) fn others_have(&self, hour: Hour, among: Among) -> bool {
        let own = self.get(hour).map(|outline| &outline.types);
        let mut types = self.having.iter();
        types.any(|(record_type, hours)| {
            let is_own = own.is_some_and(|own| own.contains(record_type));
            among.has(*record_type) && *hours > usize::from(is_own)
        })
    }

    /// Lists the hours whose times meet an extent.
    pub(super) fn near(&self, extent: &Extent) -> BTreeSet<Hour> {
        let spots = self.by_oldest.get_or_init(|| self.spots());
        let behind = spots.partition_point(|spot| spot.extent.begins_before(extent));
        let spots = spots[..behind].iter().rev();
        spots
            .take_while(|spot| spot.until.is_near(extent))
            .filter(|spot| spot.extent.is_near(extent))
            .map(|spot| spot.hour)
            .collect()
    }

    fn spots(&self) -> Vec<Spot> {
        let spot = |(hour, outline): (Hour, &Outline)| Spot {
            extent: outline.extent,
            hour,
            until: outline.extent,
        };
        let mut spots: Vec<Spot> = self.iter().map(spot).collect();
        spots.sort_unstable_by_key(|spot| spot.extent.oldest());
        let mut until = Extent::NEVER;
        for spot in &mut spots {
            until = until.and(spot.extent);
            spot.until = until;
        }
        spots
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: i64 = 60_000_000;

    fn outline(oldest: i64, length: i64, record_type: RecordType) -> Outline {
        Outline {
            extent: Extent::between(oldest * MINUTE, (oldest + length) * MINUTE),
            unresolved: Unresolved::default(),
            types: [record_type].into(),
            new: None,
            old: None,
        }
    }

    fn hour(number: usize) -> Hour {
        Hour::from_parts("2025-03-23", "00")
            .unwrap()
            .plus(number as i32)
    }

    #[test]
    fn an_hour_does_not_count_among_the_others() {
        let mut outlines = Outlines::default();
        outlines.insert(hour(0), outline(0, 1, RecordType::Exchange));
        assert!(!outlines.others_have(hour(0), Among::Exchanges));
        assert!(outlines.others_have(hour(1), Among::Exchanges));
        outlines.insert(hour(1), outline(0, 1, RecordType::Exchange));
        outlines.insert(hour(1), outline(0, 1, RecordType::Error));
        assert!(!outlines.others_have(hour(0), Among::Exchanges));
        assert!(outlines.others_have(hour(0), Among::Linked));
        outlines.remove(hour(1));
        assert!(!outlines.others_have(hour(0), Among::Linked));
    }

    proptest! {
        #[test]
        fn those_near_are_those_that_meet(
            extents in prop::collection::vec((0..60i64, 0..20i64), 1..30),
            asked in (0..60i64, 0..20i64),
        ) {
            let mut outlines = Outlines::default();
            for (number, (oldest, length)) in extents.iter().enumerate() {
                outlines.insert(hour(number), outline(*oldest, *length, RecordType::Error));
            }
            let asked = outline(asked.0, asked.1, RecordType::Error).extent;
            let expected: BTreeSet<Hour> = outlines
                .iter()
                .filter(|(_, outline)| outline.extent.is_near(&asked))
                .map(|(hour, _)| hour)
                .collect();
            prop_assert_eq!(outlines.near(&asked), expected);
        }
    }
}
