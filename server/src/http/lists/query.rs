//! The filters of lists, as they are documented and as they are read.

use crate::http::parameters::Parameters;
use crate::http::problem::Problem;
use crate::node::HOUSE_KEY;
use projections::answers::lists::{AmountFilter, Filter};
use schemas::event::{EventType, HoldReason};
use schemas::ids::{MerchantId, PaymentId, Reference, TerminalId};
use schemas::money::Currency;
use schemas::wire::event_type::RULES;
use utoipa::IntoParams;

/// Which entries.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct EntryFilters {
    /// Only of these types of events: one, or a list with commas.
    #[param(pattern = "^[a-z_]{1,32}(,[a-z_]{1,32})*$")]
    r#type: Option<String>,
    /// Only of one payment. Without `merchant` it is looked for page by page.
    #[param(pattern = "^[A-Za-z0-9._:@/-]{1,64}$")]
    payment: Option<String>,
    /// Only what the scheme or PSP names so.
    #[param(pattern = "^[A-Za-z0-9._:@/-]{1,64}$")]
    reference: Option<String>,
    /// Only of this terminal: the event's own, else its payment's.
    #[param(min_length = 1, max_length = 16)]
    terminal: Option<String>,
    /// Only events in this currency; where an event has no amount, those with a line in it.
    #[param(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
}
/// The names of [`EntryFilters`].
pub const ENTRY_FILTERS: &[&str] = &["type", "payment", "reference", "terminal", "currency"];

/// Which payments.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct PaymentFilters {
    /// Only in this state: `authorised`, `captured`, `voided`, `released`.
    #[param(pattern = "^(authorised|captured|voided|released)$")]
    state: Option<String>,
    /// Only payments of this id. Without `merchant` they are looked for page by page.
    #[param(pattern = "^[A-Za-z0-9._:@/-]{1,64}$")]
    payment: Option<String>,
    /// Only payments of which the scheme or PSP names an event so: the sale, a refund, a dispute, any.
    #[param(pattern = "^[A-Za-z0-9._:@/-]{1,64}$")]
    reference: Option<String>,
    /// Only of this terminal.
    #[param(min_length = 1, max_length = 16)]
    terminal: Option<String>,
    /// Only payments whose money becomes available on this date.
    #[param(format = Date, pattern = "^(19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$")]
    available_on: Option<String>,
    /// Only in this currency.
    #[param(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
}
/// The names of [`PaymentFilters`].
pub const PAYMENT_FILTERS: &[&str] = &["state", "payment", "reference", "terminal", "available_on", "currency"];

/// Which holds.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct HoldFilters {
    /// Only in this state: `open`, `closed`.
    #[param(pattern = "^(open|closed)$")]
    state: Option<String>,
    /// Only for this reason: `risk`, `legal`, `kyc`, `payout_returned`.
    #[param(pattern = "^(risk|legal|kyc|payout_returned)$")]
    reason: Option<String>,
    /// Only in this currency.
    #[param(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
}
/// The names of [`HoldFilters`].
pub const HOLD_FILTERS: &[&str] = &["state", "reason", "currency"];

/// Which payouts.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct PayoutFilters {
    /// Only in this state: `initiated`, `paid`, `failed`, `returned`.
    #[param(pattern = "^(initiated|paid|failed|returned)$")]
    state: Option<String>,
    /// Only in this currency.
    #[param(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
}
/// The names of [`PayoutFilters`].
pub const PAYOUT_FILTERS: &[&str] = &["state", "currency"];

