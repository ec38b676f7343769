//! What the fold keeps of the past: small, serialised rows, hot ones in memory.

mod heap;
mod ids;
mod live;
mod merchant;
mod packed;
mod partition;
mod payment;
pub mod stored;

pub use crate::entry::Fees;
pub use ids::{IdRecord, IdState, id_key};
pub use live::{Generation, Held, Live};
pub use merchant::{Batch, Hold, Merchant, Purse, Sweeping};
pub use packed::Packed;
pub use partition::{Calendars, Erasures, Opened, Parked, Partition, Payout, PayoutStage, RefusedMaking, Step, Unfinished, Year};
pub use payment::{Dispute, Mirror, NetLine, Payment, Refund, Stage, Terms};

use arrayvec::ArrayString;
use schemas::ids::MerchantId;

/// The longest key of a row of state: a merchant of 32 bytes, two identifiers of 64, a letter, and what separates them.
const KEY_BYTES_MAX: usize = 168;

/// The key of a row of state: made for nearly every look-up, so it lies where it is made.
pub type Key = ArrayString<KEY_BYTES_MAX>;

/// The key of something that is scoped to its merchant: no identifier has a NUL.
pub fn scoped_key(merchant: &MerchantId, id: &str) -> Key {
    let mut key = Key::new();
    key.push_str(merchant.as_str());
    key.push('\0');
    key.push_str(id);
    key
}

/// What rows of the table `Objects` are of, by the first letter of their key after the merchant. For ever. Small letters are those of
/// [`RefusedMaking`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// A hold, open or closed.
    Hold,
    /// A payout.
    Payout,
    /// A refund of a payment.
    Refund,
    /// A dispute of a payment.
    Dispute,
    /// What a terminal took since its last batch, in a currency.
    Batch,
}

impl Object {
    const fn letter(self) -> char {
        match self {
            Self::Hold => 'H',
            Self::Payout => 'O',
            Self::Refund => 'R',
            Self::Dispute => 'D',
            Self::Batch => 'T',
        }
    }

    /// The key of an object with one name.
    pub fn key(self, merchant: &MerchantId, id: &str) -> Key {
        self.key_of_two(merchant, id, None)
    }

    /// The key of an object with a name within another one's.
    pub fn key_within(self, merchant: &MerchantId, of: &str, id: &str) -> Key {
        self.key_of_two(merchant, of, Some(id))
    }

    fn key_of_two(self, merchant: &MerchantId, first: &str, second: Option<&str>) -> Key {
        let mut key = Key::new();
        key.push_str(merchant.as_str());
        key.push('\0');
        key.push(self.letter());
        key.push_str(first);
        if let Some(second) = second {
            key.push('\0');
            key.push_str(second);
        }
        key
    }
}
