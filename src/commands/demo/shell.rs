//! Commands as text: quoted so that they work where they are pasted.
//!
//! Rule: what is printed is what runs; a word that a shell would change is quoted.

use std::path::Path;

use super::steps::SUGGESTIONS;

/// Returns what to try next and how to clear up, as commands that work where they are pasted.
pub(super) fn closing(program: &str, home: &Path, shell: Shell) -> String {
    let home = home.display().to_string();
    let mut text =
        String::from("# What was fetched is kept. Ask it yourself, no network needed:\n");
    for args in SUGGESTIONS {
        let command = command_line(program, args, shell);
        let line = match shell {
            Shell::Posix => format!("FAILLOG_HOME={} {command}", shell.always_quote(&home)),
            Shell::PowerShell => format!(
                "$env:FAILLOG_HOME = {}; {command}; Remove-Item Env:FAILLOG_HOME",
                shell.always_quote(&home)
            ),
        };
        text.push_str(&line);
        text.push('\n');
    }
    let remove = match shell {
        Shell::Posix => format!("rm -r {}", shell.always_quote(&home)),
        Shell::PowerShell => format!("Remove-Item -Recurse -Force {}", shell.always_quote(&home)),
    };
    text.push_str("# And when you are done:\n");
    text.push_str(&remove);
    text.push('\n');
    text
}

/// Whose rules a printed command follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shell {
    Posix,
    PowerShell,
}

impl Shell {
    /// The shell of this platform's users.
    pub(super) const HERE: Shell = if cfg!(windows) {
        Shell::PowerShell
    } else {
        Shell::Posix
    };

    fn quote(self, word: &str) -> String {
        let is_plain = !word.is_empty()
            && word.chars().all(|c| {
                c.is_ascii_alphanumeric()
                    || "-_./:=+%".contains(c)
                    || (c == ',' && self == Shell::Posix)
                    || (c == '\\' && self == Shell::PowerShell)
            });
        if is_plain {
            word.to_owned()
        } else {
            self.always_quote(word)
        }
    }

    fn always_quote(self, word: &str) -> String {
        match self {
            Shell::Posix => format!("'{}'", word.replace('\'', r"'\''")),
            Shell::PowerShell => format!("'{}'", word.replace('\'', "''")),
        }
    }
}

pub(super) fn command_line(program: &str, args: &[impl AsRef<str>], shell: Shell) -> String {
    let mut line = shell.quote(program);
    if shell == Shell::PowerShell && line.starts_with('\'') {
        line.insert_str(0, "& ");
    }
    for arg in args {
        line.push(' ');
        line.push_str(&shell.quote(arg.as_ref()));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_commands_are_quoted_for_their_shell() {
        let args = ["show", "--grep", "it's a|b", "-n", "5", ""];
        assert_eq!(
            command_line("faillog", &args, Shell::Posix),
            r"faillog show --grep 'it'\''s a|b' -n 5 ''"
        );
        assert_eq!(
            command_line(r"C:\My Tools\faillog.exe", &args, Shell::PowerShell),
            r"& 'C:\My Tools\faillog.exe' show --grep 'it''s a|b' -n 5 ''"
        );
        let text = closing(
            "target/release/faillog",
            Path::new("/a b/demo"),
            Shell::Posix,
        );
        assert!(
            text.contains("\nFAILLOG_HOME='/a b/demo' target/release/faillog hours\n"),
            "{text}"
        );
        assert!(text.ends_with("\nrm -r '/a b/demo'\n"), "{text}");
        let text = closing("faillog", Path::new("D:/demo"), Shell::PowerShell);
        assert!(
            text.contains("$env:FAILLOG_HOME = 'D:/demo'; faillog hours; Remove-Item"),
            "{text}"
        );
    }
}
