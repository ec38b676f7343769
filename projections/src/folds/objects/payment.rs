//! Payments: how each stands, and which entries are about it.

use super::ID;
use crate::folds::buckets::{BUCKETS, Buckets};
use crate::folds::charges::{Charge, Charges, Kind, minor};
use crate::folds::numbers::{NUMBERS_PER_PACK, Numbers};
use crate::views::{Error, Rows, Table};
use ledger::entry::{Code, Leg, Note, OpenedPayment, PaymentFacts, Recorded};
use litemap::LiteMap;
use schemas::event::{Beginning, Book, EventType, Instrument};
use schemas::ids::{MerchantId, PaymentId, Reference, TerminalId};
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Every payment that an event was about, also if it was refused.
pub const PAYMENTS: Table<(MerchantId, PaymentId), Payment> = Table::new(ID, 0).passing();
/// Whether any payment that falls into a bucket had an entry before its first posted one: see [`is_new`].
pub(super) const EARLY: Table<u16, ()> = Table::new(ID, 9);
/// The entries of payments that have very many: what no longer fits into the payment's own list.
pub const PAYMENT_ENTRIES: Table<((MerchantId, PaymentId), u64), Numbers> = Table::new(ID, 1);

/// A payment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// What it is about and how it stands; `None` while every event of it was parked or refused.
    pub terms: Option<Terms>,
    /// What lies in 9010.
    pub authorised: i128,
    /// Captured with tips, less reversals; 0 once voided.
    pub captured: i128,
    /// Refunded, less refunds that failed.
    pub refunded: i128,
    /// Charged back and not won.
    pub charged_back: i128,
    /// What it was charged, by kind.
    pub charges: LiteMap<Kind, Charge>,
    /// The numbers of its entries: posted, parked, refused.
    pub entries: Numbers,
}

/// What a payment is about and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Where it is in its life.
    pub stage: Stage,
    /// Whose book it is in.
    pub book: Book,
    /// What its amounts are in: what its merchant is paid in, once it is captured.
    pub currency: Currency,
    /// The entry of the `contract_set` that prices it.
    pub contract: u64,
    /// Card, scheme and entry mode.
    pub instrument: Instrument,
    /// The terminal.
    pub terminal: Option<TerminalId>,
    /// The business date of the sale, the completion, or before that of the pre-authorisation.
    pub booked_on: Date,
    /// When its money becomes available; `None` of one that puts none into the ledger.
    pub available_on: Option<Date>,
    /// The amount of the sale or completion, before that what was pre-authorised; in `currency`.
    pub amount: i128,
    /// How the scheme or PSP names the sale or completion, before that the pre-authorisation.
    pub reference: Option<Reference>,
    /// The entry of the sale or completion, before that of the pre-authorisation: where lists of payments have it.
    pub listed: u64,
}

impl Terms {
    /// Whether it was sold or completed: a pre-authorisation books no money before.
    pub const fn is_captured(&self) -> bool {
        matches!(self.stage, Stage::Captured | Stage::Voided)
    }
}

/// Where a payment is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "named as on the wire")]
pub enum Stage {
    Authorised,
    Captured,
    Voided,
    Released,
}

impl Stage {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorised => "authorised",
            Self::Captured => "captured",
            Self::Voided => "voided",
            Self::Released => "released",
        }
    }
}

impl Payment {
    /// Everything it was charged, VAT included.
    pub fn fees(&self) -> i128 {
        self.charges.values().map(|charge| charge.amount).sum()
    }

    /// What its merchant has of it.
    pub fn net(&self) -> i128 {
        self.captured - self.refunded - self.charged_back - self.fees()
    }
}

/// Folds an entry of a payment. What a void or whole reversal gives back replaces `charged`.
pub fn fold(
    entry: &Recorded,
    (merchant, id): (&MerchantId, &PaymentId),
    posted: bool,
    charged: &mut Charges,
    early: &mut Buckets,
    rows: &mut Rows,
) -> Result<(), Error> {
    let bucket = bucket(merchant, id);
    if !posted {
        early.fill(rows, bucket)?;
    }
    if is_new(entry, posted) && !early.has(rows, bucket)? {
        let mut payment = Payment::default();
        payment.entries.push(entry.number);
        apply(&mut payment, entry, charged)?;
        return rows.begin(&PAYMENTS, (merchant, id), payment);
    }
    let payment = rows.row(&PAYMENTS, (merchant, id))?;
    payment.entries.push(entry.number);
    if posted {
        apply(payment, entry, charged)?;
    }
    if payment.entries.count() >= NUMBERS_PER_PACK {
        let full = std::mem::take(&mut payment.entries);
        rows.append(&PAYMENT_ENTRIES, ((merchant, id), full.first()), &full)?;
    }
    Ok(())
}

