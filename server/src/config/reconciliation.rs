//! The `[reconciliation]` section: how long answers of others are waited for, what their fees may differ by, and whose statements are whose.

use super::{Error, Layers, Setting};
use projections::answers::reconciliation::{Account, ReconciliationTerms, SourceTerms};
use schemas::event::Book;
use schemas::ids::{CalendarId, PspId};
use schemas::money::Currency;
use schemas::report::ReportSource;
use std::collections::BTreeMap;

/// The longest wait, in business days.
const EXPECT_DAYS_MAX: u64 = 365;
/// The largest tolerance, in minor units an entry.
const FEE_TOLERANCE_MAX: u64 = 1_000_000;

/// Reads the section.
pub fn read(layers: &Layers) -> Result<ReconciliationTerms, Error> {
    let days = layers.required("reconciliation.expect_days")?.whole(0, EXPECT_DAYS_MAX)?;
    let fee_tolerance = layers.required("reconciliation.fee_tolerance")?.whole(0, FEE_TOLERANCE_MAX)?;
    let setting = layers.required("reconciliation.sources")?;
    Ok(ReconciliationTerms { expect_days: u16::try_from(days).unwrap_or(u16::MAX), fee_tolerance, sources: sources(&setting)? })
}

/// The sources as TOML has them: the text that [`text`] made, or that the environment has.
fn sources(setting: &Setting) -> Result<BTreeMap<String, SourceTerms>, Error> {
    if setting.text.is_empty() {
        return Ok(BTreeMap::new());
    }
    let wrong = |what: String| Error::Wrong { place: setting.place(), value: what, expected: setting.key.expects.to_owned() };
    let table: toml::Table = setting.text.parse().map_err(|_| setting.wrong())?;
    table
        .iter()
        .map(|(name, terms)| {
            let source = ReportSource::read(name).ok_or_else(|| wrong(name.clone()))?;
            let terms = terms.as_table().ok_or_else(|| wrong(format!("{name} = {terms}")))?;
            let terms = self::terms(terms, matches!(source, ReportSource::Bank(_))).map_err(|what| wrong(format!("{name}: {what}")))?;
            Ok((name.clone(), terms))
        })
        .collect()
}

/// What is said of one source, or what of it is wrong.
fn terms(table: &toml::Table, is_bank: bool) -> Result<SourceTerms, String> {
    let mut terms = SourceTerms::default();
    for (key, value) in table {
        let wrong = || format!("{key} = {value}");
        let whole = |max: u64| value.as_integer().and_then(|number| u64::try_from(number).ok()).filter(|number| *number <= max).ok_or_else(wrong);
        match key.as_str() {
            "expect_days" => terms.expect_days = Some(u16::try_from(whole(EXPECT_DAYS_MAX)?).unwrap_or(u16::MAX)),
            "fee_tolerance" => terms.fee_tolerance = Some(whole(FEE_TOLERANCE_MAX)?),
            "calendar" => terms.calendar = Some(value.as_str().and_then(CalendarId::new).ok_or_else(wrong)?),
            "account" if is_bank => terms.account = Some(value.as_table().and_then(account).ok_or_else(wrong)?),
            _ => return Err(wrong()),
        }
    }
    Ok(terms)
}

fn account(table: &toml::Table) -> Option<Account> {
    let text = |key: &str| table.get(key).and_then(toml::Value::as_str);
    let book = match text("book")?.strip_prefix("psp:") {
        Some(psp) => Book::Psp(PspId::new(psp)?),
        None => (text("book")? == "bank").then_some(Book::Bank)?,
    };
    (table.len() == 2).then_some(Account { book, currency: Currency::from_code(text("currency")?)? })
}

/// A table of the file as the text that [`read`] takes.
pub fn text(table: &toml::Table) -> String {
    table.to_string()
}
