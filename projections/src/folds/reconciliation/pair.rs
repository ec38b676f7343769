//! What belongs together, and how it stands whatever the day and the configuration.
//!
//! Two items belong together by their reference where both have one, else by their payment; what is joined through others is one pair. So a
//! reference joins its items, and a payment joins its items to those of every reference that names it, once it has one without a reference.

use super::item::{Item, Link, Node, NodeKey, PAYOUTS, Side, Tag};
use super::{NODES, OPEN};
use crate::views::{Error, Rows};
use schemas::event::Book;
use schemas::report::ReportKind;
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Where nodes are read from: a fold's rows, or a snapshot.
pub trait Look {
    /// What goes wrong when a node is read.
    type Error;
    /// The node of a name; an empty one where there is none.
    fn node(&mut self, key: &NodeKey) -> Result<Node, Self::Error>;
}

/// The rows of a fold.
pub struct InRows<'a>(pub &'a mut Rows);

impl Look for InRows<'_> {
    type Error = Error;
    fn node(&mut self, key: &NodeKey) -> Result<Node, Error> {
        Ok(self.0.get(&NODES, key)?.cloned().unwrap_or_default())
    }
}

/// The nodes that hold the pair of a node as of a date, and its items in the order in which they came.
///
/// # Errors
/// What the nodes cannot be read for.
pub fn component<L: Look>(look: &mut L, from: &NodeKey, until: Date) -> Result<(BTreeSet<NodeKey>, Vec<Item>), L::Error> {
    let (mut seen, mut items, mut left) = (BTreeSet::new(), Vec::new(), vec![from.clone()]);
    while let Some(key) = left.pop() {
        if seen.contains(&key) {
            continue;
        }
        let node = look.node(&key)?;
        let is_there = node.items.iter().any(|item| item.date <= until);
        for link in node.links.iter().filter(|link| link.since <= until) {
            let (tag, joins) = match key.tag {
                Tag::Reference => (Tag::Payment, link.joined.is_some_and(|joined| joined <= until)),
                Tag::Payment => (Tag::Reference, is_there),
                Tag::Payout | Tag::Alone => continue,
            };
            if joins {
                left.push(NodeKey { tag, name: link.name.clone(), ..key.clone() });
            }
        }
        items.extend(node.items.into_iter().filter(|item| item.date <= until));
        seen.insert(key);
    }
    items.sort_by_key(|item| item.entry);
    Ok((seen, items))
}

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

/// Why a pair is among the open ones. The numbers are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// It is a break whatever the day: by its currency, its amount, or a line too many.
    Break = 1,
    /// An entry has no answer: since its date.
    Ours = 2,
    /// Lines, and nothing of ours: since the first came.
    Theirs = 3,
    /// Its fees are more than one unit an entry apart.
    Fees = 4,
    /// Its fees are one unit an entry apart.
    Rounding = 5,
    /// An entry has no answer, but others of its pair have: since its date, also before the source's first line.
    OursInPart = 6,
}

/// The rows that keep a pair among the open ones; none where it is settled.
pub fn open_rows(source: &str, items: &[Item]) -> Vec<(Open, Date)> {
    let Standing { ours, theirs } = &standing(items);
    let of = Standing { ours: ours.clone(), theirs: theirs.clone() };
    let Some(first) = ours.iter().chain(theirs).map(|item| item.date).min() else { return Vec::new() };
    if ours.is_empty() {
        return vec![(Open::Theirs, first)];
    }
    if theirs.is_empty() {
        let dates: BTreeSet<Date> = ours.iter().map(|item| item.date).collect();
        return dates.into_iter().map(|date| (Open::Ours, date)).collect();
    }
    if !of.is_of_one_currency() || (source == PAYOUTS && !is_answered_by_its_source(&of)) {
        return vec![(Open::Break, first)];
    }
    let (sum, their_sum) = of.sums();
    if sum == their_sum {
        return match of.fees_apart() {
            0 => Vec::new(),
            1 => vec![(Open::Rounding, first)],
            _ => vec![(Open::Fees, first)],
        };
    }
    match ours.get(theirs.len()) {
        Some(unanswered) => vec![(Open::OursInPart, unanswered.date)],
        None => vec![(Open::Break, first)],
    }
}

