//! What others report of the same money, compared with the entries: `GET /v1/reconciliation` and its breaks.
//!
//! Written from the words of the accounting's page: every pair of items is asked whether they belong together. What the house settles
//! (the kind `settlement`) is left out.

use super::chronicle::Chronicle;
use super::entry::Entry;
use crate::model::event::{Event, HOUSE};
use crate::model::money::{minor, text};
use crate::model::state::PaymentState;
use schemas::money::Currency;
use schemas::time::Date;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Business days that an answer is waited for.
const EXPECT_DAYS: usize = 2;
/// Units an entry that fees may be apart.
const FEE_TOLERANCE: u128 = 1;
/// The bank's account, by the configuration of the service that is judged: in this book and currency.
const BANK: (&str, &str, &str) = ("bank:acct-1", "bank", "CNY");

/// An entry, or a line.
#[derive(Clone, Debug)]
struct Item {
    ours: bool,
    owner: String,
    source: String,
    kind: String,
    number: usize,
    date: Date,
    /// The report's own date of a line.
    dated: Date,
    currency: Currency,
    minor: i128,
    fee: Option<i128>,
    reference: Option<String>,
    payment: Option<String>,
    payout: Option<String>,
    line: String,
    calendar: Option<String>,
    /// The id of a line's event.
    event: String,
}

/// A pair as of a date.
struct Pair {
    ours: Vec<Item>,
    theirs: Vec<Item>,
}

/// One pair as it is told.
#[derive(Clone, Debug)]
pub struct Row {
    /// Whether somebody must look.
    pub is_break: bool,
    /// As the list of breaks tells it, without fees.
    pub row: Value,
    sum: (String, String, String, Currency, i128, i128),
}

fn kind_of(event: &str) -> Option<&'static str> {
    Some(match event {
        "sale" | "preauth_completed" | "tip_adjusted" | "void" | "reversal" => "sale",
        "refund" | "refund_failed" | "standalone_refund" => "refund",
        "chargeback" | "dispute_lost" | "standalone_chargeback" => "chargeback",
        "chargeback_represented" | "dispute_won" => "representment",
        "instalment_subsidy" => "fee",
        _ => return None,
    })
}

/// What an entry of a payment moves on the scheme's receivable, but interchange and scheme fee.
fn moved(entry: &Entry) -> Option<(Currency, i128)> {
    let cost = |code: u16| matches!(code, 5010 | 5020);
    let lines =
        entry.said.lines.iter().filter(|line| (line.debit.code == 1010) != (line.credit.code == 1010) && !cost(line.debit.code) && !cost(line.credit.code));
    let signed = lines.map(|line| (line.currency, if line.debit.code == 1010 { line.amount } else { -line.amount }));
    signed.reduce(|(currency, sum), (_, amount)| (currency, sum + amount))
}

/// The fee in it: of a scheme interchange and scheme fee, of a PSP its fees.
fn fee(entry: &Entry, book: &str) -> i128 {
    if book == "bank" {
        let cost = |code: u16| matches!(code, 5010 | 5020);
        return entry.said.lines.iter().map(|line| (i128::from(cost(line.debit.code)) - i128::from(cost(line.credit.code))) * line.amount).sum();
    }
    let stands = |payment: &crate::model::state::Payment| payment.fees.mdr + payment.fees.gateway - payment.back.mdr - payment.back.gateway;
    let before = entry.before.as_ref().filter(|payment| payment.state == PaymentState::Captured).map_or(0, |payment| stands(payment));
    entry.said.payment.as_ref().map_or(0, |payment| stands(payment)) - before
}

