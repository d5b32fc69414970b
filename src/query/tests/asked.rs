//! Conditions on made-up records, as a filter and as plain words.

use proptest::prelude::*;

use super::field;
use super::made::base;
use super::reckoned::Shown;
use crate::model::{Column, Comparison, Condition, Fate, Filter, Literal, RecordType, Test};

/// Filters of which each has a plain counterpart.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    Everything,
    Type(RecordType),
    Status(i64),
    NotStatus(i64),
    Message(u8),
    Exchange(u8),
    Attempt(i64),
    Discarded(bool),
    Outcome(&'static str),
    Joined(&'static str),
    Fate(Fate),
    LastStatus(i64),
    Pattern(&'static str),
    Grep(u8),
    Since(i64),
}

pub(super) fn asked() -> impl Strategy<Value = Ask> {
    prop_oneof![
        Just(Ask::Everything),
        prop::sample::select(vec![
            RecordType::Error,
            RecordType::Attempt,
            RecordType::Exchange
        ])
        .prop_map(Ask::Type),
        prop::sample::select(vec![200i64, 400, 429, 503]).prop_map(Ask::Status),
        prop::sample::select(vec![200i64, 429]).prop_map(Ask::NotStatus),
        (0..12u8).prop_map(Ask::Message),
        (0..8u8).prop_map(Ask::Exchange),
        (1..5i64).prop_map(Ask::Attempt),
        any::<bool>().prop_map(Ask::Discarded),
        prop::sample::select(vec!["success", "failure"]).prop_map(Ask::Outcome),
        prop::sample::select(vec!["exchange", "missing", "attempt+exchange"]).prop_map(Ask::Joined),
        prop::sample::select(Fate::ALL.to_vec()).prop_map(Ask::Fate),
        prop::sample::select(vec![200i64, 429]).prop_map(Ask::LastStatus),
        prop::sample::select(vec!["slow down", "status 503"]).prop_map(Ask::Pattern),
        (0..12u8).prop_map(Ask::Grep),
        (0..7200i64).prop_map(Ask::Since),
    ]
}

impl Ask {
    pub(super) fn add_to(&self, filter: &mut Filter) {
        let test = |name: &str, comparison| Test {
            field: field(name),
            comparison,
        };
        let texts = |name, text: &str| test(name, Comparison::one_of([text.to_owned()], false));
        let number = |name, number: i64| test(name, Comparison::Within(number..=number));
        let any_of = match self {
            Ask::Everything => vec![],
            Ask::Type(record_type) => {
                vec![Test::text(Column::Type, [record_type.name().to_owned()])]
            }
            Ask::Status(status) => vec![number("status", *status)],
            Ask::NotStatus(status) => {
                filter.add(Condition::Not(Box::new(Condition::Is(number(
                    "status", *status,
                )))));
                vec![]
            }
            Ask::Message(message) => vec![Test::text(Column::MessageId, [format!("m{message}")])],
            Ask::Exchange(id) => vec![Test::text(Column::ExchangeId, [format!("x{id}")])],
            Ask::Attempt(attempt) => vec![number("attempt", *attempt)],
            Ask::Discarded(discarded) => vec![test(
                "discarded",
                Comparison::Equal(Literal::Bool(*discarded)),
            )],
            Ask::Outcome(outcome) => vec![texts("outcome", outcome)],
            Ask::Joined(joined) => vec![texts("joined", joined)],
            Ask::Fate(fate) => vec![texts("fate", fate.name())],
            Ask::LastStatus(status) => vec![number("last_status", *status)],
            Ask::Pattern(pattern) => vec![texts("pattern", pattern)],
            Ask::Grep(message) => {
                let regex = regex::bytes::Regex::new(&format!("\"m{message}\"")).unwrap();
                vec![test("raw", Comparison::Matches(regex))]
            }
            Ask::Since(seconds) => {
                filter.window.start = filter
                    .window
                    .start
                    .max(base().start().plus(seconds * 1_000_000));
                vec![]
            }
        };
        filter.require(any_of);
    }

    /// Whether a record is in the answer.
    pub(super) fn wants(&self, shown: &Shown<'_>) -> bool {
        let is = |name: &str, text: &str| shown.cell(name) == text;
        match self {
            Ask::Everything => true,
            Ask::Type(record_type) => is("type", record_type.name()),
            Ask::Status(status) => is("status", &status.to_string()),
            Ask::NotStatus(status) => !is("status", &status.to_string()),
            Ask::Message(message) => is("message_id", &format!("m{message}")),
            Ask::Exchange(exchange) => is("exchange_id", &format!("x{exchange}")),
            Ask::Attempt(attempt) => is("attempt", &attempt.to_string()),
            Ask::Discarded(discarded) => is("discarded", &discarded.to_string()),
            Ask::Outcome(outcome) => is("outcome", outcome),
            Ask::Joined(joined) => is("joined", joined),
            Ask::Fate(fate) => is("fate", fate.name()),
            Ask::LastStatus(status) => is("last_status", &status.to_string()),
            Ask::Pattern(pattern) => is("pattern", pattern),
            Ask::Grep(message) => is(".message", &format!("m{message}")),
            Ask::Since(seconds) => shown.made.time() >= base().start().plus(seconds * 1_000_000),
        }
    }
}
