//! Where the token comes from: `--token-file`, `FAILLOG_TOKEN`, `token_command`, the credentials file, in this order.
//!
//! Rule: a token is never part of an error; neither is the output of the command that should have printed one.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use secrecy::ExposeSecret;

use crate::model::Provider;
use crate::providers::Token;

use super::credentials::Credentials;
use super::{Error, Kind, Settings};

/// No token is this long, in bytes; a file that is was given by mistake.
const LONGEST: u64 = 8 * 1024;

/// Who gave the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenSource {
    File(PathBuf),
    Stdin,
    Environment,
    /// `token_command` of a profile.
    Command(String),
    /// The credentials file.
    Credentials(PathBuf),
    /// What a profile names for the PIM to give a token for.
    Password(String),
}

impl fmt::Display for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenSource::File(path) => write!(f, "token file {}", path.display()),
            TokenSource::Stdin => f.write_str("standard input"),
            TokenSource::Environment => f.write_str("FAILLOG_TOKEN"),
            TokenSource::Command(profile) => write!(f, "token_command of profile {profile}"),
            TokenSource::Credentials(path) => write!(f, "credentials file {}", path.display()),
            TokenSource::Password(profile) => write!(f, "password of profile {profile}"),
        }
    }
}

/// Finds the token of the profile; that there is none is an error.
pub(crate) fn resolve(
    settings: &Settings,
    input: &mut dyn Read,
) -> Result<(Token, TokenSource), Error> {
    find(settings, input)?.ok_or_else(|| none(settings))
}

/// Says that there is no token, and how to give one.
pub(super) fn none(settings: &Settings) -> Error {
    let Settings {
        profile, provider, ..
    } = settings;
    let login = match provider {
        Provider::Segment => String::new(),
        _ => format!(" --provider {provider}"),
    };
    refused(format!("there is no token for profile `{profile}`"))
        .hint(format!("run `faillog auth login{login}` to store one"))
        .hint("or set `FAILLOG_TOKEN`, pass `--token-file FILE`, or set `token_command` in the config")
}

/// Finds the token of the profile, if it has one. The first source that is named counts, even if it fails.
pub(super) fn find(
    settings: &Settings,
    input: &mut dyn Read,
) -> Result<Option<(Token, TokenSource)>, Error> {
    if let Some(path) = &settings.token_file {
        let (line, source) = if path.as_os_str() == "-" {
            (first_line(input), TokenSource::Stdin)
        } else {
            let line = std::fs::File::open(path).and_then(|mut file| first_line(&mut file));
            (line, TokenSource::File(path.clone()))
        };
        let line =
            line.map_err(|error| refused(format!("cannot read the token from {source}: {error}")))?;
        return checked(&line, source).map(Some);
    }
    if let Some(token) = &settings.token_env {
        return checked(token.expose_secret(), TokenSource::Environment).map(Some);
    }
    if let Some(command) = &settings.token_command {
        let source = TokenSource::Command(settings.profile.clone());
        let line = ask_command(command, &source)?;
        return checked(&line, source).map(Some);
    }
    let path = &settings.credentials_file;
    match Credentials::read_private(path)?.token(&settings.profile) {
        Some(token) => checked(
            token.expose_secret(),
            TokenSource::Credentials(path.clone()),
        )
        .map(Some),
        None => Ok(None),
    }
}

fn refused(message: String) -> Error {
    Error::new(Kind::Unauthorised, message)
}

/// Makes a token of a text, and names its source where it is none.
pub(super) fn checked(text: &str, source: TokenSource) -> Result<(Token, TokenSource), Error> {
    match Token::new(text) {
        Ok(token) => Ok((token, source)),
        Err(error) => Err(refused(format!("{error} (from {source})"))),
    }
}

/// Makes a secret of a text that may hold any character, and names its source where it is none.
pub(super) fn any_text(text: &str, source: &str) -> Result<Token, Error> {
    Token::of_any_text(text).map_err(|_| refused(format!("the secret from {source} is empty")))
}

/// Reads one line and no byte beyond it: what follows may be meant for the verb.
pub(super) fn first_line(input: &mut dyn Read) -> io::Result<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    while line.len() as u64 <= LONGEST && input.read(&mut byte)? > 0 && byte[0] != b'\n' {
        line.push(byte[0]);
    }
    if line.len() as u64 > LONGEST {
        return Err(io::Error::other("its first line is too long for a token"));
    }
    String::from_utf8(line).map_err(|_| io::Error::other("its first line is not valid UTF-8"))
}