fn of_entry(number: usize, entry: &Entry, past: &[Item]) -> Vec<Item> {
    let (Some(merchant), Some(event)) = (entry.merchant(), entry.event.as_ref()) else { return Vec::new() };
    let reference = event.text("reference").map(str::to_owned);
    let plain = |source: String, kind: &str, currency, minor, fee| Item {
        ours: true,
        owner: merchant.to_owned(),
        source,
        kind: kind.to_owned(),
        number,
        date: entry.date(),
        dated: entry.date(),
        currency,
        minor,
        fee,
        reference: None,
        payment: None,
        payout: None,
        line: String::new(),
        calendar: None,
        event: String::new(),
    };
    if matches!(entry.kind(), "payout_paid" | "payout_returned") {
        let cash = entry.said.lines.iter().find(|line| matches!(line.debit.code, 1020 | 1030) || matches!(line.credit.code, 1020 | 1030));
        let Some(line) = cash else { return Vec::new() };
        let amount = if matches!(line.debit.code, 1020 | 1030) { line.amount } else { -line.amount };
        let bank = (line.book.as_str(), line.currency.code()) == (BANK.1, BANK.2);
        let source = if line.book == "bank" { bank.then(|| BANK.0.to_owned()) } else { Some(line.book.clone()) };
        return source
            .map(|source| Item { payout: event.text("payout").map(str::to_owned), ..plain(source, "payout", line.currency, amount, None) })
            .into_iter()
            .collect();
    }
    let (Some(payment), Some(kind), Some((currency, amount))) = (&entry.said.payment, kind_of(entry.kind()), moved(entry)) else { return Vec::new() };
    let source = if payment.book == "bank" { format!("scheme:{}", payment.instrument.scheme) } else { payment.book.clone() };
    let is_settled_alike = payment.conversion.is_none();
    let item = |kind: &str, amount: i128, fee: i128| Item {
        reference: reference.clone(),
        payment: Some(payment.id.clone()),
        calendar: Some(payment.contract.calendar.clone()),
        ..plain(source.clone(), kind, currency, amount, is_settled_alike.then_some(fee))
    };
    if payment.state == PaymentState::Voided && matches!(entry.kind(), "void" | "reversal") {
        // All of it is taken back, each kind by itself.
        let stood = |kind: &str| {
            let own =
                past.iter().filter(|item| item.ours && item.owner == merchant && item.kind == kind && item.payment.as_deref() == Some(payment.id.as_str()));
            own.fold((0, 0), |(sum, fees), item| (sum + item.minor, fees + item.fee.unwrap_or(0)))
        };
        let (sale, subsidy) = (stood("sale"), stood("fee"));
        let mut items = vec![item("sale", -sale.0, -sale.1)];
        if subsidy.0 != 0 {
            items.push(item("fee", -subsidy.0, -subsidy.1));
        }
        return items;
    }
    vec![item(kind, amount, fee(entry, &payment.book))]
}

/// A fee of a line: rounded half up once, away from zero.
fn line_fee(event: &Event, currency: Currency) -> Option<i128> {
    let exact: rust_decimal::Decimal = event.text("fee")?.parse().ok()?;
    let rounded = exact.round_dp_with_strategy(u32::from(currency.exponent()), rust_decimal::RoundingStrategy::MidpointAwayFromZero).abs();
    let minor = minor(&rounded.to_string(), currency)?;
    Some(if exact.is_sign_negative() { -minor } else { minor })
}

fn of_line(number: usize, entry: &Entry) -> Option<Item> {
    let event = entry.event.as_ref()?;
    let (currency, amount) = (event.currency()?, event.amount()?);
    let own = |name: &str| event.text(name).map(str::to_owned);
    Some(Item {
        ours: false,
        owner: entry.said.subject.clone()?,
        source: own("source")?,
        kind: own("kind")?,
        number,
        date: entry.date(),
        dated: event.date("date")?,
        currency,
        minor: if event.text("direction") == Some("credit") { amount } else { -amount },
        fee: line_fee(event, currency),
        reference: own("reference"),
        payment: own("payment"),
        payout: own("payout"),
        line: format!("{}:{}", event.need("report"), event.get("line")?),
        calendar: None,
        event: event.id.clone(),
    })
}

/// Every item of the life.
fn items(chronicle: &Chronicle) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut payouts = BTreeMap::<String, BTreeSet<String>>::new();
    for (number, entry) in chronicle.entries.iter().enumerate().filter(|(_, entry)| entry.is_posted()) {
        match entry.kind() {
            "report_line" => items.extend(of_line(number, entry)),
            kind => {
                if let (Some(merchant), "payout_initiated", Some(event)) = (entry.merchant(), kind, &entry.event) {
                    payouts.entry(event.need("payout").to_owned()).or_default().insert(merchant.to_owned());
                }
                let more = of_entry(number, entry, &items);
                items.extend(more);
            }
        }
    }
    // A line that a merchant has is not counted of the house.
    let claimed: BTreeSet<(String, String)> =
        items.iter().filter(|item| !item.ours && item.owner != HOUSE).map(|item| (item.source.clone(), item.event.clone())).collect();
    items.retain(|item| item.owner != HOUSE || !claimed.contains(&(item.source.clone(), item.event.clone())));
    // A payout that exactly one merchant has is that merchant's, also where the house has the line.
    for item in items.iter_mut().filter(|item| !item.ours && item.owner == HOUSE && item.kind == "payout") {
        let owners = item.payout.as_ref().and_then(|payout| payouts.get(payout));
        if let Some(only) = owners.filter(|owners| owners.len() == 1).and_then(BTreeSet::first) {
            item.owner = only.clone();
        }
    }
    items.retain(|item| item.kind != "settlement");
    items
}

fn belong(one: &Item, other: &Item) -> bool {
    if (&one.owner, &one.source, &one.kind) != (&other.owner, &other.source, &other.kind) {
        return false;
    }
    if one.kind == "payout" && (one.payout.is_some() || other.payout.is_some()) {
        return one.payout == other.payout;
    }
    match (&one.reference, &other.reference) {
        (Some(one), Some(other)) => one == other,
        _ => one.payment.is_some() && one.payment == other.payment,
    }
}

