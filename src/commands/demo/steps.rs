//! The commands of the show, as data, and those the reader is invited to try.
//!
//! Rule: whoever changes a flag changes it here too; every command must parse, and the suggestions work offline.

/// Stands for the hour whose log grows after it was fetched.
const APPENDED_HOUR: &str = "{appended hour}";

/// Stands for the message that the step before found.
const MESSAGE: &str = "{message}";

/// One command of the show.
pub(super) struct Step {
    pub(super) explain: &'static str,
    args: &'static [&'static str],
}

/// What the show found out on its way.
#[derive(Default)]
pub(super) struct Found {
    /// The hour whose log grows after it was fetched.
    pub(super) appended: String,
    /// A message that was tried several times.
    pub(super) message: String,
}

pub(super) const STEPS: &[Step] = &[
    Step {
        explain: "Messages do not arrive. Requests are scarce, 120 a day: what would the last 12 hours cost?",
        args: &[
            "fetch",
            "--collection",
            "messaging",
            "--last",
            "12h",
            "--dry-run",
        ],
    },
    Step {
        explain: "Fetch them, and keep them.",
        args: &["fetch", "--collection", "messaging", "--last", "12h"],
    },
    Step {
        explain: "The other two collections of this workspace as well.",
        args: &[
            "fetch",
            "--collection",
            "ads",
            "--collection",
            "webhook",
            "--last",
            "12h",
        ],
    },
    Step {
        explain: "Which hours are here, and which are still growing?",
        args: &["hours", "--collection", "messaging"],
    },
    Step {
        explain: "What is left of today's requests?",
        args: &["quota"],
    },
    Step {
        explain: "What fails, where, and since when? The pattern is the reason without what differs from message to message.",
        args: &[
            "top",
            "--type",
            "attempt",
            "--outcome",
            "failure",
            "--by",
            "destination,status,pattern",
            "-n",
            "8",
        ],
    },
    Step {
        explain: "When did it break, and is it over?",
        args: &[
            "timeline",
            "--collection",
            "messaging",
            "--type",
            "attempt",
            "--by",
            "status",
            "--every",
            "30m",
        ],
    },
    Step {
        explain: "One message that was tried again and again:",
        args: &[
            "show",
            "--collection",
            "messaging",
            "--type",
            "attempt",
            "--attempt",
            ">=3",
            "-n",
            "1",
            "--columns",
            "message_id",
            "-o",
            "tsv",
        ],
    },
    Step {
        explain: "What happened to it, from the first try to its fate?",
        args: &["trace", MESSAGE, "--no-bodies"],
    },
    Step {
        explain: "And what does such a status mean?",
        args: &["explain", "503"],
    },
    Step {
        explain: "The newest errors. The reason is that of the message's last attempt.",
        args: &["show", "--type", "error", "-n", "10"],
    },
    Step {
        explain: "Who was told to slow down? An attempt has the status of the exchange it was part of.",
        args: &["show", "--type", "attempt", "--status", "429", "-n", "5"],
    },
    Step {
        explain: "What was given up, for good, at the webhook?",
        args: &[
            "show",
            "--collection",
            "webhook",
            "--fate",
            "discarded",
            "-n",
            "5",
        ],
    },
    Step {
        explain: "What did the messaging vendor itself say while it was down?",
        args: &[
            "show",
            "--collection",
            "messaging",
            "--type",
            "exchange",
            "--grep",
            "emergency maintenance",
            "-n",
            "3",
        ],
    },
    Step {
        explain: "A list for the spreadsheet.",
        args: &[
            "show",
            "--type",
            "attempt",
            "--status",
            "5xx",
            "--columns",
            "time,message_id,destination,status,reason",
            "-n",
            "5",
            "-o",
            "csv",
        ],
    },
    Step {
        explain: "The newest hour was still growing. Fetched again, it has more; a settled hour would not be paid for twice.",
        args: &[
            "fetch",
            "--collection",
            "messaging",
            "--hour",
            APPENDED_HOUR,
        ],
    },
];

/// What to try next; each must work without a network.
pub(super) const SUGGESTIONS: &[&[&str]] = &[
    &["hours"],
    &["show", "--fate", "retrying", "-n", "20"],
    &["diff", "--b", "4h", "--by", "destination,status,pattern"],
    &[
        "show",
        "--outcome",
        "failure",
        "--final",
        "--by-message",
        "-n",
        "20",
    ],
    &["show", "--collection", "ads", "--status", "400", "-n", "10"],
    &["show", "--grep", "Дарья|山田|ليلى", "-o", "raw", "-n", "3"],
    &["show", "--type", "error", "-o", "csv", "-n", "100"],
];

impl Step {
    /// Returns the arguments, with what was found put in its place.
    pub(super) fn arguments(&self, found: &Found) -> Vec<String> {
        let place = |arg: &&str| {
            arg.replace(APPENDED_HOUR, &found.appended)
                .replace(MESSAGE, &found.message)
        };
        self.args.iter().map(place).collect()
    }

    /// Returns whether the step finds the message that later ones are about.
    pub(super) fn finds_message(&self) -> bool {
        self.args
            .ends_with(&["--columns", "message_id", "-o", "tsv"])
    }
}

#[cfg(test)]
mod tests {
    use clap::Subcommand;

    use super::*;
    use crate::commands::Verb;

    fn found() -> Found {
        Found {
            appended: "2025-03-24T06".to_owned(),
            message: "m-1".to_owned(),
        }
    }

    #[test]
    fn every_command_parses() {
        let output = clap::Arg::new("output").short('o').global(true);
        let program = Verb::augment_subcommands(clap::Command::new("faillog").arg(output));
        let steps = STEPS.iter().map(|step| step.arguments(&found()));
        let suggestions = SUGGESTIONS
            .iter()
            .map(|words| words.iter().map(ToString::to_string).collect());
        for words in steps.chain(suggestions) {
            let line = std::iter::once("faillog".to_owned()).chain(words);
            program.clone().try_get_matches_from(line).unwrap();
        }
    }

    #[test]
    fn the_hour_that_grew_is_asked_for_by_its_name() {
        let arguments: Vec<Vec<String>> =
            STEPS.iter().map(|step| step.arguments(&found())).collect();
        assert!(arguments.iter().flatten().any(|arg| arg == "2025-03-24T06"));
        assert!(!arguments.iter().flatten().any(|arg| arg.contains('{')));
    }
}
