//! The pairs of a partition: every one, those that are not among the sums, or those that somebody closed.
//!
//! Payouts are known by their book until the configuration says which bank reports of it; lines of a bank that name a payout which exactly
//! one merchant has are matched with it, wherever they are. Lines of `@house` that a merchant has, too, are not counted.

use super::component::{Component, component, items, node};
use super::context::Context;
use super::house;
use super::nobody::{by_nobody, perhaps};
use crate::answers::{Error, Shard};
use crate::folds::reconciliation::{
    HOUSE, Item, NODES, Node, NodeKey, OPEN, Open, OpenKey, PAYOUT_OWNERS, PAYOUTS, Seen, Side, Tag, places, source_of_book, summed,
};
use crate::views::{Key, Order, Within};
use schemas::ids::{MerchantId, PaymentId, PayoutId};
use schemas::report::ReportKind;
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Items that belong together.
#[derive(Clone, Debug)]
pub struct Group {
    /// The partition of ours, and of theirs that are not of the house.
    pub partition: u32,
    /// Of whom the lines are that the house has, and where: by their hashes.
    pub of_house: BTreeMap<u64, u32>,
    /// The merchant, or [`HOUSE`].
    pub owner: String,
    /// Who reports.
    pub source: String,
    /// What it is about.
    pub kind: ReportKind,
    /// The payout that it is about.
    pub payout: Option<String>,
    /// The event of the house that it is about.
    pub event: Option<String>,
    /// Ours and theirs, in order.
    pub items: Vec<Item>,
    /// One of its nodes, where it has some.
    pub place: Option<NodeKey>,
    /// Payments whose entries nobody may expect, see [`perhaps`].
    pub perhaps: BTreeMap<PaymentId, i128>,
    /// Payments whose entries nobody expects as of the date.
    pub by_nobody: BTreeSet<PaymentId>,
}

impl Group {
    /// Items of an owner, a source and a kind.
    pub fn new(partition: u32, (owner, source, kind): (String, String, ReportKind), items: Vec<Item>) -> Self {
        let (of_house, perhaps, by_nobody) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Self { partition, of_house, owner, source, kind, payout: None, event: None, items, place: None, perhaps, by_nobody }
    }
}

/// Which pairs are looked at.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// These merchants only, and not the house.
    pub owners: Option<BTreeSet<String>>,
    /// Which of theirs.
    pub which: Which,
}

/// Which pairs of their owners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// Every pair.
    #[default]
    All,
    /// Those that are not among the sums by dates.
    Odd,
    /// Of those that are among the sums, the ones that somebody closed.
    Closed,
}

impl Scope {
    /// Whether it is one of these.
    pub fn has(&self, owner: &str) -> bool {
        self.owners.as_ref().is_none_or(|owners| owners.contains(owner))
    }
}

/// Lines of the house that name a payout of one merchant: by the partition and name of that merchant, and the payout.
pub type HousePayouts = BTreeMap<(u32, String, String), Vec<(u32, Item)>>;

/// Of lines of the house, those that no merchant has.
fn unclaimed(context: &Context<'_>, items: Vec<Item>) -> Result<Vec<Item>, Error> {
    let mut left = Vec::with_capacity(items.len());
    for item in items {
        let is_claimed = match &item.side {
            Side::Theirs { hash, .. } => context.is_claimed(*hash)?,
            Side::Ours { .. } => false,
        };
        if !is_claimed {
            left.push(item);
        }
    }
    Ok(left)
}

/// Which merchants have a payout of an id.
fn owners_of(context: &Context<'_>, payout: &str) -> Result<Vec<(u32, String)>, Error> {
    let Some(id) = PayoutId::new(payout) else { return Ok(Vec::new()) };
    let mut owners = Vec::new();
    for shard in context.shards {
        for row in shard.snapshot.scan::<_, (PayoutId, MerchantId), Option<Date>>(&PAYOUT_OWNERS, &id, Order::Ascending)? {
            let ((_, merchant), since) = row?;
            if since.is_some_and(|since| since <= context.until) {
                owners.push((shard.partition, merchant.to_string()));
            }
        }
    }
    Ok(owners)
}

/// The lines of the house that name a payout, with the one merchant that has it.
pub fn house_payouts(context: &Context<'_>) -> Result<HousePayouts, Error> {
    let mut found = HousePayouts::new();
    for shard in context.shards {
        for row in shard.snapshot.scan::<_, NodeKey, Node>(&NODES, &(HOUSE.to_owned(), PAYOUTS.to_owned()), Order::Ascending)? {
            let (key, node) = row?;
            let lines = items(shard, &key, node)?.into_iter().filter(|item| item.date <= context.until).collect();
            if let [(partition, merchant)] = owners_of(context, &key.name)?.as_slice() {
                let place = found.entry((*partition, merchant.clone(), key.name)).or_default();
                place.extend(unclaimed(context, lines)?.into_iter().map(|line| (shard.partition, line)));
            }
        }
    }
    Ok(found)
}

