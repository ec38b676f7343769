//! Links between references and payments that an item names both: in the nodes of both, and beside them where they have no room for more.

use super::item::{LINKS_MAX, Link};
use super::name::{NodeKey, NodeName};
use super::{LINKS, NODES};
use crate::views::{Error, Order, Rows};
use schemas::time::Date;

/// The links of a node, those that are rows of their own included.
pub fn of(key: &NodeKey, rows: &mut Rows) -> Result<Vec<Link>, Error> {
    let Some(node) = rows.get(&NODES, key)? else { return Ok(Vec::new()) };
    let (mut links, more) = (node.links.clone(), node.more_links);
    if more > 0 {
        rows.scan(&LINKS, key, Order::Ascending, |_: (NodeKey, String), link| {
            links.push(link.clone());
            true
        })?;
    }
    Ok(links)
}

/// Links a reference and a payment, once.
pub fn link(reference: &NodeKey, payment: &NodeKey, date: Date, rows: &mut Rows) -> Result<(), Error> {
    let known = rows.get(&NODES, reference)?;
    let is_kept = known.is_some_and(|node| node.links.iter().any(|link| link.name == payment.name));
    let has_more = known.is_some_and(|node| node.more_links > 0);
    if is_kept || (has_more && rows.get(&LINKS, (reference, payment.name.as_str()))?.is_some()) {
        return Ok(());
    }
    let active_since = rows.get(&NODES, payment)?.and_then(|node| node.first.as_ref()).map(|first| first.date);
    let joined = active_since.map(|since| since.max(date));
    put(payment.as_name(), Link { name: reference.name.clone(), since: Some(date), joined: None }, rows)?;
    put(reference.as_name(), Link { name: payment.name.clone(), since: Some(date), joined }, rows)
}

/// Keeps a link in its node, or beside it where that has no room for more.
pub fn put(key: NodeName<'_>, link: Link, rows: &mut Rows) -> Result<(), Error> {
    let node = rows.row(&NODES, key)?;
    if node.links.len() < LINKS_MAX {
        node.links.push(link);
        return Ok(());
    }
    node.more_links += 1;
    let name = link.name.clone();
    rows.put(&LINKS, (key, name.as_str()), link)
}

/// A payment has an item without a reference from a date on: its references join it.
pub fn join(reference: &NodeKey, payment: &str, date: Date, rows: &mut Rows) -> Result<(), Error> {
    let node = rows.row(&NODES, reference)?;
    if let Some(link) = node.links.iter_mut().find(|link| link.name == payment) {
        link.joined = Some(date);
        return Ok(());
    }
    rows.update(&LINKS, (reference, payment), |link| link.joined = Some(date))
}
