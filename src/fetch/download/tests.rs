//! Downloads against a real local server that breaks in many ways.

use super::*;
use crate::providers::http::Timeouts;
use crate::providers::test_server::{Reply, TestServer, dead_url};

const BODY: &[u8] = b"0123456789";
const TAG: (&str, &str) = ("ETag", "\"v1\"");
const SIGNED: &str = "/k?X-Amz-Signature=51641u7e";

const QUICK: Backoff = Backoff {
    first: Duration::from_millis(1),
    most: Duration::from_millis(4),
    most_asked: Duration::from_secs(60),
    tries: 3,
};

fn download(server: &TestServer, query: &str) -> (Download, Arc<Transfer>) {
    let timeouts = Timeouts {
        connect: Duration::from_secs(2),
        read: Duration::from_millis(300),
    };
    let transfer = Arc::new(Transfer::default());
    let download = Download::new(
        Http::new(timeouts),
        PresignedUrl::parse(&server.url(&format!("{SIGNED}{query}"))).unwrap(),
        Arc::clone(&transfer),
        Arc::new(AtomicBool::new(false)),
        Timestamp::parse("2025-03-23T20:00:00Z").unwrap(),
    );
    (download.with_backoff(QUICK), transfer)
}

fn read(mut download: Download) -> Result<Vec<u8>, DownloadError> {
    let mut out = Vec::new();
    match download.read_to_end(&mut out) {
        Ok(_) => Ok(out),
        Err(error) => {
            let again = download.read(&mut [0; 9]).unwrap_err();
            let found = download_error(&error).unwrap().clone();
            assert_eq!(
                download_error(&again),
                Some(&found),
                "a failed read fails for good"
            );
            Err(found)
        }
    }
}

/// Runs a script; returns what was read, and each request's `Range` and `If-Range`.
fn run(script: Vec<Reply>) -> (Result<Vec<u8>, DownloadError>, Vec<String>) {
    let server = TestServer::start(script);
    let result = read(download(&server, "").0);
    let requests = server.requests();
    let ranges = requests.iter().map(|request| {
        assert_eq!(request.header("authorization"), None);
        let header = |name| request.header(name).unwrap_or("-");
        format!("{} {}", header("range"), header("if-range"))
    });
    (result, ranges.collect())
}

fn part(from: usize) -> Reply {
    let range = format!("bytes {from}-9/10");
    Reply::new(206, &[TAG, ("Content-Range", &range)], &BODY[from..])
}

fn broken_at(n: usize) -> Reply {
    Reply::partial(200, &[TAG], BODY, n)
}

#[test]
fn a_whole_object_is_read_and_told_of() {
    let server = TestServer::start(vec![Reply::new(200, &[TAG], BODY)]);
    let (download, transfer) = download(&server, "");
    assert!(
        server.requests().is_empty(),
        "nothing is asked for before the first read"
    );
    assert_eq!(read(download), Ok(BODY.to_vec()));
    assert_eq!((transfer.received(), transfer.total()), (10, Some(10)));
    assert_eq!(transfer.etag().as_deref(), Some("\"v1\""));
}

#[test]
fn a_broken_body_is_resumed_where_it_broke() {
    let (result, ranges) = run(vec![broken_at(4), part(4)]);
    assert_eq!(result, Ok(BODY.to_vec()));
    assert_eq!(ranges, ["- -", "bytes=4- \"v1\""]);
}

#[test]
fn a_stalled_body_is_resumed() {
    let (result, ranges) = run(vec![broken_at(4).then_stall(), part(4)]);
    assert_eq!(result, Ok(BODY.to_vec()));
    assert_eq!(ranges.len(), 2);
}

#[test]
fn tries_are_counted_anew_after_progress() {
    let again = |from: usize| {
        let range = format!("bytes {from}-9/10");
        Reply::partial(206, &[TAG, ("Content-Range", &range)], &BODY[from..], 1)
    };
    // Three tries in a row are allowed; a body that breaks is one of them.
    let (result, ranges) = run(vec![
        Reply::raw(b""),
        Reply::raw(b""),
        broken_at(1),
        Reply::raw(b""),
        again(1),
        Reply::new(503, &[], "<Error><Code>SlowDown</Code></Error>"),
        part(2),
    ]);
    assert_eq!(result, Ok(BODY.to_vec()));
    assert_eq!(ranges.len(), 7);
}

