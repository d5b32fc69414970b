//! The names of things: columns in one spelling, channels, events, and the sub-events of the first documentation.
//!
//! Rule: what is not known is kept under its own name; a new channel or event of the vendor's costs nothing here.

use std::borrow::Cow;

/// The channels as log rows write them in their columns.
pub(super) const CHANNELS: [&str; 7] = [
    "web_push",
    "mobile_push",
    "email",
    "inapp",
    "sms",
    "call",
    "slack",
];

/// Sub-events that belong to one channel alone: event, sub-event, channel (docs, Logs, "Tracked Events").
const SUB_EVENTS: [(&str, &str, &str); 8] = [
    ("failed", "Bounce", "email"),
    ("failed", "Delivery Delay", "email"),
    ("failed", "Undelivered", "sms"),
    ("failed", "Infrastructure", "sms"),
    ("delivered", "Completed", "call"),
    ("delivered", "Busy", "call"),
    ("delivered", "No Answer", "call"),
    ("failed", "Cannot Reach", "call"),
];

/// Returns a name in lower case with `_` between its words: `trackingId`, `Tracking ID` and `tracking-id` are one name.
pub(super) fn snake(name: &str) -> Cow<'_, str> {
    let is_plain = |c: char| !c.is_uppercase() && !matches!(c, ' ' | '-') && c != '\u{feff}';
    if name.chars().all(is_plain) && name != "trackingid" {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len() + 4);
    let mut after_small = false;
    for c in name.trim_matches(['\u{feff}', ' ']).chars() {
        match c {
            ' ' | '-' if !out.ends_with('_') => out.push('_'),
            ' ' | '-' => {}
            c if c.is_uppercase() => {
                if after_small {
                    out.push('_');
                }
                out.extend(c.to_lowercase());
            }
            c => out.push(c),
        }
        after_small = c.is_lowercase() || c.is_ascii_digit();
    }
    match out.as_str() {
        "trackingid" => Cow::Borrowed("tracking_id"),
        _ => Cow::Owned(out),
    }
}

/// Returns the column of a log row that a channel's state fills, as its channel and the rest: `email`, `sent_at`.
pub(super) fn split_channel(column: &str) -> Option<(&'static str, &str)> {
    CHANNELS.iter().find_map(|channel| {
        let rest = column.strip_prefix(channel)?.strip_prefix('_')?;
        (!rest.is_empty()).then_some((*channel, rest))
    })
}

/// Returns a channel as the columns of log rows name it; webhooks and the first API write them otherwise.
pub(super) fn channel(name: &str) -> Cow<'static, str> {
    let name = snake(name.trim());
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "inapp_web" | "in_app" | "in_app_web" => Cow::Borrowed("inapp"),
        // The one channel of the first API that the second does not name, and the other way round.
        "push" => Cow::Borrowed("mobile_push"),
        "voice" => Cow::Borrowed("call"),
        _ => match CHANNELS.iter().find(|known| **known == lower) {
            Some(known) => Cow::Borrowed(known),
            None => Cow::Owned(lower),
        },
    }
}

/// Returns an event in the word that the columns of log rows have for it.
pub(super) fn event(name: &str) -> Cow<'static, str> {
    let lower = snake(name.trim()).to_ascii_lowercase();
    Cow::Borrowed(match lower.as_str() {
        "open" | "opened" => "opened",
        "click" | "clicked" => "clicked",
        "fail" | "failed" | "failure" => "failed",
        "deliver" | "delivered" => "delivered",
        "unsubscribed" => "unsubscribe",
        "subscribed" => "subscribe",
        _ => return Cow::Owned(lower),
    })
}

/// Takes a webhook's type apart, `EMAIL_FAILED` or `OPEN`, into its channel, if it names one, and its event.
pub(super) fn event_type(text: &str) -> (Option<Cow<'static, str>>, Cow<'static, str>) {
    let lower = text.trim().to_ascii_lowercase();
    match lower.rsplit_once('_') {
        Some((before, last)) if !before.is_empty() => (Some(channel(before)), event(last)),
        _ => (None, event(&lower)),
    }
}

/// Takes a tracked event of the first documentation apart, `Failed - Bounce`, into event and sub-event.
pub(super) fn tracked(label: &str) -> (Cow<'static, str>, Option<&str>) {
    match label.split_once(" - ") {
        Some((name, sub)) => (event(name), Some(sub.trim()).filter(|sub| !sub.is_empty())),
        None => (event(label), None),
    }
}

/// Returns the channel that a sub-event belongs to.
pub(super) fn channel_of(event: &str, sub: &str) -> Option<&'static str> {
    let mut known = SUB_EVENTS.iter();
    known
        .find(|(name, text, _)| *name == event && text.eq_ignore_ascii_case(sub))
        .map(|(.., channel)| *channel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_has_one_spelling() {
        for name in [
            "trackingId",
            "Tracking ID",
            "tracking_id",
            "TRACKING_ID",
            "trackingid",
            "TrackingId",
            "\u{feff}tracking-id",
        ] {
            assert_eq!(snake(name), "tracking_id", "{name}");
        }
        assert_eq!(snake("email_sent_at"), "email_sent_at");
        assert_eq!(snake("Email Sent At"), "email_sent_at");
        assert_eq!(snake("sms_sent_messageId"), "sms_sent_message_id");
    }

    #[test]
    fn columns_and_types_are_taken_apart() {
        assert_eq!(
            split_channel("web_push_sent_at"),
            Some(("web_push", "sent_at"))
        );
        assert_eq!(split_channel("received_at"), None);
        assert_eq!(split_channel("email_"), None);
        let webhooks = [
            ("EMAIL_OPEN", Some("email"), "opened"),
            ("INAPP_WEB_FAILED", Some("inapp"), "failed"),
            ("PUSH_UNSUBSCRIBE", Some("mobile_push"), "unsubscribe"),
            ("WEB_PUSH_FAILED", Some("web_push"), "failed"),
            ("VOICE_INBOUND", Some("call"), "inbound"),
            ("OPEN", None, "opened"),
            ("CLICK", None, "clicked"),
        ];
        for (text, channel, event) in webhooks {
            let (found, name) = event_type(text);
            assert_eq!((found.as_deref(), &*name), (channel, event), "{text}");
        }
    }

    #[test]
    fn tracked_events_have_sub_events_of_one_channel() {
        assert_eq!(
            tracked("Failed - Bounce"),
            ("failed".into(), Some("Bounce"))
        );
        assert_eq!(tracked("Received"), ("received".into(), None));
        assert_eq!(channel_of("failed", "Delivery Delay"), Some("email"));
        assert_eq!(channel_of("delivered", "No Answer"), Some("call"));
        assert_eq!(channel_of("failed", "No Answer"), None);
    }
}
