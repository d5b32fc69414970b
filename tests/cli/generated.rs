//! The completion scripts and manual pages that are committed, compared with what the program makes today.
//!
//! Rule: they are written only when `FAILLOG_BLESS=1` asks for it; a missing or stray file is a failure.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::TestEnv;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Compares a folder's files with what they should be, or writes them if that is asked for.
fn compare(folder: &Path, expected: &BTreeMap<String, Vec<u8>>) {
    if std::env::var_os("FAILLOG_BLESS").is_some_and(|value| value == "1") {
        if folder.exists() {
            std::fs::remove_dir_all(folder).expect("the old files can be removed");
        }
        std::fs::create_dir_all(folder).expect("the folder can be made");
        for (name, content) in expected {
            std::fs::write(folder.join(name), content).expect("the file can be written");
        }
    }
    let mut wrong = Vec::new();
    for (name, content) in expected {
        match std::fs::read(folder.join(name)) {
            Ok(committed) if same_text(&committed, content) => {}
            Ok(_) => wrong.push(format!("`{name}` is out of date")),
            Err(error) => wrong.push(format!("`{name}` cannot be read: {error}")),
        }
    }
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for name in names.map(|entry| entry.file_name().to_string_lossy().into_owned()) {
        if !expected.contains_key(&name) {
            wrong.push(format!("`{name}` is made by nothing"));
        }
    }
    assert!(
        wrong.is_empty(),
        "in `{}`: {}\nto write the files anew: FAILLOG_BLESS=1 cargo test generated",
        folder.display(),
        wrong.join(", ")
    );
}

/// Compares but for line ends, which git may change on Windows.
fn same_text(a: &[u8], b: &[u8]) -> bool {
    let lines = |text: &[u8]| String::from_utf8_lossy(text).replace("\r\n", "\n");
    lines(a) == lines(b)
}

#[test]
fn completion_scripts_are_what_the_program_prints() {
    let env = TestEnv::new();
    let scripts = [
        ("bash", "faillog.bash"),
        ("zsh", "_faillog"),
        ("fish", "faillog.fish"),
        ("powershell", "_faillog.ps1"),
        ("elvish", "faillog.elv"),
    ];
    let expected = scripts.map(|(shell, name)| {
        let outcome = env.run(&["completions", shell]);
        outcome.success().stdout_has("COMPLETE");
        (name.to_owned(), outcome.stdout.into_bytes())
    });
    compare(&folder("completions"), &BTreeMap::from(expected));
}

#[test]
fn manual_pages_are_made_of_the_command_tree() {
    fn add_pages(command: &clap::Command, pages: &mut BTreeMap<String, Vec<u8>>) {
        for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
            add_pages(verb, pages);
        }
        let page = clap_mangen::Man::new(command.clone());
        let mut text = Vec::new();
        page.render(&mut text).expect("a page is written to memory");
        pages.insert(page.get_filename(), text);
    }

    let mut command = faillog::command().disable_help_subcommand(true);
    command.build();
    let mut pages = BTreeMap::new();
    add_pages(&command, &mut pages);
    assert!(pages.contains_key("faillog.1") && pages.contains_key("faillog-config-show.1"));
    compare(&folder("man"), &pages);
}
