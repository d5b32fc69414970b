//! A question about records, parsed once into data that the store can prune by.
//!
//! Rule: a filter is data, never a closure: the store looks into it to skip hours, row groups and columns.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use regex::bytes::Regex;

use super::column::{Column, Kind};
use super::field::Field;
use super::provider::Provider;
use super::time::{Hour, Timestamp, Window, parse_instant};
use super::value::Value;

/// Which records are asked for. An empty list sets no limit; the parts are joined by *and*.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) providers: Vec<Provider>,
    /// Collection ids, aliases already resolved.
    pub(crate) collections: Vec<String>,
    /// The hours under which records are stored, not their own times.
    pub(crate) hours: Vec<Hour>,
    /// The records' own times.
    pub(crate) window: Window,
    pub(crate) predicates: Vec<Predicate>,
}

/// One condition: true where any of its tests is. Never empty.
#[derive(Clone, Debug)]
pub(crate) struct Predicate {
    pub(crate) any_of: Vec<Test>,
}

#[derive(Clone, Debug)]
pub(crate) struct Test {
    pub(crate) field: Field,
    pub(crate) comparison: Comparison,
}

/// How a value is looked at. All but `NotEqual` are false for a value that is absent.
#[derive(Clone, Debug)]
pub(crate) enum Comparison {
    Equal(Literal),
    /// True also where the value is absent: "not 200" leaves out the 200s and nothing else.
    NotEqual(Literal),
    Less(Literal),
    LessOrEqual(Literal),
    Greater(Literal),
    GreaterOrEqual(Literal),
    /// A whole number in a range.
    Within(RangeInclusive<i64>),
    /// One of a sorted list of texts; lower case if `ignore_case`.
    OneOf {
        values: Vec<String>,
        ignore_case: bool,
    },
    Matches(Regex),
    Exists,
}

/// The right side of a comparison, in the kind of the field it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Int(i64),
    Bool(bool),
    Time(Timestamp),
    /// For a path into `raw`, where the kind shows only in each record: as text, and as a number if it is one.
    Any(String, Option<f64>),
}

/// Why a filter's value was not understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilterError {
    #[error("`{given}` is no whole number or range; write `429`, `5xx`, `400-499` or `>=500`")]
    IntRange { given: String },
    #[error("`{given}` is no whole number, as `{field}` needs")]
    Int { given: String, field: String },
    #[error("`{given}` is neither `true` nor `false`, as `{field}` needs")]
    Bool { given: String, field: String },
    #[error("`{given}` is no time, as `{field}` needs; write `2025-03-23T20:00:00Z` or `now-3h`")]
    Time { given: String, field: String },
    #[error("this regular expression was not understood: {0}")]
    Regex(#[from] regex::Error),
}

impl Default for Filter {
    fn default() -> Self {
        Filter {
            providers: vec![],
            collections: vec![],
            hours: vec![],
            window: Window::ALL,
            predicates: vec![],
        }
    }
}

impl Filter {
    /// Adds a condition that any of `tests` must meet; no tests, no condition.
    pub(crate) fn require(&mut self, any_of: Vec<Test>) {
        if !any_of.is_empty() {
            self.predicates.push(Predicate { any_of });
        }
    }

    /// Returns whether records stored under this name can match.
    pub(crate) fn wants_collection(&self, provider: Provider, collection: &str) -> bool {
        (self.providers.is_empty() || self.providers.contains(&provider))
            && (self.collections.is_empty()
                || self.collections.iter().any(|wanted| wanted == collection))
    }

    /// Returns whether records stored under this hour can match.
    pub(crate) fn wants_hour(&self, hour: Hour) -> bool {
        self.hours.is_empty() || self.hours.contains(&hour)
    }

    /// Returns a text that is the same for the same question, whatever the window; cursors carry its hash.
    pub(crate) fn fingerprint(&self) -> String {
        format!(
            "{:?} {:?} {:?} {:?}",
            self.providers, self.collections, self.hours, self.predicates
        )
    }
}

impl Predicate {
    /// Returns whether every test looks at stored columns only, so that it can be settled on one row group.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.any_of.iter().map(|test| &test.field)
    }
}

impl Comparison {
    /// Returns a test for any of the given texts.
    pub(crate) fn one_of(values: impl IntoIterator<Item = String>, ignore_case: bool) -> Self {
        let mut values: Vec<String> = values
            .into_iter()
            .map(|v| {
                if ignore_case {
                    v.to_ascii_lowercase()
                } else {
                    v
                }
            })
            .collect();
        values.sort_unstable();
        values.dedup();
        Comparison::OneOf {
            values,
            ignore_case,
        }
    }

