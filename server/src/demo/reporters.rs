//! What others say of the day before: a scheme, a payment company and a bank report of it in the morning, a line each for what they saw.
//!
//! What they saw is read from the ledger's own entries; a few lines are wrong, missing or told twice, so that there is something to reconcile.

use super::agenda::Agenda;
use super::city::PSP;
use super::dice::Dice;
use super::event::{Ids, event};
use crate::config::Config;
use crate::node::{Error, HOUSE_KEY, Node};
use jiff::civil::Date;
use ledger::entry::{Account, Code, Party, Posting, Recorded, Row};
use projections::answers::LIMIT_MAX;
use projections::answers::lists::{Entries, Filter, ListQuery, list};
use projections::answers::reconciliation::{self, SourceTerms};
use schemas::event::{Book, EventType, Subject};
use schemas::money::{Currency, format_minor};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The scheme that reports; of the others nothing comes, so nothing is expected of them.
const SCHEME: &str = "unionpay";
/// The account that the bank's statements are of.
const BANK: &str = "bank:6222000011112222";
/// When the files come, and when each is said to be whole.
const REPORTED_AT: u32 = 8 * 3600;
/// Of a thousand lines, those that are left out, of another amount, told twice, and of another fee.
const LEFT_OUT: u64 = 3;
const WRONG: u64 = 3;
const TWICE: u64 = 2;
const WRONG_FEE: u64 = 3;
/// Of a hundred reports, those that tell of a sale that nobody here knows.
const UNKNOWN: u64 = 20;

/// Says whose statements the simulated bank's are, where nobody has said so.
pub fn configure(config: &mut Config) {
    let account = Currency::from_code("CNY").map(|currency| reconciliation::Account { book: Book::Bank, currency });
    if !config.reconciliation.sources.keys().any(|source| source.starts_with("bank:")) {
        config.reconciliation.sources.insert(BANK.to_owned(), SourceTerms { account, ..SourceTerms::default() });
    }
}

/// Plans the reports that come on a date.
pub struct Reporters<'a> {
    /// Where the day before is read.
    pub node: &'a Node,
    /// Chance.
    pub dice: &'a mut Dice,
    /// Ids of events.
    pub ids: &'a mut Ids,
    /// Where everything is planned.
    pub agenda: &'a mut Agenda,
    /// The date.
    pub date: Date,
}

/// A line before it is one of a report.
#[derive(Clone, Debug)]
struct Seen {
    merchant: String,
    kind: &'static str,
    currency: Currency,
    minor: i128,
    fee: Option<i128>,
    more: Vec<(&'static str, String)>,
}

/// What a report comes to in one currency.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    count: u64,
    credits: i128,
    debits: i128,
}

impl Reporters<'_> {
    /// The files of the day before.
    ///
    /// # Errors
    /// What a partition says that cannot be read.
    pub fn plan(&mut self) -> Result<(), Error> {
        let Ok(yesterday) = self.date.yesterday() else { return Ok(()) };
        let mut entries = Vec::new();
        for place in self.node.places() {
            place.answer(|shard| read(shard, yesterday, &mut entries))?;
        }
        let bank = self.node.config().reconciliation.sources.iter().find(|(source, terms)| source.starts_with("bank:") && terms.account.is_some());
        let bank = bank.map(|(source, _)| source.clone());
        let mut files = BTreeMap::<String, Vec<Seen>>::new();
        for (source, seen) in seen(&entries, bank.as_deref()) {
            files.entry(source).or_default().push(seen);
        }
        for (source, lines) in files {
            self.file(&source, lines, yesterday);
        }
        Ok(())
    }

    fn file(&mut self, source: &str, lines: Vec<Seen>, of: Date) {
        let report = format!("{}-{of}", source.replace(':', "-"));
        let (mut totals, mut number) = (BTreeMap::<Currency, Total>::new(), 0);
        let mut told: Vec<Seen> = Vec::with_capacity(lines.len());
        for mut line in lines {
            let is_settlement = line.kind == "settlement";
            if !is_settlement && self.dice.per_mille(LEFT_OUT) {
                continue;
            }
            if !is_settlement && self.dice.per_mille(WRONG) {
                line.minor += line.minor.signum();
            }
            if line.fee.is_some() && self.dice.per_mille(WRONG_FEE) {
                line.fee = line.fee.map(|fee| fee + 7);
            }
            if line.kind == "sale" && self.dice.per_mille(TWICE) {
                told.push(line.clone());
            }
            told.push(line);
        }
        if let Some(known) = told.iter().find(|line| line.kind == "sale").filter(|_| self.dice.chance(UNKNOWN)).cloned() {
            let more = vec![("reference", format!("RRN-{}", self.ids.next()))];
            told.push(Seen { merchant: HOUSE_KEY.to_owned(), minor: 8_800, fee: None, more, ..known });
        }
        for line in told {
            number += 1;
            let total = totals.entry(line.currency).or_default();
            total.count += 1;
            if line.minor < 0 {
                total.debits -= line.minor
            } else {
                total.credits += line.minor
            }
            let event = self.line(source, &report, number, of, &line);
            self.agenda.plan(self.date, REPORTED_AT, &event);
        }
        for (currency, total) in totals {
            let mut closed = event(&self.ids.next(), "report_closed", HOUSE_KEY, self.date, REPORTED_AT + 60);
            let money = |minor: i128| json!(format_minor(minor, currency));
            let fields = [("source", json!(source)), ("report", json!(report)), ("date", json!(of.to_string())), ("currency", json!(currency.code()))];
            for (name, value) in fields.into_iter().chain([("count", json!(total.count)), ("credits", money(total.credits)), ("debits", money(total.debits))]) {
                closed[name] = value;
            }
            self.agenda.plan(self.date, REPORTED_AT + 60, &closed);
        }
    }

    fn line(&mut self, source: &str, report: &str, number: u64, of: Date, line: &Seen) -> Value {
        let mut event = event(&self.ids.next(), "report_line", &line.merchant, self.date, REPORTED_AT);
        let money = |minor: i128| json!(format_minor(minor, line.currency));
        for (name, value) in [
            ("source", json!(source)),
            ("report", json!(report)),
            ("line", json!(number)),
            ("kind", json!(line.kind)),
            ("direction", json!(if line.minor < 0 { "debit" } else { "credit" })),
            ("amount", money(line.minor.abs())),
            ("currency", json!(line.currency.code())),
            ("date", json!(of.to_string())),
        ] {
            event[name] = value;
        }
        if let Some(fee) = line.fee {
            event["fee"] = money(fee);
        }
        for (name, value) in &line.more {
            event[*name] = json!(value);
        }
        event
    }
}