/// Visits the pairs of a partition.
pub fn each(
    context: &Context<'_>,
    shard: &Shard<'_>,
    scope: &Scope,
    payouts: &HousePayouts,
    visit: &mut dyn FnMut(Group) -> Result<(), Error>,
) -> Result<(), Error> {
    match scope.which {
        Which::All => every(context, shard, scope, payouts, visit)?,
        Which::Odd => candidates(context, shard, odd(context, shard)?, scope, payouts, visit)?,
        Which::Closed => return candidates(context, shard, closed(context, shard)?, scope, payouts, visit),
    }
    of_the_house(context, shard, scope, payouts, visit)
}

/// Visits the pairs of the house's settlements, and payouts that lines of the house name: no index has them.
pub fn of_the_house(
    context: &Context<'_>,
    shard: &Shard<'_>,
    scope: &Scope,
    payouts: &HousePayouts,
    visit: &mut dyn FnMut(Group) -> Result<(), Error>,
) -> Result<(), Error> {
    if scope.has(HOUSE) {
        house::each(context, shard, visit)?;
    }
    answered_by_house(context, shard, scope, payouts, visit)
}

/// Visits all pairs.
fn every(
    context: &Context<'_>,
    shard: &Shard<'_>,
    scope: &Scope,
    payouts: &HousePayouts,
    visit: &mut dyn FnMut(Group) -> Result<(), Error>,
) -> Result<(), Error> {
    let prefixes: Vec<Vec<u8>> = match &scope.owners {
        None => vec![Vec::new()],
        Some(owners) => owners.iter().map(Key::bytes).collect(),
    };
    // Nodes of pairs that have others, once they were visited.
    let mut joined = BTreeSet::new();
    for prefix in prefixes {
        let within = Within { below: after(&prefix), from: Some(prefix).filter(|prefix| !prefix.is_empty()) };
        for row in shard.snapshot.range::<_, NodeKey, Node>(&NODES, &(), within, Order::Ascending)? {
            let (key, node) = row?;
            node_pairs(context, shard, (key, node), &mut joined, payouts, visit)?;
        }
    }
    Ok(())
}

/// Visits the pairs of some nodes, once each.
fn candidates(
    context: &Context<'_>,
    shard: &Shard<'_>,
    nodes: Vec<NodeKey>,
    scope: &Scope,
    payouts: &HousePayouts,
    visit: &mut dyn FnMut(Group) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    nodes.into_iter().filter(|key| scope.has(&key.owner)).try_for_each(|key| pairs_of(context, shard, key, payouts, &mut seen, visit))
}

/// Visits the pair of a node, unless it was seen. What is one pair now may have been several.
pub fn pairs_of(
    context: &Context<'_>,
    shard: &Shard<'_>,
    key: NodeKey,
    payouts: &HousePayouts,
    seen: &mut BTreeSet<NodeKey>,
    visit: &mut dyn FnMut(Group) -> Result<(), Error>,
) -> Result<(), Error> {
    if seen.contains(&key) {
        return Ok(());
    }
    let joined = if context.is_past { component(shard, &key, Date::from_days(i32::MAX))?.nodes } else { BTreeSet::from([key]) };
    for key in joined {
        if !seen.contains(&key) {
            let mut whole = component(shard, &key, context.until)?;
            seen.append(&mut whole.nodes);
            if !whole.items.is_empty() {
                groups(context, shard, &key, whole, payouts, visit)?;
            }
        }
    }
    Ok(())
}

/// The end of the keys that begin with some bytes: a text in a key ends with a zero byte.
fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let (_, text) = prefix.split_last()?;
    Some([text, &[1]].concat())
}

/// The pair of a node, where no other node of it came before.
fn node_pairs(
    context: &Context<'_>,
    shard: &Shard<'_>,
    (key, node): (NodeKey, Node),
    joined: &mut BTreeSet<NodeKey>,
    payouts: &HousePayouts,
    visit: &mut dyn FnMut(Group) -> Result<(), Error>,
) -> Result<(), Error> {
    if node.first.as_ref().is_none_or(|first| first.date > context.until) {
        return Ok(());
    }
    let may_join = match key.tag {
        Tag::Reference => node.more_links > 0 || node.links.iter().any(|link| link.joined.is_some_and(|joined| joined <= context.until)),
        Tag::Payment => !node.links.is_empty(),
        Tag::Payout | Tag::Alone => false,
    };
    if !may_join {
        let links = node.links.iter().filter(|_| node.turned.is_some() && key.tag == Tag::Reference);
        let turned = links.map(|link| link.name.clone()).collect();
        let items = items(shard, &key, node)?.into_iter().filter(|item| item.date <= context.until).collect();
        return groups(context, shard, &key, Component { items, turned, ..Component::default() }, payouts, visit);
    }
    if joined.contains(&key) {
        return Ok(());
    }
    let mut whole = component(shard, &key, context.until)?;
    if whole.nodes.len() > 1 {
        joined.append(&mut whole.nodes);
    }
    groups(context, shard, &key, whole, payouts, visit)
}

