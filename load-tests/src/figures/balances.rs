//! What a merchant has, now or after any record: `GET /v1/merchants/{m}/balances`.

use super::chronicle::Chronicle;
use crate::model::Model;
use schemas::time::Date;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The answer, from the model as it was after the record at a position; none where the merchant had no contract then.
pub fn balances(chronicle: &Chronicle, model: &Model, merchant: &str, position: i64) -> Option<Value> {
    let terms = chronicle.contract_at(merchant, position)?;
    let mut answer = model.balances(merchant);
    answer["position"] = json!(format!("0:{position}"));
    answer["holder"] = match &terms.contract.psp {
        None => json!({"kind": "bank"}),
        Some(psp) => json!({"kind": "psp", "psp": psp.id}),
    };
    // Only pending dates are reckoned by a calendar, and only by one that counts business days.
    let dates = |row: &Value| -> Vec<Date> {
        let rows = row["pending_by_date"].as_array().into_iter().flatten();
        rows.filter_map(|row| row["available_on"].as_str().and_then(Date::parse)).collect()
    };
    let years: BTreeSet<i16> = answer["balances"].as_array().into_iter().flatten().flat_map(dates).map(Date::year).collect();
    let calendar = &terms.contract.calendar;
    let missing = years.into_iter().filter(|year| !terms.contract.natural_days && !model.calendars.covers(calendar, *year));
    answer["calendar_missing"] = json!(missing.map(|year| format!("{calendar}-{year}")).collect::<Vec<_>>());
    Some(answer)
}
