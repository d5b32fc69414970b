//! One row a message at a destination: what its records say together.
//!
//! A filter chooses messages: those of which a record matches. The row then tells of all stored records of the message
//! within its collection. `attempts` is the number of stored attempts, or the highest attempt number where that is more;
//! `status` and `reason` are those of the last attempt; without attempts, of the last record.
//!
//! Rule: exact whatever the order of records. How it ended is told by the last record alone; who and where by the latest
//! that says it, and never by one of another destination. Memory: 40 bytes for each row that may be shown, and what
//! gathering takes.

mod choose;
mod story;
mod tell;

use crate::model::{Kind, Value};
use crate::store::StoreError;

use super::super::deliveries::{Gathering, Seen, Which};
use super::super::hours::Hours;
use super::super::question::{Orphans, Question};
use choose::{Chosen, choose};
use story::{Group, Story};
use tell::Telling;

/// Messages whose records are read at a time.
const BATCH: usize = 16 * 1024;

/// The columns of a message's row and their kinds, in order.
pub(crate) const MESSAGE_COLUMNS: [(&str, Kind); 13] = [
    ("provider", Kind::Text),
    ("collection", Kind::Text),
    ("first_seen", Kind::Time),
    ("last_seen", Kind::Time),
    ("attempts", Kind::Int),
    ("status", Kind::Int),
    ("code", Kind::Text),
    ("reason", Kind::Text),
    ("fate", Kind::Text),
    ("message_id", Kind::Text),
    ("destination", Kind::Text),
    ("channel", Kind::Text),
    ("source", Kind::Text),
];

/// What is known after all rows were handed over.
pub(crate) struct Messages {
    pub(crate) shown: u64,
    pub(crate) total: u64,
    pub(crate) has_more: bool,
    /// Records that match and name no message.
    pub(crate) without_message: u64,
    pub(crate) orphans: Orphans,
}

pub(in super::super) fn ask_messages<E: From<StoreError>>(
    hours: &Hours,
    question: &Question,
    mut sink: impl FnMut(&[Value<'_>]) -> Result<(), E>,
) -> Result<Messages, E> {
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let first = number(question.skip);
    let end = first.saturating_add(question.limit.map_or(usize::MAX, number));
    let mut shown = 0;
    // Where an hour cannot be read, all is gathered once more without it.
    'gather: loop {
        let mut orphans = Orphans::default();
        let told = match gather(hours, question, end, &mut orphans) {
            Ok(told) => told,
            Err(error) => {
                hours.recover(error)?;
                continue;
            }
        };
        let end = end.min(told.newest.stories.len());
        let next = first.saturating_add(shown).min(end);
        for batch in told.newest.stories[next..end].chunks(BATCH) {
            match Telling::of(hours, &told.groups, batch, question.now) {
                Ok(telling) => telling.tell(&mut orphans, &mut sink)?,
                Err(error) => {
                    hours.recover(error)?;
                    continue 'gather;
                }
            }
            shown += batch.len();
        }
        return Ok(Messages {
            shown: shown as u64,
            total: told.newest.total,
            has_more: (end as u64) < told.newest.total,
            without_message: told.without_message,
            orphans,
        });
    }
}

/// The rows that may be shown, and where they are from.
struct Gathered {
    groups: Vec<Group>,
    newest: Newest,
    without_message: u64,
}

/// The newest rows, in order once they are cut, and how many there were.
#[derive(Default)]
struct Newest {
    stories: Vec<Story>,
    total: u64,
}

fn gather(
    hours: &Hours,
    question: &Question,
    end: usize,
    orphans: &mut Orphans,
) -> Result<Gathered, StoreError> {
    let (chosen, without_message) = choose(hours, question, orphans)?;
    let mut gathered = Gathered {
        groups: Vec::new(),
        newest: Newest::default(),
        without_message,
    };
    for (number, (group, chosen)) in (0..).zip(chosen) {
        let (provider, collection, rule) = &group;
        let files = hours.of_collection(*provider, collection)?;
        let gathering = Gathering {
            known: hours.keys(),
            files: &files,
            rule: *rule,
            which: chosen
                .as_ref()
                .map_or(Which::All, |chosen| Which::These(&chosen.wanted)),
        };
        let made = gathering.seen(|made: &mut Newest, seen| {
            each_row(seen, chosen.as_ref(), |seen| {
                let group = number;
                made.add(Story { group, seen }, end);
            });
        })?;
        for mut part in made {
            gathered.newest.total += part.total;
            gathered.newest.stories.append(&mut part.stories);
        }
        gathered.newest.cut(end);
        gathered.groups.push(group);
    }
    Ok(gathered)
}

impl Newest {
    fn add(&mut self, story: Story, end: usize) {
        self.total += 1;
        self.stories.push(story);
        // Cutting back only when twice too long makes the cost of each row constant.
        if self.stories.len() / 2 > end.max(1024) {
            self.cut(end);
        }
    }

    fn cut(&mut self, end: usize) {
        if end < self.stories.len() && end > 0 {
            self.stories
                .select_nth_unstable_by_key(end - 1, Story::order);
        }
        self.stories.truncate(end);
        self.stories.sort_unstable_by_key(Story::order);
    }
}

/// Hands over the rows of a message: one for each destination that is asked for.
fn each_row(seen: &[Seen], chosen: Option<&Chosen>, mut take: impl FnMut(Seen)) {
    if let [one] = seen {
        return take(*one);
    }
    let asked = |seen: &Seen| match chosen {
        None => true,
        Some(chosen) => {
            let parts = chosen.parts.get(&seen.message);
            parts.is_some_and(|parts| parts.contains(&0) || parts.contains(&seen.part))
        }
    };
    // What names no destination belongs to all of them.
    let of_all = seen.iter().find(|seen| seen.part == 0);
    let rows = seen.iter().filter(|seen| seen.part != 0 && asked(seen));
    for row in rows {
        let mut row = *row;
        of_all.into_iter().for_each(|of_all| row.merge(of_all));
        take(row);
    }
}
