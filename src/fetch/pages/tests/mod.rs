//! The loop over pages against a feed that is a list: what is stored when, what is waited for, what counts as whole.

mod kept;
mod tried;

use std::collections::VecDeque;
use std::sync::Mutex;

use super::*;
use crate::model::{Filter, Provider};
use crate::providers::feed::{Coverage, Page};
use crate::store::{HourKey, HourMeta};

const NOW: &str = "2025-03-23T20:30:00Z";

fn instant(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn window(start: &str, end: &str) -> Window {
    Window {
        start: instant(start),
        end: instant(end),
    }
}

fn hour(text: &str) -> Hour {
    Hour::parse(text, instant(NOW)).unwrap()
}

/// A page of audit events of these ids and times.
fn page(events: &[(&str, &str)]) -> Result<Step, FeedError> {
    let events: Vec<String> = events
        .iter()
        .map(|(id, time)| {
            format!(
                r#"{{"id":"{id}","timestamp":"{time}","type":"Source Created","resourceType":"source","resourceId":"s","resourceName":"n"}}"#
            )
        })
        .collect();
    Ok(Step::Page(Page {
        body: format!(r#"{{"data":{{"events":[{}]}}}}"#, events.join(",")).into_bytes(),
        records: events.len() as u64,
    }))
}

fn end(window: Option<Window>, gap: Option<&str>) -> Result<Step, FeedError> {
    Ok(Step::End(Coverage {
        window,
        gap: gap.map(str::to_owned),
    }))
}

fn limited(seconds: Option<u64>) -> Result<Step, FeedError> {
    Err(FeedError::RateLimited {
        host: "h".to_owned(),
        wait: seconds.map(Duration::from_secs),
        message: String::new(),
    })
}

fn server() -> Result<Step, FeedError> {
    Err(FeedError::Server {
        host: "h".to_owned(),
        status: 503,
        message: String::new(),
    })
}

fn broken() -> Result<Step, FeedError> {
    Err(FeedError::Http(HttpError::NoAnswer {
        host: "h".to_owned(),
        failure: Failure::Broken("reset".to_owned()),
    }))
}

fn refused() -> Result<Step, FeedError> {
    Err(FeedError::Unauthorised {
        host: "h".to_owned(),
        message: "expired".to_owned(),
        hint: "get a new one".to_owned(),
    })
}

/// A store, and what a run over it is set up with.
struct World {
    root: tempfile::TempDir,
    max_pages: Option<u64>,
    interrupted: Arc<AtomicBool>,
}

impl World {
    fn new() -> World {
        World {
            root: tempfile::tempdir().unwrap(),
            max_pages: None,
            interrupted: Arc::default(),
        }
    }

    fn store(&self) -> Store {
        Store::open(self.root.path())
    }

    /// Runs over the steps; waits of our own making are as good as none. A step too many is a panic.
    fn run(&self, steps: Vec<Result<Step, FeedError>>) -> PagesReport {
        let steps = Mutex::new(VecDeque::from(steps));
        self.run_with(move |_| steps.lock().unwrap().pop_front().expect("a step too many"))
    }

    fn run_with(
        &self,
        step: impl FnMut(Timestamp) -> Result<Step, FeedError> + Send + 'static,
    ) -> PagesReport {
        self.run_of(Provider::SegmentAudit, step)
    }

    fn run_of(
        &self,
        provider: Provider,
        step: impl FnMut(Timestamp) -> Result<Step, FeedError> + Send + 'static,
    ) -> PagesReport {
        let pages = Pages {
            store: &self.store(),
            provider,
            collection: "audit",
            window: window("2025-03-23T17:00:00Z", NOW),
            max_pages: self.max_pages,
            backoff: Backoff {
                first: Duration::from_millis(1),
                ..PATIENCE
            },
            now: instant(NOW),
            started: Instant::now(),
            interrupted: Arc::clone(&self.interrupted),
            watch: &Watch::default(),
        };
        pages.fetch(step)
    }

    fn meta(&self, text: &str) -> Option<HourMeta> {
        let key = HourKey {
            provider: Provider::SegmentAudit,
            collection: "audit".to_owned(),
            hour: hour(text),
        };
        self.store().meta(&key).unwrap()
    }

    /// Every stored hour: its name, its records, and whether it counts as fetched.
    fn held(&self) -> Vec<(String, u64, bool)> {
        let keys = self.store().hours(&Filter::default()).unwrap();
        let metas = keys
            .iter()
            .map(|key| self.store().meta(key).unwrap().unwrap());
        metas
            .map(|meta| {
                let name = meta.key.hour.to_string();
                (name, meta.records(), meta.fetched_at.is_some())
            })
            .collect()
    }
}

fn held(hours: &[(&str, u64, bool)]) -> Vec<(String, u64, bool)> {
    hours
        .iter()
        .map(|(name, records, whole)| ((*name).to_owned(), *records, *whole))
        .collect()
}
