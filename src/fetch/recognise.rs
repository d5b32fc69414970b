//! Tells from the beginning of a file whose log it is, and whether it is JSON or CSV.
//!
//! The first values are shown to every provider. One that alone knows some of them is the one; values that several know
//! decide only where no value is known by one alone.
//!
//! Rule: a guess would store records under the wrong name for good; what is not recognised, or fits several providers, is an error that
//! says what was seen.

mod cut;
mod foreign;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Read};

use crate::model::{Provider, number};
use crate::providers::framing::{Blocks, Form, guess_delimiter, read_header};
use crate::providers::spec;

use super::decompress::{Decompressed, ReadFailure};

/// How much of the decompressed file is looked at, 256 KiB; and how many of its values.
const HEAD_BYTES: u64 = 256 << 10;
const HEAD_VALUES: usize = 50;

/// How much of the file an error quotes, in characters; and how many keys.
const QUOTED_CHARS: usize = 60;
const QUOTED_KEYS: usize = 6;

/// The delimiters of CSV.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Why a file's provider is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecogniseError {
    #[error("{0}")]
    Read(#[source] io::Error),
    #[error("its compressed data is damaged or cut")]
    Damaged,
    #[error("it is {0}, not a log")]
    Foreign(&'static str),
    #[error("it is UTF-16 or UTF-32 text; logs are read as UTF-8")]
    Wide,
    #[error("it is not UTF-8 text: byte {} at offset {offset}", hex(*.byte))]
    NotUtf8 { offset: usize, byte: u8 },
    #[error("it is no log of a known provider: it begins with a JSON object with the keys {0}")]
    Keys(String),
    #[error("it is no log of a known provider: it begins with `{0}`")]
    Text(String),
    #[error("its records fit several providers: {0}")]
    Several(String),
}

fn hex(byte: u8) -> String {
    format!("0x{byte:02X}")
}

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recognised {
    pub(crate) provider: Provider,
    pub(crate) form: Form,
}

/// Recognises a file by its beginning; `None` if it has no record. With the provider named, only the form is looked for.
///
/// # Errors
/// What can be no log at all is an error even with the provider named.
pub(crate) fn recognise<'a>(
    reader: Box<dyn Read + Send + 'a>,
    named: Option<Provider>,
) -> Result<Option<Recognised>, RecogniseError> {
    let head = read_head(reader)?;
    if let Some(what) = foreign::name(&head) {
        return Err(RecogniseError::Foreign(what));
    }
    if foreign::is_wide(&head) {
        return Err(RecogniseError::Wide);
    }
    if let Some(provider) = named {
        let is_blank = head.trim_ascii().is_empty();
        let form = form_for(provider, &head);
        return Ok((!is_blank).then_some(Recognised { provider, form }));
    }
    if let Some(recognised) = by_header(&head)? {
        return Ok(Some(recognised));
    }
    let provider = by_values(&head)?;
    Ok(provider.map(|provider| Recognised {
        provider,
        form: Form::Json,
    }))
}

fn read_head<'a>(reader: Box<dyn Read + Send + 'a>) -> Result<Vec<u8>, RecogniseError> {
    let fail = |failure| match failure {
        ReadFailure::Transfer(error) => RecogniseError::Read(error),
        ReadFailure::Truncated | ReadFailure::Corrupt(_) => RecogniseError::Damaged,
    };
    let mut head = Vec::new();
    let mut stream = Decompressed::open(reader).map_err(fail)?;
    let read = stream.by_ref().take(HEAD_BYTES).read_to_end(&mut head);
    match read {
        Err(error) if head.is_empty() => Err(fail(stream.explain(error))),
        // The beginning of a file that is cut further on can be recognised all the same.
        Ok(_) | Err(_) => Ok(head),
    }
}

/// Recognises CSV by its header.
fn by_header(head: &[u8]) -> Result<Option<Recognised>, RecogniseError> {
    for delimiter in DELIMITERS {
        let Some(names) = read_header(head, delimiter) else {
            continue;
        };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let fits = |provider: &&Provider| (spec(**provider).is_header)(&names);
        let fitting: Vec<Provider> = Provider::ALL.iter().filter(fits).copied().collect();
        match fitting[..] {
            [] => {}
            [provider] => {
                let form = csv(provider, delimiter);
                return Ok(Some(Recognised { provider, form }));
            }
            _ => {
                return Err(several(
                    fitting.into_iter().map(|provider| (provider, None)),
                ));
            }
        }
    }
    Ok(None)
}

/// CSV whose columns are to be called as the provider calls them.
fn csv(provider: Provider, delimiter: u8) -> Form {
    let names = spec(provider).native.iter();
    Form::Csv {
        delimiter,
        names: names.map(|(name, _)| (*name).to_owned()).collect(),
    }
}

