//! The steps by which hours are published on the disk, in one place, so that a test can break off at any of them.
//!
//! Rule: what is to last goes through here; in a release this is `std::fs` and nothing else.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
#[cfg(test)]
use std::sync::Arc;
#[cfg(test)]
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// The disk as one store sees it.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    #[cfg(test)]
    faults: Arc<Faults>,
}

/// When steps fail.
#[cfg(test)]
#[derive(Debug, Default)]
struct Faults {
    /// Steps until one fails, that one included; 0: none does; below 0: one has failed.
    left: AtomicI64,
    /// Whether all steps after it fail too, as if the process had died.
    dies: AtomicBool,
}

/// A file being written.
pub(super) struct DiskFile {
    file: File,
    disk: Disk,
}

impl Disk {
    #[cfg(test)]
    fn step(&self) -> io::Result<()> {
        let Faults { left, dies } = &*self.faults;
        match left.load(Ordering::SeqCst) {
            0 => return Ok(()),
            below if below < 0 => {
                return match dies.load(Ordering::SeqCst) {
                    true => Err(io::Error::other("the process is dead")),
                    false => Ok(()),
                };
            }
            _ => {}
        }
        match left.fetch_sub(1, Ordering::SeqCst) {
            1 => {
                left.store(-1, Ordering::SeqCst);
                Err(io::Error::other("a step failed"))
            }
            _ => Ok(()),
        }
    }

    #[cfg(not(test))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "a test may break off here"
    )]
    fn step(&self) -> io::Result<()> {
        Ok(())
    }

    /// Lets the `nth` step from now fail, and all after it.
    #[cfg(test)]
    pub(super) fn break_at(&self, nth: i64) {
        self.faults.dies.store(true, Ordering::SeqCst);
        self.faults.left.store(nth, Ordering::SeqCst);
    }

    /// Lets the `nth` step from now fail alone.
    #[cfg(test)]
    pub(super) fn fail_at(&self, nth: i64) {
        self.faults.dies.store(false, Ordering::SeqCst);
        self.faults.left.store(nth, Ordering::SeqCst);
    }

    /// Lets all go well again; returns whether a step had failed.
    #[cfg(test)]
    pub(super) fn mend(&self) -> bool {
        self.faults.left.swap(0, Ordering::SeqCst) < 0
    }

    pub(super) fn create(&self, path: &Path) -> io::Result<DiskFile> {
        self.step()?;
        Ok(DiskFile {
            file: File::create(path)?,
            disk: self.clone(),
        })
    }

    pub(super) fn append(&self, path: &Path) -> io::Result<DiskFile> {
        self.step()?;
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(DiskFile {
            file,
            disk: self.clone(),
        })
    }

    pub(super) fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        fs::create_dir_all(path)
    }

    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        fs::rename(from, to)
    }

    pub(super) fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        fs::remove_file(path)
    }

    /// Removes a folder if it is empty.
    pub(super) fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        fs::remove_dir(path)
    }

    /// Makes what was written to a file last through a power cut. Tests have none, and would wait for it.
    pub(super) fn sync(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        let file = File::open(path)?;
        if cfg!(test) { Ok(()) } else { file.sync_all() }
    }

    /// Makes the names in a folder last through a power cut. Windows has no call for it; its journal orders a rename
    /// after the file's own sync.
    pub(super) fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        if cfg!(unix) && !cfg!(test) {
            File::open(path)?.sync_all()?;
        }
        Ok(())
    }
}

impl Write for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.step()?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_well_after_the_step_that_fails() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::default();
        disk.break_at(2);
        disk.make_folder(&folder.path().join("a/b")).unwrap();
        assert!(disk.create(&folder.path().join("c")).is_err());
        assert!(disk.remove_folder(&folder.path().join("a/b")).is_err());
        assert!(disk.mend());
        disk.remove_folder(&folder.path().join("a/b")).unwrap();
        assert!(!disk.mend());
    }
}
