//! Words as a shell would take them, for commands to paste.

/// Quotes a word if a shell would otherwise read more into it.
pub(super) fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=+.,:/@%^".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else if cfg!(windows) {
        // PowerShell doubles a quote within single quotes.
        format!("'{}'", word.replace('\'', "''"))
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::quote;

    #[test]
    fn words_survive_a_shell() {
        for word in [
            "plain",
            "",
            "two words",
            "it's",
            "$HOME `x` \"y\"",
            ">=500",
            "*.json",
            "a\nb",
            "~",
        ] {
            let echoed = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", quote(word))])
                .output();
            assert_eq!(String::from_utf8(echoed.unwrap().stdout).unwrap(), word);
        }
    }
}
