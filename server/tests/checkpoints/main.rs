//! Checkpoints against a real Apache Kafka, in a directory and in a real S3 server: a node without a disk opens from the newest that is
//! whole and folds on to the heads of those that folded everything. Without Kafka's jars, or S3Proxy's, each test is skipped, loudly.

mod damage;
mod nodes;
mod place;
mod s3;
#[path = "../kafka/support.rs"]
mod support;
mod without_disk;
