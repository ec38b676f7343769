//! What travels: events, money, identifiers, and how they are read from the wire. Pure: no clock, no I/O, no floats.
//!
//! Read on in this order: [`money`] and [`time`], [`ids`], [`event`] and [`contract`], then [`wire`] (the tables of
//! fields and types), [`decode`] (from bytes to events) and [`json_schema`], [`avro`], [`proto`] and [`asyncapi`] (the same tables, published). [`nearest`] finds the word that was meant, [`proportion`] divides wide products.
//!
//! # Glossary
//!
//! | word | meaning |
//! |---|---|
//! | acquirer | the bank that lets merchants accept cards and codes; whose ledger this is |
//! | PSP | a payment company; under `via_psp` it keeps merchants' money in its client reserve (备付金) |
//! | scheme | the network that a card or wallet belongs to, such as `unionpay` |
//! | merchant discount (MDR) | what the merchant pays for a sale; interchange, scheme fee and partner share come out of it |
//! | interchange · scheme fee | what a sale costs, to the card's issuer and to the scheme |
//! | gateway fee · channel fee | what a PSP takes from its merchant on top, and what it pays the bank |
//! | partner | who brought the merchant (`referral`) or maintains its terminals (`joint_build`) |
//! | second clearing (二清) | money through the hands of a firm without a licence |
//! | payment | one purchase from authorisation to its last dispute |
//! | pre-authorisation | an amount set aside on a card, completed or released later |
//! | capture | what of a payment was taken: a sale, or a completed pre-authorisation |
//! | void · reversal (冲正) · refund | undone on the same date · undone before clearing · paid back |
//! | chargeback · representment | the scheme takes a payment back · the bank contests that |
//! | pending → available → payout | a merchant's money on its way |
//! | reserve · hold | money kept for what may come · money stopped for a reason |
//! | business date | the date that an entry is booked on; moved only by `day_closed` |
//! | minor unit | the smallest amount of a currency: a fen, a yen, a fils |
//! | quarantine | where a record goes that cannot be read |
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![deny(clippy::disallowed_types, clippy::disallowed_methods, clippy::float_arithmetic)]

pub mod asyncapi;
pub mod avro;
pub mod contract;
pub mod decode;
pub mod error;
pub mod event;
pub mod ids;
pub mod json_schema;
pub mod money;
pub mod nearest;
pub mod partition;
pub mod proportion;
pub mod proto;
pub mod report;
pub mod time;
pub mod wire;
pub mod words;
