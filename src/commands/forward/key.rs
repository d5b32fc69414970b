//! Where the write key comes from: `--write-key-file`, `FAILLOG_WRITE_KEY`, `write_key_command`, in this order.
//!
//! Rule: a write key lets anyone put events into a source: it is never part of an error, and never on the command line.

use std::io::Read;
use std::path::Path;

use secrecy::ExposeSecret;

use crate::providers::Token;

use super::super::token::{ask_command, first_line};
use super::super::{Error, Kind, Settings};

/// Finds the write key; `None` if no source of one is named. The first that is named counts, even if it fails.
pub(super) fn resolve(
    file: Option<&Path>,
    settings: &Settings,
    input: &mut dyn Read,
) -> Result<Option<Token>, Error> {
    if let Some(path) = file {
        let (line, source) = if path.as_os_str() == "-" {
            (first_line(input), "standard input".to_owned())
        } else {
            let line = std::fs::File::open(path).and_then(|mut file| first_line(&mut file));
            (line, format!("write key file {}", path.display()))
        };
        let line = line.map_err(|error| {
            refused(format!("cannot read the write key from {source}: {error}"))
        })?;
        return checked(&line, &source).map(Some);
    }
    if let Some(key) = &settings.write_key_env {
        return checked(key.expose_secret(), "FAILLOG_WRITE_KEY").map(Some);
    }
    if let Some(command) = &settings.write_key_command {
        let source = format!("write_key_command of profile {}", settings.profile);
        let line = ask_command(command, &source)?;
        return checked(&line, &source).map(Some);
    }
    Ok(None)
}

/// Says that there is no write key.
pub(super) fn missing(settings: &Settings) -> Error {
    refused(format!(
        "there is no write key for profile `{}`",
        settings.profile
    ))
    .hint("pass `--write-key-file FILE`, set `FAILLOG_WRITE_KEY`, or set `write_key_command` in the config")
    .hint("a source shows its write key under Settings > API Keys; --dry-run needs none")
}

fn checked(text: &str, source: &str) -> Result<Token, Error> {
    Token::new(text).map_err(|error| {
        // It is written of a token and holds nothing of the text.
        let error = error.to_string().replace("the token", "the write key");
        refused(format!("{error} (from {source})"))
    })
}

fn refused(message: String) -> Error {
    Error::new(Kind::Unauthorised, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::sandbox;

    #[cfg(unix)]
    #[test]
    fn each_source_goes_before_those_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = sandbox::settings(folder.path());
        let found = |settings: &Settings, file: Option<&Path>, input: &str| {
            let key = resolve(file, settings, &mut input.as_bytes()).unwrap();
            key.map(|key| key.expose_for_header().to_owned())
        };
        assert_eq!(found(&settings, None, ""), None);
        settings.write_key_command = Some("printf 'printed\\nmore'".into());
        assert_eq!(found(&settings, None, ""), Some("printed".into()));
        settings.write_key_env = Some("from_env".into());
        assert_eq!(found(&settings, None, ""), Some("from_env".into()));
        let file = folder.path().join("key");
        std::fs::write(&file, "from_file\r\n").unwrap();
        assert_eq!(found(&settings, Some(&file), ""), Some("from_file".into()));
        let stdin = Some(Path::new("-"));
        assert_eq!(found(&settings, stdin, "piped\nx"), Some("piped".into()));
    }

    #[cfg(unix)]
    #[test]
    fn a_source_that_fails_is_told_without_what_it_gave() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = sandbox::settings(folder.path());
        settings.write_key_command = Some("echo wk_secret; exit 3".into());
        let error = resolve(None, &settings, &mut std::io::empty()).unwrap_err();
        assert_eq!(
            error.message,
            "the write_key_command of profile default failed: exit status: 3"
        );
        assert_eq!(
            error.hints,
            ["run the command by hand; it must print the secret and exit with 0"]
        );
        settings.write_key_env = Some("wk secret".into());
        let error = resolve(None, &settings, &mut std::io::empty()).unwrap_err();
        assert!(error.message.starts_with("the write key has a space"));
        assert!(error.message.ends_with("(from FAILLOG_WRITE_KEY)"));
        assert!(!error.message.contains("wk"), "{error}");
        let none = folder.path().join("none");
        let error = resolve(Some(&none), &settings, &mut std::io::empty()).unwrap_err();
        assert_eq!(error.kind, Kind::Unauthorised);
        assert!(
            error
                .message
                .starts_with("cannot read the write key from write key file ")
        );
    }
}
