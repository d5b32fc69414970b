//! What the user would type to call this program again.
//!
//! Rule: what was typed, or the path from the working folder where that is shorter.

use std::path::Path;

/// Returns the program as commands to paste should begin.
pub(super) fn program_of(typed: &str) -> String {
    shorten(typed, std::env::current_dir().ok().as_deref())
}

fn shorten(typed: &str, here: Option<&Path>) -> String {
    let below = here.and_then(|here| Path::new(typed).strip_prefix(here).ok());
    match below {
        // A bare name would be looked for along the search path.
        Some(below) if below.components().count() > 1 => below.display().to_string(),
        _ => typed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_below_the_working_folder_is_called_from_there() {
        let here = Some(Path::new("/work"));
        assert_eq!(shorten("faillog", here), "faillog");
        assert_eq!(shorten("/opt/faillog", here), "/opt/faillog");
        assert_eq!(shorten("/work/faillog", here), "/work/faillog");
        let below = Path::new("target").join("faillog").display().to_string();
        assert_eq!(shorten("/work/target/faillog", here), below);
    }
}
