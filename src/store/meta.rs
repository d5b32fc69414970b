//! What an hour's file says of itself, in the key-value metadata of its footer.
//!
//! Rule: the keys are specified in `FORMAT.md`; a key is never given another meaning. An unknown key is ignored, a
//! missing one is damage.

use std::collections::BTreeMap;
use std::path::Path;

use parquet::file::metadata::KeyValue;

use crate::model::{Hour, Provider, RecordType, Timestamp};

use super::error::StoreError;
use super::layout::HourKey;

/// The version of the format that this program writes and reads.
pub(crate) const FORMAT_VERSION: u32 = 1;

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
    /// Lines that could not be decoded; they are in `rejects.ndjson` beside the hour.
    pub(crate) rejects: u64,
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
            ("faillog.rejects", self.rejects.to_string()),
        ];
        if let Some(fetched_at) = self.fetched_at {
            pairs.push(("faillog.fetched_at", fetched_at.to_rfc3339()));
        }
        Ok(pairs
            .into_iter()
            .map(|(key, value)| KeyValue::new(key.to_owned(), value))
            .collect())
    }

    /// Reads the metadata back and checks that it is of the hour it was found under.
    pub(super) fn from_key_values(
        pairs: Option<&Vec<KeyValue>>,
        expected: &HourKey,
        path: &Path,
    ) -> Result<HourMeta, StoreError> {
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
        Ok(HourMeta {
            key,
            fetched_at,
            objects: serde_json::from_str(need("faillog.objects")?)
                .map_err(|_| bad("faillog.objects"))?,
            counts,
            rejects: need("faillog.rejects")?
                .parse()
                .map_err(|_| bad("faillog.rejects"))?,
        })
    }
}
