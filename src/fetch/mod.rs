//! Getting logs into the store: which hours are due, what they cost, downloading and decoding.

mod download;
mod pause;
mod run;

pub(crate) use download::{Download, DownloadError, Transfer, download_error};
pub(crate) use pause::{Interrupted, pause};
pub(crate) use run::{Course, HourTries, Next, Outcome, Stop};
