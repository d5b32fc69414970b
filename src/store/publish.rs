//! Putting written hours into their places, all or nothing for each.
//!
//! In this order: the files are synced; the hours are noted in `.pending`; rejects get their place, in which no footer
//! names them yet; each hour's records are renamed into place, which is its commit; folders are synced; what the new
//! footers do not name is removed.
//!
//! Rule: what an old footer names stays until the new one is in its place for good.

use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::disk::{Disk, DiskFile};
use super::error::{OnPath, StoreError};
use super::hour_key::HourKey;
use super::layout::Store;
use super::leftovers::sweep;
use super::meta::HourMeta;
use super::pending::Pending;
use super::rejects::Rejects;
use super::versions::Since;

/// Files that are synced at the same time: the disk answers many at once about as fast as one.
const SYNC_THREADS: usize = 16;

/// A temporary file; it is removed unless it is put in a place.
struct Temporary {
    disk: Disk,
    path: PathBuf,
    is_placed: bool,
}

/// An hour that was written beside its place.
pub(super) struct Ready {
    pub(super) meta: HourMeta,
    /// What came to an hour whose records supersede others.
    came: Vec<(u128, Since)>,
    records: Temporary,
    rejects: Option<Temporary>,
}

impl Temporary {
    fn create(store: &Store, key: &HourKey, what: &str) -> Result<(Self, DiskFile), StoreError> {
        let path = store.temporary_file(key, what);
        let disk = store.disk().clone();
        let file = disk.create(&path).on("create", &path)?;
        let temporary = Temporary {
            disk,
            path,
            is_placed: false,
        };
        Ok((temporary, file))
    }

    fn place(&mut self, to: &Path) -> Result<(), StoreError> {
        self.disk
            .rename(&self.path, to)
            .on("rename into place", to)?;
        self.is_placed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_placed {
            let _ = self.disk.remove_file(&self.path);
        }
    }
}

impl Ready {
    /// Writes an hour beside its place: `write` is given where its records go, and returns it.
    pub(super) fn write(
        store: &Store,
        meta: HourMeta,
        came: Vec<(u128, Since)>,
        rejects: &Rejects,
        write: impl FnOnce(BufWriter<DiskFile>, &Path) -> Result<BufWriter<DiskFile>, StoreError>,
    ) -> Result<Ready, StoreError> {
        let (records, out) = Temporary::create(store, &meta.key, "records.parquet")?;
        let mut out = write(BufWriter::new(out), &records.path)?;
        out.flush().on("write", &records.path)?;
        let rejects = match meta.rejects.lines {
            0 => None,
            _ => {
                let (beside, out) = Temporary::create(store, &meta.key, "rejects.ndjson")?;
                let mut out = BufWriter::new(out);
                let copied = rejects.copy_to(&mut out).and_then(|()| out.flush());
                copied.on("write", &beside.path)?;
                Some(beside)
            }
        };
        Ok(Ready {
            meta,
            came,
            records,
            rejects,
        })
    }
}

/// Publishes hours of one collection; returns whether nothing was left over. Hours that are in place when a step fails
/// stay there.
pub(super) fn publish(
    store: &Store,
    pending: &Pending,
    mut ready: Vec<Ready>,
) -> Result<bool, StoreError> {
    let done = place(store, pending, &mut ready);
    let mut is_swept = true;
    for ready in &ready {
        let key = &ready.meta.key;
        // What cannot be swept now is swept later.
        let swept = match &done {
            Ok(()) => sweep(store, key, Some(&ready.meta)),
            Err(_) => store
                .meta(key)
                .and_then(|meta| sweep(store, key, meta.as_ref())),
        };
        is_swept &= swept.is_ok();
    }
    done.map(|()| is_swept)
}

fn place(store: &Store, pending: &Pending, ready: &mut [Ready]) -> Result<(), StoreError> {
    let (disk, is_lasting) = (store.disk(), !store.is_temporary());
    if is_lasting {
        let of = |ready: &Ready| {
            let rejects = ready.rejects.iter().map(|rejects| rejects.path.clone());
            rejects
                .chain([ready.records.path.clone()])
                .collect::<Vec<_>>()
        };
        let files: Vec<PathBuf> = ready.iter().flat_map(of).collect();
        each(&files, |file| disk.sync(file).on("sync", file))?;
    }
    pending.note(
        ready
            .iter()
            .map(|ready| (ready.meta.key.hour, ready.came.as_slice())),
    )?;

    let mut folders = BTreeSet::new();
    let mut with_rejects = Vec::new();
    for ready in ready.iter_mut() {
        let folder = store.hour_folder(&ready.meta.key);
        make_folder(disk, &folder, &mut folders)?;
        if let (Some(rejects), Some(name)) = (&mut ready.rejects, ready.meta.rejects.file_name()) {
            rejects.place(&folder.join(name))?;
            with_rejects.push(folder);
        }
    }
    let sync = |folder: &Path| disk.sync_folder(folder).on("sync", folder);
    if is_lasting {
        // No footer may outlive a power cut that its rejects do not.
        each(&with_rejects, sync)?;
    }
    for ready in ready.iter_mut() {
        ready.records.place(&store.records_file(&ready.meta.key))?;
    }
    if is_lasting {
        each(&folders.into_iter().collect::<Vec<_>>(), sync)?;
    }
    Ok(())
}

/// Makes a folder, and remembers it with its ancestors that were made.
fn make_folder(disk: &Disk, folder: &Path, made: &mut BTreeSet<PathBuf>) -> Result<(), StoreError> {
    for ancestor in folder.ancestors() {
        made.insert(ancestor.to_owned());
        if ancestor.exists() {
            break;
        }
    }
    disk.make_folder(folder).on("make the folder", folder)
}

/// Does something for each of many paths, several at a time; ends with the first failure.
fn each(
    paths: &[PathBuf],
    work: impl Fn(&Path) -> Result<(), StoreError> + Sync,
) -> Result<(), StoreError> {
    let next = AtomicUsize::new(0);
    let (next, work) = (&next, &work);
    std::thread::scope(|scope| {
        let threads = SYNC_THREADS.min(paths.len());
        let spawned: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(move || {
                    while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                        work(path)?;
                    }
                    Ok(())
                })
            })
            .collect();
        spawned.into_iter().try_for_each(|thread| {
            // A thread that panicked passes its panic on when the scope ends.
            thread.join().unwrap_or(Ok(()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_is_worked_off_once_and_a_failure_is_told() {
        let paths: Vec<PathBuf> = (0..100).map(|n| PathBuf::from(n.to_string())).collect();
        let seen = std::sync::Mutex::new(BTreeSet::new());
        each(&paths, |path| {
            assert!(seen.lock().unwrap().insert(path.to_owned()));
            Ok(())
        })
        .unwrap();
        assert_eq!(seen.lock().unwrap().len(), 100);
        let failed = each(&paths, |path| {
            Err(std::io::Error::other("no")).on("sync", path)
        });
        assert!(failed.is_err());
    }
}
