//! The nearest known word to a mistyped one, for "did you mean".

/// Returns the candidate most like `text`, if any is close enough to be a likely slip.
pub(crate) fn nearest<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // 0.6 accepts two slips in a word of five letters ("staus", "mesage_id") and turns unrelated words away.
    const LIKELY: f64 = 0.6;
    let text = text.to_lowercase().replace('-', "_");
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(&text, candidate),
                candidate,
            )
        })
        .filter(|(score, _)| *score >= LIKELY)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Returns the candidates most like `text` in any case, the likeliest first, each once and at most `most`.
pub(crate) fn nearest_few<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    // Wider than for one guess, since the reader chooses among several.
    const POSSIBLE: f64 = 0.5;
    let text = text.to_lowercase();
    let mut scored: Vec<(f64, &str)> = candidates
        .into_iter()
        .map(|candidate| {
            let score = strsim::normalized_damerau_levenshtein(&text, &candidate.to_lowercase());
            (score, candidate)
        })
        .filter(|(score, _)| *score >= POSSIBLE)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let mut few: Vec<&str> = Vec::new();
    for (_, candidate) in scored {
        if few.len() < most && !few.contains(&candidate) {
            few.push(candidate);
        }
    }
    few
}

#[cfg(test)]
mod tests {
    use super::{nearest, nearest_few};

    #[test]
    fn offers_a_likely_slip_and_nothing_else() {
        let words = ["status", "reason", "message_id"];
        assert_eq!(nearest("staus", words), Some("status"));
        assert_eq!(nearest("mesage-id", words), Some("message_id"));
        assert_eq!(nearest("zzz", words), None);
    }

    #[test]
    fn the_few_nearest_come_in_order_and_once() {
        let words = ["ETIMEDOUT", "ENOTFOUND", "etimedout", "ETIMEDOUT", "x"];
        assert_eq!(
            nearest_few("etimeout", words, 9),
            ["ETIMEDOUT", "etimedout"]
        );
        assert_eq!(nearest_few("etimeout", words, 1), ["ETIMEDOUT"]);
    }
}
