//! The server as a client meets it, over a plain socket.
//!
//! Rule: no HTTP client of ours is used here, so that a fault in one cannot hide one in the other.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use flate2::read::GzDecoder;
use serde_json::Value;

use super::*;
use crate::demo::{DESTINATIONS, Spec};
use crate::model::parse_instant;

const TOKEN: &str = "a-token";
const HOUR: i64 = 3_600_000_000;

struct Reply {
    status: u16,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {:?}", String::from_utf8_lossy(&self.body)))
    }

    fn urls(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        let urls = self.json()["data"]["download"]["urls"].clone();
        serde_json::from_value(urls).unwrap()
    }

    fn text(&self) -> String {
        let mut text = Vec::new();
        GzDecoder::new(&self.body[..])
            .read_to_end(&mut text)
            .unwrap();
        // Garbage lines are no UTF-8.
        String::from_utf8_lossy(&text).into_owned()
    }
}

struct Site {
    server: Server,
    first: Hour,
    last: Hour,
}

impl Site {
    fn start() -> Site {
        let now = parse_instant("2025-03-24T09:30", Timestamp::MIN).unwrap();
        let first = now.hour().plus(-8);
        let dataset = Dataset::new(Spec {
            seed: 1,
            start: first,
            hours: 6,
            records: 6000,
            collections: 2,
        });
        Site {
            server: Server::start(&dataset, TOKEN, now).unwrap(),
            first,
            last: now.hour().plus(-3),
        }
    }

    fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut stream = TcpStream::connect(self.server.address).unwrap();
        let mut request = format!(
            "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(body);
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).unwrap();
        let end = reply.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(reply[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap()[9..12].parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Reply {
            status,
            headers,
            body: reply[end + 4..].to_vec(),
        }
    }

    fn ask(&self, query: &str, body: &str) -> Reply {
        let bearer = format!("Bearer {TOKEN}");
        let target = format!("/customer-insights/download{query}");
        self.send("POST", &target, &[("Authorization", &bearer)], body)
    }

    fn ask_hour(&self, collection: usize, hour: Hour) -> Reply {
        let id = DESTINATIONS[collection].collection;
        self.ask(&format!("?collectionId={id}&hour={hour}:00:00Z"), "")
    }

    fn get(&self, url: &str, headers: &[(&str, &str)]) -> Reply {
        let target = url.strip_prefix(&self.server.url()).unwrap();
        self.send("GET", target, headers, "")
    }
}

#[test]
fn a_wrong_or_missing_token_is_refused_in_the_envelope() {
    let site = Site::start();
    for headers in [&[][..], &[("Authorization", "Bearer other")]] {
        let reply = site.send("POST", "/customer-insights/download", headers, "");
        assert_eq!(reply.status, 401);
        assert!(reply.json()["errors"][0]["type"].is_string());
    }
    let seen = site.server.seen();
    assert_eq!(seen.len(), 2);
    assert!(!seen[0].has_authorization && seen[1].has_authorization);
}

#[test]
fn values_are_taken_from_the_query_or_from_the_body() {
    let site = Site::start();
    let id = DESTINATIONS[1].collection;
    let body = format!(
        "{{\"collectionId\":\"{id}\",\"hour\":\"{}:00:00.000Z\"}}",
        site.first
    );
    assert!(!site.ask("", &body).urls().is_empty());
    assert!(!site.ask_hour(1, site.first).urls().is_empty());

    let reply = site.ask("", "");
    assert_eq!(reply.status, 422);
    assert_eq!(reply.json()["errors"][0]["field"], "collectionId");
    let reply = site.ask(&format!("?collectionId={id}&hour=yesterday"), "");
    assert_eq!(reply.status, 422);
    assert_eq!(reply.json()["errors"][0]["field"], "hour");
}

#[test]
fn hours_without_logs_are_an_empty_list_before_and_not_found_after() {
    let site = Site::start();
    assert_eq!(
        site.ask_hour(0, site.first.plus(-1)).urls(),
        Vec::<String>::new()
    );
    assert_eq!(site.ask_hour(0, site.last.next()).status, 404);
    let reply = site.ask("?collectionId=nothing&hour=2025-03-24T05:00:00Z", "");
    assert_eq!(reply.status, 404);
    assert_eq!(reply.json()["errors"][0]["type"], "NotFound");
}

#[test]
fn the_day_has_120_requests_and_gives_them_back_one_by_one() {
    let site = Site::start();
    let reply = site.ask_hour(0, site.first);
    assert_eq!(reply.headers["x-ratelimit-consumed"], "1");
    assert_eq!(reply.headers["x-ratelimit-remaining"], "119");
    let reset = httpdate::parse_http_date(&reply.headers["x-ratelimit-reset"]);
    assert!(reset.is_ok());
    site.server.advance(HOUR);
    for _ in 1..120 {
        assert_eq!(site.ask_hour(0, site.first).status, 200);
    }
    let refused = site.ask_hour(0, site.first);
    assert_eq!(refused.status, 429);
    assert_eq!(refused.headers["x-ratelimit-remaining"], "0");
    let data = refused.json()["errors"][0]["data"].clone();
    assert_eq!(data["remainingPoints"], 0);
    let wait = data["msBeforeNext"].as_i64().unwrap() * 1000;
    assert!((22 * HOUR..=23 * HOUR).contains(&wait), "{wait}");

    site.server.advance(wait + 1000);
    assert_eq!(site.ask_hour(0, site.first).status, 200);
    assert_eq!(site.ask_hour(0, site.first).status, 429);
}

#[test]
fn a_url_gives_its_object_until_it_expires_and_to_no_bearer() {
    let site = Site::start();
    let urls = site.ask_hour(1, site.first).urls();
    let reply = site.get(&urls[0], &[]);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["accept-ranges"], "bytes");
    assert_eq!(
        reply.headers["content-length"],
        reply.body.len().to_string()
    );
    assert!(reply.text().lines().count() > 10);

