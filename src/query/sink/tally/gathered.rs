//! Parts put together to the groups of all rows.
//!
//! Rule: sums, least and greatest times only, so that the order in which parts come changes nothing but the order of the
//! groups.

use std::mem::take;

use crate::model::Timestamp;

use super::super::super::buckets::Buckets;
use super::super::super::question::Orphans;
use super::count::{Count, CountError, Group, Tally};
use super::messages::{Messages, Sharded};
use super::part::Part;
use crate::store::IdMap;

/// Groups that are counted at most; each takes about 250 bytes with its key, and so half a gigabyte in all.
const MOST_GROUPS: usize = 2_000_000;

/// Numbers in all groups' buckets together; 128 MB.
const MOST_CELLS: usize = 16 << 20;

/// The groups so far.
pub(super) struct Gathered {
    numbers: IdMap<u32>,
    groups: Vec<Group>,
    cells: Vec<u64>,
    buckets: usize,
    buckets_are_optional: bool,
    messages: Messages,
    records: u64,
    most_groups: usize,
    most_cells: usize,
}

impl Gathered {
    pub(super) fn new(count: &Count<'_>) -> Gathered {
        Gathered {
            numbers: IdMap::default(),
            groups: Vec::new(),
            cells: Vec::new(),
            buckets: count.buckets.map_or(0, Buckets::len),
            buckets_are_optional: count.buckets_are_optional,
            messages: Messages::new(),
            records: 0,
            most_groups: MOST_GROUPS,
            most_cells: MOST_CELLS,
        }
    }

    /// Adds what threads have counted.
    pub(super) fn add(&mut self, parts: Vec<Part>) -> Result<(), CountError> {
        let mut messages: Vec<(Vec<u32>, Sharded)> = Vec::with_capacity(parts.len());
        for mut part in parts {
            let numbers = self.add_groups(&mut part)?;
            if self.buckets > 0 {
                for (group, bucket, count) in &part.cells {
                    let group = numbers[*group as usize] as usize;
                    self.cells[group * self.buckets + *bucket as usize] += count;
                }
            }
            messages.push((numbers, part.messages));
        }
        let groups = std::cell::RefCell::new(&mut self.groups);
        self.messages.add(
            &messages,
            |group| groups.borrow_mut()[group as usize].messages += 1,
            |group| groups.borrow_mut()[group as usize].messages_are_cut = true,
        );
        Ok(())
    }

    /// Adds the groups of a part; returns their numbers among all.
    fn add_groups(&mut self, part: &mut Part) -> Result<Vec<u32>, CountError> {
        let mut numbers = Vec::with_capacity(part.groups.len());
        for counted in &mut part.groups {
            // OK because there are at most MOST_GROUPS.
            let next = self.groups.len() as u32;
            let number = *self.numbers.entry(counted.number).or_insert(next);
            if number == next {
                if self.groups.len() == self.most_groups {
                    return Err(CountError::TooManyGroups(self.most_groups as u64));
                }
                self.groups.push(Group {
                    key: take(&mut counted.key),
                    count: 0,
                    messages: 0,
                    messages_are_cut: false,
                    first_seen: Timestamp::MAX,
                    last_seen: Timestamp::MIN,
                    is_folded: false,
                });
            }
            let group = &mut self.groups[number as usize];
            group.count += counted.count;
            group.first_seen = group.first_seen.min(Timestamp::from_micros(counted.first));
            group.last_seen = group.last_seen.max(Timestamp::from_micros(counted.last));
            group.is_folded |= counted.is_folded;
            self.records += counted.count;
            numbers.push(number);
        }
        self.grow_cells()?;
        Ok(numbers)
    }

    fn grow_cells(&mut self) -> Result<(), CountError> {
        let needed = self.groups.len() * self.buckets;
        if needed > self.most_cells {
            if !self.buckets_are_optional {
                return Err(CountError::TooManyCells {
                    groups: self.groups.len() as u64,
                    buckets: self.buckets as u64,
                    most: self.most_cells as u64,
                });
            }
            self.buckets = 0;
            self.cells = Vec::new();
        } else {
            self.cells.resize(needed, 0);
        }
        Ok(())
    }

    pub(super) fn finish(self, orphans: Orphans) -> Tally {
        Tally {
            groups: self.groups,
            records: self.records,
            orphans,
            cells: self.cells,
            buckets: self.buckets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;
    use crate::model::{Filter, Value, Window, Zone};

    fn part(keys: std::ops::Range<i64>) -> Part {
        let mut part = Part::default();
        for key in keys {
            let group = part.group(&[Value::Int(key)]);
            part.add(group, key, false);
            part.add_to_bucket(group, Some(0));
        }
        part.end_bucket();
        part
    }

    fn gathered(most_groups: usize, most_cells: usize, optional: bool) -> Gathered {
        let at = Timestamp::from_micros;
        let buckets = Buckets::equal(
            Window {
                start: at(0),
                end: at(100),
            },
            2,
        );
        let by = [Key::Hour];
        let count = Count {
            filter: &Filter::default(),
            by: &by,
            buckets: Some(&buckets),
            buckets_are_optional: optional,
            messages: false,
            zone: Zone::Utc,
            now: at(0),
        };
        Gathered {
            most_groups,
            most_cells,
            ..Gathered::new(&count)
        }
    }

    #[test]
    fn too_many_groups_are_an_error_and_never_a_cut() {
        let mut groups = gathered(3, 100, false);
        groups.add(vec![part(0..2), part(1..3)]).unwrap();
        let error = groups.add(vec![part(3..4)]).unwrap_err();
        assert_eq!(error.to_string(), "there are more than 3 groups");
    }

    #[test]
    fn too_many_numbers_over_time_are_an_error_unless_they_are_an_ornament() {
        let mut groups = gathered(9, 4, false);
        let error = groups.add(vec![part(0..3)]).unwrap_err();
        let text = "3 groups in 2 steps of time are more than 4 numbers";
        assert_eq!(error.to_string(), text);

        let mut groups = gathered(9, 4, true);
        groups.add(vec![part(0..2)]).unwrap();
        groups.add(vec![part(1..3)]).unwrap();
        let tally = groups.finish(Orphans::default());
        assert_eq!(tally.records, 4);
        assert_eq!(tally.over_time(0), None);
        let counts: Vec<u64> = tally.groups.iter().map(|group| group.count).collect();
        assert_eq!(counts, [1, 2, 1]);
    }
}
