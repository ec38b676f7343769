//! Sales, pre-authorisations, and what changes a sale until it is cleared: tips, part reversals, subsidies.

use super::{OnPayment, Part};
use crate::entry::{Alert, Code, Leg, RefusalCode, Volumes};
use crate::rules::draft::Draft;
use crate::rules::exact::{changed, signed};
use crate::rules::income::Fee;
use crate::rules::price;
use crate::rules::state::{Calendars, Fees, Merchant, Mirror, NetLine, Stage};
use crate::rules::verdict::{Verdict, refuse, refuse_above};
use crate::rules::waterfall::{Reach, dated};
use crate::source::Error;
use schemas::contract::{Contract, DayCount};
use schemas::event::{Capture, CarriedFees};
use schemas::time::Date;

/// A completion may be this many hundredths of what was pre-authorised.
const COMPLETION_MAX_PERCENT: u128 = 115;

/// When money that is booked on a date becomes available.
pub fn available_on(contract: &Contract, calendars: &Calendars, booked_on: Date) -> Date {
    let settlement = &contract.settlement;
    match settlement.days {
        DayCount::Natural => booked_on.plus_days(i32::from(settlement.delay_days)),
        DayCount::Business => calendars.business_days_after(settlement.calendar.as_ref(), booked_on, settlement.delay_days),
    }
}

/// Whether the currencies of a capture are those of the contract.
pub fn check_currencies(capture: &Capture, contract: &Contract) -> Verdict {
    let settled = capture.conversion.map_or(capture.amount.currency, |conversion| conversion.settled);
    super::same_currency(settled, contract.currency)
}

/// `preauth_placed`, `preauth_increased`: memo lines only.
pub fn authorise(on: &mut OnPayment, amount: u128) -> Result<(), Error> {
    on.memo(Leg::Preauthorised, Code::Preauthorised, Code::PreauthorisedContra, amount)?;
    on.payment.authorised += amount;
    on.payment.memo += amount;
    Ok(())
}

/// `preauth_released`, and what a completion begins with.
pub fn release(on: &mut OnPayment) -> Result<(), Error> {
    let amount = std::mem::take(&mut on.payment.memo);
    on.memo(Leg::PreauthorisationReleased, Code::PreauthorisedContra, Code::Preauthorised, amount)
}

/// Whether a completion is within what was pre-authorised.
pub fn check_completion(on: &OnPayment, amount: u128) -> Verdict {
    // Both products have 128 bits: at most 10^15 was pre-authorised an event, so it would take 10^21 events.
    if amount * 100 > on.payment.authorised * COMPLETION_MAX_PERCENT {
        let what = format!("may be completed, {COMPLETION_MAX_PERCENT} % of what was pre-authorised");
        return refuse_above(RefusalCode::ExceedsPreauth, on.payment.authorised * COMPLETION_MAX_PERCENT / 100, on.payment.currency, &what);
    }
    Ok(())
}

/// `sale`, and the second half of `preauth_completed`: the payment is new and has nothing captured yet.
pub fn capture(on: &mut OnPayment, capture: &Capture, calendars: &Calendars) -> Result<(), Error> {
    let amount = u128::from(capture.amount.minor);
    let payment = &mut *on.payment;
    payment.stage = Stage::Captured;
    payment.conversion = capture.conversion;
    payment.settled_currency = on.contract.currency;
    payment.booked_on = on.open;
    payment.own_as_of = on.open;
    payment.available_on = available_on(on.contract, calendars, on.open);
    payment.release_on = on.contract.reserve.map(|reserve| on.open.plus_days(i32::from(reserve.days)));
    payment.carried = !capture.fees.is_empty();
    let settled = price::convert(payment.conversion.as_ref(), payment.currency, amount, on.contract.rounding);
    let (fees, unpriced) = price::fees(on.contract, &payment.instrument, &capture.fees, settled);
    if unpriced {
        on.draft.alerts.push(Alert::Unpriced);
    }
    let first = on.draft.lines.len();
    on.draft.reached_beyond = false;
    change(on, signed(amount)?, settled, fees)?;
    on.payment.mirror = Mirror::Capture;
    if on.draft.reached_beyond {
        let mut lines = Vec::new();
        on.draft.remember_from(first, &mut lines);
        on.payment.mirror = Mirror::Lines(lines);
    }
    on.count_batch(1, signed(amount)?);
    on.volumes.sales_count = 1;
    Ok(())
}

/// `tip_adjusted` and a part `reversal`: the captured amount changes by `difference`, in the sale's currency.
pub fn adjust(on: &mut OnPayment, difference: i128) -> Result<(), Error> {
    let captured = changed(on.payment.captured, difference, "less was captured than is reversed")?;
    let settled = price::convert(on.payment.conversion.as_ref(), on.payment.currency, captured, on.contract.rounding);
    let fees = if on.payment.carried {
        price::scaled(&on.payment.fees, on.payment.settled, settled, on.contract.rounding)
    } else {
        price::fees(on.contract, &on.payment.instrument, &CarriedFees::default(), settled).0
    };
    mirrored(on, |on| change(on, difference, settled, fees))?;
    on.count_batch(0, difference);
    Ok(())
}

