//! What `show` says on stderr after the rows.

use crate::model::{count, number};
use crate::query::{Answer, Cursor, Messages, Orphans, Question, Sort, Total};
use crate::render::Summary;

use super::super::completeness::Completeness;
use super::super::{Context, quote};
use super::Args;

pub(super) fn tell(
    context: &mut Context<'_>,
    args: &Args,
    question: &Question,
    answer: &Answer,
    folded: Option<(u64, bool)>,
    summary: &Summary,
    completeness: Option<&Completeness>,
) {
    let mut told = how_many(answer, question, "record");
    if let Some((records, _)) = folded.filter(|(records, _)| *records > 0) {
        told = how_many(answer, question, "row");
        told = format!("{told}, of {}", count(records, "record"));
    }
    context.messages.note(&told);
    tell_hidden(context, summary);
    if folded.is_some_and(|(_, is_lower_bound)| is_lower_bound) {
        context.messages.note(
            "counts are lower bounds (≥) where the vendor folds equal failures itself: akeneo within five minutes",
        );
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
        None => tell_orphans_of_input(context, &answer.orphans),
    }
    if answer.has_more {
        let command = next_page(context, args, answer.next);
        context.messages.hint(&format!("next page: {command}"));
    }
}

/// What is said after the rows of `--by-message`.
pub(super) fn tell_messages(
    context: &mut Context<'_>,
    args: &Args,
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
        let command = next_page(context, args, None);
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

fn how_many(answer: &Answer, question: &Question, thing: &str) -> String {
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
            format!("{}, {order}", count(total, thing))
        }
        Total::Exactly(total) => format!(
            "{} of {}, {order}",
            number(answer.shown),
            count(total, thing)
        ),
        Total::AtLeast(_) if answer.has_more => {
            format!("{}, {order}; there are more", count(answer.shown, thing))
        }
        Total::AtLeast(_) => format!(
            "{}, {order}; these are the last",
            count(answer.shown, thing)
        ),
    }
}

/// The command as typed, with the way to go on in place of the one there.
fn next_page(context: &Context<'_>, args: &Args, next: Option<Cursor>) -> String {
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
        None => format!("--page {}", args.page.unwrap_or(1) + 1),
    };
    words.push(go_on);
    words.join(" ")
}
