//! What the fold keeps of the past: small, serialised rows, hot ones in memory.

mod ids;
mod live;
mod merchant;
mod packed;
mod partition;
mod payment;

pub use ids::{IdRecord, IdState, id_key};
pub use live::{Generation, Held, Live};
pub use merchant::{Batch, Hold, Merchant, Purse};
pub use packed::Packed;
pub use partition::{Calendars, Erasures, Opened, Parked, Partition, Payout, PayoutStage, RefusedMaking};
pub use payment::{Dispute, Fees, Mirror, NetLine, Payment, Refund, Stage, Terms};

use compact_str::CompactString;
use schemas::ids::MerchantId;

/// The key of something that is scoped to its merchant: no identifier has a NUL.
pub fn scoped_key(merchant: &MerchantId, id: &str) -> CompactString {
    let mut key = CompactString::with_capacity(merchant.as_str().len() + 1 + id.len());
    key.push_str(merchant.as_str());
    key.push('\0');
    key.push_str(id);
    key
}
