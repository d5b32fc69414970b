//! Numbers for people: thousands separated, nouns that agree.

/// Returns `n` with its noun, in the plural unless `n` is one: `1 hour`, `2,048 hours`.
pub(crate) fn count(n: u64, noun: &str) -> String {
    match (n, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => {
            format!("{} {stem}ies", number(n))
        }
        _ => format!("{} {noun}s", number(n)),
    }
}

/// Returns `n` with thousands separated by commas.
pub(crate) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Returns a size in the largest unit that keeps it at or above one: `312 B`, `4.2 MB` (powers of ten).
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{n} B")
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, count, number};

    #[test]
    fn nouns_agree_and_thousands_are_separated() {
        assert_eq!(count(1, "hour"), "1 hour");
        assert_eq!(count(0, "hour"), "0 hours");
        assert_eq!(count(2, "retry"), "2 retries");
        assert_eq!(count(3, "day"), "3 days");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(number(999), "999");
    }

    #[test]
    fn sizes_take_the_unit_that_fits() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(4_200_000), "4.2 MB");
        assert_eq!(bytes(999_960), "1.0 MB");
    }
}
