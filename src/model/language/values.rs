//! The values of a condition: one, or a list of them.
//!
//! Rule: a file without a value is an error; read as an empty list it would match nothing without a word.

use super::super::field::Field;
use super::super::filter::{Comparison, Condition, Test};
use super::error::ConditionError;
use super::parser::Parser;
use super::reader::Typed;

/// Returns whether a value asks for what has none: an unquoted `null` at a path.
pub(super) fn is_nothing(field: &Field, typed: &Typed) -> bool {
    matches!(field, Field::Path(_)) && !typed.is_quoted && typed.text == "null"
}

pub(super) fn nothing(field: &Field) -> Condition {
    Condition::Not(Box::new(Condition::Is(Test {
        field: field.clone(),
        comparison: Comparison::Exists,
    })))
}

/// Returns where a phrase ends that goes on with `rest`: before the next `and`, `or` or parenthesis.
pub(super) fn phrase_end(rest: &str, at: usize) -> usize {
    let mut end = 0;
    while let Some(word) = rest[end..].split_whitespace().next() {
        if ["and", "or"]
            .iter()
            .any(|keyword| keyword.eq_ignore_ascii_case(word))
        {
            break;
        }
        let start = rest.len() - rest[end..].trim_start().len();
        if let Some(close) = word.find([')', ',']) {
            end = start + close;
            break;
        }
        end = start + word.len();
    }
    at + end
}

impl Parser<'_> {
    /// Reads a value that is taken as it stands, but for `@@`.
    pub(super) fn plain_value(&mut self) -> Result<Typed, ConditionError> {
        let mut typed = self.reader.value()?;
        self.last_word = (!typed.is_quoted).then_some((typed.at, self.reader.at()));
        if !typed.is_quoted && typed.text.starts_with("@@") {
            typed.text.remove(0);
        }
        Ok(typed)
    }

    /// Reads a value to compare with, after an operator.
    pub(super) fn compared_value(&mut self, sign: &str) -> Result<Typed, ConditionError> {
        self.reader.skip_blanks();
        let (at, rest) = (self.reader.at(), self.reader.rest());
        if let Some(first) = rest.chars().next().filter(|c| "=!<>~(".contains(*c)) {
            let reason = match first {
                '(' => {
                    "several values are written `in (a, b)`; a value with parentheses needs quotes"
                        .to_owned()
                }
                _ => format!("a value that begins with `{first}` needs quotes"),
            };
            return Err(self.reader.fail(at, reason));
        }
        if rest.starts_with('@') && !rest.starts_with("@@") {
            let reason = format!(
                "the values of a file are asked for by `in @FILE`; for the text itself write `{sign} @@…` or quotes"
            );
            return Err(self.reader.fail(at, reason));
        }
        self.plain_value()
    }

    /// Reads what follows `in`.
    pub(super) fn listed(&mut self, field: Field) -> Result<Condition, ConditionError> {
        self.reader.skip_blanks();
        let start = self.reader.at();
        let mut values = Vec::new();
        if self.reader.rest().starts_with('@') {
            self.add_file(&field, &mut values)?;
        } else if self.reader.take("(") {
            loop {
                self.reader.skip_blanks();
                let rest = self.reader.rest();
                if rest.starts_with('@') && !rest.starts_with("@@") {
                    self.add_file(&field, &mut values)?;
                } else {
                    values.push(self.plain_value()?);
                }
                self.reader.skip_blanks();
                if self.reader.take(")") {
                    break;
                }
                if !self.reader.take(",") {
                    return Err(self.broken_list(start));
                }
            }
        } else {
            return Err(self
                .reader
                .fail(start, "expected a list: `in (a, \"b c\")` or `in @FILE`"));
        }
        self.last_word = None;
        let (nothings, values): (Vec<Typed>, Vec<Typed>) = values
            .into_iter()
            .partition(|typed| is_nothing(&field, typed));
        let mut any = Vec::new();
        if !nothings.is_empty() {
            any.push(nothing(&field));
        }
        if !values.is_empty() {
            any.push(self.any_of(&field, values)?);
        }
        Ok(Condition::Any(any))
    }

    fn any_of(&self, field: &Field, values: Vec<Typed>) -> Result<Condition, ConditionError> {
        let (texts, places): (Vec<String>, Vec<usize>) = values
            .into_iter()
            .map(|typed| (typed.text, typed.at))
            .unzip();
        Condition::equal(field, &texts, self.now).map_err(|error| {
            // The first that is not understood by itself is what the error is about.
            let is_wrong = |text: &String| {
                Condition::equal(field, std::slice::from_ref(text), self.now).is_err()
            };
            let wrong = texts.iter().position(is_wrong).unwrap_or(0);
            self.reader.fail(places[wrong], error.to_string())
        })
    }

    fn broken_list(&self, start: usize) -> ConditionError {
        let (rest, at) = (self.reader.rest(), self.reader.at());
        if rest.is_empty() {
            return self.reader.fail(start, "this `(` is never closed");
        }
        match self.last_word {
            Some((word, _)) => {
                let whole = &self.reader.text()[word..phrase_end(rest, at)];
                let whole = serde_json::Value::from(whole);
                self.reader.fail(
                    at,
                    format!("a value of several words needs quotes: `{whole}`"),
                )
            }
            None => self.reader.fail(at, "expected `,` or `)`"),
        }
    }

    /// Reads `@FILE` and adds its values; a first line that is the field's name is the header under which faillog wrote
    /// them.
    fn add_file(&mut self, field: &Field, values: &mut Vec<Typed>) -> Result<(), ConditionError> {
        let at = self.reader.at();
        self.reader.take("@");
        if self.reader.rest().starts_with(char::is_whitespace) {
            return Err(self
                .reader
                .fail(at, "expected the name of a file after `@`"));
        }
        let name = self.reader.value()?.text;
        let mut texts = (self.read_file)(&name).map_err(|reason| self.reader.fail(at, reason))?;
        if texts
            .first()
            .is_some_and(|first| *first == field.to_string())
        {
            texts.remove(0);
        }
        if texts.is_empty() {
            return Err(self.reader.fail(at, "the file holds no value"));
        }
        values.extend(texts.into_iter().map(|text| Typed {
            text,
            at,
            is_quoted: true,
        }));
        self.last_word = None;
        Ok(())
    }
}
