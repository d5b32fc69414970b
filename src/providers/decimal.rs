//! Numbers as they are written, without rounding: `1204.0` and `1.2E+03` are whole, `1204.5` is not.
//!
//! Rule: a number is never rounded; what an integer cannot hold exactly is no integer.

/// A number: `digits` × 10 ^ `exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    digits: i128,
    exponent: i32,
}

impl Decimal {
    /// Reads `-12.50e+3`: digits, with a point among them, and an exponent.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
            None => (text, 0),
        };
        let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
            return None;
        }
        // Zeros at the end say nothing, however many they are.
        let fraction = fraction.trim_end_matches('0');
        let (whole, zeros) = match fraction {
            "" => (whole.trim_end_matches('0'), whole.len()),
            _ => (whole, whole.len()),
        };
        let moved =
            i32::try_from(zeros - whole.len()).ok()? - i32::try_from(fraction.len()).ok()?;
        let mut digits: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            digits = digits.checked_mul(10)?.checked_add((byte - b'0').into())?;
        }
        if mantissa.starts_with('-') {
            digits = -digits;
        }
        Some(Decimal {
            digits,
            exponent: moved.checked_add(exponent)?,
        })
    }

    /// Returns the number times 10 ^ `shift`.
    pub(super) fn shifted(self, shift: i32) -> Self {
        Decimal {
            digits: self.digits,
            exponent: self.exponent.saturating_add(shift),
        }
    }

    /// Returns the number times `factor`; `None` if that is not whole, or too large.
    pub(super) fn times(self, factor: i64) -> Option<i64> {
        let product = self.digits.checked_mul(factor.into())?;
        if product == 0 {
            return Some(0);
        }
        let power = 10i128.checked_pow(self.exponent.unsigned_abs())?;
        let value = if self.exponent >= 0 {
            product.checked_mul(power)?
        } else if product % power == 0 {
            product / power
        } else {
            return None;
        };
        value.try_into().ok()
    }
}

/// Reads a whole number, however it is written.
pub(super) fn whole(text: &str) -> Option<i64> {
    match text.parse() {
        Ok(number) => Some(number),
        Err(_) => Decimal::parse(text)?.times(1),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whole_numbers_are_read_however_they_are_written() {
        for (text, expected) in [
            ("1204", Some(1204)),
            ("+5", Some(5)),
            ("1204.0", Some(1204)),
            ("1204.", Some(1204)),
            ("1.2E+03", Some(1200)),
            ("4.01e2", Some(401)),
            ("-4010e-1", Some(-401)),
            ("0.00", Some(0)),
            ("0e999999", Some(0)),
            ("1.00000000000000000000000000000000000000000000", Some(1)),
            ("9223372036854775807.0", Some(i64::MAX)),
            ("9007199254740993.0", Some(9_007_199_254_740_993)),
            ("9223372036854775808", None),
            ("1204.5", None),
            ("1204.0000000000000000001", None),
            ("8999999999999999.4", None),
            ("1e19", None),
            ("1e999999999999", None),
            ("1e-1", None),
            ("1,204", None),
            ("", None),
            (".", None),
            (".5e1", None),
            ("e1", None),
            ("1e", None),
            ("1.2.3", None),
            ("--1", None),
            ("NaN", None),
            ("inf", None),
            ("0x10", None),
        ] {
            assert_eq!(whole(text), expected, "{text}");
        }
    }

    #[test]
    fn a_factor_may_make_a_number_whole() {
        let times = |text, factor| Decimal::parse(text).unwrap().times(factor);
        assert_eq!(times("1.2", 1000), Some(1200));
        assert_eq!(times("1.2345", 1000), None);
        let micros = Decimal::parse("1500").unwrap().shifted(-3);
        assert_eq!(micros.times(1), None);
        assert_eq!(micros.times(2), Some(3));
    }

    proptest! {
        #[test]
        fn a_moved_point_changes_nothing(number in any::<i64>(), places in 0..40usize, zeros in 0..20usize) {
            let zeros = "0".repeat(zeros);
            prop_assert_eq!(whole(&format!("{number}.{zeros}")), Some(number));
            let digits = number.unsigned_abs().to_string();
            let padded = format!("{}{digits}", "0".repeat(places));
            let (left, right) = padded.split_at(padded.len() - places.min(digits.len()));
            let sign = if number < 0 { "-" } else { "" };
            let text = format!("{sign}0{left}.{right}{zeros}e{}", right.len());
            prop_assert_eq!(whole(&text), Some(number), "{}", text);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9.eE+-]{0,60}|\\PC{0,20}") {
            let _ = whole(&text);
        }
    }
}
