//! Rows of state byte for byte: a fixture is never written anew. `WRITE_FIXTURES=1` writes it where it is not there.

use super::*;
use crate::entry::{Account, Code, CustomerKey, Detail, DisputeStage, Leg, RefusalCode};
use crate::rules::state::*;
use schemas::event::{Card, Conversion, EntryMode, HoldReason, Instrument, Rate};
use schemas::ids::*;
use schemas::money::Currency;
use schemas::time::{Date, OccurredAt};
use std::fmt::Write as _;
use std::path::PathBuf;

fn date(text: &str) -> Date {
    Date::parse(text).expect("a date")
}

fn currency(code: &str) -> Currency {
    Currency::from_code(code).expect("a currency")
}

fn hold(id: &str) -> HoldId {
    HoldId::new(id).expect("an id")
}

fn fees(from: u128) -> Fees {
    let [mdr, mdr_vat, interchange, scheme, partner, gateway, gateway_vat, channel, channel_vat] = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(|more| from + more);
    Fees { mdr, mdr_vat, interchange, scheme, partner, gateway, gateway_vat, channel, channel_vat }
}

fn sold() -> Payment {
    let instrument = Instrument { card: Card::Credit, scheme: SchemeId::new("unionpay").expect("an id"), entry_mode: Some(EntryMode::Insert) };
    let (currency, open) = (currency("CNY"), date("2026-11-20"));
    let new = Payment::new(Terms { contract: 7, book: Book::Bank, instrument, terminal: TerminalId::new("T1"), currency, settled_currency: currency, open });
    Payment {
        stage: Stage::Captured,
        customer: Some(CustomerKey::new(0x0123_4567_89ab_cdef)),
        purchased_at: OccurredAt::parse("2026-11-20T10:15:00.250+08:00"),
        captured: 10_000,
        settled: 10_000,
        available_on: date("2026-11-23"),
        fees: Fees { mdr: 60, mdr_vat: 3, interchange: 45, scheme: 3, partner: 6, ..Fees::default() },
        own_pending: 9_940,
        mirror: Mirror::Capture,
        ..new
    }
}

/// Everything that a payment can have, which no payment has at once.
fn everything() -> Payment {
    let psp = PspId::new("psp-7").expect("an id");
    let accounts = [
        Account::scheme(Code::SchemeReceivable, &SchemeId::new("visa").expect("an id")),
        Account::psp(Code::DueFromPsp, &psp),
        Account::partner(Code::PartnerPayable, &PartnerId::new("isv-9").expect("an id")),
        Account::plain(Code::OutputVat),
        Account::merchant(Code::MdrIncome),
        Account::merchant_detail(Code::Pending, Detail::Date(date("2026-11-24"))),
        Account::merchant_detail(Code::Hold, Detail::Hold(hold("H1"))),
        Account::merchant_detail(Code::PayoutInTransit, Detail::Payout(PayoutId::new("O1").expect("an id"))),
        Account::merchant_detail(Code::DisputeProvisional, Detail::Payment),
    ];
    let lines = accounts.iter().enumerate().map(|(at, account)| NetLine {
        leg: Leg::Vat,
        book: if at % 2 == 0 { Book::Bank } else { Book::Psp(psp.clone()) },
        currency: currency("JPY"),
        debit: account.clone(),
        credit: Account::plain(Code::Suspense),
        amount: -(at as i128) * 1_000_000,
    });
    Payment {
        stage: Stage::Voided,
        book: Book::Psp(psp.clone()),
        settled_currency: currency("JPY"),
        conversion: Some(Conversion { settled: currency("JPY"), rate: Rate { digits: 205, decimals: 1 } }),
        authorised: 1 << 70,
        memo: 12,
        settled: 205_000,
        release_on: Some(date("2027-05-20")),
        fees: fees(1 << 66),
        carried: true,
        reserve: 1_000,
        own_reserve: 999,
        own_as_of: date("2026-11-22"),
        refunded: 1,
        refunded_settled: 2,
        refunds: 3,
        back: fees(10),
        reserve_back: 4,
        charged_back: 5,
        disputes: 6,
        mirror: Mirror::Lines(lines.collect()),
        ..sold()
    }
}

fn bare() -> Payment {
    let payment = sold();
    Payment {
        stage: Stage::Released,
        instrument: Instrument { entry_mode: None, ..payment.instrument },
        terminal: None,
        customer: None,
        purchased_at: None,
        captured: 0,
        settled: 0,
        mirror: Mirror::Nothing,
        ..payment
    }
}

fn merchant() -> Merchant {
    let purse = Purse {
        pending: [(date("2026-11-23"), 9_940), (date("2026-11-24"), 1)].into_iter().collect(),
        available: 77,
        reserve: [(date("2027-05-20"), 1 << 70)].into_iter().collect(),
        owed: 3,
        sweeping: Some(Sweeping { first: hold("H1"), last: hold("H2") }),
    };
    let psp = Book::Psp(PspId::new("psp-7").expect("an id"));
    let purses = [((Book::Bank, currency("CNY")), purse), ((psp, currency("KWD")), Purse::default())].into_iter().collect();
    Merchant { contract: Some(7), purses, due_on: Some(date("2026-11-23")) }
}

