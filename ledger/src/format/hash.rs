//! The hash of an entry: two halves, so that a proof of what a merchant was booked shows nothing else.
//!
//! ```text
//! entry hash = BLAKE3("merchant-ledger entry v1" ‖ BLAKE3(merchant half) ‖ BLAKE3(other half))
//! leaf       = BLAKE3(0x00 ‖ entry hash)            node = BLAKE3(0x01 ‖ left ‖ right)          (the rule of RFC 6962)
//! ```
//!
//! The *merchant half* can be made by whoever has the entry as the API tells it to its merchant: it is the texts below, each
//! with its length in bytes before it (LEB128), an absent one as the empty text.
//!
//! 1. `entry` (`3:99120`), `position` (`3:1482211`), `event`, `type`, `business_date`, `merchant`, `payment`, `occurred_at`
//! 2. for each line that touches the merchant's own accounts, in the order posted: `book`, `currency`, `debit.code`,
//!    `debit.party`, `debit.detail`, `credit.code`, `credit.party`, `credit.detail`, `amount` in minor units, `leg`
//!
//! The *other half* is for those who have the journal: the row as it lies in a block of its own, with names instead of their
//! numbers ([`super::row`], [`super::names::Literal`]). It has all lines, so neither half can be changed without the other.

use super::bytes::{Unreadable, put_text};
use super::names::Literal;
use super::row::{Base, write};
use crate::entry::{Account, Detail, Party, Recorded, Row};
use blake3::{Hash, Hasher};
use schemas::event::{Book, EventType, Subject};

/// What separates these hashes from any other use of BLAKE3. It is part of every one, so it is for ever.
pub const ENTRY_TAG: &[u8] = b"merchant-ledger entry v1";

/// The hash of an entry of a partition.
pub fn entry_hash(partition: u32, recorded: &Recorded) -> Result<Hash, Unreadable> {
    let (merchant, other) = (blake3::hash(&merchant_half(partition, recorded)), blake3::hash(&other_half(&recorded.row)?));
    Ok(Hasher::new().update(ENTRY_TAG).update(merchant.as_bytes()).update(other.as_bytes()).finalize())
}

/// The leaf of an entry in a tree of the kind of RFC 6962.
pub fn leaf_hash(entry: &Hash) -> Hash {
    Hasher::new().update(&[0]).update(entry.as_bytes()).finalize()
}

/// A node over two others in such a tree.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hasher::new().update(&[1]).update(left.as_bytes()).update(right.as_bytes()).finalize()
}

/// What the merchant of an entry is told of it.
pub fn merchant_half(partition: u32, Recorded { number, row }: &Recorded) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    let merchant = if let Some(Subject::Merchant(merchant)) = &row.subject { Some(merchant.as_str()) } else { None };
    let payment = row.payment.as_ref().map(|payment| payment.as_str());
    put_text(&mut out, &format!("{partition}:{number}"));
    put_text(&mut out, &format!("{partition}:{}", row.record));
    put_text(&mut out, row.event.as_ref().map_or("", |event| event.as_str()));
    put_text(&mut out, row.event_type.map_or("", EventType::as_str));
    put_text(&mut out, &row.date.to_string());
    put_text(&mut out, merchant.unwrap_or_default());
    put_text(&mut out, payment.unwrap_or_default());
    put_text(&mut out, &row.occurred_at.map_or_else(String::new, |at| at.to_string()));
    for line in row.lines.iter().filter(|line| line.debit.code.is_shown_to_merchant() || line.credit.code.is_shown_to_merchant()) {
        match &line.book {
            Book::Bank => put_text(&mut out, "bank"),
            Book::Psp(psp) => put_text(&mut out, &format!("psp:{psp}")),
        }
        put_text(&mut out, line.currency.code());
        for account in [&line.debit, &line.credit] {
            put_account(&mut out, account, merchant, payment);
        }
        put_text(&mut out, &line.amount.to_string());
        put_text(&mut out, line.leg.as_str());
    }
    out
}

fn put_account(out: &mut Vec<u8>, account: &Account, merchant: Option<&str>, payment: Option<&str>) {
    put_text(out, &account.code.number().to_string());
    put_text(
        out,
        match &account.party {
            Party::None => "",
            Party::Merchant => merchant.unwrap_or_default(),
            Party::Scheme(scheme) => scheme.as_str(),
            Party::Psp(psp) => psp.as_str(),
            Party::Partner(partner) => partner.as_str(),
        },
    );
    match &account.detail {
        Detail::None => put_text(out, ""),
        Detail::Date(date) => put_text(out, &date.to_string()),
        Detail::Hold(hold) => put_text(out, hold.as_str()),
        Detail::Payout(payout) => put_text(out, payout.as_str()),
        Detail::Payment => put_text(out, payment.unwrap_or_default()),
    }
}

/// All of an entry, with names instead of their numbers.
pub fn other_half(row: &Row) -> Result<Vec<u8>, Unreadable> {
    let mut out = Vec::with_capacity(512);
    write(row, &Base::ZERO, &mut Literal, &mut out)?;
    Ok(out)
}
