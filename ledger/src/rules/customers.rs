//! Customers' keys: what stands in the journal for a token, and how the way from a token to its key ends.
//!
//! A key is a function of the log, like everything here, so that every machine and every partition makes the same one:
//! BLAKE3, keyed by the ledger's opening (`derive_key` of the content of `ledger_opened`, which is the same record on every
//! partition), over
//!
//! | scope of the contract | the key is of |
//! |---|---|
//! | `bank` | token, erasures by the bank; after an erasure by a merchant, at that merchant also merchant and its erasures |
//! | `merchant` | token, merchant, erasures by either |
//!
//! What leads from a token to the key that it has now is one row: how often it was erased, by the bank or by one merchant,
//! under a hash of both. A row is written by an erasure only, an absent one says "never". While nothing was ever erased,
//! nobody looks; afterwards a bit for each hash that may have a row answers nearly always, without a read. Bounded:
//! [`HOT_MAX`] counts and [`FILTER_BITS`] bits of a partition.

use super::exact::broken;
use super::state::Erasures;
use crate::entry::CustomerKey;
use crate::source::{Changes, Error, Source, Table};
use hashbrown::HashMap;
use schemas::contract::CustomerScope;
use schemas::ids::{CustomerToken, MerchantId};

/// What separates these hashes from any other use of BLAKE3. It is part of every key, so it is for ever.
const CONTEXT: &str = "merchant-ledger 2026-11-25 customer keys v1";

/// How many counts are kept in memory.
const HOT_MAX: usize = 65_536;

/// Bits of the filter: with 40 000 erased tokens one of a hundred lookups is in vain. A power of two.
const FILTER_BITS: u32 = 1 << 22;

/// The keys of a partition's customers.
pub struct Customers {
    opening: [u8; 32],
    /// One bit for each hash whose row may be there; empty until something is erased.
    filter: Vec<u64>,
    hot: HashMap<u128, u32, foldhash::fast::FixedState>,
    dirty: Vec<u128>,
    scratch: Vec<u8>,
}

/// Who pays where: of whom a key is asked.
#[derive(Clone, Copy)]
pub struct Whose<'a> {
    /// The token that came.
    pub token: &'a CustomerToken,
    /// The merchant that it came to.
    pub merchant: &'a MerchantId,
    /// Where the token means something.
    pub scope: CustomerScope,
}

/// How often a token was erased, as a merchant sees it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Times {
    by_bank: u32,
    by_merchant: u32,
}

/// A hash of a token within a scope: where its count lies, and the key of a customer who was never erased. Neither follows
/// from the other.
#[derive(Clone, Copy)]
struct Hashed {
    row: u128,
    key: CustomerKey,
}

impl Customers {
    /// Reads back what was erased. `opening`: the content of `ledger_opened`.
    pub fn open(source: &dyn Source, opening: u128, erasures: &Erasures) -> Result<Self, Error> {
        let mut customers = Self { opening: [0; 32], filter: Vec::new(), hot: HashMap::default(), dirty: Vec::new(), scratch: Vec::new() };
        customers.opened(opening);
        if *erasures == Erasures::default() {
            return Ok(customers);
        }
        let mut broken = false;
        source.scan(Table::Customers, &[], &mut |key, _| match <[u8; 16]>::try_from(key) {
            Ok(key) => {
                customers.mark(u128::from_be_bytes(key));
                true
            }
            Err(_) => {
                broken = true;
                false
            }
        })?;
        if broken { Err(Error("a row of erased customers cannot be read".to_owned())) } else { Ok(customers) }
    }

    /// The ledger is opened by a record of this content.
    pub fn opened(&mut self, content: u128) {
        self.opening = blake3::derive_key(CONTEXT, &content.to_be_bytes());
    }

    /// The key that a token has now.
    pub fn key(&mut self, source: &dyn Source, erasures: &Erasures, whose: Whose) -> Result<CustomerKey, Error> {
        let own = (whose.scope == CustomerScope::Merchant).then_some(whose.merchant);
        let first = self.hashed(whose.scope, own, whose.token, Times::default());
        let by_bank = if erasures.by_bank == 0 {
            0
        } else {
            let row = if own.is_none() { first.row } else { self.bank_row(whose.token) };
            self.times(source, row)?
        };
        let by_merchant = if erasures.by_merchants == 0 {
            0
        } else {
            let row = if own.is_some() { first.row } else { self.merchant_row(whose.merchant, whose.token) };
            self.times(source, row)?
        };
        let times = Times { by_bank, by_merchant };
        if times == Times::default() {
            return Ok(first.key);
        }
        let own = own.or((by_merchant > 0).then_some(whose.merchant));
        Ok(self.hashed(whose.scope, own, whose.token, times).key)
    }

