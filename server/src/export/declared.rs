//! Which accounts and currencies a form has declared already.
//!
//! Both tools want an account declared, and beancount wants it only once, so the names are kept: those of the houses, the
//! schemes and the partners all the time, and those of merchants for one partition, since a merchant lies in one. That is
//! the only thing an export keeps in memory; it grows with the accounts of a partition, not with its entries.

use super::account::Name;
use schemas::money::Currency;
use std::collections::{BTreeSet, HashSet};

/// What was declared.
#[derive(Debug, Default)]
pub struct Declared {
    shared: HashSet<Name>,
    of_partition: HashSet<Name>,
    currencies: BTreeSet<Currency>,
}

impl Declared {
    /// Whether an account was not declared before; it is now.
    pub fn account(&mut self, name: &Name) -> bool {
        let declared = if name.is_of_merchant() { &mut self.of_partition } else { &mut self.shared };
        !declared.contains(name) && declared.insert(name.clone())
    }

    /// Whether a currency was not declared before; it is now.
    pub fn currency(&mut self, currency: Currency) -> bool {
        self.currencies.insert(currency)
    }

    /// Forgets the accounts of merchants: they do not come again.
    pub fn next_partition(&mut self) {
        self.of_partition.clear();
    }
}
