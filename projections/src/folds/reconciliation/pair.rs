//! What belongs together, and how it stands whatever the day and the configuration.
//!
//! Two items belong together by their reference where both have one, else by their payment; what is joined through others is one pair. So a
//! reference joins its items, and a payment joins its items to those of every reference that names it, once it has one without a reference.
//!
//! Nearly every pair is one node. The fold looks at what nodes come to, never at their items; of nodes that are joined it walks over
//! [`WALK_MAX`] at most, and keeps a larger pair among those that an answer looks at always.

use super::item::{Item, LINKS_MAX, Link, Node, NodeKey, PAYOUTS, Sides, Tag};
use super::{ANSWERED, ITEMS, LINKS, NODES, OPEN, sums};
use crate::views::{Error, Order, Rows};
use schemas::report::ReportKind;
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Nodes of a pair that the fold walks over.
const WALK_MAX: usize = 16;

/// Ours and theirs of a pair, in order. Payments that stand at nothing, and of which no line came, are left out: nobody expects them.
#[derive(Clone, Debug, Default)]
pub struct Standing<'a> {
    /// Entries.
    pub ours: Vec<&'a Item>,
    /// Lines.
    pub theirs: Vec<&'a Item>,
}

/// Tells the sides of a pair apart.
pub fn standing<'a>(items: impl IntoIterator<Item = &'a Item>) -> Standing<'a> {
    let (mut ours, theirs): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.is_ours());
    if theirs.is_empty() {
        let mut sums = BTreeMap::new();
        for item in &ours {
            *sums.entry(&item.payment).or_insert(0i128) += item.minor;
        }
        ours.retain(|item| item.payment.is_none() || sums.get(&item.payment).is_none_or(|sum| *sum != 0));
    }
    Standing { ours, theirs }
}

impl Standing<'_> {
    /// Whether both sides are in one currency.
    pub fn is_of_one_currency(&self) -> bool {
        let mut currencies = self.ours.iter().chain(&self.theirs).map(|item| item.currency);
        let first = currencies.next();
        currencies.all(|currency| Some(currency) == first)
    }

    /// What ours add up to, and theirs.
    pub fn sums(&self) -> (i128, i128) {
        let sum = |items: &[&Item]| items.iter().map(|item| item.minor).sum();
        (sum(&self.ours), sum(&self.theirs))
    }

    /// The fees of ours and of theirs, where both can be compared: every line has one.
    pub fn fees(&self) -> (Option<i128>, Option<i128>) {
        let sum = |items: &[&Item]| if items.is_empty() { None } else { items.iter().map(|item| item.fee).sum::<Option<i128>>() };
        (sum(&self.ours), sum(&self.theirs))
    }

    /// How many units an entry the fees are apart, rounded up.
    pub fn fees_apart(&self) -> u64 {
        let entries = self.ours.len().max(1) as u128;
        match self.fees() {
            (Some(ours), Some(theirs)) => u64::try_from(ours.abs_diff(theirs).div_ceil(entries)).unwrap_or(u64::MAX),
            _ => 0,
        }
    }
}

/// Why a pair is among those that answers look at. The numbers are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Open {
    /// It is a break whatever the day: by its currency, its amount, or a line too many.
    Break = 1,
    /// Entries without any answer: since each of their dates.
    Ours = 2,
    /// Lines, and nothing of ours: since the first came.
    Theirs = 3,
    /// Its fees are more than one unit an entry apart.
    Fees = 4,
    /// Its fees are one unit an entry apart.
    Rounding = 5,
    /// Fewer lines than entries: since the first entry.
    Partly = 6,
    /// It is not among the sums: not one entry, perhaps with one line that answers it.
    Odd = 7,
    /// It has more nodes than the fold walks over.
    Large = 8,
}

/// The rows that keep a pair among those that answers look at; one that is one entry is among the sums besides.
fn open_rows(source: &str, kind: ReportKind, pair: &Pair) -> Vec<(Open, Date)> {
    let sides = &pair.sides;
    let Some(first) = sides.first() else { return Vec::new() };
    let mut rows = Vec::new();
    if !pair.is_plain(source) {
        rows.push((Open::Odd, first));
    }
    let (ours, theirs) = (&sides.ours, &sides.theirs);
    if !sides.is_of_one_currency() {
        rows.push((Open::Break, first));
    } else if ours.count == 0 {
        rows.push((Open::Theirs, first));
    } else if theirs.count == 0 {
        // A payment that stands at nothing is expected by nobody; of several that share a reference each counts by itself.
        if ours.minor != 0 || pair.payments > 1 {
            rows.extend(sides.dates.iter().map(|date| (Open::Ours, *date)));
        }
    } else if source == PAYOUTS && !sides.is_answered_by_its_source() {
        rows.push((Open::Break, first));
    } else if ours.minor != theirs.minor {
        rows.push((if theirs.count < ours.count { Open::Partly } else { Open::Break }, first));
    } else if kind != ReportKind::Settlement {
        match sides.fees_apart() {
            0 => {}
            1 => rows.push((Open::Rounding, first)),
            _ => rows.push((Open::Fees, first)),
        }
    }
    rows
}

