//! Turns a stream of bytes into blocks of whole JSON values, which threads decode independently.
//!
//! Nobody says how the objects are framed, so the beginning of the stream decides (see [`detect`]):
//!
//! | the stream begins with | taken for | a value ends |
//! | --- | --- | --- |
//! | `{…}` and a line's end | NDJSON | with its line |
//! | `[{`, `[]` | one array, compact or pretty | where its brackets close |
//! | `{` whose value spans lines, or is followed by `{` or `,` | concatenated values | where its brackets close |
//! | anything else | NDJSON | with its line |
//!
//! Rule: no byte is lost silently. Every byte that is not white space, a bracket or comma of a list, or a byte order
//! mark is part of exactly one value handed out, whether or not that value can be decoded; and how the stream happens to be cut
//! into reads and blocks changes nothing.

mod block;
mod depth;
mod detect;

pub(crate) use block::{Block, Blocks, FramingError};
pub(crate) use depth::split_line;
