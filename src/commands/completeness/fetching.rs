//! The command that fetches hours, to be copied from a message.
//!
//! Rule: it names what was asked in the words of the user: aliases, and the account if there are several.

use std::collections::BTreeSet;

use crate::model::{Hour, Provider};
use crate::store::HourKey;

use super::super::Context;
use super::super::account::fetch_words;

/// The command that fetches hours: named one by one if few, else as a range, in which settled hours cost nothing.
pub(super) fn fetch_command(keys: &[HourKey], context: &Context<'_>) -> String {
    let mut hours: Vec<Hour> = keys.iter().map(|key| key.hour).collect();
    hours.sort_unstable();
    hours.dedup();
    let collections: BTreeSet<&str> = keys.iter().map(|key| key.collection.as_str()).collect();
    let collections: Vec<&str> = collections.into_iter().collect();
    let provider = keys.first().map_or(Provider::Segment, |key| key.provider);
    let mut words = fetch_words(context, provider, &collections);
    match hours.as_slice() {
        [first, _, .., last] => {
            let until = last.next().to_string();
            words.extend([
                "--since".to_owned(),
                first.to_string(),
                "--until".to_owned(),
                until,
            ]);
        }
        few => few
            .iter()
            .for_each(|hour| words.extend(["--hour".to_owned(), hour.to_string()])),
    }
    words.join(" ")
}
