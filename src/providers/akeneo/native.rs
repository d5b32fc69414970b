//! Akeneo's own fields, for `--columns native`.
//!
//! Rule: names and order are those of the vendor's published logs; later fields come last.

/// The name of each field, and its path in a raw record.
pub(super) const NATIVE: &[(&str, &str)] = &[
    ("log_id", ".log_id"),
    ("log_type", ".log_type"),
    ("timestamp", ".timestamp"),
    ("operation", ".operation"),
    ("subscriber_id", ".subscriber_id"),
    ("subscription_id", ".subscription_id"),
    ("error_type", ".error_type"),
    ("error_reason", ".error_reason"),
    ("error_code", ".error_code"),
    ("error_message", ".error_message"),
    ("request", ".request"),
    ("response", ".response"),
    ("documentation_url", ".documentation_url"),
];

#[cfg(test)]
mod tests {
    use super::NATIVE;
    use crate::model::Path;

    #[test]
    fn every_field_has_a_path() {
        assert_eq!(NATIVE.len(), 13);
        for (name, path) in NATIVE {
            assert_eq!(Path::parse(path).unwrap().to_string(), format!(".{name}"));
        }
    }
}
