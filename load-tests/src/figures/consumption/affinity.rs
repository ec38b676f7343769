//! Pairs of merchants or MCCs with common customers.

use super::{Range, Row, estimate};
use crate::figures::ratio::ratio;
use serde_json::{Map, json};
use std::collections::{BTreeMap, BTreeSet};

/// Every pair that has a customer in common. Tokens that are scoped to a merchant are its customers, and of its MCC, but
/// in no pair.
pub fn affinity(range: &Range, key: &str) -> Vec<Row> {
    let (mut everyone, mut scoped, mut sets) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::<String, BTreeSet<String>>::new());
    for purchase in range.purchases() {
        let Some(customer) = &purchase.customer else { continue };
        everyone.insert(customer.clone());
        sets.entry(purchase.value(key).as_str().unwrap_or_default().to_owned()).or_default().insert(customer.clone());
        if purchase.is_scoped {
            scoped.insert(customer.clone());
        }
    }
    let count = |set: usize| i128::try_from(set).unwrap_or(i128::MAX);
    let mut rows = Vec::new();
    for (a, of_a) in &sets {
        for (b, of_b) in sets.iter().filter(|(b, _)| *b > a) {
            let common: BTreeSet<String> = of_a.intersection(of_b).filter(|customer| !scoped.contains(*customer)).cloned().collect();
            if common.is_empty() {
                continue;
            }
            let (both, either) = (count(common.len()), count(of_a.union(of_b).count()));
            let told = Map::from_iter([
                ("a".to_owned(), json!(a)),
                ("b".to_owned(), json!(b)),
                ("customers".to_owned(), estimate(common.len())),
                ("jaccard".to_owned(), json!(ratio(both, either, 4))),
                ("lift".to_owned(), json!(ratio(both * count(everyone.len()), count(of_a.len()) * count(of_b.len()), 2))),
            ]);
            rows.push(Row { keys: vec![json!(a), json!(b)], currency: None, customers: common, told });
        }
    }
    rows
}
