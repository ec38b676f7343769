//! What lies on disk, byte for byte: fixtures of every version are asserted, and entries of every kind come back as they were.
//!
//! A fixture is never written anew: a layout that changes takes the next version, and the old file stays beside the new one.
//! `WRITE_FIXTURES=1` writes those that are not there yet.

mod journal_support;

use journal_support::{Dice, any, plain, sale};
use ledger::entry::*;
use ledger::format::bytes::{Bytes, Unreadable};
use ledger::format::names::{Kind, Literal, Naming, Number, Numbering};
use ledger::format::row::{Base, read, write};
use ledger::format::{entry_hash, leaf_hash, merchant_half, node_hash, other_half};
use schemas::decode::decode;
use schemas::event::{Body, Book, EventType, HoldReason, Subject};
use schemas::ids::*;
use schemas::money::{Currency, Money};
use schemas::report::{ReportClosed, ReportKind, ReportLine, ReportSource};
use schemas::time::{Date, OccurredAt};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// Names in memory: what the journal keeps as a table.
#[derive(Default)]
struct Names {
    numbers: BTreeMap<(Kind, Vec<u8>), u64>,
    names: BTreeMap<(Kind, u64), Vec<u8>>,
}

impl Numbering for Names {
    type Error = Unreadable;

    fn number(&mut self, kind: Kind, name: &[u8]) -> Result<Number, Unreadable> {
        if let Some(number) = self.numbers.get(&(kind, name.to_vec())) {
            return Ok(Number::Known(*number));
        }
        let number = self.numbers.keys().filter(|(of, _)| *of == kind).count() as u64;
        self.numbers.insert((kind, name.to_vec()), number);
        Ok(Number::New(number))
    }
}

impl Naming for Names {
    type Error = Unreadable;

    fn name(&mut self, kind: Kind, number: u64) -> Result<Arc<[u8]>, Unreadable> {
        self.names.get(&(kind, number)).map(|name| name.as_slice().into()).ok_or_else(|| Unreadable::new("unknown"))
    }

    fn told(&mut self, kind: Kind, number: u64, name: &[u8]) -> Result<(), Unreadable> {
        self.names.insert((kind, number), name.to_vec());
        Ok(())
    }
}

fn date(text: &str) -> Date {
    Date::parse(text).expect("a date")
}

fn cny() -> Currency {
    Currency::from_code("CNY").expect("a currency")
}

fn line(leg: Leg, book: Book, debit: Account, credit: Account, amount: u128) -> Posting {
    Posting { leg, source: None, book, currency: cny(), debit, credit, amount: Amount::new(amount).expect("an amount") }
}

fn contract() -> Note {
    let record = include_str!("fixtures/contract_set.json");
    let Body::ContractSet { contract, json } = decode(record.trim_end().as_bytes()).expect("readable").event.body else { panic!("a contract_set") };
    Note::Contract { contract, json }
}

