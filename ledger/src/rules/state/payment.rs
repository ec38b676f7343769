//! A payment's life as the rules see it: what was captured and priced, what has gone back, and what it put where.

use crate::entry::{Account, CustomerKey, DisputeStage, Fees, Leg};
use crate::rules::exact::{above, less};
use crate::source::Error;
use schemas::event::{Book, Conversion, Instrument};
use schemas::ids::TerminalId;
use schemas::money::Currency;
use schemas::time::{Date, OccurredAt};
use serde::{Deserialize, Serialize};

/// Where a payment is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Pre-authorised; neither completed nor released.
    Authorised,
    /// Sold or completed.
    Captured,
    /// Voided, or reversed as a whole.
    Voided,
    /// The pre-authorisation was released.
    Released,
    /// It names no sale of ours: a refund or chargeback that stands alone. Nothing was captured.
    Alone {
        /// What its own disputes have room for, in the sale's currency; nothing of a refund.
        room: u128,
    },
}

/// One refund: what it moved, so that its failure can move it again. A row of its own, as a dispute is: what a payment costs does not
/// grow with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// In the sale's currency.
    pub amount: u64,
    /// In the settled currency.
    pub settled: u128,
    /// What came back of each fee.
    pub back: Fees,
    /// The fixed fee that it cost, and the VAT in that.
    pub fixed: (u128, u128),
    /// Whether it failed.
    pub failed: bool,
}

/// One dispute of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// Where it is in its life.
    pub stage: DisputeStage,
    /// What was notified and lies in 9020 now, in the sale's currency.
    pub memo: u64,
    /// What was charged back (before that: notified), in the sale's currency.
    pub amount: u64,
    /// The part of it that the payment's room covered, in the sale's currency; the rest went to 2120.
    pub covered: u64,
    /// What that part came to in the settled currency.
    pub settled: u128,
    /// The dispute fee taken, in the settled currency.
    pub fee: u128,
}

impl Dispute {
    /// What of its payment's room it takes, in the sale's currency.
    pub fn charged_back(&self) -> u128 {
        match self.stage {
            DisputeStage::Charged | DisputeStage::Represented | DisputeStage::Lost => u128::from(self.covered),
            DisputeStage::Opened | DisputeStage::Dropped | DisputeStage::Won => 0,
        }
    }
}

/// A line that a void would mirror: netted over the payment's life per pair of accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetLine {
    /// What its lines are for; `Vat` where they are the VAT of several fees.
    pub leg: Leg,
    /// Whose book.
    pub book: Book,
    /// In what.
    pub currency: Currency,
    /// The account that is debited where `amount` is above zero.
    pub debit: Account,
    /// The account that is credited where `amount` is above zero.
    pub credit: Account,
    /// The net of the pair.
    pub amount: i128,
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// Where it is in its life.
    pub stage: Stage,
    /// The entry of the `contract_set` that is pinned to it.
    pub contract: u64,
    /// The book that it is in.
    pub book: Book,
    /// Card, scheme and entry mode.
    pub instrument: Instrument,
    /// The terminal.
    pub terminal: Option<TerminalId>,
    /// Who paid.
    pub customer: Option<CustomerKey>,
    /// When the sale or completion happened.
    pub purchased_at: Option<OccurredAt>,
    /// The sale's currency.
    pub currency: Currency,
    /// The currency that it is settled in.
    pub settled_currency: Currency,
    /// How the one became the other.
    pub conversion: Option<Conversion>,
    /// Pre-authorised and increased, in the sale's currency; a completion may be 115 % of it.
    pub authorised: u128,
    /// What lies in 9010.
    pub memo: u128,
    /// Captured with tips, less part reversals, in the sale's currency. 0 once voided.
    pub captured: u128,
    /// The same in the settled currency.
    pub settled: u128,
    /// The business date of the sale or completion.
    pub booked_on: Date,
    /// The bucket of 2010 that it put its money into.
    pub available_on: Date,
    /// The bucket of 2030 that it put its reserve into; none where there is no reserve.
    pub release_on: Option<Date>,
    /// What it was charged and cost.
    pub fees: Fees,
    /// Whether the event carried any fees: then tips and part reversals scale them.
    pub carried: bool,
    /// What the reserve rule says of it.
    pub reserve: u128,
    /// What it put into its bucket of 2010 and has not taken back.
    pub own_pending: u128,
    /// What it put into its bucket of 2030 and has not taken back.
    pub own_reserve: u128,
    /// The open date when the two were last true.
    pub own_as_of: Date,
    /// Refunds that have not failed, in the sale's currency.
    pub refunded: u128,
    /// The same in the settled currency.
    pub refunded_settled: u128,
    /// How many of them there are.
    pub refunds: u64,
    /// What came back of each fee so far.
    pub back: Fees,
    /// What came back of the reserve so far; does not fall when a refund fails.
    pub reserve_back: u128,
    /// Chargebacks that were not won, in the sale's currency, as far as the payment's room covered them.
    pub charged_back: u128,
    /// How many disputes there ever were.
    pub disputes: u64,
    /// What a void would mirror.
    pub mirror: Mirror,
}

