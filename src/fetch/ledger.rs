//! The ledger of requests: how many a workspace spent in the last 24 hours, shared by all processes of a user.
//!
//! One file of JSON lines for each workspace, `<state>/ledger/<name>.ndjson`, and a lock file beside it that is held only
//! to read and append. Rule: a request is written down and synced before it is made, so that a crash still counts it.

mod book;
mod name;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::model::{Timestamp, count};

pub(crate) use book::Budget;
use book::{Book, Line};

/// How often and how long a held lock is tried for: five seconds, where an append takes milliseconds.
const LOCK_TRIES: u32 = 250;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// The count of one workspace's requests. Nothing is opened or made until asked.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    file: PathBuf,
    lock: PathBuf,
    limit: u64,
}

/// A request that is written down and may now be made.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a reserved request is to be made and settled"]
pub(crate) struct Ticket {
    id: u64,
}

/// What the server's answer told of the budget, from its `X-RateLimit-*` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) consumed: Option<u64>,
    pub(crate) remaining: Option<u64>,
    pub(crate) reset: Option<Timestamp>,
    /// False if the request never reached the server: then it is not counted.
    pub(crate) counted: bool,
}

/// Why a request may not be made, or could not be written down.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerError {
    #[error("the request budget is spent: {} left, {kept_back} kept back", count(*.left, "request"))]
    Spent {
        /// When a request may be made again; `None` if never at this limit.
        next_at: Option<Timestamp>,
        left: u64,
        kept_back: u64,
    },
    #[error("the ledger `{}` is held by another process", .path.display())]
    Locked { path: PathBuf },
    #[error("cannot {action} the ledger `{}`: {source}", .path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

impl Ledger {
    /// Names the ledger of a workspace; no I/O. `name` may be any text, `limit` is the requests allowed in 24 hours.
    pub(crate) fn open(state_dir: &Path, name: &str, limit: u64) -> Ledger {
        let folder = state_dir.join("ledger");
        let name = name::to_file_stem(name);
        Ledger {
            file: folder.join(format!("{name}.ndjson")),
            lock: folder.join(format!("{name}.lock")),
            limit,
        }
    }

    /// Writes one request down before it is made. `keep_back` requests are left alone, but never more than a twentieth of
    /// what the server allows.
    ///
    /// # Errors
    /// If the budget is spent, or the ledger cannot be written.
    pub(crate) fn reserve(&self, now: Timestamp, keep_back: u64) -> Result<Ticket, LedgerError> {
        self.locked(|| {
            let (mut book, text) = self.read(now)?;
            let budget = book.budget(self.limit, now);
            let kept_back = book.keep_back(keep_back);
            if budget.left <= kept_back {
                return Err(LedgerError::Spent {
                    next_at: book.next_at(self.limit, kept_back, now),
                    left: budget.left,
                    kept_back,
                });
            }
            let id = book.next_id(now);
            let line = Line::Reserved { id, at: now };
            if book.has_old_lines() {
                book.apply(line, now);
                self.rewrite(&book)?;
            } else {
                self.append(&text, &line)?;
            }
            Ok(Ticket { id })
        })
    }

    /// Writes down what the answer to a request told, or that the request never reached the server.
    pub(crate) fn settle(
        &self,
        ticket: Ticket,
        now: Timestamp,
        report: &Report,
    ) -> Result<(), LedgerError> {
        let Ticket { id } = ticket;
        let line = match *report {
            Report { counted: false, .. } => Line::Released { id },
            Report {
                consumed: None,
                remaining: None,
                ..
            } => return Ok(()),
            Report {
                consumed,
                remaining,
                reset,
                ..
            } => Line::Told {
                id,
                at: now,
                consumed,
                remaining,
                reset,
            },
        };
        self.write_down(now, &line)
    }

    /// Writes down that the server turned a request away because the day is spent, until the time it told.
    pub(crate) fn spent_until(
        &self,
        now: Timestamp,
        until: Option<Timestamp>,
    ) -> Result<(), LedgerError> {
        self.write_down(now, &Line::Spent { at: now, until })
    }

    /// Returns what is spent and left. Takes no lock and writes nothing.
    pub(crate) fn budget(&self, now: Timestamp) -> Result<Budget, LedgerError> {
        let (book, _) = self.read(now)?;
        Ok(book.budget(self.limit, now))
    }

    /// Returns how many of the requests left are kept back where that many were asked to be.
    pub(crate) fn kept_back(&self, now: Timestamp, keep_back: u64) -> Result<u64, LedgerError> {
        let (book, _) = self.read(now)?;
        Ok(book.keep_back(keep_back))
    }

    fn write_down(&self, now: Timestamp, line: &Line) -> Result<(), LedgerError> {
        self.locked(|| {
            let (_, text) = self.read(now)?;
            self.append(&text, line)
        })
    }

    /// Reads the ledger; none yet is an empty one.
    fn read(&self, now: Timestamp) -> Result<(Book, Vec<u8>), LedgerError> {
        let text = match fs::read(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(self.failed("read", source)),
        };
        Ok((Book::read(&text, now), text))
    }

    /// Adds a line to the file, whose content is `text`, and waits until it is on the disk.
    fn append(&self, text: &[u8], line: &Line) -> Result<(), LedgerError> {
        let mut bytes = Vec::new();
        if text.last().is_some_and(|last| *last != b'\n') {
            // A crash left half a line: it must not swallow this one.
            bytes.push(b'\n');
        }
        line.write(&mut bytes);
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.file)
            .and_then(|mut file| {
                file.write_all(&bytes)?;
                file.sync_data()
            })
            .map_err(|source| self.failed("write", source))
    }

    /// Puts a file without the old lines in the place of the present one.
    fn rewrite(&self, book: &Book) -> Result<(), LedgerError> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let write = || {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&book.to_lines())?;
            file.as_file().sync_all()?;
            file.persist(&self.file).map_err(|error| error.error)?;
            sync_folder(folder)
        };
        write().map_err(|source| self.failed("write", source))
    }

    /// Does something while no other process or thread touches the ledger.
    fn locked<T>(&self, body: impl FnOnce() -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        let open = || {
            if let Some(folder) = self.lock.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut options = OpenOptions::new();
            options.create(true).truncate(false).write(true);
            options.open(&self.lock)
        };
        let file = open().map_err(|source| self.failed("lock", source))?;
        let mut lock = fd_lock::RwLock::new(file);
        let mut tries = 1;
        let _guard = loop {
            match lock.try_write() {
                Ok(guard) => break guard,
                Err(error) if !is_held(&error) => return Err(self.failed("lock", error)),
                Err(_) if tries == LOCK_TRIES => {
                    return Err(LedgerError::Locked {
                        path: self.lock.clone(),
                    });
                }
                Err(_) => thread::sleep(LOCK_PAUSE),
            }
            tries += 1;
        };
        body()
    }

    fn failed(&self, action: &'static str, source: io::Error) -> LedgerError {
        LedgerError::Io {
            action,
            path: self.file.clone(),
            source,
        }
    }
}

fn is_held(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// Makes a rename durable; Windows has no such call and needs none.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