#[test]
fn a_whole_answer_to_a_part_is_skipped_forward() {
    let (result, _) = run(vec![broken_at(4), Reply::new(200, &[TAG], BODY)]);
    assert_eq!(result, Ok(BODY.to_vec()));
    let untagged = |sent| Reply::partial(200, &[], BODY, sent);
    let (result, ranges) = run(vec![untagged(4), untagged(2), untagged(10)]);
    assert_eq!(result, Ok(BODY.to_vec()));
    assert_eq!(ranges, ["- -", "bytes=4- -", "bytes=4- -"]);
}

#[test]
fn another_version_is_never_mixed_in() {
    let changed = |second: Reply| {
        let (result, _) = run(vec![broken_at(4), second]);
        assert!(
            matches!(result, Err(DownloadError::Changed { .. })),
            "{result:?}"
        );
    };
    let other = ("ETag", "\"v2\"");
    changed(Reply::new(200, &[other], BODY));
    changed(Reply::new(200, &[TAG], b"012345678"));
    changed(Reply::new(200, &[], b"longer than it was"));
    changed(Reply::new(
        206,
        &[other, ("Content-Range", "bytes 4-9/10")],
        &BODY[4..],
    ));
    changed(Reply::new(
        206,
        &[TAG, ("Content-Range", "bytes 4-10/11")],
        &BODY[3..],
    ));
    changed(Reply::new(
        206,
        &[("Content-Range", "bytes 4-9/*")],
        &BODY[4..],
    ));
    changed(Reply::new(416, &[("Content-Range", "bytes */3")], ""));
}

#[test]
fn a_part_that_was_not_asked_for_is_refused() {
    for range in ["bytes 3-9/10", "4-9/10", "bytes 4"] {
        let reply = Reply::new(206, &[TAG, ("Content-Range", range)], &BODY[4..]);
        let (result, _) = run(vec![broken_at(4), reply]);
        assert!(
            matches!(result, Err(DownloadError::WrongPart { .. })),
            "{result:?}"
        );
    }
    let (result, _) = run(vec![part(4)]);
    assert!(matches!(
        result,
        Err(DownloadError::Unexpected { status: 206, .. })
    ));
}

#[test]
fn weak_etags_are_compared_but_not_sent() {
    let weak = ("ETag", "W/\"v1\"");
    let rest = Reply::new(206, &[weak, ("Content-Range", "bytes 4-9/10")], &BODY[4..]);
    let (result, ranges) = run(vec![Reply::partial(200, &[weak], BODY, 4), rest]);
    assert_eq!(result, Ok(BODY.to_vec()));
    assert_eq!(ranges, ["- -", "bytes=4- -"]);
}

#[test]
fn an_object_of_untold_size_may_break_at_its_very_end() {
    let chunked =
        b"HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n";
    let end = Reply::new(416, &[("Content-Range", "bytes */10")], "");
    let (result, _) = run(vec![Reply::raw(chunked), end]);
    assert_eq!(result, Ok(BODY.to_vec()));
}

