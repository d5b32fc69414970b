//! How the fate of a record is judged: from what, and for how long a delivery may still be retried.

use crate::model::{Column, Fate, Provider, RecordType, Timestamp};

use super::end::End;
use crate::store::id_key;

/// Segment retries a failed delivery for four hours (docs-repo `connections/destinations/index.md`, Retries). Of the
/// others' windows nothing is known that could be told by a message.
pub(crate) const RETRY_MICROS: i64 = 4 * 3_600_000_000;

/// How the fate of a record is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::query) enum FateRule {
    /// The attempts at a message.
    Delivery,
    /// What became of a notification in each channel.
    Notification,
    /// A task that is run again and again: each failure is judged by what came after it.
    Task,
}

impl FateRule {
    /// Returns how records of a type are judged; `None` if they have no fate: an exchange carries many messages.
    pub(in crate::query) fn of(provider: Provider, record_type: RecordType) -> Option<FateRule> {
        match (provider, record_type) {
            (_, RecordType::Attempt | RecordType::Error) => Some(FateRule::Delivery),
            (Provider::NotificationApi, RecordType::Notification | RecordType::Event) => {
                Some(FateRule::Notification)
            }
            (Provider::SegmentAudit, RecordType::Audit) => Some(FateRule::Task),
            _ => None,
        }
    }

    /// The types of the records that are evidence; those of a later step count only where an earlier one found none.
    pub(in crate::query) fn steps(self) -> &'static [&'static [RecordType]] {
        match self {
            FateRule::Delivery => &[&[RecordType::Attempt, RecordType::Error]],
            FateRule::Notification => &[&[RecordType::Event], &[RecordType::Notification]],
            FateRule::Task => &[&[RecordType::Audit]],
        }
    }

    /// The column that evidence is found by.
    pub(in crate::query) fn subject(self) -> Column {
        match self {
            FateRule::Delivery | FateRule::Notification => Column::MessageId,
            FateRule::Task => Column::Resource,
        }
    }

    /// The column that tells the parts of a subject apart.
    pub(in crate::query) fn part(self) -> Column {
        match self {
            FateRule::Delivery => Column::Destination,
            FateRule::Notification => Column::Channel,
            FateRule::Task => Column::Operation,
        }
    }

    /// Returns the part of a subject that a text names: 0 for all; `None` if it names none.
    pub(in crate::query) fn part_key(self, text: Option<&str>) -> Option<u64> {
        // OK because half of the hash still tells the few destinations of a message apart.
        let short = |text: &str| (id_key(text) as u64).max(1);
        match self {
            FateRule::Delivery | FateRule::Notification => Some(text.map_or(0, short)),
            FateRule::Task => text.and_then(task).map(|task| short(&task)),
        }
    }

    /// Judges a record at a time.
    pub(in crate::query) fn fate(
        self,
        end: &End,
        time: Timestamp,
        provider: Provider,
        now: Timestamp,
    ) -> Fate {
        match self {
            FateRule::Task if end.success > time.micros() => Fate::Delivered,
            FateRule::Task => Fate::Unknown,
            FateRule::Delivery | FateRule::Notification => {
                let window = if provider == Provider::Segment {
                    RETRY_MICROS
                } else {
                    0
                };
                end.fate(now, window)
            }
        }
    }
}

/// Returns the task whose end an audit event tells: `audience run` of `Audience Run Failed`.
fn task(operation: &str) -> Option<String> {
    let operation = operation.to_ascii_lowercase();
    let mut words: Vec<&str> = operation.split_whitespace().collect();
    let is_end = matches!(
        words.pop()?,
        "failed" | "failure" | "succeeded" | "success" | "successful" | "completed"
    );
    let is_task = matches!(words.last(), Some(&("run" | "sync")));
    (is_end && is_task).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_named_by_what_stands_before_its_end() {
        assert_eq!(task("Audience Run Failed").as_deref(), Some("audience run"));
        assert_eq!(
            task("Computed Trait Destination Sync Failed").as_deref(),
            Some("computed trait destination sync")
        );
        for operation in ["Audience Created", "Failed", "Run", "", "Payment Failed"] {
            assert_eq!(task(operation), None, "{operation}");
        }
    }
}
