//! Which shops, and which trades, share customers.
//!
//! For the bank: pairs of merchants, or of MCCs. For a merchant: itself against the other shops of each MCC that has at
//! least [`OTHER_SHOPS_MIN`] of them, never against one of them. Tokens that mean something at one merchant only are
//! customers of it, and in no pair. A pair is not the sum of other rows, so a row is left out for its own size alone.

use super::Told;
use super::crowd::Count;
use super::key::{Key, Value};
use super::query::{Audience, Query, ROWS_MAX};
use super::read::each_change;
use crate::answers::ratio::ratio_of;
use crate::answers::{Cut, Error, Shard};
use crate::folds::consumption::Shop;
use crate::views;
use datasketches::tuple::{SummaryPolicy, SummaryUpdatePolicy, TupleEntry, TupleSketch, TupleSketchBuilder};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
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
    pub customers: Count,
    /// |A∩B| ÷ |A∪B| in units of 1/10000.
    pub jaccard: Option<i128>,
    /// |A∩B|·N ÷ (|A|·|B|) in hundredths.
    pub lift: Option<i128>,
}

/// A set of customers: of a merchant that asks (`false`, so that it is the first of its pairs), or of what else is paired.
type Set = (bool, String);

/// The binary logarithm of the customers up to which pairs are exact; above, they are those of a sample.
const EXACT_BITS: u8 = 20;

/// What is known of a customer.
#[derive(Clone, Debug, Default)]
struct Basket {
    /// The sets with any visit, ascending.
    sets: Vec<usize>,
    /// Whether the token means something everywhere.
    is_known_everywhere: bool,
}

/// Keeps a customer's basket.
#[derive(Debug)]
struct Baskets;

impl SummaryPolicy for Baskets {
    type Summary = Basket;

    fn create(&self) -> Basket {
        Basket::default()
    }
}

impl SummaryUpdatePolicy<(usize, CustomerScope)> for Baskets {
    fn update(&self, basket: &mut Basket, (set, scope): (usize, CustomerScope)) {
        basket.is_known_everywhere |= scope == CustomerScope::Bank;
        if let Err(place) = basket.sets.binary_search(&set) {
            basket.sets.insert(place, set);
        }
    }
}

/// A set and its shops.
struct Members {
    set: Set,
    shops: BTreeSet<MerchantId>,
}

/// The sets, by number.
#[derive(Default)]
struct Sets {
    places: BTreeMap<Set, usize>,
    all: Vec<Members>,
    /// The set that each contract version of the shard at hand is in.
    known: HashMap<u64, usize, FixedState>,
}

impl Sets {
    /// The set of a shop; `of` tells it where it is not known yet.
    fn place(&mut self, contract: u64, shop: &Shop, of: impl FnOnce() -> Set) -> usize {
        if let Some(place) = self.known.get(&contract) {
            return *place;
        }
        let set = of();
        let place = *self.places.entry(set.clone()).or_insert(self.all.len());
        if place == self.all.len() {
            self.all.push(Members { set, shops: BTreeSet::new() });
        }
        if let Some(members) = self.all.get_mut(place) {
            members.shops.insert(shop.merchant.clone());
        }
        self.known.insert(contract, place);
        place
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
    if own.is_some() {
        // It is told of other shops, too, but never of one of them.
        visits.cut = Cut::default();
    }
    visits.filters.retain(|(key, _)| *key != paired && (own.is_none() || *key != Key::Merchant));
    let mut sets = Sets::default();
    let sketch = TupleSketchBuilder::new(Baskets).lg_k(EXACT_BITS).build();
    let mut baskets = sketch.map_err(|error| views::Error::Corrupt(format!("a sketch cannot be made: {error}")))?;
    for shard in shards {
        sets.known.clear();
        each_change(shard, &visits, |seen, change| {
            let Some(customer) = change.customer else { return Ok(()) };
            let set = sets.place(change.contract, seen.shop, || match (paired, &own) {
                (_, Some(own)) if *own == seen.shop.merchant => (false, own.to_string()),
                (Key::Merchant, _) => (true, seen.shop.merchant.to_string()),
                _ => (true, seen.shop.mcc.clone()),
            });
            baskets.update(customer.bits(), (set, seen.shop.customer_scope));
            Ok(())
        })?;
    }
    baskets.trim();
    let chooses = |set: &Set| chosen.as_ref().is_none_or(|chosen| *chosen == set.1);
    let may_pair = |a: &Members, b: &Members| match own {
        Some(_) => !a.set.0 && chooses(&b.set) && b.shops.len() >= OTHER_SHOPS_MIN,
        None => chooses(&a.set) || chooses(&b.set),
    };
    rows(&baskets, &sets, query.k(), may_pair)
}

/// Counts and measures the pairs.
fn rows(baskets: &TupleSketch<Baskets>, sets: &Sets, k: usize, may_pair: impl Fn(&Members, &Members) -> bool) -> Result<Told<AffinityRow>, Error> {
    let mut sizes = vec![0u64; sets.all.len()];
    let mut common: HashMap<(usize, usize), u64, FixedState> = HashMap::default();
    let set_at = |place: usize| sets.all.get(place);
    for basket in baskets.iter().map(TupleEntry::summary) {
        for set in &basket.sets {
            if let Some(size) = sizes.get_mut(*set) {
                *size += 1;
            }
        }
        if !basket.is_known_everywhere {
            continue;
        }
        for (at, one) in basket.sets.iter().enumerate() {
            for other in basket.sets.iter().skip(at + 1) {
                let (Some(a), Some(b)) = (set_at(*one), set_at(*other)) else { continue };
                let (pair, first, second) = if a.set <= b.set { ((*one, *other), a, b) } else { ((*other, *one), b, a) };
                if may_pair(first, second) {
                    *common.entry(pair).or_insert(0) += 1;
                }
            }
        }
        if common.len() > PAIRS_MAX {
            return Err(Error::TooManyRows(ROWS_MAX));
        }
    }
    let everyone = baskets.num_retained() as u128;
    let size = |set: usize| u128::from(sizes.get(set).copied().unwrap_or(0));
    let mut told = Told { rows: Vec::new(), suppressed: 0 };
    for ((a, b), both) in common {
        // In a sample, too, k of them stand behind a pair.
        let customers = Count::sampled(both, baskets.theta64());
        let (Some(one), Some(other)) = (set_at(a), set_at(b)) else { continue };
        if usize::try_from(both).unwrap_or(usize::MAX) < k {
            told.suppressed += 1;
            continue;
        }
        if told.rows.len() == ROWS_MAX {
            return Err(Error::TooManyRows(ROWS_MAX));
        }
        let both = u128::from(both);
        told.rows.push(AffinityRow {
            a: one.set.1.clone(),
            b: other.set.1.clone(),
            customers,
            jaccard: ratio_of(both, size(a) + size(b) - both, 10_000),
            lift: ratio_of(both * everyone, size(a) * size(b), 100),
        });
    }
    told.rows.sort_unstable_by(|one, other| (&one.a, &one.b).cmp(&(&other.a, &other.b)));
    Ok(told)
}
