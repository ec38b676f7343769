//! Several nodes on one topic of a real Kafka, each a process of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure fails the test")]

#[path = "../kafka/support.rs"]
mod support;

mod altered;
mod authority;
mod heads;
mod kill;
mod mutual;
mod nodes;
mod same;
mod unfit;
mod unlike;
