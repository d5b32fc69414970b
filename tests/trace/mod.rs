//! `faillog trace`: one message, exchange or record with all that is stored of it.
//!
//! Rule: what is expected was written down from `prod.ndjson` and `crm.ndjson` by hand: a login that was rate limited together
//! with another, then failed, then arrived; its other destination never answered in the log; the other login was rejected.

mod formats;
mod ids;
mod text;

use std::path::{Path, PathBuf};

use crate::support::{Outcome, TestEnv};

fn file(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trace");
    folder.join(name)
}

/// Returns a sandbox that holds the two collections.
fn filled() -> TestEnv {
    let env = TestEnv::new().set("COLUMNS", "80");
    for collection in ["prod", "crm"] {
        let file = file(&format!("{collection}.ndjson"));
        let file = file.to_str().expect("a path in UTF-8");
        env.run(&["import", file, "--collection", collection])
            .success();
    }
    env
}

fn trace(env: &TestEnv, args: &[&str]) -> Outcome {
    env.run(&[&["trace"], args].concat())
}
