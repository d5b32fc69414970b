//! What becomes of each line: it is counted, noted in the index, and remembered if it meets the filter.
//!
//! Rule: what threads have seen is put together so that it does not depend on which of them saw it.

use std::collections::BTreeMap;

use rayon::slice::ParallelSliceMut;
use twox_hash::XxHash3_64;

use crate::providers::Outline;
use crate::providers::framing::{Spanning, is_open, spanning};
use crate::store::record_key;

use super::super::import::{FileImport, MAX_HOMELESS_BYTES, TOLD_REJECTS};
use super::super::ingest::decode_line;
use super::super::pipeline::Source;
use super::file::Place;
use super::kin::Index;
use super::own::{Judge, Verdict};
use super::ranking::{Ranked, Ranking};
use super::shared::Scan;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The most records that meet a filter, or have an id of their own, of which it is remembered which they are: 128 MiB.
const MAX_REMEMBERED: usize = 8 << 20;

/// The most records that the index leads to, 256 MiB.
const MAX_INDEXED: usize = 32 << 20;

/// Lines of a file.
pub(super) struct Chunk<'b> {
    /// Where the first line starts.
    pub(super) place: Place,
    /// Whole lines; the last one of the file may have no end.
    pub(super) lines: &'b [u8],
    /// The lines and what is known to follow them.
    pub(super) ahead: &'b [u8],
    /// Nothing follows `ahead`.
    pub(super) is_all: bool,
}

/// The lines of one thread.
pub(super) struct Look<'l> {
    scan: &'l Scan<'l>,
    judge: &'l Judge<'l>,
    seen: Seen,
}

/// What was seen in lines.
#[derive(Default)]
pub(super) struct Seen {
    /// By file, by where in it the chunk starts.
    chunks: BTreeMap<Place, OfChunk>,
    /// The keys of the records that meet the filter.
    pub(super) matched: Vec<u128>,
    pub(super) ranking: Ranking,
    pub(super) index: Index,
    /// The keys of records with an id of their own, and what their bytes are.
    named: Vec<(u128, u64)>,
}

/// What a chunk is told by.
#[derive(Default)]
struct OfChunk {
    lines: u64,
    records: u64,
    rejects: u64,
    rejected_bytes: usize,
    /// Line within the chunk, counted from 0, and reason of the first rejects.
    first_rejects: Vec<(u64, String)>,
}

impl<'l> Look<'l> {
    pub(super) fn new(scan: &'l Scan<'l>, judge: &'l Judge<'l>) -> Look<'l> {
        let seen = Seen {
            ranking: Ranking::new(scan.page),
            ..Seen::default()
        };
        Look { scan, judge, seen }
    }

    pub(super) fn finish(self) -> Seen {
        self.seen
    }

    /// Looks at the lines of a chunk.
    pub(super) fn at(&mut self, chunk: &Chunk<'_>) {
        let mut told = OfChunk::default();
        let mut start = 0;
        self.seen.index.begin(chunk.place);
        if chunk.place.start == 0 && chunk.lines.starts_with(BYTE_ORDER_MARK) {
            start = BYTE_ORDER_MARK.len();
        }
        while start < chunk.lines.len() {
            let rest = &chunk.lines[start..];
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest[..end].trim_ascii();
            if !line.is_empty() {
                match (self.scan.outline)(line) {
                    Some(outline) => {
                        told.records += 1;
                        self.record(chunk.place, start, &outline, line);
                    }
                    None => self.no_record(line, &chunk.ahead[start..], chunk.is_all, &mut told),
                }
            }
            told.lines += 1;
            start += end + 1;
        }
        self.seen.chunks.insert(chunk.place, told);
        let most = self.seen.matched.len().max(self.seen.named.len());
        if most > MAX_REMEMBERED || self.seen.index.len() > MAX_INDEXED {
            self.scan.is_beyond_this();
        }
    }

    fn record(&mut self, chunk: Place, start: usize, outline: &Outline<'_>, line: &[u8]) {
        let seen = &mut self.seen;
        let place = Place {
            start: chunk.start + start as u64,
            ..chunk
        };
        seen.index.add(outline, place, start);
        let key = || key(outline, line);
        if outline.id.is_some() {
            seen.named.push((key(), XxHash3_64::oneshot(line)));
        }
        match self.judge.judge(outline, line) {
            Verdict::Meets => {
                let key = key();
                seen.matched.push(key);
                seen.ranking.add(Ranked {
                    time: outline.time,
                    key,
                    place,
                });
            }
            Verdict::Fails => {}
            Verdict::Hangs => self.scan.is_beyond_this(),
        }
    }

    /// Takes a line that is no record by itself; `ahead` begins with it.
    fn no_record(&mut self, line: &[u8], ahead: &[u8], is_all: bool, told: &mut OfChunk) {
        if is_open(line) && spanning(ahead, is_all) != Spanning::No {
            return self.scan.is_beyond_this();
        }
        let origin = &self.scan.origins[0];
        let came = decode_line(self.scan.provider, origin, told.lines, line);
        if came.records > 0 {
            return self.scan.is_beyond_this();
        }
        told.rejects += came.rejects.len() as u64;
        told.rejected_bytes += came
            .rejects
            .iter()
            .map(|reject| reject.raw.len())
            .sum::<usize>();
        let missing = TOLD_REJECTS.saturating_sub(told.first_rejects.len());
        let rejects = came.rejects.into_iter().take(missing);
        told.first_rejects
            .extend(rejects.map(|reject| (reject.line, reject.reason)));
    }
}

