//! The parts of an answer of exposure: what schemes owe, who has most, what PSPs hold, what is to be looked at.

use serde::Serialize;
use utoipa::ToSchema;

/// A merchant that traded and stopped.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoppedTrading {
    /// Which.
    pub merchant: String,
    /// Its name, by its contract in force.
    pub merchant_name: Option<String>,
    /// The last business date with a sale or completion.
    #[schema(example = "2026-11-02")]
    pub last_sale_on: String,
    /// On how many of the thirty dates up to that one it sold.
    pub sale_dates: u32,
    /// Weekdays that have passed since, without a sale.
    pub silent_weekdays: i32,
}

/// What a scheme owes in a book.
#[derive(Debug, Serialize, ToSchema)]
pub struct SchemeReceivable {
    /// The card scheme.
    #[schema(example = "unionpay")]
    pub scheme: String,
    /// In whose book: `bank` or `psp:…`.
    #[schema(example = "bank")]
    pub holder: String,
    /// ISO 4217.
    pub currency: String,
    /// What it owes.
    pub amount: String,
}

/// How much lies with the largest.
#[derive(Debug, Serialize, ToSchema)]
pub struct Concentration {
    /// `mcc`, `merchant`, `partner` or `psp`.
    pub by: &'static str,
    /// ISO 4217.
    pub currency: String,
    /// The ten largest.
    pub top: Vec<Largest>,
    /// Σ share², 0 to 1.
    #[schema(example = "0.8356")]
    pub hhi: Option<String>,
}

/// One of the largest.
#[derive(Debug, Serialize, ToSchema)]
pub struct Largest {
    /// Which merchant, category, partner or payment company.
    pub key: String,
    /// What a merchant or a category is called; `null` of others.
    #[schema(example = "Eating places and restaurants")]
    pub key_name: Option<String>,
    /// What is held of it.
    pub amount: String,
    /// Of all that is held, in percent.
    pub share_percent: Option<String>,
}

/// What a PSP holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetentionRow {
    /// The payment company.
    pub psp: String,
    /// ISO 4217.
    pub currency: String,
    /// What it holds.
    pub amount: String,
    /// How old the money was that it paid out.
    pub days_to_pay: DaysToPay,
}

/// The age of the money that payouts paid over the last 30 dates took, weighted by amount; `null` where none was paid.
#[derive(Debug, Serialize, ToSchema)]
pub struct DaysToPay {
    /// Half of the money was at most so many days old.
    #[schema(example = "3.0")]
    pub p50: Option<String>,
    /// 95 % of the money was at most so many days old.
    pub p95: Option<String>,
}

/// Something to be looked at: a condition while it lasts, or what happened until 30 days after the last time.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertRow {
    /// `second_clearing`, `safeguarding`; `out_of_balance`, `unpriced`, `chargeback_exceeds_captured`, `money_refused`;
    /// `control_missing` and `control_out_of_order` of a control event that a partition lacks, or had later than others.
    pub kind: &'static str,
    /// How soon it is to be looked at: `critical`, `warning`, `info`.
    pub severity: &'static str,
    /// The payment company that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub psp: Option<String>,
    /// The merchant that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    /// Its name, by its contract in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_name: Option<String>,
    /// The partition that lacks a control event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition: Option<u32>,
    /// The control event, as others have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Its type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<&'static str>,
    /// The business date since which it lasts, or on which it happened first.
    pub since: String,
    /// The business date on which it happened last; absent where it is a condition that lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// How often it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// ISO 4217, of the amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What is missing; of `money_refused` the sum of the events that tell an amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
}