/// How a file of this provider is written.
fn form_for(provider: Provider, head: &[u8]) -> Form {
    let has_header = |delimiter: &u8| {
        read_header(head, *delimiter).is_some_and(|names| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            (spec(provider).is_header)(&names)
        })
    };
    let delimiter = DELIMITERS.into_iter().find(has_header);
    match delimiter.or_else(|| guess_delimiter(head)) {
        Some(delimiter) => csv(provider, delimiter),
        None => Form::Json,
    }
}

/// What the first values say.
#[derive(Default)]
struct Evidence {
    /// Values that only this provider knows, and all that it knows.
    by_provider: BTreeMap<Provider, (usize, usize)>,
    first_unknown: Option<RecogniseError>,
}

impl Evidence {
    fn add_values(&mut self, text: &[u8]) {
        let mut left = HEAD_VALUES;
        for block in Blocks::new(text, Form::Json).map_while(Result::ok) {
            for (_, value) in block.values().take(left) {
                self.add(value);
                left -= 1;
            }
        }
    }

    fn add(&mut self, value: &[u8]) {
        let mut known = Provider::ALL.iter().copied();
        // An empty answer says nothing of what the file holds.
        if known.any(|provider| {
            spec(provider)
                .elements(value)
                .is_some_and(|items| items.is_empty())
        }) {
            return;
        }
        let knows = |provider: &Provider| spec(*provider).recognises(value);
        let knowing: Vec<Provider> = Provider::ALL.iter().copied().filter(knows).collect();
        for provider in &knowing {
            let (alone, all) = self.by_provider.entry(*provider).or_default();
            *alone += usize::from(knowing.len() == 1);
            *all += 1;
        }
        if knowing.is_empty() {
            self.first_unknown
                .get_or_insert_with(|| what_was_seen(value));
        }
    }

    fn judge(self) -> Result<Option<Provider>, RecogniseError> {
        let alone: Vec<_> = self
            .by_provider
            .iter()
            .filter(|(_, (alone, _))| *alone > 0)
            .collect();
        let most = self.by_provider.values().map(|(_, all)| *all).max();
        let candidates: Vec<(Provider, usize)> = if alone.is_empty() {
            let best = self
                .by_provider
                .iter()
                .filter(|(_, (_, all))| Some(*all) == most);
            best.map(|(provider, (_, all))| (*provider, *all)).collect()
        } else {
            alone
                .into_iter()
                .map(|(provider, (alone, _))| (*provider, *alone))
                .collect()
        };
        match candidates[..] {
            [] => self.first_unknown.map_or(Ok(None), Err),
            [(provider, _)] => Ok(Some(provider)),
            _ => Err(several(
                candidates
                    .into_iter()
                    .map(|(provider, count)| (provider, Some(count))),
            )),
        }
    }
}

fn by_values(head: &[u8]) -> Result<Option<Provider>, RecogniseError> {
    let mut evidence = Evidence::default();
    evidence.add_values(head);
    if evidence.by_provider.is_empty()
        && head.len() as u64 == HEAD_BYTES
        && let Some(beginning) = cut::closed(head)
    {
        evidence.add_values(&beginning);
    }
    if evidence.by_provider.is_empty()
        && let Some((offset, byte)) = first_invalid(head)
    {
        return Err(RecogniseError::NotUtf8 { offset, byte });
    }
    evidence.judge()
}

/// Finds the first byte that is no UTF-8; a letter that the end of the head cuts in two is.
fn first_invalid(head: &[u8]) -> Option<(usize, u8)> {
    let error = std::str::from_utf8(head).err()?;
    let is_cut = error.error_len().is_none() && head.len() as u64 == HEAD_BYTES;
    let offset = error.valid_up_to();
    (!is_cut).then(|| (offset, head[offset]))
}

fn several(found: impl Iterator<Item = (Provider, Option<usize>)>) -> RecogniseError {
    let names: Vec<String> = found
        .map(|(provider, count)| match count {
            Some(count) => format!("{provider} ({})", number(count as u64)),
            None => provider.to_string(),
        })
        .collect();
    RecogniseError::Several(names.join(", "))
}

fn what_was_seen(value: &[u8]) -> RecogniseError {
    match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(value) {
        Ok(object) if !object.is_empty() => {
            let keys: Vec<_> = object
                .keys()
                .take(QUOTED_KEYS)
                .map(|key| format!("`{key}`"))
                .collect();
            RecogniseError::Keys(keys.join(", "))
        }
        _ => {
            let start = &value[..value.len().min(4 * QUOTED_CHARS)];
            let text = String::from_utf8_lossy(start);
            let escape = |c: char| {
                if c.is_control() {
                    c.escape_default().collect()
                } else {
                    vec![c]
                }
            };
            let quoted = text.chars().take(QUOTED_CHARS).flat_map(escape);
            RecogniseError::Text(quoted.collect())
        }
    }
}
