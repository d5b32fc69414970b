//! Objects in the storage: whole, in parts, slow, and with what a test scripted before them.
//!
//! Rule: ranges and `If-Range` are answered as RFC 9110 has it; a part is sent only of the version that was asked for.

use std::collections::VecDeque;
use std::time::Duration;

use super::wire::{Reply, Request};

/// One object of an hour.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    bytes: Vec<u8>,
    etag: String,
    headers: Vec<(String, String)>,
    pace: Option<(usize, Duration)>,
    /// Said in place of the object, one for each request, first come.
    scripted: VecDeque<Reply>,
}

impl Object {
    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Object {
        let bytes: Vec<u8> = bytes.into();
        let sum = bytes.iter().fold(7u64, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u64::from(*byte))
        });
        Object {
            etag: format!("\"{sum:016x}\""),
            bytes,
            headers: Vec::new(),
            pace: None,
            scripted: VecDeque::new(),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Object {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends so many bytes at a time, with a pause after each.
    pub(crate) fn slowly(mut self, piece: usize, pause: Duration) -> Object {
        self.pace = Some((piece, pause));
        self
    }

    /// Answers the next request with something else.
    pub(crate) fn first(mut self, reply: Reply) -> Object {
        self.scripted.push_back(reply);
        self
    }

    /// Closes the connection of the next request after so many bytes.
    pub(crate) fn first_cut_at(self, bytes: usize) -> Object {
        let reply = self.whole().cut_at(bytes);
        self.first(reply)
    }

    pub(crate) fn whole(&self) -> Reply {
        self.headed(Reply::new(200, &self.bytes))
    }

    fn headed(&self, reply: Reply) -> Reply {
        let reply = reply
            .with("ETag", &self.etag)
            .with("Accept-Ranges", "bytes");
        let headers = self.headers.iter();
        let reply = headers.fold(reply, |reply, (name, value)| reply.with(name, value));
        match self.pace {
            Some((piece, pause)) => reply.slowly(piece, pause),
            None => reply,
        }
    }

    pub(super) fn answer(&mut self, request: &Request) -> Reply {
        if let Some(reply) = self.scripted.pop_front() {
            return reply;
        }
        let holds = request
            .header("if-range")
            .is_none_or(|etag| etag == self.etag);
        let from = request.header("range").filter(|_| holds).map(|range| {
            let from = range
                .strip_prefix("bytes=")
                .and_then(|r| r.strip_suffix('-'));
            from.and_then(|from| from.parse::<usize>().ok())
        });
        let size = self.bytes.len();
        match from {
            None => self.whole(),
            Some(Some(from)) if from < size => {
                let range = format!("bytes {from}-{}/{size}", size - 1);
                self.headed(Reply::new(206, &self.bytes[from..]))
                    .with("Content-Range", &range)
            }
            Some(_) => Reply::new(416, "").with("Content-Range", &format!("bytes */{size}")),
        }
    }
}
