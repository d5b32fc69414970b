//! What the codes in logs mean: HTTP statuses, network errors, and those of each provider; written down as data.
//!
//! The `codes.tsv` of each provider's folder and the two in `codes/` share one form: `#` begins a comment; a line
//! `@ kind, retried, source` holds for the lines below it; each of those is `codes, meaning, remedy[, retried]`, where codes
//! that mean the same are separated by commas. Columns are separated by tabs.
//!
//! Rule: only what is documented or follows from a name is explained, in our own words and with its source; what nobody has
//! published is said to be so.

use crate::model::{Provider, nearest_few};

/// What one code means in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Explanation {
    /// As documented; a class of statuses is written `5xx`.
    pub(crate) code: &'static str,
    /// `None`: it means the same wherever it comes from.
    pub(crate) provider: Option<Provider>,
    /// What sort of code it is: `failed delivery`, `HTTP status, redirect`.
    pub(crate) kind: &'static str,
    pub(crate) meaning: &'static str,
    /// Whether the delivery is tried again, by whom and for how long.
    pub(crate) retried: &'static str,
    pub(crate) remedy: &'static str,
    /// The document that names the code.
    pub(crate) source: &'static str,
}

const SHARED: [&str; 2] = [
    include_str!("codes/http.tsv"),
    include_str!("codes/network.tsv"),
];

fn table(provider: Provider) -> &'static str {
    match provider {
        Provider::Segment => include_str!("segment/codes.tsv"),
        // Its events have types and no codes.
        Provider::SegmentAudit => "",
        Provider::Akeneo => include_str!("akeneo/codes.tsv"),
        Provider::NotificationApi => include_str!("notificationapi/codes.tsv"),
        Provider::Workato => include_str!("workato/codes.tsv"),
    }
}

/// Returns every explanation: those that hold everywhere, then each provider's, in the order of the tables.
pub(crate) fn explanations() -> impl Iterator<Item = Explanation> {
    let shared = SHARED.iter().map(|table| (None, *table));
    let own = Provider::ALL
        .iter()
        .map(|provider| (Some(*provider), table(*provider)));
    shared
        .chain(own)
        .flat_map(|(provider, table)| read(provider, table))
}

/// Returns what is known of a code, in any case. A class such as `5xx` takes in its statuses; a status that nothing is
/// written of, that of its class.
pub(crate) fn explain(code: &str, provider: Option<Provider>) -> Vec<Explanation> {
    let wanted = |known: &Explanation| {
        provider.is_none() || known.provider.is_none() || known.provider == provider
    };
    let matching = |code: &str| -> Vec<Explanation> {
        explanations()
            .filter(|known| wanted(known) && known.code.eq_ignore_ascii_case(code))
            .collect()
    };
    let mut found = matching(code);
    if let Some(first) = class_of(code) {
        let of_class = |known: &Explanation| {
            known.code.len() == 3
                && known.code.starts_with(first)
                && known.code[1..].bytes().all(|byte| byte.is_ascii_digit())
        };
        found.extend(explanations().filter(|known| wanted(known) && of_class(known)));
    } else if is_status(code) {
        let of_class = matching(&format!("{}xx", &code[..1]));
        let is_unwritten = found.is_empty();
        // What a provider does with a whole class holds for each of its statuses.
        found.extend(
            of_class
                .into_iter()
                .filter(|known| is_unwritten || known.provider.is_some()),
        );
    }
    found
}

/// Returns whether anything is written of exactly this code.
pub(crate) fn is_explained(code: &str) -> bool {
    explanations().any(|known| known.code.eq_ignore_ascii_case(code))
}

/// Returns the codes most like one that is not known, the likeliest first, at most `most`.
pub(crate) fn nearest_codes(
    code: &str,
    provider: Option<Provider>,
    most: usize,
) -> Vec<&'static str> {
    let known = explanations().filter(|known| {
        provider.is_none() || known.provider.is_none() || known.provider == provider
    });
    nearest_few(code, known.map(|known| known.code), most)
}

