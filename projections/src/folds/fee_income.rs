//! Fee income: what each business date earned and cost, by everything that it can be asked by.
//!
//! A cell is a sum of what entries added, so cells merge in any order. What a payment adds stands under what its sale
//! pinned; what has no payment, under the contract in force and the event's own terminal. Incomes stand in the book of
//! their lines, volumes in the payment's own book.
//!
//! The finest cells know merchant, contract version and terminal. Coarser ones without them are kept beside, so that the
//! whole bank is read in a bounded time however many merchants there are.
//!
//! | table | keys, besides date, book, currency |
//! |---|---|
//! | [`FINE`] | merchant, contract version, terminal, instrument; so all |
//! | [`CUBE`] | mcc, partner, model, instrument |
//! | [`BY_MCC`] · [`BY_PARTNER`] · [`BY_INSTRUMENT`] | mcc · partner, model · card, entry mode, scheme |

use super::charges::{Kind, charges, minor};
use super::reference::{self, Terms};
use crate::views::{Error, Id, Projection, Rows, Table};
use ledger::entry::{Code, Outcome, Posting, Recorded};
use schemas::contract::Model;
use schemas::event::{Book, Card, EntryMode, EventType, Subject};
use schemas::ids::{MerchantId, PartnerId, SchemeId, TerminalId};
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// The projection.
pub const ID: Id = Id::new(8, "fee_income", 1);

/// Card, entry mode and scheme; none where there is no payment.
pub type InstrumentKey = (Option<Card>, Option<EntryMode>, Option<SchemeId>);
/// The finest: by merchant, contract (the entry of its `contract_set`), terminal and instrument.
pub const FINE: Table<(Date, MerchantId, u64, Option<TerminalId>, InstrumentKey, Book, Currency), Income> = Table::new(ID, 0).dated();
/// Without merchant, contract version and terminal.
pub const CUBE: Table<(Date, (String, Option<PartnerId>, Model), InstrumentKey, Book, Currency), Income> = Table::new(ID, 1);
/// By merchant category.
pub const BY_MCC: Table<(Date, String, Book, Currency), Income> = Table::new(ID, 2);
/// By partner and model.
pub const BY_PARTNER: Table<(Date, (Option<PartnerId>, Model), Book, Currency), Income> = Table::new(ID, 3);
/// By card, entry mode and scheme.
pub const BY_INSTRUMENT: Table<(Date, InstrumentKey, Book, Currency), Income> = Table::new(ID, 4);

/// A count and a sum, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// How many.
    pub count: i64,
    /// How much.
    pub amount: i128,
}

impl Volume {
    /// Adds another.
    pub const fn add(&mut self, other: Self) {
        self.count += other.count;
        self.amount += other.amount;
    }
}

/// What a cell earned and cost, in minor units without VAT: income positive as credit, cost as debit.
///
/// What an event moves is at most 10^25, and a carried fee that was scaled 10^30 (`rules::price` of the ledger): it takes more than 10^7 of the
/// largest to come to 2^127 in one sum, and then adding them up stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "named as on the wire, see ACCOUNTING.md")]
pub struct Income {
    pub sales: Volume,
    pub refunds: Volume,
    pub chargebacks: Volume,
    pub mdr: i128,
    pub gateway: i128,
    pub interchange: i128,
    pub scheme_fees: i128,
    pub partner_share: i128,
    pub maintenance: i128,
    pub other_income: i128,
    pub other_cost: i128,
    /// With VAT.
    pub merchant_fees: i128,
    pub refund_leakage: i128,
    pub negative_margin: Volume,
}

impl Income {
    /// What is left of the fees of taking payments.
    pub const fn net_margin(&self) -> i128 {
        self.mdr + self.gateway - self.interchange - self.scheme_fees - self.partner_share - self.maintenance
    }

    /// Everything in 4xxx less everything in 5xxx.
    pub const fn contribution(&self) -> i128 {
        self.net_margin() + self.other_income - self.other_cost
    }

