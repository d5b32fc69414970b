//! What a person reads.

use super::{filled, trace};
use crate::support::TestEnv;

const BRAZE: &str = "\
2025-03-23T20:05:00Z  attempt 1  failure
  exchange x-aa1
    POST https://rest.braze.example/users/track
    request headers
      content-type: application/json
    request body  JSON, 71 B
      {
        \"events\": [
          {
            \"name\": \"login\",
            \"payload\": (JSON in a string) {
              \"user\": 7,
              \"tags\": [
                \"a\"
              ]
            }
          }
        ]
      }
    429  slow down
    response headers
      Retry-After: 120  (the destination asked to wait 120 s, until
        2025-03-23T20:07:00.200Z)
      X-RateLimit-Remaining: 0  (no request left)
      X-RateLimit-Reset: 1742760420  (the limit is lifted in 119.8 s, at
        2025-03-23T20:07:00Z)
    response body  JSON, 23 B
      {
        \"message\": \"slow down\"
      }
2025-03-23T20:05:00.500Z  error  not discarded
2025-03-23T20:12:00Z  attempt 2  failure  7 min after attempt 1
  exchange x-aa2
    POST https://rest.braze.example/users/track
    request headers
      content-type: application/json
    request body  JSON, 13 B
      {
        \"events\": []
      }
    503  Service Unavailable
    response body  markup, 53 B
      <html>
      <title>503 Service Unavailable</title>
      </html>
2025-03-23T20:40:30Z  attempt 3  success  28 min 30 s after attempt 2
  exchange x-aa3
    POST https://rest.braze.example/users/track
    request headers
      content-type: application/json
    request body  JSON, 13 B
      {
        \"events\": []
      }
    200
    response body  JSON, cut by the provider after 32 B
      {
        \"ok\": true,
        \"ids\": [
          1,
          {
            \"name\": \"Ali…
";

#[test]
fn a_message_is_one_timeline_with_its_exchanges() {
    let env = filled();
    let args = ["evt-login-7f3a", "--collection", "prod", "-o", "table"];
    let head = "message evt-login-7f3a\n  segment prod, src_app → dst_braze\n  \
                delivered at attempt 3, 35 min 30 s after the first failure\n\n";
    trace(&env, &args)
        .success()
        .stdout_is(&format!("{head}{BRAZE}"))
        .stderr_is("");
}

#[test]
fn each_destination_has_its_own_fate_in_one_story() {
    let env = filled();
    let outcome = trace(&env, &["evt-login-7f3a", "-o", "table", "--no-bodies"]);
    outcome
        .success()
        .stdout_has("  segment prod, src_app → dst_braze\n  delivered at attempt 3, 35 min 30 s after the first failure\n  segment crm, src_app → dst_crm\n  fate unknown: the last failure was ")
        .stdout_has("2025-03-23T20:06:00Z  attempt 1  failure  (dst_crm)\n  exchange x-bb1 is not stored\n2025-03-23T20:12:00Z  attempt 2  failure  7 min after attempt 1  (dst_braze)\n")
        .stderr_has("1 attempt without exchange")
        .assert(!outcome.stdout.contains("body"), "no body");
}

#[test]
fn an_exchange_tells_what_became_of_its_batch() {
    let env = filled();
    trace(&env, &["x-aa1", "-o", "table"])
        .success()
        .stdout_has("exchange x-aa1\n  segment prod, src_app → dst_braze\n  2025-03-23T20:05:00.200Z\n  POST https://rest.braze.example/users/track\n")
        .stdout_has(
            "\n2 messages in the batch\n  1 message  delivered, the last attempt with 200\n  1 message  discarded, the last attempt with 400\n\n",
        )
        .stdout_has("\n\n  evt-login-90bc  attempt 1 here, discarded after 2 attempts, the last at\n                  2025-03-23T20:13:00Z\n  evt-login-7f3a  attempt 1 here, delivered after 3 attempts, the last at\n                  2025-03-23T20:40:30Z\n");
    // Only an attempt knows of this one.
    trace(&env, &["x-bb1", "-o", "table"])
        .success()
        .stdout_has("only attempts name it: the exchange itself is not stored\n\n1 message in the batch\n  1 message  fate unknown\n");
}

#[test]
fn a_discard_ends_the_story_with_its_code() {
    let env = filled();
    trace(&env, &["evt-login-90bc", "-o", "table"])
        .success()
        .stdout_has("  discarded at 2025-03-23T20:13:00.400Z after 2 attempts in 8 min; the last\n    answer: 400 bad e-mail\n")
        .stdout_has("\n2025-03-23T20:13:00.400Z  error  discarded: MESSAGE_REJECTED\n")
        .stdout_has("    400  bad e-mail\n    response body  text, 10 B\n      bad e-mail\n")
        .stderr_is("");
}

#[test]
fn colour_zone_and_width_change_nothing_else() {
    let env = filled();
    let plain = trace(&env, &["x-aa1", "-o", "table"]);
    let colored = trace(&env, &["x-aa1", "-o", "table", "--color", "always"]);
    let escapes = regex::Regex::new("\u{1b}\\[[0-9;]*m").expect("well formed");
    colored.success().assert(
        colored.stdout.contains("\u{1b}[1mexchange"),
        "a bold heading",
    );
    assert_eq!(escapes.replace_all(&colored.stdout, ""), plain.stdout);
    trace(&env, &["x-aa1", "-o", "table", "--tz", "+01:00"])
        .success()
        .stdout_has("until\n      2025-03-23T21:07:00.200+01:00)");
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for width in ["56", "200"] {
        let env = filled().set("COLUMNS", width);
        let outcome = trace(&env, &["x-aa1", "-o", "table"]);
        assert_eq!(squeezed(&outcome.success().stdout), squeezed(&plain.stdout));
    }
}

#[test]
fn what_the_log_lacks_is_said() {
    let env = filled();
    // The failure at the second destination is open: it may have gone on for four hours, of which nothing is stored.
    trace(&env, &["evt-login-7f3a", "--collection", "crm", "-o", "table"])
        .success()
        .stderr_has("4 hours are incomplete for good, deleted by the vendor: 2025-03-23T21 to 2025-03-24T00 (crm)");
    trace(&env, &["evt-login-7f3a", "--collection", "crm", "--strict"])
        .code(7)
        .stderr_has("the trace is incomplete, and --strict was given");
    trace(
        &env,
        &["evt-login-7f3a", "--collection", "prod", "--strict"],
    )
    .success();
    let missing = TestEnv::new();
    trace(&missing, &["x"])
        .code(1)
        .stdout_is("")
        .stderr_has("hint: the store is empty")
        .stderr_has("no message, exchange or record `x`");
}
