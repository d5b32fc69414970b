//! `faillog completions`: the script by which a shell asks faillog for completions.
//!
//! Rule: the scripts under `completions/` are what this prints, byte for byte; a test compares them.

use clap_complete::env::Shells;

use super::{Context, Error};

/// Print a shell completion script
///
/// The script asks `faillog` itself at every Tab, and so completes not only verbs and flags, but also the collections,
/// hours and values that are stored.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  Bash, in ~/.bashrc:
    source <(faillog completions bash)
  Zsh, in ~/.zshrc:
    source <(faillog completions zsh)
  Fish:
    faillog completions fish > ~/.config/fish/completions/faillog.fish
  PowerShell, in $PROFILE:
    faillog completions powershell | Out-String | Invoke-Expression
  Elvish, in ~/.config/elvish/rc.elv:
    eval (faillog completions elvish | slurp)")]
pub(crate) struct Args {
    /// The shell to complete in
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
}

impl Shell {
    /// Returns the shell's name as the completion engine knows it.
    fn name(self) -> &'static str {
        match self {
            Shell::Bash => "bash",
            Shell::Zsh => "zsh",
            Shell::Fish => "fish",
            Shell::Powershell => "powershell",
            Shell::Elvish => "elvish",
        }
    }
}

pub(crate) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    const PROGRAM: &str = "faillog";
    let name = args.shell.name();
    let shells = Shells::builtins();
    let shell = shells
        .completer(name)
        .ok_or_else(|| Error::failure(format!("there is no completion for `{name}`")))?;
    let mut script = Vec::new();
    shell.write_registration("COMPLETE", PROGRAM, PROGRAM, PROGRAM, &mut script)?;
    context.out.write_all(&script)?;
    Ok(())
}
