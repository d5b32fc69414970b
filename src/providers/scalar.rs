//! One value that is no list and no object, whatever its type.
//!
//! Rule: text is borrowed unless it has escapes, and a number is what was written: it is never rounded.

use std::borrow::Cow;

use super::decimal::whole;

/// One value that is no list and no object.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Absent,
    Bool(bool),
    /// As it is written in JSON.
    Number(&'a str),
    Text(Cow<'a, str>),
}

impl<'a> Scalar<'a> {
    /// Reads the JSON text of a value, which is known to be valid; a text with half a letter in it counts as absent.
    pub(super) fn read(json: &'a str) -> Self {
        match json.as_bytes() {
            [b'"', .., b'"'] => match string(json) {
                Some(text) => Scalar::Text(text),
                None => Scalar::Absent,
            },
            [b't', ..] => Scalar::Bool(true),
            [b'f', ..] => Scalar::Bool(false),
            [b'-' | b'0'..=b'9', ..] => Scalar::Number(json),
            _ => Scalar::Absent,
        }
    }

    /// Returns it as text; an empty one says as little as none, and a whole number has no fraction.
    pub(super) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Scalar::Absent => None,
            Scalar::Bool(true) => Some("true".into()),
            Scalar::Bool(false) => Some("false".into()),
            Scalar::Number(number) => {
                let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
                let whole = if is_plain { None } else { whole(number) };
                Some(whole.map_or(number.into(), |whole| whole.to_string().into()))
            }
            Scalar::Text(text) => (!text.is_empty()).then_some(text),
        }
    }

    /// Returns it as a whole number, written as one or as text: `1204`, `1204.0`, `"1.2E+03"`.
    pub(super) fn int(&self) -> Option<i64> {
        match self {
            Scalar::Absent | Scalar::Bool(_) => None,
            Scalar::Number(number) => whole(number),
            Scalar::Text(text) => whole(text.trim()),
        }
    }

    /// Returns it as an HTTP status, which may have its name behind it: `401`, `"401 Unauthorized"`.
    pub(super) fn status(&self) -> Option<i64> {
        self.int().or_else(|| match self {
            Scalar::Text(text) => named_status(text.trim()),
            _ => None,
        })
    }

    /// Returns it as a truth, written as one, as 0 or 1, or as text.
    pub(super) fn bool(&self) -> Option<bool> {
        match self {
            Scalar::Absent => None,
            Scalar::Bool(value) => Some(*value),
            Scalar::Number(number) => match whole(number) {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            Scalar::Text(text) => match text.trim() {
                text if text.eq_ignore_ascii_case("true") => Some(true),
                text if text.eq_ignore_ascii_case("false") => Some(false),
                _ => None,
            },
        }
    }
}

/// Returns the text of a JSON string.
pub(super) fn string(json: &str) -> Option<Cow<'_, str>> {
    let content = json.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', content.as_bytes()).is_some() {
        return serde_json::from_str(json).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(content))
}

/// Reads a status line or a part of one: `HTTP/1.1 401 Unauthorized`, `HTTP 401`, `401: Unauthorized`. What has further
/// digits could mean another number.
fn named_status(text: &str) -> Option<i64> {
    let bare = match text.get(..4) {
        Some(name) if name.eq_ignore_ascii_case("http") => {
            let rest = &text[4..];
            ["/1.0 ", "/1.1 ", "/2 ", "/2.0 ", "/3 ", " ", ":"]
                .iter()
                .find_map(|version| rest.strip_prefix(version))?
                .trim_start()
        }
        _ => text,
    };
    let (digits, name) = bare.split_at_checked(3)?;
    let status: u16 = digits.parse().ok()?;
    let is_status = (100..600).contains(&status) && !digits.starts_with('+');
    let is_name = !name.starts_with(char::is_alphanumeric)
        && !name.contains(|c: char| c.is_numeric() || matches!(c, '%' | '+'));
    (is_status && is_name).then_some(status.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_read() {
        let read = |json| Scalar::read(json);
        for (json, text) in [
            ("\"x\"", Some("x")),
            ("\"\"", None),
            ("\"\\u00e9\\n\"", Some("é\n")),
            ("\"\\ud800\"", None),
            ("\"", None),
            ("7", Some("7")),
            ("-7.0", Some("-7")),
            ("4e2", Some("400")),
            ("7.50", Some("7.50")),
            ("12345678901234567890123", Some("12345678901234567890123")),
            ("1e400", Some("1e400")),
            ("true", Some("true")),
            ("false", Some("false")),
            ("null", None),
            ("{\"a\":1}", None),
            ("[1]", None),
        ] {
            assert_eq!(read(json).text().as_deref(), text, "{json}");
        }
        assert!(matches!(read("\"x\"").text(), Some(Cow::Borrowed("x"))));
        assert!(matches!(read("429").text(), Some(Cow::Borrowed("429"))));
        for (json, bool) in [
            ("true", Some(true)),
            ("\"False\"", Some(false)),
            ("0", Some(false)),
            ("1.0", Some(true)),
            ("2", None),
            ("null", None),
        ] {
            assert_eq!(read(json).bool(), bool, "{json}");
        }
    }

    #[test]
    fn a_number_is_read_if_it_has_one_meaning() {
        for (json, int, status) in [
            ("401", Some(401), Some(401)),
            ("401.0", Some(401), Some(401)),
            ("4.01e2", Some(401), Some(401)),
            ("\" 401 \"", Some(401), Some(401)),
            ("\"401.0\"", Some(401), Some(401)),
            ("\"401 Unauthorized\"", None, Some(401)),
            ("\"401: Unauthorized\"", None, Some(401)),
            ("\"401 (Unauthorized)\"", None, Some(401)),
            ("\"HTTP/1.1 401 Unauthorized\"", None, Some(401)),
            ("\"http 503\"", None, Some(503)),
            ("401.5", None, None),
            ("\"401, 403\"", None, None),
            ("\"401-403\"", None, None),
            ("\"401.5\"", None, None),
            ("\"4011 x\"", None, None),
            ("\"401st\"", None, None),
            ("\"099 x\"", None, None),
            ("\"+99 x\"", None, None),
            ("\"http/1.1\"", None, None),
            ("\"Unauthorized\"", None, None),
            ("\"éé\"", None, None),
            ("true", None, None),
            ("null", None, None),
        ] {
            let scalar = Scalar::read(json);
            assert_eq!((scalar.int(), scalar.status()), (int, status), "{json}");
        }
    }
}
