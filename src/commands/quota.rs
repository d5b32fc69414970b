//! `faillog quota`: what of the day's requests is spent, as the ledger and the server's last answer have it.
//!
//! Rule: it asks nobody; it costs no request and works offline.

use crate::fetch::LedgerError;
use crate::model::{Kind, Provider, Value, count, format_span};

use super::rows::{Rows, whole};
use super::{Context, Error, Settings, workspace};

/// Show the requests spent and left, and when more come
#[derive(Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Args {}

const HELP: &str = "\
Segment allows 120 download requests a day for a whole workspace, whoever makes them. faillog counts its own requests of
the last 24 hours, all processes together, and believes the server where an answer told what remains. Nothing is asked
of the server here: requests that others made since its last answer are not known.

Columns:
  workspace  the config's name for it, else the token's fingerprint
  limit      requests allowed in 24 hours
  spent      requests made in the last 24 hours
  left       requests that can still be made
  reserve    of these, kept back from ranges for hours named with --hour
  next_at    when more come
  source     ledger: counted here; server: told by the server

Examples:
  faillog quota
  faillog quota -o json";

const COLUMNS: [(&str, Kind); 7] = [
    ("workspace", Kind::Text),
    ("limit", Kind::Int),
    ("spent", Kind::Int),
    ("left", Kind::Int),
    ("reserve", Kind::Int),
    ("next_at", Kind::Time),
    ("source", Kind::Text),
];

pub(crate) fn run(context: &mut Context<'_>, _args: &Args) -> Result<(), Error> {
    let Settings {
        profile, provider, ..
    } = &context.settings;
    if !matches!(provider, Provider::Segment | Provider::SegmentAudit) {
        return Err(Error::usage(format!(
            "profile `{profile}` is an account of {provider}, where requests are not counted"
        ))
        .hint("Name a profile of Segment with `--profile NAME`."));
    }
    let Some(workspace) = workspace::resolve(context)? else {
        return Err(Error::usage("no workspace is known to count requests for")
            .hint("Log in with `faillog auth login`, or name the workspace in the config."));
    };
    let (now, reserve) = (context.now, u64::from(context.settings.reserve));
    let budget = workspace.ledger.budget(now)?;
    let kept_back = workspace.ledger.kept_back(now, reserve)?;

    let mut rows = Rows::begin(context, &COLUMNS)?;
    rows.row(&[
        Value::Text(workspace.name.into()),
        whole(budget.limit),
        whole(budget.spent),
        whole(budget.left),
        whole(kept_back),
        budget.next_at.map_or(Value::Null, Value::Time),
        Value::Text(budget.source.name().into()),
    ])?;
    rows.finish()?;

    warn_of_broken_lines(context, budget.broken_lines);
    if let Some((at, remaining)) = budget.server {
        context.messages.note(&format!(
            "the server last told of {} left, {} ago",
            count(remaining, "request"),
            format_span(now.since(at))
        ));
    }
    Ok(())
}

/// Says that the ledger may count too few.
pub(super) fn warn_of_broken_lines(context: &mut Context<'_>, broken: u64) {
    if broken > 0 {
        context.messages.warn(&format!(
            "the ledger of requests has {} that cannot be read: more may be spent than is counted",
            count(broken, "line")
        ));
    }
}

impl From<LedgerError> for Error {
    fn from(error: LedgerError) -> Self {
        let message = error.to_string();
        match error {
            LedgerError::Spent { next_at, .. } => {
                let error = Error::new(super::Kind::BudgetSpent, message);
                match next_at {
                    Some(at) => error.hint(format!("More requests come at {at}.")),
                    None => error,
                }
            }
            LedgerError::Locked { .. } => Error::failure(message).hint(
                "Try again in a moment; if no other faillog runs, see whether the state folder is on a network drive.",
            ),
            LedgerError::Io { .. } => Error::failure(message)
                .hint("The ledger is kept in the state folder; see `faillog config show`."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sandbox::{settings, with_context};
    use super::*;
    use crate::fetch::{Ledger, Report};
    use crate::model::Timestamp;

    const NOW: &str = "2025-03-23T20:30:00Z";

    fn ledger(root: &std::path::Path) -> Ledger {
        Ledger::open(&root.join("state"), "acme", 120)
    }

    #[test]
    fn a_fresh_workspace_has_everything_left_and_nothing_is_written() {
        let root = tempfile::tempdir().unwrap();
        let (done, out, err) = with_context(settings(root.path()), NOW, &[], |c| run(c, &Args {}));
        done.unwrap();
        assert_eq!(
            out,
            "workspace\tlimit\tspent\tleft\treserve\tnext_at\tsource\n\
             acme\t120\t0\t120\t6\t\tledger\n"
        );
        assert_eq!(err, "");
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_servers_word_is_shown_with_its_age() {
        let root = tempfile::tempdir().unwrap();
        let at = Timestamp::parse("2025-03-23T20:00:00Z").unwrap();
        let ticket = ledger(root.path()).reserve(at, 0).unwrap();
        let report = Report {
            consumed: Some(50),
            remaining: Some(50),
            reset: None,
            counted: true,
        };
        ledger(root.path()).settle(ticket, at, &report).unwrap();
        let file = root.path().join("state/ledger/acme.ndjson");
        let mut text = std::fs::read_to_string(&file).unwrap();
        text.push_str("nonsense\n");
        std::fs::write(&file, text).unwrap();
        let (done, out, err) = with_context(settings(root.path()), NOW, &[], |c| run(c, &Args {}));
        done.unwrap();
        assert!(
            out.ends_with("acme\t100\t50\t50\t5\t2025-03-24T20:00:00Z\tserver\n"),
            "{out}"
        );
        assert_eq!(
            err,
            "warning: the ledger of requests has 1 line that cannot be read: more may be spent than is counted\n\
             the server last told of 50 requests left, 30 min ago\n"
        );
    }

    #[test]
    fn a_token_names_the_ledger_without_showing_itself() {
        let root = tempfile::tempdir().unwrap();
        let mut settings = settings(root.path());
        settings.workspace = None;
        let (done, ..) = with_context(settings.clone(), NOW, &[], |c| run(c, &Args {}));
        assert_eq!(done.unwrap_err().kind.exit_code(), 2);
        settings.token_env = Some("sgp_secret".to_owned().into());
        let (done, out, _) = with_context(settings, NOW, &[], |c| run(c, &Args {}));
        done.unwrap();
        assert!(out.contains("\ntoken-") && !out.contains("secret"), "{out}");
    }
}