/// Which disputes.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct DisputeFilters {
    /// Only in this state: `opened`, `charged`, `represented`, `won`, `lost`.
    #[param(pattern = "^(opened|charged|represented|won|lost)$")]
    state: Option<String>,
    /// Only of this payment.
    #[param(pattern = "^[A-Za-z0-9._:@/-]{1,64}$")]
    payment: Option<String>,
    /// Only disputes of which the scheme or PSP names an event so.
    #[param(pattern = "^[A-Za-z0-9._:@/-]{1,64}$")]
    reference: Option<String>,
    /// Only of payments at this terminal.
    #[param(min_length = 1, max_length = 16)]
    terminal: Option<String>,
    /// Only in this currency: that of the sale.
    #[param(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
}
/// The names of [`DisputeFilters`].
pub const DISPUTE_FILTERS: &[&str] = &["state", "payment", "reference", "terminal", "currency"];

/// Which amounts: of every list.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct AmountFilters {
    /// Only rows whose `amount` is exactly this, whatever their currency.
    #[param(pattern = "^[0-9]{1,15}(\\.[0-9]{1,4})?$")]
    amount: Option<String>,
    /// Only rows whose `amount` is at least this.
    #[param(pattern = "^[0-9]{1,15}(\\.[0-9]{1,4})?$")]
    amount_min: Option<String>,
    /// Only rows whose `amount` is at most this.
    #[param(pattern = "^[0-9]{1,15}(\\.[0-9]{1,4})?$")]
    amount_max: Option<String>,
}
/// The names of [`AmountFilters`].
pub const AMOUNT_FILTERS: &[&str] = &["amount", "amount_min", "amount_max"];

/// Whose: of a list over all merchants.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct OwnerFilter {
    /// Only of this merchant; of entries also `@house`: what concerns the bank itself.
    #[param(pattern = "^(@house|[A-Za-z0-9._-]{1,32})$")]
    merchant: Option<String>,
}
/// The names of [`OwnerFilter`].
pub const OWNER_FILTER: &[&str] = &["merchant"];

/// Reads whichever filters are there; `states` are those that a row of the list may be in.
pub fn filter(parameters: &Parameters, states: &[&str]) -> Result<Filter, Problem> {
    let amount = |name: &str| parameters.read(name, "a decimal such as 128.50", AmountFilter::read);
    let (exact, min, max) = (amount("amount")?, amount("amount_min")?, amount("amount_max")?);
    if exact.is_some() && (min.is_some() || max.is_some()) {
        return Err(Problem::parameter("amount", "stands beside amount_min or amount_max, and says both"));
    }
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        return Err(Problem::parameter("amount_min", "is above amount_max"));
    }
    let owner = |text: &str| (text == HOUSE_KEY || MerchantId::new(text).is_some()).then(|| text.to_owned());
    Ok(Filter {
        owner: parameters.read("merchant", "the id of a merchant", owner)?,
        currency: parameters.read("currency", "a currency of ISO 4217", Currency::from_code)?,
        amount: AmountFilter { min: exact.or(min), max: exact.or(max) },
        state: parameters.read("state", &format!("one of {}", states.join(", ")), |text| states.contains(&text).then(|| text.to_owned()))?,
        reference: parameters.read("reference", "a reference: 1 to 64 of [A-Za-z0-9._:@/-]", Reference::new)?,
        terminal: parameters.read("terminal", "a terminal: 1 to 16 characters", TerminalId::new)?,
        payment: parameters.read("payment", "the id of a payment", PaymentId::new)?,
        available_on: parameters.date("available_on")?,
        types: parameters.text("type").map(types).transpose()?.unwrap_or_default(),
        reason: parameters.read("reason", "one of risk, legal, kyc, payout_returned", HoldReason::from_name)?,
    })
}

/// Types of events, each once.
fn types(text: &str) -> Result<Vec<EventType>, Problem> {
    let mut types = Vec::new();
    for name in text.split(',') {
        let event_type = event_type(name)?;
        if !types.contains(&event_type) {
            types.push(event_type);
        }
    }
    Ok(types)
}

fn event_type(name: &str) -> Result<EventType, Problem> {
    EventType::from_name(name).ok_or_else(|| Problem::no_such("type", "type of event", name, RULES.iter().map(|rule| rule.name)))
}
