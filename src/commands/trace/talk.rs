//! A request and its response: line, headers, bodies.
//!
//! Rule: a body that is cut short here is said to be, with the way to see it whole.

use crate::model::{Column, Value, count};
use crate::providers::{Side, conversation};
use crate::query::Entry;
use crate::render::{Body, Report, Tone};

use super::rate_limit::read_out;
use super::story::{Bodies, Story};

/// Lines of a body on a terminal, unless all are asked for.
const SHORT_LINES: usize = 24;

/// Shows request and response of a record; returns whether it has any.
pub(super) fn tell(report: &mut Report, story: &Story<'_>, indent: usize, entry: &Entry) -> bool {
    let talk = conversation(&entry.raw);
    let method = entry.text(Column::Method);
    let url = entry.text(Column::Url);
    let request = talk.request.unwrap_or_default();
    let response = talk.response.unwrap_or_default();
    let line = [
        method.or(request.method.as_deref()),
        url.or(request.url.as_deref()),
    ];
    let line: Vec<&str> = line.into_iter().flatten().collect();
    if !line.is_empty() {
        report.line(indent, &[(Tone::Plain, &line.join(" "))]);
    }
    side(report, story, indent, "request", &request, entry);
    if let Some(status) = response.status.or_else(|| entry.int(Column::Status)) {
        let mut parts = vec![(status_tone(status), status.to_string())];
        let reason = reason(entry, &status.to_string());
        // Of a body without any text for people the reason is its beginning, and that stands below.
        let body = response.body.as_deref().unwrap_or_default().trim_start();
        let is_below = story.bodies != Bodies::None
            && body.starts_with(['{', '['])
            && body.starts_with(reason.trim_end_matches('…'));
        if !reason.is_empty() && !is_below {
            parts.push((Tone::Plain, format!("  {reason}")));
        }
        if let Value::Int(took) = entry.value(Column::DurationMs) {
            parts.push((Tone::Quiet, format!("  in {took} ms")));
        }
        let parts: Vec<(Tone, &str)> = parts.iter().map(|(t, text)| (*t, text.as_str())).collect();
        report.line(indent, &parts);
    }
    side(report, story, indent, "response", &response, entry);
    let nothing = Side::default();
    request != nothing || response != nothing || !line.is_empty()
}

/// Says the status of a record and the reason for it: `503 Service Unavailable`.
pub(super) fn status_and_reason(entry: &Entry) -> String {
    match entry.int(Column::Status).map(|status| status.to_string()) {
        Some(status) => format!("{status} {}", reason(entry, &status))
            .trim_end()
            .to_owned(),
        None => reason(entry, "").to_owned(),
    }
}

/// Returns the reason of a record, without the status that many pages begin theirs with.
fn reason<'e>(entry: &'e Entry, status: &str) -> &'e str {
    let reason = entry.text(Column::Reason).unwrap_or_default();
    match reason.strip_prefix(status) {
        Some(rest) if !status.is_empty() && rest.starts_with(' ') => rest.trim_start(),
        _ => reason,
    }
}

/// Returns how a status is to look.
pub(super) fn status_tone(status: i64) -> Tone {
    match status {
        200..=299 => Tone::Good,
        500..=599 => Tone::Bad,
        _ => Tone::Doubtful,
    }
}

fn side(
    report: &mut Report,
    story: &Story<'_>,
    indent: usize,
    name: &str,
    side: &Side,
    entry: &Entry,
) {
    if !side.headers.is_empty() {
        report.line(indent, &[(Tone::Label, &format!("{name} headers"))]);
    }
    for (header, value) in &side.headers {
        let said = read_out(header, value, entry.time(), story.zone);
        let said = said.map(|said| format!("  ({said})"));
        let mut parts = vec![
            (Tone::Label, header.as_str()),
            (Tone::Plain, ": "),
            (Tone::Plain, value.as_str()),
        ];
        if let Some(said) = &said {
            parts.push((Tone::Doubtful, said));
        }
        report.line(indent + 2, &parts);
    }
    if let (Some(text), true) = (&side.body, story.bodies != Bodies::None) {
        body(report, indent, &format!("{name} body"), text, story.bodies);
    }
}

/// Shows a body under its name.
pub(super) fn body(report: &mut Report, indent: usize, name: &str, text: &str, bodies: Bodies) {
    let body = Body::read(text);
    let label = format!("  {}", body.label());
    report.line(indent, &[(Tone::Label, name), (Tone::Quiet, &label)]);
    let shown = match bodies {
        Bodies::Whole => body.lines.len(),
        // A last line or two cost less than the note that they are left out.
        _ if body.lines.len() <= SHORT_LINES + 2 => body.lines.len(),
        _ => SHORT_LINES,
    };
    let lines = body.lines.iter().take(shown).map(String::as_str);
    report.block(indent + 2, lines);
    if shown < body.lines.len() {
        let more = count((body.lines.len() - shown) as u64, "line");
        let said = format!("… {more} more; --all-bodies shows them");
        report.line(indent + 2, &[(Tone::Quiet, &said)]);
    }
}
