//! Closed sets of words: one spelling each, used on disk, in flags and in output.
//!
//! Rule: a word is written to files and scripts; it never changes.

/// A name that is not one of a closed set.
#[derive(Debug, thiserror::Error)]
#[error("unknown {what} `{given}`; {advice}")]
pub(crate) struct UnknownName {
    what: &'static str,
    given: String,
    advice: String,
}

impl UnknownName {
    pub(crate) fn new(
        what: &'static str,
        given: &str,
        known: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let known: Vec<_> = known.into_iter().collect();
        let advice = match super::nearest(given, known.iter().copied()) {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!("known: {}", known.join(", ")),
        };
        UnknownName {
            what,
            given: given.to_owned(),
            advice,
        }
    }
}

/// Declares a closed set of words with one spelling each, used on disk, in flags and in output.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            pub(crate) const ALL: &'static [$name] = &[$($name::$variant),+];

            pub(crate) fn name(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::model::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok($name::$variant),)+
                    _ => Err($crate::model::UnknownName::new($what, text, [$($word),+])),
                }
            }
        }
    };
}

pub(super) use words;
