//! Search of merchants: by the start of the id or a part of the name, and filters. In the order of their ids.

use super::{
    Cursor, Error, Page, Shard,
    balances::{at, told},
};
use crate::folds::balances::Purse;
use crate::folds::merchants::{MERCHANTS, Merchant};
use crate::folds::reference::ContractVersion;
use crate::views::{Key, Order, Within};
use schemas::contract::Model;
use schemas::event::Book;
use schemas::ids::MerchantId;
use schemas::money::Currency;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which merchants.
#[derive(Clone, Debug, Default)]
pub struct MerchantQuery {
    /// The id from its start, or a part of the name; letters' case does not matter in the name.
    pub text: Option<String>,
    /// Their category.
    pub mcc: Option<String>,
    /// Where they are.
    pub region: Option<String>,
    /// Who brought them.
    pub partner: Option<String>,
    /// Who holds their funds.
    pub holder: Option<Book>,
    /// The form of the relationship.
    pub model: Option<Model>,
    /// At most so many.
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
}

/// A merchant that was found.
#[derive(Clone, Debug)]
pub struct MerchantRow {
    /// Which.
    pub merchant: MerchantId,
    /// What it is searched by.
    pub listing: Merchant,
    /// Its contract in force.
    pub contract: Option<Arc<ContractVersion>>,
    /// Its money, by currency and book.
    pub purses: BTreeMap<(Currency, Book), Purse>,
}

impl MerchantQuery {
    fn matches(&self, id: &MerchantId, merchant: &Merchant, text: Option<&str>) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
        text.is_none_or(|text| id.as_str().to_lowercase().starts_with(text) || merchant.name.to_lowercase().contains(text))
            && is(&self.mcc, &merchant.mcc)
            && is(&self.region, &merchant.region)
            && self.partner.as_deref().is_none_or(|wanted| merchant.partner.as_ref().is_some_and(|partner| partner.as_str() == wanted))
            && self.holder.as_ref().is_none_or(|wanted| *wanted == merchant.holder)
            && self.model.is_none_or(|wanted| wanted == merchant.model)
    }

    fn rows_max(&self) -> usize {
        self.limit.clamp(1, super::LIMIT_MAX)
    }
}

/// The first merchants of a shard after the cursor; one more than the limit, so that the merge knows whether there are more.
pub fn merchants(shard: &Shard, query: &MerchantQuery) -> Result<Vec<MerchantRow>, Error> {
    let from = match &query.cursor {
        None => None,
        Some(cursor) => {
            let mut after = cursor.key::<MerchantId>()?.bytes();
            after.push(0);
            Some(after)
        }
    };
    let text = query.text.as_ref().map(|text| text.to_lowercase());
    let mut found = Vec::new();
    for row in shard.snapshot.range(&MERCHANTS, &(), Within { from, below: None }, Order::Ascending)? {
        let (merchant, listing) = row?;
        let is_in_cut = |listing: &Merchant| shard.cut.names(&merchant) && shard.cut.carries(&listing.mcc, listing.partner.as_ref());
        let Some(listing) = listing.filter(|listing| is_in_cut(listing) && query.matches(&merchant, listing, text.as_deref())) else { continue };
        let now = super::moment(shard, super::AsOf::Now)?;
        let purses = at(shard, &merchant, &now).map(told).or_else(|error| match error {
            Error::NotFound => Ok(BTreeMap::new()),
            other => Err(other),
        })?;
        let contract = shard.contract(listing.contract)?;
        found.push(MerchantRow { merchant, listing, contract, purses });
        if found.len() > query.rows_max() {
            break;
        }
    }
    Ok(found)
}

/// The name of a merchant, by its contract in force; none where it has no contract.
pub fn merchant_name(shard: &Shard, merchant: &MerchantId) -> Result<Option<String>, Error> {
    Ok(shard.snapshot.get(&MERCHANTS, merchant)?.flatten().map(|listing| listing.name))
}

/// One page of what all shards found.
pub fn merge_merchants(query: &MerchantQuery, shards: impl IntoIterator<Item = Vec<MerchantRow>>) -> Page<MerchantRow> {
    let mut rows: Vec<MerchantRow> = shards.into_iter().flatten().collect();
    rows.sort_by(|a, b| a.merchant.cmp(&b.merchant));
    let more = rows.len() > query.rows_max();
    rows.truncate(query.rows_max());
    let next = rows.last().filter(|_| more).map(|last| Cursor::at(&last.merchant));
    Page { rows, next }
}