/// What a void would mirror.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Mirror {
    /// Nothing: the payment is not captured, or cleared.
    Nothing,
    /// The lines of its capture, which took nothing but the payment's own money: they follow from its fees, so they
    /// are made again when somebody asks. Nearly every payment stays so.
    Capture,
    /// These lines.
    Lines(Vec<NetLine>),
}

impl Payment {
    /// Whether its money has become available: a day was closed since its booking, and its date has come.
    pub fn is_cleared(&self, open: Date) -> bool {
        open > self.booked_on && self.available_on <= open
    }

    /// Brings "own" up to the open date: what a day close moved out of a date counts as taken back, and a cleared
    /// payment can no longer be voided.
    pub fn bring_up_to(&mut self, open: Date) {
        if self.own_as_of < open {
            if self.available_on <= open {
                self.own_pending = 0;
            }
            if self.release_on.is_none_or(|date| date <= open) {
                self.own_reserve = 0;
            }
            self.own_as_of = open;
        }
        if self.is_cleared(open) {
            self.mirror = Mirror::Nothing;
        }
    }

    /// What may still go back, in the sale's currency.
    pub fn room(&self) -> Result<u128, Error> {
        match self.stage {
            Stage::Alone { .. } => Ok(0),
            Stage::Authorised | Stage::Captured | Stage::Voided | Stage::Released => {
                less(self.captured, self.refunded + self.charged_back, "more of a payment went back than was captured")
            }
        }
    }

    /// What disputes may still take, in the sale's currency; what is beyond goes to suspense.
    pub fn room_of_disputes(&self) -> Result<u128, Error> {
        match self.stage {
            Stage::Alone { room } => less(room, self.charged_back, "more was charged back than stands alone"),
            Stage::Authorised | Stage::Captured | Stage::Voided | Stage::Released => self.room(),
        }
    }

    /// Whether a refund that has not failed, or any dispute, has come.
    pub fn has_gone_back(&self) -> bool {
        self.disputes > 0 || self.refunds > 0
    }

    /// A payment that is new: nothing authorised, nothing captured.
    pub fn new(terms: Terms) -> Self {
        let Terms { contract, book, instrument, terminal, currency, settled_currency, open } = terms;
        Self {
            stage: Stage::Authorised,
            contract,
            book,
            instrument,
            terminal,
            customer: None,
            purchased_at: None,
            currency,
            settled_currency,
            conversion: None,
            authorised: 0,
            memo: 0,
            captured: 0,
            settled: 0,
            booked_on: open,
            available_on: open,
            release_on: None,
            fees: Fees::default(),
            carried: false,
            reserve: 0,
            own_pending: 0,
            own_reserve: 0,
            own_as_of: open,
            refunded: 0,
            refunded_settled: 0,
            refunds: 0,
            back: Fees::default(),
            reserve_back: 0,
            charged_back: 0,
            disputes: 0,
            mirror: Mirror::Nothing,
        }
    }

    /// Captured less refunded, in the settled currency: each refund was rounded by itself, so together they may be above it by a
    /// few units, and then nothing is left.
    pub fn net(&self) -> u128 {
        above(self.settled, self.refunded_settled)
    }
}

/// What a payment begins with.
pub struct Terms {
    /// The entry of the `contract_set` that is pinned to it.
    pub contract: u64,
    /// The book of that contract.
    pub book: Book,
    /// Card, scheme and entry mode.
    pub instrument: Instrument,
    /// The terminal.
    pub terminal: Option<TerminalId>,
    /// The sale's currency.
    pub currency: Currency,
    /// The contract's.
    pub settled_currency: Currency,
    /// The open business date.
    pub open: Date,
}
