//! A loopback server that hands out the files of `faillog demo data` as the provider's API would.
//!
//! Rule: it knows what a fetch asks and no more; how the API behaves otherwise is for the program's own tests.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// The files below `folder`, as `NAME/HOUR.ndjson`.
struct Logs {
    folder: PathBuf,
    /// The names of the collections, by their ids.
    names: BTreeMap<String, String>,
    url: String,
}

/// Serves until the process ends, and returns the URL.
pub(super) fn serve(folder: &Path, names: BTreeMap<String, String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
    let address = listener.local_addr().expect("the port's address");
    let logs = Logs {
        folder: folder.to_owned(),
        names,
        url: format!("http://{address}"),
    };
    let url = logs.url.clone();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            // A client that goes away is judged by the test.
            let _: io::Result<()> = logs.answer(connection);
        }
    });
    url
}

impl Logs {
    fn answer(&self, mut connection: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(connection.try_clone()?);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut length = 0;
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let (name, value) = line.split_once(':').unwrap_or(("", ""));
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;

        let path = target.split('?').next().unwrap_or_default();
        let json = |value: Value| (200, value.to_string().into_bytes());
        let (status, body) = match path {
            "/audit-events" => json(audit_events()),
            "/api/v1/logs" => json(akeneo_logs()),
            "/logs/query" => json(json!({ "queryId": "q" })),
            "/logs/query/q" => json(notifications()),
            "/v1/batch" => json(json!({ "success": true })),
            "/echo" => (200, br#"{"data":{"message":"faillog"}}"#.to_vec()),
            "/customer-insights/download" => (200, self.links(&body).to_string().into_bytes()),
            object => match std::fs::read(self.folder.join(object.trim_start_matches('/'))) {
                Ok(bytes) => (200, bytes),
                Err(_) => (404, Vec::new()),
            },
        };
        write!(
            connection,
            "HTTP/1.1 {status} Served\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )?;
        connection.write_all(&body)
    }

    /// The links to an hour's only object; none if there is no such file.
    fn links(&self, asked: &[u8]) -> Value {
        let asked: Value = serde_json::from_slice(asked).unwrap_or_default();
        let id = asked["collectionId"].as_str().unwrap_or_default();
        let hour = asked["hour"].as_str().unwrap_or_default();
        let name = self.names.get(id).map_or("", String::as_str);
        let object = format!("{name}/{}.ndjson", hour.get(..13).unwrap_or_default());
        let urls: Vec<String> = match self.folder.join(&object).is_file() {
            true => vec![format!("{}/{object}", self.url)],
            false => vec![],
        };
        json!({ "data": { "download": { "urls": urls } } })
    }
}

/// Returns the time some minutes ago, as vendors write it.
fn ago(minutes: i64) -> String {
    let time = chrono::Utc::now() - chrono::TimeDelta::minutes(minutes);
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn audit_events() -> Value {
    let event = |id: u32, minutes, name: &str, resource: &str| {
        json!({
            "id": format!("events/{id}"), "timestamp": ago(minutes), "type": name, "actor": "users/3aZ9",
            "resourceId": "9aQ1", "resourceType": resource, "resourceName": "Checkout",
        })
    };
    let events = [
        event(2, 90, "Source Deleted", "source"),
        event(1, 150, "Audience Run Failed", "audience"),
    ];
    json!({ "data": { "events": events, "pagination": { "current": "c", "next": null } } })
}

fn akeneo_logs() -> Value {
    json!({ "items": [{
        "log_id": "f32a1b1a-98df-4d5c-9e93-75e213678b3e", "log_type": "error", "timestamp": ago(200),
        "operation": "failed_to_deliver_event", "subscriber_id": "72c265f6-22ac-401a-ba75-d1b30c4653e5",
        "subscription_id": "01934a2c-1491-7bea-bced-5176bf92ff3c", "error_type": "failed_delivery",
        "error_reason": "destination_timeout", "error_code": 500, "error_message": "it took too long to respond",
        "request": {}, "response": {},
    }] })
}

fn notifications() -> Value {
    json!({ "status": "Complete", "logs": [{
        "trackingId": "019abc12-3456-7890-abcd-ef1234567890", "accountId": "a", "type": "welcome_email",
        "received_at": ago(100), "user_id": "u1", "email_sent_at": ago(100), "email_failed_at": ago(99),
        "email_failed_code": "PERMANENT_NO_EMAIL_BOUNCE", "email_failed_recipient": "jane@doe.example",
    }] })
}
