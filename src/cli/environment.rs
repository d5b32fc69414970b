//! Every environment variable the program reads, each named and explained once.
//!
//! Rule: a variable that is not in [`Variable`] is not read, unless the config names it as the holder of a secret; the
//! help and the manual page list them from here.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::commands::Error;

macro_rules! variables {
    ($($variant:ident = $name:literal $help:literal),+ $(,)?) => {
        /// One environment variable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Variable { $(#[doc = $help] $variant),+ }

        impl Variable {
            /// Every variable, in the order of the help.
            pub(super) const ALL: &'static [Variable] = &[$(Variable::$variant),+];

            pub(super) fn name(self) -> &'static str {
                match self { $(Variable::$variant => $name),+ }
            }

            pub(super) fn help(self) -> &'static str {
                match self { $(Variable::$variant => $help),+ }
            }
        }
    };
}

variables! {
    Home = "FAILLOG_HOME" "Folder for everything: config, credentials, data and state",
    Config = "FAILLOG_CONFIG" "Config file",
    Profile = "FAILLOG_PROFILE" "Profile, as --profile",
    Token = "FAILLOG_TOKEN" "Token of the provider's API",
    ApiUrl = "FAILLOG_API_URL" "URL of the provider's API, as --api-url",
    WriteKey = "FAILLOG_WRITE_KEY" "Write key of the Segment source that `forward` sends to",
    TrackingUrl = "FAILLOG_TRACKING_URL" "URL of Segment's Tracking API, as --tracking-url",
    Region = "FAILLOG_REGION" "Region, as --region",
    PimUrl = "FAILLOG_PIM_URL" "Address of the PIM, for Akeneo",
    ClientId = "FAILLOG_CLIENT_ID" "Client id, for Akeneo and NotificationAPI",
    Output = "FAILLOG_OUTPUT" "Output format, as --output",
    Zone = "FAILLOG_TZ" "Time zone, as --tz",
    Pager = "FAILLOG_PAGER" "Program for long output on a terminal; empty or `cat` for none",
    CommonPager = "PAGER" "The same, if neither FAILLOG_PAGER nor the config names one",
    Less = "LESS" "Options of less; set to FRX for the pager where it is not set",
    NoColor = "NO_COLOR" "No colour, if set to anything",
    CliColorForce = "CLICOLOR_FORCE" "Colour also off a terminal, if set to anything but 0",
    ForceColor = "FORCE_COLOR" "The same",
    Term = "TERM" "A terminal that is `dumb` gets neither colour nor pager, and drawings in plain ASCII",
    Columns = "COLUMNS" "Width of tables",
    LcAll = "LC_ALL" "Drawings are plain ASCII if it names an encoding other than UTF-8",
    LcCtype = "LC_CTYPE" "The same, if LC_ALL is not set",
    Lang = "LANG" "The same, if neither is set",
    Complete = "COMPLETE" "Set by the completion scripts",
}

/// Returns the names of the variables that only this program reads.
pub(super) fn own_names() -> Vec<OsString> {
    let names = Variable::ALL.iter().map(|variable| variable.name());
    names
        .filter(|name| name.starts_with("FAILLOG_"))
        .map(Into::into)
        .collect()
}

/// The variables as they were when the program started.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    own: BTreeMap<Variable, OsString>,
    /// Whether other variables are those of the process; in tests there are none.
    is_process: bool,
}

impl Environment {
    /// Reads the process's variables.
    pub(super) fn of_process() -> Self {
        Environment {
            own: Variable::ALL
                .iter()
                .filter_map(|&variable| Some((variable, std::env::var_os(variable.name())?)))
                .collect(),
            is_process: true,
        }
    }

    /// Returns the text of a variable that the config names; an empty one counts as not set.
    pub(super) fn named(&self, name: &str) -> Result<Option<String>, Error> {
        let own = Variable::ALL.iter().find(|own| own.name() == name);
        let value = match own {
            Some(own) => self.own.get(own).cloned(),
            // A name that no variable can have holds nothing.
            None if name.is_empty() || name.contains(['=', '\0']) || !self.is_process => None,
            None => std::env::var_os(name),
        };
        match value.filter(|value| !value.is_empty()) {
            None => Ok(None),
            Some(value) => value
                .into_string()
                .map(Some)
                .map_err(|_| Error::usage(format!("`{name}` is not valid Unicode"))),
        }
    }

    /// Returns a variable as it is, even if it is empty.
    pub(super) fn raw(&self, variable: Variable) -> Option<&OsStr> {
        self.own.get(&variable).map(OsString::as_os_str)
    }

    /// Returns whether a variable is set to something.
    pub(super) fn is_set(&self, variable: Variable) -> bool {
        self.raw(variable).is_some_and(|value| !value.is_empty())
    }

    /// Returns a variable's text; an empty one counts as not set.
    ///
    /// Fails for a value that is not Unicode.
    pub(super) fn text(&self, variable: Variable) -> Result<Option<&str>, Error> {
        match self.raw(variable) {
            Some(value) if !value.is_empty() => value
                .to_str()
                .map(Some)
                .ok_or_else(|| Error::usage(format!("`{}` is not valid Unicode", variable.name()))),
            _ => Ok(None),
        }
    }

    /// Returns a variable that names a file or folder; an empty one counts as not set.
    pub(super) fn path(&self, variable: Variable) -> Option<PathBuf> {
        self.raw(variable)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    }

    /// Returns the list of variables for the help, one a line.
    pub(super) fn help() -> String {
        let shown = |variable: &&Variable| !matches!(variable, Variable::Complete);
        let names = Variable::ALL.iter().filter(shown).map(|v| v.name().len());
        let width = names.max().unwrap_or(0);
        let lines = Variable::ALL.iter().filter(shown);
        lines
            .map(|v| format!("  {:width$}  {}\n", v.name(), v.help()))
            .collect()
    }
}

#[cfg(test)]
impl<const N: usize> From<[(Variable, &str); N]> for Environment {
    fn from(pairs: [(Variable, &str); N]) -> Self {
        Environment {
            own: pairs
                .map(|(variable, value)| (variable, value.into()))
                .into(),
            is_process: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Environment, Variable};

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let environment = Environment::from([(Variable::Zone, ""), (Variable::Profile, "acme")]);
        assert_eq!(environment.text(Variable::Zone).unwrap(), None);
        assert_eq!(environment.path(Variable::Home), None);
        assert!(!environment.is_set(Variable::Zone));
        assert_eq!(environment.text(Variable::Profile).unwrap(), Some("acme"));
        assert!(environment.raw(Variable::Zone).is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_unicode_is_refused_by_name() {
        use std::os::unix::ffi::OsStringExt;

        let mut environment = Environment::default();
        let value = std::ffi::OsString::from_vec(vec![0xff, 0xfe]);
        environment.own.insert(Variable::Region, value);
        let error = environment.text(Variable::Region).unwrap_err();
        assert_eq!(error.message, "`FAILLOG_REGION` is not valid Unicode");
    }

    #[test]
    fn the_help_lists_every_variable_but_the_scripts_own() {
        let help = Environment::help();
        assert_eq!(help.lines().count(), Variable::ALL.len() - 1);
        let zone = help
            .lines()
            .find_map(|line| line.strip_prefix("  FAILLOG_TZ "));
        assert_eq!(zone.map(str::trim), Some("Time zone, as --tz"), "{help}");
        assert!(!help.contains("COMPLETE"));
    }
}
