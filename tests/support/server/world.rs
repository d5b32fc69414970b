//! What the test server holds and how it decides: hours, their objects, signatures, and what a test scripted.
//!
//! Rule: as strict as the strictest reading of the published API and of S3; a lenient server hides what a real one refuses.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::object::Object;
use super::wire::{Reply, Request};

/// The one token that is accepted.
pub(crate) const TOKEN: &str = "sgp_7f3Kq9ZxTestOnlyT0kenNobodyMayEverSee42";
/// Parts of every presigned URL that nobody may ever see.
pub(crate) const SIGNATURE: &str = "5e1f51617a7c2e0f7e57aa09d3b4c6e81f2a3b4c5d6e7f8091a2b3c4d5e6";
pub(crate) const CREDENTIAL: &str = "AKIAF4KECRED3NT1AL42";

/// Where the server looks for the collection and the hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    Either,
    Query,
    Body,
}

/// What the server holds.
pub(super) struct World {
    pub(super) origin: String,
    pub(super) hours: HashMap<(String, String), Vec<Object>>,
    /// Answers to the next POSTs, first come; `None` is the server's own.
    pub(super) posts: VecDeque<Option<Reply>>,
    /// What stands at other paths, for anybody.
    pub(super) pages: HashMap<String, Reply>,
    /// Answers to the next requests for other paths, first come.
    pub(super) scripted: HashMap<String, VecDeque<Reply>>,
    pub(super) echo: Option<Reply>,
    pub(super) reads: Reads,
    pub(super) envelope: fn(&[String]) -> Value,
    /// Headers of every answer with links.
    pub(super) headers: Vec<(String, String)>,
    links: HashSet<String>,
    log: Vec<(Request, u16)>,
}

impl World {
    pub(super) fn new(origin: String) -> World {
        World {
            origin,
            hours: HashMap::new(),
            posts: VecDeque::new(),
            pages: HashMap::new(),
            scripted: HashMap::new(),
            echo: None,
            reads: Reads::Either,
            envelope: |urls| json!({ "data": { "download": { "urls": urls } } }),
            headers: Vec::new(),
            links: HashSet::new(),
            log: Vec::new(),
        }
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.log
            .iter()
            .map(|(request, _)| request.clone())
            .collect()
    }

    /// Tells every request with its answer's status, a line each.
    pub(super) fn story(&self) -> String {
        let mut story = String::new();
        for (request, status) in &self.log {
            let query: Vec<_> = request
                .query
                .iter()
                .map(|(n, v)| format!("{n}={v}"))
                .collect();
            let Request { method, path, .. } = request;
            let told = writeln!(
                story,
                "{method} {path}?{} {:?} {} -> {status}",
                query.join("&"),
                request.headers,
                request.body
            );
            told.expect("a text takes any text");
        }
        story
    }

    pub(super) fn answer(&mut self, request: Request) -> Reply {
        let reply = match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/customer-insights/download") => self.download(&request),
            ("GET", "/echo") => match (is_authorised(&request), &self.echo) {
                (_, Some(reply)) => reply.clone(),
                (false, None) => Reply::error(401, "Unauthorized", "Invalid token"),
                (true, None) => Reply::json(200, &json!({ "data": { "message": "faillog" } })),
            },
            ("GET", path) if path.starts_with("/objects/") => self.object(&request),
            (_, path) => match self
                .scripted
                .get_mut(path)
                .and_then(VecDeque::pop_front)
                .or_else(|| self.pages.get(path).cloned())
            {
                Some(page) => page,
                None => Reply::error(404, "NotFound", "Resource not found"),
            },
        };
        self.log.push((request, reply.status));
        reply
    }

    fn download(&mut self, request: &Request) -> Reply {
        if let Some(Some(reply)) = self.posts.pop_front() {
            return reply;
        }
        if !is_authorised(request) {
            return Reply::error(401, "Unauthorized", "Invalid token");
        }
        let in_query = |name: &str| request.query(name).map(str::to_owned);
        let said = |name: &str| match self.reads {
            Reads::Query => in_query(name),
            Reads::Body => request.field(name),
            Reads::Either => in_query(name).or_else(|| request.field(name)),
        };
        let (Some(collection), Some(hour)) = (said("collectionId"), said("hour")) else {
            return Reply::error(422, "input-validation", "\"collectionId\" is required");
        };
        if chrono::DateTime::parse_from_rfc3339(&hour).is_err() || !hour.ends_with(":00:00Z") {
            return Reply::error(422, "input-validation", "\"hour\" must be a timestamp");
        }
        let objects = self.hours.get(&(collection.clone(), hour.clone()));
        let count = objects.map_or(0, Vec::len);
        let urls: Vec<String> = (0..count)
            .map(|number| self.sign(&format!("/objects/{collection}/{hour}/{number}")))
            .collect();
        let reply = Reply::json(200, &(self.envelope)(&urls));
        let headers = self.headers.iter();
        headers.fold(reply, |reply, (name, value)| reply.with(name, value))
    }

    fn sign(&mut self, path: &str) -> String {
        let signature = format!("{SIGNATURE}{:04}", self.links.len());
        self.links.insert(format!("{path} {signature}"));
        let now = chrono::Utc::now().format("%Y%m%dT%H%M%SZ");
        format!(
            "{}{path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={CREDENTIAL}%2F20250508%2Fus-west-2\
             &X-Amz-Date={now}&X-Amz-Expires=7200&X-Amz-SignedHeaders=host&X-Amz-Signature={signature}",
            self.origin
        )
    }

    fn object(&mut self, request: &Request) -> Reply {
        if request.header("authorization").is_some() {
            return refusal(400, "InvalidArgument", "Only one auth mechanism allowed");
        }
        let signature = request.query("X-Amz-Signature").unwrap_or_default();
        if !self
            .links
            .contains(&format!("{} {signature}", request.path))
        {
            return refusal(403, "SignatureDoesNotMatch", "The signature does not match");
        }
        let parts: Vec<&str> = request.path.split('/').collect();
        let [_, _, collection, hour, number] = parts[..] else {
            return refusal(404, "NoSuchKey", "The specified key does not exist.");
        };
        let objects = self
            .hours
            .get_mut(&(collection.to_owned(), hour.to_owned()));
        let number: Option<usize> = number.parse().ok();
        match objects
            .zip(number)
            .and_then(|(objects, n)| objects.get_mut(n))
        {
            Some(object) => object.answer(request),
            None => refusal(404, "NoSuchKey", "The specified key does not exist."),
        }
    }
}

fn is_authorised(request: &Request) -> bool {
    request.header("authorization") == Some(&format!("Bearer {TOKEN}"))
}

/// An error of the storage host, which repeats secrets as S3 does.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> Reply {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <AWSAccessKeyId>{CREDENTIAL}</AWSAccessKeyId><SignatureProvided>{SIGNATURE}</SignatureProvided></Error>"
    );
    Reply::new(status, body).with("Content-Type", "application/xml")
}
