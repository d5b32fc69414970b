//! Threads from bytes to what is made of them: one reader a source, workers that decode blocks, the caller that takes
//! the results.
//!
//! The caller gets every result in order of source and block, whatever finished first, so that the same input always gives the same file.
//! Each source may be ahead of the caller by a few blocks, and a few sources at a time: about
//! [`SOURCES_AHEAD`] × (workers + 2) × 1 MiB of text and what was made of it, below 100 MiB with 8 workers. Values
//! longer than a block (up to 64 MiB each) take the place of a block each.
//!
//! Rule: the caller leaving, for whatever reason, ends all threads.

use std::collections::VecDeque;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::model::Timestamp;
use crate::providers::framing::{Block, Blocks, Form, FramingError};
use crate::store::Object;

use super::decompress::{Decompressed, ReadFailure};
use super::ingest_error::IngestError;
use super::progress::Progress;

/// Sources that are read at the same time: the one being taken, and some ahead so that the network is not idle.
const SOURCES_AHEAD: usize = 4;

/// More threads than this wait for the one that writes.
const MAX_WORKERS: usize = 8;

/// A stream of records, to be read once.
pub(crate) struct Source<'a> {
    /// A file name, or `object 1`; shown to people and kept with the hour, never a URL.
    pub(crate) name: String,
    pub(crate) reader: Box<dyn Read + Send + 'a>,
    pub(crate) form: Form,
    /// Where it can be read from any place and more than once, if it can.
    pub(crate) file: Option<PathBuf>,
    /// When it arrived: the time of records that have none of their own.
    pub(crate) arrived: Timestamp,
}

impl<'a> Source<'a> {
    /// Names a stream of JSON.
    pub(crate) fn new(name: String, reader: Box<dyn Read + Send + 'a>, arrived: Timestamp) -> Self {
        Source {
            name,
            reader,
            form: Form::Json,
            file: None,
            arrived,
        }
    }
}

/// What the caller is handed, in order.
pub(super) enum Event<T> {
    Block {
        source: usize,
        made: T,
    },
    /// The source has ended. With a failure, `object` tells what was transferred until then.
    End {
        source: usize,
        object: Object,
        failure: Option<IngestError>,
    },
}

/// A block on its way to a worker, and where the result goes.
struct Job<T> {
    source: usize,
    block: Block,
    reply: SyncSender<T>,
}

/// What a reader hands the caller: where the next result will be, or how it ended.
enum Message<T> {
    Pending(Receiver<T>),
    End(Object, Option<IngestError>),
}

/// Reads all sources, has `work` done on their blocks by several threads, and hands the results to `sink` in order.
///
/// `work` is given the number of the source. Ends with the first error of `sink`; a source that fails is no error here.
pub(super) fn run<'a, T: Send>(
    sources: Vec<Source<'a>>,
    progress: &Progress,
    work: impl Fn(usize, &Block) -> T + Sync,
    mut sink: impl FnMut(Event<T>) -> Result<(), IngestError>,
) -> Result<(), IngestError> {
    let workers = thread::available_parallelism().map_or(1, |count| count.get().min(MAX_WORKERS));
    let (jobs, queue) = sync_channel::<Job<T>>(workers);
    let queue = Mutex::new(queue);
    thread::scope(|scope| {
        // Moved in, so that it is dropped when the caller leaves; the workers end when no reader holds a copy.
        let jobs = jobs;
        for _ in 0..workers {
            scope.spawn(|| work_off(&queue, &work));
        }
        let start = |(number, source): (usize, Source<'a>)| {
            let (ordered, results) = sync_channel(workers + 1);
            let jobs = jobs.clone();
            scope.spawn(move || read_source(number, source, &ordered, &jobs, progress));
            results
        };
        let mut waiting = sources.into_iter().enumerate();
        let mut reading: VecDeque<_> = waiting.by_ref().take(SOURCES_AHEAD).map(start).collect();
        let mut source = 0;
        while let Some(results) = reading.pop_front() {
            for message in results {
                if progress.is_interrupted() {
                    return Err(IngestError::Interrupted);
                }
                match message {
                    // A worker that does not answer has panicked, and the scope passes the panic on.
                    Message::Pending(result) => {
                        if let Ok(made) = result.recv() {
                            sink(Event::Block { source, made })?;
                        }
                    }
                    Message::End(object, failure) => sink(Event::End {
                        source,
                        object,
                        failure,
                    })?,
                }
            }
            source += 1;
            reading.extend(waiting.next().map(start));
        }
        Ok(())
    })
}

fn work_off<T>(queue: &Mutex<Receiver<Job<T>>>, work: &impl Fn(usize, &Block) -> T) {
    loop {
        let Ok(Ok(job)) = queue.lock().map(|queue| queue.recv()) else {
            return;
        };
        // Fails only when the caller has left.
        let _ = job.reply.send(work(job.source, &job.block));
    }
}

fn read_source<T>(
    number: usize,
    source: Source<'_>,
    ordered: &SyncSender<Message<T>>,
    jobs: &SyncSender<Job<T>>,
    progress: &Progress,
) {
    let mut object = Object {
        name: source.name,
        etag: None,
        size: 0,
        sha256: String::new(),
        imported: false,
    };
    let failure = match Decompressed::open(source.reader) {
        Err(failure) => Some(IngestError::from_read(&object.name, failure)),
        Ok(stream) => {
            let mut blocks = Blocks::new(stream, source.form);
            let failed = send_blocks(number, &mut blocks, ordered, jobs, progress);
            let mut stream = blocks.into_reader();
            let failure = failed.err().map(|failed| match failed {
                Stopped::Interrupted => IngestError::Interrupted,
                Stopped::Framing(FramingError::Read(error)) => {
                    IngestError::from_read(&object.name, stream.explain(error))
                }
                Stopped::Framing(error @ FramingError::TooLong { .. }) => IngestError::TooLong {
                    name: object.name.clone(),
                    error,
                },
            });
            (object.size, object.sha256) = stream.finish();
            failure
        }
    };
    // Fails only when the caller has left.
    let _ = ordered.send(Message::End(object, failure));
}

/// Why a reader stopped before the end of its source.
enum Stopped {
    /// By Ctrl-C, or because the caller has left.
    Interrupted,
    Framing(FramingError),
}

fn send_blocks<T>(
    source: usize,
    blocks: &mut Blocks<Decompressed<'_>>,
    ordered: &SyncSender<Message<T>>,
    jobs: &SyncSender<Job<T>>,
    progress: &Progress,
) -> Result<(), Stopped> {
    for block in blocks {
        let block = block.map_err(Stopped::Framing)?;
        progress.add_bytes(block.len());
        let (reply, result) = sync_channel(1);
        let job = Job {
            source,
            block,
            reply,
        };
        // In this order: the place in the queue of the caller bounds how many blocks are in flight.
        let is_wanted = ordered.send(Message::Pending(result)).is_ok() && jobs.send(job).is_ok();
        if !is_wanted || progress.is_interrupted() {
            return Err(Stopped::Interrupted);
        }
    }
    Ok(())
}

impl IngestError {
    fn from_read(name: &str, failure: ReadFailure) -> Self {
        let name = name.to_owned();
        match failure {
            ReadFailure::Transfer(error) => IngestError::Read { name, error },
            ReadFailure::Truncated => IngestError::Truncated { name },
            ReadFailure::Corrupt(error) => IngestError::Corrupt { name, error },
        }
    }
}
