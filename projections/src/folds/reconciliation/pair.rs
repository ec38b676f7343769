//! What belongs together, and how it stands whatever the day and the configuration.
//!
//! Two items belong together by their reference where both have one, else by their payment; what is joined through others is one pair. So a
//! reference joins its items, and a payment joins its items to those of every reference that names it, once it has one without a reference.
//!
//! Nearly every pair is one node. The fold looks at what nodes come to, never at their items; of nodes that are joined it walks over
//! [`WALK_MAX`] at most, and keeps a larger pair among those that an answer looks at always.

use super::item::{Expected, Item, Node, Side, Sides};
use super::name::{NodeKey, NodeName, PAYOUTS, Tag};
use super::open::{Seen, is_of_house};
use super::{ITEMS, NODES, OPEN, first, links, nobody, open, shelf, sums};
use crate::views::{Error, Rows};
use schemas::time::Date;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Nodes of a pair that the fold walks over.
pub const WALK_MAX: usize = 16;

/// A pair as the fold sees it.
pub struct Pair<'a> {
    /// The first of its nodes, under which its rows stand.
    pub place: Cow<'a, NodeKey>,
    /// What its items come to.
    pub sides: Sides,
    /// How many payments its entries may be of.
    pub payments: usize,
    /// Of the items that its nodes begin with, the one that came first.
    first: Option<Item>,
    /// Whether it is one node.
    is_alone: bool,
    /// Whether it stands on a shelf, and so needs no row to be found while it waits.
    pub is_shelved: bool,
    /// What other pairs say of who expects its entries.
    pub turns: Turns,
}

/// What other pairs say of who expects the entries of a pair.
#[derive(Clone, Debug, Default)]
pub struct Turns {
    /// When that last changed; `None`: they say nothing.
    pub last: Option<Date>,
    /// Whether nobody expects any of them.
    pub by_nobody: bool,
    /// Whether the fold does not know.
    pub is_unknown: bool,
    /// The references that they say it of.
    nodes: Vec<NodeKey>,
}

impl Turns {
    fn add(&mut self, key: &NodeKey, node: &Node) {
        if let Some(turn) = node.turned.filter(|_| key.tag == Tag::Reference) {
            self.last = self.last.max(Some(turn.date));
            self.is_unknown |= turn.by == Expected::Unknown;
            self.nodes.push(key.clone());
        }
    }

    fn of(key: &NodeKey, node: &Node) -> Self {
        let mut turns = Self { by_nobody: node.turned.is_some_and(|turn| turn.by == Expected::Nobody), ..Self::default() };
        turns.add(key, node);
        turns
    }
}

/// How a single pair is answered, whatever the day and the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// By nothing, or by a line of the same amount, with fees that are so many units apart: at most [`APART_TOLD`].
    Apart(u16),
    /// By a line of another amount.
    Amount,
    /// It is a line, and nothing of ours.
    Line,
}

/// Fees that are farther apart are not told by sums.
const APART_TOLD: u16 = 1_000;

impl Answer {
    /// The number on disk.
    pub const fn number(self) -> u16 {
        match self {
            Self::Apart(units) => units,
            Self::Amount => APART_TOLD + 1,
            Self::Line => APART_TOLD + 2,
        }
    }

    /// The answer of a number.
    pub const fn of_number(number: u16) -> Self {
        match number {
            units if units <= APART_TOLD => Self::Apart(units),
            number if number == APART_TOLD + 1 => Self::Amount,
            _ => Self::Line,
        }
    }
}

/// How a node by itself is answered, if it is single: one entry of a payment or payout, perhaps with one line that came no earlier; or one line
/// that is found by a reference or a payment. The first item is the one that came first.
fn answer(place: NodeName<'_>, first: &Item, sides: &Sides) -> Option<Answer> {
    let (ours, theirs) = (&sides.ours, &sides.theirs);
    if !first.is_ours() {
        let is_found = matches!(place.tag, Tag::Reference | Tag::Payment) && !is_of_house(place);
        return (is_found && ours.count == 0 && theirs.count == 1).then_some(Answer::Line);
    }
    if ours.count != 1 || theirs.count > 1 || ours.minor == 0 || theirs.first.is_some_and(|came| ours.first.is_some_and(|booked| came < booked)) {
        return None;
    }
    if theirs.count == 0 {
        return Some(Answer::Apart(0));
    }
    match (sides.is_of_one_currency(), ours.minor == theirs.minor) {
        (false, _) => None,
        (true, false) => Some(Answer::Amount),
        (true, true) => u16::try_from(sides.fees_apart()).ok().filter(|apart| *apart <= APART_TOLD).map(Answer::Apart),
    }
}

