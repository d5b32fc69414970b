//! The messages of which a record matches a question.

use std::collections::BTreeMap;

use crate::model::{Column, Field};
use crate::store::{IdMap, StoreError, Wanted, id_key};

use super::super::super::deliveries::FateRule;
use super::super::super::hours::Hours;
use super::super::super::projection::Projection;
use super::super::super::question::{Orphans, Question};
use super::super::super::stream::Stream;
use super::story::Group;

/// The messages of a group that are asked for.
#[derive(Default)]
pub(super) struct Chosen {
    pub(super) wanted: Wanted,
    /// Of each message the destinations (or channels) of records that match; 0 for all.
    pub(super) parts: IdMap<Vec<u64>>,
}

/// A group, and which of its messages are asked for; `None` stands for all.
pub(super) type Choice = (Group, Option<Chosen>);

/// Chooses the messages of which a record matches; `None` stands for all. Also returns how many matching records name
/// none.
pub(super) fn choose(
    hours: &Hours,
    question: &Question,
    orphans: &mut Orphans,
) -> Result<(Vec<Choice>, u64), StoreError> {
    if let Some(all) = all_of(hours, question)? {
        return Ok(all);
    }
    let mut stream = Stream::of(hours, question)?;
    let needed = [Column::MessageId, Column::Destination, Column::Channel].map(Field::Column);
    let projection = Projection::of(&needed);
    let mut groups: BTreeMap<Group, Chosen> = BTreeMap::new();
    let mut without_message = 0;
    stream.each(&projection, orphans, |chunk, _| {
        for part in &chunk.parts {
            let Some(rule) = FateRule::of(part.key.provider, part.record_type) else {
                without_message += part.columns.rows() as u64;
                continue;
            };
            let group = (part.key.provider, part.key.collection.clone(), rule);
            let chosen = groups.entry(group).or_default();
            for row in 0..part.columns.rows() {
                let Some(id) = part.columns.text(Column::MessageId, row) else {
                    without_message += 1;
                    continue;
                };
                chosen.wanted.add(id);
                let part = rule
                    .part_key(part.columns.text(rule.part(), row))
                    .unwrap_or(0);
                let parts = chosen.parts.entry(id_key(id)).or_default();
                if !parts.contains(&part) {
                    parts.push(part);
                }
            }
        }
    })?;
    let groups = groups
        .into_iter()
        .map(|(group, chosen)| (group, Some(chosen)));
    Ok((groups.collect(), without_message))
}

type AllOf = (Vec<Choice>, u64);

/// Returns the groups of a question that asks for all records of its collections; `None` if it chooses among them.
fn all_of(hours: &Hours, question: &Question) -> Result<Option<AllOf>, StoreError> {
    let filter = &question.filter;
    let is_whole = filter.window == crate::model::Window::ALL
        && filter.conditions.is_empty()
        && filter.hours.is_empty();
    if !is_whole {
        return Ok(None);
    }
    let mut groups = BTreeMap::new();
    let mut without_message = 0;
    for file in hours.matching(filter)? {
        let key = file.key();
        for (group, info) in file.groups().iter().enumerate() {
            match FateRule::of(key.provider, info.record_type) {
                // Tasks are not messages.
                Some(rule) if rule.subject() == Column::MessageId => {
                    groups.insert((key.provider, key.collection.clone(), rule), None);
                    without_message += file.nulls(group, Column::MessageId);
                }
                _ => without_message += info.rows as u64,
            }
        }
    }
    Ok(Some((groups.into_iter().collect(), without_message)))
}
