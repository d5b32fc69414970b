//! An account whose token the vendor gives for a password, and one whose answers must be waited for.
//!
//! Rule: no secret is in any output or file; each is sent where it belongs and nowhere else.

use serde_json::{Value, json};

use super::{Case, header, hours_ago};
use crate::support::server::Reply;

const SECRET: &str = "client-secret-0123456789";
const PASSWORD: &str = "päss word 0123456789";
const FRESH: &str = "fresh-token-0123456789";
const TOKEN_PATH: &str = "/api/oauth/v1/token";

fn log(hour: super::At, minute: i64) -> Value {
    json!({
        "log_id": "019362ca-c547-7364-9274-8d3cf7c3d130", "log_type": "error", "timestamp": hour.time(minute * 60_000),
        "operation": "failed_to_deliver_event", "subscriber_id": "a", "subscription_id": "b",
        "error_type": "failed_delivery", "error_reason": "destination_timeout", "error_code": 500,
        "error_message": "it took too long", "request": {}, "response": {},
    })
}

fn shop() -> Case {
    let Case { env, server } = Case::without_token();
    let env = env
        .set("SHOP_SECRET", SECRET)
        .set("FAILLOG_PIM_URL", &server.url());
    env.write(
        "config.toml",
        format!(
            "[profiles.shop]\nprovider = 'akeneo'\nclient_id = '1_abc'\nclient_secret_env = 'SHOP_SECRET'\n\
             username = 'logs'\npassword_command = \"printf '%s' '{}'\"\n",
            PASSWORD
        ),
    );
    Case { env, server }
}

#[cfg(unix)]
#[test]
fn a_token_is_got_for_the_password_and_shown_nowhere() {
    let (case, hour) = (shop(), hours_ago(5));
    let token = Reply::json(200, &json!({ "access_token": FRESH, "expires_in": 3600 }));
    case.server.script(TOKEN_PATH, vec![token.clone()]);
    let page = Reply::json(200, &json!({ "items": [log(hour, 10)] }));
    case.server.script("/api/v1/logs", vec![page]);
    let outcome = case.run(&["fetch", "--provider", "akeneo", "--hour", &hour.name()]);
    outcome
        .success()
        .stderr_has("got 1 record on 1 page: 1 new");
    let requests = case.server.requests();
    assert_eq!(requests[0].path, TOKEN_PATH);
    let body: Value = serde_json::from_str(&requests[0].body).expect("a JSON body");
    assert_eq!(body["password"], PASSWORD);
    assert_eq!(header(&requests[1], "x-pim-token"), FRESH);
    assert_eq!(header(&requests[1], "x-pim-client-id"), "1_abc");

    case.server.script(TOKEN_PATH, vec![token]);
    case.server.script(
        "/api/v1/logs",
        vec![Reply::json(200, &json!({ "items": null }))],
    );
    let status = case.run(&["auth", "status", "--provider", "akeneo", "-o", "csv"]);
    status
        .success()
        .stdout_has("shop,akeneo,…,password of profile shop,us,")
        .stdout_has(",works");
    let shown = case.run(&["config", "show", "--profile", "shop", "-o", "csv"]);
    for outcome in [&outcome, &status, &shown] {
        for secret in [SECRET, PASSWORD, FRESH] {
            outcome.nowhere(secret);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_refused_password_is_not_authorised() {
    let case = shop();
    let refused = Reply::json(
        422,
        &json!({ "code": 422, "message": "No user found for the given username and password" }),
    );
    case.server.script(TOKEN_PATH, vec![refused]);
    let outcome = case.run(&["fetch", "--provider", "akeneo", "--last", "2h"]);
    outcome.code(4).nowhere(SECRET).nowhere(PASSWORD);
    outcome.assert(case.server.requests().len() == 1, "one request");
}

#[test]
fn an_answer_that_is_not_ready_is_asked_for_until_it_is() {
    let Case { env, server } = Case::new();
    let case = Case { env, server };
    let hour = hours_ago(30);
    let row = json!({ "trackingId": "t1", "accountId": "a", "received_at": hour.time(60_000), "type": "welcome" });
    case.server.script(
        "/logs/query",
        vec![Reply::json(200, &json!({ "queryId": "q1" }))],
    );
    case.server.script(
        "/logs/query/q1",
        vec![
            Reply::json(200, &json!({ "status": "Running" })),
            Reply::silence(),
            Reply::json(200, &json!({ "status": "Complete", "logs": [row] })),
        ],
    );
    let name = hour.name();
    let outcome = case.run(&["fetch", "--provider", "notificationapi", "--hour", &name]);
    outcome
        .success()
        .stderr_has("new, 0 known before; 1 hour complete")
        .stderr_has("1 call repeated");
    case.run(&["hours", "--provider", "notificationapi", "-o", "csv"])
        .success()
        .stdout_has(&format!("notificationapi,notificationapi,{name},settled,"));
}