#[test]
fn an_expired_link_is_told_from_a_refusal() {
    let xml = |code: &str, message: &str| {
        format!(
            "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message><X>51641u7e</X></Error>"
        )
    };
    let single = |status, body: String, query: &str| {
        let server = TestServer::start(vec![Reply::new(status, &[], body)]);
        read(download(&server, query).0).unwrap_err()
    };
    let live = "&X-Amz-Date=20250323T190000Z&X-Amz-Expires=7200";
    let dead = "&X-Amz-Date=20250323T170000Z&X-Amz-Expires=7200";
    let expired = |error| matches!(error, DownloadError::Expired { .. });
    assert!(expired(single(
        403,
        xml("AccessDenied", "Request has expired"),
        live
    )));
    assert!(expired(single(
        400,
        xml("ExpiredToken", "The provided token has expired."),
        live
    )));
    assert!(expired(single(403, String::new(), dead)));
    let refused = single(403, xml("AccessDenied", "Access Denied"), live);
    let text = refused.to_string();
    assert!(
        text.ends_with("refuses the download with status 403 (AccessDenied: Access Denied)"),
        "{text}"
    );
    assert!(matches!(
        single(400, xml("InvalidArgument", "x"), ""),
        DownloadError::Refused { status: 400, .. }
    ));
    assert!(matches!(
        single(404, String::new(), ""),
        DownloadError::Gone { .. }
    ));
    assert!(matches!(
        single(202, String::new(), ""),
        DownloadError::Unexpected { status: 202, .. }
    ));
}

#[test]
fn a_link_is_not_used_again_past_its_end() {
    let server = TestServer::start(vec![broken_at(4), part(4)]);
    let (download, _) = download(&server, "&X-Amz-Date=20250323T170000Z&X-Amz-Expires=7200");
    assert!(matches!(read(download), Err(DownloadError::Expired { .. })));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_server_that_keeps_failing_is_given_up() {
    let (result, ranges) = run(vec![Reply::new(500, &[], ""); 9]);
    assert!(matches!(
        result,
        Err(DownloadError::Server { status: 500, .. })
    ));
    assert_eq!(ranges.len(), 3);
    let (result, ranges) = run(vec![Reply::new(503, &[("Retry-After", "3600")], ""); 9]);
    assert!(matches!(
        result,
        Err(DownloadError::Server { status: 503, .. })
    ));
    assert_eq!(ranges.len(), 1, "an hour is not sat out");
    let (result, _) = run(vec![broken_at(4)]);
    let text = result.unwrap_err().to_string();
    assert!(
        text.contains("broke off after 4 B: the connection broke"),
        "{text}"
    );
}

#[test]
fn an_interrupt_ends_the_download() {
    let server = TestServer::start(vec![broken_at(4).then_stall()]);
    let (download, _) = download(&server, "");
    let mut download = download.with_backoff(Backoff {
        first: Duration::from_secs(60),
        most: Duration::from_secs(60),
        ..QUICK
    });
    let interrupted = Arc::clone(&download.interrupted);
    let mut four = [0; 4];
    download.read_exact(&mut four).unwrap();
    let start = Instant::now();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(600));
        interrupted.store(true, Ordering::Relaxed);
    });
    assert_eq!(read(download), Err(DownloadError::Interrupted));
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn no_error_shows_a_signature() {
    let replies = [
        Reply::new(
            403,
            &[],
            format!("<Code>{SIGNED}</Code><Message>see https://h{SIGNED}</Message>"),
        ),
        Reply::new(500, &[], format!("<Message>{SIGNED}</Message>")),
        Reply::new(404, &[], ""),
        Reply::new(
            302,
            &[("Location", &format!("http://far.example{SIGNED}"))],
            "",
        ),
        Reply::raw(format!("HTTP/1.1 {SIGNED}\r\n\r\n").as_bytes()),
    ];
    let mut shown: Vec<String> = Vec::new();
    for reply in replies {
        let (result, _) = run(vec![reply; 3]);
        let error = result.unwrap_err();
        shown.push(format!(
            "{error} {error:?} {:?}",
            io::Error::other(error.clone())
        ));
    }
    let link = PresignedUrl::parse(&format!("{}{SIGNED}", dead_url())).unwrap();
    let dead = Download::new(
        Http::new(Timeouts::default()),
        link,
        Arc::default(),
        Arc::default(),
        Timestamp::MIN,
    );
    let error = read(dead.with_backoff(QUICK)).unwrap_err();
    assert!(matches!(
        error,
        DownloadError::Broken {
            failure: Failure::Refused,
            ..
        }
    ));
    shown.push(format!("{error} {error:?}"));
    for text in shown {
        assert!(
            !text.contains("51641u7e") && !text.contains("X-Amz"),
            "{text}"
        );
    }
}
