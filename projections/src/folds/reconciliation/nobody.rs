//! Payments that stand at nothing under several references: nobody expects their entries, whichever pairs these are in.
//!
//! A sale and its void mostly have a reference each, so they are two pairs. While the two add up to nothing, and no line of either came,
//! both are left out; a line of one, or another entry, makes both of them expected again. So such a payment and its references keep who
//! expects them ([`Turn`]), and what tells otherwise, which is an entry of the payment or a line in a pair of one of its references, looks
//! at all of them. Once a payment has an item without a reference, all of it is one pair, which says by itself how it stands.
//!
//! Of a payment under more references than the fold walks over, or with one in a pair that is as large, nothing is kept but that: its pairs
//! are among those that an answer always looks at.

use super::item::{Expected, Item, Node, Turn};
use super::name::{NodeKey, Tag};
use super::pair::{Found, WALK_MAX, pair_of};
use super::{LINKS, NODES, links};
use crate::views::{Error, Rows};
use schemas::time::Date;
use std::collections::BTreeSet;

/// Under how many references a payment stands, or how many payments a reference names.
const fn count(node: &Node) -> u64 {
    node.more_links.saturating_add(node.links.len() as u64)
}

/// Whether an item under a reference may change who expects the entries of its payment, which has none without a reference. The sum of the
/// payment has the item already.
pub fn may_turn(payment: &Node, item: &Item) -> bool {
    let stands_at_nothing = item.is_ours() && payment.sum.0 == 0;
    match payment.turned.map(|turn| turn.by) {
        Some(Expected::Nobody | Expected::Unknown) => true,
        Some(Expected::Somebody) => stands_at_nothing || count(payment) >= WALK_MAX as u64,
        None => (stands_at_nothing && !payment.links.is_empty()) || count(payment) >= WALK_MAX as u64,
    }
}

/// Adds the payments under some references that stood at nothing.
pub fn payments(references: &[NodeKey], found: &mut BTreeSet<NodeKey>, rows: &mut Rows) -> Result<(), Error> {
    for reference in references {
        for link in links::of(reference, rows)? {
            let payment = NodeKey { tag: Tag::Payment, name: link.name, ..reference.clone() };
            if rows.get(&NODES, &payment)?.is_some_and(|node| node.turned.is_some() && node.first.is_none()) {
                found.insert(payment);
            }
        }
    }
    Ok(())
}

/// The references of some payments.
pub fn references(payments: &BTreeSet<NodeKey>, rows: &mut Rows) -> Result<BTreeSet<NodeKey>, Error> {
    let mut found = BTreeSet::new();
    for payment in payments {
        if rows.get(&NODES, payment)?.is_some_and(|node| node.turned.is_none_or(|turn| turn.by != Expected::Unknown)) {
            found.extend(links::of(payment, rows)?.into_iter().map(|link| NodeKey { tag: Tag::Reference, name: link.name, ..payment.clone() }));
        }
    }
    Ok(found)
}

/// Keeps who expects the entries of a payment, after an item came to the node of `key`.
pub fn turn(payment: &NodeKey, key: &NodeKey, date: Date, rows: &mut Rows) -> Result<(), Error> {
    let Some(node) = rows.get(&NODES, payment)?.filter(|node| node.first.is_none() && count(node) > 1) else { return Ok(()) };
    let (was, sum) = (node.turned.map(|turn| turn.by), node.sum.0);
    if was == Some(Expected::Unknown) {
        let node = rows.get(&NODES, key)?;
        let is_kept = node.is_some_and(|node| node.links.iter().any(|link| link.name == payment.name));
        let has_more = node.is_some_and(|node| node.more_links > 0);
        let is_of_it = is_kept || (has_more && rows.get(&LINKS, (key, payment.name.as_str()))?.is_some());
        return if is_of_it { set(key, Turn { date, by: Expected::Unknown }, rows) } else { Ok(()) };
    }
    let references: Vec<_> = links::of(payment, rows)?.into_iter().map(|link| NodeKey { tag: Tag::Reference, name: link.name, ..payment.clone() }).collect();
    let (mut is_told, mut is_unknown) = (false, references.len() > WALK_MAX);
    for reference in &references {
        match pair_of(reference, rows)? {
            Found::Nothing => {}
            Found::Pair(pair) => is_told |= pair.sides.theirs.count > 0,
            Found::Large => is_unknown = true,
        }
    }
    let by = match (is_unknown, sum == 0 && !is_told) {
        (true, _) => Expected::Unknown,
        (false, true) => Expected::Nobody,
        (false, false) => Expected::Somebody,
    };
    let has_turned = was != Some(by);
    if was.is_none() && by == Expected::Somebody {
        return Ok(());
    }
    if has_turned {
        rows.row(&NODES, payment)?.turned = Some(Turn { date, by });
    }
    for reference in &references {
        let Some(node) = rows.get(&NODES, reference)? else { continue };
        // A reference that was never of a payment at nothing is expected anyway.
        let is_concerned = by != Expected::Somebody || node.turned.is_some();
        if is_concerned && (has_turned || node.turned.is_none_or(|turn| turn.by != of_reference(node, by))) {
            set(reference, Turn { date, by }, rows)?;
        }
    }
    Ok(())
}

/// Who expects the entries under a reference, by one of its payments: of several, each counts by itself.
const fn of_reference(reference: &Node, by: Expected) -> Expected {
    if matches!(by, Expected::Nobody) && count(reference) > 1 { Expected::Somebody } else { by }
}

fn set(reference: &NodeKey, turn: Turn, rows: &mut Rows) -> Result<(), Error> {
    let node = rows.row(&NODES, reference)?;
    if node.turned.is_none_or(|turned| turned.by != Expected::Unknown) {
        node.turned = Some(Turn { by: of_reference(node, turn.by), ..turn });
    }
    Ok(())
}
