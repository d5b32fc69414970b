//! Dates and times of day in running text.
//!
//! Rule: what is recognised begins with a digit or with the name of a day or month, and ends at a word's end.

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Returns how many bytes a date, a time or both take at the start of a text; 0 if there is none.
pub(super) fn length(text: &[u8]) -> usize {
    let mut reader = Reader { text, at: 0 };
    if !text.first().is_some_and(u8::is_ascii_digit) {
        let letters = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        if !is_name(&text[..letters]) {
            return 0;
        }
    }
    reader.day_name();
    if !reader.date() {
        reader.at = 0;
        return if reader.clock() && reader.at_end() {
            reader.at
        } else {
            0
        };
    }
    let after_date = reader.at;
    if !reader.at_end() && !reader.is(b"Tt") {
        return 0;
    }
    let separated = reader.skip(b"Tt") || (reader.skip(b",") | reader.skip(b" "));
    if separated && reader.clock() && reader.at_end() {
        return reader.at;
    }
    reader.at = after_date;
    if reader.at_end() { after_date } else { 0 }
}

/// Whether a word is the name of a day or month, long or short.
pub(super) fn is_name(word: &[u8]) -> bool {
    let is_in = |names: &[&str]| Reader { text: word, at: 0 }.name(names);
    (3..=9).contains(&word.len()) && (is_in(&MONTHS) || is_in(&DAYS))
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn is(&self, any: &[u8]) -> bool {
        self.peek().is_some_and(|b| any.contains(&b))
    }

    fn skip(&mut self, any: &[u8]) -> bool {
        let is = self.is(any);
        self.at += usize::from(is);
        is
    }

    fn at_end(&self) -> bool {
        !self
            .peek()
            .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_' || !b.is_ascii())
    }

    /// Reads as many digits as there are, if their number lies in the range.
    fn digits(&mut self, least: usize, most: usize) -> bool {
        let rest = &self.text[self.at..];
        let count = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let fits = (least..=most).contains(&count);
        if fits {
            self.at += count;
        }
        fits
    }

    /// Reads one of some names, of which only the first three letters count.
    fn name(&mut self, names: &[&str]) -> bool {
        let rest = &self.text[self.at..];
        let count = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let is_known = (3..=9).contains(&count)
            && names
                .iter()
                .any(|name| rest[..3].eq_ignore_ascii_case(name.as_bytes()))
            && (count == 3 || is_long_name(&rest[..count]));
        if is_known {
            self.at += count;
        }
        is_known
    }

    fn day_name(&mut self) {
        if self.name(&DAYS) {
            self.skip(b",");
            self.skip(b" ");
        }
    }

    fn date(&mut self) -> bool {
        let start = self.at;
        let found = self.date_of_digits() || {
            self.at = start;
            self.date_with_name()
        };
        if !found {
            self.at = start;
        }
        found
    }

    /// `2025-03-23`, `2025/03/23`, `23.03.2025`, `3/23/2025`.
    fn date_of_digits(&mut self) -> bool {
        let year_first = self.digits(4, 4);
        if !year_first && !self.digits(1, 2) {
            return false;
        }
        let Some(separator) = self.peek().filter(|b| b"-/.".contains(b)) else {
            return false;
        };
        self.at += 1;
        self.digits(1, 2)
            && self.skip(&[separator])
            && if year_first {
                self.digits(1, 2)
            } else {
                self.digits(4, 4)
            }
    }

    /// `23 Mar 2025`, `23-Mar-2025`, `23-Mar-25`, `Mar 23, 2025`, `Mar 23 2025`.
    fn date_with_name(&mut self) -> bool {
        if self.digits(1, 2) {
            return self.skip(b" -/") && self.name(&MONTHS) && self.year();
        }
        if !self.name(&MONTHS) || !self.skip(b" ") || !self.digits(1, 2) {
            return false;
        }
        self.skip(b",");
        self.skip(b" ") && self.digits(4, 4)
    }

    /// A year of two digits may be another number after a blank.
    fn year(&mut self) -> bool {
        let least = if self.is(b"-/") { 2 } else { 4 };
        self.skip(b" -/") && (self.digits(4, 4) || self.digits(least, 2))
    }

    /// `20:15`, `20:15:03.123Z`, `8:15 PM`, `20:15:03 +0100`, `20:15:03 GMT+0100`.
    fn clock(&mut self) -> bool {
        if !self.digits(1, 2) || !self.skip(b":") || !self.digits(2, 2) {
            return false;
        }
        if self.skip(b":") {
            if !self.digits(2, 2) {
                return false;
            }
            let before = self.at;
            if self.skip(b".,") && !self.digits(1, 9) {
                self.at = before;
            }
        }
        self.zone();
        true
    }

    fn zone(&mut self) {
        let before = self.at;
        self.skip(b" ");
        let rest = &self.text[self.at..];
        let named = [
            &b"UTC"[..],
            b"GMT",
            b"AM",
            b"PM",
            b"PST",
            b"PDT",
            b"MST",
            b"MDT",
            b"CST",
            b"CDT",
            b"EST",
            b"EDT",
            b"CEST",
            b"CET",
            b"BST",
            b"IST",
            b"JST",
            b"Z",
        ]
        .into_iter()
        .find(|name| rest.len() >= name.len() && rest[..name.len()].eq_ignore_ascii_case(name));
        self.at += named.map_or(0, <[u8]>::len);
        let after_name = self.at;
        if self.skip(b"+-") && self.digits(1, 4) {
            if self.skip(b":") && !self.digits(2, 2) {
                self.at -= 1;
            }
        } else {
            self.at = after_name;
        }
        if !self.at_end() || (named.is_none() && self.at == after_name) {
            self.at = before;
        }
    }
}

/// Whether letters are the whole name of a day or month.
fn is_long_name(name: &[u8]) -> bool {
    const LONG: [&str; 20] = [
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "sept",
        "october",
        "november",
        "december",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "thurs",
    ];
    LONG.iter()
        .any(|long| name.eq_ignore_ascii_case(long.as_bytes()))
}