/// An entry of every kind, by name.
fn entries() -> Vec<(&'static str, Row)> {
    let dice = &mut Dice(7);
    let (hold, payout) = (HoldId::new("hold/1").expect("an id"), PayoutId::new("01ARZ3NDEKTSV4RRFFQ69G5FAV").expect("an id"));
    let of_merchant = |event_type: EventType, note: Note| Row {
        event: EventId::new("evt_1"),
        event_type: Some(event_type),
        subject: Some(Subject::Merchant(MerchantId::new("M100001").expect("an id"))),
        occurred_at: OccurredAt::parse("2026-11-23T10:15:00Z"),
        contract: Some(3),
        note,
        ..plain(9, Outcome::Posted)
    };
    let held = Account::merchant_detail(Code::Hold, Detail::Hold(hold.clone()));
    let psp = PspId::new("psp-7").expect("an id");
    let sold = sale(4, dice);
    let facts = sold.facts.clone().expect("facts");
    let refund = Row {
        event_type: Some(EventType::Refund),
        record: 3,
        lines: vec![Posting {
            source: Some(Source::OwnReserve),
            ..line(Leg::MoneyOut, Book::Psp(psp.clone()), held.clone(), Account::psp(Code::DueFromPsp, &psp), 700)
        }],
        facts: Some(Box::new(PaymentFacts { customer: None, booked_on: date("2026-11-20"), net_before: 5000, net_after: 4300, ..*facts.clone() })),
        volumes: Volumes { refunds_count: 1, refunds: 700, ..Volumes::default() },
        reference: Reference::new("RRN-00001"),
        ..sold.clone()
    };
    let many = (0..40).map(|day| {
        let bucket = Account::merchant_detail(Code::Reserve, Detail::Date(date("2026-12-01").plus_days(day)));
        line(Leg::ReserveDue, Book::Bank, bucket, Account::merchant(Code::Available), 100 + u128::from(day.unsigned_abs()))
    });
    let said = Said { maker: Some("li".into()), checker: Some("wang".into()), reason: Some("打错了".into()), order: None };
    vec![
        (
            "unreadable",
            Row {
                date: Date::from_days(0),
                ..plain(
                    0,
                    Outcome::Quarantined {
                        code: schemas::error::QuarantineCode::CardData,
                        detail: "a card number".into(),
                        value: "{\"pan\":\"****\"}".into(),
                        masked: true,
                    },
                )
            },
        ),
        (
            "opened",
            Row {
                event: EventId::new("open"),
                event_type: Some(EventType::LedgerOpened),
                subject: Some(Subject::Partition),
                note: Note::Opened { date: date("2026-11-23"), time_zone: "Asia/Shanghai".into() },
                ..plain(1, Outcome::Posted)
            },
        ),
        (
            "calendar",
            Row {
                event_type: Some(EventType::CalendarSet),
                subject: Some(Subject::Partition),
                note: Note::Calendar { calendar: CalendarId::new("CN").expect("an id"), year: 2026 },
                ..plain(2, Outcome::Posted)
            },
        ),
        ("contract", of_merchant(EventType::ContractSet, contract())),
        ("sale", sold.clone()),
        ("another sale", sale(5, dice)),
        ("refund", refund),
        ("void", Row { event_type: Some(EventType::Void), volumes: Volumes { sales_count: -1, sales: -12_850, ..Volumes::default() }, ..sold.clone() }),
        (
            "dispute",
            Row {
                event_type: Some(EventType::Chargeback),
                note: Note::Dispute { dispute: DisputeId::new("D7").expect("an id"), state: DisputeStage::Charged, amount: 1000, currency: cny(), fee: 1500 },
                alerts: vec![Alert::ChargebackExceedsCaptured],
                volumes: Volumes { chargebacks_count: 1, chargebacks: 1000, ..Volumes::default() },
                ..sold
            },
        ),
        (
            "hold",
            Row {
                lines: vec![line(Leg::HoldPlaced, Book::Bank, Account::merchant(Code::Available), held, 7)],
                ..of_merchant(
                    EventType::HoldPlaced,
                    Note::Hold {
                        hold,
                        placed: Some(HoldTerms { reason: HoldReason::Legal, expected_release: Some(date("2026-12-01")) }),
                        missing: 3,
                        open: true,
                        book: Book::Psp(psp),
                        currency: cny(),
                        amount: 10,
                    },
                )
            },
        ),
        (
            "payout",
            Row {
                lines: vec![line(
                    Leg::Payout,
                    Book::Bank,
                    Account::merchant(Code::Available),
                    Account::merchant_detail(Code::PayoutInTransit, Detail::Payout(payout.clone())),
                    10,
                )],
                ..of_merchant(EventType::PayoutInitiated, Note::Payout { payout, currency: cny(), amount: 10, destination: Some("6222…".into()) })
            },
        ),
        ("adjustment", Row { said: Some(Box::new(said)), ..of_merchant(EventType::Adjustment, Note::Amount { currency: cny(), minor: 5 }) }),
        ("seizure", Row { said: Some(Box::new(Said { order: Some("court 7".into()), ..Said::default() })), ..of_merchant(EventType::HoldSeized, Note::None) }),
        ("erasure", of_merchant(EventType::CustomerErased, Note::Erased { customer: CustomerKey::new(u64::MAX) })),
        ("duplicate", Row { outcome: Outcome::Duplicate { of: 4 }, ..of_merchant(EventType::Refund, Note::None) }),
        (
            "parked",
            Row {
                outcome: Outcome::Parked(Wait::Dispute(DisputeId::new("D7").expect("an id"))),
                payment: PaymentId::new("P1"),
                ..of_merchant(EventType::DisputeWon, Note::None)
            },
        ),
        (
            "refused",
            Row { outcome: Outcome::Refused { code: RefusalCode::ExpiredInPark, detail: "too late".into() }, ..of_merchant(EventType::Refund, Note::None) },
        ),
        (
            "closed",
            Row {
                event_type: Some(EventType::DayClosed),
                subject: Some(Subject::Partition),
                note: Note::Closed { date: date("2026-11-23") },
                date: date("2026-11-24"),
                ..plain(20, Outcome::Posted)
            },
        ),
        ("money that became available", Row { lines: many.collect(), ..of_merchant(EventType::DayClosed, Note::None) }),
        (
            "a house's",
            Row {
                event_type: Some(EventType::TaxPaid),
                subject: Some(Subject::House),
                lines: vec![line(Leg::TaxPaid, Book::Bank, Account::plain(Code::OutputVat), Account::plain(Code::SettlementCash), 9)],
                ..plain(21, Outcome::Posted)
            },
        ),
    ]
}

