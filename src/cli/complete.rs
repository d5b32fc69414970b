//! Completion in the shell: the values that the user's own config and store hold.
//!
//! Rule: completing never fails and never writes; what cannot be read offers nothing.

use std::ffi::OsStr;
use std::sync::Arc;

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use crate::model::{Column, Field, Filter, Provider, RecordType};
use crate::query::Engine;
use crate::store::Store;

use super::config_file::ConfigFile;
use super::environment::Environment;
use super::places::{Places, PlatformFolders};

/// More values of a column than this help nobody to choose.
const MOST_VALUES: usize = 200;

/// What flags are completed with.
#[derive(Clone)]
pub(super) struct Known {
    /// Names of collections: aliases, ids, and those of accounts.
    collections: Values,
    /// The profiles of the config.
    profiles: Values,
    /// The stored hours, newest first.
    hours: Values,
    /// The values the store holds in a column.
    distinct: Arc<dyn Fn(Column) -> Vec<String> + Send + Sync>,
}

/// Looked up only when a flag that needs them is completed.
type Values = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

impl Known {
    /// Knows what the user's places hold; nothing where they cannot be told.
    pub(super) fn of_user(environment: &Environment) -> Known {
        let places = Places::find(environment, PlatformFolders::of_user).ok();
        let config = places.as_ref().and_then(|places| {
            ConfigFile::load(&places.config_file, places.config_is_required()).ok()
        });
        let config = config.unwrap_or_default();
        let profiles: Vec<String> = config.profiles.keys().cloned().collect();
        let elsewhere = config.profiles.into_iter().filter_map(|(name, profile)| {
            let is_elsewhere = profile.provider() != Provider::Segment;
            is_elsewhere.then(|| profile.collection.unwrap_or(name))
        });
        let aliases: Vec<String> = config.collections.into_keys().chain(elsewhere).collect();
        let store = places.map(|places| Store::open(&places.data));
        let (hours, holder) = (store.clone(), store.clone());
        Known {
            profiles: Arc::new(move || profiles.clone()),
            collections: Arc::new(move || {
                let mut names = aliases.clone();
                for key in stored(store.as_ref()) {
                    if !names.contains(&key.collection) {
                        names.push(key.collection);
                    }
                }
                names
            }),
            hours: Arc::new(move || {
                let mut hours: Vec<_> = stored(hours.as_ref()).map(|key| key.hour).collect();
                hours.sort_unstable();
                hours.dedup();
                hours.iter().rev().map(ToString::to_string).collect()
            }),
            distinct: Arc::new(move |column| {
                let store = holder.as_ref();
                store
                    .and_then(|store| Engine::local(store).distinct(column, MOST_VALUES).ok())
                    .unwrap_or_default()
            }),
        }
    }

    /// Returns the values of a flag; `None` where clap knows better.
    fn values(&self, flag: &str) -> Option<Values> {
        let distinct = |column| -> Option<Values> {
            let distinct = Arc::clone(&self.distinct);
            Some(Arc::new(move || distinct(column)))
        };
        match flag {
            "collection" => Some(Arc::clone(&self.collections)),
            "profile" => Some(Arc::clone(&self.profiles)),
            "hour" => Some(Arc::clone(&self.hours)),
            "columns" | "sort" | "by" | "where" => {
                Some(Arc::new(|| Field::names().map(str::to_owned).collect()))
            }
            "type" => Some(Arc::new(|| {
                RecordType::ALL.iter().map(ToString::to_string).collect()
            })),
            "destination" => distinct(Column::Destination),
            "source" => distinct(Column::Source),
            "code" => distinct(Column::Code),
            "status" => distinct(Column::Status),
            _ => None,
        }
    }
}

fn stored(store: Option<&Store>) -> impl Iterator<Item = crate::store::HourKey> {
    store
        .and_then(|store| store.hours(&Filter::default()).ok())
        .unwrap_or_default()
        .into_iter()
}

/// Gives every flag of the tree the values that are known for it.
pub(super) fn attach(command: Command, known: &Known) -> Command {
    command
        .mut_args(|arg| complete_arg(arg, known))
        .mut_subcommands(|verb| attach(verb, known))
}

fn complete_arg(arg: Arg, known: &Known) -> Arg {
    let Some(values) = arg.get_long().and_then(|flag| known.values(flag)) else {
        return arg;
    };
    // clap takes a list apart itself where it knows the separator.
    let is_list = matches!(arg.get_long(), Some("columns" | "by" | "sort" | "type"))
        && arg.get_value_delimiter().is_none();
    let completer = ArgValueCompleter::new(move |typed: &OsStr| match typed.to_str() {
        Some(typed) => candidates(typed, is_list, &values()),
        None => Vec::new(),
    });
    arg.add(completer)
}

/// Returns the values that begin as `typed` does; in a list, what stands before the last comma is kept, and a `-` that
/// turns an order round is too.
fn candidates(typed: &str, is_list: bool, values: &[String]) -> Vec<CompletionCandidate> {
    let (mut done, mut begun) = match typed.rfind(',') {
        Some(comma) if is_list => typed.split_at(comma + 1),
        _ => ("", typed),
    };
    if let (true, Some(rest)) = (is_list, begun.strip_prefix('-')) {
        (done, begun) = (&typed[..typed.len() - rest.len()], rest);
    }
    values
        .iter()
        .filter(|value| value.starts_with(begun))
        .map(|value| CompletionCandidate::new(format!("{done}{value}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let collections = texts(&["braze", "2wmp"]);
        let hours = texts(&["2025-03-23T20"]);
        let profiles = texts(&["acme"]);
        Known {
            profiles: Arc::new(move || profiles.clone()),
            collections: Arc::new(move || collections.clone()),
            hours: Arc::new(move || hours.clone()),
            distinct: Arc::new(|column| vec![format!("some_{column}")]),
        }
    }

    /// Completes the last word of a command line as a shell would.
    fn complete(words: &[&str]) -> Vec<String> {
        let flags = [
            "collection",
            "hour",
            "columns",
            "by",
            "destination",
            "status",
            "type",
        ];
        let show = Command::new("show").args(flags.map(|flag| Arg::new(flag).long(flag)));
        let show = show.arg(Arg::new("sort").long("sort").allow_hyphen_values(true));
        let mut command = attach(Command::new("faillog").subcommand(show), &known());
        let words = words.iter().map(Into::into).collect();
        let found = clap_complete::engine::complete(&mut command, words, 3, None).unwrap();
        found
            .iter()
            .map(|found| found.get_value().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn flags_of_verbs_offer_what_is_known() {
        let offer = |flag: &str, typed: &str| complete(&["faillog", "show", flag, typed]);
        assert_eq!(offer("--collection", "b"), ["braze"]);
        assert_eq!(offer("--hour", ""), ["2025-03-23T20"]);
        assert_eq!(offer("--destination", "s"), ["some_destination"]);
        assert_eq!(offer("--status", "4"), [""; 0]);
        assert_eq!(offer("--columns", "mes"), ["message_id"]);
        assert_eq!(offer("--columns", "time,fa"), ["time,fate"]);
        assert_eq!(offer("--sort", "-logged"), ["-logged_at"]);
        assert_eq!(offer("--type", "at"), ["attempt"]);
    }
}
