//! Everything that lies on disk: how it is written, and the numbers that its words have, for ever.
//!
//! | file | what it lays out |
//! |---|---|
//! | `bytes` | numbers, texts: what the others are made of |
//! | `codes` | the numbers of the domain's words |
//! | `ids` | identifiers in few bytes |
//! | `names` | names that stand in many entries, by numbers |
//! | `template` | the shape of an entry's lines |
//! | `row` · `lines` · `outcome` · `usual` · `facts` · `note` · `contract` · `report` | an entry |
//! | `when` | dates and instants, relative to others |
//! | `fees` | what a payment is charged and costs: of an entry, and of a row of state |
//! | `stored` | a row of state and its version; the rows themselves are laid out in `rules::state::stored` |
//! | `hash` | the hash of an entry, in two halves |
//!
//! Nothing here is derived from the domain's types: those may change, and these bytes do not. Each table has a version; what is
//! written in another one is refused by name. The bytes of each version are asserted in `ledger/tests/format.rs`.
//! Pure.

pub mod bytes;
pub mod codes;
pub mod contract;
pub mod fees;
pub mod ids;
pub mod names;
pub mod row;
pub mod stored;
pub mod template;
pub mod when;

mod facts;
mod hash;
mod lines;
mod note;
mod outcome;
mod report;
mod usual;

pub use hash::{ENTRY_TAG, entry_hash, leaf_hash, merchant_half, node_hash, other_half};
#[cfg(test)]
pub use note::every_wait;
