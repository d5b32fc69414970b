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

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn offers_a_likely_slip_and_nothing_else() {
        let words = ["status", "reason", "message_id"];
        assert_eq!(nearest("staus", words), Some("status"));
        assert_eq!(nearest("mesage-id", words), Some("message_id"));
        assert_eq!(nearest("zzz", words), None);
    }
}
