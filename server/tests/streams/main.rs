//! Topics out against a real Apache Kafka, read by clients that are not ours: each entry once, in order, without a gap, whatever
//! was killed or made again. Without Kafka's jars, or confluent-kafka for Python, each test is skipped, loudly.

mod content;
mod crash;
mod dead_letters;
mod encodings;
mod hooks;
mod place;
mod policies;
mod reader;
mod registry;
#[path = "../kafka/support.rs"]
mod support;
mod typed;
mod walks;
