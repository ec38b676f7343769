//! Fee income by any of its keys: `GET /v1/fee-income`.

use super::chronicle::Chronicle;
use super::effect::{self, Effect, Flow};
use super::entry::{Entry, Wallet};
use super::ratio::percent;
use super::terms::Terms;
use crate::model::money::text;
use schemas::money::Currency;
use schemas::time::Date;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everything that fee income can be grouped and filtered by.
pub const KEYS: &[&str] =
    &["day", "week", "month", "merchant", "contract_version", "mcc", "card", "entry_mode", "terminal", "partner", "scheme", "model", "book"];

/// One row's sums.
#[derive(Clone, Debug, Default)]
struct Sums {
    sales: Flow,
    refunds: Flow,
    chargebacks: Flow,
    /// Credits less debits by account.
    accounts: BTreeMap<u16, i128>,
    merchant_fees: i128,
    refund_leakage: i128,
    negative_margin: Flow,
}

/// The rows between two business dates, both included, where each filter's key has its value.
pub fn rows(chronicle: &Chronicle, keys: &[&str], filters: &[(&str, &str)], from: Date, to: Date) -> Vec<Value> {
    let mut rows = BTreeMap::<Vec<Option<String>>, (Currency, Sums)>::new();
    for entry in chronicle.posted().filter(|entry| entry.merchant().is_some() && (from..=to).contains(&entry.date())) {
        let values = values(chronicle, entry);
        for wallet in wallets(entry) {
            let value = |key: &str| match key {
                "book" => Some(wallet.0.clone()),
                "currency" => Some(wallet.1.code().to_owned()),
                _ => values.get(key).cloned(),
            };
            if filters.iter().any(|(key, wanted)| value(key).as_deref() != Some(wanted)) {
                continue;
            }
            let row = keys.iter().copied().chain(["book", "currency"]).map(value).collect();
            let (_, sums) = rows.entry(row).or_insert_with(|| (wallet.1, Sums::default()));
            sums.add(entry, &wallet);
        }
    }
    let told = |(values, (currency, sums)): (Vec<Option<String>>, (Currency, Sums))| {
        let mut row: Map<String, Value> =
            keys.iter().copied().chain(["book", "currency"]).map(str::to_owned).zip(values.into_iter().map(|value| json!(value))).collect();
        sums.tell(&mut row, currency);
        Value::Object(row)
    };
    rows.into_iter().filter(|(_, (_, sums))| !sums.is_zero()).map(told).collect()
}

/// Books and currencies that an entry says something in.
fn wallets(entry: &Entry) -> BTreeSet<Wallet> {
    let mut wallets: BTreeSet<Wallet> = entry.credited(|account| is_income_or_cost(account.code)).into_keys().collect();
    wallets.extend(entry.said.payment.as_ref().map(|payment| effect::wallet(payment)));
    wallets
}

const fn is_income_or_cost(code: u16) -> bool {
    matches!(code, 4000..=5999)
}

/// What the sale of the entry's payment pinned; without a payment, the contract in force and the event's own terminal.
fn values(chronicle: &Chronicle, entry: &Entry) -> BTreeMap<&'static str, String> {
    let merchant = entry.merchant().unwrap_or_default();
    let payment = entry.payment_id().and_then(|id| chronicle.model.merchants.get(merchant)?.payments.get(id));
    let terms: Option<&Arc<Terms>> = match payment {
        Some(payment) => chronicle.terms_of(merchant, payment),
        None => entry.in_force.as_ref(),
    };
    let date = entry.date();
    // A week has the name of its Monday, a month is a date without its day.
    let week = date.plus_days(1 - i32::from(date.weekday())).to_string();
    let month = date.to_string().chars().take(7).collect();
    let mut values = BTreeMap::from([("day", date.to_string()), ("week", week), ("month", month), ("merchant", merchant.to_owned())]);
    if let Some(terms) = terms {
        values.insert("contract_version", terms.contract.version.clone());
        values.insert("mcc", terms.mcc.clone());
        values.insert("model", terms.contract.model().to_owned());
        values.extend(terms.partner().map(|partner| ("partner", partner.to_owned())));
    }
    match payment {
        Some(payment) => {
            let instrument = &payment.instrument;
            values.insert("card", instrument.card.clone());
            values.insert("scheme", instrument.scheme.clone());
            values.extend(instrument.entry_mode.clone().map(|mode| ("entry_mode", mode)));
            let facts = chronicle.facts(&(merchant.to_owned(), payment.id.clone()));
            values.extend(facts.and_then(|facts| facts.terminal.clone()).map(|terminal| ("terminal", terminal)));
        }
        None => values.extend(entry.event.as_ref().and_then(|event| event.text("terminal")).map(|terminal| ("terminal", terminal.to_owned()))),
    }
    values
}