/// Whether a payment begins with this entry, unless an event of it was parked or refused before; that is known by
/// [`EARLY`], so that new payments, which are most, are not looked for.
fn is_new(entry: &Recorded, posted: bool) -> bool {
    posted && entry.row.event_type.and_then(EventType::begins_payment) == Some(Beginning::New)
}

/// A payment falls into the same bucket on every machine.
fn bucket(merchant: &MerchantId, payment: &PaymentId) -> u16 {
    let hash = xxh3_64_with_seed(payment.as_str().as_bytes(), xxh3_64(merchant.as_str().as_bytes()));
    (hash % BUCKETS) as u16
}

fn apply(payment: &mut Payment, entry: &Recorded, charged: &mut Charges) -> Result<(), Error> {
    let row = &entry.row;
    let facts = row.facts.as_deref().ok_or_else(|| super::fault(entry, "a posted entry of a payment without its facts"))?;
    let undone = row.volumes.sales_count < 0;
    let known = payment.terms.as_ref().map_or(Stage::Captured, |terms| terms.stage);
    let stage = if undone { Stage::Voided } else { row.event_type.and_then(stage_by).unwrap_or(known) };
    let completed = row.event_type == Some(EventType::PreauthCompleted);
    let mut memo = None;
    for line in &row.lines {
        if line.leg == Leg::Preauthorised {
            payment.authorised += minor(line);
            memo = Some(line);
        } else if line.leg == Leg::PreauthorisationReleased {
            payment.authorised -= minor(line);
            memo = Some(line);
        }
    }
    // A sale may be worth nothing in the currency that its merchant is paid in, and then has lines in its own alone.
    let own = row.lines.iter().find(|line| !line.debit.code.is_memo() && line.debit.code != Code::DueFromPsp);
    let book = payment.terms.as_ref().filter(|_| !completed).map(|terms| terms.book.clone());
    let opened = if let Note::Opening { payment } = &row.note { Some(payment.as_ref()) } else { None };
    let book = book.or_else(|| opened.map(|opened| opened.book.clone())).or_else(|| own.or(memo).map(|line| line.book.clone())).unwrap_or(Book::Bank);
    // Before it is captured only the memo has an amount, in the currency of the card.
    let currency = memo.filter(|_| matches!(stage, Stage::Authorised | Stage::Released)).map_or(facts.currency, |line| line.currency);
    let begun = match payment.terms.as_ref().filter(|_| !completed) {
        // What it began with, and what a completion begins anew.
        None => {
            // What was captured may be worth nothing in the currency that its merchant is paid in: then its amount is nothing, too.
            let sold = if stage == Stage::Authorised { memo.map_or(0, minor) } else { row.volumes.sales };
            let amount = opened.map_or(sold, |opened| i128::from(opened.minor));
            (amount, row.reference.clone(), entry.number)
        }
        Some(known) => {
            let increased = if row.event_type == Some(EventType::PreauthIncreased) { memo.map_or(0, minor) } else { 0 };
            (known.amount + increased, known.reference.clone(), known.listed)
        }
    };
    let known = payment.terms.as_ref().filter(|_| !completed);
    let brings = known.map_or(!puts_nothing_by(row.event_type), |known| known.available_on.is_some());
    let available_on = brings.then_some(facts.available_on);
    payment.terms = Some(terms(facts, stage, (book, currency), available_on, begun));
    if let Some(opened) = opened {
        bring_in(payment, opened);
    }
    payment.captured += row.volumes.sales;
    payment.refunded += row.volumes.refunds;
    if undone {
        let given_back = |(kind, charge): (&Kind, &Charge)| (*kind, Charge { amount: -charge.amount, vat: -charge.vat });
        let all: Vec<_> = payment.charges.iter().map(given_back).collect();
        if let Some(terms) = &payment.terms {
            *charged =
                all.into_iter().filter(|(_, charge)| !charge.is_zero()).map(|(kind, charge)| ((kind, terms.book.clone(), facts.currency), charge)).collect();
        }
    }
    for ((kind, _, _), charge) in charged.iter() {
        payment.charges.entry(*kind).or_default().add(*charge);
    }
    Ok(())
}

