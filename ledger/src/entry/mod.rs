//! What is written down: accounts, postings, and the entries of the journal. Pure.

mod account;
mod customer;
mod fees;
mod leg;
mod note;
mod posting;
mod row;

pub use account::{Account, Code, Detail, Party, cash, own_cash};
pub use customer::CustomerKey;
pub use fees::Fees;
pub use leg::{Leg, Source};
pub use note::{DisputeStage, HoldTerms, Note, OpenedPayment, Said};
pub use posting::{Amount, Posting};
pub use row::*;
