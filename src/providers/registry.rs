//! The providers that there are: what is known of each, and who asks it for logs.
//!
//! Rule: a provider is its folder here and its word in [`Provider`]; whatever depends on the provider asks [`spec`].

use crate::model::{Provider, Timestamp};

use super::feed::{FeedError, Step};
use super::spec::Spec;
use super::{akeneo, notificationapi, segment, segment_audit, workato};

/// Returns what is known of a provider.
pub(crate) fn spec(provider: Provider) -> &'static Spec {
    match provider {
        Provider::Segment => &segment::SPEC,
        Provider::SegmentAudit => &segment_audit::SPEC,
        Provider::Akeneo => &akeneo::SPEC,
        Provider::NotificationApi => &notificationapi::SPEC,
        Provider::Workato => &workato::SPEC,
    }
}

/// A provider's logs, page by page.
pub(crate) enum Feed {
    SegmentAudit(segment_audit::Feed),
    Akeneo(akeneo::Feed),
    NotificationApi(notificationapi::Feed),
}

impl Feed {
    /// Asks for the next page. `now` is the time of the call.
    pub(crate) fn step(&mut self, now: Timestamp) -> Result<Step, FeedError> {
        match self {
            Feed::SegmentAudit(feed) => feed.step(now),
            Feed::Akeneo(feed) => feed.step(now),
            Feed::NotificationApi(feed) => feed.step(now),
        }
    }
}
