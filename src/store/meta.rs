//! What an hour's file says of itself, in the key-value metadata of its footer.
//!
//! Rule: the keys are specified in `FORMAT.md`; a key is never given another meaning. An unknown key is ignored, a
//! missing one is damage.

use std::collections::BTreeMap;
use std::path::Path;

use parquet::file::metadata::KeyValue;

use crate::model::{Hour, Provider, RecordType, Timestamp};

use super::error::StoreError;
use super::hour_key::HourKey;
use super::seal::CHECKSUMS;

/// The version of the format that this program writes and reads.
pub(crate) const FORMAT_VERSION: u32 = 2;

/// What an hour's file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HourMeta {
    pub(crate) key: HourKey,
    /// When the hour was last fetched whole; `None` if it only holds imported records, or was fetched in part.
    pub(crate) fetched_at: Option<Timestamp>,
    /// What its records were read from.
    pub(crate) objects: Vec<Object>,
    /// Records of each type; types without records are left out.
    pub(crate) counts: BTreeMap<RecordType, u64>,
    /// Lines that could not be decoded, in a file beside the hour.
    pub(crate) rejects: RejectsMeta,
    /// What rows of the hour name or should have, and is not stored.
    pub(crate) unresolved: Unresolved,
}

/// How many rows lack what they should be joined to, or may be joined to something else later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Unresolved {
    /// Rows whose exchange is not stored.
    pub(crate) exchanges: u64,
    /// Errors without an attempt of their own.
    pub(crate) attempts: u64,
    /// Rows joined to one far from them in time: a nearer one may still come.
    pub(crate) far: u64,
}

impl Unresolved {
    pub(super) fn is_none(self) -> bool {
        self == Unresolved::default()
    }
}

/// One thing that records were read from.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Object {
    /// A file name for an import, `object 1` for a fetch; never a URL.
    pub(crate) name: String,
    pub(crate) etag: Option<String>,
    /// Bytes as transferred.
    pub(crate) size: u64,
    /// Hex SHA-256 of the bytes as transferred.
    pub(crate) sha256: String,
    /// Whether it came by `import`.
    pub(crate) imported: bool,
}

/// What a footer says of the rejects beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct RejectsMeta {
    pub(crate) lines: u64,
    pub(super) bytes: u64,
    /// Hex XXH3 of the file's bytes, 128 bits; empty without a file.
    pub(super) hash: String,
}

impl RejectsMeta {
    /// Returns the name of the file; `None` if there are no rejects.
    pub(super) fn file_name(&self) -> Option<String> {
        (self.lines > 0).then(|| format!("_rejects-{}.ndjson", self.hash))
    }
}

impl HourMeta {
    /// Returns the number of records.
    pub(crate) fn records(&self) -> u64 {
        self.counts.values().sum()
    }

    pub(super) fn to_key_values(&self) -> Result<Vec<KeyValue>, serde_json::Error> {
        let counts: BTreeMap<&str, u64> = self.counts.iter().map(|(t, n)| (t.name(), *n)).collect();
        let mut pairs = vec![
            ("faillog.format", FORMAT_VERSION.to_string()),
            ("faillog.provider", self.key.provider.name().to_owned()),
            ("faillog.collection", self.key.collection.clone()),
            ("faillog.hour", self.key.hour.to_string()),
            ("faillog.objects", serde_json::to_string(&self.objects)?),
            ("faillog.counts", serde_json::to_string(&counts)?),
            ("faillog.rejects", serde_json::to_string(&self.rejects)?),
            (
                "faillog.unresolved",
                serde_json::to_string(&self.unresolved)?,
            ),
        ];
        if let Some(fetched_at) = self.fetched_at {
            pairs.push(("faillog.fetched_at", fetched_at.to_rfc3339()));
        }
        Ok(pairs
            .into_iter()
            .map(|(key, value)| KeyValue::new(key.to_owned(), value))
            .collect())
    }

    /// Reads the metadata and the blocks' checksums back, and checks that they are of the hour they were found under.
    pub(super) fn from_key_values(
        pairs: Option<&Vec<KeyValue>>,
        expected: &HourKey,
        path: &Path,
    ) -> Result<(HourMeta, String), StoreError> {
        let damaged = |reason: String| StoreError::Damaged {
            path: path.to_owned(),
            reason,
        };
        let find = |key: &str| {
            let mut pairs = pairs.into_iter().flatten();
            pairs
                .find(|pair| pair.key == key)
                .and_then(|pair| pair.value.as_deref())
        };
        let need =
            |key: &str| find(key).ok_or_else(|| damaged(format!("its footer lacks `{key}`")));
        let bad = |key: &str| damaged(format!("its footer has a wrong `{key}`"));

        let version = need("faillog.format")?;
        if version != FORMAT_VERSION.to_string() {
            return Err(StoreError::Version {
                path: path.to_owned(),
                found: version.to_owned(),
                supported: FORMAT_VERSION,
            });
        }
        let hour_text = need("faillog.hour")?;
        let hour = hour_text
            .split_once('T')
            .and_then(|(date, of_day)| Hour::from_parts(date, of_day));
        let key = HourKey {
            provider: need("faillog.provider")?
                .parse::<Provider>()
                .map_err(|_| bad("faillog.provider"))?,
            collection: need("faillog.collection")?.to_owned(),
            hour: hour.ok_or_else(|| bad("faillog.hour"))?,
        };
        if key != *expected {
            return Err(damaged(format!(
                "it holds {} {} {}; a file of another hour was put in its place",
                key.provider, key.collection, key.hour
            )));
        }
        let fetched_at = match find("faillog.fetched_at") {
            Some(text) => Some(Timestamp::parse(text).ok_or_else(|| bad("faillog.fetched_at"))?),
            None => None,
        };
        let counts: BTreeMap<String, u64> =
            serde_json::from_str(need("faillog.counts")?).map_err(|_| bad("faillog.counts"))?;
        let counts = counts
            .into_iter()
            .map(|(name, n)| {
                Ok((
                    name.parse::<RecordType>()
                        .map_err(|_| bad("faillog.counts"))?,
                    n,
                ))
            })
            .collect::<Result<_, StoreError>>()?;
        let checksums = need(CHECKSUMS)?.to_owned();
        let meta = HourMeta {
            key,
            fetched_at,
            objects: serde_json::from_str(need("faillog.objects")?)
                .map_err(|_| bad("faillog.objects"))?,
            counts,
            rejects: serde_json::from_str(need("faillog.rejects")?)
                .map_err(|_| bad("faillog.rejects"))?,
            unresolved: serde_json::from_str(need("faillog.unresolved")?)
                .map_err(|_| bad("faillog.unresolved"))?,
        };
        Ok((meta, checksums))
    }
}
