//! What most entries count and note follows from their lines, and is written only where it does not.

use super::bytes::{Bytes, Unreadable, put_signed};
use crate::entry::{Leg, Note, Posting, Volumes};
use schemas::event::EventType;

/// Where a merchant's money came from or went to by the event itself: what the lines of a leg come to.
fn moved(lines: &[Posting], leg: Leg) -> Option<i128> {
    lines.iter().filter(|line| line.leg == leg).try_fold(0i128, |sum, line| sum.checked_add(line.amount.signed()))
}

/// The volumes of most entries follow from their lines: a sale's money in, a refund's money out, else nothing.
pub fn usual_volumes(event_type: Option<EventType>, lines: &[Posting]) -> Volumes {
    let (sale, refund) = (
        matches!(event_type, Some(EventType::Sale | EventType::PreauthCompleted)) && !lines.is_empty(),
        event_type == Some(EventType::Refund) && !lines.is_empty(),
    );
    match (sale, refund) {
        (true, _) => moved(lines, Leg::MoneyIn).map_or_else(Volumes::default, |sales| Volumes { sales_count: 1, sales, ..Volumes::default() }),
        (_, true) => moved(lines, Leg::MoneyOut).map_or_else(Volumes::default, |refunds| Volumes { refunds_count: 1, refunds, ..Volumes::default() }),
        (false, false) => Volumes::default(),
    }
}

/// The note of most entries is what the first line moves, where that has 64 bits: for ever, since entries that leave their note out
/// are read so.
pub fn usual_note(lines: &[Posting]) -> Note {
    let first = lines.first().and_then(|line| Some((line.currency, u64::try_from(line.amount.get()).ok()?)));
    first.map_or(Note::None, |(currency, minor)| Note::Amount { currency, minor: minor.into() })
}

/// Appends volumes.
pub fn put_volumes(out: &mut Vec<u8>, volumes: &Volumes) {
    let Volumes { sales_count, sales, refunds_count, refunds, chargebacks_count, chargebacks } = volumes;
    for number in [(*sales_count).into(), *sales, (*refunds_count).into(), *refunds, (*chargebacks_count).into(), *chargebacks] {
        put_signed(out, number);
    }
}

/// Reads them.
pub fn take_volumes(bytes: &mut Bytes<'_>) -> Result<Volumes, Unreadable> {
    Ok(Volumes {
        sales_count: bytes.signed_narrow()?,
        sales: bytes.signed()?,
        refunds_count: bytes.signed_narrow()?,
        refunds: bytes.signed()?,
        chargebacks_count: bytes.signed_narrow()?,
        chargebacks: bytes.signed()?,
    })
}