/// How a node is answered that is a single pair by itself and among the sums; `None` where it is not.
pub fn summed(key: &NodeKey, node: &Node) -> Option<Answer> {
    let first = node.first.as_ref().filter(|_| key.source != PAYOUTS && node.turned.is_none() && !joins(key.as_name(), node))?;
    answer(key.as_name(), first, &node.sides())
}

impl Pair<'_> {
    /// The first item of a pair that is one node.
    pub fn alone(&self) -> Option<&Item> {
        self.first.as_ref().filter(|_| self.is_alone)
    }

    /// How it is answered, if it is single.
    pub fn answer(&self) -> Option<Answer> {
        answer(self.place.as_name(), self.alone().filter(|_| self.turns.last.is_none())?, &self.sides)
    }

    /// Its day: our first booking date, else the date of the first line.
    pub fn day(&self) -> Option<Date> {
        let of_line = |item: &Item| match &item.side {
            Side::Theirs { date, .. } => *date,
            Side::Ours { .. } => item.date,
        };
        self.sides.ours.first.or_else(|| self.first.as_ref().map(of_line))
    }
}

/// What a node belongs to.
pub enum Found<'a> {
    /// Nothing: it has no items.
    Nothing,
    /// A pair.
    Pair(Box<Pair<'a>>),
    /// A pair of more nodes than the fold walks over.
    Large,
}

/// Whether a node may belong to a larger pair than itself.
pub fn joins(key: NodeName<'_>, node: &Node) -> bool {
    match key.tag {
        Tag::Reference => node.more_links > 0 || node.links.iter().any(|link| link.joined.is_some()),
        Tag::Payment => !node.links.is_empty(),
        Tag::Payout | Tag::Alone => false,
    }
}

/// The pair of a node.
pub fn pair_of<'a>(key: &'a NodeKey, rows: &mut Rows) -> Result<Found<'a>, Error> {
    let Some(node) = rows.get(&NODES, key)?.filter(|node| node.first.is_some()) else { return Ok(Found::Nothing) };
    if !joins(key.as_name(), node) {
        let payments = if key.tag == Tag::Reference { node.links.len().max(1) } else { 1 };
        return Ok(Found::Pair(Box::new(Pair {
            place: Cow::Borrowed(key),
            sides: node.sides(),
            payments,
            first: node.first.clone(),
            is_alone: true,
            is_shelved: node.shelf.is_some(),
            turns: Turns::of(key, node),
        })));
    }
    let (mut seen, mut left, mut sides, mut first) = (BTreeSet::new(), vec![key.clone()], Sides::default(), None::<Item>);
    let (mut payments, mut turns) = (BTreeSet::new(), Turns::default());
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
        match at.tag {
            Tag::Reference => payments.extend(node.links.iter().map(|link| link.name.clone())),
            Tag::Payment => payments.extend([at.name.clone()]),
            Tag::Payout | Tag::Alone => {}
        }
        turns.add(&at, &node);
        sides.merge(&node.sides());
        first = first.into_iter().chain(node.first).min_by_key(|item| item.entry);
        seen.insert(at);
    }
    let payments = payments.len().max(1);
    let is_alone = seen.len() == 1;
    let place = seen.into_iter().next().map_or(Cow::Borrowed(key), Cow::Owned);
    Ok(Found::Pair(Box::new(Pair { place, sides, payments, first, is_alone, is_shelved: false, turns })))
}

/// Adds an item to its node, and keeps what answers look at.
pub fn add(key: NodeName<'_>, item: Item, rows: &mut Rows) -> Result<(), Error> {
    match first::add(key, item, rows)? {
        Some(item) => add_to(&key.to_key(), item, rows),
        None => Ok(()),
    }
}