/// Returns the first digit of a class of statuses, `5xx`.
fn class_of(code: &str) -> Option<char> {
    match code.as_bytes() {
        [first @ b'1'..=b'5', b'x' | b'X', b'x' | b'X'] => Some(char::from(*first)),
        _ => None,
    }
}

fn is_status(code: &str) -> bool {
    matches!(code.as_bytes(), [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9'])
}

fn read(provider: Option<Provider>, table: &'static str) -> impl Iterator<Item = Explanation> {
    let (mut kind, mut of_kind, mut source) = ("", "", "");
    let rows = table.lines().filter_map(move |line| {
        let mut cells = line.split('\t');
        let first = cells
            .next()
            .filter(|first| !first.is_empty() && !first.starts_with('#'))?;
        let mut cell = || cells.next().unwrap_or_default();
        if first == "@" {
            (kind, of_kind, source) = (cell(), cell(), cell());
            return None;
        }
        let (meaning, remedy, own) = (cell(), cell(), cell());
        let explanation = Explanation {
            code: "",
            provider,
            kind,
            meaning,
            retried: if own.is_empty() { of_kind } else { own },
            remedy,
            source,
        };
        Some((first, explanation))
    });
    rows.flat_map(|(codes, explanation)| {
        codes.split(',').map(move |code| Explanation {
            code,
            ..explanation
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(code: &str, provider: Option<Provider>) -> Vec<&'static str> {
        let found = explain(code, provider);
        found.iter().map(|known| known.kind).collect()
    }

    #[test]
    fn every_explanation_is_whole() {
        let all: Vec<Explanation> = explanations().collect();
        assert!(all.len() > 300, "{}", all.len());
        for known in &all {
            for text in [
                known.code,
                known.kind,
                known.meaning,
                known.retried,
                known.remedy,
                known.source,
            ] {
                assert!(!text.is_empty() && text.trim() == text, "{known:?}");
                assert!(
                    !text.contains("http:") && !text.contains("https:"),
                    "{known:?}"
                );
            }
        }
        for (at, known) in all.iter().enumerate() {
            let is_twice = all[..at].iter().any(|other| {
                (other.code, other.provider, other.kind) == (known.code, known.provider, known.kind)
            });
            assert!(!is_twice, "{known:?}");
        }
    }

    #[test]
    fn a_code_is_found_in_any_case_and_in_every_place() {
        assert_eq!(explain("Destination_Timeout", None).len(), 1);
        assert_eq!(
            kinds("internal", Some(Provider::Segment)),
            [
                "failed delivery",
                "filtered at the destination",
                "filtered at the destination",
                "failed on ingest"
            ]
        );
        assert_eq!(
            kinds("404", Some(Provider::Akeneo)),
            ["HTTP status, client error", "error_code"]
        );
        assert!(is_explained("etimedout") && !is_explained("418"));
    }

    #[test]
    fn classes_and_unwritten_statuses_help_each_other() {
        let codes: Vec<&str> = explain("3XX", Some(Provider::Workato))
            .iter()
            .map(|known| known.code)
            .collect();
        assert_eq!(codes, ["3xx", "301", "302", "303", "304", "307", "308"]);
        let redirect = explain("301", Some(Provider::Akeneo));
        assert_eq!(redirect[1].code, "3xx");
        assert!(redirect[1].retried.starts_with("no: events are lost"));
        let class: Vec<&str> = explain("418", None)
            .iter()
            .map(|known| known.code)
            .collect();
        assert_eq!(class, ["4xx"]);
        for unknown in ["618", "41", "4180", "", "xxx", "ééé"] {
            assert!(explain(unknown, None).is_empty(), "{unknown}");
        }
    }

    #[test]
    fn a_slip_finds_its_neighbours() {
        assert_eq!(
            nearest_codes("destination_timout", None, 3)[0],
            "destination_timeout"
        );
        assert_eq!(nearest_codes("ECONREFUSED", None, 2)[0], "ECONNREFUSED");
        assert!(nearest_codes("zzzzzzzzzzzz", None, 3).is_empty());
    }
}