    /// Whether there is nothing to tell.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// Adds another.
    pub const fn add(&mut self, other: &Self) {
        self.sales.add(other.sales);
        self.refunds.add(other.refunds);
        self.chargebacks.add(other.chargebacks);
        self.mdr += other.mdr;
        self.gateway += other.gateway;
        self.interchange += other.interchange;
        self.scheme_fees += other.scheme_fees;
        self.partner_share += other.partner_share;
        self.maintenance += other.maintenance;
        self.other_income += other.other_income;
        self.other_cost += other.other_cost;
        self.merchant_fees += other.merchant_fees;
        self.refund_leakage += other.refund_leakage;
        self.negative_margin.add(other.negative_margin);
    }

    /// Adds one side of a line; `credit` above zero, a debit below.
    const fn turn_over(&mut self, code: Code, credit: i128) {
        match code {
            Code::MdrIncome => self.mdr += credit,
            Code::GatewayIncome => self.gateway += credit,
            Code::OtherFeeIncome | Code::DisputeFeeIncome | Code::EarlyReleaseIncome | Code::ChannelIncome | Code::FeeWaivers => self.other_income += credit,
            Code::InterchangeCost => self.interchange -= credit,
            Code::SchemeFeeCost => self.scheme_fees -= credit,
            Code::PartnerShareCost => self.partner_share -= credit,
            Code::MaintenanceCost => self.maintenance -= credit,
            Code::CreditLoss | Code::ChannelCost => self.other_cost -= credit,
            // Balances and memo accounts.
            Code::SchemeReceivable | Code::SettlementCash | Code::ClientReserve | Code::OwnCash | Code::DueFromPsp | Code::MerchantReceivable => {}
            Code::Pending | Code::Available | Code::Reserve | Code::Hold | Code::DisputeProvisional | Code::PayoutInTransit => {}
            Code::InterchangePayable | Code::SchemeFeesPayable | Code::PartnerPayable | Code::DueToBank | Code::OutputVat => {}
            Code::Suspense | Code::FxPosition => {}
            Code::Preauthorised | Code::PreauthorisedContra | Code::DisputeNotified | Code::DisputeNotifiedContra => {}
        }
    }
}

/// What one entry adds, by book and currency. Few, so a list.
type Added = Vec<((Book, Currency), Income)>;

fn at(added: &mut Added, book: &Book, currency: Currency) -> usize {
    let place = added.iter().position(|((b, c), _)| b == book && *c == currency);
    place.unwrap_or_else(|| {
        added.push(((book.clone(), currency), Income::default()));
        added.len() - 1
    })
}

/// Whether a line moves income or cost.
const fn is_result(line: &Posting) -> bool {
    matches!(line.debit.code.number(), 4000..=5999) || matches!(line.credit.code.number(), 4000..=5999)
}

/// What an entry adds; `own`: the book that its payment is in.
fn added(entry: &Recorded, own: &Book) -> Added {
    let row = &entry.row;
    let mut added = Added::new();
    for line in row.lines.iter().filter(|line| is_result(line)) {
        let place = at(&mut added, &line.book, line.currency);
        added[place].1.turn_over(line.debit.code, -minor(line));
        added[place].1.turn_over(line.credit.code, minor(line));
    }
    for ((kind, book, currency), charge) in charges(row) {
        // A void's lines are netted, which of both they give back is not told; together they are right.
        if matches!(kind, Kind::Mdr | Kind::Gateway) && charge.amount != 0 {
            let place = at(&mut added, &book, currency);
            added[place].1.merchant_fees += charge.amount;
        }
    }
    for (_, income) in &mut added {
        let margin = income.net_margin();
        if row.event_type.is_some_and(EventType::is_of_refund) {
            income.refund_leakage = -margin;
        } else if margin < 0 && row.event_type.is_some_and(EventType::is_purchase) {
            income.negative_margin = Volume { count: 1, amount: -margin };
        }
    }
    if let Some(facts) = &row.facts {
        let volumes = &row.volumes;
        let volume = |count: i8, amount: i128| Volume { count: i64::from(count), amount };
        let (sales, refunds, chargebacks) = (
            volume(volumes.sales_count, volumes.sales),
            volume(volumes.refunds_count, volumes.refunds),
            volume(volumes.chargebacks_count, volumes.chargebacks),
        );
        if (sales, refunds, chargebacks) != Default::default() {
            let place = at(&mut added, own, facts.currency);
            let income = &mut added[place].1;
            (income.sales, income.refunds, income.chargebacks) = (sales, refunds, chargebacks);
        }
    }
    added
}

