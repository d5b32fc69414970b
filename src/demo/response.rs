//! How destinations answer: headers and bodies, each vendor in its own words and shape.
//!
//! Rule: a body is what a vendor would send, JSON or not; it is escaped by whoever puts it into a line.

use super::incident::Answer;
use super::json::write_number;
use super::random::Random;
use super::world::{Destination, Vendor};

/// A reason, for a vendor's JSON body; escaped already.
const INVALID: [&str; 6] = [
    "Invalid value for 'total': expected a number, got \\\"12,50\\\"",
    "'email' is not a valid address: \\\"ada.quill@@example\\\"",
    "メールアドレスの形式が正しくありません",
    "Недопустимое значение поля «city»",
    "قيمة غير صالحة للحقل city",
    "Emoji are not allowed in attribute names: \\\"plan 🌵\\\"",
];

/// Appends the members of the response's headers object.
pub(super) fn write_headers(answer: Answer, random: &mut Random, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"content-type\":\"");
    out.extend_from_slice(match answer {
        Answer::BadGateway | Answer::Unavailable => b"text/html; charset=utf-8".as_slice(),
        Answer::Timeout => b"text/plain",
        _ => b"application/json",
    });
    out.push(b'"');
    if random.chance(500) {
        out.extend_from_slice(b",\"x-request-id\":\"");
        random.write_hex(16, out);
        out.push(b'"');
    }
    let retry_after = match answer {
        Answer::TooMany => Some(random.between(1, 120)),
        Answer::Unavailable => Some(300),
        _ => None,
    };
    if let Some(seconds) = retry_after {
        out.extend_from_slice(b",\"Retry-After\":\"");
        write_number(seconds, out);
        out.push(b'"');
    }
}

/// Appends the response's body.
pub(super) fn write_body(
    answer: Answer,
    destination: &Destination,
    random: &mut Random,
    out: &mut Vec<u8>,
) {
    let vendor = destination.vendor;
    match answer {
        Answer::Ok => out.extend_from_slice(match vendor {
            Vendor::Messaging => b"{\"message\":\"success\"}".as_slice(),
            Vendor::Ads => b"{\"events_received\":1}",
            Vendor::Webhook => b"ok",
            Vendor::Warehouse => b"{\"kind\":\"insertAllResponse\"}",
        }),
        Answer::BadGateway => {
            out.extend_from_slice(b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n");
        }
        Answer::Unavailable => {
            out.extend_from_slice(
                "<!DOCTYPE html><html><head><title>Service Unavailable</title></head><body><p>"
                    .as_bytes(),
            );
            out.extend_from_slice(destination.host.as_bytes());
            out.extend_from_slice(b" is down for emergency maintenance.</p></body></html>");
        }
        Answer::Timeout => out.extend_from_slice(b"upstream request timeout"),
        Answer::Internal => write_error(
            vendor,
            "internal_error",
            "An unexpected error occurred. Please retry your request later.",
            random,
            out,
        ),
        Answer::TooMany => write_error(
            vendor,
            "rate_limit_exceeded",
            match vendor {
                Vendor::Ads => "(#4) Application request limit reached",
                Vendor::Messaging => "You have exceeded 250,000 requests per hour",
                Vendor::Webhook | Vendor::Warehouse => "Too many requests",
            },
            random,
            out,
        ),
        Answer::Unauthorised => write_error(
            vendor,
            "token_expired",
            "The access token expired and was not renewed",
            random,
            out,
        ),
        Answer::MissingField => write_error(
            vendor,
            "missing_field",
            "custom_data.content_ids is required for event Order Completed since 2025-03",
            random,
            out,
        ),
        Answer::NotFound => {
            let user = 10_000 + random.below(90_000);
            write_error(
                vendor,
                "unknown_user",
                &format!("No user with external_id u{user}"),
                random,
                out,
            );
        }
        Answer::Invalid => {
            let reason = random.pick(&INVALID);
            write_error(vendor, "invalid_value", reason, random, out);
        }
    }
}

/// Appends an error as a vendor words it. Both texts must be escaped.
fn write_error(vendor: Vendor, code: &str, reason: &str, random: &mut Random, out: &mut Vec<u8>) {
    let pieces: [&str; 5] = match vendor {
        Vendor::Messaging => [
            "{\"message\":\"",
            reason,
            "\",\"errors\":[{\"type\":\"",
            code,
            "\",\"input_array\":\"events\",\"index\":0}]}",
        ],
        Vendor::Ads => [
            "{\"error\":{\"message\":\"",
            reason,
            "\",\"type\":\"GraphException\",\"error_subcode\":\"",
            code,
            "\",\"trace\":\"",
        ],
        Vendor::Webhook => ["{\"detail\":\"", reason, "\",\"code\":\"", code, "\"}"],
        Vendor::Warehouse => [
            "{\"status\":\"error\",\"error_message\":\"",
            reason,
            "\",\"reason\":\"",
            code,
            "\",\"rows\":[0]}",
        ],
    };
    for piece in pieces {
        out.extend_from_slice(piece.as_bytes());
    }
    if vendor == Vendor::Ads {
        random.write_hex(11, out);
        out.extend_from_slice(b"\"}}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::world::DESTINATIONS;

    const ANSWERS: [Answer; 10] = [
        Answer::Ok,
        Answer::Invalid,
        Answer::MissingField,
        Answer::Unauthorised,
        Answer::NotFound,
        Answer::TooMany,
        Answer::Internal,
        Answer::BadGateway,
        Answer::Unavailable,
        Answer::Timeout,
    ];

    #[test]
    fn what_looks_like_json_is_json() {
        for (destination, answer) in DESTINATIONS
            .iter()
            .flat_map(|d| ANSWERS.iter().map(move |a| (d, *a)))
        {
            for seed in 0..20 {
                let mut body = Vec::new();
                write_body(answer, destination, &mut Random::new(seed, 1), &mut body);
                if body.starts_with(b"{") {
                    let text = String::from_utf8(body).unwrap();
                    let read = serde_json::from_str::<serde_json::Value>(&text);
                    assert!(read.is_ok(), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_rate_limit_says_when_to_come_back() {
        let mut headers = b"{".to_vec();
        write_headers(Answer::TooMany, &mut Random::new(1, 1), &mut headers);
        headers.push(b'}');
        let read: serde_json::Value = serde_json::from_slice(&headers).unwrap();
        let seconds: u32 = read["Retry-After"].as_str().unwrap().parse().unwrap();
        assert!((1..=120).contains(&seconds));
    }
}
