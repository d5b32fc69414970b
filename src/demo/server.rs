//! A loopback server that behaves like the provider's documented API and has a made-up data set behind it.
//!
//! Rule: it serves invented data to this machine only; its token opens nothing else.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use super::bucket::{Bucket, gzip};
use super::dataset::{Dataset, HourLog};
use super::http::{Listener, Port, lock};
use super::random::Random;
use super::service::{Log, Seen, Service};
use crate::model::{Hour, Timestamp};

/// A running server; it ends when dropped.
pub(crate) struct Server {
    service: Arc<Mutex<Service>>,
    address: SocketAddr,
    /// Held to be dropped.
    _listener: Listener,
    appended: Option<(&'static str, Hour)>,
}

impl Server {
    /// Puts a data set into objects and serves them; `now` is the server's time at the start.
    ///
    /// All objects are held in memory, compressed. Of the first collection, the last hour lacks its late lines until it
    /// is asked for a second time.
    pub(crate) fn start(dataset: &Dataset, token: &str, now: Timestamp) -> io::Result<Server> {
        let mut random = Random::new(now.micros().unsigned_abs(), u64::from(std::process::id()));
        let mut secret = [0; 32];
        for byte in &mut secret {
            *byte = random.below(256) as u8;
        }
        let mut bucket = Bucket::new(secret);
        let mut logs = BTreeMap::new();
        let mut appended = None;
        for mut collection in dataset.collections() {
            let mut text = Vec::new();
            while let Some(hour_log) = collection.next_hour(&mut text)? {
                let destination = collection.destination;
                let is_last = collection.upcoming().is_none();
                let grows = is_last && appended.is_none() && !hour_log.late.is_empty();
                if grows {
                    appended = Some((destination.alias, hour_log.hour));
                }
                if hour_log.tally.lines() > 0 {
                    let name = destination.collection;
                    let log = fill(&mut bucket, name, &hour_log, &text, grows, &mut random)?;
                    logs.insert((name.to_owned(), hour_log.hour), log);
                }
                text.clear();
            }
        }

        let port = Port::bind()?;
        let address = port.address;
        let base = format!("http://{address}");
        let mut service = Service::new(base, token.to_owned(), now, bucket);
        service.logs = logs;
        let service = Arc::new(Mutex::new(service));
        Ok(Server {
            _listener: port.serve(Arc::clone(&service))?,
            service,
            address,
            appended,
        })
    }

    /// Returns the address as a client's base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the alias and the hour whose log grows between the first request for it and the second.
    pub(crate) fn appended(&self) -> Option<(&'static str, Hour)> {
        self.appended
    }

    /// Returns the requests so far, oldest first.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        lock(&self.service).seen.clone()
    }

    /// Lets the server's time run ahead, so that URLs expire and requests are given back.
    #[cfg(test)]
    fn advance(&self, micros: i64) {
        lock(&self.service).advance(micros);
    }
}

/// Puts an hour's lines into one to three objects.
fn fill(
    bucket: &mut Bucket,
    collection: &str,
    hour_log: &HourLog,
    text: &[u8],
    grows: bool,
    random: &mut Random,
) -> io::Result<Log> {
    let hour = hour_log.hour;
    let of_day = hour.of_day();
    let mut log = Log {
        keys: Vec::new(),
        growth: None,
        requests: 0,
    };
    let parts = pieces(text, 1 + u64::from(of_day) % 3);
    let last = parts.len() - 1;
    for (number, part) in parts.into_iter().enumerate() {
        let mut name = Vec::new();
        random.write_uuid(&mut name);
        let name = String::from_utf8_lossy(&name).into_owned();
        let key = format!(
            "{collection}/{}/{of_day:02}/{number}-{name}.gz",
            hour.date()
        );
        let whole = if number == last {
            [part, &hour_log.late].concat()
        } else {
            part.to_vec()
        };
        if number == last && grows {
            bucket.put(key.clone(), gzip(part)?);
            log.growth = Some((key.clone(), gzip(&whole)?));
        } else {
            bucket.put(key.clone(), gzip(&whole)?);
        }
        log.keys.push(key);
    }
    Ok(log)
}

/// Splits text into `count` pieces of about the same size, at the ends of lines; at least one, which may be empty.
fn pieces(text: &[u8], count: u64) -> Vec<&[u8]> {
    // OK because the count is at most 3.
    let size = text.len() / count.max(1) as usize + 1;
    let mut rest = text;
    let mut pieces = Vec::new();
    while rest.len() > size {
        let end = rest[size..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(rest.len(), |at| size + at + 1);
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(rest);
    }
    pieces
}

#[cfg(test)]
mod tests;
