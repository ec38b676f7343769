#!/bin/sh
# Guess: the crate iso_currency says which currencies are superseded, so a bank refuses a new contract in each of those.
#
# What happens: of the six that iso_currency 0.7.1 has as superseded, five are indeed gone from ISO 4217's own table (BGN,
# CUC, HRK, SLL, ZWL). The sixth, VES, is in it, beside the VED that the crate calls its successor: the table of 2026-01-01
# (as the Python package iso4217 1.16.20260101 carries it) lists both for Venezuela, and VES is what is paid with there.
#
# Why it matters here: a ledger that goes by the crate alone refuses every merchant in Venezuela, and tells it to be paid in
# a code that its banks do not use. So VES is let through by name (schemas/src/money.rs, docs/decisions/0007).
#
# Needs cargo and python3 with venv. Prints what it saw; ends with 1 where that has changed. Takes about a minute.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

mkdir -p crate/src
cat >crate/Cargo.toml <<'TOML'
[package]
name = "superseded"
version = "0.0.0"
edition = "2021"
[dependencies]
iso_currency = { version = "=0.7.1", features = ["iterator"] }
[workspace]
TOML
cat >crate/src/main.rs <<'RUST'
fn main() {
    for code in ["BGN", "CUC", "HRK", "SLL", "VES", "ZWL", "EUR", "VED"] {
        let found = iso_currency::Currency::from_code(code).and_then(|currency| currency.is_superseded());
        if let Some(successor) = found {
            println!("{code} {}", successor.code());
        }
    }
}
RUST
timeout 240 cargo run -q --manifest-path crate/Cargo.toml --target-dir crate/target >superseded

python3 -m venv venv
timeout 120 venv/bin/pip install -q iso4217==1.16.20260101
venv/bin/python - superseded <<'PYTHON' >seen
import sys
from iso4217 import Currency
listed = {currency.code for currency in Currency}
for line in open(sys.argv[1]):
    code, successor = line.split()
    print(f"{code}: the crate has it superseded by {successor}; ISO 4217 of 2026-01-01 {'lists it' if code in listed else 'does not list it'}")
PYTHON
cat seen
expected='BGN: the crate has it superseded by EUR; ISO 4217 of 2026-01-01 does not list it
CUC: the crate has it superseded by CUP; ISO 4217 of 2026-01-01 does not list it
HRK: the crate has it superseded by EUR; ISO 4217 of 2026-01-01 does not list it
SLL: the crate has it superseded by SLE; ISO 4217 of 2026-01-01 does not list it
VES: the crate has it superseded by VED; ISO 4217 of 2026-01-01 lists it
ZWL: the crate has it superseded by ZWG; ISO 4217 of 2026-01-01 does not list it'
[ "$(cat seen)" = "$expected" ] || { echo "that is not what was seen before:"; echo "$expected"; exit 1; }
