//! Texts of traces.
