//! What `show` says on stderr after the rows.

use std::collections::HashMap;

use crate::model::{Column, Field, Value, count, number};
use crate::providers::codes::is_explained;
use crate::query::{Answer, Chunk, Question, Sort, Total};
use crate::render::Summary;

use super::super::completeness::Completeness;
use super::super::{Context, quote};
use super::Args;

pub(super) fn tell(
    context: &mut Context<'_>,
    args: &Args,
    question: &Question,
    answer: &Answer,
    summary: &Summary,
    completeness: Option<&Completeness>,
) {
    context.messages.note(&how_many(answer, question));
    if !summary.hidden.is_empty() {
        let hidden = summary.hidden.join(", ");
        context
            .messages
            .note(&format!("columns left out to fit: {hidden}"));
    }
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
        None if answer.orphans.count() > 0 => {
            let orphans = count(answer.orphans.count(), "attempt");
            context
                .messages
                .warn(&format!("{orphans} without exchange: not in the input"));
        }
        None => {}
    }
    if answer.has_more {
        let command = next_page(context, args, answer);
        context.messages.hint(&format!("next page: {command}"));
    }
}

fn how_many(answer: &Answer, question: &Question) -> String {
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
    match answer.total {
        _ if answer.shown == 0 && question.skip == 0 && question.after.is_none() => {
            "no record matches".to_owned()
        }
        Total::Exactly(total) if total == answer.shown => {
            format!("{}, {order}", count(total, "record"))
        }
        Total::Exactly(total) => format!(
            "{} of {}, {order}",
            number(answer.shown),
            count(total, "record")
        ),
        Total::AtLeast(_) if answer.has_more => {
            format!("{}, {order}; there are more", count(answer.shown, "record"))
        }
        Total::AtLeast(_) => format!(
            "{}, {order}; these are the last",
            count(answer.shown, "record")
        ),
    }
}

/// The command as typed, with the way to go on in place of the one there.
fn next_page(context: &Context<'_>, args: &Args, answer: &Answer) -> String {
    let mut words = vec![context.program.clone()];
    let mut typed = context.arguments.iter();
    while let Some(word) = typed.next() {
        match word.as_str() {
            "--after" | "--page" => drop(typed.next()),
            word if word.starts_with("--after=") || word.starts_with("--page=") => {}
            word => words.push(quote(word)),
        }
    }
    let go_on = match answer.next {
        Some(cursor) => format!("--after {cursor}"),
        None => format!("--page {}", args.page.unwrap_or(1) + 1),
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
        if let Some((code, _)) = codes.iter().find(|(code, _)| is_explained(code)) {
            let code = quote(code);
            let said = format!("{} explain {code} tells what it means", context.program);
            context.messages.hint(&said);
        }
    }
}