/// Whether a payout's lines are all of one source, and of the kind that reports of its book.
fn is_answered_by_its_source(of: &Standing<'_>) -> bool {
    let source = |item: &&Item| match &item.side {
        Side::Theirs { source, .. } => Some(source.clone()),
        Side::Ours { .. } => None,
    };
    let sources: BTreeSet<String> = of.theirs.iter().filter_map(source).collect();
    let (Some(only), 1) = (sources.first(), sources.len()) else { return false };
    of.ours.iter().all(|item| match &item.side {
        Side::Ours { book: Book::Bank, .. } => only.starts_with("bank:"),
        Side::Ours { book: Book::Psp(psp), .. } => only.strip_prefix("psp:") == Some(psp.as_str()),
        Side::Theirs { .. } => true,
    })
}

/// Adds an item to its node, and keeps what is open.
pub fn add(key: &NodeKey, item: Item, rows: &mut Rows) -> Result<(), Error> {
    let far = Date::from_days(i32::MAX);
    // What it may join, as it stood before.
    let mut touched = vec![key.clone()];
    let payment = item.payment.as_ref().map(|payment| NodeKey { tag: Tag::Payment, name: payment.to_string(), ..key.clone() });
    let by_payment = payment.filter(|_| key.tag == Tag::Reference);
    touched.extend(by_payment.clone());
    if key.tag == Tag::Payment {
        let links = rows.get(&NODES, key)?.map(|node| node.links.clone()).unwrap_or_default();
        touched.extend(links.into_iter().map(|link| NodeKey { tag: Tag::Reference, name: link.name, ..key.clone() }));
    }
    let mut done = BTreeSet::new();
    for node in &touched {
        if done.contains(node) {
            continue;
        }
        let (nodes, items) = component(&mut InRows(rows), node, far)?;
        keep(&nodes, &items, false, rows)?;
        done.extend(nodes);
    }
    let date = item.date;
    if let Some(by_payment) = &by_payment {
        link(key, by_payment, date, rows)?;
    }
    let is_first = {
        let node = rows.row(&NODES, key)?;
        node.items.push(item);
        node.items.len() == 1
    };
    if key.tag == Tag::Payment && is_first {
        for reference in touched.iter().skip(1) {
            let node = rows.row(&NODES, reference)?;
            node.links.iter_mut().filter(|link| link.name == key.name).for_each(|link| link.joined = Some(date));
        }
    }
    let mut done = BTreeSet::new();
    for node in &touched {
        if done.contains(node) {
            continue;
        }
        let (nodes, items) = component(&mut InRows(rows), node, far)?;
        keep(&nodes, &items, true, rows)?;
        done.extend(nodes);
    }
    Ok(())
}

/// Links a reference and a payment, once.
fn link(reference: &NodeKey, payment: &NodeKey, date: Date, rows: &mut Rows) -> Result<(), Error> {
    let is_linked = rows.get(&NODES, reference)?.is_some_and(|node| node.links.iter().any(|link| link.name == payment.name));
    if is_linked {
        return Ok(());
    }
    let of_payment = rows.row(&NODES, payment)?;
    let joined = of_payment.items.first().map(|first| first.date.max(date));
    of_payment.links.push(Link { name: reference.name.clone(), since: date, joined: None });
    rows.row(&NODES, reference)?.links.push(Link { name: payment.name.clone(), since: date, joined });
    Ok(())
}

/// Puts the rows of a pair among the open ones, or takes them away. They stand under the first of its nodes that has items.
fn keep(nodes: &BTreeSet<NodeKey>, items: &[Item], is_there: bool, rows: &mut Rows) -> Result<(), Error> {
    let Some(first) = nodes.first() else { return Ok(()) };
    // Fees of other kinds than sales are compared as well; a settlement has none.
    let compared = first.kind != ReportKind::Settlement;
    for (why, date) in open_rows(&first.source, items) {
        if !compared && matches!(why, Open::Fees | Open::Rounding) {
            continue;
        }
        let key = (why as u8, first.source.clone(), date, first.clone());
        if is_there { rows.put(&OPEN, key, ())? } else { rows.remove(&OPEN, key)? }
    }
    Ok(())
}
