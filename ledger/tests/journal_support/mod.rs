//! Rows of many kinds, from a seed: what a journal is fed with in tests.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use ledger::entry::{
    Account, Alert, Amount, Code, CustomerKey, Detail, HoldTerms, Leg, Note, Outcome, PaymentFacts, Posting, RefusalCode, Row, Source, Volumes, Wait,
};
use ledger::journal::{Settings, Shared, Sync};
use schemas::error::QuarantineCode;
use schemas::event::{Book, Card, EventType, HoldReason, Instrument, Subject};
use schemas::ids::*;
use schemas::money::Currency;
use schemas::time::{Date, OccurredAt};

/// `SplitMix64`: the same on every machine.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// Small memory, so that tests of many shards stay small.
pub fn shared(sync: Sync) -> Shared {
    Shared::new(Settings { cache_bytes: 8 << 20, write_buffer_bytes: 16 << 20, sync, ..Settings::default() })
}

pub fn merchant(number: u64) -> MerchantId {
    MerchantId::new(&format!("M{number:05}")).expect("an id")
}

fn cny() -> Currency {
    Currency::from_code("CNY").expect("a currency")
}

fn line(leg: Leg, debit: Account, credit: Account, amount: u128) -> Posting {
    let source = (debit.code == Code::Pending).then_some(Source::OwnPending);
    Posting { leg, source, book: Book::Bank, currency: cny(), debit, credit, amount: Amount::new(amount).expect("not zero") }
}

/// A row without anything particular.
pub fn plain(offset: i64, outcome: Outcome) -> Row {
    Row::of(offset, offset, Date::parse("2026-11-23").expect("a date"), outcome)
}

/// A sale as the rules would book it: six lines and what it pinned.
pub fn sale(offset: i64, dice: &mut Dice) -> Row {
    let amount = 100 + u128::from(dice.below(1_000_000));
    let available_on = Date::parse("2026-11-24").expect("a date");
    let scheme = SchemeId::new("unionpay").expect("a scheme");
    let partner = PartnerId::new("isv-9").expect("a partner");
    let pending = || Account::merchant_detail(Code::Pending, Detail::Date(available_on));
    let receivable = || Account::scheme(Code::SchemeReceivable, &scheme);
    let id = format!("{:016x}{:010x}", dice.next(), dice.below(1 << 40));
    Row {
        event: EventId::new(&id),
        event_type: Some(EventType::Sale),
        subject: Some(Subject::Merchant(merchant(dice.below(10_000)))),
        occurred_at: OccurredAt::parse("2026-11-23T10:15:00.250+08:00"),
        terminal: TerminalId::new("T0001"),
        lines: vec![
            line(Leg::MoneyIn, receivable(), pending(), amount),
            line(Leg::Mdr, pending(), Account::merchant(Code::MdrIncome), amount / 100 + 1),
            line(Leg::MdrVat, pending(), Account::plain(Code::OutputVat), amount / 1000 + 1),
            line(Leg::Interchange, Account::merchant(Code::InterchangeCost), receivable(), amount / 200 + 1),
            line(Leg::SchemeFee, Account::merchant(Code::SchemeFeeCost), receivable(), amount / 3000 + 1),
            line(Leg::PartnerShare, Account::partner(Code::PartnerShareCost, &partner), Account::partner(Code::PartnerPayable, &partner), amount / 500 + 1),
        ],
        payment: PaymentId::new(&format!("P{id}")),
        facts: Some(Box::new(PaymentFacts {
            contract: 0,
            instrument: Instrument { card: Card::Credit, scheme, entry_mode: None },
            terminal: TerminalId::new("T0001"),
            customer: Some(CustomerKey::new(dice.below(100_000))),
            purchased_at: OccurredAt::parse("2026-11-23T10:15:00.250+08:00"),
            booked_on: Date::parse("2026-11-23").expect("a date"),
            available_on,
            currency: cny(),
            net_before: 0,
            net_after: i128::try_from(amount).expect("small"),
            purchased: true,
        })),
        volumes: Volumes { sales_count: 1, sales: i128::try_from(amount).expect("small"), ..Volumes::default() },
        ..plain(offset, Outcome::Posted)
    }
}

/// A row of any kind.
pub fn any(offset: i64, dice: &mut Dice) -> Row {
    match dice.below(10) {
        0 if offset > 0 => plain(offset, Outcome::Duplicate { of: offset - 1 }),
        1 => plain(offset, Outcome::Parked(Wait::Payment(PaymentId::new("P1").expect("an id")))),
        2 => plain(offset, Outcome::Refused { code: RefusalCode::InsufficientFunds, detail: "1.00 are missing".into() }),
        3 => {
            let value = "x".repeat(usize::try_from(dice.below(1000)).expect("small"));
            plain(offset, Outcome::Quarantined { code: QuarantineCode::BadAmount, detail: "1.234: CNY has two decimals".into(), value, masked: true })
        }
        4 => Row {
            note: Note::Hold {
                hold: HoldId::new("H1").expect("an id"),
                placed: Some(HoldTerms { reason: HoldReason::Legal, expected_release: Date::parse("2026-12-01") }),
                missing: u128::MAX,
                open: true,
                book: Book::Bank,
                currency: cny(),
                amount: 7,
            },
            alerts: vec![Alert::Unpriced],
            ..plain(offset, Outcome::Posted)
        },
        _ => sale(offset, dice),
    }
}

/// So many rows, at offsets with gaps, and now and then several at one offset.
pub fn rows(count: usize, dice: &mut Dice) -> Vec<Row> {
    let mut offset = 0;
    let mut rows = Vec::with_capacity(count);
    while rows.len() < count {
        rows.push(any(offset, dice));
        if dice.below(8) != 0 {
            offset += 1 + i64::try_from(dice.below(3)).expect("small");
        }
    }
    rows
}
