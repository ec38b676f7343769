#!/bin/sh
# flush() of the Rust client rdkafka takes a tenth of a second or more, however soon everything is delivered.
#
# One would guess: BaseProducer::flush(timeout) returns as soon as the last record is delivered, as flush of librdkafka, on which it rests, does for other
# languages; the timeout is only the longest that it waits.
# What happens: it asks librdkafka without waiting, and then polls for the rest of the timeout, at most 100 ms; and poll(timeout) goes on waiting to its end
# after it has handed over reports. So a record that is acknowledged after two or three milliseconds is "flushed" after 100, and a program that writes one
# transaction after the other, each flushed before it is committed, writes fewer than ten in a second.
#
# Seen with rdkafka 0.39.0 (librdkafka 2.12.1 within it), against librdkafka's own mock of a cluster, so that no network or broker takes time.
# Why it matters here: each transaction of the topics out took 100 ms of doing nothing, which was most of the time from an answer to its record. The ledger
# says flush without a timeout, so that nothing lingers, and looks every millisecond until all reports are there.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"

[dependencies]
rdkafka = { version = "=0.39.0", default-features = false }
TOML
cat >src/main.rs <<'RUST'
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::time::{Duration, Instant};

const ROUNDS: usize = 21;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() {
    let mut config = ClientConfig::new();
    config.set("test.mock.num.brokers", "1").set("bootstrap.servers", "mock").set("linger.ms", "0");
    let producer: BaseProducer = config.create().expect("a producer");
    let send = || producer.send(BaseRecord::<(), [u8]>::to("sales").payload(b"one")).map_err(|(error, _)| error).expect("queued");
    // The first record waits for the cluster and the topic.
    send();
    producer.flush(Duration::from_secs(30)).expect("delivered");
    let (mut flushed, mut polled) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        send();
        producer.flush(Duration::from_secs(30)).expect("delivered");
        flushed.push(begun.elapsed());
        let begun = Instant::now();
        send();
        while producer.in_flight_count() > 0 {
            assert!(begun.elapsed() < Duration::from_secs(30), "not delivered");
            producer.poll(Duration::from_millis(1));
        }
        polled.push(begun.elapsed());
    }
    let (flushed, polled) = (median(flushed), median(polled));
    println!("one record, median of {ROUNDS}: flush(30 s) {flushed:?}, poll(1 ms) until nothing is in flight {polled:?}");
    let surprising = flushed >= Duration::from_millis(95) && polled * 3 < flushed;
    println!("{}", if surprising { "as described" } else { "NOT as described" });
    std::process::exit(i32::from(!surprising));
}
RUST
timeout 1200 cargo build -q --release
timeout 120 ./target/release/finding
