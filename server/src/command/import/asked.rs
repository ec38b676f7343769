//! What the server is asked before a file is sent: who asks, how merchants are named, which payouts wait, which reports came, and whether
//! it has an event. Lists are asked for by pages, at most [`ROWS_MAX`] rows of them.

use crate::command::Failure;
use crate::command::remote::Server;
use crate::import::found::Aliases;
use rust_decimal::Decimal;
use schemas::time::Date;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most rows that are asked for: names and states are kept in memory.
const ROWS_MAX: usize = 5_000_000;

/// A payout that waits for its money to arrive, or to come back.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Whose it is.
    pub merchant: String,
    /// `initiated` or `paid`.
    pub state: &'static str,
    /// How much.
    pub amount: Decimal,
    /// In what.
    pub currency: String,
}

/// Payouts by their id. Those that two merchants have are nobody's.
pub type Payouts = BTreeMap<String, Option<Waiting>>;

/// Refuses a key that lacks a role which is needed later: each would else be learned by a 403 of its own. What a server does not tell is
/// not asked for.
pub fn roles(server: &Server, needed: &[&str]) -> Result<(), Failure> {
    let (status, body) = server.get("/v1/whoami")?;
    if status == 404 {
        return Ok(());
    }
    if status != 200 {
        return Err(server.problem(status, &body));
    }
    let Some(roles) = body.get("roles").and_then(Value::as_array) else { return Ok(()) };
    let missing: Vec<&str> = needed.iter().copied().filter(|needed| !roles.iter().any(|role| role.as_str() == Some(*needed))).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Failure::Failed(format!(
            "the key lacks the role {}: import asks as bank which merchants, payouts and reports there are, and sends as ingest; \
             right would be a key with both (keys add --role bank --role ingest); nothing was sent",
            missing.join(" and ")
        ))),
    }
}

/// Adds how reports of a source, by its id, name merchants: by the contracts in force.
pub fn aliases(server: &Server, id: &str, aliases: &mut Aliases) -> Result<(), Failure> {
    pages(server, "/v1/merchants", |row| {
        let Some(merchant) = row.get("merchant").and_then(Value::as_str) else { return };
        let named = row.pointer("/contract/aliases").and_then(|aliases| aliases.get(id));
        match named {
            Some(Value::String(alias)) => aliases.add(alias, merchant),
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).for_each(|alias| aliases.add(alias, merchant)),
            _ => {}
        }
    })
}

/// Payouts that wait for their money to arrive, or to come back.
pub fn payouts(server: &Server) -> Result<Payouts, Failure> {
    let mut found = Payouts::new();
    for state in ["initiated", "paid"] {
        pages(server, &format!("/v1/payouts?state={state}"), |row| {
            let text = |name: &str| row.get(name).and_then(Value::as_str);
            let amount = text("amount").and_then(|amount| Decimal::from_str_exact(amount).ok());
            let (Some(payout), Some(merchant), Some(amount), Some(currency)) = (text("payout"), text("merchant"), amount, text("currency")) else { return };
            // One that is paid while both lists are asked for is in both.
            let is_of_two = found.get(payout).is_some_and(|known| known.as_ref().is_none_or(|known| known.merchant != merchant));
            let waiting = Waiting { merchant: merchant.to_owned(), state, amount, currency: currency.to_owned() };
            found.insert(payout.to_owned(), (!is_of_two).then_some(waiting));
        })?;
    }
    Ok(found)
}

/// A report that came, in one currency.
#[derive(Clone, Debug)]
pub struct CameBefore {
    /// Its name.
    pub report: String,
    /// Its date.
    pub date: Option<Date>,
    /// In what.
    pub currency: String,
    /// Lines that came of it.
    pub lines: u64,
    /// What their credits add up to.
    pub credits: String,
    /// What their debits add up to.
    pub debits: String,
    /// `complete`, `incomplete` or `open`.
    pub state: String,
}

/// Reports of a source whose date is within two. None are known to who may not ask for them.
pub fn reports(server: &Server, source: &str, from: Date, to: Date) -> Result<Vec<CameBefore>, Failure> {
    let mut found = Vec::new();
    let path = format!("/v1/reconciliation/reports?source={source}&from={from}&to={to}");
    let (status, _) = server.get(&format!("{path}&limit=1"))?;
    if status == 403 {
        return Ok(found);
    }
    pages(server, &path, |row| {
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        found.push(CameBefore {
            report: text("report"),
            date: Date::parse(&text("date")),
            currency: text("currency"),
            lines: row.get("lines").and_then(Value::as_u64).unwrap_or_default(),
            credits: text("credits"),
            debits: text("debits"),
            state: text("state"),
        });
    })?;
    Ok(found)
}

/// What the ledger says of an event that it has booked, if it has.
pub fn event(server: &Server, id: &str, merchant: &str) -> Result<Option<Value>, Failure> {
    let (status, body) = server.get(&format!("/v1/events/{id}?merchant={merchant}"))?;
    match status {
        404 => Ok(None),
        200 => Ok(Some(body).filter(|body| body.get("outcome").and_then(Value::as_str) == Some("posted"))),
        _ => Err(server.problem(status, &body)),
    }
}

/// Every row of a list.
fn pages(server: &Server, path: &str, mut row: impl FnMut(&Value)) -> Result<(), Failure> {
    let (joint, mut next, mut count) = (if path.contains('?') { '&' } else { '?' }, None::<String>, 0);
    loop {
        let cursor = next.as_ref().map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        let (status, body) = server.get(&format!("{path}{joint}limit=1000{cursor}"))?;
        if status != 200 {
            return Err(server.problem(status, &body));
        }
        let rows = body.get("rows").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        rows.iter().for_each(&mut row);
        count += rows.len();
        next = body.get("next").and_then(Value::as_str).map(str::to_owned);
        if next.is_none() || count >= ROWS_MAX {
            return Ok(());
        }
    }
}