impl Sums {
    fn add(&mut self, entry: &Entry, wallet: &Wallet) {
        let mut own = Self::default();
        for line in entry.said.lines.iter().filter(|line| (&line.book, line.currency) == (&wallet.0, wallet.1)) {
            for (account, signed) in [(&line.credit, line.amount), (&line.debit, -line.amount)] {
                if is_income_or_cost(account.code) {
                    *own.accounts.entry(account.code).or_insert(0) += signed;
                }
            }
        }
        let effect = Effect::of(entry);
        // What a payment did is in its own wallet; a tier adjustment is in one alone.
        let is_own = entry.said.payment.as_ref().is_none_or(|payment| effect::wallet(payment) == *wallet);
        if is_own {
            (own.sales, own.refunds, own.chargebacks) = (effect.sales, effect.refunds, effect.chargebacks);
            own.merchant_fees = effect.mdr.amount + effect.gateway.amount;
            match entry.kind() {
                "refund" | "refund_failed" | "standalone_refund" => own.refund_leakage = -own.net_margin(),
                "sale" | "preauth_completed" if own.net_margin() < 0 => own.negative_margin = Flow { count: 1, amount: -own.net_margin() },
                _ => {}
            }
        }
        self.merge(&own);
    }

    fn merge(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.sales, other.sales),
            (&mut self.refunds, other.refunds),
            (&mut self.chargebacks, other.chargebacks),
            (&mut self.negative_margin, other.negative_margin),
        ] {
            (mine.count, mine.amount) = (mine.count + theirs.count, mine.amount + theirs.amount);
        }
        for (code, amount) in &other.accounts {
            *self.accounts.entry(*code).or_insert(0) += amount;
        }
        self.merchant_fees += other.merchant_fees;
        self.refund_leakage += other.refund_leakage;
    }

    /// Income as credit, cost as debit.
    fn of(&self, code: u16) -> i128 {
        let credited = self.accounts.get(&code).copied().unwrap_or(0);
        if code >= 5000 { -credited } else { credited }
    }

    fn net_margin(&self) -> i128 {
        self.of(4010) + self.of(4015) - self.of(5010) - self.of(5020) - self.of(5030) - self.of(5035)
    }

    /// 4090 holds what was waived, so it is a debit of income.
    fn other_income(&self) -> i128 {
        [4020, 4030, 4040, 4080, 4090].map(|code| self.of(code)).iter().sum()
    }

    fn other_cost(&self) -> i128 {
        self.of(5040) + self.of(5045)
    }

    fn is_zero(&self) -> bool {
        let flows = [self.sales, self.refunds, self.chargebacks, self.negative_margin];
        let by_account = [4010, 4015, 5010, 5020, 5030, 5035].map(|code| self.of(code));
        let sums = [self.other_income(), self.other_cost(), self.merchant_fees, self.refund_leakage];
        flows == [Flow::default(); 4] && by_account == [0; 6] && sums == [0; 4]
    }

    fn tell(&self, row: &mut Map<String, Value>, currency: Currency) {
        let money = |minor: i128| json!(text(minor, currency));
        let contribution: i128 = self.accounts.values().sum();
        let volumes = [("sales", self.sales), ("refunds", self.refunds), ("chargebacks", self.chargebacks)];
        row.extend(volumes.map(|(name, flow)| (name.to_owned(), json!({"count": flow.count, "volume": text(flow.amount, currency)}))));
        let figures = [
            ("mdr", self.of(4010)),
            ("gateway", self.of(4015)),
            ("interchange", self.of(5010)),
            ("scheme_fees", self.of(5020)),
            ("partner_share", self.of(5030)),
            ("maintenance", self.of(5035)),
            ("net_margin", self.net_margin()),
            ("other_income", self.other_income()),
            ("other_cost", self.other_cost()),
            ("contribution", contribution),
            ("merchant_fees", self.merchant_fees),
            ("refund_leakage", self.refund_leakage),
        ];
        row.extend(figures.map(|(name, minor)| (name.to_owned(), money(minor))));
        row.insert("effective_percent".into(), json!(percent(self.merchant_fees, self.sales.amount)));
        row.insert("effective_percent_net".into(), json!(percent(self.merchant_fees, self.sales.amount - self.refunds.amount)));
        row.insert("chargeback_percent".into(), json!(percent(self.chargebacks.count, self.sales.count)));
        row.insert("chargeback_volume_percent".into(), json!(percent(self.chargebacks.amount, self.sales.amount)));
        let margin = self.negative_margin;
        row.insert("negative_margin".into(), json!({"count": margin.count, "amount": text(margin.amount, currency)}));
    }
}
