//! Where the config, the credentials, the data and the state of a user lie.
//!
//! Rule: paths are computed, nothing is made or read here; every path is absolute.

use std::path::{Path, PathBuf};

use crate::commands::{Error, Origin};

use super::environment::{Environment, Variable};

/// The user's files and folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) config_file: PathBuf,
    /// Who named the config file; a named one must exist.
    pub(super) config_origin: Origin,
    pub(super) credentials_file: PathBuf,
    pub(super) data: PathBuf,
    pub(super) state: PathBuf,
    /// Who named the rest.
    pub(super) origin: Origin,
}

/// The platform's own folders for a user; each is absent where it cannot be told.
#[derive(Clone, Debug, Default)]
pub(super) struct PlatformFolders {
    pub(super) config: Option<PathBuf>,
    pub(super) data: Option<PathBuf>,
    /// Only some platforms have one; the data folder takes its place.
    pub(super) state: Option<PathBuf>,
}

impl PlatformFolders {
    /// Asks the platform. Data that can grow to gigabytes stays out of roaming profiles.
    pub(super) fn of_user() -> Self {
        PlatformFolders {
            config: dirs::config_dir(),
            data: dirs::data_local_dir(),
            state: dirs::state_dir(),
        }
    }
}

impl Places {
    /// Finds the places: below `FAILLOG_HOME` if it is set, else in the platform's folders.
    ///
    /// Fails where the platform knows no home for the user.
    pub(super) fn find(
        environment: &Environment,
        folders: impl FnOnce() -> PlatformFolders,
    ) -> Result<Places, Error> {
        let mut places = match environment.path(Variable::Home) {
            Some(home) => Places::below(&absolute(home)?),
            None => Places::on_platform(folders())?,
        };
        if let Some(file) = environment.path(Variable::Config) {
            places.config_file = absolute(file)?;
            places.config_origin = Origin::Environment(Variable::Config.name());
        }
        Ok(places)
    }

    fn below(home: &Path) -> Places {
        let origin = Origin::Environment(Variable::Home.name());
        Places {
            config_file: home.join("config.toml"),
            config_origin: origin.clone(),
            credentials_file: home.join("credentials.toml"),
            data: home.join("data"),
            state: home.join("state"),
            origin,
        }
    }

    fn on_platform(folders: PlatformFolders) -> Result<Places, Error> {
        let (Some(config), Some(data)) = (folders.config, folders.data) else {
            return Err(
                Error::failure("the platform names no home folder for this user")
                    .hint("set `FAILLOG_HOME` to a folder for faillog's files"),
            );
        };
        let (config, data) = (config.join("faillog"), data.join("faillog"));
        Ok(Places {
            config_file: config.join("config.toml"),
            config_origin: Origin::Default,
            credentials_file: config.join("credentials.toml"),
            state: match folders.state {
                Some(state) => state.join("faillog"),
                None => data.join("state"),
            },
            data,
            origin: Origin::Default,
        })
    }

    /// Returns whether a missing config file is an error: only where the file itself was named.
    pub(super) fn config_is_required(&self) -> bool {
        self.config_origin == Origin::Environment(Variable::Config.name())
    }
}

fn absolute(path: PathBuf) -> Result<PathBuf, Error> {
    std::path::absolute(&path)
        .map_err(|error| Error::failure(format!("cannot resolve `{}`: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> PathBuf {
        std::path::absolute("/x").unwrap()
    }

    #[test]
    fn faillog_home_puts_all_under_one_folder() {
        let home = root().join("home");
        let environment = Environment::from([(Variable::Home, home.to_str().unwrap())]);
        let places = Places::find(&environment, || panic!("the platform is not asked")).unwrap();
        assert_eq!(places.config_file, home.join("config.toml"));
        assert_eq!(places.credentials_file, home.join("credentials.toml"));
        assert_eq!(places.data, home.join("data"));
        assert_eq!(places.state, home.join("state"));
        assert!(!places.config_is_required());
    }

    #[test]
    fn the_platform_s_folders_are_the_default() {
        let folders = |state| PlatformFolders {
            config: Some(root().join("config")),
            data: Some(root().join("share")),
            state,
        };
        let environment = Environment::default();
        let places = Places::find(&environment, || folders(Some(root().join("state")))).unwrap();
        assert_eq!(
            places.config_file,
            root().join("config/faillog/config.toml")
        );
        assert_eq!(
            places.credentials_file,
            root().join("config/faillog/credentials.toml")
        );
        assert_eq!(places.data, root().join("share/faillog"));
        assert_eq!(places.state, root().join("state/faillog"));
        let places = Places::find(&environment, || folders(None)).unwrap();
        assert_eq!(places.state, root().join("share/faillog/state"));
    }

    #[test]
    fn a_named_config_file_takes_the_place_of_the_usual_one_and_must_exist() {
        let file = root().join("other.toml");
        let environment = Environment::from([
            (Variable::Home, root().to_str().unwrap()),
            (Variable::Config, file.to_str().unwrap()),
        ]);
        let places = Places::find(&environment, PlatformFolders::default).unwrap();
        assert_eq!(places.config_file, file);
        assert_eq!(places.credentials_file, root().join("credentials.toml"));
        assert!(places.config_is_required());
    }

    #[test]
    fn without_a_home_the_way_out_is_told() {
        let error = Places::find(&Environment::default(), PlatformFolders::default).unwrap_err();
        assert_eq!(
            error.message,
            "the platform names no home folder for this user"
        );
        assert!(error.hints[0].contains("FAILLOG_HOME"));
    }
}
