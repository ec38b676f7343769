//! Questions about what others report: breaks now and as closed dates had them, and the sums of all pairs.

use super::asker::Asker;
use super::compare::{Compared, same, same_rows};
use super::merchants::some;
use crate::figures::reconciliation::{self, Row};
use crate::service::Error;
use serde_json::Value;

/// Closed dates that are asked for at a moment.
const PAST: usize = 3;
/// The kinds that the model knows.
const KINDS: &[&str] = &["sale", "refund", "chargeback", "representment", "fee", "payout", "other"];

/// All of them.
///
/// # Errors
/// The service does not answer.
pub fn ask(asker: &mut Asker<'_>) -> Result<(), Error> {
    let chronicle = asker.chronicle;
    let now = reconciliation::rows(chronicle, chronicle.today());
    told(asker, &now, "")?;
    for (date, position) in some(asker, chronicle.closed(), PAST) {
        let past = reconciliation::rows(&chronicle.until(position), date);
        told(asker, &past, &format!("&as_of={date}"))?;
    }
    Ok(())
}

fn told(asker: &mut Asker<'_>, rows: &[Row], as_of: &str) -> Result<(), Error> {
    for kind in KINDS {
        for (open, name) in [(true, "breaks"), (false, "closed breaks")] {
            let mine: Vec<Value> =
                rows.iter().filter(|row| row.is_break && row.row["kind"] == *kind && row.row["closed"].is_null() == open).map(|row| row.row.clone()).collect();
            let path = format!("/v1/reconciliation/breaks?kind={kind}&open={open}{as_of}");
            asker.ask_list(name, &path, |theirs| in_this_order(&mine, theirs))?;
        }
    }
    let sums: Vec<Value> = reconciliation::sums(rows);
    asker.ask("reconciliation", &format!("/v1/reconciliation?from=1990-01-01&to=2500-01-01{as_of}"), |theirs| {
        let known = theirs["rows"].as_array().cloned().unwrap_or_default().into_iter().filter(|row| row["kind"] != "settlement").collect();
        same_rows("rows", &sums, &Value::Array(known))
    })
}

fn in_this_order(mine: &[Value], theirs: &Value) -> Compared {
    same("rows", &Value::Array(mine.to_vec()), theirs)
}