/// A pair as the fold sees it.
struct Pair {
    /// The first of its nodes, under which its rows stand.
    place: NodeKey,
    /// What its items come to.
    sides: Sides,
    /// How many payments its entries may be of.
    payments: usize,
    /// Of a pair of one node: the first item.
    first: Option<Item>,
}

impl Pair {
    /// Whether it is one entry of a payment, perhaps with one line that came no earlier and answers it: then it is among the sums.
    fn is_plain(&self, source: &str) -> bool {
        let (ours, theirs) = (&self.sides.ours, &self.sides.theirs);
        let is_one = self.first.as_ref().is_some_and(Item::is_ours) && ours.count == 1 && theirs.count <= 1 && source != PAYOUTS;
        let is_answered = ours.minor == theirs.minor && self.sides.is_of_one_currency() && self.sides.fees_apart() == 0;
        is_one && (theirs.count == 0 || (is_answered && ours.first <= theirs.first)) && (ours.minor != 0 || theirs.count > 0)
    }
}

/// What a node belongs to.
enum Found {
    /// Nothing: it has no items.
    Nothing,
    /// A pair.
    Pair(Box<Pair>),
    /// A pair of more nodes than the fold walks over.
    Large,
}

/// Whether a node may belong to a larger pair than itself.
fn joins(key: &NodeKey, node: &Node) -> bool {
    match key.tag {
        Tag::Reference => node.more_links > 0 || node.links.iter().any(|link| link.joined.is_some()),
        Tag::Payment => !node.links.is_empty(),
        Tag::Payout | Tag::Alone => false,
    }
}

/// The pair of a node.
fn pair_of(key: &NodeKey, rows: &mut Rows) -> Result<Found, Error> {
    let Some(node) = rows.get(&NODES, key)?.filter(|node| node.first.is_some()) else { return Ok(Found::Nothing) };
    if !joins(key, node) {
        let payments = if key.tag == Tag::Reference { node.links.len().max(1) } else { 1 };
        return Ok(Found::Pair(Box::new(Pair { place: key.clone(), sides: node.sides(), payments, first: node.first.clone() })));
    }
    let (mut seen, mut left, mut sides) = (BTreeSet::new(), vec![key.clone()], Sides::default());
    while let Some(at) = left.pop() {
        if seen.contains(&at) {
            continue;
        }
        let node = rows.get(&NODES, &at)?.cloned().unwrap_or_default();
        if node.more_links > 0 || seen.len() >= WALK_MAX {
            return Ok(Found::Large);
        }
        let other = if at.tag == Tag::Payment { Tag::Reference } else { Tag::Payment };
        let joined = node.links.iter().filter(|link| at.tag == Tag::Payment || link.joined.is_some());
        left.extend(joined.map(|link| NodeKey { tag: other, name: link.name.clone(), ..at.clone() }));
        sides.merge(&node.sides());
        seen.insert(at);
    }
    let payments = seen.iter().filter(|node| node.tag == Tag::Payment).count().max(1);
    let first = if seen.len() == 1 { rows.get(&NODES, key)?.and_then(|node| node.first.clone()) } else { None };
    let place = seen.into_iter().next().unwrap_or_else(|| key.clone());
    Ok(Found::Pair(Box::new(Pair { place, sides, payments, first })))
}

