//! One key of the config file with its value, read as what it should be.
//!
//! Rule: every complaint names the file and the line; no value is quoted in one, except the words of a closed set.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::DeValue;

use crate::commands::Error;
use crate::model::nearest;

/// Reads one word of a closed set; the error lists the set.
pub(super) fn parse_choice<T: clap::ValueEnum>(what: &str, word: &str) -> Result<T, String> {
    T::from_str(word, false).map_err(|_| {
        let values = T::value_variants().iter();
        let known: Vec<_> = values
            .filter_map(|value| Some(format!("`{}`", value.to_possible_value()?.get_name())))
            .collect();
        format!("unknown {what} `{word}`; known: {}", known.join(", "))
    })
}

#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Source<'_> {
    pub(super) fn error(self, span: Range<usize>, message: &str) -> Error {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        let message = message.replace('\n', ", ");
        Error::usage(format!(
            "config file `{}`, line {line}: {message}",
            self.path.display()
        ))
    }
}

/// One key with its value.
pub(super) struct Item<'a> {
    pub(super) source: Source<'a>,
    pub(super) key: &'a Spanned<Cow<'a, str>>,
    pub(super) value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Item<'a> {
    pub(super) fn name(&self) -> &str {
        self.key.get_ref()
    }

    pub(super) fn error(&self, message: &str) -> Error {
        self.source.error(self.value.span(), message)
    }

    fn expected(&self, what: &str) -> Error {
        let found = self.value.get_ref().type_str();
        self.error(&format!("`{}` must be {what}, not {found}", self.name()))
    }

    pub(super) fn unknown(&self, known: &[&str]) -> Error {
        let name = self.name();
        let error = self
            .source
            .error(self.key.span(), &format!("unknown key `{name}`"));
        match name {
            "token" => {
                return error.hint(
                    "a token is not kept in the config: `faillog auth login` stores it where others cannot read it",
                );
            }
            "write_key" => {
                return error
                    .hint("a write key is not kept in the config: set `write_key_command`");
            }
            "password" | "client_secret" => {
                return error.hint(format!(
                    "a secret is not kept in the config: name the variable that holds it with `{name}_env`, or a command that prints it with `{name}_command`"
                ));
            }
            _ => {}
        }
        error.hint(match nearest(name, known.iter().copied()) {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!("known keys here: {}", known.join(", ")),
        })
    }

    pub(super) fn any_text(&self) -> Result<String, Error> {
        self.value
            .get_ref()
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| self.expected("a text in quotes"))
    }

    pub(super) fn text(&self) -> Result<String, Error> {
        let text = self.any_text()?;
        if text.trim().is_empty() {
            return Err(self.error(&format!("`{}` must not be empty", self.name())));
        }
        Ok(text)
    }

    pub(super) fn word<T>(
        &self,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, Error> {
        parse(&self.text()?).map_err(|message| self.error(&message))
    }

    pub(super) fn choice<T: clap::ValueEnum>(&self, what: &str) -> Result<T, Error> {
        self.word(|word| parse_choice(what, word))
    }

    pub(super) fn number(&self, least: u32) -> Result<u32, Error> {
        let number = self.value.get_ref().as_integer();
        number
            .and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok())
            .filter(|number| *number >= least)
            .ok_or_else(|| {
                let what = format!("a whole number of at least {least}");
                match number {
                    Some(_) => self.error(&format!("`{}` must be {what}", self.name())),
                    None => self.expected(&what),
                }
            })
    }

    pub(super) fn flag(&self) -> Result<bool, Error> {
        let flag = self.value.get_ref().as_bool();
        flag.ok_or_else(|| self.expected("true or false"))
    }

    pub(super) fn table(&self) -> Result<impl Iterator<Item = Item<'a>> + use<'a>, Error> {
        let source = self.source;
        let table = self.value.get_ref().as_table();
        let table = table.ok_or_else(|| self.expected("a table"))?;
        Ok(table
            .iter()
            .map(move |(key, value)| Item { source, key, value }))
    }
}
