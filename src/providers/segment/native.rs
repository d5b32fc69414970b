//! Segment's own fields, for `--columns native`.
//!
//! Rule: the names are those of the logs; the order is that of the published examples, drafts' keys last (source:
//! segment-docs `src/monitor/granular-observability.md`).

/// The name of each field, and its path in a raw record.
pub(crate) const NATIVE: &[(&str, &str)] = &[
    ("type", ".type"),
    ("event", ".event"),
    ("version", ".version"),
    ("routed", ".properties.routed"),
    ("discarded", ".properties.discarded"),
    ("attempt", ".properties.attempt"),
    ("outcome", ".properties.outcome"),
    ("destinationExchangeId", ".properties.destinationExchangeId"),
    ("messageId", ".properties.messageId"),
    ("requestToDestination", ".properties.requestToDestination"),
    (
        "responseFromDestination",
        ".properties.responseFromDestination",
    ),
    ("occurredAt", ".properties.occurredAt"),
    ("loggedAt", ".properties.loggedAt"),
    ("reason", ".properties.reason"),
    ("featureName", ".properties.featureName"),
];

#[cfg(test)]
mod tests {
    use super::NATIVE;
    use crate::model::Path;

    #[test]
    fn every_field_has_a_path() {
        for (name, path) in NATIVE {
            let path = Path::parse(path).unwrap();
            assert!(path.to_string().ends_with(name), "{path}");
        }
    }
}