/// Returns what a record is told from others by, within the hour that it belongs to.
fn key(outline: &Outline<'_>, line: &[u8]) -> u128 {
    const ODD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    let hour = outline.time.hour().start().micros() as u128;
    record_key(outline.id.as_deref(), line) ^ hour.wrapping_mul(ODD)
}

/// Counts different keys.
pub(super) fn distinct(mut keys: Vec<u128>) -> u64 {
    keys.par_sort_unstable();
    keys.dedup();
    keys.len() as u64
}

impl Seen {
    /// Puts together what threads have seen; `None` if that is too much to be held.
    pub(super) fn all(parts: Vec<Seen>) -> Option<Seen> {
        let mut parts = parts.into_iter();
        let mut all = parts.next()?;
        for part in parts {
            all.chunks.extend(part.chunks);
            all.matched.extend(part.matched);
            all.ranking.extend(part.ranking);
            all.index.extend(part.index);
            all.named.extend(part.named);
        }
        let most = all.matched.len().max(all.named.len());
        (most <= MAX_REMEMBERED && all.index.len() <= MAX_INDEXED).then_some(all)
    }

    /// Says what became of a file.
    pub(super) fn told(&self, number: usize, source: &Source<'_>) -> FileImport {
        let mut file = FileImport {
            name: source.name.clone(),
            arrived: Some(source.arrived),
            ..FileImport::default()
        };
        let mut line = 1;
        let chunks = self.chunks.iter();
        for (_, chunk) in chunks.filter(|(place, _)| place.file as usize == number) {
            file.records += chunk.records;
            file.rejects += chunk.rejects;
            let missing = TOLD_REJECTS.saturating_sub(file.first_rejects.len());
            let rejects = chunk.first_rejects.iter().take(missing);
            file.first_rejects
                .extend(rejects.map(|(at, reason)| (line + at, reason.clone())));
            line += chunk.lines;
        }
        file
    }

    /// Returns whether so much was rejected that an import may refuse a file.
    pub(super) fn is_hardly_a_log(&self) -> bool {
        let rejected = self.chunks.values().map(|chunk| chunk.rejected_bytes);
        rejected.sum::<usize>() > MAX_HOMELESS_BYTES
    }

    /// Returns whether records of one id in one hour differ: which of them counts, only an import says.
    pub(super) fn has_unlike_namesakes(&mut self) -> bool {
        self.named.par_sort_unstable();
        self.named
            .windows(2)
            .any(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1)
    }
}
