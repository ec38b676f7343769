//! Pairs as the accounting's page says: every item is asked whether it belongs to every other one, and every payment how it stands.

use projections::folds::reconciliation::{FIRST, ITEMS, Item, NODES, Node, NodeKey};
use projections::views::{Order, Snapshot};
use schemas::money::Currency;
use schemas::report::ReportKind;
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Whose item it is, who reports, and what it is about.
type Of = (String, String, ReportKind);
/// How many pairs, ours, and theirs, by source, kind and currency.
pub type Sums = BTreeMap<(String, String, String), (i64, i128, i128)>;

/// Every item that was folded, and since when the smallest date of a source's lines is which.
pub struct Items {
    items: Vec<(Of, Item)>,
    firsts: Vec<(String, Date, Date)>,
}

impl Items {
    pub fn read(snapshot: &Snapshot) -> Self {
        let of = |key: NodeKey| (key.owner, key.source, key.kind);
        let mut items = Vec::new();
        for row in snapshot.scan::<_, NodeKey, Node>(&NODES, &(), Order::Ascending).expect("nodes") {
            let (key, node) = row.expect("a node");
            items.extend(node.first.map(|item| (of(key), item)));
        }
        for row in snapshot.scan::<_, (NodeKey, u64), Option<Item>>(&ITEMS, &(), Order::Ascending).expect("items") {
            let ((key, _), item) = row.expect("an item");
            items.push((of(key), item.expect("one")));
        }
        items.sort_by_key(|(_, item)| item.entry);
        let firsts = snapshot.scan::<_, (String, Date), Option<Date>>(&FIRST, &(), Order::Ascending).expect("dates").map(|row| {
            let ((source, since), date) = row.expect("a date");
            (source, since, date.expect("one"))
        });
        let firsts = firsts.collect();
        Self { items, firsts }
    }

    /// What all pairs come to as of a date; `None`: now.
    pub fn sums(&self, as_of: Option<Date>) -> Sums {
        let is_known = |date: Date| as_of.is_none_or(|as_of| date <= as_of);
        let first = |source: &str| self.firsts.iter().filter(|(of, since, _)| of == source && is_known(*since)).map(|(.., date)| *date).min();
        let items: Vec<&(Of, Item)> = self.items.iter().filter(|(_, item)| is_known(item.date)).collect();
        let pairs = pairs(&items);
        // Payments that stand at nothing, and of which no line came.
        let (mut stands, mut told) = (BTreeMap::new(), BTreeSet::new());
        for pair in &pairs {
            let is_told = pair.iter().any(|(_, item)| !item.is_ours());
            for (of, item) in pair {
                let Some(payment) = &item.payment else { continue };
                if item.is_ours() {
                    *stands.entry((of, payment)).or_insert(0) += item.minor;
                }
                if is_told {
                    told.insert((of, payment));
                }
            }
        }
        let by_nobody = |of: &Of, item: &Item| {
            item.payment.as_ref().is_some_and(|payment| item.is_ours() && stands.get(&(of, payment)) == Some(&0) && !told.contains(&(of, payment)))
        };
        let mut sums = Sums::new();
        for pair in &pairs {
            let is_told = pair.iter().any(|(_, item)| !item.is_ours());
            let is_expected = |(of, item): &&(Of, Item)| !by_nobody(of, item) && (is_told || first(&of.1).is_some_and(|first| item.date >= first));
            let left: Vec<_> = pair.iter().copied().filter(is_expected).collect();
            let lead = left.iter().find(|(_, item)| item.is_ours()).or(left.first());
            let Some((of, lead)) = lead else { continue };
            let is_of_one = left.iter().all(|(_, item)| item.currency == lead.currency);
            let sum =
                |ours: bool| left.iter().filter(|(_, item)| item.is_ours() == ours && item.currency == lead.currency).map(|(_, item)| item.minor).sum::<i128>();
            let currency: Currency = lead.currency;
            let row = sums.entry((of.1.clone(), of.2.as_str().to_owned(), currency.code().to_owned())).or_default();
            *row = (row.0 + 1, row.1 + sum(true), row.2 + if is_of_one { sum(false) } else { 0 });
        }
        sums
    }
}

fn belong((of, one): &(Of, Item), (of_other, other): &(Of, Item)) -> bool {
    of == of_other
        && match (&one.reference, &other.reference) {
            (Some(one), Some(other)) => one == other,
            _ => one.payment.is_some() && one.payment == other.payment,
        }
}

fn pairs<'a>(items: &[&'a (Of, Item)]) -> Vec<Vec<&'a (Of, Item)>> {
    let mut groups: Vec<Vec<&(Of, Item)>> = Vec::new();
    for item in items {
        let (joined, rest): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.iter().any(|other| belong(other, item)));
        groups = rest;
        let mut joined: Vec<_> = joined.concat();
        joined.push(item);
        joined.sort_by_key(|(_, item)| item.entry);
        groups.push(joined);
    }
    groups
}
