//! The language of `--where`:
//!
//! ```text
//! CONDITION := ALL ("or" ALL)*
//! ALL       := ONE ("and" ONE)*
//! ONE       := "not" ONE | "(" CONDITION ")" | TEST
//! TEST      := FIELD OPERATOR VALUE | FIELD ["not"] "in" LIST | FIELD ["not"] "contains" VALUE
//!            | FIELD "exists" | FIELD "missing"
//! OPERATOR  := "=" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "=~" | "!~"
//! LIST      := "(" VALUE ("," VALUE)* ")" | "@" FILE
//! FIELD     := a column, something computed, or a path: .a.b[0], ."odd key"
//! VALUE     := "a JSON string" | 'any characters but a single quote' | one word
//! ```
//!
//! Words of the language are read in any case. `@` before a value in a list takes values from a file, `@@x` is the text `@x`,
//! and a path is compared with an unquoted `null` to ask whether nothing stands there.
//!
//! Rule: an error points at the character it is about and says what would have been understood; nothing is left over.

mod error;
mod parser;
mod reader;
#[cfg(test)]
mod tests;
mod values;

use regex::bytes::Regex;

use super::field::Field;
use super::filter::{Comparison, Condition, FilterError, Operator, Test};
use super::time::Timestamp;

pub(crate) use error::ConditionError;
use parser::Parser;
pub(crate) use parser::ReadFile;
use reader::{Reader, Typed};

/// Deeper than this nobody thinks, and the stack bears it.
const DEEPEST: usize = 100;

/// Reads a condition into its normal form.
pub(crate) fn parse_condition(
    text: &str,
    now: Timestamp,
    read_file: ReadFile<'_>,
) -> Result<Condition, ConditionError> {
    let mut parser = Parser {
        reader: Reader::new(text),
        now,
        read_file,
        depth: 0,
        last_word: None,
    };
    let condition = parser.any()?;
    if parser.reader.rest().is_empty() {
        Ok(condition.normal())
    } else {
        Err(parser.left_over())
    }
}

/// What stands between a field and its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Compare(Operator),
    Match,
}

/// Each operator, what it does, and whether it is negated.
const OPERATORS: [(&str, Verb, bool); 10] = [
    ("!=", Verb::Compare(Operator::Equal), true),
    ("!~", Verb::Match, true),
    ("<=", Verb::Compare(Operator::LessOrEqual), false),
    (">=", Verb::Compare(Operator::GreaterOrEqual), false),
    // `==` and `=~` are what other languages write.
    ("==", Verb::Compare(Operator::Equal), false),
    ("=~", Verb::Match, false),
    ("=", Verb::Compare(Operator::Equal), false),
    ("<", Verb::Compare(Operator::Less), false),
    (">", Verb::Compare(Operator::Greater), false),
    ("~", Verb::Match, false),
];

/// What other languages write and this one does not read, and what it reads instead.
const FOREIGN: [(&str, &str); 4] = [("<>", "!="), ("=>", ">="), ("=<", "<="), ("~=", "~")];