/// Entries of kinds that came later, by name: the fixtures above stay as they are.
fn later_entries() -> Vec<(&'static str, Row)> {
    let of = |subject: Subject, event_type: EventType, note: Note| Row {
        event: EventId::new("evt_2"),
        event_type: Some(event_type),
        subject: Some(subject),
        occurred_at: OccurredAt::parse("2026-11-23T10:15:00Z"),
        note,
        ..plain(30, Outcome::Posted)
    };
    let merchant = || Subject::Merchant(MerchantId::new("M100001").expect("an id"));
    let money = |minor| Money { minor, currency: cny() };
    let (source, report) = (ReportSource::read("scheme:unionpay").expect("a source"), ReportName::new("ZM20261123").expect("a name"));
    let line = ReportLine {
        source: source.clone(),
        report: report.clone(),
        line: 17,
        kind: ReportKind::Sale,
        credit: true,
        amount: money(12_850),
        date: date("2026-11-22"),
        payment: PaymentId::new("P-88231"),
        payout: None,
        fee: Some(-44),
        scheme: SchemeId::new("unionpay"),
        text: Some("消费".into()),
    };
    let closed = ReportClosed { source, report, date: date("2026-11-22"), count: 17, credits: money(12_850), debits: money(0) };
    let fees = Fees { mdr: 600, mdr_vat: 34, interchange: 450, scheme: 33, partner: 59, gateway: 5, gateway_vat: 1, channel: 2, channel_vat: 1 };
    let opened = OpenedPayment {
        book: Book::Psp(PspId::new("psp-7").expect("an id")),
        currency: cny(),
        minor: 100_000,
        refunded: 25_000,
        charged_back: 1,
        fees,
        back: Fees { mdr: 150, mdr_vat: 9, partner: 15, ..Fees::default() },
    };
    let facts = sale(4, &mut Dice(7)).facts.expect("facts");
    let facts = PaymentFacts { purchased_at: None, purchased: false, booked_on: date("2026-11-02"), available_on: date("2026-11-02"), ..*facts };
    let days = Note::CalendarDays { calendar: CalendarId::new("CN").expect("an id"), year: 2026, closed: vec![date("2026-02-17")], open: vec![] };
    let break_closed = Note::BreakClosed { id: BreakId::new("scheme:unionpay/sale/M1/R1").expect("an id"), event: EventId::new("e9") };
    vec![
        ("calendar with its days", of(Subject::Partition, EventType::CalendarSet, days)),
        ("line of a report", Row { reference: Reference::new("R1"), ..of(merchant(), EventType::ReportLine, Note::ReportLine { line: Box::new(line) }) }),
        ("end of a report", of(Subject::House, EventType::ReportClosed, Note::ReportClosed { closed: Box::new(closed) })),
        ("break that was closed", of(Subject::House, EventType::BreakClosed, break_closed)),
        (
            "payment from before",
            Row {
                payment: PaymentId::new("P-1"),
                facts: Some(Box::new(facts)),
                ..of(merchant(), EventType::OpeningPayment, Note::Opening { payment: Box::new(opened) })
            },
        ),
        (
            "balance from before",
            Row {
                lines: vec![self::line(Leg::Opening, Book::Bank, Account::plain(Code::Suspense), Account::merchant(Code::Available), 5)],
                ..of(merchant(), EventType::OpeningBalance, Note::Amount { currency: cny(), minor: 5 })
            },
        ),
    ]
}

/// The rows of a block, packed one after the other.
fn packed(rows: &[Row]) -> Vec<Vec<u8>> {
    let mut names = Names::default();
    let pack = |row: &Row| {
        let mut out = Vec::new();
        let base = if std::ptr::eq(row, &rows[0]) { Base::ZERO } else { Base::of(&rows[0]) };
        write(row, &base, &mut names, &mut out).expect("written");
        out
    };
    rows.iter().map(pack).collect()
}

fn unpacked(packed: &[Vec<u8>]) -> Vec<Row> {
    let mut names = Names::default();
    let base = |at: usize| if at == 0 { Base::ZERO } else { Base::read(&packed[0]).expect("a first row") };
    packed.iter().enumerate().map(|(at, bytes)| read(bytes, &base(at), &mut names).expect("readable")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string");
        text
    })
}

/// Compares with a fixture, or writes one that is not there.
fn assert_fixture(name: &str, lines: &[String]) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let text = lines.join("\n") + "\n";
    if !path.exists() && std::env::var_os("WRITE_FIXTURES").is_some() {
        std::fs::write(&path, &text).expect("written");
    }
    let fixture = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for (line, expected) in lines.iter().zip(fixture.lines()) {
        assert_eq!(line, expected, "{name}: these bytes are for ever");
    }
    assert_eq!(text, fixture, "{name}");
}

