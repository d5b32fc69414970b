//! Ranges of whole numbers as flags take them: `429`, `5xx`, `400-499`, `>=500`.
//!
//! Rule: what is not understood is refused with the forms that would be.

use std::ops::RangeInclusive;

use super::FilterError;

/// Reads `429`, `5xx`, `400-499`, `>=500`, `>3`, `<=2` or `<400`.
pub(crate) fn parse_int_range(text: &str) -> Result<RangeInclusive<i64>, FilterError> {
    let fail = || FilterError::IntRange {
        given: text.to_owned(),
    };
    let trimmed = text.trim();
    let whole = |part: &str| part.trim().parse::<i64>().map_err(|_| fail());
    if let Some(rest) = trimmed.strip_prefix(">=") {
        return Ok(whole(rest)?..=i64::MAX);
    }
    if let Some(rest) = trimmed.strip_prefix("<=") {
        return Ok(i64::MIN..=whole(rest)?);
    }
    if let Some(rest) = trimmed.strip_prefix('>') {
        return Ok(whole(rest)?.saturating_add(1)..=i64::MAX);
    }
    if let Some(rest) = trimmed.strip_prefix('<') {
        return Ok(i64::MIN..=whole(rest)?.saturating_sub(1));
    }
    if let Some(class) = trimmed
        .strip_suffix("xx")
        .or_else(|| trimmed.strip_suffix("XX"))
    {
        let class = whole(class)?;
        return if (1..=9).contains(&class) {
            Ok(class * 100..=class * 100 + 99)
        } else {
            Err(fail())
        };
    }
    if let Some((low, high)) = trimmed.split_once('-').filter(|(low, _)| !low.is_empty()) {
        let (low, high) = (whole(low)?, whole(high)?);
        return if low <= high {
            Ok(low..=high)
        } else {
            Err(fail())
        };
    }
    let exact = whole(trimmed)?;
    Ok(exact..=exact)
}

#[cfg(test)]
mod tests {
    use super::parse_int_range;

    #[test]
    fn number_ranges_are_read() {
        let read = |text| parse_int_range(text).unwrap();
        assert_eq!(read("429"), 429..=429);
        assert_eq!(read("5xx"), 500..=599);
        assert_eq!(read("400-499"), 400..=499);
        assert_eq!(read(">=500"), 500..=i64::MAX);
        assert_eq!(read("< 3"), i64::MIN..=2);
        for text in ["", "x", "5x", "0xx", "499-400", ">=", "4 29"] {
            assert!(parse_int_range(text).is_err(), "{text}");
        }
    }
}
