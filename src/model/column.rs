//! The columns of the one wide record: their names, kinds and order.
//!
//! Rule: names and order are a contract with scripts and with files on disk; add at the end of a kind's group only
//! with a new store format version.

use std::fmt;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Microseconds since 1970, UTC.
    Time,
    Text,
    Int,
    Bool,
    Bytes,
}

macro_rules! columns {
    ($($variant:ident = $name:literal $kind:ident $help:literal),+ ;
     $($hidden:ident = $hidden_name:literal $hidden_kind:ident $hidden_help:literal),+ $(,)?) => {
        /// One column of a record, in the order of output and of the file.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Column {
            $(#[doc = $help] $variant,)+
            $(#[doc = $hidden_help] $hidden,)+
        }

        impl Column {
            /// Every column that is not hidden, in the order of output.
            pub(crate) const ALL: &'static [Column] = &[$(Column::$variant),+];

            /// The columns that are shown only if they are named, in the order of the file.
            pub(crate) const HIDDEN: &'static [Column] = &[$(Column::$hidden),+];

            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Column::$variant => $name,)+
                    $(Column::$hidden => $hidden_name,)+
                }
            }

            pub(crate) fn kind(self) -> Kind {
                match self {
                    $(Column::$variant => Kind::$kind,)+
                    $(Column::$hidden => Kind::$hidden_kind,)+
                }
            }

            pub(crate) fn from_name(name: &str) -> Option<Column> {
                match name {
                    $($name => Some(Column::$variant),)+
                    $($hidden_name => Some(Column::$hidden),)+
                    _ => None,
                }
            }
        }
    };
}

columns! {
    Provider = "provider" Text "the system it came from",
    Collection = "collection" Text "the stream of that system",
    Time = "time" Time "when it occurred",
    LoggedAt = "logged_at" Time "when the provider wrote it down",
    Type = "type" Text "error, attempt, exchange, …",
    Outcome = "outcome" Text "success, failure or pending",
    Attempt = "attempt" Int "which try of this message",
    Discarded = "discarded" Bool "the provider gave up on it",
    Status = "status" Int "HTTP status",
    Code = "code" Text "the short machine reason, as sent",
    Reason = "reason" Text "the reason for a person, one line",
    Operation = "operation" Text "what was being done",
    Source = "source" Text "who sent",
    Destination = "destination" Text "where to",
    Subscriber = "subscriber" Text "as the provider has it",
    Actor = "actor" Text "who acted",
    Channel = "channel" Text "e-mail, SMS, …",
    Resource = "resource" Text "what was acted on",
    Id = "id" Text "the record's own id",
    MessageId = "message_id" Text "the thing being delivered",
    ExchangeId = "exchange_id" Text "the HTTP request and its response",
    Method = "method" Text "HTTP method of the request",
    Url = "url" Text "URL of the request",
    Ip = "ip" Text "address of the request",
    DurationMs = "duration_ms" Int "time taken, in milliseconds",
    DelayMs = "delay_ms" Int "time waited, in milliseconds",
    Joined = "joined" Text "where values came from that the record itself does not have",
    Raw = "raw" Bytes "the record exactly as received";
    MoreSources = "more_sources" Text "further sources, one a line",
    MoreDestinations = "more_destinations" Text "further destinations, one a line",
    MoreSubscribers = "more_subscribers" Text "further subscriptions, one a line",
    ErrorType = "error_type" Text "the wider class of `code`",
    ActorEmail = "actor_email" Text "e-mail address of the actor",
    ResourceId = "resource_id" Text "the resource without its type",
    Own = "own" Int "which values are the record's own, as bits",
}

impl Column {
    /// Returns whether the column is in the hour's file; provider and collection live in its path.
    pub(crate) fn is_stored(self) -> bool {
        !matches!(self, Column::Provider | Column::Collection)
    }

    /// Returns the columns an hour's file holds, in file order.
    pub(crate) fn stored() -> impl Iterator<Item = Column> {
        let all = Column::ALL.iter().chain(Column::HIDDEN);
        all.copied().filter(|column| column.is_stored())
    }

    /// Returns the columns that are shown where nothing else is asked for: a record's bytes and the state of its links
    /// are asked for by name.
    pub(crate) fn shown() -> impl Iterator<Item = Column> {
        let all = Column::ALL.iter().copied();
        all.filter(|column| !matches!(column, Column::Raw | Column::Joined))
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Column;

    #[test]
    fn names_lead_back_to_their_columns() {
        for column in Column::ALL.iter().chain(Column::HIDDEN) {
            assert_eq!(Column::from_name(column.name()), Some(*column));
        }
        assert_eq!(Column::stored().count(), 33);
    }
}
