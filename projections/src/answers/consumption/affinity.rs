//! Which shops, and which trades, share customers.
//!
//! For the bank: pairs of merchants, or of MCCs. For a merchant: itself against the other shops of each MCC that has at
//! least [`OTHER_SHOPS_MIN`] of them, never against one of them. Tokens that mean something at one merchant only are
//! customers of it, and in no pair. A pair is not the sum of other rows, so a row is left out for its own size alone.

use super::Told;
use super::gather::each_visitor;
use super::key::{Key, Value};
use super::query::{Audience, Query, ROWS_MAX};
use super::ratio::ratio;
use crate::answers::{Error, Shard};
use crate::folds::consumption::CustomerNumber;
use schemas::contract::CustomerScope;
use schemas::ids::MerchantId;
use std::collections::{BTreeMap, BTreeSet};

/// Other shops that an MCC must have for a merchant to be told of it.
pub const OTHER_SHOPS_MIN: usize = 3;
/// Pairs with a common customer that are counted at most, those left out included.
pub const PAIRS_MAX: usize = 2_000_000;

/// What is paired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AffinityKey {
    /// Merchants.
    #[default]
    Merchant,
    /// MCCs.
    Mcc,
}

impl AffinityKey {
    /// The key of this name.
    pub fn find(name: &str) -> Option<Self> {
        match name {
            "merchant" => Some(Self::Merchant),
            "mcc" => Some(Self::Mcc),
            _ => None,
        }
    }
}

/// A pair and its common customers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AffinityRow {
    /// The one: a merchant or an MCC.
    pub a: String,
    /// The other; for a merchant, an MCC.
    pub b: String,
    /// Customers of both.
    pub customers: u64,
    /// |A∩B| ÷ |A∪B| in units of 1/10000.
    pub jaccard: Option<i128>,
    /// |A∩B|·N ÷ (|A|·|B|) in hundredths.
    pub lift: Option<i128>,
}

/// A set of customers: of a merchant that asks (`false`, so that it is the first of its pairs), or of what else is paired.
type Set = (bool, String);

/// Customers of shops and trades, of one shard or of several.
#[derive(Default)]
struct Baskets {
    /// Who was where: number, whether it is a customer of the whole bank, and the sets it is in.
    customers: BTreeMap<CustomerNumber, Basket>,
    /// The shops of each set.
    shops: BTreeMap<Set, BTreeSet<MerchantId>>,
}

#[derive(Default)]
struct Basket {
    /// Sets with any visit.
    sets: BTreeSet<Set>,
    /// Whether the token means something everywhere.
    is_known_everywhere: bool,
}

impl Baskets {
    fn add(&mut self, customer: CustomerNumber, set: Set, merchant: &MerchantId, scope: CustomerScope) {
        let basket = self.customers.entry(customer).or_default();
        basket.is_known_everywhere |= scope == CustomerScope::Bank;
        self.shops.entry(set.clone()).or_default().insert(merchant.clone());
        basket.sets.insert(set);
    }

    /// Adds the baskets of another shard.
    fn merge(&mut self, other: Self) {
        for (customer, more) in other.customers {
            let basket = self.customers.entry(customer).or_default();
            basket.is_known_everywhere |= more.is_known_everywhere;
            basket.sets.extend(more.sets);
        }
        for (set, more) in other.shops {
            self.shops.entry(set).or_default().extend(more);
        }
    }
}

/// The pairs of shops or trades with common customers within the dates asked. A filter by what is paired chooses pairs,
/// every other one chooses visits. For a merchant `key` is not used.
///
/// # Errors
/// [`Error::TooManyRows`], and views that do not answer.
pub fn affinity(shards: &[Shard], query: &Query, key: AffinityKey) -> Result<Told<AffinityRow>, Error> {
    let own = match &query.audience {
        Audience::Bank => None,
        Audience::Merchant(merchant) => Some(merchant.clone()),
    };
    let paired = match (&own, key) {
        (None, AffinityKey::Merchant) => Key::Merchant,
        (None, AffinityKey::Mcc) | (Some(_), _) => Key::Mcc,
    };
    let chosen = query.filters.iter().find(|(key, _)| *key == paired).and_then(|(_, value)| match value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(_) | Value::Null => None,
    });
    let mut visits = query.clone();
    visits.audience = Audience::Bank;
    visits.filters.retain(|(key, _)| *key != paired && (own.is_none() || *key != Key::Merchant));
    let mut baskets = Baskets::default();
    for shard in shards {
        let mut more = Baskets::default();
        let within = visits.merchant();
        each_visitor(shard, &visits, within.as_ref(), |seen, customer, _, version| {
            if visits.matches(seen) {
                let set = match (paired, &own) {
                    (_, Some(own)) if own == seen.merchant => (false, own.to_string()),
                    (Key::Merchant, _) => (true, seen.merchant.to_string()),
                    _ => (true, seen.contract.mcc.clone()),
                };
                more.add(customer, set, seen.merchant, version.contract.customer_scope);
            }
            Ok(())
        })?;
        baskets.merge(more);
    }
    let chooses = |set: &Set| chosen.as_ref().is_none_or(|chosen| *chosen == set.1);
    let may_pair = |a: &Set, b: &Set| match own {
        Some(_) => !a.0 && chooses(b) && baskets.shops.get(b).is_some_and(|shops| shops.len() >= OTHER_SHOPS_MIN),
        None => chooses(a) || chooses(b),
    };
    rows(&baskets, query.k(), may_pair)
}

/// Counts and measures the pairs.
fn rows(baskets: &Baskets, k: usize, may_pair: impl Fn(&Set, &Set) -> bool) -> Result<Told<AffinityRow>, Error> {
    let mut sizes: BTreeMap<&Set, u64> = BTreeMap::new();
    let mut common: BTreeMap<(&Set, &Set), u64> = BTreeMap::new();
    for basket in baskets.customers.values() {
        for set in &basket.sets {
            *sizes.entry(set).or_insert(0) += 1;
        }
        if !basket.is_known_everywhere {
            continue;
        }
        for (at, a) in basket.sets.iter().enumerate() {
            for b in basket.sets.iter().skip(at + 1) {
                if may_pair(a, b) {
                    *common.entry((a, b)).or_insert(0) += 1;
                }
            }
        }
        if common.len() > PAIRS_MAX {
            return Err(Error::TooManyRows(ROWS_MAX));
        }
    }
    let everyone = baskets.customers.len() as u128;
    let size = |set: &Set| u128::from(sizes.get(set).copied().unwrap_or(0));
    let mut told = Told { rows: Vec::new(), suppressed: 0 };
    for ((a, b), customers) in common {
        if usize::try_from(customers).unwrap_or(usize::MAX) < k {
            told.suppressed += 1;
            continue;
        }
        if told.rows.len() == ROWS_MAX {
            return Err(Error::TooManyRows(ROWS_MAX));
        }
        let both = u128::from(customers);
        told.rows.push(AffinityRow {
            a: a.1.clone(),
            b: b.1.clone(),
            customers,
            jaccard: ratio(both, size(a) + size(b) - both, 10_000),
            lift: ratio(both * everyone, size(a) * size(b), 100),
        });
    }
    Ok(told)
}
