//! Asking the store.