/// What a cell of [`CUBE`] is about.
type CubeKey = (Date, (String, Option<PartnerId>, Model), InstrumentKey, Book, Currency);

/// The fold. Coarse cells are few and change with every entry: they are added up, and written once a commit.
#[derive(Default)]
pub struct FeeIncome {
    /// In the order of their keys.
    cells: Vec<(CubeKey, Income)>,
}

impl FeeIncome {
    /// Adds to a coarse cell, which is looked for without a key of its own.
    fn add(&mut self, date: Date, terms: &Terms, instrument: &InstrumentKey, (book, currency): (&Book, Currency), income: &Income) {
        let sought = (date, (&terms.mcc, &terms.partner, terms.model), instrument, book, currency);
        let found = self.cells.binary_search_by(|((date, (mcc, partner, model), instrument, book, currency), _)| {
            (*date, (mcc, partner, *model), instrument, book, *currency).cmp(&sought)
        });
        match found.map(|at| self.cells.get_mut(at)) {
            Ok(Some((_, sum))) => sum.add(income),
            Ok(None) => {}
            Err(at) => {
                let key = (date, (terms.mcc.clone(), terms.partner.clone(), terms.model), instrument.clone(), book.clone(), currency);
                self.cells.insert(at, (key, *income));
            }
        }
    }
}

impl Projection for FeeIncome {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let row = &entry.row;
        let (Outcome::Posted, Some(Subject::Merchant(merchant))) = (&row.outcome, &row.subject) else { return Ok(()) };
        if row.volumes == Default::default() && !row.lines.iter().any(is_result) {
            return Ok(());
        }
        let Some(terms) = reference::terms_of(entry, rows)? else {
            return Err(Error::Fold { projection: ID.name, entry: entry.number, detail: "income of a merchant without a contract".to_owned() });
        };
        let instrument: InstrumentKey = row.facts.as_ref().map_or((None, None, None), |facts| {
            let instrument = &facts.instrument;
            (Some(instrument.card), instrument.entry_mode, Some(instrument.scheme.clone()))
        });
        let terminal = row.facts.as_ref().map_or(&row.terminal, |facts| &facts.terminal);
        for ((book, currency), income) in added(entry, &terms.book) {
            if income.is_zero() {
                continue;
            }
            rows.row_of_date(&FINE, (row.date, merchant, terms.number, terminal, &instrument, &book, currency), row.date)?.add(&income);
            self.add(row.date, &terms, &instrument, (&book, currency), &income);
        }
        Ok(())
    }

    fn settle(&mut self, rows: &mut Rows) -> Result<(), Error> {
        for ((date, business, instrument, book, currency), income) in self.cells.drain(..) {
            let (mcc, partner, model) = &business;
            rows.row(&BY_MCC, (date, mcc, &book, currency))?.add(&income);
            rows.row(&BY_PARTNER, (date, (partner, *model), &book, currency))?.add(&income);
            rows.row(&BY_INSTRUMENT, (date, &instrument, &book, currency))?.add(&income);
            rows.row(&CUBE, (date, &business, &instrument, &book, currency))?.add(&income);
        }
        Ok(())
    }
}
