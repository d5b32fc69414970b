//! Numbers that tell causes apart: statuses and codes, where the text around says that they are such.
//!
//! Rule: a number is kept only for what stands around it, so that any other number there would be kept as well.

/// Statuses and the first word of their phrase.
const PHRASES: &[(&str, &str)] = &[
    ("200", "ok"),
    ("201", "created"),
    ("202", "accepted"),
    ("204", "no"),
    ("301", "moved"),
    ("302", "found"),
    ("303", "see"),
    ("304", "not"),
    ("307", "temporary"),
    ("308", "permanent"),
    ("400", "bad"),
    ("401", "unauthorized"),
    ("402", "payment"),
    ("403", "forbidden"),
    ("404", "not"),
    ("404", "page"),
    ("405", "method"),
    ("406", "not"),
    ("407", "proxy"),
    ("408", "request"),
    ("409", "conflict"),
    ("410", "gone"),
    ("411", "length"),
    ("412", "precondition"),
    ("413", "payload"),
    ("413", "request"),
    ("413", "content"),
    ("414", "uri"),
    ("414", "request"),
    ("415", "unsupported"),
    ("416", "range"),
    ("417", "expectation"),
    ("421", "misdirected"),
    ("422", "unprocessable"),
    ("423", "locked"),
    ("424", "failed"),
    ("425", "too"),
    ("426", "upgrade"),
    ("428", "precondition"),
    ("429", "too"),
    ("431", "request"),
    ("451", "unavailable"),
    ("499", "client"),
    ("500", "internal"),
    ("501", "not"),
    ("502", "bad"),
    ("503", "service"),
    ("504", "gateway"),
    ("505", "http"),
    ("507", "insufficient"),
    ("508", "loop"),
    ("511", "network"),
    ("520", "web"),
    ("521", "web"),
    ("522", "connection"),
    ("523", "origin"),
    ("524", "a"),
    ("525", "ssl"),
    ("526", "invalid"),
];

/// Codes of mail servers that report a failure (RFC 5321 and its extensions).
const MAIL: &[&str] = &[
    "421", "432", "450", "451", "452", "454", "455", "500", "501", "502", "503", "504", "521",
    "530", "534", "535", "538", "541", "550", "551", "552", "553", "554", "555", "556", "557",
];

/// Words after which a number from 100 to 599 is a status.
const STATUS_WORDS: &[&str] = &[
    "status",
    "statuscode",
    "status_code",
    "httpstatus",
    "http_status",
    "http",
    "error",
    "response",
    "code",
];

/// Words that a status may follow, if it is one that reports a failure.
const ANSWER_WORDS: &[&str] = &[
    "returned",
    "received",
    "responded",
    "answered",
    "got",
    "with",
];

/// Words after which any short number is a code.
const CODE_WORDS: &[&str] = &[
    "errorcode",
    "error_code",
    "err_code",
    "errno",
    "subcode",
    "error_subcode",
    "providercode",
];

/// What may stand before `code` to make it that of an error.
const CODE_KINDS: &[&str] = &[
    "error", "status", "response", "exit", "return", "reason", "result", "provider",
];

/// Returns whether a number stays, given the pattern before it and the text after it.
pub(super) fn keeps(before: &str, number: &str, after: &str) -> bool {
    if number.len() > 5 {
        return false;
    }
    if before.ends_with("(#") {
        return number.len() <= 5;
    }
    let (word, between) = last_word(before);
    let is_code = CODE_WORDS.contains(&word)
        || (word == "code"
            && (between.contains([':', '='])
                || CODE_KINDS.contains(&last_word(&before[..before.len() - between.len() - 4]).0)));
    if is_code && number.len() <= 4 {
        return true;
    }
    if ["utf-", "sha-"].iter().any(|name| before.ends_with(name)) {
        return number.len() <= 3;
    }
    if number.len() != 3 || !(b'1'..=b'5').contains(&number.as_bytes()[0]) {
        return false;
    }
    if MAIL.contains(&number) && is_enhanced(after) {
        return true;
    }
    let has_phrase = has_phrase(number, after);
    let is_first = before.trim_end_matches([' ', '[', '(', '"']).is_empty();
    let is_after_mark = before
        .trim_end_matches([' ', '(', '['])
        .ends_with([':', '-', '(', '['])
        || before.ends_with(['(', '[']);
    let is_known = |from: &str| {
        PHRASES
            .iter()
            .any(|(code, _)| *code == number && *code >= from)
    };
    let is_failure = is_known("400");
    let is_counted = is_counted(after);
    if is_first {
        let follows = after.trim_start_matches([' ', '"']);
        let is_alone =
            follows.is_empty() || follows.starts_with([':', ',', '-', ')', ']', '|', '.']);
        return has_phrase
            || (is_alone && (number >= "400" || is_known("100")))
            || ((is_failure || MAIL.contains(&number)) && !is_counted);
    }
    if has_phrase && (is_after_mark || !matches!(number, "302" | "404" | "409" | "410")) {
        return true;
    }
    let is_version = before.ends_with("http/<*> ");
    let is_status = STATUS_WORDS.contains(&word)
        || ["error", "exception"].iter().any(|end| word.ends_with(end));
    is_version
        || (is_status && !is_counted)
        || (ANSWER_WORDS.contains(&word) && between == " " && is_failure && !is_counted)
}

/// Returns the length of a mail server's enhanced code (`5.1.1`) at the start of a text that follows its plain code.
pub(super) fn enhanced_length(before: &str, text: &str) -> usize {
    let code = before.trim_end_matches([' ', '#', '-']);
    let (word, _) = last_word(code);
    if code.len() + 1 != before.len() || !MAIL.contains(&word) {
        return 0;
    }
    let length = text
        .bytes()
        .take_while(|b| b.is_ascii_digit() || *b == b'.')
        .count();
    let code = text[..length].trim_end_matches('.');
    let parts: Vec<&str> = code.split('.').collect();
    let is_code = matches!(parts.as_slice(), ["2" | "4" | "5", subject, detail]
        if (1..=3).contains(&subject.len()) && (1..=3).contains(&detail.len()));
    if is_code { code.len() } else { 0 }
}

/// Whether a separator and an enhanced code follow.
fn is_enhanced(after: &str) -> bool {
    let code = after.strip_prefix([' ', '-', '#']);
    code.is_some_and(|code| enhanced_length("550 ", code) > 0)
}

/// Returns the last word of a text and what stands after it.
fn last_word(text: &str) -> (&str, &str) {
    let trimmed = text.trim_end_matches([' ', ':', '=', '"', '(', '[', '#', '-', '/']);
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let word = &trimmed[trimmed.trim_end_matches(is_word).len()..];
    (word, &text[trimmed.len()..])
}

fn has_phrase(number: &str, after: &str) -> bool {
    let after = after.trim_start_matches([' ', ':', '-', '(', '"']);
    let length = after.bytes().take_while(u8::is_ascii_alphabetic).count();
    let word = &after[..length];
    let is = |phrase: &str| word.eq_ignore_ascii_case(phrase);
    let of_class =
        (number.starts_with('4') && is("client")) || (number.starts_with('5') && is("server"));
    of_class
        || PHRASES
            .iter()
            .any(|(code, phrase)| *code == number && is(phrase))
}

/// Whether a plural follows, or `of`: then the number counts something.
fn is_counted(after: &str) -> bool {
    let Some(after) = after.strip_prefix(' ') else {
        return false;
    };
    let length = after.bytes().take_while(u8::is_ascii_alphabetic).count();
    let word = after[..length].to_ascii_lowercase();
    word == "of"
        || word == "ms"
        || (word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && word != "this")
}
