//! What a footer tells of the values in a row group.
//!
//! Rule: it may only rule out what certainly is not there.

use parquet::file::statistics::Statistics;

use crate::model::Column;

use super::hour_file::HourFile;

impl HourFile {
    /// Returns between what the values of a column lie in a row group.
    pub(crate) fn bounds(&self, group: usize, column: Column) -> Bounds<'_> {
        let Some(statistics) = self
            .chunk(group, column)
            .and_then(|chunk| chunk.statistics())
        else {
            return Bounds::Unknown;
        };
        let nulls = statistics.null_count_opt();
        if nulls == Some(self.groups[group].rows as u64) {
            return Bounds::Nothing;
        }
        match statistics {
            Statistics::Int64(found) => match (found.min_opt(), found.max_opt()) {
                (Some(min), Some(max)) => Bounds::Ints {
                    min: *min,
                    max: *max,
                    nulls: nulls.unwrap_or(u64::MAX),
                },
                _ => Bounds::Unknown,
            },
            Statistics::ByteArray(found) => match (found.min_opt(), found.max_opt()) {
                // A cut maximum is rounded up and a cut minimum stays below, so both still bound.
                (Some(min), Some(max)) => Bounds::Texts {
                    min: min.data(),
                    max: max.data(),
                },
                _ => Bounds::Unknown,
            },
            _ => Bounds::Unknown,
        }
    }

    /// Returns how many rows of a row group have nothing in a column.
    pub(crate) fn nulls(&self, group: usize, column: Column) -> u64 {
        let statistics = self
            .chunk(group, column)
            .and_then(|chunk| chunk.statistics());
        statistics.and_then(Statistics::null_count_opt).unwrap_or(0)
    }
}

/// Between what the values of a column lie in a row group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bounds<'f> {
    /// No row has any.
    Nothing,
    /// Whole numbers, or times in microseconds; both ends included.
    Ints { min: i64, max: i64, nulls: u64 },
    /// Texts in the order of their bytes, at least and at most these.
    Texts { min: &'f [u8], max: &'f [u8] },
    /// Nothing is known.
    Unknown,
}

impl Bounds<'_> {
    /// Returns whether the text may be among the values.
    pub(crate) fn may_hold_text(&self, text: &str) -> bool {
        match self {
            Bounds::Nothing => false,
            Bounds::Texts { min, max } => (*min..=*max).contains(&text.as_bytes()),
            Bounds::Ints { .. } | Bounds::Unknown => true,
        }
    }
}
