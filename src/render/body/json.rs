//! JSON indented token by token, so that it need not be whole.
//!
//! Rule: no recursion but into strings that hold JSON, and that only a few levels deep: a body is as deep as its sender likes.

/// Levels of JSON in strings in strings that are decoded.
const MOST_NESTED: usize = 4;

/// Levels that are indented; what is deeper stands below each other.
const MOST_INDENTED: usize = 24;

/// What a string that holds JSON is marked with.
const IN_STRING: &str = "(JSON in a string) ";

pub(super) struct Indented {
    pub(super) lines: Vec<String>,
    pub(super) is_cut: bool,
}

/// Indents JSON; `None` if the text is something else.
pub(super) fn indent(text: &str) -> Option<Indented> {
    if !text.starts_with(['{', '[', '"']) {
        return None;
    }
    let mut printer = Printer::new(0, 0);
    let is_cut = printer.print(text)?;
    let is_bare_string = text.starts_with('"') && !printer.has_nested;
    let mut lines = printer.lines;
    lines.push(printer.line);
    (!is_bare_string).then_some(Indented { lines, is_cut })
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    /// Nothing, or one more document.
    Document,
}

struct Printer {
    lines: Vec<String>,
    line: String,
    /// The open brackets: whether each is that of an object.
    open: Vec<bool>,
    /// Levels around this text.
    base: usize,
    /// Strings around this text.
    nested: usize,
    has_nested: bool,
}

impl Printer {
    fn new(base: usize, nested: usize) -> Self {
        Printer {
            lines: Vec::new(),
            line: String::new(),
            open: Vec::new(),
            base,
            nested,
            has_nested: false,
        }
    }

    /// Prints a text; returns whether it breaks off, or `None` if it is no JSON.
    fn print(&mut self, text: &str) -> Option<bool> {
        let bytes = text.as_bytes();
        let mut expect = Expect::Value;
        let mut at = 0;
        loop {
            at += blanks(&bytes[at..]);
            let Some(&byte) = bytes.get(at) else {
                return Some(expect != Expect::Document);
            };
            match (expect, byte) {
                (Expect::Value | Expect::ValueOrEnd, b'{' | b'[') => {
                    let is_object = byte == b'{';
                    let close = if is_object { b'}' } else { b']' };
                    self.line.push(char::from(byte));
                    let inner = at + 1 + blanks(&bytes[at + 1..]);
                    if bytes.get(inner) == Some(&close) {
                        self.line.push(char::from(close));
                        at = inner;
                        expect = self.after_value();
                    } else {
                        self.open.push(is_object);
                        if inner < bytes.len() {
                            self.break_line();
                        }
                        expect = if is_object {
                            Expect::KeyOrEnd
                        } else {
                            Expect::ValueOrEnd
                        };
                    }
                    at += 1;
                }
                (Expect::KeyOrEnd | Expect::CommaOrEnd, b'}')
                | (Expect::ValueOrEnd | Expect::CommaOrEnd, b']') => {
                    if self.open.pop() != Some(byte == b'}') {
                        return None;
                    }
                    self.break_line();
                    self.line.push(char::from(byte));
                    expect = self.after_value();
                    at += 1;
                }
                (Expect::CommaOrEnd, b',') => {
                    self.line.push(',');
                    let rest = &bytes[at + 1..];
                    if blanks(rest) < rest.len() {
                        self.break_line();
                    }
                    expect = match self.open.last() {
                        Some(true) => Expect::Key,
                        _ => Expect::Value,
                    };
                    at += 1;
                }
                (Expect::Colon, b':') => {
                    self.line.push_str(": ");
                    expect = Expect::Value;
                    at += 1;
                }
                (Expect::Key | Expect::KeyOrEnd, b'"') => {
                    let (content, length) = string(&text[at + 1..]);
                    self.line.push_str(&quoted(content, length.is_some()));
                    let Some(length) = length else {
                        return Some(true);
                    };
                    expect = Expect::Colon;
                    at += 1 + length;
                }
                (Expect::Value | Expect::ValueOrEnd, b'"') => {
                    let (content, length) = string(&text[at + 1..]);
                    self.value(content, length.is_some());
                    let Some(length) = length else {
                        return Some(true);
                    };
                    expect = self.after_value();
                    at += 1 + length;
                }
                (Expect::Value | Expect::ValueOrEnd, b'-' | b'0'..=b'9' | b'a'..=b'z') => {
                    let word = word(&text[at..]);
                    let is_last = at + word.len() == text.len();
                    if !is_literal(word, is_last) {
                        return self.end_at_mark(&text[at..]);
                    }
                    self.line.push_str(word);
                    expect = self.after_value();
                    at += word.len();
                }
                // Bulk bodies are documents one after the other.
                (Expect::Document, b'{' | b'[') if !text.starts_with('"') => {
                    self.lines.push(std::mem::take(&mut self.line));
                    expect = Expect::Value;
                }
                _ => return self.end_at_mark(&text[at..]),
            }
        }
    }