/// Adds an item to what there is: it is taken away, changed, and put back.
fn add_to(key: &NodeKey, item: Item, rows: &mut Rows) -> Result<(), Error> {
    let date = item.date;
    let payment = item.payment.as_ref().filter(|_| key.tag == Tag::Reference);
    let by_payment = payment.map(|payment| NodeKey { tag: Tag::Payment, name: payment.to_string(), ..key.clone() });
    // Nodes that the item may join to others, or that it is the first to make.
    let mut touched = vec![Cow::Borrowed(key)];
    // Payments of which it may say who expects them, wherever their entries stand.
    let mut turning = BTreeSet::new();
    if let Some(by_payment) = &by_payment
        && let Some(node) = rows.get(&NODES, by_payment)?
    {
        if node.first.is_some() {
            touched.push(Cow::Borrowed(by_payment));
        } else if nobody::may_turn(node, &item) {
            turning.insert(by_payment.clone());
        }
    }
    let makes_active = key.tag == Tag::Payment && rows.get(&NODES, key)?.is_none_or(|node| node.first.is_none());
    let references = if makes_active { links::of(key, rows)? } else { Vec::new() };
    touched.extend(references.iter().map(|link| Cow::Owned(NodeKey { tag: Tag::Reference, name: link.name.clone(), ..key.clone() })));
    let mut done = BTreeSet::new();
    let turned = keep(&touched, false, !turning.is_empty(), &mut done, rows)?;
    nobody::payments(&turned, &mut turning, rows)?;
    let beside: Vec<_> = nobody::references(&turning, rows)?.into_iter().map(Cow::Owned).collect();
    keep(&beside, false, true, &mut done, rows)?;
    if let Some(by_payment) = &by_payment {
        links::link(key, by_payment, date, rows)?;
    }
    if rows.row(&NODES, key)?.add(&item) {
        rows.append(&ITEMS, (key, item.entry), &Some(item))?;
    }
    for reference in references {
        links::join(&NodeKey { tag: Tag::Reference, name: reference.name, ..key.clone() }, &key.name, date, rows)?;
    }
    turning.iter().try_for_each(|payment| nobody::turn(payment, key, date, rows))?;
    touched.extend(beside);
    keep(&touched, true, false, &mut BTreeSet::new(), rows)?;
    Ok(())
}

/// Puts the rows of the pairs of some nodes among those that answers look at, or takes them away; not of those that are done. Answers the
/// references of these pairs that others say something of. Where `has_more`, more nodes come to be done.
fn keep<'n>(
    nodes: &'n [Cow<'n, NodeKey>],
    is_there: bool,
    has_more: bool,
    done: &mut BTreeSet<Cow<'n, NodeKey>>,
    rows: &mut Rows,
) -> Result<Vec<NodeKey>, Error> {
    let mut turned = Vec::new();
    if is_there {
        nodes.iter().try_for_each(|key| shelf::keep(key.as_name(), rows))?;
    }
    for key in nodes {
        match pair_of(key, rows)? {
            Found::Nothing => {}
            // It stays so: a pair only grows.
            Found::Large if is_there => rows.put(&OPEN, open::large(key), Seen::default())?,
            Found::Large => {}
            Found::Pair(mut pair) => {
                if !done.contains(&pair.place) {
                    keep_pair(&pair, is_there, rows)?;
                    turned.append(&mut pair.turns.nodes);
                    // Of one node there is one pair, which is nearly always so.
                    if nodes.len() > 1 || has_more || pair.turns.last.is_some() {
                        done.insert(pair.place);
                    }
                }
            }
        }
    }
    Ok(turned)
}

fn keep_pair(pair: &Pair<'_>, is_there: bool, rows: &mut Rows) -> Result<(), Error> {
    let (place, answer) = (&pair.place, pair.answer());
    let calendar = match answer {
        Some(_) => sums::calendar(pair.alone(), rows)?,
        None => sums::Calendar::NONE,
    };
    let calendar = calendar.as_str();
    let seen = Seen { last: pair.sides.last(), report: pair.sides.theirs.report };
    for key in open::rows(pair, calendar) {
        if is_there { rows.put(&OPEN, key, seen)? } else { rows.remove(&OPEN, key)? }
    }
    match (pair.alone(), answer) {
        (Some(first), Some(answer)) if place.source != PAYOUTS => sums::count(place.as_name(), first, &pair.sides, (answer, calendar), is_there, rows),
        _ => Ok(()),
    }
}
