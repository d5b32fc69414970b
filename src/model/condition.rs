//! The little language of `--where`: `PATH OP VALUE`, for example `status >= 500`,
//! `.properties.routed.to[0].id = abc`, `reason ~ "time ?out"`, `code exists`.
//!
//! Rule: an error points at the character it is about and says what would have been understood.

use std::fmt;

use regex::bytes::Regex;

use super::field::{Field, FieldError};
use super::filter::{Comparison, FilterError, Literal, Test};
use super::path::Path;
use super::time::Timestamp;

/// Where and why a condition was not understood. Displays the text with a mark under the place.
#[derive(Debug)]
pub(crate) struct ConditionError {
    text: String,
    /// Byte offset into `text`, on a character boundary.
    offset: usize,
    reason: String,
}

impl std::error::Error for ConditionError {}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.text[..self.offset].chars().count();
        writeln!(f, "the condition was not understood: {}", self.reason)?;
        writeln!(f, "  {}", self.text)?;
        write!(f, "  {}^", " ".repeat(before))
    }
}

const OPERATORS: [&str; 7] = ["!=", "<=", ">=", "=", "<", ">", "~"];

/// Reads one condition.
pub(crate) fn parse_condition(text: &str, now: Timestamp) -> Result<Test, ConditionError> {
    let fail = |offset: usize, reason: String| ConditionError {
        text: text.to_owned(),
        offset,
        reason,
    };
    let start = text.len() - text.trim_start().len();
    let (field, field_end) = read_field(text, start)?;

    let rest = text[field_end..].trim_start();
    let at = text.len() - rest.len();
    if rest.trim() == "exists" {
        return Ok(Test {
            field,
            comparison: Comparison::Exists,
        });
    }
    let Some(operator) = OPERATORS
        .into_iter()
        .find(|operator| rest.starts_with(operator))
    else {
        return Err(fail(
            at,
            "expected `=`, `!=`, `<`, `<=`, `>`, `>=`, `~` or `exists`".to_owned(),
        ));
    };
    // `==` and `=~` are what other languages write; take the intent.
    let (operator, width) = match rest.as_bytes().get(1) {
        Some(b'=') if operator == "=" => ("=", 2),
        Some(b'~') if operator == "=" => ("~", 2),
        _ => (operator, operator.len()),
    };
    let value = rest[width..].trim_start();
    let value_at = text.len() - value.len();
    let value = read_value(value.trim_end()).map_err(|reason| fail(value_at, reason))?;

    let explain = |error: FilterError| fail(value_at, error.to_string());
    if operator == "~" {
        let regex = Regex::new(&value).map_err(|error| explain(error.into()))?;
        return Ok(Test {
            field,
            comparison: Comparison::Matches(regex),
        });
    }
    let literal = Literal::for_field(&field, &value, now).map_err(explain)?;
    let comparison = match operator {
        "=" => Comparison::Equal(literal),
        "!=" => Comparison::NotEqual(literal),
        "<" => Comparison::Less(literal),
        "<=" => Comparison::LessOrEqual(literal),
        ">" => Comparison::Greater(literal),
        _ => Comparison::GreaterOrEqual(literal),
    };
    Ok(Test { field, comparison })
}

fn read_field(text: &str, start: usize) -> Result<(Field, usize), ConditionError> {
    let fail = |offset: usize, reason: String| ConditionError {
        text: text.to_owned(),
        offset,
        reason,
    };
    let rest = &text[start..];
    if rest.starts_with('.') {
        let (path, len) =
            Path::parse_prefix(rest).map_err(|e| fail(start + e.offset, e.reason.to_owned()))?;
        return Ok((Field::Path(path), start + len));
    }
    let len = rest
        .find(|c: char| c.is_whitespace() || "=!<>~".contains(c))
        .unwrap_or(rest.len());
    if len == 0 {
        return Err(fail(
            start,
            "expected a column or a path such as `.properties.attempt`".to_owned(),
        ));
    }
    match Field::parse(&rest[..len]) {
        Ok(field) => Ok((field, start + len)),
        Err(FieldError::UnknownColumn { name, nearest }) => {
            let advice = match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("for a key of the raw record write `.{name}`"),
            };
            Err(fail(
                start,
                format!("there is no column `{name}`; {advice}"),
            ))
        }
        Err(FieldError::Path(error)) => Err(fail(start + error.offset, error.reason.to_owned())),
    }
}

/// Reads the right side: a JSON string or the text as it stands.
fn read_value(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("expected a value; write `\"\"` for an empty one".to_owned());
    }
    if text.starts_with('"') {
        return serde_json::from_str(text)
            .map_err(|_| "this quoted value does not end as it should".to_owned());
    }
    if let Some(inner) = text
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
    {
        return Ok(inner.to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::value::Value;
    use super::*;

    fn read(text: &str) -> Result<Test, ConditionError> {
        parse_condition(text, Timestamp::from_micros(0))
    }

    fn accepts(text: &str, value: Value<'_>) -> bool {
        read(text).unwrap().comparison.accepts(&value)
    }

    #[test]
    fn conditions_are_read() {
        assert!(accepts("status >= 500", Value::Int(503)));
        assert!(accepts("status!=200", Value::Int(503)));
        assert!(accepts(
            "reason ~ \"time ?out\"",
            Value::Text("a timeout".into())
        ));
        assert!(accepts(
            "reason = 'two words'",
            Value::Text("two words".into())
        ));
        assert!(accepts("code exists", Value::Text("x".into())));
        assert!(accepts("discarded == true", Value::Bool(true)));
        assert!(accepts(
            "time < 1970-01-02",
            Value::Time(Timestamp::from_micros(5))
        ));
        let test = read(".properties.routed.to[0].id = abc").unwrap();
        assert_eq!(test.field.to_string(), ".properties.routed.to[0].id");
    }

    #[test]
    fn errors_point_at_the_character() {
        let shown = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(
            shown("staus >= 500"),
            "the condition was not understood: there is no column `staus`; did you mean `status`?\n  staus >= 500\n  ^"
        );
        assert_eq!(
            shown("status >= many"),
            "the condition was not understood: `many` is no whole number, as `status` needs\n  status >= many\n            ^"
        );
        assert!(shown("status 500").contains("expected `=`"));
        assert!(shown(".a[ = 5").contains("never closed"));
        assert!(shown("status =").contains("expected a value"));
        assert!(shown("").contains("expected a column"));
        assert!(shown("reason ~ (").contains("regular expression"));
        assert!(shown("properties = 1").contains("write `.properties`"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[ -~é\"\\[\\].=<>!~]{0,40}") {
            if let Err(error) = read(&text) {
                prop_assert!(error.to_string().contains('^'));
            }
        }
    }
}