    /// Returns whether the value passes.
    pub(crate) fn accepts(&self, value: &Value<'_>) -> bool {
        match self {
            Comparison::Exists => !value.is_null(),
            Comparison::NotEqual(literal) => !literal.equals(value),
            Comparison::Equal(literal) => literal.equals(value),
            Comparison::Less(literal) => literal.compare(value) == Some(Ordering::Less),
            Comparison::Greater(literal) => literal.compare(value) == Some(Ordering::Greater),
            Comparison::LessOrEqual(literal) => {
                matches!(
                    literal.compare(value),
                    Some(Ordering::Less | Ordering::Equal)
                )
            }
            Comparison::GreaterOrEqual(literal) => {
                matches!(
                    literal.compare(value),
                    Some(Ordering::Greater | Ordering::Equal)
                )
            }
            Comparison::Within(range) => matches!(value, Value::Int(n) if range.contains(n)),
            Comparison::OneOf {
                values,
                ignore_case,
            } => match value {
                Value::Text(text) if *ignore_case => {
                    values.binary_search(&text.to_ascii_lowercase()).is_ok()
                }
                Value::Text(text) => values.binary_search_by(|v| v.as_str().cmp(text)).is_ok(),
                _ => false,
            },
            Comparison::Matches(regex) => match value {
                Value::Null => false,
                Value::Text(text) | Value::Json(text) | Value::Number(text) => {
                    regex.is_match(text.as_bytes())
                }
                Value::Bytes(bytes) => regex.is_match(bytes),
                Value::Int(n) => regex.is_match(n.to_string().as_bytes()),
                Value::Bool(b) => regex.is_match(if *b { b"true" } else { b"false" }),
                Value::Time(time) => regex.is_match(time.to_rfc3339().as_bytes()),
            },
        }
    }
}

impl Literal {
    /// Reads the text a field is compared with.
    pub(crate) fn for_field(
        field: &Field,
        text: &str,
        now: Timestamp,
    ) -> Result<Literal, FilterError> {
        let (given, name) = (text.to_owned(), field.to_string());
        match field.kind() {
            None => Ok(Literal::Any(given, text.parse().ok())),
            Some(Kind::Text | Kind::Bytes) => Ok(Literal::Text(given)),
            Some(Kind::Int) => text
                .parse()
                .map(Literal::Int)
                .map_err(|_| FilterError::Int { given, field: name }),
            Some(Kind::Bool) => text
                .parse()
                .map(Literal::Bool)
                .map_err(|_| FilterError::Bool { given, field: name }),
            Some(Kind::Time) => parse_instant(text, now)
                .map(Literal::Time)
                .map_err(|_| FilterError::Time { given, field: name }),
        }
    }

    /// Text is equal only as written: `0404` is not `404`, and an id of many digits is no number.
    fn equals(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Literal::Any(text, _), Value::Text(value)) => value.as_ref() == text,
            _ => self.compare(value) == Some(Ordering::Equal),
        }
    }

    /// Orders the value against this literal: `Less` means the value is less. `None` where they cannot be compared.
    fn compare(&self, value: &Value<'_>) -> Option<Ordering> {
        match (self, value) {
            (Literal::Text(text), Value::Text(value)) => Some(value.as_ref().cmp(text)),
            (Literal::Text(text), Value::Bytes(bytes)) => Some((*bytes).cmp(text.as_bytes())),
            (Literal::Int(number), Value::Int(value)) => Some(value.cmp(number)),
            (Literal::Bool(wanted), Value::Bool(value)) => Some(value.cmp(wanted)),
            (Literal::Time(time), Value::Time(value)) => Some(value.cmp(time)),
            (Literal::Any(text, number), value) => compare_any(text, *number, value),
            _ => None,
        }
    }
}

/// Compares what stands at a path with what was typed: as numbers where both are, else as text. The cells of a CSV are
/// text, and `12` there is less than `100` all the same.
fn compare_any(text: &str, number: Option<f64>, value: &Value<'_>) -> Option<Ordering> {
    let by_number = |value: f64| number.and_then(|number| value.partial_cmp(&number));
    match value {
        Value::Null | Value::Bytes(_) => (text == "null")
            .then_some(Ordering::Equal)
            .filter(|_| value.is_null()),
        Value::Bool(value) => Some(if *value { "true" } else { "false" }.cmp(text)),
        // Above 2^53 a float is no longer exact, so whole numbers are compared as such first.
        Value::Int(value) => match text.parse::<i64>() {
            Ok(wanted) => Some(value.cmp(&wanted)),
            Err(_) => by_number(*value as f64),
        },
        Value::Number(value) => value.parse().ok().and_then(by_number),
        Value::Time(time) => Some(time.to_rfc3339().as_str().cmp(text)),
        Value::Text(value) => value
            .trim()
            .parse()
            .ok()
            .and_then(by_number)
            .or_else(|| Some(value.as_ref().cmp(text))),
        Value::Json(value) => Some(value.as_ref().cmp(text)),
    }
}

