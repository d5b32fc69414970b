//! What a field, an operator and typed values mean together.
//!
//! Rule: this is the one place where values are read for a field, so that flags and `--where` mean the same.

use super::super::column::Kind;
use super::super::field::Field;
use super::super::time::{Timestamp, Window, parse_instant};
use super::loose::Loose;
use super::{Comparison, Condition, FilterError, Literal, Test};

/// How values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) enum Operator {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    /// Returns the condition that a field is one of the given values.
    pub(in crate::model) fn equal(
        field: &Field,
        values: &[String],
        now: Timestamp,
    ) -> Result<Condition, FilterError> {
        if let Some(Kind::Text | Kind::Bytes) = field.kind() {
            return Ok(match field {
                Field::Column(column) => Condition::text(*column, values.to_vec()),
                _ => is(field, Comparison::texts(field, values.iter().cloned())),
            });
        }
        let each = values
            .iter()
            .map(|value| Condition::compared(field, Operator::Equal, value, now));
        Ok(Condition::Any(each.collect::<Result<_, _>>()?))
    }

    /// Returns the condition that a field compares so with a value.
    pub(in crate::model) fn compared(
        field: &Field,
        operator: Operator,
        value: &str,
        now: Timestamp,
    ) -> Result<Condition, FilterError> {
        let (given, name) = (value.to_owned(), field.to_string());
        let literal = match field.kind() {
            Some(Kind::Int) => {
                let number = value
                    .parse()
                    .map_err(|_| FilterError::Int { given, field: name })?;
                return Ok(is(field, within(operator, number)));
            }
            Some(Kind::Time) => {
                let time = parse_instant(value, now)
                    .map_err(|_| FilterError::Time { given, field: name })?;
                return Ok(is(field, during(operator, time)));
            }
            Some(Kind::Bool) => Literal::Bool(
                value
                    .parse()
                    .map_err(|_| FilterError::Bool { given, field: name })?,
            ),
            Some(Kind::Text | Kind::Bytes) if operator == Operator::Equal => {
                return Condition::equal(field, &[given], now);
            }
            Some(Kind::Text | Kind::Bytes) => Literal::Text(given),
            None => Literal::Any(Loose::new(value, now)),
        };
        let comparison = match operator {
            Operator::Equal => Comparison::Equal(literal),
            Operator::Less => Comparison::Less(literal),
            Operator::LessOrEqual => Comparison::LessOrEqual(literal),
            Operator::Greater => Comparison::Greater(literal),
            Operator::GreaterOrEqual => Comparison::GreaterOrEqual(literal),
        };
        Ok(is(field, comparison))
    }
}

fn is(field: &Field, comparison: Comparison) -> Condition {
    Condition::Is(Test {
        field: field.clone(),
        comparison,
    })
}

fn within(operator: Operator, number: i64) -> Comparison {
    let range = match operator {
        Operator::Equal => number..=number,
        Operator::LessOrEqual => i64::MIN..=number,
        Operator::GreaterOrEqual => number..=i64::MAX,
        // Beyond the last number there is none.
        Operator::Less => match number.checked_sub(1) {
            Some(last) => i64::MIN..=last,
            None => Comparison::NO_NUMBER,
        },
        Operator::Greater => match number.checked_add(1) {
            Some(first) => first..=i64::MAX,
            None => Comparison::NO_NUMBER,
        },
    };
    Comparison::Within(range)
}

fn during(operator: Operator, time: Timestamp) -> Comparison {
    let next = time.plus(1);
    let (start, end) = match operator {
        Operator::Equal => (time, next),
        Operator::Less => (Timestamp::MIN, time),
        Operator::LessOrEqual => (Timestamp::MIN, next),
        Operator::Greater => (next, Timestamp::MAX),
        Operator::GreaterOrEqual => (time, Timestamp::MAX),
    };
    Comparison::During(Window { start, end })
}