impl Parser<'_> {
    fn any(&mut self) -> Result<Condition, ConditionError> {
        let mut parts = vec![self.all()?];
        while self.reader.take_word("or") {
            parts.push(self.all()?);
        }
        Ok(Condition::Any(parts))
    }

    fn all(&mut self) -> Result<Condition, ConditionError> {
        let mut parts = vec![self.one()?];
        while self.reader.take_word("and") {
            parts.push(self.one()?);
        }
        Ok(Condition::All(parts))
    }

    /// Reads up to the next word or symbol behind what belongs together.
    fn one(&mut self) -> Result<Condition, ConditionError> {
        self.reader.skip_blanks();
        let start = self.reader.at();
        if self.depth == DEEPEST {
            let reason = format!("conditions are read {DEEPEST} levels deep");
            return Err(self.reader.fail(start, reason));
        }
        self.depth += 1;
        let condition = if self.reader.take_word("not") {
            Condition::Not(Box::new(self.one()?))
        } else if self.reader.take("(") {
            let inner = self.any()?;
            match self.reader.rest() {
                "" => return Err(self.reader.fail(start, "this `(` is never closed")),
                _ if self.reader.take(")") => inner,
                _ => return Err(self.left_over()),
            }
        } else if self.reader.rest().starts_with('!') {
            return Err(self.reader.fail(start, "write `not` instead of `!`"));
        } else {
            self.test()?
        };
        self.depth -= 1;
        self.reader.skip_blanks();
        Ok(condition)
    }

    fn test(&mut self) -> Result<Condition, ConditionError> {
        let field = self.reader.field()?;
        self.reader.skip_blanks();
        let exists = |field| {
            Condition::Is(Test {
                field,
                comparison: Comparison::Exists,
            })
        };
        if self.reader.take_word("exists") {
            return Ok(exists(field));
        }
        if self.reader.take_word("missing") {
            return Ok(Condition::Not(Box::new(exists(field))));
        }
        let start = self.reader.at();
        let is_negated = self.reader.take_word("not");
        self.reader.skip_blanks();
        let listed = if self.reader.take_word("in") {
            Some(self.listed(field.clone())?)
        } else if self.reader.take_word("contains") {
            let needle = self.plain_value()?;
            Some(Condition::Is(Test {
                field: field.clone(),
                comparison: Comparison::containing(&needle.text),
            }))
        } else {
            None
        };
        match listed {
            Some(condition) if is_negated => Ok(Condition::Not(Box::new(condition))),
            Some(condition) => Ok(condition),
            None if is_negated && self.reader.is_word("exists") => Err(self
                .reader
                .fail(start, "write `missing` instead of `not exists`")),
            None if is_negated => Err(self
                .reader
                .fail(start, "expected `not in` or `not contains`")),
            None => self.compared(&field),
        }
    }

    fn compared(&mut self, field: &Field) -> Result<Condition, ConditionError> {
        let at = self.reader.at();
        for (foreign, own) in FOREIGN {
            if self.reader.rest().starts_with(foreign) {
                let reason = format!("write `{own}` instead of `{foreign}`");
                return Err(self.reader.fail(at, reason));
            }
        }
        let mut operators = OPERATORS.into_iter();
        let Some((sign, verb, is_negated)) = operators.find(|(sign, ..)| self.reader.take(sign))
        else {
            return Err(self.reader.fail(
                at,
                "expected `=`, `!=`, `<`, `<=`, `>`, `>=`, `~`, `!~`, `in`, `contains`, `exists` or `missing`",
            ));
        };
        let condition = match verb {
            Verb::Match => {
                let typed = self.plain_value()?;
                let regex = Regex::new(&typed.text).map_err(|error| {
                    self.reader
                        .fail(typed.at, FilterError::from(error).to_string())
                })?;
                Condition::Is(Test {
                    field: field.clone(),
                    comparison: Comparison::Matches(regex),
                })
            }
            Verb::Compare(operator) => {
                let typed = self.compared_value(sign)?;
                self.comparison(field, operator, &typed)?
            }
        };
        Ok(if is_negated {
            Condition::Not(Box::new(condition))
        } else {
            condition
        })
    }

    fn comparison(
        &self,
        field: &Field,
        operator: Operator,
        typed: &Typed,
    ) -> Result<Condition, ConditionError> {
        if operator == Operator::Equal && values::is_nothing(field, typed) {
            return Ok(values::nothing(field));
        }
        Condition::compared(field, operator, &typed.text, self.now)
            .map_err(|error| self.reader.fail(typed.at, error.to_string()))
    }

    /// Returns what is wrong with what stands where a condition should go on or end.
    fn left_over(&self) -> ConditionError {
        let (rest, at) = (self.reader.rest(), self.reader.at());
        for (sign, word) in [("&", "and"), ("|", "or")] {
            if rest.starts_with(sign) {
                let double = format!("{sign}{sign}");
                let sign = if rest.starts_with(&double) {
                    &double
                } else {
                    sign
                };
                return self
                    .reader
                    .fail(at, format!("write `{word}` instead of `{sign}`"));
            }
        }
        if rest.starts_with(')') {
            return self.reader.fail(at, "this `)` closes nothing");
        }
        if let Some(start) = self.last_word_before(at) {
            if rest.starts_with(',') {
                let reason =
                    "several values are written `in (a, b)`; a value with a comma needs quotes";
                return self.reader.fail(at, reason);
            }
            let whole =
                serde_json::Value::from(&self.reader.text()[start..values::phrase_end(rest, at)]);
            let reason = format!("a value of several words needs quotes: `{whole}`");
            return self.reader.fail(at, reason);
        }
        self.reader
            .fail(at, "expected `and`, `or` or the end of the condition")
    }

    /// Returns where the last unquoted value begins, if nothing but blanks stands between it and here.
    fn last_word_before(&self, at: usize) -> Option<usize> {
        let (start, end) = self.last_word?;
        self.reader.text()[end..at]
            .trim()
            .is_empty()
            .then_some(start)
    }
}
