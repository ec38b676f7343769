//! The binary against a real Apache Kafka, end to end: killed, without Kafka, given a wrong topic, fed garbage, and
//! compared with the embedded log. Without Kafka's jars each test is skipped, loudly.

mod bad_records;
mod configuration;
mod crash;
mod heads;
mod offsets;
mod outage;
mod rights;
mod silent;
mod support;
mod topic;
