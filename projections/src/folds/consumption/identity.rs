//! Customers as pseudonymous numbers.
//!
//! A number is 64 bits of a BLAKE3 hash of the token and of how often it was erased, so it is the same on every partition
//! without asking, no table has a token in it, and no answer or export shows either. An erasure raises the count: what
//! was bought before keeps its number, which the token no longer leads to, and what the token buys afterwards is another
//! customer's. The count is a function of the entries, like everything here, and not a secret key: a random key would make
//! two folds of one journal differ. Whoever has both a token and the views' files can try it against them, as can whoever
//! has the journal beside them; both lie on the bank's own disk.
//!
//! | scope of the contract | the number is of |
//! |---|---|
//! | `bank` | token, erasures by the bank; after an erasure by a merchant, at that merchant also merchant and its erasures |
//! | `merchant` | token, merchant, erasures by either |
//!
//! `customer_erased` of `@house` lies on every partition, so the bank's count is the same on all of them.

use crate::folds::consumption::ID;
use crate::views::{Error, Rows, Table};
use schemas::contract::CustomerScope;
use schemas::ids::{CustomerToken, MerchantId, PaymentId};
use serde::{Deserialize, Serialize};

/// A customer.
pub type CustomerNumber = u64;

/// How often tokens were erased, by the first bytes of their hash: few rows, which stay in memory.
const ERASURES: Table<u16, Vec<Erased>> = Table::new(ID, 3);
/// How often the token of a purchase had been erased before it, where it had.
const PURCHASES: Table<(MerchantId, PaymentId), Times> = Table::new(ID, 4);

/// A token that was erased.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Erased {
    /// A hash of the token, from which no customer's number follows.
    token: u128,
    /// How often by the bank.
    by_bank: u32,
    /// How often by merchants.
    by_merchants: Vec<(MerchantId, u32)>,
}

/// How often a token had been erased, as a merchant sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Times {
    by_bank: u32,
    by_merchant: u32,
}

/// Whose number is asked, and by which purchase.
#[derive(Clone, Copy)]
pub struct Whose<'a> {
    /// The token that came.
    pub token: &'a CustomerToken,
    /// The purchase's merchant.
    pub merchant: &'a MerchantId,
    /// The purchase's payment.
    pub payment: &'a PaymentId,
    /// Where the token means something.
    pub scope: CustomerScope,
}

/// Both hashes of a token: one to find its erasures by, one that its number begins with.
fn hashes(token: &CustomerToken) -> (u128, u64) {
    let hash = blake3::hash(token.as_str().as_bytes());
    let (erasures, rest) = hash.as_bytes().split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
    let number = rest.first_chunk::<8>().unwrap_or(&[0; 8]);
    (u128::from_be_bytes(*erasures), u64::from_be_bytes(*number))
}

/// The row of [`ERASURES`] that a token is in.
const fn place(token: u128) -> u16 {
    (token >> 112) as u16
}

/// Forgets a token: everywhere, or at one merchant.
pub fn erase(rows: &mut Rows, token: &CustomerToken, merchant: Option<&MerchantId>) -> Result<(), Error> {
    let (hash, _) = hashes(token);
    let there = rows.row(&ERASURES, place(hash))?;
    let at = there.iter().position(|erased| erased.token == hash).unwrap_or_else(|| {
        there.push(Erased { token: hash, ..Erased::default() });
        there.len() - 1
    });
    let Some(erased) = there.get_mut(at) else { return Ok(()) };
    match merchant {
        None => erased.by_bank += 1,
        Some(merchant) => match erased.by_merchants.iter_mut().find(|(other, _)| other == merchant) {
            Some((_, count)) => *count += 1,
            None => erased.by_merchants.push((merchant.clone(), 1)),
        },
    }
    Ok(())
}

/// The number of a purchase's customer, as it was when the purchase was made. `is_purchase`: it is being made.
pub fn customer(rows: &mut Rows, whose: Whose, is_purchase: bool) -> Result<CustomerNumber, Error> {
    let (hash, number) = hashes(whose.token);
    let now = rows.get(&ERASURES, &place(hash))?.and_then(|there| there.iter().find(|erased| erased.token == hash)).map(|erased| Times {
        by_bank: erased.by_bank,
        by_merchant: erased.by_merchants.iter().find(|(other, _)| other == whose.merchant).map_or(0, |(_, count)| *count),
    });
    let times = match now {
        // Never erased, so neither before the purchase.
        None => Times::default(),
        Some(now) if is_purchase => {
            if now != Times::default() {
                rows.put(&PURCHASES, (whose.merchant.clone(), whose.payment.clone()), now)?;
            }
            now
        }
        Some(_) => rows.get(&PURCHASES, &(whose.merchant.clone(), whose.payment.clone()))?.copied().unwrap_or_default(),
    };
    let at_merchant = whose.scope == CustomerScope::Merchant || times.by_merchant > 0;
    if times == Times::default() && !at_merchant {
        return Ok(number);
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(whose.token.as_str().as_bytes());
    // No token has a zero byte, so the parts cannot be mistaken for each other.
    hasher.update(&[0, u8::from(whose.scope == CustomerScope::Merchant)]);
    hasher.update(&times.by_bank.to_be_bytes());
    hasher.update(&times.by_merchant.to_be_bytes());
    if at_merchant {
        hasher.update(whose.merchant.as_str().as_bytes());
    }
    Ok(u64::from_be_bytes(*hasher.finalize().as_bytes().first_chunk::<8>().unwrap_or(&[0; 8])))
}
