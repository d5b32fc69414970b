//! What is said after a fetch, and the exit code that follows from it.
//!
//! Rule: an hour that was asked for and is not complete is always said.

use crate::fetch::{
    Action, Failure, FetchReport, HourResult, Ledger, Plan, Planned, Skip, Stop, settles_at,
};
use crate::model::{Provider, count};

use super::super::{Context, Error, Kind};
use super::resume;

/// What became of the hours asked for, counted.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    stored: u64,
    records: u64,
    rejects: u64,
    /// Fetched, but their logs can still change.
    growing: u64,
    failed: u64,
    failed_in_store: u64,
    complete_before: u64,
    early: u64,
    expired: u64,
}

impl Tally {
    fn is_complete(&self, undone: &[Planned]) -> bool {
        let open = self.growing + self.failed + self.early + self.expired + self.rejects;
        open == 0 && undone.is_empty()
    }
}

/// Tells how the fetch went.
///
/// # Errors
/// If it was stopped or an hour failed; with `strict` also if an hour asked for is not complete.
pub(super) fn tell(
    context: &mut Context<'_>,
    strict: bool,
    plan: &Plan,
    report: &FetchReport,
    ledger: Option<&Ledger>,
) -> Result<(), Error> {
    let tally = tally(context, plan, report);
    let undone = undone(plan, report);
    tell_hours(context, report);
    tell_counts(context, &tally, ledger)?;
    let go_on = resume::command(context, &undone);
    let stopped = report.stopped.as_ref();
    if let Some(error) = stopped.and_then(|stop| stop_error(stop, undone.len(), go_on.as_deref())) {
        return Err(error);
    }
    if tally.failed > 0 {
        let kind = match tally.failed_in_store {
            0 => Kind::Remote,
            _ => Kind::Failure,
        };
        let error = Error::new(
            kind,
            format!("{} could not be fetched", count(tally.failed, "hour")),
        );
        return Err(with_command(error, go_on.as_deref()));
    }
    if strict && !tally.is_complete(&undone) {
        let error = Error::new(Kind::Incomplete, "not every hour asked for is complete");
        return Err(with_command(error, go_on.as_deref()));
    }
    if let Some(command) = go_on {
        let left = count(undone.len() as u64, "hour");
        context
            .messages
            .note(&format!("{left} left; to go on:\n  {command}"));
    }
    Ok(())
}

fn tally(context: &Context<'_>, plan: &Plan, report: &FetchReport) -> Tally {
    let mut tally = Tally::default();
    let policy = context.settings.policy(Provider::Segment, "");
    for hour in &report.hours {
        match &hour.result {
            HourResult::Stored { records, rejects } => {
                tally.stored += 1;
                tally.records += records;
                tally.rejects += rejects;
                if context.now < settles_at(hour.key.hour, &policy) {
                    tally.growing += 1;
                }
            }
            HourResult::Failed { failure, .. } => {
                tally.failed += 1;
                if *failure == Failure::Store {
                    tally.failed_in_store += 1;
                }
            }
        }
    }
    for entry in plan.entries() {
        match entry.action {
            Action::Fetch => {}
            Action::Skip(Skip::Settled | Skip::Empty) => tally.complete_before += 1,
            Action::Skip(Skip::Early(..) | Skip::NotBegun) => tally.early += 1,
            Action::Skip(Skip::Expired(_)) => tally.expired += 1,
            // Of a provider that is fetched from there is none.
            Action::Skip(Skip::NotFetched) => {}
        }
    }
    tally
}

/// The hours to fetch that are not in the store now.
fn undone(plan: &Plan, report: &FetchReport) -> Vec<Planned> {
    let is_stored = |planned: &&Planned| {
        report
            .hours
            .iter()
            .any(|hour| hour.key == planned.key && matches!(hour.result, HourResult::Stored { .. }))
    };
    plan.requests()
        .iter()
        .filter(|planned| !is_stored(planned))
        .cloned()
        .collect()
}

/// Says of single hours what is worth it.
fn tell_hours(context: &mut Context<'_>, report: &FetchReport) {
    for hour in &report.hours {
        let collection = context.settings.name_of(&hour.key.collection);
        let name = format!("{} of {collection}", hour.key.hour);
        match &hour.result {
            HourResult::Failed { message, .. } => {
                context.messages.warn(&format!("{name} failed: {message}"));
            }
            HourResult::Stored { rejects, .. } if *rejects > 0 => {
                context.messages.warn(&format!(
                    "{name} has {} that could not be decoded, kept in its _rejects-*.ndjson",
                    count(*rejects, "line")
                ));
            }
            HourResult::Stored { .. } => {}
        }
        if let Some(note) = &hour.note {
            context.messages.note(&format!("{name}: {note}"));
        }
    }
}

fn tell_counts(
    context: &mut Context<'_>,
    tally: &Tally,
    ledger: Option<&Ledger>,
) -> Result<(), Error> {
    let mut text = format!(
        "got {} in {}",
        count(tally.records, "record"),
        count(tally.stored, "hour")
    );
    for (number, what) in [
        (tally.growing, "still growing and due again"),
        (tally.complete_before, "complete before"),
        (tally.early, "too early"),
        (tally.expired, "deleted by the vendor"),
    ] {
        if number > 0 {
            text.push_str(&format!("; {} {what}", count(number, "hour")));
        }
    }
    if let Some(ledger) = ledger {
        let budget = ledger.budget(context.now)?;
        let spent = count(budget.spent, "request");
        text.push_str(&format!("; {spent} spent today, {} left", budget.left));
    }
    context.messages.note(&text);
    Ok(())
}

/// What a stop means for the exit; `None` where it was the user's own limit.
fn stop_error(stop: &Stop, undone: usize, go_on: Option<&str>) -> Option<Error> {
    let left = count(undone as u64, "hour");
    let error = match stop {
        Stop::MaxRequests => return None,
        Stop::Interrupted => Error::new(
            Kind::Interrupted,
            format!("interrupted with {left} left to fetch"),
        ),
        Stop::Spent {
            next_at, kept_back, ..
        } => {
            let mut message = format!("the request budget is spent with {left} left to fetch");
            if *kept_back > 0 {
                message.push_str(&format!("; {} kept back", count(*kept_back, "request")));
            }
            let error = Error::new(Kind::BudgetSpent, message);
            let error = match next_at {
                Some(at) => error.hint(format!("More requests come at {at}.")),
                None => error,
            };
            match kept_back {
                0 => error,
                _ => error.hint("Hours named with --hour may spend what is kept back."),
            }
        }
        Stop::Unauthorised(message, hint) => {
            let error = with_hint(Error::new(Kind::Unauthorised, message), hint.as_deref());
            return Some(error.hint("See where the token comes from with `faillog auth status`."));
        }
        Stop::Remote(message, hint) => {
            with_hint(Error::new(Kind::Remote, message), hint.as_deref())
        }
        Stop::Local(message) => Error::failure(message),
    };
    Some(with_command(error, go_on))
}

fn with_hint(error: Error, hint: Option<&str>) -> Error {
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

fn with_command(error: Error, go_on: Option<&str>) -> Error {
    match go_on {
        Some(command) => error.hint(format!("To go on: {command}")),
        None => error,
    }
}
