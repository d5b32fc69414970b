//! Text of others, on one line.

/// Folds white space and control characters to single spaces; what is longer than `max` characters ends in `…`.
pub(super) fn one_line(text: impl Iterator<Item = char>, max: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let mut is_gap = false;
    for c in text {
        if c.is_whitespace() || c.is_control() {
            is_gap = length > 0;
            continue;
        }
        if length + usize::from(is_gap) >= max {
            while length >= max {
                line.pop();
                length -= 1;
            }
            line.push('…');
            break;
        }
        if is_gap {
            line.push(' ');
            length += 1;
            is_gap = false;
        }
        line.push(c);
        length += 1;
    }
    line
}
