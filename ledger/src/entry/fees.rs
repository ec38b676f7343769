//! What a payment is charged and costs.

use serde::{Deserialize, Serialize};

/// What a sale is charged and what it costs: amounts in minor units of the settled currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names of ledger/ACCOUNTING.md, \"Pricing\": each fee and the VAT in it")]
pub struct Fees {
    pub mdr: u128,
    pub mdr_vat: u128,
    pub interchange: u128,
    pub scheme: u128,
    pub partner: u128,
    pub gateway: u128,
    pub gateway_vat: u128,
    pub channel: u128,
    pub channel_vat: u128,
}
