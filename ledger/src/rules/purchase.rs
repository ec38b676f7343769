//! Names of purchases for those who must not know payments' ids: the same purchase has the same name on every machine and at
//! every time, and nothing leads from the name to the payment without the ledger's opening.

use super::state::{Partition, stored};
use crate::source::{Error, Source, Table};
use schemas::ids::{MerchantId, PaymentId};

/// What separates these hashes from any other use of BLAKE3. It is part of every name, so it is for ever.
const CONTEXT: &str = "merchant-ledger 2026-11-29 purchases v1";

/// Makes names of purchases.
#[derive(Clone)]
pub struct PurchaseNames {
    key: [u8; 32],
}

impl PurchaseNames {
    /// Of a partition's ledger; `None` before it was opened.
    pub fn open(source: &dyn Source) -> Result<Option<Self>, Error> {
        let Some(bytes) = source.get(Table::Partition, &[])? else { return Ok(None) };
        let partition: Partition = stored::read(Table::Partition, &bytes)?;
        Ok(partition.opened.is_some().then(|| Self { key: blake3::derive_key(CONTEXT, &partition.opening.to_be_bytes()) }))
    }

    /// The name of a merchant's payment: 32 hexadecimal digits.
    pub fn name(&self, merchant: &MerchantId, payment: &PaymentId) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        // A merchant's id has no zero byte, so the two cannot run into each other.
        hasher.update(merchant.as_str().as_bytes()).update(&[0]).update(payment.as_str().as_bytes());
        hasher.finalize().to_hex().chars().take(32).collect()
    }
}