#[test]
fn rows_of_version_3_lie_as_they_ever_will() {
    for (fixture, entries) in [("rows_v3.txt", entries()), ("rows_v3_later.txt", later_entries())] {
        let (names, rows): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        let packed = packed(&rows);
        assert_eq!(unpacked(&packed), rows);
        let lines: Vec<String> = names.iter().zip(&packed).map(|(name, bytes)| format!("{name}: {}", hex(bytes))).collect();
        assert_fixture(fixture, &lines);
    }
}

#[test]
fn hashes_of_entries_are_as_they_ever_will_be() {
    let mut lines = Vec::new();
    let mut tree = None;
    for (number, (name, row)) in entries().into_iter().enumerate() {
        let recorded = Recorded { number: number as u64, row };
        let hash = entry_hash(3, &recorded).expect("a hash");
        lines.push(format!("{name}: {hash} {}", leaf_hash(&hash)));
        tree = Some(tree.map_or_else(|| leaf_hash(&hash), |tree| node_hash(&tree, &leaf_hash(&hash))));
    }
    lines.push(format!("all, each joined to those before it: {}", tree.expect("entries")));
    assert_fixture("hashes_v1.txt", &lines);
}

#[test]
fn a_merchants_half_can_be_made_of_what_it_is_told_and_has_none_of_the_costs() {
    let (_, row) = entries().swap_remove(4);
    let (merchant, payment) = (row.subject.clone(), row.payment.clone().expect("a payment"));
    let Some(Subject::Merchant(merchant)) = merchant else { panic!("a merchant") };
    let half = merchant_half(3, &Recorded { number: 99_120, row: row.clone() });
    let mut texts = Vec::new();
    let mut bytes = Bytes::new(&half);
    while !bytes.is_empty() {
        texts.push(bytes.text().expect("a text").to_owned());
    }
    let head = [
        "3:99120",
        "3:4",
        row.event.as_ref().expect("an id").as_str(),
        "sale",
        "2026-11-23",
        merchant.as_str(),
        payment.as_str(),
        "2026-11-23T10:15:00.250+08:00",
    ];
    assert_eq!(texts[..8], head.map(str::to_owned));
    assert_eq!((texts.len(), texts[8].as_str(), texts[10].as_str(), texts[17].as_str()), (8 + 3 * 10, "bank", "1010", "money_in"));
    assert!(!texts.iter().any(|text| text == "5010" || text == "5020" || text == "interchange"), "{texts:?}");
    // Each half changes the hash.
    let hash = |row: &Row| entry_hash(3, &Recorded { number: 1, row: row.clone() }).expect("a hash");
    let other_cost = Row {
        lines: row
            .lines
            .iter()
            .map(|line| if line.leg == Leg::Interchange { Posting { amount: Amount::new(1).expect("an amount"), ..line.clone() } } else { line.clone() })
            .collect(),
        ..row.clone()
    };
    assert_ne!(hash(&other_cost), hash(&row));
    assert_eq!(merchant_half(3, &Recorded { number: 1, row: other_cost }), merchant_half(3, &Recorded { number: 1, row }));
}

#[test]
fn rows_of_any_kind_come_back_and_what_is_cut_or_longer_does_not() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| u64::from(std::process::id()) << 20);
    let dice = &mut Dice(seed);
    let mut sizes = (0, 0);
    for round in 0..200 {
        let rows: Vec<Row> = (0..64).map(|at| any(round * 100 + at, dice)).collect();
        let packed = packed(&rows);
        assert_eq!(unpacked(&packed), rows, "seed {seed}");
        sizes = packed
            .iter()
            .zip(&rows)
            .skip(32)
            .filter(|(_, row)| row.event_type == Some(EventType::Sale))
            .fold(sizes, |sum, (bytes, _)| (sum.0 + bytes.len(), sum.1 + 1));
        for row in &rows {
            let whole = other_half(row).expect("written");
            assert_eq!(read(&whole, &Base::ZERO, &mut Literal).as_ref(), Ok(row), "seed {seed}");
            let cut = usize::try_from(dice.below(whole.len() as u64)).expect("small");
            assert!(read(&whole[..cut], &Base::ZERO, &mut Literal).is_err(), "seed {seed}: {cut} of {} bytes of {row:?}", whole.len());
            assert!(read(&[whole, vec![0]].concat(), &Base::ZERO, &mut Literal).is_err(), "seed {seed}: a byte more of {row:?}");
        }
    }
    println!("{} bytes a sale, seed {seed}", sizes.0 / sizes.1);
    assert!(sizes.0 / sizes.1 <= 80, "{} bytes a sale", sizes.0 / sizes.1);
}
