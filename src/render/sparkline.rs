//! Counts over time as one word: `▁▂█·╌`.
//!
//! Rule: what is not known is not drawn as zero, and a count above zero never as nothing.

/// The characters of drawings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Unicode's block elements.
    Blocks,
    /// ASCII alone, for terminals and encodings without them.
    Ascii,
}

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII: [char; 8] = ['.', ':', '-', '=', '+', '*', '%', '#'];

impl Ink {
    fn levels(self) -> [char; 8] {
        match self {
            Ink::Blocks => BLOCKS,
            Ink::Ascii => ASCII,
        }
    }

    /// Returns what stands where nothing is known.
    pub(super) fn gap(self) -> char {
        match self {
            Ink::Blocks => '╌',
            Ink::Ascii => '?',
        }
    }

    fn zero(self) -> char {
        match self {
            Ink::Blocks => '·',
            Ink::Ascii => '_',
        }
    }
}

/// Draws counts, each a character, the greatest as high as can be; `None`: not known.
pub(crate) fn sparkline(counts: &[Option<u64>], ink: Ink) -> String {
    let most = counts.iter().flatten().max().copied().unwrap_or(0);
    let draw = |count: &Option<u64>| match *count {
        None => ink.gap(),
        Some(0) => ink.zero(),
        Some(count) => {
            // OK because the quotient is between 1 and 8.
            let level = (u128::from(count) * 8).div_ceil(u128::from(most)) as usize;
            ink.levels()[level - 1]
        }
    };
    counts.iter().map(draw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_follow_the_greatest_count() {
        let counts = [
            Some(0),
            Some(1),
            None,
            Some(50),
            Some(51),
            Some(100),
            Some(u64::MAX),
        ];
        assert_eq!(sparkline(&counts[..6], Ink::Blocks), "·▁╌▄▅█");
        assert_eq!(sparkline(&counts[..6], Ink::Ascii), "_.?=+#");
        assert_eq!(sparkline(&counts, Ink::Blocks), "·▁╌▁▁▁█");
        assert_eq!(sparkline(&[Some(0), Some(0)], Ink::Ascii), "__");
        assert_eq!(sparkline(&[], Ink::Blocks), "");
    }
}
