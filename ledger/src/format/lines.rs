//! The lines of an entry: their shape, which very many entries share, what is particular to this one, and the amounts.

use super::bytes::{Bytes, Unreadable, put_wide};
use super::facts::Pinned;
use super::ids::put_id;
use super::names::{Kind, Named, Naming, Number, Numbering, put_name, put_numbered, take_name, take_named, text_of};
use super::note::identifier;
use super::template::{Parameters, Template, shape};
use super::when::{put_days, take_days};
use crate::entry::{Amount, Posting, Row};
use schemas::ids::*;
use schemas::time::Date;
use std::sync::Arc;

/// A shape above this many bytes stands for itself: days that close many dates of one merchant are no two alike.
const SHAPE_BYTES_MAX: usize = 256;

/// Appends the lines of a row.
pub fn put_lines<N: Numbering>(out: &mut Vec<u8>, row: &Row, names: &mut N) -> Result<(), N::Error> {
    let (shape, parameters) = shape(&row.lines, row.facts.as_deref());
    if shape.len() > SHAPE_BYTES_MAX {
        put_numbered(out, Number::Without, &shape);
    } else {
        put_name(out, names, Kind::Template, &shape)?;
    }
    let Parameters { psps, schemes, partners, dates, holds, payouts } = &parameters;
    for psp in psps {
        put_name(out, names, Kind::Psp, psp.as_str().as_bytes())?;
    }
    for scheme in schemes {
        put_name(out, names, Kind::Scheme, scheme.as_str().as_bytes())?;
    }
    for partner in partners {
        put_name(out, names, Kind::Partner, partner.as_str().as_bytes())?;
    }
    dates.iter().for_each(|date| put_days(out, *date, row.date));
    holds.iter().for_each(|hold| put_id(out, hold.as_str()));
    payouts.iter().for_each(|payout| put_id(out, payout.as_str()));
    row.lines.iter().for_each(|line| put_wide(out, line.amount.get()));
    Ok(())
}

/// Reads them, with what the payment's sale pinned.
pub fn take_lines<N: Naming>(bytes: &mut Bytes<'_>, date: Date, pinned: Option<&Pinned>, names: &mut N) -> Result<Vec<Posting>, N::Error> {
    let template = match take_named(bytes, names, Kind::Template)? {
        Named::Number(number) => names.template(number)?,
        Named::Itself(shape) => Arc::new(Template::read(shape)?),
    };
    let counts = template.counts;
    let mut parameters = Parameters::default();
    for _ in 0..counts.psps {
        parameters.psps.push(take_name(bytes, names, Kind::Psp, |name| text_of(name).and_then(PspId::new))?);
    }
    for _ in 0..counts.schemes {
        parameters.schemes.push(take_name(bytes, names, Kind::Scheme, |name| text_of(name).and_then(SchemeId::new))?);
    }
    for _ in 0..counts.partners {
        parameters.partners.push(take_name(bytes, names, Kind::Partner, |name| text_of(name).and_then(PartnerId::new))?);
    }
    for _ in 0..counts.dates {
        parameters.dates.push(take_days(bytes, date)?);
    }
    for _ in 0..counts.holds {
        parameters.holds.push(identifier(bytes, HoldId::new)?);
    }
    for _ in 0..counts.payouts {
        parameters.payouts.push(identifier(bytes, PayoutId::new)?);
    }
    let mut amounts = Vec::with_capacity(template.lines());
    for _ in 0..template.lines() {
        amounts.push(Amount::new(bytes.wide()?).ok_or_else(|| Unreadable::new("a line of no amount, or too much"))?);
    }
    Ok(template.fill(&parameters, pinned, &amounts)?)
}
