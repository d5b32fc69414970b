//! A terminal's standard output: text longer than the screen goes through a pager, and messages wait for its end.
//!
//! Rule: nothing is lost: a pager that cannot start leaves the text to the terminal, and one that is left early ends
//! the output as a closed pipe does.

use std::io::{self, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The pager where nobody names one.
pub(super) const DEFAULT: &str = if cfg!(windows) { "" } else { "less -FRX" };
/// What less is told where the user does not: quit if all fits, keep colours, leave the text on the screen.
const LESS: &str = "FRX";

/// The rows and columns a text must exceed to be paged, and the program that then shows it.
#[derive(Clone, Debug)]
pub(super) struct Pager {
    pub(super) command: String,
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Whether `LESS` is set already.
    pub(super) less_is_set: bool,
}

/// Standard output and standard error of one terminal, put in order.
pub(super) struct Screen(Arc<Mutex<State>>);

/// Standard output on the screen.
pub(super) struct ScreenOut(Arc<Mutex<State>>);

/// Standard error on the screen.
pub(super) struct ScreenErr(Arc<Mutex<State>>);

struct State {
    pager: Pager,
    paging: Arc<AtomicBool>,
    phase: Phase,
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// Messages that came after text which is not on the screen yet.
    waiting: Vec<u8>,
}

enum Phase {
    /// The text so far, which still fits the screen, and the rows it takes.
    Held(Vec<u8>, usize),
    /// The rest goes straight to the terminal.
    Direct,
    Paged(Child),
}

impl Screen {
    /// Takes over both streams. `paging` is set as long as the pager runs.
    pub(super) fn new(
        pager: Pager,
        paging: Arc<AtomicBool>,
        out: Box<dyn Write + Send>,
        err: Box<dyn Write + Send>,
    ) -> Screen {
        Screen(Arc::new(Mutex::new(State {
            pager,
            paging,
            phase: Phase::Held(Vec::new(), 0),
            out,
            err,
            waiting: Vec::new(),
        })))
    }

    pub(super) fn streams(&self) -> (ScreenOut, ScreenErr) {
        (
            ScreenOut(Arc::clone(&self.0)),
            ScreenErr(Arc::clone(&self.0)),
        )
    }

    /// Puts out all that is held, waits until the pager is left, then shows the messages.
    pub(super) fn finish(self) -> io::Result<()> {
        let mut state = lock(&self.0);
        let shown = state.show();
        if let Phase::Paged(child) = &mut state.phase {
            drop(child.stdin.take());
            // How the pager ended is between it and the reader.
            let _: io::Result<_> = child.wait();
        }
        state.phase = Phase::Direct;
        state.paging.store(false, Ordering::Relaxed);
        state.show_waiting();
        shown
    }
}

impl State {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        match &mut self.phase {
            Phase::Direct => self.out.write(text),
            Phase::Paged(child) => match &mut child.stdin {
                Some(pipe) => pipe.write(text),
                None => Err(io::ErrorKind::BrokenPipe.into()),
            },
            Phase::Held(held, rows) => {
                held.extend_from_slice(text);
                *rows += rows_of(text, self.pager.columns);
                // The prompt takes one row.
                if *rows >= self.pager.rows {
                    self.page()?;
                }
                Ok(text.len())
            }
        }
    }

    /// Hands what is held to the pager, or to the terminal where the pager cannot start.
    fn page(&mut self) -> io::Result<()> {
        match self.pager.start() {
            Ok(child) => {
                self.paging.store(true, Ordering::Relaxed);
                if let Phase::Held(held, _) =
                    std::mem::replace(&mut self.phase, Phase::Paged(child))
                {
                    self.write_all(&held)?;
                }
                Ok(())
            }
            Err(error) => {
                self.show()?;
                if self.pager.command != DEFAULT {
                    let command = &self.pager.command;
                    let text = format!("warning: cannot start the pager `{command}`: {error}\n");
                    self.waiting.extend_from_slice(text.as_bytes());
                }
                Ok(())
            }
        }
    }

    fn write_all(&mut self, mut text: &[u8]) -> io::Result<()> {
        while !text.is_empty() {
            match self.write(text) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => text = &text[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Puts what is held on the terminal, and the rest of the text too; does nothing once the pager runs.
    fn show(&mut self) -> io::Result<()> {
        if let Phase::Held(held, _) = &mut self.phase {
            let held = std::mem::take(held);
            self.phase = Phase::Direct;
            self.out.write_all(&held)?;
        }
        if matches!(self.phase, Phase::Direct) {
            self.out.flush()?;
            self.show_waiting();
        }
        Ok(())
    }

    fn show_waiting(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        // A closed stderr is nobody to tell.
        let _: io::Result<()> = self.err.write_all(&waiting);
    }
}

impl Pager {
    /// Starts the program; its words are separated by spaces, and no shell looks at them.
    fn start(&self) -> io::Result<Child> {
        let mut words = self.command.split_whitespace();
        let program = words.next().ok_or(io::ErrorKind::NotFound)?;
        let mut command = Command::new(program);
        command.args(words).stdin(Stdio::piped());
        if !self.less_is_set {
            command.env("LESS", LESS);
        }
        command.spawn()
    }
}

impl Write for ScreenOut {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        lock(&self.0).write(text)
    }

    /// Shows a text that is not long enough to be paged: whoever flushes wants it seen now.
    fn flush(&mut self) -> io::Result<()> {
        lock(&self.0).show()
    }
}

impl Write for ScreenErr {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut state = lock(&self.0);
        let nothing_before = match &state.phase {
            Phase::Held(held, _) => held.is_empty(),
            Phase::Direct => true,
            Phase::Paged(_) => false,
        };
        if nothing_before {
            return state.err.write(text);
        }
        state.waiting.extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Counts the rows that a text takes, lines broken at the screen's width; sequences that colour count as text, so that
/// a pager may be asked a little early, never too late.
fn rows_of(text: &[u8], columns: usize) -> usize {
    let mut lines = text.split(|byte| *byte == b'\n');
    // What follows the last line feed is no row yet.
    lines.next_back();
    lines
        .map(|line| line.len().div_ceil(columns.max(1)).max(1))
        .sum()
}

/// A thread that panicked while it wrote has ended the run anyway; the text is still good.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(text);
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Log {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    /// Both streams of the screen write to one log, so that their order shows.
    fn screen(command: &str) -> (Screen, Log, Arc<AtomicBool>) {
        let (log, paging) = (Log::default(), Arc::new(AtomicBool::new(false)));
        let pager = Pager {
            command: command.to_owned(),
            rows: 4,
            columns: 10,
            less_is_set: false,
        };
        let screen = Screen::new(
            pager,
            Arc::clone(&paging),
            Box::new(log.clone()),
            Box::new(log.clone()),
        );
        (screen, log, paging)
    }

    #[test]
    fn rows_are_counted_as_the_screen_breaks_them() {
        assert_eq!(rows_of(b"", 10), 0);
        assert_eq!(rows_of(b"a\n\nb", 10), 2);
        assert_eq!(rows_of(b"0123456789\n0123456789a\n", 10), 3);
        assert_eq!(rows_of(b"abc\n", 0), 3);
    }

    #[test]
    fn a_short_text_is_not_paged_and_comes_before_later_messages() {
        let (screen, log, _) = screen("/no/such/pager");
        let (mut out, mut err) = screen.streams();
        writeln!(err, "first").unwrap();
        writeln!(out, "text").unwrap();
        writeln!(err, "last").unwrap();
        assert_eq!(log.text(), "first\n");
        screen.finish().unwrap();
        assert_eq!(log.text(), "first\ntext\nlast\n");
    }

    #[test]
    fn a_flushed_text_shows_at_once() {
        let (screen, log, _) = screen("/no/such/pager");
        let (mut out, mut err) = screen.streams();
        writeln!(out, "text").unwrap();
        writeln!(err, "message").unwrap();
        out.flush().unwrap();
        assert_eq!(log.text(), "text\nmessage\n");
        writeln!(out, "more\nthan\nfits\nhere").unwrap();
        screen.finish().unwrap();
        assert_eq!(log.text(), "text\nmessage\nmore\nthan\nfits\nhere\n");
    }

    #[test]
    fn a_pager_that_cannot_start_leaves_the_text_to_the_terminal() {
        let (screen, log, paging) = screen("/no/such/pager -x");
        let (mut out, _) = screen.streams();
        out.write_all(b"1\n2\n3\n4\n5\n").unwrap();
        assert!(!paging.load(Ordering::Relaxed));
        screen.finish().unwrap();
        let text = log.text();
        assert!(
            text.starts_with(
                "1\n2\n3\n4\n5\nwarning: cannot start the pager `/no/such/pager -x`: "
            ),
            "{text}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_long_text_goes_to_the_pager_whole_and_messages_wait() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("paged");
        let (screen, log, paging) = screen(&format!("cp /dev/stdin {}", file.display()));
        let (mut out, mut err) = screen.streams();
        for n in 1..=9 {
            writeln!(out, "{n}").unwrap();
        }
        assert!(paging.load(Ordering::Relaxed));
        writeln!(err, "message").unwrap();
        assert_eq!(log.text(), "");
        screen.finish().unwrap();
        assert!(!paging.load(Ordering::Relaxed));
        assert_eq!(
            std::fs::read_to_string(file).unwrap(),
            "1\n2\n3\n4\n5\n6\n7\n8\n9\n"
        );
        assert_eq!(log.text(), "message\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_pager_left_early_ends_the_output_as_a_closed_pipe_does() {
        let (screen, _, _) = screen("true");
        let (mut out, _) = screen.streams();
        let error = (0..100_000)
            .find_map(|_| out.write_all(b"0123456789\n").err())
            .expect("the pipe of a program that ended cannot take a megabyte");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        screen.finish().unwrap();
    }
}
