//! The command that goes on where a fetch stopped, to be pasted.
//!
//! Rule: it names hours by their date; `--last 24h` means other hours tomorrow.

use crate::fetch::Planned;
use crate::model::{Hour, Window};

use super::super::{Context, quote};

/// More hours than this are given as a range.
const MOST_NAMED: usize = 6;

/// The flags that say when; all take a value.
const TIME_FLAGS: [&str; 4] = ["--hour", "--since", "--until", "--last"];

/// Returns the command as it was typed, with the hours left undone in the place of those asked for.
pub(super) fn command(context: &Context<'_>, undone: &[Planned]) -> Option<String> {
    let mut hours: Vec<Hour> = undone.iter().map(|planned| planned.key.hour).collect();
    hours.sort_unstable();
    hours.dedup();
    let (first, last) = (*hours.first()?, *hours.last()?);
    let (mut words, was_named) = without_times(context, &TIME_FLAGS);
    if was_named && hours.len() <= MOST_NAMED {
        for hour in hours {
            words.extend(["--hour".to_owned(), hour.to_string()]);
        }
    } else {
        words.extend(["--since".to_owned(), first.start().to_string()]);
        words.extend(["--until".to_owned(), last.end().to_string()]);
    }
    Some(joined(&words))
}

/// Returns the command as it was typed, but for a range of time; a limit on pages would only get the same ones again.
pub(super) fn in_window(context: &Context<'_>, window: Window) -> String {
    let [hour, since, until, last] = TIME_FLAGS;
    let (mut words, _) = without_times(context, &[hour, since, until, last, "--max-requests"]);
    words.extend(["--since".to_owned(), window.start.to_string()]);
    words.extend(["--until".to_owned(), window.end.to_string()]);
    joined(&words)
}

fn joined(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| quote(word)).collect();
    words.join(" ")
}

/// Returns the words of the command but for some flags and their values, and whether hours were named.
fn without_times(context: &Context<'_>, flags: &[&str]) -> (Vec<String>, bool) {
    let mut words = vec![context.program.clone()];
    let mut typed = context.arguments.iter();
    let mut was_named = false;
    while let Some(word) = typed.next() {
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (word.as_str(), None),
        };
        if !flags.contains(&flag) {
            words.push(word.clone());
            continue;
        }
        was_named |= flag == "--hour";
        if value.is_none() {
            typed.next();
        }
    }
    (words, was_named)
}