/// Nodes of pairs that are not among the sums.
pub fn odd(context: &Context<'_>, shard: &Shard<'_>) -> Result<Vec<NodeKey>, Error> {
    let mut found = Vec::new();
    for why in [Open::Large, Open::Odd, Open::Payout] {
        for row in shard.snapshot.scan::<_, OpenKey, Seen>(&OPEN, &(why as u8), Order::Ascending)? {
            let (key, _) = row?;
            if why == Open::Large || key.day() <= context.until {
                found.push(key.place);
            }
        }
    }
    Ok(found)
}

/// Nodes of pairs that are among the sums, and that somebody closed.
fn closed(context: &Context<'_>, shard: &Shard<'_>) -> Result<Vec<NodeKey>, Error> {
    let mut found = BTreeSet::new();
    for place in context.closed_ids().flat_map(|id| places(id)) {
        if summed(&place, &node(shard, &place)?).is_some() {
            found.insert(place);
        }
    }
    Ok(found.into_iter().collect())
}

/// Payouts that lines of the house name.
fn answered_by_house(
    context: &Context<'_>,
    shard: &Shard<'_>,
    scope: &Scope,
    payouts: &HousePayouts,
    visit: &mut dyn FnMut(Group) -> Result<(), Error>,
) -> Result<(), Error> {
    for ((_, merchant, payout), lines) in payouts.iter().filter(|((partition, ..), _)| *partition == shard.partition) {
        if !scope.has(merchant) || lines.is_empty() {
            continue;
        }
        let key = NodeKey { owner: merchant.clone(), source: PAYOUTS.to_owned(), kind: ReportKind::Payout, tag: Tag::Payout, name: payout.clone() };
        let items: Vec<Item> = items(shard, &key, node(shard, &key)?)?.into_iter().filter(|item| item.date <= context.until).collect();
        payout_groups(context, shard, &key, items, Some(lines), visit)?;
    }
    Ok(())
}

/// The pairs of a component: one, or of a payout one a source.
fn groups(
    context: &Context<'_>,
    shard: &Shard<'_>,
    key: &NodeKey,
    whole: Component,
    payouts: &HousePayouts,
    visit: &mut dyn FnMut(Group) -> Result<(), Error>,
) -> Result<(), Error> {
    let Component { items, turned, .. } = whole;
    let is_house = key.owner == HOUSE;
    if key.source == PAYOUTS {
        if is_house {
            // What one merchant has is its own.
            if owners_of(context, &key.name)?.len() == 1 {
                return Ok(());
            }
            return payout_groups(context, shard, key, unclaimed(context, items)?, None, visit);
        }
        // Those that lines of the house answer are visited by themselves.
        let is_answered = payouts.get(&(shard.partition, key.owner.clone(), key.name.clone())).is_some_and(|lines| !lines.is_empty());
        return if is_answered { Ok(()) } else { payout_groups(context, shard, key, items, None, visit) };
    }
    let items = if is_house { unclaimed(context, items)? } else { items };
    if items.is_empty() {
        return Ok(());
    }
    let perhaps = perhaps(&items, &turned);
    let by_nobody = by_nobody(context, shard, key, &perhaps, context.until)?;
    let of = (key.owner.clone(), key.source.clone(), key.kind);
    visit(Group { place: Some(key.clone()), perhaps, by_nobody, ..Group::new(shard.partition, of, items) })
}

/// The pairs of a payout: of the source that reports of its book, and of each other source that has lines of it.
fn payout_groups(
    context: &Context<'_>,
    shard: &Shard<'_>,
    key: &NodeKey,
    items: Vec<Item>,
    of_house: Option<&Vec<(u32, Item)>>,
    visit: &mut dyn FnMut(Group) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut by_source: BTreeMap<String, (Vec<Item>, BTreeMap<u64, u32>)> = BTreeMap::new();
    for item in items {
        let source = match &item.side {
            Side::Ours { book, .. } => source_of_book(book).or_else(|| context.terms.bank_of(book, item.currency).map(str::to_owned)),
            Side::Theirs { source, .. } => Some(source.clone()),
        };
        if let Some(source) = source {
            by_source.entry(source).or_default().0.push(item);
        }
    }
    for (partition, line) in of_house.into_iter().flatten() {
        let Side::Theirs { source, hash, .. } = &line.side else { continue };
        let place = by_source.entry(source.clone()).or_default();
        place.1.insert(*hash, *partition);
        place.0.push(line.clone());
    }
    for (source, (items, of_house)) in by_source {
        let (of, payout) = ((key.owner.clone(), source, key.kind), Some(key.name.clone()));
        visit(Group { of_house, payout, ..Group::new(shard.partition, of, items) })?;
    }
    Ok(())
}
