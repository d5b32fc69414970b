//! The edge of the program: exit codes, streams, errors, settings, credentials, generated files.

mod auth;
mod config;
mod ending;
mod generated;
mod sources;
