//! A first record that is longer than what is looked at: its beginning says whose it is all the same.
//!
//! Rule: nothing is made up; the value is only closed after its last whole member.

/// Closes a JSON text that is cut; `None` if nothing in it is whole.
pub(super) fn closed(head: &[u8]) -> Option<Vec<u8>> {
    let mut open: Vec<u8> = Vec::new();
    // Up to where the text is whole, and what is open there.
    let mut last_whole: Option<(usize, Vec<u8>)> = None;
    let (mut in_string, mut is_escaped) = (false, false);
    for (at, byte) in head.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' => {
                open.pop()?;
            }
            b',' if !open.is_empty() => {
                let kept = last_whole.get_or_insert_default();
                kept.0 = at;
                kept.1.clone_from(&open);
            }
            _ => {}
        }
    }
    let (at, open) = last_whole?;
    Some([&head[..at], &open.into_iter().rev().collect::<Vec<_>>()].concat())
}

#[cfg(test)]
mod tests {
    use super::closed;

    #[test]
    fn closes_after_the_last_whole_member() {
        for (cut, whole) in [
            (r#"{"a":"1","b":"xx"#, Some(r#"{"a":"1"}"#)),
            (
                r#"{"a":"1,\",{","b":[1,{"c":2,"d"#,
                Some(r#"{"a":"1,\",{","b":[1,{"c":2}]}"#),
            ),
            (r#"[{"a":1,"b":""#, Some(r#"[{"a":1}]"#)),
            (r#"{"b":"xx"#, None),
            ("a,b", None),
            ("}", None),
            ("", None),
        ] {
            let found = closed(cut.as_bytes());
            assert_eq!(found.as_deref(), whole.map(str::as_bytes), "{cut}");
        }
    }
}