/// The entries of a date, of what others see.
fn read(shard: &projections::answers::Shard<'_>, of: Date, entries: &mut Vec<Recorded>) -> Result<(), projections::answers::Error> {
    let of = schemas::time::Date::from_civil(of);
    let types = vec![
        EventType::Sale,
        EventType::PreauthCompleted,
        EventType::TipAdjusted,
        EventType::Void,
        EventType::Reversal,
        EventType::Refund,
        EventType::RefundFailed,
        EventType::InstalmentSubsidy,
        EventType::Chargeback,
        EventType::ChargebackRepresented,
        EventType::DisputeWon,
        EventType::DisputeLost,
        EventType::PayoutPaid,
        EventType::PayoutReturned,
        EventType::SchemeSettled,
        EventType::PartnerPaid,
        EventType::PspPaidBank,
    ];
    let filter = Filter { types, ..Filter::default() };
    let mut query = ListQuery { from: Some(of), to: Some(of), limit: LIMIT_MAX, cursor: None, filter };
    loop {
        let page = list(std::slice::from_ref(shard), &mut Entries, &query).map_err(|failed| failed.error)?;
        entries.extend(page.rows.into_iter().map(|found| found.row));
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return Ok(()),
        }
    }
}

/// What each source saw of a day's entries: of a payment what all its entries of a kind come to.
fn seen(entries: &[Recorded], bank: Option<&str>) -> Vec<(String, Seen)> {
    let mut payments = BTreeMap::<(String, &'static str, String, String), Seen>::new();
    let mut lines = Vec::new();
    for row in entries.iter().map(|entry| &entry.row) {
        match (&row.subject, &row.payment) {
            (Some(Subject::Merchant(merchant)), Some(payment)) => {
                let Some((source, kind, currency, minor)) = of_payment(row) else { continue };
                let fee = if source.starts_with("scheme:") && kind == "sale" && is_settled_alike(row, currency) { Some(costs(row)) } else { None };
                let new =
                    || Seen { merchant: merchant.to_string(), kind, currency, minor: 0, fee: fee.map(|_| 0), more: vec![("payment", payment.to_string())] };
                let seen = payments.entry((source, kind, merchant.to_string(), payment.to_string())).or_insert_with(new);
                seen.minor += minor;
                seen.fee = seen.fee.zip(fee).map(|(one, other)| one + other);
            }
            (Some(Subject::Merchant(merchant)), None) => lines.extend(of_payout(row, merchant.as_str(), bank)),
            (Some(Subject::House), _) => lines.extend(of_house(row, bank)),
            (Some(Subject::Partition) | None, _) => {}
        }
    }
    let told = payments.into_iter().filter(|(_, seen)| seen.minor != 0).map(|((source, ..), seen)| (source, seen));
    told.chain(lines).collect()
}

/// What an entry of a payment moved on the scheme's receivable, and who reports of it.
fn of_payment(row: &Row) -> Option<(String, &'static str, Currency, i128)> {
    let kind = match row.event_type? {
        EventType::Refund | EventType::RefundFailed => "refund",
        EventType::Chargeback | EventType::DisputeLost => "chargeback",
        EventType::ChargebackRepresented | EventType::DisputeWon => "representment",
        EventType::InstalmentSubsidy => "fee",
        _ => "sale",
    };
    let moved = |line: &Posting| match (receivable(&line.debit), receivable(&line.credit)) {
        (Some(_), None) if !is_cost(&line.credit) => Some(minor(line)),
        (None, Some(_)) if !is_cost(&line.debit) => Some(-minor(line)),
        _ => None,
    };
    let line = row.lines.iter().find(|line| moved(line).is_some())?;
    let scheme = receivable(&line.debit).or_else(|| receivable(&line.credit))?;
    let source = match &line.book {
        Book::Bank if scheme == SCHEME => format!("scheme:{scheme}"),
        Book::Psp(psp) if psp.as_str() == PSP => format!("psp:{psp}"),
        Book::Bank | Book::Psp(_) => return None,
    };
    Some((source, kind, line.currency, row.lines.iter().filter_map(moved).sum()))
}

fn of_payout(row: &Row, merchant: &str, bank: Option<&str>) -> Option<(String, Seen)> {
    let (line, payout) = row.lines.iter().find_map(|line| {
        let of = |account: &Account| if let ledger::entry::Detail::Payout(payout) = &account.detail { Some(payout.to_string()) } else { None };
        of(&line.debit).or_else(|| of(&line.credit)).or_else(|| hold(line)).map(|payout| (line, payout))
    })?;
    let minor = if row.event_type == Some(EventType::PayoutReturned) { minor(line) } else { -minor(line) };
    let source = match &line.book {
        Book::Bank if line.currency.code() == "CNY" => bank?.to_owned(),
        Book::Psp(psp) if psp.as_str() == PSP => format!("psp:{psp}"),
        Book::Bank | Book::Psp(_) => return None,
    };
    let seen = Seen { merchant: merchant.to_owned(), kind: "payout", currency: line.currency, minor, fee: None, more: vec![("payout", payout)] };
    Some((source, seen))
}

/// What came back of a payout is held under its id.
fn hold(line: &Posting) -> Option<String> {
    if let ledger::entry::Detail::Hold(hold) = &line.credit.detail { Some(hold.to_string()) } else { None }
}

/// What the house was paid and paid: the bank tells of its own account, the scheme of what it settled with the bank.
fn of_house(row: &Row, bank: Option<&str>) -> Vec<(String, Seen)> {
    let mut lines = Vec::new();
    for line in row.lines.iter().filter(|line| line.book == Book::Bank) {
        let (other, minor) = match (line.debit.code, line.credit.code) {
            (Code::SettlementCash, _) => (&line.credit, minor(line)),
            (_, Code::SettlementCash) => (&line.debit, -minor(line)),
            _ => continue,
        };
        let party = match &other.party {
            Party::Scheme(id) => id.to_string(),
            Party::Psp(id) => id.to_string(),
            Party::Partner(id) => id.to_string(),
            Party::None | Party::Merchant => continue,
        };
        let seen =
            Seen { merchant: HOUSE_KEY.to_owned(), kind: "settlement", currency: line.currency, minor, fee: None, more: vec![("scheme", party.clone())] };
        if let (Some(bank), "CNY") = (bank, line.currency.code()) {
            lines.push((bank.to_owned(), seen.clone()));
        }
        if other.code == Code::SchemeReceivable && party == SCHEME {
            lines.push((format!("scheme:{SCHEME}"), seen));
        }
    }
    lines
}

fn receivable(account: &Account) -> Option<&str> {
    match (account.code, &account.party) {
        (Code::SchemeReceivable, Party::Scheme(scheme)) => Some(scheme.as_str()),
        _ => None,
    }
}

const fn is_cost(account: &Account) -> bool {
    matches!(account.code, Code::InterchangeCost | Code::SchemeFeeCost)
}

/// Interchange and scheme fee of an entry in the bank's book.
fn costs(row: &Row) -> i128 {
    let of = |line: &Posting| match (is_cost(&line.debit), is_cost(&line.credit)) {
        (true, false) => minor(line),
        (false, true) => -minor(line),
        (true, true) | (false, false) => 0,
    };
    row.lines.iter().filter(|line| line.book == Book::Bank).map(of).sum()
}

/// Whether the merchant is paid in the currency of the sale: of another one fees are not compared.
fn is_settled_alike(row: &Row, currency: Currency) -> bool {
    row.facts.as_ref().is_some_and(|facts| facts.currency == currency)
}

fn minor(line: &Posting) -> i128 {
    line.amount.signed()
}