    let refused = site.get(&urls[0], &[("Authorization", "Bearer a-token")]);
    assert_eq!(refused.status, 400);
    let xml = String::from_utf8(refused.body).unwrap();
    assert!(
        xml.contains("<Code>InvalidArgument</Code>") && xml.contains("Only one auth mechanism")
    );

    let forged = urls[0].replace("X-Amz-Expires=7200", "X-Amz-Expires=9999");
    assert_eq!(site.get(&forged, &[]).status, 403);
    let bare = urls[0].split('?').next().unwrap();
    assert_eq!(site.get(bare, &[]).status, 403);
    let target = urls[0].strip_prefix(&site.server.url()).unwrap();
    assert_eq!(site.send("HEAD", target, &[], "").status, 403);

    site.server.advance(2 * HOUR - 60_000_000);
    assert_eq!(site.get(&urls[0], &[]).status, 200);
    site.server.advance(60_000_000);
    let expired = site.get(&urls[0], &[]);
    assert_eq!(expired.status, 403);
    let xml = String::from_utf8(expired.body).unwrap();
    assert!(xml.contains("Request has expired"), "{xml}");
}

#[test]
fn a_broken_download_goes_on_with_range_while_the_etag_stands() {
    let site = Site::start();
    let url = &site.ask_hour(1, site.first).urls()[0];
    let whole = site.get(url, &[]);
    let etag = whole.headers["etag"].clone();
    let part = site.get(url, &[("Range", "bytes=100-"), ("If-Range", &etag)]);
    assert_eq!(part.status, 206);
    assert_eq!(part.body, whole.body[100..]);
    let length = whole.body.len();
    assert_eq!(
        part.headers["content-range"],
        format!("bytes 100-{}/{length}", length - 1)
    );
    let changed = site.get(url, &[("Range", "bytes=100-"), ("If-Range", "\"other\"")]);
    assert_eq!(changed.status, 200);
    assert_eq!(changed.body, whole.body);
    let beyond = site.get(url, &[("Range", &format!("bytes={length}-"))]);
    assert_eq!(beyond.status, 416);
    assert_eq!(beyond.headers["content-range"], format!("bytes */{length}"));
}

#[test]
fn the_last_hour_of_the_first_collection_grows_on_the_second_request() {
    let site = Site::start();
    let (alias, hour) = site.server.appended().unwrap();
    assert_eq!((alias, hour), (DESTINATIONS[0].alias, site.last));
    let read = || -> Vec<(String, String)> {
        let urls = site.ask_hour(0, hour).urls();
        urls.iter()
            .map(|url| site.get(url, &[]))
            .map(|reply| (reply.headers["etag"].clone(), reply.text()))
            .collect()
    };
    let (first, second, third) = (read(), read(), read());
    assert_eq!(first.len(), second.len());
    let (before, after) = (first.last().unwrap(), second.last().unwrap());
    assert_ne!(before.0, after.0);
    assert!(after.1.starts_with(&before.1) && after.1.len() > before.1.len());
    assert_eq!(second, third);
}

#[test]
fn all_lines_of_the_data_set_are_served_and_split_over_one_to_three_objects() {
    let site = Site::start();
    // The first request for the growing hour.
    site.ask_hour(0, site.last);
    let mut lines = 0;
    let mut counts = std::collections::BTreeSet::new();
    for collection in 0..2 {
        for hour in (0..6).map(|n| site.first.plus(n)) {
            let urls = site.ask_hour(collection, hour).urls();
            counts.insert(urls.len());
            for url in &urls {
                lines += site.get(url, &[]).text().matches('\n').count();
            }
        }
    }
    assert_eq!(lines, 6000);
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [1, 2, 3]);
    let seen = site.server.seen();
    assert!(
        seen.iter()
            .all(|seen| seen.has_authorization == (seen.method == "POST"))
    );
    assert!(seen.iter().all(|seen| !seen.path.contains('?')));
}

#[test]
fn echo_says_what_it_is_told() {
    let site = Site::start();
    let bearer = [("Authorization", "Bearer a-token")];
    let reply = site.send("GET", "/echo?message=hello%20you", &bearer, "");
    assert_eq!(
        (reply.status, reply.json()["data"]["message"].as_str()),
        (200, Some("hello you"))
    );
    let reply = site.send(
        "GET",
        "/echo?message=no&triggerError=true&statusCode=409",
        &bearer,
        "",
    );
    assert_eq!(reply.status, 409);
    assert_eq!(reply.json()["errors"][0]["message"], "no");
    assert_eq!(site.send("GET", "/echo", &bearer, "").status, 422);
}

#[test]
fn a_dropped_server_listens_no_more() {
    let site = Site::start();
    let address = site.server.address;
    drop(site);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn pieces_end_at_line_ends_and_lose_nothing() {
    let text = b"one\ntwo\nthree\nfour\nfive\n";
    for count in 1..=3 {
        let pieces = pieces(text, count);
        assert_eq!(pieces.concat(), text);
        assert!(pieces.iter().all(|piece| piece.ends_with(b"\n")));
    }
    assert_eq!(pieces(b"", 3), [b""]);
}