/// The captured amount changes: money in, reserve back, fees back, fees taken, costs and partner, reserve put by, money
/// out; each by its difference.
fn change(on: &mut OnPayment, difference: i128, settled: u128, fees: Fees) -> Result<(), Error> {
    let old = std::mem::replace(&mut on.payment.fees, fees);
    let reserve = price::reserve(on.contract, settled, &fees);
    let reserve_change = signed(reserve)? - signed(on.payment.reserve)?;
    let settled_change = signed(settled)? - signed(on.payment.settled)?;
    on.payment.reserve = reserve;
    on.payment.settled = settled;
    on.payment.captured = changed(on.payment.captured, difference, "less was captured than is reversed")?;
    on.volumes.sales += settled_change;

    let home = dated(Code::Pending, on.payment.available_on);
    let by = |new: u128, old: u128| Ok::<_, Error>(signed(new)? - signed(old)?);
    let mdr = (by(fees.mdr, old.mdr)?, by(fees.mdr_vat, old.mdr_vat)?);
    let gateway = (by(fees.gateway, old.gateway)?, by(fees.gateway_vat, old.gateway_vat)?);
    if difference > 0 {
        on.money_in(Leg::MoneyIn, home.clone(), difference.unsigned_abs(), settled_change.max(0).unsigned_abs())?;
    }
    if reserve_change < 0 {
        on.reserve_back(reserve_change.unsigned_abs())?;
    }
    for (fee, (amount, vat)) in [(Fee::MDR, mdr), (Fee::GATEWAY, gateway)] {
        if amount <= 0 {
            on.fee(fee, amount, vat, &home)?;
        }
    }
    for (fee, (amount, vat)) in [(Fee::MDR, mdr), (Fee::GATEWAY, gateway)] {
        if amount > 0 {
            on.fee(fee, amount, vat, &home)?;
        }
    }
    on.costs(by(fees.interchange, old.interchange)?, by(fees.scheme, old.scheme)?, by(fees.partner, old.partner)?)?;
    on.channel(by(fees.channel, old.channel)?, by(fees.channel_vat, old.channel_vat)?)?;
    if reserve_change > 0 {
        on.reserve_put(reserve_change.unsigned_abs())?;
    }
    if difference < 0 {
        on.money_out(Leg::MoneyOut, Reach::Everything, difference.unsigned_abs(), settled_change.min(0).unsigned_abs())?;
    }
    Ok(())
}

/// `instalment_subsidy`: what a shop pays towards its customer's instalments, kept back by the scheme.
pub fn subsidy(on: &mut OnPayment, amount: u128) -> Verdict {
    if on.payment.stage != Stage::Captured {
        return refuse(RefusalCode::NotOpen, "a subsidy needs a captured payment");
    }
    let settled = price::convert(on.payment.conversion.as_ref(), on.payment.currency, amount, on.contract.rounding);
    mirrored(on, |on| on.money_out(Leg::Subsidy, Reach::Everything, amount, settled))?;
    Ok(())
}

/// Does something whose lines a void would mirror. Once the payment is cleared none comes, and nothing is kept.
fn mirrored(on: &mut OnPayment, work: impl FnOnce(&mut OnPayment) -> Result<(), Error>) -> Result<(), Error> {
    let lines = what_to_mirror(on)?;
    let first = on.draft.lines.len();
    work(on)?;
    if let Some(mut lines) = lines {
        on.draft.remember_from(first, &mut lines);
        on.payment.mirror = Mirror::Lines(lines);
    }
    Ok(())
}

/// What a void would mirror, as lines; `None` where none can come.
pub fn what_to_mirror(on: &OnPayment) -> Result<Option<Vec<NetLine>>, Error> {
    match &on.payment.mirror {
        Mirror::Nothing => Ok(None),
        Mirror::Lines(lines) => Ok(Some(lines.clone())),
        Mirror::Capture => capture_again(on).map(Some),
    }
}

/// The lines of a capture that took nothing but the payment's own money: captured again, for a merchant who has
/// nothing else.
fn capture_again(on: &OnPayment) -> Result<Vec<NetLine>, Error> {
    let (mut draft, mut merchant, mut payment) = (Draft::default(), Merchant::default(), on.payment.clone());
    let (captured, settled, fees) = (payment.captured, payment.settled, payment.fees);
    payment.captured = 0;
    payment.settled = 0;
    payment.fees = Fees::default();
    payment.reserve = 0;
    payment.own_pending = 0;
    payment.own_reserve = 0;
    let mut again = OnPayment {
        draft: &mut draft,
        merchant: &mut merchant,
        payment: &mut payment,
        contract: on.contract,
        open: on.payment.booked_on,
        volumes: Volumes::default(),
        part: Part::default(),
    };
    change(&mut again, signed(captured)?, settled, fees)?;
    let mut lines = Vec::new();
    draft.remember_from(0, &mut lines);
    Ok(lines)
}

/// What tips, part reversals, voids and whole reversals have in common: the payment is captured, and not cleared.
pub fn check_changeable(on: &OnPayment) -> Verdict {
    if on.payment.stage != Stage::Captured {
        return refuse(RefusalCode::NotOpen, "the payment is voided, released, or stands alone");
    }
    if on.payment.is_cleared(on.open) {
        return refuse(RefusalCode::AlreadyCleared, format!("its money became available on {}", on.payment.available_on));
    }
    Ok(())
}

/// The last check of the same events: nothing has gone back yet.
pub fn check_nothing_back(on: &OnPayment) -> Verdict {
    if on.payment.has_gone_back() { refuse(RefusalCode::NotOpen, "a refund or a dispute has come") } else { Ok(()) }
}
