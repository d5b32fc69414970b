//! Objects behind presigned URLs, as the storage service treats them: a URL is the only key, and it expires.
//!
//! Rule: a request that carries an Authorization header beside the URL's signature is refused, as the real service does.

use std::collections::BTreeMap;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, HeaderMap, IF_RANGE, RANGE};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use sha2::{Digest, Sha256};

use super::answer::{Answer, plain, set_header};
use crate::model::{Timestamp, parse_instant};

/// How long a URL works: the documented two hours.
pub(super) const URL_LIFETIME_SECONDS: i64 = 7200;

const SECOND: i64 = 1_000_000;
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Where the objects lie below the server's address.
pub(super) const PREFIX: &str = "/objects/";

/// The objects by key, and what signs URLs for them.
pub(super) struct Bucket {
    objects: BTreeMap<String, Object>,
    secret: [u8; 32],
}

struct Object {
    bytes: Bytes,
    etag: String,
}

impl Bucket {
    pub(super) fn new(secret: [u8; 32]) -> Bucket {
        Bucket {
            objects: BTreeMap::new(),
            secret,
        }
    }

    /// Stores bytes under a key, in place of what was there.
    pub(super) fn put(&mut self, key: String, bytes: Vec<u8>) {
        let etag = format!("\"{}\"", &hex(&Sha256::digest(&bytes))[..32]);
        let object = Object {
            bytes: Bytes::from(bytes),
            etag,
        };
        self.objects.insert(key, object);
    }

    /// Returns a URL's path and query that give the object for two hours from `now`.
    pub(super) fn presign(&self, key: &str, now: Timestamp) -> String {
        let date: String = now.to_rfc3339()[..19]
            .chars()
            .filter(|c| !matches!(c, '-' | ':'))
            .collect();
        let date = format!("{date}Z");
        let signature = self.sign(key, &date, URL_LIFETIME_SECONDS);
        let day = &date[..8];
        format!(
            "{PREFIX}{key}?X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential=DEMO%2F{day}%2Fus-west-2%2Fs3%2Faws4_request\
             &X-Amz-Date={date}&X-Amz-Expires={URL_LIFETIME_SECONDS}&X-Amz-SignedHeaders=host&X-Amz-Signature={signature}"
        )
    }

    /// Returns an HMAC-SHA256 of what a URL stands for; the real service derives its key in more steps.
    fn sign(&self, key: &str, date: &str, expires: i64) -> String {
        let pad = |with: u8| {
            let mut block = [with; 64];
            for (byte, secret) in block.iter_mut().zip(&self.secret) {
                *byte ^= secret;
            }
            block
        };
        let inner = Sha256::new()
            .chain_update(pad(0x36))
            .chain_update(format!("GET\n{key}\n{date}\n{expires}"))
            .finalize();
        let outer = Sha256::new()
            .chain_update(pad(0x5c))
            .chain_update(inner)
            .finalize();
        hex(&outer)
    }

    /// Answers a request for an object.
    pub(super) fn respond(&self, parts: &Parts, now: Timestamp) -> Answer {
        if parts.headers.contains_key(AUTHORIZATION) {
            return error(
                StatusCode::BAD_REQUEST,
                "InvalidArgument",
                "Only one auth mechanism allowed",
            );
        }
        let path = parts.uri.path();
        let key = path.strip_prefix(PREFIX).unwrap_or(path);
        let query: BTreeMap<_, _> =
            url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).collect();
        let get = |name: &str| query.get(name).map(AsRef::as_ref);
        let signed = (
            get("X-Amz-Algorithm").filter(|algorithm| *algorithm == ALGORITHM),
            get("X-Amz-Date"),
            get("X-Amz-Expires").and_then(|seconds| seconds.parse::<i64>().ok()),
            get("X-Amz-Signature"),
        );
        let (Some(_), Some(date), Some(expires), Some(signature)) = signed else {
            return error(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied");
        };
        if parts.method != Method::GET || signature != self.sign(key, date, expires) {
            return error(
                StatusCode::FORBIDDEN,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
            );
        }
        // OK because the date was signed here, so it has its form.
        let is_valid = parse_date(date).is_some_and(|from| {
            now.since(from) < expires.saturating_mul(SECOND) && now >= from.plus(-SECOND)
        });
        if !is_valid {
            return error(StatusCode::FORBIDDEN, "AccessDenied", "Request has expired");
        }
        match self.objects.get(key) {
            Some(object) => object.respond(&parts.headers),
            None => error(
                StatusCode::NOT_FOUND,
                "NoSuchKey",
                "The specified key does not exist.",
            ),
        }
    }
}

