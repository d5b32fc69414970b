//! `faillog auth`: store a token, check it, forget it.
//!
//! Rule: a token is read from a prompt, a pipe or a file, never from an argument, and shown masked at most.

mod check;

use crate::model::Provider;
use crate::providers::{Token, spec};

use super::account::{self, SignIn};
use super::credentials::Credentials;
use super::filters::providers;
use super::token::{self, TokenSource};
use super::{Context, Error, Kind, rows};
use check::{Verdict, check};

/// Log in, check and log out
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  Store a token; it is asked for without echo:
    faillog auth login
  Store the token of another workspace, out of a password manager:
    op read op://ops/segment/token | faillog auth login --profile acme
  See where the token comes from, and whether it works:
    faillog auth status

  The same for an account at Akeneo, whose logs `faillog fetch --provider akeneo` gets:
    faillog auth login --provider akeneo

A token of Segment's Public API is made in its app under Settings > Workspace settings > Access Management > Tokens.")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Store a token for the profile, and check it
    ///
    /// Asks for the token on a terminal, without echo; otherwise reads one line of standard input.
    Login(Check),
    /// Tell where the token comes from and whether it works
    Status(Check),
    /// Forget the profile's stored token
    Logout(Account),
}

#[derive(Debug, clap::Args)]
struct Check {
    #[command(flatten)]
    account: Account,

    /// Do not ask the provider whether it accepts the token
    #[arg(long)]
    no_check: bool,
}

#[derive(Debug, clap::Args)]
struct Account {
    /// The account at this provider [default: that of the profile]
    #[arg(long, value_name = "PROVIDER", value_parser = providers())]
    provider: Option<Provider>,
}

impl Args {
    /// Returns the provider whose account is meant.
    pub(crate) fn provider(&self) -> Option<Provider> {
        match &self.action {
            Action::Login(check) | Action::Status(check) => check.account.provider,
            Action::Logout(account) => account.provider,
        }
    }
}

pub(crate) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    if context.settings.provider == Provider::Workato {
        return Err(account::nothing_to_fetch(Provider::Workato));
    }
    match &args.action {
        Action::Login(args) => login(context, args),
        Action::Status(args) => status(context, args),
        Action::Logout(_) => logout(context),
    }
}

fn login(context: &mut Context<'_>, args: &Check) -> Result<(), Error> {
    let token = ask(context)?;
    let checked = match args.no_check {
        true => Ok(Verdict::Unchecked),
        false => check(context, SignIn::Token(token.clone(), TokenSource::Stdin)),
    };
    // A token that is refused must not take the place of one that works; one that cannot be checked may be good.
    let checked = match checked {
        Err(error) if error.kind != Kind::Remote => return Err(error.hint("nothing was stored")),
        other => other,
    };
    let (profile, path) = (
        &context.settings.profile,
        &context.settings.credentials_file,
    );
    let mut credentials = Credentials::read(path)?;
    credentials.insert(profile, token.expose_for_header());
    credentials.write(path)?;
    let stored = format!(
        "stored the token of profile `{profile}` in `{}`",
        path.display()
    );
    context.messages.note(&stored);
    warn_if_overridden(context);
    match checked {
        Ok(Verdict::Accepted) => context.messages.note("the token works"),
        Ok(Verdict::Unchecked) if args.no_check => {}
        Ok(Verdict::Unchecked) => context.messages.note(&format!(
            "the token is not checked: {} has no cheap call for it",
            spec(context.settings.provider).title
        )),
        Err(error) => {
            let told = format!("whether the token works is not known: {error}");
            context.messages.warn(&told);
            context
                .messages
                .hint("run `faillog auth status` to check it later");
        }
    }
    Ok(())
}

/// Asks for the token on a terminal, else reads it from `--token-file` or standard input.
fn ask(context: &mut Context<'_>) -> Result<Token, Error> {
    if context.settings.token_file.is_some() {
        return Ok(token::resolve(&context.settings, context.input)?.0);
    }
    let typed = if context.terminal.stdin_is_terminal {
        let prompt = format!("Token of profile {}: ", context.settings.profile);
        rpassword::prompt_password(prompt)
    } else {
        token::first_line(context.input)
    };
    let typed = typed.map_err(|error| match error.kind() {
        std::io::ErrorKind::Interrupted => Error::new(Kind::Interrupted, "no token was entered"),
        _ => Error::failure(format!("cannot read the token: {error}")),
    })?;
    Ok(token::checked(&typed, TokenSource::Stdin)?.0)
}

