//! Finds the ends of values by their brackets, for arrays and for values that span lines.
//!
//! A broken value must not swallow what follows it. The scanner takes up again, and hands the broken part out as a value
//! of its own, where an object begins that JSON does not allow there; where, in an indented stream, an object begins
//! at the margin of the values; where a bracket closes an outer one; and after a raw line's end inside a string.
//!
//! Rule: spans never overlap, and outside them stand only white space and the brackets and commas of lists.

/// Where a value stands in its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(super) start: usize,
    /// Always > `start`.
    pub(super) end: usize,
    /// The line of its first byte, counted from 1.
    pub(super) line: u64,
}

/// Whether a value may follow `last` inside the bracket `open`.
pub(super) fn is_value_allowed(open: Option<u8>, last: u8) -> bool {
    match open {
        None => true,
        Some(b'[') => matches!(last, b'[' | b','),
        Some(_) => last == b':',
    }
}

/// The state between two pieces of a stream.
#[derive(Debug)]
pub(super) struct Scanner {
    /// Everything before it has been looked at.
    position: usize,
    line: u64,
    /// Between the brackets of a list of values.
    in_list: bool,
    /// The open brackets of the value, outermost first.
    open: Vec<u8>,
    in_string: bool,
    /// The last byte of the value outside strings that is not white space.
    last: u8,
    value: Option<Start>,
    /// Blanks before the first other byte of the line, and whether that byte is still to come.
    margin: usize,
    is_line_start: bool,
    /// Whether values are written with their inner lines indented; known from the first that spans lines.
    is_indented: Option<bool>,
    spans: Vec<Span>,
}

#[derive(Clone, Copy, Debug)]
struct Start {
    at: usize,
    line: u64,
    /// The margin, if the value is the first thing on its line.
    margin: Option<usize>,
}

impl Scanner {
    pub(super) fn new(line: u64) -> Self {
        Scanner {
            position: 0,
            line,
            in_list: false,
            open: Vec::new(),
            in_string: false,
            last: 0,
            value: None,
            margin: 0,
            is_line_start: true,
            is_indented: None,
            spans: Vec::new(),
        }
    }

    /// Looks at what was appended to `bytes`; at the end of the stream an unfinished value ends too.
    pub(super) fn scan(&mut self, bytes: &[u8], at_end: bool) {
        while self.position < bytes.len() {
            if self.in_string {
                if !self.scan_string(bytes, at_end) {
                    return;
                }
                continue;
            }
            let byte = bytes[self.position];
            match byte {
                b'\n' => {
                    self.end_loose(bytes);
                    self.line += 1;
                    self.margin = 0;
                    self.is_line_start = true;
                }
                b' ' | b'\t' | b'\r' | b'\x0C' => {
                    self.end_loose(bytes);
                    if self.is_line_start {
                        self.margin += 1;
                    }
                }
                _ => {
                    self.learn_indentation();
                    if self.open.is_empty() {
                        self.outside(byte, bytes);
                    } else {
                        self.inside(byte, bytes);
                    }
                    self.is_line_start = false;
                }
            }
            self.position += 1;
        }
        if at_end {
            self.end_value(bytes, bytes.len());
        }
    }

    /// Returns whether whole values have been found.
    pub(super) fn has_spans(&self) -> bool {
        !self.spans.is_empty()
    }

    /// Returns the length and line of the value that has begun but not ended.
    pub(super) fn unfinished(&self) -> Option<(usize, u64)> {
        self.value
            .map(|value| (self.position - value.at, value.line))
    }

    /// Hands out the spans found, and where the bytes that are still needed begin; they are the new beginning.
    pub(super) fn take(&mut self) -> (Vec<Span>, usize) {
        let cut = self.value.map_or(self.position, |value| value.at);
        self.position -= cut;
        if let Some(value) = &mut self.value {
            value.at = 0;
        }
        (std::mem::take(&mut self.spans), cut)
    }

