//! Getting logs into the store: which hours are due, what they cost, downloading and decoding.

mod decompress;
mod import;
mod ingest;
mod pipeline;
mod recognise;

pub(crate) use import::{FileImport, Imported, import_files};
pub(crate) use ingest::{IngestError, Ingested, Progress, ingest_hour};
pub(crate) use pipeline::Source;
pub(crate) use recognise::{RecogniseError, recognise};
