//! The credentials file: TOML, one token for each profile.
//!
//! Rule: the file appears and changes whole, is made for its owner alone, and is not used where others can read it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use toml::de::DeTable;

use crate::commands::{Error, Kind};

/// The tokens by profile.
#[derive(Default)]
pub(crate) struct Credentials(BTreeMap<String, SecretString>);

impl Credentials {
    /// Reads the file to use its tokens; a missing one holds none.
    ///
    /// Fails, where the platform can tell, if others than the owner can read it.
    pub(crate) fn read_private(path: &Path) -> Result<Credentials, Error> {
        check_mode(path)?;
        Credentials::read(path)
    }

    /// Reads the file to rewrite it; a missing one holds none.
    pub(super) fn read(path: &Path) -> Result<Credentials, Error> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => SecretString::from(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Credentials::default());
            }
            Err(error) => return Err(failed("read", path, &error)),
        };
        parse(text.expose_secret()).ok_or_else(|| {
            Error::failure(format!(
                "the credentials file `{}` is not as faillog wrote it",
                path.display()
            ))
            .hint("delete it and run `faillog auth login` again")
        })
    }

    pub(crate) fn token(&self, profile: &str) -> Option<&SecretString> {
        self.0.get(profile)
    }

    pub(super) fn insert(&mut self, profile: &str, token: &str) {
        self.0.insert(profile.to_owned(), SecretString::from(token));
    }

    /// Forgets a profile's token; returns whether there was one.
    pub(super) fn remove(&mut self, profile: &str) -> bool {
        self.0.remove(profile).is_some()
    }

    /// Puts the file in place of the old one, for its owner alone.
    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        self.try_write(path)
            .map_err(|error| failed("write", path, &error))
    }

    fn try_write(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        make_private_folder(folder)?;
        // A temporary file is readable by its owner alone from the start.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(b"# Written by `faillog auth login`. Keep it to yourself.\n")?;
        for (profile, token) in &self.0 {
            let (profile, token) = (quoted(profile), quoted(token.expose_secret()));
            write!(file, "\n[profiles.{profile}]\ntoken = {token}\n")?;
        }
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }
}

fn parse(text: &str) -> Option<Credentials> {
    let root = DeTable::parse(text).ok()?;
    let mut credentials = Credentials::default();
    for (key, value) in root.get_ref() {
        if key.get_ref() != "profiles" {
            return None;
        }
        for (profile, entry) in value.get_ref().as_table()? {
            let token = entry.get_ref().get("token")?;
            let token = token.get_ref().as_str()?;
            credentials.insert(profile.get_ref(), token);
        }
    }
    Some(credentials)
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    let path = path.display();
    Error::failure(format!(
        "cannot {what} the credentials file `{path}`: {error}"
    ))
}

#[cfg(unix)]
fn check_mode(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;

    let mode = match std::fs::metadata(path) {
        Ok(metadata) => metadata.permissions().mode(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("read", path, &error)),
    };
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(Error::new(
        Kind::Unauthorised,
        format!(
            "others can get at the credentials file `{path}` (mode {:04o})",
            mode & 0o7777
        ),
    )
    .hint(format!(
        "run `chmod 600 '{path}'`, and replace the token if others have read it"
    )))
}

#[cfg(not(unix))]
fn check_mode(_path: &Path) -> Result<(), Error> {
    Ok(())
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;

    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(credentials: &Credentials) -> Vec<(&str, &str)> {
        let tokens = credentials.0.iter();
        tokens
            .map(|(profile, token)| (profile.as_str(), token.expose_secret()))
            .collect()
    }

    #[test]
    fn tokens_are_kept_by_profile() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/credentials.toml");
        let mut credentials = Credentials::read_private(&path).unwrap();
        assert_eq!(texts(&credentials), []);
        credentials.insert("default", "sgp_1");
        credentials.insert("odd \"name\".x", "a'b\"c\\d");
        credentials.write(&path).unwrap();
        let mut credentials = Credentials::read_private(&path).unwrap();
        assert_eq!(
            texts(&credentials),
            [("default", "sgp_1"), ("odd \"name\".x", "a'b\"c\\d")]
        );
        assert!(credentials.remove("default"));
        assert!(!credentials.remove("default"));
        credentials.write(&path).unwrap();
        let credentials = Credentials::read_private(&path).unwrap();
        assert_eq!(texts(&credentials).len(), 1);
        let left = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(left, 1, "no temporary file stays");
    }

    #[test]
    fn a_damaged_file_is_told_without_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials.toml");
        for text in [
            "sgp_secret",
            "token = 'sgp_secret'",
            "[profiles.a]\ntoken = ['sgp_secret']",
        ] {
            std::fs::write(&path, text).unwrap();
            let error = Credentials::read(&path).err().unwrap();
            assert_eq!(
                error.message,
                format!(
                    "the credentials file `{}` is not as faillog wrote it",
                    path.display()
                )
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owner_s_alone_or_is_refused() {
        use std::os::unix::fs::PermissionsExt;

        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faillog/credentials.toml");
        let mut credentials = Credentials::default();
        credentials.insert("default", "sgp_1");
        credentials.write(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);

        for bits in [0o640, 0o604, 0o660, 0o644] {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(bits)).unwrap();
            let error = Credentials::read_private(&path).err().unwrap();
            assert_eq!(error.kind, Kind::Unauthorised);
            assert_eq!(
                error.message,
                format!(
                    "others can get at the credentials file `{}` (mode {bits:04o})",
                    path.display()
                )
            );
            assert!(
                error.hints[0].starts_with(&format!("run `chmod 600 '{}'`", path.display())),
                "{:?}",
                error.hints
            );
        }
        Credentials::read(&path).unwrap().write(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
        Credentials::read_private(&path).unwrap();
    }
}
