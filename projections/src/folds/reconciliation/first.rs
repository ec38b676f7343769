//! An entry of ours that is the first item of its node.
//!
//! Nearly every entry is: a sale is of a new payment, and its line comes later. There is no pair yet that would be taken away before and
//! put back after, and what comes of it follows from the item alone: the node, its name on a shelf, and what waits for an answer. The rows
//! are those that [`super::pair::add`] makes of it otherwise.

use super::item::{Item, Link, Node, Side};
use super::name::{NodeName, PAYOUTS, Tag};
use super::open::Open;
use super::shelf::{self, Shelved};
use super::{NODES, links, nobody, sums};
use crate::views::{Error, Rows};

/// Adds an item where it is such a one, and otherwise gives it back.
pub fn add(key: NodeName<'_>, item: Item, rows: &mut Rows) -> Result<Option<Item>, Error> {
    let Some(by_payment) = is_first(key, &item, rows)? else { return Ok(Some(item)) };
    let links = match by_payment {
        Some(by_payment) => {
            let link = |name: &str| Link { name: name.to_owned(), since: Some(item.date), joined: None };
            links::put(by_payment, link(key.name), rows)?;
            vec![link(by_payment.name)]
        }
        None => Vec::new(),
    };
    begin(key, item, links, rows)?;
    Ok(None)
}

/// Begins a node that nothing is in: with an item of ours of a payment, whose amount is not nothing.
pub fn begin(key: NodeName<'_>, item: Item, links: Vec<Link>, rows: &mut Rows) -> Result<(), Error> {
    let shelf = wait(key, &item, rows)?;
    let node = rows.row(&NODES, key)?;
    (node.first, node.links, node.shelf) = (Some(item), links, Some(shelf));
    Ok(())
}

/// Begins a node that is not there, with an item of ours that is the only one of a payment; `sum` is what ours add up to.
pub fn begin_payment(key: NodeName<'_>, item: Item, sum: (i128, i128), rows: &mut Rows) -> Result<(), Error> {
    let shelf = Some(wait(key, &item, rows)?);
    rows.begin(&NODES, key, Node { first: Some(item), sum, shelf, ..Node::default() })
}

/// Puts an item where those stand that wait for an answer; answers the number of its shelf.
fn wait(key: NodeName<'_>, item: &Item, rows: &mut Rows) -> Result<u64, Error> {
    let calendar = sums::calendar(Some(item), rows)?;
    let name = Shelved { by_payment: key.tag == Tag::Payment, name: key.name.to_owned(), report: 0 };
    let shelf = shelf::put(key, (Open::Ours as u8, calendar.as_str(), -item.date.days()), name, rows)?;
    sums::expect(key, item, calendar.as_str(), rows)?;
    Ok(shelf)
}

/// Whether a node has no item, and nothing is linked to it.
pub const fn is_empty(node: &Node) -> bool {
    node.first.is_none() && node.links.is_empty()
}

/// Whether nothing is in the node of an item of ours that waits for a line, and nothing is linked to it; then with the node of its payment,
/// which it is to be linked to, where it has a reference.
fn is_first<'a>(key: NodeName<'a>, item: &'a Item, rows: &mut Rows) -> Result<Option<Option<NodeName<'a>>>, Error> {
    let is_awaited = matches!(item.side, Side::Ours { .. }) && item.minor != 0 && key.source != PAYOUTS && matches!(key.tag, Tag::Reference | Tag::Payment);
    if !is_awaited || rows.get(&NODES, key)?.is_some_and(|node| !is_empty(node)) {
        return Ok(None);
    }
    let payment = item.payment.as_ref().filter(|_| key.tag == Tag::Reference);
    let Some(by_payment) = payment.map(|payment| NodeName { tag: Tag::Payment, name: payment.as_str(), ..key }) else { return Ok(Some(None)) };
    // What stands under the payment joins the reference, and what makes nothing of it says something of its other references.
    let says_more = rows.get(&NODES, by_payment)?.is_some_and(|node| node.first.is_some() || nobody::may_turn(node, item));
    Ok((!says_more).then_some(Some(by_payment)))
}