impl Object {
    /// Answers with the bytes or, if a range is asked for and `If-Range` names this content, with a part of them.
    fn respond(&self, headers: &HeaderMap) -> Answer {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let is_same = text(IF_RANGE).is_none_or(|etag| etag == self.etag);
        let length = self.bytes.len();
        let range = text(RANGE)
            .filter(|_| is_same)
            .map_or(ByteRange::Whole, |range| ByteRange::parse(range, length));
        let (status, bytes, content_range) = match range {
            ByteRange::Whole => (StatusCode::OK, self.bytes.clone(), None),
            ByteRange::Part(start, end) => (
                StatusCode::PARTIAL_CONTENT,
                self.bytes.slice(start..end),
                Some(format!("bytes {start}-{}/{length}", end - 1)),
            ),
            ByteRange::Unsatisfiable => {
                let mut answer = error(
                    StatusCode::RANGE_NOT_SATISFIABLE,
                    "InvalidRange",
                    "The requested range is not satisfiable",
                );
                set_header(&mut answer, "content-range", &format!("bytes */{length}"));
                return answer;
            }
        };
        let mut answer = Response::new(Full::new(bytes));
        *answer.status_mut() = status;
        set_header(&mut answer, "content-type", "binary/octet-stream");
        set_header(&mut answer, "accept-ranges", "bytes");
        set_header(&mut answer, "etag", &self.etag);
        if let Some(content_range) = content_range {
            set_header(&mut answer, "content-range", &content_range);
        }
        answer
    }
}

/// What a Range header asks for, as a half-open range of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ByteRange {
    /// No range, or one that RFC 9110 tells a server to ignore.
    Whole,
    Part(usize, usize),
    Unsatisfiable,
}

impl ByteRange {
    fn parse(text: &str, length: usize) -> ByteRange {
        let Some((first, last)) = text
            .strip_prefix("bytes=")
            .filter(|ranges| !ranges.contains(','))
            .and_then(|range| range.split_once('-'))
        else {
            return ByteRange::Whole;
        };
        let (start, end) = match (first.parse::<usize>(), last.parse::<usize>()) {
            (Ok(first), Ok(last)) if first <= last => (first, last.saturating_add(1).min(length)),
            (Ok(first), Err(_)) if last.is_empty() => (first, length),
            (Err(_), Ok(suffix)) if first.is_empty() => (length.saturating_sub(suffix), length),
            _ => return ByteRange::Whole,
        };
        if start < end {
            ByteRange::Part(start, end)
        } else {
            ByteRange::Unsatisfiable
        }
    }
}

fn error(status: StatusCode, code: &str, message: &str) -> Answer {
    plain(
        status,
        "application/xml",
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        ),
    )
}

/// Reads `20250508T010203Z`.
fn parse_date(text: &str) -> Option<Timestamp> {
    let part = |range| text.get(range);
    let spelled = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0..4)?,
        part(4..6)?,
        part(6..8)?,
        part(9..11)?,
        part(11..13)?,
        part(13..15)?
    );
    parse_instant(&spelled, Timestamp::MIN).ok()
}

/// Compresses an object's text.
pub(super) fn gzip(text: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text)?;
    encoder.finish()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let parse = |text| ByteRange::parse(text, 10);
        assert_eq!(parse("bytes=2-"), ByteRange::Part(2, 10));
        assert_eq!(parse("bytes=2-4"), ByteRange::Part(2, 5));
        assert_eq!(parse("bytes=2-99"), ByteRange::Part(2, 10));
        assert_eq!(parse("bytes=-3"), ByteRange::Part(7, 10));
        assert_eq!(parse("bytes=10-"), ByteRange::Unsatisfiable);
        assert_eq!(parse("bytes=-0"), ByteRange::Unsatisfiable);
        for ignored in ["bytes=4-2", "bytes=0-1,3-4", "items=0-1", "bytes=x-y"] {
            assert_eq!(parse(ignored), ByteRange::Whole, "{ignored}");
        }
    }

    #[test]
    fn the_signature_is_an_hmac() {
        // Computed with Python's hmac module.
        let bucket = Bucket::new([7; 32]);
        assert_eq!(
            bucket.sign("a/b.gz", "20250508T010203Z", 7200),
            "4247bb58c1cd05d5541bffe7be990951e29977e032f11280174047f850d30658"
        );
    }
}
