//! Where the value of one setting is looked for, and where it was found.
//!
//! Rule: flag over environment over config over default; a value never goes without its origin.

use std::path::Path;

use crate::commands::{Error, Origin, Setting};

use super::environment::{Environment, Variable};

/// A value and where it was found.
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) origin: Origin,
}

impl<T> Found<T> {
    pub(super) fn shown(
        &self,
        key: &'static str,
        text: impl FnOnce(&T) -> Option<String>,
    ) -> Setting {
        Setting {
            key,
            value: text(&self.value),
            origin: self.origin.clone(),
        }
    }
}

impl<T> Found<Option<T>> {
    pub(super) fn or(self, default: T) -> Found<T> {
        Found {
            value: self.value.unwrap_or(default),
            origin: self.origin,
        }
    }

    pub(super) fn optional(self) -> Self {
        self
    }
}

/// Where settings are looked for after the flags.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    pub(super) environment: &'a Environment,
    pub(super) file: &'a Path,
}

impl Sources<'_> {
    pub(super) fn pick<T>(
        self,
        (flag, typed): (&'static str, Option<T>),
        (variable, parse): (Variable, impl FnOnce(&str) -> Result<T, String>),
        configured: Option<T>,
    ) -> Result<Found<Option<T>>, Error> {
        if typed.is_some() {
            return Ok(Found {
                value: typed,
                origin: Origin::Flag(flag),
            });
        }
        if let Some(text) = self.environment.text(variable)? {
            let value = parse(text)
                .map_err(|message| Error::usage(format!("`{}`: {message}", variable.name())))?;
            return Ok(Found {
                value: Some(value),
                origin: Origin::Environment(variable.name()),
            });
        }
        Ok(self.config(configured))
    }

    /// Looks for a text that no flag sets.
    pub(super) fn variable(
        self,
        variable: Variable,
        configured: Option<String>,
    ) -> Result<Found<Option<String>>, Error> {
        Ok(match self.environment.text(variable)? {
            Some(text) => Found {
                value: Some(text.to_owned()),
                origin: Origin::Environment(variable.name()),
            },
            None => self.config(configured),
        })
    }

    pub(super) fn config<T>(self, configured: Option<T>) -> Found<Option<T>> {
        Found {
            origin: match configured {
                Some(_) => Origin::Config(self.file.to_owned()),
                None => Origin::Default,
            },
            value: configured,
        }
    }
}
