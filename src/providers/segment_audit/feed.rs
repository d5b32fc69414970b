//! Pages of the API.
//!
//! Rule: to be written.

use crate::model::Timestamp;

use super::super::feed::{FeedError, Step, Wanted};
use super::super::http::Http;
use super::super::secret::Token;
use super::super::segment::Region;

/// How the API is reached.
pub(crate) struct Access {
    pub(crate) api_url: Option<String>,
    pub(crate) region: Region,
    pub(crate) token: Token,
}

pub(crate) struct Feed {
    _http: Http,
    _access: Access,
    _wanted: Wanted,
}

impl Feed {
    pub(crate) fn new(http: Http, access: Access, wanted: Wanted) -> Result<Feed, FeedError> {
        Ok(Feed {
            _http: http,
            _access: access,
            _wanted: wanted,
        })
    }

    pub(crate) fn step(&mut self, _now: Timestamp) -> Result<Step, FeedError> {
        Err(FeedError::Address {
            reason: "to be written".to_owned(),
        })
    }
}
