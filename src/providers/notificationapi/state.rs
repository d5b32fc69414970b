//! What a notification came to, concluded from its events: there is no column that says it.
//!
//! The vendor's words: `success` is "successfully delivered everything to the necessary channels", `failure` is
//! "something has gone wrong or not delivered", and `received` is the state until one of the two (docs, Logs,
//! "Notification States"). So:
//!
//! - any failed event is a failure, also beside channels that delivered;
//! - success needs every channel that was sent to, or is to be, to have delivered (an open or a click is proof of
//!   that);
//! - what was ignored, withdrawn, or only came in has no outcome: it neither failed nor is anything to come;
//! - all else is pending.
//!
//! Rule: success is never concluded from silence.

use std::borrow::Cow;

use crate::model::Outcome;

use super::events::Event;

/// What the events of a notification say together.
#[derive(Debug)]
pub(super) struct State<'r> {
    pub(super) outcome: Option<Outcome>,
    /// The code of the failure, else the word for how far it got.
    pub(super) code: Option<Cow<'r, str>>,
    pub(super) reason: Option<String>,
    /// That of the failure, else the only one there is.
    pub(super) channel: Option<Cow<'r, str>>,
    pub(super) destination: Option<Cow<'r, str>>,
}

/// Returns how an event ended; most are no end.
pub(super) fn outcome_of(event: &str) -> Option<Outcome> {
    match event {
        "failed" => Some(Outcome::Failure),
        "delivered" | "opened" | "clicked" => Some(Outcome::Success),
        _ => None,
    }
}

/// Reads a state in the vendor's words, of its API or its dashboard; `None` if it is none of them or no end either way.
pub(super) fn outcome_of_status(status: &str) -> Option<Outcome> {
    match status.trim().to_ascii_lowercase().as_str() {
        "success" | "delivered" | "opened" | "clicked" => Some(Outcome::Success),
        "failure" | "failed" | "suppressed" | "bounced" | "complaint" => Some(Outcome::Failure),
        "received" | "sending" | "sent" | "pending" | "processing" | "scheduled" => {
            Some(Outcome::Pending)
        }
        _ => None,
    }
}

/// Concludes. `status` is the state that the first API sent as such; it counts more than what follows from the events.
pub(super) fn conclude<'r>(events: &[Event<'r>], status: Option<Cow<'r, str>>) -> State<'r> {
    let failed = events
        .iter()
        .filter(|event| event.name == "failed")
        // A failure of the whole comes first, then the earliest; one of unknown time last.
        .min_by_key(|event| {
            (
                event.channel.is_some(),
                event.time.is_none(),
                event.time,
                event.code.is_none(),
            )
        });
    if let Some(failed) = failed {
        return State {
            outcome: Some(Outcome::Failure),
            code: failed.code.clone().or(status).or(Some("failed".into())),
            reason: failed.reason.clone(),
            channel: failed.channel.clone().or_else(|| only_channel(events)),
            destination: failed.destination.clone(),
        };
    }
    let is_ignored = status
        .as_deref()
        .is_some_and(|text| text.eq_ignore_ascii_case("ignored"));
    let (outcome, word) = match status.as_deref().and_then(outcome_of_status) {
        None if !is_ignored => {
            let (outcome, word) = from_events(events);
            (outcome, word.or(status))
        }
        outcome => (outcome, status),
    };
    let last = events.iter().rfind(|event| event.destination.is_some());
    let channel = only_channel(events);
    State {
        outcome,
        code: word,
        reason: None,
        destination: last
            .filter(|_| channel.is_some())
            .and_then(|event| event.destination.clone()),
        channel,
    }
}

fn from_events<'r>(events: &[Event<'r>]) -> (Option<Outcome>, Option<Cow<'r, str>>) {
    let named = |name: &str| events.iter().find(|event| event.name == name);
    let word = |name: &'static str| Some(Cow::Borrowed(name));
    if let Some(ignored) = events.iter().find(|event| is_ignored_whole(event)) {
        return (None, ignored.code.clone().or(word("ignored")));
    }
    let is_wanted = |event: &&Event<'_>| matches!(&*event.name, "sent" | "sending");
    let has_arrived = |channel: &Option<Cow<'_, str>>| {
        events.iter().any(|event| {
            event.channel == *channel && outcome_of(&event.name) == Some(Outcome::Success)
        })
    };
    let has_any_arrived = events
        .iter()
        .any(|event| outcome_of(&event.name) == Some(Outcome::Success));
    if has_any_arrived
        && events
            .iter()
            .filter(is_wanted)
            .all(|event| event.channel.is_none() || has_arrived(&event.channel))
    {
        // A call that nobody took counts as delivered to the vendor; its code says what it was.
        let mut codes = events
            .iter()
            .filter(|event| event.name == "delivered")
            .map(|event| event.code.clone());
        let code = codes.next().flatten().filter(|_| codes.next().is_none());
        return (Some(Outcome::Success), code.or(word("delivered")));
    }
    let is_sent = named("sent").is_some() || has_any_arrived;
    if !is_sent && named("schedule_deleted").is_some() {
        return (None, word("schedule_deleted"));
    }
    for step in ["sent", "sending", "scheduled", "routed"] {
        if named(step).is_some() {
            return (Some(Outcome::Pending), word(step));
        }
    }
    if let Some(ignored) = named("ignored") {
        return (None, ignored.code.clone().or(word("ignored")));
    }
    for came_in in ["inbound", "unsubscribe", "subscribe"] {
        if named(came_in).is_some() {
            return (None, word(came_in));
        }
    }
    for step in ["processed", "received"] {
        if named(step).is_some() {
            return (Some(Outcome::Pending), word(step));
        }
    }
    (None, None)
}

fn is_ignored_whole(event: &Event<'_>) -> bool {
    event.name == "ignored" && event.channel.is_none()
}

fn only_channel<'r>(events: &[Event<'r>]) -> Option<Cow<'r, str>> {
    let mut channels = events
        .iter()
        // A channel that was left out took no part.
        .filter(|event| event.name != "ignored")
        .filter_map(|event| event.channel.as_ref());
    let first = channels.next()?;
    channels.all(|other| other == first).then(|| first.clone())
}
