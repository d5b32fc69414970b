//! What `show` says on stderr after the rows.

use std::collections::HashMap;

use crate::model::{Column, Field, Provider, Value, count, number};
use crate::providers::codes::is_explained;
use crate::query::{Answer, Chunk, Cursor, Messages, Orphans, Question, Sort, Total};
use crate::render::Summary;

use super::super::completeness::Completeness;
use super::super::{Context, folds, quote};

/// How the counts are to be understood.
#[derive(Default)]
pub(super) struct Counting {
    /// With `--dedup`: how many records the rows stand for.
    pub(super) folded: Option<u64>,
    /// Providers that fold equal errors themselves and have some among the records.
    pub(super) folding: Vec<Provider>,
}

pub(super) fn tell(
    context: &mut Context<'_>,
    page: Option<u64>,
    question: &Question,
    answer: &Answer,
    counting: &Counting,
    summary: &Summary,
    completeness: Option<&Completeness>,
) {
    let Counting { folded, folding } = counting;
    let mut told = how_many(answer, question, "record", folding);
    if let Some(records) = (*folded).filter(|records| *records > 0) {
        told = how_many(answer, question, "row", &[]);
        let records = folds::at_least(count(records, "record"), folding);
        told = format!("{told}, of {records}");
    }
    context.messages.note(&told);
    for provider in folding {
        context.messages.note(&folds::why(*provider));
    }
    tell_hidden(context, summary);
    if answer.cursor_row_is_gone {
        context.messages.warn(
            "the last record of the page before is no longer stored; records of its very time may be repeated here",
        );
    }
    match completeness {
        Some(completeness) => {
            completeness.tell_orphans(&answer.orphans, context);
            completeness.tell(context);
        }
        None => tell_orphans_of_input(context, &answer.orphans),
    }
    if answer.has_more {
        let command = next_page(context, page, answer.next);
        context.messages.hint(&format!("next page: {command}"));
    }
}

/// What is said after the rows of `--by-message`.
pub(super) fn tell_messages(
    context: &mut Context<'_>,
    page: Option<u64>,
    found: &Messages,
    summary: &Summary,
    completeness: Option<&Completeness>,
) {
    let told = match (found.total, found.shown) {
        (0, _) => "no message matches".to_owned(),
        (total, shown) if total == shown => {
            format!("{}, last seen first", count(total, "message"))
        }
        (total, shown) => format!(
            "{} of {}, last seen first",
            number(shown),
            count(total, "message")
        ),
    };
    context.messages.note(&told);
    tell_hidden(context, summary);
    if found.without_message > 0 {
        let records = count(found.without_message, "matching record");
        let belong = if found.without_message == 1 {
            "belongs"
        } else {
            "belong"
        };
        context
            .messages
            .note(&format!("{records} {belong} to no single message"));
    }
    match completeness {
        Some(completeness) => {
            completeness.tell_orphans(&found.orphans, context);
            completeness.tell(context);
        }
        None => tell_orphans_of_input(context, &found.orphans),
    }
    if found.has_more {
        let command = next_page(context, page, None);
        context.messages.hint(&format!("next page: {command}"));
    }
}

fn tell_hidden(context: &mut Context<'_>, summary: &Summary) {
    if !summary.hidden.is_empty() {
        let hidden = summary.hidden.join(", ");
        context
            .messages
            .note(&format!("columns left out to fit: {hidden}"));
    }
}

fn tell_orphans_of_input(context: &mut Context<'_>, orphans: &Orphans) {
    if orphans.count() > 0 {
        let orphans = count(orphans.count(), "attempt");
        context
            .messages
            .warn(&format!("{orphans} without exchange: not in the input"));
    }
}

fn how_many(answer: &Answer, question: &Question, thing: &str, folding: &[Provider]) -> String {
    let order = if question.sort == Sort::NEWEST_FIRST {
        "newest first".to_owned()
    } else {
        let direction = if question.sort.descending {
            ", descending"
        } else {
            ""
        };
        format!("by {}{direction}", question.sort.field)
    };
    let records = |number| folds::at_least(count(number, thing), folding);
    match answer.total {
        _ if answer.shown == 0 && question.skip == 0 && question.after.is_none() => {
            "no record matches".to_owned()
        }
        Total::Exactly(total) if total == answer.shown => {
            format!("{}, {order}", records(total))
        }
        Total::Exactly(total) => format!("{} of {}, {order}", number(answer.shown), records(total)),
        Total::AtLeast(_) if answer.has_more => {
            format!("{}, {order}; there are more", records(answer.shown))
        }
        Total::AtLeast(_) => format!("{}, {order}; these are the last", records(answer.shown)),
    }
}

/// The command as typed, with the way to go on in place of the one there.
fn next_page(context: &Context<'_>, page: Option<u64>, next: Option<Cursor>) -> String {
    let mut words = vec![context.program.clone()];
    let mut typed = context.arguments.iter();
    while let Some(word) = typed.next() {
        match word.as_str() {
            "--after" | "--page" => drop(typed.next()),
            word if word.starts_with("--after=") || word.starts_with("--page=") => {}
            word => words.push(quote(word)),
        }
    }
    let go_on = match next {
        Some(cursor) => format!("--after {cursor}"),
        None => format!("--page {}", page.unwrap_or(1) + 1),
    };
    words.push(go_on);
    words.join(" ")
}

/// The codes, and for want of one the failed statuses, of the rows that were printed.
#[derive(Default)]
pub(super) struct Codes {
    counts: HashMap<String, u64>,
}

impl Codes {
    pub(super) fn add(&mut self, chunk: &Chunk) {
        for row in 0..chunk.len() {
            let value = |column| chunk.value(row, &Field::Column(column));
            let code = match (value(Column::Code), value(Column::Status)) {
                (Value::Text(code), _) => code.into_owned(),
                (_, Value::Int(status)) if status >= 400 => status.to_string(),
                _ => continue,
            };
            *self.counts.entry(code).or_default() += 1;
        }
    }

    /// Says how the most frequent of those that are known is explained.
    pub(super) fn tell(self, context: &mut Context<'_>) {
        let mut codes: Vec<(String, u64)> = self.counts.into_iter().collect();
        codes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        // Rare codes are not worth looking up.
        let mut frequent = codes.iter().take(10);
        if let Some((code, _)) = frequent.find(|(code, _)| is_explained(code)) {
            let code = quote(code);
            let said = format!("{} explain {code} tells what it means", context.program);
            context.messages.hint(&said);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::sandbox::{settings, with_context};
    use super::*;

    #[test]
    fn the_most_frequent_code_that_is_known_is_hinted_at() {
        let told = |counts: &[(&str, u64)]| {
            let counts = counts.iter().map(|(code, n)| ((*code).to_owned(), *n));
            let codes = Codes {
                counts: counts.collect(),
            };
            let root = tempfile::tempdir().unwrap();
            let now = "2025-03-23T20:30:00Z";
            let ((), _, err) = with_context(settings(root.path()), now, &[], |context| {
                codes.tell(context);
            });
            err
        };
        assert_eq!(
            told(&[("429", 2), ("made-up", 9), ("ETIMEDOUT", 3)]),
            "hint: faillog explain ETIMEDOUT tells what it means\n"
        );
        assert_eq!(
            told(&[("Missing token", 1)]),
            "hint: faillog explain 'Missing token' tells what it means\n"
        );
        assert_eq!(told(&[("made-up", 9)]), "");
        assert_eq!(told(&[]), "");
    }
}
