//! What a payment is charged and costs, in full: nine amounts, in one order for ever. A payment's own row has them shorter, in
//! `rules::state::stored`: what it usually has not is left out there, under a flag.

use super::bytes::{Bytes, Unreadable, put_wide};
use crate::entry::Fees;

/// Appends each fee and the VAT in it.
pub fn put_fees(out: &mut Vec<u8>, fees: &Fees) {
    let Fees { mdr, mdr_vat, interchange, scheme, partner, gateway, gateway_vat, channel, channel_vat } = fees;
    for fee in [mdr, mdr_vat, interchange, scheme, partner, gateway, gateway_vat, channel, channel_vat] {
        put_wide(out, *fee);
    }
}

/// Reads them.
pub fn take_fees(bytes: &mut Bytes<'_>) -> Result<Fees, Unreadable> {
    Ok(Fees {
        mdr: bytes.wide()?,
        mdr_vat: bytes.wide()?,
        interchange: bytes.wide()?,
        scheme: bytes.wide()?,
        partner: bytes.wide()?,
        gateway: bytes.wide()?,
        gateway_vat: bytes.wide()?,
        channel: bytes.wide()?,
        channel_vat: bytes.wide()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fee_has_its_place() {
        let fees = Fees { mdr: 1, mdr_vat: 2, interchange: 3, scheme: 4, partner: 5, gateway: 6, gateway_vat: 7, channel: 8, channel_vat: 9 };
        let mut written = Vec::new();
        put_fees(&mut written, &fees);
        assert_eq!(written, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let mut bytes = Bytes::new(&written);
        assert_eq!(take_fees(&mut bytes).ok(), Some(fees));
        assert!(bytes.end().is_ok());
    }
}