fn pairs(items: Vec<Item>) -> Vec<Pair> {
    let mut groups: Vec<Vec<Item>> = Vec::new();
    for item in items {
        let (mut joined, rest): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.iter().any(|other| belong(other, &item)));
        groups = rest;
        joined.push(vec![item]);
        groups.push(joined.concat());
    }
    let pair = |mut group: Vec<Item>| {
        group.sort_by_key(|item| item.number);
        let (ours, theirs) = group.into_iter().partition(|item| item.ours);
        Pair { ours, theirs }
    };
    groups.into_iter().map(pair).collect()
}

/// The last date of the wait that begins on a date.
fn wait_ends(chronicle: &Chronicle, calendar: Option<&str>, from: Date) -> Date {
    let mut date = from;
    for _ in 0..EXPECT_DAYS {
        date = date.plus_days(1);
        while !chronicle.model.calendars.clears(calendar.unwrap_or(""), date) {
            date = date.plus_days(1);
        }
    }
    date
}

fn state(chronicle: &Chronicle, pair: &Pair, as_of: Date) -> &'static str {
    let Pair { ours, theirs } = pair;
    let currencies: BTreeSet<Currency> = ours.iter().chain(theirs).map(|item| item.currency).collect();
    let calendar = ours.iter().find_map(|item| item.calendar.as_deref());
    let over = |item: &Item| wait_ends(chronicle, calendar, item.date) < as_of;
    let sum = |items: &[Item]| items.iter().map(|item| item.minor).sum::<i128>();
    if currencies.len() > 1 {
        return "currency";
    }
    let differ = sum(ours) != sum(theirs);
    match (ours.len(), theirs.len()) {
        (1.., lines) if lines > ours.len() && differ => return "duplicate",
        (entries, lines) if lines < entries && differ => return if over(&ours[lines]) { "missing_there" } else { "awaited" },
        (0, _) => return if over(&theirs[0]) { "missing_here" } else { "awaited" },
        _ if differ => return "amount",
        _ => {}
    }
    let fees = |items: &[Item]| items.iter().map(|item| item.fee).sum::<Option<i128>>();
    if let (Some(own), Some(their), false) = (fees(ours), fees(theirs), theirs.is_empty())
        && own.abs_diff(their) > FEE_TOLERANCE * ours.len() as u128
    {
        return "fee";
    }
    let count = ours.len().max(theirs.len());
    let at = |items: &[Item], index: usize| items.get(index).or(items.last()).map(|item| item.date);
    let late = (0..count).any(|index| match (at(ours, index), at(theirs, index)) {
        (Some(own), Some(their)) => their > wait_ends(chronicle, calendar, own) || own > wait_ends(chronicle, calendar, their),
        _ => false,
    });
    if late { "late" } else { "matched" }
}

fn is_break(state: &str) -> bool {
    !matches!(state, "matched" | "late" | "awaited")
}

/// A payment, in one kind: of which owner, source and kind.
type Of<'a> = (&'a str, &'a str, &'a str, &'a str);

fn payment_of(item: &Item) -> Option<Of<'_>> {
    Some((&item.owner, &item.source, &item.kind, item.payment.as_deref()?))
}

/// Payments that stand at nothing, in each kind, and of which no line came: no pair in which an item of them is has one.
fn expected_by_nobody(pairs: &[Pair]) -> BTreeSet<Of<'_>> {
    let mut stands = BTreeMap::<Of<'_>, i128>::new();
    let mut told = BTreeSet::new();
    for pair in pairs {
        for item in &pair.ours {
            if let Some(payment) = payment_of(item) {
                *stands.entry(payment).or_default() += item.minor;
            }
        }
        if !pair.theirs.is_empty() {
            told.extend(pair.ours.iter().chain(&pair.theirs).filter_map(payment_of));
        }
    }
    stands.into_iter().filter(|(payment, stands)| *stands == 0 && !told.contains(payment)).map(|(payment, _)| payment).collect()
}

/// Every pair, and what is expected of them.
struct Pairs<'a> {
    chronicle: &'a Chronicle,
    items: Vec<Item>,
    first: BTreeMap<String, Date>,
}

