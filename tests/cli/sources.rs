//! That no test file is forgotten: one that no module lists is compiled by nobody and passes always.

use std::path::{Path, PathBuf};

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of tests") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Returns the file that must declare the module in `file`: `mod.rs` beside it or above it, `main.rs` at the top.
fn declaring(file: &Path) -> (PathBuf, String) {
    let name = |path: &Path| {
        path.file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folder = file.parent().expect("a file has a folder");
    let (module, above) = match name(file).as_str() {
        "mod" => (
            name(folder),
            folder.parent().expect("a folder has one above"),
        ),
        own => (own.to_owned(), folder),
    };
    let declaring = if above == top { "main.rs" } else { "mod.rs" };
    (above.join(declaring), module)
}

#[test]
fn every_test_file_is_listed() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut checked = 0;
    for file in rust_files(&top) {
        if file == top.join("main.rs") {
            continue;
        }
        let (declaring, module) = declaring(&file);
        let text = std::fs::read_to_string(&declaring).unwrap_or_default();
        let listed = text.lines().any(|line| {
            let line = line.trim();
            let line = line.strip_prefix("pub(crate) ").unwrap_or(line);
            line.strip_prefix("mod ")
                .is_some_and(|rest| rest.trim_end() == format!("{module};"))
        });
        assert!(
            listed,
            "`{}` is in no test run: add `mod {module};` to `{}`",
            file.display(),
            declaring.display()
        );
        checked += 1;
    }
    assert!(
        checked >= 5,
        "only {checked} files were found below `{}`",
        top.display()
    );
}
