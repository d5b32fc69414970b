//! A world for the verbs' own tests: a temporary folder, a fixed clock, streams that are kept.
//!
//! Rule: nothing of the machine's own environment gets in.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::model::{Provider, Timestamp, Zone};

use super::context::{Context, Messages, Terminal};
use super::settings::{Login, Region, RequestStyle, Settings};

/// The settings of a fresh installation below `root`, with the alias `prod` for the collection `2wmp`.
pub(super) fn settings(root: &Path) -> Settings {
    Settings {
        profile: "default".to_owned(),
        provider: Provider::Segment,
        collection: "default".to_owned(),
        accounts: Vec::new(),
        data: root.join("data"),
        state: root.join("state"),
        config_file: root.join("config.toml"),
        credentials_file: root.join("credentials.toml"),
        region: Region::Us,
        api_url: None,
        request_style: RequestStyle::Both,
        workspace: Some("acme".to_owned()),
        pim_url: None,
        client_id: None,
        login: Login::default(),
        legacy: false,
        aliases: BTreeMap::from([("prod".to_owned(), "2wmp".to_owned())]),
        settle_hours: 7,
        retention_days: 28,
        requests_per_day: 120,
        reserve: 6,
        token_file: None,
        token_env: None,
        token_command: None,
        tracking_url: None,
        write_key_env: None,
        write_key_command: None,
        pager: None,
    }
}

/// Does something in a world where it is `now`; returns what it returned, standard output and standard error.
pub(super) fn with_context<T>(
    settings: Settings,
    now: &str,
    arguments: &[&str],
    body: impl FnOnce(&mut Context<'_>) -> T,
) -> (T, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut input: &[u8] = b"";
    let mut context = Context {
        now: Timestamp::parse(now).unwrap(),
        settings,
        origins: Vec::new(),
        terminal: Terminal {
            stdin_is_terminal: false,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            width: None,
            color: false,
            ink: crate::render::Ink::Blocks,
        },
        format: Some(crate::render::Format::Tsv),
        zone: Zone::Utc,
        input: &mut input,
        out: &mut out,
        messages: Messages::new(&mut err, false, false),
        interrupted: Arc::new(AtomicBool::new(false)),
        program: "faillog".to_owned(),
        arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
        executable: "faillog".into(),
        own_variables: Vec::new(),
    };
    let returned = body(&mut context);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (returned, text(out), text(err))
}
