//! Checks a tree against the table of its shapes, and names the first member that is wrong.

use super::content;
use super::fault::{self, shown};
use super::tree::Node;
use crate::contract::Percent;
use crate::event::Book;
use crate::ids::Reference;
use crate::money::{AmountError, Currency, parse_scaled};
use crate::report::ReportSource;
use crate::time::{Date, OccurredAt};
use crate::wire::shape::{Charset, Kind, Member, Shape, is_time_zone, payout};

/// Where something is wrong, as `contract.rates[1].percent`, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    pub path: String,
    pub why: String,
}

impl Bad {
    /// From a path and a sentence.
    pub fn new(path: &str, why: &str) -> Self {
        Self { path: path.into(), why: why.into() }
    }
}

/// Checks the members of an object. Members that are not in the table are ignored.
pub fn members(table: &[Member], node: &Node<'_>, path: &str, currency: Option<Currency>) -> Result<(), Bad> {
    if !matches!(node, Node::Object(_)) {
        return Err(Bad::new(path, "must be an object"));
    }
    for member in table {
        let path = format!("{path}.{}", member.name);
        match node.get(member.name) {
            Some(node) => shape(&member.shape, node, &path, currency)?,
            None if member.required => return Err(Bad::new(&path, "is needed")),
            None => {}
        }
    }
    Ok(())
}

fn shape(shape: &Shape, node: &Node<'_>, path: &str, currency: Option<Currency>) -> Result<(), Bad> {
    match (shape, node) {
        (Shape::Object(record), _) => members(record.members, node, path, currency),
        (Shape::Tagged(union), Node::Object(_)) => tagged(union.kinds, node, path, currency),
        (Shape::List(of), Node::List(elements)) => {
            elements.iter().enumerate().try_for_each(|(index, element)| self::shape(of, element, &format!("{path}[{index}]"), currency))
        }
        (Shape::Names { max }, Node::Object(names)) => names.iter().try_for_each(|(name, node)| self::names(*max, node, &format!("{path}.{name}"))),
        (Shape::Flag, Node::Flag(_)) => Ok(()),
        (Shape::Whole { min, max }, Node::Number(text)) => match content::whole(text) {
            Some(number) if (*min..=*max).contains(&number) => Ok(()),
            _ => wrong(shape, path, &shown(text)),
        },
        (Shape::Amount { zero }, Node::Text(text)) => match currency {
            // Its own path is reported where the currency is checked; without one no amount can be judged.
            None => Ok(()),
            Some(currency) => fault::minor(path, text, currency, *zero).map(|_| ()).map_err(|fault| {
                let why = fault.detail.strip_prefix(path).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&fault.detail);
                Bad::new(path, why)
            }),
        },
        (Shape::Percent, Node::Text(text)) => match parse_scaled(text, Percent::DECIMALS, Percent::WHOLE.0) {
            Ok(_) => Ok(()),
            Err(AmountError::Decimals) => Err(Bad::new(path, &format!("{}: a percentage has at most six decimals", shown(text)))),
            Err(_) => wrong(shape, path, &shown(text)),
        },
        (_, Node::Text(text)) if text_fits(shape, text) => Ok(()),
        (_, Node::Text(text)) => wrong(shape, path, &shown(text)),
        (_, Node::Number(text)) => wrong(shape, path, &shown(text)),
        (_, Node::Flag(_)) => wrong(shape, path, "true or false"),
        (_, Node::List(_)) => wrong(shape, path, "a list"),
        (_, Node::Object(_)) => wrong(shape, path, "an object"),
        (_, Node::Null) => wrong(shape, path, "null"),
    }
}

/// One name, or a list of names.
fn names(max: usize, node: &Node<'_>, path: &str) -> Result<(), Bad> {
    let one = Shape::Text { charset: Charset::Free, max };
    match node {
        Node::List(elements) => elements.iter().enumerate().try_for_each(|(index, element)| shape(&one, element, &format!("{path}[{index}]"), None)),
        Node::Null => Ok(()),
        Node::Text(_) | Node::Number(_) | Node::Flag(_) | Node::Object(_) => shape(&one, node, path, None),
    }
}

fn wrong(shape: &Shape, path: &str, shown: &str) -> Result<(), Bad> {
    Err(Bad::new(path, &format!("{shown}: must be {}", shape.expected())))
}

fn tagged(kinds: &[Kind], node: &Node<'_>, path: &str, currency: Option<Currency>) -> Result<(), Bad> {
    let path_kind = format!("{path}.kind");
    let kind = node.get("kind").ok_or_else(|| Bad::new(&path_kind, "is needed"))?.as_text().unwrap_or_default();
    match kinds.iter().find(|known| known.kind == kind) {
        Some(known) => members(known.record.members, node, path, currency),
        None => {
            let names: Vec<_> = kinds.iter().map(|known| known.kind).collect();
            Err(Bad::new(&path_kind, &format!("{}: must be one of {}", shown(kind), names.join(", "))))
        }
    }
}

/// Whether a text is of a shape that is a text.
fn text_fits(shape: &Shape, text: &str) -> bool {
    match shape {
        Shape::Text { charset, max } => charset.fits(text, *max),
        Shape::Reference => Reference::read(text).is_some(),
        Shape::Payout => payout(text).is_some(),
        Shape::Prose => !text.is_empty(),
        Shape::Remark => true,
        Shape::OneOf(words) => words.contains(&text),
        Shape::Currency => Currency::from_code(text).is_some(),
        Shape::TimeZone => is_time_zone(text),
        Shape::Date => Date::parse(text).is_some(),
        Shape::Instant => OccurredAt::parse(text).is_some(),
        Shape::CategoryCode => text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()),
        Shape::Book => Book::from_name(text).is_some(),
        Shape::Source => ReportSource::read(text).is_some(),
        // What is no text alone: amounts need their currency, the others are no strings.
        Shape::Amount { .. } | Shape::Percent | Shape::Rate | Shape::Whole { .. } | Shape::Integer | Shape::Flag => false,
        Shape::ReportedFee | Shape::Names { .. } => false,
        Shape::List(_) | Shape::Object(_) | Shape::Tagged(_) | Shape::Contract => false,
    }
}