    /// A text that ends in `...` or `[truncated]` breaks off there; another is no JSON.
    fn end_at_mark(&mut self, rest: &str) -> Option<bool> {
        const LONGEST_MARK: usize = 40;
        let rest = rest.trim();
        let is_mark = rest.len() <= LONGEST_MARK
            && (rest.starts_with('…')
                || rest.starts_with("...")
                || rest.to_ascii_lowercase().contains("truncated"));
        is_mark.then(|| {
            self.line.push_str(rest);
            true
        })
    }

    fn after_value(&self) -> Expect {
        if self.open.is_empty() {
            Expect::Document
        } else {
            Expect::CommaOrEnd
        }
    }

    fn depth(&self) -> usize {
        self.base + self.open.len()
    }

    fn break_line(&mut self) {
        let indent = "  ".repeat(self.depth().min(MOST_INDENTED));
        self.lines.push(std::mem::replace(&mut self.line, indent));
    }

    /// Prints a string that is a value, by the JSON in it if there is some.
    fn value(&mut self, content: &str, is_whole: bool) {
        let decoded = decode(content);
        if let Some(inner) = decoded
            .as_deref()
            .and_then(|text| self.inner(text, is_whole))
        {
            self.has_nested = true;
            self.line.push_str(IN_STRING);
            let mut lines = inner.into_iter();
            if let Some(first) = lines.next() {
                self.line.push_str(&first);
            }
            for line in lines {
                self.lines.push(std::mem::replace(&mut self.line, line));
            }
        } else {
            self.line.push_str(&quoted(content, is_whole));
        }
    }

    /// Returns the lines of the JSON in a string; `None` if there is none, or it fits in one line.
    fn inner(&self, text: &str, is_whole: bool) -> Option<Vec<String>> {
        let text = text.trim();
        if self.nested >= MOST_NESTED || !text.starts_with(['{', '[', '"']) {
            return None;
        }
        let mut inner = Printer::new(self.depth(), self.nested + 1);
        let is_cut = inner.print(text)?;
        // Text in brackets is common; JSON that breaks off inside a whole string has to look the part.
        let looks_cut = ["{\"", "[{", "[\""]
            .iter()
            .any(|begin| text.starts_with(begin));
        if is_cut && is_whole && !looks_cut || text.starts_with('"') && !inner.has_nested {
            return None;
        }
        inner.lines.push(inner.line);
        (inner.lines.len() > 1).then_some(inner.lines)
    }
}

fn blanks(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
        .count()
}

/// Returns what stands in a string whose opening quote is passed, and its length with the closing quote if there is one.
fn string(rest: &str) -> (&str, Option<usize>) {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
        let end = at + found;
        if bytes[end] == b'"' {
            return (&rest[..end], Some(end + 1));
        }
        at = end + 2;
    }
    (rest, None)
}

/// Resolves the escapes of a string; one that was cut off at the end is left out.
fn decode(content: &str) -> Option<String> {
    let read = |content: &str| serde_json::from_str(&format!("\"{content}\"")).ok();
    read(content).or_else(|| {
        // Half an escape, or half of a pair of them: `\`, `\u00`, `\ud83d`.
        let tail = content.len().saturating_sub(12);
        let mut cuts = content.match_indices('\\').map(|(at, _)| at);
        let cuts: Vec<usize> = cuts.by_ref().filter(|at| *at >= tail).collect();
        cuts.iter().rev().find_map(|at| read(&content[..*at]))
    })
}

/// Writes a string as JSON, readable: letters instead of their escapes; one that breaks off has no closing quote.
fn quoted(content: &str, is_whole: bool) -> String {
    let decoded = decode(content).and_then(|text| serde_json::to_string(&text).ok());
    match decoded {
        Some(json) if is_whole => json,
        Some(json) => format!("{}…", json.strip_suffix('"').unwrap_or(&json)),
        None if is_whole => format!("\"{content}\""),
        None => format!("\"{content}…"),
    }
}

/// Returns the number or word at the start.
fn word(text: &str) -> &str {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let length = text.bytes().take_while(is_part).count();
    &text[..length]
}

/// `is_last`: nothing follows, so that the word may be cut.
fn is_literal(word: &str, is_last: bool) -> bool {
    let is_number =
        || word.parse::<f64>().is_ok() && word.bytes().any(|byte| byte.is_ascii_digit());
    let is_word = ["true", "false", "null"].contains(&word);
    let is_part = || {
        let is_of_number = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
        ["true", "false", "null"]
            .iter()
            .any(|whole| whole.starts_with(word))
            || word.bytes().all(is_of_number)
    };
    is_word || is_number() || (is_last && is_part())
}
