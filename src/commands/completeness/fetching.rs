//! The command that fetches hours, to be copied from a message.
//!
//! Rule: it names what was asked in the words of the user: aliases, and the account if there are several.

use std::collections::BTreeSet;

use crate::model::Provider;

use super::super::Context;
use super::super::account::fetch_words;
use super::run::{Run, joined};

/// The command that fetches hours: named one by one if few, else as a range, in which settled hours cost nothing.
pub(super) fn fetch_command(runs: &[Run], context: &Context<'_>) -> String {
    let collections: BTreeSet<&str> = runs.iter().map(|run| run.collection.as_str()).collect();
    let collections: Vec<&str> = collections.into_iter().collect();
    let provider = runs.first().map_or(Provider::Segment, |run| run.provider);
    let mut words = fetch_words(context, provider, &collections);
    let mut add = |flag: &str, value: String| words.extend([flag.to_owned(), value]);
    match joined(runs).as_slice() {
        [(first, last)] if first == last => add("--hour", first.to_string()),
        [(first, last)] if first.next() == *last => {
            add("--hour", first.to_string());
            add("--hour", last.to_string());
        }
        [(first, a), (b, last)] if first == a && b == last => {
            add("--hour", first.to_string());
            add("--hour", last.to_string());
        }
        [(first, _), ..] => {
            let last = runs.iter().map(|run| run.last).max().unwrap_or(*first);
            add("--since", first.to_string());
            add("--until", last.next().to_string());
        }
        [] => {}
    }
    words.join(" ")
}
