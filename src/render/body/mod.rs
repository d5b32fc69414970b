//! The body of a request or response, as lines for a person.
//!
//! JSON is indented, JSON in strings too; JSON that breaks off is indented as far as it goes. Everything else is shown as it
//! is, line by line.
//!
//! Rule: any text gives lines, never a failure; what was cut off is said, and nothing is made up to close it.

mod json;
#[cfg(test)]
mod tests;

use crate::model::bytes;

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyKind {
    Empty,
    Json,
    /// JSON that breaks off.
    CutJson,
    Markup,
    Text,
}

/// A body made readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) kind: BodyKind,
    pub(crate) lines: Vec<String>,
    /// As received.
    bytes: usize,
}

impl Body {
    pub(crate) fn read(text: &str) -> Body {
        let bytes = text.len();
        let shown = text.trim_start_matches('\u{feff}').trim();
        let (kind, lines) = match json::indent(shown) {
            _ if shown.is_empty() => (BodyKind::Empty, Vec::new()),
            Some(json) if json.is_cut => (BodyKind::CutJson, json.lines),
            Some(json) => (BodyKind::Json, json.lines),
            None => {
                let kind = if shown.starts_with('<') {
                    BodyKind::Markup
                } else {
                    BodyKind::Text
                };
                let lines = shown.lines().map(|line| line.trim_end().to_owned());
                (kind, lines.collect())
            }
        };
        Body { kind, lines, bytes }
    }

    /// Says what the body is and how long, in few words.
    pub(crate) fn label(&self) -> String {
        let size = bytes(self.bytes as u64);
        match self.kind {
            BodyKind::Empty => "empty".to_owned(),
            BodyKind::Json => format!("JSON, {size}"),
            BodyKind::CutJson => format!("JSON, cut by the provider after {size}"),
            BodyKind::Markup => format!("markup, {size}"),
            BodyKind::Text => format!("text, {size}"),
        }
    }
}
