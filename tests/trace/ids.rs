//! Whole ids, beginnings of ids, and ids that nothing has.

use super::{file, filled, trace};
use crate::support::TestEnv;

#[test]
fn a_beginning_that_fits_one_id_is_enough() {
    let env = filled();
    let kind = |id: &str| {
        let outcome = trace(&env, &[id, "-o", "json"]);
        let object: serde_json::Value =
            serde_json::from_str(&outcome.success().stdout).expect("one object");
        format!(
            "{} {}",
            object["kind"].as_str().unwrap(),
            object["id"].as_str().unwrap()
        )
    };
    assert_eq!(kind("evt-login-7f3a"), "message evt-login-7f3a");
    assert_eq!(kind(" evt-login-9 "), "message evt-login-90bc");
    assert_eq!(kind("x-b"), "exchange x-bb1");
    trace(&env, &["evt-"]).code(2).stdout_is("").stderr_is(
        "error: `evt-` is the beginning of 2 ids\n\
             hint: write more of it: message `evt-login-7f3a`, message `evt-login-90bc`\n",
    );
    trace(&env, &["x-aa"])
        .code(2)
        .stderr_has("exchange `x-aa1`, exchange `x-aa2`");
    trace(&env, &[" "]).code(2).stderr_has("the id is empty");
    trace(&env, &[]).code(2);
}

#[test]
fn an_id_that_nothing_has_says_what_was_looked_at_and_the_nearest() {
    let env = filled();
    trace(&env, &["evt-login-7f3b"]).code(1).stdout_is("").stderr_is(
        "error: no message, exchange or record `evt-login-7f3b`, nor one that begins so, in 2 stored hours of crm, prod (2025-03-23T20)\n\
         hint: did you mean the message `evt-login-7f3a`?\n",
    );
    trace(&env, &["evt-login-90bc", "--collection", "crm"])
        .code(1)
        .stderr_has("in 1 stored hour of crm (2025-03-23T20)");
    trace(&env, &["evt-login-90bc", "--collection", "nowhere"])
        .code(1)
        .stderr_has("nothing of `nowhere` is stored");
    // A pattern is no pattern here.
    trace(&env, &["evt-login.7f3a"]).code(1);
    let json = trace(&env, &["zzzz", "-o", "json"]);
    let error: serde_json::Value =
        serde_json::from_str(&json.code(1).stderr).expect("one object on stderr");
    json.assert(error.to_string().contains("`zzzz`"), "the id in the error");
}

#[test]
fn a_file_is_asked_directly() {
    let env = TestEnv::new();
    let path = file("prod.ndjson");
    let path = path.to_str().expect("a path in UTF-8");
    trace(&env, &["evt-login-7", "-o", "table", "--input", path])
        .success()
        .stdout_has("message evt-login-7f3a\n  segment input, src_app → dst_braze\n  delivered at attempt 3")
        .stderr_is("");
    trace(&env, &["x-bb1", "--input", path])
        .code(1)
        .stderr_has("nor one that begins so, in the input");
    let lonely = env.write(
        "lonely.ndjson",
        std::fs::read_to_string(file("crm.ndjson")).expect("the file"),
    );
    let lonely = lonely.to_str().expect("a path in UTF-8");
    trace(&env, &["evt-login-7f3a", "--input", lonely, "--strict"])
        .code(7)
        .stderr_has("1 attempt without exchange: not in the input");
}
