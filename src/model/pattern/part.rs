//! Whether a run of letters and digits is a word, a number or somebody's id.
//!
//! Rule: a word that was kept is kept again when it is read in lower case.

/// What a run of letters and digits is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Word,
    /// A number or an id.
    Variable,
    /// A word of so many bytes, and a number.
    Numbered(usize),
}

/// Words that have digits of their own.
const NAMES: &[&str] = &[
    "2d", "2fa", "3d", "3ds", "3ds2", "4xx", "5xx", "a11y", "aes128", "aes256", "auth0", "aws4",
    "b2b", "b2c", "base32", "base58", "base62", "base64", "crc32", "e2e", "ec2", "ed25519",
    "es256", "float32", "float64", "ga4", "gpt4", "h2", "h264", "hs256", "http1", "http2", "http3",
    "i18n", "int16", "int32", "int64", "int8", "ipv4", "ipv6", "iso8601", "k8s", "l10n", "latin1",
    "log4j", "md5", "mp3", "mp4", "o365", "oauth1", "oauth2", "p12", "p2p", "rfc2822", "rfc3339",
    "rs256", "s3", "sha1", "sha256", "sha384", "sha512", "sslv3", "tls1", "tlsv1", "uint32",
    "uint64", "utf16", "utf32", "utf8", "web3", "win32", "x509", "x64", "x86",
];

/// Bytes of a token that are looked at.
const LONGEST_OPAQUE: usize = 2048;

/// Judges a run of ASCII letters and digits, or of bytes that are no ASCII.
pub(super) fn judge(run: &[u8]) -> Part {
    let digits = run.iter().filter(|b| b.is_ascii_digit()).count();
    if digits == run.len() {
        return Part::Variable;
    }
    let is_hex = run.iter().all(u8::is_ascii_hexdigit);
    if is_hex && run.len() >= 8 {
        return Part::Variable;
    }
    if digits == 0 {
        return if is_scrambled(run) {
            Part::Variable
        } else {
            Part::Word
        };
    }
    if is_name(run) {
        return Part::Word;
    }
    let letters = run.iter().take_while(|b| !b.is_ascii_digit()).count();
    let is_word_and_number = letters > 0 && letters + digits == run.len();
    if is_word_and_number && !(is_hex && run.len() >= 7) && humps(&run[..letters]) < 3 {
        Part::Numbered(letters)
    } else {
        Part::Variable
    }
}

fn is_name(run: &[u8]) -> bool {
    let is_version = run.len() <= 4
        && run[0].eq_ignore_ascii_case(&b'v')
        && run[1..].iter().all(u8::is_ascii_digit);
    is_version
        || run.len() <= 8
            && NAMES
                .iter()
                .any(|name| run.eq_ignore_ascii_case(name.as_bytes()))
}

/// Letters of both cases, in an order that no name of a class or key has.
fn is_scrambled(run: &[u8]) -> bool {
    let humps = humps(run);
    if !run.is_ascii() || run.len() < 10 {
        return false;
    }
    // No word of any language that is written so does without vowels for so long.
    let vowels = run.iter().filter(|b| b"aeiouyAEIOUY".contains(b)).count();
    if run.len() >= 16 && vowels * 8 < run.len() {
        return true;
    }
    if humps < 4 {
        return false;
    }
    let pairs = |is: fn(&[u8]) -> bool| run.windows(2).filter(|pair| is(pair)).count();
    let changes = pairs(|pair| class(pair[0]) != class(pair[1]));
    let capitals = pairs(|pair| pair.iter().all(u8::is_ascii_uppercase));
    // A name has capitals side by side, as in `parseURL`, or changes of case every few letters; a long id has both.
    let is_long = run.len() >= 16 && capitals >= 2 && changes * 3 >= run.len();
    run.len() * 2 <= humps * 5 || is_long
}

/// Counts the parts of a name such as `userProfileId`.
fn humps(run: &[u8]) -> usize {
    let is_new = |pair: &&[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
    1 + run.windows(2).filter(is_new).count()
}

/// Returns whether a text starts with a UUID that ends there.
pub(super) fn is_uuid(text: &[u8]) -> bool {
    let Some(uuid) = text.get(..36) else {
        return false;
    };
    let fits = |(at, b): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *b == b'-',
        _ => b.is_ascii_hexdigit(),
    };
    uuid.iter().enumerate().all(fits) && !text.get(36).is_some_and(u8::is_ascii_alphanumeric)
}

/// Returns the length of base64 text, a token or the like at the start of a text; 0 if there is none.
pub(super) fn opaque_length(text: &[u8]) -> usize {
    let is_in = |b: &&u8| b.is_ascii_alphanumeric() || b"+/=_-.".contains(b);
    let run = &text[..text.iter().take(LONGEST_OPAQUE).take_while(is_in).count()];
    let run = &run[..run.len() - run.iter().rev().take_while(|b| **b == b'.').count()];
    if run.len() >= 24 && run.starts_with(b"eyJ") {
        return run.len();
    }
    let dotless = run.iter().take_while(|b| **b != b'.').count();
    let run = &run[..dotless];
    if run.len() < 24 || run[0] == b'/' {
        return 0;
    }
    let has = |is: fn(&u8) -> bool| run.iter().any(is);
    let has_all =
        has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let changes = run
        .windows(2)
        .filter(|pair| class(pair[0]) != class(pair[1]))
        .count();
    // Random text changes its class at three places of five; names and paths at far fewer.
    if has_all && changes * 2 >= run.len() && !has_prefix(run) {
        run.len()
    } else {
        0
    }
}

/// A word and `_` or `-` before an id tells what it is the id of.
fn has_prefix(run: &[u8]) -> bool {
    let letters = run.iter().take_while(|b| b.is_ascii_lowercase()).count();
    (2..=12).contains(&letters) && matches!(run.get(letters), Some(b'_' | b'-'))
}

fn class(b: u8) -> u8 {
    match b {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    }
}
