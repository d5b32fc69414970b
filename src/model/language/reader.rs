//! Reading the text of a condition piece by piece.
//!
//! Rule: a place is always on a character boundary, so that an error can point at it.

use super::super::field::{Field, FieldError};
use super::super::path::Path;
use super::error::ConditionError;

/// What ends the name of a column.
const ENDS_NAME: &str = "=!<>~(),'\"@";

/// A text and how far it has been read.
pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
}

/// A value as it was typed.
pub(super) struct Typed {
    pub(super) text: String,
    pub(super) at: usize,
    pub(super) is_quoted: bool,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Reader<'t> {
        Reader { text, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// Returns an error about a place.
    pub(super) fn fail(&self, at: usize, reason: impl Into<String>) -> ConditionError {
        ConditionError::new(self.text, at, reason.into())
    }

    pub(super) fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Passes over a symbol, if it stands here.
    pub(super) fn take(&mut self, symbol: &str) -> bool {
        let is_here = self.rest().starts_with(symbol);
        if is_here {
            self.at += symbol.len();
        }
        is_here
    }

    /// Passes over a word in any case, if it stands here as a whole.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let is_here = self.is_word(word);
        if is_here {
            self.at += word.len();
        }
        is_here
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        let rest = self.rest();
        let is_same = |found: &str| found.eq_ignore_ascii_case(word);
        let goes_on = |after: &str| after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        rest.get(..word.len()).is_some_and(is_same) && !goes_on(&rest[word.len()..])
    }

    /// Reads a column or a path.
    pub(super) fn field(&mut self) -> Result<Field, ConditionError> {
        let (rest, start) = (self.rest(), self.at);
        if rest.starts_with('.') {
            let (path, length) = Path::parse_prefix(rest)
                .map_err(|error| self.fail(start + error.offset, error.reason))?;
            self.at += length;
            return Ok(Field::Path(path));
        }
        let ends = |c: char| c.is_whitespace() || ENDS_NAME.contains(c);
        let name = &rest[..rest.find(ends).unwrap_or(rest.len())];
        if name.is_empty() {
            let reason = "expected a column or a path such as `.properties.attempt`";
            return Err(self.fail(start, reason));
        }
        self.at += name.len();
        Field::parse(name).map_err(|error| match error {
            FieldError::UnknownColumn { name, nearest } => {
                let advice = match nearest {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("for a key of the raw record write `.{name}`"),
                };
                self.fail(start, format!("there is no column `{name}`; {advice}"))
            }
            FieldError::Path(error) => self.fail(start + error.offset, error.reason),
        })
    }

    /// Reads a value: a text in quotes or one word.
    pub(super) fn value(&mut self) -> Result<Typed, ConditionError> {
        self.skip_blanks();
        let at = self.at;
        match self.rest().chars().next() {
            Some('"') => self.double_quoted(at),
            Some('\'') => self.single_quoted(at),
            _ => self.word(at),
        }
    }

    fn double_quoted(&mut self, at: usize) -> Result<Typed, ConditionError> {
        let mut texts = serde_json::Deserializer::from_str(self.rest()).into_iter::<String>();
        let Some(Ok(text)) = texts.next() else {
            return Err(self.fail(
                at,
                "this quoted value does not end as it should, or holds a `\\` that is none of JSON; \
                 in single quotes every character stands for itself",
            ));
        };
        self.at += texts.byte_offset();
        self.end_quoted(Typed {
            text,
            at,
            is_quoted: true,
        })
    }

    fn single_quoted(&mut self, at: usize) -> Result<Typed, ConditionError> {
        let inner = &self.rest()[1..];
        let Some(length) = inner.find('\'') else {
            return Err(self.fail(at, "this quote is never closed"));
        };
        self.at += length + 2;
        self.end_quoted(Typed {
            text: inner[..length].to_owned(),
            at,
            is_quoted: true,
        })
    }

    fn end_quoted(&self, typed: Typed) -> Result<Typed, ConditionError> {
        match self.rest().chars().next() {
            Some(next) if !next.is_whitespace() && !"),".contains(next) => {
                Err(self.fail(self.at, "expected a blank after the quoted value"))
            }
            _ => Ok(typed),
        }
    }

    /// Reads one word. It ends at a blank, a comma or a closing parenthesis, but not at those within its own brackets, so
    /// that `(?i)time(d )?out` is cut no earlier than it must be.
    fn word(&mut self, at: usize) -> Result<Typed, ConditionError> {
        let rest = self.rest();
        let (mut parentheses, mut brackets) = (0_usize, 0_usize);
        let ends = |c: char| {
            match c {
                '(' => parentheses += 1,
                ')' if parentheses == 0 => return true,
                ')' => parentheses -= 1,
                '[' | '{' => brackets += 1,
                ']' | '}' => brackets = brackets.saturating_sub(1),
                ',' => return parentheses == 0 && brackets == 0,
                _ => return c.is_whitespace(),
            }
            false
        };
        let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
        if word.is_empty() {
            return Err(self.fail(at, "expected a value; write `\"\"` for an empty one"));
        }
        for keyword in ["and", "or"] {
            if word.eq_ignore_ascii_case(keyword) {
                let reason = format!("expected a value; as a value `{word}` needs quotes");
                return Err(self.fail(at, reason));
            }
        }
        for (sign, keyword) in [("&&", "and"), ("||", "or")] {
            if let Some(offset) = word.find(sign) {
                let reason =
                    format!("write ` {keyword} ` instead of `{sign}`, or put the value in quotes");
                return Err(self.fail(at + offset, reason));
            }
        }
        self.at += word.len();
        Ok(Typed {
            text: word.to_owned(),
            at,
            is_quoted: false,
        })
    }
}