fn partition() -> Partition {
    let mut calendars = Calendars::default();
    let name = |text: &str| CalendarId::new(text).expect("an id");
    calendars.set(name("CN"), 2026, vec![date("2026-10-01"), date("2026-10-02")], vec![date("2026-10-10")]);
    calendars.set(name("CN"), 2027, Vec::new(), Vec::new());
    calendars.set(name("HK"), 2026, vec![date("2026-12-25")], Vec::new());
    Partition {
        opened: Some(Opened { date: date("2026-11-20"), time_zone: "Asia/Shanghai".to_owned() }),
        next_entry: 300,
        calendars,
        opening: 1 << 100,
        erasures: Erasures { by_bank: 1, by_merchants: 2 },
        unfinished: Some(Unfinished { offset: 99, step: Step::Move }),
    }
}

#[test]
fn an_empty_purse_says_what_an_absent_one_does_and_nothing_else_is_passed_over() {
    let bytes = |merchant: &Merchant| {
        let mut bytes = Vec::new();
        merchant.write(&mut bytes);
        bytes
    };
    let same = |one: &[u8], other: &[u8]| {
        let same = says_the_same(Table::Merchants, one, other);
        assert_eq!(says_the_same(Table::Merchants, other, one), same);
        same
    };
    let with = merchant();
    let mut without = with.clone();
    without.purses.retain(|_, purse| *purse != Purse::default());
    assert_eq!((with.purses.len(), without.purses.len()), (2, 1));
    let (with, row) = (bytes(&with), bytes(&without));
    assert!(with != row && same(&with, &row) && same(&with, &with));
    assert!(!says_the_same(Table::Payments, &with, &row), "of merchants alone");
    let changes: [fn(&mut Merchant); 8] = [
        |merchant| merchant.contract = Some(8),
        |merchant| merchant.contract = None,
        |merchant| merchant.due_on = None,
        |merchant| merchant.purses.iter_mut().for_each(|(_, purse)| purse.available += 1),
        |merchant| merchant.purses.iter_mut().for_each(|(_, purse)| purse.owed = 0),
        |merchant| merchant.purses.iter_mut().for_each(|(_, purse)| _ = purse.pending.remove(&date("2026-11-24"))),
        |merchant| merchant.purses.iter_mut().for_each(|(_, purse)| purse.sweeping = None),
        |merchant| merchant.purses = Merchant::default().purses,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut changed = without.clone();
        change(&mut changed);
        assert!(!same(&with, &bytes(&changed)), "change {number}");
    }
    for cut in 0..row.len() {
        assert!(!same(&with, &row[..cut]), "cut to {cut}");
    }
    assert!(!same(&[1, 2, 3], &[1, 2, 4]), "what cannot be read is told apart by its bytes");
}

/// Each row by name as hexadecimal digits, and that it is read as it was written.
fn hex<V: Stored + PartialEq + std::fmt::Debug>(text: &mut String, name: &str, row: &V) {
    let mut bytes = Vec::new();
    row.write(&mut bytes);
    assert_eq!(V::read(&bytes).as_ref(), Ok(row), "{name}");
    for cut in 0..bytes.len() {
        assert_ne!(V::read(&bytes[..cut]).as_ref(), Ok(row), "{name} cut to {cut}");
    }
    let digits = bytes.iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"));
    writeln!(text, "{name} {digits}").expect("a text");
    bytes[0] = bytes[0].wrapping_add(1);
    assert!(V::read(&bytes).is_err_and(|error| error.0.contains("layout")), "{name} of another version");
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test reads what it compares with; no fold does")]
fn rows_of_state_have_the_bytes_that_they_had() {
    let text = &mut String::new();
    hex(text, "payment-sold", &sold());
    hex(text, "payment-everything", &everything());
    hex(text, "payment-bare", &bare());
    hex(text, "refund", &Refund { amount: 100, settled: 101, back: fees(1), fixed: (5, 1), failed: true });
    hex(text, "dispute", &Dispute { stage: DisputeStage::Charged, memo: 1, amount: 2, covered: 3, settled: 4, fee: 1 << 65 });
    hex(text, "merchant", &merchant());
    hex(text, "merchant-new", &Merchant::default());
    let (book, cny) = (Book::Bank, currency("CNY"));
    hex(text, "hold", &Hold { book: book.clone(), currency: cny, reason: HoldReason::Legal, amount: 300, missing: 7, next: Some(hold("H2")) });
    hex(text, "payout", &Payout { book, currency: cny, amount: 89_400, stage: PayoutStage::Paid });
    hex(text, "batch", &Batch { count: -1, sum: -10_000 });
    hex(text, "refused-making", &RefusedMaking { event: EventId::new("e1").expect("an id"), code: RefusalCode::AlreadyExists });
    hex(text, "partition", &partition());
    hex(text, "partition-new", &Partition::default());
    let id = IdRecord { content: 1 << 120, offset: 9, entry: 8, state: IdState::Posted, duplicates: 0, conflicts: 0 };
    hex(text, "id", &id);
    hex(text, "id-again", &IdRecord { state: IdState::Refused, duplicates: 300, conflicts: 1, ..id });
    let merchant = MerchantId::new("M1").expect("an id");
    hex(text, "parked", &Parked { merchant, since: date("2026-11-20"), wait: "PP1".to_owned(), value: b"{}".to_vec() });

    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/state_v1.txt");
    if std::env::var_os("WRITE_FIXTURES").is_some() && !path.exists() {
        std::fs::write(&path, text.as_str()).expect("written");
    }
    let expected = std::fs::read_to_string(path).expect("the fixture");
    for (line, expected) in text.lines().zip(expected.lines()) {
        assert_eq!(line, expected);
    }
    assert_eq!(text.lines().count(), expected.lines().count());
}
