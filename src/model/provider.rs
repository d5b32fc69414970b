//! The systems whose logs faillog reads.
//!
//! Rule: a provider's name is written to disk and typed by users; it never changes.

use super::words::words;

words! {
    /// One system that tells of failed deliveries.
    Provider, "provider", {
        /// Segment failure logs ("granular observability"), one collection a destination.
        Segment = "segment",
        /// Segment's audit trail, of the API or forwarded as events.
        SegmentAudit = "segment-audit",
        /// Logs of the Akeneo Event Platform.
        Akeneo = "akeneo",
        /// Logs of NotificationAPI, now called Pingram.
        NotificationApi = "notificationapi",
        /// API logs of Workato, exported as CSV.
        Workato = "workato",
    }
}
