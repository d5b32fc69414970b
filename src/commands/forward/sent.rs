//! The memory of what was sent, so that each record is forwarded once.
//!
//! `<state>/forward/<source>/` is one source at one address: its host and a fingerprint of the write key, from which the key
//! cannot be found. In it is a file for each hour of records' own times, `2025-03-23T20.sent`: the keys of the events that
//! were sent, 16 bytes each and nothing else, so that an hour's are looked at and no more.
//!
//! Rule: a key is written and synced after its event was taken. A crash in between sends the event once more, which does
//! no harm: Segment counts the same `messageId` once within a day.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::model::Hour;

use super::super::Error;

/// Bytes of a key.
const KEY: usize = 16;

/// What was sent to one source.
#[derive(Debug)]
pub(super) struct Sent {
    folder: PathBuf,
    /// Held until dropped: two processes at once would send everything twice. `None`: nothing will be written.
    lock: Option<File>,
    loaded: BTreeMap<Hour, HashSet<u128>>,
}

impl Sent {
    /// Opens the memory to add to it.
    pub(super) fn open(state: &Path, source: &str) -> Result<Sent, Error> {
        let sent = Sent::look(state, source);
        let folder = &sent.folder;
        fs::create_dir_all(folder).map_err(|error| failed("make the folder", folder, &error))?;
        let path = folder.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| failed("open", &path, &error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Sent {
                lock: Some(lock),
                ..sent
            }),
            Err(TryLockError::WouldBlock) => Err(Error::failure(format!(
                "another faillog is forwarding to the same source; it holds `{}`",
                path.display()
            ))
            .hint("wait for it to end, then run the same command again")),
            Err(TryLockError::Error(error)) => Err(failed("lock", &path, &error)),
        }
    }

    /// Opens the memory to look at it alone; nothing is made.
    pub(super) fn look(state: &Path, source: &str) -> Sent {
        Sent {
            folder: state.join("forward").join(source),
            lock: None,
            loaded: BTreeMap::new(),
        }
    }

    /// Tells whether nothing was ever sent.
    pub(super) fn is_new(&self) -> bool {
        let mut names = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        !names.any(|entry| entry.path().extension().is_some_and(|e| e == "sent"))
    }

    /// Tells whether an event was sent.
    pub(super) fn contains(&mut self, hour: Hour, key: u128) -> Result<bool, Error> {
        if let Some(keys) = self.loaded.get(&hour) {
            return Ok(keys.contains(&key));
        }
        let path = self.file(hour);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed("read", &path, &error)),
        };
        // What is left over is the beginning of a key that was being written when the program ended.
        let (whole, _) = bytes.as_chunks::<KEY>();
        let keys: HashSet<u128> = whole.iter().map(|key| u128::from_be_bytes(*key)).collect();
        let found = keys.contains(&key);
        self.loaded.insert(hour, keys);
        Ok(found)
    }

    /// Writes down that events were sent.
    pub(super) fn remember(&mut self, events: &[(Hour, u128)]) -> Result<(), Error> {
        debug_assert!(self.lock.is_some(), "looked at, not opened");
        let mut by_hour: BTreeMap<Hour, Vec<u128>> = BTreeMap::new();
        for (hour, key) in events {
            by_hour.entry(*hour).or_default().push(*key);
        }
        for (hour, keys) in by_hour {
            let path = self.file(hour);
            append(&path, &keys).map_err(|error| failed("write", &path, &error))?;
            if let Some(loaded) = self.loaded.get_mut(&hour) {
                loaded.extend(keys);
            }
        }
        Ok(())
    }

    /// Makes room: what was loaded is read again when it is needed.
    pub(super) fn unload(&mut self) {
        self.loaded.clear();
    }

    fn file(&self, hour: Hour) -> PathBuf {
        self.folder.join(format!("{hour}.sent"))
    }
}

fn append(path: &Path, keys: &[u128]) -> io::Result<()> {
    let is_new = !path.exists();
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    let torn = file.metadata()?.len() % KEY as u64;
    if torn > 0 {
        file.set_len(file.metadata()?.len() - torn)?;
    }
    let bytes: Vec<u8> = keys.iter().flat_map(|key| key.to_be_bytes()).collect();
    file.write_all(&bytes)?;
    file.sync_data()?;
    if is_new {
        sync_folder(path);
    }
    Ok(())
}

/// Makes a new file's name last as well. Not every file system can; what is lost then is sent once more.
fn sync_folder(path: &Path) {
    if let Some(folder) = path.parent()
        && let Ok(folder) = File::open(folder)
    {
        let _: io::Result<()> = folder.sync_all();
    }
}

fn failed(action: &str, path: &Path, error: &io::Error) -> Error {
    Error::failure(format!("cannot {action} `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn hour(text: &str) -> Hour {
        Hour::parse(text, Timestamp::MIN).unwrap()
    }

    #[test]
    fn what_was_sent_is_known_to_later_runs_by_hour() {
        let state = tempfile::tempdir().unwrap();
        let (first, second) = (hour("2025-03-23T20"), hour("2025-03-23T21"));
        let mut sent = Sent::open(state.path(), "s").unwrap();
        assert!(sent.is_new());
        assert!(!sent.contains(first, 1).unwrap());
        sent.remember(&[(first, 1), (second, u128::MAX), (first, 2)])
            .unwrap();
        assert!(sent.contains(first, 1).unwrap());
        sent.unload();
        drop(sent);
        let mut sent = Sent::look(state.path(), "s");
        assert!(!sent.is_new());
        for (hour, key, expected) in [
            (first, 1, true),
            (first, 2, true),
            (first, u128::MAX, false),
            (second, u128::MAX, true),
            (second, 1, false),
        ] {
            assert_eq!(sent.contains(hour, key).unwrap(), expected, "{hour} {key}");
        }
        assert!(!Sent::look(state.path(), "t").contains(first, 1).unwrap());
    }

    #[test]
    fn half_a_key_is_no_key_and_is_written_over() {
        let state = tempfile::tempdir().unwrap();
        let hour = hour("2025-03-23T20");
        let mut sent = Sent::open(state.path(), "s").unwrap();
        sent.remember(&[(hour, 1), (hour, 2)]).unwrap();
        let path = sent.file(hour);
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(25).unwrap();
        sent.unload();
        assert!(sent.contains(hour, 1).unwrap());
        assert!(!sent.contains(hour, 2).unwrap());
        sent.remember(&[(hour, 3)]).unwrap();
        sent.unload();
        assert!(sent.contains(hour, 3).unwrap());
        assert_eq!(fs::read(&path).unwrap().len(), 32);
    }

    #[test]
    fn one_process_at_a_time_sends_to_a_source() {
        let state = tempfile::tempdir().unwrap();
        let first = Sent::open(state.path(), "s").unwrap();
        let error = Sent::open(state.path(), "s").unwrap_err();
        assert!(error.message.starts_with("another faillog is forwarding"));
        Sent::open(state.path(), "t").unwrap();
        drop(first);
        Sent::open(state.path(), "s").unwrap();
    }
}
