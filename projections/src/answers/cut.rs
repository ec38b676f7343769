//! What a caller is cut to: the merchants, or those with an attribute, that its answers are made of.
//!
//! Figures that carry the attribute are cut by what they carry (a sale counts for the partner that it was booked for),
//! merchants by their contract in force.

use super::{Error, Shard};
use crate::folds::merchants::MERCHANTS;
use crate::views::Order;
use schemas::ids::{MerchantId, PartnerId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What answers are cut to; the default is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// These merchants only.
    pub merchants: Option<Arc<BTreeSet<MerchantId>>>,
    /// What this partner brought only.
    pub partner: Option<PartnerId>,
    /// This merchant category code only.
    pub mcc: Option<String>,
}

impl Cut {
    /// Whether nothing is cut away.
    pub const fn is_everything(&self) -> bool {
        self.merchants.is_none() && !self.has_attributes()
    }

    /// Whether it is cut by an attribute.
    pub const fn has_attributes(&self) -> bool {
        self.partner.is_some() || self.mcc.is_some()
    }

    /// Whether a merchant is among those that it names, if it names any.
    pub fn names(&self, merchant: &MerchantId) -> bool {
        self.merchants.as_ref().is_none_or(|merchants| merchants.contains(merchant))
    }

    /// Whether what carries these attributes is in it.
    pub fn carries(&self, mcc: &str, partner: Option<&PartnerId>) -> bool {
        self.mcc.as_deref().is_none_or(|wanted| wanted == mcc) && self.partner.as_ref().is_none_or(|wanted| Some(wanted) == partner)
    }

    /// The same, with the merchants whose contract in force has the partner in its place: for figures that carry none.
    pub fn by_merchants(&self, shards: &[Shard]) -> Result<Self, Error> {
        let Some(partner) = &self.partner else { return Ok(self.clone()) };
        let mut merchants = BTreeSet::new();
        for shard in shards {
            for row in shard.snapshot.scan(&MERCHANTS, &(), Order::Ascending)? {
                let (merchant, listing) = row?;
                if self.names(&merchant) && listing.is_some_and(|listing| listing.partner.as_ref() == Some(partner)) {
                    merchants.insert(merchant);
                }
            }
        }
        Ok(Self { merchants: Some(Arc::new(merchants)), partner: None, mcc: self.mcc.clone() })
    }

    /// Whether a merchant is in it, by its contract in force. One without a contract has no attributes. What is read is one row,
    /// whether there is such a merchant or not, and whoever's it is: the time tells nothing either.
    pub fn has(&self, shard: &Shard, merchant: &MerchantId) -> Result<bool, Error> {
        if !self.names(merchant) {
            return Ok(false);
        }
        if !self.has_attributes() {
            return Ok(true);
        }
        let listing = shard.snapshot.get(&MERCHANTS, merchant)?.flatten();
        Ok(listing.is_some_and(|listing| self.carries(&listing.mcc, listing.partner.as_ref())))
    }
}
