//! The config file: TOML, read by hand, so that every complaint names the file, the line and the nearest known key.
//!
//! Rule: no value is quoted in an error, except the words of a closed set: a token may have been pasted anywhere.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use crate::commands::Error;
use crate::model::Zone;
use crate::render::Format;

use super::config_item::{Item, Source};
use super::config_profile::Profile;

/// What the config file says; everything in it may be left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ConfigFile {
    pub(super) path: PathBuf,
    pub(super) profile: Option<String>,
    pub(super) output: Option<Format>,
    /// The zone and the word it was given as.
    pub(super) zone: Option<(Zone, String)>,
    pub(super) pager: Option<String>,
    pub(super) requests_per_day: Option<u32>,
    pub(super) reserve: Option<u32>,
    pub(super) settle_hours: Option<u32>,
    pub(super) retention_days: Option<u32>,
    pub(super) profiles: BTreeMap<String, Profile>,
    /// The user's names for collections, and the ids they stand for.
    pub(super) collections: BTreeMap<String, String>,
}

const KEYS: [&str; 10] = [
    "profile",
    "output",
    "tz",
    "pager",
    "requests_per_day",
    "reserve",
    "settle_hours",
    "retention_days",
    "profiles",
    "collections",
];
impl ConfigFile {
    /// Reads the file; one that is missing says nothing, unless it is `required`.
    pub(super) fn load(path: &Path, required: bool) -> Result<ConfigFile, Error> {
        match std::fs::read_to_string(path) {
            Ok(text) => ConfigFile::parse(path, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !required => Ok(ConfigFile {
                path: path.to_owned(),
                ..ConfigFile::default()
            }),
            Err(error) => Err(Error::usage(format!(
                "cannot read the config file `{}`: {error}",
                path.display()
            ))),
        }
    }

    /// Reads the text of the file at `path`.
    pub(super) fn parse(path: &Path, text: &str) -> Result<ConfigFile, Error> {
        let source = Source { path, text };
        let root = DeTable::parse(text)
            .map_err(|error| source.error(error.span().unwrap_or(0..0), error.message()))?;
        let mut config = ConfigFile {
            path: path.to_owned(),
            ..ConfigFile::default()
        };
        for (key, value) in root.get_ref() {
            let item = Item { source, key, value };
            match item.name() {
                "profile" => config.profile = Some(item.text()?),
                "output" => {
                    config.output =
                        Some(item.word(|word| {
                            word.parse::<Format>().map_err(|error| error.to_string())
                        })?);
                }
                "tz" => {
                    config.zone = Some(item.word(|word| {
                        let zone = word.parse::<Zone>().map_err(|error| error.to_string())?;
                        Ok((zone, word.to_owned()))
                    })?);
                }
                // An empty one means no pager.
                "pager" => config.pager = Some(item.any_text()?),
                "requests_per_day" => config.requests_per_day = Some(item.number(1)?),
                "reserve" => config.reserve = Some(item.number(0)?),
                "settle_hours" => config.settle_hours = Some(item.number(1)?),
                "retention_days" => config.retention_days = Some(item.number(1)?),
                "profiles" => {
                    for item in item.table()? {
                        let profile = Profile::read(&item)?;
                        config.profiles.insert(item.name().to_owned(), profile);
                    }
                }
                "collections" => {
                    for item in item.table()? {
                        let id = item.text()?;
                        config.collections.insert(item.name().to_owned(), id);
                    }
                }
                _ => return Err(item.unknown(&KEYS)),
            }
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{Region, RequestStyle};

    fn parse(text: &str) -> Result<ConfigFile, Error> {
        ConfigFile::parse(Path::new("config.toml"), text)
    }

    #[test]
    fn a_whole_file_is_read() {
        let config = parse(
            r#"
            profile = "acme"
            output = "ndjson"
            tz = "Europe/Berlin"
            pager = ""
            requests_per_day = 0x50
            reserve = 0
            settle_hours = 8
            retention_days = 14
            [profiles.acme]
            region = "eu"
            api_url = "http://127.0.0.1:9"
            token_command = "op read op://ops/segment/token"
            request_style = "body"
            workspace = "acme"
            tracking_url = "http://127.0.0.1:8"
            write_key_command = "op read op://ops/segment/write-key"
            [collections]
            braze = "2wmpXTGB69A8BwGJ4hD5XvQ03aD"
            "#,
        )
        .unwrap();
        assert_eq!(
            config,
            ConfigFile {
                path: "config.toml".into(),
                profile: Some("acme".into()),
                output: Some(Format::Ndjson),
                zone: Some((
                    Zone::Named(chrono_tz::Europe::Berlin),
                    "Europe/Berlin".into()
                )),
                pager: Some(String::new()),
                requests_per_day: Some(80),
                reserve: Some(0),
                settle_hours: Some(8),
                retention_days: Some(14),
                profiles: BTreeMap::from([(
                    "acme".into(),
                    Profile {
                        region: Some(Region::Eu),
                        api_url: Some("http://127.0.0.1:9".into()),
                        token_command: Some("op read op://ops/segment/token".into()),
                        request_style: Some(RequestStyle::Body),
                        workspace: Some("acme".into()),
                        tracking_url: Some("http://127.0.0.1:8".into()),
                        write_key_command: Some("op read op://ops/segment/write-key".into()),
                        ..Profile::default()
                    }
                )]),
                collections: BTreeMap::from([(
                    "braze".into(),
                    "2wmpXTGB69A8BwGJ4hD5XvQ03aD".into()
                )]),
            }
        );
    }

    #[test]
    fn complaints_name_the_file_the_line_and_the_way_out() {
        let cases = [
            (
                "\nproflie = 1",
                2,
                "unknown key `proflie`",
                "did you mean `profile`?",
            ),
            (
                "[profiles.a]\nregoin = 'us'",
                2,
                "unknown key `regoin`",
                "did you mean `region`?",
            ),
            (
                "[profiles.a]\nzzz = 'us'",
                2,
                "unknown key `zzz`",
                "known keys here: provider, region, api_url, token_command, collection, retention_days, request_style, workspace, \
                 tracking_url, write_key_command, pim_url, client_id, client_secret_env, client_secret_command, username, \
                 password_env, password_command, legacy",
            ),
            (
                "[profiles.a]\ntoken = 'sgp_secret'",
                2,
                "unknown key `token`",
                "a token is not kept in the config: `faillog auth login` stores it where others cannot read it",
            ),
            (
                "reserve = 'sgp_secret'",
                1,
                "`reserve` must be a whole number of at least 0, not string",
                "",
            ),
            (
                "\n\nrequests_per_day = 0",
                3,
                "`requests_per_day` must be a whole number of at least 1",
                "",
            ),
            (
                "settle_hours = -1",
                1,
                "`settle_hours` must be a whole number of at least 1",
                "",
            ),
            (
                "tz = 'Mars'",
                1,
                "`Mars` is no time zone; write `UTC`, `local`, an offset such as `+02:00`, or a name such as `Europe/Berlin`",
                "",
            ),
            (
                "profiles = 3",
                1,
                "`profiles` must be a table, not integer",
                "",
            ),
            (
                "profile = true",
                1,
                "`profile` must be a text in quotes, not boolean",
                "",
            ),
            ("profile = ' '", 1, "`profile` must not be empty", ""),
            ("[collections]\na = ''", 2, "`a` must not be empty", ""),
            (
                "[profiles.a]\nregion = 'ue'",
                2,
                "unknown region `ue`; known: `us`, `eu`, `ca`",
                "",
            ),
            (
                "[profiles.a]\nrequest_style = 'form'",
                2,
                "unknown request style `form`; known: `both`, `query`, `body`",
                "",
            ),
        ];
        for (text, line, message, hint) in cases {
            let error = parse(text).unwrap_err();
            assert_eq!(
                error.message,
                format!("config file `config.toml`, line {line}: {message}"),
                "{text}"
            );
            assert_eq!(error.hints.join("; "), hint, "{text}");
            assert!(!error.message.contains("sgp_"), "{text}");
        }
    }

    #[test]
    fn broken_toml_is_told_by_its_line() {
        let error = parse("tz = 'UTC'\nprofile = \n").unwrap_err();
        assert!(
            error
                .message
                .starts_with("config file `config.toml`, line 2: "),
            "{}",
            error.message
        );
        let error = parse("tz = 'UTC'\ntz = 'UTC'\n").unwrap_err();
        assert!(
            error.message.contains("line 2: duplicate key"),
            "{}",
            error.message
        );
    }

    #[test]
    fn a_missing_file_is_an_error_only_where_it_was_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none.toml");
        let config = ConfigFile::load(&path, false).unwrap();
        assert_eq!(config.profile, None);
        let error = ConfigFile::load(&path, true).unwrap_err();
        assert!(
            error.message.starts_with(&format!(
                "cannot read the config file `{}`: ",
                path.display()
            )),
            "{}",
            error.message
        );
    }
}
