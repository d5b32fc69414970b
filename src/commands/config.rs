//! `faillog config`: where the configuration is, and what it comes to.
//!
//! Rule: what is shown is what runs use, flags and environment included; secrets are shown only as set.

use super::{Context, Error, rows};

/// Show where the configuration is and what it says
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  Edit the config file:
    ${EDITOR:-vi} \"$(faillog config path)\"
  See which profile and region a run would use, and why:
    faillog config show --profile acme")]
pub(crate) struct Args {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, clap::Subcommand)]
enum Question {
    /// Print the path of the config file, whether or not it exists
    Path,
    /// Show every setting with its value and where that came from
    ///
    /// A flag goes before the environment, that before the config, and that before the default.
    Show,
}

pub(crate) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    match args.question {
        Question::Path => {
            writeln!(context.out, "{}", context.settings.config_file.display())?;
            Ok(())
        }
        Question::Show => {
            let settings = context.origins.iter().map(|setting| {
                vec![
                    Some(setting.key.to_owned()),
                    setting.value.clone(),
                    Some(setting.origin.to_string()),
                ]
            });
            let settings: Vec<_> = settings.collect();
            rows::write(context, &["key", "value", "origin"], &settings)
        }
    }
}
