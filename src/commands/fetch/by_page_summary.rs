//! What is said before and after a fetch that goes page by page, and the exit code that follows from it.
//!
//! Rule: what may be missing is always said, and an hour is called complete only if the feed vouches for it.

use crate::fetch::{Action, PageStop, PagesReport, Plan, Skip, settles_at};
use crate::model::{count, number};
use crate::providers::spec;

use super::super::{Context, Error, Kind};
use super::resume;
use super::target::{Target, is_due};

/// Says what is asked for.
pub(super) fn tell_intent(context: &mut Context<'_>, target: &Target, doing: &str) {
    let Some(window) = target.window else {
        return context
            .messages
            .note("nothing is due: no call needs to be made");
    };
    let mut text = format!(
        "{doing} {} for {} to {}",
        spec(target.provider).title,
        window.start,
        window.end
    );
    for (place, (key, value)) in target.params.iter().enumerate() {
        let before = if place == 0 { " with" } else { "," };
        text.push_str(&format!("{before} {key}={value}"));
    }
    text.push_str(&format!("; kept as `{}`", target.collection));
    context.messages.note(&text);
}

/// Tells how the fetch went.
///
/// # Errors
/// If it was stopped; with `strict` also if an hour asked for is not complete.
pub(super) fn tell(
    context: &mut Context<'_>,
    strict: bool,
    plan: &Plan,
    target: &Target,
    report: &PagesReport,
) -> Result<(), Error> {
    let policy = context.settings.policy(target.provider, &target.collection);
    let skipped = |test: fn(&Skip) -> bool| {
        let entries = plan.entries().iter();
        entries
            .filter(|entry| matches!(&entry.action, Action::Skip(skip) if test(skip)))
            .count() as u64
    };
    let complete_before = skipped(|skip| matches!(skip, Skip::Settled | Skip::Empty));
    let expired = skipped(|skip| matches!(skip, Skip::Expired(_)));
    let running = skipped(|skip| matches!(skip, Skip::Early(..) | Skip::NotBegun));
    let whole = report.whole.len() as u64;
    let growing = match report.asked_at {
        Some(at) => report
            .whole
            .iter()
            .filter(|hour| at < settles_at(**hour, &policy))
            .count() as u64,
        None => 0,
    };
    let partly = plan
        .entries()
        .iter()
        .filter(|entry| entry.action == Action::Fetch && is_due(entry))
        .filter(|entry| !report.whole.contains(&entry.key.hour))
        .count() as u64;

    let mut text = match target.window {
        None => "nothing was asked for".to_owned(),
        Some(_) => {
            let known = report
                .records
                .saturating_sub(report.added)
                .saturating_sub(report.updated);
            let updated = match report.updated {
                0 => String::new(),
                updated => format!(" {} updated,", number(updated)),
            };
            format!(
                "got {} on {}: {} new,{updated} {} known before",
                count(report.records, "record"),
                count(report.pages, "page"),
                number(report.added),
                number(known)
            )
        }
    };
    for (hours, what) in [
        (whole - growing, "complete"),
        (growing, "still growing and due again"),
        (partly, "not known to be whole"),
        (complete_before, "complete before"),
        (running, "not ended"),
        (expired, "deleted by the vendor"),
    ] {
        if hours > 0 {
            text.push_str(&format!("; {} {what}", count(hours, "hour")));
        }
    }
    if report.retries > 0 {
        text.push_str(&format!("; {} repeated", count(report.retries, "call")));
    }
    context.messages.note(&text);
    tell_doubts(context, target, report);

    let go_on = target
        .window
        .map(|window| resume::in_window(context, window));
    match &report.stopped {
        None => {}
        Some(PageStop::MaxPages) => {
            let said = "--max-requests was reached: what the further pages hold is not known";
            context.messages.warn(said);
        }
        Some(stop) => {
            let error = Error::from(stop.clone());
            return Err(match go_on {
                Some(command) => error.hint(format!("To go on: {command}")),
                None => error,
            });
        }
    }
    let open = growing + partly + running + expired + report.rejects;
    let has_gap = report
        .coverage
        .as_ref()
        .is_some_and(|coverage| coverage.gap.is_some());
    if strict && (open > 0 || has_gap || report.stopped.is_some()) {
        let error = Error::new(Kind::Incomplete, "not every hour asked for is complete");
        return Err(match go_on {
            Some(command) => error.hint(format!("To ask again: {command}")),
            None => error,
        });
    }
    Ok(())
}

/// Says what may be missing, and why.
fn tell_doubts(context: &mut Context<'_>, target: &Target, report: &PagesReport) {
    if report.rejects > 0 {
        context.messages.warn(&format!(
            "{} could not be decoded, kept in _rejects-*.ndjson beside their hours",
            count(report.rejects, "record")
        ));
    }
    for hour in &report.damaged {
        context.messages.warn(&format!(
            "what was stored of {hour} was damaged; what could be read of it is kept, the rest is gone"
        ));
    }
    if report.added > 0 && report.within == 0 {
        context.messages.note(
            "none of the records is of the times asked for; they are kept under their own times",
        );
    }
    let Some(coverage) = &report.coverage else {
        return;
    };
    if let Some(gap) = &coverage.gap {
        context
            .messages
            .warn(&format!("something may be missing: {gap}"));
    }
    if spec(target.provider).folds && report.records > 0 {
        context
            .messages
            .note("the vendor folds equal failures into one record: there were at least as many");
    }
}

/// What a stop means for the exit.
impl From<PageStop> for Error {
    fn from(stop: PageStop) -> Self {
        let hinted = |error: Error, hint: Option<String>| match hint {
            Some(hint) => error.hint(hint),
            None => error,
        };
        match stop {
            PageStop::Interrupted => Error::new(Kind::Interrupted, "interrupted"),
            PageStop::MaxPages => Error::new(Kind::Incomplete, "--max-requests was reached"),
            PageStop::Unauthorised(message, hint) => {
                hinted(Error::new(Kind::Unauthorised, message), hint)
                    .hint("See where the token comes from with `faillog auth status`.")
            }
            PageStop::RateLimited { message, again_at } => {
                let error = Error::new(Kind::BudgetSpent, message);
                hinted(
                    error,
                    again_at.map(|at| format!("It answers again at {at}.")),
                )
            }
            PageStop::Setup(message, hint) => hinted(Error::usage(message), hint),
            PageStop::Remote(message, hint) => hinted(Error::new(Kind::Remote, message), hint),
            PageStop::Local(message, hint) => hinted(Error::failure(message), hint),
        }
    }
}
