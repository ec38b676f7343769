//! Questions about what payouts consist of.

use super::asker::{Asker, encoded};
use super::compare::{Compared, same};
use super::lists::in_this_order;
use crate::figures::payouts::{causes, payouts};
use crate::service::Error;
use rust_decimal::Decimal;
use serde_json::Value;

/// Asks for every payout, its items, and what would go next.
///
/// # Errors
/// The service does not answer.
pub fn ask(asker: &mut Asker<'_>) -> Result<(), Error> {
    let chronicle = asker.chronicle;
    for merchant in chronicle.merchants() {
        let all = causes(chronicle, &merchant);
        let path = format!("/v1/merchants/{}/payouts", encoded(&merchant));
        for (id, answer, items) in payouts(chronicle, &merchant, &all) {
            let path = format!("{path}/{}", encoded(&id));
            asker.ask("payouts composed", &path, |theirs| Ok(same("", &answer, theirs)? + adds_up(theirs)?))?;
            asker.ask_list("items of payouts", &format!("{path}/items"), |theirs| in_this_order(&items, theirs))?;
        }
        if let Some(terms) = chronicle.contract(&merchant) {
            let next = all.next(&(terms.contract.book(), terms.contract.currency));
            let (answer, items) = (next.answer(chronicle, &merchant), next.items(chronicle, &merchant));
            asker.ask("the next payout", &format!("{path}/next"), |theirs| Ok(same("", &answer, theirs)? + adds_up(theirs)?))?;
            asker.ask_list("items of the next payout", &format!("{path}/next/items"), |theirs| in_this_order(&items, theirs))?;
        }
    }
    Ok(())
}

/// What was carried over and every item are the payout and what it carries on, as they stand in the answer.
fn adds_up(answer: &Value) -> Compared {
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<Decimal>().ok()).unwrap_or(Decimal::MAX);
    let nets = answer["summary"].as_array().into_iter().flatten().map(|row| number(&row["net"])).sum::<Decimal>();
    let (there, gone) = (number(&answer["carried_over"]) + nets, number(&answer["amount"]) + number(&answer["carried_on"]));
    if there == gone { Ok(1) } else { Err(format!("{there} is there and {gone} goes: {answer}")) }
}
