//! The sandbox in which tests run the program.
//!
//! Rule: nothing of the machine's own environment, config or clock zone reaches the program; a failed assertion shows
//! the command, its ending, both streams and the files.

pub(crate) mod server;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A `FAILLOG_HOME` of its own, and the program in it.
pub(crate) struct TestEnv {
    home: TempDir,
    variables: Vec<(String, String)>,
}

/// How a run ended.
#[must_use = "assert what the run printed or how it ended"]
pub(crate) struct Outcome {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
    /// All that is known of the run, for a failed assertion.
    story: String,
}

impl TestEnv {
    pub(crate) fn new() -> Self {
        TestEnv {
            home: tempfile::tempdir().expect("cannot make a sandbox"),
            variables: Vec::new(),
        }
    }

    /// Sets an environment variable for the runs that follow.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the sandbox's `FAILLOG_HOME`.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file below the sandbox's home, and returns its path.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home().join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).expect("cannot make a folder in the sandbox");
        }
        std::fs::write(&path, text).expect("cannot write into the sandbox");
        path
    }

    /// Returns the program with the sandbox's environment, to be run as the test likes.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_faillog"));
        command.args(args).current_dir(self.home()).env_clear();
        // Windows cannot open a socket without it, nor find its own programs.
        for name in ["SystemRoot", "PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .env("FAILLOG_HOME", self.home())
            .env("COLUMNS", "100")
            .env("TZ", "UTC")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs the program with nothing on its input.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Outcome {
        let mut command = self.command(args);
        let output = command.output().expect("the program cannot be started");
        self.outcome(&command, &output)
    }

    /// Runs the program with `input` on its standard input.
    pub(crate) fn run_with_input<S: AsRef<OsStr>>(
        &self,
        args: &[S],
        input: impl AsRef<[u8]>,
    ) -> Outcome {
        let mut command = self.command(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program cannot be started");
        let mut pipe = child.stdin.take().expect("stdin is a pipe");
        let input = input.as_ref().to_owned();
        // A thread of its own, since the program may print more than a pipe holds before it has read all.
        let writer = std::thread::spawn(move || {
            // A program that ends before it has read all is for the test to judge.
            let _: std::io::Result<()> = pipe.write_all(&input);
        });
        let output = child.wait_with_output().expect("the program was lost");
        writer.join().expect("the writer panicked");
        self.outcome(&command, &output)
    }

    /// Describes a run that the test started itself.
    pub(crate) fn outcome(&self, command: &Command, output: &Output) -> Outcome {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        let args: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        let story = format!(
            "faillog {}\n{}\n------- stdout -------\n{stdout}------- stderr -------\n{stderr}------- files -------\n{}",
            args.join(" "),
            output.status,
            files(self.home()).join("\n"),
        );
        Outcome {
            stdout,
            stderr,
            // A run that a signal ended has no code.
            code: output.status.code().unwrap_or(-1),
            story,
        }
    }
}

impl Outcome {
    /// Adds to what a failed assertion shows.
    pub(crate) fn and_told(mut self, heading: &str, text: &str) -> Self {
        self.story
            .push_str(&format!("\n------- {heading} -------\n{text}"));
        self
    }

    #[track_caller]
    pub(crate) fn assert(&self, holds: bool, expected: &str) -> &Self {
        assert!(holds, "expected {expected}\n{}", self.story);
        self
    }

    #[track_caller]
    pub(crate) fn code(&self, code: i32) -> &Self {
        self.assert(self.code == code, &format!("exit code {code}"))
    }

    /// Asserts that the run did what it should.
    #[track_caller]
    pub(crate) fn success(&self) -> &Self {
        self.code(0)
    }

    #[track_caller]
    pub(crate) fn stdout_is(&self, text: &str) -> &Self {
        self.assert(self.stdout == text, &format!("stdout to be\n{text}"))
    }

    #[track_caller]
    pub(crate) fn stderr_is(&self, text: &str) -> &Self {
        self.assert(self.stderr == text, &format!("stderr to be\n{text}"))
    }

    #[track_caller]
    pub(crate) fn stdout_has(&self, text: &str) -> &Self {
        self.assert(self.stdout.contains(text), &format!("`{text}` on stdout"))
    }

    #[track_caller]
    pub(crate) fn stderr_has(&self, text: &str) -> &Self {
        self.assert(self.stderr.contains(text), &format!("`{text}` on stderr"))
    }

    /// Asserts that a text, such as a token, is in neither stream.
    #[track_caller]
    pub(crate) fn nowhere(&self, text: &str) -> &Self {
        let found = self.stdout.contains(text) || self.stderr.contains(text);
        self.assert(!found, &format!("`{text}` nowhere"))
    }
}

/// Returns the rejects that are kept in an hour's folder; there is one such file, or none.
pub(crate) fn rejects_in(folder: &Path) -> Option<String> {
    let entries = std::fs::read_dir(folder).expect("an hour's folder");
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("_rejects-"))
        })
        .collect();
    assert!(
        found.len() < 2,
        "rejects of one version alone, not {found:?}"
    );
    found
        .pop()
        .map(|path| std::fs::read_to_string(path).expect("rejects are text"))
}

/// Lists the files below a folder with their sizes, in order.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let size = entry.metadata().map_or(0, |metadata| metadata.len());
            found.push(format!("{} ({size} bytes)", path.display()));
        }
    }
    found.sort();
    found
}

mod tests {
    use super::*;

    #[test]
    fn the_sandbox_hides_the_machine_s_environment() {
        let env = TestEnv::new().set("FAILLOG_TZ", "+01:00");
        let names: Vec<_> = env
            .command(&["x"])
            .get_envs()
            .map(|(name, _)| name.to_string_lossy().into_owned())
            .collect();
        assert!(names.contains(&"FAILLOG_TZ".to_owned()), "{names:?}");
        assert!(!names.contains(&"HOME".to_owned()), "{names:?}");
    }

    #[test]
    fn a_failed_assertion_tells_the_whole_story() {
        let env = TestEnv::new();
        env.write("a/b.txt", "abc");
        let outcome = env.run(&["config", "path", "--nonsense"]);
        let panic = std::panic::catch_unwind(|| {
            let _ = outcome.success();
        });
        let message = panic.expect_err("exit code 2 is no success");
        let message = message.downcast_ref::<String>().expect("a text");
        for part in [
            "expected exit code 0",
            "faillog config path --nonsense",
            "exit status: 2",
            "------- stderr -------\nerror: unexpected argument '--nonsense' found\n",
            "b.txt (3 bytes)",
        ] {
            let part = if cfg!(windows) {
                part.replace("status", "code")
            } else {
                part.to_owned()
            };
            assert!(message.contains(&part), "no `{part}` in\n{message}");
        }
    }
}
