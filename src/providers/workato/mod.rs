//! Workato's API logs: the requests that clients made of a workspace's API platform, as the UI exports them.
//!
//! Rule: nothing is made of a value that is not documented: codes stay text as sent, and what a gateway code means is not said.
//!
//! The facts relied on, and where they are from (page: docs.workato.com/api-mgmt/api-logs; ja: the same page in Japanese, newer;
//! api: the Developer API's list of resources):
//!
//! - `Download results` on the Logs tab gives a CSV file; there is no endpoint for it (api). So logs are imported only.
//! - Its fields are Date, Type, Code, Status, Gateway code, Status details, IP, Timing, Delay, API collection, Endpoint, Client, Job
//!   details, in this order (page). Whether the header has these very words is not published, so case, spaces, `_` and
//!   `-` are set aside, and any order, further columns and missing ones are taken.
//! - Type is the "general outcome", such as `Success` or `Error`; Code the HTTP status and Status its text; Gateway code an
//!   "extended diagnostic code for failed requests", such as 4011; Status details their message, which neither the UI nor
//!   the client is shown (page). Which message goes with which gateway code is not published.
//! - How Date is written, and in what zone, is not published: see [`date`]. Nor is the unit of Timing and Delay: a plain number
//!   is taken for milliseconds (inferred from "time taken to process the request" and the UI's response time).
//! - The UI filters by period, status, client, collection, collection type (Recipe or Proxy: page) and gateway (Cloud or
//!   Edge: ja). The last two are no columns of the documented file; where one has them, `--where` finds them.
//! - A row has no id: rows with the same cells are the same request. How long Workato keeps logs is not published.

mod date;
mod decode;
mod duration;

use super::spec::{Keeping, Spec};

pub(super) const SPEC: Spec = Spec {
    title: "Workato",
    decode: decode::decode,
    outline: None,
    is_log: decode::is_log,
    is_header: decode::is_header,
    envelopes: &[],
    native: NATIVE,
    keeping: Keeping {
        due_hours: 0,
        settle_hours: 1,
        retention_days: None,
        is_fetched: false,
    },
    folds: false,
    supersedes: false,
};

/// The columns of the export, in its order, and the path of each in the JSON object of a row.
const NATIVE: &[(&str, &str)] = &[
    ("Date", ".Date"),
    ("Type", ".Type"),
    ("Code", ".Code"),
    ("Status", ".Status"),
    ("Gateway code", ".\"Gateway code\""),
    ("Status details", ".\"Status details\""),
    ("IP", ".IP"),
    ("Timing", ".Timing"),
    ("Delay", ".Delay"),
    ("API collection", ".\"API collection\""),
    ("Endpoint", ".Endpoint"),
    ("Client", ".Client"),
    ("Job details", ".\"Job details\""),
];