/// Reads `429`, `5xx`, `400-499`, `>=500`, `>3`, `<=2` or `<400`.
pub(crate) fn parse_int_range(text: &str) -> Result<RangeInclusive<i64>, FilterError> {
    let fail = || FilterError::IntRange {
        given: text.to_owned(),
    };
    let trimmed = text.trim();
    let whole = |part: &str| part.trim().parse::<i64>().map_err(|_| fail());
    if let Some(rest) = trimmed.strip_prefix(">=") {
        return Ok(whole(rest)?..=i64::MAX);
    }
    if let Some(rest) = trimmed.strip_prefix("<=") {
        return Ok(i64::MIN..=whole(rest)?);
    }
    if let Some(rest) = trimmed.strip_prefix('>') {
        return Ok(whole(rest)?.saturating_add(1)..=i64::MAX);
    }
    if let Some(rest) = trimmed.strip_prefix('<') {
        return Ok(i64::MIN..=whole(rest)?.saturating_sub(1));
    }
    if let Some(class) = trimmed
        .strip_suffix("xx")
        .or_else(|| trimmed.strip_suffix("XX"))
    {
        let class = whole(class)?;
        return if (1..=9).contains(&class) {
            Ok(class * 100..=class * 100 + 99)
        } else {
            Err(fail())
        };
    }
    if let Some((low, high)) = trimmed.split_once('-').filter(|(low, _)| !low.is_empty()) {
        let (low, high) = (whole(low)?, whole(high)?);
        return if low <= high {
            Ok(low..=high)
        } else {
            Err(fail())
        };
    }
    let exact = whole(trimmed)?;
    Ok(exact..=exact)
}

impl Test {
    /// Returns a test for any of the given texts in a column.
    pub(crate) fn text(column: Column, values: impl IntoIterator<Item = String>) -> Self {
        // Codes come in mixed case from the same provider (`ETIMEDOUT`, `etimedout`).
        let ignore_case = column == Column::Code;
        Test {
            field: Field::Column(column),
            comparison: Comparison::one_of(values, ignore_case),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_ranges_are_read() {
        let read = |text| parse_int_range(text).unwrap();
        assert_eq!(read("429"), 429..=429);
        assert_eq!(read("5xx"), 500..=599);
        assert_eq!(read("400-499"), 400..=499);
        assert_eq!(read(">=500"), 500..=i64::MAX);
        assert_eq!(read("< 3"), i64::MIN..=2);
        for text in ["", "x", "5x", "0xx", "499-400", ">=", "4 29"] {
            assert!(parse_int_range(text).is_err(), "{text}");
        }
    }

    #[test]
    fn absent_values_pass_only_not_equal() {
        let literal = || Literal::Int(200);
        assert!(Comparison::NotEqual(literal()).accepts(&Value::Null));
        for comparison in [
            Comparison::Equal(literal()),
            Comparison::Less(literal()),
            Comparison::GreaterOrEqual(literal()),
            Comparison::Within(0..=999),
            Comparison::Matches(Regex::new("").unwrap()),
            Comparison::Exists,
        ] {
            assert!(!comparison.accepts(&Value::Null), "{comparison:?}");
        }
    }

    #[test]
    fn codes_are_compared_without_case() {
        let test = Test::text(Column::Code, ["ETIMEDOUT".to_owned()]);
        assert!(test.comparison.accepts(&Value::Text("etimedout".into())));
        let test = Test::text(Column::Destination, ["ABC".to_owned()]);
        assert!(!test.comparison.accepts(&Value::Text("abc".into())));
    }

    #[test]
    fn paths_compare_as_numbers_where_both_are() {
        let any = |text: &str| Literal::Any(text.into(), text.parse().ok());
        assert!(Comparison::Greater(any("9")).accepts(&Value::Int(10)));
        assert!(Comparison::Less(any("1.5")).accepts(&Value::Number("1.25".into())));
        assert!(
            Comparison::Equal(any("9007199254740993")).accepts(&Value::Int(9_007_199_254_740_993))
        );
        assert!(
            !Comparison::Equal(any("9007199254740993")).accepts(&Value::Int(9_007_199_254_740_992))
        );
        assert!(!Comparison::Greater(any("100")).accepts(&Value::Text("12".into())));
        assert!(Comparison::LessOrEqual(any("12")).accepts(&Value::Text("12.0".into())));
        assert!(Comparison::Greater(any("2025")).accepts(&Value::Text("2025-06-02".into())));
        assert!(!Comparison::Equal(any("404")).accepts(&Value::Text("0404".into())));
        assert!(
            Comparison::NotEqual(any("9007199254740993"))
                .accepts(&Value::Text("9007199254740992".into()))
        );
        assert!(Comparison::Equal(any("true")).accepts(&Value::Bool(true)));
        assert!(Comparison::Equal(any("v1")).accepts(&Value::Text("v1".into())));
    }
}
