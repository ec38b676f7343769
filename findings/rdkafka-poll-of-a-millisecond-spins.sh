#!/bin/sh
# poll() of the Rust client rdkafka keeps a processor busy where it is asked to wait for a millisecond.
#
# One would guess: BaseProducer::poll(timeout) sleeps until there is something to hear or the time is over, as rd_kafka_poll of librdkafka does for other
# languages; a short timeout in a loop costs next to nothing.
# What happens: it asks librdkafka for the whole milliseconds that are left, which are none from the first moment on, since some nanoseconds of the
# millisecond have passed; and it goes round until the time is over. So poll(1 ms) is a loop that never sleeps, and any longer poll ends with up to a
# millisecond of it.
#
# Seen with rdkafka 0.39.0 (librdkafka 2.12.1 within it), against librdkafka's own mock of a cluster. What is compared is processor time of the thread, so
# that it shows on a busy machine, too.
# Why it matters here: the threads of topics out polled a millisecond at a time until a transaction's reports were there, and half of their processor time
# was this loop. The ledger polls without a wait, and sleeps itself.
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
rustix = { version = "1", features = ["time"] }
TOML
cat >src/main.rs <<'RUST'
use rdkafka::config::ClientConfig;
use rdkafka::producer::BaseProducer;
use rustix::time::{clock_gettime, ClockId};
use std::time::{Duration, Instant};

const MILLISECONDS: u32 = 2000;

/// Processor time of this thread.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// How much of the time a thread works that waits so long, so often, in percent.
fn busy(wait: impl Fn()) -> u128 {
    let (begun, before) = (Instant::now(), worked());
    while begun.elapsed() < Duration::from_millis(MILLISECONDS.into()) {
        wait();
    }
    (worked() - before).as_micros() * 100 / begun.elapsed().as_micros()
}

fn main() {
    let mut config = ClientConfig::new();
    config.set("test.mock.num.brokers", "1").set("bootstrap.servers", "mock");
    let producer: BaseProducer = config.create().expect("a producer");
    let polled = busy(|| producer.poll(Duration::from_millis(1)));
    let slept = busy(|| {
        producer.poll(Duration::ZERO);
        std::thread::sleep(Duration::from_millis(1));
    });
    let long = busy(|| producer.poll(Duration::from_millis(200)));
    println!("a thread that has nothing to hear works: {polled} % of the time with poll(1 ms), {slept} % with poll(0) and sleep(1 ms), {long} % with poll(200 ms)");
    // Where others have the processor, even a loop does not get all of it.
    let surprising = polled >= 30 && slept * 4 <= polled;
    println!("{}", if surprising { "as described" } else { "NOT as described" });
    std::process::exit(i32::from(!surprising));
}
RUST
timeout 1200 cargo build -q --release
timeout 120 ./target/release/finding