    /// Ends the key that a token has at a merchant; answers it.
    pub fn erase_at_merchant(&mut self, source: &dyn Source, erasures: &mut Erasures, whose: Whose) -> Result<CustomerKey, Error> {
        let ended = self.key(source, erasures, whose)?;
        let row = self.merchant_row(whose.merchant, whose.token);
        self.raise(source, row)?;
        erasures.by_merchants += 1;
        Ok(ended)
    }

    /// Ends every key that a token has, the bank's and its merchants'; answers the bank's.
    pub fn erase_everywhere(&mut self, source: &dyn Source, erasures: &mut Erasures, token: &CustomerToken) -> Result<CustomerKey, Error> {
        let first = self.hashed(CustomerScope::Bank, None, token, Times::default());
        let times = Times { by_bank: self.times(source, first.row)?, by_merchant: 0 };
        let ended = self.hashed(CustomerScope::Bank, None, token, times).key;
        self.raise(source, first.row)?;
        erasures.by_bank += 1;
        Ok(ended)
    }

    /// What changed since the last call.
    pub fn drain(&mut self, changes: &mut Changes) {
        for row in std::mem::take(&mut self.dirty) {
            let Some(times) = self.hot.get(&row) else { continue };
            changes.put(Table::Customers, &row.to_be_bytes(), &times.to_be_bytes());
        }
        if self.hot.len() > HOT_MAX {
            self.hot.clear();
        }
    }

    fn raise(&mut self, source: &dyn Source, row: u128) -> Result<(), Error> {
        let times = self.times(source, row)?;
        self.mark(row);
        let times = times.checked_add(1).ok_or_else(|| broken("a token that was erased 2^32 times"))?;
        self.hot.insert(row, times);
        self.dirty.push(row);
        Ok(())
    }

    /// How often the token of a row was erased.
    fn times(&mut self, source: &dyn Source, row: u128) -> Result<u32, Error> {
        if !self.is_marked(row) {
            return Ok(0);
        }
        if let Some(times) = self.hot.get(&row) {
            return Ok(*times);
        }
        let times = match source.get(Table::Customers, &row.to_be_bytes())? {
            None => 0,
            Some(bytes) => u32::from_be_bytes(bytes.try_into().map_err(|_| Error("a row of erased customers cannot be read".to_owned()))?),
        };
        self.hot.insert(row, times);
        Ok(times)
    }

    fn mark(&mut self, row: u128) {
        if self.filter.is_empty() {
            self.filter.resize(FILTER_BITS as usize / 64, 0);
        }
        let (word, bit) = place(row);
        if let Some(word) = self.filter.get_mut(word) {
            *word |= bit;
        }
    }

    fn is_marked(&self, row: u128) -> bool {
        let (word, bit) = place(row);
        self.filter.get(word).is_some_and(|word| word & bit != 0)
    }

    fn bank_row(&mut self, token: &CustomerToken) -> u128 {
        self.hashed(CustomerScope::Bank, None, token, Times::default()).row
    }

    /// One row, whatever scope the contract in force has: an erasure outlives a new contract.
    fn merchant_row(&mut self, merchant: &MerchantId, token: &CustomerToken) -> u128 {
        self.hashed(CustomerScope::Merchant, Some(merchant), token, Times::default()).row
    }

    fn hashed(&mut self, scope: CustomerScope, merchant: Option<&MerchantId>, token: &CustomerToken, times: Times) -> Hashed {
        let text = &mut self.scratch;
        text.clear();
        text.push(match scope {
            CustomerScope::Bank => 1,
            CustomerScope::Merchant => 2,
        });
        text.extend_from_slice(&times.by_bank.to_be_bytes());
        text.extend_from_slice(&times.by_merchant.to_be_bytes());
        text.extend_from_slice(merchant.map_or("", MerchantId::as_str).as_bytes());
        // No merchant has a zero byte, so the parts cannot be mistaken for each other.
        text.push(0);
        text.extend_from_slice(token.as_str().as_bytes());
        let hash = blake3::keyed_hash(&self.opening, text);
        let (row, rest) = hash.as_bytes().split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
        let key = rest.first_chunk::<8>().unwrap_or(&[0; 8]);
        Hashed { row: u128::from_be_bytes(*row), key: CustomerKey::new(u64::from_be_bytes(*key)) }
    }
}

/// The bit of a row: its word in the filter, and the bit in that.
const fn place(row: u128) -> (usize, u64) {
    let bit = (row >> 96) as u32 & (FILTER_BITS - 1);
    ((bit / 64) as usize, 1 << (bit % 64))
}