    /// Goes on to the end of the string or the line; false if more bytes are needed.
    fn scan_string(&mut self, bytes: &[u8], at_end: bool) -> bool {
        let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', &bytes[self.position..]) else {
            self.position = bytes.len();
            return true;
        };
        self.position += found;
        match bytes[self.position] {
            b'"' => {
                self.in_string = false;
                self.last = b'"';
                self.position += 1;
                if self.open.is_empty() {
                    self.end_value(bytes, self.position);
                }
            }
            b'\\' => match bytes.get(self.position + 1) {
                // What follows decides; it is in the next piece.
                None if !at_end => return false,
                None | Some(b'\n') => self.position += 1,
                Some(_) => self.position += 2,
            },
            _ => {
                self.in_string = false;
                self.last = b'"';
            }
        }
        true
    }

    fn outside(&mut self, byte: u8, bytes: &[u8]) {
        match byte {
            b'{' => {
                self.end_loose(bytes);
                self.begin(Some(byte));
            }
            b'"' => {
                self.end_loose(bytes);
                self.begin(None);
                self.in_string = true;
            }
            b'[' => {
                self.end_loose(bytes);
                if self.in_list {
                    self.begin(Some(byte));
                } else {
                    self.in_list = true;
                }
            }
            b']' if self.in_list => {
                self.end_loose(bytes);
                self.in_list = false;
            }
            b',' => self.end_loose(bytes),
            _ if self.value.is_none() => self.begin(None),
            _ => {}
        }
    }

    fn inside(&mut self, byte: u8, bytes: &[u8]) {
        match byte {
            b'{' if self.is_new_value() => {
                self.end_value(bytes, self.position);
                self.begin(Some(byte));
                return;
            }
            b'{' | b'[' => self.open.push(byte),
            b'}' | b']' => {
                let opener = if byte == b'}' { b'{' } else { b'[' };
                match self.open.iter().rposition(|&open| open == opener) {
                    Some(depth) => {
                        self.open.truncate(depth);
                        if depth == 0 {
                            self.end_value(bytes, self.position + 1);
                            return;
                        }
                    }
                    None if byte == b']' && self.in_list => {
                        self.end_value(bytes, self.position);
                        self.in_list = false;
                        return;
                    }
                    None => {}
                }
            }
            b'"' => self.in_string = true,
            _ => {}
        }
        self.last = byte;
    }

    /// Whether the object beginning here shows that the value before it was broken.
    fn is_new_value(&self) -> bool {
        let is_at_margin = self.is_line_start
            && self.is_indented == Some(true)
            && self.value.and_then(|value| value.margin) == Some(self.margin);
        is_at_margin || !is_value_allowed(self.open.last().copied(), self.last)
    }

    fn learn_indentation(&mut self) {
        if self.is_line_start
            && self.is_indented.is_none()
            && !self.open.is_empty()
            && let Some(outer) = self.value.and_then(|value| value.margin)
        {
            self.is_indented = Some(self.margin > outer);
        }
    }

    fn begin(&mut self, bracket: Option<u8>) {
        self.value = Some(Start {
            at: self.position,
            line: self.line,
            margin: self.is_line_start.then_some(self.margin),
        });
        self.open.extend(bracket);
        self.last = bracket.unwrap_or_default();
    }

    /// Ends what stands between values and is none.
    fn end_loose(&mut self, bytes: &[u8]) {
        if self.open.is_empty() {
            self.end_value(bytes, self.position);
        }
    }

    fn end_value(&mut self, bytes: &[u8], end: usize) {
        if let Some(Start { at, line, .. }) = self.value.take() {
            let end = at + bytes[at..end].trim_ascii_end().len();
            self.spans.push(Span {
                start: at,
                end,
                line,
            });
        }
        self.open.clear();
        self.in_string = false;
    }
}

/// Takes a line that is no single value apart: several values, or a list of them.
pub(crate) fn split_line(line: &[u8]) -> Vec<&[u8]> {
    let mut scanner = Scanner::new(1);
    scanner.scan(line, true);
    scanner
        .spans
        .iter()
        .map(|span| &line[span.start..span.end])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::split_line;

    fn split(text: &str) -> Vec<&str> {
        split_line(text.as_bytes())
            .into_iter()
            .map(|part| std::str::from_utf8(part).unwrap())
            .collect()
    }

    #[test]
    fn values_end_where_their_brackets_close() {
        let cases: &[(&str, &[&str])] = &[
            (r#"{"a":1}{"b":2}"#, &[r#"{"a":1}"#, r#"{"b":2}"#]),
            (r#"{"a":1} , {"b":[2]}"#, &[r#"{"a":1}"#, r#"{"b":[2]}"#]),
            (r#"[{"a":"]}\""},{}]"#, &[r#"{"a":"]}\""}"#, "{}"]),
            (
                r#"[{"a":[{"b":1},{"c":2}]}]"#,
                &[r#"{"a":[{"b":1},{"c":2}]}"#],
            ),
            ("[]", &[]),
            (
                r#"[1, "x, {y", null, [2]]"#,
                &["1", r#""x, {y""#, "null", "[2]"],
            ),
            ("}} {}", &["}}", "{}"]),
        ];
        for (text, parts) in cases {
            assert_eq!(&split(text), parts, "{text}");
        }
    }

    #[test]
    fn a_broken_value_does_not_swallow_the_next() {
        let cases: &[(&str, &[&str])] = &[
            // No object may stand after a comma in an object, or after another value.
            (r#"[{"a":1, {"b":2}]"#, &[r#"{"a":1,"#, r#"{"b":2}"#]),
            (r#"{"a":tru{"b":2}"#, &[r#"{"a":tru"#, r#"{"b":2}"#]),
            // A bracket closes an outer one.
            (r#"{"a":[1,2}{"b":2}"#, &[r#"{"a":[1,2}"#, r#"{"b":2}"#]),
            (r#"[{"a":1]"#, &[r#"{"a":1"#]),
            // A string never spans lines.
            ("{\"a\":\"x\n{\"b\":2}", &["{\"a\":\"x", "{\"b\":2}"]),
            // JSON would allow it, the margin does not.
            (
                "{\n  \"a\": 1\n}\n{\n  \"a\": [\n{\n  \"b\": 2\n}",
                &["{\n  \"a\": 1\n}", "{\n  \"a\": [", "{\n  \"b\": 2\n}"],
            ),
        ];
        for (text, parts) in cases {
            assert_eq!(&split(text), parts, "{text}");
        }
    }
}