/// Runs the command in the shell and reads its first line. It may ask the user for something, and so keeps stdin and
/// stderr.
pub(super) fn ask_command(command: &str, source: &dyn fmt::Display) -> Result<String, Error> {
    let (shell, option) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    let output = Command::new(shell)
        .args([option, command])
        .stderr(Stdio::inherit())
        .stdin(Stdio::inherit())
        .output()
        .map_err(|error| refused(format!("cannot run the {source}: {error}")))?;
    if !output.status.success() {
        return Err(refused(format!("the {source} failed: {}", output.status))
            .hint("run the command by hand; it must print the secret and exit with 0"));
    }
    first_line(&mut output.stdout.as_slice())
        .map_err(|error| refused(format!("cannot read the output of the {source}: {error}")))
}

/// Returns whether the credentials file is not what a run would use, and what it would use instead.
pub(super) fn overriding(settings: &Settings) -> Option<TokenSource> {
    let file = |path: &Path| TokenSource::File(path.to_owned());
    settings
        .token_file
        .as_deref()
        .map(file)
        .or_else(|| {
            settings
                .token_env
                .as_ref()
                .map(|_| TokenSource::Environment)
        })
        .or_else(|| {
            settings
                .token_command
                .as_ref()
                .map(|_| TokenSource::Command(settings.profile.clone()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::sandbox::settings;

    fn found(settings: &Settings, input: &str) -> (String, TokenSource) {
        let (token, source) = resolve(settings, &mut input.as_bytes()).unwrap();
        (token.expose_for_header().to_owned(), source)
    }

    #[cfg(unix)]
    #[test]
    fn each_source_goes_before_those_after_it() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path());
        let path = settings.credentials_file.clone();

        let error = resolve(&settings, &mut io::empty()).unwrap_err();
        assert_eq!(error.kind, Kind::Unauthorised);
        assert_eq!(error.message, "there is no token for profile `default`");
        assert_eq!(error.hints[0], "run `faillog auth login` to store one");

        std::fs::write(&path, "[profiles.default]\ntoken = 'stored'\n").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        let stored = TokenSource::Credentials(path);
        assert_eq!(found(&settings, ""), ("stored".into(), stored));

        settings.token_command = Some("printf 'printed\\nmore\\n'".into());
        let command = TokenSource::Command("default".into());
        assert_eq!(found(&settings, ""), ("printed".into(), command));

        settings.token_env = Some("from_env".into());
        assert_eq!(
            found(&settings, ""),
            ("from_env".into(), TokenSource::Environment)
        );

        let file = folder.path().join("token");
        std::fs::write(&file, "from_file\r\nmore").unwrap();
        settings.token_file = Some(file.clone());
        assert_eq!(
            found(&settings, ""),
            ("from_file".into(), TokenSource::File(file))
        );

        settings.token_file = Some("-".into());
        assert_eq!(
            found(&settings, "piped\n"),
            ("piped".into(), TokenSource::Stdin)
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_failing_command_is_told_by_its_code_and_not_its_output() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path());
        settings.token_command = Some("echo sgp_secret; exit 3".into());
        let error = resolve(&settings, &mut io::empty()).unwrap_err();
        assert_eq!(error.kind, Kind::Unauthorised);
        assert_eq!(
            error.message,
            "the token_command of profile default failed: exit status: 3"
        );
        settings.token_command = Some("true".into());
        let error = resolve(&settings, &mut io::empty()).unwrap_err();
        assert_eq!(
            error.message,
            "the token is empty (from token_command of profile default)"
        );
    }

    #[test]
    fn a_named_source_that_fails_is_not_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path());
        settings.token_env = Some("from_env".into());
        settings.token_file = Some(folder.path().join("none"));
        let error = resolve(&settings, &mut io::empty()).unwrap_err();
        assert_eq!(error.kind, Kind::Unauthorised);
        assert!(
            error
                .message
                .starts_with("cannot read the token from token file "),
            "{error}"
        );

        settings.token_file = Some("-".into());
        let mut long = io::repeat(b'x');
        let error = resolve(&settings, &mut long).unwrap_err();
        assert_eq!(
            error.message,
            "cannot read the token from standard input: its first line is too long for a token"
        );
    }

    #[test]
    fn one_line_is_read_and_no_byte_beyond_it() {
        let mut input: &[u8] = b"token\nrest";
        assert_eq!(first_line(&mut input).unwrap(), "token");
        assert_eq!(input, b"rest");
    }
}
