//! Every version of a merchant's contract, the newest first.

use super::{Cursor, Error, Page, Shard, Window};
use crate::folds::entries::LISTS;
use crate::folds::reference::ContractVersion;
use crate::views;
use ledger::entry::Recorded;
use schemas::event::EventType;
use schemas::ids::MerchantId;
use std::sync::Arc;

/// A version and the entry that set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractRow {
    /// The version.
    pub version: Arc<ContractVersion>,
    /// The entry of its `contract_set`.
    pub recorded: Recorded,
}

/// The versions of a merchant's contract: one for each `contract_set`, in the order in which they took each other's place.
pub fn contracts(shard: &Shard, merchant: &MerchantId, window: &Window) -> Result<Page<ContractRow>, Error> {
    let within = window.numbers(shard)?;
    let mut page = Page { rows: Vec::new(), next: None };
    for number in LISTS.descending(&shard.snapshot, &(merchant.as_str().to_owned(), Some(EventType::ContractSet)), within)? {
        let number = number?;
        if page.rows.len() >= window.rows_max() {
            page.next = Some(Cursor::at(&(number + 1)));
            break;
        }
        let gone = || views::Error::Entries(format!("entry {number} is gone"));
        let recorded = shard.entries.entry(number)?.ok_or_else(gone)?;
        let version = shard.contract(number)?.ok_or_else(gone)?;
        page.rows.push(ContractRow { version, recorded });
    }
    Ok(page)
}