/// Adds an item to its node, and keeps what answers look at.
pub fn add(key: &NodeKey, item: Item, rows: &mut Rows) -> Result<(), Error> {
    let date = item.date;
    let payment = item.payment.as_ref().filter(|_| key.tag == Tag::Reference);
    let by_payment = payment.map(|payment| NodeKey { tag: Tag::Payment, name: payment.to_string(), ..key.clone() });
    // Nodes that the item may join to others, or that it is the first to make.
    let mut touched = vec![key.clone()];
    if let Some(by_payment) = &by_payment
        && rows.get(&NODES, by_payment)?.is_some_and(|node| node.first.is_some())
    {
        touched.push(by_payment.clone());
    }
    let makes_active = key.tag == Tag::Payment && rows.get(&NODES, key)?.is_none_or(|node| node.first.is_none());
    let references = if makes_active { links_of(key, rows)? } else { Vec::new() };
    touched.extend(references.iter().map(|link| NodeKey { tag: Tag::Reference, name: link.name.clone(), ..key.clone() }));
    keep(&touched, false, rows)?;
    if let Some(by_payment) = &by_payment {
        link(key, by_payment, date, rows)?;
    }
    if rows.row(&NODES, key)?.add(&item) {
        rows.append(&ITEMS, (key, item.entry), &Some(item))?;
    }
    for reference in references {
        join(&NodeKey { tag: Tag::Reference, name: reference.name, ..key.clone() }, &key.name, date, rows)?;
    }
    keep(&touched, true, rows)
}

/// Puts the rows of the pairs of some nodes among those that answers look at, or takes them away.
fn keep(nodes: &[NodeKey], is_there: bool, rows: &mut Rows) -> Result<(), Error> {
    let mut done = BTreeSet::new();
    for key in nodes {
        match pair_of(key, rows)? {
            Found::Nothing => {}
            // It stays so: a pair only grows.
            Found::Large if is_there => rows.put(&OPEN, (Open::Large as u8, key.source.clone(), Date::from_days(0), key.clone()), ())?,
            Found::Large => {}
            Found::Pair(pair) => {
                if !done.contains(&pair.place) {
                    keep_pair(&pair, is_there, rows)?;
                    done.insert(pair.place);
                }
            }
        }
    }
    Ok(())
}

fn keep_pair(pair: &Pair, is_there: bool, rows: &mut Rows) -> Result<(), Error> {
    let place = &pair.place;
    for (why, date) in open_rows(&place.source, place.kind, pair) {
        let key = (why as u8, place.source.clone(), date, place.clone());
        if is_there { rows.put(&OPEN, key, ())? } else { rows.remove(&OPEN, key)? }
    }
    let Some(first) = pair.first.as_ref().filter(|_| pair.is_plain(&place.source)) else { return Ok(()) };
    sums::count(place, first, &pair.sides, is_there, rows)?;
    if let (Some(booked), Some(came)) = (pair.sides.ours.first, pair.sides.theirs.first)
        && came > booked
    {
        let key = (place.source.clone(), gap(booked, came), booked, place.clone());
        if is_there { rows.put(&ANSWERED, key, ())? } else { rows.remove(&ANSWERED, key)? }
    }
    Ok(())
}

/// For how many days an entry had no answer: so many, or [`GAP_MAX`] and more.
pub fn gap(booked: Date, came: Date) -> u8 {
    u8::try_from(came.days() - booked.days()).unwrap_or(GAP_MAX)
}

/// The gap of everything that is longer.
pub const GAP_MAX: u8 = u8::MAX;

/// The links of a node, those that are rows of their own included.
fn links_of(key: &NodeKey, rows: &mut Rows) -> Result<Vec<Link>, Error> {
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
fn link(reference: &NodeKey, payment: &NodeKey, date: Date, rows: &mut Rows) -> Result<(), Error> {
    let known = rows.get(&NODES, reference)?;
    let is_kept = known.is_some_and(|node| node.links.iter().any(|link| link.name == payment.name));
    let has_more = known.is_some_and(|node| node.more_links > 0);
    if is_kept || (has_more && rows.get(&LINKS, (reference, payment.name.as_str()))?.is_some()) {
        return Ok(());
    }
    let active_since = rows.get(&NODES, payment)?.and_then(|node| node.first.as_ref()).map(|first| first.date);
    let joined = active_since.map(|since| since.max(date));
    put_link(payment, Link { name: reference.name.clone(), since: Some(date), joined: None }, rows)?;
    put_link(reference, Link { name: payment.name.clone(), since: Some(date), joined }, rows)
}

fn put_link(key: &NodeKey, link: Link, rows: &mut Rows) -> Result<(), Error> {
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
fn join(reference: &NodeKey, payment: &str, date: Date, rows: &mut Rows) -> Result<(), Error> {
    let node = rows.row(&NODES, reference)?;
    if let Some(link) = node.links.iter_mut().find(|link| link.name == payment) {
        link.joined = Some(date);
        return Ok(());
    }
    rows.update(&LINKS, (reference, payment), |link| link.joined = Some(date))
}
