#!/bin/sh
# A sale with an amount of Rust's rust_decimal, written as JSON by one program of a workspace, before and after another program of it takes a feature.
#
# One would guess: how an amount is written is said where it is written. books asks rust_decimal for "serde" and its amounts are strings, "12345678901234.5600",
# as its tests show; that charts, another program, asks for "serde-float" to draw something is the matter of charts.
#
# What happens, with rust_decimal 1.43.0: the features of a crate are added up over all that is built together, and this feature says how every Decimal is
# written that has no other word at its own place. `cargo build -p books` makes a books that writes strings; `cargo build --workspace` makes one of the same
# source that writes numbers: the two zeros are gone, and beyond sixteen digits so is the fen. No line of books, of its manifest or of its lock file changes, and
# nothing is said. The same comes with any dependency that turns the feature on.
# - Another guess that is wrong: a Decimal takes a number of JSON as it stands. With either of them 1234567890123456.78 is read as 1234567890123456.8, by way of a
#   float; only "serde-arbitrary-precision" reads all digits.
# - With #[serde(with = "rust_decimal::serde::str")] at the field it is a string in both, and a number is still read by way of a float.
#
# Why it matters here: amounts are decimal strings in the API, in topics and in what a head is reckoned from; as numbers they would be other bytes, and so another
# head. The ledger takes rust_decimal without serde, and writes amounts itself.
#
# Takes half a minute, most of it to compile.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p books/src charts/src
cat >Cargo.toml <<'TOML'
[workspace]
resolver = "3"
members = ["books", "charts"]
TOML
cat >books/Cargo.toml <<'TOML'
[package]
name = "books"
version = "0.0.0"
edition = "2021"

[dependencies]
rust_decimal = { version = "=1.43.0", features = ["serde", "serde-with-str"] }
serde = { version = "=1.0.228", features = ["derive"] }
serde_json = "=1.0.145"
TOML
cat >charts/Cargo.toml <<'TOML'
[package]
name = "charts"
version = "0.0.0"
edition = "2021"

[dependencies]
rust_decimal = { version = "=1.43.0", features = ["serde-float"] }
TOML
cat >books/src/main.rs <<'RUST'
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Sale {
    amount: Decimal,
}

#[derive(Serialize, Deserialize)]
struct Told {
    #[serde(with = "rust_decimal::serde::str")]
    amount: Decimal,
}

fn main() {
    for text in ["128.50", "12345678901234.5600", "123456789012345678.91"] {
        let amount = text.parse().unwrap();
        println!("written {}", serde_json::to_string(&Sale { amount }).unwrap());
    }
    println!("told {}", serde_json::to_string(&Told { amount: "128.50".parse().unwrap() }).unwrap());
    for text in [r#"{"amount":"1234567890123456.78"}"#, r#"{"amount":1234567890123456.78}"#] {
        println!("read {text} as {}", serde_json::from_str::<Sale>(text).unwrap().amount);
    }
}
RUST
echo 'fn main() {}' >charts/src/main.rs
timeout 240 cargo build -q -p books
cp Cargo.lock alone.lock
target/debug/books >alone
timeout 240 cargo build -q --workspace
target/debug/books >together
echo 'books, built alone:'
cat alone
echo 'the same books, built with charts:'
cat together
cmp -s Cargo.lock alone.lock || { echo 'this has changed: the lock file'; exit 1; }
cat >expected-alone <<'SEEN'
written {"amount":"128.50"}
written {"amount":"12345678901234.5600"}
written {"amount":"123456789012345678.91"}
told {"amount":"128.50"}
read {"amount":"1234567890123456.78"} as 1234567890123456.78
read {"amount":1234567890123456.78} as 1234567890123456.8
SEEN
cat >expected-together <<'SEEN'
written {"amount":128.5}
written {"amount":12345678901234.56}
written {"amount":1.2345678901234566e17}
told {"amount":"128.50"}
read {"amount":"1234567890123456.78"} as 1234567890123456.78
read {"amount":1234567890123456.78} as 1234567890123456.8
SEEN
for one in alone together; do
    cmp -s "$one" "expected-$one" || { echo "this has changed: built $one it was:"; cat "expected-$one"; exit 1; }
done