fn status(context: &mut Context<'_>, args: &Check) -> Result<(), Error> {
    let sign_in = account::sign_in(context)?;
    let (token, source) = match &sign_in {
        SignIn::Token(token, source) => (token.clone(), source.clone()),
        SignIn::Password { password, .. } => {
            let profile = context.settings.profile.clone();
            (password.clone(), TokenSource::Password(profile))
        }
    };
    let checked = match args.no_check {
        true => Ok(Verdict::Unchecked),
        false => check(context, sign_in),
    };
    report(context, &token, &source, checked)
}

/// Shows the token's row; a token that does not work, or cannot be checked, is shown before it fails the run.
fn report(
    context: &mut Context<'_>,
    token: &Token,
    source: &TokenSource,
    checked: Result<Verdict, Error>,
) -> Result<(), Error> {
    let state = match &checked {
        Ok(Verdict::Accepted) => "works",
        Ok(Verdict::Unchecked) => "not checked",
        Err(error) if error.kind == Kind::Unauthorised => "refused",
        Err(_) => "cannot be checked",
    };
    let settings = &context.settings;
    let host = check::host(settings, token)?;
    let row = vec![
        Some(settings.profile.clone()),
        Some(settings.provider.name().to_owned()),
        Some(token.to_string()),
        Some(source.to_string()),
        Some(settings.region.name().to_owned()),
        host,
        Some(state.to_owned()),
    ];
    let headings = [
        "profile", "provider", "token", "source", "region", "host", "state",
    ];
    rows::write(context, &headings, &[row])?;
    checked.map(|_| ())
}

fn logout(context: &mut Context<'_>) -> Result<(), Error> {
    let (profile, path) = (
        &context.settings.profile,
        &context.settings.credentials_file,
    );
    let mut credentials = Credentials::read(path)?;
    let told = if credentials.remove(profile) {
        credentials.write(path)?;
        format!(
            "removed the token of profile `{profile}` from `{}`",
            path.display()
        )
    } else {
        format!("no token of profile `{profile}` was stored")
    };
    context.messages.note(&told);
    warn_if_overridden(context);
    Ok(())
}

/// Says that the credentials file is not what runs use.
fn warn_if_overridden(context: &mut Context<'_>) {
    if let Some(source @ (TokenSource::Environment | TokenSource::Command(_))) =
        token::overriding(&context.settings)
    {
        let told = format!("the token of {source} goes before the credentials file");
        context.messages.warn(&told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::sandbox::{settings, with_context};
    use crate::commands::{Region, Settings};

    /// Returns what `status` prints of a check, and how it ends.
    fn reported(checked: Result<Verdict, Error>) -> (String, Option<Kind>) {
        let token = Token::new("sgp_0123456789abcdef0123").unwrap();
        let root = tempfile::tempdir().unwrap();
        let settings = Settings {
            profile: "acme".into(),
            region: Region::Eu,
            ..settings(root.path())
        };
        let (ended, out, _) = with_context(settings, "2025-03-23T20:30:00Z", &[], |context| {
            report(context, &token, &TokenSource::Environment, checked)
        });
        (out, ended.err().map(|error| error.kind))
    }

    #[test]
    fn a_token_is_shown_masked_before_its_failure_ends_the_run() {
        let fail = |kind| Err(Error::new(kind, "why"));
        let cases = [
            (Ok(Verdict::Accepted), "works", None),
            (Ok(Verdict::Unchecked), "not checked", None),
            (
                fail(Kind::Unauthorised),
                "refused",
                Some(Kind::Unauthorised),
            ),
            (fail(Kind::Remote), "cannot be checked", Some(Kind::Remote)),
        ];
        for (checked, state, kind) in cases {
            let (shown, ended) = reported(checked);
            assert_eq!(ended, kind, "{state}");
            let words: Vec<_> = shown.lines().nth(1).unwrap().split('\t').collect();
            assert_eq!(
                words,
                [
                    "acme",
                    "segment",
                    "…",
                    "FAILLOG_TOKEN",
                    "eu",
                    "eu1.api.segmentapis.com",
                    state
                ]
            );
        }
    }
}
