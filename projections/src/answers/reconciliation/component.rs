//! What belongs together as of a date, read from a snapshot.

use crate::answers::{Error, Shard};
use crate::folds::reconciliation::{ITEMS, Item, LINKS, Link, NODES, Node, NodeKey, Tag};
use crate::views::Order;
use schemas::time::Date;
use std::collections::BTreeSet;

/// The node of a name; an empty one where there is none.
pub fn node(shard: &Shard<'_>, key: &NodeKey) -> Result<Node, Error> {
    Ok(shard.snapshot.get(&NODES, key)?.unwrap_or_default())
}

/// All items of a node, in the order in which they came.
pub fn items(shard: &Shard<'_>, key: &NodeKey, node: Node) -> Result<Vec<Item>, Error> {
    let mut items: Vec<Item> = node.first.into_iter().collect();
    if node.sides.is_some() {
        for row in shard.snapshot.scan::<_, (NodeKey, u64), Option<Item>>(&ITEMS, key, Order::Ascending)? {
            items.extend(row?.1);
        }
    }
    Ok(items)
}

/// The links of a node as of a date.
pub fn links(shard: &Shard<'_>, key: &NodeKey, node: &Node, until: Date) -> Result<Vec<Link>, Error> {
    let mut links = node.links.clone();
    if node.more_links > 0 {
        for row in shard.snapshot.scan::<_, (NodeKey, String), Link>(&LINKS, key, Order::Ascending)? {
            links.push(row?.1);
        }
    }
    links.retain(|link| link.since.is_some_and(|since| since <= until));
    Ok(links)
}

/// What belongs together as of a date.
#[derive(Clone, Debug, Default)]
pub struct Component {
    /// The nodes that hold it.
    pub nodes: BTreeSet<NodeKey>,
    /// Its items in the order in which they came.
    pub items: Vec<Item>,
    /// Payments of which other pairs may say who expects them.
    pub turned: BTreeSet<String>,
}

/// The pair of a node as of a date.
pub fn component(shard: &Shard<'_>, from: &NodeKey, until: Date) -> Result<Component, Error> {
    let (mut all, mut turned) = (Vec::new(), BTreeSet::new());
    let nodes = walk(shard, from, until, |key, node, links| {
        if node.turned.is_some() && key.tag == Tag::Reference {
            turned.extend(links.iter().map(|link| link.name.clone()));
        }
        all.extend(items(shard, key, node)?.into_iter().filter(|item| item.date <= until));
        Ok(())
    })?;
    all.sort_by_key(|item: &Item| item.entry);
    Ok(Component { nodes, items: all, turned })
}

/// Visits the nodes that hold the pair of a node as of a date, with their links.
pub fn walk(
    shard: &Shard<'_>,
    from: &NodeKey,
    until: Date,
    mut visit: impl FnMut(&NodeKey, Node, &[Link]) -> Result<(), Error>,
) -> Result<BTreeSet<NodeKey>, Error> {
    let (mut seen, mut left) = (BTreeSet::new(), vec![from.clone()]);
    while let Some(key) = left.pop() {
        if seen.contains(&key) {
            continue;
        }
        let node = node(shard, &key)?;
        // Items come in the order of their dates.
        let is_there = node.first.as_ref().is_some_and(|first| first.date <= until);
        let links = links(shard, &key, &node, until)?;
        for link in &links {
            let (tag, joins) = match key.tag {
                Tag::Reference => (Tag::Payment, link.joined.is_some_and(|joined| joined <= until)),
                Tag::Payment => (Tag::Reference, is_there),
                Tag::Payout | Tag::Alone => continue,
            };
            if joins {
                left.push(NodeKey { tag, name: link.name.clone(), ..key.clone() });
            }
        }
        visit(&key, node, &links)?;
        seen.insert(key);
    }
    Ok(seen)
}
