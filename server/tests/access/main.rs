//! Who may see and do what: keys, tokens, roles, TLS, and what is logged of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod attributes;
mod breaks;
mod commands;
mod guarded;
mod keys;
mod logged;
mod merchant_view;
mod readme;
mod streams;
mod table;
mod tls;
mod tokens;