/// Whether a payment that begins so has put nothing into any bucket: one from before, and one that stands alone.
fn puts_nothing_by(event_type: Option<EventType>) -> bool {
    event_type.and_then(EventType::begins_payment) == Some(Beginning::Elsewhere)
}

/// What a payment from before was charged, less what had come back, and what went back of it.
fn bring_in(payment: &mut Payment, opened: &OpenedPayment) {
    let OpenedPayment { minor, refunded, charged_back, fees, back, .. } = opened;
    (payment.captured, payment.refunded, payment.charged_back) = (i128::from(*minor), i128::from(*refunded), i128::from(*charged_back));
    // Fees are amounts of one event: far below 2^127.
    let left = |fee: u128, back: u128| i128::try_from(fee).unwrap_or(i128::MAX) - i128::try_from(back).unwrap_or(i128::MAX);
    let mdr = Charge { amount: left(fees.mdr, back.mdr), vat: left(fees.mdr_vat, back.mdr_vat) };
    let gateway = Charge { amount: left(fees.gateway, back.gateway), vat: left(fees.gateway_vat, back.gateway_vat) };
    for (kind, charge) in [(Kind::Mdr, mdr), (Kind::Gateway, gateway)] {
        if !charge.is_zero() {
            payment.charges.entry(kind).or_default().add(charge);
        }
    }
}

/// The stage that events of a type bring a payment to, unless they undo it; none where it stays where it is.
const fn stage_by(event_type: EventType) -> Option<Stage> {
    match event_type {
        EventType::PreauthPlaced => Some(Stage::Authorised),
        EventType::PreauthReleased => Some(Stage::Released),
        EventType::Sale | EventType::PreauthCompleted | EventType::OpeningPayment => Some(Stage::Captured),
        // Nothing was captured, and nothing is pre-authorised.
        EventType::StandaloneRefund | EventType::StandaloneChargeback => Some(Stage::Captured),
        EventType::PreauthIncreased
        | EventType::TipAdjusted
        | EventType::Void
        | EventType::Reversal
        | EventType::Refund
        | EventType::RefundFailed
        | EventType::InstalmentSubsidy
        | EventType::DisputeOpened
        | EventType::Chargeback
        | EventType::ChargebackRepresented
        | EventType::DisputeWon
        | EventType::DisputeLost => None,
        // None of these is about a payment.
        EventType::LedgerOpened | EventType::DayClosed | EventType::CalendarSet | EventType::ContractSet | EventType::CustomerErased => None,
        EventType::HoldPlaced | EventType::HoldReleased | EventType::HoldSeized => None,
        EventType::PayoutInitiated | EventType::PayoutPaid | EventType::PayoutFailed | EventType::PayoutReturned => None,
        EventType::ReserveReleased | EventType::EarlyRelease | EventType::FeeCharged | EventType::FeeWaived | EventType::TierAdjusted => None,
        EventType::DebtRepaid | EventType::DebtWrittenOff | EventType::Adjustment | EventType::MaintenanceDue | EventType::BatchClosed => None,
        EventType::SchemeSettled | EventType::PartnerPaid | EventType::TaxPaid | EventType::PspPaidBank | EventType::FeesSwept => None,
        EventType::ReportLine | EventType::ReportClosed | EventType::BreakClosed => None,
        EventType::OpeningBalance => None,
    }
}

fn terms(
    facts: &PaymentFacts,
    stage: Stage,
    (book, currency): (Book, Currency),
    available_on: Option<Date>,
    (amount, reference, listed): (i128, Option<Reference>, u64),
) -> Terms {
    Terms {
        stage,
        book,
        currency,
        contract: facts.contract,
        instrument: facts.instrument.clone(),
        terminal: facts.terminal.clone(),
        booked_on: facts.booked_on,
        available_on,
        amount,
        reference,
        listed,
    }
}
