//! Payments that stand at nothing as of a date, and of which no line came: nobody expects their entries, in whichever pairs these are.

use super::component::{items, links, node, walk};
use super::context::Context;
use crate::answers::{Error, Shard};
use crate::folds::reconciliation::{Item, NodeKey, Tag};
use schemas::ids::PaymentId;
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Places of a payment, from which on it is asked of once: so many pairs may ask.
const MANY: usize = 6;

/// Payments of a pair whose entries nobody may expect, and what they add up to in it: those that stand at nothing in it, or that other
/// pairs may say something of (`turned`), where no line is in it.
pub fn perhaps(items: &[Item], turned: &BTreeSet<String>) -> BTreeMap<PaymentId, i128> {
    let is_one = turned.is_empty() && items.len() == 1 && items.iter().all(|item| item.minor != 0);
    if is_one || items.iter().any(|item| !item.is_ours()) {
        return BTreeMap::new();
    }
    let mut sums = BTreeMap::new();
    for item in items {
        if let Some(payment) = &item.payment {
            *sums.entry(payment).or_insert(0) += item.minor;
        }
    }
    sums.into_iter().filter(|(payment, sum)| *sum == 0 || turned.contains(payment.as_str())).map(|(payment, sum)| (payment.clone(), sum)).collect()
}

/// Of some payments those whose entries nobody expects as of a date. `place` is a node of their pair.
pub fn by_nobody(
    context: &Context<'_>,
    shard: &Shard<'_>,
    place: &NodeKey,
    perhaps: &BTreeMap<PaymentId, i128>,
    until: Date,
) -> Result<BTreeSet<PaymentId>, Error> {
    let mut found = BTreeSet::new();
    for (payment, sum) in perhaps {
        let key = NodeKey { tag: Tag::Payment, name: payment.to_string(), ..place.clone() };
        if is_by_nobody(context, shard, (key, payment, *sum), until)? {
            found.insert(payment.clone());
        }
    }
    Ok(found)
}

/// Whether all ours of a payment add up to nothing, and no pair that has an item of it has a line. `sum` is what they add up to in a pair
/// that has none.
fn is_by_nobody(context: &Context<'_>, shard: &Shard<'_>, (key, payment, sum): (NodeKey, &PaymentId, i128), until: Date) -> Result<bool, Error> {
    let of_payment = node(shard, &key)?;
    if sum != 0 && of_payment.turned.is_none() {
        return Ok(false);
    }
    let links = links(shard, &key, &of_payment, until)?;
    let is_here = links.len() + usize::from(of_payment.first.is_some()) <= 1;
    if is_here {
        return Ok(sum == 0);
    }
    let at = (shard.partition, key, until);
    if let Some(known) = context.by_nobody(&at) {
        return Ok(known);
    }
    let references = links.into_iter().map(|link| NodeKey { tag: Tag::Reference, name: link.name, ..at.1.clone() });
    let places: Vec<NodeKey> = std::iter::once(at.1.clone()).chain(references).collect();
    let is_of_now = !context.is_past && until >= context.until;
    let stands = if is_of_now { of_payment.sum.0 } else { standing(shard, payment, &places, until)? };
    let found = stands == 0 && !is_told(shard, &places, until)?;
    if places.len() > MANY {
        context.know_by_nobody(at, found);
    }
    Ok(found)
}

/// What ours of a payment add up to in some places.
fn standing(shard: &Shard<'_>, payment: &PaymentId, places: &[NodeKey], until: Date) -> Result<i128, Error> {
    let mut sum = 0;
    for place in places {
        let own = |item: &&Item| item.is_ours() && item.date <= until && item.payment.as_ref() == Some(payment);
        sum += items(shard, place, node(shard, place)?)?.iter().filter(own).map(|item| item.minor).sum::<i128>();
    }
    Ok(sum)
}

/// Whether a line is in a pair of some places.
fn is_told(shard: &Shard<'_>, places: &[NodeKey], until: Date) -> Result<bool, Error> {
    let (mut seen, mut is_told) = (BTreeSet::new(), false);
    for place in places {
        if !is_told && !seen.contains(place) {
            let mut nodes = walk(shard, place, until, |_, node, _| {
                is_told |= node.sides().theirs.first.is_some_and(|came| came <= until);
                Ok(())
            })?;
            seen.append(&mut nodes);
        }
    }
    Ok(is_told)
}
