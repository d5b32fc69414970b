//! Conditions written as `--where` reads them.
//!
//! Rule: what is written reads back as a condition with the same normal form; cursors are made of this text, and the order of
//! parts is the order of theirs.

use std::fmt;

use super::super::time::{Timestamp, Window};
use super::{Comparison, Condition, Literal, Test};

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Is(test) => test.write(false, f),
            Condition::Not(inner) => match &**inner {
                Condition::Is(test) => test.write(true, f),
                inner => write!(f, "not ({inner})"),
            },
            // The time is never absent.
            Condition::All(parts) if parts.is_empty() => f.write_str("time exists"),
            Condition::Any(parts) if parts.is_empty() => f.write_str("time missing"),
            Condition::All(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    f.write_str(if index > 0 { " and " } else { "" })?;
                    match part {
                        Condition::Any(inner) if inner.len() > 1 => write!(f, "({part})")?,
                        _ => write!(f, "{part}")?,
                    }
                }
                Ok(())
            }
            Condition::Any(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    f.write_str(if index > 0 { " or " } else { "" })?;
                    write!(f, "{part}")?;
                }
                Ok(())
            }
        }
    }
}

impl Test {
    fn write(&self, is_negated: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = &self.field;
        let not = if is_negated { "not " } else { "" };
        let mut either = |plain: &str, negated: &str| {
            write!(f, "{field} {}", if is_negated { negated } else { plain })
        };
        match &self.comparison {
            Comparison::Exists => either("exists", "missing"),
            Comparison::Equal(literal) => {
                either("= ", "!= ")?;
                write!(f, "{literal}")
            }
            Comparison::Matches(regex) => {
                either("~ ", "!~ ")?;
                write_text(regex.as_str(), f)
            }
            Comparison::OneOf { values, .. } | Comparison::AnyLine(values) => {
                if let [value] = values.as_slice() {
                    either("= ", "!= ")?;
                    return write_text(value, f);
                }
                either("in (", "not in (")?;
                for (index, value) in values.iter().enumerate() {
                    f.write_str(if index > 0 { ", " } else { "" })?;
                    write_text(value, f)?;
                }
                f.write_str(")")
            }
            Comparison::Within(range) if range.is_empty() => {
                write!(f, "{not}{field} > {}", i64::MAX)
            }
            Comparison::Within(range) => match (*range.start(), *range.end()) {
                (start, end) if start == end => {
                    either("= ", "!= ")?;
                    write!(f, "{start}")
                }
                (i64::MIN, end) => write!(f, "{not}{field} <= {end}"),
                (start, i64::MAX) => write!(f, "{not}{field} >= {start}"),
                (start, end) => write!(f, "{not}({field} >= {start} and {field} <= {end})"),
            },
            Comparison::During(Window::ALL) => either("exists", "missing"),
            Comparison::During(Window { start, end }) => match (*start, *end) {
                (start, end) if start.plus(1) == end => {
                    either("= ", "!= ")?;
                    write!(f, "{start}")
                }
                (Timestamp::MIN, end) => write!(f, "{not}{field} < {end}"),
                (start, Timestamp::MAX) => write!(f, "{not}{field} >= {start}"),
                (start, end) => write!(f, "{not}({field} >= {start} and {field} < {end})"),
            },
            Comparison::Contains { needle, .. } => {
                write!(f, "{not}{field} contains ")?;
                write_text(needle, f)
            }
            Comparison::Less(literal) => write!(f, "{not}{field} < {literal}"),
            Comparison::LessOrEqual(literal) => write!(f, "{not}{field} <= {literal}"),
            Comparison::Greater(literal) => write!(f, "{not}{field} > {literal}"),
            Comparison::GreaterOrEqual(literal) => write!(f, "{not}{field} >= {literal}"),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Text(text) => write_text(text, f),
            Literal::Bool(value) => value.fmt(f),
            Literal::Any(loose) => write_text(loose.text(), f),
        }
    }
}

/// Writes a value, in quotes unless it is plainly one word.
fn write_text(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.:/+".contains(c);
    let is_word = !text.is_empty() && text.chars().all(is_plain);
    let is_keyword = ["and", "or", "null"]
        .iter()
        .any(|word| word.eq_ignore_ascii_case(text));
    if is_word && !is_keyword {
        f.write_str(text)
    } else {
        // OK because a string always serialises.
        write!(f, "{}", serde_json::Value::String(text.to_owned()))
    }
}
