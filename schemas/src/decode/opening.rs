//! `opening_balance` and `opening_payment`: what is taken over from before.

use super::capture;
use super::event::Known;
use super::fault::Fault;
use super::slots::{Slots, need};
use crate::event::{Body, Funds, House, HouseOpening, Opening, OpeningPayment, Subject};
use crate::ids::{PartnerId, PspId};
use crate::wire::field::Field;
use crate::wire::opening::{of_house, of_merchant};
use crate::wire::shape::Shape;

/// A merchant's balance, or the house's.
pub fn balance(slots: &Slots<'_>, known: Known, subject: &Subject) -> Result<Body, Fault> {
    let amount = need(known.amount, Field::Amount)?;
    // A date that is not needed is not looked at.
    let date = || need(slots.date(Field::Date)?, Field::Date);
    let word = |words: &'static [&'static str]| {
        need(slots.read_as(Field::Bucket, Shape::OneOf(words), |text| words.iter().find(|word| **word == text).copied())?, Field::Bucket)
    };
    if !matches!(subject, Subject::House) {
        let bucket = match word(of_merchant())? {
            "pending" => Opening::Pending(date()?),
            "reserve" => Opening::Reserve(date()?),
            "owed" => Opening::Owed,
            _ => Opening::Available,
        };
        return Ok(Body::Funds(Funds::Opening { bucket, amount }));
    }
    let word = word(of_house())?;
    let psp = slots.read(Field::Psp, PspId::new)?;
    let item = match word {
        "receivable" => HouseOpening::Receivable(need(known.scheme, Field::Scheme)?),
        "partner" => HouseOpening::Partner(need(slots.read(Field::Partner, PartnerId::new)?, Field::Partner)?),
        "vat" => HouseOpening::Vat,
        "due_from_psp" => HouseOpening::DueFromPsp(need(psp.clone(), Field::Psp)?),
        _ => HouseOpening::Cash,
    };
    Ok(Body::House(House::Opening { item, amount, psp }))
}

/// A payment.
pub fn payment(slots: &Slots<'_>, known: &Known) -> Result<OpeningPayment, Fault> {
    let amount = need(known.amount, Field::Amount)?;
    let minor = |field: Field| slots.money(field, known.currency).map(|money| money.map_or(0, |money| money.minor));
    Ok(OpeningPayment {
        instrument: super::body::instrument(known)?,
        amount,
        booked_on: need(slots.date(Field::BookedOn)?, Field::BookedOn)?,
        refunded: minor(Field::Refunded)?,
        charged_back: minor(Field::ChargedBack)?,
        fees: capture::fees(slots, amount.currency)?,
        customer: known.customer.clone(),
    })
}