impl Pairs<'_> {
    /// The pair with what somebody expects of it.
    fn expected(&self, pair: &Pair, by_nobody: &BTreeSet<Of<'_>>) -> Pair {
        let mut ours = pair.ours.clone();
        ours.retain(|item| payment_of(item).is_none_or(|payment| !by_nobody.contains(&payment)));
        if pair.theirs.is_empty() {
            ours.retain(|item| self.first.get(&item.source).is_some_and(|first| item.date >= *first));
        }
        Pair { ours, theirs: pair.theirs.clone() }
    }

    /// Whether a pair was a break at the end of a date, after which nothing came of it.
    fn was_break(&self, pair: &Pair, date: Date) -> bool {
        let then = pairs(self.items.iter().filter(|item| item.date <= date).cloned().collect());
        let pair = self.expected(pair, &expected_by_nobody(&then));
        !(pair.ours.is_empty() && pair.theirs.is_empty()) && is_break(state(self.chronicle, &pair, date))
    }
}

/// The pairs as they stand at the end of the chronicle, on a date.
pub fn rows(chronicle: &Chronicle, as_of: Date) -> Vec<Row> {
    let items = items(chronicle);
    let mut first = BTreeMap::<String, Date>::new();
    for entry in chronicle.posted().filter(|entry| entry.kind() == "report_line") {
        if let Some((source, date)) = entry.event.as_ref().and_then(|event| Some((event.text("source")?.to_owned(), event.date("date")?))) {
            let least = first.entry(source).or_insert(date);
            *least = (*least).min(date);
        }
    }
    let mut told = Vec::new();
    let whole = pairs(items.clone());
    let by_nobody = expected_by_nobody(&whole);
    let all = Pairs { chronicle, items, first };
    for pair in &whole {
        let expected = all.expected(pair, &by_nobody);
        let Some(lead) = expected.ours.first().or(expected.theirs.first()).cloned() else { continue };
        told.push(row(&all, (pair, &expected), &lead, as_of));
    }
    told.sort_by_key(|told| {
        (std::cmp::Reverse(told.row["day"].as_str().unwrap_or_default().to_owned()), told.row["break"].as_str().unwrap_or_default().to_owned())
    });
    told
}

/// A pair as it is told: all of it, and what somebody expects of it.
fn row(all: &Pairs<'_>, (whole, pair): (&Pair, &Pair), lead: &Item, as_of: Date) -> Row {
    let state = state(all.chronicle, pair, as_of);
    let both = || pair.ours.iter().chain(&pair.theirs);
    let name = both()
        .find_map(|item| item.reference.clone())
        .or_else(|| both().find_map(|item| item.payment.as_ref()).map(|payment| format!("payment:{payment}")))
        .or_else(|| both().find_map(|item| item.payout.as_ref()).map(|payout| format!("payout:{payout}")))
        .unwrap_or_else(|| lead.line.clone());
    let id = format!("{}/{}/{}/{name}", lead.source, lead.kind, lead.owner);
    let in_lead = |items: &[Item]| items.iter().filter(|item| item.currency == lead.currency).map(|item| item.minor).sum::<i128>();
    let (ours, theirs) = (in_lead(&pair.ours), if state == "currency" { 0 } else { in_lead(&pair.theirs) });
    let last = whole.ours.iter().chain(&whole.theirs).map(|item| item.date).max().unwrap_or(as_of);
    let posted = all.chronicle.posted().filter(|entry| entry.kind() == "break_closed");
    let closings = posted.filter(|entry| entry.event.as_ref().is_some_and(|event| event.need("break") == id));
    let closed = closings.map(Entry::date).find(|date| is_break(state) && *date >= last && all.was_break(whole, *date));
    let row = json!({
        "break": id, "source": lead.source, "kind": lead.kind, "state": state, "merchant": lead.owner, "currency": lead.currency.code(),
        "ours": text(ours, lead.currency), "theirs": text(theirs, lead.currency), "difference": text(ours - theirs, lead.currency),
        "age": as_of.days() - lead.dated.days(), "day": lead.dated.to_string(),
        "closed": closed.map(|date| json!({"date": date.to_string()})),
        "entry": pair.ours.first().map(|item| format!("0:{}", item.number)),
    });
    let sum = (lead.source.clone(), lead.kind.clone(), state.to_owned(), lead.currency, ours, theirs);
    Row { is_break: is_break(state), row, sum }
}

/// The pairs added up by source, kind and state.
pub fn sums(rows: &[Row]) -> Vec<Value> {
    let mut sums = BTreeMap::new();
    for (source, kind, state, currency, ours, theirs) in rows.iter().map(|row| &row.sum) {
        let sum = sums.entry((source, kind, state, *currency)).or_insert((0u64, 0, 0));
        (sum.0, sum.1, sum.2) = (sum.0 + 1, sum.1 + ours, sum.2 + theirs);
    }
    let told = |((source, kind, state, currency), (count, ours, theirs)): ((&String, &String, &String, Currency), (u64, i128, i128))| {
        json!({"source": source, "kind": kind, "state": state, "currency": currency.code(), "count": count, "ours": text(ours, currency),
            "theirs": text(theirs, currency), "difference": text(ours - theirs, currency)})
    };
    sums.into_iter().map(told).collect()
}
